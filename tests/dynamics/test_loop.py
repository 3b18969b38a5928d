"""One walker's steps against a plain Python walk: looks, operations, memory, averages, movement."""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import numpy as np
import plain_walk
import pytest
from plain_walk import Walk
from twins import KEY, PAIRS, QUARTIC, ROSENBROCK, START, assert_same, both

import toylands as tl

pytestmark = pytest.mark.filterwarnings("error")


# Rules and looks


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize(
    ("opt", "walk"),
    [
        (tl.gd(0.001), {"rule": "gd"}),
        (tl.momentum(0.0005, beta=0.8), {"rule": "momentum", "hyper": {"beta": 0.8}}),
        (tl.polyak(0.0005), {"rule": "polyak"}),
        (tl.adam(0.03), {"rule": "adam"}),
        (tl.adam(0.03, beta1=0.5, beta2=0.9, eps=1e-3),
         {"rule": "adam", "hyper": {"beta1": 0.5, "beta2": 0.9, "eps": 1e-3}}),
        (tl.sam(tl.gd(0.001), rho=0.2), {"uphill": 0.2}),
        (tl.sam(tl.adam(0.03), rho=0.2), {"rule": "adam", "uphill": 0.2}),
        (tl.extragradient(0.002), {"ahead": True}),
        (tl.langevin(0.001, temperature=0.3), {"heat": 0.3}),
    ],
    ids=lambda value: getattr(value, "label", ""),
)  # fmt: skip
def test_rules_and_looks(name: str, opt: Any, walk: dict[str, Any]) -> None:
    # Adam with short memory circles the minimum of the saddle's valley, which multiplies rounding by
    # three a step: plain Python with 2y(y^2 - 1) for 2y^3 - 2y is 2.4e-11 away from itself, too.
    short = name == "saddle" and opt.values.get("beta2") == 0.9
    both(name, opt, rtol=1e-10 if short else 1e-11, **walk)


@pytest.mark.parametrize("damping", [0.0, 0.7])
@pytest.mark.parametrize("name", ["rosenbrock", "quartic", "saddle", "line"])
def test_hessian_steps(name: str, damping: float) -> None:
    both(name, tl.newton(0.3, damping), 12, operations=[(plain_walk.newton, damping)])
    saddle_free = [(plain_walk.saddle_free, damping)]
    both(name, tl.saddle_free_newton(0.3, damping), 12, operations=saddle_free)


def test_hessian_steps_under_sam_read_the_hessian_where_the_walker_is() -> None:
    walk = {"uphill": 0.1, "operations": [(plain_walk.newton, 0.2)]}
    both("quartic", tl.sam(tl.newton(0.3, 0.2), rho=0.1), 12, **walk)


@pytest.mark.parametrize("steps", [0, 1, 31, 32, 33, 64, 65, 97])
def test_any_number_of_steps(steps: int) -> None:
    run = both("quartic", tl.momentum(0.02), steps, rule="momentum")
    assert len(run.path) == steps + 1
    assert run.steps == run.evaluations == steps


# Operations on the gradient, from the outside in

OPERATIONS = {
    "norm": (lambda base: tl.clip_norm(base, 2.0), plain_walk.clip_norm, 2.0),
    "value": (lambda base: tl.clip_value(base, 0.8), plain_walk.clip_value, 0.8),
    "decay": (lambda base: tl.weight_decay(base, 0.9), plain_walk.weight_decay, 0.9),
    "noise": (lambda base: tl.noise(base, 1.5), plain_walk.noise, 1.5),
}


@pytest.mark.parametrize("order", list(permutations(OPERATIONS)), ids="-".join)
def test_operations_run_from_the_outside_in(order: tuple[str, ...]) -> None:
    opt = tl.momentum(0.01)
    for name in reversed(order):  # the last one wrapped is the outermost
        opt = OPERATIONS[name][0](opt)
    steps = [OPERATIONS[name][1:] for name in order]
    both("quartic", opt, 40, rule="momentum", operations=steps)
    # The comparison sees the order: two operations exchanged give another path.
    wrong = Walk(plain_walk.QUARTIC, START, 40, 0.01, "momentum", operations=steps[::-1], key=KEY)
    right = Walk(plain_walk.QUARTIC, START, 40, 0.01, "momentum", operations=steps, key=KEY)
    assert np.abs(wrong.run().path - right.run().path).max() > 1e-4


