"""Lesson 11, noise and temperature: every number of the lesson comes out of the library.

Means over walkers have their own standard error; a variance of B normal walkers has sqrt(2/B) of itself.
"""

from __future__ import annotations

import numpy as np
import pytest
from exact_tools import close, flow

import toylands as tl
from toylands.dynamics import first_passage, populations
from toylands.landscapes import (
    double_well_1d,
    parabola,
    parabolic_wells,
    parabolic_wells_1d,
    uneven_samples,
    uneven_samples_1d,
    uv_product,
)
from toylands.theory import entropy, escape, langevin, noise

MANY = np.zeros((20_000, 1))
PERCENT = np.sqrt(2 / 20_000)


# --- the noise floor ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lr", "batch", "beta", "variance"),
    [
        (0.1, 1, 0.0, 0.05263158),
        (0.1, 10, 0.0, 0.005263158),
        (1.0, 10, 0.0, 0.1),
        (0.1, 1, 0.9, 0.5135135),
    ],
)
def test_the_noise_floor(lr: float, batch: int, beta: float, variance: float) -> None:
    sigma = batch**-0.5
    close(noise.floor(lr, 1, sigma, beta=beta), variance)
    base = tl.momentum(lr, beta=beta) if beta else tl.gd(lr)
    end = tl.descend(
        parabola, tl.noise(base, sigma=sigma), start=MANY, steps=200, every=200, seed=1
    ).end
    assert np.var(end) == pytest.approx(variance, rel=4 * PERCENT)
    close(noise.excess_loss(variance, 1), variance / 2)


def test_the_excess_loss_of_one_sample() -> None:
    close(noise.excess_loss(noise.floor(0.1, 1, 1), 1), 0.02631579)


# --- flat and uniform -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("curvatures", "batch", "limit"),
    [
        ((0, 4), 1, 0.5),
        ((0, 4), 2, 0.6666667),
        ((0, 4), 4, 0.8),
        ((0, 4), None, 1),
        ((2, 2), 1, 1),
        ((1, 3), 1, 0.8),
    ],
)
def test_the_largest_rate_in_mean_square(curvatures, batch, limit: float) -> None:
    close(noise.largest_lr(curvatures, batch), limit)
    for factor in (0.99, 1.01):
        assert (noise.second_moment(factor * limit, curvatures, batch) < 1) == (factor < 1)
    land = uneven_samples_1d(mean=2, spread=np.ptp(curvatures) / 2)
    assert land.hessian([0.3])[0, 0] == 2, "the same sharpness, whatever the samples"


def test_the_second_moment_of_single_samples_in_runs() -> None:
    """x^2 after one step is 1 or 1.96: a standard error of 0.48/sqrt(20,000)."""
    close(noise.second_moment(0.6, (0, 4), 1), 1.48)
    land = uneven_samples_1d(mean=2, spread=2)
    end = tl.descend(land, tl.gd(0.6), start=np.ones((20_000, 1)), steps=1, batch=1).end
    assert abs(np.mean(end**2) - 1.48) < 4 * 0.48 / np.sqrt(20_000)


def test_single_samples_leave_along_the_uneven_direction_only() -> None:
    run = tl.descend(uneven_samples, tl.gd(0.6), start=(1.0, 1.0), steps=200, batch=1, seed=3)
    assert abs(run.end[0]) < 1e-12
    assert np.abs(run.path[:, 1]).max() > 10
    assert tl.descend(uneven_samples, tl.gd(0.6), steps=200).status.kind == "converged"


def test_stable_has_several_meanings() -> None:
    close(noise.largest_lr((1, 3), 1), 0.8)
    close(noise.largest_lr_almost_surely((1, 3)), 1.333333)
    close(noise.lyapunov(1.1, (1, 3)), -0.734838)
    close(noise.second_moment(1.1, (1, 3), 1), 2.65)
    land = uneven_samples_1d(mean=2, spread=1)
    full = tl.descend(land, tl.gd(1.1), start=[1.0], steps=1)
    close(abs(full.end[0]), 1.2)
    assert tl.descend(land, tl.gd(1.1), start=[1.0], steps=200).status.kind == "diverged"
    single = tl.descend(
        land, tl.gd(1.1), start=np.ones((500, 1)), steps=300, batch=1, every=300, escape=1e300
    )
    rates = np.log(np.abs(single.end[:, 0])) / 300
    spread = np.std(np.log(np.abs(1 - 1.1 * np.array([1, 3])))) / np.sqrt(300 * 500)
    assert abs(rates.mean() + 0.734838) < 4 * spread
    assert np.abs(single.end).max() < 1e-10, (
        "every single walk shrinks where the full batch diverges"
    )


# --- the Boltzmann law ----------------------------------------------------------------------------


def test_langevin_steps_are_hotter_than_the_flow() -> None:
    close(langevin.stationary_variance(2, 0.1), 0.05)
    close(langevin.stationary_variance(2, 0.1, lr=0.1), 0.05555556)
    opt = tl.langevin(0.1, temperature=0.1)
    end = tl.descend(parabola(a=2), opt, start=MANY, steps=100, every=100).end
    assert np.var(end) == pytest.approx(0.05555556, rel=4 * PERCENT)
    assert abs(np.var(end) - 0.05) > 4 * PERCENT * 0.05


