"""The formulas of lesson 7 in another form, in mpmath; see `oracles`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp

ORACLES: dict[str, Callable[..., Any]] = {}


def oracle(function: Callable[..., Any]) -> Callable[..., Any]:
    ORACLES[function.__name__] = function
    return function


@oracle
def circle_valley(t, p):
    """The product of the distances to both sides of the circle, along the ray."""
    radius = mp.hypot(*t)
    return ((radius - p["r"]) * (radius + p["r"])) ** 2 / 2


@oracle
def one_equation(t, p):
    """Multiplied out."""
    x = (p["p"], p["q"])
    square = mp.fsum(x[i] * x[j] * t[i] * t[j] for i in (0, 1) for j in (0, 1))
    return square / 2 - p["y"] * mp.fdot(x, t) + p["y"] ** 2 / 2


@oracle
def wide_product(t, p):
    return (mp.fdot(t[::2], t[1::2]) - p["s"]) ** 2 / 2


@oracle
def squared_weights(t, p):
    return diagonal_network([*t, 0, 0], p)


@oracle
def diagonal_network(t, p):
    """By the product of sums and differences."""
    weights = [(u - v) * (u + v) for u, v in zip(t[:2], t[2:], strict=True)]
    return (mp.fdot(weights, (p["x1"], p["x2"])) - p["y"]) ** 2 / 2


@oracle
def lazy_network(t, p):
    """The network itself: the squared lengths of the two halves, subtracted."""
    root = mp.sqrt(p["m"])
    first, second = (root + displacement for displacement in t)
    return ((first - second) * (first + second) / (2 * root) - p["y"]) ** 2 / 2
