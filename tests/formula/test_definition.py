"""A definition is checked part by part, before anything is computed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from toylands.formula import Landscape, dial, landscape, minimum

pytestmark = pytest.mark.filterwarnings("error")

DIAL = dial(1, 0, 2)


def product(**options: Any) -> Landscape:
    @landscape(**options)
    def product(x, y, *, a):
        """A product.

        It has a saddle.
        """
        return a * x * y

    return product


def test_what_a_landscape_knows_of_itself() -> None:
    land = product(
        view=((-1, 2), (0, 3)), start=(0, 1), source="a book", tags=("saddle",), lesson=(2, 4),
        levels="log", kink="nowhere", a=DIAL,
    )  # fmt: skip
    assert (land.name, land.title) == ("product", "A product.")
    assert land.doc == land.__doc__ == "A product.\n\nIt has a saddle."
    assert (land.coordinates, land.dim) == (("x", "y"), 2)
    assert (land.view, land.start) == (((-1.0, 2.0), (0.0, 3.0)), (0.0, 1.0))
    assert (land.source, land.tags, land.lessons) == ("a book", ("saddle",), (2, 4))
    assert (land.levels, land.kink, land.players, land.data) == ("log", "nowhere", None, {})
    assert land.dials == {"a": DIAL}
    assert land.parameters == {"a": 1.0}
    assert repr(land) == "product(a=1)"
    assert repr(land(a=0.25)) == "product(a=0.25)"


def test_what_is_not_said_has_a_default() -> None:
    land = product(a=DIAL)
    assert land.view == ((-2.0, 2.0), (-2.0, 2.0))
    assert all(low < s < high for s, (low, high) in zip(land.start, land.view, strict=True))
    assert (land.tags, land.lessons, land.source, land.kink) == ((), (), "", None)
    assert land.declared == []
    assert product(a=DIAL, lesson=3).lessons == (3,)


def test_one_coordinate_needs_no_brackets() -> None:
    @landscape(view=(-1, 4), start=3)
    def line(x):
        return x**2

    assert (line.view, line.start, line.doc) == (((-1.0, 4.0),), (3.0,), "line")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({}, ValueError, r"takes 'a' by keyword; give it a dial \(a=dial"),
        ({"a": 3}, TypeError, r"a=3 is neither a dial nor an option.*a=dial\(default, low, high\)"),
        ({"a": DIAL, "b": DIAL}, ValueError, "no keyword-only argument 'b'; it has 'a'"),
        ({"a": DIAL, "veiw": 1}, TypeError, "veiw=1 is neither.*Did you mean 'view'"),
        ({"a": DIAL, "view": ((0, 1),)}, ValueError, r"view=\(\(0, 1\),\).* each of 2 coordinates"),
        ({"a": DIAL, "view": "wide"}, ValueError, "view='wide' must give finite"),
        ({"a": DIAL, "view": ((1, 0), (0, 1))}, ValueError, "low below high"),
        ({"a": DIAL, "view": ((0, math.inf), (0, 1))}, ValueError, "finite"),
        ({"a": DIAL, "start": (1,)}, ValueError, r"start=\(1,\) must be 2 finite numbers"),
        ({"a": DIAL, "start": "ab"}, ValueError, "start='ab' must be 2 finite numbers"),
        ({"a": DIAL, "start": (math.nan, 1)}, ValueError, "must be 2 finite numbers"),
        ({"a": DIAL, "tags": "ravine"}, TypeError, r"tags='ravine' must be several words"),
        ({"a": DIAL, "tags": 3}, TypeError, "tags=3 must be several words"),
        ({"a": DIAL, "lesson": "3"}, TypeError, "lesson='3' must be a lesson's number"),
        ({"a": DIAL, "lesson": (1, 2.5)}, TypeError, "must be a lesson's number"),
        ({"a": DIAL, "levels": "logg"}, ValueError, "levels='logg' must be 'linear', 'log' or"),
        ({"a": DIAL, "players": 1}, ValueError, r"players=1 must give \+1 or -1 for each of 2"),
        ({"a": DIAL, "players": (1, 2)}, ValueError, r"players=\(1, 2\) must give"),
        ({"a": DIAL, "players": (1,)}, ValueError, "each of 2 coordinates"),
        ({"a": DIAL, "data": 3}, TypeError, "data=3 must give each column by name"),
        ({"a": DIAL, "data": {"a": (1, 2)}}, ValueError, "'a' is both a dial and a data column"),
        ({"data": {"a": (1, 2), "b": (1,)}}, ValueError, "differ in length: {'a': 2, 'b': 1}"),
        ({"data": {"a": (1, math.nan)}}, ValueError, r"data a\[1\] is not finite"),
        ({"data": {"a": ((1, 2),)}}, ValueError, r"one column of numbers, got shape \(1, 2\)"),
        ({"data": {"a": ()}}, ValueError, "one column of numbers"),
        ({"data": {"a": "xy"}}, TypeError, "data a='xy' are not numbers"),
        ({"a": DIAL, "critical": [(0, 0)]}, TypeError, r"critical=.*minimum\(\(0, 0\), 0.0\)"),
        ({"a": DIAL, "critical": 3}, TypeError, "critical=3 must be a list of declarations"),
        ({"a": DIAL, "critical": lambda b: []}, ValueError, "critical takes 'b'.*there is 'a'"),
    ],
)
def test_what_is_wrong_is_named(options: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        product(**options)


def test_a_declared_point_has_every_coordinate() -> None:
    land = product(a=DIAL, critical=[minimum((0,))])
    with pytest.raises(
        ValueError, match=r"declared minimum \(0,\) must have 2 coordinates \(x, y\)"
    ):
        _ = land.declared


def test_arguments_must_be_plain() -> None:
    def default(x, y=3):
        return x

    def star(*x):
        return x

    def more(x, **rest):
        return x

    for function, name in ((default, "y"), (star, "x"), (more, "rest")):
        with pytest.raises(TypeError, match=rf"argument '{name}' must be a plain coordinate"):
            landscape()(function)

    def nowhere(*, a):
        return a

    with pytest.raises(TypeError, match="at least one coordinate"):
        landscape(a=DIAL)(nowhere)


def test_the_decorator_wants_a_function_and_parentheses() -> None:
    with pytest.raises(TypeError, match=r"with parentheses: @landscape\(\.\.\.\)"):
        landscape(lambda x: x)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="made from a function of its coordinates, got 3"):
        landscape()(3)


def test_data_are_copied_and_cannot_be_changed_behind_a_landscape() -> None:
    mine = np.array([1.0, 2.0])

    @landscape(data={"t": mine})
    def fit(w, *, t):
        return (w - t) ** 2

    mine[0] = 100
    assert fit.loss(0.0) == 2.5
    with pytest.raises(ValueError, match="read-only"):
        fit.data["t"][0] = 7


@pytest.mark.parametrize(
    ("formula", "same"),
    [
        ("3*x**2 + x*y - k*y**2 + 2*x - 1", True),
        ("x*y", True),
        ("x + 2*y", True),
        ("x**2 + k*y**4", False),
        ("exp(x) + y**2", False),
        ("where(x > 0, x**2, 3*x**2) + y**2", False),
    ],
)
def test_a_landscape_is_quadratic_when_its_hessian_is_the_same_everywhere(
    formula: str, same: bool
) -> None:
    land = landscape(formula, k=2) if "k" in formula else landscape(formula)
    assert land.definition.quadratic == same
    points = np.random.default_rng(0).normal(size=(50, land.dim))
    hessians = land.hessian(points)
    assert np.allclose(hessians, hessians[0]) == same
