"""Dials, declared points, and what a stationary point is called."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from toylands.formula import (
    CriticalPoint,
    dial,
    equilibrium,
    maximum,
    minimum,
    plateau,
    ridge,
    saddle,
    valley,
)
from toylands.formula.declare import FLOWS, KINDS, flow_of

pytestmark = pytest.mark.filterwarnings("error")


def test_a_dial_keeps_what_it_was_given() -> None:
    made = dial(2, 1, np.float32(4), log=True)
    assert (made.default, made.low, made.high, made.log) == (2.0, 1.0, 4.0, True)
    assert dial(0, -1, 1).log is False
    assert dial(1, 1, 2).default == 1
    assert dial(1, 1, 2).label == ""
    assert dial(1, 1, 2, label="curvature along x").label == "curvature along x"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((5, 0, 1), r"default=5 lies outside the range \[0, 1\]"),
        ((1, 2, 1), "range is empty: low=2 must be below high=1"),
        ((1, 1, 1), "range is empty"),
        ((math.nan, 0, 1), "default=nan is not a finite number"),
        ((1, 0, math.inf), "high=inf is not a finite number"),
    ],
)
def test_an_impossible_dial_is_refused(arguments: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        dial(*arguments)


def test_a_dial_of_whole_numbers() -> None:
    made = dial(10, 1, 50, log=True, integer=True)
    assert (made.default, made.low, made.high, made.log, made.integer) == (
        10.0,
        1.0,
        50.0,
        True,
        True,
    )
    assert dial(1, 0, 2).integer is False
    for wrong, words in (((2.5, 1, 4), "default=2.5"), ((2, 1, 4.5), "high=4.5")):
        with pytest.raises(ValueError, match=f"{words} must be whole on an integer dial"):
            dial(*wrong, integer=True)


@pytest.mark.parametrize("value", ["1", None, True, (1,), 1j])
def test_a_dial_is_a_number(value: Any) -> None:
    with pytest.raises(TypeError, match=r"dial: default=.* must be a number"):
        dial(value, 0, 2)


def test_a_logarithmic_dial_stays_above_zero() -> None:
    with pytest.raises(ValueError, match=r"logarithmic dial needs low > 0, got low=0"):
        dial(1, 0, 2, log=True)


@pytest.mark.parametrize("declare", [minimum, saddle, maximum, valley, ridge, plateau, equilibrium])
def test_declarations(declare: Any) -> None:
    made = declare((1, 2.5), 3, tol=1e-4)
    assert (made.kind, made.point, made.loss, made.tol) == (declare.__name__, (1.0, 2.5), 3.0, 1e-4)
    assert made.kind in KINDS
    assert declare(np.array([1, 2])).loss is None
    assert declare(4).point == (4.0,)


@pytest.mark.parametrize("declare", [minimum, valley])
def test_a_declared_point_is_a_point(declare: Any) -> None:
    with pytest.raises(TypeError, match=rf"{declare.__name__}: point='here' is not a point"):
        declare("here")
    for wrong in ([[1, 2]], (1, math.nan), math.inf):
        with pytest.raises(ValueError, match=r"point=.* must be one finite number per coordinate"):
            declare(wrong)


@pytest.mark.parametrize(
    ("rates", "flow"),
    [
        ((-1, -2), "stable"),
        ((-1 - 3j, -1 + 3j), "stable"),
        ((-1j, 1j), "rotating"),
        ((-1, -1j, 1j), "rotating"),
        ((1e-13 - 1j, 1e-13 + 1j), "rotating"),
        ((-1, 0), "flat"),
        ((0, -1j, 1j), "flat"),
        ((0, 0), "flat"),
        ((-1, 2), "unstable"),
        ((0, 2), "unstable"),
        ((1e-3 - 1j, 1e-3 + 1j), "unstable"),
    ],
)
def test_equilibria_by_the_eigenvalues_of_the_flow(rates: Any, flow: str) -> None:
    values = np.array(rates, dtype=complex)
    cut = np.full(len(values), 1e-12)
    assert flow_of(values, cut) == flow
    assert flow in FLOWS
    assert flow_of(1e4 * values[::-1], 1e4 * cut) == flow


@given(arrays(float, (3, 3), elements=st.integers(-3, 3).map(float)))
def test_a_flow_is_stable_when_lyapunov_says_so(matrix: np.ndarray) -> None:
    """A is stable exactly when A'P + PA = -1 has a positive definite solution P."""
    from scipy.linalg import solve_continuous_lyapunov

    rates = np.linalg.eigvals(matrix)
    if np.abs(rates[:, None] + rates).min() < 1e-3:
        return  # no solution, or hardly one
    found = solve_continuous_lyapunov(matrix.T, -np.eye(3))
    assert (flow_of(rates, np.full(3, 1e-9)) == "stable") == bool(
        (np.linalg.eigvalsh(found) > 0).all()
    )


def test_a_critical_point_introduces_itself() -> None:
    point = CriticalPoint(np.array([1.0, -2.0]), 0.5, "saddle", 1, np.array([-1.0, 3.0]), 0)
    assert repr(point) == "saddle at (1, -2), loss 0.5"
    assert (point.name, point.flow, point.rates) == ("saddle", None, None)
    rates = np.array([-1j, 1j])
    middle = CriticalPoint(
        np.zeros(2), 0.0, "equilibrium", 1, np.array([-1.0, 1.0]), 0, "rotating", rates
    )
    assert middle.name == "rotating equilibrium"
    assert repr(middle) == "rotating equilibrium at (0, 0), value 0"
