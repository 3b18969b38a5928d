"""LaTeX of the formula, its gradient and its Hessian: names, data, kinks, and bounded time."""

from __future__ import annotations

import cProfile
import pstats
import time

import pytest
import sympy

import toylands.landscapes
from toylands.formula import Landscape, dial, landscape, log, maximum_of
from toylands.formula.latex import MAX_TERMS, tidy

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("x**2/2 + y", r"\frac{x^{2}}{2} + y"),
        ("alpha*x", r"\alpha x"),
        ("kappa*w_1*w_2 + w3", r"\kappa w_{1} w_{2} + w_{3}"),
        ("beta1*x", r"\beta_{1} x"),
        ("x_max*y", r"x_{max} y"),
        ("depth*x", r"\mathrm{depth} x"),
        ("cos(2*pi*x)", r"\cos{\left(2 \pi x \right)}"),
        ("e**x", "e^{x}"),
        ("abs(x - 1)", r"\left|{x - 1}\right|"),
        ("abs(x)**3", r"\left|{x}\right|^{3}"),
        ("max(x, y)", r"\max\left(x, y\right)"),
        ("min(x, y)**2", r"\min^{2}\left(x, y\right)"),
        ("sigmoid(x)", r"\sigma\left(x\right)"),
        ("softplus(x)**2", r"\operatorname{softplus}^{2}\left(x\right)"),
        ("relu(x)", r"\operatorname{relu}\left(x\right)"),
        ("normal_cdf(x)", r"\Phi\left(x\right)"),
        ("tanh(x)", r"\tanh\left(x\right)"),
        ("sign(x)", r"\operatorname{sign}\left(x\right)"),
        ("expm1(x)", r"\left(e^{x} - 1\right)"),
        ("expm1(x)**2", r"\left(e^{x} - 1\right)^{2}"),
        ("log1p(x)", r"\log{\left(x + 1 \right)}"),
        ("x**2.0", "x^{2}"),
        (
            "where(x < 1, x, y)",
            r"\begin{cases} x & \text{for}\: x < 1 \\y & \text{otherwise} \end{cases}",
        ),
    ],
)
def test_formulas_as_they_are_typeset(text: str, latex: str) -> None:
    assert landscape(text).latex.loss == latex


def test_gradient_and_hessian() -> None:
    land = landscape("k*x**2*y + sin(y)", k=2)
    assert land.latex.grad == (
        r"\left[\begin{matrix}2 k x y\\k x^{2} + \cos{\left(y \right)}\end{matrix}\right]"
    )
    assert land.latex.hessian == (
        r"\left[\begin{matrix}2 k y & 2 k x\\2 k x & - \sin{\left(y \right)}\end{matrix}\right]"
    )
    assert repr(land.latex) == f"Latex(loss={land.latex.loss!r})"


def test_pi_survives_the_floats_of_a_python_formula() -> None:
    from toylands.formula import cos, pi

    @landscape(a=dial(1, 0, 2))
    def waves(x, *, a):
        return a * (1 - cos(2 * pi * x)) / pi

    assert waves.latex.loss == r"\frac{a \left(1 - \cos{\left(2 \pi x \right)}\right)}{\pi}"


@landscape(data={"x1": (1.0, 2.0), "y": (1.0, 0.0)}, c=dial(1, 0, 2))
def fit(w_1, alpha, *, x1, y, c):
    return -c * y * log(w_1 * x1 + alpha)


def test_data_columns_get_the_index_of_the_sample() -> None:
    mean = r"\frac{1}{N} \sum_{i=1}^{N} "
    inside = r"\alpha + w_{1} x_{1,i}"
    assert fit.latex.loss == mean + rf"\left(- c y_{{i}} \log{{\left({inside} \right)}}\right)"
    assert fit.latex.grad == mean + (
        rf"\left[\begin{{matrix}}- \frac{{c x_{{1,i}} y_{{i}}}}{{{inside}}}\\"
        rf"- \frac{{c y_{{i}}}}{{{inside}}}\end{{matrix}}\right]"
    )
    assert landscape("x*t", data={"t": (1, 2)}).latex.loss == mean + "t_{i} x"
    assert landscape("x + t", data={"t": (1, 2)}).latex.loss == mean + r"\left(t_{i} + x\right)"


def test_what_exists_at_a_kink_only_is_left_out() -> None:
    land = landscape("abs(x)*y + x**2")
    assert land.latex.hessian == (
        r"\left[\begin{matrix}2 & \operatorname{sign}\left(x\right)\\"
        r"\operatorname{sign}\left(x\right) & 0\end{matrix}\right]"
    )


def test_maxima_differentiate_to_cases() -> None:
    @landscape()
    def roof(x, y):
        return maximum_of(x**2, y)

    assert roof.latex.grad.count(r"x^{2} \geq y") == 2


def test_tidy_keeps_the_value() -> None:
    x, y = sympy.symbols("x y", real=True)
    for expression in ((x - y) ** 3 * (x + y) - x**4, sympy.sin(x) * y + sympy.sin(x) * x, x * y):
        assert sympy.simplify(tidy(expression) - expression) == 0


def test_only_short_polynomials_are_expanded() -> None:
    x, y, z = sympy.symbols("x y z", real=True)
    assert tidy((x + 1) ** 2 - x**2) == 2 * x + 1
    began = time.process_time()
    assert tidy((x + y + z) ** 60 * (x - y) ** 60).count_ops() < MAX_TERMS
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "land",
    [
        *(toylands.landscapes.get(name) for name in ("ackley", "convolution_filters", "drop_wave")),
        landscape("sigmoid(" * 20 + "x" + ")" * 20),
        landscape("*".join(f"(x + {n}*y + z)" for n in range(8))),
        landscape("+".join(f"sin({n}*x*y)" for n in range(1, 30))),
    ],
    ids=lambda land: land.name,
)
def test_typesetting_takes_no_time_to_speak_of(land: Landscape) -> None:
    _ = land.definition.derivation.hessian
    with (
        cProfile.Profile() as work
    ):  # seconds would depend on the machine and on who else is at work
        assert land.latex.loss
        assert land.latex.grad
        assert land.latex.hessian
    assert pstats.Stats(work).total_calls < 8_000_000


def test_a_derivative_that_would_fill_pages_is_shown_by_its_name() -> None:
    latex = landscape("sigmoid(" * 20 + "x" + ")" * 20).latex.hessian
    assert (
        latex == r"\left[\begin{matrix}\frac{d^{2}}{d x^{2}} L{\left(x \right)}\end{matrix}\right]"
    )


def test_a_notebook_shows_the_formula() -> None:
    shown = landscape("k*x**2", k=3)._repr_markdown_()
    assert shown == "**landscape(k=3)**: The formula k*x**2.\n\n$$L(x) = k x^{2}$$"


def test_a_name_is_not_read_as_mathematics() -> None:
    names = ("x__y", "xabs", "xprime", "xhat", "theta_1", "w12")
    shown = [landscape(f"({name})**3").latex.loss for name in names]
    assert shown == [
        r"\mathrm{x\_\_y}^{3}",
        r"\mathrm{xabs}^{3}",
        r"\mathrm{xprime}^{3}",
        r"\mathrm{xhat}^{3}",
        r"\theta_{1}^{3}",
        "w_{12}^{3}",
    ]
