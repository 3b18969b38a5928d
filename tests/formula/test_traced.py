"""Formulas keep their domain, and Python decides nothing while they are read."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.formula import cosh, exp, landscape, log, maximum_of, sin, where


@pytest.mark.parametrize(
    ("formula", "inside", "outside"),
    [
        ("x**2/2 - log(x)", 1.5, -1.5),
        ("sqrt(x)**2", 1.5, -1.5),
        ("exp(log(x))", 1.5, -1.5),
        ("exp(log(x))", 1.5, 0.0),
        ("log1p(x)", -0.5, -1.5),
        ("x**2.5", 1.5, -1.5),
        ("asin(x/2)", 1.5, -2.5),
        ("0*log(x) + x", 1.5, -1.5),
        ("max(log(x), -100)", 1.5, -1.5),
        ("sqrt(x)*sqrt(x) + acos(x/9)", 1.5, -1.5),
    ],
)
def test_where_the_loss_is_no_number_no_derivative_is_one(
    formula: str, inside: float, outside: float
) -> None:
    land = tl.landscape(formula)
    for evaluate in (land.loss, land.grad):
        assert np.isnan(evaluate(outside)).all(), evaluate
        assert np.isfinite(evaluate(inside)).all(), evaluate
    assert not land.inside(outside)
    assert land.inside(inside)
    assert land.classify(outside) == "undefined"


def test_a_domain_is_that_of_the_branch_that_is_chosen() -> None:
    land = tl.landscape("where(x > 1, log(x - 1), x)")
    assert np.isnan(tl.landscape("x**2 - log(x)").hessian(-1.0)).all()
    np.testing.assert_array_equal(land.grad(np.array([[-3.0], [0.5], [3.0]]))[:, 0], [1, 1, 0.5])
    other = tl.landscape("where(x > 1, exp(log(x - 2)), x)")
    assert math.isnan(other.grad(1.5)[0])
    assert other.grad(0.5)[0] == 1


def test_a_parameter_can_be_outside_too() -> None:
    land = tl.landscape("x**2 + log(k)", k=1.0)
    assert np.isnan(land(k=-1.0).grad(1.0)).all()
    assert land.grad(1.0) == 2.0


def test_a_sample_outside_takes_the_mean_with_it() -> None:
    land = tl.landscape("log(x - a)", data={"a": [0.0, 1.0]})
    assert np.isnan(land.grad(0.5)).all()
    np.testing.assert_allclose(land.grad(3.0), [(1 / 3 + 1 / 2) / 2], rtol=1e-15)


@pytest.mark.parametrize(
    "formula",
    ["log(1 + x**2)", "sqrt(x**2 + 1)", "log(cosh(x))", "sqrt(abs(x))", "(2 + x**2)**-0.5"],
)
def test_what_is_real_everywhere_costs_nothing(formula: str) -> None:
    assert tl.landscape(formula).definition.derivation.domain == ()


def _equal(x: Any, y: Any) -> Any:
    return where(x == 0, 1.0, sin(x) / x) + y


def _unequal(x: Any, y: Any) -> Any:
    return where(x != 0, sin(x) / x, 1.0) + y


def _either(x: Any, y: Any) -> Any:
    return (x or y) ** 2


def _both(x: Any, y: Any) -> Any:
    return where((x > 0) and (y > 0), x, y)


def _negated(x: Any, y: Any) -> Any:
    return where(not (x > 0), x, y)


def _member(x: Any, y: Any) -> Any:
    return x * (x in (0, 1)) + y


def _chain(x: Any, y: Any) -> Any:
    return where(0 < x < 1, x, y)


def _ternary(x: Any, y: Any) -> Any:
    return x if x > y else y


def _statement(x: Any, y: Any) -> Any:
    if x + y > 0:
        return x
    return y


def _loop(x: Any, y: Any) -> Any:
    while x > y:
        x = x - 1
    return x


def _larger(x: Any, y: Any) -> Any:
    return max(x, y) ** 2


@pytest.mark.parametrize(
    ("function", "words", "spelling"),
    [
        (_equal, "x == 0", "<="),
        (_unequal, "x != 0", "<="),
        (_either, "x or y", "a | b"),
        (_both, "(x > 0) and (y > 0)", "a & b"),
        (_negated, "not (x > 0)", "turn the comparison round"),
        (_member, "x in (0, 1)", "<="),
        (_chain, "0 < x < 1", "(a < x) & (x < b)"),
        (_ternary, "x if x > y else y", "where("),
        (_statement, "x + y > 0", "where("),
        (_loop, "x > y", "where("),
        (_larger, "max(x, y)", "maximum_of"),
    ],
)
def test_a_decision_is_refused_with_its_words_and_how_to_write_it(
    function: Any, words: str, spelling: str
) -> None:
    with pytest.raises(TypeError, match="decides while the formula is read") as caught:
        landscape()(function).loss((1.0, 2.0))
    assert words in str(caught.value)
    assert spelling in str(caught.value)


def test_a_decision_about_a_parameter_or_inside_a_helper_is_refused_too() -> None:
    def helper(value: Any) -> Any:
        return 1.0 if value > 1 else 2.0

    def outer(x: Any, *, k: Any) -> Any:
        return helper(k) * x

    with pytest.raises(TypeError, match=r"1\.0 if value > 1 else 2\.0"):
        landscape(k=tl.formula.dial(1.0, 0, 2))(outer).loss(1.0)


def test_a_decision_without_source_is_refused_too() -> None:
    space: dict[str, Any] = {}
    exec("def hidden(x, y):\n    return x if x > 0 else y", space)
    with pytest.raises(TypeError, match=r"hidden: .* decides while the formula is read"):
        landscape()(space["hidden"]).loss((1.0, 2.0))


def test_plain_numbers_may_be_compared_and_conditions_joined() -> None:
    @landscape()
    def fine(x: Any, y: Any) -> Any:
        total = 0
        for power in range(4):
            if power % 2 == 0 and power != 2 and power in (0, 1):
                total = total + (x + 1) ** power
        inner = where((x > 0) & (y > 0) | (x >= 5), x * y, -x)
        return total + maximum_of(inner, -10) + log(cosh(x)) * 0 + exp(0)

    assert fine.loss((1.0, 2.0)) == 1 + 2 + 1
    assert fine.loss((-1.0, 2.0)) == 1 + 1 + 1
    assert fine.loss((6.0, -2.0)) == 1 - 10 + 1
