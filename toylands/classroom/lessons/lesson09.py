"""Exercises of lesson 9: memory and moving goals."""

from __future__ import annotations

import functools
import itertools
import math

from toylands import landscapes
from toylands.classroom.exercises import Task, exercise
from toylands.classroom.identity import Personal


def _wrong_way(beta: float, before: float, after: float) -> float:
    """How long, in steps, a memory saturated on the slope -before still points down it on +after."""
    return math.log((before + after) / after) / -math.log(beta)


def _back(beta: float, before: float, after: float) -> int:
    """The step at which the walk is back where the slope turned."""
    buffer, moved, steps = -before / (1 - beta), 0.0, 0
    while steps == 0 or moved > 0:
        buffer = beta * buffer + after
        moved -= buffer
        steps += 1
    return steps


@functools.cache
def _slides() -> list[tuple[float, float, float]]:
    """Numbers for which no step stands almost still, and usual mistakes lead elsewhere."""
    fair = []
    for b, s, t in itertools.product(range(952, 985, 4), range(12, 21), range(5, 11)):
        beta, before, after = b / 1000, s / 10, t / 10
        exact = _wrong_way(beta, before, after)
        right = int(exact)
        mistakes = {
            int(_wrong_way(beta, 1, 1)),
            int(_wrong_way(beta, after, before)),
            int(_wrong_way(beta, before - after, after)),
            round(1 / (1 - beta)),
            round(before / (1 - beta)),
            int(_wrong_way(beta, before, after) / math.log(10)),
            right - 1,
            right,
            right + 1,
        }
        if 0.15 < exact - right < 0.85 and len(mistakes) == 9:
            fair.append((beta, before, after))
    return fair


@exercise("9.1", "Against the new slope")
def steps_the_wrong_way(mine: Personal) -> Task:
    """Steps that momentum goes on in the old direction after the slope turned."""
    beta, before, after = mine.pick(_slides())
    exact = _wrong_way(beta, before, after)
    n = int(exact)
    land = landscapes.get("landslide_1d")(slope=-before)
    return Task(
        f"A walker with momentum, beta = {beta:g}, has walked for a very long time down a slope of "
        f"{-before:g}. Then a landslide turns it into a slope of +{after:g}. How many steps does the "
        "walker still take in the old direction, uphill now?",
        given={"land": land, "beta": beta, "before": -before, "after": after},
        answer=n,
        rtol=1e-3,
        wrong=[
            (exact, "steps are whole: how many of them still go the old way?"),
            (n + 1, "one too many: this step already goes down the new slope"),
            (n - 1, "one too few: the next step still goes the old way"),
            (int(_wrong_way(beta, 1, 1)), "that is for a slope that only changes its sign; here its "
             "size changes, too"),
            (int(_wrong_way(beta, after, before)), "you have exchanged the old slope and the new one"),
            (int(_wrong_way(beta, before - after, after)), "the memory moves from -before to +after: that "
             "is the sum of both sizes, not the old one alone"),
            (round(1 / (1 - beta)), "1/(1 - beta) is how long the memory is; the question is when it "
             "changes its sign"),
            (round(before / (1 - beta)), "that is the size of the memory when the slope turns, not a "
             "number of steps"),
            (int(exact / math.log(10)), "one logarithm has base 10, the other base e"),
            (-n, "ln(beta) is below 0; ln(1/beta) is not"),
            (-exact, "ln(beta) is below 0; ln(1/beta) is not"),
            (_back(beta, before, after), "then it is back where the slope turned; it has turned around "
             "long before"),
            (0, "that is with a reset; this walker forgets nothing at once"),
        ],
        praise="the memory must lose the old slope and gather the new one",
    )  # fmt: skip


