"""Basins and sweeps: every cell's colour, shares, numbers, hatching, axes, errors."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from color_science import luminance
from matplotlib.colors import to_hex, to_rgba

import toylands as tl
from toylands.plots import basin_map, style, sweep_map
from toylands.plots.basin_colors import basin_image
from toylands.plots.maps import _edges, _geometric, percent
from toylands.plots.words import notes_of

L = tl.landscapes
BOOK = style.palette()
Find = Callable[[Any, str], list[Any]]
PARABOLA = tl.landscape("(x**2 + 4*y**2)/2", start=(1, 1), view=((-2, 2), (-2, 2)))


@pytest.fixture(scope="module")
def wild() -> Any:
    """Return basins of Himmelblau's function with every outcome but 'elsewhere'."""
    found = tl.basins(L.himmelblau, tl.momentum(0.017), grid=(40, 30), steps=100)
    assert {-1, -2, 0, 1, 2, 3} <= set(np.unique(found.labels))
    return found


def test_every_cell_has_the_color_of_its_outcome(wild: Any, by_gid: Find) -> None:
    (image,) = by_gid(basin_map(wild), "basins")
    pixels = np.asarray(image.get_array())
    assert pixels.shape == (30, 40, 4)
    for n in range(4):
        expected = to_rgba(BOOK["basins"][n])
        assert np.allclose(pixels[wild.labels == n], expected)
    assert np.allclose(pixels[wild.labels == -2], to_rgba(BOOK["outcomes"]["running"]["color"]))
    assert (pixels[wild.labels == -1][:, 3] == 0).all()  # transparent: the hatching shows
    assert (pixels[wild.labels != -1][:, 3] == 1).all()


def test_diverged_starts_are_hatched(wild: Any, by_gid: Find) -> None:
    ax = basin_map(wild)
    (patch,) = by_gid(ax, "diverged")
    (image,) = by_gid(ax, "basins")
    assert patch.get_hatch() == BOOK["outcomes"]["diverged"]["hatch"]
    assert patch.get_zorder() < image.get_zorder()
    x0, x1, y0, y1 = image.get_extent()
    box = patch.get_bbox().extents
    assert box == pytest.approx([x0, y0, x1, y1])


def test_on_dark_paper_the_hatching_is_dark_too(wild: Any, by_gid: Find) -> None:
    from matplotlib.colors import to_hex

    with mpl.rc_context({"figure.facecolor": "black"}):
        (patch,) = by_gid(basin_map(wild), "diverged")
    dark = BOOK["themes"]["dark"]
    assert to_hex(patch.get_facecolor()).upper() == dark["paper"]
    assert to_hex(patch.get_edgecolor()).upper() == dark["soft"]
    (light,) = by_gid(basin_map(wild), "diverged")
    assert to_hex(light.get_facecolor()).upper() == BOOK["themes"]["light"]["paper"]


def test_cells_are_centered_on_their_starts(wild: Any, by_gid: Find) -> None:
    (image,) = by_gid(basin_map(wild), "basins")
    x0, x1, y0, y1 = image.get_extent()
    assert (x1 - x0) / 40 == pytest.approx(wild.x[1] - wild.x[0])
    assert x0 + (x1 - x0) / 80 == pytest.approx(wild.x[0])
    assert y0 + (y1 - y0) / 60 == pytest.approx(wild.y[0])
    assert image.origin == "lower"


def test_the_legend_gives_every_share(wild: Any, texts: Any) -> None:
    found = texts(basin_map(wild).figure)
    total = 0.0
    for n in range(4):
        share = 100 * np.mean(wild.labels == n)
        assert found[n].startswith(f"{n + 1}: minimum (")
        shown = float(found[n].split(", ")[-1].removesuffix(" %"))
        assert shown == pytest.approx(share, rel=5e-3)
        assert "loss 0," in found[n]
        total += shown
    assert found[4].startswith("diverged, ")
    assert found[5].startswith("still running, ")
    total += sum(float(text.split(", ")[1].removesuffix(" %")) for text in found[4:])
    assert total == pytest.approx(100, abs=0.3)


def test_minima_are_numbered_where_they_lie(wild: Any, by_gid: Find) -> None:
    numbers = by_gid(basin_map(wild), "number")
    assert [text.get_text() for text in numbers] == ["1", "2", "3", "4"]
    for text, minimum in zip(numbers, wild.minima, strict=True):
        assert text.xy == pytest.approx(tuple(minimum.point))


def test_the_picture_says_what_ran(wild: Any) -> None:
    note = notes_of(basin_map(wild))
    assert "where momentum(lr=0.017) is after 100 steps" in note
    assert "40 × 30 starts, exact gradients" in note


