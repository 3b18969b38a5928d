"""How the loss answers noise of growing size, and what the third derivative adds along a direction.

    response = noise_response(tl.landscapes.gaussian_wells, (-1.5, 0))
    response.mean, response.standard_error, response.predicted      # one value per size
    third_along(tl.landscapes.asymmetric_valley, (0, 0), (1, 0))    # 1: steeper to the right

For symmetric noise the third derivative does not enter the mean increase; the trace of the Hessian
does, and the fourth derivatives after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._brief import Brief
from toylands._door import Numbers, door
from toylands._words import show
from toylands.formula import Landscape
from toylands.geometry._checks import exact_hessian, one_direction, one_point
from toylands.geometry.kicks import kicks


@dataclass(frozen=True, repr=False)
class NoiseResponse(Brief):
    """Increases of the loss under isotropic Gaussian kicks of several sizes.

    Attributes:
        landscape, point: what was kicked, and where.
        sigmas: the kicks' standard deviations per coordinate, shape (n,).
        mean, standard_error, spread: of the sampled increases, shape (n,) each.
        predicted: sigma^2/2 tr H, exact on a quadratic, shape (n,).
        predicted_spread: sqrt(sigma^2 |g|^2 + sigma^4/2 tr H^2), likewise.
    """

    landscape: Landscape
    point: np.ndarray
    sigmas: np.ndarray
    mean: np.ndarray
    standard_error: np.ndarray
    spread: np.ndarray
    predicted: np.ndarray
    predicted_spread: np.ndarray


@door
def noise_response(
    land: Landscape,
    point: Any,
    sigmas: Numbers | None = None,
    *,
    count: int = 10_000,
    seed: int = 0,
) -> NoiseResponse:
    """Kick a point with noise of several sizes; all sizes share their random directions.

    Args:
        land, point: the landscape and one point, shape (d,).
        sigmas: sizes, each above 0, shape (n,); by default 13 sizes, spaced by equal factors, from
            0.0001 to 0.1 of the smaller side of the view.
        count: kicks for each size.
        seed: fixes the directions.
    """
    at = one_point("noise_response", land, point)
    if sigmas is None:
        side = min(high - low for low, high in land.view)
        sigmas = 0.1 * side * np.geomspace(1e-3, 1, 13)
    try:
        sizes = np.atleast_1d(np.asarray(sigmas, dtype=float))
    except (TypeError, ValueError):
        sizes = np.zeros(1)
    if sizes.ndim != 1 or not len(sizes) or not (np.isfinite(sizes) & (sizes > 0)).all():
        raise ValueError(f"noise_response: sigmas={show(sigmas)} must be finite numbers above 0.")
    hessian = exact_hessian("noise_response", land, at)
    shaken = [kicks(land, at, float(size), count=count, seed=seed) for size in sizes]
    slope, square = float(np.sum(land.grad(at) ** 2)), float(np.sum(hessian**2))
    return NoiseResponse(
        land,
        at,
        sizes,
        np.array([one.mean for one in shaken]),
        np.array([one.standard_error for one in shaken]),
        np.array([one.increases.std(ddof=1) for one in shaken]),
        np.array([one.predicted for one in shaken]),
        np.sqrt(sizes**2 * slope + sizes**4 / 2 * square),
    )


@door
def third_along(land: Landscape, point: Any, direction: Numbers) -> float:
    """The exact third derivative of the loss along a unit direction.

    Its sign says which side is steeper: on a line through a minimum with curvature h and third
    derivative t the loss is h s^2/2 + t s^3/6 + ..., so for t > 0 it rises faster towards s > 0.

    Args:
        land, point: the landscape and one point, shape (d,).
        direction: shape (d,); its length does not matter.

    Raises:
        ValueError: for a bad point or direction, a point without a third derivative, or a landscape
            without exact ones, such as a network: no finite difference takes their place. TypeError:
            for a game.
    """
    at = one_point("third_along", land, point)
    v = one_direction("third_along", land, direction)
    if land.players is not None:
        raise TypeError(f"third_along: {land.name} is a game; its players have different losses.")
    third = land.third(at)
    if not np.isfinite(third).all():
        raise ValueError(f"third_along: {land.name} has no finite third derivative at {show(at)}.")
    return float(np.einsum("ijk,i,j,k", third, v, v, v))
