"""The curve of solutions through a point: a valley floor, followed in both directions.

curve = tl.geometry.solution_curve(tl.landscapes.one_equation, run.end)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands._words import show
from toylands.dynamics.checks import check_landscape
from toylands.formula import Landscape

#: a direction is flat when its curvature is below this part of the largest one
_FLAT = 1e-6
#: a gradient this small, for the curvature and the size of the window, is zero
_ZERO = 1e-9


def solution_curve(
    land: Landscape, point: Any, *, view: Any = None, count: int = 400
) -> np.ndarray:
    """Follow the stationary points with one flat direction through a point, to the edges of the window.

    Along the flat direction a short step is taken, then Newton's method across it leads back onto the
    curve (a predictor and a corrector). A closed curve ends where it began.

    Args:
        land: a landscape.
        point: near the curve, shape (d,); Newton's method across the flat direction leads onto it.
        view: (low, high) of each coordinate; by default the landscape's.
        count: how many steps a way as long as the window's diagonal takes.

    Returns:
        Points in order, shape (n, d), each on the curve to rounding error.

    Raises:
        ValueError: when no curve of stationary points passes near the point.
    """
    check_landscape("solution_curve", land)
    box = np.array(land.view if view is None else view, dtype=np.float64)
    size = float(np.linalg.norm(box[:, 1] - box[:, 0]))
    begin = _onto(land, land.points(point), size)
    if begin is None:
        raise ValueError(
            f"solution_curve: no curve of solutions of {land.name} passes near {show(np.asarray(point))}: "
            "it needs a vanishing gradient and one flat direction."
        )
    step = size / count
    halves = []
    for sign in (1.0, -1.0):
        half, closed = _follow(land, begin, sign, box, step, 8 * count)
        halves.append(half)
        if closed:
            return np.array([begin, *half, begin])
    return np.array([*halves[1][::-1], begin, *halves[0]])


def _follow(
    land: Landscape, begin: np.ndarray, sign: float, box: np.ndarray, step: float, most: int
) -> tuple[list[np.ndarray], bool]:
    """The points on one side of the beginning, and whether they lead back to it."""
    way = sign * _flat(land, begin)[1]
    here, points = begin, []
    for _ in range(most):
        there = _onto(land, here + step * way, step)
        if there is None or np.linalg.norm(there - here) > 2 * step:
            break
        points.append(there)
        if ((there < box[:, 0]) | (there > box[:, 1])).any():
            break
        direction = _flat(land, there)[1]
        way = direction if direction @ way >= 0 else -direction
        here = there
        if len(points) > 2 and np.linalg.norm(here - begin) < 0.75 * step:
            return points[:-1], True
    return points, False


def _flat(land: Landscape, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Eigenvalues, the flattest direction, all directions, and the number of the flattest one."""
    values, vectors = np.linalg.eigh(np.asarray(land.hessian(at)))
    flattest = int(np.argmin(np.abs(values)))
    return values, vectors[:, flattest], vectors, flattest


def _onto(land: Landscape, at: np.ndarray, reach: float) -> np.ndarray | None:
    """The point of the curve across the flat direction; None where there is none within reach."""
    here = at.copy()
    for _ in range(20):
        values, _, vectors, flattest = _flat(land, here)
        across = np.arange(len(values)) != flattest
        largest = float(np.abs(values).max())
        if not np.isfinite(largest) or largest == 0 or (values[across] == 0).any():
            return None
        gradient = np.asarray(land.grad(here))
        if np.linalg.norm(gradient) <= _ZERO * largest * reach:
            return here if abs(values[flattest]) <= _FLAT * largest else None
        side = vectors[:, across]
        here = here - side @ (side.T @ gradient / values[across])
        if np.linalg.norm(here - at) > reach:
            return None
    return None
