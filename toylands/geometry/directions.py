"""What a random direction tells: the curvature d'Hd over all directions d, exactly and by sampling.

    spike = np.r_[np.zeros(999), 1000.0]
    curvature_moments(spike)                       # (1, 1.412): mean and standard deviation
    random_curvatures(land.spectrum(point).eigenvalues).values

A random direction measures tr H / d and little else: in many dimensions a single huge eigenvalue
looks harmless, although gradient descent feels all of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toylands._brief import Brief
from toylands._door import Numbers, door
from toylands._words import did_you_mean, one_of
from toylands.geometry._checks import eigenvalues_of
from toylands.optimizers.optimizer import check_count

DIRECTIONS = ("sphere", "gaussian")


@dataclass(frozen=True, repr=False)
class RandomCurvatures(Brief):
    """Curvatures along random directions.

    Attributes:
        eigenvalues: of the Hessian, ascending, shape (d,).
        values: sampled curvatures, shape (count,).
        directions: "sphere" or "gaussian".
        expected, spread: exact mean and standard deviation over all directions.
    """

    eigenvalues: np.ndarray
    values: np.ndarray
    directions: str
    expected: float
    spread: float

    @property
    def mean(self) -> float:
        """The mean of the sample."""
        return float(self.values.mean())

    @property
    def standard_error(self) -> float:
        """The exact standard error of the sample's mean, spread / sqrt(count)."""
        return self.spread / float(np.sqrt(len(self.values)))


@door
def curvature_moments(eigenvalues: Numbers, directions: str = "sphere") -> tuple[float, float]:
    """The exact mean and standard deviation of d'Hd over random directions d.

    With n eigenvalues of mean m and mean square q: the mean is m = tr H / n, and the variance is
    2 (q - m^2)/(n + 2) on the unit sphere, and 2 q / n for a Gaussian direction of variance 1/n per
    coordinate, whose length also varies. On the sphere the variance equals
    [2 tr H^2 + (tr H)^2]/(n (n + 2)) - (tr H/n)^2, and it is 0 exactly when all eigenvalues agree.

    Args:
        eigenvalues: of the Hessian, shape (n,).
        directions: "sphere" or "gaussian".
    """
    values = eigenvalues_of("curvature_moments", eigenvalues)
    _check(directions)
    n, mean = len(values), float(values.mean())
    if directions == "sphere":
        return mean, float(np.sqrt(2 * np.var(values) / (n + 2)))
    return mean, float(np.sqrt(2 * np.mean(values**2) / n))


@door
def random_curvatures(
    eigenvalues: Numbers, *, count: int = 10_000, seed: int = 0, directions: str = "sphere"
) -> RandomCurvatures:
    """Sample d'Hd over random directions d, beside the exact moments.

    Only the eigenvalues matter: a random direction is as random in the Hessian's own axes.

    Args:
        eigenvalues: of the Hessian, shape (n,), such as land.spectrum(point).eigenvalues.
        count: how many directions.
        seed: fixes them.
        directions: "sphere" (unit vectors) or "gaussian" (variance 1/n per coordinate).
    """
    values = eigenvalues_of("random_curvatures", eigenvalues)
    count = check_count("random_curvatures", "count", count, least=2)
    expected, spread = curvature_moments(values, directions)
    rng = np.random.default_rng(seed)
    sampled = np.empty(count)
    block = max(1, 2_000_000 // len(values))
    for first in range(0, count, block):
        squares = rng.standard_normal((min(block, count - first), len(values))) ** 2
        whole = squares.sum(axis=1) if directions == "sphere" else len(values)
        sampled[first : first + block] = squares @ values / whole
    return RandomCurvatures(values, sampled, directions, expected, spread)


def _check(directions: str) -> None:
    if directions not in DIRECTIONS:
        raise ValueError(
            f"directions={directions!r} must be {one_of(DIRECTIONS)}."
            + did_you_mean(directions, DIRECTIONS)
        )
