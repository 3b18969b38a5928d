"""Probes that need only values of the loss: what an attacker does when the slope says nothing.

central_difference(tl.landscapes.masked_cliff, (0, 0), half_width=1.5)
smoothed_gradient(tl.landscapes.masked_cliff, (0, 0), sigma=0.5).gradient
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._brief import Brief
from toylands._door import door
from toylands.formula import Landscape
from toylands.geometry._checks import one_point, positive
from toylands.optimizers.optimizer import check_count


@dataclass(frozen=True, repr=False)
class SmoothedGradient(Brief):
    """An estimate of the gradient of the mean loss under Gaussian noise.

    Attributes:
        gradient: the estimate, shape (d,).
        standard_error: of each component, shape (d,).
        sigma: the noise in every coordinate.
        evaluations: values of the loss that were spent.
    """

    gradient: np.ndarray
    standard_error: np.ndarray
    sigma: float
    evaluations: int


@door
def central_difference(land: Landscape, point: Any, half_width: float) -> np.ndarray:
    """The slopes seen by comparing the loss at point +- half_width along every coordinate, shape (d,).

    Not the derivative but its mean over the interval, so it sees a cliff as soon as it reaches across,
    and mistakes a ripple for a slope. It costs 2 d values of the loss. [Uesato et al. 2018]

    Args:
        land: the landscape.
        point: where, shape (d,).
        half_width: how far to both sides, above 0.
    """
    at = one_point("central_difference", land, point)
    reach = positive("central_difference", "half_width", half_width)
    steps = reach * np.eye(land.dim)
    return np.asarray((land.loss(at + steps) - land.loss(at - steps)) / (2 * reach))


@door
def smoothed_gradient(
    land: Landscape, point: Any, sigma: float, *, count: int = 10_000, seed: int = 0
) -> SmoothedGradient:
    """Estimate the gradient of the mean loss under noise from pairs of opposite kicks.

    The mean of (L(point + sigma z) - L(point - sigma z)) z/(2 sigma) over standard normal z. Its
    expectation is exact for any loss of moderate growth, with cliffs or without a gradient.
    [Nesterov and Spokoiny 2017; random smoothing against masking: Athalye, Carlini and Wagner 2018]

    Args:
        land: the landscape.
        point: where, shape (d,).
        sigma: standard deviation of the kick in every coordinate.
        count: pairs of kicks, at least 2.
        seed: fixes them.
    """
    at = one_point("smoothed_gradient", land, point)
    sigma = positive("smoothed_gradient", "sigma", sigma)
    count = check_count("smoothed_gradient", "count", count, least=2)
    z = np.random.default_rng(seed).standard_normal((count, land.dim))
    rise = land.loss(at + sigma * z) - land.loss(at - sigma * z)
    each = rise[:, None] * z / (2 * sigma)
    error = each.std(axis=0, ddof=1) / np.sqrt(count)
    return SmoothedGradient(each.mean(axis=0), error, sigma, 2 * count)
