"""exp in plain arithmetic, so that loops over walkers vectorise: the C library's does not.

Its error is below one unit in the last place. The argument is first reduced, in parts so short that their
products are exact [Cody and Waite 1980], to r within ln(2)/2 of 0: exp(x) = 2^k exp(r). A polynomial does
the rest; its coefficients were fitted at Chebyshev's points with 40 digits, to errors below 2^-55.
"""

from __future__ import annotations

import math

from toylands.formula.bits import ROUND, ROUND_BITS, bits, power_of_two
from toylands.formula.compile import f8, inline

_LOG2_E = 1.4426950408889634
_LN2 = 0.6931471803691238, 1.9082149292705877e-10  # the first has 32 digits
_LOWEST, _HIGHEST = -745.2, 709.782712893384  # outside, exp is 0 or infinity


@inline(f8, f8)
def exp(x: float) -> float:
    """e to the power x: 0 far below, infinity far above, NaN for NaN."""
    shifted = x * _LOG2_E + ROUND
    k = shifted - ROUND
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
    whole = bits(shifted) - ROUND_BITS
    half = whole >> 1
    power = (1.0 + (r + (r * r * q + rest))) * power_of_two(half) * power_of_two(whole - half)
    return 0.0 if x < _LOWEST else math.inf if x > _HIGHEST else power
