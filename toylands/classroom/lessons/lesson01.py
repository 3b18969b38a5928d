"""Exercises of lesson 1: bowls and steps."""

from __future__ import annotations

import math
from typing import Any

from toylands import landscapes
from toylands.classroom.exercises import Task, Verdict, exercise
from toylands.classroom.identity import Personal
from toylands.dynamics import descend
from toylands.optimizers import gd


@exercise("1.1", "The largest safe rate")
def largest_rate(mine: Personal) -> Task:
    """2/lambda_max of a regression bowl whose last input is personal."""
    land = landscapes.get("regression")(x=(0, 1, 2, mine.between(3, 6, 0.5)), y=(1, 3, 2, 5))
    low, high = (float(value) for value in land.spectrum((0.0, 0.0)).eigenvalues)
    return Task(
        "This bowl has your own data. From its Hessian alone: which learning rate is the border "
        "above which gradient descent diverges from almost every start?",
        given={"land": land},
        answer=2 / high,
        rtol=2e-3,
        wrong=[
            (1 / high, "that is 1/lambda_max, which solves the steep direction in one step; the "
             "border lies where a step overshoots by the full distance"),
            (2 / low, "that belongs to the flat direction; the steep one leaves first"),
            (high, "that is the largest eigenvalue itself"),
            (2 / (low + high), "that is the fastest constant rate, not the largest safe one"),
        ],
        praise="beyond it the steep direction grows with every step",
    )  # fmt: skip


@exercise("1.2", "The twin rate")
def twin_rate(mine: Personal) -> Task:
    """Two rates shrink a parabola equally fast: eta and 2 - eta."""
    rate = mine.pick([0.05, 0.1, 0.15, 0.2, 0.3])
    return Task(
        f"On the parabola x²/2 the rate {rate} needs a certain number of steps to reach 0.001. Which "
        "other rate needs exactly as many?",
        given={"land": landscapes.get("parabola"), "rate": rate},
        answer=2 - rate,
        rtol=1e-3,
        wrong=[
            (rate, "that is the same rate; the question asks for the other one"),
            (1 - rate, "that makes the factor 1 - rate another number; look for a rate whose factor "
             "has the same size but the other sign"),
            (1 + rate, "close in spirit: you went as far above 1 as the given rate lies above 0"),
            (1 / rate, "what counts is the size of the factor 1 - rate"),
        ],
        praise="its factor has the same size and the other sign, so the ball alternates",
    )  # fmt: skip


@exercise("1.3", "Where you stand decides")
def quartic_rate(mine: Personal) -> Task:
    """2/x0^2 on the quartic wall."""
    start = mine.pick([2.0, 2.5, 3.0, 4.0, 5.0])
    limit = 2 / start**2
    return Task(
        f"On the quartic wall x⁴/4 a walk starts at x = {start:g}. Below which learning rate does it "
        "converge?",
        given={"land": landscapes.get("quartic_wall_1d"), "start": start},
        answer=limit,
        rtol=4e-3,
        wrong=[
            (2 / (3 * start**2), "that is 2 divided by the curvature 3x² at the start; but the step "
             "uses the slope x³, so write the next point as x times a factor"),
            (1 / start**2, "with that rate the first step lands on the minimum; the border is farther"),
            (2 / start, "the slope is x³, so the factor of the first step has x² in it"),
        ],
        praise="at exactly this rate the ball would jump between two points for ever",
    )  # fmt: skip


@exercise("1.4", "Be quick")
def quick_rate(mine: Personal) -> Task:
    """Any rate that brings the ravine bowl to 1e-3 within a budget."""
    steep = mine.pick([4.0, 5.0, 8.0, 10.0])
    land = landscapes.get("bowl")(a=1.0, b=steep)
    best = 2 / (1 + steep)
    fastest = math.ceil(math.log(1e-3) / math.log((steep - 1) / (steep + 1)))
    budget = math.ceil(1.25 * fastest)

    def judge(rate: Any) -> Verdict:
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not rate > 0:
            return Verdict(False, "expected one positive number")
        run = descend(land, gd(float(rate)), start=(1.0, 1.0), steps=2000)
        taken = run.steps_to(1e-3, of="theta")
        if run.diverged_at is not None or taken is None:
            return Verdict(False, "with this rate the walk does not get there in 2,000 steps")
        if taken > budget:
            where = "larger" if rate < best else "smaller"
            return Verdict(False, f"that takes {taken} steps; the best rate is {where}")
        return Verdict(True, f"{taken} steps")

    return Task(
        f"The bowl has curvatures 1 and {steep:g}. Give any constant learning rate with which gradient "
        f"descent from (1, 1) brings both coordinates below 0.001 within {budget} steps.",
        given={"land": land, "start": (1.0, 1.0)},
        judge=judge,
    )
