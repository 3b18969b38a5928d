"""Random kicks against exact Gaussian means."""

from __future__ import annotations

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import kicks


def test_a_quadratic_rises_by_half_the_trace() -> None:
    land = tl.landscape("(10*x**2 + y**2)/2")
    shaken = kicks(land, (0.0, 0.0), 0.1)
    assert shaken.predicted == pytest.approx(0.055)
    assert abs(shaken.mean - 0.055) < 4 * shaken.standard_error
    # Var = sigma^4/2 sum lambda^2 for a Gaussian kick.
    assert shaken.increases.std() == pytest.approx(0.07106335, rel=0.05)


def test_beyond_the_second_order_the_prediction_is_only_an_approximation() -> None:
    # E (x^2/2 + x^4) = sigma^2/2 + 3 sigma^4 = 0.3125 at sigma = 1/2; to second order 0.125.
    shaken = kicks(tl.landscape("x**2/2 + x**4"), 0.0, 0.5, count=200_000)
    assert shaken.predicted == pytest.approx(0.125)
    assert abs(shaken.mean - 0.3125) < 4 * shaken.standard_error


def test_the_same_seed_gives_the_same_kicks() -> None:
    land = tl.landscapes.gaussian_wells
    first, second = (kicks(land, (1.5, 0.0), 0.1, count=50, seed=3) for _ in range(2))
    assert np.array_equal(first.increases, second.increases)


@pytest.mark.parametrize("sigma", [-1.0, np.nan, np.inf, "wide"])
def test_a_bad_size_is_refused(sigma: float) -> None:
    with pytest.raises((TypeError, ValueError), match="sigma"):
        kicks(tl.landscapes.rosenbrock, (0.0, 0.0), sigma)


def test_only_one_point_of_a_landscape_is_kicked() -> None:
    with pytest.raises(TypeError, match=r"kicks: land=.* must be a landscape"):
        kicks("rosenbrock", (0.0, 0.0), 0.1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one finite point"):
        kicks(tl.landscapes.rosenbrock, (0.0, np.nan), 0.1)