def test_starts_that_end_elsewhere_are_told_apart(by_gid: Find, texts: Any) -> None:
    found = tl.basins(L.himmelblau, tl.newton(), grid=30, steps=60)
    assert (found.labels == -3).any()
    ax = basin_map(found)
    (image,) = by_gid(ax, "basins")
    pixels = np.asarray(image.get_array())[found.labels == -3]
    assert np.allclose(pixels, to_rgba(BOOK["outcomes"]["other"]["color"]))
    assert any(text.startswith("stationary elsewhere, ") for text in texts(ax.figure))


def test_equilibria_of_a_game_are_numbered_and_described(by_gid: Find, texts: Any) -> None:
    found = tl.basins(L.dirac_gan(gamma=1), tl.gd(0.1), grid=20, steps=400)
    ax = basin_map(found)
    (number,) = by_gid(ax, "number")
    assert number.xy == pytest.approx((0, 0), abs=1e-12)
    assert {line.get_marker() for line in by_gid(ax, "equilibrium")} == {"D"}
    assert texts(ax.figure)[0].startswith("1: stable equilibrium (0, 0)\nloss −0.693, 100 %")


def test_very_many_basins_are_all_colored_and_the_largest_named(by_gid: Find, texts: Any) -> None:
    found = tl.basins(L.rastrigin, tl.gd(0.002), grid=44, steps=200)
    count = len(found.minima)
    assert count > 100
    ax = basin_map(found)
    assert len(by_gid(ax, "number")) == 8
    rest = texts(ax.figure)[8]
    assert rest.startswith(f"{count - 8} further minima, ")
    assert "colour: the loss" in rest
    # Pixels in the middle of basins, away from the lines between those of one colour.
    (image,) = by_gid(ax, "basins")
    pixels = np.asarray(image.get_array())
    shown = {}
    for n, minimum in enumerate(found.minima):
        column, row = (
            np.argmin(np.abs(a - c)) for a, c in zip((found.x, found.y), minimum.point, strict=True)
        )
        if found.labels[row, column] == n:
            shown[round(float(minimum.loss), 3)] = pixels[row, column]
    losses = sorted(shown)
    assert len(losses) > 10
    assert np.allclose(shown[losses[0]], to_rgba(BOOK["ladder"]["stops"][0]))
    assert np.allclose(shown[losses[-1]], to_rgba(BOOK["ladder"]["stops"][-1]))
    light = [luminance(to_hex(shown[loss])) for loss in losses]
    assert all(one < two for one, two in itertools.pairwise(light))


def test_a_line_keeps_basins_of_one_color_apart() -> None:
    labels = np.array([[0, 0, 1], [2, 2, 1]])
    image = basin_image(labels, {0: "#FF0000", 1: "#FF0000", 2: "#00FF00"}, borders=True)
    line = np.all(image == to_rgba(BOOK["terrain"]["line"]), axis=-1)
    np.testing.assert_array_equal(line, [[False, True, False], [False, False, False]])


def test_one_coordinate_gives_the_curve_and_a_strip(by_gid: Find, data: Any) -> None:
    found = tl.basins(L.double_well_1d, tl.gd(0.01), grid=50)
    ax = basin_map(found)
    z = data(by_gid(ax, "terrain")[0])[:, 1]
    (image,) = by_gid(ax, "basins")
    pixels = np.asarray(image.get_array())
    assert pixels.shape == (1, 50, 4)
    for n in range(2):
        assert np.allclose(pixels[0, found.labels[0] == n], to_rgba(BOOK["basins"][n]))
    assert image.get_extent()[3] < z.min()
    assert "50 starts" in notes_of(ax)


def test_lines_and_numbers_can_be_left_out(wild: Any, by_gid: Find) -> None:
    ax = basin_map(wild, lines=False, critical=False)
    assert by_gid(ax, "contour lines") == []
    assert by_gid(ax, "number") == []
    assert len(by_gid(basin_map(wild), "contour lines")) == 1


def test_percentages_have_three_digits() -> None:
    assert percent(1 / 3) == "33.3 %"
    assert percent(0.000217) == "0.0217 %"
    assert percent(1.0) == "100 %"


# ------------------------------------------------------------------------------------ sweeps

LR = np.geomspace(0.01, 1.0, 21)
BETA = np.linspace(0.0, 0.9, 10)


@pytest.fixture(scope="module")
def line_sweep() -> Any:
    """Return a sweep over the rate alone; gradient descent is stable below 2/4."""
    return tl.sweep(PARABOLA, tl.gd, lr=LR, steps=200)


