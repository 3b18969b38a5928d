"""Counts: critical points by index, random Hessians, and shares of basins with error bars."""

from __future__ import annotations

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import basin_volumes, census, random_hessians

LANDS = tl.landscapes


def test_a_census_counts_by_kind_and_index() -> None:
    counted = census(LANDS.four_wells)
    assert counted.by_kind == {"minimum": 4, "saddle": 4, "maximum": 1}
    assert counted.by_index == {0: 4, 1: 4, 2: 1}
    assert counted.minimum_share == pytest.approx(4 / 9)
    assert counted.alternating_sum == 1  # the gradient points outwards all around (Poincare-Hopf)
    assert "4 x minimum" in repr(counted)


def test_on_a_torus_the_alternating_sum_vanishes() -> None:
    low = 0.5
    view = ((low, low + 2 * np.pi),) * 2
    assert census(LANDS.egg_box, view).alternating_sum == 0


def test_points_with_a_singular_hessian_are_not_counted_by_index() -> None:
    counted = census(LANDS.uv_product)
    assert counted.by_index == {1: 1}
    assert counted.by_kind["valley"] == 2
    nothing = census(LANDS.bce)
    assert nothing.by_kind == {}
    assert np.isnan(nothing.minimum_share)


def test_random_hessians_have_the_moments_of_their_ensemble() -> None:
    drawn = random_hessians(40, count=400)
    # E tr H^2 / n = 1 + 1/n; E tr H / n = 0 with variance 2/n^2.
    square = np.mean(drawn.eigenvalues**2, axis=1)
    error = square.std() / 20
    assert abs(square.mean() - (1 + 1 / 40)) < 4 * error
    assert abs(drawn.eigenvalues.mean()) < 4 * np.sqrt(2 / 40**2 / 400)
    assert abs(drawn.indices.mean() - 20) < 4 * drawn.indices.std() / 20


@pytest.mark.parametrize(
    ("n", "exact"),
    [(1, 1 / 2), (2, (2 - np.sqrt(2)) / 4), (3, (np.pi - 2 * np.sqrt(2)) / (4 * np.pi))],
)
def test_random_hessians_are_positive_with_the_known_probability(n: int, exact: float) -> None:
    share, error = random_hessians(n, count=40_000).positive
    assert abs(share - exact) < 4 * error
    assert error == pytest.approx(np.sqrt(exact * (1 - exact) / 40_000), rel=0.1)


def test_a_shift_moves_the_spectrum() -> None:
    plain, deep = random_hessians(30, count=5), random_hessians(30, count=5, shift=3.0)
    np.testing.assert_allclose(deep.eigenvalues, plain.eigenvalues + 3)
    assert deep.positive[0] == 1
    assert deep.positive[1] > 0  # five of five prove little


def test_basins_have_the_volumes_of_their_borders() -> None:
    """Small steps of gradient descent in 1-D: the border is the top between the wells."""
    land = LANDS.double_well_1d
    top = land.critical_points[1].point[0]
    good, bad = basin_volumes(land, tl.gd(0.05), grid=200, repeats=20)
    assert good.minimum is not None
    assert good.minimum.point[0] == pytest.approx(-1.088034, rel=1e-6)
    assert abs(bad.share - (2 - top) / 4) < 4 * bad.standard_error
    assert good.share + bad.share == pytest.approx(1)
    # One border cuts one cell: the share is one of two neighbours, with this variance.
    fraction = 200 * (2 - top) / 4 % 1
    expected = np.sqrt(fraction * (1 - fraction) / 20) / 200
    assert bad.standard_error == pytest.approx(expected, rel=0.5)


def test_no_error_bar_is_zero() -> None:
    """Every walk on a bowl comes home; a border could still hide between the starts of 3 grids."""
    (home,) = basin_volumes(LANDS.bowl, tl.gd(0.1), grid=10, repeats=3)
    assert home.share == 1
    # One start of 100 in one map of 3 + 2: sqrt(0.2 * 0.8 / 3) / 100.
    assert home.standard_error == pytest.approx(np.sqrt(0.16 / 3) / 100)


def test_diverging_starts_are_a_volume_too() -> None:
    # x^4/4 at lr = 0.5: |x| < 2 comes home, beyond it x - x^3/2 grows; border at exactly 2.
    volumes = basin_volumes(
        tl.landscape("x**4/4 + x**2/1000", view=((-4, 4),)), tl.gd(0.5), grid=100, steps=3000
    )
    lost = {volume.outcome: volume for volume in volumes}["diverged"]
    assert abs(lost.share - 0.5) <= 4 * lost.standard_error + 1e-3
    assert lost.minimum is None


def test_a_valley_has_one_volume() -> None:
    """Each shifted map names the undeclared valley x*y = 1 by another of its points."""
    land = tl.landscape("(x*y - 1)**2", view=((0.2, 3), (0.2, 3)))
    volumes = basin_volumes(land, tl.gd(0.01), grid=12, repeats=3, steps=2000)
    (valley,) = [volume for volume in volumes if volume.minimum]
    assert valley.minimum is not None
    assert valley.minimum.kind == "valley"
    assert valley.share > 0.8


def test_the_volume_of_an_equilibrium() -> None:
    (home,) = basin_volumes(LANDS.bilinear_game, tl.extragradient(0.5), grid=8, repeats=2)
    assert (home.outcome, home.share) == ("equilibrium", 1)


def test_bad_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="1 or 2 coordinates"):
        basin_volumes(LANDS.uvw_product, tl.gd(0.1))
    with pytest.raises(ValueError, match="repeats"):
        basin_volumes(LANDS.double_well, tl.gd(0.1), repeats=1)
    with pytest.raises(ValueError, match="shift"):
        random_hessians(3, shift=np.nan)
    with pytest.raises(ValueError, match="count"):
        random_hessians(3, count=0)
    with pytest.raises(TypeError, match="landscape"):
        census("himmelblau")  # type: ignore[arg-type]
