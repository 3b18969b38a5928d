"""What expressions become: powers, products, choices, constants, and sharing between walkers."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy
from mp_oracle import DIGITS, assert_exact, partial

from toylands.formula import Landscape, dial, landscape, sign, sqrt, where
from toylands.formula.codegen import Emitter, kernel_source, shared_parts, turned

pytestmark = pytest.mark.filterwarnings("error")

STEP = 1e-15

# --- powers -----------------------------------------------------------------------------------------

POWERS = [
    (2, 3, 4, 5),
    (7, 16, 31, 64),
    (-1, -2, -3, -64),
    (0.5, 1.5, -0.5, -2.5),
    (Fraction(1, 3), Fraction(-7, 5), 0.1, -1.3),
]


def power_landscape(exponents: tuple[Any, ...]) -> Landscape:
    """The sum of s_j x_j^n_j: its gradient in s_j is the bare power, every other entry a derivative."""
    names = "abcd"
    terms = [f"s{x}*{x}**({n})" for x, n in zip(names, exponents, strict=True)]
    return landscape(" + ".join(terms), coordinates=[*names, *(f"s{x}" for x in names)])


@pytest.mark.parametrize("exponents", POWERS, ids=str)
def test_powers_and_two_derivatives(exponents: tuple[Any, ...]) -> None:
    land = power_landscape(exponents)
    negative = all(isinstance(n, int) for n in exponents)
    for x in (0.37, 1.0, 1.9, *((-1.7, -0.2) if negative else ())):
        theta = np.array([x] * 4 + [1.0] * 4)
        gradient, hessian = land.grad(theta), land.hessian(theta)
        for j, typed in enumerate(exponents):
            with mp.workdps(DIGITS):
                n = (
                    mp.mpf(typed.numerator) / typed.denominator
                    if isinstance(typed, Fraction)
                    else (mp.mpf(typed))
                )
                number = mp.mpf(x)
                exact = (number**n, n * number ** (n - 1), n * (n - 1) * number ** (n - 2))
                moved = [e * (1 + 2e-15 * abs(n)) for e in exact]
            got = (gradient[4 + j], gradient[j], hessian[j, j])
            for order in range(3):
                assert_exact(got[order], exact[order], moved[order], f"({x}**{typed})^({order})")


def test_powers_of_zero() -> None:
    land = power_landscape((1, 2, 3, 0.5))
    zero = np.array([0.0] * 4 + [1.0] * 4)
    np.testing.assert_array_equal(land.grad(zero)[:4], [1, 0, 0, np.inf])
    assert land.loss(zero) == 0
    assert landscape("x**-2").loss(0.0) == np.inf


@pytest.mark.parametrize("text", ["x**0.0 + y", "x**0 + y"])
def test_the_power_zero_is_one(text: str) -> None:
    land = landscape(text, coordinates=("x", "y"))
    assert land.loss((0, 2)) == 3
    np.testing.assert_array_equal(land.grad((0, 2)), (0, 1))


def test_powers_typed_as_floats_are_exact_powers() -> None:
    typed, exact = landscape("x**2.0 + x**0.5 + x**-1.5"), landscape("x**2 + sqrt(x) + x**(-3/2)")
    assert typed.expression == exact.expression
    assert typed.definition.derivation.hessian == exact.definition.derivation.hessian


SYMBOLIC = {
    "x**y": (lambda x, y: x**y, [(0.5, 2.3), (3.0, -1.2), (1.0, 4.0)]),
    "x**y**x": (lambda x, y: x ** (y**x), [(0.5, 2.3), (1.3, 0.4)]),
    "2**x + y": (lambda x, y: mp.mpf(2) ** x + y, [(0.5, 2.3), (-30.0, 1.0)]),
    "(x**2 + 1)**(y/2)": (lambda x, y: (x**2 + 1) ** (y / 2), [(0.5, 2.3), (-2.0, -3.0)]),
    "1/(x*y**3)**2": (lambda x, y: 1 / (x * y**3) ** 2, [(0.5, 2.3), (-2.0, -0.3)]),
    "x/y/(x + y)*3/7": (lambda x, y: x / y / (x + y) * 3 / 7, [(0.5, 2.3), (-2.0, -0.3)]),
    "((x + 1)**64)**2*y": (lambda x, y: (x + 1) ** 128 * y, [(0.01, 2.3), (-0.9, 1e9)]),
    "exp(x*y)*sin(x - y)/sqrt(x**2 + y**2)": (
        lambda x, y: mp.exp(x * y) * mp.sin(x - y) / mp.sqrt(x**2 + y**2),
        [(0.5, 2.3), (-2.0, -0.3)],
    ),
}


TO_THIRD = {"x**y", "1/(x*y**3)**2", "exp(x*y)*sin(x - y)/sqrt(x**2 + y**2)"}


@pytest.mark.parametrize("text", SYMBOLIC)
def test_composed_formulas(text: str) -> None:
    function, points = SYMBOLIC[text]
    land = landscape(text)
    for point in points:
        results = [land.loss(point), land.grad(point), land.hessian(point)]
        if text in TO_THIRD:
            results.append(land.third(point))
        for order, values in enumerate(results):
            for index in itertools.product(range(2), repeat=order):
                wanted = tuple(index.count(j) for j in range(2))
                exact = partial(function, point, wanted)
                near = [p * (1 + STEP * s) for p, s in zip(point, (1, -1), strict=True)]
                moved = partial(function, near, wanted)
                # Terms that cancel round to about 1e-16 of the size of the largest.
                scale = max(abs(float(v)) for v in np.ravel(values))
                moved = moved + mp.mpf(scale) * 2e-15
                assert_exact(values[index], exact, moved, f"{text} {index} at {point}")


# --- numbers ----------------------------------------------------------------------------------------


def test_constants_are_the_nearest_floats() -> None:
    texts = ("2*pi/7", "pi**2", "e/3", "sqrt(2)*sqrt(3)", "1/3", "exp(-1)*log(7)")
    land = landscape(" + ".join(f"x{n}*{text}" for n, text in enumerate(texts)))
    with mp.workdps(DIGITS):
        exact = (
            *(2 * mp.pi / 7, mp.pi**2, mp.e / 3, mp.sqrt(6), mp.mpf(1) / 3),
            mp.exp(-1) * mp.log(7),
        )
        assert land.grad(np.zeros(6)).tolist() == [float(number) for number in exact]


def test_a_constant_that_fits_no_float_is_refused() -> None:
    @landscape()
    def huge(x):
        return x * 10**400

    with pytest.raises(ValueError, match=r"does not fit|fits into a 64-bit float"):
        huge.loss(1.0)


def test_what_cannot_be_compiled_is_named() -> None:
    @landscape()
    def special(x):
        return sympy.gamma(x)

    with pytest.raises(ValueError, match=r"gamma\(x\), which cannot be compiled"):
        special.loss(1.0)


# --- choices ----------------------------------------------------------------------------------------


def test_nested_choices_and_shared_conditions() -> None:
    @landscape(view=((-3, 3), (-3, 3)))
    def steps(x, y):
        inner = where(x < 1, x**2, where(x <= 2, 3 - 2 * x, y * x))
        return inner + where(x < 1, y, -y) + where(y > 0, x, 0) * where(y >= 0, 1, 2)

    def by_hand(x: float, y: float) -> float:
        inner = x**2 if x < 1 else 3 - 2 * x if x <= 2 else y * x
        return inner + (y if x < 1 else -y) + (x if y > 0 else 0) * (1 if y >= 0 else 2)

    grid = np.array(list(itertools.product((-1.0, 0.0, 1.0, 1.5, 2.0, 2.5), (-1.0, 0.0, 1.0))))
    np.testing.assert_array_equal(steps.loss(grid), [by_hand(x, y) for x, y in grid])


def test_thirty_choices_inside_each_other() -> None:
    land = landscape("max(x, " * 20 + "y**2" + ")" * 20)
    assert land.loss((3, 2)) == 4
    assert (
        landscape("".join(f"max({n}*x, " for n in range(1, 25)) + "y" + ")" * 24).loss((2, 1)) == 48
    )


def test_sympy_choices_in_a_python_formula() -> None:
    @landscape()
    def own(x):
        both = sympy.And(x > 0, x < 1)
        return sympy.Piecewise((x**2, both), (-x, sympy.Or(x <= 0, sympy.Ne(x, 5))), (7, True))

    np.testing.assert_array_equal(own.loss([[0.5], [-2.0], [3.0], [5.0]]), [0.25, 2, -3, 7])


# --- parameters: shared by all walkers, or one per walker -------------------------------------------


@landscape(a=dial(1.0, 0, 9), b=dial(2.0, 1, 9), c=dial(0.3, -1, 1))
def mixed(x, y, *, a, b, c):
    """Uses its parameters alone, divided by, as exponents and beside coordinates."""
    return (
        (a - x) ** 2 / b + x**b * y**2 / (a + b) ** 3 + sign(c) * sqrt(a * b) * y**4 + x / (b * y)
    )


def test_shared_and_own_parameters_agree() -> None:
    rng = np.random.default_rng(3)
    theta = rng.uniform(0.5, 2, (40, 2))
    a, b, c = rng.uniform(1, 3, 40), rng.uniform(1, 3, 40), rng.uniform(-1, 1, 40)
    own = mixed(a=a, b=b, c=c)
    for method in ("loss", "grad", "hessian"):
        together = getattr(own, method)(theta)
        one_by_one = [
            getattr(mixed(a=a[i], b=b[i], c=c[i]), method)(theta[i]) for i in range(len(theta))
        ]
        # The shared kernel multiplies with reciprocals that it computes once per block.
        np.testing.assert_allclose(together, one_by_one, rtol=2e-14)


def test_what_only_depends_on_shared_parameters_is_computed_once() -> None:
    derivation = mixed.definition.derivation
    known = derivation.parameter_symbols
    arguments = (
        derivation.symbols,
        [known[n] for n in "abc"],
        [],
        derivation.loss,
        derivation.grad,
    )
    shared, rows = kernel_source(*arguments, shared=True)
    own, _ = kernel_source(*arguments, shared=False)
    assert rows == 3

    def before_the_loop(source: str) -> str:
        return source[: source.index("for i in range(n)")]

    assert "sqrt(" in before_the_loop(shared)
    assert "1.0 / (" in before_the_loop(shared)
    assert "sqrt(" not in before_the_loop(own)
    assert "load(p, 0 * ld)" in shared
    assert "load(p, 0 * ld + i)" in own


def test_common_subexpressions_are_computed_once() -> None:
    derivation = landscape("log(x*y)*sin(x*y) + log(x*y)**2").definition.derivation
    source, _ = kernel_source(
        derivation.symbols, [], [], derivation.loss, derivation.outputs(2), shared=True
    )
    quick, library = source.split("if far > 0.0:")  # once more where an angle is far
    assert (quick.count("log("), quick.count("quick_sin("), quick.count("quick_cos(")) == (1, 1, 1)
    assert (library.count("log("), library.count("sin("), library.count("cos(")) == (1, 1, 1)


def test_no_result_is_negated_after_all() -> None:
    """Rosenbrock's partial derivatives are 2 (x - 1) - 2x p and p, with p = -200 (x^2 - y)."""
    derivation = landscape("(1 - x)**2 + 100*(y - x**2)**2").definition.derivation
    source, _ = kernel_source(derivation.symbols, [], [], None, derivation.outputs(1), shared=True)
    stored = [line for line in source.splitlines() if "store_" in line]
    assert len(stored) == 2
    assert not any("(-1.0 *" in line for line in stored)


