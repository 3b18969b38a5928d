"""Sharpness-aware minimisation on quadratics, where everything it does is known.

cycle_amplitude(lr=0.05, curvature=10, rho=0.05)     # where SAM bounces for ever: 1/60
preference_radius(sharp=20, flat=1, gap=0.1)         # rho at which it prefers the flat well
"""

from __future__ import annotations

import functools

import numpy as np

from toylands._door import Numbers, door
from toylands.geometry._checks import eigenvalues_of, positive

_above = functools.partial(positive, "sam")


@door
def cycle_amplitude(lr: float, curvature: float, rho: float) -> float:
    """The |x| of the two points between which SAM alternates on curvature x^2/2.

    The step is x <- x - s (x + rho sign x) with s = lr * curvature, and x = -x' gives
    |x| = s rho/(2 - s). Full-step SAM with a fixed rho never converges to a minimum; the amplitude
    is of order lr * rho. [Bartlett, Long and Bousquet 2023]

    Raises:
        ValueError: unless 0 < lr * curvature < 2; beyond it the iterates diverge.
    """
    step = _above("lr", lr) * _above("curvature", curvature)
    rho = _above("rho", rho)
    if step >= 2:
        raise ValueError(f"cycle_amplitude: lr * curvature = {step:g} must be below 2 (stability).")
    return step * rho / (2 - step)


@door
def worst_case(eigenvalues: Numbers, rho: float) -> float:
    """The largest rise within distance rho of a quadratic's critical point: max(0, top) rho^2/2.

    [Foret et al. 2021]
    """
    top = float(eigenvalues_of("worst_case", eigenvalues)[-1])
    return max(0.0, top) * _above("rho", rho) ** 2 / 2


@door
def average_case(eigenvalues: Numbers, rho: float) -> float:
    """The mean rise at distance rho, over all directions: tr H rho^2/(2 d)."""
    mean = float(np.mean(eigenvalues_of("average_case", eigenvalues)))
    return mean * _above("rho", rho) ** 2 / 2


@door
def preference_radius(sharp: float, flat: float, gap: float) -> float:
    """The rho above which the worst-case loss prefers the flat of two wells.

    sharp rho^2/2 = gap + flat rho^2/2, so rho = sqrt(2 gap/(sharp - flat)).

    Args:
        sharp, flat: largest eigenvalues at the two minima, sharp > flat > 0.
        gap: how much lower the sharp minimum lies, above 0.
    """
    difference = _above("sharp", sharp) - _above("flat", flat)
    if difference <= 0:
        raise ValueError(f"preference_radius: sharp={sharp:g} must exceed flat={flat:g}.")
    return float(np.sqrt(2 * _above("gap", gap) / difference))
