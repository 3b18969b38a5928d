"""Division by multiplication, for loops in which the processor's divider is the narrowest place.

A core divides and takes roots in one slow unit, while several others multiply and add. `quotient(a, b)`
begins with a guess at 1/b, an integer difference that is off by at most 6%, makes it exact to the last
digit by three polynomial steps, and corrects a * (1/b) by its own remainder, which fused multiply-add
keeps whole. Where that works the result is a/b, bit for bit as the processor rounds it.

It does not work where a, 1/b or a/b are below 1e-290 or 1/b is above 2e307: remainders, reciprocals or
results then have fewer than 53 digits. There (but for a = 0), and where a/b is infinite or nearly so, the
result is not finite: whoever calls must look, and divide where that happens.
[Markstein 1990, "Computation of elementary functions on the IBM RISC System/6000 processor"]
"""

from __future__ import annotations

import functools
import math
import platform
from typing import Any

import numba
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

#: bits of the guess: bits(1/b) are nearly this less bits(b), exponent and mantissa alike
GUESS = 0x7FDE000000000000
#: the first step y <- SCALE * y * (PIVOT - b*y); they even out its error, to 0.12%
PIVOT, SCALE = 1.970703125, 1.0311693458572877
#: numbers below have remainders without all their digits
LEAST = 1e-290
#: reciprocals above are those of divisors without all their digits, or nearly so
MOST = 2.0**1021


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
        result = builder.fma(builder.fma(less, first, above), y, first)
        # Comparisons and choices, lest a loop branch. The smallest of three is NaN only where the result is.
        size = ir.FunctionType(double, [double])
        absolute = cgutils.get_or_insert_function(builder.module, size, "llvm.fabs.f64")
        top, inverse, about = (builder.call(absolute, [value]) for value in (above, y, first))
        smallest = top
        for other in (inverse, about):
            lower = builder.fcmp_ordered("<", other, smallest)
            smallest = builder.select(lower, other, smallest)
        poor = builder.or_(
            builder.fcmp_ordered("<", smallest, ir.Constant(double, LEAST)),
            builder.fcmp_ordered(">", inverse, ir.Constant(double, MOST)),
        )
        nothing = builder.fcmp_ordered("==", above, ir.Constant(double, 0.0))
        instead = builder.select(nothing, first, ir.Constant(double, math.nan))
        return builder.select(poor, instead, result)

    return types.float64(types.float64, types.float64), generate
