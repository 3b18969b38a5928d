"""What a walk was asked for, checked: starts, seeds, moving parameters, rates, bounds."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from toylands._door import number_fault, numbers_in, refusal
from toylands._words import did_you_mean, one_of, show
from toylands.formula import Landscape
from toylands.optimizers import Optimizer

#: steps above this number are refused: the table of their rates alone would fill the memory
MOST_STEPS = 10**10
#: 2**64 divided by the golden ratio: the step between two states of SplitMix64
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def check_landscape(owner: str, land: Any) -> Landscape:
    """A landscape, or a clear error."""
    if isinstance(land, Landscape):
        return land
    raise TypeError(
        f"{owner} needs a landscape such as toylands.landscapes.rosenbrock, got {show(land)}."
        + (" Turn text into one with toylands.landscape(...)." if isinstance(land, str) else "")
    )


def window_of(owner: str, land: Landscape, view: Any) -> np.ndarray:
    """A window, by default the landscape's view: (low, high) per coordinate, shape (d, 2).

    Raises:
        TypeError: when `land` is not a landscape. ValueError: for another shape, an empty side, or NaN or
            infinity.
    """
    check_landscape(owner, land)
    try:
        window = np.asarray(land.view if view is None else view, dtype=float)
    except (TypeError, ValueError, OverflowError):
        window = np.empty(0)
    if (
        window.shape != (land.dim, 2)
        or not np.isfinite(window).all()
        or not (window[:, 0] < window[:, 1]).all()
    ):
        raise ValueError(
            f"{owner}: view={show(view)} must give finite (low, high) for each of {land.dim} "
            "coordinates."
        )
    return window


def escape_limit(land: Landscape, escape: float | None) -> float:
    """How far a walker may go before it counts as diverged: by default, a million windows away."""
    if escape is None:
        return _far(land.view)
    limit = check_positive(land.name, "escape", escape)
    return min(limit, sys.float_info.max)  # infinity itself is outside


@functools.lru_cache(maxsize=64)
def _far(view: tuple[tuple[float, float], ...]) -> float:
    return 1e6 * max(1.0, *(abs(bound) for side in view for bound in side))


def check_positive(owner: str, name: str, value: Any, *, zero: bool = False) -> float:
    """Check one positive number (or zero, where that is allowed); infinity is one too."""
    if (why := number_fault(value)) or not isinstance(value, Real):
        raise refusal(owner, name, value, "one number", why or ".")
    number = float(value)
    if not (number >= 0 if zero else number > 0):
        bound = "at least 0" if zero else "above 0"
        raise ValueError(f"{owner}: {name}={show(value)} must be {bound}.")
    return number


def bar_name(owner: str, progress: Any) -> str | None:
    """The name on the progress bar of `owner`; None for no bar.

    Raises:
        TypeError: when `progress` is not True or False.
    """
    if not isinstance(progress, bool | np.bool_):
        raise TypeError(f"{owner}: progress={show(progress)} must be True or False.")
    return owner if progress else None


def check_start(land: Landscape, start: Any) -> np.ndarray:
    """Start points as float64, shape (..., d); that they are finite is checked where they are copied."""
    return land.points(land.start if start is None else start, "start")


def broadcast_walkers(land: Landscape, opt: Optimizer, starts: np.ndarray) -> tuple[int, ...]:
    """The shape of the swarm: starts, landscape parameters and hyper-parameters broadcast together."""
    numbers = (*land.parameters.values(), *opt.values.values())
    if not any(isinstance(value, np.ndarray) for value in numbers):
        return starts.shape[:-1]
    sizes = {"start": starts.shape[:-1]}
    sizes.update({name: np.shape(value) for name, value in land.parameters.items()})
    sizes.update({name: np.shape(value) for name, value in opt.values.items()})
    try:
        return np.broadcast_shapes(*sizes.values())
    except ValueError:
        given = {name: shape for name, shape in sizes.items() if shape}
        raise ValueError(f"the sizes of the swarm do not match each other: {given}.") from None


def seeds_for(seed: Any, count: int) -> np.ndarray:
    """One 64-bit key per walker, from one seed or from one per walker.

    The keys are SplitMix64's numbers from the state `seed`: walker i of one seed gets number i, all
    different; walkers with a seed each get number 0, as a single walker with that seed does.
    [Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"]

    Raises:
        TypeError, ValueError: when the seed is not a whole number, or the array has another length.
    """
    if type(seed) is int and 0 <= seed < 2**63 and count == 1:
        return _one_key(seed)
    try:
        array = np.asarray(seed)
    except ValueError:  # a ragged list
        array = np.empty(0)
    if array.dtype.kind not in "iu" or np.ma.is_masked(seed):
        raise TypeError(
            f"seed={show(seed)} must be a whole number of at most 64 bits, or one per walker."
        )
    if (array < 0).any():
        raise ValueError(f"seed={show(seed)} must not be negative.")
    if array.ndim and array.shape != (count,):
        raise ValueError(f"seed has shape {array.shape}, but there are {count} walkers.")
    number = np.arange(count) if array.ndim == 0 else np.zeros(count)
    key = array.astype(np.uint64) + (number.astype(np.uint64) + np.uint64(1)) * _GOLDEN
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (key ^ (key >> np.uint64(31))).view(np.int64)


@functools.lru_cache(maxsize=64)
def _one_key(seed: int) -> np.ndarray:
    return seeds_for(np.array([seed]), 1)


def time_varying_columns(
    land: Landscape, time_varying: Mapping[str, Any] | None, steps: int
) -> dict[str, np.ndarray]:
    """Parameters that change from step to step, each with shape (steps + 1,): the last for the end.

    Each is given as one value per step (the last is then used at the end too), as steps + 1 values, or
    as a function of the step.
    """
    if time_varying is None:
        return {}
    if not isinstance(time_varying, Mapping):
        raise TypeError(
            f"time_varying={show(time_varying)} must be a dictionary "
            "{parameter: values or a function of the step}."
        )
    names = list(land.parameters)
    columns = {}
    for name, values in time_varying.items():
        if name not in names:
            raise ValueError(
                f"{land.name} has no parameter {name!r} to move; it has "
                f"{one_of(names, 'and')}." + did_you_mean(name, names)
            )
        if np.ndim(land.parameters[name]):
            raise ValueError(
                f"{name} varies in time, so it cannot also be an array over the walkers."
            )
        if callable(values):
            values = [values(t) for t in range(steps + 1)]
        column, why = numbers_in(values)
        if why:
            raise refusal(f"time-varying {name}", name, values, "a row of numbers", why)
        column = column.astype(float)
        if column.ndim != 1 or len(column) not in (max(steps, 1), steps + 1):
            raise ValueError(
                f"time-varying {name} has values of shape {column.shape} for {steps} steps; give one per "
                "step (and optionally one more for the end)."
            )
        if not np.isfinite(column).all():
            raise ValueError(
                f"time-varying {name} is not finite at step {np.argmin(np.isfinite(column))}."
            )
        columns[name] = column if len(column) == steps + 1 else np.append(column, column[-1])
    return columns


def schedule_factors(opt: Optimizer, steps: int) -> np.ndarray:
    """The factor on lr at every step, shape (steps,); not to be written to."""
    try:
        if opt.schedule is None:
            return _ones(steps)
        return np.ascontiguousarray(opt.schedule.values(steps), dtype=float)
    except (MemoryError, OverflowError):
        raise ValueError(
            f"steps={steps} is too many: their rates alone would need {8 * steps / 1e9:,.0f} GB."
        ) from None


@functools.lru_cache(maxsize=8)
def _ones(count: int) -> np.ndarray:
    if count > MOST_STEPS:
        raise MemoryError
    return np.broadcast_to(1.0, (count,))  # takes no room, and may not be written to
