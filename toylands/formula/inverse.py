"""atan, asin and acos in plain arithmetic, so that loops over walkers vectorise.

The error of atan is below one unit in the last place, that of the others below four.

With the nearest c of 0, 1/2, 1, 2 and infinity, atan(x) = atan(c) + atan((x - c)/(1 + c x)). What is left is
at most 3/8, and an odd polynomial does the rest; its coefficients were fitted at Chebyshev's points with 40
digits.
"""

from __future__ import annotations

import math

from toylands.formula.compile import f8, inline


@inline(f8, f8)
def atan(x: float) -> float:
    """The inverse tangent, in radians."""
    size = abs(x)
    # The angle atan(c), as a float and what that leaves, and the fraction.
    high, low, above, below = 0.0, 0.0, size, 1.0
    if size > 0.375:
        high, low, above, below = (
            0.4636476090008061,
            2.2698777452961687e-17,
            size - 0.5,
            1.0 + 0.5 * size,
        )
    if size > 0.75:
        high, low, above, below = 0.7853981633974483, 3.061616997868383e-17, size - 1.0, 1.0 + size
    if size > 1.5:
        high, low, above, below = (
            1.1071487177940904,
            9.40447137356638e-17,
            size - 2.0,
            1.0 + 2.0 * size,
        )
    if size > 3.0:
        high, low, above, below = 1.5707963267948966, 6.123233995736766e-17, -1.0, size
    t = above / below
    z = t * t
    p = 0.025825553977538544
    p = p * z - 0.046872947904251165
    p = p * z + 0.05792703355867746
    p = p * z - 0.0665801240104665
    p = p * z + 0.07691783810944292
    p = p * z - 0.09090889636357838
    p = p * z + 0.11111110694073655
    p = p * z - 0.14285714281157913
    p = p * z + 0.19999999999980633
    p = p * z - 0.3333333333333332
    return math.copysign(high + (t + (t * z * p + low)), x)


@inline(f8, f8)
def asin(x: float) -> float:
    """The inverse sine, in radians; NaN beyond 1."""
    return atan(x / math.sqrt((1.0 - x) * (1.0 + x)))


@inline(f8, f8)
def acos(x: float) -> float:
    """The inverse cosine, in radians; NaN beyond 1."""
    return 2.0 * atan(math.sqrt((1.0 - x) / (1.0 + x)))
