"""Lesson 6, symmetry: every number of the lesson comes out of the library."""

from __future__ import annotations

import math

import numpy as np
import pytest
from exact_tools import close, flow
from scipy.special import gammaln

import toylands as tl
from toylands.geometry import (
    conserved,
    effective_hessian,
    find_critical_points,
    noether,
    stability_limit,
    symmetry_defect,
)
from toylands.landscapes import (
    circle_valley,
    convolution_filters,
    normalised_weights,
    summed_filters,
    two_neurons,
    uv_product,
)
from toylands.theory import symmetry as theory

SCALING = np.diag([1.0, -1.0])
OPTIMIZERS = [
    tl.gd(0.1),
    tl.momentum(0.1),
    tl.nesterov(0.1),
    tl.adam(0.1),
    tl.adagrad(0.1),
    tl.lion(0.1),
]


def difference(theta: np.ndarray) -> float:
    return float(theta[0] - theta[1])


def angle(theta: np.ndarray) -> float:
    return float(np.arctan2(theta[1], theta[0]))


# --- filters that matter only through their sum ---------------------------------------------------


def test_the_sum_is_learned_and_the_difference_is_not() -> None:
    run = tl.descend(summed_filters, tl.gd(0.1))
    close(run.path[10].sum(), 2.785252)
    close(theory.sum_after(1, 3, 0.1, 10), 2.785252)
    np.testing.assert_allclose(run.end, (3, 0), atol=1e-12)  # w1_inf, w2_inf


@pytest.mark.parametrize("opt", OPTIMIZERS, ids=lambda opt: opt.label)
def test_no_optimizer_sees_the_difference(opt: tl.Optimizer) -> None:
    run = tl.descend(summed_filters, opt, start=(2, -1), steps=200)
    assert abs(run.loss[-1] - run.loss[0]) > 0.1
    assert conserved(run, difference).worst < 1e-14


def test_nor_do_mini_batches() -> None:
    """Every sample has the symmetry: both differences of the two filters stay, with noisy sums."""
    run = tl.descend(convolution_filters, tl.gd(0.02), batch=1, seed=3)
    assert np.std(np.diff(run.loss)) > 1e-3
    for j in (0, 1):
        assert conserved(run, lambda w, j=j: w[j] - w[j + 2]).worst < 1e-14


@pytest.mark.parametrize(("filters", "largest"), [(2, 1.0), (5, 0.4)])
def test_more_filters_need_smaller_steps(filters: int, largest: float) -> None:
    names = [f"w{k}" for k in range(filters)]
    land = tl.landscape(f"({'+'.join(names)} - 3)**2/2")
    eigenvalues = land.spectrum(np.zeros(filters)).eigenvalues
    np.testing.assert_allclose(eigenvalues, [0] * (filters - 1) + [filters], atol=1e-14)
    limit = stability_limit(tl.gd(0.1))
    assert limit is not None
    close(limit / eigenvalues[-1], largest)
    start = np.arange(filters, dtype=float)
    for factor, grows in ((0.99, False), (1.01, True)):
        lr = factor * largest
        sums = tl.descend(land, tl.gd(lr), start=start, steps=20).path.sum(axis=1)
        assert (abs(sums[-1] - 3) > abs(sums[0] - 3)) == grows
        for t in (1, 20):
            exact = theory.sum_after(start.sum(), 3, lr, t, filters=filters)
            assert sums[t] == pytest.approx(exact, rel=1e-11)


def test_weight_decay_breaks_the_symmetry() -> None:
    close(theory.difference_after(3, 0.1, 10, decay=0.1), 2.713146)
    for opt in (tl.weight_decay(tl.gd(0.1), 0.1), tl.weight_decay(tl.momentum(0.1, beta=0), 0.1)):
        run = tl.descend(summed_filters, opt, start=(2, -1), steps=10)
        close(difference(run.end), 2.713146)
    assert theory.difference_after(3, 0.1, 10) == 3


def test_noise_of_its_own_on_each_weight_breaks_it_too() -> None:
    """10,000 walkers; a variance has the relative standard error sqrt(2/10,000)."""
    close(theory.difference_variance(0.1, 0.5, 100), 0.5)
    opt = tl.noise(tl.gd(0.1), sigma=0.5)
    starts = np.tile((2.0, -1.0), (10_000, 1))
    end = tl.descend(summed_filters, opt, start=starts, steps=100, every=100).end
    assert np.var(end[:, 0] - end[:, 1]) == pytest.approx(0.5, rel=4 * np.sqrt(2e-4))


