"""Maps of where a walk ends, for every start in a window."""

from __future__ import annotations

import functools
from itertools import product
from typing import Any

import numpy as np

from toylands._words import show
from toylands.dynamics.descend import check_landscape, check_optimizer
from toylands.dynamics.run import (
    broadcast_walkers,
    check_positive,
    execute,
    moving_columns,
)
from toylands.dynamics.trajectory import stationary
from toylands.formula import CriticalPoint, Landscape
from toylands.optimizers import Optimizer
from toylands.optimizers.optimizer import check_count

#: labels of starts that did not end near a known minimum
DIVERGED, RUNNING, OTHER = -1, -2, -3
#: a walk belongs to a minimum within this share of the view
NEAR = 0.01
#: minima that were not declared: the map names this many, those with the most walks
MOST = 64


class Basins:
    """Where walks from a grid of starts end.

    Attributes:
        labels: shape (rows, columns), row by y and column by x: the number of the minimum in `minima`,
            or -1 diverged, -2 still running (gradient above tol), -3 stationary elsewhere.
        minima: the declared minima and those that were reached, as `CriticalPoint`s; for a connected
            valley of minima that was not declared, one point of it.
        x, y: coordinates of the grid.
        ends: last points, shape (rows, columns, 2).
        diverged_at: step at which each walk left, -1 if it stayed.
        landscape, optimizer, steps: what ran; of a moving landscape, as it was at the end.
    """

    def __init__(
        self,
        landscape: Landscape,
        optimizer: Optimizer,
        steps: int,
        x: np.ndarray,
        y: np.ndarray,
        ends: np.ndarray,
        diverged_at: np.ndarray,
        tol: float,
    ) -> None:
        self.landscape = landscape
        self.optimizer = optimizer
        self.steps = steps
        self.x, self.y = x, y
        self.ends = ends
        self.diverged_at = diverged_at
        self.tol = tol

    @functools.cached_property
    def _labelled(self) -> tuple[np.ndarray, list[CriticalPoint]]:
        land = self.landscape
        ends = self.ends.reshape(-1, land.dim)
        labels = np.full(len(ends), OTHER)
        labels[self.diverged_at.reshape(-1) >= 0] = DIVERGED
        here = np.flatnonzero(labels == OTHER)
        points = ends[here]
        with np.errstate(over="ignore"):
            norms = np.linalg.norm(land.field(points), axis=-1)
        size = NEAR * np.array([high - low for low, high in land.view])
        minima = land.minima
        near = np.full(len(points), OTHER)
        for number, minimum in enumerate(minima):
            near[_close(points, minimum.point, size) & (near == OTHER)] = number
        still = norms <= self.tol
        near[(near == OTHER) & ~still] = RUNNING
        # A valley goes on beyond its declared point, so what ended near that is grouped as well.
        open_ended = [n for n, minimum in enumerate(minima) if minimum.kind == "valley"]
        arrived = np.flatnonzero(still & np.isin(near, [OTHER, *open_ended]))
        kinds, targets = stationary(land, points[arrived])
        cells = np.floor(np.clip(targets / size, -1e15, 1e15)).astype(np.int64)
        most = len(minima) + MOST
        for members in _groups(kinds, cells):
            walks = arrived[members]
            for number, minimum in enumerate(minima):
                if _close(targets[members], minimum.point, size).any():
                    near[walks] = number
                    break
            else:
                if len(minima) < most:
                    near[walks] = len(minima)
                    best = land.refine(points[walks[np.argmin(norms[walks])]])
                    minima = [*minima, land.critical_point(best)]
        labels[here] = near
        return labels.reshape(self.diverged_at.shape), minima

    @property
    def labels(self) -> np.ndarray:
        """The number of the minimum each start ends in; negative where it ends in none."""
        return self._labelled[0]

    @property
    def minima(self) -> list[CriticalPoint]:
        """The minima the labels refer to."""
        return self._labelled[1]

    @property
    def fractions(self) -> dict[str, float]:
        """The share of starts by outcome."""
        names = {DIVERGED: "diverged", RUNNING: "running", OTHER: "elsewhere"}
        numbers, counts = np.unique(self.labels, return_counts=True)
        shares = {int(n): c / self.labels.size for n, c in zip(numbers, counts, strict=True)}
        named = {repr(m): shares.get(n, 0.0) for n, m in enumerate(self.minima)}
        return named | {names[n]: share for n, share in shares.items() if n < 0}

    def plot(self, **options: Any) -> Any:
        """Draw the map (see `toylands.plots.basin_map`)."""
        from toylands import plots

        return plots.basin_map(self, **options)

    def __repr__(self) -> str:
        shares = ", ".join(f"{name}: {share:.1%}" for name, share in self.fractions.items())
        return f"<basins of {self.optimizer.label} on {self.landscape!r}: {shares}>"


