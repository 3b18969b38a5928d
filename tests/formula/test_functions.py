"""Every function of a formula against mpmath: as an ordinary function, and compiled, to third order."""

from __future__ import annotations

import math

import numpy as np
import pytest
from mp_oracle import FUNCTIONS, assert_exact, derivative

import toylands.formula as formula
from toylands.formula import landscape, maximum_of, minimum_of, where
from toylands.formula.functions import TEXT_FUNCTIONS

pytestmark = pytest.mark.filterwarnings("error")

STEP = 1e-15
CHOOSING = {"max", "min", "where"}
every_function = pytest.mark.parametrize("name", FUNCTIONS)


def test_no_function_is_left_out() -> None:
    assert set(TEXT_FUNCTIONS) == set(FUNCTIONS) | CHOOSING
    public = {getattr(f, "__name__", "") for f in TEXT_FUNCTIONS.values()}
    assert public <= set(formula.__all__)


@every_function
def test_on_numbers(name: str) -> None:
    exact, points = FUNCTIONS[name]
    for x in points:
        moved = derivative(exact, x * (1 + STEP), 0)
        assert_exact(TEXT_FUNCTIONS[name](x), derivative(exact, x, 0), moved, f"{name}({x!r})")


@every_function
def test_compiled_with_three_derivatives(name: str) -> None:
    exact, points = FUNCTIONS[name]
    land = landscape(f"{name}(x)")
    x = np.array(points)[:, None]
    results = (land.loss(x), land.grad(x), land.hessian(x), land.third(x))
    for order, values in enumerate(results):
        # The second derivative of sigmoid is a difference of two sigmoids, which may cancel.
        rounding = 1e-16 if name in ("sigmoid", "softplus") and order > 1 else 0.0
        for at, got in zip(points, values.reshape(-1), strict=True):
            if abs(derivative(exact, at, order)) > 1.7e308:
                assert math.isinf(got)
                continue
            assert_exact(
                got,
                derivative(exact, at, order),
                derivative(exact, at * (1 + STEP), order),
                f"derivative {order} of {name} at {at!r}",
                absolute=rounding if abs(at) < 2 else 0.0,
            )


@every_function
def test_beyond_the_numbers(name: str) -> None:
    """Infinities give limits or NaN, NaN stays NaN, and nothing raises or warns."""
    limits = {
        "exp": (0, math.inf), "log": (math.nan, math.inf), "sqrt": (math.nan, math.inf),
        "sin": (math.nan, math.nan), "cos": (math.nan, math.nan), "tan": (math.nan, math.nan),
        "asin": (math.nan, math.nan), "acos": (math.nan, math.nan),
        "atan": (-math.pi / 2, math.pi / 2), "sinh": (-math.inf, math.inf),
        "cosh": (math.inf, math.inf), "tanh": (-1, 1), "erf": (-1, 1),
        "log1p": (math.nan, math.inf), "expm1": (-1, math.inf), "abs": (math.inf, math.inf),
        "sign": (-1, 1), "softplus": (0, math.inf), "sigmoid": (0, 1), "relu": (0, math.inf),
        "normal_cdf": (0, 1),
    }  # fmt: skip
    ends = (-math.inf, math.inf, math.nan)
    wanted = (*limits[name], math.nan)
    land = landscape(f"{name}(x)")
    np.testing.assert_array_equal(land.loss(np.array(ends)[:, None]), wanted)
    np.testing.assert_array_equal([TEXT_FUNCTIONS[name](x) for x in ends], wanted)
    for method in (land.grad, land.hessian):
        assert method(np.array(ends)[:, None]).size == 3


@pytest.mark.parametrize(
    ("name", "x", "wanted"),
    [
        ("exp", 1000.0, math.inf),
        ("log", 0.0, -math.inf),
        ("log", -1.0, math.nan),
        ("sqrt", -1.0, math.nan),
        ("asin", 2.0, math.nan),
        ("acos", -2.0, math.nan),
        ("log1p", -1.0, -math.inf),
        ("log1p", -2.0, math.nan),
        ("expm1", 1000.0, math.inf),
        ("sinh", -1000.0, -math.inf),
        ("cosh", 1000.0, math.inf),
    ],
)
def test_outside_the_domain(name: str, x: float, wanted: float) -> None:
    """On numbers and compiled, the answer is the same, and nothing is clipped."""
    assert TEXT_FUNCTIONS[name](x) == wanted or (math.isnan(wanted) and math.isnan(TEXT_FUNCTIONS[name](x)))
    np.testing.assert_array_equal(landscape(f"{name}(x)").loss(x), wanted)


