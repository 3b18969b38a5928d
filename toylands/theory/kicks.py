"""What a random kick costs on a quadratic, exactly: the mean and the spread of the increase.

mean_increase(((10, 0), (0, 1)), 0.1**2 * np.eye(2))     # 0.055 = tr(H C)/2
relative_spread(1000)                                    # 0.0447: in many dimensions hardly random
"""

from __future__ import annotations

import numpy as np

from toylands._door import Numbers, door
from toylands._words import show
from toylands.geometry._checks import eigenvalues_of, positive
from toylands.optimizers.optimizer import check_count


@door
def mean_increase(hessian: Numbers, covariance: Numbers) -> float:
    """The expected increase of a quadratic under any noise of mean 0: tr(H C)/2.

    Exact for a quadratic and any distribution of this covariance; elsewhere the second order.

    Args:
        hessian, covariance: symmetric matrices, shape (d, d).

    Raises:
        ValueError: when the shapes do not match.
    """
    h, c = np.asarray(hessian, dtype=float), np.asarray(covariance, dtype=float)
    if h.ndim != 2 or h.shape[0] != h.shape[1] or c.shape != h.shape:
        raise ValueError(
            f"mean_increase: hessian={show(hessian)} and covariance={show(covariance)} must be square "
            "matrices of one size."
        )
    return float(np.sum(h * c.T) / 2)


@door
def spread(eigenvalues: Numbers, sigma: float) -> float:
    """The standard deviation of the increase under N(0, sigma^2 I), at the minimum of a quadratic.

    sigma^2 sqrt(sum lam^2/2), since lam z^2/2 has variance lam^2/2.

    Args:
        eigenvalues: of the Hessian, shape (d,).
        sigma: standard deviation of the kick in every coordinate.
    """
    values = eigenvalues_of("spread", eigenvalues)
    return float(positive("spread", "sigma", sigma) ** 2 * np.sqrt(np.sum(values**2) / 2))


@door
def sphere_mean(eigenvalues: Numbers, radius: float) -> float:
    """The mean increase over a sphere around the minimum of a quadratic: radius^2 tr H/(2d)."""
    values = eigenvalues_of("sphere_mean", eigenvalues)
    return float(positive("sphere_mean", "radius", radius) ** 2 * np.mean(values) / 2)


@door
def relative_spread(dim: int) -> float:
    """Spread over mean for an isotropic Hessian in d dimensions: sqrt(2/d)."""
    return float(np.sqrt(2 / check_count("relative_spread", "dim", dim, least=1)))
