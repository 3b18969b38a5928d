"""Straight lines and curved paths between two solutions: where they run, and how high they climb.

tl.plots.interpolation_curve(align(net, theta_1, theta_2))      # before and after alignment
tl.plots.path_profile([bezier, band], line=interpolate(net, theta_1, theta_2))
tl.plots.path_map([bezier, chain, band])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands._words import show
from toylands.geometry import Alignment, Interpolation, LowLossPath, plane_through
from toylands.plots.contour import (
    draw_colorbar,
    draw_critical,
    draw_terrain,
    figure_size,
    kind_marks,
)
from toylands.plots.inks import hue, plain
from toylands.plots.slices import ORDER, named_lines, plane_terrain
from toylands.plots.style import add_legend, axes_for, picture, theme, unit
from toylands.plots.terrain import terrain
from toylands.plots.words import heading, headline, sig

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_KINDS = {"bezier": "Bézier curve", "chain": "polygonal chain", "band": "elastic band"}


@picture
def interpolation_curve(
    lines: Any,
    ax: Axes | None = None,
    *,
    chord: bool = True,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw the loss on straight lines between solutions, with the chord and the barrier.

    lines: from `toylands.geometry.interpolate`: one, a sequence, or a dict {label: line}; or an
    `Alignment`, whose lines before and after are drawn. chord: draw the straight line between the end
    losses, from which the barrier is measured. Returns the Axes.
    """
    named = _named_lines(lines)
    axes, own = axes_for(ax, 6.4, 3.8)
    handles = []
    for n, (label, line) in enumerate(named.items()):
        color = hue(ORDER[n % len(ORDER)])
        noise = 1e-12 * float(np.abs(line.loss).max())
        barrier = sig(
            line.barrier if line.barrier > noise else 0.0
        )  # no rounding error as a height
        text = f"{label}: barrier {barrier}" if label else f"barrier {barrier}"
        handles += axes.plot(
            line.t, line.loss, color=color, lw=2.0 * unit(), label=text, gid="line"
        )
        if chord:
            axes.plot(line.t, line.chord, color=color, lw=1.1 * unit(), ls=(0, (4, 2)), gid="chord")
        above = line.loss - line.chord
        top = int(np.argmax(above))
        if chord and above[top] > max(noise, 0.02 * np.ptp(line.loss)):
            axes.annotate(
                "", (line.t[top], line.loss[top]), xytext=(line.t[top], line.chord[top]), gid="barrier",
                arrowprops={"arrowstyle": "<->", "color": color, "lw": 1.2 * unit(), "shrinkA": 0,
                            "shrinkB": 0},
            )  # fmt: skip
    axes.set_xlim(0, 1)
    plain(axes, "t: from the first solution (0) to the second (1)", "loss")
    first = next(iter(named.values()))
    notes = [
        "exact losses on the straight line",
        "dashed: the chord between the end losses" * chord,
    ]
    headline(axes, heading(first.landscape) if title is None else title, notes, own)
    if legend:
        add_legend(axes, handles, own)
    return axes


def _named_lines(lines: Any) -> dict[str, Interpolation]:
    if isinstance(lines, Alignment):
        return {"as trained": lines.before, "aligned": lines.after}
    names, several = named_lines(lines)
    if not several or not all(isinstance(line, Interpolation) for line in several):
        raise TypeError(
            "interpolation_curve draws what interpolate returns (one, a list, or a dict {label: line}) "
            f"or an Alignment, got {show(lines)}"
        )
    if names is None:
        names = [""] if len(several) == 1 else [f"line {n}" for n in range(1, len(several) + 1)]
    return dict(zip(names, several, strict=True))


