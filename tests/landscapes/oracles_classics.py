"""The classic test functions once more, typed from the literature and in another algebraic form.

`ORACLES[name](theta, params)` is the loss in mpmath's working precision. The keyword `m` replaces
mpmath by another library with the same function names: with NumPy the same text takes arrays, and
complex ones, whose imaginary parts give exact derivatives. Nothing here imports toylands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mpmath

Params = Mapping[str, Any]
Point = Sequence[Any]


def booth(theta: Point, p: Params, m: Any) -> Any:
    # multiplied out
    x, y = theta
    a, b = p["a"], p["b"]
    linear = 2 * (a + 2 * b) * x + 2 * (2 * a + b) * y
    return 5 * x * x + 8 * x * y + 5 * y * y - linear + a * a + b * b


def matyas(theta: Point, p: Params, m: Any) -> Any:
    # in its principal axes
    x, y = theta
    a, b = p["a"], p["b"]
    return ((2 * a - b) * (x + y) ** 2 + (2 * a + b) * (x - y) ** 2) / 4


def zakharov(theta: Point, p: Params, m: Any) -> Any:
    # the n-dimensional definition: sums over i of x_i^2 and of i x_i / 2
    squares = sum(x * x for x in theta)
    weighted = sum(i * x for i, x in enumerate(theta, 1)) / 2
    return squares + weighted**2 * (1 + weighted**2)


def beale(theta: Point, p: Params, m: Any) -> Any:
    # More, Garbow & Hillstrom, problem 5: residuals y_i - x (1 - y^i), all in eighths
    x, y = theta
    return sum((c - 8 * x * (1 - y**i)) ** 2 for i, c in ((1, 12), (2, 18), (3, 21))) / 64


def himmelblau(theta: Point, p: Params, m: Any) -> Any:
    # multiplied out
    x, y = theta
    a, b = p["a"], p["b"]
    quartic = x**4 + y**4 + 2 * x * y * (x + y)
    quadratic = (1 - 2 * a) * x * x + (1 - 2 * b) * y * y
    return quartic + quadratic - 2 * b * x - 2 * a * y + a * a + b * b


def styblinski_tang(theta: Point, p: Params, m: Any) -> Any:
    # Horner's form
    return sum(x * (p["b"] + x * (x * x - p["a"])) for x in theta) / 2


def goldstein_price(theta: Point, p: Params, m: Any) -> Any:
    # as published: the brackets written out in x and y
    x, y = theta
    first = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    second = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    return (1 + (x + y + 1) ** 2 * first) * (30 + (2 * x - 3 * y) ** 2 * second)


def branin(theta: Point, p: Params, m: Any) -> Any:
    x, y = theta
    floor = p["r"] - x * (p["c"] - p["b"] * x)
    return p["a"] * (y - floor) ** 2 + p["s"] * (1 + m.cos(x)) - p["s"] * p["t"] * m.cos(x)


def six_hump_camel(theta: Point, p: Params, m: Any) -> Any:
    # multiplied out, over the common denominator 30
    x, y = theta
    return (120 * x**2 - 63 * x**4 + 10 * x**6 + 30 * x * y - 120 * y**2 + 120 * y**4) / 30


def three_hump_camel(theta: Point, p: Params, m: Any) -> Any:
    # the square completed in y, over the common denominator 60
    x, y = theta
    return (y + x / 2) ** 2 + x**2 * (105 - 63 * x**2 + 10 * x**4) / 60


def mccormick(theta: Point, p: Params, m: Any) -> Any:
    # the sine of the sum written out
    x, y = theta
    wave = m.sin(x) * m.cos(y) + m.cos(x) * m.sin(y)
    return wave + x * x + y * y - 2 * x * y + 1 + (5 * y - 3 * x) / 2


def rastrigin(theta: Point, p: Params, m: Any) -> Any:
    # a (1 - cos 2 pi x) = 2 a sin^2(pi x)
    return sum(x * x + 2 * p["a"] * m.sin(m.pi * x) ** 2 for x in theta)


def bohachevsky1(theta: Point, p: Params, m: Any) -> Any:
    # half angles, as in rastrigin
    x, y = theta
    ripples = p["c"] * m.sin(3 * m.pi * x / 2) ** 2 + p["d"] * m.sin(2 * m.pi * y) ** 2
    return x * x + 2 * (y * y + ripples)


def griewank(theta: Point, p: Params, m: Any) -> Any:
    # the n-dimensional definition: a sum of squares and a product of cosines of x_i / sqrt(i)
    product = 1
    for i, x in enumerate(theta, 1):
        product = product * m.cos(x / m.sqrt(i))
    return sum(x * x for x in theta) / p["d"] - product + 1


def levy13(theta: Point, p: Params, m: Any) -> Any:
    # every squared sine as (1 - cos)/2
    x, y = theta
    along_x = (3 - m.cos(6 * m.pi * y)) / 2
    along_y = (3 - m.cos(4 * m.pi * y)) / 2
    return (1 - m.cos(6 * m.pi * x)) / 2 + (x - 1) ** 2 * along_x + (y - 1) ** 2 * along_y


def ackley(theta: Point, p: Params, m: Any) -> Any:
    # the n-dimensional definition
    n = len(theta)
    root = m.sqrt(sum(x * x for x in theta) / n)
    ripples = sum(m.cos(p["c"] * x) for x in theta) / n
    return -p["a"] * m.exp(-p["b"] * root) - m.exp(ripples) + p["a"] + m.e


def schaffer2(theta: Point, p: Params, m: Any) -> Any:
    # sin^2 - 1/2 = -cos(2 .)/2, and the thousandth cleared
    x, y = theta
    wave = m.cos(2 * (x - y) * (x + y))
    return (1 - wave * (1000 / (1000 + x * x + y * y)) ** 2) / 2


def drop_wave(theta: Point, p: Params, m: Any) -> Any:
    # 1 + cos 12r = 2 cos^2 6r
    square = sum(x * x for x in theta)
    return -4 * m.cos(6 * m.sqrt(square)) ** 2 / (4 + square)


def cross_in_tray(theta: Point, p: Params, m: Any) -> Any:
    # within the window 100 - r/pi is positive; the tenth root by logarithms
    x, y = theta
    height = m.exp(100 - m.sqrt(x * x + y * y) / m.pi)
    return -m.exp(m.log(1 + abs(m.sin(x)) * abs(m.sin(y)) * height) / 10) / 10000


def easom(theta: Point, p: Params, m: Any) -> Any:
    # the product of cosines as a sum
    x, y = theta
    squares = (x - m.pi) ** 2 + (y - m.pi) ** 2
    return -(m.cos(x + y) + m.cos(x - y)) / (2 * m.exp(squares))


def _oracle(function: Callable[..., Any]) -> Callable[..., Any]:
    def loss(theta: Point, params: Params, data: Any = None, *, m: Any = mpmath) -> Any:
        return function(theta, params, m)

    return loss


ORACLES: dict[str, Callable[..., Any]] = {
    function.__name__: _oracle(function)
    for function in (
        *(booth, matyas, zakharov, beale, himmelblau, styblinski_tang, goldstein_price, branin),
        *(six_hump_camel, three_hump_camel, mccormick, rastrigin, bohachevsky1, griewank, levy13),
        *(ackley, schaffer2, drop_wave, cross_in_tray, easom),
    )
}
