"""The words inside error messages: the right guess, and no guess where none is near."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

import toylands as tl
from toylands import _words
from toylands._words import did_you_mean, missing, one_of, show

OPTIMIZERS = ["gd", "momentum", "adam", "adamw", "amsgrad", "saddle_free_newton", "rmsprop"]


def test_the_examples_of_the_module_are_true() -> None:
    result = doctest.testmod(_words)
    assert result.attempted >= 3
    assert result.failed == 0


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("adma", "adam"),
        ("ADAM", "adam"),
        ("RMS-Prop", "rmsprop"),
        ("momentm", "momentum"),
        ("saddle free newton", "saddle_free_newton"),
        ("saddle", "saddle_free_newton"),
    ],
)
def test_a_slip_finds_the_name_that_was_meant(typed: str, meant: str) -> None:
    assert did_you_mean(typed, OPTIMIZERS) == f" Did you mean {meant!r}?"


@pytest.mark.parametrize(
    ("typed", "meant"), [("sharpnes", "sharpness"), ("Sharpnes", "Sharpness"), ("RUN", "Run")]
)
def test_of_names_that_differ_in_case_the_one_as_typed_is_meant(typed: str, meant: str) -> None:
    assert did_you_mean(typed, ["Sharpness", "Run", "sharpness"]) == f" Did you mean {meant!r}?"


@pytest.mark.parametrize(
    ("module", "typed", "meant"),
    [
        (tl, "adma", "adam"),
        (tl, "Descend", "descend"),
        (tl, "rosenbrock", "landscapes.rosenbrock"),
        (tl, "himelblau", "landscapes.himmelblau"),
        (tl, "cosine", "schedules.cosine"),
        (tl, "mlp", "networks.mlp"),
        (tl, "contour", "plots.contour"),
        (tl, "hvp", "geometry.hvp"),
        (tl.landscapes, "rosenbrok", "rosenbrock"),
        (tl.optimizers, "adma", "adam"),
        (tl.schedules, "cosin", "cosine"),
        (tl.networks, "MLP", "mlp"),
        (tl.plots, "contours", "contour"),
        (tl.geometry, "sharpnes", "sharpness"),
        (tl.theory, "countin", "counting"),
    ],
)
def test_a_module_says_which_of_its_names_may_be_meant(
    module: object, typed: str, meant: str
) -> None:
    with pytest.raises(AttributeError, match=rf"has no .*'{typed}'\. Did you mean '{meant}'\?$"):
        getattr(module, typed)


@pytest.mark.parametrize("name", ["zebra9", "__wrapped__", "_contour"])
def test_a_name_that_is_near_to_none_gets_no_guess(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"^toylands has no '{name}'\.$"):
        getattr(tl, name)
    assert not hasattr(tl, name)
    assert str(missing("a.b", name, [], "thing")) == f"a.b has no thing {name!r}."


@pytest.mark.parametrize("typed", ["zebra", "", "x", 3, None])
def test_nothing_near_is_no_guess(typed: object) -> None:
    assert did_you_mean(typed, OPTIMIZERS) == ""


def test_no_choices_is_no_guess() -> None:
    assert did_you_mean("adam", []) == ""
    assert did_you_mean("adam", iter(())) == ""


def test_choices_may_be_a_generator_or_a_mapping() -> None:
    assert did_you_mean("adma", (name for name in OPTIMIZERS)) == " Did you mean 'adam'?"
    assert did_you_mean("adma", dict.fromkeys(OPTIMIZERS)) == " Did you mean 'adam'?"


def test_one_of_reads_as_a_phrase() -> None:
    assert one_of(["a"]) == "'a'"
    assert one_of(["a", "b"]) == "'a' or 'b'"
    assert one_of(("a", "b", "c"), word="and") == "'a', 'b' and 'c'"
    assert one_of([]) == "none"
    assert one_of([1, -1]) == "1 or -1"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (np.float64(1e-9), "1e-09"),
        (np.float32(0.5), "0.5"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (3, "3"),
        (True, "True"),
        (None, "None"),
        ("adam", "'adam'"),
        ((1.0, 2.5), "(1, 2.5)"),
        ((1.0,), "(1,)"),
        ([], "[]"),
        (np.array([1.0, 2.0]), "[1, 2]"),
        (np.array(4.0), "4"),
        (np.zeros((3, 5)), "an array of shape (3, 5)"),
        (np.longdouble(1.5), "np.longdouble('1.5')"),
    ],
)
def test_show_is_short_and_exact(value: object, text: str) -> None:
    assert show(value) == text


def test_show_never_grows_long() -> None:
    assert len(show("x" * 1000)) == 60
    assert show("x" * 1000).endswith("...")
    assert len(show(list(range(1000)))) == 60
