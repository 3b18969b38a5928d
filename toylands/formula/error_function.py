"""erf and erfc in plain arithmetic, with errors below one unit in the last place.

Near 0, erf(x) is x plus an odd polynomial. Farther out, erfc(x) = exp(-x^2) h(x)/(1 + 2x), where h lies
between 1.1 and 1.3 and is a polynomial in t = (x - 4)/(x + 4): one below 4, another above, which begin
with the same two terms. The coefficients were fitted at Chebyshev's points with 40 digits. Square,
exponential, h, product and quotient each carry what rounding leaves out. Both ranges are computed and one
of the results is taken: without a branch, a loop over walkers vectorises.
"""

from __future__ import annotations

import math

from toylands.formula.bits import in_its_place, power_of_two, product
from toylands.formula.compile import f8, inline
from toylands.formula.exponentials import bend, reduced

#: (1 + 2x) exp(x^2) erfc(x) at x = 4, as a float and what that leaves
_AT_FOUR = 1.2329951186255526, -4.625318921008717e-17


@inline(f8, f8)
def _more_than_x(x: float) -> float:
    """erf(x) - x for |x| <= 5/8."""
    in_its_place()
    z = x * x
    p = 1.2390748162966314e-08
    p = p * z - 1.6147827533952162e-07
    p = p * z + 1.6450821153970744e-06
    p = p * z - 1.4925284787957389e-05
    p = p * z + 0.00012055325355505766
    p = p * z - 0.0008548326921091113
    p = p * z + 0.005223977624584699
    p = p * z - 0.026866170645089314
    p = p * z + 0.1128379167095502
    p = p * z - 0.37612638903183754
    p = p * z + 0.1283791670955126
    return x * p


@inline(f8, f8)
def _tail(size: float) -> float:
    """erfc(size) for 5/8 <= size; NaN for NaN."""
    in_its_place()
    x = 28.0 if size > 28.0 else 0.625 if size < 0.625 else size  # erfc(28) is 0 in 64 bits
    t = (x - 4.0) / (x + 4.0)
    near = t < 0.0
    p = 2.8202707928783815e-06 if near else -1.3771621003416265e-06
    p = p * t + (1.013019771803065e-05 if near else 7.978397993721307e-06)
    p = p * t + (-4.901490353438089e-06 if near else -1.4375751234150395e-05)
    p = p * t + (-1.6788607906997794e-05 if near else -2.0108291528813495e-05)
    p = p * t + (0.00015774862012116151 if near else 0.000146079264729326)
    p = p * t + (-0.0001943292021449287 if near else -0.00019582434505093687)
    p = p * t + (-0.000755302136073792 if near else -0.0007596080088044897)
    p = p * t + (0.0050328629262804065 if near else 0.005032666185673908)
    p = p * t + (-0.016197503608220885 if near else -0.01619792111016353)
    p = p * t + (0.03716755729547896 if near else 0.037167550638535315)
    p = p * t + (-0.06633036065556466 if near else -0.06633037028673264)
    p = p * t + (0.09373283541152887 if near else 0.09373283536792901)
    p = p * t + (-0.10103906601649476 if near else -0.10103906605458346)
    p = p * t + (0.06809705425518767 if near else 0.06809705425516134)
    p = p * t + (0.015379652102624921 if near else 0.015379652102615297)
    p = (p * t - 0.1396211168405625) * t
    h = _AT_FOUR[0] + p
    h_low = ((_AT_FOUR[0] - h) + p) + _AT_FOUR[1]
    square, left_out = product(x, x)
    r, rest, k = reduced(-square, -left_out)
    e = 1.0 + r
    e_low = ((1.0 - e) + r) + (r * r * bend(r) + rest)
    above, above_low = product(e, h)
    above_low += e * h_low + e_low * h
    below = 1.0 + 2.0 * x
    part = below - 1.0
    below_low = (1.0 - (below - part)) + (2.0 * x - part)
    share = 1.0 / below
    whole, left = product(share, below)
    wrong = ((1.0 - whole) - left) - share * below_low
    q, q_low = product(above, share)
    q += q_low + (above_low + above * wrong) * share
    half = k >> 1
    return q * power_of_two(half) * power_of_two(k - half)


@inline(f8, f8)
def erf(x: float) -> float:
    """The error function."""
    in_its_place()
    size = abs(x)
    far = math.copysign(1.0 - _tail(size), x)
    near = x + _more_than_x(x)
    return far if size > 0.625 else near


@inline(f8, f8)
def erfc(x: float) -> float:
    """1 - erf(x), to the last digit where it is tiny."""
    in_its_place()
    size = abs(x)
    tail = _tail(size)
    a = 1.0 - x
    part = a - 1.0
    near = a + (((1.0 - (a - part)) - (x + part)) - _more_than_x(x))
    far = tail if x > 0.0 else 2.0 - tail
    return far if size > 0.625 else near
