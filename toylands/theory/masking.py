"""Gradient masking: how faint a slope is that double precision rounds to 0, and what smoothing gives.

log10_slope(distance=1, width=0.02)             # -541.57
cliff_slope(distance=1, width=0.02, sigma=0.5)  # 0.108: noise that reaches the cliff sees it
"""

from __future__ import annotations

import functools

import numpy as np

from toylands._door import door
from toylands.geometry._checks import not_negative, positive

_above = functools.partial(positive, "masking")
_noise = functools.partial(not_negative, "masking")


@door
def log10_slope(distance: float, width: float, sigma: float = 0.0) -> float:
    """The decimal logarithm of the slope of a cliff Phi((x - 1)/width) seen from a distance.

    log10 of phi(distance/S)/S with S^2 = width^2 + sigma^2, for noise of size sigma. Below -308 double
    precision has no such number.
    """
    spread = _spread(width, sigma)
    log = -0.5 * (distance / spread) ** 2 - 0.5 * np.log(2 * np.pi) - np.log(spread)
    return float(log / np.log(10))


@door
def cliff_slope(distance: float, width: float, sigma: float = 0.0) -> float:
    """The slope itself, phi(distance/S)/S; 0 where it underflows.

    [Athalye, Carlini and Wagner 2018]
    """
    return float(10 ** log10_slope(distance, width, sigma))


@door
def ripple_slope(amplitude: float, frequency: float, sigma: float = 0.0) -> float:
    """The slope at 0 of amplitude sin(frequency y) under noise: times exp(-frequency^2 sigma^2/2)."""
    fading = (_above("frequency", frequency) * _noise("sigma", sigma)) ** 2 / 2
    return float(_above("amplitude", amplitude) * frequency * np.exp(-fading))


def _spread(width: float, sigma: float) -> float:
    return float(np.hypot(_above("width", width), _noise("sigma", sigma)))
