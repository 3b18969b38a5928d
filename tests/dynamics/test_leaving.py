"""Walks that come to where there is no loss, or no gradient."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.dynamics.leaving import departures
from toylands.geometry import find_critical_points

# x = 1 is the only stationary point; no loss for x <= 0
LOGARITHM = functools.partial(tl.landscape, "x**2/2 - log(x) + y**2")


@pytest.fixture(scope="module")
def land() -> Any:
    return LOGARITHM()


def test_a_walk_that_begins_outside_has_left_at_once(land: Any) -> None:
    run = tl.descend(land, tl.gd(0.1), start=(-2.0, 1.0), steps=20)
    assert run.status.kind == "outside"
    assert str(run.status) == "left the domain at step 0"
    assert run.steps_to(1e-3) is None
    race = tl.race(land, [tl.gd(0.1), tl.adam(0.1)], start=(-2.0, 1.0), steps=20)
    assert [r.status.step for r in race] == [0, 0]


@pytest.mark.parametrize("steps", [1, 2, 50])
def test_the_step_is_the_one_that_led_outside(land: Any, steps: int) -> None:
    # from 2 one step of 3 (2 - 1/2) leads to -2.5
    run = tl.descend(land, tl.gd(3.0), start=(2.0, 0.0), steps=steps)
    assert str(run.status) == "left the domain at step 1"
    np.testing.assert_array_equal(run.path, [[2.0, 0.0]])
    assert run.evaluations == 1


def test_every_way_to_walk_says_so(land: Any) -> None:
    starts = [(-2.0, 1.0), (2.0, 1.0), (0.5, -1.0)]
    for every in (1, 60):
        swarm = tl.descend(land, tl.gd(0.2), start=starts, steps=60, every=every)
        assert [str(status) for status in swarm.status] == [
            "left the domain at step 0",
            *["converged to a minimum"] * 2,
        ]
    assert "0 diverged, 1 left the domain" in repr(swarm)
    made = tl.sweep(land, tl.gd, lr=[0.1, 3.0], start=(2.0, 0.0), steps=60)
    assert made.diverged.tolist() == [False, True]
    assert "0.0% diverged, 50.0% left the domain" in repr(made)
    with pytest.raises(ValueError, match="of 2, 0 diverged, 2 left the domain"):
        _ = tl.sweep(land, tl.gd, lr=[0.1, 3.0], start=(-2.0, 0.0), steps=60).best
    map_ = tl.basins(land, tl.gd(0.1), grid=16, steps=60)
    assert set(map_.labels[:, :8].reshape(-1)) == {-4}
    assert set(map_.labels[:, 8:].reshape(-1)) == {0}
    assert map_.fractions["left the domain"] == 0.5


def test_no_minimum_where_there_is_no_loss(land: Any) -> None:
    found = find_critical_points(land, grid=8)
    assert [point.kind for point in found] == ["minimum"]
    np.testing.assert_allclose(found[0].point, [1.0, 0.0], atol=1e-12)
    assert land.critical_point((-1.0, 0.0)).kind == "undefined"


def test_a_moving_parameter_takes_the_domain_along() -> None:
    land = tl.landscape("(x - 1)**2 - 0.001*log(x - k)", k=-1.0)
    # The wall jumps past the walker with step 5.
    wall = np.where(np.arange(11) < 5, -1.0, 3.0)
    run = tl.descend(land, tl.gd(0.01), start=(0.0,), steps=10, time_varying={"k": wall})
    assert str(run.status) == "left the domain at step 5"


def test_walks_that_overflow_have_diverged(land: Any) -> None:
    assert tl.descend(tl.landscape("-x**4"), tl.gd(0.1), start=(1.0,)).status.kind == "diverged"
    assert (
        tl.descend(tl.landscape("-exp(exp(x))"), tl.gd(1.0), start=(1.0,)).status.kind == "diverged"
    )


def test_departures_in_words() -> None:
    assert (
        departures(np.array([0, 1, 2, 2, 3]))
        == "1 diverged, 2 left the domain, 1 without a gradient"
    )
    assert departures(np.zeros(3)) == "0 diverged"


def test_pictures_of_walks_without_any_loss(land: Any) -> None:
    run = tl.descend(land, tl.gd(0.1), start=(-2.0, 1.0), steps=20)
    tl.plots.loss_curves([run])
    tl.plots.paths([run])


def test_a_place_that_is_only_looked_at_may_be_outside(land: Any) -> None:
    """Uphill from x = 0.03, towards 0, lies -0.07; a step ahead of -5 log's slope far beyond it."""
    for opt, start in (
        (tl.sam(tl.gd(0.1), rho=0.1), (0.03, 0.0)),
        (tl.extragradient(1.5), (9.0, 0.0)),
    ):
        run = tl.descend(land, opt, start=start, steps=20)
        assert str(run.status) == "left the domain at step 0"
    pair = tl.descend(land, tl.sam(tl.gd(0.1), rho=np.array([0.1, 0.01])), start=[(0.03, 0.0)] * 2)
    assert [str(one.status)[:4] for one in pair] == ["left", "runn"]
