"""Memory against gradient, from recursions typed here."""

from __future__ import annotations

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import conflict

BOWL = tl.landscapes.parabola
GOAL = {"goal": lambda t: 8.0 if t < 16 else -8.0}


def test_a_ringing_ball_conflicts_in_30_of_60_steps() -> None:
    run = tl.descend(BOWL, tl.momentum(0.1), start=[1.0], steps=60, record_state=True)
    x, b, products = 1.0, 0.0, []
    for _ in range(60):
        products.append(b * x)
        b = 0.9 * b + x
        x -= 0.1 * b
    seen = conflict(run)
    np.testing.assert_allclose(seen.values, products, atol=1e-12)
    assert (int(seen.on.sum()), seen.longest) == (30, 5)


def test_both_conventions_of_memory_conflict_at_the_same_steps() -> None:
    runs = [
        tl.descend(BOWL, opt, start=[1.0], steps=60, record_state=True)
        for opt in (tl.momentum(0.1), tl.polyak(0.1))
    ]
    gathered, moved = (conflict(run) for run in runs)
    np.testing.assert_array_equal(gathered.on, moved.on)
    np.testing.assert_allclose(0.1 * gathered.values, moved.values, atol=1e-14)


def test_the_gradient_is_that_of_the_moved_goal() -> None:
    run = tl.descend(
        tl.landscapes.moved_goal, tl.momentum(0.1), start=(-9, 2), steps=40, time_varying=GOAL,
        record_state=True,
    )  # fmt: skip
    p, b, products = np.array([-9.0, 2.0]), np.zeros(2), []
    for t in range(40):
        away = p[0] - (8 if t < 16 else -8)
        g = np.array([away / np.sqrt(1 + away**2), p[1]])
        products.append(b @ g)
        b = 0.9 * b + g
        p = p - 0.1 * b
    np.testing.assert_allclose(conflict(run).values, products, atol=1e-12)


def test_what_a_reset_forgets_is_no_longer_in_conflict() -> None:
    run = tl.descend(
        tl.landscapes.landslide_1d, tl.reset_on_conflict(tl.momentum(0.1), patience=3), steps=60,
        time_varying={"slope": [-1.0] * 40 + [1.0] * 20}, record_state=True,
    )  # fmt: skip
    seen = conflict(run)
    np.testing.assert_array_equal(np.flatnonzero(seen.on), [40, 41])
    assert seen.longest == 2


def test_no_conflict_lasts_no_steps() -> None:
    still = tl.descend(BOWL, tl.momentum(0.1), start=[0.0], steps=5, record_state=True)
    assert conflict(still).longest == 0


def test_what_has_no_memory_cannot_be_in_conflict() -> None:
    with pytest.raises(ValueError, match="no momentum"):
        conflict(tl.descend(BOWL, tl.gd(0.1), steps=3, record_state=True))
    with pytest.raises(ValueError, match="record_state=True"):
        conflict(tl.descend(BOWL, tl.momentum(0.1), steps=3))
    with pytest.raises(ValueError, match="every=2"):
        conflict(tl.descend(BOWL, tl.momentum(0.1), steps=4, every=2, record_state=True))
    with pytest.raises(TypeError, match="one walk"):
        conflict(tl.descend(BOWL, tl.momentum(0.1), start=[[1.0], [2.0]], steps=3))
