"""What a walk returns: `Trajectory` for one walker, `Swarm` for many, `Race` for several optimizers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands._words import did_you_mean, loss_word, one_of, show
from toylands.dynamics.leaving import DIVERGED, departures
from toylands.dynamics.naming import names_of
from toylands.dynamics.status import Status, left_as, point_kind, stationary
from toylands.formula import Landscape
from toylands.optimizers import Optimizer

if TYPE_CHECKING:
    import pandas


def curve_of(walk: Any, of: str) -> np.ndarray:
    """What is measured along a walk, steps last: "grad_norm", "loss" or "theta" (largest coordinate).

    Raises:
        ValueError: for another word, with the nearest right one.
    """
    choices = ("grad_norm", "loss", "theta")
    if of not in choices:
        raise ValueError(f"of={show(of)} must be {one_of(choices)}.{did_you_mean(of, choices)}")
    if of == "theta":
        largest: np.ndarray = np.abs(walk.path).max(axis=-1)
        return largest
    curve: np.ndarray = getattr(walk, of)
    return curve


def first_within(curves: np.ndarray, tol: float) -> np.ndarray:
    """The index from which on a curve (its last axis) is at most tol; -1 where it does not stay so."""
    above = ~(curves <= tol)
    first = above.shape[-1] - np.argmax(above[..., ::-1], axis=-1)
    first = np.where(above.any(axis=-1), first, 0)
    return np.where(first < above.shape[-1], first, -1)


class Trajectory:
    """One walker's walk. T is the number of steps it took before it ended or left the map.

    Attributes:
        landscape, optimizer: what walked where.
        path: iterates, shape (T+1, d).
        loss, grad_norm: along the path, shape (T+1,); the full loss also for mini-batch runs.
        average: path of the averaged weights, shape (T+1, d), or None without swa or ema.
        rates: the learning rate of each step, shape (T,).
        steps: the number of recorded steps T times `every`.
        every: how many steps lie between recorded points.
        diverged_at: the step at which it left, for whatever reason (see `status`), or None.
        time_varying: {parameter: its values along the path, shape (T+1,)} of a time-varying landscape.
        memory: {name: the rule's memory before each step, shape (T+1, d)}; None unless the walk was
            made with record_state=True.
        used: the gradient that reached the rule at each step, after the look and the wrappers, shape
            (T+1, d), NaN in the last row; None likewise.
        batch: samples per step, or None when every gradient was that of all samples.
        why: if it left, the reason, as `toylands.dynamics.leaving` numbers them.
        seed: the whole number that fixes its noise and batches; None for a walker of a swarm that has
            no seed of its own.
    """

    def __init__(
        self,
        landscape: Landscape,
        optimizer: Optimizer,
        path: np.ndarray,
        loss: np.ndarray,
        grad_norm: np.ndarray,
        average: np.ndarray | None,
        rates: np.ndarray,
        diverged_at: int | None,
        tol: float,
        every: int = 1,
        time_varying: Mapping[str, np.ndarray] | None = None,
        memory: Mapping[str, np.ndarray] | None = None,
        used: np.ndarray | None = None,
        batch: int | None = None,
        why: int = DIVERGED,
        seed: int | None = None,
    ) -> None:
        self.landscape = landscape
        self.optimizer = optimizer
        self.why = why
        self.path = path
        self.loss = loss
        self.grad_norm = grad_norm
        self.average = average
        self.rates = rates
        self.diverged_at = diverged_at
        self.tol = tol
        self.every = every
        self.time_varying = dict(time_varying or {})
        self.memory = None if memory is None else dict(memory)
        self.used = used
        self.batch = batch
        self.seed = seed

    def __len__(self) -> int:
        return len(self.path)

    @property
    def steps(self) -> int:
        """Steps from the first to the last recorded point."""
        return (len(self.path) - 1) * self.every

    @property
    def start(self) -> np.ndarray:
        """The first point, shape (d,)."""
        return self.path[0]

    @property
    def end(self) -> np.ndarray:
        """The last recorded point, shape (d,); of a walk that left, the last with a finite loss."""
        return self.path[-1]

    @property
    def evaluations(self) -> int:
        """Gradient evaluations spent: one a step, two for SAM and extragradient."""
        taken = self.diverged_at if self.diverged_at is not None else self.steps
        return taken * self.optimizer.evaluations_per_step

    @functools.cached_property
    def status(self) -> Status:
        """Whether the walk converged (and to what), left (why and when), or is still running."""
        if self.diverged_at is not None:
            return left_as(self.why, self.diverged_at)
        if self.grad_norm[-1] <= self.tol:
            last = {name: values[-1] for name, values in self.time_varying.items()}
            return Status("converged", point=point_kind(self.landscape(**last), self.end))
        return Status("running")

    @functools.cached_property
    def spectrum(self) -> np.ndarray:
        """Eigenvalues of the exact Hessian along the path, ascending, shape (T+1, d)."""
        return self.landscape(**self.time_varying).spectrum(self.path).eigenvalues

    @property
    def sharpness(self) -> np.ndarray:
        """The largest eigenvalue of the exact Hessian along the path, shape (T+1,)."""
        return self.spectrum[:, -1]

    def steps_to(self, tol: float, of: str = "grad_norm") -> int | None:
        """The first recorded step from which on `of` is at most `tol`; None if there is none.

        Args:
            tol: the tolerance.
            of: "grad_norm", "loss", or "theta" (the largest absolute coordinate).
        """
        first = int(first_within(curve_of(self, of), tol))
        return None if self.diverged_at is not None or first < 0 else first * self.every

    def to_dict(self) -> dict[str, Any]:
        """Plain Python numbers and lists, ready for JSON."""
        return {
            "landscape": repr(self.landscape),
            "optimizer": self.optimizer.label,
            "status": str(self.status),
            "steps": self.steps,
            "evaluations": self.evaluations,
            "path": self.path.tolist(),
            "loss": self.loss.tolist(),
            "grad_norm": self.grad_norm.tolist(),
        }

    def to_pandas(self) -> pandas.DataFrame:
        """One row per recorded step: coordinates, loss, gradient norm, sharpness.

        Raises:
            ModuleNotFoundError: when pandas is not installed.
        """
        try:
            import pandas
        except ModuleNotFoundError:
            raise ModuleNotFoundError("to_pandas needs pandas: pip install pandas.") from None
        columns = dict(zip(self.landscape.coordinates, self.path.T, strict=True))
        return pandas.DataFrame(
            {
                **columns,
                "loss": self.loss,
                "grad_norm": self.grad_norm,
                "sharpness": self.sharpness,
            },
            index=pandas.RangeIndex(0, self.steps + 1, self.every, name="step"),
        )

    def plot(self, **options: Any) -> Any:
        """Draw the path over the landscape's contours (see `toylands.plots.paths`)."""
        from toylands import plots

        return plots.paths([self], **options)

    def animate(self, file: Any, **options: Any) -> Any:
        """Write the walk as a GIF or MP4 (see `toylands.plots.animate`)."""
        from toylands import plots

        return plots.animate([self], file, **options)

    def __repr__(self) -> str:
        batch = "" if self.batch is None else f", batches of {self.batch},"
        return (
            f"<{self.optimizer.label}{batch} on {self.landscape!r}: {self.status} after {self.steps} "
            f"steps, {loss_word(self.landscape)} {show(float(self.loss[-1]), 4)}>"
        )


def walk_of(
    land: Landscape,
    opt: Optimizer,
    raw: Any,
    i: int,
    factors: np.ndarray,
    tol: float,
    every: int,
    time_varying: Mapping[str, np.ndarray],
    batch: int | None,
    seed: int | None,
) -> Trajectory:
    """The trajectory of walker i of a recorded swarm.

    Args:
        land, opt: with the numbers of this walker.
        raw: what the loop returned (`toylands.dynamics.run.Raw`).
        factors: on the learning rate, one per step.
        tol, every, time_varying, batch, seed: as the Trajectory keeps them; `time_varying` for the
            longest walk.
    """
    path, loss, memory = raw.path[:, :, i], raw.loss[:, i], raw.memory
    died, rows = int(raw.died[i]), len(path)
    if died >= 0:
        # The point at which it left is kept when its loss is still a number.
        kept = np.isfinite(path).all(axis=1) & np.isfinite(loss)
        rows = max(1, int(np.argmin(np.append(kept, False))))
    return Trajectory(
        land,
        opt,
        path[:rows],
        loss[:rows],
        raw.grad_norm[:rows, i],
        None if raw.average is None else raw.average[:rows, :, i],
        opt.lr * factors[: (rows - 1) * every],
        died if died >= 0 else None,
        tol,
        every,
        {name: values[:rows] for name, values in time_varying.items()},
        None
        if memory is None
        else {name: memory[:rows, k, :, i] for k, name in enumerate(opt.rule.memory)},
        None if raw.used is None else raw.used[:rows, :, i],
        batch,
        int(raw.why[i]),
        seed,
    )


class Swarm(Sequence[Trajectory]):
    """Many walkers at once; `swarm[i]` is the Trajectory of walker i.

    Attributes:
        end: last points, shape (B, d); of walkers that left, the last finite ones.
        diverged_at: the steps at which walkers left, shape (B,), -1 for those that stayed.
        why: the reasons, as `toylands.dynamics.leaving` numbers them, shape (B,).
        batch: samples per step, or None when every gradient was that of all samples.
        seed: the whole number that fixes noise and batches of all, or one per walker, shape (B,).
    """

    def __init__(
        self,
        landscape: Landscape,
        optimizer: Optimizer,
        raw: Any,
        factors: np.ndarray,
        tol: float,
        every: int,
        time_varying: Mapping[str, np.ndarray] | None = None,
        batch: int | None = None,
        recall: Callable[[], Any] | None = None,
        seed: Any = None,
    ) -> None:
        self.landscape = landscape
        self.optimizer = optimizer
        self.batch = batch
        self.end = raw.end
        self.seed = seed
        self._raw, self._recall = raw, recall
        self.diverged_at = raw.died
        self.why = raw.why
        self.tol = tol
        self.every = every
        self.time_varying = dict(time_varying or {})
        self._factors = factors

    @functools.cached_property
    def _record(self) -> Any:
        """What was recorded on the way; of walks that kept their ends only, made when first read."""
        return self._raw if self._recall is None else self._recall()

    @functools.cached_property
    def path(self) -> np.ndarray:
        """Points, shape (B, T+1, d), NaN after a walker left."""
        return np.asarray(self._record.path.transpose(2, 0, 1))

    @functools.cached_property
    def loss(self) -> np.ndarray:
        """Losses along the paths, shape (B, T+1), likewise."""
        return np.asarray(self._record.loss.T)

    @functools.cached_property
    def grad_norm(self) -> np.ndarray:
        """Gradient norms along the paths, shape (B, T+1), likewise."""
        return np.asarray(self._record.grad_norm.T)

    @functools.cached_property
    def average(self) -> np.ndarray | None:
        """Averaged points, shape (B, T+1, d); None without averaging."""
        average = self._record.average
        return None if average is None else average.transpose(2, 0, 1)

    @functools.cached_property
    def diverged(self) -> np.ndarray:
        """Which walkers left, for whatever reason (see `status`), shape (B,)."""
        return np.asarray(self.diverged_at >= 0)

    def __len__(self) -> int:
        return len(self.end)

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        if not -len(self) <= i < len(self):
            raise IndexError(f"walker {i} of {len(self)}.")
        i = i % len(self)
        return walk_of(
            self.landscape_of(i),
            self.optimizer_of(i),
            self._record,
            i,
            self._factors,
            self.tol,
            self.every,
            self.time_varying,
            self.batch,
            int(self.seed[i]) if np.ndim(self.seed) else None,
        )

    def landscape_of(self, i: int) -> Landscape:
        """The landscape with the parameters of walker i."""
        changed = {k: v[i] for k, v in self._varying(self.landscape.parameters).items()}
        return self.landscape(**changed) if changed else self.landscape

    def optimizer_of(self, i: int) -> Optimizer:
        """The optimizer with the numbers of walker i."""
        changed = {k: v[i] for k, v in self._varying(self.optimizer.values).items()}
        return self.optimizer.replace(**changed) if changed else self.optimizer

    def _varying(self, numbers: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """The numbers that differ between walkers, one per walker."""
        return {
            k: np.broadcast_to(v, (len(self),))
            for k, v in numbers.items()
            if isinstance(v, np.ndarray)
        }

    @functools.cached_property
    def status(self) -> list[Status]:
        """How each walk ended."""
        arrived = np.flatnonzero(~self.diverged & (self.grad_norm[:, -1] <= self.tol))
        values = {k: v[arrived] for k, v in self._varying(self.landscape.parameters).items()}
        values |= {name: column[-1] for name, column in self.time_varying.items()}
        kinds, _ = stationary(self.landscape(**values), self.path[arrived, -1])
        found = dict(zip(arrived.tolist(), kinds.tolist(), strict=True))
        return [
            left_as(int(self.why[i]), int(step))
            if step >= 0
            else Status("converged", point=found[i])
            if i in found
            else Status("running")
            for i, step in enumerate(self.diverged_at)
        ]

    @property
    def evaluations(self) -> np.ndarray:
        """Gradient evaluations each walker spent, shape (B,)."""
        steps = (self.path.shape[1] - 1) * self.every
        taken = np.where(self.diverged, self.diverged_at, steps)
        return taken * self.optimizer.evaluations_per_step

    def plot(self, **options: Any) -> Any:
        """Draw the paths over the landscape's contours (see `toylands.plots.paths`)."""
        from toylands import plots

        return plots.paths(list(self), **options)

    def __repr__(self) -> str:
        return (
            f"<{len(self)} walkers of {self.optimizer.name} on {self.landscape.name}, "
            f"{(self.path.shape[1] - 1) * self.every} steps, {departures(self.why)}>"
        )


class Race(Sequence[Trajectory]):
    """Several optimizers from one start; index by position or by name ("adam")."""

    def __init__(self, landscape: Landscape, runs: Sequence[Trajectory]) -> None:
        self.landscape = landscape
        self.runs = list(runs)

    @property
    def names(self) -> list[str]:
        """The optimizers' names; where a name occurs twice, what tells the runs apart."""
        short = [run.optimizer.name for run in self.runs]
        return [
            full if short.count(name) > 1 else name
            for name, full in zip(short, names_of(self.runs), strict=True)
        ]

    def __len__(self) -> int:
        return len(self.runs)

    def __iter__(self) -> Iterator[Trajectory]:
        return iter(self.runs)

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return self.runs[key]
        if key not in self.names:
            raise KeyError(f"no {key!r} in this race.{did_you_mean(key, self.names)}")
        return self.runs[self.names.index(key)]

    def plot(self, **options: Any) -> Any:
        """Draw the paths over the landscape's contours (see `toylands.plots.paths`)."""
        from toylands import plots

        return plots.paths(self.runs, **options)

    def animate(self, file: Any, **options: Any) -> Any:
        """Write the race as a GIF or MP4 (see `toylands.plots.animate`)."""
        from toylands import plots

        return plots.animate(self.runs, file, **options)

    def __repr__(self) -> str:
        names, word = names_of(self.runs), loss_word(self.landscape)
        width = max(map(len, names), default=0)
        lines = [f"race on {self.landscape!r}"]
        lines += [
            f"  {name.ljust(width)}  {word} {show(float(run.loss[-1]), 4):<10} "
            f"{run.evaluations} evaluations, {run.status}"
            for name, run in zip(names, self.runs, strict=True)
        ]
        return "\n".join(lines)
