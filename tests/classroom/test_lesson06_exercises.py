"""The exercises of lesson 6: right answers by another route, mistakes and their hints."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pupils import NAMES, accepts_the_right_number_only, gives_its_hints, made
from solutions import SOLUTIONS

from toylands.classroom.exercises import judge


@pytest.mark.parametrize("number", ["6.2", "6.3"])
def test_right_answers_only(number: str) -> None:
    accepts_the_right_number_only(number)


# --- the end of a walk: two numbers ---------------------------------------------------------------


def test_the_end_of_the_walk_takes_the_right_pair_only() -> None:
    answers = []
    for name in NAMES:
        task, given = made("6.1", name)
        w1, w2 = SOLUTIONS["6.1"](given)
        answers.append(round(w1, 6))
        np.testing.assert_allclose(task.answer, (w1, w2), rtol=1e-9)
        assert judge(task, [w1, w2]).right
        assert "another order" in judge(task, (w2, w1)).words
        for wrong in ((w1, w2 * 1.01), (w1 * 1.01, w2), (-w1, -w2), w1):
            assert not judge(task, wrong).right
    assert len(set(answers)) > len(NAMES) / 2


def missing(g: Any) -> float:
    return float(g.land.parameters["s"] - g.start[0] - g.start[1])


PAIRS: dict[str, Callable[[Any, float, float, float], tuple[float, float]]] = {
    "the balanced solution": lambda g, a, b, s: (s / 2, s / 2),
    "only the second weight": lambda g, a, b, s: (a, s - a),
    "only the first weight": lambda g, a, b, s: (s - b, b),
    "all that was missing": lambda g, a, b, s: (s - b, s - a),
    "not yet s": lambda g, a, b, s: (a + missing(g) / 4, b + missing(g) / 4),
    "you multiplied": lambda g, a, b, s: (a * s / (a + b), b * s / (a + b)),
    "twice the weights": lambda g, a, b, s: (s + a - b, s - a + b),
    "not the one of the start": lambda g, a, b, s: (s, 0.0),
    "Their sum is 0": lambda g, a, b, s: ((a - b) / 2, (b - a) / 2),
    "one step with rate 0.1": lambda g, a, b, s: (a + 0.1 * missing(g), b + 0.1 * missing(g)),
    "that is the start": lambda g, a, b, s: (a, b),
    "the sum and the difference": lambda g, a, b, s: (s, a - b),
    "twice that of the start": lambda g, a, b, s: (s / 2 + a - b, s / 2 - a + b),
    "in the lesson the sum should be 3": lambda g, a, b, s: ((3 + a - b) / 2, (3 - a + b) / 2),
    "not the distance": lambda g, a, b, s: (math.hypot(a, b), s - math.hypot(a, b)),
}


@pytest.mark.parametrize("part", PAIRS)
def test_end_hints(part: str) -> None:
    for name in NAMES:
        task, given = made("6.1", name)
        verdict = judge(task, PAIRS[part](given, *given.start, given.land.parameters["s"]))
        assert not verdict.right
        assert part.casefold() in verdict.words.casefold(), (name, verdict.words)


# --- one number -----------------------------------------------------------------------------------


def c(g: Any) -> float:
    return float((g.start[0] - g.start[1]) * (g.start[0] + g.start[1]))


def r(g: Any) -> float:
    return float(g.start[0] * g.start[1] - 1)


def step(g: Any) -> tuple[float, float]:
    u, v = g.start
    return u - g.lr * r(g) * v, v - g.lr * r(g) * u


def squares(pair: tuple[float, float]) -> float:
    return pair[0] ** 2 - pair[1] ** 2


def one_after_the_other(g: Any) -> tuple[float, float]:
    u, v = step(g)[0], g.start[1]
    return u, v - g.lr * (u * v - 1) * u


def test_step_hints() -> None:
    gives_its_hints(
        "6.2",
        {
            "before the step": c,
            "smaller, not larger": lambda g: c(g) * (1 + (g.lr * r(g)) ** 2),
            "no term with the rate alone": lambda g: c(g) * (1 - g.lr * r(g) ** 2),
            "counts squared, too": lambda g: c(g) * (1 - g.lr**2 * r(g)),
            "rate and residual count": lambda g: c(g) * (1 - g.lr * r(g)),
            "not (1 - rate": lambda g: c(g) * (1 - g.lr * r(g)) ** 2,
            "not uv": lambda g: c(g) * (1 - (g.lr * (r(g) + 1)) ** 2),
            "at the same time": lambda g: squares(one_after_the_other(g)),
            "not a sum": lambda g: sum(w**2 for w in step(g)),
            "C has squares": lambda g: step(g)[0] - step(g)[1],
            "the square of a difference": lambda g: (step(g)[0] - step(g)[1]) ** 2,
            "that is the factor": lambda g: 1 - (g.lr * r(g)) ** 2,
            "what C has lost": lambda g: c(g) * (g.lr * r(g)) ** 2,
            "the product after the step": lambda g: step(g)[0] * step(g)[1],
        },
    )


def test_rate_hints() -> None:
    gives_its_hints(
        "6.3",
        {
            "that is one factor": lambda g: g.lr * g.length,
            "the gradient is smaller, and": lambda g: g.lr,
            "longer weights need": lambda g: g.lr / g.length**2,
            "the length counts twice": lambda g: g.lr / g.length,
            "for the rate 1": lambda g: g.length**2,
            "that is the length": lambda g: g.length,
            "one factor too many": lambda g: g.lr * g.length**3,
            "not to the fourth": lambda g: g.lr * g.length**4,
            "not under a root": lambda g: g.lr * g.length**0.5,
            "the rate counts once": lambda g: (g.lr * g.length) ** 2,
            "twice the rate times": lambda g: 2 * g.lr * g.length,
            "without 1": lambda g: g.lr * (g.length**2 - 1),
            "they multiply": lambda g: g.lr + g.length,
            "the curvature at the minimum": lambda g: 0.5 / g.length**2,
            "for the length 10": lambda g: 100 * g.lr,
        },
    )
