"""What theory says of the optimizers' paths, checked on the paths."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from build_recipe import build_landscape

import toylands as tl
from toylands.optimizers import schedules

QUARTIC = build_landscape("5*x**2 + y**2/2 + x*y/2 + y**4/4")
START = (1.0, -1.5)
GAME = build_landscape("x*y", (1, -1))


def walk(optimizer: Any, steps: int, land: Any, start: Any) -> np.ndarray:
    """The path of one walker, which must not diverge."""
    run = tl.descend(land, optimizer, start, steps=steps)
    assert len(run.path) == steps + 1
    return run.path


WITHOUT_DECAY = [
    tl.gd(0.05),
    tl.momentum(0.05),
    tl.polyak(0.05),
    tl.nesterov(0.05),
    tl.adagrad(0.5),
    tl.rmsprop(0.02),
    tl.adam(0.1),
    tl.amsgrad(0.1),
    tl.lion(0.03),
    tl.newton(0.3, damping=1.0),
    tl.saddle_free_newton(0.3, damping=1.0),
    tl.extragradient(0.05),
    tl.optimistic_gd(0.05),
    tl.sam(tl.adam(0.1), rho=0.1),
    tl.clip_norm(tl.momentum(0.05), max_norm=0.5),
    tl.clip_value(tl.momentum(0.05), limit=0.5),
    tl.reset_on_conflict(tl.momentum(0.05)),
]


@pytest.mark.parametrize("optimizer", WITHOUT_DECAY, ids=lambda opt: opt.label)
def test_equal_gradients_conserve_the_difference(optimizer: Any) -> None:
    """On (w1 + w2 - 3)^2/2 both weights get the same steps: w1 - w2 stays."""
    land = build_landscape("(w1 + w2 - 3)**2/2")
    path = walk(optimizer, 200, land, (-0.5, 1.25))
    difference = path[:, 0] - path[:, 1]
    assert np.abs(path[-1] - path[0]).max() > 0.5  # it did move
    # The saddle-free step rounds in the eigenvectors.
    np.testing.assert_allclose(difference, -1.75, atol=1e-12)


@pytest.mark.parametrize(
    "optimizer",
    [tl.adamw(0.1, weight_decay=0.1), tl.weight_decay(tl.gd(0.05), 0.1)],
    ids=lambda opt: opt.label,
)
def test_weight_decay_breaks_that_conservation(optimizer: Any) -> None:
    land = build_landscape("(w1 + w2 - 3)**2/2")
    path = walk(optimizer, 200, land, (-0.5, 1.25))
    assert abs(path[-1, 0] - path[-1, 1]) < 1.7


@pytest.mark.parametrize("kappa", [1, 2, 100, 1e6])
@pytest.mark.parametrize(
    "factory", [tl.adam, tl.amsgrad, tl.adagrad, tl.rmsprop], ids=lambda f: f.name
)
def test_adaptive_paths_do_not_see_the_curvature_of_an_axis(factory: Any, kappa: float) -> None:
    """With eps = 0 the path on (kappa x^2 + y^2)/2 from (1, 1) is the same for every kappa."""
    land = tl.landscape("k*x**2/2 + y**2/2", k=1.0)
    optimizer = factory(0.1, eps=0.0)
    path = walk(optimizer, 100, land(k=kappa), (1.0, 1.0))
    round_bowl = walk(optimizer, 100, land, (1.0, 1.0))
    np.testing.assert_allclose(path, round_bowl, rtol=0, atol=1e-11)
    if factory is tl.adam:
        assert path[[10, 50, 100], 0] == pytest.approx(
            (0.07624915, -0.004818227, 0.002936676), rel=2e-6
        )


def test_adam_is_not_rotation_invariant_but_gd_is() -> None:
    """kappa = 100 along the axes and turned by 45 degrees, start turned too."""
    straight = build_landscape("50*x**2 + y**2/2")
    turned = build_landscape("25*(x + y)**2 + (y - x)**2/4")
    root = math.sqrt(0.5)
    turn = np.array([[root, -root], [root, root]])
    for optimizer in (tl.gd(0.01), tl.momentum(0.01), tl.nesterov(0.01), tl.newton(0.3)):
        path = walk(optimizer, 100, straight, (1.0, 1.0))
        other = walk(optimizer, 100, turned, turn @ (1.0, 1.0))
        np.testing.assert_allclose(other, path @ turn.T, atol=1e-13)
    adam = tl.adam(0.1, eps=0.0)
    axis = tl.descend(straight, adam, (1.0, 1.0), steps=400)
    diagonal = tl.descend(turned, adam, (0.0, math.sqrt(2)), steps=400)
    assert axis.loss[100] == pytest.approx(0.0004355154, rel=2e-6)
    assert diagonal.loss[100] == pytest.approx(0.1878908, rel=2e-6)
    assert diagonal.loss[400] == pytest.approx(6.219374e-05, rel=2e-6)


@pytest.mark.parametrize("scale", [2.0**-20, 2.0**10])
def test_adam_does_not_see_the_scale_of_the_loss(scale: float) -> None:
    """A power of two scales every intermediate number exactly."""
    land = tl.landscape("a*(5*x**2 + y**2/2 + x*y/2 + y**4/4)", a=1.0)
    for optimizer in (tl.adam(0.1, eps=0.0), tl.lion(0.03), tl.rmsprop(0.02, eps=0.0)):
        path = walk(optimizer, 60, land(a=scale), START)
        np.testing.assert_allclose(path, walk(optimizer, 60, land, START), rtol=0, atol=1e-13)
    slower = walk(tl.gd(0.05 / scale), 60, land(a=scale), START)
    np.testing.assert_allclose(slower, walk(tl.gd(0.05), 60, land, START), rtol=0, atol=1e-14)


def test_first_adam_step_is_lr_times_the_sign() -> None:
    for start in [(1.0, -1.5), (1e-6, 3.0), (-40.0, 1e-3)]:
        path = walk(tl.adam(0.1, eps=0.0), 1, QUARTIC, start)
        expected = np.array(start) - 0.1 * np.sign(QUARTIC.grad(start))
        np.testing.assert_allclose(path[1], expected, rtol=1e-14, atol=1e-16)


def test_lion_steps_are_exactly_plus_or_minus_lr() -> None:
    """In steps of 2^-6 from a multiple of it, subtraction is exact."""
    lr = 2.0**-6
    steps = np.diff(walk(tl.lion(lr), 300, QUARTIC, (1.0 + lr / 4, -1.5 + lr / 4)), axis=0)
    assert set(np.abs(steps).ravel()) == {lr}
    assert {-lr, lr} == set(steps.ravel())


def test_heavy_ball_is_polyak_until_the_rate_changes() -> None:
    constant = walk(tl.momentum(0.02), 300, QUARTIC, START)
    displacements = walk(tl.polyak(0.02), 300, QUARTIC, START)
    np.testing.assert_allclose(constant, displacements, rtol=0, atol=1e-13)
    drop = schedules.step(50, gamma=0.5)
    dropped = walk(tl.momentum(0.02, schedule=drop), 300, QUARTIC, START)
    kept = walk(tl.polyak(0.02, schedule=drop), 300, QUARTIC, START)
    np.testing.assert_allclose(dropped[:51], kept[:51], rtol=0, atol=1e-13)
    assert np.abs(dropped[51] - kept[51]).max() > 1e-6


def test_momentum_zero_is_gd() -> None:
    plain = walk(tl.gd(0.05), 50, QUARTIC, START)
    for rule in (tl.momentum, tl.polyak, tl.nesterov):
        np.testing.assert_allclose(
            walk(rule(0.05, beta=0.0), 50, QUARTIC, START), plain, rtol=1e-14
        )


def test_nesterov_plots_the_look_ahead_point() -> None:
    """x_{t+1} = y_t - lr grad(y_t), y_{t+1} = x_{t+1} + beta (x_{t+1} - x_t), from x_0 = y_0."""
    x = y = np.array(START)
    expected = [y]
    for _ in range(100):
        ahead = y - 0.03 * QUARTIC.grad(y)
        y, x = ahead + 0.9 * (ahead - x), ahead
        expected.append(y)
    path = walk(tl.nesterov(0.03), 100, QUARTIC, START)
    np.testing.assert_allclose(path, expected, rtol=0, atol=1e-12)


def test_gd_on_a_quadratic_is_a_matrix_power() -> None:
    """theta_t = (1 - lr lambda)^t theta_0 along each eigenvector."""
    land = build_landscape("2*x**2 + y**2/2")
    path = walk(tl.gd(0.3), 20, land, (1.0, 1.0))
    t = np.arange(21)
    np.testing.assert_allclose(path, np.stack([(-0.2) ** t, 0.7**t], axis=1), rtol=1e-12)


def test_newton_solves_a_quadratic_in_one_step() -> None:
    land = build_landscape("2*(4*x + 3*y)**2 + (4*y - 3*x)**2/50 + x")
    path = walk(tl.newton(), 1, land, (-1.5, 1.0))
    np.testing.assert_allclose(land.grad(path[1]), 0, atol=1e-13)


@pytest.mark.parametrize("lr", [0.05, 0.3])
def test_radius_on_the_bilinear_game(lr: float) -> None:
    """One step multiplies x^2 + y^2 by 1 + lr^2 (gd), by 1 - lr^2 + lr^4 (extragradient)."""
    for optimizer, factor in ((tl.gd(lr), 1 + lr**2), (tl.extragradient(lr), 1 - lr**2 + lr**4)):
        path = walk(optimizer, 50, GAME, (1.0, 0.5))
        square = (path**2).sum(axis=1)
        np.testing.assert_allclose(square, 1.25 * factor ** np.arange(51.0), rtol=1e-12)


def test_optimistic_gd_converges_on_the_bilinear_game() -> None:
    """Its rate is the larger root of r^2 - (1 - 2i lr) r - i lr = 0, just below 1."""
    lr = 0.3
    rate = np.abs(np.roots([1, -(1 - 2j * lr), -1j * lr])).max()
    assert rate < 1
    path = walk(tl.optimistic_gd(lr), 400, GAME, (1.0, 1.0))
    radius = np.hypot(*path.T)
    assert (radius[400] / radius[200]) ** (1 / 200) == pytest.approx(rate, rel=1e-6)


def test_clipping_bounds_the_step() -> None:
    land = build_landscape("(x**2 + y - 11)**2 + (x + y**2 - 7)**2")
    path = walk(tl.clip_norm(tl.gd(0.02), max_norm=3.0), 60, land, (0.0, 0.5))
    lengths = np.hypot(*np.diff(path, axis=0).T)
    assert lengths.max() <= 0.06
    assert lengths.max() == pytest.approx(0.06, rel=1e-5)
    path = walk(tl.clip_value(tl.gd(0.02), limit=3.0), 60, land, (0.0, 0.5))
    assert np.abs(np.diff(path, axis=0)).max() == pytest.approx(0.06, rel=1e-12)
    untouched = walk(tl.clip_norm(tl.gd(0.01), max_norm=1e9), 60, land, (0.0, 0.5))
    assert untouched.tolist() == walk(tl.gd(0.01), 60, land, (0.0, 0.5)).tolist()


def test_wrappers_that_do_nothing_change_nothing() -> None:
    plain = walk(tl.adam(0.1), 100, QUARTIC, START)
    for wrapped in (
        tl.sam(tl.adam(0.1), rho=0.0),
        tl.weight_decay(tl.adam(0.1), 0.0),
        tl.noise(tl.adam(0.1), sigma=0.0),
        tl.clip_value(tl.adam(0.1), limit=1e300),
        tl.swa(tl.adam(0.1)),
        tl.ema(tl.adam(0.1)),
        tl.reset_on_conflict(tl.adam(0.1), patience=1000),
        tl.adam(0.1, schedule=schedules.constant()),
        tl.adam(0.1, schedule=np.ones(100)),
    ):
        assert walk(wrapped, 100, QUARTIC, START).tolist() == plain.tolist(), wrapped
    cold = walk(tl.langevin(0.05, temperature=0.0), 100, QUARTIC, START)
    assert cold.tolist() == walk(tl.gd(0.05), 100, QUARTIC, START).tolist()


def test_averages_are_those_of_the_path() -> None:
    """The mean of the iterates, and the weighted sum that the EMA recursion unrolls to."""
    path = walk(tl.momentum(0.02), 80, QUARTIC, START)
    for start in (0, 1, 30):
        run = tl.descend(QUARTIC, tl.swa(tl.momentum(0.02), start=start), START, steps=80)
        assert run.average.shape == run.path.shape
        expected = np.cumsum(path[start:], axis=0) / np.arange(1, 82 - start)[:, None]
        np.testing.assert_allclose(run.average[start:], expected, rtol=1e-12, atol=1e-14)
    run = tl.descend(QUARTIC, tl.ema(tl.momentum(0.02), decay=0.8), START, steps=80)
    weights = 0.2 * 0.8 ** np.arange(80)[::-1]
    expected = 0.8**80 * path[0] + weights @ path[1:]
    np.testing.assert_allclose(run.average[80], expected, rtol=1e-12, atol=1e-14)


def test_rates_are_lr_times_the_schedule() -> None:
    schedule = schedules.chain(schedules.linear_warmup(10), schedules.cosine(40), at=[10])
    run = tl.descend(QUARTIC, tl.gd(0.05, schedule=schedule), START, steps=50)
    np.testing.assert_allclose(run.rates, 0.05 * schedule.values(50), rtol=1e-15)
    displacement = -np.diff(run.path, axis=0) / QUARTIC.grad(run.path[:-1])
    np.testing.assert_allclose(displacement[:, 0], run.rates, rtol=1e-10)


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (np.ones(100), "100 values but 300 steps"),
        (schedules.one_cycle(100), r"one_cycle\(100\) is defined for 100 steps but 300"),
    ],
    ids=["array", "one_cycle"],
)
def test_a_schedule_shorter_than_the_run_is_an_error(schedule: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tl.descend(QUARTIC, tl.gd(0.05, schedule=schedule), START, steps=300)