@pytest.fixture(scope="module")
def plane_sweep() -> Any:
    """Return a sweep over rate and momentum."""
    return tl.sweep(PARABOLA, tl.momentum, lr=LR, beta=BETA, steps=200)


def test_a_sweep_of_one_number_is_a_curve(line_sweep: Any, by_gid: Find, data: Any) -> None:
    ax = sweep_map(line_sweep)
    x, z = data(by_gid(ax, "sweep")[0]).T
    kept = ~line_sweep.diverged & (line_sweep.loss > 0)
    assert x == pytest.approx(LR)
    assert z[kept] == pytest.approx(line_sweep.loss[kept])
    assert np.isnan(z[line_sweep.diverged]).all()
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("lr", "final loss")


def test_diverged_settings_of_a_curve_are_hatched(
    line_sweep: Any, by_gid: Find, texts: Any
) -> None:
    ax = sweep_map(line_sweep)
    spans = by_gid(ax, "diverged")
    assert len(spans) == line_sweep.diverged.sum() > 0
    assert all(span.get_hatch() for span in spans)
    left = min(span.get_x() for span in spans)
    assert LR[~line_sweep.diverged].max() < left < LR[line_sweep.diverged].min()
    assert 0.45 < left < 0.6  # 2 / 4, up to the spacing of the rates
    assert texts(ax.figure)[1] == f"diverged, {percent(line_sweep.diverged.mean())}"


def test_the_best_setting_is_marked(line_sweep: Any, by_gid: Find, data: Any, texts: Any) -> None:
    ax = sweep_map(line_sweep, of="grad_norm")
    (mark,) = by_gid(ax, "best")
    kept = np.where(line_sweep.diverged | (line_sweep.grad_norm <= 0), np.inf, line_sweep.grad_norm)
    best = int(np.argmin(kept))
    assert data(mark)[0] == pytest.approx([LR[best], kept[best]])
    assert texts(ax.figure)[0].startswith("best: lr = ")


def test_a_sweep_of_two_numbers_is_a_map(plane_sweep: Any, by_gid: Find) -> None:
    ax = sweep_map(plane_sweep, of="grad_norm")
    (mesh,) = by_gid(ax, "sweep")
    shown = mesh.get_array()
    assert shown.shape == (10, 21)  # rows: the second number, beta
    expected = np.ma.masked_array(plane_sweep.grad_norm.T, plane_sweep.diverged.T)
    expected = np.ma.masked_where(plane_sweep.grad_norm.T <= 0, expected)
    assert (np.ma.getmaskarray(shown) == np.ma.getmaskarray(expected)).all()
    assert shown.compressed() == pytest.approx(expected.compressed())
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "linear")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("lr", "beta")
    assert len(by_gid(ax, "diverged")) == 1
    assert mesh.get_cmap().name == "toylands_terrain"
    assert any(a.get_ylabel() == "final gradient norm" for a in ax.figure.axes)


def test_the_frame_of_divergence_is_the_theorem_s(plane_sweep: Any) -> None:
    """Heavy ball on curvature 4 diverges for lr > 2 (1 + beta) / 4 (Polyak 1964)."""
    limit = 2 * (1 + BETA)[None, :] / 4
    clear = np.abs(LR[:, None] / limit - 1) > 0.15
    grown = plane_sweep.diverged | (plane_sweep.loss > 2.5)
    assert (grown == (LR[:, None] > limit))[clear].all()


def test_when_runs_diverged_can_be_drawn(plane_sweep: Any, by_gid: Find, texts: Any) -> None:
    ax = sweep_map(plane_sweep, of="diverged_at")
    (mesh,) = by_gid(ax, "sweep")
    shown = mesh.get_array()
    assert (np.ma.getmaskarray(shown) == ~plane_sweep.diverged.T).all()
    assert by_gid(ax, "best") == []
    assert texts(ax.figure)[0].startswith("did not diverge\n")


def test_numbers_can_be_held_fixed(plane_sweep: Any, by_gid: Find, data: Any) -> None:
    ax = sweep_map(plane_sweep, at={"beta": 0.5}, of="grad_norm")
    x, z = data(by_gid(ax, "sweep")[0]).T
    kept = ~plane_sweep.diverged[:, 5] & (plane_sweep.grad_norm[:, 5] > 0)
    assert z[kept] == pytest.approx(plane_sweep.grad_norm[kept, 5])
    assert "beta = 0.5" in notes_of(ax)
    assert x == pytest.approx(LR)


