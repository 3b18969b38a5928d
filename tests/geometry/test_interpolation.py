"""Straight lines: barriers in their three meanings, and monotone interpolation."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

import toylands as tl
from toylands.geometry import interpolate


def test_barriers_against_mpmath() -> None:
    """On a quartic with ends of different height, the three definitions differ."""
    land = tl.landscape("(x**2 - 1)**2 + x/2 + y**2")
    line = interpolate(land, (-1, 0), (1, 0.5), count=21)

    def loss(t):  # type: ignore[no-untyped-def]
        x, y = 2 * t - 1, t / 2
        return (x**2 - 1) ** 2 + x / 2 + y**2

    def top(f):  # type: ignore[no-untyped-def]
        return f(mp.findroot(lambda t: mp.diff(f, t), 0.5))

    ends = loss(mp.mpf(0)), loss(mp.mpf(1))
    above_chord = top(lambda t: loss(t) - (1 - t) * ends[0] - t * ends[1])
    highest = top(loss)
    assert line.barrier == pytest.approx(float(above_chord), rel=1e-9)
    assert line.barrier_above_mean == pytest.approx(float(highest - sum(ends) / 2), rel=1e-9)
    assert line.barrier_above_ends == pytest.approx(float(highest - max(ends)), rel=1e-9)
    place = mp.findroot(lambda t: mp.diff(loss, t), 0.5)
    assert line.highest == pytest.approx(float(place), abs=1e-6)
    assert not line.monotone
    assert line.largest_rise == pytest.approx(float(highest - ends[0]), rel=1e-2)


def test_a_line_downhill_is_monotone_and_has_no_barrier() -> None:
    line = interpolate(tl.landscapes.bowl, (2, 1), (0, 0))
    assert line.monotone
    assert line.largest_rise == 0
    assert line.barrier == 0
    assert line.barrier_above_ends == 0
    # Half the difference of the ends, though there is no hill: one end is worse.
    assert line.barrier_above_mean == pytest.approx(line.loss[0] / 2)
    back = interpolate(tl.landscapes.bowl, (0, 0), (2, 1))
    assert not back.monotone


def test_a_trained_network_interpolates_from_its_start() -> None:
    net = tl.networks.mlp((2, 6, 1), loss="bce", data=tl.networks.two_moons(40, seed=0))
    run = tl.descend(net, tl.adam(0.05), start=net.init(0), steps=200)
    line = interpolate(net, run.path[0], run.end, count=31)
    np.testing.assert_allclose(line.loss, net.loss(line.points(line.t)), rtol=1e-12)
    assert line.loss[0] == pytest.approx(float(run.loss[0]))
    assert line.loss[-1] == pytest.approx(float(run.loss[-1]))
    rises = [line.loss[j] - line.loss[i] for i in range(31) for j in range(i, 31)]
    assert line.largest_rise == pytest.approx(max(rises))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (((0, 0, 0), (1, 1)), "2 coordinates"),
        (((0, 0), (1, np.nan)), "finite"),
    ],
)
def test_bad_ends_are_refused(arguments: tuple[object, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        interpolate(tl.landscapes.bowl, *arguments)
    with pytest.raises(ValueError, match="count"):
        interpolate(tl.landscapes.bowl, (0, 0), (1, 1), count=2)


def test_where_the_loss_is_not_finite_there_is_no_barrier_to_tell() -> None:
    line = interpolate(tl.landscape("log(x)**2"), 0.5, -1.0)
    for value in (line.barrier, line.barrier_above_mean, line.barrier_above_ends, line.highest):
        assert np.isnan(value)


def test_the_largest_rise_counts_from_the_lowest_place_before() -> None:
    line = interpolate(tl.landscapes.parabola, -1.0, 1.0)  # down into the bowl, and up again
    assert line.largest_rise == pytest.approx(0.5)
    assert not line.monotone
    assert line.barrier == 0
