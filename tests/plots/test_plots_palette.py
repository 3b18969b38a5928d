"""The palette: complete, unambiguous, readable on every terrain and by every eye."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest
from color_science import MACHADO, ciede2000, contrast, difference, lab, linear

import toylands as tl
from toylands.plots import style

BOOK = style.palette()
NAMED = [
    "gd", "momentum", "polyak", "nesterov", "adagrad", "rmsprop", "adam", "amsgrad", "adamw",
    "lion", "newton", "saddle_free_newton", "extragradient", "optimistic_gd", "langevin", "sam",
]  # fmt: skip
OKABE_ITO = {  # Okabe and Ito 2008, as 8-bit sRGB
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
}  # fmt: skip


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [  # rows 1, 4, 7, 9, 14, 17, 25 and 34 of the table of Sharma, Wu and Dalal 2005
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.4900, -0.0010), (50, -2.4900, 0.0009), 7.1792),
        ((50, -0.0010, 2.4900), (50, 0.0011, -2.4900), 4.7461),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_oracle_agrees_with_the_publication(one: Any, two: Any, expected: float) -> None:
    assert ciede2000(np.array(one), np.array(two)) == pytest.approx(expected, abs=5e-5)
    assert ciede2000(np.array(two), np.array(one)) == pytest.approx(expected, abs=5e-5)


def test_every_optimizer_of_toylands_has_an_entry() -> None:
    assert set(NAMED) <= set(BOOK["optimizers"])
    for name in tl.optimizers.available():
        if name not in BOOK["optimizers"]:  # only wrappers, which look like what they wrap
            assert name in ("clip_norm", "clip_value", "ema", "noise", "reset_on_conflict", "swa",
                            "weight_decay"), name  # fmt: skip


def test_hues_are_those_of_okabe_and_ito() -> None:
    assert set(BOOK["hues"]) == OKABE_ITO
    assert {entry["color"] for entry in BOOK["optimizers"].values()} <= OKABE_ITO
    assert set(BOOK["basins"]) <= OKABE_ITO


def test_every_look_is_unique() -> None:
    looks = [(e["color"], e["marker"], tuple(e["dash"])) for e in BOOK["optimizers"].values()]
    assert len(set(looks)) == len(looks)
    # Even in grey, and even without dashes, two optimizers of one hue differ in their marker.
    assert len({look[:2] for look in looks}) == len(looks)


def test_the_optimizers_of_nearly_every_race_own_their_hue() -> None:
    for name in ("gd", "momentum", "adam"):
        color = BOOK["optimizers"][name]["color"]
        assert [n for n, e in BOOK["optimizers"].items() if e["color"] == color] == [name]


def test_the_classics_have_eight_different_hues() -> None:
    classics = ["gd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "newton", "sam"]
    assert {BOOK["optimizers"][name]["color"] for name in classics} == OKABE_ITO


def test_hues_differ_for_every_eye() -> None:
    for a, b in itertools.combinations(BOOK["hues"], 2):
        assert difference(a, b) > 20, (a, b)
        for blindness in MACHADO:
            assert difference(a, b, blindness) > 10, (a, b, blindness)


def test_a_trail_reads_on_every_terrain_color() -> None:
    for color, entry in BOOK["hues"].items():
        for core in (color, *entry["shades"]):
            outline = entry["outline"] if core == color else style.ink_on(core)
            assert contrast(core, outline) > 3.8, core
            for ground in BOOK["terrain"]["stops"]:
                assert max(contrast(core, ground), contrast(outline, ground)) > 2, (core, ground)


def test_shades_differ_from_their_hue_and_from_all_others() -> None:
    for color, entry in BOOK["hues"].items():
        dark, pale = entry["shades"]
        assert difference(dark, pale) > 20
        for shade in (dark, pale):
            assert difference(shade, color) > 15, (color, shade)
            for other in BOOK["hues"]:
                if other != color:
                    assert difference(shade, other) > 12, (shade, other)


def test_the_ladder_grows_lighter_for_every_eye() -> None:
    stops = BOOK["ladder"]["stops"]
    mixed = [
        (1 - share) * linear(one) + share * linear(two)
        for one, two in itertools.pairwise(stops)
        for share in np.linspace(0, 1, 9)[:-1]
    ]
    for view in (np.eye(3), *MACHADO.values()):
        lightness = np.array([lab(np.clip(view @ color, 0, 1))[0] for color in mixed])
        assert (np.diff(lightness) > 0).all()
    assert lightness[-1] - lightness[0] > 40


def test_the_terrain_is_perceptually_uniform_muted_and_dark_below() -> None:
    stops = np.array([lab(linear(stop)) for stop in BOOK["terrain"]["stops"]])
    lightness = np.diff(stops[:, 0])
    assert (lightness > 0).all()
    assert lightness.max() < 1.2 * lightness.min()
    steps = np.linalg.norm(np.diff(stops, axis=0), axis=1)
    assert steps.max() < 1.25 * steps.min()
    assert np.hypot(stops[:, 1], stops[:, 2]).max() < 20  # the hues have a chroma of 40 to 90
    colorful = [np.hypot(*lab(linear(hue))[1:]) for hue in BOOK["hues"] if hue != "#000000"]
    assert min(colorful) > 30


def test_the_color_map_has_the_stops_of_the_palette() -> None:
    from matplotlib.colors import to_hex

    colors, stops = style.terrain_colors(), BOOK["terrain"]["stops"]
    assert to_hex(colors(0.0)).upper() == stops[0]
    assert to_hex(colors(1.0)).upper() == stops[-1]
    assert to_hex(colors(0.5)).upper() == stops[8]


def test_inks_are_readable_on_their_paper() -> None:
    for inks in BOOK["themes"].values():
        assert contrast(inks["ink"], inks["paper"]) > 12
        assert contrast(inks["soft"], inks["paper"]) > 4.5


def test_every_kind_of_stationary_point_has_its_own_sign() -> None:
    from toylands.formula.declare import KINDS

    assert set(KINDS) <= set(BOOK["kinds"])
    assert BOOK["kinds"]["minimum"]["marker"] == "o"
    assert BOOK["kinds"]["saddle"]["marker"] == "x"
    assert BOOK["kinds"]["maximum"]["marker"] == "^"
    signs = [(k["marker"], k["color"]) for k in BOOK["kinds"].values()]
    assert len(set(signs)) == len(signs)
    for kind in BOOK["kinds"].values():
        assert contrast(kind["outline"], kind.get("ring", kind["color"])) > 10


def test_outcomes_cannot_be_taken_for_basins() -> None:
    outcomes = BOOK["outcomes"]
    assert outcomes["diverged"]["hatch"]
    assert "hatch" not in outcomes["running"]
    for outcome in outcomes.values():
        for basin in BOOK["basins"]:
            assert difference(outcome["color"], basin) > 15
    assert difference(outcomes["running"]["color"], outcomes["other"]["color"]) > 15
    assert difference(outcomes["running"]["color"], outcomes["diverged"]["color"]) > 10


def test_shapes_for_javascript_are_the_markers_of_matplotlib() -> None:
    from matplotlib.markers import MarkerStyle

    entries = [*BOOK["optimizers"].values(), *BOOK["kinds"].values()]
    used = {entry["marker"] for entry in entries} | set(BOOK["fallback"]["markers"])
    assert used == set(BOOK["shapes"])
    for marker, shape in BOOK["shapes"].items():
        style_of_marker = MarkerStyle(marker)
        path = style_of_marker.get_path().transformed(style_of_marker.get_transform())
        if "radius" in shape:
            assert np.hypot(*path.vertices[:-1].T).max() == pytest.approx(shape["radius"], rel=0.1)
        elif "lines" in shape:
            drawn = {
                tuple(map(tuple, line)) for line in np.round(path.to_polygons(closed_only=False), 4)
            }
            assert drawn == {tuple(map(tuple, line)) for line in shape["lines"]}
        else:
            vertices = np.unique(np.round(path.vertices, 4), axis=0)
            assert vertices == pytest.approx(np.unique(shape["polygon"], axis=0), abs=1e-4)


def test_colors_are_written_alike_everywhere() -> None:
    text = style._PALETTE.read_text(encoding="utf-8")
    for color in re.findall(r"#[0-9A-Za-z]+", text):
        assert re.fullmatch(r"#[0-9A-F]{6}", color), color


# ------------------------------------------------------------------------- looking styles up


@pytest.mark.parametrize("name", NAMED)
def test_a_style_is_found_by_name(name: str) -> None:
    found = style.style_of(name)
    entry = BOOK["optimizers"][name]
    assert (found.color, found.marker, found.dash) == (
        entry["color"],
        entry["marker"],
        tuple(entry["dash"]),
    )


def test_a_style_is_found_by_optimizer() -> None:
    assert style.style_of(tl.gd(0.1)) == style.style_of("gd")
    assert style.style_of(tl.newton()) == style.style_of("newton")
    assert style.style_of(tl.sam(tl.gd(0.1), rho=0.05)) == style.style_of("sam")
    assert style.style_of(tl.clip_norm(tl.adam(0.1), 1.0)) == style.style_of("adam")


def test_a_style_of_nothing_is_an_error() -> None:
    with pytest.raises(TypeError, match=r"expected an optimizer or its name, got 3"):
        style.style_of(3)


@pytest.mark.parametrize(  # from the reference vectors of Fowler, Noll and Vo
    ("text", "value"), [("", 0x811C9DC5), ("a", 0xE40C292C), ("foobar", 0xBF9CF968)]
)
def test_the_hash_is_fnv1a(text: str, value: int) -> None:
    assert style.fnv1a(text) == value


def test_an_unknown_rule_gets_a_look_that_no_listed_rule_can_have() -> None:
    listed = [style.style_of(name) for name in NAMED]
    for name in ("mine", "heavy_adam", "größe", "x"):
        found = style.style_of(name)
        assert found == style.style_of(name)
        assert found.dash == tuple(BOOK["fallback"]["dash"])
        assert all(found.dash != other.dash for other in listed)
        number = style.fnv1a(name)
        assert found.color == list(BOOK["hues"])[number % 8]
        assert found.marker == BOOK["fallback"]["markers"][number // 8 % 11]


def test_repeated_rules_stay_recognizable_and_different() -> None:
    found = style.styles([tl.gd(0.1 / (n + 1)) for n in range(15)])
    assert found[0] == style.style_of("gd")
    assert len({(s.color, s.marker, s.dash) for s in found}) == 15
    assert {s.marker for s in found} == {"o"}
    family = {"#0072B2", *BOOK["hues"]["#0072B2"]["shades"]}
    assert {s.color for s in found} == family
    for s in found:
        assert contrast(s.color, s.outline) > 3.8


@pytest.mark.parametrize("twice", NAMED)
def test_repeats_never_meet_another_optimizer(twice: str) -> None:
    found = style.styles([*NAMED, *[twice] * 14])
    assert len({(s.color, s.marker, s.dash) for s in found}) == len(found)


def test_luminance_and_contrast_are_those_of_the_web_guidelines() -> None:
    assert style.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    for color in BOOK["hues"]:
        assert style.luminance(color) == pytest.approx(
            float(linear(color) @ [0.2126, 0.7152, 0.0722])
        )
        assert style.contrast(color, "#123456") == pytest.approx(contrast(color, "#123456"))
    assert style.ink_on("#F0E442") == "#11161C"
    assert style.ink_on("#0072B2") == "#FFFFFF"
