"""Exercises of lesson 1: bowls and steps."""

from __future__ import annotations

import math
from typing import Any

from toylands import landscapes
from toylands.classroom.exercises import Task, Verdict, exercise, number_in, unexpected
from toylands.classroom.identity import Personal
from toylands.dynamics import descend
from toylands.optimizers import gd


@exercise("1.1", "The largest safe rate")
def largest_rate(mine: Personal) -> Task:
    """2/lambda_max of a regression bowl with two personal inputs."""
    inputs = (0.0, 1.0, mine.between(1.5, 2.5, 0.1), mine.between(3, 6, 0.1))
    land = landscapes.get("regression")(x=inputs, y=(1, 3, 2, 5))
    low, high = (float(value) for value in land.spectrum((0.0, 0.0)).eigenvalues)
    shown = ", ".join(f"{x:g}" for x in inputs)
    return Task(
        f"This bowl belongs to a line through four points with inputs x = ({shown}) and targets "
        "y = (1, 3, 2, 5). From its Hessian alone: which learning rate is the limit above which "
        "gradient descent diverges from almost every start?",
        given={"land": land},
        answer=2 / high,
        rtol=2e-3,
        wrong=[
            (1 / high, "that is 1/lambda_max, which solves the steep direction in one step; a step "
             "may overshoot by as much again before it leads farther away"),
            (1 / low, "that is 1/lambda_min; the steep direction sets the limit, and a step may "
             "overshoot"),
            (2 / land.hessian((0.0, 0.0))[0, 0], "that uses the curvature along w only, an entry of "
             "the Hessian; the steepest direction lies between the axes: take an eigenvalue"),
            (2 / low, "that belongs to the flat direction; the steep one leaves first"),
            (high, "that is the largest eigenvalue itself: a curvature, not yet a rate"),
            (high / 2, "that is upside down: the steeper the bowl, the smaller the rate"),
            (2 / (low + high), "that is the fastest constant rate, not the largest safe one"),
            (4 / high, "a factor 2 is missing from your Hessian: the loss has no 1/2 in front"),
            (1 / (2 * high), "that is the limit for the sum over the points; the loss is a mean"),
        ],
        praise="beyond it the steep direction grows with every step",
    )  # fmt: skip


@exercise("1.2", "The twin rate")
def twin_rate(mine: Personal) -> Task:
    """Two rates shrink a parabola equally fast: lr and 2/a - lr."""
    a = mine.pick([2.0, 2.5, 4.0, 5.0, 10.0])
    rate = round(mine.between(0.15, 0.45, 0.05) / a, 6)
    return Task(
        f"On a parabola with curvature a = {a:g} you walk with the learning rate {rate:g}. There "
        "is exactly one other rate with which the distance to the minimum is the same after every "
        "step. Which?",
        given={"land": landscapes.get("parabola")(a=a), "rate": rate},
        answer=2 / a - rate,
        rtol=1e-3,
        wrong=[
            (rate, "that is the same rate; the question asks for the other one"),
            (2 - rate, "that is the twin for curvature 1; here the factor is 1 - lr * a"),
            (1 / a - rate, "that lies below the rate that arrives in one step, as yours does; its "
             "twin lies above"),
            (1 / a, "that arrives in one step"),
            (2 / a, "that bounces without end"),
            (1 / a + rate, "right side, wrong distance: compare how far both rates are from 1/a"),
            ((2 - rate) / a, "the curvature belongs to your own rate as well: its factor is "
             "1 - lr * a, not 1 - lr"),
            (2 * a - rate, "the curvature belongs below: the steeper, the smaller the rates"),
            (1 - rate * a, "that is the factor of your rate, not a rate"),
            (rate * a - 1, "that is the factor of the twin; which rate has it?"),
            (-rate, "with a negative rate the walk goes uphill; it is the factor that changes its "
             "sign"),
            (19 * rate, "0.1 and 1.9 are twins for curvature 1 only; the ratio is not the rule"),
        ],
        praise="its factor has the same size and the other sign, so the ball alternates",
    )  # fmt: skip


@exercise("1.3", "Where you stand decides")
def quartic_rate(mine: Personal) -> Task:
    """2/x0^2 on the quartic wall."""
    start = mine.between(1.6, 4.8, 0.1)
    return Task(
        f"On the quartic wall x⁴/4 a walk starts at x = {start:g}. It converges with every "
        "learning rate below a certain limit. What is the limit?",
        given={"land": landscapes.get("quartic_wall_1d"), "start": start},
        answer=2 / start**2,
        rtol=4e-3,
        wrong=[
            (2 / (3 * start**2), "that is 2 over the curvature 3x² at the start; but a step "
             "uses the slope x³, so write the next point as x times a factor"),
            (1 / (3 * start**2), "that is 1 over the curvature 3x² at the start; a step uses the "
             "slope x³, so write the next point as x times a factor"),
            (start**2 / 2, "that is upside down: the farther out, the smaller the rate"),
            (1 / start**2, "with that rate the first step lands on the minimum; the limit is "
             "higher"),
            (2 / start, "the slope is x³, so there is x² in the factor of the first step"),
            (2 / start**3, "the slope is x³, but the next point is x times a factor: divide by x"),
            (math.sqrt(2) / start, "the factor contains x², so no root is left"),
            (math.sqrt(2 / start), "that puts the start where the rate belongs: the border is "
             "|x| = sqrt(2 / lr); solve it for lr"),
        ],
        praise="at exactly this rate the ball would jump between two points without end",
    )  # fmt: skip


@exercise("1.4", "Be quick")
def quick_rate(mine: Personal) -> Task:
    """Any rate that brings a bowl with two curvatures to 1e-3 within a budget."""
    steep = mine.between(4, 12, 0.5)
    land = landscapes.get("bowl")(a=1.0, b=steep)
    best = 2 / (1 + steep)
    fastest = math.ceil(math.log(1e-3) / math.log((steep - 1) / (steep + 1)))
    budget = math.ceil(1.15 * fastest)

    def judge(given: Any) -> Verdict:
        rate = number_in(given)
        if rate is None or rate <= 0:
            return unexpected("one positive number", given)
        if rate >= 2 / steep:
            return Verdict(False, "with this rate the steep direction does not shrink at all")
        run = descend(land, gd(rate), start=(1.0, 1.0), steps=2000)
        taken = run.steps_to(1e-3, of="theta")
        if taken is None:
            return Verdict(False, "with this rate the walk does not get there in 2,000 steps")
        if taken > budget:
            slow = "flat direction is slow: go up" if rate < best else "steep one is slow: go down"
            return Verdict(False, f"that takes {taken} steps, and the {slow}")
        return Verdict(True, f"{taken} steps")

    return Task(
        f"A bowl has the curvatures 1 and {steep:g}. Give any constant learning rate with which "
        f"gradient descent from (1, 1) brings both coordinates below 0.001 within {budget} steps.",
        given={"land": land, "start": (1.0, 1.0)},
        judge=judge,
    )
