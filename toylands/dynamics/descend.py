"""Walking downhill: one walker, many walkers, or several optimizers side by side."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from toylands._words import show
from toylands.dynamics.checks import (
    bar_name,
    broadcast_walkers,
    check_landscape,
    check_positive,
    check_start,
    schedule_factors,
    time_varying_columns,
)
from toylands.dynamics.run import Raw, execute
from toylands.dynamics.trajectory import Race, Swarm, Trajectory, walk_of
from toylands.formula import Landscape
from toylands.optimizers import Optimizer
from toylands.optimizers.optimizer import check_count, check_optimizer


def descend(
    land: Landscape,
    opt: Optimizer,
    start: Any = None,
    steps: int = 300,
    *,
    seed: Any = 0,
    batch: int | None = None,
    replacement: bool = True,
    time_varying: Mapping[str, Any] | None = None,
    tol: float = 1e-6,
    escape: float | None = None,
    every: int = 1,
    record_state: bool = False,
    progress: bool = True,
) -> Any:
    """Walk down a landscape and record the path.

    Args:
        land: the landscape; its parameters may be arrays, one value per walker.
        opt: the optimizer; lr and every hyper-parameter may be arrays, one value per walker.
        start: a point of shape (d,), or one per walker, shape (B, d); by default the landscape's.
        steps: how many steps; all are taken, unless the walker leaves.
        seed: fixes noise and batches; a whole number, or one per walker.
        batch: for a landscape over data, samples per step (None: all of them).
        replacement: draw batches with replacement, or else by shuffled epochs as torch's DataLoader.
        time_varying: parameters that change, {name: one value per step, or a function of the step}.
        tol: the gradient norm at or below which the end counts as converged.
        escape: the absolute coordinate beyond which a walker has diverged; by default a million times
            the size of the view. A walker whose coordinates stop being finite has always diverged.
        every: record only every so many steps. With `every=steps` a swarm keeps its first and last points
            only, and computes their losses and gradients when they are first read.
        record_state: record also what happens inside the rule: its memory, and the gradient that reaches it.
        progress: show a bar when a swarm takes longer than a second.

    Returns:
        A `Trajectory`, or a `Swarm` when start, lr, a hyper-parameter or a landscape parameter is an
        array.

    Raises:
        TypeError, ValueError: naming the value that is wrong and what was expected.
    """
    check_landscape("descend", land)
    check_optimizer("descend", opt)
    steps = check_count("descend", "steps", steps, least=0)
    every = check_count("descend", "every", every, least=1)
    tol = check_positive("descend", "tol", tol, zero=True)
    if not isinstance(record_state, bool | np.bool_):
        raise TypeError(f"descend: record_state={show(record_state)} must be True or False.")
    columns = time_varying_columns(land, time_varying, steps)
    starts = check_start(land, start)
    shape = broadcast_walkers(land, opt, starts)
    if not shape and np.ndim(seed) == 1:  # one place, several seeds: replicates
        shape = (len(seed),)
    if len(shape) > 1:
        raise ValueError(
            f"descend takes one axis of walkers, but the shapes broadcast to {shape}; "
            "use sweep for several axes."
        )
    count = shape[0] if shape else 1
    if count == 0:
        raise ValueError("descend: there are no walkers (an array is empty).")
    points = starts[None] if not shape else starts
    if len(points) != count or points.ndim == 1:
        points = np.broadcast_to(starts, (count, land.dim))
    options: dict[str, Any] = {
        "seed": seed,
        "batch": batch,
        "replacement": replacement,
        "time_varying": columns,
        "escape": escape,
        "every": every,
        "record_state": record_state,
        "progress": bar_name("descend", progress),
    }
    plain = batch is None and not (record_state or columns or opt.piece("swa") or opt.piece("ema"))
    recall = None
    if shape and plain and every == steps:  # nothing between the ends is asked for
        # The record may be made when the caller's arrays hold other numbers.
        options["seed"] = np.copy(seed) if isinstance(seed, np.ndarray) else seed
        raw = execute(land, opt, points, steps, record=False, **options)
        recall = functools.partial(_record_of_ends, land, opt, steps, raw, options)
    else:
        raw = execute(land, opt, points, steps, **options)
    moved = {name: column[::every] for name, column in columns.items()}
    factors = schedule_factors(opt, steps)
    if not shape:
        return walk_of(land, opt, raw, 0, factors, tol, every, moved, batch, _one_seed(seed))
    return Swarm(land, opt, raw, factors, tol, every, moved, batch, recall, np.copy(seed))


def _one_seed(seed: Any) -> int:
    """The seed of a single walker, as a whole number."""
    return int(np.asarray(seed).ravel()[0])


def _record_of_ends(
    land: Landscape,
    opt: Optimizer,
    steps: int,
    raw: Raw,
    options: dict[str, Any],
) -> Raw:
    """The record of walks that kept their first and last points only: what all steps would have left.

    Walks of no step record both points. Where a walker has left, the walk is repeated (it gives the same
    numbers again), since only the loop knows where it was seen last.
    """
    if raw.died.max() >= 0:
        return execute(land, opt, raw.start.T, steps, **options)
    both = [execute(land, opt, ends, 0) for ends in (raw.start.T, raw.end)]
    rows = {
        name: np.concatenate([getattr(one, name) for one in both])
        for name in ("path", "loss", "grad_norm")
    }
    return raw._replace(**rows)


def race(
    land: Landscape,
    opts: Sequence[Optimizer],
    start: Any = None,
    steps: int = 300,
    **options: Any,
) -> Race:
    """Let several optimizers walk from the same start, with the same seed and batches.

    Args:
        land, start, steps: as for `descend`; one walker each.
        opts: the optimizers.
        **options: as for `descend`.
    """
    check_landscape("race", land)
    if isinstance(opts, str) or not isinstance(opts, Iterable):
        opts = [check_optimizer("race", opts)]
    runs = []
    for opt in opts:
        run = descend(land, check_optimizer("race", opt), start, steps, **options)
        if not isinstance(run, Trajectory):
            raise ValueError(
                f"race runs one walker per optimizer, but {opt.label} on {land!r} has an array in it; "
                "use descend or sweep."
            )
        runs.append(run)
    if not runs:
        raise ValueError("race: there are no optimizers.")
    return Race(land, runs)
