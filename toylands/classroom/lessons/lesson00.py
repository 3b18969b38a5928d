"""The one exercise of lesson 0: start here."""

from __future__ import annotations

from typing import Any

from toylands import landscapes
from toylands.classroom.exercises import Task, Verdict, exercise, number_in, unexpected
from toylands.classroom.identity import Personal
from toylands.dynamics import descend
from toylands.optimizers import gd

_Y, _RATE, _APART = 1.0, 0.1, 0.05


@exercise("0.1", "The watershed")
def watershed(mine: Personal) -> Task:
    """Where the basins of two valleys meet, to within 0.05."""
    land = landscapes.get("double_well")(c=mine.between(0.1, 0.3, 0.01))

    def valley(x: float) -> str:
        run = descend(land, gd(_RATE), start=(x, _Y), steps=1000)
        return "left" if run.end[0] < 0 else "right"

    def judge(given: Any) -> Verdict:
        x = number_in(given)
        if x is None:
            return unexpected("one number, the x of the start", given)
        low, high = land.view[0]
        if not low <= x <= high - _APART:
            # Out there a step may leap over the hill, or leave for good.
            return Verdict(False, "that is off the map: stay between the two valleys")
        here, beside = valley(x), valley(x + _APART)
        if (here, beside) == ("left", "right"):
            return Verdict(True, "between these two starts runs the watershed")
        other = "right" if here == "left" else "left"
        return Verdict(False, f"both starts end in the {here} valley: go to the {other}")

    return Task(
        f"Find the watershed of your landscape on the line y = {_Y:g}: a start x from which "
        f"gradient descent with learning rate {_RATE:g} ends in the left valley, while from "
        f"x + {_APART:g} it ends in the right one.",
        given={"land": land, "y": _Y, "lr": _RATE},
        judge=judge,
    )
