"""erf and erfc in plain arithmetic, with errors below 1 and 1.2 units in the last place.

Near 0, erf(x) is x plus an odd polynomial. Farther out, erfc(x) = exp(-x^2) h(x)/(1 + 2x), where h lies
between 1.1 and 1.3 and is a polynomial in (x - 3)/(x + 3). The coefficients were fitted at Chebyshev's
points with 40 digits. Square, exponential, product and quotient each carry what rounding leaves out.
"""

from __future__ import annotations

import math

from toylands.formula.bits import power_of_two, product
from toylands.formula.compile import f8, inline
from toylands.formula.exponentials import bend, reduced


@inline(f8, f8)
def _more_than_x(x: float) -> float:
    """erf(x) - x for |x| <= 3/4."""
    z = x * x
    p = -4.230945822299619e-12
    p = p * z + 8.70904512770522e-11
    p = p * z - 1.2164560056878832e-09
    p = p * z + 1.4792401209333676e-08
    p = p * z - 1.636464215815949e-07
    p = p * z + 1.6462045441467787e-06
    p = p * z - 1.4925647567519298e-05
    p = p * z + 0.00012055332902888734
    p = p * z - 0.000854832702193483
    p = p * z + 0.0052239776254232985
    p = p * z - 0.02686617064512984
    p = p * z + 0.1128379167095512
    p = p * z - 0.37612638903183754
    p = p * z + 0.1283791670955126
    return x * p


@inline(f8, f8)
def _tail(x: float) -> float:
    """erfc(x) for 3/4 <= x <= 28."""
    t = (x - 3.0) / (x + 3.0)
    p = -1.479948574142709e-09
    p = p * t - 1.6027873553056662e-08
    p = p * t + 3.0895717888953475e-08
    p = p * t + 1.1000666228859783e-07
    p = p * t - 1.344386750582992e-07
    p = p * t - 6.247534763457441e-07
    p = p * t + 3.548791038362419e-07
    p = p * t + 3.4767491245789703e-06
    p = p * t - 7.316492809111557e-07
    p = p * t - 2.0101984811096366e-05
    p = p * t + 4.949742448402626e-06
    p = p * t + 0.00012509964930784573
    p = p * t - 0.00010515987816630848
    p = p * t - 0.000779832312377525
    p = p * t + 0.0018886903708064742
    p = p * t + 0.002529391819514475
    p = p * t - 0.023770514919529046
    p = p * t + 0.06830802734380538
    p = p * t - 0.11927366341527743
    p = p * t + 0.12964515870276488
    p = p * t - 0.04756229435345115
    p = p * t - 0.1356211061245812
    p = p * t
    h = 1.2530080582697296 + p
    h_low = (1.2530080582697296 - h) + p
    square, left_out = product(x, x)
    r, rest, k = reduced(-square, -left_out)
    e = 1.0 + r
    e_low = ((1.0 - e) + r) + (r * r * bend(r) + rest)
    above, above_low = product(e, h)
    above_low += e * h_low + e_low * h
    below = 1.0 + 2.0 * x
    part = below - 1.0
    below_low = (1.0 - (below - part)) + (2.0 * x - part)
    q = above / below
    whole, rest = product(q, below)
    q = q + ((((above - whole) - rest) + above_low) - q * below_low) / below
    half = k >> 1
    return q * power_of_two(half) * power_of_two(k - half)


@inline(f8, f8)
def erf(x: float) -> float:
    """The error function."""
    size = abs(x)
    if size <= 0.75:
        return x + _more_than_x(x)
    if size < 6.0:
        return math.copysign(1.0 - _tail(size), x)
    return math.copysign(1.0, x) if x == x else x


@inline(f8, f8)
def erfc(x: float) -> float:
    """1 - erf(x), to the last digit where it is tiny."""
    if x > 28.0:
        return 0.0
    if x > 0.75:
        return _tail(x)
    if x >= -0.75:
        a = 1.0 - x
        part = a - 1.0
        return a + (((1.0 - (a - part)) - (x + part)) - _more_than_x(x))
    return 1.0 - erf(x)
