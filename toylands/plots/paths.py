"""Trajectories on the map: outlined trails, starts and ends, and arrows where a run diverges.

    race = tl.race(tl.landscapes.rosenbrock, [tl.gd(0.001), tl.momentum(0.001), tl.adam(0.05)])
    ax = tl.plots.paths(race)

Every trail has the fixed colour, marker and dash of its optimizer. Small marks along it are a fixed
number of steps apart, so speed can be seen. The large mark at the end is filled when the run has
converged and hollow when it was still running. A diverged run leaves the frame with an arrow that
carries the step at which it diverged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from toylands.plots.contour import (
    crowd_note,
    draw_colorbar,
    draw_critical,
    draw_terrain,
    figure_size,
)
from toylands.plots.exits import Labels, draw_exit
from toylands.plots.style import add_legend, axes_for, picture
from toylands.plots.terrain import Terrain, shown_index, terrain
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
    same_landscape,
    start_handle,
    trail,
    trail_handle,
    window_of,
)
from toylands.plots.words import heading, headline, is_average

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
    colorbar: bool | None = None,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw trajectories over the contours of their landscape.

    trajectories: a Trajectory, a Race, a Swarm or a sequence of trajectories on one landscape.
    ax: axes that already hold a map (from `contour`) are drawn on as they are; empty ones get it.
    view: (low, high) per coordinate; by default the landscape's, grown to hold the runs.
    marks: steps between two marks along a trail (0: none), by default at most 30 on a trail.
    The other arguments are those of `contour`. A run in more than two coordinates is projected onto
    the two shown, over the slice of the landscape at the first run's end. Returns the Axes.
    """
    runs = as_runs(trajectories)
    land = same_landscape(runs)
    drawn_on = ax is not None and ax.has_data()
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
    trails = draw_trails(axes, runs, ground, every)
    if not drawn_on:
        notes = [ground.note(), *map_notes(runs, every), crowd_note(ground) if critical else ""]
        if len(ground.index) < land.dim:
            notes.append("trails projected onto the slice")
        headline(axes, heading(land) if title is None else title, notes, own)
    if legend:
        add_legend(axes, [*trails, start_handle(), *handles], own)
    return axes


def _stride(runs: Sequence[Any], marks: int) -> int:
    """Return how many recorded points lie between marks that are `marks` steps apart."""
    for run in runs:
        if marks < 0 or marks % run.every:
            raise ValueError(
                f"marks={marks!r}: expected a number of steps, 0 or a multiple of the run's "
                f"every={run.every}"
            )
    return marks // runs[0].every


def draw_trails(ax: Axes, runs: Sequence[Any], ground: Terrain, every: int) -> list[Any]:
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
        handles.append(trail_handle(style, label_of(members, len(entries) > 8), converged(members)))
    return handles
