"""One small scene for every public function that draws on axes; measurements are made once.

DRAWN["paths"](ax=ax)      # draws it; every picture of the table is tried in test_plots_figures.py
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import toylands as tl
from toylands import geometry, plots

L = tl.landscapes
LEFT, RIGHT = (p.point for p in L.double_well.minima)
RING = tl.landscape("(x**2 + y**2 - 1)**2/2")
EAST, WEST = (1.0, 0.0), (-1.0, 0.0)
SHARP, FLAT = (-1.5, 0.0), (1.5, 0.0)

#: a scene is a function of the axes; what it measures is cached, so a second drawing only draws
Scene = Callable[..., Any]


@functools.cache
def valley() -> Any:
    """Return a short run on Rosenbrock's valley."""
    return tl.descend(L.rosenbrock, tl.gd(0.001), steps=20)


@functools.cache
def training() -> Any:
    """Return a run of a small network."""
    net = tl.networks.mlp((2, 4, 1), loss="bce", data=tl.networks.two_moons(20, seed=0))
    return tl.descend(net, tl.adam(0.05), start=net.init(0), steps=40)


@functools.cache
def swarm() -> Any:
    """Return walkers of Langevin's dynamics in two wells."""
    starts = np.tile(L.double_well.start, (60, 1))
    return tl.descend(L.double_well, tl.langevin(0.02, 0.1), starts, steps=50, every=25, seed=1)


@functools.cache
def moving() -> Any:
    """Return a walk in one coordinate whose goal moves."""
    land = tl.landscape("(x - c)**2", c=0.0, view=((-2, 2),))
    goal = {"c": np.sin(np.arange(40) / 6)}
    return [tl.descend(land, tl.gd(lr), (1.5,), steps=40, time_varying=goal) for lr in (0.05, 0.2)]


@functools.cache
def landslide() -> Any:
    """Return a run with momentum whose goal jumps, with its memory."""
    goal = {"goal": lambda t: 8.0 if t < 16 else -8.0}
    return tl.descend(
        L.moved_goal,
        tl.momentum(0.1),
        start=(-9, 2),
        steps=60,
        time_varying=goal,
        record_state=True,
    )


@functools.cache
def past_the_saddle() -> Any:
    """Return a run that climbs down from a saddle: first concave, then convex."""
    return tl.descend(L.quartic_saddle, tl.gd(0.1), start=(1, 1e-3), steps=120)


@functools.cache
def hyperbola() -> list[Any]:
    """Return two runs on (uv - 1)^2/2 from an unbalanced start."""
    return [tl.descend(L.uv_product, tl.gd(lr), start=(2, 0.25), steps=20) for lr in (0.05, 0.1)]


@functools.cache
def measured(name: str) -> Any:
    """Return the measurement that a picture shows."""
    net, end = training().landscape, training().end
    make: dict[str, Scene] = {
        "alignment": lambda: geometry.align(net, end, net.permuted(end, 1, [1, 2, 3, 0])),
        "band": lambda: geometry.elastic_band(L.double_well, RIGHT, LEFT, images=9),
        "basins": lambda: tl.basins(L.himmelblau, tl.gd(0.01), grid=10, steps=20),
        "census": lambda: geometry.census(L.himmelblau),
        "conflict": lambda: geometry.conflict(landslide()),
        "conserved": lambda: [
            geometry.conserved(run, geometry.noether(np.diag([1.0, -1.0]))) for run in hyperbola()
        ],
        "convexity": lambda: geometry.convexity(past_the_saddle(), target=(0, -1)),
        "curvatures": lambda: geometry.random_curvatures([0.0] * 99 + [100.0], count=500),
        "density": lambda: geometry.spectral_density(net, end),
        "estimate": lambda: geometry.lanczos_density(net, end, probes=5),
        "ensemble": lambda: geometry.ensemble_error([1, 2, 4], 2),
        "hessians": lambda: geometry.random_hessians(40, count=20, shift=0.5),
        "kicks": lambda: geometry.kicks(L.himmelblau, (3, 2), 0.1, count=500),
        "curve": lambda: geometry.bezier_path(RING, EAST, WEST, count=31),
        "line": lambda: geometry.interpolate(RING, EAST, WEST),
        "matching": lambda: geometry.match_units([0.3, 1.2, 3], [3.1, 0.2, 1.1]),
        "noise": lambda: [
            geometry.noise_response(L.gaussian_wells, at, np.geomspace(0.01, 1, 9), count=200)
            for at in (SHARP, FLAT)
        ],
        "pca": lambda: geometry.trajectory_pca(training()),
        "plane": lambda: geometry.trajectory_plane(training(), grid=21),
        "slices": lambda: [
            geometry.sample_line(net, end, along, count=31)
            for along in ("random", "sharpest", "gradient")
        ],
        "populations": lambda: tl.dynamics.populations(L.double_well, swarm().end),
        "sweep": lambda: tl.sweep(L.rosenbrock, tl.gd, lr=[1e-4, 1e-3, 1e-2], steps=20),
        "ticket": lambda: geometry.find_ticket(L.two_tickets, tl.gd(0.05), keep=0.5, steps=30),
        "volumes": lambda: geometry.basin_volumes(L.double_well, tl.gd(0.1), grid=12, repeats=3),
        "worst": lambda: geometry.worst_case(L.rosenbrock, (-0.5, 0.6), 0.5),
    }  # fmt: skip
    return make[name]()


