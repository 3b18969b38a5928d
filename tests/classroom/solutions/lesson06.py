"""Right answers to the exercises of lesson 6, symmetry, by another route."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from scipy.optimize import brentq


def end_of_the_walk(given: Any) -> tuple[float, float]:
    """Walk there, with the gradient typed here."""
    w1, w2 = given.start
    for _ in range(200):
        slope = w1 + w2 - given.land.parameters["s"]
        w1, w2 = w1 - 0.2 * slope, w2 - 0.2 * slope
    return w1, w2


def one_step_of_the_product(given: Any) -> float:
    """Take the step."""
    u, v = given.start
    u, v = u - given.lr * (u * v - 1) * v, v - given.lr * (u * v - 1) * u
    return float((u - v) * (u + v))


def rate_at_another_length(given: Any) -> float:
    """The rate at which the first step turns by the same angle, found by a root search."""

    def turned(length: float, rate: float) -> float:
        # At (0, r) the slope of (1 - w1/|w|)/2 is -1/(2 r) in w1 and 0 in w2.
        return math.atan2(rate / (2 * length), length)

    wanted = turned(1.0, given.lr)
    return float(brentq(lambda rate: turned(given.length, rate) - wanted, 0, 1e4, xtol=1e-13))


SOLUTIONS: dict[str, Callable[[Any], Any]] = {
    "6.1": end_of_the_walk,
    "6.2": one_step_of_the_product,
    "6.3": rate_at_another_length,
}
