"""Lesson 5, the model and the loss draw the map: every number comes out of the library."""

from __future__ import annotations

import numpy as np
import pytest
from exact_tools import close, flow, flow_time

import toylands as tl
from toylands.landscapes import (
    bce,
    bce_logits,
    dice,
    dice_black,
    dice_black_logits,
    dice_logits,
    dice_regions,
    tanh_neuron,
    tied_autoencoder,
    uv_product,
    uvw_product,
)

# --- deep linear networks -------------------------------------------------------------------------


def test_two_layers_have_one_saddle_and_a_valley() -> None:
    origin, *valley = uv_product.critical_points
    assert origin.kind == "saddle"
    close(origin.loss, 0.5)
    np.testing.assert_allclose(origin.eigenvalues, (-1, 1), rtol=1e-12)
    assert [p.kind for p in valley] == ["valley", "valley"]


def test_three_layers_have_a_saddle_without_negative_curvature() -> None:
    assert np.all(uvw_product.hessian((0, 0, 0)) == 0)
    assert np.all(uvw_product.grad((0, 0, 0)) == 0)
    for a in (0.7, -1.3):
        eigenvalues = uvw_product.spectrum((0, 0, a)).eigenvalues
        np.testing.assert_allclose(eigenvalues, (-abs(a), 0, abs(a)), atol=1e-15)
    along = np.array([1.0, 1.0, 1.0])  # downhill in the third order
    assert (
        uvw_product.loss(0.1 * along) < uvw_product.loss((0, 0, 0)) < uvw_product.loss(-0.1 * along)
    )


def test_autoencoder_stationary_points() -> None:
    points = tied_autoencoder.critical_points
    assert len(points) == 5
    losses = {p.kind: p.loss for p in points}
    close((losses["maximum"], losses["saddle"], losses["minimum"]), (4, 3, 1))


@pytest.mark.parametrize(
    ("point", "diagonal"), [((0, 0), (-12, -4)), ((1, 0), (24, 4)), ((0, 1), (-4, 8))]
)
def test_autoencoder_hessians(point: tuple[float, float], diagonal: tuple[float, float]) -> None:
    np.testing.assert_allclose(tied_autoencoder.hessian(point), np.diag(diagonal), atol=1e-14)


def test_autoencoder_follows_the_larger_variance() -> None:
    swapped = tied_autoencoder(a=1, b=3)
    assert {abs(float(p.point[1])) for p in swapped.minima} == {1.0}
    equal = tied_autoencoder(a=2, b=2)
    assert [p.kind for p in equal.critical_points] == ["maximum", "valley", "valley"]
    close([p.loss for p in equal.critical_points], (4, 2, 2))
    angles = np.linspace(0, 2 * np.pi, 17)
    np.testing.assert_allclose(
        equal.grad(np.stack([np.cos(angles), np.sin(angles)], axis=1)), 0, atol=1e-14
    )


def test_autoencoder_has_no_other_stationary_point_in_its_window() -> None:
    """Every cell of a fine grid in which both slopes change sign holds a listed point."""
    axis = np.linspace(-1.4, 1.4, 281)
    g = np.sign(tied_autoencoder.grad(np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)))
    corners = np.stack([g[:-1, :-1], g[1:, :-1], g[:-1, 1:], g[1:, 1:]])
    both = (corners.min(axis=0) <= 0).all(axis=-1) & (corners.max(axis=0) >= 0).all(axis=-1)
    cells = axis[np.argwhere(both)] + 0.005
    known = np.array([p.point for p in tied_autoencoder.critical_points])
    assert len(cells) >= 5
    assert np.abs(cells[:, None] - known).max(axis=-1).min(axis=1).max() < 0.02


# --- plateau, then acceleration -------------------------------------------------------------------


@pytest.mark.parametrize(("w0", "time"), [(0.1, 2.29756), (0.01, 4.60512), (0.001, 6.907755)])
def test_two_layers_wait_for_the_logarithm(w0: float, time: float) -> None:
    close(flow_time(uv_product, (w0, w0), lambda p: p[0] * p[1] - 0.5, 20), time)


def test_two_layers_after_one_unit_of_time() -> None:
    close(np.prod(flow(uv_product, (0.1, 0.1), 1.0)), 0.06945316)


@pytest.mark.parametrize(("w0", "time"), [(0.1, 9.144747), (0.01, 99.1497)])
def test_three_layers_wait_for_the_inverse(w0: float, time: float) -> None:
    close(flow_time(uvw_product, (w0, w0, w0), lambda p: np.prod(p) - 0.5, 200), time)


@pytest.mark.parametrize(("s", "time"), [(3, 1.334339), (1, 3.453377)])
def test_strong_modes_are_learnt_first(s: float, time: float) -> None:
    start = (np.sqrt(1e-3), np.sqrt(1e-3))
    close(flow_time(uv_product(s=s), start, lambda p: p[0] * p[1] - s / 2, 20), time)


def test_two_layers_gradient_descent_steps_to_half() -> None:
    path = tl.descend(uv_product, tl.gd(0.1), start=(0.1, 0.1), steps=100).path
    assert int(np.argmax(np.prod(path, axis=1) >= 0.5)) == 24


# --- one neuron -----------------------------------------------------------------------------------


