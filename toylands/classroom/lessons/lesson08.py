"""Exercises of lesson 8: architecture."""

from __future__ import annotations

import math

from toylands import landscapes
from toylands.classroom.exercises import Task, exercise
from toylands.classroom.identity import Personal


@exercise("8.1", "Deep and not sharp")
def curvature_of_a_scaled_chain(mine: Personal) -> Task:
    """The curvature at the minimum of a residual chain whose branches are divided by the depth."""
    d, y = mine.between(5, 14, 1), mine.pick([1.6, 1.8, 2.2, 2.5, 2.7, 2.9])
    slope = y ** (1 - 1 / d)
    right = slope**2
    return Task(
        f"A residual chain has d = {d:g} layers, and what each layer adds is divided by d: the output is "
        f"(1 + w/d)^d, the target y = {y:g}. What is the curvature of the loss at the minimum?",
        given={"land": landscapes.get("scaled_residual_chain_1d")(d=d, y=y), "d": d, "y": y},
        answer=right,
        rtol=2e-3,
        wrong=[
            (d**2 * right, "that is the chain with skips only; the division by d takes a factor away"),
            (d * right, "the slope of the output loses the factor d, so the curvature loses its square"),
            (right / d, "divided once too often: the d of the power and the 1/d of the branch cancel"),
            (right / d**2, "divided twice: the d of the power and the 1/d of the branch cancel"),
            (y**2, "that is the limit for endless depth; yours is finite"),
            (slope, "that is the slope of the output at the minimum; the curvature is its square"),
            (d * slope, "that is the slope of the output without the division, and not yet squared"),
            (y ** (2 - 1 / d), "the slope has the power 1 - 1/d of y; square it as a whole"),
            (y ** (2 + 2 / d), "the power d - 1 takes one factor away from y, it does not add one"),
            (2 * right, "the loss has a factor 1/2, so no 2 is left"),
            (right / 2, "the 1/2 of the loss cancels against the 2 of the square"),
            (d * (y ** (1 / d) - 1), "that is where the minimum lies; asked is the curvature there"),
            (y ** (1 / d), "that is what one layer does at the minimum"),
            (1.0, "the curvature is 1 for the target 1 only"),
            (float(d**2), "that is the plain chain with the target 1"),
            (0.0, "the slope is 0 at the minimum, not the curvature"),
        ],
        praise="with the division, depth has almost stopped to matter",
    )  # fmt: skip


@exercise("8.2", "What scaling cannot remove")
def condition_after_standardising(mine: Personal) -> Task:
    """The condition number of two correlated inputs, once both are standardised."""
    s = mine.pick([4.5, 5.5, 6.5, 7.5, 8.5])
    r = -mine.pick([0.42, 0.46, 0.54, 0.58, 0.62, 0.66, 0.72, 0.74, 0.78])
    size = -r
    top = (1 + s**2 + math.hypot(1 - s**2, 2 * r * s)) / 2
    low = s**2 * (1 - r**2) / top
    right = (1 + size) / (1 - size)
    return Task(
        f"Two inputs have the standard deviations {s:g} and 1 and the correlation {r:g}. Both are "
        "standardised. What is the condition number of the Hessian now?",
        given={"land": landscapes.get("two_inputs")(s=s, r=r), "s": s, "r": r},
        answer=right,
        rtol=2e-3,
        wrong=[
            (top / low, "that is before standardising"),
            (1.0, "it would be 1 without a correlation"),
            (s**2, "that is before standardising, and without the correlation"),
            (s, "that is the ratio of the two deviations; standardising makes them equal"),
            (1 / right, "largest over smallest: with a negative correlation, which one is largest?"),
            (right**2, "the curvatures are proportional to 1 + |r| and 1 - |r|, not to their squares"),
            (math.sqrt(right), "the curvatures are proportional to 1 + |r| and 1 - |r|, without a root"),
            ((1 + r**2) / (1 - r**2), "the correlation enters as it is, not squared"),
            (1 / (1 - r**2), "that is how correlation inflates a variance; asked is a ratio of curvatures"),
            (1 / (1 - size), "that is 1 over the smaller one; the larger one is not 1"),
            (1 + size, "that is half of the largest curvature; divide by the smallest"),
            (2 * (1 + size), "that is the largest curvature; divide by the smallest"),
            (2 * (1 - size), "that is the smallest curvature; asked is the ratio"),
            (s * right, "the deviations are equal after standardising; their ratio has no say"),
            (s**2 * right, "the deviations are equal after standardising; their ratio has no say"),
            (4 * size, "that is the difference of the curvatures; asked is their ratio"),
            (19.0, "that is for the correlation 0.9 of the lesson"),
        ],
        praise="what two inputs have in common stays in the landscape",
    )  # fmt: skip


