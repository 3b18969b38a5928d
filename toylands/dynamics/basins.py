"""Maps of where a walk ends, for every start in a window."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from toylands.dynamics.descend import check_landscape, check_optimizer
from toylands.dynamics.run import execute
from toylands.formula import CriticalPoint, Landscape
from toylands.optimizers import Optimizer
from toylands.optimizers.optimizer import check_count

#: labels of starts that did not end near a known minimum
DIVERGED, RUNNING, OTHER = -1, -2, -3


class Basins:
    """Where walks from a grid of starts end.

    Attributes:
        labels: shape (rows, columns), row by y and column by x: the number of the minimum in `minima`,
            or -1 diverged, -2 still running (gradient above tol), -3 stationary elsewhere.
        minima: the minima that were reached or declared, as `CriticalPoint`s.
        x, y: coordinates of the grid.
        ends: last points, shape (rows, columns, 2).
        diverged_at: step at which each walk left, -1 if it stayed.
        landscape, optimizer, steps: what ran.
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
        norms = np.linalg.norm(land.field(points), axis=-1)
        still = ~(norms <= self.tol)
        scale = np.array([high - low for low, high in land.view])
        minima = land.minima
        # A walk is assigned to the minimum it is near: within a hundredth of the view, or, for a walk
        # that has not converged yet, where Newton's estimate of the nearest stationary point is.
        near = np.full(len(points), OTHER)
        for number, minimum in enumerate(minima):
            close = (np.abs(points - minimum.point) <= 0.01 * scale).all(axis=1)
            near[close & (near == OTHER)] = number
        for candidate in np.flatnonzero((near == OTHER) & ~still):
            if near[candidate] != OTHER:
                continue
            kind = land.classify(points[candidate])
            if kind not in ("minimum", "valley", "kink"):
                continue
            minima = [*minima, land.critical_point(points[candidate])]
            close = (np.abs(points - points[candidate]) <= 0.01 * scale).all(axis=1)
            near[close & (near == OTHER)] = len(minima) - 1
            if len(minima) >= 64:
                break
        near[(near == OTHER) & still] = RUNNING
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
        **options: `seed`, `batch`, `replacement`, `moving`, `escape` as for `descend`.
    """
    check_landscape("basins", land)
    check_optimizer("basins", opt)
    steps = check_count("basins", "steps", steps, least=0)
    if land.dim > 2:
        raise ValueError(f"basins draws landscapes of 1 or 2 coordinates; {land.name} has {land.dim}.")
    columns, rows = (grid, grid) if np.ndim(grid) == 0 else grid  # type: ignore[misc]
    columns = check_count("basins", "grid", columns, least=2)
    rows = check_count("basins", "grid", rows, least=2) if land.dim == 2 else 1
    window = np.asarray(land.view if view is None else view, dtype=float)
    if window.shape != (land.dim, 2) or not (window[:, 0] < window[:, 1]).all():
        raise ValueError(f"basins: view={view!r} must give (low, high) for {land.dim} coordinates.")
    x = np.linspace(*window[0], columns)
    y = np.linspace(*window[1], rows) if land.dim == 2 else np.zeros(1)
    if land.dim == 2:
        starts = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    else:
        starts = x[:, None]
    raw = execute(land, opt, starts, steps, record=False, progress="basins", **options)
    return Basins(
        land,
        opt,
        steps,
        x,
        y,
        raw.end.reshape(rows, columns, land.dim),
        raw.died.reshape(rows, columns),
        float(tol),
    )
