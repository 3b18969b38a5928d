"""Ripples on a bowl: small-scale ruggedness, and what smoothing would do to it.

    ripples = tl.landscapes.rippled_bowl_1d
    tl.race(ripples, [tl.gd(0.05), tl.momentum(0.05)], start=[4.4], steps=2000)
    tl.descend(ripples(sigma=0.4), tl.gd(0.5))            # smoothed: no trap is left

The stationary points are found again for every setting of the dials.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from toylands.formula import Declared, cos, dial, exp, landscape, maximum, minimum, pi
from toylands.landscapes.classics import separable
from toylands.landscapes.multimodal import axis

_NEAR = 5.0  # in two dimensions, points with a coordinate beyond this are not listed


def rippled(x: Any, k: Any, a: Any) -> Any:
    """Return a parabola of curvature `k` with ripples of height 2*`a` and period 1."""
    return k * x**2 / 2 + a * (1 - cos(2 * pi * x))


def _turning(k: float, a: float, within: float = math.inf) -> list[tuple[float, float, bool]]:
    """Return (position, value, whether it is a minimum) of the turning points of `rippled`.

    None lies beyond 2*pi*a/k, where the parabola is steeper than any ripple.
    """
    return axis(
        lambda x: k * x**2 / 2 + a * (1 - np.cos(2 * np.pi * x)),
        lambda x: k * x + 2 * np.pi * a * np.sin(2 * np.pi * x),
        min(2 * math.pi * a / k + 0.01, within),
    )


def line_points(k: float, a: float, shift: float = 0.0) -> list[Declared]:
    """Declare the stationary points of `rippled` plus a constant `shift`."""
    return [
        (minimum if bottom else maximum)((x,), value + shift) for x, value, bottom in _turning(k, a)
    ]


def plane_points(k: float, a: float, shift: float = 0.0) -> list[Declared]:
    """Declare the stationary points, near the centre, of two `rippled` coordinates added up."""
    one = [(x, value + shift, bottom) for x, value, bottom in _turning(k, a, _NEAR)]
    return separable(one, one)


def _smoothed(x: Any, k: Any, a: Any, sigma: Any) -> Any:
    """Return the mean of `rippled` under Gaussian noise of size `sigma`."""
    left = exp(-2 * pi**2 * sigma**2)
    return k * (x**2 + sigma**2) / 2 + a * (1 - left * cos(2 * pi * x))


def _after_smoothing(k: float, a: float, sigma: float) -> tuple[float, float, float]:
    """Return `k`, `a` and `shift` for which `rippled` plus `shift` is the smoothed curve."""
    left = a * math.exp(-2 * math.pi**2 * sigma**2)
    return k, left, k * sigma**2 / 2 + a - left


@landscape(
    view=((-5, 5),),
    start=(4.4,),
    source="Mobahi and Fisher 2015; Kleinberg, Li and Yuan 2018",
    tags=("rugged", "ripples", "smoothing", "many minima"),
    lesson=9,
    levels="quantile",
    critical=lambda k, a, sigma: line_points(*_after_smoothing(k, a, sigma)),
    k=dial(0.1, 0.02, 2, log=True, label="curvature of the bowl"),
    a=dial(0.05, 0, 0.5, label="height of the ripples"),
    sigma=dial(0.0, 0, 1, label="smoothing"),
)
def rippled_bowl_1d(x, *, k, a, sigma):
    """A bowl with ripples of period 1, and its exact Gaussian smoothing.

    Momentum can carry a walker through the ripples, but every stationary point stays where it is:
    started at rest in a ripple deep enough, it never leaves. True smoothing (sigma > 0) multiplies
    the ripples by exp(-2*pi**2*sigma**2) and removes the traps themselves.
    """
    return _smoothed(x, k, a, sigma)


@landscape(
    view=((-5, 5), (-5, 5)),
    start=(4.4, 2.9),
    source="Mobahi and Fisher 2015; Kleinberg, Li and Yuan 2018",
    tags=("rugged", "ripples", "smoothing", "many minima"),
    lesson=9,
    levels="quantile",
    critical=lambda k, a, sigma: plane_points(*_after_smoothing(k, a, sigma)),
    k=dial(0.1, 0.02, 2, log=True, label="curvature of the bowl"),
    a=dial(0.05, 0, 0.5, label="height of the ripples"),
    sigma=dial(0.0, 0, 1, label="smoothing"),
)
def rippled_bowl(x, y, *, k, a, sigma):
    """Ripples on a bowl in two coordinates, with exact Gaussian smoothing.

    The sum of two one-dimensional rippled bowls. The global minimum is at the centre, whatever the
    ripples; descent with small steps stops in the first one it meets. Stationary points are listed
    where both coordinates lie between -5 and 5.
    """
    return _smoothed(x, k, a, sigma) + _smoothed(y, k, a, sigma)
