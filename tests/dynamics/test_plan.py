"""What an optimizer asks of the loop: found once for its kind, whatever its numbers are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.dynamics import loop, random, solvers, stages
from toylands.dynamics.plan import plan_of

PLAIN = tl.adam(0.01)


def test_numbers_do_not_matter() -> None:
    """A dragged slider, or a swarm with a rate each, walks by the plan that is there already."""
    plan = plan_of(tl.sam(tl.clip_norm(tl.gd(0.1), 1.0), 0.05))
    for other in (
        tl.sam(tl.clip_norm(tl.gd(0.2), 3.0), 0.5),
        tl.sam(tl.clip_norm(tl.gd(np.array([0.2, 0.3])), 3.0), np.array([0.5, 0.6])),
        tl.sam(tl.clip_norm(tl.gd(0.1, schedule=tl.schedules.cosine(10)), 1.0), 0.05),
    ):
        assert plan_of(other) is plan


@pytest.mark.parametrize(
    "other",
    [
        tl.clip_norm(tl.sam(tl.gd(0.1), 0.05), 1.0),  # another order
        tl.sam(tl.clip_value(tl.gd(0.1), 1.0), 0.05),
        tl.sam(tl.clip_norm(tl.momentum(0.1), 1.0), 0.05),
        tl.sam(tl.gd(0.1), 0.05),
    ],
)
def test_another_kind_has_another_plan(other: Any) -> None:
    assert plan_of(other) is not plan_of(tl.sam(tl.clip_norm(tl.gd(0.1), 1.0), 0.05))


def test_whole_numbers_matter() -> None:
    three, five = (plan_of(tl.swa(PLAIN, start)) for start in (3, 5))
    assert (three.numbers[loop.AVERAGE_START], five.numbers[loop.AVERAGE_START]) == (3, 5)
    two = plan_of(tl.reset_on_conflict(tl.momentum(0.1), patience=2))
    assert two.numbers[loop.PATIENCE] == 2


def test_a_rule_alone_needs_nothing() -> None:
    plan = plan_of(PLAIN)
    assert (plan.rows, plan.random, plan.averages, plan.solves) == ((), False, False, False)
    assert len(plan.codes) == 0
    stage = [loop.LOOK_STAGE, loop.OPERATE_STAGE, loop.FORGET_STAGE, loop.AVERAGE_STAGE]
    assert [plan.numbers[k] for k in (*stage, loop.SHAKE_STAGE, loop.SOLVER)] == [0] * 6
    assert plan.numbers[loop.THERMAL_ROW] == -1
    assert list(PLAIN.hyper) == ["beta1", "beta2", "eps"]
    assert plan.powers.tolist() == [0, 1]  # the betas have powers, eps has none
    counts = [loop.HYPER_COUNT, loop.POWER_COUNT, loop.MEMORY_COUNT, loop.VALUE_COUNT]
    assert [plan.numbers[k] for k in counts] == [3, 2, 2, 0]


def test_operations_run_from_the_outside_in() -> None:
    opt = tl.noise(tl.clip_norm(tl.clip_value(tl.gd(0.1), 2.0), 3.0), 4.0)
    plan = plan_of(opt)
    operations = [code for code, _ in plan.codes]
    assert operations == [loop.ADD_NOISE, loop.CLIP_NORM, loop.CLIP_VALUE]
    numbers = [opt.pieces[n].values[name] for n, name in plan.rows]
    assert [numbers[row] for _, row in plan.codes] == [4.0, 3.0, 2.0]
    assert plan.numbers[loop.OPERATE_STAGE] == stages.operate.address
    assert plan.numbers[loop.SHAKE_STAGE] == random.shake.address
    assert plan.random


@pytest.mark.parametrize(
    ("opt", "position", "number"),
    [
        (tl.sam(tl.clip_norm(PLAIN, 9.0), 0.07), loop.LOOK_ROW, 0.07),
        (tl.clip_norm(tl.ema(PLAIN, 0.7), 9.0), loop.AVERAGE_ROW, 0.7),
        (tl.clip_norm(tl.langevin(0.1, 0.3), 9.0), loop.THERMAL_ROW, 0.3),
        (tl.ema(tl.sam(tl.langevin(0.1, 0.3), 0.07), 0.7), loop.AVERAGE_ROW, 0.7),
    ],
)
def test_every_piece_finds_its_number(opt: Any, position: int, number: float) -> None:
    plan = plan_of(opt)
    piece, name = plan.rows[plan.numbers[position]]
    assert opt.pieces[piece].values[name] == number
    assert plan.numbers[loop.VALUE_COUNT] == len(plan.rows)


def test_choices() -> None:
    for opt, position, expected in (
        (tl.sam(PLAIN, 0.05), loop.LOOK, loop.UPHILL),
        (tl.extragradient(0.1), loop.LOOK, loop.AHEAD),
        (tl.swa(PLAIN), loop.AVERAGE, loop.SWA),
        (tl.ema(PLAIN, 0.9), loop.AVERAGE, loop.EMA),
        (tl.newton(), loop.SOLVER, solvers.newton_step.address),
        (tl.saddle_free_newton(), loop.SOLVER, solvers.saddle_free_step.address),
        # torch's momentum adds gradients up; a buffer that holds minus them is pushed the other way
        (tl.reset_on_conflict(tl.momentum(0.1), 2), loop.PUSH, -1),
        (tl.reset_on_conflict(tl.polyak(0.1), 2), loop.PUSH, 1),
    ):
        assert plan_of(opt).numbers[position] == expected, opt.label
    assert plan_of(tl.newton()).solves
    assert plan_of(tl.ema(PLAIN, 0.9)).averages
