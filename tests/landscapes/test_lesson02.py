"""Lesson 2, curvature, sharp and flat: every number of the lesson comes out of the library."""

from __future__ import annotations

import numpy as np
import pytest
from exact_tools import close, gaussian_mean

import toylands as tl
from toylands.landscapes import (
    asymmetric_valley,
    asymmetric_valley_1d,
    bowl,
    gaussian_wells,
    quartic_wall_1d,
    rotated_bowl,
)

SHARP, FLAT = (-1.5, 0.0), (1.5, 0.0)


def direction(degrees: float) -> np.ndarray:
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])


# --- Hessian, eigenvalues, ellipses ---------------------------------------------------------------


def test_rotated_bowl_hessian() -> None:
    hessian = rotated_bowl.hessian((0.3, -0.7))
    close(hessian, [[7.75, 3.897114], [3.897114, 3.25]])
    close(np.trace(hessian), 11)
    close(np.linalg.det(hessian), 10)


def test_rotated_bowl_curvature_along_directions() -> None:
    hessian = rotated_bowl.hessian((0, 0))
    close(direction(45) @ hessian @ direction(45), 9.397114)
    along = [direction(a) @ hessian @ direction(a) for a in range(180)]
    assert int(np.argmax(along)) == 30
    assert int(np.argmin(along)) == 120


def test_rotated_bowl_ellipse_of_loss_one() -> None:
    for length, degrees in ((0.4472136, 30), (1.414214, 120)):
        close(rotated_bowl.loss(length * direction(degrees)), 1.0)
    low, high = rotated_bowl.spectrum((0, 0)).eigenvalues
    close((np.sqrt(2 / high), np.sqrt(2 / low)), (0.4472136, 1.414214))


def test_rotated_bowl_gradient_misses_the_minimum() -> None:
    close(rotated_bowl.grad((1, 0)), (7.75, 3.897114))


def test_rotated_bowl_power_iteration() -> None:
    hessian = rotated_bowl.hessian((0, 0))
    v = np.array([1.0, 0.0])
    for _ in range(5):
        v = hessian @ v
        v /= np.linalg.norm(v)
    top = direction(30)
    close(abs(v[0] * top[1] - v[1] * top[0]), 5.773503e-06)


def test_rotated_bowl_hessian_vector_product_from_two_gradients() -> None:
    x, v = np.array([0.3, -0.4]), np.array([1.0, 2.0])
    difference = (rotated_bowl.grad(x + v) - rotated_bowl.grad(x - v)) / 2
    np.testing.assert_allclose(rotated_bowl.hessian(x) @ v, difference, rtol=1e-14)


# --- sharp and flat wells -------------------------------------------------------------------------


def test_wells_depth_and_trace() -> None:
    close(gaussian_wells.loss([SHARP, FLAT]), (-1.200884, -1.0))
    trace = np.trace(gaussian_wells.hessian([SHARP, FLAT]), axis1=-2, axis2=-1)
    close(trace, (59.98334, 3.125))


def test_wells_smoothed_values() -> None:
    close(gaussian_wells(sigma=0.3).loss([SHARP, FLAT]), (-0.3710745, -0.8767123))


@pytest.mark.parametrize("point", [SHARP, FLAT, (-1.2, 0.3), (0.4, -0.8)])
def test_wells_smoothing_is_the_gaussian_mean(point: tuple[float, float]) -> None:
    sigma = 0.2
    mean = gaussian_mean(lambda z: gaussian_wells.loss(np.array(point) + z), 2, sigma, nodes=60)
    np.testing.assert_allclose(gaussian_wells(sigma=sigma).loss(point), mean, rtol=1e-8)


def test_wells_swap_their_ranking_under_smoothing() -> None:
    """For isolated wells, made by switching the other one off."""
    for sigma, sharp_is_deeper in ((0.0929, True), (0.0931, False)):
        sharp = gaussian_wells(a2=0, sigma=sigma).loss(SHARP)
        flat = gaussian_wells(a1=0, sigma=sigma).loss(FLAT)
        assert (sharp < flat) == sharp_is_deeper
    at = {"sigma": 0.09299811}
    close(gaussian_wells(a2=0, **at).loss(SHARP), gaussian_wells(a1=0, **at).loss(FLAT))


def test_wells_cross_under_a_rigid_shift() -> None:
    shift = np.array([0.1247321, 0.0])
    close(gaussian_wells(a2=0).loss(SHARP + shift), gaussian_wells(a1=0).loss(FLAT + shift))