@pytest.mark.parametrize(
    ("temperature", "bad"), [(0.05, 0.0005296906), (0.1, 0.02556433), (0.5, 0.2934715)]
)
def test_who_sits_in_the_bad_well(temperature: float, bad: float) -> None:
    close(langevin.shares(double_well_1d, temperature)[1], bad)


def test_the_bad_well_by_laplace() -> None:
    low, high = double_well_1d.minima
    curvatures = high.eigenvalues[0], low.eigenvalues[0]
    close(langevin.two_wells((high.loss, low.loss), curvatures, 0.05), 0.0004868254)


def test_walkers_find_the_boltzmann_law() -> None:
    """Half start in each well, at T = 0.5, for a time of 30: 2,000 walkers, 1% of standard error."""
    start = np.repeat([[-1.0], [1.0]], 1000, axis=0)
    opt = tl.langevin(0.02, temperature=0.5)
    end = tl.descend(double_well_1d, opt, start=start, steps=1500, every=1500).end
    found = populations(double_well_1d, end)
    assert found.minima[1].point[0] > 0
    assert abs(found.shares[1] - 0.2934715) < 4 * found.standard_error[1]


# --- entropy --------------------------------------------------------------------------------------


def test_wide_basins_win_by_volume_when_it_is_warm() -> None:
    close(entropy.flip_temperature(100, 1, 0.5), 0.2171472)
    close(entropy.flip_temperature(100, 1, 0.5, dim=10), 0.02171472)
    close(entropy.flat_share(100, 1, 0.5, 0.1), 0.06312607)
    close(entropy.flat_share(100, 1, 0.5, 1), 0.8584633)
    ratio = entropy.sublevel_volume([2] * 100, 1) / entropy.sublevel_volume([1] * 100, 1)
    close(ratio, 8.881784e-16)
    close(entropy.sublevel_volume([10, 1], 1), 1.986918)


def test_the_flip_in_the_crossing_wells() -> None:
    """Cold, the two parabolas do not notice each other, and the formula is exact enough."""
    wells = parabolic_wells_1d(sharp=100, flat=1, lift=0.5)
    assert langevin.shares(wells, 0.1)[1] == pytest.approx(0.06312607, rel=1e-3)
    assert langevin.shares(wells, 0.15)[1] < 0.5 < langevin.shares(wells, 0.3)[1]


def test_a_second_coordinate_counts_the_width_twice() -> None:
    """2,000 walkers at T = 0.25 for a time of 60; the wells overlap a little, hence the 3%."""
    wells = parabolic_wells(sharp=8, flat=2, lift=0.3)
    start = np.repeat([[-1.0, 0.0], [1.0, 0.0]], 1000, axis=0)
    opt = tl.langevin(0.01, temperature=0.25)
    end = tl.descend(wells, opt, start=start, steps=6000, every=6000).end
    found = populations(wells, end)
    assert found.shares.sum() == 1
    expected = entropy.flat_share(8, 2, 0.3, 0.25, dim=2)
    assert abs(found.shares[1] - expected) < 4 * found.standard_error[1] + 0.03


# --- escape ---------------------------------------------------------------------------------------

BARRIER = double_well_1d(c=0)


def test_kramers_and_the_exact_time() -> None:
    close(BARRIER.hessian([[-1.0], [0.0]]).ravel(), (2, -1))
    close(escape.kramers_rate(2, 1, 0.25, 0.05), 0.001516571)
    close(escape.kramers_time(2, 1, 0.25, 0.05), 659.3823)
    exact = escape.mean_passage(BARRIER, -1, 1, 0.05)
    close(exact, 729.6707)
    close(exact / escape.kramers_time(2, 1, 0.25, 0.05), 1.106597)
    close(escape.mean_passage(BARRIER, -1, 1, 0.1), 66.26863)


def test_walkers_take_the_mean_time_to_escape() -> None:
    found = first_passage(
        BARRIER,
        tl.langevin(0.02, temperature=0.1),
        lambda x: x >= 1,
        start=[-1.0],
        walkers=1000,
        steps=60_000,
    )
    assert found.share == 1
    # At a finite rate a walker is seen only between steps: 1% for this step, by halving it.
    assert abs(found.mean * 0.02 - 66.26863) < 4 * found.standard_error * 0.02 + 0.7
    late = found.still_out([0, found.mean])
    assert late[0] == 1
    assert abs(late[1] - np.exp(-1)) < 4 * np.sqrt(0.37 * 0.63 / 1000) + 0.02, "nearly exponential"


# --- large learning rates -------------------------------------------------------------------------


def test_the_flow_keeps_the_difference_of_squares() -> None:
    end = flow(uv_product, (3, 0.1), 50)
    close(uv_product.spectrum(end).eigenvalues[-1], 9.209783)
    close(np.sqrt((3**2 - 0.1**2) ** 2 + 4), 9.209783)


@pytest.mark.parametrize(
    ("lr", "sharpness"),
    [(0.1, 9.166383), (0.2, 8.744779), (0.25, 6.084145), (0.3, 2.707415), (0.4, 3.267715)],
)
def test_large_rates_land_in_flat_minima(lr: float, sharpness: float) -> None:
    run = tl.descend(uv_product, tl.gd(lr), start=(3, 0.1), steps=6000)
    close(run.sharpness[-1], sharpness)
    assert run.sharpness[-1] <= 2 / lr


def test_too_large_a_rate_lands_nowhere() -> None:
    assert tl.descend(uv_product, tl.gd(0.5), start=(3, 0.1), steps=6000).status.kind == "diverged"
