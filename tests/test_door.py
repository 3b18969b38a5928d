"""The door of a function: every annotation asks for what it says, and the refusal names all of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy

import toylands as tl
from toylands._door import Numbers, door, numbers_in
from toylands._words import show


@door
def asked(
    lr: float = 1.0,
    steps: int = 1,
    on: bool = True,
    title: str | None = None,
    rows: Sequence[int] = (),
    pair: tuple[float, float] = (0, 1),
    table: Mapping[str, Any] | None = None,
    call: Callable[..., Any] | None = None,
    points: Numbers = 0,
    seed: int = 0,
    anything: Any = None,
) -> str:
    """Return a word."""
    return "in"


MASKED = np.ma.array([1.0, 999.0], mask=[False, True])
ENDLESS: list[Any] = [1.0]
ENDLESS += [ENDLESS, ENDLESS]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"lr": "a"}, "asked: lr='a' must be a number."),
        ({"lr": True}, "asked: lr=True must be a number."),
        ({"lr": [1.0]}, "asked: lr=[1] must be a number."),
        (
            {"lr": 10**400},
            "is too large for a floating-point number (at most 1.8e308); it must be a n",
        ),
        ({"steps": 2.6}, "asked: steps=2.6 must be a whole number. Did you mean 3?"),
        ({"steps": 10**400}, "is too large; it must be a whole number."),
        ({"on": 1}, "asked: on=1 must be True or False."),
        ({"title": 3}, "asked: title=3 must be text or None."),
        ({"title": "\ud800"}, "contains half a character (a surrogate)"),
        ({"rows": 3}, "asked: rows=3 must be a list, each a whole number."),
        ({"rows": (1, 2.5)}, "must be a list, each a whole number."),
        ({"rows": "12"}, "must be a list, each a whole number."),
        ({"pair": (1, 2, 3)}, "must be 2 values, each a number."),
        ({"table": []}, "must be a dictionary or None."),
        ({"call": 3}, "must be a function or None."),
        ({"points": [[1], [1, 2]]}, "must be real numbers in a list or an array."),
        ({"points": 1j}, "must be real numbers in a list or an array."),
        ({"points": MASKED}, "has missing (masked) entries; it must be real numbers"),
        ({"points": ENDLESS}, "must be real numbers in a list or an array."),
        ({"seed": -1}, "asked: seed=-1 is negative; it must be a whole number, 0 or more."),
    ],
)
def test_a_refusal_names_value_and_expectation(given: dict[str, Any], words: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        asked(**given)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        {"lr": 3}, {"lr": np.float32(0.1)}, {"lr": np.array(0.1)}, {"lr": Fraction(1, 3)},
        {"lr": sympy.Rational(1, 3)}, {"lr": float("nan")}, {"lr": 10**300},
        {"steps": np.int64(3)}, {"on": np.True_}, {"title": "ü"}, {"title": None},
        {"rows": [1, 2]}, {"rows": np.arange(3)}, {"rows": range(3)}, {"pair": np.array([1, 2])},
        {"table": {}}, {"call": len}, {"points": 3}, {"points": [Fraction(1, 3), 10**30]},
        {"points": np.ma.array([1.0, 2.0])}, {"points": [True, False]}, {"anything": object()},
    ],
)  # fmt: skip
def test_what_fits_comes_in(given: dict[str, Any]) -> None:
    assert asked(**given) == "in"


def test_the_nearest_right_choice() -> None:
    for call, words in [
        (
            lambda: tl.geometry.sharpness("x**2", (1, 1)),
            "Turn text into one with toylands.landscape",
        ),
        (
            lambda: tl.geometry.stability_limit(tl.gd),
            "gd makes optimizers; call it first: gd(lr=0.1).",
        ),
        (lambda: tl.compare(3), "must be a list, each a landscape such as"),
        (
            lambda: tl.plots.volume_chart(3),
            "each a volume, as toylands.geometry.basin_volumes returns",
        ),
        (lambda: tl.catalogue(lesson="a"), "lesson='a' must be a whole number or None"),  # type: ignore[arg-type]
        (lambda: tl.Landscape(3), "Landscape: definition=3 must be a definition"),  # type: ignore[arg-type]
        (
            lambda: tl.basins(tl.landscapes.himmelblau, tl.gd(0.01), grid=10**6),
            "1e+12 walks; at most",
        ),
    ]:
        with pytest.raises((TypeError, ValueError)) as caught:
            call()
        assert words in str(caught.value)


def test_masked_entries_are_nowhere_used() -> None:
    """What lies under a mask (here 999) is missing, not a number."""
    land, nothing = tl.landscapes.himmelblau, "masked"
    data = {"x": MASKED, "y": [1.0, 2.0]}
    for call in (
        lambda: land.loss(MASKED),
        lambda: tl.descend(land, tl.gd(0.01), start=MASKED),
        lambda: land(a=MASKED) if "a" in land.parameters else tl.landscapes.rosenbrock(b=MASKED),
        lambda: tl.gd(MASKED),
        lambda: tl.gd(0.1, schedule=MASKED),
        lambda: tl.landscape("(w*x - y)**2", data=data),
        lambda: tl.theory.conditioning.centred(MASKED),
        lambda: tl.descend(
            tl.landscapes.rosenbrock, tl.gd(1e-3), steps=2, time_varying={"b": MASKED}
        ),
    ):
        with pytest.raises((TypeError, ValueError), match=nothing):
            call()
    assert numbers_in(np.ma.array([1.0, 2.0]))[1] == ""


def test_every_value_can_be_shown() -> None:
    class Silent:
        def __repr__(self) -> str:
            raise RuntimeError

    assert show(10**5000) == "a value of type int"
    assert show(Silent()) == "a value of type Silent"
    assert len(show(ENDLESS)) <= 60
