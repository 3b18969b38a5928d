"""Water levels: into how many lakes a landscape falls, and at which level two of them merge.

    uv = tl.landscapes.uv_product
    merge_level(uv, (1, 1), (-1, -1))        # 0.5: every way from one solution to the other climbs there
    sublevel_components(uv, 0.4), sublevel_components(uv, 0.6)  # 2 lakes below one half, 1 above

The points of loss at most c are a sublevel set; its connected pieces are the lakes at water level c.
Width connects them. [Nguyen 2019; Venturi, Bandeira and Bruna 2019]
"""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from toylands._door import door
from toylands._words import show
from toylands.dynamics.checks import check_landscape, window_of
from toylands.formula import Landscape
from toylands.geometry._checks import one_point
from toylands.optimizers.optimizer import check_count


@door
def sublevel_components(land: Landscape, level: float, view: Any = None, *, grid: int = 301) -> int:
    """How many connected pieces the set of loss at most `level` has in a window, by flood fill.

    Pieces smaller than a grid cell can be missed, and pieces that meet only outside the window count
    as two.

    Args:
        land: a landscape of one or two coordinates.
        level: the water level c.
        view: the window, ((low, high) per coordinate); by default the landscape's.
        grid: points per coordinate.
    """
    _, loss = _sampled("sublevel_components", land, view, grid)
    if not isinstance(level, Real) or not np.isfinite(level):
        raise ValueError(f"sublevel_components: level={show(level)} must be a finite loss.")
    return int(_pieces(loss <= level).max())


@door
def merge_level(
    land: Landscape, first: Any, second: Any, view: Any = None, *, grid: int = 301
) -> float:
    """The lowest water level at which two points lie in one lake: the minimax height between them.

    Every path from one point to the other climbs at least that high, and one climbs no higher. Flood
    fill on a grid: paths go from grid point to one of its neighbours, so the result is the exact height up
    to the change of the loss across a cell, and it holds for paths inside the window.

    Args:
        land: a landscape of one or two coordinates.
        first, second: points in the window, each moved to the nearest grid point.
        view: the window, ((low, high) per coordinate); by default the landscape's.
        grid: points per coordinate.

    Raises:
        ValueError: for points outside the window, or when no path inside it joins them at a finite loss.
    """
    axes, loss = _sampled("merge_level", land, view, grid)
    cells = []
    for name, point in (("first", first), ("second", second)):
        at = one_point("merge_level", land, point, name)
        if any(not axis[0] <= c <= axis[-1] for c, axis in zip(at, axes, strict=True)):
            window = tuple((float(axis[0]), float(axis[-1])) for axis in axes)
            raise ValueError(f"merge_level: {name}={show(point)} is outside the window {window}.")
        cells.append(
            tuple(int(np.argmin(np.abs(axis - c))) for c, axis in zip(at, axes, strict=True))
        )
    one, other = cells
    # The level is the loss of some grid point: bisect over those.
    levels = np.unique(loss[np.isfinite(loss) & (loss >= max(loss[one], loss[other]))])
    low, high = 0, len(levels)
    while low < high:
        middle = (low + high) // 2
        piece = _pieces(loss <= levels[middle])
        low, high = (low, middle) if piece[one] == piece[other] else (middle + 1, high)
    if low == len(levels):
        raise ValueError(
            "merge_level: no path inside the window joins the points at a finite loss."
        )
    return float(levels[low])


def _pieces(wet: np.ndarray) -> np.ndarray:
    """Number the connected pieces of a grid from 1 on; neighbours along a diagonal are connected."""
    from scipy.ndimage import label

    return np.asarray(label(wet, structure=np.ones((3,) * wet.ndim))[0])


def _sampled(owner: str, land: Any, view: Any, grid: Any) -> tuple[list[np.ndarray], np.ndarray]:
    """The axes of a grid over the window, and the loss on it."""
    check_landscape(owner, land)
    if land.dim > 2:
        raise ValueError(
            f"{owner}: {land.name} has {land.dim} coordinates, and flood fill needs one or two; take a "
            "plane of it with slice_plane."
        )
    count = check_count(owner, "grid", grid, least=2)
    axes = [np.linspace(low, high, count) for low, high in window_of(owner, land, view)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    return axes, np.asarray(land.loss(points))
