"""Lakes of a landscape: counted, and the level at which they merge, against known saddles."""

from __future__ import annotations

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import merge_level, sublevel_components
from toylands.landscapes import double_well_1d, egg_box, four_wells, himmelblau, quartic_saddle


def test_the_merge_level_is_the_lowest_saddle_between() -> None:
    """On a grid it is at least the exact minimax height, and above it by at most a cell's change."""
    saddle, first, second = quartic_saddle.critical_points
    level = merge_level(quartic_saddle, first.point, second.point)
    assert level == pytest.approx(saddle.loss, abs=1e-12)  # the saddle is a grid point
    minima = himmelblau.minima
    saddles = sorted(p.loss for p in himmelblau.critical_points if p.kind == "saddle")
    height = max(merge_level(himmelblau, minima[0].point, m.point) for m in minima[1:])
    assert 0 <= height - saddles[2] < 0.2  # the third lowest saddle joins the fourth lake
    good, top, bad = double_well_1d.critical_points
    level = merge_level(double_well_1d, good.point, bad.point, grid=20_001)
    assert level == pytest.approx(top.loss, abs=1e-6)


def test_lakes_are_counted() -> None:
    assert [sublevel_components(quartic_saddle, level) for level in (-0.3, -0.1, 0.1)] == [0, 2, 1]
    untilted = four_wells(c=0)  # minima at -1/2, saddles at -1/4
    assert [sublevel_components(untilted, level) for level in (-0.3, -0.2)] == [4, 1]
    whole = ((-np.pi, 3 * np.pi), (-np.pi, 3 * np.pi))
    assert sublevel_components(egg_box, 1.9, whole) == 4
    assert sublevel_components(egg_box, 2.1, whole) == 1
    assert sublevel_components(tl.landscapes.uv_product, 0.49) == 2
    assert sublevel_components(tl.landscapes.uv_product, 0.51) == 1
    assert sublevel_components(tl.landscapes.circle_valley, 0.001) == 1


def test_a_wall_without_a_gap() -> None:
    wall = tl.landscape("x**2 + y**2 + log(x**2)", view=((-1, 1), (-1, 1)))
    fence = tl.landscape("x**2 + y**2 - log(x**2)", view=((-1, 1), (-1, 1)))
    assert merge_level(wall, (-1, 0), (1, 0)) == pytest.approx(1)
    with pytest.raises(ValueError, match="no path inside"):
        merge_level(fence, (-1, 0), (1, 0))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sublevel_components(tl.landscapes.wide_product, 0.1), "slice_plane"),
        (lambda: sublevel_components(himmelblau, np.nan), "level=nan"),
        (lambda: sublevel_components(himmelblau, 1, ((1, 0), (0, 1))), "view="),
        (lambda: sublevel_components(himmelblau, 1, ((0, np.inf), (0, 1))), "view="),
        (lambda: sublevel_components(himmelblau, 1, "wide"), "view='wide'"),
        (lambda: sublevel_components(himmelblau, "low"), "level='low'"),
        (lambda: sublevel_components(himmelblau, 1, grid=1), "grid"),
        (lambda: merge_level(himmelblau, (0, 0), (99, 0)), "second=.*outside"),
        (lambda: merge_level(himmelblau, (0, 0), (1, np.inf)), "second"),
    ],
)
def test_bad_questions_are_refused(call, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        call()
