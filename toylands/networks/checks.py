"""Checks of plain numbers, with errors that name the value and what was expected."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np

from toylands._words import did_you_mean, one_of, show


def chosen(owner: str, name: str, value: Any, choices: Iterable[str], also: str = "") -> str:
    """One of the names in `choices`, or a ValueError with the nearest right one.

    Args:
        also: what is right besides a name, such as "None, ".
    """
    names = [*choices]
    if not isinstance(value, str) or value not in names:
        raise ValueError(
            f"{owner}: {name}={show(value)} must be {also}{one_of(names)}.{did_you_mean(value, names)}"
        )
    return value


def whole(owner: str, name: str, value: Any, least: int, most: int | None = None) -> int:
    """A whole number from `least` on (to `most`), or a ValueError."""
    plain = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not plain or value < least or (most is not None and value > most):
        bound = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{owner}: {name}={as_typed(value)} must be a whole number, {bound}.")
    return int(value)


def as_typed(value: Any) -> str:
    """A value for the inside of a sentence, with the point that makes 8.0 no whole number."""
    short = show(value)
    return f"{short}.0" if isinstance(value, float) and short.isdigit() else short


def generator(owner: str, seed: Any) -> np.random.Generator:
    """Random numbers that a seed fixes: a whole number from 0 on, or a ValueError."""
    return np.random.default_rng(whole(owner, "seed", seed, 0))


def real(
    owner: str, name: str, value: Any, *, above: float = -math.inf, below: float = math.inf,
    least: float = -math.inf,
) -> float:  # fmt: skip
    """A finite number, more than `above`, less than `below` and no less than `least`, or a ValueError."""
    plain = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    number = float(value) if plain else math.nan
    if not (math.isfinite(number) and above < number < below and number >= least):
        bounds = [
            f"{word} {bound:g}"
            for word, bound in (("above", above), ("at least", least), ("below", below))
            if math.isfinite(bound)
        ]
        tail = f", {' and '.join(bounds)}" if bounds else ""
        raise ValueError(f"{owner}: {name}={show(value)} must be a finite number{tail}.")
    return number


def numbers(owner: str, name: str, value: Any) -> np.ndarray:
    """Finite float64 numbers of one or two axes, as two axes: (n,) becomes (n, 1).

    Raises:
        TypeError: when they are not real numbers. ValueError: for another shape, nothing, or NaN.
    """
    try:
        array = np.array(value)
        if array.dtype.kind not in "fiub":
            raise TypeError
        array = array.astype(np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{owner}: {name}={show(value)} is not an array of real numbers.") from None
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or not array.size:
        raise ValueError(
            f"{owner}: {name} must have shape (samples, columns) or (samples,), and not be empty; got "
            f"shape {np.shape(value)}."
        )
    if not np.isfinite(array).all():
        row, column = np.argwhere(~np.isfinite(array))[0]
        raise ValueError(f"{owner}: {name}[{row}, {column}]={array[row, column]} is not finite.")
    return np.ascontiguousarray(array)
