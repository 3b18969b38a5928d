"""Theory of depth, conditioning, curvature and layers, against derivatives, samples and brute force."""

from __future__ import annotations

import itertools

import mpmath as mp
import numpy as np
import pytest
from scipy.stats import chi2

from toylands.theory import conditioning, curvature, depth, layers


def test_sensitivities_are_products_of_the_others() -> None:
    for weights in ([2.0], [3.0, -0.5], [1.5, 0.0, 2.0, -1.0], [0.0, 0.0, 1.0]):
        others = [np.prod(np.delete(weights, i)) for i in range(len(weights))]
        np.testing.assert_allclose(depth.sensitivities(weights), others, rtol=1e-15)


@pytest.mark.parametrize("n", [1, 2, 10, 300])
def test_the_mean_log_gain_is_that_of_a_chi_squared_variable(n: int) -> None:
    exact = chi2(n).expect(lambda s: np.log(s / n), lb=0)
    assert depth.mean_log_gain(n) == pytest.approx(exact, rel=1e-6)
    assert depth.mean_log_gain(n) < 0
    assert depth.typical_gain(n, 0) == 1


def test_random_gains_multiply_whole_matrices() -> None:
    """The same random numbers, with the product of the matrices made first."""
    gains = depth.random_gains(3, 4, count=5, seed=7)
    rng = np.random.default_rng(7)
    for gain in gains:
        product = np.eye(3)
        for _ in range(4):
            product = rng.standard_normal((3, 3)) / np.sqrt(3) @ product
        assert gain == pytest.approx(np.linalg.norm(product[:, 0]))


def test_paths_one_by_one() -> None:
    d, w = 6, 0.3
    weights = np.zeros(d + 1)
    for path in itertools.product((0, 1), repeat=d):
        weights[sum(path)] += w ** sum(path)
    np.testing.assert_allclose(depth.path_weights(d, w), weights, rtol=1e-13)
    mean = np.arange(d + 1) @ weights / weights.sum()
    assert depth.mean_path_length(d, w) == pytest.approx(mean)


def test_the_regression_hessian_and_its_condition() -> None:
    x = np.array([0.3, -1.0, 2.5, 4.0])
    design = np.stack([x, np.ones(4)], axis=1)
    np.testing.assert_allclose(conditioning.regression_hessian(x), 2 * design.T @ design / 4)
    singular = np.linalg.svd(design)[1]
    number = conditioning.condition_number(conditioning.regression_hessian(x))
    assert number == pytest.approx((singular[0] / singular[1]) ** 2)


def test_standardised_features_keep_their_correlation() -> None:
    for r in (-0.7, 0.0, 0.9):
        number = conditioning.condition_number([[1, r], [r, 1]])
        assert conditioning.standardised_condition(r) == pytest.approx(number)
        scaled = conditioning.condition_number([[100, 10 * r], [10 * r, 1]])
        assert scaled >= number


def test_the_jacobian_of_layer_normalisation() -> None:
    x = [1.0, 2.0, 4.0, -3.0]

    def unit(i: int, *v: mp.mpf) -> mp.mpf:
        mean = sum(v) / len(v)
        return (v[i] - mean) / mp.sqrt(sum((u - mean) ** 2 for u in v) / len(v))

    made = conditioning.layer_norm_jacobian(x)
    for i, j in itertools.product(range(4), repeat=2):
        order = tuple(int(k == j) for k in range(4))
        exact = mp.diff(lambda *v, i=i: unit(i, *v), tuple(map(mp.mpf, x)), order)
        assert made[i, j] == pytest.approx(float(exact), abs=1e-10)
    assert np.linalg.matrix_rank(made, tol=1e-12) == 2
    np.testing.assert_allclose(made @ np.ones(4), 0, atol=1e-15)
    np.testing.assert_allclose(made @ x, 0, atol=1e-15)


