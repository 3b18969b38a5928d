"""Principal components of a path: the directions in which it moved most.

    found = trajectory_pca(tl.descend(land, tl.gd(0.015), steps=100))
    found.shares                       # of the variance, one per component
    found.scores[:, 0]                 # the path along the first component

A caution comes with it: in many dimensions the first two components of a pure random walk hold 76% of
its variance, and its scores are cosines. (`toylands.theory.random_walks` has the exact shares.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._brief import Brief
from toylands._door import door
from toylands._words import show
from toylands.formula import Landscape


@dataclass(frozen=True, repr=False)
class TrajectoryPCA(Brief):
    """The principal components of a path of T points in d coordinates; K = min(T, d).

    Attributes:
        mean: the centre of the path, shape (d,).
        components: unit directions as rows, strongest first, shape (K, d); the largest part of each
            is positive.
        shares: each one's share of the variance, descending, sum 1, shape (K,).
        scores: the path's coordinates along the components, shape (T, K).
    """

    mean: np.ndarray
    components: np.ndarray
    shares: np.ndarray
    scores: np.ndarray


@door
def trajectory_pca(path: Any) -> TrajectoryPCA:
    """The principal components of a run, or of points of shape (T, d).

    All recorded points count alike, the start too, and their mean is subtracted. Shares are squared
    singular values of the centred points over their sum.

    Raises:
        ValueError: for fewer than two points, points that are not finite, or a path that does not move.
    """
    points = path_of("trajectory_pca", None, path)
    if len(points) < 2:
        raise ValueError(f"trajectory_pca: a path needs two or more points, got {len(points)}.")
    mean = points.mean(axis=0)
    left, sizes, components = np.linalg.svd(points - mean, full_matrices=False)
    variance = sizes**2
    if not variance.sum() > 0:
        raise ValueError("trajectory_pca: the path does not move, so it has no directions.")
    signs = np.sign(components[np.arange(len(components)), np.abs(components).argmax(axis=1)])
    signs[signs == 0] = 1.0
    return TrajectoryPCA(
        mean, components * signs[:, None], variance / variance.sum(), left * sizes * signs
    )


def path_of(owner: str, land: Landscape | None, path: Any) -> np.ndarray:
    """The points of a run, or given points, as floats of shape (T, d).

    Raises:
        ValueError: for another shape, or points that are not finite.
    """
    points = getattr(path, "path", path)
    if land is not None:
        points = land.points(points, "path")
    else:
        try:
            points = np.asarray(points, dtype=float)
        except (TypeError, ValueError, OverflowError):
            points = np.empty(0)
    if points.ndim != 2 or not np.isfinite(points).all():
        raise ValueError(
            f"{owner}: path={show(path)} must be one run, or finite points of shape (T, d)."
        )
    return points
