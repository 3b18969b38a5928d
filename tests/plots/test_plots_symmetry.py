"""The map of a symmetry and the shells: orbits stay on one loss, bars have the right length."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex

import toylands as tl
from toylands.plots import shell_curves, symmetry_map
from toylands.plots.style import contrast
from toylands.plots.words import notes_of

SCALING = np.diag([1.0, -1.0])
UV = tl.landscapes.uv_product


def test_the_loss_is_constant_on_an_orbit(by_gid: Any) -> None:
    ax = symmetry_map(UV, SCALING, [(2, 1)], view=((0.1, 4), (0.1, 4)))
    halves = [line.get_xydata() for line in by_gid(ax, "orbit")][::2]
    assert len(halves) == 2
    for half in halves:
        np.testing.assert_allclose(half.prod(axis=1), 2, rtol=1e-6)
        assert np.any(np.abs(half[-1] - [[4, 4]]) < 0.1)  # one coordinate has come to the frame
    assert halves[0][-1, 0] < 1 < halves[1][-1, 0] or halves[1][-1, 0] < 1 < halves[0][-1, 0]


def test_the_bar_across_shows_the_curvature(by_gid: Any) -> None:
    """On uv = 1 the curvature across is u^2 + v^2; both bars rise by the same height."""
    ax = symmetry_map(UV, SCALING, [(1, 1), (2, 0.5)], view=((0, 3), (0, 3)))
    bars = [line.get_xydata() for line in by_gid(ax, "across")][::2]
    lengths = [np.linalg.norm(bar[1] - bar[0]) / 2 for bar in bars]
    rises = np.array([2, 4.25]) * np.square(lengths) / 2
    assert rises[0] == pytest.approx(rises[1])
    assert "curvature across: 2, 4.25" in notes_of(ax)
    np.testing.assert_allclose([bar.mean(axis=0) for bar in bars], [(1, 1), (2, 0.5)])


def test_the_legend_reads_on_dark_paper() -> None:
    with mpl.rc_context({"figure.facecolor": "black"}):
        ax = symmetry_map(UV, SCALING, [(1, 1)], view=((0, 3), (0, 3)))
    orbit = ax.figure.legends[0].legend_handles[0]
    assert contrast(to_hex(orbit.get_color()), to_hex(ax.get_facecolor())) > 4.5


def test_a_rotation_closes_its_orbit(by_gid: Any) -> None:
    ring = tl.landscape("(x**2 + y**2 - 1)**2/4")
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    ax = symmetry_map(ring, turn, [(0.3, 0.4), (0, 0)])  # the second does not move
    for half in by_gid(ax, "orbit"):
        np.testing.assert_allclose(np.linalg.norm(half.get_xydata(), axis=1), 0.5, rtol=1e-6)
        angles = np.unwrap(np.arctan2(*half.get_xydata().T[::-1]))
        assert np.ptp(angles) > 2 * np.pi
    assert not by_gid(ax, "across")  # the curvature is negative inside the ring


def test_what_has_no_orbit_is_refused() -> None:
    with pytest.raises(ValueError, match="drawn for two"):
        symmetry_map(tl.landscapes.uvw_product, np.diag([1.0, -1, 0]))
    with pytest.raises(ValueError, match="give points="):
        symmetry_map(tl.landscapes.saddle, SCALING)


def test_shells_have_their_exact_tops(by_gid: Any, texts: Any) -> None:
    ax = shell_curves((2, 100), sample=1000)
    tops = [dot.get_xdata()[0] for dot in by_gid(ax, "top")]
    np.testing.assert_allclose(tops, np.sqrt(0.1 * np.array([1, 99])))
    for line in by_gid(ax, "density"):
        x, y = line.get_data()
        assert np.trapezoid(y, x) == pytest.approx(1, abs=1e-3)
    for bars in by_gid(ax, "sample"):
        heights, edges, _ = bars.get_data()
        assert np.sum(heights * np.diff(edges)) == pytest.approx(1)
    assert texts(ax.figure) == ["d = 2: most likely 0.316", "d = 100: most likely 3.15"]
    assert not by_gid(shell_curves((3,), sample=0), "sample")
    with pytest.raises(ValueError, match="0 dimensions"):
        shell_curves(())
