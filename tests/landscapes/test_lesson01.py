"""Lesson 1, bowls and steps: every number of the lesson comes out of the library."""

from __future__ import annotations

import numpy as np
import pytest
from exact_tools import close, flow

import toylands as tl
from toylands.landscapes import (
    bowl,
    parabola,
    quartic_wall,
    quartic_wall_1d,
    ravine,
    regression,
)

# --- the regression paraboloid --------------------------------------------------------------------


def test_regression_has_its_minimum_where_least_squares_says() -> None:
    (bottom,) = regression.minima
    close(bottom.point, (1.1, 1.1))
    close(bottom.loss, 0.675)
    assert bottom.kind == "minimum"


def test_regression_hessian_is_the_same_everywhere() -> None:
    for theta in ((0, 0), (3, -1)):
        np.testing.assert_allclose(regression.hessian(theta), [[7, 3], [3, 2]], rtol=1e-15)


def test_regression_spectrum_and_learning_rates() -> None:
    low, high = regression.spectrum((0, 0)).eigenvalues
    close(high, 8.405125)
    close(low, 0.5948752)
    close(high / low, 14.12922)
    close(2 / high, 0.2379501)
    close(2 / (high + low), 0.2222222)


def test_regression_value_and_slope_at_the_start() -> None:
    close(regression.loss((0, 0)), 9.75)
    close(regression.grad((0, 0)), (-11, -5.5))


def test_regression_ten_steps_of_gradient_descent() -> None:
    close(tl.descend(regression, tl.gd(0.1), start=(0, 0), steps=10).end, (1.221647, 0.8402794))


def test_regression_gradient_descent_contracts_by_the_best_rate() -> None:
    path = tl.descend(regression, tl.gd(2 / 9), start=(0, 0), steps=20).path - 1.1
    distance = np.linalg.norm(path, axis=1)
    close((distance[-1] / distance[0]) ** (1 / 20), 0.8678055)


def test_regression_the_largest_learning_rate_is_sharp() -> None:
    limit = 0.2379501
    below, above = tl.descend(
        regression, tl.gd(np.array([limit - 1e-4, limit + 1e-4])), start=(0, 0), steps=20_000
    )
    assert str(below.status) == "converged to a minimum"
    assert above.status.kind == "diverged"


def test_regression_targets_move_the_bowl_and_inputs_reshape_it() -> None:
    other_targets = regression(y=(4, -1, 0, 7))
    np.testing.assert_array_equal(other_targets.hessian((0, 0)), regression.hessian((0, 0)))
    assert not np.allclose(other_targets.minima[0].point, regression.minima[0].point)
    assert not np.allclose(regression(x=(0, 1, 2, 4)).hessian((0, 0)), regression.hessian((0, 0)))


def test_regression_equal_inputs_make_a_valley() -> None:
    flat = regression(x=(2, 2, 2, 2))
    np.testing.assert_allclose(flat.spectrum((0, 0)).eigenvalues, (0, 10), atol=1e-14)
    (bottom,) = flat.minima
    assert bottom.kind == "valley"
    close(bottom.loss, np.var([1, 3, 2, 5]))


# --- five regimes of the learning rate ------------------------------------------------------------


@pytest.mark.parametrize(("lr", "steps"), [(0.01, 688), (0.1, 66), (1.0, 1), (1.9, 66)])
def test_parabola_steps_to_a_thousandth(lr: float, steps: int) -> None:
    run = tl.descend(parabola, tl.gd(lr), start=[1.0], steps=1000)
    assert run.steps_to(1e-3, of="theta") == steps


@pytest.mark.parametrize(("lr", "size"), [(2.1, 6.7275), (1.9, 0.1215767)])
def test_parabola_after_twenty_alternating_steps(lr: float, size: float) -> None:
    path = tl.descend(parabola, tl.gd(lr), start=[1.0], steps=20).path[:, 0]
    close(path[-1], size)
    assert np.all(path[1:] * path[:-1] < 0)


def test_parabola_at_twice_the_inverse_curvature_bounces_for_ever() -> None:
    path = tl.descend(parabola, tl.gd(2.0), start=[1.0], steps=1000).path[:, 0]
    np.testing.assert_array_equal(path, np.tile([1.0, -1.0], 501)[:1001])


