"""What is read from a function is what it computes from numbers."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

from toylands import landscapes
from toylands.formula import dial, landscape, sin
from toylands.formula.agreement import disagreement, value_of


def test_a_function_that_treats_symbols_otherwise_is_refused() -> None:
    def two_faced(x: Any, *, k: Any) -> Any:
        return k * x if isinstance(x, float) else k * x**2

    with pytest.raises(ValueError, match=r"at x=-1, k=2 the function returns -2, .*'k\*x\*\*2'"):
        landscape(k=dial(1.0, 0.5, 2))(two_faced).loss(1.0)


def test_columns_are_compared_too() -> None:
    def counting(w: Any, *, a: Any) -> Any:
        return w * a + (1.0 if isinstance(a, float) else 0.0)

    with pytest.raises(ValueError, match="the function returns"):
        landscape(data={"a": [1.0, 2.0]})(counting).loss(1.0)


def test_a_formula_that_agrees_is_left_alone() -> None:
    x, y = sympy.symbols("x y", real=True)
    assert disagreement(lambda x, y: x / y, x / y, (x, y), {}) is None  # not a number at y = 0
    found = disagreement(lambda x, y: x + y + (x == 0.5), x + y, (x, y), {})
    assert found is not None
    assert found[0]["x"] == 0.5
    assert found[1:] == (3.75, 2.75)


def test_values_of_every_kind_of_node() -> None:
    for land in (landscapes.huber_1d, landscapes.ackley, landscapes.dirac_gan):
        point = [0.3, -0.7][: land.dim]
        numbers = dict(zip(land.definition.derivation.symbols, point, strict=True))
        numbers |= {
            land.definition.derivation.parameter_symbols[name]: value
            for name, value in land.parameters.items()
        }
        assert value_of(land.expression, numbers) == pytest.approx(float(land.loss(point)), 1e-14)
    assert sin(0.0) == 0.0
