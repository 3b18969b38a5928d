"""log, log1p and pow in plain arithmetic, with errors below one unit in the last place.

With x = 2^k (1 + f), 1 + f between sqrt(1/2) and sqrt(2), and s = f/(2 + f), log(1 + f) is 2 artanh(s): an
odd polynomial in s, whose coefficients were fitted at Chebyshev's points with 40 digits. `pow` multiplies
the logarithm by up to 700 and more, so it carries it as a sum of two floats.
"""

from __future__ import annotations

import math

from numba import types

from toylands.formula.bits import ROUND, ROUND_BITS, bits, from_bits, product
from toylands.formula.compile import f8, inline
from toylands.formula.exponentials import exp_of_sum

_LN2 = 0.6931471803691238, 1.9082149292705877e-10  # the first has 32 digits
_SMALLEST = 2.2250738585072014e-308  # with all its digits
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_THIRD = 0.3333333333333333, 1.850371707708594e-17


@inline(types.UniTuple(f8, 2), f8)
def _apart(x: float) -> tuple[float, float]:
    """k and f of a positive x = 2^k (1 + f)."""
    few = x < _SMALLEST
    whole = bits(x * 18014398509481984.0 if few else x)  # 2^54
    k = (whole - _SQRT_HALF_BITS) >> 52
    f = from_bits(whole - (k << 52)) - 1.0
    number = from_bits(ROUND_BITS + k) - ROUND
    return number - 54.0 if few else number, f


@inline(f8, f8, f8, f8)
def _together(k: float, f: float, more: float) -> float:
    """k ln(2) + log(1 + f) + more."""
    s = f / (2.0 + f)
    z = s * s
    p = 0.14617083050060897
    p = p * z + 0.15331669677304258
    p = p * z + 0.18182890716839728
    p = p * z + 0.22222211112316465
    p = p * z + 0.2857142862612016
    p = p * z + 0.3999999999989915
    p = p * z + 0.666666666666667
    h = 0.5 * f * f  # 2 s = f - h + s h
    return k * _LN2[0] - ((h - (s * (h + z * p) + (k * _LN2[1] + more))) - f)


@inline(f8, f8)
def log(x: float) -> float:
    """The natural logarithm: minus infinity at 0, NaN below."""
    k, f = _apart(x)
    value = _together(k, f, 0.0)
    value = value if x < math.inf else x
    return value if x > 0.0 else -math.inf if x == 0.0 else math.nan


@inline(f8, f8)
def log1p(x: float) -> float:
    """log(1 + x), exact for small x: minus infinity at -1, NaN below."""
    u = 1.0 + x
    left_out = 1.0 - (u - x) if x > 1.0 else x - (u - 1.0)
    k, f = _apart(u)
    value = _together(k, f, left_out / u)
    value = value if x < math.inf else x
    value = value if abs(x) > 1e-300 else x
    return value if x > -1.0 else -math.inf if x == -1.0 else math.nan


@inline(types.UniTuple(f8, 2), f8)
def _log_in_two(x: float) -> tuple[float, float]:
    """log(x) of a positive number as a sum of two, with an error of 2^-64 of its size."""
    k, f = _apart(x)
    below = 2.0 + f
    rest = f - (below - 2.0)
    s = f / below
    p, e = product(s, below)
    s_low = (((f - p) - e) - s * rest) / below
    z, z_low = product(s, s)
    z_low += 2.0 * s * s_low
    q = 0.05381455995262955
    q = q * z + 0.05228136399923701
    q = q * z + 0.05883407795324175
    q = q * z + 0.06666648238061115
    q = q * z + 0.07692307880967407
    q = q * z + 0.09090909089825717
    q = q * z + 0.11111111111114225
    q = q * z + 0.14285714285714282
    q = q * z + 0.2
    third, third_low = product(z, _THIRD[0])
    third_low += z * _THIRD[1] + z_low * _THIRD[0]
    u = 1.0 + third
    u_low = ((1.0 - u) + third) + (third_low + z * z * q)
    a, a_low = product(s, u)
    a_low += s * u_low + s_low * u
    first = k * _LN2[0]
    high = first + 2.0 * a
    low = ((first - high) + 2.0 * a) + (2.0 * a_low + k * _LN2[1])
    total = high + low
    return total, (high - total) + low


@inline(f8, f8, f8)
def pow(x: float, y: float) -> float:
    """x to the power y; NaN where x is negative and y no whole number. 1 where y is 0 or x is 1."""
    if y == 0.0 or x == 1.0:
        return 1.0
    if x != x or y != y:
        return math.nan
    size = abs(x)
    if size == 0.0 or size == math.inf:
        value = math.inf if (y > 0.0) == (size > 0.0) else 0.0
    else:
        high, low = _log_in_two(size)
        times = min(max(y, -1e20), 1e20)  # beyond, the result is 0, 1 or infinity
        p, e = product(high, times)
        value = exp_of_sum(p, e + low * times)
    if math.copysign(1.0, x) > 0.0:
        return value
    large = abs(y) >= 9007199254740992.0  # 2^53: an even number
    whole = large or math.floor(y) == y
    odd = not large and whole and 2.0 * math.floor(0.5 * y) != y
    if x < 0.0 and size < math.inf and not whole:
        return math.nan
    return -value if odd else value
