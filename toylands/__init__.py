"""toylands: the laboratory for loss landscapes.

import toylands as tl

bowl = tl.landscapes.ravine(kappa=50)
run = tl.descend(bowl, tl.adam(lr=0.05), start=(-2, 1), steps=300)
run.status, run.path, run.sharpness
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from toylands import landscapes, optimizers
from toylands.dynamics import (
    Basins,
    Flow,
    Race,
    Status,
    Swarm,
    Sweep,
    Trajectory,
    basins,
    descend,
    flow,
    race,
    sweep,
)
from toylands.formula import (
    CriticalPoint,
    Dial,
    Landscape,
    dial,
    landscape,
)
from toylands.landscapes import catalogue
from toylands.optimizers import (
    Optimizer,
    Schedule,
    adagrad,
    adam,
    adamw,
    amsgrad,
    clip_norm,
    clip_value,
    ema,
    extragradient,
    gd,
    langevin,
    lion,
    momentum,
    nesterov,
    newton,
    noise,
    optimistic_gd,
    polyak,
    reset_on_conflict,
    rmsprop,
    rule,
    saddle_free_newton,
    sam,
    schedules,
    swa,
    weight_decay,
)

if TYPE_CHECKING:
    from toylands import geometry, networks, plots, theory
    from toylands.widgets import Explorer, compare, explore, explore_slice, sharpness_view

__version__ = "0.1.0"

#: names that are imported when first used, and from where: they need matplotlib, SymPy or Jupyter
_LATER = {
    "Explorer": "toylands.widgets",
    "compare": "toylands.widgets",
    "explore": "toylands.widgets",
    "explore_slice": "toylands.widgets",
    "sharpness_view": "toylands.widgets",
    "geometry": "",
    "networks": "",
    "plots": "",
    "theory": "",
}

__all__ = [
    "Basins",
    "CriticalPoint",
    "Dial",
    "Explorer",
    "Flow",
    "Landscape",
    "Optimizer",
    "Race",
    "Schedule",
    "Status",
    "Swarm",
    "Sweep",
    "Trajectory",
    "adagrad",
    "adam",
    "adamw",
    "amsgrad",
    "basins",
    "catalogue",
    "clip_norm",
    "clip_value",
    "compare",
    "descend",
    "dial",
    "ema",
    "explore",
    "explore_slice",
    "extragradient",
    "flow",
    "gd",
    "geometry",
    "landscape",
    "landscapes",
    "langevin",
    "lion",
    "momentum",
    "nesterov",
    "networks",
    "newton",
    "noise",
    "optimistic_gd",
    "optimizers",
    "plots",
    "polyak",
    "race",
    "reset_on_conflict",
    "rmsprop",
    "rule",
    "saddle_free_newton",
    "sam",
    "schedules",
    "sharpness_view",
    "swa",
    "sweep",
    "theory",
    "weight_decay",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        home = _LATER[name]
        if not home:
            return importlib.import_module(f"toylands.{name}")
        return getattr(importlib.import_module(home), name)
    from toylands._words import missing

    inside = [] if name.startswith("_") else _inside()  # programs ask whether such names are there
    raise missing("toylands", name, [*__all__, *inside])


def _inside() -> list[str]:
    """What somebody may mean who leaves out a part's name: 'landscapes.rosenbrock' and the like."""
    from toylands import geometry, networks, plots

    parts = {
        "landscapes": [land.name for land in catalogue()],
        "schedules": schedules.FACTORIES,
        "networks": networks.__all__,
        "plots": plots.__all__,
        "geometry": geometry.__all__,
    }
    return [f"{part}.{name}" for part, names in parts.items() for name in names]


def __dir__() -> list[str]:
    return sorted(__all__)