def test_unordered_values_are_sorted(by_gid: Find, data: Any) -> None:
    found = tl.sweep(PARABOLA, tl.gd, lr=[0.1, 0.02, 0.3], steps=5)
    x, z = data(by_gid(sweep_map(found), "sweep")[0]).T
    assert x.tolist() == [0.02, 0.1, 0.3]
    assert z == pytest.approx(found.loss[[1, 0, 2]])


def test_a_sweep_where_everything_diverges_is_drawn(by_gid: Find) -> None:
    found = tl.sweep(PARABOLA, tl.gd, lr=[5.0, 6.0, 7.0], steps=100)
    assert found.diverged.all()
    ax = sweep_map(found)
    assert len(by_gid(ax, "diverged")) == 3
    assert by_gid(ax, "best") == []
    plane = tl.sweep(PARABOLA, tl.momentum, lr=[50.0, 60.0], beta=[0.1, 0.2], steps=100)
    assert by_gid(sweep_map(plane), "best") == []


def test_the_picture_of_a_sweep_says_what_ran(plane_sweep: Any) -> None:
    note = notes_of(sweep_map(plane_sweep))
    assert "momentum after 200 steps, lr and beta swept, all else equal" in note


def test_edges_lie_halfway() -> None:
    assert _edges(np.array([1.0, 2.0, 4.0]), False).tolist() == [0.5, 1.5, 3.0, 5.0]
    assert _edges(np.array([1.0, 100.0]), True) == pytest.approx([0.1, 10, 1000])
    low, high = _edges(np.array([3.0]), False)
    assert low < 3 < high


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.geomspace(1e-3, 1, 10), True),
        (np.array([1e-3, 3e-3, 1e-2, 3e-2, 0.1]), True),
        (np.linspace(0.1, 0.9, 9), False),
        (np.linspace(0, 1, 5), False),
        (np.linspace(1, 100, 9), False),
        (np.array([-1.0, 1, 10]), False),
    ],
)
def test_geometric_axes_are_recognized(values: Any, expected: bool) -> None:
    assert _geometric(values) is expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"of": "losses"}, r"of='losses': expected 'loss', .* Did you mean 'loss'\?"),
        ({"scale": "lg"}, r"scale='lg': expected 'log' or 'linear'"),
        ({"at": {"bta": 0.5}}, r"'bta' was not swept, only 'lr' and 'beta'.* Did you mean 'beta'"),
        ({"at": {"beta": 0.52}}, r"was not run at 0.52; the nearest value is 0.5"),
        ({"at": {"beta": 0.5, "lr": 0.01}}, r"this sweep leaves 0"),
    ],
)
def test_errors_of_sweeps(plane_sweep: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sweep_map(plane_sweep, **options)


def test_three_swept_numbers_ask_for_one_fixed(by_gid: Find) -> None:
    found = tl.sweep(L.rosenbrock, tl.momentum, lr=[1e-4, 2e-4], beta=[0.5, 0.9], b=[10.0, 100.0])
    with pytest.raises(ValueError, match=r"leaves 3 \('lr', 'beta' and 'b'\): fix the others"):
        sweep_map(found)
    assert by_gid(sweep_map(found, at={"b": 10.0}), "sweep")


def test_a_value_swept_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="swept over the same value twice"):
        sweep_map(tl.sweep(PARABOLA, tl.gd, lr=[0.1, 0.1, 0.2]))


def test_a_map_is_coloured_by_any_function_of_the_end(by_gid: Any) -> None:
    """Along a ring of minima a walk goes straight inwards: the angle of the end is that of the start."""
    ring = tl.basins(tl.landscapes.circle_valley, tl.gd(0.05), (9, 8), steps=400)
    ax = ring.plot(color=lambda x, y: np.arctan2(y, x), label="angle of the end")
    (image,) = by_gid(ax, "ends")
    angles = np.arctan2(ring.y[:, None], ring.x[None, :])
    turn = np.exp(1j * (np.asarray(image.get_array()) - angles))
    np.testing.assert_allclose(turn[np.hypot(ring.x[None, :], ring.y[:, None]) > 0.1], 1, atol=1e-6)
    assert "angle of the end" in [axes.get_ylabel() for axes in ax.figure.axes]
    assert not by_gid(ax, "basins")
    with pytest.raises(TypeError, match="color='red' must be a function"):
        ring.plot(color="red")
    with pytest.raises(TypeError, match="must take x, y as arrays"):
        ring.plot(color=lambda x: x)
    with pytest.raises(ValueError, match="no finite number"):
        ring.plot(color=lambda x, y: x / 0 * np.nan)
