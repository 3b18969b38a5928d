"""Ripples on a bowl at a temperature: what ruggedness changes, and what it does not.

partition(k=4, a=0.2, temperature=0.1)         # Z in Bessel functions
spread(k=0.05, a=0.2, temperature=0.1)         # sqrt(T/k): the ripples leave no trace
slowdown(2.0)                                  # 0.19: but they slow diffusion down
"""

from __future__ import annotations

import functools

import numpy as np

from toylands._door import door
from toylands.geometry._checks import positive

_above = functools.partial(positive, "ruggedness")


def _series(k: float, a: float, temperature: float) -> tuple[float, float, float, float]:
    """T/k, exp(-a/T) and the two sums over ripples: of I_n q_n, and of n^2 I_n q_n (both twice, n > 0)."""
    from scipy.special import ive

    t = _above("temperature", temperature)
    width, x = t / _above("k", k), _above("a", a) / t
    n = np.arange(1, 2 + int(np.sqrt(750 / (2 * np.pi**2 * width))))
    terms = 2 * ive(n, x) * np.exp(-2 * np.pi**2 * n**2 * width)  # ive carries exp(-x)
    return width, float(ive(0, x)), float(terms.sum()), float((n**2 * terms).sum())


@door
def partition(k: float, a: float, temperature: float) -> float:
    """Z of k x^2/2 + a (1 - cos 2 pi x): sqrt(2 pi T/k) e^(-a/T) [I_0 + 2 sum I_n e^(-2 pi^2 n^2 T/k)].

    The Bessel functions are taken at a/T. With T/k large only the first term is left.
    """
    width, flat, ripples, _ = _series(k, a, temperature)
    return float(np.sqrt(2 * np.pi * width) * (flat + ripples))


@door
def spread(k: float, a: float, temperature: float) -> float:
    """The equilibrium standard deviation of x: sqrt(T/k) unless the bowl is as narrow as a ripple.

    From the same series: the variance is (T/k)[1 - (4 pi^2 T/k) sum n^2 terms / all terms].
    """
    width, flat, ripples, squares = _series(k, a, temperature)
    return float(np.sqrt(width * (1 - 4 * np.pi**2 * width * squares / (flat + ripples))))


@door
def slowdown(roughness: float) -> float:
    """The factor by which ripples of height 2 a slow long-range diffusion: 1/I_0(a/T)^2.

    [Lifson and Jackson 1962; Zwanzig 1988 for a Gaussian roughness]

    Args:
        roughness: a/T, at least 0.
    """
    from scipy.special import ive

    if roughness == 0:
        return 1.0
    x = _above("roughness", roughness)
    return float(np.exp(-2 * x) / ive(0, x) ** 2)


def lowest_sinc() -> float:
    """The depth of the lowest point of sin(u)/u: 0.2172, where tan u = u."""
    from scipy.optimize import brentq

    u = brentq(lambda v: np.tan(v) - v, 4.4, 4.6)
    return float(-np.sin(u) / u)


@door
def single_minimum_k(a: float) -> float:
    """The bowl curvature above which k x^2/2 + a (1 - cos 2 pi x) has one minimum.

    4 pi^2 a times `lowest_sinc`: k x + 2 pi a sin(2 pi x) = 0 has no other root beyond it.
    """
    return 4 * np.pi**2 * _above("a", a) * lowest_sinc()


@door
def convex_k(a: float) -> float:
    """The bowl curvature from which on it is convex: 4 pi^2 a.

    Between `single_minimum_k` and this it has one minimum and is not convex: a rough funnel.
    """
    return 4 * np.pi**2 * _above("a", a)
