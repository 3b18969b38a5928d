"""Every function of a formula against mpmath: as an ordinary function, and compiled, to third order."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from mp_oracle import FUNCTIONS, assert_exact, partial

import toylands.formula as formula
from toylands.formula import Landscape, landscape, maximum_of, minimum_of, where
from toylands.formula.functions import TEXT_FUNCTIONS

pytestmark = pytest.mark.filterwarnings("error")

STEP = 1e-15
CHOOSING = {"max", "min", "where"}
every_function = pytest.mark.parametrize("name", FUNCTIONS)


def batched(names: Iterable[str], size: int) -> list[tuple[str, ...]]:
    listed = list(names)
    return [tuple(listed[n : n + size]) for n in range(0, len(listed), size)]


def test_no_function_is_left_out() -> None:
    assert set(TEXT_FUNCTIONS) == set(FUNCTIONS) | CHOOSING
    public = {getattr(f, "__name__", "") for f in TEXT_FUNCTIONS.values()}
    assert public <= set(formula.__all__)


@every_function
def test_the_oracle_agrees_with_numerical_differentiation(name: str) -> None:
    known = FUNCTIONS[name]
    for x in (x for x in known.points if 0.2 < abs(x) < 4):
        for order in (1, 2, 3):
            measured = partial(known.function, (x,), (order,))
            assert mp.almosteq(known.exact(x, order), measured, 1e-20, 1e-20)


@every_function
def test_on_numbers(name: str) -> None:
    known = FUNCTIONS[name]
    for x in known.points:
        moved = known.exact(x * (1 + STEP), 0)
        assert_exact(TEXT_FUNCTIONS[name](x), known.exact(x, 0), moved, f"{name}({x!r})")


@functools.cache
def compiled(name: str) -> Landscape:
    return landscape(f"{name}(x)")


def points(names: Sequence[str]) -> np.ndarray:
    """The points of several functions side by side; the last is repeated where there are fewer."""
    longest = max(len(FUNCTIONS[name].points) for name in names)
    columns = [[*FUNCTIONS[name].points] for name in names]
    return np.array([c + c[-1:] * (longest - len(c)) for c in columns]).T


@pytest.mark.parametrize("names", batched(FUNCTIONS, 3), ids="-".join)
def test_compiled_with_three_derivatives(names: Sequence[str]) -> None:
    """Three functions of one coordinate each are added: derivatives then stay apart, values too."""
    letters = "xyz"[: len(names)]
    terms = [f"{name}({letter})" for name, letter in zip(names, letters, strict=True)]
    land, theta = landscape(" + ".join(terms)), points(names)
    every = np.arange(len(names))
    results = (
        np.stack(
            [compiled(name).loss(x[:, None]) for name, x in zip(names, theta.T, strict=True)], -1
        ),
        land.grad(theta),
        land.hessian(theta)[:, every, every],
        land.third(theta)[:, every, every, every],
    )
    for order, values in enumerate(results):
        for (i, j), got in np.ndenumerate(values):
            at = float(theta[i, j])
            assert_exact(
                got,
                FUNCTIONS[names[j]].exact(at, order),
                FUNCTIONS[names[j]].exact(at * (1 + STEP), order),
                f"derivative {order} of {names[j]} at {at!r}",
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
    land = compiled(name)
    np.testing.assert_array_equal(land.loss(np.array(ends)[:, None]), wanted)
    np.testing.assert_array_equal([TEXT_FUNCTIONS[name](x) for x in ends], wanted)


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
    np.testing.assert_array_equal(TEXT_FUNCTIONS[name](x), wanted)
    np.testing.assert_array_equal(compiled(name).loss(x), wanted)


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
def test_absolute_values_of_what_may_be_complex_elsewhere(
    text: str, at: float, slope: float
) -> None:
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
    for text in ("max(x, 0)", "max(0, x)", "min(x, 0)", "min(0, x)"):
        assert np.isnan(landscape(text).loss(np.nan)), text
    assert landscape("max(x, 0)").loss(np.inf) == np.inf


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) | CHOOSING))
def test_every_function_says_what_it_is(name: str) -> None:
    function = TEXT_FUNCTIONS[name]
    assert function.__doc__
    assert function.__doc__[0].isupper() or function.__doc__.startswith(("log", "exp", "max"))


@pytest.mark.parametrize(
    "call",
    [
        lambda: formula.exp("a"),
        lambda: formula.sqrt("1"),
        lambda: formula.log([1, 2]),
        lambda: formula.maximum_of("a", 1),
        lambda: formula.where("a", 1, 2),
        lambda: formula.where(True, "a", 2),
    ],
)
def test_what_is_no_number_is_named(call: Callable[[], Any]) -> None:
    with pytest.raises(TypeError, match=r"^\w+: ('a'|'1'|\[1, 2\]) must be"):
        call()
