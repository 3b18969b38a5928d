"""From recipes (see torch_optax) and recorded problems to toylands' own objects."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import toylands as tl
from toylands.formula import landscape
from toylands.optimizers import schedules

GOLDEN: dict[str, Any] = json.loads(
    Path(__file__).with_name("golden.json").read_text(encoding="utf-8")
)


def build_schedule(recipe: dict[str, Any]) -> schedules.Schedule:
    """The toylands schedule of a recipe."""
    arguments = {key: value for key, value in recipe.items() if key != "name"}
    if recipe["name"] == "chain":
        parts = [build_schedule(part) for part in recipe["schedules"]]
        return schedules.chain(*parts, at=recipe["at"])
    return schedules.FACTORIES[recipe["name"]](**arguments)


def build_optimizer(recipe: dict[str, Any]) -> tl.optimizers.Optimizer:
    """The toylands optimizer of a recipe."""
    arguments = {key: value for key, value in recipe.items() if key != "name"}
    if "base" in arguments:
        arguments["base"] = build_optimizer(arguments["base"])
    if "schedule" in arguments:
        arguments["schedule"] = build_schedule(arguments["schedule"])
    return tl.optimizers.get(recipe["name"])(**arguments)


@functools.cache
def build_landscape(text: str, players: tuple[int, int] = (1, 1)) -> Any:
    """The landscape of a text formula; a game when the players' signs differ."""
    if players == (1, 1):
        return tl.landscape(text)
    assert text == "x*y", "games are declared as functions"

    @landscape(view=((-2, 2), (-2, 2)), start=(1.0, 1.0), players=players)
    def bilinear(x: Any, y: Any) -> Any:
        """The bilinear game."""
        return x * y

    return bilinear
