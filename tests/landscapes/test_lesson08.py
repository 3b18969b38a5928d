"""Lesson 8, architecture: every number of the lesson comes out of the library."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from exact_tools import close

import toylands as tl
from toylands.landscapes import (
    chain,
    chain_1d,
    normalised_chain,
    normalised_regression,
    regression,
    relu_unit_1d,
    residual_chain,
    residual_chain_1d,
    scaled_residual_chain_1d,
    softplus_unit_1d,
    tanh_unit_1d,
    two_inputs,
    uv_product,
    xor_features,
    xor_linear,
    xor_threshold,
)
from toylands.theory import conditioning, curvature, depth, layers

# --- depth ----------------------------------------------------------------------------------------


def test_a_chain_is_a_plateau_and_a_cliff() -> None:
    close(chain_1d.minima[0].eigenvalues, [100])
    close(chain_1d.grad([[0.5], [1.5]])[:, 0], (-0.01951218, 21783.94))
    for d in (2, 5, 40):
        close(chain_1d(d=d).minima[0].eigenvalues, [d**2])
    assert chain_1d(d=1).hessian([0.2]) == 1
    kinds = {
        d: [(p.kind, float(p.point[0])) for p in chain_1d(d=d).critical_points]
        for d in (1, 2, 2.5, 3, 10)
    }
    assert kinds[1] == kinds[2.5] == [("minimum", 1)]
    assert kinds[2] == [("minimum", 1), ("minimum", -1), ("maximum", 0)]
    assert kinds[3] == [("minimum", 1), ("plateau", 0)]
    assert kinds[10] == [("minimum", 1), ("minimum", -1), ("plateau", 0)]
    assert [p.kind for p in chain(d=2).critical_points] == ["valley", "valley", "saddle"]
    assert chain_1d(y=-1).critical_points == chain(d=0).critical_points == []


def test_a_chain_of_separate_weights_has_one_curved_direction() -> None:
    """Ten layers as a network: at the minimum one eigenvalue is d, the others are 0."""
    net = tl.networks.mlp(
        (1,) * 11, "identity", "half_mse", bias=False, data=(np.ones((1, 1)), np.ones((1, 1)))
    )
    assert net.dim == 10
    eigenvalues = net.spectrum(np.ones(10)).eigenvalues
    close(eigenvalues[-1], 10)
    np.testing.assert_allclose(eigenvalues[:-1], 0, atol=1e-12)
    close(np.sum(depth.sensitivities(np.ones(10)) ** 2), 10)
    weights = np.linspace(0.6, 1.3, 10)
    slopes = (np.prod(weights) - 1) * depth.sensitivities(weights)
    np.testing.assert_allclose(net.grad(weights), slopes, rtol=1e-12)


def test_products_of_many_factors_vanish_or_explode() -> None:
    close(depth.sensitivities([0.9] * 50), np.full(50, 0.005726417))
    close(depth.sensitivities([1.1] * 50), np.full(50, 106.719))


def test_random_layers_vanish_typically_and_not_on_average() -> None:
    close(depth.mean_log_gain(10), -0.1033202)
    close(depth.typical_gain(10, 50), 0.07554656)
    close(depth.typical_gain(100, 50), 0.7781521)
    gains = depth.random_gains(10, 50, count=1000)
    error = np.std(np.log(gains)) / np.sqrt(1000)
    assert abs(np.log(gains).mean() - np.log(0.07554656)) < 4 * error
    shallow = depth.random_gains(10, 3, count=4000) ** 2
    assert abs(shallow.mean() - 1) < 4 * shallow.std() / np.sqrt(4000)


def test_a_chain_with_two_weights() -> None:
    close(chain.spectrum((1, 1)).eigenvalues[-1], 50)
    close(np.linalg.norm(chain.grad((0.5, 0.5))), 0.01379719)
    for d in (4, 20):
        close(chain(d=d).spectrum((1, 1)).eigenvalues[-1], d**2 / 2)


def test_clipping_turns_the_catapult_into_a_step() -> None:
    """From the cliff one plain step leaves the positive weights; a clipped walker reaches the valley."""
    plain = tl.descend(chain, tl.gd(0.03), start=(1.3, 1.2), steps=1).end
    assert np.all(plain < 0)
    clipped = tl.descend(chain, tl.clip_norm(tl.gd(0.03), 1.0), start=(1.3, 1.2), steps=400)
    assert str(clipped.status).startswith("converged to a valley")


# --- residual connections -------------------------------------------------------------------------


def test_a_residual_chain_is_the_plain_one_shifted() -> None:
    w = np.linspace(-0.9, 0.2, 23)[:, None]
    plain = chain_1d(y=2)
    for quantity in ("loss", "grad", "hessian"):
        moved, still = getattr(residual_chain_1d, quantity)(w), getattr(plain, quantity)(1 + w)
        np.testing.assert_allclose(moved, still, rtol=1e-12)
    pair = np.random.default_rng(0).uniform(-0.9, 0.3, (20, 2))
    np.testing.assert_allclose(residual_chain.loss(pair), chain.loss(1 + pair), rtol=1e-12)


def test_where_a_residual_chain_starts() -> None:
    close(chain_1d(y=2).grad([0.1]), [-2e-08])
    close(residual_chain_1d.grad([[0.0], [0.1]])[:, 0], (-10, 14.00014))


def test_curvature_with_and_without_the_division_by_depth() -> None:
    unscaled = residual_chain_1d.minima[0].eigenvalues[0]
    scaled = scaled_residual_chain_1d.minima[0].eigenvalues[0]
    close((unscaled, scaled), (348.2202, 3.482202))
    close(chain_1d(y=2).minima[0].eigenvalues[0], unscaled)
    close(unscaled / scaled, 100)
    for d in (10, 100):
        close(scaled_residual_chain_1d(d=d).minima[0].eigenvalues, [2 ** (2 - 2 / d)])


def test_outputs_of_residual_chains() -> None:
    """The output f of a loss (f - y)^2/2 follows from two targets: L(y=0.5) - L(y=1.5) = f - 1."""

    def output(land: tl.Landscape, w: float) -> float:
        return float(land(y=0.5).loss([w]) - land(y=1.5).loss([w])) + 1

    close(output(residual_chain_1d, 0.1), 2.593742)
    close(output(residual_chain_1d(d=100), 0.1), 13780.61)
    close(output(scaled_residual_chain_1d, 1.0), 2.593742)
    close(output(scaled_residual_chain_1d(d=100), 1.0), 2.704814)


def test_paths_of_a_residual_chain() -> None:
    weights = depth.path_weights(10, 0.1)
    close(weights.sum(), 2.593742)
    assert depth.path_weights(10, 1.0).sum() == 1024
    close(depth.mean_path_length(10, 0.1), 0.9090909)
    close(np.arange(11) @ weights / weights.sum(), 0.9090909)


def test_residual_chains_have_no_spurious_stationary_point_near_zero() -> None:
    rng = np.random.default_rng(1)
    for radius in (0.1, 0.5, 0.9):
        for w in rng.uniform(-radius, radius, (50, 6)):
            miss = np.prod(1 + w) - 2
            squared = np.sum((miss * depth.sensitivities(1 + w)) ** 2)
            assert squared >= depth.residual_gradient_bound(6, radius, miss)
    worst = np.full(6, -0.5)  # attained in the corner
    miss = np.prod(1 + worst) - 2
    close(
        np.sum((miss * depth.sensitivities(1 + worst)) ** 2),
        depth.residual_gradient_bound(6, 0.5, miss),
    )


# --- normalisation --------------------------------------------------------------------------------


def test_condition_numbers_of_a_line_fit() -> None:
    raw, centred = normalised_regression(centre=0, scale=1), normalised_regression(scale=1)
    x = regression.data["x"]
    for land, inputs, expected in (
        (raw, x, 14.12922),
        (regression, x, 14.12922),
        (centred, conditioning.centred(x), 1.25),
        (normalised_regression, conditioning.standardised(x), 1),
    ):
        hessian = land.hessian((0, 0))
        close(conditioning.condition_number(hessian), expected)
        np.testing.assert_allclose(hessian, conditioning.regression_hessian(inputs), atol=1e-12)


def test_standardised_inputs_need_one_step() -> None:
    path = tl.descend(normalised_regression, tl.gd(0.5), start=(0, 0), steps=1).path
    close(path[1], (1.229837, 2.75))
    close(normalised_regression.loss(path[1]), 0.675)
    close(regression.minima[0].loss, 0.675)
    raw = tl.descend(normalised_regression(centre=0, scale=1), tl.gd(0.1), steps=50)
    assert raw.loss[-1] > 0.675 + 1e-4


def test_two_inputs_keep_their_correlation() -> None:
    def number(**dials: float) -> float:
        return conditioning.condition_number(two_inputs(**dials).hessian((0, 0)))

    close(number(r=0), 100)
    close(number(r=0, s=1), 1)
    close(number(), 534.8929)
    close(number(s=1), 19)
    close(conditioning.standardised_condition(0.9), 19)


def test_layer_normalisation_projects() -> None:
    x = np.array([1.0, 2.0, 4.0])
    singular = np.linalg.svd(conditioning.layer_norm_jacobian(x))[1]
    close(singular[0], 0.8017837)
    np.testing.assert_allclose(singular[1:], 0, atol=1e-15)
    same = conditioning.layer_norm(3 * x + 7)
    np.testing.assert_allclose(same, conditioning.layer_norm(x), rtol=1e-14)


def test_a_normalised_chain_has_no_cliff() -> None:
    """Far above sqrt(eps) the weight does not matter; the gain alone has a curvature, of 1."""
    w = np.linspace(0.5, 20, 40)
    sharp = [normalised_chain(eps=1e-4).hessian((v, 1.0)) for v in w]
    np.testing.assert_allclose([h[1, 1] for h in sharp], 1, rtol=1e-3)
    assert max(abs(h[0, 0]) for h in sharp) < 0.01
    assert chain_1d.hessian([20.0]) > 1e20
    assert abs(normalised_chain.grad((0.01, 1.0))).max() < 1e-6  # below sqrt(eps): the plateau
    for v in (0.3, 0.6, 0.8):  # with eps = 1 the output is a little below w^10
        output = normalised_chain(eps=1).grad((v, 1e9))[1] / 1e9
        assert 0.3 * v**20 < output < v**20


# --- activations ----------------------------------------------------------------------------------


def test_the_bend_of_the_activation_in_the_curvature() -> None:
    split = curvature.activation_split("tanh", 1, -1)
    close((split.slope, split.bend), (0.4199743, -0.6397))
    close((split.gauss_newton, split.residual_part), (0.1763784, -1.126892))
    close(split.total, -0.9505133)
    close(tanh_unit_1d.hessian([1.0])[0, 0], -0.9505133)
    fit = float(np.tanh(1))
    close(tanh_unit_1d(y=fit).hessian([1.0])[0, 0], 0.1763784)
    close(curvature.activation_split("tanh", 1, fit).total, 0.1763784)


def test_relu_has_no_bend() -> None:
    for y in (-1, 0.5, 2):
        close(relu_unit_1d(y=y).hessian([1.0])[0, 0], 1)
        assert relu_unit_1d(y=y).hessian([-0.5]) == 0
    assert curvature.activation_split("relu", 1, -1).residual_part == 0


@pytest.mark.parametrize(("b", "expected"), [(1, 0.25), (10, 2.5)])
def test_softplus_bends_most_at_zero(b: float, expected: float) -> None:
    """L'' falls by phi'' when the target rises by 1."""
    w = np.linspace(-3, 3, 601)[:, None]
    bend = softplus_unit_1d(b=b, y=0).hessian(w) - softplus_unit_1d(b=b, y=1).hessian(w)
    close(bend.max(), expected)
    assert w[np.argmax(bend)] == pytest.approx(0, abs=1e-12)
    close(curvature.activation_split("softplus", 0, 1, sharpness=b).bend, expected)


def test_the_curvature_crosses_zero_as_the_target_moves() -> None:
    """At w = 1 where the residual is -phi'^2/phi''."""
    split = curvature.activation_split("tanh", 1, 0)
    y = split.value + split.gauss_newton / split.bend
    np.testing.assert_allclose(tanh_unit_1d(y=y).hessian([1.0]), 0, atol=1e-15)


