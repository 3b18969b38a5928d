"""A typed formula becomes a landscape like any other: coordinates, dials, data, options."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from toylands.formula import dial, equilibrium, landscape

pytestmark = pytest.mark.filterwarnings("error")


def test_names_with_a_value_are_parameters_and_the_others_coordinates() -> None:
    land = landscape("x**2 + k*y**2", k=10)
    assert land.coordinates == ("x", "y")
    assert land.parameters == {"k": 10.0}
    assert land.loss((1, 2)) == 41
    assert land(k=1).loss((1, 2)) == 5
    assert land.definition.text == "x**2 + k*y**2"
    assert (land.name, land.source) == ("landscape", "typed formula")
    assert land.title == "The formula x**2 + k*y**2."
    assert repr(land) == "landscape(k=10)"


def test_coordinates_may_be_put_in_order() -> None:
    land = landscape("x - 2*y", coordinates=("y", "x"))
    np.testing.assert_array_equal(land.grad((0, 0)), (-2, 1))
    flat = landscape("x**2", coordinates=("x", "y"))
    np.testing.assert_array_equal(flat.hessian((1, 1)), ((2, 0), (0, 0)))


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (10, dial(10, 1, 100, log=True)),
        (np.float32(0.5), dial(0.5, 0.05, 5, log=True)),
        (-2, dial(-2, -20, 20)),
        (0, dial(0, -10, 10)),
        (dial(3, 2, 4), dial(3, 2, 4)),
    ],
)
def test_a_number_gets_a_dial_around_it(value: Any, wanted: Any) -> None:
    assert landscape("k*x**2", k=value).dials == {"k": wanted}


def test_every_option_of_a_landscape() -> None:
    land = landscape(
        "k*x*y", name="pull", view=((0, 1), (0, 2)), start=(0, 1), tags=("a",), levels="log",
        lesson=3, kink="x", source="me", players=(1, -1), critical=[equilibrium((0, 0))], k=2,
    )  # fmt: skip
    assert (land.name, land.view, land.start) == ("pull", ((0, 1), (0, 2)), (0, 1))
    assert (land.tags, land.levels, land.lessons, land.kink) == (("a",), "log", (3,), "x")
    assert (land.source, land.players) == ("me", (1, -1))
    np.testing.assert_array_equal(land.field((1, 3)), (6, -2))
    assert len(land.declared) == 1


def test_data() -> None:
    land = landscape("(w*x + b - y)**2", data={"x": (0, 1, 2, 3), "y": (1, 3, 2, 5)})
    assert land.coordinates == ("b", "w")
    best = land.refine((0, 0))
    np.testing.assert_allclose(best, (1.1, 1.1), rtol=1e-14)
    assert land.samples == 4


@pytest.mark.parametrize(
    ("text", "options", "error", "words"),
    [
        ("x**2", {"k": 3}, ValueError, r"'x\*\*2' has no variable 'k'; its names are 'x'"),
        ("kappa*x", {"kapa": 3}, ValueError, "no variable 'kapa'.*Did you mean 'kappa'"),
        ("x*y", {"veiw": ((0, 1), (0, 1))}, ValueError, "Did you mean 'view'"),
        ("x*e", {"e": 3}, ValueError, r"e is the constant 2.718"),
        ("x*y", {"data": {"z": (1, 2)}}, ValueError, "has no variable 'z'"),
        ("k", {"k": 1}, ValueError, "no coordinate left: every name in it was given a value"),
        ("k*x", {"k": "3"}, TypeError, r"parameter k='3' is not a number \(or a dial\)"),
        ("k*x", {"k": True}, TypeError, "parameter k=True is not a number"),
        ("k*x", {"k": None}, TypeError, "parameter k=None is not a number"),
        ("k*x", {"k": (1, 2)}, TypeError, r"parameter k=\(1, 2\) is not a number"),
        ("k*x", {"k": float("inf")}, ValueError, "parameter k=inf is not finite"),
        (
            "x*y",
            {"coordinates": ("x",)},
            ValueError,
            "unknown name 'y' in the formula; it knows 'x'",
        ),
        ("x*y", {"coordinates": ("x", "x")}, ValueError, "coordinate 'x' is named twice"),
        ("x*y", {"coordinates": ("x", "y"), "x": 1}, ValueError, "was given a value too"),
        ("x*y", {"coordinates": (1, 2)}, ValueError, "coordinate 1 is not a name such as 'x'"),
        ("x*y", {"coordinates": ("x", "y z")}, ValueError, "coordinate 'y z' is not a name"),
        ("theta1*x", {"coordinates": ("x", "theta")}, ValueError, "Did you mean 'theta'"),
        ("x*y", {"view": ((0, 1),)}, ValueError, "view=.* each of 2 coordinates"),
        ("x*y", {"levels": "logarithmic"}, ValueError, "levels='logarithmic' must be"),
    ],
)
def test_mistakes_are_named(
    text: str, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        landscape(text, **options)


def test_what_is_wrong_is_known_before_the_first_use() -> None:
    """The Hessian is derived with the definition, so nothing is left half-done."""
    with pytest.raises(ValueError, match="the gradient is not real"):
        landscape("(-2)**x")
    assert "hessian" in vars(landscape("x**3").definition.derivation)
