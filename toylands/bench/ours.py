"""The toylands side of every comparison: public calls that a user would make, nothing beneath."""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands import dynamics, landscapes, optimizers
from toylands.bench.problems import BASINS, Points, Sizes, Task, Walk, sweep_axes
from toylands.bench.timing import on_one_core


def walk(work: Walk, single: bool = False) -> Task:
    """`toylands.descend`: one walker with its path, or a swarm of which only the ends are kept."""
    land = _landscape(work)
    opt = getattr(optimizers, work.rule)(lr=work.lr, **work.hyper)
    start = work.start[0] if work.path else work.start
    every = 1 if work.path else work.steps

    def call() -> Any:
        return dynamics.descend(
            land, opt, start=start, steps=work.steps, every=every, progress=False
        )

    return Task(
        "toylands.descend",
        on_one_core(call, single),
        lambda run: run.path if work.path else run.end,
    )


def basins(work: Walk, sizes: Sizes, single: bool = False) -> Task:
    """`toylands.basins`: the whole map, with every end assigned to its minimum."""
    land = _landscape(work)
    view_x, view_y, lr = BASINS[work.landscape]
    opt, view = optimizers.gd(lr=lr), (view_x, view_y)

    def call() -> Any:
        found = dynamics.basins(land, opt, grid=sizes.grid, view=view, steps=work.steps)
        assert found.labels.shape == (sizes.grid, sizes.grid)  # they are made when first read
        return found

    return Task(
        "toylands.basins", on_one_core(call, single), lambda found: np.reshape(found.ends, (-1, 2))
    )


def sweep(work: Walk, sizes: Sizes, single: bool = False) -> Task:
    """`toylands.sweep`: the map of final losses over (lr, beta)."""
    land, axes = _landscape(work), sweep_axes(sizes)
    start = work.start[0]

    def call() -> Any:
        found = dynamics.sweep(land, optimizers.momentum, start=start, steps=work.steps, **axes)
        assert found.loss.shape == (sizes.sweep, sizes.sweep)  # they are made when first read
        return found

    return Task("toylands.sweep", on_one_core(call, single), lambda found: np.ravel(found.loss))


def hessians(work: Points, single: bool = False) -> Task:
    """`land.hessian` of all points at once."""
    land = _landscape(work)
    call = on_one_core(lambda: land.hessian(work.theta), single)
    return Task("toylands hessian", call, np.asarray)


def _landscape(work: Walk | Points) -> Any:
    land = landscapes.get(work.landscape)
    return land(**work.parameters) if work.parameters else land
