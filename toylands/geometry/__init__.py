"""Measuring a landscape: critical points, and how large a step an optimizer may take.

    from toylands.geometry import find_critical_points, stability_limit
"""

from __future__ import annotations

from toylands.geometry.critical import find_critical_points
from toylands.geometry.stability import convergence_rate, spectral_radius, stability_limit

__all__ = ["convergence_rate", "find_critical_points", "spectral_radius", "stability_limit"]
