"""The response to noise of several sizes, and third derivatives along a line."""

from __future__ import annotations

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import noise_response, third_along


def test_on_a_quadratic_the_prediction_is_exact_also_off_the_minimum() -> None:
    seen = noise_response(tl.landscapes.bowl(a=10, b=1), (0.3, 0), [0.01, 0.1, 1], count=20_000)
    # sigma^2/2 tr H; variance sigma^2 |g|^2 + sigma^4/2 tr H^2 with g = (3, 0).
    np.testing.assert_allclose(seen.predicted, np.array([1e-4, 1e-2, 1]) * 5.5)
    np.testing.assert_allclose(
        seen.predicted_spread, np.sqrt([9e-4 + 50.5e-8, 9e-2 + 50.5e-4, 9 + 50.5])
    )
    assert (np.abs(seen.mean - seen.predicted) < 4 * seen.standard_error).all()
    np.testing.assert_allclose(seen.spread, seen.predicted_spread, rtol=0.05)


def test_the_third_derivative_does_not_enter_the_mean_but_the_fourth_does() -> None:
    # E(e^X - X - 1) = e^(sigma^2/2) - 1 for X normal.
    seen = noise_response(tl.landscapes.asymmetric_valley_1d, [0.0], [0.1, 0.5, 1], count=100_000)
    exact = np.expm1(seen.sigmas**2 / 2)
    assert (np.abs(seen.mean - exact) < 4 * seen.standard_error).all()
    assert seen.mean[-1] - seen.predicted[-1] > 10 * seen.standard_error[-1]


def test_default_sizes_follow_the_view() -> None:
    seen = noise_response(tl.landscapes.gaussian_wells, (-1.5, 0), count=10)
    np.testing.assert_allclose(seen.sigmas[[0, -1]], (0.0004, 0.4))


def test_third_derivatives_along_a_line() -> None:
    land = tl.landscapes.asymmetric_valley
    assert third_along(land, (0, 0), (2, 0)) == pytest.approx(1)
    assert third_along(land, (0, 0), (-1, 0)) == pytest.approx(-1)
    assert third_along(land, (0, 0), (1, 1)) == pytest.approx(2**-1.5)
    # x^3 - 3 x y^2 = r^3 cos 3a: 6 cos 3a along the direction at angle a.
    angle = 0.4
    along = (np.cos(angle), np.sin(angle))
    monkey = third_along(tl.landscapes.monkey_saddle, (0.2, 0.1), along)
    assert monkey == pytest.approx(6 * np.cos(3 * angle))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: third_along(tl.landscapes.bowl, (0, 0), (0, 0)), "points nowhere"),
        (lambda: third_along(tl.landscapes.bowl, (0, 0), (1, np.nan)), "finite"),
        (lambda: third_along(tl.landscapes.ackley, (0, 0), (1, 0)), "no finite third derivative"),
        (lambda: noise_response(tl.landscapes.bowl, (0, 0), [0.1, -1]), "above 0"),
        (lambda: noise_response(tl.landscapes.bowl, (0, 0), "a"), "real numbers"),
        (lambda: noise_response(tl.landscapes.ackley, (0, 0), [0.1]), "kink"),
    ],
)
def test_bad_questions_are_refused(call, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        call()
