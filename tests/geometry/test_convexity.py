"""Convexity along a run, against the closed forms of two small landscapes."""

from __future__ import annotations

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import convexity

WAVY = tl.landscape("x**2 + 3*sin(x)**2")
UV = tl.landscapes.uv_product


def test_one_point_convex_without_convexity() -> None:
    run = tl.descend(WAVY, tl.gd(1 / 8), start=[3.0], steps=60)
    seen = convexity(run, target=[0.0])
    x = run.path[:, 0]
    np.testing.assert_allclose(seen.smallest, 2 + 6 * np.cos(2 * x), rtol=1e-12)
    np.testing.assert_allclose(seen.aim, x * (2 * x + 3 * np.sin(2 * x)), rtol=1e-12)
    assert seen.smallest.min() < 0
    assert not seen.convex
    assert seen.quasi_convex
    assert seen.cosine[0] == pytest.approx(1)  # in one dimension the gradient can only point home
    assert 0.175531 < seen.pl_constant < 8


def test_pl_of_the_product_is_its_closed_form() -> None:
    run = tl.descend(UV, tl.gd(0.1), start=(1.5, 0.9), steps=40)
    seen = convexity(run, bottom=0.0)
    clear = run.loss > 1e-12
    np.testing.assert_allclose(seen.pl[clear], np.sum(run.path**2, axis=1)[clear], rtol=1e-6)
    assert seen.pl[0] == pytest.approx(3.06)
    assert seen.smallest[0] < 0 < seen.pl_constant


def test_a_bowl_is_convex_in_every_sense() -> None:
    seen = convexity(tl.descend(tl.landscapes.bowl(a=1, b=10), tl.gd(0.05)), target=(0, 0))
    assert seen.convex
    assert seen.quasi_convex
    assert seen.pl_constant >= 1 - 1e-12  # mu of a quadratic is its smallest eigenvalue
    still = convexity(tl.descend(tl.landscapes.bowl, tl.gd(0.1), start=(0, 0), steps=2))
    assert np.isnan(still.pl_constant)
    assert still.quasi_convex


def test_a_run_that_turns_away_is_not_quasi_convex() -> None:
    run = tl.descend(tl.landscapes.quartic_saddle, tl.gd(0.1), start=(1, 1e-3), steps=150)
    assert not convexity(run, target=(0, -1)).quasi_convex
    assert convexity(run).quasi_convex


def test_bad_questions_are_refused() -> None:
    run = tl.descend(UV, tl.gd(0.1), start=(2, 1), steps=5)
    with pytest.raises(ValueError, match="lies above"):
        convexity(run, bottom=1.0)
    with pytest.raises(ValueError, match="2 coordinates"):
        convexity(run, target=(1, 2, 3))
    moving = tl.descend(UV, tl.gd(0.1), steps=5, time_varying={"s": np.linspace(1, 2, 5)})
    with pytest.raises(ValueError, match="time-varying"):
        convexity(moving)
    with pytest.raises(TypeError, match="Trajectory"):
        convexity("run")  # type: ignore[arg-type]


def test_a_gentle_way_down_beside_a_steep_valley_is_not_convex() -> None:
    """-1e-3 is a curvature as exact as 1e10 is: next to it, it is not rounding."""
    from types import SimpleNamespace

    from toylands.widgets.explain import is_bowl

    for text, is_convex in (("1e10*x**2 - 1e-3*y**2", False), ("1e10*x**2 + 1e-3*y**2", True)):
        run = tl.descend(tl.landscape(text), tl.gd(1e-11), start=(1.0, 0.5), steps=5)
        assert convexity(run).convex == is_convex
        assert is_bowl(SimpleNamespace(trajectory=run)) == is_convex  # type: ignore[arg-type]