UV, SCALING = L.uv_product, np.diag([1.0, -1.0])
WINNERS = np.array([[0.1, 0.1], [-0.1, 0.2], [0.2, -0.1], [0.1, -0.2]])
X = np.linspace(0, 3, 31)

DRAWN: dict[str, Scene] = {
    "basin_map": lambda **o: plots.basin_map(measured("basins"), **o),
    "boltzmann_histogram": lambda **o: plots.boltzmann_histogram(swarm(), temperature=0.1, **o),
    "cloud": lambda **o: plots.cloud(swarm(), **o),
    "conflict_curve": lambda **o: plots.conflict_curve(
        measured("conflict"), goal=[8.0] * 16 + [-8.0] * 45, **o
    ),
    "conserved_curve": lambda **o: plots.conserved_curve(measured("conserved"), **o),
    "contour": lambda **o: plots.contour(L.himmelblau, ellipses=True, **o),
    "convexity_curve": lambda **o: plots.convexity_curve(measured("convexity"), **o),
    "curvature_histogram": lambda **o: plots.curvature_histogram(measured("curvatures"), **o),
    "density_histogram": lambda **o: plots.density_histogram(
        measured("density"), measured("estimate"), **o
    ),
    "ensemble_chart": lambda **o: plots.ensemble_chart(measured("ensemble"), **o),
    "gradient_norms": lambda **o: plots.gradient_norms(valley(), **o),
    "index_chart": lambda **o: plots.index_chart(measured("census"), **o),
    "interpolation_curve": lambda **o: plots.interpolation_curve(measured("alignment"), **o),
    "kick_histogram": lambda **o: plots.kick_histogram(measured("kicks"), **o),
    "lines": lambda **o: plots.lines(
        X, {"exact": np.cos(X), "model": 1 - X**2 / 2}, xlabel="x", ylabel="loss", title="Both", **o
    ),
    "loss_curves": lambda **o: plots.loss_curves(valley(), **o),
    "matching_map": lambda **o: plots.matching_map(measured("matching"), **o),
    "noise_curves": lambda **o: plots.noise_curves(measured("noise"), **o),
    "path_map": lambda **o: plots.path_map(measured("band"), **o),
    "path_profile": lambda **o: plots.path_profile(measured("curve"), line=measured("line"), **o),
    "paths": lambda **o: plots.paths(valley(), **o),
    "pca_chart": lambda **o: plots.pca_chart(measured("pca"), **o),
    "population_chart": lambda **o: plots.population_chart(measured("populations"), **o),
    "schedule_curve": lambda **o: plots.schedule_curve(tl.schedules.cosine(20), **o),
    "semicircle_histogram": lambda **o: plots.semicircle_histogram(measured("hessians"), **o),
    "sharpness_curve": lambda **o: plots.sharpness_curve(valley(), **o),
    "shell_curves": lambda **o: plots.shell_curves(sample=1000, **o),
    "slice_curve": lambda **o: plots.slice_curve(measured("slices"), model=True, **o),
    "slice_map": lambda **o: plots.slice_map(measured("plane"), training(), **o),
    "spectrum_along": lambda **o: plots.spectrum_along(valley(), **o),
    "surface": lambda **o: plots.surface(L.saddle, grid=11, **o),
    "sweep_map": lambda **o: plots.sweep_map(measured("sweep"), **o),
    "symmetry_map": lambda **o: plots.symmetry_map(
        UV, SCALING, [(1, 1), (2, 0.5)], view=((0, 3), (0, 3)), **o
    ),
    "ticket_board": lambda **o: plots.ticket_board(WINNERS, [True, False, True, False], **o),
    "ticket_curves": lambda **o: plots.ticket_curves(measured("ticket"), **o),
    "time_map": lambda **o: plots.time_map(moving(), **o),
    "volume_chart": lambda **o: plots.volume_chart(measured("volumes"), **o),
    "worst_case_curves": lambda **o: plots.worst_case_curves(
        L.gaussian_wells, [SHARP, FLAT], [0.1, 0.2, 0.3, 0.4, 0.5], **o
    ),
    "worst_case_map": lambda **o: plots.worst_case_map(measured("worst"), **o),
}
