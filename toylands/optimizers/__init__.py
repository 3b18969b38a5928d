"""Optimizers exactly as their papers, torch.optim and optax define them.

    adam(lr=0.01), momentum(lr=0.1, beta=0.9), sam(gd(0.1), rho=0.05)
    tl.optimizers.available()          # every factory by name

Every module of this folder is read; a rule defined in one of them appears here by itself.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from toylands._door import door
from toylands._words import did_you_mean, missing
from toylands.optimizers import schedules
from toylands.optimizers.optimizer import Optimizer, Piece
from toylands.optimizers.rule import Factory, Rule, rule
from toylands.optimizers.schedules import Schedule

if TYPE_CHECKING:
    from toylands.optimizers.adaptive import adagrad, adam, adamw, amsgrad, rmsprop
    from toylands.optimizers.games import extragradient, optimistic_gd
    from toylands.optimizers.gradient_descent import gd
    from toylands.optimizers.langevin import langevin
    from toylands.optimizers.momentum import momentum, nesterov, polyak
    from toylands.optimizers.second_order import newton, saddle_free_newton
    from toylands.optimizers.sign_descent import lion
    from toylands.optimizers.wrappers import (
        clip_norm,
        clip_value,
        ema,
        noise,
        reset_on_conflict,
        sam,
        swa,
        weight_decay,
    )

_MACHINERY = ("optimizer", "rule", "schedule_numbers", "schedules")


def _collect() -> dict[str, Callable[..., Optimizer]]:
    found: dict[str, Callable[..., Optimizer]] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name in _MACHINERY:
            continue
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        for name, value in vars(loaded).items():
            made_here = getattr(value, "__module__", None) == loaded.__name__
            if made_here and not name.startswith("_") and _makes_optimizers(value):
                found[name] = value
    return found


def _makes_optimizers(value: Any) -> bool:
    if isinstance(value, Factory):
        return True
    return inspect.isfunction(value) and value.__annotations__.get("return") == "Optimizer"


_FACTORIES = _collect()
globals().update(_FACTORIES)

__all__ = [
    "Factory",
    "Optimizer",
    "Piece",
    "Rule",
    "Schedule",
    "available",
    "get",
    "rule",
    "schedules",
    *sorted(_FACTORIES),
]


@door
def available(*, wrappers: bool | None = None) -> dict[str, Callable[..., Optimizer]]:
    """Every optimizer factory by name; only the wrappers, or none of them, if asked."""
    chosen = {}
    for name, factory in sorted(_FACTORIES.items()):
        wraps = next(iter(inspect.signature(factory).parameters)) == "base"
        if wrappers is None or wraps == wrappers:
            chosen[name] = factory
    return chosen


@door
def get(name: str) -> Callable[..., Optimizer]:
    """The factory of this name.

    Raises:
        ValueError: for an unknown name, with the nearest right one.
    """
    if name not in _FACTORIES:
        raise ValueError(
            f"no optimizer is called {name!r}.{did_you_mean(name, _FACTORIES)} "
            f"There are {', '.join(sorted(_FACTORIES))}."
        )
    return _FACTORIES[name]


def __getattr__(name: str) -> Any:
    raise missing("toylands.optimizers", name, __all__, "optimizer")
