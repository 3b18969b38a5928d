"""Sweeps: the same walk for every combination of numbers, as one swarm."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands._words import did_you_mean, one_of, show
from toylands.dynamics.checks import (
    bar_name,
    broadcast_walkers,
    check_landscape,
    check_start,
    schedule_factors,
    time_varying_columns,
)
from toylands.dynamics.leaving import departures
from toylands.dynamics.run import Raw, execute
from toylands.dynamics.trajectory import Swarm, curve_of, first_within
from toylands.formula import Landscape
from toylands.formula.norms import norm
from toylands.optimizers import Optimizer
from toylands.optimizers.optimizer import check_count, check_optimizer

if TYPE_CHECKING:
    import pandas

_RUN_OPTIONS = ("seed", "batch", "replacement", "time_varying", "escape", "progress")


class Sweep:
    """The ends of a walk over a grid of numbers.

    Attributes:
        axes: {name: values}, in the order of the arrays' axes.
        loss, grad_norm: at the last finite point, one axis per swept number; of a time-varying landscape,
            as it was at the end.
        diverged: whether it left, for whatever reason; diverged_at: the step, -1 if it stayed.
        why: the reason, as `toylands.dynamics.leaving` numbers them.
        end: last finite points, shape (..., d).
        landscape, optimizer, steps: what ran.
    """

    def __init__(
        self,
        landscape: Landscape,
        optimizer: Optimizer,
        steps: int,
        axes: dict[str, np.ndarray],
        end: np.ndarray,
        diverged_at: np.ndarray,
        why: np.ndarray,
        variants: Landscape,
        walk: Callable[[], Swarm],
    ) -> None:
        self.landscape = landscape
        self.optimizer = optimizer
        self.steps = steps
        self.axes = axes
        self.end = end
        self.diverged_at = diverged_at
        self.diverged = diverged_at >= 0
        self.why = why
        self._variants = variants
        self._walk = walk

    @functools.cached_property
    def loss(self) -> np.ndarray:
        """The loss at the last finite point of each walk."""
        flat = self.end.reshape(-1, self.landscape.dim)
        return self._variants.loss(flat).reshape(self.diverged.shape)

    @functools.cached_property
    def grad_norm(self) -> np.ndarray:
        """The gradient norm at the last finite point of each walk."""
        flat = self.end.reshape(-1, self.landscape.dim)
        with np.errstate(over="ignore"):
            norms = norm(self._variants.field(flat))
        return norms.reshape(self.diverged.shape)

    def steps_to(self, tol: float, of: str = "grad_norm") -> np.ndarray:
        """The step from which on `of` is at most `tol`, one axis per swept number; -1 for never.

        The sweep keeps only ends, so the same walks are taken again and recorded.

        Args:
            tol: the tolerance.
            of: "grad_norm", "loss", or "theta" (the largest absolute coordinate).

        Raises:
            ValueError: for another word, or when the recording would fill the memory.
        """
        steps = first_within(curve_of(self._recorded, of), tol).reshape(self.diverged.shape)
        return np.where(self.diverged, -1, steps)

    @functools.cached_property
    def _recorded(self) -> Swarm:
        return self._walk()

    @property
    def best(self) -> dict[str, float]:
        """The numbers of the walk with the lowest final loss among those that stayed.

        Raises:
            ValueError: when every walk left, or ended where the loss is not a number.
        """
        kept = np.where(self.diverged, np.nan, self.loss)
        if np.isnan(kept).all():
            told = departures(self.why)
            raise ValueError(
                f"no walk of this sweep stayed: of {self.why.size}, {told}; try smaller learning rates or "
                "another start."
            )
        at = np.unravel_index(int(np.nanargmin(kept)), kept.shape)
        return {name: float(v[i]) for (name, v), i in zip(self.axes.items(), at, strict=True)}

    def to_pandas(self) -> pandas.DataFrame:
        """One row per combination.

        Raises:
            ModuleNotFoundError: when pandas is not installed.
        """
        try:
            import pandas
        except ModuleNotFoundError:
            raise ModuleNotFoundError("to_pandas needs pandas: pip install pandas.") from None
        grids = np.meshgrid(*self.axes.values(), indexing="ij")
        columns = {name: grid.reshape(-1) for name, grid in zip(self.axes, grids, strict=True)}
        for name in ("loss", "grad_norm", "diverged", "diverged_at"):
            columns[name] = getattr(self, name).reshape(-1)
        return pandas.DataFrame(columns)

    def plot(self, **options: Any) -> Any:
        """Draw the sweep (see `toylands.plots.sweep_map`)."""
        from toylands import plots

        return plots.sweep_map(self, **options)

    def __repr__(self) -> str:
        shape = " x ".join(f"{len(values)} {name}" for name, values in self.axes.items())
        return (
            f"<sweep of {self.optimizer.name} on {self.landscape.name}: {shape}, {self.steps} steps, "
            f"{departures(self.why, share=True)}>"
        )


def sweep(
    land: Landscape,
    opt: Optimizer | Callable[..., Optimizer],
    start: Any = None,
    steps: int = 300,
    **numbers: Any,
) -> Sweep:
    """Walk with every combination of the given numbers, all in one swarm.

    Args:
        land, start, steps: as for `descend`; one start.
        opt: an optimizer, or a factory such as `momentum`.
        **numbers: arrays to sweep (lr, any hyper-parameter of the optimizer, any parameter of the
            landscape), fixed values for others, and `seed`, `batch`, `replacement`, `time_varying`,
            `escape`, `progress` as for `descend`. A name both have goes to the optimizer.

    Raises:
        ValueError: for an unknown name, with the nearest right one, or when nothing is swept.
    """
    check_landscape("sweep", land)
    steps = check_count("sweep", "steps", steps, least=0)
    options = {key: numbers.pop(key) for key in _RUN_OPTIONS if key in numbers}
    axes = {name: _axis(name, value) for name, value in numbers.items() if _is_row(value)}
    if not isinstance(opt, Optimizer):
        opt = _make(opt, axes, numbers)
    known = [*opt.values, *land.parameters]
    for name in numbers:
        if name not in known:
            raise ValueError(
                f"sweep: neither {opt.name} nor {land.name} has {name!r}; they have "
                f"{one_of(known, 'and')}." + did_you_mean(name, known)
            )
    if not axes:
        raise ValueError("sweep: give at least one array to sweep, for example lr=[0.01, 0.1].")
    shape = tuple(len(values) for values in axes.values())
    grids = np.meshgrid(*axes.values(), indexing="ij")
    flat: dict[str, Any] = {n: g.reshape(-1) for n, g in zip(axes, grids, strict=True)}
    flat |= {name: value for name, value in numbers.items() if name not in axes}
    opt = opt.replace(**{name: value for name, value in flat.items() if name in opt.values})
    variants = land(**{name: v for name, v in flat.items() if name not in opt.values})
    point = check_start(land, start)
    if point.ndim != 1:
        raise ValueError(f"sweep takes one start, got shape {point.shape}.")
    count = int(np.prod(shape))
    if broadcast_walkers(variants, opt, point) != (count,):
        raise ValueError(
            "sweep: give every array by name here; the landscape or the optimizer has one in it already."
        )
    time_varying = time_varying_columns(variants, options.pop("time_varying", None), steps)
    walk = functools.partial(
        execute,
        variants,
        opt,
        np.broadcast_to(point, (count, land.dim)),
        steps,
        time_varying=time_varying,
        progress=bar_name("sweep", options.pop("progress", True)),
        **options,
    )

    raw = walk(record=False)
    return Sweep(
        land,
        opt,
        steps,
        axes,
        raw.end.reshape(*shape, land.dim),
        raw.died.reshape(shape),
        raw.why.reshape(shape),
        variants(**{name: column[-1] for name, column in time_varying.items()}),
        functools.partial(_recorded, variants, opt, walk, steps, time_varying),
    )


def _recorded(
    variants: Landscape,
    opt: Optimizer,
    walk: Callable[[], Raw],
    steps: int,
    time_varying: dict[str, np.ndarray],
) -> Swarm:
    return Swarm(variants, opt, walk(), schedule_factors(opt, steps), 0.0, 1, time_varying)


def _is_row(value: Any) -> bool:
    has_items = hasattr(value, "__len__") and not isinstance(value, str)
    return bool(getattr(value, "ndim", has_items))


def _axis(name: str, value: Any) -> np.ndarray:
    try:
        values = np.asarray(value)
        if values.dtype.kind not in "fiu":
            raise TypeError
    except (TypeError, ValueError):
        raise TypeError(f"sweep: {name}={show(value)} is not a row of numbers.") from None
    if values.ndim != 1 or not len(values):
        raise ValueError(f"sweep: {name} must be one row of numbers, got shape {values.shape}.")
    return values.astype(float)


def _make(factory: Any, axes: dict[str, np.ndarray], numbers: dict[str, Any]) -> Optimizer:
    """Call a factory with the numbers it needs; all others keep their defaults."""
    import inspect

    if not callable(factory):
        return check_optimizer("sweep", factory)
    try:
        arguments = inspect.signature(factory).parameters.values()
    except (TypeError, ValueError):
        raise TypeError(
            f"sweep needs an optimizer or a factory such as gd, got {show(factory)}."
        ) from None
    needed = [
        argument.name
        for argument in arguments
        if argument.default is argument.empty
        and argument.kind in (argument.POSITIONAL_OR_KEYWORD, argument.KEYWORD_ONLY)
    ]
    missing = [name for name in needed if name not in numbers]
    if missing:
        raise TypeError(
            f"sweep: {getattr(factory, '__name__', show(factory))} needs {one_of(missing, 'and')}; "
            "give every number it needs, or an optimizer such as gd(0.1)."
        )
    first = {name: axes[name][0] if name in axes else numbers[name] for name in needed}
    return check_optimizer("sweep", factory(**first))
