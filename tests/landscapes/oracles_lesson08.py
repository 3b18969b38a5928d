"""The formulas of lesson 8 in another form, in mpmath; see `oracles`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp

ORACLES: dict[str, Callable[..., Any]] = {}


def oracle(function: Callable[..., Any]) -> Callable[..., Any]:
    ORACLES[function.__name__] = function
    return function


def mean(values: list[Any]) -> Any:
    return mp.fsum(values) / len(values)


def half_square(output: Any, target: Any) -> Any:
    return output * output / 2 - output * target + target * target / 2


@oracle
def chain_1d(t, p):
    return half_square(mp.power(t[0], p["d"]), p["y"])


@oracle
def chain(t, p):
    return half_square(mp.power(t[0] * t[1], p["d"] / 2), p["y"])


@oracle
def residual_chain_1d(t, p):
    """Whole depths as the sum over paths."""
    w, d = t[0], p["d"]
    if d == int(d):
        return half_square(mp.fsum(mp.binomial(d, k) * w**k for k in range(int(d) + 1)), p["y"])
    return half_square(mp.power(1 + w, d), p["y"])


@oracle
def scaled_residual_chain_1d(t, p):
    d = p["d"]
    return half_square(mp.power(d + t[0], d) / mp.power(d, d), p["y"])


@oracle
def residual_chain(t, p):
    return chain([1 + t[0], 1 + t[1]], p)


@oracle
def normalised_chain(t, p):
    """Layer by layer, for the square of what is passed on."""
    w, g = t
    square = mp.mpf(1)
    for _ in range(10):
        square = w * w * square / (w * w * square + p["eps"])
    return half_square(g * mp.sqrt(square), p["y"])


@oracle
def normalised_regression(t, p, data):
    """With the moments of the data multiplied out."""
    slope = t[0] / p["scale"]
    offset = t[1] - slope * p["centre"]
    x, y = data["x"], data["y"]
    xx, xy, yy = (
        mean([a * b for a, b in zip(u, v, strict=True)]) for u, v in ((x, x), (x, y), (y, y))
    )
    x1, y1 = mean(x), mean(y)
    squares = slope**2 * xx + offset**2 + yy
    return squares + 2 * (slope * offset * x1 - slope * xy - offset * y1)


@oracle
def two_inputs(t, p):
    """The second input as r times the first and something independent."""
    u, v = p["s"] * (t[0] - 1), t[1] - 1
    return (u + p["r"] * v) ** 2 + (1 - p["r"] ** 2) * v**2


@oracle
def tanh_unit_1d(t, p):
    e = mp.exp(2 * t[0])
    return half_square((e - 1) / (e + 1), p["y"])


@oracle
def relu_unit_1d(t, p):
    return half_square((t[0] + abs(t[0])) / 2, p["y"])


@oracle
def softplus_unit_1d(t, p):
    b = p["b"]
    return half_square(mp.log(1 + mp.exp(b * t[0])) / b, p["y"])


CORNERS = ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0))


@oracle
def xor_linear(t, p, data):
    w1, w2, b = t
    return mean([(w1 * x1 + w2 * x2 + b - y) ** 2 for x1, x2, y in CORNERS])


@oracle
def xor_features(t, p, data):
    """On the corners: 0 twice, once a - 1 for either input, and 2a + b for both."""
    a, b = t
    return (2 * (a - 1) ** 2 + (2 * a + b) ** 2) / 4


@oracle
def xor_threshold(t, p, data):
    b, c = t
    outputs = [b * max(mp.mpf(0), total - c) + total for total in (0, 1, 1, 2)]
    return mean([(f - y) ** 2 for f, y in zip(outputs, (0, 1, 1, 0), strict=True)])
