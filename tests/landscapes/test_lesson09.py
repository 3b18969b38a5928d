"""Lesson 9, memory and moving goals: every number of the lesson comes out of the library."""

from __future__ import annotations

import numpy as np
import pytest
from exact_tools import close, flow, flow_time
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

import toylands as tl
from toylands.geometry import convexity
from toylands.landscapes import (
    huber_1d,
    landslide_1d,
    moved_goal,
    parabola,
    quartic_saddle,
    quartic_wall_1d,
    rare_pull_1d,
    rippled_bowl_1d,
    uv_product,
    wavy_bowl,
    wavy_bowl_1d,
)
from toylands.theory import clipping, momentum, pl, ripples, saddle_flow

# --- goals that move ------------------------------------------------------------------------------


def after_the_landslide(beta: float, steps: int, *, reset: bool = False) -> np.ndarray:
    """Positions after the slope turned, measured from where it did; the buffer is saturated."""
    before = 5000
    opt = tl.momentum(0.1, beta=beta)
    slope = [-1.0] * before + [1.0] * steps
    path = tl.descend(
        landslide_1d,
        tl.reset_on_conflict(opt) if reset else opt,
        steps=before + steps,
        time_varying={"slope": slope},
        escape=1e9,
    ).path[before:, 0]
    return path - path[0]


@pytest.mark.parametrize(
    ("beta", "wrong", "distance", "back"), [(0.9, 6, 2.434062, 14), (0.99, 68, 300.3259, 158)]
)
def test_stale_momentum_goes_the_wrong_way(
    beta: float, wrong: int, distance: float, back: int
) -> None:
    x = after_the_landslide(beta, 200)
    assert int(np.argmax(x)) == wrong == momentum.wrong_way_steps(beta)
    close(x.max(), distance)
    close(momentum.wrong_way_distance(0.1, beta), distance)
    assert int(np.argmax(x[1:] <= 0)) + 1 == back == momentum.steps_back(beta)
    formula = [momentum.distance_after_flip(k, 0.1, beta) for k in range(201)]
    np.testing.assert_allclose(x, formula, rtol=1e-9, atol=1e-8)


def test_after_a_reset_the_first_step_is_right() -> None:
    close(after_the_landslide(0.99, 3, reset=True)[:2], (0, -0.1))


def conflicts(run: tl.Trajectory) -> np.ndarray:
    """Whether the memory, before each step, fights the gradient of that step."""
    assert run.memory is not None
    return np.sum(run.memory["b"] * run.landscape.grad(run.path), axis=1)[:-1] < 0


def longest(flags: np.ndarray) -> int:
    return max(map(len, "".join(".X"[int(flag)] for flag in flags).split(".")))


def test_a_ringing_ball_conflicts_half_of_the_time() -> None:
    run = tl.descend(parabola, tl.momentum(0.1, beta=0.9), start=[1.0], steps=60, record_state=True)
    angle = momentum.ringing(0.1, 1, 0.9)
    close(angle, 0.3217506)
    close(2 * np.pi / angle, 19.52813)
    flags = conflicts(run)
    assert int(flags.sum()) == 30
    assert longest(flags) == 5
    # the run itself: a decaying cosine at that angle
    x, k = run.path[:, 0], np.arange(61)
    basis = 0.9 ** (k / 2) * np.array([np.cos(angle * k), np.sin(angle * k)])
    fit = np.linalg.lstsq(basis.T, x, rcond=None)[0]
    np.testing.assert_allclose(fit @ basis, x, atol=1e-13)


def test_only_patience_tells_ringing_from_a_landslide() -> None:
    base = tl.momentum(0.1, beta=0.9)
    plain = tl.descend(parabola, base, start=[1.0], steps=60)
    patient = tl.descend(parabola, tl.reset_on_conflict(base, patience=6), start=[1.0], steps=60)
    hasty = tl.descend(parabola, tl.reset_on_conflict(base, patience=5), start=[1.0], steps=60)
    np.testing.assert_array_equal(patient.path, plain.path)
    assert np.any(hasty.path != plain.path)