@pytest.mark.parametrize("activation", ["tanh", "relu", "softplus"])
def test_the_split_adds_up_to_the_second_derivative(activation: str) -> None:
    phi = {
        "tanh": lambda z, b: mp.tanh(b * z),
        "relu": lambda z, b: max(mp.mpf(0), b * z),
        "softplus": lambda z, b: mp.log(1 + mp.exp(b * z)) / b,
    }[activation]
    for w, y, b in ((0.7, -1.0, 1.0), (-1.3, 0.4, 2.5), (0.2, 3.0, 0.5)):
        split = curvature.activation_split(activation, w, y, sharpness=b)
        exact = [float(mp.diff(lambda z, b=b: phi(z, b), w, n)) for n in range(3)]
        got = (split.value, split.slope, split.bend)
        np.testing.assert_allclose(got, exact, rtol=1e-9, atol=1e-12)
        loss = mp.diff(lambda z, b=b, y=y: (phi(z, b) - y) ** 2 / 2, w, 2)
        assert split.total == pytest.approx(float(loss), rel=1e-9, abs=1e-12)
        assert split.gauss_newton >= 0


def test_softplus_far_out_does_not_overflow() -> None:
    with np.errstate(over="raise", invalid="raise"):
        on = curvature.activation_split("softplus", 500, 0, sharpness=10)
    assert (on.value, on.slope, on.bend) == (500, 1, 0)
    full = curvature.activation_split("tanh", -800, 0)
    assert (full.value, full.slope, full.bend) == (-1, 0, 0)


def test_block_rates_are_those_of_the_iteration() -> None:
    """A quadratic with its blocks solved exactly, at once and in turn, on a random error."""
    h = np.array([[3.0, 1.2], [1.2, 0.7]])
    c = layers.coupling(h)
    np.testing.assert_allclose(layers.block_rates(h), (-abs(c), abs(c)))
    np.testing.assert_allclose(layers.block_rates(h, at_once=False), (0, c**2), atol=1e-15)
    u, v = 1.0, -0.3
    for _ in range(40):
        u, v = -h[0, 1] * v / h[0, 0], -h[0, 1] * u / h[1, 1]
    last = np.hypot(u, v)
    for _ in range(2):
        u, v = -h[0, 1] * v / h[0, 0], -h[0, 1] * u / h[1, 1]
    assert np.hypot(u, v) / last == pytest.approx(c**2)


def test_layers_in_turn_with_another_target() -> None:
    path = layers.layerwise((3, -2), 3, s=2)
    np.testing.assert_allclose(path.prod(axis=1), (-6, -2 / 3, -6, -2 / 3))
    np.testing.assert_allclose(layers.layerwise((3, -2), 2, s=2, at_once=False)[1:].prod(axis=1), 2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: depth.sensitivities([]), "weights"),
        (lambda: depth.sensitivities([1, np.nan]), "finite"),
        (lambda: depth.mean_log_gain(0), "width"),
        (lambda: depth.typical_gain(10, -1), "depth"),
        (lambda: depth.random_gains(2, 2, count=0), "count"),
        (lambda: depth.path_weights(3, np.inf), "w="),
        (lambda: depth.mean_path_length(3, -0.5), "w=-0.5"),
        (lambda: depth.residual_gradient_bound(3, 1.0, 1.0), "below 1"),
        (lambda: conditioning.condition_number([[1, 2], [2, 1]]), "not above 0"),
        (lambda: conditioning.condition_number([[1, 2], [0, 1]]), "symmetric"),
        (lambda: conditioning.standardised([2, 2, 2]), "constant"),
        (lambda: conditioning.layer_norm([1]), "two or more"),
        (lambda: conditioning.standardised_condition(1), "between -1 and 1"),
        (lambda: curvature.activation_split("tahn", 1, 0), "Did you mean 'tanh'"),
        (lambda: curvature.activation_split("tanh", np.nan, 0), "finite"),
        (lambda: curvature.activation_split("tanh", 1, 0, sharpness=0), "sharpness=0"),
        (lambda: layers.layerwise((0, 1), 3), "other than 0"),
        (lambda: layers.layerwise((1, 1), 3, s=0), "s=0"),
        (lambda: layers.layerwise((1, 1), -1), "steps"),
        (lambda: layers.coupling([[0, 1], [1, 1]]), "above 0"),
    ],
)
def test_bad_questions_are_refused(call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