# --- exclusive or ---------------------------------------------------------------------------------


def test_no_linear_model_fits_exclusive_or() -> None:
    (best,) = xor_linear.minima
    close(best.loss, 0.25)
    np.testing.assert_allclose(best.point, (0, 0, 0.5), atol=1e-12)
    data = tl.networks.xor()
    design = np.hstack([data.x, np.ones((4, 1))])
    residual = np.linalg.lstsq(design, data.y, rcond=None)[1]
    close(residual / 4, [0.25])


def test_two_fixed_features_fit_it_in_a_convex_bowl() -> None:
    (best,) = xor_features.minima
    np.testing.assert_allclose(best.point, (1, -2), atol=1e-12)
    assert best.loss == pytest.approx(0, abs=1e-30)
    close(xor_features.hessian((0, 0)), [[3, 1], [1, 0.5]])
    close(best.eigenvalues, (0.1492189, 3.350781))
    close(xor_features.loss((0, 0)), 0.5)


def test_the_slice_lies_in_the_network_of_nine_parameters() -> None:
    net = tl.networks.mlp((2, 2, 1), "relu", data=tl.networks.xor())
    assert net.dim == 9

    def theta(a: float, b: float, c: float) -> list[float]:
        return [1, 1, 1, 1, 0, -c, a, b, 0]

    rng = np.random.default_rng(0)
    for a, b in rng.uniform(-3, 3, (10, 2)):
        close(net.loss(theta(a, b, 1)), xor_features.loss((a, b)))
    for b, c in rng.uniform(-3, 3, (10, 2)):
        close(net.loss(theta(1, b, c)), xor_threshold.loss((b, c)))
    assert net.loss(theta(1, -2, 1)) == 0