def test_conflict_has_the_other_sign_for_a_displacement_velocity() -> None:
    torch_like = tl.descend(
        parabola, tl.momentum(0.1, beta=0.9), start=[1.0], steps=60, record_state=True
    )
    polyak = tl.descend(
        parabola, tl.polyak(0.1, beta=0.9), start=[1.0], steps=60, record_state=True
    )
    assert torch_like.memory is not None
    assert polyak.memory is not None
    np.testing.assert_allclose(polyak.memory["v"], -0.1 * torch_like.memory["b"], atol=1e-14)


def test_a_goal_that_jumps() -> None:
    """At full speed: stale velocity carries the walker on; a reset turns it at once."""
    goal = {"goal": lambda t: 8.0 if t < 16 else -8.0}
    plain, reset = (
        tl.descend(moved_goal, opt, start=(-9, 0), steps=400, time_varying=goal)
        for opt in (tl.momentum(0.1), tl.reset_on_conflict(tl.momentum(0.1)))
    )
    turn = plain.path[16:, 0]
    assert turn.max() > turn[0] + 1.5
    assert reset.path[16:, 0].max() == turn[0]
    close((plain.end[0], reset.end[0]), (-8.0, -8.0))


# --- ripples --------------------------------------------------------------------------------------


def test_momentum_goes_through_ripples() -> None:
    assert len(rippled_bowl_1d.minima) == 7

    def end(opt: tl.Optimizer) -> float:
        return float(tl.descend(rippled_bowl_1d, opt, start=[4.4], steps=5000, every=5000).end[0])

    close(end(tl.gd(0.05)), 2.822369)
    close(end(tl.momentum(0.02, beta=0.9)), 0.9510511)
    assert end(tl.momentum(0.05, beta=0.9)) == pytest.approx(0, abs=1e-12)


def test_momentum_is_not_smoothing() -> None:
    """Started at rest inside a ripple it never leaves; the smoothed landscape has no trap there."""
    opt = tl.momentum(0.05, beta=np.array([0.9, 0.95, 0.98]))
    close(tl.descend(rippled_bowl_1d, opt, start=[2.9], steps=3000).end[:, 0], np.full(3, 2.822369))
    smooth = tl.descend(rippled_bowl_1d(sigma=0.4), tl.gd(0.5), start=[2.9], steps=2000)
    assert smooth.end[0] == pytest.approx(0, abs=1e-6)


def test_the_smoothing_that_is_needed() -> None:
    sigma = ripples.smoothing_needed(0.1, 0.05)
    close(sigma, 0.3887166)
    x = np.linspace(-5, 5, 2001)[:, None]
    assert rippled_bowl_1d(sigma=sigma * 1.001).hessian(x).min() > 0
    assert rippled_bowl_1d(sigma=sigma * 0.999).hessian(x).min() < 0
    close(ripples.ripple_left(0.5), 0.007191883)
    rough, smooth = (rippled_bowl_1d(k=0.02, a=0.5, sigma=s) for s in (0, 0.5))
    heights = [np.diff(land.hessian([[0.5], [0.0]])[:, 0, 0])[0] for land in (rough, smooth)]
    close(heights[1] / heights[0], 0.007191883)


def test_the_rate_that_stays_in_the_centre() -> None:
    close(rippled_bowl_1d.hessian([0.0])[0, 0], 2.073921)
    close(ripples.curvature_at(0, 0.1, 0.05), 2.073921)
    limit = ripples.settling_rate(0.1, 0.05)
    close(limit, 0.9643569)
    for factor, stays in ((0.99, True), (1.01, False)):
        run = tl.descend(rippled_bowl_1d, tl.gd(factor * limit), start=[1e-3], steps=5000)
        assert bool(abs(run.end[0]) < 1e-6) == stays


