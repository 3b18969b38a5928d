"""Probes by values alone, against exact integrals and exact smoothing."""

from __future__ import annotations

import numpy as np
import pytest

from toylands.geometry.probes import central_difference, smoothed_gradient
from toylands.landscapes import ackley, bowl, gaussian_wells, masked_cliff, rosenbrock


def test_a_central_difference_is_the_mean_slope_over_the_interval() -> None:
    nodes, weights = np.polynomial.legendre.leggauss(12)
    at, h = np.array([0.3, 0.7]), 0.4
    found = central_difference(rosenbrock, at, h)
    for j in range(2):
        points = np.tile(at, (12, 1))
        points[:, j] += h * nodes
        assert found[j] == pytest.approx(weights @ rosenbrock.grad(points)[:, j] / 2, rel=1e-12)


@pytest.mark.parametrize(
    ("rough", "smooth", "point", "sigma"),
    [
        (gaussian_wells, gaussian_wells(sigma=0.4), (-1.0, 0.5), 0.4),
        (masked_cliff, masked_cliff(sigma=0.7), (0.2, 0.01), 0.7),
        (bowl, bowl, (1.0, -0.5), 3.0),
    ],
)
def test_the_estimate_is_the_gradient_of_the_smoothed_loss(rough, smooth, point, sigma) -> None:
    found = smoothed_gradient(rough, point, sigma, count=50_000, seed=1)
    error = np.abs(found.gradient - smooth.grad(point))
    assert np.all(error < 4 * found.standard_error)
    assert np.all(found.standard_error < 0.05 * (1 + np.linalg.norm(smooth.grad(point))))
    assert found.evaluations == 100_000


def test_it_needs_no_gradient() -> None:
    """At the tip of the cone no gradient exists; by symmetry the smoothed slope there is 0."""
    found = smoothed_gradient(ackley, (0, 0), 0.5)
    np.testing.assert_allclose(found.gradient, 0, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: central_difference(bowl, (0, 0), 0), "half_width=0"),
        (lambda: central_difference(bowl, (0, np.nan), 1), "one finite point"),
        (lambda: smoothed_gradient(bowl, (0, 0), -1), "sigma=-1"),
        (lambda: smoothed_gradient(bowl, (0, 0), 1, count=1), "count=1"),
        (lambda: smoothed_gradient(bowl, [(0, 0), (1, 1)], 1), "one finite point"),
    ],
)
def test_bad_questions_are_refused(call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