def test_learned_features_make_the_loss_non_convex() -> None:
    """Between two of its zeros the loss is positive; where the unit is off, nothing moves."""
    c = np.linspace(1, 1.6, 7)
    zeros = np.stack([-2 / (2 - c), c], axis=1)
    np.testing.assert_allclose(xor_threshold.loss(zeros), 0, atol=1e-30)
    assert xor_threshold.loss(zeros[[0, -1]].mean(axis=0)) > 0.01
    np.testing.assert_array_equal(xor_threshold.grad([(-2, 2.1), (1, 2.4)]), 0)
    run = tl.descend(xor_threshold, tl.gd(0.05), steps=2000)
    assert run.loss[-1] < 1e-6


def test_learning_the_features_succeeds_from_some_starts_only() -> None:
    net = tl.networks.mlp((2, 2, 1), "tanh", data=tl.networks.xor())
    ends = [
        tl.descend(net, tl.adam(0.05), start=net.init(seed), steps=1500, every=1500).loss[-1]
        for seed in range(12)
    ]
    assert min(ends) < 1e-4
    assert max(ends) > 0.1


# --- layers depend on each other ------------------------------------------------------------------


def test_layers_optimised_at_once_run_in_a_circle() -> None:
    path = layers.layerwise((2, 0.25), 4)
    close(uv_product.loss(path), (0.125, 0.5, 0.125, 0.5, 0.125))
    close(path[1], (4, 0.5))
    np.testing.assert_array_equal(path[2], path[0])
    # each is the exact optimum given the other: its own partial derivative there is 0
    for old, new in itertools.pairwise(path):
        assert uv_product.grad((new[0], old[1]))[0] == 0
        assert uv_product.grad((old[0], new[1]))[1] == 0


def test_layers_optimised_in_turn_are_done_at_once() -> None:
    path = layers.layerwise((2, 0.25), 2, at_once=False)
    np.testing.assert_array_equal(uv_product.loss(path)[1:], 0)


def test_layers_are_coupled_as_much_as_can_be() -> None:
    for u in (0.3, 1, 4):
        hessian = uv_product.hessian((u, 1 / u))
        close(layers.coupling(hessian), 1)
        close(layers.block_rates(hessian), (-1, 1))  # -1: the error alternates and never shrinks
        np.testing.assert_allclose(layers.block_rates(hessian, at_once=False), (0, 1), atol=1e-12)


def test_an_early_layer_feels_all_later_ones() -> None:
    close(depth.sensitivities([1.1] * 50)[0], 106.719)
