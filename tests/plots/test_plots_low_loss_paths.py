"""Pictures of lines and curved paths: their losses, places and marks are the measured ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import align, bezier_path, chain_path, elastic_band, interpolate
from toylands.plots import interpolation_curve, path_map, path_profile
from toylands.plots.words import notes_of

VALLEY = tl.landscape("(x**2 + y**2 - 1)**2/2")
ENDS = (1.0, 0.0), (-1.0, 0.0)


def test_an_interpolation_with_chord_and_barrier(by_gid: Any, data: Any, texts: Any) -> None:
    line = interpolate(VALLEY, *ENDS)
    ax = interpolation_curve(line)
    np.testing.assert_allclose(data(by_gid(ax, "line")[0])[:, 1], line.loss)
    np.testing.assert_allclose(data(by_gid(ax, "chord")[0])[:, 1], line.chord)
    assert len(by_gid(ax, "barrier")) == 1
    assert texts(ax.figure) == ["barrier 0.5"]
    flat = interpolation_curve(interpolate(tl.landscapes.bowl, (1, 0), (0, 0)))
    assert not by_gid(flat, "barrier")


def test_an_alignment_is_drawn_before_and_after(by_gid: Any, texts: Any) -> None:
    net = tl.networks.mlp((2, 4, 1), loss="bce", data=tl.networks.two_moons(20, seed=0))
    theta = net.init(0)
    found = align(net, theta, net.permuted(theta, 1, [1, 2, 3, 0]))
    ax = interpolation_curve(found)
    assert [text.split(":")[0] for text in texts(ax.figure)] == ["as trained", "aligned"]
    assert len(by_gid(ax, "line")) == 2
    # The permuted network is the same function: what is left of its barrier is rounding error.
    assert texts(ax.figure)[1] == "aligned: barrier 0"
    assert len(by_gid(ax, "barrier")) == 1


def test_profiles_show_what_lies_between_the_images(by_gid: Any, data: Any, texts: Any) -> None:
    land = tl.landscapes.double_well
    left, right = (point.point for point in land.minima)
    band = elastic_band(land, right, left, images=9)
    ax = path_profile(band, line=interpolate(land, right, left))
    s, loss = band.profile()
    np.testing.assert_allclose(data(by_gid(ax, "profile")[0]), np.column_stack([s / s[-1], loss]))
    np.testing.assert_allclose(data(by_gid(ax, "images")[0])[:, 1], band.loss)
    top = data(by_gid(ax, "saddle")[0])[0]
    assert top[1] == pytest.approx(0.02043652, rel=1e-5)  # the known height of the pass
    assert texts(ax.figure)[1] == "elastic band, highest 0.0204"


def test_the_map_draws_every_path_where_it_runs(by_gid: Any, data: Any, texts: Any) -> None:
    paths = [f(VALLEY, *ENDS, control=(0, 1)) for f in (bezier_path, chain_path, bezier_path)]
    ax = path_map(paths)
    drawn = by_gid(ax, "path")[1::2]  # each over a wider white line
    for line, path in zip(drawn, paths, strict=True):
        np.testing.assert_allclose(data(line), path.points)
    assert len({line.get_color() for line in drawn}) == 3
    assert texts(ax.figure)[:3] == ["Bézier curve 1", "polygonal chain", "Bézier curve 2"]


def test_in_many_coordinates_the_map_is_a_plane_and_says_what_leaves_it(by_gid: Any) -> None:
    net = tl.networks.mlp((2, 4, 1), loss="bce", data=tl.networks.two_moons(20, seed=0))
    path = bezier_path(net, net.init(0), net.init(1), bends=2, count=15, iterations=20)
    ax = path_map(path)
    assert "paths leave the plane by up to" in notes_of(ax)
    assert len(by_gid(ax, "end")) == 2


def test_bad_requests_are_refused() -> None:
    path = bezier_path(VALLEY, *ENDS, count=11)
    with pytest.raises(TypeError, match="what interpolate returns"):
        interpolation_curve(path)
    with pytest.raises(TypeError, match="elastic_band"):
        path_map(interpolate(VALLEY, *ENDS))
    with pytest.raises(ValueError, match="one landscape"):
        path_map([path, bezier_path(tl.landscapes.bowl, *ENDS, count=11)])
