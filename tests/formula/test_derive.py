"""Derivatives of a formula are exact, symmetric, and refused when they would take too long."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy
from mp_oracle import DIGITS, partial

from toylands.formula import (
    Landscape,
    cos,
    derive,
    exp,
    landscape,
    log,
    maximum_of,
    pi,
    sin,
    sqrt,
    tanh,
)
from toylands.formula.derive import (
    MAX_DERIVED,
    MAX_DISTINCT,
    MAX_NODES,
    Derivation,
    count_nodes,
    derivative_size,
    distinct_nodes,
)

pytestmark = pytest.mark.filterwarnings("error")

X, Y = sympy.symbols("x y", real=True)


def derivation(function: Callable[..., Any], names: str = "xy", signs: Any = (1, 1)) -> Derivation:
    return Derivation("test", function, tuple(names), (), (), signs)


def value(expression: sympy.Expr, point: dict[str, Any]) -> Any:
    """A SymPy expression at 50 digits (its functions here are SymPy's own)."""
    numbers = {s: sympy.Float(str(point[s.name]), DIGITS) for s in expression.free_symbols}
    with mp.workdps(DIGITS):
        return mp.mpf(str(sympy.N(expression.subs(numbers), DIGITS)))


def wavy(x: Any, y: Any, z: Any) -> Any:
    return exp(x * y) * sin(y + z**2) / (1 + x**2) + sqrt(y) * log(z) ** 2


def exact_wavy(x: Any, y: Any, z: Any) -> Any:
    return mp.exp(x * y) * mp.sin(y + z**2) / (1 + x**2) + mp.sqrt(y) * mp.log(z) ** 2


def test_every_derivative_to_third_order() -> None:
    made = derivation(wavy, "xyz", (1, 1, 1))
    point = {"x": "0.7", "y": "1.3", "z": "0.4"}
    for index in itertools.chain(*(itertools.product(range(3), repeat=n) for n in (1, 2, 3))):
        flat = sum(i * 3 ** (len(index) - 1 - n) for n, i in enumerate(index))
        got = value(made.outputs(len(index))[flat], point)
        wanted = partial(exact_wavy, point.values(), [index.count(j) for j in range(3)])
        assert mp.almosteq(got, wanted, 1e-20), index


def test_outputs_are_symmetric_and_in_order() -> None:
    made = derivation(wavy, "xyz", (1, 1, 1))
    hessian = np.array(made.outputs(2), dtype=object).reshape(3, 3)
    third = np.array(made.outputs(3), dtype=object).reshape(3, 3, 3)
    for i, j, k in itertools.product(range(3), repeat=3):
        assert hessian[i, j] == hessian[j, i]
        assert third[i, j, k] == third[tuple(sorted((i, j, k)))]


def test_a_player_who_ascends_turns_the_sign_of_his_row() -> None:
    plain, game = (
        derivation(lambda x, y: x**3 * y**2),
        derivation(lambda x, y: x**3 * y**2, signs=(1, -1)),
    )
    assert game.outputs(1) == [plain.outputs(1)[0], -plain.outputs(1)[1]]
    assert game.outputs(2) == [*plain.outputs(2)[:2], *(-e for e in plain.outputs(2)[2:])]
    assert game.outputs(3) == [*plain.outputs(3)[:4], *(-e for e in plain.outputs(3)[4:])]
    assert game.grad == plain.grad


def test_floats_that_python_made_of_pi_are_pi_again() -> None:
    made = derivation(lambda x, y: cos(2 * pi * x) + y**2 / (4 * pi**2) + 0.1 * x + 1.5 * y)
    assert made.loss.has(sympy.pi)
    assert sympy.cos(2 * sympy.pi * X) in made.loss.atoms(sympy.cos)
    assert {float(n) for n in made.loss.atoms(sympy.Float)} == {0.1, 1.5}


def test_builtin_abs_is_read_as_the_absolute_value_of_a_real() -> None:
    made = derivation(lambda x, y: abs(log(x)) * y)
    assert not made.hessian[0][0].has(sympy.Derivative, sympy.re, sympy.DiracDelta)
    point = {"x": "0.5", "y": "3"}
    assert mp.almosteq(value(made.grad[0], point), mp.mpf(-6), 1e-30)


# --- what is no formula -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: None, "returned None, expected one expression.*forget its return"),
        (lambda x: (x, x), r"returned \(x, x\), expected one expression"),
        (lambda x: [x], r"returned \[x\], expected"),
        (lambda x: "x**2", "returned 'x\\*\\*2', expected"),
        (lambda x: x > 0, "returned x > 0, expected one expression"),
        (lambda x: np.array([x, x]), "returned .*expected one expression"),
        (lambda x: np.exp(x), "could not be read as mathematics.*instead of math or numpy"),
        (lambda x: math.exp(x), "could not be read as mathematics"),
        (lambda x: x if x > 0 else 0, r"x if x > 0 else 0.*where\(condition, yes, no\)"),
        (lambda x: max(x, 1), r"max\(x, 1\).*maximum_of"),
        (lambda x: exp(x, 2), "could not be read as mathematics"),
    ],
)
def test_what_is_no_mathematics(function: Callable[..., Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        _ = derivation(function, "x", (1,)).loss


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x * sympy.sqrt(-1), "the formula is not real"),
        (lambda x: x / 0, "the formula is not real"),
        (lambda x: x + log(sympy.Integer(0)), "the formula is not real"),
        (lambda x: x + sympy.oo, "the formula is not real"),
        (
            lambda x: x * 1e308 * 10,
            r"contains the number 1.0000E\+309, which does not fit into a 64",
        ),
        (lambda x: (1e-90 * x) ** 64, "does not fit into a 64-bit float"),
        (
            lambda x: x * sympy.Symbol("q"),
            r"contains 'q', which is not one of its arguments \('x'\)",
        ),
        (lambda x: x * sympy.Symbol("X"), "Did you mean 'x'"),
        (lambda x: sympy.re(sympy.sqrt(x)), r"Write absolute\(\.\.\.\)"),
    ],
)
def test_what_is_not_real(function: Callable[..., Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        _ = derivation(function, "x", (1,)).loss


def test_a_derivative_that_is_not_real() -> None:
    made = derivation(lambda x: sympy.Integer(-2) ** x, "x", (1,))
    with pytest.raises(ValueError, match="the gradient is not real"):
        _ = made.grad


def test_a_constant_is_a_formula() -> None:
    made = derivation(lambda x, y: 3)
    assert made.outputs(2) == [0, 0, 0, 0]


# --- what takes too long ----------------------------------------------------------------------------


def nodes(expression: sympy.Expr) -> int:
    return 1 + sum(nodes(argument) for argument in expression.args)


def chain(n: int) -> sympy.Expr:
    result: Any = X
    for _ in range(n):
        result = tanh(result * Y + 1)
    return result


def product(n: int) -> sympy.Expr:
    return sympy.Mul(*(X + k * Y for k in range(1, n)))


@pytest.mark.parametrize(
    "expression",
    [chain(5), chain(12), product(8), product(20), (X**2 + Y) ** 7 * sin(X * Y), X**Y**X, X + Y],
)
def test_the_size_of_a_derivative_is_foreseen(expression: sympy.Expr) -> None:
    for symbol in (X, Y):
        actual = nodes(sympy.diff(expression, symbol))
        foreseen = derivative_size(expression, symbol)
        assert actual / 2 <= foreseen <= 4 * actual + 10


def test_counting() -> None:
    expression = (X + 1) ** 2 + sin(X + 1)
    assert count_nodes(expression, 100) == nodes(expression) == 10
    assert count_nodes(expression, 4) == 5
    # (x + 1)**2 + sin(x + 1), (x + 1)**2, sin(x + 1), x + 1, x, 1, 2
    assert len(distinct_nodes([expression, X + 1])) == 7


def test_counting_is_quick_where_the_tree_is_huge() -> None:
    pair, expression = sympy.Function("pair"), X
    for _ in range(60):
        expression = pair(expression, expression)
    assert count_nodes(expression, 1000) == 1001
    assert derivative_size(expression, X) > 2**60


# Processor time is measured, so that a busy machine does not matter.
def refusal(function: Callable[..., Any], names: str) -> tuple[str, float]:
    began = time.process_time()
    with pytest.raises(
        ValueError, match="too large to differentiate and compile exactly"
    ) as caught:
        derivation(function, names, (1,) * len(names)).outputs(2)
    return str(caught.value), time.process_time() - began


def test_a_formula_with_too_many_operations_is_refused() -> None:
    message, seconds = refusal(
        lambda x, y: sympy.Add(*(x**n * y for n in range(2, MAX_NODES // 4))), "xy"
    )
    assert f"more than {MAX_NODES:,} operations" in message
    assert "a landscape over data" in message
    assert seconds < 5


@pytest.mark.parametrize("step", [sin, lambda z: maximum_of(z, 0.1) * 2, lambda z: 1 / (1 - z)])
def test_deep_formulas_are_refused_or_work(step: Callable[..., Any]) -> None:
    def deep(times: int) -> Landscape:
        @landscape()
        def composed(x):
            for _ in range(times):
                x = step(x)
            return x

        return composed

    assert np.isfinite(deep(12).grad(0.3)).all()
    for times in (100, 500):
        with pytest.raises(ValueError, match="more than 80 operations stand inside each other"):
            deep(times).loss(0.3)


def test_derivatives_that_would_explode_are_refused_before_they_are_made() -> None:
    def many(x: Any, y: Any) -> Any:
        return sympy.Mul(*(x + k * y + x * y for k in range(1, 60)))

    message, seconds = refusal(many, "xy")
    assert f"(at most {MAX_DERIVED:,})" in message
    assert "Hessian would take about" in message
    assert seconds < 5


def test_too_many_different_operations_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def waves(x: Any, y: Any) -> Any:
        return sum(sin(k * x + y) * cos(k * y) for k in range(1, 12))

    made = derivation(waves)
    assert 100 < len(distinct_nodes(made.outputs(2))) < MAX_DISTINCT
    monkeypatch.setattr(derive, "MAX_DISTINCT", 100)
    message, _ = refusal(waves, "xy")
    assert "different operations (at most 100)" in message


def test_too_many_numbers_per_point_are_refused() -> None:
    names = [f"x{n}" for n in range(23)]
    made = Derivation("wide", lambda *x: sum(v**2 for v in x), names, (), (), (1,) * 23)
    assert len(made.outputs(1)) == 23
    with pytest.raises(
        ValueError, match=r"order 2 in 23 coordinates are 529 numbers \(at most 512\)"
    ):
        made.outputs(2)


def test_what_is_large_but_not_too_large_works_quickly() -> None:
    began = time.process_time()
    land: Landscape = landscape("exp(" * 20 + "-x**2" + ")" * 20)
    assert np.isfinite(landscape("sin(" * 20 + "x" + ")" * 20).hessian(0.3)).all()
    assert land.loss(3.0) > 1
    assert time.process_time() - began < 10


POWERS: dict[str, Callable[..., Any]] = {
    "x**n": lambda x, y, n: x**n,
    "(1 + x)**n": lambda x, y, n: (1 + x) ** n,
    "(2*x)**n": lambda x, y, n: (2 * x) ** n,
    "(x**n - 1)**2": lambda x, y, n: (x**n - 1) ** 2,
    "x**(2*n)": lambda x, y, n: x ** (2 * n),
    "x**n*y**n": lambda x, y, n: x**n * y**n,
    "sin(x)*x**n": lambda x, y, n: mp.sin(x) * x**n,
    "(x**n - y)**3/(1 + x**2)": lambda x, y, n: (x**n - y) ** 3 / (1 + x**2),
    "(x + y)**n*x": lambda x, y, n: (x + y) ** n * x,
    "(n*x)**n": lambda x, y, n: (n * x) ** n,
}


@pytest.mark.parametrize("n", range(6))
@pytest.mark.parametrize("text", POWERS)
def test_a_power_with_a_dial_has_all_derivatives_at_its_root(text: str, n: int) -> None:
    """The third derivative of x**n at n = 2 is 0, at x = 0 too, where 0 * x**-1 would be NaN.

    Against mpmath, with the exponent as a whole number; also away from the root.
    """
    land = landscape(text, n=float(n), coordinates=("x", "y") if "y" in text else ("x",))
    for root in ((-1.0, 1.0) if "1 + x)" in text else (0.0, 0.0), (0.5, -0.7)):
        point = root[: land.dim]
        padded = (*point, 0.0)[:2]
        for order, got in enumerate((land.grad(point), land.hessian(point), land.third(point)), 1):
            for index in itertools.product(range(land.dim), repeat=order):
                orders = (index.count(0), index.count(1))
                exact = partial(lambda x, y: POWERS[text](x, y, n), padded, orders)
                assert float(got[index]) == pytest.approx(float(exact), rel=1e-12, abs=1e-12), index


def test_a_power_of_no_number_is_none() -> None:
    land = landscape("x**n", n=2.0)
    assert np.isnan(land.third(np.nan)).all()
    assert np.isinf(land(n=2.5).third(0.0)).all(), "there the third derivative does not exist"


@pytest.mark.parametrize(
    "formula",
    ["+".join(f"exp(sin({i}*x)*cos({i}*y))" for i in range(1, 60)), "sin(" * 50 + "x" + ")" * 50],
)
def test_what_would_take_long_to_compile_is_refused_before_any_work(
    formula: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Derivation, "_differentiate", None)  # it is not asked for a derivative
    with pytest.raises(ValueError, match=r"calls \d+ different functions .*\(at most 60\)"):
        landscape(formula)


def test_functions_are_counted_with_those_of_their_derivatives() -> None:
    x = sympy.Symbol("x", real=True)
    assert derive.calls(sympy.sin(x) + sympy.cos(x) + sympy.exp(x) * abs(x)) == 3
    assert derive.calls(sympy.sin(sympy.sin(x)) + x**2 + sympy.exp(2)) == 4