# --- clipping -------------------------------------------------------------------------------------


def test_clipped_descent_on_the_quartic_wall() -> None:
    plain = tl.descend(quartic_wall_1d, tl.gd(0.1), start=[5.0], steps=200)
    assert "diverged" in str(plain.status)
    exact = tl.descend(quartic_wall_1d, tl.clip_value(tl.gd(0.1), 1.0), start=[5.0], steps=200)
    path = exact.path[:, 0]
    np.testing.assert_allclose(np.diff(path[:40]), -0.1, rtol=1e-12)
    assert int(np.argmax(path <= 1 + 1e-12)) == 40
    close(path[-1], 0.172669)
    by_norm = tl.descend(quartic_wall_1d, tl.clip_norm(tl.gd(0.1), 1.0), start=[5.0], steps=200)
    close(by_norm.end, [0.172669])  # the 1e-6 of torch costs a step and is forgotten


def test_clipping_in_both_conventions() -> None:
    close(clipping.clipped((3, 4), 1, eps=1e-6), (0.5999999, 0.7999998))
    close(clipping.clipped((3, 4), 1), (0.6, 0.8))
    assert abs(clipping.clipped((3, 4), 1, eps=1e-6)[0] - 0.5999999) < 3e-8
    step = tl.descend(
        tl.landscape("3*x + 4*y"), tl.clip_norm(tl.gd(1.0), 1.0), start=(0, 0), steps=1
    ).end
    np.testing.assert_allclose(-step, clipping.clipped((3, 4), 1, eps=1e-6), rtol=1e-15)


def test_in_one_dimension_clipping_descends_hubers_loss() -> None:
    clipped = tl.descend(parabola, tl.clip_value(tl.gd(0.3), 1.0), start=[4.0], steps=60)
    huber = tl.descend(huber_1d, tl.gd(0.3), start=[4.0], steps=60)
    np.testing.assert_allclose(clipped.path, huber.path, rtol=1e-14)


def test_in_two_dimensions_a_clipped_gradient_is_none() -> None:
    close(clipping.normalised_curl([[100, 0], [0, 1]], (1, 1)), -0.009898515)
    assert clipping.normalised_curl([[3, 0], [0, 3]], (1, 2)) == pytest.approx(0, abs=1e-16)


def test_clipping_is_biased() -> None:
    gradients = [float(g) for g in rare_pull_1d.data["g"]]
    close(rare_pull_1d.grad([0.0]), [1])
    close(np.mean(gradients), 1)
    close(clipping.clipped_mean(gradients, 1.0), -0.8)


def test_clipped_stochastic_descent_settles_on_the_other_side() -> None:
    """200 walkers; clipped they balance at 8/(9k), unclipped at the minimum -1/k."""
    for opt, expected in (
        (tl.clip_value(tl.gd(0.1), 1.0), 80 / 9),
        (tl.gd(0.1), -10.0),
    ):
        end = tl.descend(
            rare_pull_1d, opt, start=np.zeros((200, 1)), steps=2000, batch=1, every=2000
        ).end[:, 0]
        assert abs(end.mean() - expected) < 4 * end.std() / np.sqrt(200)


# --- reading the gradient -------------------------------------------------------------------------


def test_the_gradient_norm_falls_rises_and_falls() -> None:
    run = tl.descend(quartic_saddle, tl.gd(0.1), start=(1, 1e-3), steps=200)
    norm = run.grad_norm
    assert int(np.argmin(norm[:61])) == 35
    close(norm[35], 0.03761039)
    assert 20 + int(np.argmax(norm[20:])) == 69
    assert np.all(np.diff(run.loss) <= 0)
    assert norm[0] > 10 * norm[35] < norm[69] > 10 * norm[-1]
    assert run.spectrum[35, 0] < 0  # what a small gradient does not say, the curvature does


