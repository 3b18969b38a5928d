"""Division by multiplication, for loops in which the processor's divider is the narrowest place.

A core divides and takes roots in one slow unit, while several others multiply and add. `quotient(a, b)`
begins with a guess at 1/b, an integer difference that is off by at most 6%, makes it exact to the last
digit by three polynomial steps, and corrects a * (1/b) by its own remainder, which fused multiply-add
keeps whole. Where a, b and a/b are normal numbers (to be safe: between 1e-290 and 1e307), the result is
a/b, rounded as the processor rounds it.

Where b or a/b is 0, infinite or nearly so, the result may be infinite or not a number instead of a/b:
whoever calls must look, and divide where that happens. It is no other number than a/b but for divisors
with less than 53 digits left (below 2.3e-308), where the last 30 of the result's digits may be wrong.
[Markstein 1990, "Computation of elementary functions on the IBM RISC System/6000 processor"]
"""

from __future__ import annotations

import functools
import platform
from typing import Any

import numba
from llvmlite import binding, ir
from numba import types
from numba.extending import intrinsic

#: bits of the guess: bits(1/b) are nearly this less bits(b), exponent and mantissa alike
GUESS = 0x7FDE000000000000
#: the first step y <- SCALE * y * (PIVOT - b*y); they even out its error, to 0.12%
PIVOT, SCALE = 1.970703125, 1.0311693458572877


@functools.cache
def fused() -> bool:
    """Whether the processor multiplies and adds at once (else `quotient` is a division)."""
    if numba.config.CPU_NAME or numba.config.CPU_FEATURES:  # compiling for another one
        return False
    if platform.machine().lower() in ("arm64", "aarch64"):
        return True
    return bool(binding.get_host_cpu_features().get("fma"))


@intrinsic
def quotient(typingctx: Any, a: Any, b: Any) -> Any:
    """a / b by multiplication; not finite where that does not work."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        double, long = ir.DoubleType(), ir.IntType(64)
        above, below = args
        if not fused():
            return builder.fdiv(above, below)
        less = builder.fneg(below)
        guess = builder.sub(ir.Constant(long, GUESS), builder.bitcast(below, long))
        y = builder.bitcast(guess, double)
        y = builder.fmul(y, builder.fma(less, y, ir.Constant(double, PIVOT)))
        y = builder.fmul(y, ir.Constant(double, SCALE))
        # With the error e = 1 - b*y: 1/b = y (1 + e) (1 + e^2) (1 + e^4) ...
        error = builder.fma(less, y, ir.Constant(double, 1.0))
        y = builder.fma(y, error, y)
        y = builder.fma(y, builder.fmul(error, error), y)
        y = builder.fma(y, builder.fma(less, y, ir.Constant(double, 1.0)), y)
        # The steps find the float nearest to 1/b but for one b: where its 53 digits are all ones, 1/b lies
        # just above the middle of two floats and is rounded to the lower.
        ones = builder.or_(builder.bitcast(below, long), ir.Constant(long, -(1 << 52)))
        next_y = builder.bitcast(
            builder.add(builder.bitcast(y, long), ir.Constant(long, 1)), double
        )
        y = builder.select(builder.icmp_signed("==", ones, ir.Constant(long, -1)), next_y, y)
        first = builder.fmul(above, y)
        return builder.fma(builder.fma(less, first, above), y, first)

    return types.float64(types.float64, types.float64), generate
