"""Right answers by another route: NumPy and SciPy on formulas typed here, not the exercises' own.

`SOLUTIONS["1.1"](given)` answers exercise 1.1 for whoever `given = task("1.1")` was made for. Only
the tests have this file; it is in no wheel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import brentq, minimize_scalar


def watershed(given: Any) -> float:
    """A little left of the saddle: the middle root of x^3 - x + c."""
    roots = np.sort(np.roots([1.0, 0.0, -1.0, given.land.parameters["c"]]).real)
    return float(roots[1]) - 0.025


def largest_rate(given: Any) -> float:
    """2/lambda_max from the singular values of the design matrix."""
    x = np.asarray(given.land.data["x"])
    top = np.linalg.svd(np.column_stack([x, np.ones_like(x)]), compute_uv=False)[0]
    return float(len(x) / top**2)


def twin_rate(given: Any) -> float:
    """The larger rate that is as far from the minimum after three steps, found by a root search."""
    a = given.land.parameters["a"]

    def distance(rate: float) -> float:
        x = 1.0
        for _ in range(3):
            x -= rate * a * x
        return abs(x)

    return float(brentq(lambda r: distance(r) - distance(given.rate), 1 / a, 2 / a, xtol=1e-14))


def quartic_rate(given: Any) -> float:
    """The limit between walks that shrink and walks that grow, by bisection."""
    low, high = 0.0, 10.0
    for _ in range(60):
        rate, x = (low + high) / 2, given.start
        for _ in range(50):
            x -= rate * x**3
            if abs(x) > 1e3:
                break
        low, high = (rate, high) if abs(x) <= given.start else (low, rate)
    return low


def steps_needed(curvatures: tuple[float, ...], rate: float, most: int = 2000) -> int | None:
    """How many steps bring every coordinate from 1 to at most 0.001; None: more than `most`."""
    x = np.ones(len(curvatures))
    for step in range(most + 1):
        if np.abs(x).max() <= 1e-3:
            return step
        if np.abs(x).max() > 1e6:
            break
        x = x - rate * np.array(curvatures) * x
    return None


def quick_rate(given: Any) -> float:
    """The rate of a grid that needs the fewest steps."""
    steep = given.land.parameters["b"]
    rates = np.linspace(1 / steep, 2 / steep, 400, endpoint=False)
    needed = [steps_needed((1.0, steep), rate) or np.inf for rate in rates]
    return float(rates[int(np.argmin(needed))])


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
    "0.1": watershed,
    "1.1": largest_rate,
    "1.2": twin_rate,
    "1.3": quartic_rate,
    "1.4": quick_rate,
    "2.1": curvature_along,
    "2.2": shake,
    "2.3": equal_depth,
    "2.4": gentle_side,
}
