"""Gradient flow against closed forms, also where it is stiff, leaves the map or its domain."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.landscapes import bilinear_game, double_well_1d, quartic_saddle, ravine, uv_product


def test_a_stiff_ravine_is_two_exponentials() -> None:
    times = np.array([0.0, 1e-6, 1e-5, 0.5, 1.0, 3.0])
    run = tl.flow(ravine(kappa=1e6), (1, 1), times)
    np.testing.assert_allclose(run.path[:, 0], np.exp(-1e6 * times), rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(run.path[:, 1], np.exp(-times), rtol=1e-8)
    assert run.left_at is None
    assert run.times is times or np.array_equal(run.times, times)


def test_a_saddle_is_left_along_a_logistic_curve() -> None:
    """On y**4/4 - y**2/2: y^2 = 1/(1 + (1/y0^2 - 1) exp(-2t))."""
    run = tl.flow(quartic_saddle, (1.0, 1e-6), 20)
    exact = 1 / np.sqrt(1 + (1e12 - 1) * np.exp(-2 * run.times))
    np.testing.assert_allclose(run.path[:, 1], exact, rtol=1e-6)
    np.testing.assert_allclose(run.path[:, 0], np.exp(-run.times), rtol=1e-7, atol=1e-11)


def test_the_product_conserves_the_difference_of_squares() -> None:
    run = tl.flow(uv_product, (2, 0.25), 30)
    kept = run.path[:, 0] ** 2 - run.path[:, 1] ** 2
    np.testing.assert_allclose(kept, 4 - 0.0625, rtol=1e-9)
    # Where uv = 1 meets u^2 - v^2 = c: v^2 = (sqrt(c^2 + 4) - c)/2.
    v2 = (math.hypot(3.9375, 2) - 3.9375) / 2
    np.testing.assert_allclose(run.end, (1 / math.sqrt(v2), math.sqrt(v2)), rtol=1e-8)
    assert run.loss[0] == pytest.approx(0.125)
    assert (np.diff(run.loss[:30]) < 0).all()
    assert run.grad_norm[-1] < 1e-7


def test_a_game_circles() -> None:
    run = tl.flow(bilinear_game, (1, 0), 2 * math.pi)
    np.testing.assert_allclose(np.hypot(*run.path.T), 1, rtol=1e-8)
    np.testing.assert_allclose(run.end, (1, 0), atol=1e-7)


def test_gradient_descent_approaches_it_in_proportion_to_its_rate() -> None:
    end = tl.flow(double_well_1d, [1.8], 1.0).end
    off = [
        abs(tl.descend(double_well_1d, tl.gd(h), [1.8], round(1 / h)).end - end)
        for h in (0.02, 0.01)
    ]
    assert off[0] / off[1] == pytest.approx(2, rel=0.1)


def test_leaving_the_map_in_a_finite_time() -> None:
    """x' = 4 x^3 from 1 is 1/sqrt(1 - 8t), infinite at 1/8."""
    run = tl.flow(tl.landscape("-x**4"), [1.0], 1.0)
    assert run.left_at == pytest.approx(0.125, rel=1e-6)
    assert len(run.times) == len(run.path) == 25
    np.testing.assert_allclose(run.path[:, 0], 1 / np.sqrt(1 - 8 * run.times), rtol=1e-7)


def test_leaving_the_domain() -> None:
    """On sqrt(x), x^(3/2) falls by 3/4 a unit of time and is then 0, beyond which there is no root."""
    run = tl.flow(tl.landscape("sqrt(x)"), [0.5], 3.0)
    assert run.left_at == pytest.approx(0.5**1.5 / 0.75, rel=1e-6)
    exact = (0.5**1.5 - 0.75 * run.times) ** (2 / 3)
    assert len(run.times) == 32
    np.testing.assert_allclose(run.path[:, 0], exact, rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"time": 0}, "time=0"),
        ({"time": [1.0, 0.5]}, "increasing"),
        ({"time": "long"}, "time='long'"),
        ({"time": [-1.0, 1.0]}, "increasing times from 0"),
        ({"start": (np.nan, 1)}, "one finite point"),
        ({"start": [(0, 1), (1, 0)]}, "one finite point"),
        ({"rtol": 0}, "rtol=0"),
    ],
)
def test_bad_questions_are_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tl.flow(uv_product, **arguments)


def test_an_array_of_landscapes_is_refused() -> None:
    with pytest.raises(ValueError, match="array among its parameters"):
        tl.flow(ravine(kappa=[1.0, 2.0]), (1, 1))
    with pytest.raises(TypeError, match="flow needs a landscape"):
        tl.flow(3)  # type: ignore[arg-type]


def test_it_says_what_it_is_in_one_line() -> None:
    assert repr(tl.flow(uv_product, (2, 0.25), [0, 1, 2, 3])) == (
        "<flow on uv_product(s=1): times of shape (4,), path of shape (4, 2)>"
    )
