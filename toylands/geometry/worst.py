"""The highest loss in a ball: what sharpness-aware minimisation minimises, and what it really sees.

worst = worst_case(tl.landscapes.bowl, (0, 0), rho=0.1)
worst.increase                  # 0.05: largest eigenvalue 10 times rho^2/2
worst.one_step                  # what SAM's single uphill step finds: 0 at a minimum, g = 0
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._brief import Brief
from toylands._door import Numbers, door
from toylands._words import show
from toylands.formula import Landscape
from toylands.geometry._checks import exact_hessian, one_point, positive
from toylands.optimizers.optimizer import check_count

_RINGS, _RAYS = 24, 180  # the grid on the disc
_POLISHED = 6  # how many of the best candidates are polished


@dataclass(frozen=True, repr=False)
class WorstCase(Brief):
    """The largest loss found within a distance of a point.

    Attributes:
        landscape, point, rho: the ball's centre and radius.
        where: the point of the highest loss found, shape (d,).
        increase: the loss there minus the loss at the centre; at least 0.
        one_step: the increase at SAM's single step uphill, rho g/|g|; 0 where g = 0.
        first_order: rho |g|, the increase of the linear model.
        second_order: the exact largest increase of the quadratic model in the ball (`ball_maximum`).
        relative: whether the ball is an ellipsoid measured in units of |coordinate|.
    """

    landscape: Landscape
    point: np.ndarray
    rho: float
    where: np.ndarray
    increase: float
    one_step: float
    first_order: float
    second_order: float
    relative: bool = False


@door
def ball_maximum(gradient: Numbers, hessian: Numbers, rho: float) -> tuple[float, np.ndarray]:
    """The exact maximum of g'd + d'Hd/2 over |d| <= rho, and where it is.

    The trust-region problem, solved through the eigenvalues of H: the maximiser satisfies
    (mu I - H) d = g with mu >= max(0, largest eigenvalue) and mu (rho - |d|) = 0. With g = 0 the
    answer is max(0, largest eigenvalue) rho^2/2, along either sign of the eigenvector.
    [More and Sorensen 1983]

    Args:
        gradient, hessian: shapes (d,) and (d, d), finite.
        rho: the radius.

    Returns:
        The maximum, and a maximiser, shape (d,).
    """
    g, h = np.asarray(gradient, dtype=float), np.asarray(hessian, dtype=float)
    rho = positive("ball_maximum", "rho", rho)
    finite = np.isfinite(g).all() and np.isfinite(h).all()
    if g.ndim != 1 or h.shape != (len(g), len(g)) or not finite:
        raise ValueError(
            f"ball_maximum: gradient and hessian must be finite, of shapes (d,) and (d, d), got "
            f"{g.shape} and {h.shape}."
        )
    values, vectors = np.linalg.eigh((h + h.T) / 2)
    part = vectors.T @ g
    top = float(values[-1])
    size = max(float(np.abs(values).max()), float(np.linalg.norm(g)) / rho)
    if size == 0:
        return 0.0, np.zeros(len(g))

    def step(mu: float) -> np.ndarray:
        gap = mu - values
        solved = np.zeros(len(g))
        np.divide(part, gap, out=solved, where=gap > 1e-14 * size)
        return solved

    low = max(top, 0.0)
    if top < 0 and np.linalg.norm(step(0.0)) <= rho:
        d = step(0.0)  # the model's own maximum lies inside
    else:
        high = low + float(np.linalg.norm(g)) / rho
        for _ in range(200):
            mu = (low + high) / 2
            if not low < mu < high:
                break
            low, high = (mu, high) if np.linalg.norm(step(mu)) > rho else (low, mu)
        d = step(high)
        missing = rho**2 - float(d @ d)
        if missing > 0:  # the hard case, and rounding: the top eigenvector makes up the length
            d[-1] = np.copysign(np.sqrt(d[-1] ** 2 + missing), part[-1] if part[-1] else 1.0)
    d = vectors @ d
    return float(g @ d + d @ h @ d / 2), d


@door
def sphere_average(
    land: Landscape, point: Any, rho: float, *, count: int = 4096, seed: int = 0
) -> float:
    """The mean loss at distance rho from a point, over all directions, minus the loss at the point.

    Never more than the largest increase within rho; to second order it is rho^2 tr H/(2 d).

    Args:
        land, point: the landscape and one point, shape (d,).
        rho: the distance.
        count: directions. In one dimension both, in two `count` evenly spaced ones (exact to rounding
            error on a smooth landscape), in more random ones and their opposites.
        seed: of the random ones.
    """
    at = one_point("sphere_average", land, point)
    rho = positive("sphere_average", "rho", rho)
    count = check_count("sphere_average", "count", count, least=2)
    if land.dim == 1:
        directions = np.array([[1.0], [-1.0]])
    elif land.dim == 2:
        turn = 2 * np.pi * np.arange(count) / count
        directions = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    else:
        drawn = np.random.default_rng(seed).standard_normal(((count + 1) // 2, land.dim))
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        directions = np.concatenate([drawn, -drawn])
    return float(np.mean(land.loss(at + rho * directions)) - land.loss(at))


@door
def worst_case(
    land: Landscape, point: Any, rho: float, *, relative: bool = False, seed: int = 0
) -> WorstCase:
    """Search the ball of radius rho for its highest loss, and compare with what SAM computes.

    What is found is attained at `where`, so it is a lower bound of the true maximum in any case. On
    a quadratic it is the exact maximum. In one and two dimensions the ball is searched on a grid
    (spacing about rho/24, 180 rays) and the best points are polished to rounding error, so only a
    peak narrower than that can be missed. In more dimensions the search starts from the quadratic
    model's two ends, from SAM's step and from 200 random points: good in practice, no guarantee.
    Points where the loss is not finite are left out; beside them the loss may rise without limit.

    Args:
        land, point: the landscape and one point, shape (d,).
        rho: the radius; for `relative`, in units of each coordinate's absolute value.
        relative: search the ellipsoid |d_i / w_i| <= rho (in 2-norm) around the weights w, as
            adaptive SAM does [Kwon et al. 2021]; a coordinate that is 0 then stays 0.
        seed: of the random points.

    Raises:
        TypeError, ValueError: for a bad point or radius, or a landscape that is not finite there.
    """
    at = one_point("worst_case", land, point)
    rho = positive("worst_case", "rho", rho)
    seed = check_count("worst_case", "seed", seed, least=0)
    ruler = rho * np.abs(at) if relative else np.full(land.dim, rho)
    centre = float(land.loss(at))
    gradient, hessian = land.grad(at), exact_hessian("worst_case", land, at)
    if not (np.isfinite(centre) and np.isfinite(gradient).all()):
        raise ValueError(f"worst_case: the loss of {land.name} is not finite at {show(at)}.")
    with np.errstate(over="ignore"):
        gradient, hessian = gradient * ruler, hessian * ruler[:, None] * ruler
        size = float(np.sum(gradient**2) + np.sum(hessian**2))
    if not np.isfinite(size):
        raise ValueError(f"worst_case: rho={rho:g} is too large for floating-point numbers here.")

    def rise(u: np.ndarray) -> np.ndarray:
        found = land.loss(at + ruler * u) - centre
        return np.where(np.isfinite(found), found, -np.inf)

    model, best = ball_maximum(gradient, hessian, 1.0)
    slope = float(np.linalg.norm(gradient))
    uphill = gradient / slope if slope > 0 else np.zeros(land.dim)
    tried = np.vstack([np.zeros(land.dim), uphill, best, -best, _spread(land.dim, seed)])
    heights = rise(tried)
    order = _apart(tried, np.argsort(-heights, kind="stable"))
    top, where = heights[order[0]], tried[order[0]]
    scale = float(np.abs(heights[np.isfinite(heights)]).max()) or 1.0
    for number in order:
        end = _polish(land, at, ruler, tried[number], scale)
        if (height := float(rise(end))) > top:
            top, where = height, end
    return WorstCase(
        land,
        at,
        rho,
        at + ruler * where,
        float(top),
        float(rise(uphill)),
        slope,
        model,
        relative,
    )


def _spread(dim: int, seed: int) -> np.ndarray:
    """Points that fill the unit ball: a grid in one or two dimensions, otherwise random."""
    radii = np.arange(1, _RINGS + 1) / _RINGS
    if dim == 1:
        return np.concatenate([radii, -radii])[:, None]
    if dim == 2:
        angles = 2 * np.pi * np.arange(_RAYS) / _RAYS
        rays = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        return (radii[:, None, None] * rays).reshape(-1, 2)
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((200, dim))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    points[100:] *= rng.uniform(size=(100, 1)) ** (1 / dim)
    return points


def _apart(points: np.ndarray, order: np.ndarray) -> list[int]:
    """The best few points that are not neighbours of a better one."""
    chosen: list[int] = []
    for number in order.tolist():
        if all(np.linalg.norm(points[number] - points[k]) > 0.25 for k in chosen):
            chosen.append(number)
            if len(chosen) == _POLISHED:
                break
    return chosen


def _polish(
    land: Landscape, at: np.ndarray, ruler: np.ndarray, first: np.ndarray, scale: float
) -> np.ndarray:
    """Climb from a point of the unit ball to a local maximum in it, by L-BFGS with the exact gradient.

    Outside the ball a point z stands for z/|z|, so the climb has no constraint.
    """
    from scipy.optimize import minimize

    def down(z: np.ndarray) -> tuple[float, np.ndarray]:
        length = max(1.0, float(np.linalg.norm(z)))
        u = z / length
        theta = at + ruler * u
        slope = land.grad(theta) * ruler / scale
        if length > 1:  # only the part along the sphere
            slope = (slope - u * (u @ slope)) / length
        return -float(land.loss(theta)) / scale, -slope

    on_sphere = np.linalg.norm(first) > 1 - 1e-9
    options = {"maxiter": 500, "ftol": 1e-16, "gtol": 1e-13, "maxcor": 20}
    with np.errstate(all="ignore"):
        found = minimize(
            down, 1.5 * first if on_sphere else first, jac=True, method="L-BFGS-B", options=options
        )
    end = np.asarray(found.x)
    if not np.isfinite(end).all():
        return first
    return end / max(1.0, float(np.linalg.norm(end)))
