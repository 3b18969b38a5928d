"""toylands: the laboratory for loss landscapes.

    import toylands as tl

    bowl = tl.landscapes.ravine(kappa=50)
    run = tl.descend(bowl, tl.adam(lr=0.05), start=(-2, 1), steps=300)
    run.status, run.path, run.sharpness
"""

from __future__ import annotations

from toylands import landscapes, optimizers
from toylands.dynamics import (
    Basins,
    Race,
    Status,
    Swarm,
    Sweep,
    Trajectory,
    basins,
    descend,
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

__version__ = "0.1.0"

__all__ = [
    "Basins",
    "CriticalPoint",
    "Dial",
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
    "descend",
    "dial",
    "ema",
    "extragradient",
    "gd",
    "landscape",
    "landscapes",
    "langevin",
    "lion",
    "momentum",
    "nesterov",
    "newton",
    "noise",
    "optimistic_gd",
    "optimizers",
    "polyak",
    "race",
    "reset_on_conflict",
    "rmsprop",
    "rule",
    "saddle_free_newton",
    "sam",
    "schedules",
    "swa",
    "sweep",
    "weight_decay",
]
