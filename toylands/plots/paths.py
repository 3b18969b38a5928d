"""Trajectories on the map: outlined trails, starts and ends, and arrows where a run diverges.

    race = tl.race(tl.landscapes.rosenbrock, [tl.gd(0.001), tl.momentum(0.001), tl.adam(0.05)])
    ax = tl.plots.paths(race)

Every trail has the fixed colour, marker and dash of its optimizer. Small marks along it are a fixed
number of steps apart, so speed can be seen. The large mark at the end is filled when the run has
converged and hollow when it was still running. A diverged run leaves the frame with an arrow that
carries the step at which it diverged.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands.geometry import solution_curve
from toylands.plots.contour import (
    crowd_note,
    draw_colorbar,
    draw_critical,
    draw_terrain,
    figure_size,
)
from toylands.plots.exits import Labels, draw_exit
from toylands.plots.moments import time_map
from toylands.plots.style import add_legend, axes_for, palette, picture, unit
from toylands.plots.terrain import Array, Terrain, shown_index, terrain
from toylands.plots.trails import (
    as_runs,
    converged,
    draw_end,
    draw_line,
    draw_marks,
    draw_start,
    groups,
    label_of,
    map_notes,
    marks_every,
    names_for,
    same_landscape,
    start_handle,
    trail,
    trail_handle,
    window_of,
)
from toylands.plots.words import heading, headline, is_average

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: the steps of a curve of solutions as long as the window's diagonal
_STEPS = 400


@picture
def paths(
    trajectories: Any,
    ax: Axes | None = None,
    *,
    view: Sequence[Sequence[float]] | None = None,
    levels: str | Sequence[float] | None = None,
    count: int = 18,
    grid: int = 201,
    coordinates: Sequence[str] | None = None,
    critical: bool = True,
    marks: int | None = None,
    labels: Sequence[str] | str | None = None,
    solutions: bool = False,
    colorbar: bool | None = None,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw trajectories over the contours of their landscape.

    trajectories: a Trajectory, a Race, a Swarm or a sequence of trajectories on one landscape.
    ax: axes that already hold a map (from `contour`) are drawn on as they are; empty ones get it.
    view: (low, high) per coordinate; by default the landscape's, grown to hold the runs.
    marks: steps between two marks along a trail (0: none), by default at most 30 on a trail.
    labels: what to call each run; by default what differs between them.
    solutions: draw the curves of solutions through the ends, of a landscape of two coordinates.
    The other arguments are those of `contour`. A run in more than two coordinates is projected onto
    the two shown, over the slice of the landscape at the first run's end. Runs in one coordinate on a
    landscape that varies with time are drawn against the step (`time_map`). Returns the Axes.
    """
    runs = as_runs(trajectories)
    if runs[0].landscape.dim == 1 and any(run.time_varying for run in runs) and not _drawn_on(ax):
        # The curve under the walk changes with every step: no single one would show where it goes.
        return time_map(
            runs, ax, view=None if view is None else np.ravel(view).tolist(), levels=levels, count=count,
            grid=grid, labels=labels, colorbar=colorbar, legend=legend, title=title,
        )  # fmt: skip
    land, names = same_landscape(runs), names_for(runs, labels)
    drawn_on = _drawn_on(ax)
    at = runs[0].end if land.dim > 2 else None
    index = shown_index(land, coordinates)
    if drawn_on and view is None and len(index) == 2:
        view = (ax.get_xlim(), ax.get_ylim())  # type: ignore[union-attr]
    elif view is None:
        view = window_of(runs, land, index)
    ground = terrain(
        land, view=view, levels=levels, count=count, grid=grid, coordinates=coordinates, at=at
    )
    axes, own = axes_for(ax, *figure_size(ground))
    handles: list[Any] = []
    if not drawn_on:
        draw_terrain(axes, ground, equal=own)
        handles = draw_critical(axes, ground) if critical else []
        if colorbar if colorbar is not None else own:
            draw_colorbar(axes, ground)
    every = marks_every(runs) if marks is None else _stride(runs, marks)
    trails = draw_trails(axes, runs, ground, every, names)
    if solutions:
        handles += draw_solutions(axes, runs, ground)
    if not drawn_on:
        notes = [ground.note(), *map_notes(runs, every), crowd_note(ground) if critical else ""]
        if len(ground.index) < land.dim:
            notes.append("trails projected onto the slice")
        headline(axes, heading(land) if title is None else title, notes, own)
    if legend:
        add_legend(axes, [*trails, start_handle(), *handles], own)
    return axes


def _drawn_on(ax: Axes | None) -> bool:
    """Whether there is a map already."""
    return ax is not None and ax.has_data()


def _stride(runs: Sequence[Any], marks: int) -> int:
    """Return how many recorded points lie between marks that are `marks` steps apart."""
    for run in runs:
        if marks < 0 or marks % run.every:
            raise ValueError(
                f"marks={marks!r}: expected a number of steps, 0 or a multiple of the run's "
                f"every={run.every}"
            )
    return marks // runs[0].every


def draw_solutions(ax: Axes, runs: Sequence[Any], ground: Terrain) -> list[Any]:
    """Draw every curve of solutions that an end lies on, once; return the legend handle of the first.

    Raises ValueError for a landscape that has not two coordinates, or when no run ends on such a curve.
    """
    land = ground.land
    if land.dim != 2:
        raise ValueError(f"solutions=True: {land.name} has {land.dim} coordinates, expected 2")
    found: list[Array] = []
    step = np.linalg.norm(np.diff(ground.view, axis=1)) / _STEPS
    for run in runs:
        if run.status.kind == "diverged":
            continue
        near = [np.linalg.norm(curve - run.end, axis=1).min() for curve in found]
        if min(near, default=np.inf) <= step:
            continue
        with contextlib.suppress(ValueError):
            found.append(solution_curve(land, run.end, view=ground.view, count=_STEPS))
    if not found:
        raise ValueError("solutions=True: no run ends on a curve of solutions")
    look = palette()["kinds"]["minimum"]
    for curve in found:
        for color, width, z in ((look["outline"], 3.4, 2.4), (look["color"], 1.7, 2.5)):
            ax.plot(
                *curve.T, color=color, lw=width * unit(), zorder=z, gid="solutions", scalex=False,
                scaley=False,
            )  # fmt: skip
    from matplotlib.lines import Line2D
    from matplotlib.patheffects import Normal, Stroke

    around = [Stroke(linewidth=3.4 * unit(), foreground=look["outline"]), Normal()]
    color = look["color"]
    return [Line2D([], [], color=color, lw=1.7 * unit(), path_effects=around, label="solutions")]


def draw_trails(
    ax: Axes, runs: Sequence[Any], ground: Terrain, every: int, names: Mapping[int, str]
) -> list[Any]:
    """Draw every run; return one legend handle per group."""
    handles, placed = [], Labels(ax)
    entries = groups(runs)
    for style, members in entries:
        crowd = len(members) > 1
        for run in members:
            part = trail(run, ground)
            draw_line(ax, part.flat, style, crowd)
            if not crowd and every:
                inner = part.flat[:-1] if part.leaves else part.flat
                draw_marks(ax, inner[::every], style)
            if not is_average(run):
                draw_start(ax, part.flat[0], crowd)
            if part.leaves:
                draw_exit(ax, part.flat, run, style, placed, quiet=crowd)
            else:
                draw_end(ax, part.flat[-1], style, run.status.kind == "converged", crowd)
        label = label_of(members, names, len(entries) > 8)
        handles.append(trail_handle(style, label, converged(members)))
    return handles
