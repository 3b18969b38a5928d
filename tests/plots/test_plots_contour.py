"""Maps: levels, colours, critical points, ellipses, curves of one coordinate, slices, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.plots import contour, style
from toylands.plots.contour import bar_ticks
from toylands.plots.terrain import terrain
from toylands.plots.words import notes_of

L = tl.landscapes
Find = Callable[[Any, str], list[Any]]


def filled(ax: Any, by_gid: Find) -> Any:
    (found,) = by_gid(ax, "terrain")
    return found


# ------------------------------------------------------------------------------------ levels


def test_linear_levels_are_evenly_spaced() -> None:
    ground = terrain(L.himmelblau, levels="linear")
    assert ground.spacing == "linear"
    gaps = np.diff(ground.lines)
    assert gaps == pytest.approx(gaps[0])
    assert 8 <= len(ground.lines) <= 19
    assert ground.edges[0] == ground.z.min()
    assert ground.edges[-1] == ground.z.max()


def test_log_levels_are_round_and_evenly_spaced_in_the_logarithm() -> None:
    ground = terrain(L.rosenbrock)
    assert ground.spacing == L.rosenbrock.levels == "log"
    assert ground.floor == pytest.approx(0, abs=1e-20)
    ratios = ground.lines[1:] / ground.lines[:-1]
    assert ratios.min() > 1.9
    assert ratios.max() < 3.6
    mantissas = ground.lines / 10 ** np.floor(np.log10(ground.lines) + 1e-9)
    assert set(np.round(mantissas, 9)) <= {1.0, 2.0, 3.0, 5.0}


def test_log_levels_start_at_the_lowest_known_loss() -> None:
    land = tl.landscape("x**2 + y**2 - 5")
    ground = terrain(land, levels="log", grid=101)
    assert ground.floor == pytest.approx(-5, abs=1e-3)
    above = ground.lines - ground.floor
    assert above[0] < 0.2  # the lowest level encloses a part in 200 of the window
    assert above[-1] > 4
    mantissas = above / 10 ** np.floor(np.log10(above) + 1e-9)
    assert set(np.round(mantissas, 6)) <= {1, 1.5, 2, 3, 5, 7}


def test_a_log_map_of_many_decades_has_few_levels() -> None:
    land = tl.landscape("exp(30*x) + y**2", levels="log", view=((0, 1), (0, 1)))
    ground = terrain(land)
    assert ground.z.max() > 1e12
    assert 4 <= len(ground.lines) <= 19


def test_quantile_levels_enclose_equal_areas() -> None:
    ground = terrain(L.himmelblau, levels="quantile", count=10)
    assert len(ground.lines) == 9
    shares = np.histogram(ground.z, bins=ground.edges)[0] / ground.z.size
    assert shares == pytest.approx(0.1, abs=0.001)


def test_given_levels_are_kept() -> None:
    ground = terrain(L.himmelblau, levels=[1, 10, 50])
    assert ground.lines.tolist() == [1, 10, 50]
    assert ground.spacing == "given"


def test_a_flat_terrain_has_one_color(by_gid: Find) -> None:
    ax = contour(tl.landscape("0*x + 0*y + 3"))
    assert len(filled(ax, by_gid).levels) == 2
    assert by_gid(ax, "contour lines") == []


def test_no_color_is_spent_on_a_sliver_of_losses() -> None:
    ground = terrain(L.easom)  # a hole of depth 1 in a plain that rises to 0.009
    assert 0 < ground.edges[-1] < 0.01
    assert 0 not in ground.lines
    bands = np.diff(ground.edges)
    assert bands.min() > 0.25 * np.median(bands)


def test_every_band_gets_an_equal_share_of_the_colors(by_gid: Find) -> None:
    ax = contour(L.rosenbrock)
    shown = filled(ax, by_gid)
    ground = terrain(L.rosenbrock)
    assert shown.levels == pytest.approx(ground.edges)
    bands = len(ground.edges) - 1
    expected = style.terrain_colors()((np.arange(bands) + 0.5) / bands)
    assert shown.get_facecolors() == pytest.approx(expected, abs=0.01)


def test_lines_below_zero_are_solid_too(by_gid: Find) -> None:
    (lines,) = by_gid(contour(L.saddle), "contour lines")
    assert min(lines.levels) < 0
    assert set(lines.get_linestyle()) == {(0.0, None)}


def test_low_is_dark(by_gid: Find) -> None:
    from matplotlib.colors import to_hex

    colors = [to_hex(c) for c in filled(contour(L.himmelblau), by_gid).get_facecolors()]
    brightness = [style.luminance(c) for c in colors]
    assert brightness == sorted(brightness)
    assert brightness[0] < 0.1
    assert brightness[-1] > 0.6


def test_contour_lines_lie_on_the_levels(by_gid: Find) -> None:
    ax = contour(L.himmelblau)
    (lines,) = by_gid(ax, "contour lines")
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        x, y = path.vertices[::7].T
        # The oracle is the formula of Himmelblau, typed here.
        z = (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2
        assert z == pytest.approx(level, rel=0.02, abs=1.0)


def test_the_color_bar_names_some_levels() -> None:
    ax = contour(L.rosenbrock)
    bar = next(a for a in ax.figure.axes if a is not ax)
    labels = [t.get_text() for t in bar.get_yticklabels()]
    assert bar.get_ylabel() == "loss"
    assert {"1", "10", "100", "1000"} <= set(labels)
    ground = terrain(L.rosenbrock)
    assert set(bar_ticks(ground)) <= set(ground.lines)
    assert 3 <= len(bar_ticks(ground)) <= 7


def test_the_color_bar_of_a_shifted_log_scale_says_so() -> None:
    ax = contour(tl.landscape("x**2 + y**2 - 5"), levels="log", grid=101)
    bar = next(a for a in ax.figure.axes if a is not ax)
    assert bar.get_ylabel() == "loss + 5"


def test_points_without_a_loss_are_left_blank(by_gid: Find) -> None:
    land = tl.landscape("log(x) + y**2", view=((-1, 1), (-1, 1)))
    ground = terrain(land, grid=51)
    assert np.isnan(ground.z[:, :25]).all()
    assert np.isfinite(ground.edges).all()
    shown = filled(contour(land, grid=51), by_gid)
    left = min(path.vertices[:, 0].min() for path in shown.get_paths() if len(path.vertices))
    assert left > 0


# -------------------------------------------------------------------------- critical points


def test_critical_points_are_marked_by_kind(by_gid: Find, texts: Any, data: Any) -> None:
    ax = contour(L.himmelblau)
    minima = by_gid(ax, "minimum")
    assert [line.get_marker() for line in minima] == ["o"]
    # Published minima of Himmelblau's function.
    published = [(3, 2), (-2.805118, 3.131312), (-3.779310, -3.283186), (3.584428, -1.848126)]
    assert np.array(sorted(map(tuple, data(minima[0])))) == pytest.approx(
        np.array(sorted(published)), abs=1e-6
    )
    assert {line.get_marker() for line in by_gid(ax, "saddle")} == {"x"}
    assert all(len(data(line)) == 4 for line in by_gid(ax, "saddle"))
    (maximum,) = by_gid(ax, "maximum")
    assert maximum.get_marker() == "^"
    assert data(maximum)[0] == pytest.approx((-0.270845, -0.923039), abs=1e-6)
    assert texts(ax.figure) == ["minimum", "saddle", "maximum"]


def test_only_points_in_the_window_are_marked(by_gid: Find, data: Any) -> None:
    ax = contour(L.himmelblau, view=((0, 5), (0, 5)))
    (minima,) = by_gid(ax, "minimum")
    assert data(minima)[0] == pytest.approx((3, 2))
    assert len(data(minima)) == 1
    assert by_gid(ax, "maximum") == []


def test_critical_points_can_be_left_out(by_gid: Find) -> None:
    ax = contour(L.himmelblau, critical=False)
    assert by_gid(ax, "minimum") == []
    assert ax.figure.legends == []


def test_of_very_many_critical_points_only_minima_are_marked(by_gid: Find, data: Any) -> None:
    land = L.rastrigin
    (low, high), _ = land.view
    inside = [p for p in land.critical_points if all(low <= c <= high for c in p.point)]
    minima = [p for p in inside if p.kind == "minimum"]
    assert len(inside) > 300 > len(minima)
    ax = contour(land)
    (marks,) = by_gid(ax, "minimum")
    assert len(data(marks)) == len(minima)
    assert by_gid(ax, "saddle") == by_gid(ax, "maximum") == []
    assert f"{len(inside)} stationary points, only minima marked" in notes_of(ax)
    (few,) = by_gid(contour(L.himmelblau), "maximum")
    assert marks.get_markersize() < 0.75 * few.get_markersize()


# --------------------------------------------------------------------------------- ellipses


def test_an_ellipse_is_the_level_set_of_the_quadratic_model(by_gid: Find, data: Any) -> None:
    ax = contour(L.himmelblau, ellipses=20.0)
    rings = by_gid(ax, "ellipse")
    assert len(rings) == 4
    for ring in rings:
        curve = data(ring)
        x, y = (curve.max(axis=0) + curve.min(axis=0)) / 2  # its centre is the minimum
        # The Hessian of Himmelblau's function, differentiated by hand.
        hessian = np.array(
            [
                [12 * x**2 + 4 * y - 42, 4 * (x + y)],
                [4 * (x + y), 12 * y**2 + 4 * x - 26],
            ]
        )
        offset = curve - (x, y)
        model = np.einsum("ni,ij,nj->n", offset, hessian, offset) / 2
        assert model == pytest.approx(20.0, rel=1e-3)
    assert "20 above each minimum" in notes_of(ax)


def test_the_automatic_height_is_round_and_fits(by_gid: Find, data: Any) -> None:
    ax = contour(L.himmelblau, ellipses=True)
    for ring in by_gid(ax, "ellipse"):
        assert 0.3 < np.ptp(data(ring), axis=0).max() < 6
    note = notes_of(ax)
    height = note.split("model, ")[1].split(" above")[0]
    assert len(height.strip("0.")) == 1


def test_a_valley_has_two_parallel_lines(by_gid: Find, data: Any) -> None:
    land = L.uv_product
    assert {p.kind for p in land.minima} == {"valley"}
    ax = contour(land, ellipses=0.1)
    rings = by_gid(ax, "ellipse")
    inside = [p for p in land.minima if all(a <= c <= b for c, (a, b) in zip(p.point, land.view))]  # noqa: B905
    assert len(rings) == 2 * len(inside) > 0
    for point, lines in zip(inside, zip(rings[::2], rings[1::2], strict=True), strict=True):
        sharp = np.linalg.eigvalsh(land.hessian(point.point))[-1]
        for line in lines:
            a, b = data(line)
            along = (b - a) / np.linalg.norm(b - a)
            offset = point.point - a
            distance = np.linalg.norm(offset - (offset @ along) * along)
            assert distance == pytest.approx(np.sqrt(2 * 0.1 / sharp), rel=1e-6)


def test_ellipses_do_not_move_the_frame() -> None:
    ax = contour(L.rosenbrock, ellipses=500.0)
    assert ax.get_xlim() == L.rosenbrock.view[0]
    assert ax.get_ylim() == L.rosenbrock.view[1]


@pytest.mark.parametrize("height", [-1.0, float("nan"), float("inf")])
def test_a_height_must_be_above_zero(height: float) -> None:
    with pytest.raises(ValueError, match="expected True or a height above zero"):
        contour(L.himmelblau, ellipses=height)


# ------------------------------------------------------------------ one coordinate, and slices


def test_one_coordinate_gives_a_curve(by_gid: Find, data: Any) -> None:
    land = tl.landscape("x**4/4 - x**2", view=((-2, 2),))
    ax = contour(land)
    (curve,) = by_gid(ax, "terrain")
    x, z = data(curve).T
    assert z == pytest.approx(x**4 / 4 - x**2)
    assert (x[0], x[-1]) == (-2, 2)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x", "loss")


def test_critical_points_of_one_coordinate_lie_on_the_curve(by_gid: Find, data: Any) -> None:
    land = L.double_well_1d
    ax = contour(land, ellipses=0.5)
    (minima,) = by_gid(ax, "minimum")
    for x, z in data(minima):
        assert z == pytest.approx(float(land.loss(x)), abs=1e-12)
    parabolas = by_gid(ax, "ellipse")
    assert len(parabolas) == len(data(minima))
    for parabola, (x0, z0) in zip(parabolas, data(minima), strict=True):
        x, z = data(parabola).T
        curvature = float(land.hessian(x0)[0, 0])
        assert z == pytest.approx(z0 + curvature * (x - x0) ** 2 / 2)
        assert z.max() == pytest.approx(z0 + 0.5)


def test_a_slice_says_what_is_held_fixed(by_gid: Find) -> None:
    land = L.uvw_product
    ax = contour(land, coordinates=("u", "w"), at=(0.0, 0.25, 0.0))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("u", "w")
    assert "slice at v = 0.25" in notes_of(ax)
    ground = terrain(land, coordinates=("u", "w"), at=(0.0, 0.25, 0.0), grid=5)
    u, w = np.meshgrid(ground.x, ground.y)
    assert ground.z == pytest.approx(np.asarray(land.loss(np.stack([u, 0 * u + 0.25, w], -1))))


# ------------------------------------------------------------------------ title, scale, errors


def test_title_and_parameters() -> None:
    ax = contour(L.rosenbrock(b=10))
    assert ax.get_title(loc="left").replace("\n", " ") == L.rosenbrock.title.rstrip(".")
    assert notes_of(ax) == "a = 1, b = 10"
    assert contour(L.rosenbrock, title="Mine").get_title(loc="left") == "Mine"


def test_both_axes_have_one_scale_unless_the_window_is_very_long() -> None:
    assert contour(L.himmelblau).get_aspect() == 1.0
    assert contour(L.himmelblau, view=((-5, 5), (0, 1))).get_aspect() == "auto"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"levels": "logarithmic"}, r"expected 'linear', 'log' or 'quantile'"),
        ({"levels": "quantil"}, r"Did you mean 'quantile'\?"),
        ({"levels": [3, 2, 1]}, r"expected increasing loss values"),
        ({"levels": []}, r"expected increasing loss values"),
        ({"view": ((1, -1), (0, 1))}, r"expected \(low, high\) for each coordinate"),
        ({"view": ((0, 1),)}, r"expected \(low, high\) for each coordinate"),
        ({"view": ((0, float("inf")), (0, 1))}, r"expected \(low, high\)"),
        ({"coordinates": ("x", "z")}, r"the coordinates of himmelblau are 'x' and 'y'"),
        ({"coordinates": ("x", "x")}, r"expected one or two different names"),
        ({"at": (1, 2, 3)}, r"expected a point with 2 coordinates"),
        ({"grid": 1}, r"grid=1: expected at least 2"),
        ({"count": 1}, r"count=1: expected at least 2"),
    ],
)
def test_errors_name_value_and_expectation(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        contour(L.himmelblau, **options)


def test_a_window_without_any_loss_is_an_error() -> None:
    with pytest.raises(ValueError, match="no finite loss in the window"):
        contour(tl.landscape("log(x) + y"), view=((-2, -1), (0, 1)))


def test_the_legend_says_what_the_flow_of_a_game_does(texts: Any) -> None:
    assert texts(contour(L.dirac_gan(gamma=1)).figure)[-1] == "stable equilibrium"
    assert texts(contour(L.dirac_gan).figure)[-1] == "rotating equilibrium"


def bar_labels(ax: Any) -> tuple[list[float], str]:
    """Return the numbers beside the colour bar, and its name."""
    bar = next(a for a in ax.figure.axes if a is not ax)
    plain = str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")
    texts = [t.get_text().translate(plain).replace("×10", "e") for t in bar.get_yticklabels()]
    return [float(text) for text in texts], bar.get_ylabel()


def test_the_numbers_of_the_colour_bar_are_all_different_and_true() -> None:
    numbers, name = bar_labels(contour(tl.landscape("100 + 0.01*(x**2 + y**2)")))
    assert name == "loss"
    assert (np.diff(numbers) > 0).all()
    assert 100 < numbers[0] < numbers[-1] < 100.09
    # Beyond six digits the height of the plain is told once.
    numbers, name = bar_labels(contour(tl.landscape("1000 + 1e-6*(x**2 + y**2)")))
    assert name == "loss − 1000"
    assert (np.diff(numbers) > 0).all()
    assert 0 < numbers[0] < numbers[-1] < 9e-6


@pytest.mark.parametrize("levels", ["quantile", "log", "linear", [0.0, 1.0]])
def test_a_count_of_mistakes_has_two_colours(levels: Any, by_gid: Find) -> None:
    """Half of the window has the loss 0, half 1: a line must run between them."""
    ax = contour(tl.landscape("where(x > 0.01, 1, 0)*(1 + 0*y)"), levels=levels, grid=41)
    (filled,) = by_gid(ax, "terrain")
    image = filled.norm(np.array([0.0, 1.0]))
    bands = np.digitize([0.0, 1.0], filled.levels[1:-1])
    assert bands[0] != bands[1]
    assert image[0] == 0
    assert by_gid(ax, "contour lines")


def test_a_level_at_the_rim_of_a_smooth_loss_adds_no_sliver() -> None:
    from toylands.plots.terrain import choose_levels

    x = np.linspace(-1, 1, 101)
    z = np.add.outer(x**2, x**2) * 50  # from 0 to 100, a power of ten, at four corners only
    edges, _, _ = choose_levels(tl.landscape("x**2 + y**2"), z, "log")
    assert edges[-1] - edges[-2] > 10
