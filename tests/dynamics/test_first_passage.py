"""First-passage times and populations of wells, against walks looked at by hand and exact laws."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy import stats

import toylands as tl
from toylands.dynamics import FirstPassage, first_passage, populations
from toylands.landscapes import (
    double_well,
    double_well_1d,
    himmelblau,
    parabola,
    ramp,
    rosenbrock,
    uneven_samples_1d,
)


def test_without_noise_it_is_the_step_seen_on_the_path() -> None:
    starts = np.array([[2.0], [1.0], [0.05], [-3.0]])
    run = tl.descend(parabola, tl.gd(0.01), start=starts, steps=2500)
    found = first_passage(parabola, tl.gd(0.01), lambda x: np.abs(x) < 0.1, starts, steps=2500)
    inside = np.abs(run.path[:, :, 0]) < 0.1
    np.testing.assert_array_equal(found.steps, np.argmax(inside, axis=1))
    assert found.steps[2] == 0
    assert found.share == 1


def test_looking_in_pieces_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["toylands.dynamics.first_passage"]
    schedule = tl.gd(0.01, schedule=tl.schedules.exponential(0.999))

    def arrivals() -> list[int]:
        starts = np.linspace(0.2, 4, 9)[:, None]
        found = first_passage(parabola, schedule, lambda x: x < 0.1, starts, steps=420)
        return found.steps.tolist()

    whole = arrivals()
    monkeypatch.setattr(module, "LOOK", 7)
    assert arrivals() == whole
    assert -1 in whole
    assert max(whole) > 7


def test_pieces_have_noise_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one seed for all pieces their kicks would repeat, and some walkers would run away."""
    monkeypatch.setattr(sys.modules["toylands.dynamics.first_passage"], "LOOK", 5)
    opt = tl.langevin(0.01, temperature=1.0)
    found = first_passage(
        parabola, opt, lambda x: np.abs(x) > 1.2, [0.0], 4000, walkers=2000, seed=4
    )
    monkeypatch.undo()
    again = first_passage(
        parabola, opt, lambda x: np.abs(x) > 1.2, [0.0], 4000, walkers=2000, seed=5
    )
    assert found.share == again.share == 1
    assert stats.ks_2samp(found.steps, again.steps).pvalue > 1e-3


def test_a_drifting_walk_has_inverse_gaussian_arrivals() -> None:
    """A constant slope v and temperature T: the mean time to go b is b/v, its variance 2 T b/v^3.

    At a finite step the walker overshoots the goal by 0.58 standard deviations of a step on average.
    """
    lr, t, b, v = 0.01, 0.05, 1.0, 1.0
    land = ramp(slope=v)
    found = first_passage(
        land, tl.langevin(lr, temperature=t), lambda x: x > b, [0.0], 1000, walkers=4000
    )
    assert found.share == 1
    goal = b + 0.5826 * np.sqrt(2 * lr * t)
    assert abs(found.mean * lr - goal / v) < 4 * found.standard_error * lr + lr
    spread = np.var(found.steps * lr)
    assert spread == pytest.approx(2 * t * goal / v**3, rel=0.12)


def test_what_has_not_arrived_is_said_so() -> None:
    found = FirstPassage(np.array([2, -1, 4, -1]), limit=10, lr=0.1)
    assert found.share == 0.5
    assert found.mean == np.inf
    assert np.isnan(found.standard_error)
    assert found.rate == 2 / 26
    np.testing.assert_array_equal(found.still_out([0, 2, 3, 4, 99]), [1, 0.75, 0.75, 0.5, 0.5])
    assert found.still_out(2) == 0.75
    assert "50.0% arrived within 10 steps" in repr(found)


def test_a_walker_that_diverges_never_arrives() -> None:
    found = first_passage(parabola, tl.gd(3.0), lambda x: x == 0, [1.0], 5000, walkers=3)
    assert found.steps.tolist() == [-1, -1, -1]


