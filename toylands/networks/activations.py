"""Activations and their first two derivatives, over a row of samples.

`tanh` and `exp` are our own, without branches and library calls, so that a row runs in vector registers:
numba has no vector mathematics library, and tanh is where a small network spends its time.
"""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from toylands.formula.compile import f8, inline, peek, poke, stage
from toylands.formula.error_function import erf, erfc
from toylands.formula.exponentials import exp
from toylands.formula.logarithms import log1p
from toylands.networks.plan import ACTIVATE

_LOG2E = 1.0 / math.log(2.0)
#: log 2 in two parts; the first has trailing zeros, so its product with a small integer is exact [fdlibm]
_LOG2_HIGH, _LOG2_LOW = float.fromhex("0x1.62e42feep-1"), float.fromhex("0x1.a39ef35793c76p-33")
#: adding it rounds to a whole number, which is then found in the lowest bits
_ROUND = 1.5 * 2.0**52
#: 1/n! from n = 13 down to 2: on |r| <= log(2)/2 the series stops at half a unit in the last place
_C13, _C12, _C11, _C10, _C9, _C8, _C7, _C6, _C5, _C4, _C3, _C2 = (
    1.0 / math.factorial(n) for n in range(13, 1, -1)
)
_SQRT_HALF, _PDF, _ERF_SLOPE = (
    math.sqrt(0.5),
    1.0 / math.sqrt(2.0 * math.pi),
    2.0 / math.sqrt(math.pi),
)


@intrinsic
def _power_of_two(typingctx: Any, rounded: Any) -> Any:
    """2^k, of k + _ROUND."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        whole = ir.IntType(64)
        bits = builder.shl(builder.bitcast(args[0], whole), whole(52))
        return builder.bitcast(builder.add(bits, whole(1023 << 52)), ir.DoubleType())

    return f8(f8), generate


@inline(f8, f8)
def _series(r):  # type: ignore[no-untyped-def]
    """e^r - 1 for |r| <= log(2)/2."""
    p = _C13 * r + _C12
    p = p * r + _C11
    p = p * r + _C10
    p = p * r + _C9
    p = p * r + _C8
    p = p * r + _C7
    p = p * r + _C6
    p = p * r + _C5
    p = p * r + _C4
    p = p * r + _C3
    p = p * r + _C2
    return p * r * r + r


@inline(f8, f8)
def exp_down(x):  # type: ignore[no-untyped-def]
    """e^x for x <= 0, within 2 units in the last place; 0 below -700, NaN for NaN."""
    y = -700.0 if x < -700.0 else x
    rounded = y * _LOG2E + _ROUND
    k = rounded - _ROUND
    p = _series((y - k * _LOG2_HIGH) - k * _LOG2_LOW)
    scale = _power_of_two(rounded)
    return 0.0 if x < -700.0 else scale * p + scale


@inline(types.UniTuple(f8, 2), f8)
def tanh(x):  # type: ignore[no-untyped-def]
    """tanh x and its slope 1/cosh(x)^2, within 3 and 5 units in the last place; NaN for NaN.

    With t = e^(-2|x|) - 1 they are -t/(2 + t), with the sign of x, and 4 (1 + t)/(2 + t)^2: the first
    has no cancellation near 0, the second none far out, where 1 - tanh(x)^2 would lose all digits.
    """
    y = -2.0 * abs(x)
    far = y < -700.0
    y = -700.0 if far else y
    rounded = y * _LOG2E + _ROUND
    k = rounded - _ROUND
    p = _series((y - k * _LOG2_HIGH) - k * _LOG2_LOW)
    scale = 0.0 if far else _power_of_two(rounded)
    t = scale * p + (scale - 1.0)
    share = 1.0 / (2.0 + t)
    return math.copysign(t * share, x), 4.0 * (scale * p + scale) * share * share


@inline(types.UniTuple(f8, 2), f8)
def sigmoid(x):  # type: ignore[no-untyped-def]
    """1/(1 + e^-x) and its slope, within 3 and 5 units in the last place; NaN for NaN."""
    small = exp_down(-abs(x))
    share = 1.0 / (1.0 + small)
    return (small if x < 0.0 else 1.0) * share, small * share * share


@inline(f8, f8)
def softplus(x):  # type: ignore[no-untyped-def]
    """log(1 + e^x), without overflow; NaN for NaN."""
    return (0.0 if x < 0.0 else x) + log1p(exp(-abs(x)))


# Each of these replaces a row of pre-activations z by phi(z), and gives phi'(z) and phi''(z).


@stage(ACTIVATE)
def _tanh(a, d1, d2, count):  # type: ignore[no-untyped-def]
    for s in range(count):
        value, slope = tanh(peek(a, s))
        poke(a, s, value)
        poke(d1, s, slope)
        poke(d2, s, -2.0 * value * slope)


@stage(ACTIVATE)
def _sigmoid(a, d1, d2, count):  # type: ignore[no-untyped-def]
    for s in range(count):
        value, slope = sigmoid(peek(a, s))
        poke(a, s, value)
        poke(d1, s, slope)
        poke(d2, s, slope * (1.0 - 2.0 * value))


@stage(ACTIVATE)
def _relu(a, d1, d2, count):  # type: ignore[no-untyped-def]
    # At its kink, z = 0, the derivative is taken as 0; the second derivative is 0 everywhere.
    for s in range(count):
        z = peek(a, s)
        poke(a, s, 0.0 if z <= 0.0 else z)
        poke(d1, s, 1.0 if z > 0.0 else 0.0)
        poke(d2, s, 0.0)


@stage(ACTIVATE)
def _softplus(a, d1, d2, count):  # type: ignore[no-untyped-def]
    for s in range(count):
        slope, change = sigmoid(peek(a, s))
        poke(d1, s, slope)
        poke(d2, s, change)
    for s in range(count):
        poke(a, s, softplus(peek(a, s)))


@stage(ACTIVATE)
def _erf(a, d1, d2, count):  # type: ignore[no-untyped-def]
    for s in range(count):
        z = peek(a, s)
        slope = _ERF_SLOPE * exp_down(-z * z)
        poke(d1, s, slope)
        poke(d2, s, -2.0 * z * slope)
    for s in range(count):
        poke(a, s, erf(peek(a, s)))


@stage(ACTIVATE)
def _gelu(a, d1, d2, count):  # type: ignore[no-untyped-def]
    for s in range(count):
        z = peek(a, s)
        below = 0.5 * erfc(-z * _SQRT_HALF)
        density = _PDF * exp_down(-0.5 * z * z)
        poke(a, s, z * below)
        poke(d1, s, below + z * density)
        poke(d2, s, (2.0 - z * z) * density)


@stage(ACTIVATE)
def _identity(a, d1, d2, count):  # type: ignore[no-untyped-def]
    for s in range(count):
        poke(d1, s, 1.0)
        poke(d2, s, 0.0)


#: activation -> the part that computes it
STAGES = {
    "identity": _identity,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "relu": _relu,
    "softplus": _softplus,
    "erf": _erf,
    "gelu": _gelu,
}
