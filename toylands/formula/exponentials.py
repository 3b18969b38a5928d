"""exp, expm1, sinh, cosh and tanh in plain arithmetic, so that loops over walkers vectorise.

Their errors are below one unit in the last place. An argument is first reduced, in parts so short that
their products are exact [Cody and Waite 1980], to r within ln(2)/2 of 0: exp(x) = 2^k exp(r). Polynomials do
the rest; their coefficients were fitted at Chebyshev's points with 40 digits, to errors below 2^-55. Where
a result is a sum, what rounding leaves out of its largest two terms is added to the smaller ones.
"""

from __future__ import annotations

import math

from numba import types

from toylands.formula.bits import ROUND, ROUND_BITS, bits, in_its_place, power_of_two, product
from toylands.formula.compile import f8, i8, inline

_LOG2_E = 1.4426950408889634
_LN2 = 0.6931471803691238, 1.9082149292705877e-10  # the first has 32 digits
_LOWEST, _HIGHEST = -745.2, 709.782712893384  # outside, exp is 0 or infinity
_HIGHEST_COSH = 710.4758600739439  # beyond, cosh is infinity
_TINY = 1e-9  # up to here sinh(x) and tanh(x) are x


@inline(types.Tuple((f8, f8, i8)), f8, f8)
def reduced(x: float, more: float) -> tuple[float, float, int]:
    """r, rest and k with x + more = k ln(2) + r + rest; `more` is tiny beside x."""
    shifted = x * _LOG2_E + ROUND
    k = shifted - ROUND
    high, low = x - k * _LN2[0], k * _LN2[1] - more
    r = high - low
    return r, (high - r) - low, bits(shifted) - ROUND_BITS


@inline(f8, f8)
def bend(r: float) -> float:
    """(exp(r) - 1 - r)/r^2 for |r| <= ln(2)/2."""
    q = 2.0914686968086876e-09
    q = q * r + 2.5105217004720745e-08
    q = q * r + 2.75572736431103e-07
    q = q * r + 2.7557255400206422e-06
    q = q * r + 2.4801587325547743e-05
    q = q * r + 0.00019841269874820627
    q = q * r + 0.0013888888888883748
    q = q * r + 0.008333333333326136
    q = q * r + 0.04166666666666667
    q = q * r + 0.1666666666666667
    return q * r + 0.5


@inline(f8, f8, f8)
def exp_of_sum(x: float, more: float) -> float:
    """e to the power x + more, where `more` is what rounding left out of x."""
    r, rest, whole = reduced(x, more)
    # In two factors: 2^k itself may be too large for a float, or too small.
    half = whole >> 1
    high = 1.0 + r
    power = high + (((1.0 - high) + r) + (r * r * bend(r) + rest))
    power = power * power_of_two(half) * power_of_two(whole - half)
    return 0.0 if x < _LOWEST else math.inf if x > _HIGHEST else power


@inline(f8, f8)
def exp(x: float) -> float:
    """e to the power x: 0 far below, infinity far above, NaN for NaN."""
    return exp_of_sum(x, 0.0)


@inline(types.UniTuple(f8, 2), f8)
def _less_one(x: float) -> tuple[float, float]:
    """e^x - 1 as a sum of two, for x up to 700."""
    x = -50.0 if x < -50.0 else x
    r, rest, k = reduced(x, 0.0)
    scale = power_of_two(k)
    first = scale - 1.0
    high = first + scale * r
    low = (scale * r - (high - first)) + scale * (r * r * bend(r) + rest)
    total = high + low
    return total, (high - total) + low


@inline(f8, f8)
def expm1(x: float) -> float:
    """e^x - 1, exact for small x."""
    in_its_place()
    high, _ = _less_one(x if x < 40.0 else 40.0)
    near = high if x < 40.0 else exp(x)
    return x if abs(x) < 1e-300 or x != x else near


@inline(f8, f8)
def tanh(x: float) -> float:
    """The hyperbolic tangent: with t = e^(-2|x|) - 1, it is -t/(2 + t)."""
    size = abs(x)
    t, more = _less_one(-2.0 * size)
    below = 2.0 + t
    rest = ((2.0 - below) + t) + more
    q = -t / below
    p, left = product(q, below)
    value = q + (((-t - p) - left) - more - q * rest) / below
    return math.copysign(value if size > _TINY else size, x)


@inline(f8, f8, f8)
def _wings(x: float, sign: float) -> float:
    """(e^x + sign e^-x)/2 for x >= 0, from the even and the odd part of e^r."""
    in_its_place()
    r, rest, k = reduced(x if x < 711.0 else 0.0, 0.0)
    z = r * r
    c = 2.091819418411466e-09
    c = c * z + 2.7557263126199506e-07
    c = c * z + 2.4801587336585497e-05
    c = c * z + 0.001388888888887902
    c = c * z + 0.04166666666666668
    c = c * z + 0.5
    s = 1.608666557945468e-10
    s = s * z + 2.505207099238988e-08
    s = s * z + 2.7557319247314217e-06
    s = s * z + 0.00019841269841263263
    s = s * z + 0.008333333333333333
    s = s * z + 0.16666666666666666
    up = power_of_two(k - 2)  # halved once more, lest it be infinite
    down = sign * power_of_two(-2 - min(k, 200))  # beyond 2^200 it does not count
    even = up + down
    first = even + up * r
    second = first - down * r
    low = ((even - first) + up * r) + ((first - second) - down * r)
    low += even * (z * c + r * rest) + (up - down) * (r * z * s + rest)
    value = 2.0 * (second + low)
    return value if x <= _HIGHEST_COSH else math.inf if x == x else x


@inline(f8, f8)
def cosh(x: float) -> float:
    """The hyperbolic cosine."""
    in_its_place()
    return _wings(abs(x), 1.0)


@inline(f8, f8)
def sinh(x: float) -> float:
    """The hyperbolic sine."""
    in_its_place()
    size = abs(x)
    return math.copysign(_wings(size, -1.0) if size > _TINY else size, x)
