"""The exercises of lesson 1: right answers by another route, mistakes and their hints."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pupils import NAMES, accepts_the_right_number_only, gives_its_hints, made, right, said
from solutions.lesson01 import steps_needed

from toylands.classroom.exercises import judge


@pytest.mark.parametrize("number", ["1.1", "1.2", "1.3"])
def test_right_answers_only(number: str) -> None:
    accepts_the_right_number_only(number)


def eigenvalues(given: Any, scale: float = 2.0) -> np.ndarray:
    """Of the Hessian, in ascending order, from the moments of the inputs."""
    x = np.asarray(given.land.data["x"])
    moments = np.array([[np.mean(x * x), np.mean(x)], [np.mean(x), 1.0]])
    return np.linalg.eigvalsh(scale * moments)


def test_largest_rate_hints() -> None:
    gives_its_hints(
        "1.1",
        {
            "that is 1/lambda_max": lambda g: 1 / eigenvalues(g)[1],
            "that is 1/lambda_min": lambda g: 1 / eigenvalues(g)[0],
            "the curvature along w only": lambda g: 1 / np.mean(np.square(g.land.data["x"])),
            "belongs to the flat direction": lambda g: 2 / eigenvalues(g)[0],
            "the largest eigenvalue itself": lambda g: eigenvalues(g)[1],
            "upside down": lambda g: eigenvalues(g)[1] / 2,
            "the fastest constant rate": lambda g: 2 / eigenvalues(g).sum(),
            "a factor 2 is missing": lambda g: 2 / eigenvalues(g, scale=1.0)[1],
            "the sum over the points": lambda g: 2 / eigenvalues(g, scale=8.0)[1],
        },
    )


def test_twin_rate_hints() -> None:
    gives_its_hints(
        "1.2",
        {
            "the same rate": lambda g: g.rate,
            "the twin for curvature 1": lambda g: 2 - g.rate,
            "its twin lies above": lambda g: 1 / g.land.parameters["a"] - g.rate,
            "arrives in one step": lambda g: 1 / g.land.parameters["a"],
            "bounces without end": lambda g: 2 / g.land.parameters["a"],
            "right side, wrong distance": lambda g: 1 / g.land.parameters["a"] + g.rate,
            "to your own rate as well": lambda g: (2 - g.rate) / g.land.parameters["a"],
            "belongs below": lambda g: 2 * g.land.parameters["a"] - g.rate,
            "the factor of your rate": lambda g: 1 - g.rate * g.land.parameters["a"],
            "the factor of the twin": lambda g: g.rate * g.land.parameters["a"] - 1,
            "goes uphill": lambda g: -g.rate,
            "the ratio is not the rule": lambda g: 19 * g.rate,
        },
    )


def test_quartic_rate_hints() -> None:
    gives_its_hints(
        "1.3",
        {
            "2 over the curvature 3x²": lambda g: 2 / (3 * g.start**2),
            "1 over the curvature 3x²": lambda g: 1 / (3 * g.start**2),
            "upside down": lambda g: g.start**2 / 2,
            "lands on the minimum": lambda g: 1 / g.start**2,
            "there is x² in the factor": lambda g: 2 / g.start,
            "x times a factor: divide by x": lambda g: 2 / g.start**3,
            "no root is left": lambda g: np.sqrt(2) / g.start,
            "solve it for lr": lambda g: np.sqrt(2 / g.start),
        },
    )


@pytest.mark.parametrize("name", NAMES[:4])
def test_quick_rate_is_right_exactly_within_the_budget(name: str) -> None:
    task, given = made("1.4", name)
    steep = given.land.parameters["b"]
    budget = int(task.question.split(" within ")[1].split()[0])
    verdicts = []
    for rate in np.linspace(0.01, 2.5 / steep, 60):
        needed = steps_needed((1.0, steep), rate)
        verdicts.append(judge(task, rate).right)
        assert verdicts[-1] == (needed is not None and needed <= budget), (rate, needed)
    assert 0 < sum(verdicts) < len(verdicts)


def test_quick_rate_accepts_the_solution_of_any_numeric_type() -> None:
    for name in NAMES:
        rate = right("1.4", name)
        for form in (rate, np.float32(rate), np.array([rate])):
            assert said("1.4", name, form).right


def test_quick_rate_hints() -> None:
    _, given = made("1.4", "Ada")
    steep = given.land.parameters["b"]
    best = 2 / (1 + steep)
    slow, restless = said("1.4", "Ada", best / 2), said("1.4", "Ada", 1.98 / steep)
    assert "flat direction is slow: go up" in slow.words
    assert "steep one is slow: go down" in restless.words
    assert f"takes {steps_needed((1.0, steep), best / 2)} steps" in slow.words
    assert "does not shrink" in said("1.4", "Ada", 2 / steep).words
    assert "2,000 steps" in said("1.4", "Ada", 1e-5).words
    assert "without quotes" in said("1.4", "Ada", "0.1").words
    for rubbish in ("fast", -0.1, 0, True, np.nan, [0.1, 0.2]):
        assert "one positive number" in said("1.4", "Ada", rubbish).words
