"""Measuring a landscape: critical points, curvature in every sense, and how large a step may be.

    from toylands.geometry import find_critical_points, sharpness, stability_limit

Every tool works on any landscape, networks included, by its exact loss, gradient and Hessian.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from toylands._words import missing
from toylands.geometry.alignment import Alignment, Matching, align, match_units
from toylands.geometry.census import Census, census
from toylands.geometry.conflict import Conflict, conflict
from toylands.geometry.conserved import Conserved, conserved, noether
from toylands.geometry.convexity import Convexity, convexity
from toylands.geometry.critical import find_critical_points
from toylands.geometry.directions import RandomCurvatures, curvature_moments, random_curvatures
from toylands.geometry.ensembles import Averages, EnsembleError, compare_averages, ensemble_error
from toylands.geometry.feature_movement import (
    FeatureMovement,
    feature_movement,
    kernel_alignment,
)
from toylands.geometry.interpolation import Interpolation, interpolate
from toylands.geometry.kicks import Kicks, kicks
from toylands.geometry.lanczos import hvp, lanczos_density, top_eigenpairs
from toylands.geometry.low_loss_paths import LowLossPath, bezier_path, chain_path, elastic_band
from toylands.geometry.neighbours import loss_among_neighbours
from toylands.geometry.noise import NoiseResponse, noise_response, third_along
from toylands.geometry.probes import SmoothedGradient, central_difference, smoothed_gradient
from toylands.geometry.random_hessians import RandomHessians, random_hessians
from toylands.geometry.sampled_slices import (
    Projection,
    SampledLine,
    SampledPlane,
    plane_through,
    sample_line,
    sample_plane,
    trajectory_plane,
)
from toylands.geometry.sharpness import Sharpness, sharpness
from toylands.geometry.slice_axes import (
    filter_normalized,
    gradient_direction,
    hessian_direction,
    random_direction,
    relative_direction,
    whole_normalized,
)
from toylands.geometry.slices import slice_line, slice_plane
from toylands.geometry.solution_curve import solution_curve
from toylands.geometry.spectrum import SpectralDensity, spectral_density
from toylands.geometry.stability import convergence_rate, spectral_radius, stability_limit
from toylands.geometry.sublevel_components import merge_level, sublevel_components
from toylands.geometry.symmetry_reduction import (
    Reduced,
    effective_hessian,
    symmetry_defect,
    symmetry_directions,
)
from toylands.geometry.tickets import Ticket, find_ticket, magnitude_mask, masked
from toylands.geometry.trajectory_pca import TrajectoryPCA, trajectory_pca
from toylands.geometry.volumes import BasinVolume, basin_volumes
from toylands.geometry.worst import WorstCase, ball_maximum, sphere_average, worst_case

__all__ = [
    "Alignment",
    "Averages",
    "BasinVolume",
    "Census",
    "Conflict",
    "Conserved",
    "Convexity",
    "EnsembleError",
    "FeatureMovement",
    "Interpolation",
    "Kicks",
    "LowLossPath",
    "Matching",
    "NoiseResponse",
    "Projection",
    "RandomCurvatures",
    "RandomHessians",
    "Reduced",
    "SampledLine",
    "SampledPlane",
    "Sharpness",
    "SmoothedGradient",
    "SpectralDensity",
    "Ticket",
    "TrajectoryPCA",
    "WorstCase",
    "align",
    "ball_maximum",
    "basin_volumes",
    "bezier_path",
    "census",
    "central_difference",
    "chain_path",
    "compare_averages",
    "conflict",
    "conserved",
    "convergence_rate",
    "convexity",
    "curvature_moments",
    "effective_hessian",
    "elastic_band",
    "ensemble_error",
    "feature_movement",
    "filter_normalized",
    "find_critical_points",
    "find_ticket",
    "gradient_direction",
    "hessian_direction",
    "hvp",
    "interpolate",
    "kernel_alignment",
    "kicks",
    "lanczos_density",
    "loss_among_neighbours",
    "magnitude_mask",
    "masked",
    "match_units",
    "merge_level",
    "noether",
    "noise_response",
    "plane_through",
    "random_curvatures",
    "random_direction",
    "random_hessians",
    "relative_direction",
    "sample_line",
    "sample_plane",
    "sharpness",
    "slice_line",
    "slice_plane",
    "smoothed_gradient",
    "solution_curve",
    "spectral_density",
    "spectral_radius",
    "sphere_average",
    "stability_limit",
    "sublevel_components",
    "symmetry_defect",
    "symmetry_directions",
    "third_along",
    "top_eigenpairs",
    "trajectory_pca",
    "trajectory_plane",
    "whole_normalized",
    "worst_case",
]

if not TYPE_CHECKING:  # a type checker finds unknown names itself

    def __getattr__(name: str) -> NoReturn:
        raise missing("toylands.geometry", name, __all__)
