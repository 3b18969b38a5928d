"""Lesson 12, flatness, tools and doubts: every number of the lesson comes out of the library."""

from __future__ import annotations

import numpy as np
import pytest
from exact_tools import close
from scipy.integrate import quad

import toylands as tl
from toylands.geometry import sharpness, stability_limit, worst_case
from toylands.landscapes import (
    asymmetric_valley_1d,
    bowl,
    cubed_ruler_1d,
    dropout_inverted,
    dropout_plain,
    dropout_product,
    gaussian_wells,
    parabola,
    scaled_ruler_1d,
    train_and_test,
    uv_product,
)
from toylands.theory import averaging, dropout
from toylands.theory import sam as theory

SHARP, FLAT = (-1.5, 0.0), (1.5, 0.0)


# --- sharpness-aware minimisation -----------------------------------------------------------------


def test_sam_ends_in_a_cycle_of_two() -> None:
    run = tl.descend(parabola(a=10), tl.sam(tl.gd(0.05), rho=0.05), start=[1.0], steps=400)
    close(np.abs(run.path[-2:, 0]), np.full(2, 0.01666667))
    assert run.path[-1, 0] * run.path[-2, 0] < 0
    close(theory.cycle_amplitude(0.05, 10, 0.05), 0.01666667)


def test_sam_prefers_the_flat_well_above_a_radius() -> None:
    rho = theory.preference_radius(20, 1, 0.1)
    close(rho, 0.1025978)
    for factor, prefers_flat in ((0.99, False), (1.01, True)):
        sharp, flat = (
            worst_case(parabola(a=a), [0.0], factor * rho).increase + lift
            for a, lift in ((20, 0), (1, 0.1))
        )
        assert (flat < sharp) == prefers_flat


def test_worst_case_and_average_case_at_a_minimum() -> None:
    found = sharpness(bowl(a=10, b=1), (0, 0), rho=0.1)
    close(found.worst, 0.05)
    close(theory.worst_case((1, 10), 0.1), 0.05)
    close(theory.average_case((1, 10), 0.1), 0.0275)
    close(found.kicks.predicted, 0.0275)
    assert abs(found.average - 0.0275) < 4 * found.kicks.standard_error


def test_sam_drifts_along_the_valley_to_the_balanced_point() -> None:
    """u^2 + v^2, on the valley floor the largest eigenvalue, off it the trace.

    SAM keeps bouncing beside the floor, where the largest eigenvalue is a little less.
    """
    path = tl.descend(
        uv_product, tl.sam(tl.gd(0.05), rho=0.1), start=(2, 0.4), steps=2000, every=500
    ).path[[1, 4]]
    close(np.trace(uv_product.hessian(path), axis1=1, axis2=2), (2.866751, 2.014137))
    largest = uv_product.spectrum(path).eigenvalues[:, -1]
    np.testing.assert_allclose(largest, (2.866751, 2.014137), rtol=0.01)
    plain = tl.descend(uv_product, tl.gd(0.05), start=(2, 0.4), steps=2000)
    close(plain.sharpness[-1], 4.328714)


# --- averaging weights ----------------------------------------------------------------------------


def test_averages_of_noisy_iterates() -> None:
    known = {"lr": 0.1, "curvature": 1.0, "sigma": 1.0}
    close(averaging.iterate_variance(**known), 0.05263158)
    for n, expected in ((10, 0.03829585), (100, 0.009052657), (1000, 0.0009905263)):
        close(averaging.average_variance(n, **known), expected)
    close(averaging.ema_variance(0.999), 0.0005002501)


def test_averages_of_noisy_iterates_in_runs() -> None:
    """20,000 walkers; a variance has the relative standard error sqrt(2/20,000) = 1%."""
    opt = tl.swa(tl.noise(tl.gd(0.1), sigma=1.0), start=101)
    run = tl.descend(parabola, opt, start=np.zeros((20_000, 1)), steps=110, every=110)
    assert np.var(run.end) == pytest.approx(0.05263158, rel=0.04)
    assert np.var(run.average[:, -1, 0]) == pytest.approx(0.03829585, rel=0.04)


@pytest.mark.parametrize(("temperature", "mean"), [(1.0, -0.5772157), (0.5, -0.2703628)])
def test_in_an_asymmetric_valley_the_mean_lies_on_the_flat_side(
    temperature: float, mean: float
) -> None:
    close(averaging.valley_mean(temperature), mean)

    def weight(x: float, power: int = 0) -> float:
        return x**power * float(np.exp(-asymmetric_valley_1d.loss([x]) / temperature))

    whole = quad(weight, -40, 6, limit=200)[0]
    assert quad(weight, -40, 6, args=(1,), limit=200)[0] / whole == pytest.approx(mean, rel=5e-7)


