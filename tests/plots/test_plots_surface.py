"""The surface: heights, colours, what hides what, trails on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.plots import style, surface
from toylands.plots.surface import _dense, _scene
from toylands.plots.terrain import terrain
from toylands.plots.words import notes_of

L = tl.landscapes
Find = Callable[[Any, str], list[Any]]
RIDGE = tl.landscape("exp(-20*x**2) + 0*y", view=((-1, 1), (-1, 1)), start=(-0.8, 0.0))


def in_space(line: Any) -> np.ndarray:
    return np.column_stack(line.get_data_3d())


def test_levels_and_colors_are_those_of_the_map(by_gid: Find) -> None:
    ax = surface(L.himmelblau, grid=31)
    ground = terrain(L.himmelblau, grid=31)
    (shape,) = by_gid(ax, "terrain")
    colors = style.terrain_colors()(ground.norm(ground.z))[:-1, :-1].reshape(-1, 4)
    drawn = {tuple(c) for c in np.round(shape._facecolor3d, 6)}
    assert drawn == {tuple(c) for c in np.round(colors, 6)}
    assert ax.get_zlabel() == "loss (log height)"


def test_heights_are_losses_where_levels_are_linear(by_gid: Find) -> None:
    ax = surface(L.saddle, grid=21)
    assert ax.get_zlabel() == "loss"
    (low, high) = ax.get_zlim()
    # x**2/2 - y**2/2 is lowest at x = 0 on the y edges and highest at y = 0 on the x edges.
    (x0, x1), (y0, y1) = L.saddle.view
    assert L.saddle.parameters == {"a": 1.0, "b": 1.0}
    assert low == pytest.approx(-max(y0**2, y1**2) / 2)
    assert high == pytest.approx(max(x0**2, x1**2) / 2)


def test_levels_on_a_high_plain_have_different_numbers() -> None:
    plain = tl.landscape("684 + 1e-5*(x**2 + y**2)", view=((-1, 1), (-1, 1)))
    ax = surface(plain, grid=21, height="log")
    plainly = str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")
    names = [t.get_text().translate(plainly).replace("×10", "e") for t in ax.get_zticklabels()]
    assert len(set(names)) == len(names) > 2
    assert ax.get_zlabel() == "loss − 684 (log height)"
    for name, height in zip(names, ax.get_zticks(), strict=True):
        # height = log10(loss - floor + c), so 10**height differs by what the losses differ
        rise = 10**height - 10 ** ax.get_zticks()[0]
        assert float(name) - float(names[0]) == pytest.approx(rise, rel=0.02, abs=1e-9)


def test_log_heights_are_labelled_with_losses() -> None:
    ax = surface(L.rosenbrock, grid=41)
    ground = terrain(L.rosenbrock, grid=41)
    for text, height in zip(ax.get_zticklabels(), ax.get_zticks(), strict=True):
        loss = float(text.get_text())
        expected = np.log10(loss - ground.floor + (ground.lines[0] - ground.floor))
        assert height == pytest.approx(expected)
    assert surface(L.rosenbrock, grid=41, height="loss").get_zlabel() == "loss"


@pytest.mark.parametrize("name", ["double_well", "himmelblau", "rosenbrock", "saddle", "beale"])
@pytest.mark.parametrize("azim", [-75, -60, 30])
def test_the_numbers_of_x_and_y_do_not_run_into_each_other(name: str, azim: float) -> None:
    ax = surface(L.get(name), grid=21, azim=azim)
    ax.figure.canvas.draw()
    inside = [
        [
            tick.label1.get_window_extent().padded(3)
            for tick in axis.get_major_ticks()
            if low - 1e-9 <= tick.get_loc() <= high + 1e-9 and tick.label1.get_text()
        ]
        for axis, (low, high) in zip((ax.xaxis, ax.yaxis), L.get(name).view, strict=True)
    ]
    assert all(len(boxes) > 2 for boxes in inside)
    assert not [1 for x in inside[0] for y in inside[1] if x.overlaps(y)]


def test_contour_lines_lie_on_the_surface(by_gid: Find) -> None:
    ground = terrain(L.saddle, grid=61)
    lines = by_gid(surface(L.saddle, grid=61), "contour lines")
    heights = set()
    for line in lines:
        spots = in_space(line)
        spots = spots[np.isfinite(spots).all(axis=1)]
        if len(spots):
            assert L.saddle.loss(spots[:, :2]) == pytest.approx(spots[:, 2], abs=0.02)
            heights.add(round(float(spots[0, 2]), 6))
    assert heights <= {round(float(level), 6) for level in ground.lines}
    assert len(heights) > 5


def test_what_lies_behind_a_ridge_is_hidden() -> None:
    ground = terrain(RIDGE, grid=101)
    spots = np.array([[-0.5, 0, 0.0067], [0.0, 0.0, 1.0], [0.5, 0, 0.0067]])
    spots[:, 2] = RIDGE.loss(spots[:, :2])
    from_right = _scene(ground, "loss", elev=15, azim=0)  # the viewer looks along -x
    assert from_right.hidden(spots).tolist() == [True, False, False]
    from_left = _scene(ground, "loss", elev=15, azim=180)
    assert from_left.hidden(spots).tolist() == [False, False, True]
    from_above = _scene(ground, "loss", elev=89, azim=0)
    assert from_above.hidden(spots).tolist() == [False, False, False]


def test_the_shadow_of_a_ridge_ends_where_geometry_says() -> None:
    """Behind a wall of height 1 (0.62 of the box) the line of sight has a known slope."""
    ground = terrain(RIDGE, grid=401)
    elev = 55.0
    scene = _scene(ground, "loss", elev=elev, azim=0)
    x = np.linspace(-0.95, -0.05, 400)
    spots = np.column_stack([x, 0 * x, RIDGE.loss(np.column_stack([x, 0 * x]))])
    hidden = scene.hidden(spots)
    # The box has sides 1, 1 and 0.62, so x = 2 u - 1 and loss = w * (highest loss). A point at
    # (x, z) is hidden when the line through it of slope tan(elev) passes below the ridge.
    fine = np.linspace(-1, 1, 20001)
    ridge = np.exp(-20 * fine**2)
    low, high = ridge.min(), ridge.max()
    slope = np.tan(np.radians(elev)) * (high - low) / 0.62 / 2
    for spot, is_hidden in zip(spots[::20], hidden[::20], strict=True):
        ahead = fine > spot[0] + 0.02
        clearance = (spot[2] + slope * (fine[ahead] - spot[0])) - ridge[ahead]
        if abs(clearance.min()) > 0.02:  # nearer than this, sampling decides
            assert is_hidden == (clearance.min() < 0)
    assert 0 < hidden.sum() < len(hidden)


def test_a_trail_is_lifted_onto_the_surface(by_gid: Find) -> None:
    run = tl.descend(L.saddle, tl.gd(0.1), start=(1.2, 0.01), steps=30)
    ax = surface(L.saddle, run, grid=41)
    (line,) = by_gid(ax, "trail")
    spots = in_space(line)
    spots = spots[np.isfinite(spots).all(axis=1)]
    assert len(spots) > 30
    assert spots[:, 2] == pytest.approx(L.saddle.loss(spots[:, :2]))
    for point in run.path[:10]:
        assert np.abs(spots[:, :2] - point).sum(axis=1).min() < 1e-9 or (
            np.abs(in_space(line)[:, :2] - point).sum(axis=1).min() > 0
        )
    assert line.get_color() == style.style_of("gd").color


def test_hidden_parts_are_faint_not_gone(by_gid: Find) -> None:
    run = tl.descend(RIDGE, tl.gd(0.001), start=(-0.5, -0.9), steps=3)
    shown = surface(RIDGE, run, grid=61, azim=180, elev=15)
    assert by_gid(shown, "hidden trail") == []
    hidden = surface(RIDGE, run, grid=61, azim=0, elev=15)
    faint = by_gid(hidden, "hidden trail")
    assert faint
    assert all(artist.get_alpha() < 0.5 for artist in faint)
    (solid,) = by_gid(hidden, "trail")
    assert np.isnan(in_space(solid)).all()


def test_densified_lines_keep_their_corners() -> None:
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.3]])
    dense = _dense(corners, ((0, 1), (0, 1)))
    assert np.linalg.norm(np.diff(dense, axis=0), axis=1).max() <= 1 / 120 + 1e-12
    for corner in corners:
        assert (np.abs(dense - corner).sum(axis=1) < 1e-12).any()


def test_critical_points_stand_on_the_surface(by_gid: Find, texts: Any) -> None:
    ax = surface(L.egg_box, grid=41)
    marks = [m for m in by_gid(ax, "maximum") if m.axes is ax]
    heights = np.concatenate([in_space(m)[:, 2] for m in marks])
    spots = np.concatenate([in_space(m)[:, :2] for m in marks])
    assert heights == pytest.approx(L.egg_box.loss(spots))
    assert set(texts(ax.figure)) == {"minimum", "saddle", "maximum"}


def test_divergence_is_shown(race: Any, by_gid: Find) -> None:
    ax = surface(L.rosenbrock, race, grid=41)
    (label,) = by_gid(ax, "exit label")
    assert label.get_text() == f"diverged, step {race[3].status.step}"
    assert len(by_gid(ax, "exit arrow")) == 1
    assert "60 steps each" in notes_of(ax)


def test_given_axes_must_be_in_space() -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    flat = figure.add_subplot(121)
    with pytest.raises(ValueError, match=r"projection '3d', got 'rectilinear'"):
        surface(L.saddle, ax=flat)
    deep = figure.add_subplot(122, projection="3d")
    assert surface(L.saddle, ax=deep, grid=11) is deep


def test_runs_must_belong_to_the_surface(race: Any) -> None:
    with pytest.raises(ValueError, match=r"move on rosenbrock, but the surface is saddle"):
        surface(L.saddle, race)


@pytest.mark.parametrize(
    ("land", "options", "message"),
    [
        (L.double_well_1d, {}, r"has one coordinate, a surface needs two: use contour"),
        (L.saddle, {"height": "lg"}, r"expected 'loss' or 'log'\. Did you mean 'log'\?"),
        (L.saddle, {"coordinates": ("x",)}, r"a surface needs two coordinates"),
    ],
)
def test_errors(land: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        surface(land, **options)
