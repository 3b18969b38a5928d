"""Exercises of lesson 3: ravines, momentum, Adam."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from toylands import landscapes
from toylands.classroom.exercises import Task, Verdict, exercise, numbers_in, unexpected
from toylands.classroom.identity import Personal
from toylands.dynamics import descend
from toylands.formula import Landscape
from toylands.optimizers import gd, momentum

Step = Callable[[np.ndarray, np.ndarray, np.ndarray], Any]

_TOL = 1e-6


@exercise("3.1", "What the ravine costs")
def ravine_steps(mine: Personal) -> Task:
    """Steps of gradient descent at its fastest constant rate, for a personal condition number."""
    kappa = mine.between(40, 160, 1)
    log_factor = math.log((kappa - 1) / (kappa + 1))
    steps = math.ceil(math.log(_TOL) / log_factor)
    limit_only = math.ceil(math.log(_TOL) / math.log(1 - 1 / kappa))
    return Task(
        f"The ravine has condition number {kappa:g}, and gradient descent walks with its fastest "
        "constant rate from (1, 1). After how many steps, a whole number, are both coordinates for "
        "the first time at most 1e-6?",
        given={"land": landscapes.get("ravine")(kappa=kappa), "tol": _TOL},
        answer=steps,
        rtol=1e-6,
        wrong=[
            (math.log(_TOL) / log_factor, "steps are whole: round up"),
            (steps - 1, "one step earlier the distance is still a little above 1e-6: round up"),
            (steps + 1, "one step earlier both are there already"),
            (math.ceil(steps / 2), "that brings the loss down to 1e-6 of its start; the loss goes "
             "with the square of the distance"),
            (limit_only, "that is for the rate 1/lambda_max; the fastest constant rate is "
             "2/(lambda_max + lambda_min)"),
            (math.ceil(math.log(_TOL) / math.log((math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1))),
             "that is what momentum could do; without a memory there is no root of kappa"),
            (math.ceil(math.log10(_TOL) / log_factor), "two kinds of logarithm are mixed: take the "
             "same one above and below"),
            (math.ceil(-kappa * math.log(_TOL)), "a factor 2 is missing: at the fastest rate one "
             "step gains about 2/kappa"),
        ],
        praise="and ten times the condition number would cost ten times as many",
    )  # fmt: skip


def _why_slow(lr: float, beta: float, kappa: float) -> str:
    """What holds heavy ball up: the slower of the two directions, and how it moves there."""

    def roots(curvature: float) -> np.ndarray:
        return np.roots([1.0, -(1 + beta - lr * curvature), beta])

    floor, wall = roots(1.0), roots(kappa)
    slowest = floor if np.abs(floor).max() >= np.abs(wall).max() else wall
    if np.abs(slowest.imag).max() > 1e-9:
        return "it swings, and swings fade only by sqrt(beta) per step: take a smaller beta"
    if slowest is floor:
        return "it creeps along the floor: take a larger rate or more memory"
    return "it zig-zags between the walls: take a smaller rate or more memory"


@exercise("3.2", "Tune the memory")
def tune_momentum(mine: Personal) -> Task:
    """Any rate and beta that bring momentum to the minimum within a budget."""
    kappa = mine.between(60, 400, 10)
    land = landscapes.get("ravine")(kappa=kappa)
    root = math.sqrt(kappa)
    best = momentum(4 / (root + 1) ** 2, beta=((root - 1) / (root + 1)) ** 2)
    start = (1.0, 1.0)
    budget = math.ceil(1.3 * _steps(land, best, start))
    plain = _steps(land, gd(2 / (kappa + 1)), start)

    def judge(given: Any) -> Verdict:
        pair = numbers_in(given, 2)
        if pair is None:
            return unexpected("two numbers, (lr, beta)", given)
        lr, beta = pair
        if lr * kappa >= 2 * (1 + beta) and 0 <= lr < 1 and 0 < beta * kappa < 2 * (1 + lr):
            return Verdict(False, "are they in the other order? The rate comes first, then beta")
        if not 0 <= beta < 1:
            return Verdict(False, "beta, the second number, must be at least 0 and below 1")
        if lr <= 0:
            return Verdict(False, "the learning rate, the first number, must be positive")
        if lr * kappa >= 2 * (1 + beta):
            return Verdict(False, "between the walls every swing is larger than the one before: "
                           "the rate must stay below 2*(1 + beta)/lambda_max")  # fmt: skip
        taken = _steps(land, momentum(lr, beta=beta), start)
        if taken is None or taken > budget:
            count = "more than 5000" if taken is None else str(taken)
            return Verdict(False, f"that takes {count} steps; {_why_slow(lr, beta, kappa)}")
        return Verdict(True, f"{taken} steps, where gradient descent needs {plain}")

    return Task(
        f"Tune momentum for a ravine with condition number {kappa:g}: give a pair (lr, beta) with "
        "which both coordinates, from (1, 1), stay below 1e-6 after at most "
        f"{budget} steps. (Gradient descent needs {plain} at its best.)",
        given={"land": land, "start": start, "budget": budget},
        judge=judge,
    )


def _steps(land: Landscape, opt: Any, start: tuple[float, float]) -> Any:
    return descend(land, opt, start=start, steps=5000).steps_to(_TOL, of="theta")


@exercise("3.3", "Momentum in two lines")
def own_momentum(mine: Personal) -> Task:
    """A student's own heavy ball, judged by the path it walks."""
    land = landscapes.get("ravine")(kappa=mine.between(10, 40, 5))
    lr, beta = mine.between(0.01, 0.03, 0.002), mine.between(0.6, 0.9, 0.05)
    start, steps = (mine.between(0.5, 1.5, 0.1), -1.0), 30

    def walk(step: Step) -> np.ndarray:
        theta, b = np.array(start), np.zeros(2)
        path = [theta]
        for _ in range(steps):
            theta, b = step(theta.copy(), land.grad(theta), b.copy())
            theta, b = np.array(theta, dtype=float), np.array(b, dtype=float)
            if theta.shape != (2,) or b.shape != (2,):
                raise ValueError("the new point and the new memory must have two numbers each")
            path.append(theta)
        return np.array(path)

    def same(one: np.ndarray, other: np.ndarray) -> bool:
        return bool(np.allclose(one, other, rtol=1e-6, atol=1e-9))

    mistakes: list[tuple[Step, str]] = [
        (lambda x, g, b: (x, b), "the point does not move"),
        (lambda x, g, b: (x - lr * g, b), "that is plain gradient descent: the memory is not used"),
        (lambda x, g, b: (x + lr * (beta * b + g), beta * b + g), "that walks uphill: look at the "
         "sign"),
        (lambda x, g, b: (x - (beta * b + g), beta * b + g), "the learning rate is missing"),
        (lambda x, g, b: (x - lr * (beta * b + lr * g), beta * b + lr * g), "the learning rate "
         "enters twice: once is enough, in the memory or in the step"),
        (lambda x, g, b: (x - lr * (beta * b + (1 - beta) * g), beta * b + (1 - beta) * g), "that "
         "is an average of the gradients, with 1 - beta in front of g; here it is their sum"),
        (lambda x, g, b: (x - lr * b, beta * b + g), "the order is wrong: first the new memory, "
         "then a step with the new memory"),
        (lambda x, g, b: (x - lr * (b + g), b + g), "nothing fades: the old memory needs the "
         "factor beta"),
        (lambda x, g, b: (x - lr * (beta * (beta * b + g) + g), beta * b + g), "that is Nesterov's "
         "momentum, which looks one step ahead; asked is the plain one"),
        (lambda x, g, b: (x - lr * beta * (b + g), beta * (b + g)), "beta belongs to the old "
         "memory only, not to the new gradient"),
        (lambda x, g, b: (beta * b + g, x - lr * (beta * b + g)), "give back the point first, then "
         "the memory: return theta, b"),
    ]  # fmt: skip

    def judge(given: Any) -> Verdict:
        if not callable(given):
            return Verdict(False, "expected your function step(theta, g, b), without brackets")
        with np.errstate(all="ignore"):
            first = given(np.array(start), land.grad(start), np.zeros(2))
        if first is None:
            return Verdict(False, "your function gives nothing back: end it with return theta, b")
        if not isinstance(first, tuple | list) or len(first) != 2:
            return Verdict(False, "give back two things: return theta, b")
        with np.errstate(all="ignore"):
            path = walk(given)
            if same(path, descend(land, momentum(lr, beta=beta), start=start, steps=steps).path):
                return Verdict(True, "step by step the path of toylands.momentum")
            for mistake, hint in mistakes:
                if same(path, walk(mistake)):
                    return Verdict(False, hint)
        if not np.isfinite(path).all():
            return Verdict(False, "after some steps its point is not a number, or infinite")
        return Verdict(False, "it walks another path than momentum does")

    return Task(
        f"Write `step(theta, g, b)` for momentum with learning rate {lr:g} and beta = {beta:g}. It "
        f"will walk {steps} steps on your ravine.",
        given={"land": land, "lr": lr, "beta": beta, "start": start},
        judge=judge,
    )


