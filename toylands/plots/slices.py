"""Slices: the loss along lines and over planes, with what a drawn run leaves out of the picture.

    tl.plots.slice_curve([sample_line(net, theta, seed=k) for k in range(5)])
    tl.plots.slice_map(trajectory_plane(run), run)

A run drawn on a plane is its shadow. Below the map a strip tells, step by step, how much of the run's
displacement lies outside the plane.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from toylands._words import show
from toylands.geometry import Projection, SampledLine, SampledPlane
from toylands.plots.contour import draw_colorbar, draw_terrain, figure_size
from toylands.plots.inks import hue, plain
from toylands.plots.style import (
    Style,
    add_legend,
    axes_for,
    new_figure,
    picture,
    styles,
    theme,
    unit,
)
from toylands.plots.terrain import Terrain, choose_levels
from toylands.plots.trails import (
    as_runs,
    draw_end,
    draw_line,
    draw_start,
    names_for,
    start_handle,
    trail_handle,
)
from toylands.plots.words import heading, headline, sig

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: the hues of lines that are no optimizer's, in this order
ORDER = ("blue", "vermillion", "green", "orange", "purple", "sky", "black")
#: how a direction is called on an axis
_NAMES = {
    "random": "a random direction (in lengths)",
    "filter": "a filter-normalised random direction",
    "whole": "a random direction of the weights' length",
    "relative": "a relative random direction",
    "gradient": "the gradient, uphill (in lengths)",
    "sharpest": "the sharpest direction (in lengths)",
    "flattest": "the flattest direction (in lengths)",
    "given": "the given direction",
}


@dataclass(frozen=True)
class PlaneTerrain(Terrain):
    """A sampled plane as the terrain that maps draw; its axes are directions, not coordinates."""

    labels: tuple[str, str] = ("", "")
    plane: SampledPlane | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What the two axes are."""
        return self.labels

    def lift(self, flat: ArrayLike) -> np.ndarray:
        """Return the loss at points (..., 2) of the plane."""
        assert self.plane is not None
        with np.errstate(all="ignore"):
            return np.asarray(self.land.loss(self.plane.points(flat)), dtype=np.float64)

    def note(self, skip: Iterable[str] = ()) -> str:
        """Say what the picture must tell of the terrain."""
        return f"exact losses over a plane of {self.land.dim} coordinates"


def _named(along: str, share: float | None = None) -> str:
    if share is not None:
        return f"{along} ({100 * share:.3g}% of the variance)"
    return "along " + _NAMES[along] if along in _NAMES else f"towards the {along} point"


def plane_terrain(plane: SampledPlane, levels: Any = None, count: int = 18) -> PlaneTerrain:
    """Return the terrain of a sampled plane, with levels as `contour` chooses them."""
    z = np.where(np.isfinite(plane.loss), plane.loss, np.nan)
    if not np.isfinite(z).any():
        raise ValueError("the plane has no finite loss: choose a smaller reach=")
    if levels is None and plane.landscape.levels == "log":
        levels = _decades(z)
    edges, floor, spacing = choose_levels(plane.landscape, z, levels, count)
    shares = plane.variance_shares or (None, None)
    first, second = (_named(a, s) for a, s in zip(plane.along, shares, strict=True))
    if first == second:
        second = second.replace("along a ", "along another ")
    return PlaneTerrain(
        plane.landscape,
        (0, 1),
        plane.origin,
        ((plane.a[0], plane.a[-1]), (plane.b[0], plane.b[-1])),
        plane.a,
        plane.b,
        z,
        edges,
        floor,
        spacing,
        (),
        (first, second),
        plane,
    )


def _decades(z: np.ndarray) -> Any:
    """Levels over the upper eight decades, where losses span more: what lies below is one colour.

    Of a classifier that is right everywhere the loss falls towards 0 without end along some ray.
    """
    low, high = float(np.nanmin(z)), float(np.nanmax(z))
    if not 0 <= low < 1e-8 * high:
        return None
    powers = np.arange(np.floor(np.log10(high)) - 7, np.ceil(np.log10(high)) + 1)
    return (10.0 ** powers[:, None] * np.array([1, 3])).ravel()