@picture
def path_profile(
    paths: Any,
    ax: Axes | None = None,
    *,
    line: Interpolation | None = None,
    log: bool = False,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw the loss along low-loss paths, over the length travelled as a share of the whole.

    paths: from `bezier_path`, `chain_path` or `elastic_band`, one or a sequence. line: the straight line
    to compare with. log: a logarithmic axis. The loss between the points of a path is exact too; a band
    shows its images as dots, and a cross where the highest one stands on a saddle. Returns the Axes.
    """
    several = _several(paths)
    axes, own = axes_for(ax, 6.4, 3.8)
    handles = []
    if line is not None:
        handles += axes.plot(
            line.t, line.loss, color=theme(axes)["soft"], lw=1.6 * unit(), ls=(0, (4, 2)), gid="line",
            label=f"straight line, highest {sig(line.loss.max())}",
        )  # fmt: skip
    for path, color, label in _looks(several):
        s, loss = path.profile()
        text = f"{label}, highest {sig(max(float(loss.max()), path.height))}"
        handles += axes.plot(
            s / path.length, loss, color=color, lw=2.0 * unit(), label=text, gid="profile"
        )
        if path.kind == "band":
            axes.plot(
                path.s / path.length, path.loss, ls="none", marker="o", ms=6.5 * unit(), color=color,
                mec=theme(axes)["paper"], mew=0.6 * unit(), gid="images",
            )  # fmt: skip
            if _on_saddle(path):
                for mark in kind_marks(
                    "saddle", [path.s[path.highest] / path.length], [path.loss[path.highest]]
                ):
                    axes.add_line(mark)
    if log:
        axes.set_yscale("log")
    axes.set_xlim(0, 1)
    plain(axes, "share of the path's length", "loss")
    land = several[0].landscape
    notes = ["exact losses along the paths"]
    far = max(path.reach for path in several)
    if far > 2:
        notes.append(f"out to weights {sig(far)} times as large as at the ends")
    headline(axes, heading(land) if title is None else title, notes, own)
    if legend:
        add_legend(axes, handles, own)
    return axes


@picture
def path_map(
    paths: Any,
    ax: Axes | None = None,
    *,
    view: Sequence[Sequence[float]] | None = None,
    levels: str | Sequence[float] | None = None,
    count: int = 18,
    colorbar: bool | None = None,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw low-loss paths on the map of their landscape, with the straight line between the ends.

    paths: one or a sequence with the same ends. In more than two coordinates the map is the plane
    through both ends and the first path's middle node; the paths are dropped onto it, and the notes say
    how far from it they go. view (two coordinates only), levels, count, colorbar: see `contour`.
    Returns the Axes.
    """
    several = _several(paths)
    land, first = several[0].landscape, several[0]
    if land.dim == 2:
        ground = terrain(land, view=view, levels=levels, count=count)
        flats = [path.points for path in several]
        notes = [ground.note()]
    else:
        middle = first.nodes[len(first.nodes) // 2]
        plane = plane_through(
            land, first.points[0], first.points[-1], middle, margin=0.35, grid=101
        )
        ground = plane_terrain(plane, levels, count)
        shadows = [plane.project(path.points) for path in several]
        flats = [shadow.flat for shadow in shadows]
        away = max(float(shadow.outside.max()) for shadow in shadows)
        notes = [
            f"exact losses over the plane of both ends and one node, of {land.dim} coordinates"
        ]
        notes.append(
            f"paths leave the plane by up to {sig(away)}; the ends are {sig(_apart(first))} apart"
        )
    axes, own = axes_for(ax, *figure_size(ground))
    draw_terrain(axes, ground, equal=own)
    handles = draw_critical(axes, ground) if land.dim == 2 else []
    ends = flats[0][[0, -1]]
    axes.plot(
        *ends.T, color="#FFFFFF", lw=1.6 * unit(), ls=(0, (3, 2)), zorder=2.5, gid="line",
        scalex=False, scaley=False,
    )  # fmt: skip
    drawn = []
    for flat, (path, color, label) in zip(flats, _looks(several), strict=True):
        for width, ink, z in ((4.0, "#FFFFFF", 3.0), (2.2, color, 3.1)):
            (made,) = axes.plot(
                *flat.T, color=ink, lw=width * unit(), zorder=z, label=label, gid="path", scalex=False,
                scaley=False, solid_capstyle="round",
            )  # fmt: skip
        drawn.append(made)
        if path.kind == "band":
            axes.plot(
                *flat[1:-1].T, ls="none", marker="o", ms=4.6 * unit(), color=color, mec="#FFFFFF",
                mew=0.8 * unit(), zorder=3.2, gid="images", scalex=False, scaley=False,
            )  # fmt: skip
    for place in ends:
        axes.plot(
            *place[:, None], "s", ms=8 * unit(), color="#FFFFFF", mec="#11161C", mew=1.4 * unit(),
            zorder=6, gid="end", scalex=False, scaley=False,
        )  # fmt: skip
    if colorbar if colorbar is not None else own:
        draw_colorbar(axes, ground)
    headline(axes, heading(land) if title is None else title, notes, own)
    if legend:
        add_legend(axes, [*drawn, _straight_handle(), *handles], own)
    return axes


def _straight_handle() -> Any:
    """Return the legend's sign of the white dashed line, in an ink that reads on any paper."""
    from matplotlib.lines import Line2D

    look: dict[str, Any] = {"color": "#8A929B", "lw": 1.6 * unit(), "ls": (0, (3, 2))}
    return Line2D([], [], label="straight line", **look)


def _several(paths: Any) -> list[LowLossPath]:
    several = list(paths) if isinstance(paths, list | tuple) else [paths]
    if not several or not all(isinstance(path, LowLossPath) for path in several):
        raise TypeError(
            "paths must come from bezier_path, chain_path or elastic_band of toylands.geometry, got "
            + show(paths)
        )
    if any(path.landscape is not several[0].landscape for path in several):
        raise ValueError("the paths of one picture must lie on one landscape object.")
    return several


def _looks(paths: Sequence[LowLossPath]) -> list[tuple[LowLossPath, str, str]]:
    """A colour and a name for each path; names are numbered where a kind comes twice."""
    kinds = [path.kind for path in paths]
    looks = []
    for n, path in enumerate(paths):
        label = _KINDS[path.kind]
        if kinds.count(path.kind) > 1:
            label += f" {kinds[: n + 1].count(path.kind)}"
        looks.append((path, hue(ORDER[n % len(ORDER)]), label))
    return looks


def _apart(path: LowLossPath) -> float:
    return float(np.linalg.norm(path.points[-1] - path.points[0]))


def _on_saddle(path: LowLossPath) -> bool:
    """Whether the highest image is a stationary point that curves down one way."""
    if not 0 < path.highest < len(path.points) - 1 or path.landscape.dim > 64:
        return False
    found = path.saddle
    near = np.linalg.norm(found.point - path.points[path.highest]) <= 1e-3 * path.length
    return bool(near and found.kind == "saddle" and found.index == 1)
