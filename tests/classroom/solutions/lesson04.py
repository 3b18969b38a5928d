"""Right answers to the exercises of lesson 4, minima, saddles, plateaus, by another route."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np


def bad_fraction(given: Any) -> float:
    """The part of many starts that lies beyond the middle root of x^3 - x + c."""
    roots = np.sort(np.roots([1.0, 0.0, -1.0, given.land.parameters["c"]]).real)
    return float(2 - roots[1]) / 4


def leave_saddle(given: Any) -> int:
    """Multiplied step by step, in fractions."""
    factor = 1 + Fraction(str(given.lr)) * Fraction(str(given.land.parameters["b"]))
    y, steps = Fraction(str(given.start[1])), 0
    while y < 1:
        y, steps = y * factor, steps + 1
    return steps


def count_saddles(given: Any) -> int:
    """By generating function: coefficient k counts the points with k ways down."""
    counts = np.array([1])
    for well in [[2, 1]] * given.double + [[3, 2]] * given.triple:
        counts = np.convolve(counts, well)
    return int(counts[1:-1].sum())


def newton_step(given: Any) -> tuple[float, float]:
    """From numerical derivatives of the loss along y."""
    x, y = given.start

    def loss(v: Any) -> Any:
        return mpmath.mpf(x) ** 2 / 2 + v**4 / 4 - v**2 / 2

    slope, curvature = mpmath.diff(loss, y), mpmath.diff(loss, y, 2)
    return float(y - slope / curvature), float(y - slope / abs(curvature))


SOLUTIONS: dict[str, Callable[[Any], Any]] = {
    "4.1": bad_fraction,
    "4.2": leave_saddle,
    "4.3": count_saddles,
    "4.4": newton_step,
}
