"""Forms of everyday expressions that keep their digits where the plain ones subtract or overflow."""

from __future__ import annotations

import math


def lost(kept: float, steps: float) -> float:
    """1 - kept^steps for kept from 0 to 1: what is forgotten in so many steps."""
    if kept < 0.5:
        return 1 - kept**steps
    return -math.expm1(steps * math.log1p(kept - 1))


def shrunk(step: float, times: float) -> float:
    """(1 - step)^times, also where 1 - step would be rounded."""
    if 0 <= step < 0.5:
        return math.exp(times * math.log1p(-step))
    return float((1 - step) ** times)


def log_ratio(a: float, b: float, difference: float | None = None) -> float:
    """ln(a/b) for positive a and b, also where they nearly agree; `difference`: a - b, if known better."""
    if 0.5 * b < a < 2 * b:
        return math.log1p((a - b if difference is None else difference) / b)
    return math.log(a) - math.log(b)


def binomial_tail(n: float, s: float, first: int) -> float:
    """The sum of (-1)^k C(n, k) s^(k - first) over k from `first` on, for n s below about 1."""
    term = math.prod((n - j) / (j + 1) for j in range(first)) * (-1.0) ** first
    total, k = 0.0, first
    while total + term != total:
        total, term, k = total + term, -term * s * (n - k) / (k + 1), k + 1
    return total


def digamma_over_log(x: float) -> float:
    """psi(x) - ln x, which is about -1/(2x): for large x from its asymptotic series."""
    if x < 20:
        from scipy.special import digamma

        return float(digamma(x)) - math.log(x)
    w = 1 / x / x
    return -1 / x / 2 - w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w * (1 / 240 - w * (1 / 132)))))


def rise_minus_sine(angle: float) -> float:
    """angle - sin(angle), for angles from 0 on."""
    if angle > 0.5:
        return angle - math.sin(angle)
    w, term, total, k = angle * angle, angle**3 / 6, 0.0, 4
    while total + term != total:
        total, term, k = total + term, -term * w / (k * (k + 1)), k + 2
    return total
