"""Counting critical points by kind and by index, the number of directions that lead down.

counted = census(tl.landscapes.himmelblau)
counted.by_kind                 # {'minimum': 4, 'saddle': 4, 'maximum': 1}
counted.by_index                # {0: 4, 1: 4, 2: 1}
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from toylands._door import door
from toylands.dynamics.checks import check_landscape
from toylands.formula import CriticalPoint, Landscape
from toylands.geometry.critical import find_critical_points


@dataclass(frozen=True)
class Census:
    """The critical points of a window, counted.

    Attributes:
        landscape: where they were counted.
        points: as `find_critical_points` gives them: minima first, then by loss.
    """

    landscape: Landscape
    points: tuple[CriticalPoint, ...]

    @property
    def by_kind(self) -> dict[str, int]:
        """How many points of each kind, the most frequent first."""
        return dict(Counter(point.kind for point in self.points).most_common())

    @property
    def by_index(self) -> dict[int, int]:
        """How many points of each index, ascending.

        Points whose Hessian is singular (valleys, ridges, plateaus) or missing (kinks) are left out:
        their index does not say what they are.
        """
        return dict(sorted(Counter(point.index for point in self.decided).items()))

    @property
    def decided(self) -> tuple[CriticalPoint, ...]:
        """The points whose Hessian decides what they are: minima, saddles without flat directions, maxima."""
        return tuple(point for point in self.points if _decides(point))

    @property
    def alternating_sum(self) -> int:
        """The sum of (-1)^index over the decided points.

        On one period of a periodic landscape (a torus) it is 0 when all points are decided; in the
        plane, with the gradient pointing outwards all around the window, it is 1. Another number then
        proves that points are missing. [Poincare-Hopf; Milnor 1963]
        """
        return sum((-1) ** index * count for index, count in self.by_index.items())

    @property
    def minimum_share(self) -> float:
        """The share of minima among the decided points; NaN when there are none."""
        return self.by_index.get(0, 0) / len(self.decided) if self.decided else float("nan")

    def __repr__(self) -> str:
        kinds = ", ".join(f"{count} x {kind}" for kind, count in self.by_kind.items())
        return f"<critical points of {self.landscape!r}: {kinds or 'none'}>"


@door
def census(land: Landscape, view: Any = None, *, grid: int = 32) -> Census:
    """Find and count the critical points in a window.

    A search, so a count from below (see `find_critical_points`); `Census.alternating_sum` can show
    that something was missed.

    Args:
        land, view, grid: as for `find_critical_points`.
    """
    check_landscape("census", land)
    return Census(land, tuple(find_critical_points(land, view, grid=grid)))


def _decides(point: CriticalPoint) -> bool:
    return point.flat == 0
