"""The bits of a float, and products without a rounding error: what our own functions are made of."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from toylands.formula.compile import f8, i8, inline

#: added to a small number and subtracted again, it leaves the nearest whole number
ROUND = 1.5 * 2.0**52
#: the bits of that
ROUND_BITS = 0x4338000000000000


@intrinsic
def bits(typingctx: Any, x: Any) -> Any:
    """The 64 bits of a float, as an integer."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(64))

    return i8(f8), generate


@intrinsic
def from_bits(typingctx: Any, whole: Any) -> Any:
    """The float that has these 64 bits."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return f8(i8), generate


@inline(f8, i8)
def power_of_two(k: int) -> float:
    """2^k for a whole number from -1022 to 1023, put together from its bits."""
    return from_bits((k + 1023) << 52)


@inline(types.UniTuple(f8, 2), f8, f8)
def product(a: float, b: float) -> tuple[float, float]:
    """a*b rounded, and what the rounding left out [Dekker 1971]; |a| and |b| below 1e300."""
    t = 134217729.0 * a
    a1 = t - (t - a)
    a2 = a - a1
    t = 134217729.0 * b
    b1 = t - (t - b)
    b2 = b - b1
    p = a * b
    return p, a2 * b2 - (((p - a1 * b1) - a2 * b1) - a1 * b2)
