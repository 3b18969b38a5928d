"""The exercise of lesson 0 is judged as an independent walk says."""

from __future__ import annotations

import numpy as np
import pytest
from pupils import NAMES, made, right, said

from toylands.classroom.exercises import judge


def ends_left(c: float, x: float) -> bool | None:
    """Gradient descent on x^4/4 - x^2/2 + cx with rate 0.1, by hand; None when it runs away."""
    for _ in range(3000):
        x -= 0.1 * (x**3 - x + c)
        if abs(x) > 1e6:
            return None
    return bool(x < 0)


@pytest.mark.parametrize("name", NAMES[:4])
def test_watershed_is_right_exactly_where_two_walks_part(name: str) -> None:
    task, given = made("0.1", name)
    c = given.land.parameters["c"]
    for x in np.linspace(-1.9, 1.9, 77):
        parts = ends_left(c, x) is True and ends_left(c, x + 0.05) is False
        assert judge(task, x).right == parts, x


def test_watershed_accepts_the_solution_and_says_where_to_go() -> None:
    for name in NAMES:
        answer = right("0.1", name)
        assert said("0.1", name, answer).right
        assert "right valley: go to the left" in said("0.1", name, answer + 0.2).words
        assert "left valley: go to the right" in said("0.1", name, answer - 0.2).words


def test_watershed_knows_the_starts_that_are_no_answer() -> None:
    assert "without quotes" in said("0.1", "Ada", "0.1").words
    assert "one number" in said("0.1", "Ada", "left").words
    assert "one number" in said("0.1", "Ada", (0.1, 0.2)).words
    assert "dots" in said("0.1", "Ada", ...).words


def test_off_the_map_there_is_no_watershed() -> None:
    """There a step may leap over the hill, one way and the other, or leave for good."""
    task, given = made("0.1", "Ada")
    c = given.land.parameters["c"]
    found = set()
    for x in [*np.linspace(2, 5, 3001), *np.linspace(-5, -2.01, 3001), 50.0, -1e90]:
        found.add((ends_left(c, x), ends_left(c, x + 0.05)))
        verdict = judge(task, x)
        assert not verdict.right
        assert verdict.words == "that is off the map: stay between the two valleys"
    assert {(True, False), (False, True), (None, None)} <= found


def test_neighbours_have_other_watersheds() -> None:
    assert len({round(right("0.1", name), 6) for name in NAMES}) > len(NAMES) / 2
