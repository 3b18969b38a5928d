"""The formulas of lesson 9 in another form, in mpmath; see `oracles`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp

ORACLES: dict[str, Callable[..., Any]] = {}


def oracle(function: Callable[..., Any]) -> Callable[..., Any]:
    ORACLES[function.__name__] = function
    return function


@oracle
def landslide_1d(t, p):
    return p["slope"] * t[0]


@oracle
def moved_goal(t, p):
    """The hyperbola without its difference of close numbers."""
    away = t[0] - p["goal"]
    return away**2 / (1 + mp.sqrt(1 + away**2)) + t[1] ** 2 / 2


@oracle
def huber_1d(t, p):
    x, limit = abs(t[0]), p["limit"]
    clipped = min(x, limit)
    return clipped * x - clipped**2 / 2


@oracle
def rare_pull_1d(t, p, data):
    x = t[0]
    return x * mp.fsum(data["g"]) / len(data["g"]) + p["k"] * x * x / 2


@oracle
def wavy_bowl_1d(t, p):
    return t[0] ** 2 + p["a"] * (1 - mp.cos(2 * t[0])) / 2


@oracle
def wavy_bowl(t, p):
    return wavy_bowl_1d(t[:1], p) + wavy_bowl_1d(t[1:], p)
