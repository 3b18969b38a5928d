"""The exercises of lesson 7: right answers by another route, mistakes and their hints."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pupils import NAMES, accepts_the_right_number_only, gives_its_hints, made
from solutions import SOLUTIONS

from toylands.classroom.exercises import judge


@pytest.mark.parametrize("number", ["7.2", "7.3"])
def test_right_answers_only(number: str) -> None:
    accepts_the_right_number_only(number)


# --- the end of gradient descent: two numbers -----------------------------------------------------


def test_the_end_of_gradient_descent_takes_the_right_pair_only() -> None:
    answers = []
    for name in NAMES:
        task, given = made("7.1", name)
        a, b = SOLUTIONS["7.1"](given)
        answers.append(round(a, 6))
        np.testing.assert_allclose(task.answer, (a, b), rtol=1e-9)
        assert judge(task, [a, b]).right
        assert "another order" in judge(task, (b, a)).words
        for wrong in ((a, b * 1.01), (a * 1.01, b), (-a, -b), a):
            assert not judge(task, wrong).right
    assert len(set(answers)) > len(NAMES) / 2


def of(g: Any) -> tuple[float, float, float]:
    p, q, y = (g.land.parameters[name] for name in ("p", "q", "y"))
    return p, q, y


def error(g: Any) -> float:
    p, q, y = of(g)
    return float(p * g.start[0] + q * g.start[1] - y)


def moved(g: Any, by: float, direction: tuple[float, float]) -> tuple[float, float]:
    return g.start[0] - by * error(g) * direction[0], g.start[1] - by * error(g) * direction[1]


def square(g: Any) -> float:
    return float(sum(c * c for c in of(g)[:2]))


PAIRS: dict[str, Callable[[Any, float, float, float], tuple[float, float]]] = {
    "the end from the origin": lambda g, p, q, y: (p * y / square(g), q * y / square(g)),
    "Adam's end: it makes": lambda g, p, q, y: moved(g, 1 / (p + q), (1, 1)),
    "Adam's end from the origin": lambda g, p, q, y: (y / (p + q), y / (p + q)),
    "only a has moved": lambda g, p, q, y: moved(g, 1 / p, (1, 0)),
    "only b has moved": lambda g, p, q, y: moved(g, 1 / q, (0, 1)),
    "far beyond the line": lambda g, p, q, y: moved(g, 1, (p, q)),
    "not by its length": lambda g, p, q, y: moved(g, 1 / math.hypot(p, q), (p, q)),
    "not away from it": lambda g, p, q, y: moved(g, -1 / square(g), (p, q)),
    "is not y": lambda g, p, q, y: (
        g.start[0] + p * y / square(g),
        g.start[1] + q * y / square(g),
    ),
    "in proportion to the factor of a": lambda g, p, q, y: moved(g, 1 / square(g), (q, p)),
    "goes across it": lambda g, p, q, y: moved(g, 1 / square(g), (-q, p)),
    "half of the way": lambda g, p, q, y: moved(g, 0.5 / square(g), (p, q)),
    "twice the way": lambda g, p, q, y: moved(g, 2 / square(g), (p, q)),
    "one step with rate 0.03": lambda g, p, q, y: moved(g, 0.03, (p, q)),
    "that is the start": lambda g, p, q, y: g.start,
    "add it to the start": lambda g, p, q, y: (
        -error(g) * p / square(g),
        -error(g) * q / square(g),
    ),
    "the end in the lesson": lambda g, p, q, y: (0.6, 0.8),
}


@pytest.mark.parametrize("part", PAIRS)
def test_end_hints(part: str) -> None:
    for name in NAMES:
        task, given = made("7.1", name)
        verdict = judge(task, PAIRS[part](given, *of(given)))
        assert not verdict.right
        assert part.casefold() in verdict.words.casefold(), (name, verdict.words)


# --- one number -----------------------------------------------------------------------------------


def asked(formula: Callable[[float, float, float], float]) -> Callable[[Any], float]:
    return lambda g: formula(*of(g))


def test_adam_hints() -> None:
    formulas: dict[str, Callable[[float, float, float], float]] = {
        "solution of least norm": lambda p, q, y: p * y / (p * p + q * q),
        "that is b at the end of gradient": lambda p, q, y: q * y / (p * p + q * q),
        "length of the shortest": lambda p, q, y: y / math.hypot(p, q),
        "length of both weights together": lambda p, q, y: 2**0.5 * y / (p + q),
        "then a does all": lambda p, q, y: y / p,
        "then b would do all": lambda p, q, y: y / q,
        "the sum of both weights is not y": lambda p, q, y: y / 2,
        "you let each weight": lambda p, q, y: y / p / 2,
        "b if each weight": lambda p, q, y: y / q / 2,
        "that a contributes": lambda p, q, y: y * p / (p + q),
        "that b contributes": lambda p, q, y: y * q / (p + q),
        "they do not multiply": lambda p, q, y: y / p / q,
        "the squares belong": lambda p, q, y: y / (p * p + q * q),
        "a mean of two solutions": lambda p, q, y: y * (1 / p + 1 / q) / 2,
        "nearly the formula": lambda p, q, y: y * (p + q) / (p * p + q * q),
        "that is the sum of both": lambda p, q, y: 2 * y / (p + q),
        "Adam's end in the lesson": lambda p, q, y: 5 / 7,
        "asked is Adam, and your": lambda p, q, y: 0.6,
    }
    gives_its_hints("7.2", {part: asked(formula) for part, formula in formulas.items()})


def test_kernel_hints() -> None:
    def root(inside: Callable[[float, int], float]) -> Callable[[Any], float]:
        return lambda g: math.sqrt(inside(g.target, g.m))

    gives_its_hints(
        "7.3",
        {
            "that is the kernel at the end": root(lambda y, m: 4 + 4 * y * y / m),
            "by how much of its size": lambda g: math.sqrt(1 + g.target**2 / g.m) - 1,
            "the root is missing": lambda g: 1 + g.target**2 / g.m,
            "the output counts squared": root(lambda y, m: 1 + y / m),
            "the width counts once": root(lambda y, m: 1 + (y / m) ** 2),
            "m itself, not its root": root(lambda y, m: 1 + y * y / m**0.5),
            "for the target 2": root(lambda y, m: 1 + 4 / m),
            "for the width 100": root(lambda y, m: 1 + y * y / 100),
            "infinite width; yours is finite": lambda g: 1,
            "an approximation": lambda g: 1 + g.target**2 / g.m / 2,
            "the 1 under the root": root(lambda y, m: y * y / m),
            "the end over the start": lambda g: (1 + g.target**2 / g.m) ** -0.5,
            "not m over y squared": root(lambda y, m: 1 + m / y**2),
            "half of the target": root(lambda y, m: 1 + (y / 2) ** 2 / m),
            "no 2 under the root": root(lambda y, m: 1 + 2 * y * y / m),
            "plus under the root": root(lambda y, m: 1 - y * y / m),
            "how far the weights move": lambda g: g.target / 2**0.5,
            "the curvature of the output": lambda g: g.m**-0.5,
        },
    )
