"""The exercises of lesson 5: right answers by another route, mistakes and their hints."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pupils import NAMES, accepts_the_right_number_only, gives_its_hints, made
from scipy.optimize import brentq
from solutions import SOLUTIONS

from toylands.classroom.exercises import judge


@pytest.mark.parametrize("number", ["5.2", "5.3", "5.4"])
def test_right_answers_only(number: str) -> None:
    accepts_the_right_number_only(number)


# --- the autoencoder: two numbers -----------------------------------------------------------------


def test_autoencoder_takes_the_right_pair_only() -> None:
    answers = []
    for name in NAMES:
        task, given = made("5.1", name)
        loss, curvature = SOLUTIONS["5.1"](given)
        answers.append((round(loss, 6), round(curvature, 6)))
        np.testing.assert_allclose(task.answer, (loss, curvature), rtol=1e-9)
        for form in ((loss, curvature), [loss, curvature], np.array([loss, curvature])):
            assert judge(task, form).right
        for wrong in (loss, (loss, curvature * 1.01), (loss * 1.01, curvature), (-loss, curvature)):
            assert not judge(task, wrong).right
        assert "another order" in judge(task, (curvature, loss)).words
    assert len(set(answers)) > len(NAMES) / 2


MISTAKES: dict[str, Callable[[float, float], tuple[float, float]]] = {
    "belong to the minima": lambda a, b: (b, 8 * a),
    "the loss is what is lost": lambda a, b: (b, 2 * (b - a)),
    "along the way up": lambda a, b: (a, 8 * b),
    "a curvature is negative": lambda a, b: (a, 2 * (a - b)),
    "the maximum in the middle": lambda a, b: (a + b, -4 * a),
    "a factor 2 is missing": lambda a, b: (a, b - a),
    "a factor 2 too large": lambda a, b: (a, 4 * (b - a)),
    "the curvature at the origin": lambda a, b: (a, -4 * a),
    "the loss of the origin": lambda a, b: (a + b, 2 * (b - a)),
    "not a difference": lambda a, b: (a - b, 2 * (b - a)),
    "the variances of the lesson": lambda a, b: (3.0, -4.0),
}


@pytest.mark.parametrize("part", MISTAKES)
def test_autoencoder_hints(part: str) -> None:
    for name in NAMES:
        task, given = made("5.1", name)
        variances = given.land.parameters
        verdict = judge(task, MISTAKES[part](variances["a"], variances["b"]))
        assert not verdict.right
        assert part in verdict.words, verdict.words
    assert len(MISTAKES) == len(task.wrong)


# --- one number -----------------------------------------------------------------------------------


def test_half_time_hints() -> None:
    def wait(g: Any) -> float:
        return math.log(g.s / g.w0**2 - 1)

    gives_its_hints(
        "5.2",
        {
            "s is missing below": lambda g: wait(g) / 2,
            "both layers learn": lambda g: wait(g) / g.s,
            "not at w0": lambda g: math.log(g.s / g.w0 - 1) / (2 * g.s),
            "for the target 1": lambda g: math.log(1 / g.w0**2 - 1) / 2,
            "compared with the target": lambda g: math.log(1 / g.w0**2 - 1) / (2 * g.s),
            "take the natural logarithm": lambda g: math.log10(g.s / g.w0**2 - 1) / (2 * g.s),
            "the -1 inside": lambda g: math.log(g.s / g.w0**2) / (2 * g.s),
        },
    )


def targets(given: Any) -> tuple[float, float]:
    first, second = given.land.data["y"]
    return float(first), float(second)


def loss(given: Any, w: float) -> float:
    first, second = targets(given)
    return ((math.tanh(w) - first) ** 2 + (math.tanh(10 * w) - second) ** 2) / 2


def turning_point(given: Any, low: float, high: float) -> float:
    first, second = targets(given)

    def slope(w: float) -> float:
        a, b = math.tanh(w), math.tanh(10 * w)
        return (a - first) * (1 - a * a) + (b - second) * (1 - b * b) * 10

    return float(brentq(slope, low, high))


def test_bad_neuron_hints() -> None:
    gives_its_hints(
        "5.3",
        {
            "the good minimum": lambda g: loss(g, turning_point(g, -0.3, 0.1)),
            "the top of the hill": lambda g: loss(g, turning_point(g, 0.1, 0.5)),
            "a mean over two points": lambda g: (1 - targets(g)[1]) ** 2,
            "is not 0": lambda g: targets(g)[1] ** 2 / 2,
            "mind the sign": lambda g: (1 + targets(g)[1]) ** 2 / 2,
            "enters squared": lambda g: (1 - targets(g)[1]) / 2,
            "the error of the second point": lambda g: 1 - targets(g)[1],
            "halved twice": lambda g: (1 - targets(g)[1]) ** 2 / 4,
            "not that of the first point": lambda g: (targets(g)[0] - targets(g)[1]) ** 2 / 2,
            "the first output is not stuck": lambda g: loss(g, 50.0),
            "the targets of the lesson": lambda g: ((0.9 - 0.9) ** 2 + (1 + 0.5) ** 2) / 2,
            "that is the weight": lambda g: math.atanh(targets(g)[0]),
        },
    )


def test_dice_pull_hints() -> None:
    def direct(g: Any) -> float:
        p1, p2 = g.p
        return -2 * (1 + p2) / (p1 + p2 + 1) ** 2

    gives_its_hints(
        "5.4",
        {
            "with respect to the probability": direct,
            "instead of dividing": lambda g: direct(g) / (g.p[0] * (1 - g.p[0])),
            "the slope of the sigmoid is p*(1 - p)": lambda g: direct(g) * g.p[0],
            "the p is missing": lambda g: direct(g) * (1 - g.p[0]),
            "the overlap twice": lambda g: direct(g) * g.p[0] * (1 - g.p[0]) / 2,
            "cross-entropy": lambda g: g.p[0] - 1,
            "the second pixel": lambda g: 2 * g.p[0] / (sum(g.p) + 1) ** 2 * g.p[1] * (1 - g.p[1]),
            "at the other pixel": lambda g: direct(g) * g.p[1] * (1 - g.p[1]),
        },
    )
