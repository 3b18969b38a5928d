"""Pictures of slices: what lies under them, the shadow of a run, and what the picture says of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import sample_line, sample_plane, trajectory_plane
from toylands.plots import slice_curve, slice_map
from toylands.plots.words import notes_of


@pytest.fixture(scope="module")
def run() -> Any:
    """A run of a small network."""
    net = tl.networks.mlp((2, 4, 1), loss="bce", data=tl.networks.two_moons(20, seed=0))
    return tl.descend(net, tl.adam(0.05), start=net.init(0), steps=40)


def test_the_map_draws_the_shadow_and_the_strip_what_it_misses(
    run: Any, by_gid: Any, data: Any
) -> None:
    plane = trajectory_plane(run)
    shadow = plane.project(run)
    ax = slice_map(plane, run)
    (line,) = by_gid(ax, "trail")
    np.testing.assert_allclose(data(line), shadow.flat)
    (outside,) = by_gid(ax.figure, "outside")
    share = shadow.outside_share.copy()
    share[-1] = np.nan  # the run ends at the plane's origin: there is no displacement to share
    np.testing.assert_allclose(data(outside), np.column_stack([range(41), share]))
    assert outside.get_color() == line.get_color()
    assert "PC 1 (" in ax.get_xlabel()
    assert "% of the variance" in ax.get_ylabel()
    assert f"up to {100 * shadow.outside_share.max():.3g}% of a displacement²" in notes_of(ax)
    assert "over a plane of 17 coordinates" in notes_of(ax)


def test_a_sampled_plane_is_a_map_and_a_surface(run: Any) -> None:
    """The heights of the surface are the network's losses; a network's are on a logarithmic scale."""
    plane = sample_plane(run.landscape, run.end, along=("filter", "filter"), grid=21)
    ax = tl.plots.surface(plane)
    assert "over a plane of 17 coordinates" in notes_of(ax)
    assert "a: along a filter-normalised random direction" in notes_of(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("a", "b")
    assert "log" in ax.get_zlabel()
    drawn = tl.plots.contour(plane)
    assert notes_of(drawn) == notes_of(slice_map(plane))
    with pytest.raises(ValueError, match="slice_map"):
        tl.plots.surface(plane, run)


def test_a_plane_lifts_its_points_to_the_loss_in_all_coordinates(run: Any) -> None:
    from toylands.plots.slices import plane_terrain

    plane = sample_plane(run.landscape, run.end, along=("filter", "filter"), grid=3)
    flat = np.array([[0.2, -0.4], [0.0, 0.0]])
    expected = run.landscape.loss(run.end + flat @ plane.directions)
    np.testing.assert_allclose(plane_terrain(plane).lift(flat), expected, rtol=1e-13)


def test_given_axes_get_the_note_but_no_strip(run: Any, by_gid: Any) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    ax = slice_map(trajectory_plane(run), run, figure.add_subplot())
    assert len(figure.axes) == 1
    assert not by_gid(figure, "strip")
    assert "runs are shadows" in notes_of(ax)


def test_a_run_that_leaves_the_window_is_named(run: Any, by_gid: Any) -> None:
    plane = sample_plane(run.landscape, run.path[0], reach=0.1, grid=5)
    ax = slice_map(plane, run)
    assert "leaving the window: adam(lr=0.05)" in notes_of(ax)
    assert not by_gid(ax, "end")


def test_the_angle_of_directions_is_told(run: Any) -> None:
    plane = sample_plane(run.landscape, run.end, ("filter", "filter"), grid=5)
    ax = slice_map(plane)
    assert f"{np.degrees(np.arccos(plane.cosine)):.1f}°" in notes_of(ax)
    assert ax.get_ylabel() == "along another filter-normalised random direction"
    assert "°" not in notes_of(slice_map(sample_plane(run.landscape, run.end, grid=5)))


def test_losses_of_many_decades_keep_a_readable_scale() -> None:
    land = tl.landscape("exp(20*x + y**2)", view=((-3, 1), (-1, 1)), levels="log")
    ax = slice_map(sample_plane(land, (0, 0), ((1, 0), (0, 1)), reach=2, grid=41))
    edges = next(c for c in ax.collections if c.get_gid() == "terrain").levels
    assert edges[1] >= 1e-8 * edges[-1]


def test_curves_hold_the_losses_and_the_models(
    run: Any, by_gid: Any, data: Any, texts: Any
) -> None:
    lines = [sample_line(run.landscape, run.end, a, count=11) for a in ("random", "sharpest")]
    ax = slice_curve(lines, model=True)
    for drawn, line in zip(by_gid(ax, "slice"), lines, strict=True):
        np.testing.assert_allclose(data(drawn), np.column_stack([line.t, line.loss]))
    model = data(by_gid(ax, "model")[1])
    top = run.landscape.spectrum(run.end).eigenvalues[-1]
    np.testing.assert_allclose(np.diff(model[:, 1], 2), top * 0.2**2, rtol=1e-6)
    assert texts(ax.figure)[1].startswith("sharpest: d'Hd = ")
    named = slice_curve(lines[0], labels=["here"])
    assert texts(named.figure) == ["here"]


def test_bad_requests_are_refused(run: Any) -> None:
    line = sample_line(run.landscape, run.end, count=5)
    with pytest.raises(TypeError, match="sample_line"):
        slice_curve([run])
    with pytest.raises(TypeError, match="sample_plane"):
        slice_map(line)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one for each of 1"):
        slice_curve(line, labels=["a", "b"])
