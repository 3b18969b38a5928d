"""What a random kick costs: sharpness as a student can feel it.

shaken = kicks(tl.landscapes.gaussian_wells, (-1.5, 0), sigma=0.1)
shaken.mean, shaken.predicted      # measured increase, and sigma^2/2 times the Hessian's trace
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._brief import Brief
from toylands._door import door
from toylands.formula import Landscape
from toylands.geometry._checks import not_negative, one_point
from toylands.optimizers.optimizer import check_count


@dataclass(frozen=True, repr=False)
class Kicks(Brief, tells=("mean",)):
    """Loss increases under isotropic Gaussian kicks.

    Attributes:
        landscape, point, sigma: what was kicked, where, and the kick's standard deviation per
            coordinate.
        increases: loss after the kick minus loss before, shape (count,).
        predicted: sigma^2/2 tr H, the expected increase to second order in sigma. Exact for a quadratic;
            elsewhere the next order is sigma^4. NaN where the Hessian does not exist.
    """

    landscape: Landscape
    point: np.ndarray
    sigma: float
    increases: np.ndarray
    predicted: float

    @property
    def mean(self) -> float:
        """The measured mean increase."""
        return float(self.increases.mean())

    @property
    def standard_error(self) -> float:
        """The standard error of the measured mean."""
        return float(self.increases.std(ddof=1) / np.sqrt(len(self.increases)))


@door
def kicks(
    land: Landscape, point: Any, sigma: float, *, count: int = 10_000, seed: int = 0
) -> Kicks:
    """Kick a point at random many times and look at the loss.

    Args:
        land: the landscape.
        point: where, shape (d,).
        sigma: standard deviation of the kick in every coordinate.
        count: how many kicks.
        seed: fixes them; the same seed gives the same directions at every sigma.

    Raises:
        ValueError: for a bad point, a negative sigma, or fewer than 2 kicks.
    """
    at = one_point("kicks", land, point)
    sigma = not_negative("kicks", "sigma", sigma)
    count = check_count("kicks", "count", count, least=2)
    directions = np.random.default_rng(seed).standard_normal((count, land.dim))
    increases = land.loss(at + sigma * directions) - land.loss(at)
    predicted = 0.5 * sigma**2 * float(np.trace(land.hessian(at)))
    return Kicks(land, at, sigma, increases, predicted)
