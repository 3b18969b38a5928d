"""Independent searches for the classics: SciPy and mpmath on the oracles, never on our formulas."""

from __future__ import annotations

import itertools
from typing import Any

import mpmath as mp
import numpy as np
import scipy.optimize
from oracles_classics import ORACLES
from scipy.spatial import cKDTree

from toylands import landscapes
from toylands.formula import Landscape


def land(name: str, **changes: float) -> Landscape:
    return landscapes.get(name)(**changes)


def oracle(name: str, points: Any, params: dict[str, float]) -> Any:
    """The independent loss in double precision, at points of shape (..., 2), real or complex."""
    points = np.asarray(points)
    return ORACLES[name]((points[..., 0], points[..., 1]), params, m=np)


def slope(name: str, points: Any, params: dict[str, float]) -> np.ndarray:
    """Its gradient by the complex step, which has no truncation error."""
    points = np.asarray(points, dtype=float)
    steps = 1e-30j * np.eye(2)
    columns = [oracle(name, points + step, params).imag / 1e-30 for step in steps]
    return np.stack(columns, axis=-1)


def exact_slope(name: str, params: dict[str, float], point: Any) -> list[Any]:
    def loss(x: Any, y: Any) -> Any:
        return ORACLES[name]((x, y), params)

    return [mp.diff(loss, tuple(point), order) for order in ((1, 0), (0, 1))]


def exact_curvature(name: str, params: dict[str, float], point: Any) -> list[float]:
    """Eigenvalues of the Hessian of the independent loss."""

    def loss(x: Any, y: Any) -> Any:
        return ORACLES[name]((x, y), params)

    xx, xy, yy = (mp.diff(loss, tuple(point), order) for order in ((2, 0), (1, 1), (0, 2)))
    return [float(value) for value in mp.eigsy(mp.matrix([[xx, xy], [xy, yy]]), eigvals_only=True)]


def inside(name: str, points: np.ndarray, margin: float = 0.0) -> np.ndarray:
    low, high = np.array(land(name).view).T
    return ((points >= low - margin) & (points <= high + margin)).all(axis=-1)


def distinct(points: np.ndarray, radius: float = 1e-5) -> np.ndarray:
    """One point of every cluster."""
    if not len(points):
        return points.reshape(0, 2)
    tree, kept, seen = cKDTree(points), [], set()
    for i, point in enumerate(points):
        if i not in seen:
            kept.append(point)
            seen.update(tree.query_ball_point(point, radius))
    return np.array(kept)


def grid(name: str, count: int) -> np.ndarray:
    (a, b), (c, d) = land(name).view
    x, y = np.meshgrid(np.linspace(a, b, count), np.linspace(c, d, count))
    return np.stack([x, y], axis=-1)


def grid_minima(name: str, params: dict[str, float], count: int) -> np.ndarray:
    """Grid points that lie below their eight neighbours, with the independent loss."""
    points = grid(name, count)
    with np.errstate(all="ignore"):
        loss = oracle(name, points, params)
    padded = np.pad(loss, 1, constant_values=np.inf)
    lowest = np.ones_like(loss, dtype=bool)
    for i, j in itertools.product(range(3), range(3)):
        if (i, j) != (1, 1):
            lowest &= loss <= padded[i : i + count, j : j + count]
    return points[lowest]


def scipy_minima(name: str, params: dict[str, float], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Where SciPy ends from every grid minimum within the window; points and losses.

    Each search is kept to a box of two grid steps, which moves along when its edge is reached: a
    line search may otherwise jump over a ripple into the next well.
    """
    low, high = np.array(land(name).view).T
    reach = 2 * (high - low) / (count - 1)
    ends = []
    for corner in grid_minima(name, params, count):
        # Off the grid, where a search could begin exactly on a saddle.
        start = np.clip(corner + reach * [0.031, 0.017], low, high)
        for _ in range(1000):
            bounds = np.maximum(start - reach, low), np.minimum(start + reach, high)
            found = scipy.optimize.minimize(
                lambda p: float(oracle(name, p, params)),
                start,
                jac=None if name == "cross_in_tray" else lambda p: slope(name, p, params),
                method="L-BFGS-B",
                bounds=np.transpose(bounds),
                options={"ftol": 1e-16, "gtol": 1e-10},
            )
            moved = np.abs(found.x - start) > 0.999 * reach
            start = found.x
            if not moved.any():
                break
        ends.append(start)
    points = np.array(ends)
    return points, oracle(name, points, params)


def scipy_stationary(name: str, params: dict[str, float], count: int) -> np.ndarray:
    """Every zero of the independent gradient that SciPy finds in the window, from a grid."""
    ends = []
    for start in grid(name, count).reshape(-1, 2):
        found = scipy.optimize.root(lambda p: slope(name, p, params), start, tol=1e-13)
        scale = 1 + np.abs(oracle(name, start, params))
        if np.abs(slope(name, found.x, params)).max() < 1e-9 * scale:
            ends.append(found.x)
    points = np.array(ends)
    return distinct(points[inside(name, points)])


def matched(found: np.ndarray, declared: np.ndarray, radius: float = 1e-6) -> None:
    """Every found point is declared and every declared point is found."""
    assert len(found)
    away = cKDTree(declared).query(found)[0]
    assert away.max() < radius, f"not declared: {found[away.argmax()]}"
    away = cKDTree(found).query(declared)[0]
    assert away.max() < radius, f"not found: {declared[away.argmax()]}"


def declared(land: Landscape, *kinds: str) -> np.ndarray:
    points = [c.point for c in land.declared if not kinds or c.kind in kinds]
    return np.array(points, dtype=float).reshape(-1, 2)
