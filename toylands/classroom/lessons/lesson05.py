"""Exercises of lesson 5: the model and the loss draw the map."""

from __future__ import annotations

import math

import numpy as np

from toylands import landscapes
from toylands.classroom.exercises import Task, exercise
from toylands.classroom.identity import Personal


@exercise("5.1", "The second-best direction")
def autoencoder_saddle(mine: Personal) -> Task:
    """Loss and downhill curvature at the saddle of a tied autoencoder."""
    a, b = mine.between(2, 4, 0.1), mine.between(0.55, 1.75, 0.1)
    land = landscapes.get("tied_autoencoder")(a=a, b=b)
    lowest, highest = (float(value) for value in land.spectrum((0.0, 1.0)).eigenvalues)
    return Task(
        f"The data of the autoencoder have the variances {a:g} and {b:g}. Give two numbers: the "
        "loss at its saddles, and the curvature there along the way down.",
        given={"land": land},
        answer=(a, lowest),
        rtol=2e-3,
        wrong=[
            ((b, 8 * a), "these belong to the minima"),
            ((b, lowest), "the loss is what is lost: at the saddle the larger variance"),
            ((a, highest), "that is the curvature along the way up"),
            ((a, -lowest), "along the way down a curvature is negative"),
            ((a + b, -4 * a), "these belong to the maximum in the middle"),
            ((a, lowest / 2), "a factor 2 is missing: the loss has no 1/2 in front"),
            ((a, 2 * lowest), "the curvature is a factor 2 too large: differentiate the term "
             "(a + b)*w1²*w2² again"),
            ((a, -4 * a), "that is the curvature at the origin; at the saddle the other weight is "
             "not 0"),
            ((a + b, lowest), "that is the loss of the origin, which keeps nothing; the saddle "
             "keeps one direction"),
            ((a - b, lowest), "the loss is the whole variance of the direction that is not kept, "
             "not a difference"),
            ((3.0, -4.0), "these belong to the variances of the lesson; yours are others"),
        ],
        praise="the saddle keeps the wrong direction, and the way down leads to the right one",
    )  # fmt: skip


@exercise("5.2", "Waiting for the jump")
def half_time(mine: Personal) -> Task:
    """The time until two layers have learnt half of their target."""
    s, w0 = mine.between(1.2, 3, 0.1), mine.between(0.2, 0.3, 0.01)
    p0 = w0**2
    ratio = math.log(s / p0 - 1)
    return Task(
        f"Two layers, u and v, start at u = v = {w0:g}; the target for their product is s = {s:g}. "
        "In continuous time, when is half of the target reached?",
        given={"land": landscapes.get("uv_product")(s=s), "w0": w0, "s": s},
        answer=ratio / (2 * s),
        rtol=2e-3,
        wrong=[
            (ratio / 2, "a strong target is learnt faster: s is missing below"),
            (ratio / s, "a factor 2 is missing: both layers learn"),
            (math.log(s / w0 - 1) / (2 * s), "the product starts at u*v = w0², not at w0"),
            (math.log(1 / p0 - 1) / 2, "that is for the target 1"),
            (math.log(1 / p0 - 1) / (2 * s), "nearly: the start is compared with the "
             "target, s/p0"),
            (math.log10(s / p0 - 1) / (2 * s), "take the natural logarithm"),
            (math.log(s / p0) / (2 * s), "nearly: look at the -1 inside the logarithm"),
        ],
        praise="a smaller start only adds a logarithm to it",
    )  # fmt: skip


@exercise("5.3", "The trap of one neuron")
def bad_neuron(mine: Personal) -> Task:
    """Loss in the bad minimum of a tanh neuron with two points."""
    t1, t2 = mine.between(0.8, 0.9, 0.01), -mine.between(0.21, 0.79, 0.02)
    land = landscapes.get("tanh_neuron")(y=(t1, t2))
    good, top, bad = land.critical_points
    return Task(
        f"The neuron tanh(w*x) is to give {t1:g} at x = 1 and {t2:g} at x = 10. Gradient descent "
        "falls into its bad minimum. Which loss is left there?",
        given={"land": land},
        answer=bad.loss,
        rtol=2e-3,
        wrong=[
            (good.loss, "that is the good minimum"),
            (top.loss, "that is the top of the hill between the two"),
            ((1 - t2) ** 2, "the loss is a mean over two points: half of that"),
            (t2**2 / 2, "the second output is not 0: it is stuck at 1"),
            ((1 + t2) ** 2 / 2, "mind the sign of the second target: it lies on the other side of "
             "0 than 1, where the output is stuck"),
            ((1 - t2) / 2, "the distance enters squared"),
            (1 - t2, "that is the error of the second point; the loss is the mean of the squares"),
            ((1 - t2) ** 2 / 4, "halved twice: the mean over two points has one factor 1/2"),
            ((t1 - t2) ** 2 / 2, "the second output is not that of the first point: it is stuck at "
             "the end of tanh"),
            (((1 - t1) ** 2 + (1 - t2) ** 2) / 2, "the first output is not stuck: at the bad "
             "minimum it reaches its target"),
            (1.125, "that is for the targets of the lesson; yours are others"),
            (float(bad.point[0]), "that is the weight there; asked is the loss"),
        ],
        praise="the first point is fitted perfectly, the second is given up",
    )  # fmt: skip


@exercise("5.4", "A confidently wrong pixel")
def dice_pull(mine: Personal) -> Task:
    """The slope of soft Dice through the logit of a target pixel."""
    p1, p2 = mine.between(0.02, 0.09, 0.005), mine.between(0.2, 0.8, 0.05)
    z = np.log([p1 / (1 - p1), p2 / (1 - p2)])
    land, probabilities = landscapes.get("dice_logits"), landscapes.get("dice")
    first, second = (float(slope) for slope in land.grad(z))
    direct = float(probabilities.grad((p1, p2))[0])
    return Task(
        f"Two pixels with target (1, 0) are predicted as p = ({p1:g}, {p2:g}). What is the slope "
        "of soft Dice with respect to the logit of the first pixel?",
        given={"p": (p1, p2)},
        answer=first,
        rtol=2e-3,
        wrong=[
            (direct, "that is the slope with respect to the probability; the sigmoid adds a "
             "factor"),
            (direct / (p1 * (1 - p1)), "multiply by the slope of the sigmoid instead of dividing"),
            (direct * p1, "the slope of the sigmoid is p*(1 - p)"),
            (direct * (1 - p1), "the slope of the sigmoid is p*(1 - p); the p is missing"),
            (first / 2, "a factor 2 is missing: soft Dice counts the overlap twice"),
            (p1 - 1, "that is cross-entropy, which pulls with full force"),
            (second, "that is the second pixel"),
            (direct * p2 * (1 - p2), "that is the sigmoid's slope at the other pixel"),
        ],
        praise="a pixel that is confidently wrong hardly moves",
    )  # fmt: skip
