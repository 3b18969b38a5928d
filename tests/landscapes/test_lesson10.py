"""Lesson 10, schedules: every number of the lesson comes out of the library."""

from __future__ import annotations

import numpy as np
import pytest
from exact_tools import close

import toylands as tl
from toylands.dynamics.populations import well_edges
from toylands.landscapes import parabola, parabolic_wells_1d, quartic_wall_1d
from toylands.theory import adaptive, noise

WALL = quartic_wall_1d(a=1, b=1)
STEEP = [3.0]


# --- warmup ---------------------------------------------------------------------------------------


def test_the_largest_rate_depends_on_the_place() -> None:
    close(2 * STEEP[0] / WALL.grad(STEEP)[0], 0.2)
    close(2 / WALL.hessian([0.0])[0, 0], 2)
    close(WALL.hessian(STEEP)[0, 0], 28)
    for lr, status in ((0.1999, "converged to a minimum"), (0.2001, "diverged")):
        run = tl.descend(WALL, tl.gd(lr), start=STEEP, steps=60_000, every=60_000)
        assert str(run.status).startswith(status)


def test_warmup_saves_a_rate_that_explodes_from_the_start() -> None:
    constant = tl.descend(WALL, tl.gd(0.5), start=STEEP, steps=50)
    close(constant.path[1, 0] / constant.path[0, 0], -4)
    assert constant.status.kind == "diverged"
    warmup = tl.gd(0.5, schedule=tl.schedules.linear_warmup(19, start=1 / 20))
    warm = tl.descend(WALL, warmup, start=STEEP, steps=100)
    close(np.abs(warm.path[[1, 10], 0]), (2.25, 0.1761832))
    assert warm.steps_to(1e-6, of="theta") == 31
    assert np.all(np.diff(warm.sharpness[:10]) < 0), "curvature falls along the path"


@pytest.mark.parametrize(("lr", "steps"), [(0.19, 65), (0.1, 1)])
def test_steps_of_constant_rates(lr: float, steps: int) -> None:
    assert tl.descend(WALL, tl.gd(lr), start=STEEP, steps=100).steps_to(1e-6, of="theta") == steps


def test_clipping_solves_the_same_toy() -> None:
    run = tl.descend(WALL, tl.clip_norm(tl.gd(0.5), max_norm=1), start=STEEP, steps=100)
    assert run.status.kind == "converged"


@pytest.mark.parametrize("lr", [0.05, 0.4])
def test_where_curvature_is_constant_warmup_only_costs_time(lr: float) -> None:
    slow = tl.gd(lr, schedule=tl.schedules.linear_warmup(19, start=1 / 20))
    runs = tl.race(parabola, [tl.gd(lr), slow], start=STEEP, steps=500)
    assert runs[0].steps_to(1e-6) < runs[1].steps_to(1e-6)


# --- Adam's first steps ---------------------------------------------------------------------------


@tl.landscape(view=((-1, 1),), data={"c": (-1.0, 1.0)})
def fair_coin(x, *, c):
    """A gradient that is pure noise: +1 or -1, with mean 0."""
    return c * x


@pytest.mark.parametrize("slope", [1e-3, 1.0, 1e6])
def test_the_first_step_of_adam_is_the_learning_rate_for_any_gradient(slope: float) -> None:
    run = tl.descend(parabola, tl.adam(0.01), start=[slope], steps=1)
    assert run.path[0, 0] - run.path[1, 0] == pytest.approx(0.01, rel=2e-5)  # eps 1e-8 aside


def test_adams_steps_under_pure_noise() -> None:
    """20,000 walkers; the relative standard error of a mean square of about equal sizes is 1/141."""
    run = tl.descend(
        fair_coin, tl.adam(1e-3, beta2=0.9), start=np.zeros((20_000, 1)), steps=80, batch=1
    )
    sizes = np.sqrt(np.mean(np.diff(run.path[:, :, 0], axis=1) ** 2, axis=0)) / 1e-3
    close(adaptive.noise_step(1), 1)
    close(adaptive.noise_step(2), 0.7080855)
    close(adaptive.noise_step(None), 0.2294157)
    np.testing.assert_allclose(sizes[0], 1, rtol=1e-6)
    np.testing.assert_allclose(sizes[1], 0.7080855, rtol=4 / 141)
    np.testing.assert_allclose(sizes[79], 0.2294157, rtol=4 / 100)


def test_when_rectified_adam_starts_to_adapt() -> None:
    close(adaptive.trusted_length(None), 1999)
    close([adaptive.trusted_length(t) for t in (1, 5, 6)], (1, 4.995998, 5.994164))
    assert adaptive.first_adaptive_step(threshold=5) == 6
    assert adaptive.first_adaptive_step(threshold=4) == 5


# --- cycles and restarts --------------------------------------------------------------------------

WELLS = parabolic_wells_1d(sharp=8, flat=1)
NEAR = [-1 + 1e-3]


def cyclic(peak: float) -> tl.Optimizer:
    return tl.gd(peak, schedule=tl.schedules.cyclic(0.05 / peak, 10))


