"""Who sits in which well: walkers counted by the minimum they would roll down to.

run = tl.descend(wells, tl.langevin(lr=0.01, temperature=0.2), start=starts, steps=5000, every=5000)
tl.dynamics.populations(wells, run.end).shares
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._door import door
from toylands._words import show
from toylands.dynamics.checks import check_landscape, check_positive
from toylands.dynamics.run import execute
from toylands.formula import CriticalPoint, Landscape
from toylands.optimizers import gd

#: a rolled-down walker belongs to a minimum within this share of the view
NEAR = 0.01
#: the most steps that rolling down may take
PATIENCE = 20_000


@dataclass(frozen=True)
class Populations:
    """Walkers counted by well.

    Attributes:
        minima: the wells' bottoms.
        labels: for each walker the number of its minimum, -1 for none of them, shape (B,).
    """

    minima: list[CriticalPoint]
    labels: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Walkers in each well, shape (minima,)."""
        return np.bincount(self.labels[self.labels >= 0], minlength=len(self.minima))

    @property
    def shares(self) -> np.ndarray:
        """The share of all walkers in each well, shape (minima,)."""
        return np.asarray(self.counts / len(self.labels))

    @property
    def standard_error(self) -> np.ndarray:
        """Of each share, for independent walkers: sqrt(p (1 - p)/B), shape (minima,)."""
        return np.sqrt(self.shares * (1 - self.shares) / len(self.labels))

    def plot(self, **options: Any) -> Any:
        """Draw the share of each well (see `toylands.plots.population_chart`)."""
        from toylands import plots

        return plots.population_chart(self, **options)

    def __repr__(self) -> str:
        parts = [f"{p!r}: {s:.1%}" for p, s in zip(self.minima, self.shares, strict=True)]
        lost = int((self.labels < 0).sum())
        return f"<{len(self.labels):,} walkers, {', '.join(parts)}, elsewhere {lost:,}>"


@door
def populations(land: Landscape, points: Any, *, lr: float | None = None) -> Populations:
    """Count points by the well they lie in: each is rolled down by gradient descent without noise.

    In one dimension the wells are cut exactly at the tops between neighbouring minima instead.

    Args:
        land: a landscape that declares its minima.
        points: where the walkers are, shape (B, d); or a swarm, of which the end counts.
        lr: the rate of the descent, small enough not to jump a ridge; by default half over the largest
            curvature at the points and the minima.

    Raises:
        ValueError: without declared minima, or when points have another shape.
    """
    check_landscape("populations", land)
    at = land.points(getattr(points, "end", points), "points")
    if at.ndim != 2 or not len(at):
        raise ValueError(f"populations: points={show(points)} must have shape (B, {land.dim}).")
    minima = land.minima
    if not minima:
        raise ValueError(f"populations: {land.name} declares no minima.")
    kept = np.isfinite(at).all(axis=1)
    labels = np.full(len(at), -1)
    bottoms = np.array([minimum.point for minimum in minima])
    if land.dim == 1:
        order = np.argsort(bottoms[:, 0])
        tops = well_edges(land, bottoms[order, 0])
        labels[kept] = order[np.searchsorted(tops, at[kept, 0])]
        return Populations(minima, labels)
    ends = _rolled_down(land, at[kept], bottoms, lr)
    size = NEAR * np.array([high - low for low, high in land.view])
    for number, bottom in enumerate(bottoms):
        close = (np.abs(ends - bottom) <= size).all(axis=1)
        labels[np.flatnonzero(kept)[close]] = number
    return Populations(minima, labels)


def well_edges(land: Landscape, bottoms: np.ndarray) -> np.ndarray:
    """Where, on a line, one well ends and the next begins: the tops between neighbouring minima.

    Args:
        land: a landscape of one coordinate.
        bottoms: the positions of its minima, ascending, shape (n,).

    Returns:
        The highest points between them, shape (n - 1,).
    """
    tops = []
    for low, high in itertools.pairwise(bottoms):
        for _ in range(3):  # narrow the search around the highest of 201 points
            grid = np.linspace(low, high, 201)
            best = int(np.argmax(land.loss(grid[:, None])))
            low, high = grid[max(best - 1, 0)], grid[min(best + 1, 200)]
        for _ in range(60):  # near a top the loss is level to all digits, its slope is not
            middle = (low + high) / 2
            low, high = (middle, high) if land.grad([middle])[0] > 0 else (low, middle)
        tops.append((low + high) / 2)
    return np.array(tops)


def _rolled_down(
    land: Landscape, points: np.ndarray, bottoms: np.ndarray, lr: float | None
) -> np.ndarray:
    if lr is None:
        curvature = np.abs(land.spectrum(np.concatenate([points, bottoms])).eigenvalues)
        largest = np.max(curvature, initial=0.0, where=np.isfinite(curvature))
        lr = 0.5 / largest if largest > 0 else 1.0
    rate = check_positive("populations", "lr", lr)
    steps, ends = 0, points
    while steps < PATIENCE and len(ends):
        before = ends
        ends = execute(land, gd(rate), ends, 500, record=False).end
        steps += 500
        if np.allclose(ends, before, rtol=0, atol=1e-9):
            break
    return ends
