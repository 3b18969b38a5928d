"""Lesson 3, ravines, momentum, Adam: every number of the lesson comes out of the library."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from exact_tools import close, flow_time

import toylands as tl
from toylands.landscapes import (
    bowl,
    lessard_cycle,
    parabola,
    ramp,
    ravine,
    rosenbrock,
    rotated_ravine,
)


def extremes(land: tl.Landscape) -> tuple[float, float]:
    """The smallest and largest curvature at the origin."""
    low, high = land.spectrum((0, 0)).eigenvalues
    return float(low), float(high)


def steps_until(path: np.ndarray, tol: float) -> int:
    """The first step from which on every coordinate is within `tol` of 0."""
    return int(np.flatnonzero(np.abs(path).max(axis=1) > tol)[-1]) + 1


# --- stiffness ------------------------------------------------------------------------------------


def test_ravine_learning_rates() -> None:
    low, high = extremes(ravine)
    close(2 / high, 0.02)
    close(2 / (high + low), 0.01980198)
    path = tl.descend(ravine, tl.gd(2 / (high + low)), start=(1, 1), steps=50).path
    close(np.abs(path[1:] / path[:-1]), np.full((50, 2), 0.980198))
    below, above = tl.descend(
        ravine, tl.gd(0.02 * np.array([1 - 1e-3, 1 + 1e-3])), start=(1, 1), steps=40_000
    )
    assert below.status.kind == "converged"
    assert above.status.kind == "diverged"


@pytest.mark.parametrize(("kappa", "steps"), [(10, 69), (100, 691), (1000, 6908)])
def test_ravine_steps_grow_with_the_condition_number(kappa: float, steps: int) -> None:
    run = tl.descend(ravine(kappa=kappa), tl.gd(2 / (kappa + 1)), start=(1, 1), steps=8000)
    assert run.steps_to(1e-6, of="theta") == steps


def test_ravine_flow_times() -> None:
    close(flow_time(ravine, (1, 1), lambda p: p[1] - 1e-6, 20), 13.81551)
    close(flow_time(ravine, (1, 1), lambda p: p[0] - 1e-6, 20), 0.1381551)


# --- zig-zag with exact line search ---------------------------------------------------------------


def test_exact_line_search_zigzags() -> None:
    land, x = bowl(a=1, b=10), np.array([10.0, 1.0])
    losses, directions = [float(land.loss(x))], []
    for _ in range(10):
        g = land.grad(x)
        x = x - (g @ g) / (g @ land.hessian(x) @ g) * g
        directions.append(g / np.linalg.norm(g))
        losses.append(float(land.loss(x)))
    close(losses[0], 55)
    close(losses[10], 0.9939377)
    close(np.array(losses[1:]) / losses[:-1], np.full(10, 0.6694215))
    close([abs(d[1] / d[0]) for d in directions], np.ones(10))
    turns = [abs(a @ b) for a, b in pairwise(directions)]
    assert max(turns) < 1e-12


def test_fixed_step_zigzags_less() -> None:
    end = tl.descend(bowl(a=1, b=10), tl.gd(0.18), start=(10, 1), steps=6).end
    close(end, (3.040067, 0.262144))


# --- momentum -------------------------------------------------------------------------------------


def polyak_tuning(land: tl.Landscape) -> tuple[float, float]:
    low, high = np.sqrt(extremes(land))
    return 4 / (high + low) ** 2, ((high - low) / (high + low)) ** 2


def spectral_radius(matrix: np.ndarray) -> float:
    return float(np.abs(np.linalg.eigvals(matrix)).max())


def test_heavy_ball_tuning_and_rate() -> None:
    lr, beta = polyak_tuning(ravine)
    close((lr, beta), (0.03305785, 0.6694215))
    hessian, one = ravine.hessian((0, 0)), np.eye(2)
    step = np.block([[(1 + beta) * one - lr * hessian, -beta * one], [one, 0 * one]])
    close(spectral_radius(step), 0.8181818)


def test_nesterov_rate() -> None:
    lr, beta = 1 / 100, (10 - 1) / (10 + 1)
    one = np.eye(2)
    shrink = one - lr * ravine.hessian((0, 0))
    step = np.block([[(1 + beta) * shrink, -beta * shrink], [one, 0 * one]])
    close(spectral_radius(step), 0.9)


@pytest.mark.parametrize("method", [tl.momentum, tl.polyak])
def test_heavy_ball_steps(method: tl.optimizers.Factory) -> None:
    lr, beta = polyak_tuning(ravine)
    run = tl.descend(ravine, method(lr, beta=beta), start=(1, 1), steps=400)
    assert run.steps_to(1e-6, of="theta") == 95


def test_nesterov_steps_of_the_classical_iterate() -> None:
    """The recorded point is the look-ahead point; a plain gradient step from it is the iterate."""
    run = tl.descend(ravine, tl.nesterov(0.01, beta=9 / 11), start=(1, 1), steps=400)
    classical = run.path - 0.01 * ravine.grad(run.path)
    assert 1 + steps_until(classical, 1e-6) == 158


def test_momentum_amplifies_what_persists_and_damps_what_alternates() -> None:
    steady = tl.descend(ramp(slope=1), tl.momentum(1.0, beta=0.9), steps=400).path[:, 0]
    close(np.diff(steady)[-1], 10)
    alternating = tl.descend(
        ramp, tl.momentum(1.0, beta=0.9), steps=400, time_varying={"slope": lambda t: (-1.0) ** t}
    ).path[:, 0]
    close(np.abs(np.diff(alternating)[-2:]), (0.5263158, 0.5263158))


def test_heavy_ball_stability_limit() -> None:
    below, above = tl.descend(
        parabola, tl.momentum(np.array([3.79, 3.81]), beta=0.9), start=[1.0], steps=20_000
    )
    assert below.status.kind == "converged"
    assert above.status.kind == "diverged"


def test_tuned_heavy_ball_cycles_on_a_strongly_convex_function() -> None:
    run = tl.descend(lessard_cycle, tl.momentum(1 / 9, beta=4 / 9), start=[3.3], steps=999)
    assert run.status.kind == "running"
    close(np.sort(run.path[-3:, 0]), (-1.802449, 0.6465306, 2.115918))
    close(run.path[-3:], run.path[-6:-3])


def test_gradient_descent_converges_on_that_function() -> None:
    run = tl.descend(lessard_cycle, tl.gd(1 / 25), start=[3.3], steps=999)
    assert str(run.status) == "converged to a minimum"


# --- Adam -----------------------------------------------------------------------------------------

ADAM = tl.adam(0.1, eps=0.0)
ROTATED_START = (0.0, np.sqrt(2))  # (1, 1) turned by 45 degrees


@pytest.mark.parametrize("kappa", [1, 100, 1e6])
def test_adam_path_does_not_depend_on_the_condition_number(kappa: float) -> None:
    path = tl.descend(ravine(kappa=kappa), ADAM, start=(1, 1), steps=100).path
    close(path[[10, 50, 100], 0], (0.07624915, -0.004818227, 0.002936676))
    np.testing.assert_allclose(path[:, 0], path[:, 1], rtol=1e-9, atol=1e-13)
    close(1 - path[1], (0.1, 0.1))


def test_adam_likes_an_axis_aligned_ravine_only() -> None:
    along = tl.descend(ravine, ADAM, start=(1, 1), steps=100)
    close(along.loss[100], 0.0004355154)
    across = tl.descend(rotated_ravine, ADAM, start=ROTATED_START, steps=400)
    close(across.loss[[100, 400]], (0.1878908, 6.219374e-05))


def test_gradient_descent_does_not_notice_the_rotation() -> None:
    along = tl.descend(ravine, tl.gd(2 / 101), start=(1, 1), steps=400)
    across = tl.descend(rotated_ravine, tl.gd(2 / 101), start=ROTATED_START, steps=400)
    close(along.loss[[100, 400]], (0.9248164, 5.679996e-06))
    close(across.loss[[100, 400]], (0.9248164, 5.679996e-06))


def test_frozen_adam_is_stable_up_to_38_over_the_rate() -> None:
    """With a frozen preconditioner Adam is heavy ball with an averaged gradient."""
    lr, beta = 0.1, 0.9
    flat, steep = tl.descend(
        parabola(a=np.array([37.9, 38.1]) / lr),
        tl.momentum(lr * (1 - beta), beta=beta),
        start=[1.0],
        steps=20_000,
    )
    assert flat.status.kind == "converged"
    assert steep.status.kind == "diverged"


# --- preconditioning ------------------------------------------------------------------------------


@pytest.mark.parametrize(("angle", "condition"), [(0, 1), (5, 4.744597), (10, 13.39031), (45, 100)])
def test_jacobi_preconditioning_depends_on_the_angle(angle: float, condition: float) -> None:
    hessian = rotated_ravine(kappa=100, angle=angle).hessian((0, 0))
    scale = np.diag(hessian) ** -0.5
    low, high = np.linalg.eigvalsh(scale[:, None] * hessian * scale)
    close(high / low, condition)


@pytest.mark.parametrize("angle", [0, 20, 45])
def test_newton_solves_any_quadratic_in_one_step(angle: float) -> None:
    run = tl.descend(rotated_ravine(angle=angle), tl.newton(), start=(1.3, -0.4), steps=1)
    np.testing.assert_allclose(run.end, (0, 0), atol=1e-14)


# --- Rosenbrock -----------------------------------------------------------------------------------


def test_rosenbrock_at_its_minimum_and_its_start() -> None:
    (bottom,) = rosenbrock.minima
    np.testing.assert_allclose(bottom.point, (1, 1), rtol=1e-12)
    np.testing.assert_allclose(rosenbrock.loss((-1.2, 1)), 24.2, rtol=1e-14)
    np.testing.assert_allclose(rosenbrock.hessian((1, 1)), [[802, -400], [-400, 200]], rtol=1e-14)
    assert 2508 < bottom.eigenvalues[1] / bottom.eigenvalues[0] < 2509
