"""Only arithmetic gets through: every other syntax, name, number or size is refused, and quickly."""

from __future__ import annotations

import time
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toylands.formula import landscape
from toylands.formula.functions import TEXT_FUNCTIONS
from toylands.formula.parse import MAX_DEPTH, MAX_LENGTH, MAX_NODES, names_in, read

pytestmark = pytest.mark.filterwarnings("error")


def nest(function: str, times: int, inside: str = "x") -> str:
    return (function + "(") * times + inside + ")" * times


def refused(text: Any, words: str, error: type[Exception] = ValueError) -> None:
    """The text is refused in these words, in less than a second of processor time."""
    began = time.process_time()
    with pytest.raises(error, match=words) as caught:
        landscape(text)
    assert type(caught.value) is error
    assert len(str(caught.value)) < 500
    assert time.process_time() - began < 1


SYNTAX = {
    "x.real": r"may not contain 'x\.real'",
    "x.__class__": r"may not contain 'x\.__class__'",
    "x + __class__": "the name '__class__': names start with a letter",
    "_x**2": "the name '_x'",
    "__import__('os').system('x')": "may not contain",
    "__import__('os')": "unknown function '__import__'",
    "import os": "not readable",
    "x; y": "not readable at '; y'",
    "(lambda: x)()": "may not contain '\\(lambda: x\\)\\(\\)'",
    "lambda x: x": "may not contain 'lambda x: x'",
    "[x for x in y]": "may not contain",
    "exp(z for z in x)": "may not contain",
    "sum(x for x in y)": "unknown function 'sum'",
    "{x: y}": "may not contain '{x: y}'",
    "{x}": "may not contain '{x}'",
    "[x, y]": "may not contain",
    "x, y": "may not contain 'x, y'",
    "f'{x}'": "may not contain",
    "'abc' + x": r"may not contain \"'abc'\", only real numbers",
    "(y := x)": "may not contain 'y := x'",
    "x = y": r"not readable at '= y'.*right of the = sign",
    "x[0]": r"may not contain 'x\[0\]'",
    "x[0:1]": "may not contain",
    "*x": "not readable|may not contain",
    "exp(*x)": "may not contain",
    "exp(x=1)": "exp takes 1 value without names",
    "exp(x, y)": r"exp takes 1 value without names, got 2 in 'exp\(x, y\)'",
    "exp() + x": "exp takes 1 value without names, got 0",
    "max(x) + y": "max takes 2 values without names, got 1",
    "where(x > 0, x)": "where takes 3 values without names, got 2",
    "exp(x)(y)": "may not contain",
    "x if x > 0 else y": r"Write where\(condition, yes, no\) for a choice",
    "x > 0 and y": r"Write where\(condition, yes, no\)",
    "not x": "may not contain 'not x'",
    "~x": "may not contain '~x'",
    "await x": "may not contain|not readable",
    "yield x": "may not contain|not readable",
    "x // 2": "may not use the operator in 'x // 2'",
    "x % 2": "may not use the operator",
    "x @ y": "may not use the operator",
    "x | y": "may not use the operator",
    "x << 2": "may not use the operator",
    "x == 1": "may not contain 'x == 1'",
    "x > 0": "may not contain 'x > 0'",
    "x + (x > 0)": "may not contain 'x > 0'",
    "where(x, 1, 2)": "needs a comparison such as x < 1 as its condition, got 'x'",
    "where(x > 0 and y > 0, 1, 2)": "needs a comparison .* got 'x > 0 and y > 0'",
    "where(0 < x < 1, x, 2)": "the condition '0 < x < 1' must compare two values with <, <=, > or",
    "where(x == 1, x, 2)": "must compare two values",
    "where(x is y, x, 2)": "must compare two values",
    "where(x in y, x, 2)": "must compare two values",
    "where((x > 0) > 1, x, 2)": "may not contain 'x > 0'",
}


@pytest.mark.parametrize("text", SYNTAX)
def test_only_arithmetic_is_read(text: str) -> None:
    refused(text, SYNTAX[text])