def test_one_neuron_has_a_bad_minimum() -> None:
    good, top, bad = tanh_neuron.critical_points
    assert [p.kind for p in (good, top, bad)] == ["minimum", "maximum", "minimum"]
    close((good.point[0], top.point[0], bad.point[0]), (-0.04109426, 0.2247267, 1.472219))
    close((good.loss, top.loss, bad.loss), (0.4489377, 1.322612, 1.125))


def test_one_neuron_gradient_descent_is_trapped() -> None:
    run = tl.descend(tanh_neuron, tl.gd(0.05), start=[0.3], steps=5000)
    assert str(run.status) == "converged to a minimum"
    close(run.loss[-1], 1.125)


def test_one_neuron_with_agreeing_targets_has_no_trap() -> None:
    assert [p.kind for p in tanh_neuron(y=(0.9, 0.99)).critical_points] == ["minimum"]


# --- cross-entropy --------------------------------------------------------------------------------


def test_bce_in_the_middle() -> None:
    close(bce.loss((0.5, 0.5)), 1.386294)
    np.testing.assert_allclose(bce_logits.hessian((0, 0)), np.diag([0.25, 0.25]), rtol=1e-15)


def test_bce_confidently_wrong_still_pulls() -> None:
    close(bce_logits.grad((-10, 0))[0], -0.9999546)
    close(bce_logits.hessian((-10, 0))[0, 0], 4.539581e-05)


def test_bce_is_separable_and_jointly_convex() -> None:
    rng = np.random.default_rng(0)
    for land, points in (
        (bce, rng.uniform(0.01, 0.99, (500, 2))),
        (bce_logits, rng.normal(0, 4, (500, 2))),
    ):
        hessian = land.hessian(points)
        assert np.all(hessian[:, 0, 1] == 0)
        assert np.all(hessian[:, [0, 1], [0, 1]] > 0)


# --- soft Dice ------------------------------------------------------------------------------------


def test_dice_in_the_middle() -> None:
    close(dice.loss((0.5, 0.5)), 0.5)
    close(dice.grad((0.5, 0.5)), (-0.75, 0.25))
    np.testing.assert_allclose(dice.hessian((0.5, 0.5)), [[0.75, 0.25], [0.25, -0.25]], rtol=1e-15)
    close(dice.spectrum((0.5, 0.5)).eigenvalues, (-0.309017, 0.809017))


def test_dice_confidently_wrong_hardly_pulls_through_the_logit() -> None:
    close(dice.grad((0.01, 0.5))[0], -1.315732)
    z = (np.log(0.01 / 0.99), 0.0)
    close(dice_logits.grad(z)[0], -0.01302574)
    close(bce_logits.grad(z)[0], -0.99)


def test_dice_is_indefinite_and_its_slopes_never_change_sign() -> None:
    points = np.random.default_rng(0).uniform(0.001, 0.999, (2000, 2))
    eigenvalues = dice.spectrum(points).eigenvalues
    assert np.all(eigenvalues[:, 0] < 0)
    assert np.all(eigenvalues[:, 1] > 0)
    assert np.all(np.sign(dice.grad(points)) == (-1, 1))


@pytest.mark.parametrize("level", [0.3, 0.5, 0.8])
def test_dice_contours_are_straight_lines(level: float) -> None:
    p2 = np.linspace(0, 0.3, 7)
    p1 = (1 - level) * (1 + p2) / (1 + level)
    np.testing.assert_allclose(dice.loss(np.stack([p1, p2], axis=1)), level, rtol=1e-14)


# --- an all-black target --------------------------------------------------------------------------


def both(eps: float) -> dict[str, float]:
    return {"smooth_nr": eps, "smooth_dr": eps}


@pytest.mark.parametrize("constants", [{}, {"smooth_dr": 1.0}, {"smooth_dr": 1e-6}])
def test_black_target_is_exactly_flat_without_a_constant_on_top(
    constants: dict[str, float],
) -> None:
    land = dice(t1=0, t2=0, **constants)
    points = np.random.default_rng(0).uniform(0.001, 1, (200, 2))
    assert np.all(land.loss(points) == 1)
    assert np.all(land.grad(points) == 0)


def test_black_target_without_constants_is_undefined_at_zero() -> None:
    assert np.isnan(dice(t1=0, t2=0).loss((0, 0)))


def test_black_target_with_constant_one() -> None:
    land = dice_black(n=100, **both(1))
    close(land.loss([0.5]), 0.9803922)
    close(land.grad([0.5]) / 100, 0.0003844675)


@pytest.mark.parametrize(("p", "slope"), [(0.5, 4e-10), (1e-4, 0.009998), (0.0, 1_000_000)])
def test_black_target_with_a_tiny_constant_is_a_plateau_with_a_cliff(
    p: float, slope: float
) -> None:
    close(dice_black(n=100, **both(1e-6)).grad([p]) / 100, slope)


def test_black_target_through_the_logits() -> None:
    close(dice_black_logits(n=100, **both(1e-6)).grad([0.0]) / 100, 1e-10)
    close(bce_logits.grad((0, 0))[1], 0.5)


def test_black_image_in_a_batch_with_a_target_is_not_flat() -> None:
    """Two images of 100 pixels, 10 of them target, all predictions 1/2."""
    land = dice_regions(n=200, k=10)
    close(land.grad((0.5, 0.5))[1] / 190, 0.0008264463)
