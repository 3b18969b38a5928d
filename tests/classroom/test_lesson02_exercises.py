"""The exercises of lesson 2: right answers by another route, mistakes and their hints."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pupils import accepts_the_right_number_only, gives_its_hints


@pytest.mark.parametrize("number", ["2.1", "2.2", "2.3", "2.4"])
def test_right_answers_only(number: str) -> None:
    accepts_the_right_number_only(number)


def hessian(given: Any) -> np.ndarray:
    """Of a rotated bowl: R diag(a, b) R'."""
    numbers = given.land.parameters
    turn = np.radians(numbers["angle"])
    r = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return r @ np.diag([numbers["a"], numbers["b"]]) @ r.T


def along(given: Any, angle: float) -> float:
    d = np.array([np.cos(angle), np.sin(angle)])
    return float(d @ hessian(given) @ d)


def test_curvature_hints() -> None:
    gives_its_hints(
        "2.1",
        {
            "the largest curvature": lambda g: np.linalg.eigvalsh(hessian(g))[1],
            "the smallest curvature": lambda g: np.linalg.eigvalsh(hessian(g))[0],
            "across your direction": lambda g: along(g, np.radians(g.degrees + 90)),
            "the length of H @ d": lambda g: np.hypot(
                *hessian(g) @ [np.cos(np.radians(g.degrees)), np.sin(np.radians(g.degrees))]
            ),
            "this one is turned": lambda g: along(
                g, np.radians(g.degrees + g.land.parameters["angle"])
            ),
            "along the x axis": lambda g: hessian(g)[0, 0],
            "along the y axis": lambda g: hessian(g)[1, 1],
            "a factor 2 too much": lambda g: 2 * along(g, np.radians(g.degrees)),
            "half of it": lambda g: along(g, np.radians(g.degrees)) / 2,
            "take radians": lambda g: along(g, g.degrees),
        },
    )


def test_shake_hints() -> None:
    gives_its_hints(
        "2.2",
        {
            "1/2 is missing": lambda g: np.sum(hessian(g) * g.C),
            "that uses the diagonals only": lambda g: np.trace(hessian(g) * g.C) / 2,
            "equally strong": lambda g: np.trace(hessian(g)) * np.trace(g.C) / 2 / 2,
            "multiply the matrices first": lambda g: np.trace(hessian(g)) * np.trace(g.C) / 2,
            "strength of the noise": lambda g: np.trace(hessian(g)) / 2,
            "do not square it again": lambda g: np.sum(hessian(g) * (g.C @ g.C)) / 2,
            "the worst shake": lambda g: g.land.parameters["a"] * np.trace(g.C) / 2,
            "determinant": lambda g: np.linalg.det(hessian(g)) * np.linalg.det(g.C) / 2,
        },
    )


def test_equal_depth_hints() -> None:
    def square(g: Any, power: float = 2.0) -> float:
        p, q = g.s1**power, g.s2**power
        return float(p * q * (g.a1 - g.a2) / (g.a2 * q - g.a1 * p))

    gives_its_hints(
        "2.3",
        {
            "take the root": square,
            "the widths enter squared": lambda g: square(g, power=1),
            "keep each depth with its width": lambda g: np.sqrt(
                (g.a1 - g.a2) / (1 / g.s1**2 - 1 / g.s2**2)
            ),
            "lost half its depth": lambda g: g.s1,
        },
    )


def test_gentle_side_hints() -> None:
    gives_its_hints(
        "2.4",
        {
            "the steep side": lambda g: np.log(np.cosh(g.shift)),
            "without a shift": lambda g: 0.0,
            "only one of the two shifts": lambda g: -g.shift,
            "and it lies on the steep side": lambda g: g.shift,
            "take a logarithm": lambda g: -np.cosh(g.shift),
            "natural logarithm": lambda g: -np.log10(np.cosh(g.shift)),
            "first term of a series": lambda g: -(g.shift**2) / 2,
        },
    )
