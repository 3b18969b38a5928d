"""Exercises of lesson 4: minima, saddles, plateaus."""

from __future__ import annotations

import math

from toylands import landscapes
from toylands.classroom.exercises import Task, exercise
from toylands.classroom.identity import Personal


@exercise("4.1", "How many end badly")
def bad_fraction(mine: Personal) -> Task:
    """The fraction of uniform starts that end in the worse of two wells."""
    c = mine.between(0.05, 0.33, 0.005)
    land = landscapes.get("double_well_1d")(c=c)
    good, top, bad = (float(point.point[0]) for point in land.critical_points)
    return Task(
        f"The double well is tilted by c = {c:g}. Starts are spread evenly over -2 to 2, and the "
        "steps are small. Which fraction of the starts ends in the worse of the two minima?",
        given={"land": land},
        answer=(2 - top) / 4,
        rtol=2e-3,
        wrong=[
            ((2 + top) / 4, "that is the fraction that ends in the better minimum"),
            (top, "that is where the watershed lies; which part of the starts is beyond it?"),
            (2 - top, "that is a length; divide it by the length of all starts"),
            ((2 - top) / 2, "the starts reach from -2 to 2, which is a length of 4"),
            (0.5, "the watershed is not in the middle"),
            ((2 - bad) / 4, "the watershed is at the top of the hill, not at the bad minimum"),
            ((2 - good) / 4, "the watershed is at the top of the hill, not at the good minimum"),
        ],
        praise="small steps never cross the hill, so the start alone decides",
    )  # fmt: skip


@exercise("4.2", "Off the saddle")
def leave_saddle(mine: Personal) -> Task:
    """Steps from a tiny distance to distance 1 along the way down."""
    b, lr = mine.pick([0.5, 2.0, 4.0]), mine.between(0.04, 0.12, 0.01)
    digits = int(mine.between(5, 12, 1))
    distance = math.log(10**digits)
    steps = math.ceil(distance / math.log1p(lr * b))
    return Task(
        f"The plain saddle falls along y with curvature {-b:g}. Gradient descent with rate {lr:g} "
        f"starts at y = 1e-{digits}. After how many steps, a whole number, is y for the first time "
        "at least 1?",
        given={"land": landscapes.get("saddle")(b=b), "start": (1.0, 10.0**-digits), "lr": lr},
        answer=steps,
        rtol=1e-6,
        wrong=[
            (distance / math.log1p(lr * b), "steps are whole: round up"),
            (steps - 1, "nearly: after that many steps y is still below 1"),
            (steps + 1, "nearly: one step earlier y is there already"),
            (math.ceil(distance / (lr * b)), "that is continuous time divided by the rate; a step "
             "of gradient descent multiplies y by 1 + lr*b"),
            (math.ceil(-distance / math.log(1 - lr * b)), "with a negative curvature the factor is "
             "1 + lr*b, not 1 - lr*b"),
            (math.ceil(digits / math.log1p(lr * b)), "two kinds of logarithm are mixed: take the "
             "same one above and below"),
            (math.ceil((distance - math.log(2)) / math.log1p(lr * b)), "that is until one half, as "
             "in the lesson; asked is 1"),
            (math.ceil(distance / math.log1p(lr)), "the curvature is missing in the factor "
             "1 + lr*b"),
        ],
        praise="a thousand times closer would cost only a fixed number of steps more",
    )  # fmt: skip


@exercise("4.3", "Counting saddles")
def count_saddles(mine: Personal) -> Task:
    """Stationary points of a sum of double and triple wells, by kind."""
    n, m = int(mine.between(3, 9, 1)), int(mine.between(1, 5, 1))
    points, minima, maxima = 3**n * 5**m, 2**n * 3**m, 2**m
    return Task(
        f"A loss is a sum over {n + m} coordinates: {n} double wells (two minima, one hill between "
        f"them) and {m} triple {'well' if m == 1 else 'wells'} (three minima, two hills between "
        "them). Every stationary point of the sum is a minimum, a saddle or a maximum. How many "
        "are saddles?",
        given={"double": n, "triple": m},
        answer=points - minima - maxima,
        rtol=1e-9,
        wrong=[
            (points, "that counts all stationary points"),
            (minima, "that counts the minima"),
            (points - minima, "nearly: a point that is a hill in every coordinate is no saddle"),
            (points - minima - 1, "nearly: a triple well has two hills, so there is more than one "
             "maximum"),
            (points - maxima, "the minima are still among these"),
            (3 * n + 5 * m - 2 * n - 3 * m - 2 * m, "every coordinate chooses its place, whatever "
             "the others do: the numbers multiply"),
            (3**n + 5**m - 2**n - 3**m - 2**m, "the choices of the double wells combine with those "
             "of the triple wells: multiply"),
            (3 ** (n + m) - 2 ** (n + m) - 1, "that is for double wells only"),
        ],
        praise="and yet gradient descent ends in a minimum from almost every start",
    )  # fmt: skip


@exercise("4.4", "One step of Newton")
def newton_step(mine: Personal) -> Task:
    """Newton's and the saddle-free step on the quartic saddle."""
    x, y = mine.between(-1, -0.2, 0.1), mine.between(0.2, 0.45, 0.01)
    land = landscapes.get("quartic_saddle")
    slope, curvature = y**3 - y, 3 * y**2 - 1
    newton, free = y - slope / curvature, y - slope / abs(curvature)
    return Task(
        f"On the quartic saddle you stand at ({x:g}, {y:g}) and take one step: Newton's, or the "
        "saddle-free one. Give the y where Newton lands and the y where saddle-free Newton lands, "
        "in this order.",
        given={"land": land, "start": (x, y)},
        answer=(newton, free),
        rtol=2e-3,
        wrong=[
            ((newton, newton), "the second one divides by the absolute value of the curvature"),
            ((free, free), "Newton divides by the curvature with its sign"),
            ((newton, y - slope), "saddle-free Newton is not gradient descent: it divides by the "
             "absolute value of the curvature"),
            ((newton - y, free - y), "these are the steps; asked is where they land"),
            ((slope / curvature, slope / abs(curvature)), "these are the steps, and with the other "
             "sign; asked is where they land"),
            ((0.0, newton), "that is the point where Newton lands; asked are two y, Newton's and the "
             "saddle-free one"),
            ((0.0, 1.0), "that is where they end after many steps; asked is the first"),
        ],
        praise="equally far, in opposite directions",
    )  # fmt: skip
