"""`descend` and `race`: what comes back, and what is refused with which words."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twins import LINE, QUARTIC, ROSENBROCK

import toylands as tl
from toylands.dynamics import Race, Swarm, Trajectory
from toylands.dynamics.checks import escape_limit

pytestmark = pytest.mark.filterwarnings("error")

START = (-0.7, 0.9)


# What comes back


def test_one_walker_gives_a_trajectory() -> None:
    run = tl.descend(QUARTIC, tl.gd(0.05), START, 10)
    assert isinstance(run, Trajectory)
    assert run.path.shape == (11, 2)
    assert run.loss.shape == run.grad_norm.shape == run.sharpness.shape == (11,)
    assert run.rates.shape == (10,)
    assert run.spectrum.shape == (11, 2)
    np.testing.assert_array_equal(run.start, START)
    assert run.landscape is QUARTIC
    assert len(run) == 11


@pytest.mark.parametrize(
    ("land", "opt", "start", "count"),
    [
        (QUARTIC, tl.gd(0.05), [START], 1),
        (QUARTIC, tl.gd(0.05), np.zeros((4, 2)), 4),
        (QUARTIC, tl.gd([0.05]), START, 1),
        (QUARTIC, tl.gd([0.05, 0.1]), START, 2),
        (QUARTIC, tl.momentum(0.05, beta=[0.1, 0.5, 0.9]), START, 3),
        (QUARTIC, tl.sam(tl.gd(0.05), rho=[0.1, 0.2]), START, 2),
        (ROSENBROCK(b=[1.0, 2.0, 3.0]), tl.gd(0.01), START, 3),
        (ROSENBROCK(b=[1.0, 2.0]), tl.gd([0.01, 0.02]), np.zeros((2, 2)), 2),
        (ROSENBROCK(b=[1.0]), tl.gd([0.01, 0.02]), np.zeros((1, 2)), 2),
    ],
)
def test_any_array_gives_a_swarm(land: Any, opt: Any, start: Any, count: int) -> None:
    swarm = tl.descend(land, opt, start, 7)
    assert isinstance(swarm, Swarm)
    assert len(swarm) == count
    assert swarm.path.shape == (count, 8, 2)
    assert swarm.loss.shape == swarm.grad_norm.shape == (count, 8)
    assert swarm.end.shape == (count, 2)
    assert swarm.diverged.shape == swarm.diverged_at.shape == swarm.evaluations.shape == (count,)
    assert len(swarm.status) == count
    assert [walk.status for walk in swarm] == swarm.status
    for i, walk in enumerate(swarm):
        single = tl.descend(swarm.landscape_of(i), swarm.optimizer_of(i), swarm.path[i, 0], 7)
        np.testing.assert_allclose(walk.path, single.path, rtol=1e-14, atol=1e-15)


def test_the_default_start_is_the_landscapes() -> None:
    land = tl.landscapes.rosenbrock
    np.testing.assert_array_equal(tl.descend(land, tl.gd(1e-3), steps=1).start, land.start)


def test_one_coordinate_starts_at_a_number() -> None:
    parabola = tl.landscape("x**2/2")
    for start in (3.0, [3.0], np.array(3.0)):
        np.testing.assert_allclose(
            tl.descend(parabola, tl.gd(0.5), start, 2).path, [[3.0], [1.5], [0.75]]
        )
    assert isinstance(tl.descend(parabola, tl.gd(0.5), [[3.0], [4.0]], 2), Swarm)


@pytest.mark.parametrize(
    "opt",
    [tl.gd(0.01), tl.adam(0.01), tl.swa(tl.gd(0.01)), tl.newton(), tl.noise(tl.gd(0.01), 1.0)],
    ids=lambda opt: opt.name,
)
def test_evaluations(opt: Any) -> None:
    assert tl.descend(QUARTIC, opt, START, 12).evaluations == 12
    assert tl.descend(QUARTIC, tl.sam(opt), START, 12).evaluations == 24
    assert tl.descend(QUARTIC, tl.extragradient(0.01), START, 12).evaluations == 24


def test_what_goes_in_is_not_changed() -> None:
    start, lr, b = np.array([[0.5, 0.5], [1.0, 1.0]]), np.array([0.01, 0.02]), np.array([2.0, 3.0])
    seeds, drift = np.array([1, 2]), np.linspace(1, 2, 9)
    kept = [a.copy() for a in (start, lr, b, seeds, drift)]
    land = ROSENBROCK(b=b)
    tl.descend(land, tl.momentum(lr), start, 9, seed=seeds, time_varying={"a": drift})
    for array, copy in zip((start, lr, b, seeds, drift), kept, strict=True):
        np.testing.assert_array_equal(array, copy)
    # And what comes out is not what went in.
    swarm = tl.descend(land, tl.momentum(lr), start, 9)
    start[:] = 99
    lr[:] = 99
    assert swarm.path[0, 0, 0] == 0.5
    assert swarm.optimizer.lr[0] == 0.01


def test_points_may_be_strided_or_of_another_type() -> None:
    base = np.arange(24.0).reshape(4, 6) / 30
    wide = tl.descend(QUARTIC, tl.gd(0.05), base[:, ::3], 5)
    for start in (base[:, ::3].copy(), base[:, ::3].tolist(), np.asfortranarray(base[:, ::3])):
        np.testing.assert_array_equal(wide.path, tl.descend(QUARTIC, tl.gd(0.05), start, 5).path)
    whole = tl.descend(QUARTIC, tl.gd(0.05), np.array([1, -1], dtype=np.int32), 5)
    np.testing.assert_array_equal(whole.path, tl.descend(QUARTIC, tl.gd(0.05), (1.0, -1.0), 5).path)


def test_the_escape_of_a_landscape() -> None:
    """A million times the largest bound of the view, and at least a million."""
    assert escape_limit(tl.landscape("x**2", view=((-30, 500),)), None) == 5e8
    assert escape_limit(tl.landscape("x**2", view=((-0.1, 0.2),)), None) == 1e6
    assert escape_limit(QUARTIC, math.inf) == np.finfo(float).max
    # Only steps leave: from (0, 5) the first step comes inside.
    assert tl.descend(QUARTIC, tl.gd(0.01), (0.0, 5.0), 20, escape=4.0).diverged_at is None
    assert tl.descend(QUARTIC, tl.gd(0.001), (0.0, 5.0), 20, escape=4.0).diverged_at == 1


@given(
    count=st.integers(1, 9),
    steps=st.integers(0, 70),
    every=st.sampled_from([1, 2, 5, 7]),
    lr=st.floats(0, 3),
)
def test_shapes(count: int, steps: int, every: int, lr: float) -> None:
    """Whatever the size and however wild the rate: shapes, finite parts and honest statuses."""
    steps -= steps % every
    starts = np.linspace(-1, 1, 2 * count).reshape(count, 2)
    swarm = tl.descend(QUARTIC, tl.momentum(lr), starts, steps, every=every)
    assert swarm.path.shape == (count, steps // every + 1, 2)
    assert np.isfinite(swarm.end).all()
    for i, walk in enumerate(swarm):
        assert np.isfinite(walk.path).all()
        assert np.isfinite(walk.loss).all()
        assert (walk.status.kind == "diverged") == swarm.diverged[i]
        assert len(walk.path) == len(walk.loss) == len(walk.grad_norm)
        assert len(walk.rates) == walk.steps
        if not swarm.diverged[i]:
            assert walk.steps == steps
            np.testing.assert_array_equal(walk.end, swarm.end[i])


# Bad input: (arguments of descend, the kind of error, words that must occur)

BAD: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "wrong dimension": ({"start": (1.0, 2.0, 3.0)}, ValueError, "2 coordinates (x, y)"),
    "a number for a point": ({"start": 1.0}, ValueError, "start has shape ()"),
    "an empty start": ({"start": []}, ValueError, "start has shape (0,)"),
    "no walkers": ({"start": np.empty((0, 2))}, ValueError, "no walkers"),
    "nan start": ({"start": (math.nan, 1.0)}, ValueError, "start=[nan, 1] is not finite"),
    "infinite start": ({"start": (1.0, -math.inf)}, ValueError, "start=[1, -inf] is not finite"),
    "text start": ({"start": "here"}, TypeError, "start='here' is not an array of real numbers"),
    "complex start": ({"start": (1j, 0)}, TypeError, "start="),
    "ragged start": ({"start": [[1.0, 2.0], [3.0]]}, TypeError, "start=[[1, 2], [3]]"),
    "two axes of walkers": ({"start": np.zeros((2, 3, 2))}, ValueError, "sweep"),
    "negative steps": ({"steps": -1}, ValueError, "steps=-1 must be at least 0"),
    "bool steps": ({"steps": True}, TypeError, "steps=True must be a whole number"),
    "float steps": ({"steps": 10.0}, TypeError, "steps=10.0 must be a whole number. Did you mean 10?"),
    "text steps": ({"steps": "10"}, TypeError, "steps='10'"),
    "no steps": ({"steps": None}, TypeError, "steps=None"),
    "every 0": ({"every": 0}, ValueError, "every=0 must be at least 1"),
    "every too long": ({"every": 7}, ValueError, "every=7 does not divide steps=10"),
    "a factory": ({"opt": tl.gd}, TypeError, "call it first, for example gd(lr=0.1)"),
    "a plain factory": ({"opt": tl.newton}, TypeError, "newton makes optimizers; call it first"),
    "a name": ({"opt": "adam"}, TypeError, "needs an optimizer such as gd(0.1), got 'adam'"),
    "no optimizer": ({"opt": None}, TypeError, "got None"),
    "text for a landscape": ({"land": "x**2"}, TypeError, "toylands.landscape(...)"),
    "a function": ({"land": math.sin}, TypeError, "needs a landscape"),
    "sizes": (
        {"start": np.zeros((3, 2)), "opt": tl.gd([0.1, 0.2])},
        ValueError,
        "{'start': (3,), 'lr': (2,)}",
    ),
    "a table of rates": ({"opt": tl.gd(np.ones((2, 3)))}, ValueError, "broadcast to (2, 3)"),
    "float seed": ({"seed": 1.5}, TypeError, "seed=1.5 must be a whole number"),
    "bool seed": ({"seed": True}, TypeError, "seed=True must be a whole number"),
    "text seed": ({"seed": "lucky"}, TypeError, "seed='lucky'"),
    "no seed": ({"seed": None}, TypeError, "seed=None"),
    "negative seed": ({"seed": -1}, ValueError, "seed=-1 must not be negative"),
    "a negative seed among them": ({"seed": [-1]}, ValueError, "must not be negative"),
    "enormous seed": ({"seed": 2**64}, TypeError, "at most 64 bits"),
    "seeds for others": (
        {"seed": [1, 2, 3], "start": [START, START]},
        ValueError,
        "but there are 2 walkers",
    ),
    "batch without data": ({"batch": 2}, ValueError, "noise(gd(0.1), sigma=1.0)"),
    "batch 0": ({"land": LINE, "batch": 0}, ValueError, "batch=0 must be at least 1"),
    "batch too large": ({"land": LINE, "batch": 8}, ValueError, "larger than its 7 samples"),
    "float batch": ({"land": LINE, "batch": 2.0}, TypeError, "batch=2.0 must be a whole"),
    "replacement": ({"replacement": "yes"}, TypeError, "replacement='yes' must be True or False"),
    "replacement 1": ({"replacement": 1}, TypeError, "replacement=1 must be True or False"),
    "negative tol": ({"tol": -1e-6}, ValueError, "tol=-1e-06 must be at least 0"),
    "nan tol": ({"tol": math.nan}, ValueError, "tol=nan must be at least 0"),
    "text tol": ({"tol": "small"}, TypeError, "tol='small' must be one number"),
    "two tols": ({"tol": [1e-6, 1e-7]}, TypeError, "tol=[1e-06, 1e-07] must be one number"),
    "zero escape": ({"escape": 0}, ValueError, "escape=0 must be above 0"),
    "negative escape": ({"escape": -5.0}, ValueError, "escape=-5 must be above 0"),
    "nan escape": ({"escape": math.nan}, ValueError, "escape=nan must be above 0"),
    "text escape": ({"escape": "far"}, TypeError, "escape='far' must be one number"),
    "short schedule": (
        {"opt": tl.gd(0.1, schedule=[1.0, 0.5])},
        ValueError,
        "2",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "kind", "words"), BAD.values(), ids=BAD)
def test_bad_input(changes: dict[str, Any], kind: type[Exception], words: str) -> None:
    arguments = {"land": QUARTIC, "opt": tl.gd(0.1), "start": START, "steps": 10} | changes
    with pytest.raises(kind, match=re.escape(words)):
        tl.descend(**arguments)


MOVING: dict[str, tuple[Any, type[Exception], str]] = {
    "no dictionary": ([1.0] * 10, TypeError, "must be a dictionary"),
    "unknown": ({"bb": [1.0] * 10}, ValueError, "Did you mean 'b'?"),
    "coordinate": ({"x": [1.0] * 10}, ValueError, "no parameter 'x' to move"),
    "too short": ({"b": [1.0] * 9}, ValueError, "values of shape (9,) for 10 steps"),
    "too long": ({"b": [1.0] * 12}, ValueError, "values of shape (12,) for 10 steps"),
    "a number": ({"b": 3.0}, ValueError, "values of shape ()"),
    "a table": ({"b": np.ones((10, 2))}, ValueError, "values of shape (10, 2)"),
    "not finite": (
        {"b": [1.0] * 4 + [math.nan] * 6},
        ValueError,
        "time-varying b is not finite at step 4",
    ),
    "text": ({"b": "drift"}, TypeError, "b='drift' must be a row of numbers"),
    "words": ({"b": lambda t: "fast"}, TypeError, "time-varying b: b="),
}


@pytest.mark.parametrize(("time_varying", "kind", "words"), MOVING.values(), ids=MOVING)
def test_bad_movements(time_varying: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=re.escape(words)):
        tl.descend(ROSENBROCK, tl.gd(0.01), START, 10, time_varying=time_varying)
    with pytest.raises(kind, match=re.escape(words)):
        tl.basins(ROSENBROCK, tl.gd(0.01), 4, steps=10, time_varying=time_varying)
    with pytest.raises(kind, match=re.escape(words)):
        tl.sweep(ROSENBROCK, tl.gd, START, 10, lr=[0.01, 0.02], time_varying=time_varying)


def test_a_parameter_cannot_move_and_differ_between_walkers() -> None:
    with pytest.raises(ValueError, match="b varies in time, so it cannot also be an array"):
        tl.descend(ROSENBROCK(b=[1.0, 2.0]), tl.gd(0.01), START, 3, time_varying={"b": [1.0] * 3})


def test_a_movement_of_no_steps() -> None:
    run = tl.descend(ROSENBROCK, tl.gd(0.01), START, 0, time_varying={"b": [7.0]})
    assert run.loss[0] == pytest.approx(float(ROSENBROCK(b=7.0).loss(START)))
    with pytest.raises(ValueError, match=re.escape("values of shape (0,) for 0 steps")):
        tl.descend(ROSENBROCK, tl.gd(0.01), START, 0, time_varying={"b": []})


def test_an_error_in_a_movement_is_the_users_own() -> None:
    with pytest.raises(ZeroDivisionError):
        tl.descend(ROSENBROCK, tl.gd(0.01), START, 3, time_varying={"b": lambda t: 1 / (t - 2)})


def test_a_short_schedule_names_both_lengths() -> None:
    with pytest.raises(ValueError, match=r"2.*10|10.*2"):
        tl.descend(QUARTIC, tl.gd(0.1, schedule=[1.0, 0.5]), START, 10)
    tl.descend(QUARTIC, tl.gd(0.1, schedule=[1.0, 0.5]), START, 2)


# Races


def test_a_race() -> None:
    opts = [tl.gd(0.05), tl.adam(0.1), tl.sam(tl.gd(0.05), rho=0.1)]
    race = tl.race(QUARTIC, opts, START, 20)
    assert isinstance(race, Race)
    assert len(race) == 3
    assert race.names == ["gd", "adam", "sam"]
    assert race["adam"] is race[1]
    assert [run.optimizer for run in race] == opts
    for run, opt in zip(race, opts, strict=True):
        np.testing.assert_array_equal(run.path, tl.descend(QUARTIC, opt, START, 20).path)
    text = repr(race)
    assert text.splitlines()[0] == "race on quartic()"
    assert "40 evaluations, running" in text.splitlines()[3]
    with pytest.raises(KeyError, match="Did you mean 'adam'"):
        race["adma"]


def test_equal_names_are_told_apart_by_their_labels() -> None:
    race = tl.race(QUARTIC, [tl.gd(0.05), tl.gd(0.01), tl.adam(0.1)], START, 5)
    assert race.names == ["gd(lr=0.05)", "gd(lr=0.01)", "adam"]
    assert race["gd(lr=0.01)"] is race[1]


def test_racers_get_the_same_noise_and_batches() -> None:
    race = tl.race(LINE, [tl.gd(0.1), tl.gd(0.1)], START, 20, batch=2, seed=9)
    np.testing.assert_array_equal(race[0].path, race[1].path)
    pair = tl.race(QUARTIC, [tl.noise(tl.gd(0.1), 1.0), tl.noise(tl.gd(0.05), 1.0)], START, 1)
    gradient = np.array(QUARTIC.grad(START))
    kicks = [(pair[k].start - pair[k].end) / lr - gradient for k, lr in enumerate((0.1, 0.05))]
    np.testing.assert_allclose(kicks[0], kicks[1], rtol=1e-12)


def test_a_race_of_one() -> None:
    assert len(tl.race(QUARTIC, tl.gd(0.1), START, 5)) == 1


@pytest.mark.parametrize(
    ("opts", "kind", "words"),
    [
        ("adam", TypeError, "race needs an optimizer such as gd(0.1), got 'adam'"),
        (tl.gd, TypeError, "race: gd makes optimizers; call it first"),
        ([tl.gd(0.1), tl.adam], TypeError, "race: adam makes optimizers; call it first"),
        ([tl.gd(0.1), "adam"], TypeError, "got 'adam'"),
        (None, TypeError, "got None"),
        (3, TypeError, "got 3"),
        ([], ValueError, "there are no optimizers"),
        ([tl.gd([0.1, 0.2])], ValueError, "one walker per optimizer"),
    ],
)
def test_bad_races(opts: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=re.escape(words)):
        tl.race(QUARTIC, opts, START, 5)


# Swarms that keep their ends only


@pytest.mark.parametrize("opt", [tl.gd(0.02), tl.adam(0.1), tl.noise(tl.momentum(0.01), 0.3)])
@pytest.mark.parametrize("size", [1.0, 1e3])
def test_the_ends_are_those_of_the_whole_record(opt: Any, size: float) -> None:
    """With `every=steps` the record is made when it is read; walkers may stay or leave."""
    starts = size * np.random.default_rng(2).normal(size=(37, 2))
    whole = tl.descend(QUARTIC, opt, starts, 60, seed=5)
    ends = tl.descend(QUARTIC, opt, starts, 60, seed=5, every=60)
    starts[:] = 0.0  # what happens to the caller's array later does not matter
    assert "path" not in vars(ends)
    np.testing.assert_array_equal(ends.end, whole.end)
    np.testing.assert_array_equal(ends.diverged_at, whole.diverged_at)
    for name in ("path", "loss", "grad_norm"):
        np.testing.assert_array_equal(getattr(ends, name), getattr(whole, name)[:, [0, -1]])
    assert ends.average is None
    assert len(ends) == 37
    assert [str(status) for status in ends.status] == [str(status) for status in whole.status]
    if not ends.diverged[3]:
        np.testing.assert_array_equal(ends[3].path, whole[3].path[[0, -1]])


def test_the_ends_of_a_game_and_of_a_fit() -> None:
    for land in (tl.landscapes.get("bilinear_game"), tl.landscapes.get("regression")):
        starts = np.array(land.start) + np.linspace(-0.5, 0.5, 9)[:, None]
        whole = tl.descend(land, tl.gd(0.05), starts, 12)
        ends = tl.descend(land, tl.gd(0.05), starts, 12, every=12)
        for name in ("path", "loss", "grad_norm"):
            np.testing.assert_array_equal(getattr(ends, name), getattr(whole, name)[:, [0, -1]])
