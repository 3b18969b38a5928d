"""Lesson 14, high dimension lives on a shell: every number comes out of the library."""

from __future__ import annotations

import numpy as np
import pytest
from exact_tools import close

import toylands as tl
from toylands.landscapes import shell_1d
from toylands.theory import high_dimension


@pytest.mark.parametrize(("d", "radius"), [(2, 0.3162278), (10, 0.9486833), (100, 3.146427)])
def test_the_most_likely_radius(d: int, radius: float) -> None:
    (bottom,) = shell_1d(d=d).minima
    close(bottom.point[0], radius)
    close(high_dimension.shell_radius(d, 0.1), radius)
    close(tl.descend(shell_1d(d=d), tl.gd(0.2), steps=400).end[0], radius)


def test_the_mean_energy() -> None:
    close(high_dimension.mean_energy(100, 0.1), 5)


def test_points_of_the_boltzmann_distribution_live_there() -> None:
    """20,000 exact samples: the radius has standard deviation near sqrt(T/2) = 0.22."""
    points = np.sqrt(0.1) * np.random.default_rng(0).standard_normal((20_000, 100))
    radii = np.linalg.norm(points, axis=1)
    error = radii.std() / np.sqrt(20_000)
    assert abs(radii.mean() - high_dimension.mean_radius(100, 0.1)) < 4 * error
    energy = radii**2 / 2
    assert abs(energy.mean() - 5) < 4 * energy.std() / np.sqrt(20_000)
    assert radii.min() > 2  # nobody is near the bottom, although the density peaks there


def test_langevin_dynamics_goes_to_the_shell() -> None:
    """Ten coordinates on a parabola, 2,000 times; Langevin's stationary variance is T/(1 - lr/2)."""
    end = tl.descend(
        tl.landscapes.parabola, tl.langevin(lr=0.05, temperature=0.1), start=np.zeros((20_000, 1)),
        steps=200, every=200,
    ).end  # fmt: skip
    radii = np.linalg.norm(end.reshape(2000, 10), axis=1)
    expected = high_dimension.mean_radius(10, 0.1 / (1 - 0.025))
    assert abs(radii.mean() - expected) < 4 * radii.std() / np.sqrt(2000)
    # The mean of many walkers lies inside the shell.
    assert np.linalg.norm(end.reshape(2000, 10).mean(axis=0)) < 0.1
