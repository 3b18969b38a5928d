"""The symbolic functions SymPy lacks: their values, and how they simplify."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import pytest
import sympy
from mp_oracle import DIGITS, FUNCTIONS

from toylands.formula import special

X = sympy.Symbol("x", real=True)
OWN = {
    "softplus": special.softplus, "sigmoid": special.sigmoid, "relu": special.relu,
    "normal_cdf": special.normal_cdf, "tanh": special.tanh, "log1p": special.log1p,
    "expm1": special.expm1, "abs": special.absolute, "sign": special.sign,
}  # fmt: skip


@pytest.mark.parametrize("name", OWN)
def test_values_at_any_precision(name: str) -> None:
    for text in ("0.7", "-0.3", "2.25"):
        with mp.workdps(DIGITS):
            wanted = FUNCTIONS[name].function(mp.mpf(text))
            number = sympy.N(OWN[name](sympy.Float(text, DIGITS)), DIGITS)
            assert mp.almosteq(mp.mpf(str(number)), wanted, mp.mpf(10) ** (3 - DIGITS))


def test_values_of_the_derivatives_functions() -> None:
    with mp.workdps(DIGITS):
        number = sympy.N(special.sech2(sympy.Rational(7, 10)), DIGITS)
        assert mp.almosteq(mp.mpf(str(number)), mp.sech(mp.mpf("0.7")) ** 2, mp.mpf(10) ** -45)
    assert float(special.step(sympy.Integer(3))) == 1
    assert float(special.step(sympy.Integer(-3))) == 0


def test_absolute_values_simplify() -> None:
    assert special.absolute(special.absolute(X)) == special.absolute(X)
    assert special.absolute(X) ** 2 == X**2
    assert special.absolute(X) ** -4 == X**-4
    assert special.absolute(X) ** 3 != X**3
    assert special.absolute(sympy.Integer(-3)) == 3
    assert special.sign(sympy.Integer(-3)) == -1
    assert special.flat(sympy.Integer(-3)) == 0
    assert special.flat(sympy.Integer(0)) != 0


def test_constant_choices_are_decided() -> None:
    two, three = sympy.Integer(2), sympy.Integer(3)
    assert special.maximum(two, three) == three
    assert special.minimum(two, three) == two
    assert special.maximum(X, X) == X
    assert special.choice(sympy.true, X, 1) == X
    assert special.choice(sympy.false, X, 1) == 1
    assert special.choice(X > 0, X, X) == X
    assert special.choice(two > X, X, 1).subs(X, 5) == 1


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (6.283185307179586, 2 * sympy.pi),
        (0.3183098861837907, 1 / sympy.pi),
        (2.718281828459045, sympy.E),
        (1.4142135623730951, sympy.sqrt(2)),
        (0.12918450914398066, 5.1 / (4 * sympy.pi**2)),
        (3.14159, 3.14159),
        (0.1, 0.1),
        (3.1415926535897936, 3.1415926535897936),
    ],
)
def test_named_constants(value: float, wanted: Any) -> None:
    """Only a float that equals the constant is written as it, to the last bit."""
    found = special.named_constants(sympy.Float(value) * X) / X
    assert float(found) == value
    assert found.has(sympy.Float) == isinstance(wanted, float)
    assert float(found - sympy.sympify(wanted)) == pytest.approx(0, abs=1e-16)


def test_derivatives_of_jumps() -> None:
    assert special.derivative(special.relu(X), X) == special.step(X)
    assert special.derivative(special.step(X), X) == 0
    assert special.derivative(sympy.Abs(X), X) == special.sign(X)
    assert special.derivative(special.sign(X), X) == special.flat(X)
    both = special.maximum(X**2, X)
    assert special.derivative(both, X) == special.choice(
        sympy.Ge(X**2, X, evaluate=False), 2 * X, 1
    )


@pytest.mark.parametrize("power", [2, 3, 10])
def test_a_power_with_a_symbol_above_has_its_derivatives_at_zero(power: int) -> None:
    """SymPy's own derivative of x**n, n*x**n/x, is 0/0 there."""
    n = sympy.Symbol("n", real=True)
    general, exact = X**n * (1 + X), X**power * (1 + X)
    for _ in range(min(power, 3)):
        general, exact = special.derivative(general, X), sympy.diff(exact, X)
        for x in (sympy.Integer(0), sympy.Rational(-3, 7)):
            assert general.subs(X, x).subs(n, power) == exact.subs(X, x)
