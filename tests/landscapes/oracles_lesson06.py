"""The formulas of lesson 6 in another form, in mpmath; see `oracles`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp

ORACLES: dict[str, Callable[..., Any]] = {}


def oracle(function: Callable[..., Any]) -> Callable[..., Any]:
    ORACLES[function.__name__] = function
    return function


@oracle
def two_neurons(t, p):
    """The published form, with the arcsine; one signed sum over student and teacher."""
    weights = [(w, 1) for w in t] + [(p["t1"], -1), (p["t2"], -1)]
    total = mp.mpf(0)
    for a, sign_a in weights:
        for b, sign_b in weights:
            overlap = mp.asin(a * b / mp.sqrt((1 + a * a) * (1 + b * b)))
            total += sign_a * sign_b * overlap
    return total / mp.pi


@oracle
def normalised_weights(t, p):
    """sin^2 of half the angle to the first axis."""
    return mp.sin(mp.atan2(t[1], t[0]) / 2) ** 2