def test_the_same_seed_gives_the_same_arrivals_and_batches_work() -> None:
    land, opt = uneven_samples_1d(mean=2, spread=1), tl.gd(0.1)

    def arrivals(seed: int) -> list[int]:
        options = {"walkers": 50, "seed": seed, "batch": 1}
        return first_passage(land, opt, lambda x: x < 0.1, [1.0], 100, **options).steps.tolist()

    assert arrivals(1) == arrivals(1) != arrivals(2)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"opt": tl.adam(0.1)}, ValueError, r"memory \(m, v"),
        ({"opt": tl.swa(tl.gd(0.1))}, ValueError, "swa"),
        ({"opt": tl.gd([0.1, 0.2])}, ValueError, "one number for each parameter"),
        ({"region": 3}, TypeError, "region=3 must be a function"),
        ({"region": lambda x: x}, ValueError, "True or False for every point"),
        ({"region": lambda x: np.array([True, False, True])}, ValueError, "for every point"),
        ({"walkers": 0}, ValueError, "walkers=0"),
        ({"start": [[1.0], [2.0]], "walkers": 3}, ValueError, "start has 2 points"),
        ({"start": np.zeros((2, 2, 1))}, ValueError, "shape"),
        ({"seed": -1}, ValueError, "seed=-1"),
        ({"steps": -1}, ValueError, "steps=-1"),
    ],
)
def test_bad_questions_of_first_passage(change, error, words: str) -> None:
    known = {"opt": tl.gd(0.1), "region": lambda x: x < 0, "start": [1.0], "steps": 5, "walkers": 2}
    if np.ndim(change.get("start", 0)) > 1 and "walkers" not in change:
        known["walkers"] = None
    with pytest.raises(error, match=words):
        first_passage(parabola, **{**known, **change})


# --- populations ----------------------------------------------------------------------------------


def test_a_line_is_cut_at_its_tops() -> None:
    top = double_well_1d.critical_points[1].point[0]
    points = top + np.array([[-2.0], [-1e-9], [1e-9], [0.5], [np.nan]])
    found = populations(double_well_1d, points)
    assert found.labels.tolist() == [0, 0, 1, 1, -1]
    np.testing.assert_array_equal(found.counts, [2, 2])
    np.testing.assert_allclose(found.standard_error, np.sqrt(0.4 * 0.6 / 5))
    assert "elsewhere 1" in repr(found)


def test_the_plane_is_labelled_as_the_basin_map_does() -> None:
    basins = tl.basins(himmelblau, tl.gd(0.001), grid=24, steps=20_000)
    x, y = np.meshgrid(basins.x, basins.y)
    found = populations(himmelblau, np.stack([x, y], axis=-1).reshape(-1, 2))
    order = [
        np.argmin([np.abs(m.point - k.point).sum() for k in basins.minima]) for m in found.minima
    ]
    same = np.array(order)[found.labels] == basins.labels.reshape(-1)
    assert same.mean() > 0.99


def test_walkers_in_the_plane_follow_the_boltzmann_law() -> None:
    """The y coordinate is separate, so the shares are those of the line: chi square at 1e-4."""
    opt = tl.langevin(0.02, temperature=0.5)
    start = np.repeat([[-1.0, 0.0], [1.0, 0.0]], 500, axis=0)
    end = tl.descend(double_well, opt, start=start, steps=1000, every=1000, seed=7).end
    found = populations(double_well, end)
    expected = tl.theory.langevin.shares(double_well_1d, 0.5) * len(end)
    assert found.counts.sum() == len(end)
    assert stats.chisquare(found.counts, expected).pvalue > 1e-4


@pytest.mark.parametrize(
    ("land", "points", "words"),
    [
        (ramp, [[0.0]], "declares no minima"),
        (rosenbrock, [0.0, 0.0], "must have shape"),
        (rosenbrock, np.empty((0, 2)), "must have shape"),
    ],
)
def test_bad_questions_of_populations(land, points, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        populations(land, points)
    with pytest.raises(ValueError, match="lr"):
        populations(rosenbrock, [[0.0, 0.0]], lr=-1)