NUMBERS = {
    "x + 1j": "may not contain '1j', only real numbers",
    "x + True": "may not contain 'True', only real numbers",
    "x + None": "only real numbers",
    "x + ...": "only real numbers",
    "x*1e400": "the number '1e400' is too large",
    "x*1e101": "the number '1e101' is too large",
    "x*" + "9" * 4000: "is too large",
    "x*" + "9" * 5000: "not readable",
    "x*0x" + "f" * 10_000: "is too large",
    "x + inf": "may not contain 'inf', only finite numbers",
    "x*nan": "may not contain 'nan', only finite numbers",
    "x + 9**9**9": r"the power '9\*\*9\*\*9' is too large: exponents up to 64",
    "x**9**9**9": "is too large",
    "x + (9**9)**9**9": "exponents up to 64",
    "x**65": r"the power 'x\*\*65' is too large",
    "x**-65": "is too large",
    "x^65": "is too large",
    "x**(32 + 33)": "is too large",
    "x**64.5": "is too large",
    "x + (9**64)**64": r"the number '\(9\*\*64\)\*\*64' is too large",
    "x + (1/9**60)**60": "is too small",
    "x*1e99*1e99": r"the number 'x\*1e99\*1e99' is too large",
    "(1e90*x)**64": "does not fit into a 64-bit float",
    "x + sqrt(-1)": r"'sqrt\(-1\)' in the formula is not a real number",
    "x*(-8)**0.5": r"'\(-8\)\*\*0.5' in the formula is not a real number",
    "x + log(-1)": "is not a real number",
    "x*acos(2)": "is not a real number",
    "x + log(0)": r"the number 'log\(0\)' is too large",
    "x + exp(1000)": r"the number 'exp\(1000\)' is too large",
    "x + exp(exp(exp(exp(5))))": "is too large",
    "x**exp(exp(100))": "is too large",
    "x/0": "divides by zero: by '0'",
    "1/0 + x": "divides by zero: by '0'",
    "x/(1 - 1)": "divides by zero: by '1 - 1'",
    "x + 1/(x - x)": "divides by zero: by 'x - x'",
    "x + 0**-1": "is too large",
    "0**x": "the gradient is not real",
    "(-2)**x": "the gradient is not real",
}


@pytest.mark.parametrize("text", NUMBERS, ids=lambda text: text[:30])
def test_numbers_are_real_and_of_reasonable_size(text: str) -> None:
    refused(text, NUMBERS[text])


WORDS = {
    "sine(x)": "unknown function 'sine' in the formula; it knows abs, acos.*Did you mean 'sin'",
    "SQRT(x)": "Did you mean 'sqrt'",
    "arctan(x)": r"Write atan\(x\)",
    "foo(x)": r"unknown function 'foo'.*Write foo\*\(\.\.\.\) for a product",
    "x(y + 1)": r"unknown function 'x'.*Write x\*\(\.\.\.\) for a product",
    "(x + 1)(y - 1)": "may not contain.*a product needs a \\*",
    "2(x)": "a product needs a \\*",
    "2x": r"not readable.*Write 2\*x for a product",
    "x + 3 y": r"not readable.*Write 3\*y for a product",
    "sin + x": r"sin is a function: write sin\(\.\.\.\)",
    "sin(x) + sin": "sin is a function",
    "exp": "exp is a function",
    "x²": r"not readable at '²'\. Write \*\*2 instead of ²",
    "x×y": r"Write \* instead of ×",
    "x − 1": "Write - instead of −",
    "y = x**2": "Write only what stands to the right of the = sign",
    "x +\n y": "not readable",
    "x\0": "not readable|without meaning",
    "x + ": "not readable",
    "(x": "not readable",
    "1or x": "not readable",
    r"x + '\d'": "not readable|only real numbers",
    "": "'' is empty; expected text such as 'x",
    "  \n ": "is empty",
    "3": "'3' is a constant: it has no coordinate",
    "pi*2 + e": "is a constant",
}


@pytest.mark.parametrize("text", WORDS)
def test_mistakes_are_explained(text: str) -> None:
    refused(text, WORDS[text])


@pytest.mark.parametrize("value", [3, 2.5, b"x", ["x"], ("x",), {"x": 1}])
def test_a_formula_is_text(value: Any) -> None:
    refused(value, "a formula is text such as", TypeError)


