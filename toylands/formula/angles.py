"""sin and cos in plain arithmetic, at any angle.

Their errors are about one unit in the last place at most, like the C library's. An angle is first reduced
to y within pi/4 of 0, with sin(x) = +-sin(y) or +-cos(y); polynomials do the rest. Their coefficients were
fitted at Chebyshev's points with 40 digits, to errors below 2^-55.

`quick_sin` and `quick_cos` run in vector registers. They subtract a multiple of pi/2 in parts so short that
the products are exact [Cody and Waite 1980], which works up to an absolute argument of `FAR`: there the
multiple still has at most 20 binary digits. Beyond, their result means nothing. `sin` and `cos` are the
same up to there, to the last bit; beyond, they multiply by as many digits of 2/pi as it takes
[Payne and Hanek 1983]. A kernel that meets a far angle does its block again with them, and nobody else's
numbers change.
"""

from __future__ import annotations

import math

import numpy as np
from numba import types

from toylands.formula.bits import ROUND, bits, product
from toylands.formula.compile import FAR, f8, i8, inline

_TWO_OVER_PI = 0.6366197723675814
_HALF_PI = (
    1.5707963267341256,
    6.077100506303966e-11,
    2.0222662487959506e-21,
)  # 33 digits, 33, the rest
#: pi/2 to 106 binary digits
_HALF_PI_HIGH, _HALF_PI_LOW = 1.5707963267948966, 6.123233995736766e-17
#: 2/pi to 1,248 binary digits, in pieces of 24: as many as the largest floats need
_PIECE = 16777216.0
_DIGITS = (
    "a2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2"
    "e006492eea09d1921cfe1deb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d6398353"
    "39f49c845f8bbdf9283b1ff897ffde05980fef2f118b5a0a6d1f6d367ecf27cb09b74f463f669e"
    "5fea2d7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d0856033046fc7b6babf0cfbc20"
)
_PIECES = np.array([float(int(_DIGITS[i : i + 6], 16)) for i in range(0, len(_DIGITS), 6)])


@inline(f8, f8, f8, i8)
def _near(y: float, rest: float, turns: int) -> float:
    """sin(y + rest + turns * pi/2) for |y| <= pi/4 and a tiny rest."""
    z = y * y
    s = 1.591810123027412e-10
    s = s * z - 2.5051131455427946e-08
    s = s * z + 2.755731610068303e-06
    s = s * z - 0.0001984126983675497
    s = s * z + 0.008333333333330946
    s = s * z - 0.16666666666666666
    sine = y + (y * z * s + rest * (1.0 - 0.5 * z))
    c = -1.1382614868556325e-11
    c = c * z + 2.0876146024689747e-09
    c = c * z - 2.7557317270560326e-07
    c = c * z + 2.4801587298763433e-05
    c = c * z - 0.0013888888888887395
    c = c * z + 0.041666666666666664
    first = 1.0 - 0.5 * z
    cosine = first + (((1.0 - first) - 0.5 * z) + (z * z * c - y * rest))
    result = cosine if turns & 1 else sine
    return -result if turns & 2 else result


@inline(types.Tuple((f8, f8, i8)), f8)
def _reduced(x: float) -> tuple[float, float, int]:
    """y and rest with x = y + rest + turns * pi/2, up to `FAR`; of turns the last two bits count."""
    shifted = x * _TWO_OVER_PI + ROUND
    n = shifted - ROUND
    # x - n pi/2 in two parts, y and what that leaves: near a multiple of pi/2 most digits of x cancel.
    t = x - n * _HALF_PI[0]
    w = n * _HALF_PI[1]
    r = t - w
    w = n * _HALF_PI[2] - ((t - r) - w)
    y = r - w
    return y, (r - y) - w, bits(shifted)


@inline(f8, *[f8] * 4, i8)
def _digit(m0: float, m1: float, m2: float, m3: float, at: int) -> float:
    """One digit of the product, to the base 2^24, before anything is carried."""
    total = 0.0
    total += m0 * _PIECES[at - 1] if at >= 1 else 0.0
    total += m1 * _PIECES[at - 2] if at >= 2 else 0.0
    total += m2 * _PIECES[at - 3] if at >= 3 else 0.0
    total += m3 * _PIECES[at - 4] if at >= 4 else 0.0
    return total


@inline(types.Tuple((f8, f8, i8)), f8)
def _reduced_from_far(x: float) -> tuple[float, float, int]:
    """The same for any finite |x| > 1.

    With x = m0 2^(24 k) + m1 2^(24 (k-1)) + ..., four whole numbers below 2^24, x * 2/pi modulo 2^24 is a
    sum of products with the pieces of 2/pi from number k - 3 on. Eight digits after the point leave no
    error that counts: no float is nearer to a multiple of pi/2 than 2^-62 of a quarter turn.
    """
    k, left = 0, abs(x)
    while left >= _PIECE:
        left /= _PIECE
        k += 1
    m0 = math.floor(left)
    left = (left - m0) * _PIECE
    m1 = math.floor(left)
    left = (left - m1) * _PIECE
    m2 = math.floor(left)
    m3 = (left - m2) * _PIECE
    p0, p1, p2, p3, p4, p5, p6 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    carry = 0.0
    for s in range(8, -1, -1):  # from the last digit to the units
        digit = _digit(m0, m1, m2, m3, k + s) + carry
        carry = math.floor(digit / _PIECE)
        p6, p5, p4, p3, p2, p1, p0 = p5, p4, p3, p2, p1, p0, digit - carry * _PIECE
    turns = p0 - 4.0 * math.floor(p0 / 4.0)
    first = (p1 + p2 / _PIECE) / _PIECE
    if first >= 0.5:
        first -= 1.0
        turns += 1.0
    second = (p3 + p4 / _PIECE) / _PIECE / _PIECE / _PIECE
    third = (p5 + p6 / _PIECE) / _PIECE / _PIECE / _PIECE / _PIECE / _PIECE
    a = first + second
    b = ((first - a) + second) + third
    high = a + b
    low = (a - high) + b
    y, rest = product(high, _HALF_PI_HIGH)
    rest += high * _HALF_PI_LOW + low * _HALF_PI_HIGH
    total = y + rest
    rest = (y - total) + rest
    if x < 0.0:
        return -total, -rest, -int(turns)
    return total, rest, int(turns)


@inline(types.Tuple((f8, f8, i8)), f8)
def _reduced_from_anywhere(x: float) -> tuple[float, float, int]:
    if abs(x) <= FAR:
        return _reduced(x)
    if abs(x) < math.inf:
        return _reduced_from_far(x)
    return math.nan, math.nan, 0


@inline(f8, f8)
def quick_sin(x: float) -> float:
    """The sine of x, for arguments up to `FAR`."""
    y, rest, turns = _reduced(x)
    return _near(y, rest, turns)


@inline(f8, f8)
def quick_cos(x: float) -> float:
    """The cosine of x, for arguments up to `FAR`."""
    y, rest, turns = _reduced(x)
    return _near(y, rest, turns + 1)


@inline(f8, f8)
def sin(x: float) -> float:
    """The sine of x; NaN where x is infinite."""
    y, rest, turns = _reduced_from_anywhere(x)
    return _near(y, rest, turns)


@inline(f8, f8)
def cos(x: float) -> float:
    """The cosine of x; NaN where x is infinite."""
    y, rest, turns = _reduced_from_anywhere(x)
    return _near(y, rest, turns + 1)


@inline(f8, f8)
def tan(x: float) -> float:
    """The tangent of x, within two units in the last place; NaN where x is infinite."""
    return sin(x) / cos(x)
