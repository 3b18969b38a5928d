"""A landscape of one coordinate that changes while it is walked: time to the right, the place upwards.

run = tl.descend(tl.landscapes.moving_goal, tl.gd(0.1), time_varying={"c": goal})
tl.plots.time_map(run)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands.plots.contour import draw_colorbar, draw_terrain
from toylands.plots.slices import PlaneTerrain
from toylands.plots.style import add_legend, axes_for, palette, picture, unit
from toylands.plots.terrain import Array, choose_levels
from toylands.plots.trails import (
    as_runs,
    converged,
    cut,
    delay,
    draw_end,
    draw_line,
    draw_start,
    groups,
    label_of,
    names_for,
    same_landscape,
    start_handle,
    trail_handle,
    window_of,
)
from toylands.plots.words import heading, headline, held_equal, is_average, parameters

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: so many moments of the landscape are drawn at most
_MOMENTS = 301


@picture
def time_map(
    trajectories: Any,
    ax: Axes | None = None,
    *,
    view: Sequence[float] | None = None,
    levels: str | Sequence[float] | None = None,
    count: int = 18,
    grid: int = 201,
    labels: Sequence[str] | None = None,
    colorbar: bool | None = None,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw walks in one coordinate against the step, over the loss that each place has at that step.

    The dashed line follows the lowest place of the window. `paths` draws this picture for walks on a
    time-varying landscape of one coordinate.

    trajectories: as for `paths`. view: (low, high) of the coordinate. labels: what to call each run.
    The other arguments are those of `contour`. Raises ValueError for more than one coordinate. Returns
    the Axes.
    """
    runs = as_runs(trajectories)
    land, names = same_landscape(runs), names_for(runs, labels)
    if land.dim != 1:
        raise ValueError(
            f"{land.name} has {land.dim} coordinates: time_map draws walks in one; use paths(runs)"
        )
    ((low, high),) = window_of(runs, land, (0,)) if view is None else [np.ravel(view).tolist()]
    ground = _ground(runs, (float(low), float(high)), levels, count, grid)
    axes, own = axes_for(ax, 7.0, 4.2)
    draw_terrain(axes, ground, equal=False)
    lowest = ground.y[np.nanargmin(ground.z, axis=0)]
    ink = palette()["kinds"]["minimum"]
    axes.plot(
        ground.x, lowest, color=ink["outline"], lw=2.4 * unit(), zorder=2, gid="lowest outline"
    )
    (floor,) = axes.plot(
        ground.x,
        lowest,
        color=ink["color"],
        lw=1.1 * unit(),
        ls=(0, (3, 2)),
        zorder=2.1,
        gid="lowest",
    )
    handles = []
    entries = groups(runs)
    for style, members in entries:
        crowd = len(members) > 1
        for run in members:
            steps = delay(run) + np.arange(len(run.path)) * run.every
            places = np.column_stack([steps, run.path[:, 0]])
            flat, leaves = cut(places, np.array([[0.0, ground.x[-1]], [low, high]]))
            draw_line(axes, flat, style, crowd)
            if not is_average(run):
                draw_start(axes, flat[0], crowd)
            if not leaves:
                draw_end(axes, flat[-1], style, run.status.kind == "converged", crowd)
        label = label_of(members, names, len(entries) > 8)
        handles.append(trail_handle(style, label, converged(members)))
    if colorbar if colorbar is not None else own:
        draw_colorbar(axes, ground)
    moving = {name for run in runs for name in run.time_varying}
    notes = [parameters(land, moving), *held_equal(runs)]
    headline(axes, heading(land) if title is None else title, notes, own)
    if legend:
        add_legend(axes, [*handles, start_handle(), _lowest_handle(floor)], own)
    return axes


def _ground(
    runs: Sequence[Any], window: tuple[float, float], levels: Any, count: int, grid: int
) -> PlaneTerrain:
    """The losses of the window at moments spread evenly over the longest run, shape (grid, moments)."""
    run = max(runs, key=lambda one: one.steps)
    rows = np.unique(np.linspace(0, len(run.path) - 1, _MOMENTS).astype(int))
    places = np.linspace(*window, grid)
    moments = [
        run.landscape(**{name: values[row] for name, values in run.time_varying.items()})
        for row in (rows if run.time_varying else rows[:1])
    ]
    with np.errstate(all="ignore"):
        columns: list[Array] = [np.asarray(one.loss(places[:, None])) for one in moments]
    z = np.column_stack(columns)
    z = np.where(np.isfinite(z), z, np.nan) + np.zeros(len(rows))
    stationary = tuple(p for one in (moments[0], moments[-1]) for p in one.critical_points)
    edges, floor, spacing = choose_levels(run.landscape, z, levels, count, stationary)
    x = rows * float(run.every)
    view = ((0.0, max(float(x[-1]), 1.0)), window)
    names = ("step", run.landscape.coordinates[0])
    return PlaneTerrain(
        run.landscape, (0, 1), np.zeros(1), view, x, places, z, edges, floor, spacing, (), names
    )


def _lowest_handle(line: Any) -> Any:
    """The legend's sign of the line that follows the lowest place, in an ink that reads on any paper."""
    from matplotlib.lines import Line2D

    look: dict[str, Any] = {"color": "#8A929B", "lw": 1.6 * unit(), "ls": line.get_linestyle()}
    return Line2D([], [], label="lowest place", **look)
