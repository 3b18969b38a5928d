"""The exercises of lesson 4: right answers by another route, mistakes and their hints."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pupils import NAMES, accepts_the_right_number_only, gives_its_hints, made, said
from solutions import SOLUTIONS

from toylands.classroom.exercises import judge


@pytest.mark.parametrize("number", ["4.1", "4.2", "4.3"])
def test_right_answers_only(number: str) -> None:
    accepts_the_right_number_only(number)


def roots(given: Any) -> np.ndarray:
    """Good minimum, top of the hill, bad minimum."""
    return np.sort(np.roots([1.0, 0.0, -1.0, given.land.parameters["c"]]).real)


def test_bad_fraction_hints() -> None:
    gives_its_hints(
        "4.1",
        {
            "in the better minimum": lambda g: (2 + roots(g)[1]) / 4,
            "where the watershed lies": lambda g: roots(g)[1],
            "that is a length": lambda g: 2 - roots(g)[1],
            "a length of 4": lambda g: (2 - roots(g)[1]) / 2,
            "not in the middle": lambda g: 0.5,
            "not at the bad minimum": lambda g: (2 - roots(g)[2]) / 4,
            "not at the good minimum": lambda g: (2 - roots(g)[0]) / 4,
        },
    )


def test_bad_fraction_is_what_walks_do() -> None:
    for name in NAMES[:4]:
        _, given = made("4.1", name)
        x = np.linspace(-2, 2, 4001)
        for _ in range(600):
            x = x - 0.05 * (x * x * x - x + given.land.parameters["c"])
        assert said("4.1", name, np.mean(x > 0)).right


def growth(given: Any) -> float:
    return float(given.lr * given.land.parameters["b"])


def digits(given: Any) -> float:
    return -math.log10(given.start[1])


def steps_of(given: Any) -> int:
    return int(SOLUTIONS["4.2"](given))


def test_leave_saddle_hints() -> None:
    gives_its_hints(
        "4.2",
        {
            "steps are whole": lambda g: digits(g) * math.log(10) / math.log(1 + growth(g)),
            "is still below 1": lambda g: steps_of(g) - 1,
            "is there already": lambda g: steps_of(g) + 1,
            "continuous time": lambda g: math.ceil(digits(g) * math.log(10) / growth(g)),
            "not 1 - lr*b": lambda g: math.ceil(
                -digits(g) * math.log(10) / math.log(1 - growth(g))
            ),
            "two kinds of logarithm": lambda g: math.ceil(
                round(digits(g)) / math.log(1 + growth(g))
            ),
            "until one half": lambda g: math.ceil(
                math.log(0.5 * 10 ** digits(g)) / math.log(1 + growth(g))
            ),
            "the curvature is missing": lambda g: math.ceil(
                digits(g) * math.log(10) / math.log(1 + g.lr)
            ),
        },
    )


def test_count_saddles_by_listing_all_points() -> None:
    for double, triple in ((3, 1), (3, 2), (4, 3)):
        places = [("v", "^", "v")] * double + [("v", "^", "v", "^", "v")] * triple
        kinds = [set(point) for point in itertools.product(*places)]
        listed = sum(len(kind) == 2 for kind in kinds)
        assert listed == SOLUTIONS["4.3"](type("Given", (), {"double": double, "triple": triple}))


def test_count_saddles_hints() -> None:
    gives_its_hints(
        "4.3",
        {
            "counts all stationary points": lambda g: 3**g.double * 5**g.triple,
            "counts the minima": lambda g: 2**g.double * 3**g.triple,
            "a hill in every coordinate": lambda g: (
                3**g.double * 5**g.triple - 2**g.double * 3**g.triple
            ),
            "more than one maximum": lambda g: (
                3**g.double * 5**g.triple - 2**g.double * 3**g.triple - 1
            ),
            "the minima are still among": lambda g: 3**g.double * 5**g.triple - 2**g.triple,
            "the numbers multiply": lambda g: g.double,
            "combine with those of the triple": lambda g: (
                3**g.double + 5**g.triple - 2**g.double - 3**g.triple - 2**g.triple
            ),
            "for double wells only": lambda g: (
                3 ** (g.double + g.triple) - 2 ** (g.double + g.triple) - 1
            ),
        },
    )


# --- Newton: two numbers --------------------------------------------------------------------------


def test_newton_takes_the_right_pair_only() -> None:
    answers = []
    for name in NAMES:
        task, given = made("4.4", name)
        newton, free = SOLUTIONS["4.4"](given)
        answers.append(round(free, 6))
        np.testing.assert_allclose(task.answer, (newton, free), rtol=1e-6)
        for form in ((newton, free), [newton, free], np.array([newton, free])):
            assert judge(task, form).right
        for wrong in ((newton, free * 1.01), (newton * 1.1, free), (-newton, -free), free):
            assert not judge(task, wrong).right
        assert "another order" in judge(task, (free, newton)).words
    assert len(set(answers)) > len(NAMES) / 2


def parts(given: Any) -> tuple[float, float, float]:
    y = given.start[1]
    return y, y**3 - y, 3 * y**2 - 1


MISTAKES: dict[str, Callable[[float, float, float], tuple[float, float]]] = {
    "the second one divides": lambda y, g, h: (y - g / h, y - g / h),
    "with its sign": lambda y, g, h: (y + g / h, y + g / h),
    "not gradient descent": lambda y, g, h: (y - g / h, y - g),
    "these are the steps; asked": lambda y, g, h: (-g / h, g / h),
    "with the other sign; asked": lambda y, g, h: (g / h, -g / h),
    "the point where Newton lands": lambda y, g, h: (0.0, y - g / h),
    "after many steps": lambda y, g, h: (0.0, 1.0),
}


@pytest.mark.parametrize("part", MISTAKES)
def test_newton_hints(part: str) -> None:
    for name in NAMES:
        task, given = made("4.4", name)
        verdict = judge(task, MISTAKES[part](*parts(given)))
        assert not verdict.right
        assert part in verdict.words, verdict.words
    assert len(MISTAKES) == len(task.wrong)
