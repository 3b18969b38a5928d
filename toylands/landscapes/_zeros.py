"""Stationary points of a formula along one axis, where no closed form exists."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def turning_points(
    slope: Callable[[np.ndarray], np.ndarray], low: float, high: float
) -> list[tuple[float, bool]]:
    """Find where a slope changes sign between `low` and `high`, in ascending order.

    Args:
        slope: the derivative, for an array of positions.
        low: one end; the slope should not vanish there.
        high: the other end.

    Returns:
        (position, whether it is a minimum), found on 4,000 cells and bisected to rounding error.
        Two points in the same cell, such as a pair about to merge, are missed.
    """
    grid = np.linspace(low, high, 4001)
    signs = np.sign(slope(grid))
    found = []
    for i in np.flatnonzero(signs[1:] * signs[:-1] < 0):
        left, right = grid[i : i + 2]
        for _ in range(60):
            middle = (left + right) / 2
            same = np.sign(slope(np.array([middle])))[0] == signs[i]
            left, right = (middle, right) if same else (left, middle)
        found.append((float(left), bool(signs[i] < 0)))
    return found
