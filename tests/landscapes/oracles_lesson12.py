"""The formulas of lesson 12 and of the shell in another form, in mpmath; see `oracles`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import mpmath as mp

ORACLES: dict[str, Callable[..., Any]] = {}


def oracle(function: Callable[..., Any]) -> Callable[..., Any]:
    ORACLES[function.__name__] = function
    return function


@oracle
def cubed_ruler_1d(t, p):
    (s,) = t
    return p["a"] * (s - 1) ** 2 * (s * s + s + 1) ** 2 / 2


@oracle
def scaled_ruler_1d(t, p):
    return p["scale"] ** 2 * (t[0] - 1 / p["scale"]) ** 2 / 2


@oracle
def train_and_test(t, p):
    """The square completed around the truth: the residual is 3 (a - 0.6) + 4 (b - 0.8)."""
    x, y = t[0] - mp.mpf(6) / 10, t[1] - mp.mpf(8) / 10
    fit = (3 * x + 4 * y) ** 2
    return (fit + p["test"] * (x * x + y * y - fit)) / 2


def over_masks(loss: Callable[..., Any], keep: Any, count: int) -> Any:
    """The expectation over all 2^count masks, one by one."""
    total = mp.mpf(0)
    for mask in product((0, 1), repeat=count):
        kept = sum(mask)
        total += keep**kept * (1 - keep) ** (count - kept) * loss(*mask)
    return total


def quadratic(u: Any, v: Any, r: Any) -> Any:
    """E (u x1 + v x2)^2 for inputs of variance 1 and correlation r."""
    return u * u + v * v + 2 * r * u * v


@oracle
def dropout_plain(t, p):
    a, b = t
    return over_masks(lambda m, n: quadratic(m * a - 1, n * b - 1, p["r"]) / 2, p["keep"], 2)


@oracle
def dropout_inverted(t, p):
    a, b = t[0] / p["keep"], t[1] / p["keep"]
    return dropout_plain([a, b], p)


@oracle
def dropout_product(t, p):
    u, v = t
    keep = 1 - p["p"]
    return over_masks(lambda m: (u * m / keep * v - 1) ** 2 / 2, keep, 1)


@oracle
def shell_1d(t, p):
    """Minus T times the logarithm of the unnormalised density r^(d-1) exp(-r^2/(2T))."""
    r, d, temperature = mp.mpf(t[0]), p["d"], p["T"]
    return -temperature * mp.log(mp.power(r, d - 1) * mp.exp(-r * r / (2 * temperature)))