def test_where_the_flow_is_fastest() -> None:
    y, g = saddle_flow.fastest()
    close((y, g), (0.5773503, 0.3849002))
    found = minimize_scalar(
        lambda v: -abs(quartic_saddle.grad((0, v))[1]), bounds=(0.1, 0.9), method="bounded"
    )
    close(-found.fun, 0.3849002)
    close(saddle_flow.flow_time(1e-3, y), 6.561181)
    close(flow_time(quartic_saddle, (0, 1e-3), lambda p: p[1] - y, 20), 6.561181)
    close(flow(quartic_saddle, (0, 1e-3), 5.0)[1], saddle_flow.flow_position(1e-3, 5.0))


def test_the_squared_gradient_adds_up_to_the_loss_drop() -> None:
    close(saddle_flow.loss_drop(1e-3), 0.2499995)
    energy = quad(
        lambda t: quartic_saddle.grad((0, saddle_flow.flow_position(1e-3, t)))[1] ** 2,
        0,
        30,
        points=[5, 7, 9],
        epsabs=1e-12,
    )[0]
    close(energy, 0.2499995)
    close(quartic_saddle.loss((0, 1e-3)) - quartic_saddle.minima[0].loss, 0.2499995)


# --- less than convex -----------------------------------------------------------------------------


def test_the_wavy_bowl_points_home() -> None:
    x = np.linspace(-6, 6, 4001)[:, None]
    bends = wavy_bowl_1d.hessian(np.array([[np.pi / 2], [0.0]]))[:, 0, 0]
    close(bends, (-4, 8))
    assert wavy_bowl_1d.hessian(x).min() >= -4
    assert wavy_bowl_1d.hessian(x).max() <= 8
    away = np.abs(x[:, 0]) > 1e-9
    assert np.all((x * wavy_bowl_1d.grad(x))[away] > 0)
    slope = minimize_scalar(
        lambda v: wavy_bowl_1d.grad([v])[0],
        bounds=(1.2, 4),
        method="bounded",
        options={"xatol": 1e-10},
    )
    close(slope.fun, 1.544125)
    close(slope.x, 2.186276)
    points = np.random.default_rng(0).uniform(-4, 4, (500, 2))
    assert np.all(np.sum(points * wavy_bowl.grad(points), axis=1) > 0)


def test_the_wavy_bowl_has_traps_beyond_4_603() -> None:
    """Where 2x + a sin 2x gets a double root, a = 4.6033 (from tan t = t)."""
    assert len(wavy_bowl_1d(a=4.60).critical_points) == 1
    assert len(wavy_bowl_1d(a=4.61).critical_points) == 5


def test_the_wavy_bowl_satisfies_pl() -> None:
    mu, at = pl.pl_constant_1d(wavy_bowl_1d, -8, 8)
    close(mu, 0.175531)
    close(abs(at), 2.201709)
    assert mu > 1 / 32
    run = tl.descend(wavy_bowl_1d, tl.gd(1 / 8), start=[3.0], steps=50)
    assert int(np.argmax(np.abs(run.path[:, 0]) <= 1e-6)) == 10
    seen = convexity(run, target=[0.0], bottom=0.0)
    assert not seen.convex
    assert seen.quasi_convex
    assert seen.pl_constant >= mu
    lost = run.loss[1:10] / run.loss[:9]
    assert np.all(lost <= 1 - mu / 8)


def test_the_product_satisfies_pl_and_is_convex_nowhere_near() -> None:
    close(pl.product_constant(1.5, 0.9), 3.06)
    close(pl.pl_ratio(uv_product, (1.5, 0.9), 0.0), 3.06)
    close(np.linalg.det(uv_product.hessian((1.5, 0.9))), -1.0675)
    close(pl.product_determinant(1.5, 0.9), -1.0675)
    for distance in (1e-1, 1e-3, 1e-5):  # just outside the curve of minima
        point = (1.5, (1 + distance) / 1.5)
        assert uv_product.spectrum(point).eigenvalues[0] < 0
