"""When walkers first arrive: the step at which each of a swarm enters a region.

cold = tl.dynamics.first_passage(
    tl.landscapes.funnel,
    tl.langevin(lr=0.01, temperature=0.1),
    lambda x, y: x**2 + y**2 < 0.01,
    start=(1.6, -1.2),
    walkers=1000,
    steps=2000,
)
cold.share, cold.mean, cold.standard_error
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._door import door
from toylands._words import show
from toylands.dynamics.checks import check_landscape, check_start, schedule_factors
from toylands.dynamics.run import PATIENCE_SECONDS, execute
from toylands.formula import Landscape
from toylands.optimizers import Optimizer
from toylands.optimizers.optimizer import check_count, check_optimizer

#: bytes of recorded path that are looked at together
ROOM = 32e6
#: steps of one look: enough that starting it costs nothing
LOOK = 1000


@dataclass(frozen=True)
class FirstPassage:
    """The steps at which walkers first entered a region.

    Attributes:
        steps: shape (B,), 0 for a walker that started inside; -1 for one that had not arrived.
        limit: how many steps were allowed.
        lr: the learning rate, so that `lr * steps` is a time.
    """

    steps: np.ndarray
    limit: int
    lr: float

    @property
    def arrived(self) -> np.ndarray:
        """Which walkers arrived, bool, shape (B,)."""
        return self.steps >= 0

    @property
    def share(self) -> float:
        """The share of walkers that arrived."""
        return float(self.arrived.mean())

    @property
    def mean(self) -> float:
        """The mean step of arrival.

        Infinite unless all walkers arrived: the mean of those that did is biased towards the quick ones.
        Use `rate` then.
        """
        return float(self.steps.mean()) if self.arrived.all() else float("inf")

    @property
    def standard_error(self) -> float:
        """The standard error of `mean`; not a number unless all walkers, two or more, arrived."""
        if len(self.steps) < 2 or not self.arrived.all():
            return float("nan")
        return float(self.steps.std(ddof=1) / np.sqrt(len(self.steps)))

    @property
    def rate(self) -> float:
        """Arrivals per step walked, also when some are still on their way.

        The best estimate of a constant rate, as of escapes over a high barrier; its relative standard
        error is one over the square root of the number of arrivals.
        """
        walked = np.where(self.arrived, self.steps, self.limit).sum()
        return float(self.arrived.sum() / walked) if walked else float("inf")

    def still_out(self, step: Any) -> np.ndarray:
        """The share of walkers that had not arrived by a step, or by each of several."""
        late = np.where(self.arrived, self.steps, np.inf)
        return np.asarray((late[:, None] > np.ravel(step)).mean(axis=0).reshape(np.shape(step)))

    def __repr__(self) -> str:
        return (
            f"<first passage of {len(self.steps):,} walkers: {self.share:.1%} arrived within "
            f"{self.limit:,} steps>"
        )


@door
def first_passage(
    land: Landscape,
    opt: Optimizer,
    region: Callable[..., Any],
    start: Any = None,
    steps: int = 10_000,
    *,
    walkers: int | None = None,
    seed: int = 0,
    batch: int | None = None,
    progress: bool = True,
) -> FirstPassage:
    """Walk until each walker has entered a region, and tell at which step it did.

    Every step is looked at, and a walker that has arrived or diverged is no longer walked. One that
    crosses a region between two steps has not been there.

    Args:
        land: the landscape.
        opt: a rule without memory: gd or langevin, with noise, clipping or a schedule.
        region: takes one array per coordinate and returns which points are inside, such as
            ``lambda x: x > 1``.
        start: a point of shape (d,), or one per walker, shape (B, d); by default the landscape's.
        steps: how many at most.
        walkers: how many, for one start.
        seed: fixes noise and batches.
        batch: for a landscape over data, samples per step.
        progress: show a bar when it takes longer than a second.

    Raises:
        TypeError, ValueError: naming the value that is wrong and what was expected.
    """
    check_landscape("first_passage", land)
    check_optimizer("first_passage", opt)
    steps = check_count("first_passage", "steps", steps, least=0)
    _check_rule(land, opt)
    points = _walkers(land, check_start(land, start), walkers)
    first = np.full(len(points), -1, dtype=np.int64)
    active = np.arange(len(points))
    inside = _inside(region, points)
    first[inside] = 0
    active, points = active[~inside], points[~inside]
    factors = schedule_factors(opt, steps)
    taken, part = 0, 0
    with _bar(len(first), steps, progress) as bar:
        bar.update(int(inside.sum()) * steps)
        while taken < steps and len(active):
            look = min(steps - taken, LOOK, max(1, int(ROOM / (8 * len(active) * (land.dim + 2)))))
            now = opt.replace(schedule=factors[taken : taken + look])
            part += 1
            raw = execute(land, now, points, look, seed=_seed(seed, part), batch=batch)
            assert raw.path is not None
            seen = _inside(region, raw.path[1:].transpose(0, 2, 1))  # (look, walkers)
            hit = seen.any(axis=0)
            first[active[hit]] = taken + 1 + np.argmax(seen, axis=0)[hit]
            taken += look
            gone = hit | (raw.died >= 0)
            bar.update(len(active) * look + int(gone.sum()) * (steps - taken))
            active, points = active[~gone], np.ascontiguousarray(raw.end[~gone])
    return FirstPassage(first, steps, float(opt.lr))


def _check_rule(land: Landscape, opt: Optimizer) -> None:
    kept = [*opt.rule.memory, *opt.rule.powers]
    averaged = next((kind for kind in ("swa", "ema", "reset_on_conflict") if opt.piece(kind)), None)
    if kept or averaged:
        what = averaged or f"memory ({', '.join(kept)})"
        raise ValueError(
            f"first_passage looks at the walk piece by piece, which {opt.label} with its {what} would "
            "not survive; use gd or langevin."
        )
    if any(np.ndim(value) for value in (*opt.values.values(), *land.parameters.values())):
        raise ValueError(
            "first_passage takes one number for each parameter, not an array; give walkers=1000."
        )


def _walkers(land: Landscape, start: np.ndarray, walkers: int | None) -> np.ndarray:
    if start.ndim > 2:
        raise ValueError(f"first_passage: start has shape {start.shape}; (d,) or (B, d) expected.")
    if start.ndim == 2:
        if walkers is not None and walkers != len(start):
            raise ValueError(
                f"first_passage: walkers={walkers}, but start has {len(start)} points; leave one out."
            )
        return np.array(start)
    count = 1 if walkers is None else check_count("first_passage", "walkers", walkers, least=1)
    return np.tile(start, (count, 1))


def _inside(region: Callable[..., Any], points: np.ndarray) -> np.ndarray:
    """Which points, shape (..., d), lie in the region, shape (...)."""
    if not callable(region):
        raise TypeError(
            f"first_passage: region={show(region)} must be a function of the coordinates, such as "
            "lambda x: x > 1."
        )
    with np.errstate(invalid="ignore"):  # walkers that left are NaN
        answer = np.asarray(region(*np.moveaxis(points, -1, 0)))
    if answer.dtype != bool or answer.shape != points.shape[:-1]:
        raise ValueError(
            f"first_passage: region must return True or False for every point, shape "
            f"{points.shape[:-1]}; it returned {answer.dtype} of shape {answer.shape}."
        )
    return answer & np.isfinite(points).all(axis=-1)


def _seed(seed: Any, part: int) -> int:
    """A seed of its own for each look; distinct parts of distinct seeds do not meet."""
    check_count("first_passage", "seed", seed, least=0)
    return int(np.random.SeedSequence((seed, part)).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _bar(count: int, steps: int, progress: bool) -> Any:
    from tqdm.auto import tqdm

    return tqdm(
        total=count * steps,
        desc="first passage",
        unit=" walker-steps",
        unit_scale=True,
        delay=PATIENCE_SECONDS,
        leave=False,
        disable=not progress,
    )
