"""Counts drawn: critical points by index and loss, and the volumes of basins with error bars.

tl.plots.index_chart(tl.geometry.census(tl.landscapes.himmelblau))
tl.plots.volume_chart(tl.geometry.basin_volumes(land, tl.gd(0.1)))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from toylands.plots.basin_colors import own_colors
from toylands.plots.contour import kind_handle, kind_marks
from toylands.plots.inks import hue, plain
from toylands.plots.style import add_legend, axes_for, palette, picture, theme, unit
from toylands.plots.words import heading, headline, parameters, point

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from toylands.geometry import BasinVolume, Census


@picture
def index_chart(census: Census, ax: Axes | None = None, *, title: str | None = None) -> Axes:
    """Draw every critical point at its loss and its index, the number of directions that lead down.

    census: from `toylands.geometry.census`. Points without a clear index (valleys, ridges, plateaus,
    kinks) are left out and counted in the notes. Points of one index and nearly one loss stand side
    by side. Returns the Axes.
    """
    points = census.decided
    if not points:
        raise ValueError(f"{census.landscape.name}: no critical point with a clear index to draw")
    axes, own = axes_for(ax, 5.6, 3.6)
    axes.grid(axis="y", lw=0.7 * unit(), color=theme(axes)["grid"])
    losses = np.array([p.loss for p in points])
    size = max(float(np.ptp(losses)), 1e-12)
    beside: dict[tuple[int, int], int] = {}
    by_kind: dict[str, list[tuple[float, float]]] = {}
    for p in points:
        key = (p.index, round(float(p.loss - losses.min()) / (0.03 * size)))
        n = beside[key] = beside.get(key, -1) + 1
        shift = 0.09 * ((n + 1) // 2) * (-1) ** n
        by_kind.setdefault(p.kind, []).append((p.index + shift, float(p.loss)))
    handles = []
    for kind in (k for k in palette()["kinds"] if k in by_kind):
        x, y = np.array(by_kind[kind]).T
        for artist in kind_marks(kind, x, y):
            axes.add_line(artist)
        handles.append(kind_handle(kind, points))
    dim = census.landscape.dim
    axes.set_xlim(-0.5, dim + 0.5)
    axes.set_ylim(losses.min() - 0.1 * size, losses.max() + 0.17 * size)
    axes.set_xticks(range(dim + 1))
    for index in range(dim + 1):
        count = census.by_index.get(index, 0)
        axes.text(
            index, 0.97, f"{count} point{'s' * (count != 1)}", ha="center", va="top", fontsize="small",
            transform=axes.get_xaxis_transform(), color=theme(axes)["soft"], gid="count",
            bbox={"facecolor": theme(axes)["paper"], "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip
    plain(axes, "index: directions that lead down", "loss")
    left = len(census.points) - len(points)
    notes = [parameters(census.landscape), "found by Newton's method, classified exactly"]
    if left:
        notes.append(f"{left} without a clear index left out")
    headline(axes, title or heading(census.landscape), notes, own)
    add_legend(axes, handles, own)
    return axes


@picture
def volume_chart(
    volumes: Sequence[BasinVolume], ax: Axes | None = None, *, title: str | None = None
) -> Axes:
    """Draw the share of starts that end in each minimum, with two standard errors.

    A minimum has the colour that `basin_map` gives it; walks that diverged are hatched, as on the
    map. volumes: from `toylands.geometry.basin_volumes`. Returns the Axes.
    """
    if not len(volumes):
        raise ValueError("no volume to draw: expected at least one")
    axes, own = axes_for(ax, 6.0, 0.9 + 0.42 * len(volumes))
    outcomes = palette()["outcomes"]
    names = []
    colors = _colors(volumes)
    for row, volume in enumerate(volumes):
        look = {"color": colors[row]}
        if volume.minimum is None:
            entry = outcomes.get(volume.outcome, outcomes["other"])
            look = {"color": entry["color"]}
            if "hatch" in entry:
                look |= {"hatch": entry["hatch"], "edgecolor": entry["hatch_color"]}
        axes.barh(row, volume.share, height=0.62, zorder=2, gid=volume.outcome, **look)
        axes.errorbar(
            volume.share, row, xerr=2 * volume.standard_error, color=theme(axes)["ink"],
            capsize=3 * unit(), lw=1.3 * unit(), zorder=3,
        )  # fmt: skip
        error = volume.standard_error
        digits = 2 if error < 5e-4 else 1
        axes.annotate(
            f"{volume.share:.{digits}%} ± {error:.{digits}%}",
            (volume.share + 2 * error, row), xytext=(7, 0), textcoords="offset points", va="center",
        )  # fmt: skip
        names.append(volume.outcome if volume.minimum is None else point(volume.minimum.point))
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.38 * max(volume.share for volume in volumes))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    plain(axes, "share of the window", "")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    headline(
        axes, title or "How large the basins are", ["whiskers: two standard errors; ±: one"], own
    )
    return axes


def _colors(volumes: Sequence[BasinVolume]) -> list[str]:
    """The colour of each volume: of its basin on the map; where there are too many, one for all."""
    own = own_colors()
    if max(volume.number for volume in volumes) >= len(own):
        return [hue("sky")] * len(volumes)
    return [own[max(volume.number, 0)] for volume in volumes]
