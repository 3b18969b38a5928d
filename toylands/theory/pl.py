"""The inequality of Polyak and Lojasiewicz, |g|^2 >= 2 mu (L - L*): linear convergence without convexity.

pl_constant_1d(tl.landscapes.wavy_bowl_1d, -6, 6)         # (0.1755, at 2.2017), and not convex
product_constant(1.5, 0.9)                                # 3.06 = u^2 + v^2 for (uv - 1)^2/2
product_determinant(1.5, 0.9)                             # -1.07: not convex, even near a minimum
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from toylands._door import Numbers, door
from toylands._words import show
from toylands.dynamics.checks import check_landscape
from toylands.formula import Landscape

_GRID = 20_001


@door
def pl_ratio(land: Landscape, points: Numbers, bottom: float) -> np.ndarray:
    """|g|^2/(2 (L - L*)) at points of shape (..., d), NaN where L is L* or below, shape (...).

    Also NaN where L - L* is but the rounding error of L, so nearer to a minimum than the ratio can be told.

    Its smallest value is the constant mu of the inequality there, with which gradient descent at
    lr = 1/(largest curvature) multiplies L - L* by at most 1 - mu*lr a step. [Karimi, Nutini and
    Schmidt 2016]
    """
    check_landscape("pl_ratio", land)
    if not np.isfinite(bottom):
        raise ValueError(f"pl_ratio: bottom={show(bottom)} must be a finite number.")
    at = land.points(points)
    height = np.asarray(land.loss(at) - bottom)
    squared = np.sum(land.grad(at) ** 2, axis=-1)
    nothing = np.full(height.shape, np.nan)
    # The loss is known to about 1e-16 of its size, so its height here to six digits or more.
    told = height > 1e-10 * abs(bottom)
    return np.divide(squared, 2 * height, out=nothing, where=told & (height > 0))


@door
def pl_constant_1d(
    land: Landscape, low: float, high: float, bottom: float = 0.0
) -> tuple[float, float]:
    """The PL constant of a landscape of one coordinate between two places, and where it is attained.

    The smallest `pl_ratio` on 20,001 places, refined by SciPy's bounded search around the smallest one.

    Raises:
        ValueError: for a landscape of more coordinates, an empty range, or a bottom that is not one.
    """
    from scipy.optimize import minimize_scalar

    if check_landscape("pl_constant_1d", land).dim != 1:
        raise ValueError(
            f"pl_constant_1d: {land.name} has {land.dim} coordinates and must have one."
        )
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"pl_constant_1d: low={show(low)} must be below high={show(high)}.")
    grid = np.linspace(low, high, _GRID)
    ratio = pl_ratio(land, grid[:, None], bottom)
    if np.isnan(ratio).all():
        raise ValueError(f"pl_constant_1d: the loss is nowhere above bottom={show(bottom)}.")
    k = int(np.nanargmin(ratio))
    around = grid[max(k - 1, 0)], grid[min(k + 1, _GRID - 1)]
    found = minimize_scalar(
        lambda x: float(pl_ratio(land, [x], bottom)),
        bounds=around,
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(found.fun), float(found.x)


@door
def product_constant(u: float, v: float) -> float:
    """The PL ratio of the product loss (uv - s)^2/2 at a point: u^2 + v^2, whatever s.

    Because |g|^2 = (u^2 + v^2)(uv - s)^2. On the minima it is the largest eigenvalue.
    """
    return float(u) * float(u) + float(v) * float(v)


@door
def product_determinant(u: float, v: float, s: float = 1.0) -> float:
    """The determinant of the Hessian of (uv - s)^2/2: (s - uv)(3uv - s).

    Negative on the outer side of the curve uv = s, arbitrarily close to it: the loss is convex in no
    neighbourhood of its minima, and satisfies PL in one. [Liu, Zhu and Belkin 2022]
    """
    product, target = (
        Fraction(u) * Fraction(v),
        Fraction(s),
    )  # exact: both factors may nearly vanish
    return float((target - product) * (3 * product - target))
