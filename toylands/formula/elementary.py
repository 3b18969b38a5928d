"""exp, sin and cos in plain arithmetic, so that loops over walkers vectorise: the C library's do not.

Their errors are about one unit in the last place at most, like the C library's. An argument is first
reduced, in parts so short that their products are exact [Cody and Waite 1980]: to r within ln(2)/2 of 0
for exp(x) = 2^k exp(r), to y within pi/4 of 0 for sin(x) = +-sin(y) or +-cos(y). A polynomial does the
rest; its coefficients were fitted at Chebyshev's points with 40 digits, to errors below 2^-55.

`quick_sin` and `quick_cos` are right up to an absolute argument of `toylands.formula.codegen.FAR`, where
a multiple of pi/2 still has at most 20 binary digits. Beyond, their result means nothing: a kernel that
meets such an argument does its block again with the C library's functions.
"""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir
from numba.extending import intrinsic

from toylands.formula.compile import f8, i8, inline

__all__ = ["QUICK", "quick_cos", "quick_exp", "quick_sin"]

#: what generated code may call
QUICK = ("quick_cos", "quick_exp", "quick_sin")
#: added to a small number and subtracted again, it leaves the nearest whole number
_ROUND = 1.5 * 2.0**52
_LOG2_E = 1.4426950408889634
_LN2 = 0.6931471803691238, 1.9082149292705877e-10  # the first has 32 digits
_LOWEST, _HIGHEST = -745.2, 709.782712893384  # outside, exp is 0 or infinity
_TWO_OVER_PI = 0.6366197723675814
_HALF_PI = (
    1.5707963267341256,
    6.077100506303966e-11,
    2.0222662487959506e-21,
)  # 33 digits, 33, the rest


@intrinsic
def _bits(typingctx: Any, x: Any) -> Any:
    """The 64 bits of a float, as an integer."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(64))

    return i8(f8), generate


@intrinsic
def _power_of_two(typingctx: Any, k: Any) -> Any:
    """2^k for a whole number from -1022 to 1023, put together from its bits."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        long = ir.IntType(64)
        exponent = builder.add(args[0], ir.Constant(long, 1023))
        return builder.bitcast(builder.shl(exponent, ir.Constant(long, 52)), ir.DoubleType())

    return f8(i8), generate


@inline(f8, f8)
def quick_exp(x: float) -> float:
    """e to the power x: 0 far below, infinity far above, NaN for NaN."""
    shifted = x * _LOG2_E + _ROUND
    k = shifted - _ROUND
    high, low = x - k * _LN2[0], k * _LN2[1]
    r = high - low
    rest = (high - r) - low
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
    q = q * r + 0.5
    # In two factors: 2^k itself may be too large for a float, or too small.
    whole = _bits(shifted) - _bits(_ROUND)
    half = whole >> 1
    power = (1.0 + (r + (r * r * q + rest))) * _power_of_two(half) * _power_of_two(whole - half)
    # What is out of range is said, not left to the product, which may be fused with a sum that follows.
    return 0.0 if x < _LOWEST else math.inf if x > _HIGHEST else power


@inline(f8, f8, i8)
def _wave(x: float, quarter: int) -> float:
    """sin(x + quarter * pi/2)."""
    shifted = x * _TWO_OVER_PI + _ROUND
    n = shifted - _ROUND
    # x - n pi/2 in two parts, y and what that leaves: near a multiple of pi/2 most digits of x cancel.
    t = x - n * _HALF_PI[0]
    w = n * _HALF_PI[1]
    r = t - w
    w = n * _HALF_PI[2] - ((t - r) - w)
    y = r - w
    rest = (r - y) - w
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
    turns = _bits(shifted) + quarter
    result = cosine if turns & 1 else sine
    return -result if turns & 2 else result


@inline(f8, f8)
def quick_sin(x: float) -> float:
    """The sine of x, for arguments up to `codegen.FAR`."""
    return _wave(x, 0)


@inline(f8, f8)
def quick_cos(x: float) -> float:
    """The cosine of x, for arguments up to `codegen.FAR`."""
    return _wave(x, 1)
