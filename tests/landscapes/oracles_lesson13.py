"""The formulas of lesson 13 in another form, in mpmath; see `oracles`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp

ORACLES: dict[str, Callable[..., Any]] = {}


def oracle(function: Callable[..., Any]) -> Callable[..., Any]:
    ORACLES[function.__name__] = function
    return function


def answer(w: Any, v: Any) -> Any:
    return v * (w + abs(w)) / 2


@oracle
def relu_ticket(t, p):
    f = answer(*t)
    return (f * f + 1) / 2 - f


@oracle
def two_tickets(t, p):
    f = mp.fsum([answer(t[0], t[1]), answer(t[2], t[3])])
    return mp.mpf(1) / 2 + f * f / 2 - f
