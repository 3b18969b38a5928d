"""The exercises of lesson 8: right answers by another route, mistakes and their hints."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pupils import accepts_the_right_number_only, gives_its_hints


@pytest.mark.parametrize("number", ["8.1", "8.2", "8.3", "8.4"])
def test_right_answers_only(number: str) -> None:
    accepts_the_right_number_only(number)


def test_chain_hints() -> None:
    def chain(power: float, g: Any) -> float:
        """y to the power 2 - 2/d, times a power of d."""
        return float(g.y ** (2 - 2 / g.d) * g.d**power)

    gives_its_hints(
        "8.1",
        {
            "with skips only": lambda g: chain(2, g),
            "so the curvature loses its square": lambda g: chain(1, g),
            "divided once too often": lambda g: chain(-1, g),
            "divided twice": lambda g: chain(-2, g),
            "endless depth": lambda g: g.y**2,
            "the curvature is its square": lambda g: chain(0, g) ** 0.5,
            "not yet squared": lambda g: chain(2, g) ** 0.5,
            "square it as a whole": lambda g: g.y ** (2 - 1 / g.d),
            "it does not add one": lambda g: g.y ** (2 + 2 / g.d),
            "no 2 is left": lambda g: 2 * chain(0, g),
            "cancels against the 2": lambda g: chain(0, g) / 2,
            "where the minimum lies": lambda g: g.d * (g.y ** (1 / g.d) - 1),
            "what one layer does": lambda g: g.y ** (1 / g.d),
            "for the target 1 only": lambda g: 1.0,
            "the plain chain": lambda g: float(g.d**2),
            "not the curvature": lambda g: 0.0,
        },
    )


def eigenvalues(g: Any) -> np.ndarray:
    """Of the raw Hessian."""
    return np.linalg.eigvalsh([[2 * g.s**2, 2 * g.r * g.s], [2 * g.r * g.s, 2]])


def ratio(g: Any) -> float:
    return float((1 + abs(g.r)) / (1 - abs(g.r)))


def test_condition_hints() -> None:
    gives_its_hints(
        "8.2",
        {
            "that is before standardising": lambda g: eigenvalues(g)[1] / eigenvalues(g)[0],
            "without a correlation": lambda g: 1.0,
            "and without the correlation": lambda g: g.s**2,
            "ratio of the two deviations": lambda g: g.s,
            "which one is largest": lambda g: (1 + g.r) / (1 - g.r),
            "not to their squares": lambda g: ratio(g) ** 2,
            "without a root": lambda g: ratio(g) ** 0.5,
            "not squared": lambda g: (1 + g.r**2) / (1 - g.r**2),
            "inflates a variance": lambda g: 1 / (1 - g.r**2),
            "the larger one is not 1": lambda g: 1 / (1 - abs(g.r)),
            "half of the largest": lambda g: 1 + abs(g.r),
            "the largest curvature; divide": lambda g: 2 + 2 * abs(g.r),
            "the smallest curvature": lambda g: 2 - 2 * abs(g.r),
            "has no say": lambda g: g.s * ratio(g),
            "the difference": lambda g: 4 * abs(g.r),
            "of the lesson": lambda g: 19.0,
        },
    )


def unit(g: Any, error: float, *, first: float | None = None, bend: float | None = None) -> float:
    """The curvature of a tanh unit, with a part replaced."""
    slope = 1 / np.cosh(g.w) ** 2
    twice = -2 * np.sinh(g.w) / np.cosh(g.w) ** 3 if bend is None else bend
    return float((slope**2 if first is None else first) + error * twice)


def test_unit_hints() -> None:
    def off(g: Any) -> float:
        return float(np.tanh(g.w) - g.y)

    gives_its_hints(
        "8.3",
        {
            "Gauss-Newton part only": lambda g: unit(g, 0.0),
            "error times bend only": lambda g: unit(g, off(g), first=0.0),
            "which way": lambda g: unit(g, -off(g)),
            "the slope counts squared": lambda g: unit(g, off(g), first=np.cosh(g.w) ** -2),
            "multiplied by the error": lambda g: unit(g, 1.0),
            "has a factor 2": lambda g: unit(g, off(g) / 2),
            "and y is negative": lambda g: unit(g, np.tanh(g.w) + g.y),
            "the first term is missing": lambda g: unit(g, -g.y),
            "for the target 0": lambda g: unit(g, np.tanh(g.w)),
            "enters once": lambda g: unit(g, off(g) ** 2),
            "times the slope": lambda g: unit(g, off(g), bend=-2 * np.tanh(g.w)),
            "the loss has a factor": lambda g: 2 * unit(g, off(g)),
            "the first derivative": lambda g: off(g) / np.cosh(g.w) ** 2,
            "the bend of tanh; asked": lambda g: unit(g, 1.0, first=0.0),
            "the slope of tanh": lambda g: np.cosh(g.w) ** -2,
            "a ReLU unit": lambda g: 1.0,
            "for w = 1": lambda g: float(
                np.cosh(1.0) ** -4 - 2 * np.sinh(1) / np.cosh(1) ** 3 * (np.tanh(1) - g.y)
            ),
        },
    )


def test_update_hints() -> None:
    def half(product: float) -> float:
        return float((product - 1) ** 2 / 2)

    def p(g: Any) -> float:
        return float(g.start[0] * g.start[1])

    gives_its_hints(
        "8.4",
        {
            "before the update": lambda g: half(p(g)),
            "took turns": lambda g: 0.0,
            "has a factor 1/2": lambda g: 2 * half(1 / p(g)),
            "the product after the update": lambda g: 1 / p(g),
            "the error after the update": lambda g: 1 / p(g) - 1,
            "not its square": lambda g: half(p(g) ** -2),
            "not (uv)": lambda g: half(p(g) ** 2),
            "product minus 1": lambda g: half(-1 / p(g)),
            "what is the best v": lambda g: half(g.start[0] / g.start[1]),
            "what is the best u": lambda g: half(g.start[1] / g.start[0]),
            "1/v, not 1/u": lambda g: half(g.start[0] ** -2),
            "1/u, not 1/v": lambda g: half(g.start[1] ** -2),
            "the target is missing": lambda g: p(g) ** -2 / 2,
            "of the lesson": lambda g: 0.5,
        },
    )
