"""Exercises of lesson 6: symmetry."""

from __future__ import annotations

import math

from toylands import landscapes
from toylands.classroom.exercises import Task, exercise
from toylands.classroom.identity import Personal


@exercise("6.1", "Where on the line")
def end_of_the_walk(mine: Personal) -> Task:
    """The end of a walk on the line of solutions of two summed filters."""
    a, b = mine.between(2.05, 2.45, 0.05), mine.between(-1.15, -0.45, 0.05)
    s = mine.pick([3.7, 3.9, 5.3, 5.5])
    d, gap = a - b, s - a - b
    shared = (a + gap, b + gap)
    return Task(
        f"Two filters start at w1 = {a:g} and w2 = {b:g}; their sum should be s = {s:g}. Gradient "
        "descent walks with a small rate until the loss is 0. Give the two weights at the end, w1 "
        "first.",
        given={"land": landscapes.get("summed_filters")(s=s), "start": (a, b)},
        answer=((s + d) / 2, (s - d) / 2),
        rtol=2e-3,
        wrong=[
            ((s / 2, s / 2), "that is the balanced solution; but what does every step leave as it is?"),
            ((a, s - a), "only the second weight has moved; the gradient has two equal entries"),
            ((s - b, b), "only the first weight has moved; the gradient has two equal entries"),
            (shared, "each weight moved by all that was missing; together they move by that"),
            ((a + gap / 4, b + gap / 4), "the sum is not yet s: each weight moves by half of what is "
             "missing"),
            ((a * s / (a + b), b * s / (a + b)), "you multiplied the start; a step adds the same "
             "number to both weights"),
            ((s + d, s - d), "these are twice the weights: sum and difference are known, so halve"),
            ((s, 0.0), "that is a solution, but its difference is not the one of the start"),
            ((0.0, s), "that is a solution, but its difference is not the one of the start"),
            ((d / 2, -d / 2), "their sum is 0; it should be s"),
            ((a - 0.1 * (a + b - s), b - 0.1 * (a + b - s)), "that is one step with rate 0.1; asked "
             "is where the walk ends"),
            ((a, b), "that is the start; its loss is not 0"),
            ((s, d), "these are the sum and the difference; asked are the two weights"),
            ((s / 2 + d, s / 2 - d), "their difference is twice that of the start"),
            (((3 + d) / 2, (3 - d) / 2), "in the lesson the sum should be 3; yours is another"),
            ((math.hypot(a, b), s - math.hypot(a, b)), "not the distance from the origin is "
             "conserved here, but the difference"),
        ],
        praise="the gradient is blind to the difference, so the start decides",
    )  # fmt: skip


@exercise("6.2", "One step off the law")
def one_step_of_the_product(mine: Personal) -> Task:
    """u^2 - v^2 after one step of gradient descent on (uv - 1)^2/2."""
    u, v = mine.between(1.9, 2.3, 0.05), mine.between(1.1, 1.4, 0.05)
    lr = mine.between(0.14, 0.2, 0.01)
    r, c = u * v - 1, u * u - v * v
    u1, v1 = u - lr * r * v, v - lr * r * u
    shared = lr**2 * r**2
    late = v - lr * (u1 * v - 1) * u1  # v moves after u has moved
    return Task(
        f"On the product landscape, (uv - 1)²/2, a walk starts at u = {u:g}, v = {v:g} and takes one "
        f"step with the rate {lr:g}. What is C = u² - v² after the step?",
        given={"land": landscapes.get("uv_product"), "start": (u, v), "lr": lr},
        answer=c * (1 - shared),
        rtol=2e-3,
        wrong=[
            (c, "that is C before the step; the flow keeps it, a finite step does not"),
            (c * (1 + shared), "a step makes C smaller, not larger"),
            (c * (1 - lr * r**2), "the rate counts squared: no term with the rate alone is left"),
            (c * (1 - lr**2 * r), "the residual r = uv - 1 counts squared, too"),
            (c * (1 - lr * r), "rate and residual count squared"),
            (c * (1 - lr * r) ** 2, "the factor is 1 - (rate·r)², not (1 - rate·r)²; the slope in u is "
             "r·v, and the slope in v is r·u"),
            (c * (1 - (lr * u * v) ** 2), "the target is missing: the residual is uv - 1, not uv"),
            (u1**2 - late**2, "both weights step at the same time, with the slopes of the old point"),
            (u1**2 + v1**2, "C is a difference of squares, not a sum"),
            (u1 - v1, "that is u - v after the step; C has squares"),
            ((u1 - v1) ** 2, "that is the square of a difference; C is a difference of squares"),
            (1 - shared, "that is the factor; asked is C after the step"),
            (c * shared, "that is what C has lost; asked is what is left"),
            (u1 * v1, "that is the product after the step; C is u² - v²"),
        ],
        praise="the law of the flow is broken by the square of the rate only",
    )  # fmt: skip


@exercise("6.3", "The same path, farther out")
def rate_at_another_length(mine: Personal) -> Task:
    """The rate that gives normalised weights of another length the same path of directions."""
    r, lr = mine.between(2.6, 6.6, 0.5), mine.pick([0.3, 0.4, 0.6, 0.7])
    return Task(
        f"Normalised weights start at (0, 1) and walk with the rate {lr:g}. Others start at "
        f"(0, {r:g}). With which rate do these turn by the same angle in every step?",
        given={"land": landscapes.get("normalised_weights"), "length": r, "lr": lr},
        answer=lr * r**2,
        rtol=1e-3,
        wrong=[
            (lr * r, "the weights must move farther, that is one factor; but the gradient is smaller, "
             "too"),
            (lr, "at this length the gradient is smaller, and the weights must move farther"),
            (lr / r**2, "the other way round: longer weights need a larger rate"),
            (lr / r, "the other way round, and the length counts twice"),
            (r**2, "that is for the rate 1; yours is another"),
            (r, "that is the length; how do gradient and step depend on it?"),
            (lr * r**3, "one factor too many: the gradient gives one, the step gives one"),
            (lr * r**4, "the length counts squared, not to the fourth power"),
            (lr * math.sqrt(r), "the length counts squared, not under a root"),
            (lr**2 * r**2, "the rate counts once"),
            (2 * lr * r, "that is twice the rate times the length; the length counts squared"),
            (lr * (1 + r**2), "nearly: the squared length is the factor, without 1"),
            (lr * (r**2 - 1), "nearly: the squared length is the factor, without 1"),
            (lr + r, "lengths do not add to rates; they multiply"),
            (1 / (2 * r**2), "that is the curvature at the minimum of that length"),
            (100 * lr, "that is for the length 10, as in the lesson"),
        ],
        praise="what counts is the rate over the squared length",
    )  # fmt: skip
