"""One call, one good picture, on matplotlib (imported when the first picture is drawn).

    tl.plots.contour(land, ellipses=True)          # the map, critical points, sharpness to scale
    tl.plots.paths(race)                           # trails on the map
    tl.plots.loss_curves(race, x="evaluations")    # loss against work done

Every function takes `ax=None` and returns the Axes; save with `ax.figure.savefig("name.png")`.
Where the figure comes from is told in `toylands.plots.style`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from toylands._words import missing
from toylands.plots.along import conflict_curve, conserved_curve, convexity_curve
from toylands.plots.animation import animate
from toylands.plots.clouds import boltzmann_histogram, cloud, population_chart
from toylands.plots.contour import contour
from toylands.plots.counts import index_chart, volume_chart
from toylands.plots.curves import gradient_norms, loss_curves, schedule_curve, sharpness_curve
from toylands.plots.density import density_histogram, semicircle_histogram
from toylands.plots.directions import curvature_histogram
from toylands.plots.kicks import kick_histogram
from toylands.plots.lines import lines
from toylands.plots.low_loss_paths import interpolation_curve, path_map, path_profile
from toylands.plots.maps import basin_map, sweep_map
from toylands.plots.moments import time_map
from toylands.plots.noise import noise_curves
from toylands.plots.paths import paths
from toylands.plots.sharpness import worst_case_curves, worst_case_map
from toylands.plots.shells import shell_curves
from toylands.plots.slices import slice_curve, slice_map
from toylands.plots.solutions import (
    ensemble_chart,
    matching_map,
    pca_chart,
    ticket_board,
    ticket_curves,
)
from toylands.plots.spectrum import spectrum_along
from toylands.plots.surface import surface
from toylands.plots.symmetry import symmetry_map

__all__ = [
    "animate",
    "basin_map",
    "boltzmann_histogram",
    "cloud",
    "conflict_curve",
    "conserved_curve",
    "contour",
    "convexity_curve",
    "curvature_histogram",
    "density_histogram",
    "ensemble_chart",
    "gradient_norms",
    "index_chart",
    "interpolation_curve",
    "kick_histogram",
    "lines",
    "loss_curves",
    "matching_map",
    "noise_curves",
    "path_map",
    "path_profile",
    "paths",
    "pca_chart",
    "population_chart",
    "schedule_curve",
    "semicircle_histogram",
    "sharpness_curve",
    "shell_curves",
    "slice_curve",
    "slice_map",
    "spectrum_along",
    "surface",
    "sweep_map",
    "symmetry_map",
    "ticket_board",
    "ticket_curves",
    "time_map",
    "volume_chart",
    "worst_case_curves",
    "worst_case_map",
]

if not TYPE_CHECKING:  # a type checker finds unknown names itself

    def __getattr__(name: str) -> NoReturn:
        raise missing("toylands.plots", name, __all__)