HUGE = {
    "10,000 terms": "+".join(["x"] * 10_000),
    "10,000 different terms": " + ".join(f"{n}*x" for n in range(10_000)),
    "700 terms": "+".join(["x"] * 700),
    "700 factors": "*".join(["x"] * 700),
    "1,000 brackets": "(" * 1000 + "x" + ")" * 1000,
    "1,500 minus signs": "-" * 1500 + "x",
    "10,000 minus signs": "-" * 10_000 + "x",
    "a tower of powers": "**".join(["x"] * 200),
    "61 functions inside each other": nest("sin", 61),
    "500 functions inside each other": nest("abs", 500),
    "a product of 60 sums": "*".join(f"(x + {n}*y + z)" for n in range(60)),
    "40 sigmoids inside each other": nest("sigmoid", 40),
    "30 sums divided by each other": "/".join(f"(x + {n}*y + 1)" for n in range(30)),
    "23 coordinates": "+".join(f"x{n}**2" for n in range(23)),
    "100 waves": "+".join(f"sin({n}*x + y)*exp(-{n}*x*y)" for n in range(1, 100)),
    "too long": "x + " * (MAX_LENGTH // 4) + "x",
}


@pytest.mark.parametrize("what", HUGE)
def test_what_would_take_too_long_is_refused(what: str) -> None:
    began = time.process_time()
    with pytest.raises(
        ValueError, match=r"too large|too deeply|more than|at most|too many"
    ) as caught:
        landscape(HUGE[what])
    assert time.process_time() - began < 3
    assert len(str(caught.value)) < 500


HEAVY = {
    "exp": nest("exp", 30, "-x"),
    "tan": nest("tan", 20),
    "sigmoid": nest("sigmoid", 15),
    "abs": nest("abs", 50),
    "choices": "max(x, " * 20 + "y" + ")" * 20,
    "powers": "((x + 1)**64)**64 + x**y**x",
    "product": "*".join(f"(x + {n}*y)" for n in range(8)),
    "sums": "+".join(f"{n}*x**{n % 7 + 1}*y**{n % 3}" for n in range(1, 90)),
    "brackets": "(" * 150 + "x" + ")" * 150,
}


@pytest.mark.parametrize("what", HEAVY)
def test_what_is_heavy_is_compiled_within_seconds(what: str) -> None:
    began = time.process_time()
    land = landscape(HEAVY[what])
    assert land.hessian([0.1] * land.dim).shape == (land.dim, land.dim)
    assert time.process_time() - began < 5


def test_limits_are_as_documented() -> None:
    assert read("+".join(["x"] * 300))
    assert read(nest("sin", MAX_DEPTH - 2))
    with pytest.raises(ValueError, match=f"more than {MAX_NODES:,} parts"):
        read("+".join(["x"] * (MAX_NODES // 3)))
    with pytest.raises(ValueError, match=f"at most {MAX_DEPTH} functions"):
        read(nest("sin", MAX_DEPTH))


# --- what is read, is read rightly ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("x^2 + y^3^2", "x**2 + y**(3**2)"),
        ("-x**2", "-(x**2)"),
        ("x - y - z + 2", "((x - y) - z) + 2"),
        ("x/y/z*2", "((x/y)/z)*2"),
        ("x - (y - z)", "x - y + z"),
        ("x/(y/z)", "x*z/y"),
        ("+x - -y", "x + y"),
        ("2**-1*x", "x/2"),
        ("x*1_000 + 0x10 + 1e-3", "1000*x + 16 + 0.001"),
        ("π*x + e", "pi*x + e"),
        ("x**2  # a comment", "x**2"),
        (" x ** 2 ", "x**2"),
        ("where(1 < 2, x, y)", "x + 0*y"),
        ("max(2, 1)*x", "2*x"),
    ],
)
def test_reading(text: str, same: str) -> None:
    names = [name for name in "xyz" if name in text]
    assert (
        landscape(text, coordinates=names).expression
        == landscape(same, coordinates=names).expression
    )


def test_unicode_names() -> None:
    land = landscape("α**2 + β_1*x")
    assert land.coordinates == ("x", "α", "β_1")
    assert land.loss((2, 3, 5)) == 19


def test_names() -> None:
    assert names_in(read("sin(b*x) + pi*e + where(t < 1, a, max(x, b))")) == ["a", "b", "t", "x"]
    # Names that mean something to SymPy mean nothing here.
    assert landscape("I + S + N*E + O*Q").coordinates == ("E", "I", "N", "O", "Q", "S")


ATOMS = st.sampled_from(["x", "y", "2", "0.5", "pi"])


def grown(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(inside, st.sampled_from("+-*"), inside)
    unary = sorted(
        set(TEXT_FUNCTIONS) & {"sin", "cos", "tanh", "atan", "sigmoid", "softplus", "abs"}
    )
    calls = st.tuples(st.sampled_from(unary), inside)
    return pairs.map(lambda p: f"({p[0]} {p[1]} {p[2]})") | calls.map(lambda c: f"{c[0]}({c[1]})")


@given(st.recursive(ATOMS, grown, max_leaves=8))
def test_a_formula_means_what_python_means(text: str) -> None:
    """Read back as numbers by Python itself, the expression has the same value."""
    formula = f"{text} + x*y"
    land = landscape(formula, coordinates=("x", "y"))
    values = {"x": 0.3, "y": -1.7}
    scope = {**TEXT_FUNCTIONS, "pi": 3.141592653589793, **values}
    wanted = eval(formula, {"__builtins__": {}}, scope)
    expression = land.expression
    exact = expression.subs({s: values[s.name] for s in expression.free_symbols})
    assert float(exact.evalf(20)) == pytest.approx(wanted, rel=1e-9, abs=1e-9)


@given(st.text(alphabet="xy()+-*/^.,0123456789e<>=[]{}'\"_ :\\~!@sinwhere", max_size=25))
def test_any_text_is_a_landscape_or_a_clear_error(text: str) -> None:
    refusal = ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            assert landscape(text).dim >= 1
        except ValueError as error:
            refusal = str(error)
    assert refusal == "" or 20 < len(refusal) < 500
