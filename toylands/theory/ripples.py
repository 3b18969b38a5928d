"""Ripples on a bowl, k x^2/2 + a (1 - cos 2 pi x): what smoothing removes, and what momentum does not.

smoothing_needed(0.1, 0.05)              # 0.3887: the smallest noise that makes it convex
ripple_left(0.5)                         # 0.0072 of the ripple's height
settling_rate(0.1, 0.05)                 # 0.964: gradient descent stays in the centre below it
"""

from __future__ import annotations

import functools

import numpy as np

from toylands._door import door
from toylands._words import show
from toylands.geometry._checks import finite, not_negative, positive

_above = functools.partial(positive, "ripples")


@door
def ripple_left(sigma: float) -> float:
    """The factor by which Gaussian smoothing of size sigma shrinks a ripple of period 1.

    exp(-2 pi^2 sigma^2), the Fourier transform of the Gaussian at that period. [Mobahi and Fisher
    2015]
    """
    sigma = not_negative("ripple_left", "sigma", sigma)
    return float(np.exp(-2 * np.pi**2 * sigma * sigma))


@door
def smoothing_needed(k: float, a: float) -> float:
    """The smallest sigma at which the smoothed curve is convex; 0 if it is convex already.

    Its smallest curvature is k - 4 pi^2 a exp(-2 pi^2 sigma^2), so sigma = sqrt(ln(4 pi^2 a/k)/(2
    pi^2)).
    """
    ratio = 4 * np.pi**2 * _above("a", a) / _above("k", k)
    return float(np.sqrt(max(0.0, np.log(ratio)) / (2 * np.pi**2)))


@door
def curvature_at(x: float, k: float, a: float) -> float:
    """The curvature k + 4 pi^2 a cos(2 pi x)."""
    x = float(finite("ripples", "x", x))
    return float(
        _above("k", k) + 4 * np.pi**2 * _above("a", a) * np.cos(2 * np.pi * (x - np.round(x)))
    )


@door
def settling_rate(k: float, a: float, x: float = 0.0) -> float:
    """The learning rate above which gradient descent cannot stay in the ripple minimum at x: 2/c.

    With c the curvature there. At larger rates it skips over the ripple. [Kleinberg, Li and Yuan 2018]
    """
    c = curvature_at(x, k, a)
    if c <= 0:
        raise ValueError(
            f"settling_rate: the curvature {c:.4g} at x={show(x)} is not above 0: no minimum."
        )
    return 2 / c