def test_langevin_dynamics_drifts_there() -> None:
    """2,000 walkers of variance pi^2/6; the step of 0.02 moves the mean by about a hundredth."""
    opt = tl.langevin(lr=0.02, temperature=1.0)
    end = tl.descend(
        asymmetric_valley_1d, opt, start=np.zeros((2000, 1)), steps=1500, every=1500
    ).end
    assert abs(end.mean() + 0.5772157) < 4 * np.sqrt(np.pi**2 / 6 / 2000) + 0.02


def test_the_loss_of_the_mean_is_below_the_mean_loss() -> None:
    close(averaging.valley_mean_loss(1.0), 0.5772157)
    close(asymmetric_valley_1d.loss([averaging.valley_mean(1.0)]), 0.1386751)


# --- dropout --------------------------------------------------------------------------------------


def test_dropout_in_both_conventions() -> None:
    clean = dropout_plain(keep=1).spectrum((0, 0)).eigenvalues
    plain = dropout_plain.spectrum((0, 0)).eigenvalues
    inverted = dropout_inverted.spectrum((0, 0)).eigenvalues
    close((clean[1], plain[1], inverted[1]), (1.9, 0.725, 2.9))
    close(clean[1] / clean[0], 19)
    for values in (plain, inverted):
        close(values[1] / values[0], 2.636364)
    moment = [[1, 0.9], [0.9, 1]]
    for land, kind in ((dropout_plain, False), (dropout_inverted, True)):
        np.testing.assert_allclose(
            dropout.hessian(moment, 0.5, inverted=kind), land.hessian((0, 0)), rtol=1e-14
        )


def test_dropout_of_a_hidden_unit() -> None:
    assert dropout.product_minimum(0.2) == 0.8
    point = dropout_product.minima[0].point
    close(point.prod(), 0.8)
    end = tl.descend(dropout_product, tl.gd(0.1), start=(1.8, 0.3), steps=500).end
    close(end.prod(), 0.8)
    close(uv_product.spectrum(point).eigenvalues[-1], 1.4)
    close(dropout_product.spectrum(point).eigenvalues[-1], 2)


# --- rulers ---------------------------------------------------------------------------------------


def test_sharpness_depends_on_the_ruler() -> None:
    (cubed,), (scaled,) = cubed_ruler_1d.minima, scaled_ruler_1d.minima
    close(cubed.eigenvalues, [9])
    close(scaled.eigenvalues, [100])


def test_sharpness_of_one_function_along_its_valley() -> None:
    close(uv_product.spectrum((1, 1)).eigenvalues[-1], 2)
    far = sharpness(uv_product, (10, 0.1), count=2)
    close(far.largest, 100.01)
    limit = stability_limit(tl.gd(0.1))
    assert limit is not None
    close(limit / far.largest, 0.019998)
    for c in (0.5, 1, 3, 10):
        close(sharpness(uv_product, (c, 1 / c), count=2).relative_trace, 2)
    for lr, stays in ((0.0199, True), (0.0201, False)):
        run = tl.descend(uv_product, tl.gd(lr), start=(10.0, 0.1 + 1e-9), steps=4000)
        assert bool(abs(run.end[0] - 10) < 1e-6) == stays


# --- generalisation -------------------------------------------------------------------------------


def test_two_interpolators_are_equally_flat_and_not_equally_good() -> None:
    a, b = (0.6, 0.8), (2.2, -0.4)
    np.testing.assert_allclose(train_and_test.loss([a, b]), 0, atol=1e-28)
    np.testing.assert_array_equal(train_and_test.hessian(a), train_and_test.hessian(b))
    risk = train_and_test(test=1)
    risk_a, risk_b = risk.loss([a, b])
    assert risk_a == 0
    close(risk_b, 2)


def test_a_shifted_landscape_charges_the_sharp_well_more() -> None:
    curvature = [np.max(gaussian_wells.spectrum(p).eigenvalues) for p in (SHARP, FLAT)]
    np.testing.assert_allclose(curvature, (30, 1.5625), rtol=1e-3)
    alone = gaussian_wells(a2=0), gaussian_wells(a1=0)
    exact = [land.spectrum(p).eigenvalues[-1] for land, p in zip(alone, (SHARP, FLAT), strict=True)]
    close(np.array(exact) * 0.1**2 / 2, (0.15, 0.0078125))


def test_the_wells_under_a_shift() -> None:
    close(gaussian_wells(a2=0).loss((-1.3, 0)), -0.7278368)
    close(gaussian_wells(a1=0).loss((1.7, 0)), -0.9692332)
