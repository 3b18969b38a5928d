"""Zero or not: decided against rounding errors, whatever the units of the coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import toylands as tl
from toylands.formula import stationary
from toylands.formula.declare import KINDS
from toylands.formula.inertia import inertia

ROUND = 2.0**-52
OPPOSITE = {
    "minimum": "maximum", "maximum": "minimum", "saddle": "saddle", "valley": "ridge",
    "ridge": "valley", "plateau": "plateau",
}  # fmt: skip
SPECTRA = arrays(float, st.integers(1, 5), elements=st.integers(-3, 3).map(float))
MATRICES = arrays(float, (3, 3), elements=st.integers(-3, 3).map(float)).map(lambda a: a + a.T)
UNITS = arrays(float, 3, elements=st.integers(-60, 60).map(lambda k: 10.0**k))


def kind_of(matrix: Any, errors: Any = None) -> str:
    matrix = np.array(matrix, dtype=float)
    errors = ROUND * np.abs(matrix) if errors is None else np.array(errors, dtype=float)
    return inertia(matrix[None], errors[None]).kinds[0]


@pytest.mark.parametrize(
    ("eigenvalues", "kind"),
    [
        ((1, 2), "minimum"),
        ((-1, 2), "saddle"),
        ((-1, 0, 2), "saddle"),
        ((-3, -2), "maximum"),
        ((0, 2), "valley"),
        ((-3, 0), "ridge"),
        ((0, 0), "plateau"),
        ((1e-13, -1e-13), "saddle"),
        ((1e-300, 1e300), "minimum"),
        ((7,), "minimum"),
        ((0,), "plateau"),
    ],
)
def test_kinds_by_the_signs_of_eigenvalues(eigenvalues: Any, kind: str) -> None:
    assert kind_of(np.diag(eigenvalues)) == kind


@given(SPECTRA, st.floats(1e-200, 1e200))
def test_a_kind_depends_on_signs_alone(eigenvalues: np.ndarray, scale: float) -> None:
    kind = kind_of(np.diag(eigenvalues))
    assert kind in KINDS
    assert kind_of(scale * np.diag(eigenvalues[::-1])) == kind
    assert kind_of(np.diag(-eigenvalues)) == OPPOSITE[kind]


@given(MATRICES, UNITS)
def test_the_units_of_the_coordinates_do_not_matter(matrix: np.ndarray, units: np.ndarray) -> None:
    scaled = units[:, None] * matrix * units
    assert kind_of(scaled) == kind_of(matrix)


@settings(max_examples=50)
@given(MATRICES, arrays(float, (3, 3), elements=st.floats(0, 2)), st.integers(0, 9))
def test_signs_are_certain(matrix: np.ndarray, errors: np.ndarray, seed: int) -> None:
    """No matrix within the errors has fewer positive or negative eigenvalues."""
    errors = errors + errors.T
    signs = inertia(matrix[None], errors[None])
    shift = np.random.default_rng(seed).uniform(-1, 1, (20, 3, 3))
    shift = np.sign(shift + shift.transpose(0, 2, 1)) * errors
    values = np.linalg.eigvalsh(matrix + shift)
    assert ((values > -1e-12).sum(axis=1) >= signs.positive).all()
    assert ((values < 1e-12).sum(axis=1) >= signs.negative).all()


def test_a_vanished_curvature_beside_a_certain_one_hides_nothing() -> None:
    """The first row is nothing but error; the coupling of the other two is not."""
    matrix, errors = np.diag([4.0, 1e-17, 0.0]), np.full((3, 3), 1e-17)
    matrix[1, 2] = matrix[2, 1] = 1e-3
    signs = inertia(matrix[None], errors[None])
    assert (signs.positive[0], signs.negative[0], signs.flat[0]) == (2, 1, 0)
    assert inertia(matrix[None], np.full((1, 3, 3), np.inf)).kinds == ["plateau"]


FORMULAS = (
    "(x**2 + y**2 - 1)**2/2",
    "exp(x*y) - exp(-x)*cos(3*y) + tanh(x - y)",
    "sqrt(1 + x**2 + y**4) - log(2 + x*y)/(3 + x**2)",
    "log1p(exp(3*x)) + softplus(x - y) + 0.1*(1e4 + x - y)**3 - abs(x)**2.5",
    "where(x < y, (x + 1e5)**2 - x**2, max(x*y, x)**2) + erf(x)*normal_cdf(y)",
)


@pytest.mark.parametrize("formula", FORMULAS)
def test_errors_are_bounded(formula: str) -> None:
    """Against the derivatives of the same formula in 50 digits."""
    land = tl.landscape(formula)
    points = np.random.default_rng(3).uniform(-1, 1, (5, 2)) + 0.05
    bounds = stationary.errors(land, points, 2, np.zeros(points.shape))
    entries = sympy.Matrix(land.definition.derivation.hessian)
    hessian = land.hessian(points)
    for point, found, bound in zip(points, hessian, bounds, strict=True):
        place = dict(
            zip(land.definition.derivation.symbols, map(sympy.Rational, point), strict=True)
        )
        exact = entries.subs(place)
        for i, j in ((0, 0), (0, 1), (1, 1)):
            off = abs(float(exact[i, j].evalf(50) - sympy.Rational(found[i, j])))
            assert off <= bound[i, j] <= 1e-9 * max(1.0, abs(found[i, j]))


MISRA = (
    (77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0),
    (10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78),
)  # fmt: skip
#: NIST's Statistical Reference Datasets, nonlinear regression: model, x, y, certified parameters and
#: residual sum of squares
NIST = {
    "Misra1a": ("a*(1 - exp(-b*x))", *MISRA, (2.3894212918e02, 5.5015643181e-04), 1.2455138894e-01),
    "Misra1b": ("a*(1 - (1 + b*x/2)**(-2))", *MISRA, (3.3799746163e02, 3.9039091287e-04), 7.5464681533e-02),
    "Misra1c": ("a*(1 - (1 + 2*b*x)**(-0.5))", *MISRA, (6.3642725809e02, 2.0813627256e-04), 4.0966836971e-02),
    "Misra1d": ("a*b*x/(1 + b*x)", *MISRA, (4.3736970754e02, 3.0227324449e-04), 5.6419295283e-02),
    "DanWood": (
        "a*x**b", (1.309, 1.471, 1.490, 1.565, 1.611, 1.680), (2.138, 3.421, 3.597, 4.340, 4.882, 5.660),
        (7.6886226176e-01, 3.8604055871e00), 4.3173084083e-03,
    ),
    "BoxBOD": (
        "a*(1 - exp(-b*x))", (1, 2, 3, 5, 7, 10), (109, 149, 149, 191, 213, 224),
        (2.1380940889e02, 5.4723748542e-01), 1.1680088766e03,
    ),
    "Rat42": (
        "a/(1 + exp(b - c*x))", (9, 14, 21, 28, 42, 57, 63, 70, 79),
        (8.93, 10.8, 18.59, 22.33, 39.35, 56.11, 61.73, 64.62, 67.08),
        (7.2462237576e01, 2.6180768402e00, 6.7359200066e-02), 8.0565229338e00,
    ),
    "MGH09": (
        "a*(x**2 + x*b)/(x**2 + x*c + d)", (4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625),
        (0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246),
        (1.9280693458e-01, 1.9128232873e-01, 1.2305650693e-01, 1.3606233068e-01), 3.0750560385e-04,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NIST)
def test_published_regressions_have_strict_minima(name: str) -> None:
    model, x, y, certified, squares = NIST[name]
    land = tl.landscape(f"({model} - y)**2", data={"x": x, "y": y})
    best = land.refine(certified)
    np.testing.assert_allclose(best, certified, rtol=1e-9)
    assert float(land.loss(best)) * len(x) == pytest.approx(squares, rel=1e-9)
    found = land.critical_point(best)
    assert (found.kind, found.flat, found.index) == ("minimum", 0, 0)
    assert found.eigenvalues[0] > 0


def test_steep_and_gentle_directions() -> None:
    assert tl.landscapes.ravine(kappa=1e9).classify((0, 0)) == "minimum"
    off_centre = tl.landscapes.regression(x=(300, 301, 302), y=(1.0, 2.0, 2.5))
    (best,) = off_centre.critical_points
    assert best.kind == "minimum"
    np.testing.assert_allclose(
        best.point, np.polyfit([-1, 0, 1], [1, 2, 2.5], 1) @ [[1, -301], [0, 1]]
    )
    assert tl.landscapes.regression(x=(300, 300, 300), y=(1.0, 2.0, 2.5)).minima[0].kind == "valley"
    faint = tl.landscape("1e-13*(x**2 - y**2)")
    assert faint.classify((0, 0)) == "saddle"
    assert tl.landscape("(a + b - c)*x**2", a=0.1, b=0.2, c=0.3).hessian(0) > 0
    assert tl.landscape("(a + b - c)*x**2", a=0.1, b=0.2, c=0.3).classify(0) == "plateau"


@pytest.mark.parametrize("s", [1e-6, 1.0, 1e6])
def test_newton_finds_the_end_of_a_very_narrow_valley_in_any_unit(s: float) -> None:
    banana = tl.landscape("(1 - s*x)**2 + 1e10*(y - (s*x)**2)**2", s=s)
    best = banana.refine((1.01 / s, 1.02))
    np.testing.assert_allclose(best * (s, 1), (1, 1), rtol=1e-15)
    assert banana.classify(best) == "minimum"


def test_what_is_flat_stays_flat() -> None:
    turn = np.linspace(0, 2 * np.pi, 25)
    ring = tl.landscapes.circle_valley
    assert {ring.classify((np.cos(a), np.sin(a))) for a in turn} == {"valley"}
    product = tl.landscape("(u*v - 1)**2/2")
    assert {product.classify((a, 1 / a)) for a in (1, 3, 1 / 7, 49, 1e3, 1e-5)} == {"valley"}
    assert tl.landscape("x**4 + y**2").classify((0, 0)) == "valley"
    assert tl.landscape("x**4").classify(1e-9) == "plateau"
    assert tl.landscape("x**3").classify(1e-9) == "plateau"
    dead = tl.networks.mlp([1, 2, 1], "relu", data=tl.networks.regression_curve(8))
    theta = np.where(np.arange(dead.dim) < 4, -1.0, 0.0)
    assert dead.critical_point(theta).flat >= 4
