"""Straight lines between two points: the barrier on the way, and whether the loss falls monotonically.

    line = interpolate(tl.landscapes.uv_product, (4, 0.25), (0.25, 4))
    line.barrier            # 6.18: although both ends lie on one connected curve of zero loss

A barrier on the straight line does not prove that the ends are separated (a curved path may go round
it, see `low_loss_paths`), and no barrier does not prove convexity. On a convex function the graph
lies below the chord, never above it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._brief import Brief
from toylands._door import door
from toylands.formula import Landscape
from toylands.geometry._checks import one_point
from toylands.optimizers.optimizer import check_count


@dataclass(frozen=True, repr=False)
class Interpolation(Brief, tells=("barrier",)):
    """The loss along a straight line from `first` (t = 0) to `second` (t = 1).

    Attributes:
        landscape, first, second: what was joined, where.
        t: places, evenly spaced, shape (count,).
        loss: the loss there, shape (count,).
    """

    landscape: Landscape
    first: np.ndarray
    second: np.ndarray
    t: np.ndarray
    loss: np.ndarray

    def points(self, t: Any) -> np.ndarray:
        """The points (1 - t) first + t second, for t of shape (...), shape (..., d)."""
        t = np.asarray(t, dtype=float)[..., None]
        return np.asarray((1 - t) * self.first + t * self.second)

    @property
    def chord(self) -> np.ndarray:
        """The straight line between the end losses, shape (count,)."""
        with np.errstate(invalid="ignore"):
            return np.asarray((1 - self.t) * self.loss[0] + self.t * self.loss[-1])

    @functools.cached_property
    def barrier(self) -> float:
        """The largest height of the loss above the chord between the end losses, 0 or more.

        max over t of L((1-t) a + t b) - [(1-t) L(a) + t L(b)]: zero for every convex function, NaN
        where a sampled loss is not finite.
        [Entezari et al. 2022]
        """
        ends = self.loss[[0, -1]]
        return float(np.maximum(0.0, self._highest(lambda t: (1 - t) * ends[0] + t * ends[1])[1]))

    @functools.cached_property
    def barrier_above_mean(self) -> float:
        """The largest loss minus the mean of the end losses.

        The same as `barrier` when both ends are equally high; otherwise it can be positive without
        any hill, where one end is simply worse. [Frankle et al. 2020]
        """
        return self._highest(lambda t: 0.0)[1] - float(self.loss[[0, -1]].mean())

    @functools.cached_property
    def barrier_above_ends(self) -> float:
        """How far the line climbs above its higher end: zero where nothing must be climbed."""
        return float(np.maximum(0.0, self._highest(lambda t: 0.0)[1] - self.loss[[0, -1]].max()))

    @functools.cached_property
    def highest(self) -> float:
        """The place t of the largest loss."""
        return self._highest(lambda t: 0.0)[0]

    @property
    def largest_rise(self) -> float:
        """The largest rise of the sampled loss from an earlier to a later place, 0 or more."""
        return float((self.loss - np.minimum.accumulate(self.loss)).max())

    @property
    def monotone(self) -> bool:
        """Whether the sampled loss never rises from first to second, but for rounding.

        The monotone linear interpolation property, when first is an initialisation and second the
        trained weights; it holds often and is no law. [Goodfellow, Vinyals and Saxe 2015; Lucas et al.
        2021]
        """
        return self.largest_rise <= 1e-12 * float(np.abs(self.loss).max())

    def _highest(self, below: Callable[[Any], Any]) -> tuple[float, float]:
        """Place and height of the largest L(t) - below(t): the best sample, refined."""
        from scipy.optimize import minimize_scalar

        if not np.isfinite(self.loss).all():
            return float("nan"), float("nan")
        height = self.loss - np.array([below(t) for t in self.t])
        best = int(np.argmax(height))
        place, value = float(self.t[best]), float(height[best])
        if 0 < best < len(self.t) - 1:
            found = minimize_scalar(
                lambda t: below(t) - float(self.landscape.loss(self.points(t))),
                bounds=(self.t[best - 1], self.t[best + 1]),
                method="bounded",
                options={"xatol": 1e-10},
            )
            if -found.fun > value:
                return float(found.x), float(-found.fun)
        return place, value


@door
def interpolate(land: Landscape, first: Any, second: Any, *, count: int = 101) -> Interpolation:
    """Sample the loss on the straight line between two points.

    Args:
        land: any landscape.
        first, second: points of shape (d,).
        count: samples, both ends included. The highest place is refined between its neighbours, so
            a hill narrower than the spacing can be missed.

    Raises:
        ValueError: for points of another shape than the landscape's, or fewer than 3 samples.
    """
    a = one_point("interpolate", land, first, "first")
    b = one_point("interpolate", land, second, "second")
    t = np.linspace(0.0, 1.0, check_count("interpolate", "count", count, least=3))
    points = (1 - t[:, None]) * a + t[:, None] * b
    with np.errstate(all="ignore"):
        return Interpolation(land, a, b, t, np.asarray(land.loss(points)))