@picture
def slice_map(
    plane: SampledPlane,
    runs: Any = None,
    ax: Axes | None = None,
    *,
    levels: str | Sequence[float] | None = None,
    count: int = 18,
    colorbar: bool | None = None,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw the losses over a sampled plane, and runs as shadows on it.

    plane: from `sample_plane`, `trajectory_plane` or `plane_through` of `toylands.geometry`.
    runs: a trajectory or several, projected perpendicularly. On a figure of our own a strip below the
    map shows the share of each run's squared displacement that lies outside the plane, per step; on
    given axes the notes tell the largest. levels, count, colorbar: see `contour`. Returns the map's Axes.
    """
    if not isinstance(plane, SampledPlane):
        raise TypeError(
            f"slice_map draws what sample_plane, trajectory_plane or plane_through returns, got {show(plane)}"
        )
    ground = plane_terrain(plane, levels, count)
    drawn = _styled(runs)
    strip = None
    if ax is None and drawn:
        wide, high = figure_size(ground)
        figure = new_figure(wide, high + 1.5)
        places = figure.add_gridspec(2, 1, height_ratios=(high - 0.6, 1.0))
        axes, own = figure.add_subplot(places[0]), True
        strip = figure.add_subplot(places[1])
    else:
        axes, own = axes_for(ax, *figure_size(ground))
    draw_terrain(axes, ground, equal=own)
    axes.plot(0, 0, "+", ms=9 * unit(), mew=1.6 * unit(), color="#FFFFFF", zorder=4, gid="origin")
    notes = [f"{ground.note()}; + is its origin"]
    if abs(plane.cosine) > 1e-6:
        angle = np.degrees(np.arccos(plane.cosine))
        notes.append(f"the two directions meet at {angle:.1f}°, drawn at right angles")
    handles: list[Any] = []
    names = names_for([run for run, _ in drawn]) if drawn else {}
    shadows: list[tuple[Style, Projection, Any]] = []
    for run, style in drawn:
        shadow = plane.project(run)
        shadows.append((style, shadow, run))
        draw_line(axes, shadow.flat, style)
        draw_start(axes, shadow.flat[0])
        done = run.status.kind == "converged"
        if not _leaves(shadow.flat[-1:], ground):
            draw_end(axes, shadow.flat[-1], style, done)
        handles.append(trail_handle(style, names[id(run)], done))
    if shadows:
        handles.append(start_handle())
        worst = max(float(shadow.outside_share.max()) for _, shadow, _ in shadows)
        notes.append(
            f"runs are shadows: up to {100 * worst:.3g}% of a displacement² is outside the plane"
        )
        gone = [names[id(run)] for _, shadow, run in shadows if _leaves(shadow.flat, ground)]
        notes += [f"leaving the window: {', '.join(gone)}"] if gone else []
    if colorbar if colorbar is not None else own:
        draw_colorbar(axes, ground)
    headline(axes, heading(plane.landscape) if title is None else title, notes, own)
    if strip is not None:
        _draw_strip(strip, shadows)
    if legend and handles:
        add_legend(axes, handles, own)
    return axes


def _styled(runs: Any) -> list[tuple[Any, Style]]:
    if runs is None:
        return []
    several = as_runs(runs)
    return list(zip(several, styles([run.optimizer for run in several]), strict=True))


def _leaves(flat: np.ndarray, ground: Terrain) -> bool:
    low, high = np.array(ground.view).T
    return bool(((flat < low) | (flat > high)).any())


def _draw_strip(strip: Axes, shadows: Sequence[tuple[Style, Projection, Any]]) -> None:
    """Draw the share of the squared displacement outside the plane at every step."""
    last = 1
    for style, shadow, run in shadows:
        steps = np.arange(len(shadow.outside_share)) * run.every
        last = max(last, int(steps[-1]))
        here = (shadow.outside == 0) & ~shadow.flat.any(
            axis=1
        )  # at the origin: no share of nothing
        share = np.where(here, np.nan, shadow.outside_share)
        strip.plot(steps, share, color=style.color, lw=1.7 * unit(), gid="outside")
    strip.set_xlim(0, last)
    strip.set_ylim(0, 1)
    strip.set_yticks([0, 0.5, 1], ["0", "50%", "100%"])
    strip.tick_params(labelsize="small")
    strip.grid(axis="y", lw=0.7 * unit(), color=theme(strip)["grid"])
    plain(strip, "step", "outside")
    strip.set_gid("strip")


def named_lines(lines: Any) -> tuple[list[str] | None, list[Any]]:
    """Return labels (None without any) and lines of one line, a sequence of lines, or {label: line}."""
    if isinstance(lines, Mapping):
        return [str(label) for label in lines], list(lines.values())
    return None, list(lines) if isinstance(lines, list | tuple) else [lines]


@picture
def slice_curve(
    lines: Any,
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    model: bool = False,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw the loss along one or several sampled lines through one landscape.

    lines: from `toylands.geometry.sample_line`: one, a sequence, or a dict {label: line}. labels: one per
    line; by default those of the dict, or the direction and the exact curvature d'Hd. model: add the
    exact quadratic model of each line, dashed. Returns the Axes.
    """
    names, several = named_lines(lines)
    if not several or not all(isinstance(line, SampledLine) for line in several):
        raise TypeError(
            "slice_curve draws what sample_line returns (one, a list, or a dict {label: line}), got "
            f"{show(lines)}"
        )
    labels = names if labels is None else labels
    if labels is not None and len(labels) != len(several):
        raise ValueError(
            f"labels={show(list(labels))}: expected one for each of {len(several)} lines"
        )
    axes, own = axes_for(ax, 6.4, 3.8)
    inks = theme(axes)
    handles = []
    for n, line in enumerate(several):
        label = f"{line.along}: d'Hd = {sig(line.curvature)}" if labels is None else labels[n]
        color = hue(ORDER[n % len(ORDER)])
        handles += axes.plot(
            line.t, line.loss, color=color, lw=1.9 * unit(), label=label, gid="slice"
        )
        if model:
            t = line.t
            height = line.landscape.loss(line.origin) + line.slope * t + line.curvature * t**2 / 2
            axes.plot(
                t, height, color=color, lw=1.2 * unit(), ls=(0, (4, 2)), gid="model", scaley=False
            )
    axes.axvline(0, color=inks["soft"], lw=0.9 * unit(), zorder=1)
    axes.margins(x=0)
    plain(axes, "t, in lengths of the direction", "loss")
    land = several[0].landscape
    notes = [
        f"exact losses along {len(several)} line{'s' * (len(several) > 1)} in {land.dim} coordinates"
    ]
    if model:
        notes.append("dashed: the exact quadratic model at t = 0")
    headline(axes, heading(land) if title is None else title, notes, own)
    if legend:
        add_legend(axes, handles, own)
    return axes
