"""The plain sentences say where a walk arrived: checked against landscapes whose minima are known by hand."""

from __future__ import annotations

from typing import Any

import pytest

import toylands as tl
from toylands.widgets import compute, plainly
from toylands.widgets import scene as scenes


def told(land: Any, opts: list[Any], **options: Any) -> str:
    scene = scenes.new_scene(land, opts, **options)
    minima = [point for point in land.critical_points if point.kind == "minimum"]
    return plainly.paragraph(compute.walks(scene, land), minima)


@pytest.mark.parametrize(
    ("land", "start", "words"),
    [
        # With c > 0 the ground is tilted up to the right: the left well is the lower one.
        (tl.landscapes.double_well_1d(c=0.2), (-1.5,), "the lower of the two valleys"),
        (tl.landscapes.double_well_1d(c=0.2), (1.5,), "the higher of the two valleys"),
        (tl.landscapes.double_well_1d(c=0), (1.5,), "the right one of the two equally low valleys"),
        (tl.landscapes.quartic_saddle, (0.3, -0.5), "the lower one of the two equally low valleys"),
        (tl.landscapes.himmelblau, (3.0, 2.5), "one of the four equally low valleys"),
        # The product of two tilted double wells: both coordinates in the better well, or one of them.
        (tl.landscapes.styblinski_tang, (-2.5, -2.5), "the lowest of the four valleys"),
        (tl.landscapes.styblinski_tang, (2.5, -2.5), "one of the higher ones of the four valleys"),
        (tl.landscapes.parabola, (1.0,), "the valley"),
    ],
)
def test_the_valley_is_the_right_one(land: Any, start: Any, words: str) -> None:
    rate = 0.01 if land.name in ("himmelblau", "styblinski_tang") else 0.1
    sentence = told(land, [tl.gd(rate)], start=start, steps=600)
    assert sentence.startswith(f"Gradient descent arrived in {words} after ")


def test_the_steps_are_those_to_the_tolerance() -> None:
    size, steps = 1.0, 0
    while size > 1e-6:  # on a parabola of curvature 1 every step leaves nine tenths
        size, steps = size * 0.9, steps + 1
    sentence = told(tl.landscapes.parabola, [tl.gd(0.1)], start=(1.0,))
    assert sentence == f"Gradient descent arrived in the valley after {steps} steps."


def test_what_does_not_arrive_is_told_plainly() -> None:
    bowl = tl.landscapes.bowl  # curvatures 1 and 10: gradient descent must stay below 2/10
    assert told(bowl, [tl.gd(0.25)], start=(1, 1)) == (
        "Gradient descent left the map for good at step 36: its learning rate 0.25 is too large here "
        "(it must stay below 0.2)."
    )
    assert "swings further and further out after 5 steps" in told(bowl, [tl.gd(0.25)], steps=5)
    waiting = told(bowl, [tl.adam(1e-4)], start=(1, 1), steps=10)
    assert waiting.startswith("Adam is still on its way after 10 steps, at loss 5.4")
    level = told(tl.landscapes.saddle, [tl.gd(0.1)], start=(1, 0))
    assert "stopped at a saddle, level ground from which it could still fall, after" in level


def test_two_of_one_name_are_told_apart_by_their_rates() -> None:
    text = told(tl.landscapes.parabola, [tl.gd(0.1), tl.gd(0.2), tl.sam(tl.gd(0.1))])
    for name in ("descent (rate 0.1) ", "descent (rate 0.2) ", "descent with SAM "):
        assert name in text
    assert told(tl.landscapes.parabola, [tl.gd(0.1)]).count("rate") == 0
    assert plainly.paragraph([], []) == "No optimizer is switched on."
