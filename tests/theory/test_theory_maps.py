"""What maps of high-dimensional worlds show by chance, against simulation and quadrature."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from toylands.geometry import trajectory_pca
from toylands.theory import ensembles, random_walks, slices, tickets


@pytest.mark.parametrize(("down", "up"), [(1.0, 1.0), (3.0, 0.5)])
def test_the_chance_of_seeing_descent_by_quadrature(down: float, up: float) -> None:
    """The angle a to the way down has density sin^(d-2); the line falls where tan^2 a < down/up."""
    for dim in (2, 5, 12):
        edge = np.arctan(np.sqrt(down / up))
        inside = quad(lambda a, n=dim: np.sin(a) ** (n - 2), 0, edge)[0]
        whole = quad(lambda a, n=dim: np.sin(a) ** (n - 2), 0, np.pi / 2)[0]
        chance = slices.chance_of_seeing_descent(dim, down=down, up=up)
        assert chance == pytest.approx(inside / whole, rel=1e-8)
    assert slices.chance_of_seeing_descent(1) == 1.0


def test_a_random_walk_in_many_dimensions_has_the_predicted_components() -> None:
    """80 points in 20,000 coordinates: fluctuations are of relative size sqrt(2/20,000) = 1%."""
    walk = np.cumsum(np.random.default_rng(0).standard_normal((80, 20_000)), axis=0)
    found = trajectory_pca(walk)
    for k in (1, 2, 3):
        assert found.shares[k - 1] == pytest.approx(random_walks.pca_share(k, 80), rel=0.04)
        score = found.scores[:, k - 1] / np.linalg.norm(found.scores[:, k - 1])
        assert abs(score @ random_walks.pca_score(k, 80)) > 0.995
    shares = [random_walks.pca_share(k, 80) for k in range(1, 80)]
    assert sum(shares) == pytest.approx(1, rel=1e-12)
    assert np.linalg.norm(random_walks.pca_score(3, 80)) == pytest.approx(1)


def test_the_variance_of_a_mean_from_the_covariance_matrix() -> None:
    for members, rho, variance in ((5, 0.3, 2.0), (4, -1 / 3, 1.0), (1, 0.0, 1.5)):
        covariance = variance * (rho * np.ones((members, members)) + (1 - rho) * np.eye(members))
        expected = covariance.sum() / members**2
        found = ensembles.variance_of_mean(members, rho, variance)
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_winning_angles_by_counting() -> None:
    """For independent symmetric weights of any one law: here normal and uniform."""
    rng = np.random.default_rng(0)
    for drawn in (rng.standard_normal((2, 200_000)), rng.uniform(-1, 1, (2, 200_000))):
        share = tickets.wins(*drawn).mean()
        assert abs(share - tickets.win_probability()) < 4 * np.sqrt(0.375 * 0.625 / 200_000)
    assert tickets.failure_probability(3, win=0.5) == 0.125


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: slices.chance_of_seeing_descent(0), "dim"),
        (lambda: slices.chance_of_seeing_descent(3, down=-1), "down=-1"),
        (lambda: random_walks.pca_share(5, 5), "below steps"),
        (lambda: random_walks.pca_score(9, 5), "below steps"),
        (lambda: ensembles.variance_of_mean(5, -0.5), "from -0.25 to 1"),
        (lambda: ensembles.variance_of_mean(5, 0.5, -1), "0 or more"),
        (lambda: tickets.failure_probability(3, 1.5), "probability"),
    ],
)
def test_bad_requests_are_refused(make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()