def basins(
    land: Landscape,
    opt: Optimizer,
    grid: int | tuple[int, int] = 256,
    view: Any = None,
    steps: int = 200,
    *,
    tol: float = 1e-3,
    moving: Any = None,
    **options: Any,
) -> Basins:
    """Walk from every point of a grid over the view, and say where each walk ends.

    Args:
        land: a landscape of one or two coordinates.
        opt: the optimizer (one set of numbers).
        grid: points per side, or (columns, rows).
        view: ((low, high), (low, high)) of the starts; by default the landscape's.
        steps: steps of each walk.
        tol: the gradient norm below which a walk that ended away from every declared minimum counts
            as stationary.
        moving: as for `descend`; the ends are then judged on the landscape of the last step.
        **options: `seed`, `batch`, `replacement`, `escape` as for `descend`.
    """
    check_landscape("basins", land)
    check_optimizer("basins", opt)
    steps = check_count("basins", "steps", steps, least=0)
    if land.dim > 2:
        raise ValueError(
            f"basins draws landscapes of 1 or 2 coordinates; {land.name} has {land.dim}."
        )
    if np.ndim(grid) and np.shape(grid) != (2,):
        raise ValueError(f"basins: grid={show(grid)} must be one number or (columns, rows).")
    columns, rows = grid if np.ndim(grid) else (grid, grid)  # type: ignore[misc]
    columns = check_count("basins", "grid", columns, least=2)
    rows = check_count("basins", "grid", rows, least=2) if land.dim == 2 else 1
    if broadcast_walkers(land, opt, np.zeros(land.dim)):
        raise ValueError(
            "basins walks with one set of numbers, but the landscape or the optimizer has an array in "
            "it; use sweep."
        )
    tol = check_positive("basins", "tol", tol, zero=True)
    moving = moving_columns(land, moving, steps)
    window = _window(land, view)
    x = np.linspace(window[0, 0], window[0, 1], columns)
    y = np.linspace(window[1, 0], window[1, 1], rows) if land.dim == 2 else np.zeros(1)
    if land.dim == 2:
        starts = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    else:
        starts = x[:, None]
    raw = execute(
        land, opt, starts, steps, record=False, moving=moving, progress="basins", **options
    )
    return Basins(
        land(**{name: column[-1] for name, column in moving.items()}),
        opt,
        steps,
        x,
        y,
        raw.end.reshape(rows, columns, land.dim),
        raw.died.reshape(rows, columns),
        tol,
    )


def _window(land: Landscape, view: Any) -> np.ndarray:
    try:
        window = np.asarray(land.view if view is None else view, dtype=float)
    except (TypeError, ValueError):
        window = np.empty(0)
    if (
        window.shape != (land.dim, 2)
        or not np.isfinite(window).all()
        or not (window[:, 0] < window[:, 1]).all()
    ):
        raise ValueError(
            f"basins: view={show(view)} must give (low, high) for {land.dim} coordinates."
        )
    return window


def _close(points: np.ndarray, point: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Which of the points (N, d) lie in the box of half-widths `size` around `point`, shape (N,)."""
    # One coordinate after the other: reducing over a last axis of two is slow.
    close = np.abs(points[:, 0] - point[0]) <= size[0]
    for j in range(1, len(point)):
        close &= np.abs(points[:, j] - point[j]) <= size[j]
    return close


def _groups(kinds: np.ndarray, cells: np.ndarray) -> list[np.ndarray]:
    """Walks that came to the same minimum or connected valley, the largest group first.

    Args:
        kinds: of the stationary points, shape (N,).
        cells: in which cell of the map they lie, whole numbers, shape (N, d).
    """
    groups = []
    for kind in ("minimum", "valley", "kink"):
        here = np.flatnonzero(kinds == kind)
        unique, inverse = np.unique(cells[here], axis=0, return_inverse=True)
        number = _touching(unique) if kind == "valley" else np.arange(len(unique))
        of = number[inverse.reshape(-1)]
        groups += [here[of == n] for n in range(len(set(number.tolist())))]
    return sorted(groups, key=len, reverse=True)


def _touching(cells: np.ndarray) -> np.ndarray:
    """Number the groups of touching cells (also by a corner), shape (N,)."""
    at = {tuple(cell): n for n, cell in enumerate(cells.tolist())}
    number = np.full(len(cells), -1)
    for first in range(len(cells)):
        if number[first] < 0:
            number[first] = number.max() + 1
            stack = [first]
            while stack:
                cell = cells[n := stack.pop()]
                for shift in product((-1, 0, 1), repeat=cells.shape[1]):
                    other = at.get(tuple((cell + shift).tolist()))
                    if other is not None and number[other] < 0:
                        number[other] = number[n]
                        stack.append(other)
    return number
