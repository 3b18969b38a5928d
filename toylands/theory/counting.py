"""Counting critical points of separable landscapes: how rare minima become with the dimension.

    minimum_share(10)                        # 0.0173: (2/3)^10, a quartic well in each coordinate
    index_moments(100)                       # (33.3, 4.71): nearly all points lead down in 33 ways
    minimum_share(10, minima=1, maxima=1)    # 2^-10, one cosine in each coordinate

For a sum of one-dimensional functions, a critical point is any choice of a critical point in each
coordinate, and its index is the number of coordinates in which it is a maximum. Counting says nothing about
where descent ends: from almost every start it ends in a minimum.
"""

from __future__ import annotations

import numpy as np

from toylands._door import door
from toylands._words import show
from toylands.optimizers.optimizer import check_count
from toylands.theory._digits import shrunk


@door
def index_probabilities(dim: int, *, minima: int = 2, maxima: int = 1) -> np.ndarray:
    """The share of critical points of each index 0..d, shape (d+1,): binomial.

    Args:
        dim: d, the number of coordinates.
        minima, maxima: of the function in each coordinate; by default those of x^4/4 - x^2/2.
    """
    from scipy.stats import binom

    dim = check_count("index_probabilities", "dim", dim, least=1)
    return np.asarray(binom.pmf(np.arange(dim + 1), dim, _share(minima, maxima)))


@door
def index_moments(dim: int, *, minima: int = 2, maxima: int = 1) -> tuple[float, float]:
    """The mean and standard deviation of the index over all critical points.

    d p and sqrt(d p (1-p)) with p the share of maxima in one coordinate; arguments as for
    `index_probabilities`.
    """
    dim, p = check_count("index_moments", "dim", dim, least=1), _share(minima, maxima)
    return dim * p, float(np.sqrt(dim * p * (1 - p)))


@door
def minimum_share(dim: int, *, minima: int = 2, maxima: int = 1) -> float:
    """The share of minima among all critical points, (1-p)^d; arguments as for the index."""
    dim = check_count("minimum_share", "dim", dim, least=1)
    return shrunk(_share(minima, maxima), dim)


@door
def bad_coordinates(dim: int, share: float) -> tuple[float, float]:
    """The mean and standard deviation of the number of coordinates that end in their worse well.

    With a tilted double well in each coordinate and uniform starts, each coordinate ends in the
    worse one with probability `share`, on its own: binomial. The minima that are reached have
    similar loss (the spread is of order 1/sqrt(d) of the mean), and all of it lies far above the
    best.
    """
    dim = check_count("bad_coordinates", "dim", dim, least=1)
    share = _probability("bad_coordinates", share)
    return dim * share, float(np.sqrt(dim * share * (1 - share)))


@door
def global_probability(dim: int, share: float) -> float:
    """The probability that no coordinate ends in its worse well: (1 - share)^d."""
    dim = check_count("global_probability", "dim", dim, least=1)
    return shrunk(_probability("global_probability", share), dim)


def _share(minima: int, maxima: int) -> float:
    """The share of maxima among the critical points of one coordinate."""
    minima = check_count("counting", "minima", minima, least=0)
    maxima = check_count("counting", "maxima", maxima, least=0)
    if minima + maxima == 0:
        raise ValueError("counting: minima=0 and maxima=0 leave no critical point to count.")
    return maxima / (minima + maxima)


def _probability(owner: str, share: float) -> float:
    if not 0 <= share <= 1:
        raise ValueError(f"{owner}: share={show(share)} must be a probability, 0 to 1.")
    return float(share)
