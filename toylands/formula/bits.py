"""The bits of a float, and products without a rounding error: what our own functions are made of."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from toylands.formula.compile import f8, i8, inline
from toylands.formula.division import fused

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


@intrinsic
def in_its_place(typingctx: Any) -> Any:
    """Let the function in which this is called be written into every caller, however long it is.

    A loop with a call in it isn't vectorised, and LLVM leaves the longer ones of our functions to be called.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.function.attributes.add("alwaysinline")
        return context.get_dummy_value()

    return types.void(), generate


@inline(f8, i8)
def power_of_two(k: int) -> float:
    """2^k for a whole number from -1022 to 1023, put together from its bits."""
    return from_bits((k + 1023) << 52)


@intrinsic
def product(typingctx: Any, a: Any, b: Any) -> Any:
    """a*b rounded, and what the rounding left out; |a| and |b| below 1e300, |a*b| above 1e-290.

    What is left out is itself a float. A fused multiply-add finds it at once, halves of the digits
    [Dekker 1971] where the processor has none: to the same last bit.
    """

    def halves(builder: Any, x: Any) -> tuple[Any, Any]:
        t = builder.fmul(x, ir.Constant(ir.DoubleType(), 134217729.0))  # 2^27 + 1
        high = builder.fsub(t, builder.fsub(t, x))
        return high, builder.fsub(x, high)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        rounded = builder.fmul(*args)
        if fused():
            rest = builder.fma(*args, builder.fneg(rounded))
        else:
            (a1, a2), (b1, b2) = halves(builder, args[0]), halves(builder, args[1])
            rest = builder.fsub(rounded, builder.fmul(a1, b1))
            rest = builder.fsub(rest, builder.fmul(a2, b1))
            rest = builder.fsub(rest, builder.fmul(a1, b2))
            rest = builder.fsub(builder.fmul(a2, b2), rest)
        return context.make_tuple(builder, signature.return_type, (rounded, rest))

    return types.UniTuple(f8, 2)(f8, f8), generate
