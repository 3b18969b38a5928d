"""Principal components of pure noise: what a random walk in many dimensions looks like.

pca_share(1, steps=1000)         # 0.608: the first component of no structure at all
pca_share(1)                     # 6/pi^2, in the limit of long walks
"""

from __future__ import annotations

import numpy as np

from toylands._door import door
from toylands._words import show
from toylands.optimizers.optimizer import check_count


@door
def pca_share(k: int, steps: int | None = None) -> float:
    """The share of the variance in principal component k of a random walk in infinitely many dimensions.

    The walk has independent steps of equal size and n = steps points. The eigenvalues of the
    centred covariance are 1/(4 sin^2(pi k/2n)), their sum is (n^2 - 1)/6, and the share tends
    to 6/(pi k)^2: 61% and 15% for the first two, 76% together. So a picture in which two principal
    components hold three quarters of a trajectory's variance shows what noise shows.
    [Antognini and Sohl-Dickstein 2018]

    Args:
        k: the component, 1 for the first.
        steps: points of the walk n, above k; None for the limit.
    """
    k = check_count("pca_share", "k", k, least=1)
    if steps is None:
        return float(6 / (np.pi * k) ** 2)
    steps = check_count("pca_share", "steps", steps, least=2)
    if k >= steps:
        raise ValueError(
            f"pca_share: k={show(k)} must be below steps={show(steps)}: a centred walk of n points has "
            "n - 1 components."
        )
    return float(1 / (4 * np.sin(np.pi * k / (2 * steps)) ** 2) / ((steps**2 - 1) / 6))


@door
def pca_score(k: int, steps: int) -> np.ndarray:
    """The shape of component k of that walk: the cosine cos(pi k (t + 1/2)/n), unit length, shape (n,).

    Drawn against each other, components give Lissajous curves, however random the walk.
    [Antognini and Sohl-Dickstein 2018]

    Args:
        k: the component, 1 for the first.
        steps: points of the walk n, above k.
    """
    k = check_count("pca_score", "k", k, least=1)
    steps = check_count("pca_score", "steps", steps, least=2)
    if k >= steps:
        raise ValueError(f"pca_score: k={show(k)} must be below steps={show(steps)}.")
    return np.asarray(np.sqrt(2 / steps) * np.cos(np.pi * k * (np.arange(steps) + 0.5) / steps))