def test_wells_the_sharp_one_disappears_when_smoothed_enough() -> None:
    assert [p.kind for p in gaussian_wells.critical_points] == ["minimum", "saddle", "minimum"]
    assert [p.kind for p in gaussian_wells(sigma=1.0).critical_points] == ["minimum"]


# --- expected loss increase -----------------------------------------------------------------------


def test_noise_raises_a_quadratic_by_half_the_trace() -> None:
    land = bowl(a=10, b=1)
    mean = gaussian_mean(land.loss, 2, 0.1)
    close(mean, 0.055)
    close(0.1**2 / 2 * np.trace(land.hessian((0, 0))), 0.055)
    close(np.sqrt(gaussian_mean(lambda z: (land.loss(z) - mean) ** 2, 2, 0.1)), 0.07106335)


def test_noise_with_a_covariance_raises_it_by_half_the_trace_of_the_product() -> None:
    land, covariance = bowl(a=10, b=1), np.array([[0.04, 0.01], [0.01, 0.09]])
    close(gaussian_mean(land.loss, 2, np.linalg.cholesky(covariance)), 0.245)
    close(np.trace(land.hessian((0, 0)) @ covariance) / 2, 0.245)


def test_noise_on_a_sphere() -> None:
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    circle = 0.1 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    close(bowl(a=10, b=1).loss(circle).mean(), 0.0275)


def test_noise_on_a_quartic_exceeds_the_second_order() -> None:
    land = quartic_wall_1d(a=1, b=4)  # x^2/2 + x^4
    close(gaussian_mean(land.loss, 1, 0.5), 0.3125)
    close(0.5**2 / 2 * land.hessian([0.0])[0, 0], 0.125)


# --- the asymmetric valley ------------------------------------------------------------------------


def test_asymmetric_valley_values() -> None:
    right, left = asymmetric_valley_1d.loss([[1.0], [-1.0]])
    close(right, 0.7182818)
    close(left, 0.3678794)
    close(right - left, 0.3504024)
    assert asymmetric_valley_1d.loss([0.0]) == 0
    assert asymmetric_valley_1d.hessian([0.0])[0, 0] == 1
    assert asymmetric_valley_1d.third([0.0])[0, 0, 0] == 1


def test_kicks_in_closed_form() -> None:
    kicks = tl.theory.kicks
    close(kicks.mean_increase(np.diag((10.0, 1.0)), 0.1**2 * np.eye(2)), 0.055)
    close(kicks.mean_increase(np.diag((10.0, 1.0)), [[0.04, 0.01], [0.01, 0.09]]), 0.245)
    close(kicks.spread((10, 1), 0.1), 0.07106335)
    close(kicks.sphere_mean((10, 1), 0.1), 0.0275)
    close(kicks.relative_spread(1000), 0.04472136)
    # sampled: the relative standard error of a spread over 4,000 kicks is 0.011
    squares = np.random.default_rng(0).standard_normal((4000, 1000)) ** 2
    increases = squares.sum(axis=1) / 2
    assert abs(increases.std() / increases.mean() / kicks.relative_spread(1000) - 1) < 4 * 0.011
    with pytest.raises(ValueError, match="one size"):
        kicks.mean_increase(np.eye(2), np.eye(3))
    with pytest.raises(ValueError, match="dim=0"):
        kicks.relative_spread(0)


def test_asymmetric_valley_expected_loss() -> None:
    close(gaussian_mean(asymmetric_valley_1d.loss, 1, 1.0), 0.6487213)
    close(asymmetric_valley_1d.hessian([0.0])[0, 0] / 2, 0.5)


def test_asymmetric_valley_best_point_under_shifts_lies_on_the_gentle_side() -> None:
    shifted = asymmetric_valley_1d(s=1)
    (best,) = shifted.minima
    close(best.point, -0.4337808)
    close(best.loss, 0.4337808)
    close(best.eigenvalues, 0.6480543 * np.cosh(1))
    close(shifted.loss([0.0]), 0.5430806)
    close(asymmetric_valley_1d.hessian(best.point)[0, 0], 0.6480543)
    by_hand = (asymmetric_valley_1d.loss([0.7]) + asymmetric_valley_1d.loss([-1.3])) / 2
    np.testing.assert_allclose(shifted.loss([-0.3]), by_hand, rtol=1e-14)


def test_asymmetric_valley_in_two_dimensions_adds_a_parabola() -> None:
    x, y = 0.7, -1.2
    np.testing.assert_allclose(
        asymmetric_valley.loss((x, y)), asymmetric_valley_1d.loss([x]) + y**2 / 2, rtol=1e-15
    )