def test_kinks_have_a_slope_by_convention_and_no_curvature_by_truth() -> None:
    tip = landscape("abs(x)")
    assert (tip.loss(0), tip.grad(0)) == (0, 0)
    assert np.isnan(tip.hessian(0))
    assert tip.hessian(1e-300) == 0
    hinge = landscape("relu(x)")
    assert (hinge.loss(0.0), hinge.grad(0.0), hinge.hessian(0.0)) == (0, 0, 0)
    step = landscape("sign(x)*y")
    np.testing.assert_array_equal(step.grad((0, 3)), (np.nan, 0))
    np.testing.assert_array_equal(step.grad((-2, 3)), (0, -1))


def test_the_square_of_an_absolute_value_has_no_kink() -> None:
    land = landscape("abs(x - 1)**2 + abs(y)**3")
    np.testing.assert_array_equal(land.hessian((1, 2)), [[2, 0], [0, 12]])


@pytest.mark.parametrize(
    ("text", "at", "slope"),
    [
        ("abs(log(x))", 0.5, -2.0),
        ("abs(softplus(x) - 1)", 0.0, -0.5),
        ("sign(log(x))*x", 0.5, -1.0),
        ("abs(acos(x))", 0.6, -1.25),
        ("abs(sqrt(x) - 2)", 1.0, -0.5),
    ],
)
def test_absolute_values_of_what_may_be_complex_elsewhere(text: str, at: float, slope: float) -> None:
    np.testing.assert_allclose(landscape(text).grad(at), [slope], rtol=1e-15)


def test_choosing_on_numbers() -> None:
    assert maximum_of(2, 3) == maximum_of(3, 2) == 3
    assert minimum_of(2, 3) == minimum_of(3, 2) == 2
    for chosen in (maximum_of, minimum_of):
        assert math.isnan(chosen(math.nan, 1.0))
        assert math.isnan(chosen(1.0, math.nan))
    assert where(2 > 1, 5, 6) == 5
    assert where(2 < 1, 5, 6) == 6


def test_choosing_compiled() -> None:
    land = landscape("max(x, y**2) + 10*min(x, y) + where(x < y, x*y, x - y)")
    for x, y in [(2.0, 1.0), (1.0, 3.0), (-2.0, 0.5), (0.25, 0.2)]:
        wanted = max(x, y**2) + 10 * min(x, y) + (x * y if x < y else x - y)
        assert land.loss((x, y)) == pytest.approx(wanted, rel=1e-15)
        first = np.array((1.0, 0.0) if x >= y**2 else (0.0, 2 * y))
        second = np.array((10.0, 0.0) if x <= y else (0.0, 10.0))
        third = np.array((y, x) if x < y else (1.0, -1.0))
        np.testing.assert_allclose(land.grad((x, y)), first + second + third, rtol=1e-15)
        curvature = [[0, 0], [0, 0 if x >= y**2 else 2]]
        mixed = [[0, 1], [1, 0]] if x < y else [[0, 0], [0, 0]]
        np.testing.assert_array_equal(land.hessian((x, y)), np.add(curvature, mixed))


def test_ties_take_the_slope_of_the_first() -> None:
    np.testing.assert_array_equal(landscape("max(x, y)").grad((1, 1)), (1, 0))
    np.testing.assert_array_equal(landscape("max(y, x)").grad((1, 1)), (0, 1))
    np.testing.assert_array_equal(landscape("min(x, y)").grad((1, 1)), (1, 0))


def test_choosing_lets_nan_through() -> None:
    land = landscape("max(x, 0) + min(0, x)")
    assert np.isnan(land.loss(np.nan))
    assert land.loss(np.inf) == np.inf


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) | CHOOSING))
def test_every_function_says_what_it_is(name: str) -> None:
    function = TEXT_FUNCTIONS[name]
    assert function.__doc__
    assert function.__doc__[0].isupper() or function.__doc__.startswith(("log", "exp", "max"))