# --- scaling --------------------------------------------------------------------------------------


def test_the_same_function_as_sharp_as_one_likes() -> None:
    points = [(1, 1), (2, 0.5), (10, 0.1)]
    np.testing.assert_allclose(uv_product.loss(points), 0, atol=1e-30)
    spectra = uv_product.spectrum(points).eigenvalues
    close(spectra[:, 1], (2, 4.25, 100.01))
    np.testing.assert_allclose(spectra[:, 0], 0, atol=1e-13)
    for u, v in points:
        close(theory.product_flow_sharpness(u**2 - v**2), u**2 + v**2)
        reduced = effective_hessian(uv_product, (u, v), SCALING)
        close(reduced.measured_by([[v, u]])[0, 0], 1)  # quotient_curv
    assert symmetry_defect(uv_product, SCALING, [(2, 0.25), (-1, 3), (0.3, 0.4)]) < 1e-14


def test_flow_conserves_the_difference_of_squares_and_gd_balances() -> None:
    run = tl.descend(uv_product, tl.gd(0.1), start=(2, 0.25), steps=2000)
    kept = conserved(run, noether(SCALING))
    close(kept.values[[0, 1, -1]], (3.9375, 3.927656, 3.92251))
    residual = run.path.prod(axis=1) - 1
    for t in range(5):
        expected = theory.difference_of_squares_after(kept.values[t], 0.1, residual[t])
        assert kept.values[t + 1] == pytest.approx(expected, rel=1e-14)
    end = theory.product_flow_end(2, 0.25)
    close((theory.product_flow_sharpness(3.9375), end[0]), (4.416323, 2.043749))
    np.testing.assert_allclose(flow(uv_product, (2, 0.25), 20), end, rtol=1e-8)
    close(uv_product.spectrum(end).eigenvalues[-1], 4.416323)


def test_tanh_has_no_scaling_symmetry() -> None:
    land = tl.landscape("(v*tanh(u) - 0.5)**2/2")
    assert symmetry_defect(land, SCALING, [(1.0, 2.0)]) > 0.05


# --- swapping neurons -----------------------------------------------------------------------------


def test_the_two_neuron_loss() -> None:
    close(two_neurons.loss([(1, 1), (1.65, 1.65)]), (0.02843192, 0.08186967))
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 4, (20, 2))
    np.testing.assert_allclose(
        two_neurons.loss(points), two_neurons.loss(points[:, ::-1]), atol=1e-15
    )


def test_its_loss_is_the_mean_over_inputs() -> None:
    """By quadrature of the squared error of the two networks themselves."""
    from scipy.integrate import quad
    from scipy.special import erf

    def error(x: float) -> float:
        out = sum(
            sign * erf(w * x / math.sqrt(2))
            for w, sign in ((1.3, 1), (-0.2, 1), (0.3, -1), (3, -1))
        )
        return out**2 / 2 * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)

    assert two_neurons.loss((1.3, -0.2)) == pytest.approx(quad(error, -12, 12)[0], rel=1e-8)


def test_two_copies_of_the_minimum_and_the_saddle_between() -> None:
    first, second, saddle = two_neurons.critical_points
    np.testing.assert_allclose(first.point, second.point[::-1], rtol=1e-12)
    for point in (first, second):
        close(point.eigenvalues, (0.00688133, 0.4974632))
    close(saddle.point, (0.9283033, 0.9283033))
    close(saddle.loss, 0.02741832)
    close(saddle.eigenvalues, (-0.06959589, 0.2136871))
    assert len(find_critical_points(two_neurons, grid=24)) == 3  # and no other in the window


def test_equal_neurons_stay_equal_and_run_into_the_saddle() -> None:
    """But for rounding, which the saddle amplifies: by 1.035 a step, so 3e4 in these 300 steps."""
    run = tl.descend(two_neurons, tl.gd(0.5), start=(1, 1), steps=300)
    assert np.abs(run.path[:, 0] - run.path[:, 1]).max() < 1e-10
    assert str(run.status) == "converged to a saddle"
    close(run.loss[-1], 0.02741832)


def test_the_plateau_grows_by_a_constant_for_every_decade() -> None:
    def steps(offset: float) -> int:
        run = tl.descend(two_neurons, tl.gd(0.5), start=(1, 1 + offset), steps=1500)
        return int(np.argmax(run.loss <= 1e-3))

    assert steps(1e-3) == 405
    more = np.diff([steps(10.0**-k) for k in (4, 5, 6, 7, 8, 9)])
    rate = math.log(1 + 0.5 * 0.06959589)
    assert np.abs(more - math.log(10) / rate).max() <= 1.5


