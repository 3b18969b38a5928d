"""Pictures of curvature: they show the numbers that the measuring tools return."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands import plots
from toylands.geometry import (
    basin_volumes,
    census,
    conflict,
    conserved,
    convexity,
    curvature_moments,
    lanczos_density,
    noether,
    noise_response,
    random_curvatures,
    random_hessians,
    spectral_density,
    worst_case,
)
from toylands.plots.words import notes_of

LANDS = tl.landscapes
UV = LANDS.uv_product


# --- eigenvalues ----------------------------------------------------------------------------------


def test_a_density_shows_all_eigenvalues_and_the_estimate(by_gid: Any, texts: Any) -> None:
    at = (0.3, -0.4, 0.5)
    exact = spectral_density(LANDS.uvw_product, at)
    estimate = lanczos_density(LANDS.uvw_product, at, probes=5)
    ax = plots.density_histogram(exact, estimate)
    (bars,), (line,) = by_gid(ax, "density"), by_gid(ax, "estimate")
    assert bars.get_data().values.sum() == pytest.approx(1)
    assert line.get_data().values.sum() == pytest.approx(1)
    np.testing.assert_array_equal(bars.get_data().edges, line.get_data().edges)
    (ticks,) = by_gid(ax, "ticks")
    np.testing.assert_array_equal(ticks.get_xdata(), exact.nodes)
    assert texts(ax.figure) == ["exact", "Lanczos, 5 probes"]
    assert by_gid(ax, "negative")  # one eigenvalue is below zero here
    assert "3 eigenvalues" in notes_of(ax)


def test_many_tiny_eigenvalues_get_a_curved_axis(by_gid: Any) -> None:
    land = tl.landscape("500*a**2 + (b**2 + c**2 + 3*d**2 - f**2)/200")
    density = spectral_density(land, np.zeros(5))  # 1000, then 0.01, 0.01, 0.03 and -0.01
    ax = plots.density_histogram(density)
    assert ax.get_xscale() == "asinh"
    (bars,) = by_gid(ax, "density")
    assert bars.get_data().values.sum() == pytest.approx(1)
    assert np.sum(bars.get_data().values > 0) == 4  # all four values stand apart
    assert plots.density_histogram(density, scale="linear").get_xscale() == "linear"
    ticks = [label.get_text() for label in ax.get_xticklabels()]
    assert "0" in ticks
    assert "100" in ticks or "1000" in ticks
    with pytest.raises(ValueError, match="Did you mean 'linear'"):
        plots.density_histogram(density, scale="linar")


def test_a_density_of_one_value_still_has_a_width() -> None:
    ax = plots.density_histogram(spectral_density(LANDS.bowl(a=2, b=2), (0, 0)))
    low, high = ax.get_xlim()
    assert low < 2 < high


def test_densities_of_different_points_are_not_compared() -> None:
    one, two = (spectral_density(UV, p) for p in ((1, 1), (2, 1)))
    with pytest.raises(ValueError, match="different points"):
        plots.density_histogram(one, two)
    with pytest.raises(ValueError, match="bins=1"):
        plots.density_histogram(one, bins=1)


def test_the_semicircle_is_drawn_beside_the_sample(by_gid: Any) -> None:
    ax = plots.semicircle_histogram(random_hessians(40, count=50, shift=0.5))
    (bars,), (circle,) = by_gid(ax, "density"), by_gid(ax, "semicircle")
    heights, edges, _ = bars.get_data()
    assert np.sum(heights * np.diff(edges)) == pytest.approx(1)
    x, y = circle.get_data()
    assert np.trapezoid(y, x) == pytest.approx(1, abs=1e-3)
    assert (x[0], x[-1]) == (-1.5, 2.5)
    limit = 0.5 - (0.5 * np.sqrt(3.75) / 4 + np.arcsin(0.25)) / np.pi  # the area left of -0.5
    assert f"in the limit {limit:.1%}" in notes_of(ax)


# --- sharpness ------------------------------------------------------------------------------------


def test_the_worst_case_map_marks_what_was_found(by_gid: Any, texts: Any) -> None:
    worst = worst_case(LANDS.rosenbrock, (-0.5, 0.6), 0.5)
    ax = plots.worst_case_map(worst)
    ring = np.column_stack(by_gid(ax, "disc")[0].get_data())
    np.testing.assert_allclose(np.linalg.norm(ring - (-0.5, 0.6), axis=1), 0.5)
    np.testing.assert_allclose(by_gid(ax, "worst")[0].get_xydata()[0], worst.where)
    uphill = by_gid(ax, "uphill")[0].get_xydata()[0]
    rise = LANDS.rosenbrock.loss(uphill) - LANDS.rosenbrock.loss((-0.5, 0.6))
    assert rise == pytest.approx(worst.one_step)
    assert "highest in it, +81.4" in texts(ax.figure)


def test_at_a_minimum_there_is_no_step_uphill(by_gid: Any) -> None:
    ax = plots.worst_case_map(worst_case(UV, (1, 1), 0.3, relative=True))
    assert not by_gid(ax, "uphill")
    assert "ellipse" in notes_of(ax)
    with pytest.raises(ValueError, match="drawn for two"):
        plots.worst_case_map(worst_case(LANDS.uvw_product, (1, 1, 1), 0.1))


def test_the_curves_of_two_wells_cross_where_they_should(by_gid: Any) -> None:
    """20 rho^2/2 = 0.1 + rho^2/2 at rho = sqrt(0.2/19)."""
    lands = [LANDS.bowl(a=20, b=1), tl.landscape("x**2/2 + y**2/2 + 0.1")]
    ax = plots.worst_case_curves(lands, [(0, 0), (0, 0)], np.linspace(0.01, 0.2, 20))
    sharp, flat = (line.get_xydata() for line in by_gid(ax, "worst"))
    np.testing.assert_allclose(sharp[:, 1], 10 * sharp[:, 0] ** 2, atol=1e-12)
    np.testing.assert_allclose(flat[:, 1], 0.1 + flat[:, 0] ** 2 / 2)
    crossing = np.interp(0, sharp[:, 1] - flat[:, 1], sharp[:, 0])
    assert crossing == pytest.approx(np.sqrt(0.2 / 19), abs=1e-3)
    average = by_gid(ax, "average")[0].get_xydata()
    np.testing.assert_allclose(average[:, 1], 21 / 4 * average[:, 0] ** 2)
    for bad in ([0.1], [0.2, 0.1], [0, 0.1]):
        with pytest.raises(ValueError, match="increasing radii"):
            plots.worst_case_curves(lands[0], [(0, 0)], bad)
    with pytest.raises(ValueError, match="one landscape, or one each"):
        plots.worst_case_curves(lands, [(0, 0)], [0.1, 0.2])


def test_noise_is_drawn_beside_its_prediction(by_gid: Any, texts: Any) -> None:
    seen = noise_response(LANDS.bowl, (0, 0), [0.01, 0.1, 1], count=100)
    ax = plots.noise_curves([seen, seen], labels=["one", "two"])
    lines = by_gid(ax, "predicted")
    assert len(lines) == 2
    np.testing.assert_allclose(lines[0].get_ydata(), seen.sigmas**2 * 5.5)
    dots = ax.containers[0].lines[0]
    np.testing.assert_allclose(dots.get_ydata(), seen.mean)
    assert texts(ax.figure)[:2] == ["one, measured", "one, σ²/2 · tr H"]
    with pytest.raises(ValueError, match="1 labels for 2"):
        plots.noise_curves([seen, seen], labels=["one"])


@pytest.mark.parametrize("values", [(1.0, 10.0), (3.0, 3.0), tuple([0.0] * 99 + [100.0])])
def test_random_directions_are_drawn_with_their_moments(values: Any, by_gid: Any) -> None:
    ax = plots.curvature_histogram(random_curvatures(values, count=500))
    mean, _ = curvature_moments(values)
    assert by_gid(ax, "mean")[0].get_xdata()[0] == pytest.approx(mean)
    assert by_gid(ax, "density")[0].get_data().values.sum() == 500
    (top,) = by_gid(ax, "top")  # a line where it is in sight, otherwise an arrow with its value
    if len(values) == 100:
        assert "100" in top.get_text()
    else:
        assert top.get_xdata()[0] == max(values)


# --- counts ---------------------------------------------------------------------------------------


def test_critical_points_stand_at_loss_and_index(by_gid: Any) -> None:
    counted = census(LANDS.six_hump_camel)
    ax = plots.index_chart(counted)
    assert [text.get_text() for text in by_gid(ax, "count")] == ["6 points", "7 points", "2 points"]
    minima = by_gid(ax, "minimum")[0].get_xydata()
    assert len(minima) == 6
    np.testing.assert_array_equal(np.round(minima[:, 0]), 0)
    np.testing.assert_allclose(
        np.sort(minima[:, 1]), np.sort([p.loss for p in counted.points if p.index == 0])
    )
    with pytest.raises(ValueError, match="no critical point"):
        plots.index_chart(census(LANDS.bce))


def test_volumes_are_bars_with_errors(by_gid: Any) -> None:
    volumes = basin_volumes(LANDS.double_well, tl.gd(0.1), grid=20, repeats=3)
    ax = plots.volume_chart(volumes)
    bars = by_gid(ax, "minimum")
    assert [bar.get_width() for bar in bars] == [volume.share for volume in volumes]
    spans = [container.lines[2][0].get_segments()[0] for container in ax.containers[1::2]]
    for span, volume in zip(spans, volumes, strict=True):
        assert np.ptp(span[:, 0]) == pytest.approx(4 * volume.standard_error)
    colors = {volume.number: bar.get_facecolor() for volume, bar in zip(volumes, bars, strict=True)}
    assert len(set(colors.values())) == 2
    with pytest.raises(ValueError, match="no volume"):
        plots.volume_chart([])


# --- along a run ----------------------------------------------------------------------------------


def test_a_drift_is_drawn_for_every_run(texts: Any) -> None:
    runs = [tl.descend(UV, tl.gd(lr), start=(2, 0.25), steps=20) for lr in (0.05, 0.1)]
    kept = [conserved(run, noether(np.diag([1.0, -1.0]))) for run in runs]
    ax = plots.conserved_curve(kept)
    assert texts(ax.figure)[1].startswith("gd(lr=0.1): drift −0.015")
    assert all(tick == round(tick) for tick in ax.get_xticks())  # there is no step 2.5
    still = conserved(runs[0], lambda p: 1.0, "nothing")
    ax = plots.conserved_curve(still)
    assert "constant to rounding error" in notes_of(ax)
    assert ax.get_ylabel() == "nothing"
    with pytest.raises(ValueError, match="no quantity"):
        plots.conserved_curve([])


def test_lamps_are_lit_where_the_memory_fights_the_gradient(by_gid: Any, texts: Any) -> None:
    run, reset = (
        tl.descend(
            LANDS.landslide_1d, opt, steps=60, record_state=True,
            time_varying={"slope": [-1.0] * 40 + [1.0] * 20},
        )
        for opt in (tl.momentum(0.1), tl.reset_on_conflict(tl.momentum(0.1), patience=2))
    )  # fmt: skip
    ax = plots.conflict_curve([conflict(run), conflict(reset)], goal=3.0)
    on, off = by_gid(ax, "lamps on"), by_gid(ax, "lamps off")
    assert [list(row.get_xdata()) for row in on] == [[*range(40, 47)], [40]]
    assert [len(row.get_xdata()) for row in off] == [53, 59]
    assert len({row.get_ydata()[0] for row in on}) == 2  # a row for each run
    assert all(line.get_xdata()[0] == 40 for line in by_gid(ax, "jump"))
    assert by_gid(ax, "goal")[0].get_ydata()[0] == 3
    assert any("in conflict 7 times, 7 in a row" in text for text in texts(ax.figure))
    with pytest.raises(ValueError, match="no conflict"):
        plots.conflict_curve([])


def test_convexity_shows_where_curvature_is_negative_and_where_the_gradient_aims(
    by_gid: Any, texts: Any
) -> None:
    run = tl.descend(LANDS.quartic_saddle, tl.gd(0.1), start=(1, 1e-3), steps=120)
    seen = convexity(run, target=(0, -1))
    ax = plots.convexity_curve(seen)
    np.testing.assert_allclose(by_gid(ax, "smallest")[0].get_ydata(), seen.smallest)
    assert by_gid(ax, "negative")
    home, away = by_gid(ax, "aim")
    assert len(home.get_xdata()) + len(away.get_xdata()) == 121
    assert len(away.get_xdata()) == np.sum(seen.aim <= 0)
    assert "gradient does not" in texts(ax.figure)
    assert "PL constant" in notes_of(ax)