@exercise("9.2", "Enough smoothing")
def smallest_smoothing(mine: Personal) -> Task:
    """The smallest Gaussian smoothing that makes a rippled bowl convex."""
    k, a = mine.between(0.05, 0.08, 0.005), mine.between(0.12, 0.18, 0.005)
    ratio = 4 * math.pi**2 * a / k
    log, twice = math.log(ratio), 2 * math.pi**2
    return Task(
        f"A bowl of curvature k = {k:g} has ripples of a = {a:g}: its loss is "
        "k x²/2 + a (1 - cos 2πx). What is the smallest sigma with which Gaussian smoothing makes it "
        "convex everywhere?",
        given={"land": landscapes.get("rippled_bowl_1d")(k=k, a=a), "k": k, "a": a},
        answer=math.sqrt(log / twice),
        rtol=2e-3,
        wrong=[
            (log / twice, "that is sigma squared"),
            (math.sqrt(log) / twice, "the root belongs over the whole quotient"),
            (math.sqrt(log / (2 * twice)), "the ripples shrink by exp(-2π² sigma²), not exp(-4π² sigma²)"),
            (math.sqrt(log / (twice / 4)), "the ripples shrink by exp(-2π² sigma²), not exp(-π² sigma²/2)"),
            (math.sqrt(log / (twice / 2)), "the ripples shrink by exp(-2π² sigma²), not exp(-π² sigma²)"),
            (math.sqrt(math.log(2 * math.pi * a / k) / twice), "cos 2πx is differentiated twice, so 2π "
             "counts twice"),
            (math.sqrt(math.log(4 * math.pi**2 * a) / twice), "the bowl's own curvature k is missing"),
            (math.sqrt(math.log(4 * math.pi**2 * k / a) / twice), "you have exchanged k and a"),
            (math.sqrt(math.log10(ratio) / twice), "the logarithm has base e, not 10"),
            (math.sqrt(math.log(2 * ratio) / twice), "the bowl is k x²/2, so its curvature is k, not k/2"),
            (math.sqrt(math.log(ratio / 2) / twice), "the bowl is k x²/2, so its curvature is k, not 2k"),
            (1 / ratio, "that much of the ripples may be left; for which sigma is it so?"),
            (ratio, "so many times the ripples bend more than the bowl; now solve for sigma"),
            (math.sqrt(log / 2), "π is missing below the root"),
            (math.sqrt(log * twice), "divide by 2π², do not multiply"),
            (math.sqrt(math.log(ratio / 4.603339) / twice), "from there on only one minimum is left; but "
             "the curve still bends down in places"),
        ],
        praise="only now is no negative curvature left",
    )  # fmt: skip


@exercise("9.3", "The mean of the clipped")
def mean_of_the_clipped(mine: Personal) -> Task:
    """The mean slope when each of 20 samples is clipped by itself."""
    count, soft = mine.pick([16, 17, 18]), mine.between(0.55, 0.9, 0.05)
    hard, limit = mine.between(27, 36, 1), mine.between(1.2, 1.5, 0.05)
    rest = 20 - count
    clipped = (rest * limit - count * soft) / 20
    plain = (rest * hard - count * soft) / 20
    return Task(
        f"Of 20 samples {count} have the slope {-soft:g} and {rest} have the slope {hard:g}. A walk takes "
        f"one sample per step, drawn at random, and clips its slope to the range from {-limit:g} to "
        f"{limit:g}. Which slope does it feel on average?",
        given={"slopes": [-soft] * count + [float(hard)] * rest, "limit": limit},
        answer=clipped,
        rtol=2e-3,
        wrong=[
            (plain, "that is the mean without clipping"),
            (min(plain, limit), "you clipped the mean; each sample is clipped first"),
            ((rest - count) * limit / 20, "slopes that are shorter than the limit stay as they are"),
            (20 * clipped, "that is the sum of the 20; asked is their mean"),
            (-clipped, "look at the sign again: which samples pull which way?"),
            (-count * soft / 20, "a hard pull is cut to the limit, it is not dropped"),
            (-soft, "that is the slope of most samples; the hard pulls count as well, cut to the limit"),
            ((limit - soft) / 2, "the two kinds are not equally frequent"),
            ((count * limit - rest * soft) / 20, "you have exchanged how many there are of each kind"),
            ((rest * limit + count * soft) / 20, "most slopes are negative"),
            ((rest - count * soft) / 20, "in the lesson the limit is 1; yours is another"),
            ((rest * (hard - limit) - count * soft) / 20, "clipping cuts to the limit, not by the limit"),
            (plain - clipped, "that is how much clipping changes the mean"),
            (rest * limit / 20, "the gentle pulls are missing"),
            (clipped / limit, "the limit is a slope, not a unit: do not divide by it"),
        ],
        praise="clipping one by one has changed the sign of the mean",
    )  # fmt: skip
