"""Finding critical points of all kinds in a window: Newton's method from a grid of starts.

find_critical_points(tl.landscapes.himmelblau)     # 4 minima, 4 saddles, 1 maximum
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands._door import door
from toylands.dynamics.checks import window_of
from toylands.dynamics.run import execute
from toylands.formula import CriticalPoint, Landscape
from toylands.formula.norms import norm
from toylands.optimizers import newton
from toylands.optimizers.optimizer import check_count


@door
def find_critical_points(
    land: Landscape, view: Any = None, *, grid: int = 32, steps: int = 60
) -> list[CriticalPoint]:
    """Search a window for stationary points, refine them to rounding error and classify them exactly.

    The declared points are always included. The search starts Newton's method (with the exact
    Hessian) at every point of a grid; a point whose basin of Newton's method is smaller than the
    grid's spacing can be missed, so this is a search, not a proof of completeness. Points on curves
    of stationary points (valleys, ridges, plateaus, a game's flat equilibria) are listed only where
    they are declared.

    Args:
        land: a landscape; with d coordinates, grid**d starts are used, at most 65,536.
        view: ((low, high), ...) per coordinate; by default the landscape's.
        grid: starts per side.
        steps: Newton steps from each start.

    Returns:
        Critical points inside the window, minima first, then by loss; those of a game are equilibria.
    """
    window = window_of("find_critical_points", land, view)
    grid = check_count("find_critical_points", "grid", grid, least=2)
    if land.dim > 16:
        raise ValueError(
            f"find_critical_points starts from a grid, in at most 16 coordinates; {land.name} has "
            f"{land.dim}."
        )
    while grid**land.dim > 65_536:
        grid -= 1
    # Half a cell off the grid lines: symmetric landscapes have saddles and singular Hessians on them.
    sides = [low + (high - low) * (np.arange(grid) + 0.5) / grid for low, high in window]
    starts = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, land.dim)
    steps = check_count("find_critical_points", "steps", steps, least=0)
    raw = execute(land, newton(), starts, steps, record=False)
    size = window[:, 1] - window[:, 0]
    inside = (raw.died < 0) & ((raw.end >= window[:, 0]) & (raw.end <= window[:, 1])).all(axis=1)
    candidates = raw.end[inside]
    norms = norm(land.grad(candidates))
    slopes = norm(land.grad(starts))
    slopes = slopes[np.isfinite(slopes)]  # a part of the window may lie outside the loss's domain
    typical = float(np.median(slopes)) if len(slopes) else 0.0
    candidates = candidates[norms <= 1e-9 * max(typical, 1e-12)]
    found = list(land.critical_points)
    cells = _one_per_cell(candidates, 1e-6 * size)
    # Filled as they are found: made anew for each, it would cost a crowd of n points n^2 conversions.
    known = np.empty((len(found) + len(cells), land.dim))
    known[: len(found)] = [one.point for one in found] or np.empty((0, land.dim))
    # What is declared has been described already.
    declared = known[: len(found)]
    cells = cells[np.array([not _near(declared, cell, size) for cell in cells], dtype=bool)]
    for cell, point in zip(cells, land._described(land._refined(cells)), strict=True):
        if not _in_a_crowd(point) and not _near(known[: len(found)], cell, size):
            known[len(found)] = point.point
            found.append(point)
    order = {"minimum": 0, "valley": 0, "saddle": 1, "maximum": 2}
    kept = [p for p in found if ((p.point >= window[:, 0]) & (p.point <= window[:, 1])).all()]
    return sorted(kept, key=lambda p: (order.get(p.kind, 3), p.loss, *p.point))


def _near(known: np.ndarray, cell: np.ndarray, size: np.ndarray) -> bool:
    """Whether one of the known points, shape (n, d), is a cell's, for a window of this size."""
    return bool((np.abs(known - cell) <= 1e-6 * size).all(axis=1).any())


def _in_a_crowd(point: CriticalPoint) -> bool:
    """Whether the point lies on a curve or surface of stationary points, as far as the Hessian says."""
    if point.kind == "equilibrium":
        return point.flat > 0
    return point.kind in ("valley", "ridge", "plateau")


def _one_per_cell(points: np.ndarray, size: np.ndarray) -> np.ndarray:
    """One representative of each cluster of nearly equal points."""
    if not len(points):
        return points
    _, first = np.unique(np.round(points / (4 * size)), axis=0, return_index=True)
    return points[first]
