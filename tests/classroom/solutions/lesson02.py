"""Right answers to the exercises of lesson 2, curvature, sharp and flat, by another route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import brentq, minimize_scalar


def turned_bowl(given: Any) -> Callable[[np.ndarray], float]:
    """The loss of a rotated bowl, typed from its description."""
    numbers = given.land.parameters
    turn = np.radians(numbers["angle"])
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    half = np.array([numbers["a"], numbers["b"]]) / 2
    return lambda theta: float(half @ (axes @ theta) ** 2)


def curvature_along(given: Any) -> float:
    """The second difference of the loss along the direction, exact on a quadratic."""
    loss, turn = turned_bowl(given), np.radians(given.degrees)
    d = np.array([np.cos(turn), np.sin(turn)])
    return loss(d) + loss(-d) - 2 * loss(0 * d)


def shake(given: Any) -> float:
    """The mean over four points with the covariance C, exact on a quadratic."""
    loss, spread = turned_bowl(given), np.sqrt(2) * np.linalg.cholesky(given.C)
    return float(np.mean([loss(sign * column) for column in spread.T for sign in (1, -1)]))


def equal_depth(given: Any) -> float:
    """The root of the difference of the two depths."""

    def depth(a: float, s: float, sigma: float) -> float:
        return a * s**2 / (s**2 + sigma**2)

    return float(
        brentq(lambda v: depth(given.a1, given.s1, v) - depth(given.a2, given.s2, v), 0, 10)
    )


def gentle_side(given: Any) -> float:
    """The minimum of the mean of two shifted valleys."""

    def valley(x: float) -> float:
        return float(np.exp(x) - x - 1)

    found = minimize_scalar(
        lambda x: (valley(x - given.shift) + valley(x + given.shift)) / 2,
        bounds=(-5, 1),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(found.x)


SOLUTIONS: dict[str, Callable[[Any], Any]] = {
    "2.1": curvature_along,
    "2.2": shake,
    "2.3": equal_depth,
    "2.4": gentle_side,
}
