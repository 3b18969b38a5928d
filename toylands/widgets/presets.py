"""What the explorer offers: its catalogue, its default optimizers, and presets with their reasons.

A preset is a landscape with one optimizer set so that it shows one thing well: "good" runs converge,
"bad" ones fail for a reason that is exactly known. The tests run every one of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from toylands import landscapes, optimizers
from toylands._course import there
from toylands._words import did_you_mean
from toylands.dynamics import descend
from toylands.formula import Landscape
from toylands.optimizers import Optimizer
from toylands.widgets import scene as scenes
from toylands.widgets.compute import is_game


@dataclass(frozen=True)
class Preset:
    """A named scene: landscape, optimizers, steps, the lesson it belongs to, and why it behaves so.

    `outcome` is the status of the first optimizer: "converged", "diverged" or "running".
    """

    name: str
    lesson: int
    good: bool
    landscape: str
    make: Callable[[], list[Optimizer]]
    why: str
    outcome: str
    params: Mapping[str, float] | None = None
    start: tuple[float, ...] | None = None
    steps: int = 300


_O = optimizers

PRESETS: tuple[Preset, ...] = (
    Preset(
        "regression: the best constant rate", 1, True, "regression", lambda: [_O.gd(2 / 9)],
        "lr = 2/(lambda_max + lambda_min) = 2/9 shrinks both eigendirections equally fast.",
        "converged", start=(0, 0),
    ),
    Preset(
        "regression: just above the limit", 1, False, "regression", lambda: [_O.gd(0.245)],
        "lr = 0.245 is above 2/lambda_max = 0.238: the steep eigendirection grows by the factor "
        "1.06 every step, slowly at first, and never comes back.",
        "running", start=(0, 0), steps=120,
    ),
    Preset(
        "quartic wall: a start inside", 1, True, "quartic_wall", lambda: [_O.gd(0.1)],
        "|x| = 4.4 is below sqrt(2/lr) = 4.47, so every step shortens x; the flat bottom (Hessian 0) "
        "then makes progress slower than any exponential.",
        "running", start=(4.4, 1), steps=300,
    ),
    Preset(
        "quartic wall: a start outside", 1, False, "quartic_wall", lambda: [_O.gd(0.1)],
        "|x| = 4.5 is above sqrt(2/lr) = 4.47: the curvature there is too high for this rate, and each "
        "overshoot lands where it is higher still.",
        "diverged", start=(4.5, 1), steps=60,
    ),
    Preset(
        "rotated bowl: along the axes of the Hessian", 2, True, "rotated_bowl", lambda: [_O.gd(0.1)],
        "lr times the largest eigenvalue is 1: the steep direction is solved in one step, the flat one "
        "takes the rest.",
        "converged",
    ),
    Preset(
        "sharp and flat wells: too large for the sharp one", 2, False, "gaussian_wells",
        lambda: [_O.gd(0.1)],
        "The sharp well's curvature is about 30, and 0.1 is above 2/30: gradient descent cannot stay "
        "in it, although it starts right beside its minimum.",
        "running", start=(-1.45, 0.02),
    ),
    Preset(
        "ravine: tuned heavy ball", 3, True, "ravine",
        lambda: [_O.momentum(4 / 121, beta=81 / 121), _O.gd(2 / 101)],
        "With condition number 100 Polyak's lr = 4/(10 + 1)^2 and beta = (9/11)^2 shrink the error by "
        "9/11 a step; the best gradient descent only by 99/101.",
        "converged", params={"kappa": 100}, start=(1, 1), steps=400,
    ),
    Preset(
        "ravine: gradient descent over the limit", 3, False, "ravine", lambda: [_O.gd(0.0202)],
        "0.0202 is above 2/100: the steep direction grows by 2 % every step.",
        "running", params={"kappa": 100}, start=(1, 1), steps=300,
    ),
    Preset(
        "rotated ravine: Adam loses its advantage", 3, False, "rotated_ravine",
        lambda: [_O.adam(0.1), _O.gd(0.0198)],
        "Adam rescales coordinates, not directions: at 45 degrees no rescaling of the axes helps, and it "
        "wanders along the ravine.",
        "running", params={"kappa": 100, "angle": 45}, steps=300,
    ),
    Preset(
        "quartic saddle: momentum leaves sooner", 4, True, "quartic_saddle",
        lambda: [_O.momentum(0.1, beta=0.9), _O.gd(0.1)],
        "Both leave the saddle exponentially fast; momentum's growth factor is 1.316 a step, gradient "
        "descent's 1.1.",
        "converged", start=(1, 1e-6), steps=500,
    ),
    Preset(
        "quartic saddle: Newton is caught", 4, False, "quartic_saddle",
        lambda: [_O.newton(), _O.saddle_free_newton()],
        "Newton jumps to the nearest stationary point of its quadratic model, and near the saddle that "
        "is the saddle. The saddle-free step turns the negative eigenvalue around.",
        "converged", start=(0.5, 0.1), steps=20,
    ),
    Preset(
        "desert: gradient descent starves, Adam walks", 4, False, "gaussian_desert",
        lambda: [_O.gd(0.1), _O.adam(0.1)],
        "Five widths away the gradient is 2e-5. Gradient descent moves lr times that; Adam divides the "
        "size away and moves about lr.",
        "running", start=(5, 0), steps=300,
    ),
    Preset(
        "uv product: plateau, then acceleration", 5, True, "uv_product", lambda: [_O.gd(0.1)],
        "Near the origin the product of two small numbers is tiny: first a plateau, then exponential "
        "growth, then the valley uv = 1.",
        "converged", start=(0.01, 0.01), steps=300,
    ),
    Preset(
        "uv product: over the edge", 5, False, "uv_product", lambda: [_O.gd(0.5)],
        "From (3, 0.1) the curvature u^2 + v^2 is about 9, and 0.5 is far above 2/9: the walk is thrown "
        "across the valley and out of the map.",
        "diverged", start=(3, 0.1), steps=100,
    ),
)  # fmt: skip


def default_optimizers(land: Landscape) -> list[Optimizer]:
    """Four optimizers with a rate that suits the landscape.

    Half of 1/lambda at the start or, where the start is flatter, at the flattest minimum; halved again while
    gradient descent would end up jumping about, because the ground is more curved further on. Adam's rate
    is a length: a hundredth of the view. For a game its own rules, at a fifth of that rate: gradient
    descent spirals outwards at any rate, and should be seen doing so.
    """
    import numpy as np

    at_start = float(np.abs(land.spectrum(land.start).eigenvalues).max())
    at_minima = (float(np.max(point.eigenvalues)) for point in land.minima)
    curvature = max(at_start, min((value for value in at_minima if value > 0), default=0.0))
    lr = 0.5 / curvature if np.isfinite(curvature) and curvature > 0 else 0.01
    reach = _one_digit(0.01 * min(high - low for low, high in land.view))
    if is_game(land):
        lr = _one_digit(lr / 5)
        return [_O.gd(lr), _O.extragradient(lr), _O.optimistic_gd(lr), _O.adam(reach)]
    tried = (_one_digit(lr / 2**halvings) for halvings in range(9))
    lr = next((rate for rate in tried if _settles(land, rate)), _one_digit(lr))
    return [_O.gd(lr), _O.momentum(lr), _O.adam(reach), _O.sam(_O.gd(lr))]


def _one_digit(value: float) -> float:
    return float(f"{value:.0e}")


def _settles(land: Landscape, lr: float) -> bool:
    """Whether each later step of gradient descent lowers the loss by lr |g|^2 / 4 or more (Armijo's rule)."""
    import numpy as np

    run = descend(land, _O.gd(lr), steps=300)
    half = len(run.loss) // 2
    loss, falls = run.loss[half:], lr * run.grad_norm[half:-1] ** 2 / 4
    slack = 1e-12 * (1 + np.abs(loss[:-1]))
    return bool((loss[1:] <= loss[:-1] - falls + slack).all())


def scene_of(name: str, current: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The scene of a preset, keeping how the current one is viewed (mode, axis, what is shown).

    Raises:
        ValueError: for an unknown name, with the nearest right one.
    """
    known = {preset.name: preset for preset in PRESETS}
    if name not in known:
        raise ValueError(f"no preset is called {name!r}.{did_you_mean(name, known)}")
    preset = known[name]
    land = landscapes.get(preset.landscape)(**(preset.params or {}))
    kept = {key: current[key] for key in ("mode", "axis", "loss_scale", "show")} if current else {}
    start = list(preset.start or land.start)
    return scenes.new_scene(land, preset.make(), start=start, steps=preset.steps, **kept)


def catalog(
    extra_landscapes: Mapping[str, Landscape], extra_rules: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything the page's menus list, as plain data."""
    lands = {land.name: _menu_entry(land) for land in landscapes.catalogue() if land.dim in (1, 2)}
    lands |= {name: _menu_entry(land) for name, land in extra_landscapes.items()}
    factories = {**optimizers.available(wrappers=False), **extra_rules}
    return {
        "landscapes": lands,
        "optimizers": {name: _numbers(factory) for name, factory in factories.items()},
        "wrappers": {
            name: _numbers(factory) for name, factory in optimizers.available(wrappers=True).items()
        },
        "schedules": scenes.SCHEDULES,
        "presets": [
            {"name": p.name, "lesson": p.lesson, "good": p.good, "why": p.why} for p in PRESETS
        ],
        "max_steps": scenes.MAX_STEPS,
        "max_optimizers": scenes.MAX_OPTIMIZERS,
    }


def _menu_entry(land: Landscape) -> dict[str, Any]:
    return {
        "title": land.title,
        "dim": land.dim,
        "lessons": there(land.lessons),
        "tags": list(land.tags),
        "start": list(land.start),
        "dials": {
            name: {
                "default": dial.default,
                "low": dial.low,
                "high": dial.high,
                "log": dial.log,
                "integer": dial.integer,
                "label": dial.label,
            }
            for name, dial in land.dials.items()
        },
    }


def _numbers(factory: Any) -> dict[str, Any]:
    """A factory's hyper-parameters and defaults; None for those without one."""
    empty = inspect.Parameter.empty
    numbers = {
        name: None if argument.default is empty else argument.default
        for name, argument in inspect.signature(factory).parameters.items()
        if name not in ("base", "schedule")
    }
    doc = (inspect.getdoc(factory) or "").split("\n")[0]
    return {"numbers": numbers, "doc": doc}
