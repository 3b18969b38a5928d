"""Measuring a landscape: critical points, curvature in every sense, and how large a step may be.

    from toylands.geometry import find_critical_points, sharpness, stability_limit

Every tool works on any landscape, networks included, by its exact loss, gradient and Hessian.
"""

from __future__ import annotations

from toylands.geometry.census import Census, census
from toylands.geometry.conserved import Conserved, conserved, noether
from toylands.geometry.convexity import Convexity, convexity
from toylands.geometry.critical import find_critical_points
from toylands.geometry.directions import RandomCurvatures, curvature_moments, random_curvatures
from toylands.geometry.kicks import Kicks, kicks
from toylands.geometry.lanczos import hvp, lanczos_density, top_eigenpairs
from toylands.geometry.noise import NoiseResponse, noise_response, third_along
from toylands.geometry.quotient import (
    Reduced,
    effective_hessian,
    symmetry_defect,
    symmetry_directions,
)
from toylands.geometry.random_hessians import RandomHessians, random_hessians
from toylands.geometry.sharpness import Sharpness, sharpness
from toylands.geometry.slices import slice_line, slice_plane
from toylands.geometry.spectrum import SpectralDensity, spectral_density
from toylands.geometry.stability import convergence_rate, spectral_radius, stability_limit
from toylands.geometry.volumes import BasinVolume, basin_volumes
from toylands.geometry.worst import WorstCase, ball_maximum, worst_case

__all__ = [
    "BasinVolume",
    "Census",
    "Conserved",
    "Convexity",
    "Kicks",
    "NoiseResponse",
    "RandomCurvatures",
    "RandomHessians",
    "Reduced",
    "Sharpness",
    "SpectralDensity",
    "WorstCase",
    "ball_maximum",
    "basin_volumes",
    "census",
    "conserved",
    "convergence_rate",
    "convexity",
    "curvature_moments",
    "effective_hessian",
    "find_critical_points",
    "hvp",
    "kicks",
    "lanczos_density",
    "noether",
    "noise_response",
    "random_curvatures",
    "random_hessians",
    "sharpness",
    "slice_line",
    "slice_plane",
    "spectral_density",
    "spectral_radius",
    "stability_limit",
    "symmetry_defect",
    "symmetry_directions",
    "third_along",
    "top_eigenpairs",
    "worst_case",
]