@exercise("8.3", "The bend of a unit")
def curvature_of_a_unit(mine: Personal) -> Task:
    """The curvature of the loss of a tanh unit far from its fit."""
    w, y = mine.between(0.5, 0.75, 0.05), -mine.pick([0.44, 0.48, 0.66, 0.74, 0.78, 0.84])
    t = math.tanh(w)
    slope = 1 - t**2
    bend, miss = -2 * t * slope, t - y
    gauss_newton, rest = slope**2, miss * bend
    return Task(
        f"A tanh unit with the weight w = {w:g} should give y = {y:g}; the loss is (tanh(w) - y)²/2. What "
        "is its curvature, the second derivative by w?",
        given={"land": landscapes.get("tanh_unit_1d")(y=y), "w": w, "y": y},
        answer=gauss_newton + rest,
        rtol=2e-3,
        wrong=[
            (gauss_newton, "that is the Gauss-Newton part only"),
            (rest, "that is error times bend only; the Gauss-Newton part is missing"),
            (gauss_newton - rest, "which way does tanh bend for w > 0?"),
            (slope + rest, "the slope counts squared in the first part"),
            (gauss_newton + bend, "the bend is multiplied by the error"),
            (gauss_newton + rest / 2, "the derivative of 1 - tanh² has a factor 2"),
            (gauss_newton + (t + y) * bend, "the error is tanh(w) - y, and y is negative"),
            (gauss_newton - y * bend, "the error is tanh(w) - y; the first term is missing"),
            (gauss_newton + t * bend, "that is for the target 0"),
            (gauss_newton + miss**2 * bend, "the error enters once, not squared"),
            (gauss_newton - 2 * t * miss, "the bend of tanh is -2 tanh(w) times the slope"),
            (2 * (gauss_newton + rest), "the loss has a factor 1/2"),
            (miss * slope, "that is the first derivative, the slope of the loss"),
            (bend, "that is the bend of tanh; asked is the curvature of the loss"),
            (slope, "that is the slope of tanh"),
            (1.0, "that is what a ReLU unit has"),
            (0.42 * 0.42 - 0.6397 * (math.tanh(1) - y), "that is for w = 1, as in the lesson"),
        ],
        praise="far from the fit, the bend wins",
    )  # fmt: skip


@exercise("8.4", "Each for itself")
def loss_after_an_update_at_once(mine: Personal) -> Task:
    """The loss after both layers of a product have been set to their own optimum at the same time."""
    u, v = mine.between(1.55, 2.45, 0.1), mine.pick([0.28, 0.33, 0.71, 0.87])
    p = u * v
    loss, right = (p - 1) ** 2 / 2, (1 / p - 1) ** 2 / 2
    return Task(
        f"Two layers make the product uv, which should be 1; the loss is (uv - 1)²/2. They start at "
        f"u = {u:g}, v = {v:g}. At the same time, each is set to what is best given the other. What is the "
        "loss now?",
        given={"land": landscapes.get("uv_product"), "start": (u, v)},
        answer=right,
        rtol=2e-3,
        wrong=[
            (loss, "that is the loss before the update (it comes back after two)"),
            (0.0, "that would be so if they took turns; here v answers to the old u"),
            ((1 / p - 1) ** 2, "the loss has a factor 1/2"),
            (1 / p, "that is the product after the update; asked is the loss"),
            (1 / p - 1, "that is the error after the update; asked is the loss"),
            ((1 / p**2 - 1) ** 2 / 2, "the product becomes 1/(uv), not its square"),
            ((p**2 - 1) ** 2 / 2, "the product becomes 1/(uv), not (uv)²"),
            ((1 / p + 1) ** 2 / 2, "the error is the product minus 1"),
            ((u / v - 1) ** 2 / 2, "the best u is 1/v; what is the best v?"),
            ((v / u - 1) ** 2 / 2, "the best v is 1/u; what is the best u?"),
            ((1 / u**2 - 1) ** 2 / 2, "the best u, given v, is 1/v, not 1/u"),
            ((1 / v**2 - 1) ** 2 / 2, "the best v, given u, is 1/u, not 1/v"),
            ((1 / p) ** 2 / 2, "the target is missing: the error is the product minus 1"),
            (0.5, "that is for the start (2, 1/4) of the lesson"),
        ],
        praise="each corrected the whole error, so together they corrected it twice",
    )  # fmt: skip
