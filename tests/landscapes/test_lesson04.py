"""Lesson 4, minima, saddles, plateaus: every number of the lesson comes out of the library."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from exact_tools import close, flow_time

import toylands as tl
from toylands.landscapes import (
    double_well,
    double_well_1d,
    egg_box,
    four_wells,
    gaussian_desert,
    monkey_saddle,
    quartic_saddle,
    ramp,
    saddle,
)

# --- the tilted double well -----------------------------------------------------------------------


def test_double_well_stationary_points() -> None:
    good, top, bad = double_well_1d.critical_points
    assert [p.kind for p in (good, top, bad)] == ["minimum", "maximum", "minimum"]
    close((good.point[0], top.point[0], bad.point[0]), (-1.088034, 0.2091488, 0.8788851))
    close((good.loss, top.loss, bad.loss), (-0.4591595, 0.02043652, -0.06127698))
    close(top.loss - bad.loss, 0.0817135)


def test_double_well_in_two_dimensions_has_a_saddle_between() -> None:
    kinds = [p.kind for p in double_well.critical_points]
    assert kinds == ["minimum", "saddle", "minimum"]
    close(double_well.critical_points[1].point[0], 0.2091488)


def test_double_well_loses_a_well_at_the_critical_tilt() -> None:
    for c, count in ((0.3849002 - 1e-6, 3), (0.3849002 + 1e-6, 1)):
        assert len(double_well_1d(c=c).critical_points) == count
        assert len(double_well_1d(c=-c).critical_points) == count


def test_double_well_fraction_of_starts_that_end_badly() -> None:
    top = double_well_1d.critical_points[1].point[0]
    close((2 - top) / 4, 0.4477128)
    starts = np.linspace(-2, 2, 4001)[:, None]
    end = tl.descend(double_well_1d, tl.gd(0.05), start=starts, steps=500).end
    assert abs(np.mean(end > 0) - 0.4477128) < 1e-3


# --- the quartic saddle ---------------------------------------------------------------------------


def test_quartic_saddle_points() -> None:
    middle, up, down = quartic_saddle.critical_points
    np.testing.assert_allclose(middle.eigenvalues, (-1, 1), rtol=1e-12)
    for side, y in ((up, 1), (down, -1)):
        np.testing.assert_allclose(side.point, (0, y), atol=1e-12)
        np.testing.assert_allclose(side.eigenvalues, (1, 2), rtol=1e-12)
        close(side.loss, -0.25)


@pytest.mark.parametrize(
    ("y0", "time", "steps"),
    [(1e-3, 6.358449, 67), (1e-6, 13.2662, 139), (1e-9, 20.17396, 212)],
)
def test_quartic_saddle_escape_takes_the_logarithm(y0: float, time: float, steps: int) -> None:
    close(flow_time(quartic_saddle, (1, y0), lambda p: p[1] - 0.5, 40), time)
    y = tl.descend(quartic_saddle, tl.gd(0.1), start=(1, y0), steps=300).path[:, 1]
    assert int(np.argmax(y >= 0.5)) == steps


def test_quartic_saddle_on_the_axis_holds_for_ever() -> None:
    run = tl.descend(quartic_saddle, tl.gd(0.1), start=(1, 0), steps=1000)
    assert str(run.status) == "converged to a saddle"


def test_quartic_saddle_heavy_ball_escapes_sooner() -> None:
    y = tl.descend(quartic_saddle, tl.momentum(0.1, beta=0.9), start=(1, 1e-6), steps=300).path[
        :, 1
    ]
    assert int(np.argmax(y >= 0.5)) == 50


def test_saddle_growth_per_step() -> None:
    """On the plain saddle, where the growth is the same at every distance."""
    heavy = tl.descend(saddle, tl.momentum(0.1, beta=0.9), start=(0, 1e-9), steps=300, escape=1e60)
    plain = tl.descend(saddle, tl.gd(0.1), start=(0, 1e-9), steps=300, escape=1e60)
    growth = [float(run.path[-1, 1] / run.path[-2, 1]) for run in (heavy, plain)]
    close(growth, (1.316228, 1.1))
    close(np.log(growth[0]) / np.log(growth[1]), 2.882902)


def test_saddle_noise_spreads_the_walkers() -> None:
    """The standard deviation over 40,000 walkers has a relative standard error of 0.35%."""
    starts = np.zeros((40_000, 2))
    end = tl.descend(saddle, tl.noise(tl.gd(0.1), sigma=0.01), start=starts, steps=50).end
    assert abs(np.std(end[:, 1]) / 0.2561585 - 1) < 4 * 0.0036


# --- counting -------------------------------------------------------------------------------------


def test_four_wells_count() -> None:
    assert Counter(p.kind for p in four_wells.critical_points) == {
        "minimum": 4,
        "saddle": 4,
        "maximum": 1,
    }


def test_four_wells_every_bad_coordinate_costs_the_same() -> None:
    losses = sorted(p.loss for p in four_wells(c=0.2).minima)
    close(np.diff(losses)[[0, 2]], (0.3978826, 0.3978826))


def test_egg_box_has_as_many_saddles_as_extrema() -> None:
    """In one period, counting a point on the border by its share."""
    share: Counter[str] = Counter()
    for point in egg_box.critical_points:
        on_border = np.isclose(np.abs(point.point), np.pi).sum()
        share[point.kind] += 0.5**on_border  # type: ignore[assignment]
    assert share == {"minimum": 1, "saddle": 2, "maximum": 1}


# --- Newton ---------------------------------------------------------------------------------------


def test_newton_runs_into_the_saddle() -> None:
    run = tl.descend(quartic_saddle, tl.newton(), start=(0.5, 0.1), steps=20)
    close(run.path[1, 1], -0.002061856)
    assert str(run.status) == "converged to a saddle"
    np.testing.assert_allclose(run.end, (0, 0), atol=1e-12)


def test_saddle_free_newton_flees_it() -> None:
    run = tl.descend(quartic_saddle, tl.saddle_free_newton(), start=(0.5, 0.1), steps=20)
    close(run.path[1, 1], 0.2020619)
    assert int(np.argmax(np.abs(run.path[:, 1] - 1) <= 1e-8)) == 7
    assert str(run.status) == "converged to a minimum"


def test_monkey_saddle_is_decided_by_the_third_derivatives() -> None:
    (point,) = monkey_saddle.critical_points
    assert point.kind == "plateau"
    assert np.all(monkey_saddle.hessian((0, 0)) == 0)
    assert np.any(monkey_saddle.third((0, 0)) != 0)
    angles = np.radians(30 + 60 * np.arange(6))
    around = monkey_saddle.loss(
        0.1 * np.stack([np.cos(angles - np.pi / 6), np.sin(angles - np.pi / 6)], 1)
    )
    assert np.all(np.sign(around) == (1, -1) * 3)


# --- plateaus -------------------------------------------------------------------------------------


def test_desert_slope() -> None:
    close(np.linalg.norm(gaussian_desert.grad((3, 4))), 1.863327e-05)
    r = np.linspace(0, 5, 5001)
    slopes = np.linalg.norm(gaussian_desert.grad(np.stack([r, 0 * r], axis=1)), axis=1)
    close(slopes.max(), 0.6065307)
    close(r[int(np.argmax(slopes))], 1.0)


@pytest.mark.parametrize(("r", "time"), [(5, 11782.33), (3, 13.73974)])
def test_desert_crossing_time(r: float, time: float) -> None:
    close(flow_time(gaussian_desert, (r, 0), lambda p: p[0] - 1, 20_000), time)


def steps_to_cross(opt: tl.Optimizer, steps: int) -> int:
    """The first step at which a walker on the default ramp has come 1 far (but for rounding)."""
    x = tl.descend(ramp, opt, start=[0.0], steps=steps).path[:, 0]
    return int(np.argmax(x >= 1 - 1e-9))


@pytest.mark.parametrize(
    ("opt", "steps"), [(tl.gd(0.01), 1_000_000), (tl.adam(0.01), 101), (tl.adagrad(0.01), 2574)]
)
def test_ramp_steps_to_cross(opt: tl.Optimizer, steps: int) -> None:
    assert steps_to_cross(opt, steps + 5) == steps


@pytest.mark.parametrize(("slope", "step"), [(1e-4, 0.009999), (1e-8, 0.005)])
def test_ramp_adam_step_is_scale_free_down_to_eps(slope: float, step: float) -> None:
    x = tl.descend(ramp(slope=slope), tl.adam(0.01), start=[0.0], steps=50).path[:, 0]
    close(np.diff(x), np.full(50, step))