@pytest.mark.parametrize(
    "text",
    [
        "(1 - x)**2 + 100*(y - x**2)**2",
        "(1.5 - x + x*y)**2 + (2.25 - x + x*y**2)**2",
        "exp(x*y - y**2) + sin(x*y - y**2)*(x - y)",
        "x**4/4 - x**2/2 + y**2*x",
    ],
)
@pytest.mark.parametrize("order", [1, 2])
def test_shared_parts_put_back_give_the_same_expressions(text: str, order: int) -> None:
    results = landscape(text).definition.derivation.outputs(order)
    parts, reduced = shared_parts(results)
    for symbol, part in reversed(parts):
        reduced = [result.subs(symbol, part) for result in reduced]
    for made, result in zip(reduced, results, strict=True):
        assert sympy.simplify(made - result) == 0


def test_parts_are_turned_everywhere_or_not_at_all() -> None:
    a, b, x = sympy.symbols("a b x", real=True)
    parts, results = turned([(a, 3 * x), (b, 2 * a)], [-a, a * b, b])
    assert parts == [(a, -3 * x), (b, -2 * a)]
    assert results == [a, -a * b, b]
    # As often with the one sign as with the other: nothing to gain.
    same = ([(a, 3 * x)], [-a, a])
    assert turned(*same) == same
    total = ([(a, x + 1)], [-a])  # a sum
    assert turned(*total) == total


def test_a_name_like_a_temporary_is_no_trouble() -> None:
    land = landscape("cse_0*exp(x*y) + exp(x*y)**2 + _0x*x".replace("_0x", "x0"))
    assert land.coordinates == ("cse_0", "x", "x0", "y")
    cse, x, x0, y = theta = (2.0, 0.5, -1.0, 0.25)
    wanted = cse * np.exp(x * y) + np.exp(2 * x * y) + x0 * x
    assert land.loss(theta) == pytest.approx(wanted, rel=1e-15)


def test_the_emitter_refuses_what_it_does_not_know() -> None:
    x = sympy.Symbol("x", real=True)
    emitter = Emitter({x: "x0"}, {x}, {x})
    assert emitter.text(sympy.Integer(2)) == "2.0"
    with pytest.raises(ValueError, match="cannot be compiled"):
        emitter.text(sympy.Function("mystery")(x))