def test_the_copies_of_a_wide_layer() -> None:
    mantissa, power = theory.permuted_copies((1000,))
    assert power == 2567
    close(mantissa, 4.023873)
    close(math.log10(mantissa) + power, 2567.605)
    close(gammaln(1001) / math.log(10), 2567.605)


# --- weights whose length does not matter ---------------------------------------------------------


def test_every_step_lengthens_normalised_weights() -> None:
    for r, norm2, loss in ((1, 1.25, 0.2763932), (10, 100.0025, 0.4975)):
        run = tl.descend(normalised_weights, tl.gd(1.0), start=(0, r), steps=20)
        norms = np.sum(run.path**2, axis=1)
        close(norms[1], norm2)
        close(run.loss[1], loss)
        for t in range(20):
            expected = theory.squared_norm_after(norms[t], 1.0, run.grad_norm[t])
            assert norms[t + 1] == pytest.approx(expected, rel=1e-14)


def test_the_gradient_of_normalised_weights() -> None:
    rng = np.random.default_rng(1)
    for w in rng.uniform(-2, 2, (5, 2)):
        g = normalised_weights.grad(w)
        assert abs(g @ w) < 1e-15
        np.testing.assert_allclose(normalised_weights.grad(7 * w), g / 7, rtol=1e-12)
        np.testing.assert_allclose(normalised_weights.hessian(w) @ w, -g, rtol=1e-10, atol=1e-14)
    assert symmetry_defect(normalised_weights, np.eye(2), rng.uniform(-2, 2, (5, 2))) < 1e-14


def test_the_curvature_of_normalised_weights_is_a_matter_of_their_length() -> None:
    spectra = normalised_weights.spectrum([(1, 0), (10, 0)]).eigenvalues
    close(spectra[:, 1], (0.5, 0.005))
    np.testing.assert_allclose(spectra[:, 0], 0, atol=1e-15)


def test_a_hundred_times_the_rate_at_ten_times_the_length() -> None:
    near = tl.descend(normalised_weights, tl.gd(1.0), start=(0, 1), steps=30)
    far = tl.descend(normalised_weights, tl.gd(100.0), start=(0, 10), steps=30)
    np.testing.assert_allclose(far.path, 10 * near.path, rtol=1e-11, atol=1e-11)
    assert theory.effective_lr(100.0, 10) == theory.effective_lr(1.0, 1) == 1


# --- the table ------------------------------------------------------------------------------------


def test_the_table_of_conserved_quantities() -> None:
    """What one symmetry keeps: (quantity, landscape, start, lr, steps, at the start, at the end)."""
    square = noether(np.eye(2))
    table = [
        (difference, summed_filters, (2, -1), 0.1, 1, 3, 3),
        (noether(SCALING), uv_product, (2, 0.25), 0.1, 1, 3.9375, 3.927656),
        (square, normalised_weights, (0, 1), 1.0, 1, 1, 1.25),
        (angle, circle_valley, (0.3, 0.4), 0.1, 50, 0.9272952, 0.9272952),
    ]
    for quantity, land, start, lr, steps, before, after in table:
        kept = conserved(tl.descend(land, tl.gd(lr), start=start, steps=steps), quantity)
        close(kept.values[[0, -1]], (before, after))
        assert quantity(flow(land, start, 1.0)) == pytest.approx(before, rel=2e-7)


@pytest.mark.parametrize(
    ("quantity", "land"), [(noether(SCALING), uv_product), (noether(np.eye(2)), normalised_weights)]
)
def test_half_the_learning_rate_quarters_the_drift_of_a_step(quantity, land: tl.Landscape) -> None:
    drift = [
        conserved(tl.descend(land, tl.gd(lr), start=(2, 0.25), steps=1), quantity).drift[1]
        for lr in (0.1, 0.05)
    ]
    assert drift[1] / drift[0] == pytest.approx(0.25, rel=1e-8)


def test_the_symmetries_of_the_table() -> None:
    rotation = np.array([[0.0, -1.0], [1.0, 0.0]])
    points = np.random.default_rng(2).uniform(-1, 1, (10, 2))
    assert symmetry_defect(summed_filters, np.array([1.0, -1.0]), points) < 1e-14
    assert symmetry_defect(circle_valley, rotation, points) < 1e-13