def test_where_the_wells_meet() -> None:
    (ridge,) = well_edges(WELLS, np.array([-1.0, 1.0]))
    close(ridge, -0.4775923)
    close(WELLS.loss([ridge]), 1.091639)


@pytest.mark.parametrize(
    ("peak", "gain", "surge"), [(0.4, 4.611248e-05, 47.05851), (0.6, 20.13352, 32251.32)]
)
def test_what_a_cycle_does_to_the_offset(peak: float, gain: float, surge: float) -> None:
    rates = cyclic(peak).schedule.values(20) * peak
    close(noise.growth(rates, 8)[1], surge)
    run = tl.descend(WELLS, cyclic(peak), start=[-1 + 1e-8], steps=20)  # too small to leave
    np.testing.assert_allclose(abs(run.end[0] + 1) / 1e-8, gain, rtol=1e-5, atol=1e-8)
    close(np.prod(np.abs(1 - 8 * rates)), gain)


def test_a_deterministic_kick_leaves_the_sharp_well_even_when_it_is_the_better_one() -> None:
    (ridge,) = well_edges(WELLS, np.array([-1.0, 1.0]))
    run = tl.descend(WELLS, cyclic(0.6), start=NEAR, steps=60)
    assert np.flatnonzero(run.path[:, 0] > ridge)[0] == 16
    deep = WELLS(lift=0.5)
    (ridge,) = well_edges(deep, np.array([-1.0, 1.0]))
    run = tl.descend(deep, cyclic(0.6), start=NEAR, steps=100)
    assert np.flatnonzero(run.path[:, 0] > ridge)[0] == 33
    assert abs(run.end[0] - 1) < 1e-3, "it ends in the flat well, which is higher by 0.5"


def test_only_a_peak_that_gains_enough_escapes() -> None:
    for peak, escapes in ((0.24, False), (0.3, False), (0.4, False), (0.6, True)):
        run = tl.descend(WELLS, cyclic(peak), start=NEAR, steps=400)
        assert bool(run.end[0] > 0) == escapes, peak
    still = tl.descend(WELLS, cyclic(0.6), start=[-1.0], steps=400)
    assert np.all(still.path == -1), "from the very bottom nothing happens"
    flat = tl.descend(WELLS, tl.gd(1.99), start=[1.001], steps=50)
    assert np.all(np.abs(flat.path - 1) < 0.01), "the flat well is safe up to 2"


def test_cosine_restarts() -> None:
    opt = tl.gd(0.6, schedule=tl.schedules.warm_restarts(10, mult=2, floor=0.05 / 0.6))
    close(opt.schedule.values(6)[5] * 0.6, 0.325)
    factors = opt.schedule.values(80)
    assert np.flatnonzero(np.diff(factors) > 0).tolist() == [9, 29, 69], "restarts at 10, 30, 70"
    run = tl.descend(WELLS, opt, start=NEAR, steps=80)
    (ridge,) = well_edges(WELLS, np.array([-1.0, 1.0]))
    assert np.flatnonzero(run.path[:, 0] > ridge)[0] == 14


def test_annealing_lowers_the_noise_floor() -> None:
    start = noise.floor(0.1, 1, 1)
    close(start, 0.05263158)
    rates = 0.1 * tl.schedules.cosine(100).values(100)
    close(noise.variance_path(rates, 1, 1, start)[-1], 0.01559083)
    close(noise.variance_path(1 / np.arange(1, 101), 1, 1, 7.0)[-1], 0.01)


# --- exponential or step decay --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("curvature", "sigma", "exponential", "step"),
    [(1, 0.1, 0.009053968, 0.0002521361), (20, 1.0, 0.0005185899, 0.0367775)],
)
def test_the_duel(curvature: float, sigma: float, exponential: float, step: float) -> None:
    """Exactly, and in 10,000 walks each, whose own standard error is used."""
    gamma = 0.01 ** (1 / 99)
    close(gamma, 0.9545485)
    duel = (tl.schedules.exponential(gamma), exponential), (tl.schedules.step(50, 0.01), step)
    for schedule, expected in duel:
        rates = 0.09 * schedule.values(100)
        close(noise.expected_loss(rates, curvature, sigma, 1.0)[-1], expected)
        opt = tl.noise(tl.gd(0.09, schedule=schedule), sigma=sigma)
        start = np.ones((10_000, 1))
        run = tl.descend(parabola(a=curvature), opt, start=start, steps=100, every=100)
        error = run.loss[:, -1].std() / 100
        assert abs(run.loss[:, -1].mean() - expected) < 4 * error


def test_what_a_late_drop_costs_on_a_steep_start() -> None:
    slow = 0.1 * tl.schedules.exponential(0.9).values(100)
    steps, growth = noise.growth(slow, 50)
    assert steps == 9  # unstable_steps_exp
    close(growth, 1336.279)
    close(noise.growth(0.1 * tl.schedules.step(2, 0.01).values(100), 50)[1], 16)