@pytest.mark.parametrize(
    ("lr", "end"), [(0.19, (0.1215767, 0.3486784)), (0.21, (0.09468276, 2.593742))]
)
def test_bowl_each_axis_has_its_own_factor(lr: float, end: tuple[float, float]) -> None:
    close(tl.descend(bowl(a=1, b=10), tl.gd(lr), start=(1, 1), steps=10).end, end)


# --- the quartic wall -----------------------------------------------------------------------------


def test_quartic_wall_the_critical_start() -> None:
    critical = 4.472136
    below, above = tl.descend(
        quartic_wall_1d, tl.gd(0.1), start=[[critical * (1 - 1e-5)], [critical * (1 + 1e-5)]]
    )
    assert np.abs(below.path).max() < critical
    assert above.status.kind == "diverged"
    at = tl.descend(quartic_wall_1d, tl.gd(0.1), start=[np.sqrt(20)], steps=10).path[:, 0]
    np.testing.assert_allclose(at, np.sqrt(20) * np.tile([1, -1], 6)[:11], rtol=1e-9)


@pytest.mark.parametrize("land", [quartic_wall_1d, quartic_wall])
def test_quartic_wall_safe_at_4_4_and_lost_at_4_5(land: tl.Landscape) -> None:
    other = (0.5,) * (land.dim - 1)
    safe, lost = tl.descend(land, tl.gd(0.1), start=[(4.4, *other), (4.5, *other)])
    assert safe.status.kind != "diverged"
    assert lost.status.kind == "diverged"


def test_quartic_wall_flow_is_algebraic() -> None:
    close(flow(quartic_wall_1d, [1.0], 1000.0), 0.02235509)


def test_quartic_wall_gradient_descent_after_ten_thousand_steps() -> None:
    close(tl.descend(quartic_wall_1d, tl.gd(0.1), start=[1.0], steps=10_000).end, 0.02234865)


def test_quartic_wall_largest_safe_rate_from_three() -> None:
    below, above = tl.descend(
        quartic_wall_1d, tl.gd(2 / 9 * np.array([1 - 1e-4, 1 + 1e-4])), start=[3.0], steps=2000
    )
    assert np.abs(below.path).max() <= 3
    assert above.status.kind == "diverged"


# --- the training curve ---------------------------------------------------------------------------


def test_training_curve_falls_fast_and_then_slowly() -> None:
    land = ravine(kappa=100)
    first = land.loss((1, 1))
    close(first, 50.5)
    early = land.loss(flow(land, (1, 1), 0.05))
    close(early, 0.4546887)
    close(early / first, 0.009003737)
    close(land.loss(flow(land, (1, 1), 0.4)), 0.2246645)


def test_training_curve_of_a_quadratic_in_closed_form() -> None:
    times = np.array([0.0, 0.05, 0.4])
    close(tl.theory.flow.loss_curve(times, (100, 1), (1, 1)), (50.5, 0.4546887, 0.2246645))
    walked = [float(ravine(kappa=100).loss(flow(ravine(kappa=100), (3, -2), t))) for t in times]
    close(tl.theory.flow.loss_curve(times, (100, 1), (3, -2)), walked)
    with pytest.raises(ValueError, match="one coordinate per eigenvalue"):
        tl.theory.flow.loss_curve(times, (100, 1), (1, 1, 1))
    with pytest.raises(ValueError, match="0 or more"):
        tl.theory.flow.loss_curve(-1, (1,), (1,))


def test_training_curve_of_an_even_spectrum_is_a_power_law() -> None:
    curve = tl.theory.flow.uniform_spectrum_curve
    close(curve([1, 10, 100]), (0.07424927, 0.00125, 1.25e-05))
    many = (
        np.linspace(0, 1, 20_001)[1:] - 0.5 / 20_000
    )  # the integral as a sum of 20,000 curvatures
    summed = tl.theory.flow.loss_curve(3.0, many, np.full(20_000, 20_000**-0.5))
    np.testing.assert_allclose(curve(3.0), summed, rtol=1e-7)
    close(np.diff(np.log(curve([1e4, 1e6]))) / np.log(100), -2)
    np.testing.assert_allclose(curve([0, 1e-9, 1e-7]), 0.25, rtol=1e-6)