@pytest.mark.parametrize("inside", [True, False])
def test_operations_act_on_what_the_look_returned(inside: bool) -> None:
    """Clipping does not shorten the way uphill, wherever sam stands among the wrappers."""
    base = tl.gd(0.02)
    opt = tl.clip_norm(tl.sam(base, 0.3), 1.0) if inside else tl.sam(tl.clip_norm(base, 1.0), 0.3)
    both("quartic", opt, 40, uphill=0.3, operations=[(plain_walk.clip_norm, 1.0)])


def test_the_solver_comes_last() -> None:
    opt = tl.clip_value(tl.noise(tl.newton(0.2, damping=0.5), 0.4), 1.0)
    steps = [(plain_walk.clip_value, 1.0), (plain_walk.noise, 0.4), (plain_walk.newton, 0.5)]
    both("quartic", opt, 30, operations=steps)


def test_clipping_leaves_nan_alone() -> None:
    """sqrt(x) has no gradient left of 0: clipping must not turn that into a step."""
    land = tl.landscape("sqrt(x)", name="root")
    for opt in (tl.clip_value(tl.gd(1.0), 3.0), tl.clip_norm(tl.gd(1.0), 3.0)):
        run = tl.descend(land, opt, (0.05,), 5)  # the first step crosses 0
        assert run.diverged_at == 1
        assert np.isfinite(run.path).all()


# Momentum reset


@pytest.mark.parametrize("patience", [1, 2, 3])
@pytest.mark.parametrize(("rule", "fights"), [("momentum", -1), ("polyak", 1), ("adam", -1)])
def test_momentum_reset(rule: str, fights: int, patience: int) -> None:
    base = getattr(tl, rule)(0.05)
    opt = tl.reset_on_conflict(base, patience=patience)
    walk = {"rule": rule, "fights": fights, "patience": patience}
    run = both("quartic", opt, 60, **walk)
    plain = tl.descend(QUARTIC, base, START, 60, escape=math.inf)
    assert np.abs(run.path - plain.path).max() > 1e-3  # it did reset


def test_momentum_reset_sees_the_gradient_that_the_base_sees() -> None:
    opt = tl.clip_value(tl.reset_on_conflict(tl.momentum(0.05)), 0.5)
    walk = {"patience": 1, "operations": [(plain_walk.clip_value, 0.5)]}
    both("quartic", opt, 60, rule="momentum", **walk)


# Averages


@pytest.mark.parametrize("start", [0, 1, 7, 40, 99])
def test_swa(start: int) -> None:
    run = both("quartic", tl.swa(tl.adam(0.1), start=start), 45, rule="adam", swa=start)
    assert np.isnan(run.average[: min(start, 46)]).all()
    if start <= 45:
        np.testing.assert_allclose(run.average[-1], run.path[start:].mean(axis=0), rtol=1e-13)


def test_ema() -> None:
    run = both("quartic", tl.ema(tl.gd(0.05), decay=0.9), 45, ema=0.9)
    assert (run.average[0] == run.path[0]).all()


def test_an_average_watches_and_does_not_touch() -> None:
    plain = tl.descend(QUARTIC, tl.adam(0.1), START, 50)
    for opt in (tl.swa(tl.adam(0.1), 5), tl.ema(tl.adam(0.1))):
        assert (tl.descend(QUARTIC, opt, START, 50).path == plain.path).all()
    assert plain.average is None


# Schedules


def test_a_schedule_is_applied_step_by_step() -> None:
    factors = 1 / (1 + np.arange(50) % 7)
    for opt, walk in (
        (tl.momentum(0.03, schedule=factors), {"rule": "momentum"}),
        (tl.polyak(0.03, schedule=factors), {"rule": "polyak"}),
        (tl.extragradient(0.03, schedule=factors), {"ahead": True}),
        (tl.langevin(0.01, 0.2, schedule=factors), {"heat": 0.2}),
    ):
        run = both("quartic", opt, 50, schedule=lambda t: factors[t], **walk)
        np.testing.assert_array_equal(run.rates, opt.lr * factors)


def test_a_rate_of_zero_stands_still() -> None:
    run = tl.descend(QUARTIC, tl.gd(0.1, schedule=[0.0] * 9 + [1.0]), START, 10)
    assert (run.path[:10] == run.path[0]).all()
    assert (run.path[10] != run.path[0]).all()


# Moving landscapes


def test_the_parameters_of_each_step_are_used() -> None:
    drift = {"a": lambda t: 1 + 0.01 * t, "b": lambda t: 5 + math.sin(t)}
    expected = Walk(plain_walk.ROSENBROCK, START, 60, 0.01, time_varying=drift).run()
    rows = {name: [value(t) for t in range(61)] for name, value in drift.items()}
    for moving in (drift, rows, {name: np.array(values) for name, values in rows.items()}):
        assert_same(tl.descend(ROSENBROCK, tl.gd(0.01), START, 60, time_varying=moving), expected)


