"""Entropy: wide basins win by volume, and when.

flip_temperature(sharp=100, flat=1, gap=0.5)           # 0.217: above it the flat well holds more
flip_temperature(sharp=100, flat=1, gap=0.5, dim=10)   # ten times lower with ten coordinates
sublevel_volume([10, 1], 1.0)                          # the area of {L < 1}
"""

from __future__ import annotations

import functools

import numpy as np

from toylands._door import Numbers, door
from toylands._words import show
from toylands.geometry._checks import eigenvalues_of, positive
from toylands.optimizers.optimizer import check_count
from toylands.theory._digits import log_ratio

_above = functools.partial(positive, "entropy")


@door
def flat_share(sharp: float, flat: float, gap: float, temperature: float, dim: int = 1) -> float:
    """The share of the flat one of two separate parabolic wells at a temperature.

    Flat to sharp is (sharp/flat)^(dim/2) exp(-gap/T), with `gap` the height of the flat bottom above the
    sharp one. It is mass under one measure of volume: in other coordinates the volumes are others.
    [MacKay 1992; Hochreiter and Schmidhuber 1997, for the idea]
    """
    from scipy.special import expit

    dim = check_count("flat_share", "dim", dim, least=1)
    ratio = log_ratio(_above("sharp", sharp), _above("flat", flat))
    if not np.isfinite(gap):
        raise ValueError(f"entropy: gap={show(gap)} must be a finite number.")
    return float(expit(dim / 2 * ratio - gap / _above("temperature", temperature)))


@door
def flip_temperature(sharp: float, flat: float, gap: float, dim: int = 1) -> float:
    """The temperature above which the flat well holds more: 2 gap/(dim ln(sharp/flat)).

    Raises:
        ValueError: unless sharp > flat and gap > 0; otherwise one well is always ahead.
    """
    dim = check_count("flip_temperature", "dim", dim, least=1)
    if _above("sharp", sharp) <= _above("flat", flat):
        raise ValueError(f"flip_temperature: sharp={sharp:g} must exceed flat={flat:g}.")
    return 2 * _above("gap", gap) / (dim * log_ratio(sharp, flat))


@door
def sublevel_volume(eigenvalues: Numbers, level: float) -> float:
    """The volume of {L < level} of a quadratic: (2 pi level)^(d/2)/(Gamma(d/2 + 1) sqrt(det H)).

    Args:
        eigenvalues: of the Hessian, all above 0, shape (d,).
        level: above the minimum.
    """
    from scipy.special import gammaln

    values = eigenvalues_of("sublevel_volume", eigenvalues)
    if values[0] <= 0:
        raise ValueError(
            f"sublevel_volume: the smallest eigenvalue {values[0]:g} must be above 0; the set would "
            "have no end."
        )
    half = len(values) / 2
    log = half * np.log(2 * np.pi * _above("level", level)) - gammaln(half + 1)
    return float(np.exp(log - np.log(values).sum() / 2))