@exercise("3.4", "What rescaling leaves over")
def left_over(mine: Personal) -> Task:
    """The condition number after Jacobi preconditioning of a turned ravine."""
    kappa, angle = mine.pick([50.0, 80.0, 120.0, 150.0, 200.0]), mine.between(4, 14, 0.5)
    land = landscapes.get("rotated_ravine")(kappa=kappa, angle=angle)
    hessian = land.hessian((0.0, 0.0))
    (h_xx, h_xy), (_, h_yy) = hessian
    r = abs(h_xy) / math.sqrt(h_xx * h_yy)
    one_sided = hessian / np.array([[h_xx], [h_yy]])
    wrong_way = hessian * np.sqrt(np.outer([h_xx, h_yy], [h_xx, h_yy]))
    return Task(
        f"A ravine with condition number {kappa:g} is turned by {angle:g} degrees. Each parameter "
        "is rescaled by the root of its own curvature. Which condition number is left?",
        given={"land": land},
        answer=(1 + r) / (1 - r),
        rtol=2e-3,
        wrong=[
            (kappa, "that is the condition number before the rescaling"),
            (1.0, "that would be the ravine along the axes; yours is turned"),
            (r, "that is r; the eigenvalues of the rescaled Hessian are 1 + r and 1 - r"),
            (1 + r, "that is the larger eigenvalue; divide it by the smaller one"),
            ((1 - r) / (1 + r), "that is upside down: the larger eigenvalue belongs above"),
            (h_xx / h_yy, "that compares the two diagonal entries before the rescaling; it is the "
             "entry beside the diagonal that is left over"),
            (math.sqrt((1 + r) / (1 - r)), "no root: the question is about the curvatures"),
            (np.linalg.cond(one_sided), "np.linalg.cond of H divided row by row is another number: "
             "that matrix is not symmetric; scale rows and columns, each by the root"),
            (np.linalg.cond(wrong_way), "that multiplies by the roots; divide by them"),
        ],
        praise="a few degrees undo much of what a ruler per parameter can do",
    )  # fmt: skip