def test_without_a_last_value_the_end_keeps_that_of_the_last_step() -> None:
    values = 5 + np.sin(np.arange(60))
    stays = {"b": lambda t: float(values[min(t, 59)])}
    expected = Walk(plain_walk.ROSENBROCK, START, 60, 0.01, time_varying=stays).run()
    assert_same(
        tl.descend(ROSENBROCK, tl.gd(0.01), START, 60, time_varying={"b": values}), expected
    )


def test_looks_and_hessians_see_the_moved_landscape() -> None:
    drift = {"b": lambda t: 5 + math.sin(t)}
    for opt, walk in (
        (tl.sam(tl.gd(0.01), 0.1), {"uphill": 0.1}),
        (tl.newton(0.3, 1.0), {"operations": [(plain_walk.newton, 1.0)]}),
    ):
        expected = Walk(plain_walk.ROSENBROCK, START, 30, opt.lr, time_varying=drift, **walk).run()
        assert_same(tl.descend(ROSENBROCK, opt, START, 30, time_varying=drift), expected)


def test_a_fixed_and_a_moving_parameter_and_one_per_walker() -> None:
    a = np.array([0.5, 1.0, 1.5])
    drift = {"b": lambda t: 5 + math.sin(t)}
    swarm = tl.descend(ROSENBROCK(a=a), tl.gd(0.01), START, 40, time_varying=drift)
    for i, value in enumerate(a):
        walk = Walk(
            plain_walk.ROSENBROCK, START, 40, 0.01, parameters={"a": value}, time_varying=drift
        )
        assert_same(swarm[i], walk.run())


# What happens inside the rule


@pytest.mark.parametrize("every", [1, 3])
def test_the_inside_of_a_rule(every: int) -> None:
    """The memory before each step, and the gradient that reaches the rule."""
    opt = tl.sam(tl.clip_norm(tl.adam(0.1), 2.0), 0.3)
    run = tl.descend(QUARTIC, opt, START, 12, record_state=True, every=every)
    assert list(run.memory) == ["m", "v"]
    m, v = np.zeros(2), np.zeros(2)
    path = tl.descend(QUARTIC, opt, START, 12).path
    for t in range(12):
        g = plain_walk.QUARTIC.grad(path[t], {}, None)
        g = plain_walk.QUARTIC.grad(path[t] + 0.3 * g / np.linalg.norm(g), {}, None)
        g = plain_walk.clip_norm(g, 2.0)
        if t % every == 0:
            np.testing.assert_allclose(run.memory["m"][t // every], m, rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(run.memory["v"][t // every], v, rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(run.used[t // every], g, rtol=1e-9)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    assert run.used.shape == run.path.shape == run.memory["m"].shape
    assert np.isnan(run.used[-1]).all()
    plain = tl.descend(QUARTIC, opt, START, 12)
    assert plain.memory is None
    assert plain.used is None


def test_the_inside_of_walkers_that_stay_and_that_leave() -> None:
    lr = np.array([0.02, 0.5, 0.02, 0.9])
    swarm = tl.descend(QUARTIC, tl.momentum(lr), START, 40, record_state=True)
    assert swarm.diverged.tolist() == [False, True, False, True]
    for walk in swarm:
        assert walk.memory["b"].shape == walk.used.shape == walk.path.shape
        steps = len(walk.path) - 1
        b = np.zeros(2)
        for t in range(steps):
            np.testing.assert_allclose(walk.memory["b"][t], b, rtol=1e-12, atol=1e-13)
            np.testing.assert_allclose(walk.used[t], QUARTIC.grad(walk.path[t]), rtol=1e-12)
            b = 0.9 * b + walk.used[t]
        assert np.isnan(walk.used[-1]).all()
    single = tl.descend(QUARTIC, tl.momentum(0.5), START, 40, record_state=True)
    np.testing.assert_allclose(swarm[1].memory["b"], single.memory["b"], rtol=1e-12)


def test_a_rule_without_memory_has_an_inside_too() -> None:
    run = tl.descend(QUARTIC, tl.clip_value(tl.gd(0.1), 0.5), START, 5, record_state=True)
    assert run.memory == {}
    np.testing.assert_allclose(run.path[:-1] - 0.1 * run.used[:-1], run.path[1:], rtol=1e-14)
