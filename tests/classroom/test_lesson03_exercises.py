"""The exercises of lesson 3: right answers by another route, mistakes and their hints."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pupils import NAMES, accepts_the_right_number_only, gives_its_hints, made, right, said
from solutions import SOLUTIONS
from solutions.lesson03 import momentum_steps

from toylands.classroom.exercises import judge


@pytest.mark.parametrize("number", ["3.1", "3.4"])
def test_right_answers_only(number: str) -> None:
    accepts_the_right_number_only(number)


def kappa_of(given: Any) -> float:
    return float(given.land.parameters["kappa"])


def factor(given: Any) -> float:
    return (kappa_of(given) - 1) / (kappa_of(given) + 1)


def steps_of(given: Any) -> int:
    return int(SOLUTIONS["3.1"](given))


def test_ravine_steps_hints() -> None:
    gives_its_hints(
        "3.1",
        {
            "steps are whole": lambda g: math.log(1e-6) / math.log(factor(g)),
            "a little above 1e-6": lambda g: steps_of(g) - 1,
            "one step earlier both": lambda g: steps_of(g) + 1,
            "the square of the distance": lambda g: math.ceil(
                math.log(1e-6) / math.log(factor(g) ** 2)
            ),
            "for the rate 1/lambda_max": lambda g: math.ceil(
                math.log(1e-6) / math.log(1 - 1 / kappa_of(g))
            ),
            "what momentum could do": lambda g: math.ceil(
                math.log(1e-6) / -2 / math.atanh(1 / math.sqrt(kappa_of(g)))
            ),
            "two kinds of logarithm": lambda g: math.ceil(-6 / math.log(factor(g))),
            "a factor 2 is missing": lambda g: math.ceil(6 * math.log(10) * kappa_of(g)),
        },
    )


# --- tuning ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES[:4])
def test_tuning_is_right_exactly_within_the_budget(name: str) -> None:
    task, given = made("3.2", name)
    kappa = kappa_of(given)
    rates, betas = np.linspace(0.2, 4, 20) / kappa, np.linspace(0, 0.96, 13)
    needed = momentum_steps(kappa, rates[:, None], betas, most=300)
    verdicts = [[judge(task, (lr, beta)).right for beta in betas] for lr in rates]
    assert np.array_equal(verdicts, needed <= given.budget)
    assert 0 < np.sum(verdicts) < len(rates) * len(betas)


def test_tuning_takes_the_textbook_pair_in_any_form() -> None:
    for name in NAMES:
        _, given = made("3.2", name)
        root = math.sqrt(kappa_of(given))
        pair = (4 / (root + 1) ** 2, ((root - 1) / (root + 1)) ** 2)
        for form in (pair, list(pair), np.array(pair)):
            assert said("3.2", name, form).right
        assert not said("3.2", name, pair[::-1]).right


def test_tuning_tells_its_gradient_descent_truly() -> None:
    task, given = made("3.2", "Ada")
    kappa = kappa_of(given)
    plain = int(momentum_steps(kappa, 2 / (kappa + 1), 0.0, most=5000))
    assert f"Gradient descent needs {plain} at its best" in task.question
    assert plain > 3 * given.budget


def test_tuning_hints() -> None:
    _, given = made("3.2", "Ada")
    kappa = kappa_of(given)
    root = math.sqrt(kappa)
    lr, beta = 4 / (root + 1) ** 2, ((root - 1) / (root + 1)) ** 2
    for pair, part in (
        ((lr, 0.99), "it swings"),
        ((0.2 / kappa, 0.5), "it creeps along the floor"),
        ((2 * 1.3 / kappa * 0.999, 0.3), "it zig-zags between the walls"),
        ((2 * (1 + beta) / kappa, beta), "below 2*(1 + beta)/lambda_max"),
        ((beta, lr), "in the other order"),
        ((lr, 1.0), "below 1"),
        ((lr, -0.1), "at least 0"),
        ((0, beta), "must be positive"),
        ((1e-9, 0.0), "more than 5000"),
    ):
        verdict = said("3.2", "Ada", pair)
        assert not verdict.right
        assert part in verdict.words, (pair, verdict.words)
    taken = int(momentum_steps(kappa, lr, 0.99, most=5000))
    assert f"takes {taken} steps" in said("3.2", "Ada", (lr, 0.99)).words
    for rubbish in (0.1, "fast", (0.1,), (0.1, 0.2, 0.3), (np.nan, 0.5), ("a", "b"), {}):
        assert "two numbers" in said("3.2", "Ada", rubbish).words
    for typed in ("0.1", "(0.1, 0.5)", ("0.1", "0.5"), (str(lr), str(beta))):
        assert "without quotes" in said("3.2", "Ada", typed).words
    for rubbish in ((True, False), (10**400, 0.5)):
        assert "expected two numbers, (lr, beta), got (" in said("3.2", "Ada", rubbish).words


# --- a rule of one's own --------------------------------------------------------------------------

Step = Callable[[Any, Any, Any], Any]


def textbook(given: Any) -> Step:
    def step(theta: Any, g: Any, v: Any) -> Any:
        v = given.beta * v + g
        return theta - given.lr * v, v

    return step


@pytest.mark.parametrize("name", NAMES)
def test_own_momentum_in_any_bookkeeping(name: str) -> None:
    task, given = made("3.3", name)

    def in_place(theta: Any, g: Any, v: Any) -> Any:
        v *= given.beta
        v += g
        theta -= given.lr * v
        return [theta, v]

    def rate_inside(theta: Any, g: Any, v: Any) -> Any:
        v = given.beta * v + given.lr * g
        return theta - v, v

    def per_coordinate(theta: Any, g: Any, v: Any) -> Any:
        v = [given.beta * v[i] + g[i] for i in range(2)]
        return [theta[i] - given.lr * v[i] for i in range(2)], v

    for step in (textbook(given), in_place, rate_inside, per_coordinate, SOLUTIONS["3.3"](given)):
        assert judge(task, step).right


def test_own_momentum_of_a_neighbour_is_another() -> None:
    ways = {name: textbook(made("3.3", name)[1]) for name in NAMES}
    copied = [
        said("3.3", name, ways[other]).right for name in NAMES for other in NAMES if name != other
    ]
    assert sum(copied) < len(NAMES)


def test_own_momentum_hints() -> None:
    mistakes: dict[str, Callable[[Any], Any]] = {
        "does not move": lambda s: lambda x, g, v: (x, v),
        "plain gradient descent": lambda s: lambda x, g, v: (x - s.lr * g, s.beta * v + g),
        "uphill": lambda s: lambda x, g, v: (x + s.lr * (s.beta * v + g), s.beta * v + g),
        "rate is missing": lambda s: lambda x, g, v: (x - (s.beta * v + g), s.beta * v + g),
        "enters twice": lambda s: (
            lambda x, g, v: (x - s.lr * (s.beta * v + s.lr * g), s.beta * v + s.lr * g)
        ),
        "an average": lambda s: (
            lambda x, g, v: (
                x - s.lr * (s.beta * v + (1 - s.beta) * g),
                s.beta * v + (1 - s.beta) * g,
            )
        ),
        "the order is wrong": lambda s: lambda x, g, v: (x - s.lr * v, s.beta * v + g),
        "nothing fades": lambda s: lambda x, g, v: (x - s.lr * (v + g), v + g),
        "Nesterov": lambda s: (
            lambda x, g, v: (
                x - s.lr * (g + s.beta * (s.beta * v + g)),
                s.beta * v + g,
            )
        ),
        "the old memory only": lambda s: (
            lambda x, g, v: (
                x - s.lr * s.beta * (v + g),
                s.beta * (v + g),
            )
        ),
        "the point first": lambda s: lambda x, g, v: (s.beta * v + g, x - s.lr * (s.beta * v + g)),
        "nothing back": lambda s: lambda x, g, v: None,
        "two things": lambda s: lambda x, g, v: x - s.lr * g,
        "ZeroDivisionError": lambda s: lambda x, g, v: 1 / 0,
        "two numbers each": lambda s: lambda x, g, v: (x[0], v),
        "not a number": lambda s: lambda x, g, v: (x * np.nan, v),
        "another path": lambda s: lambda x, g, v: (x - 2 * s.lr * g, v),
    }
    for name in NAMES[:5]:
        _, given = made("3.3", name)
        for part, mistake in mistakes.items():
            verdict = said("3.3", name, mistake(given))
            assert not verdict.right
            assert part in verdict.words, (part, verdict.words)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "not a number" in said("3.3", "Ada", lambda x, g, v: (x - g / v, v)).words
    for rubbish in (0.1, "step", [1, 2]):
        assert "your function" in said("3.3", "Ada", rubbish).words
    assert "no answer" in said("3.3", "Ada", ...).words


# --- rescaling ------------------------------------------------------------------------------------


def hessian(given: Any) -> np.ndarray:
    numbers = given.land.parameters
    turn = math.radians(numbers["angle"])
    axes = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    return np.asarray(axes @ np.diag([numbers["kappa"], 1.0]) @ axes.T)


def rescaled(given: Any, power: float) -> np.ndarray:
    scale = np.diag(np.diag(hessian(given)) ** power)
    return np.linalg.eigvalsh(scale @ hessian(given) @ scale)


def test_left_over_hints() -> None:
    gives_its_hints(
        "3.4",
        {
            "before the rescaling": kappa_of,
            "along the axes": lambda g: 1.0,
            "that is r": lambda g: rescaled(g, -0.5)[1] - 1,
            "the larger eigenvalue;": lambda g: rescaled(g, -0.5)[1],
            "upside down": lambda g: 1 / right("3.4", _name_of(g)),
            "two diagonal entries": lambda g: hessian(g)[0, 0] / hessian(g)[1, 1],
            "no root": lambda g: math.sqrt(right("3.4", _name_of(g))),
            "not symmetric": lambda g: np.linalg.cond(hessian(g) / np.diag(hessian(g))[:, None]),
            "divide by them": lambda g: np.divide(*rescaled(g, 0.5)[::-1]),
        },
    )


def _name_of(given: Any) -> str:
    """The pupil with these numbers."""
    return next(n for n in NAMES if made("3.4", n)[1].land.parameters == given.land.parameters)
