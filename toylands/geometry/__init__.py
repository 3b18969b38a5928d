"""Measuring a landscape: critical points, and how large a step an optimizer may take.

from toylands.geometry import find_critical_points, stability_limit
"""

from __future__ import annotations

from toylands.geometry.critical import find_critical_points
from toylands.geometry.kicks import Kicks, kicks
from toylands.geometry.slices import slice_line, slice_plane
from toylands.geometry.stability import convergence_rate, spectral_radius, stability_limit

__all__ = [
    "Kicks",
    "convergence_rate",
    "find_critical_points",
    "kicks",
    "slice_line",
    "slice_plane",
    "spectral_radius",
    "stability_limit",
]
