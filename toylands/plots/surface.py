"""The landscape in three dimensions, with the levels and colours of its map, and trails on it.

    ax = tl.plots.surface(tl.landscapes.six_hump_camel)
    ax = tl.plots.surface(race.landscape, race, elev=50, azim=-120)

Where the levels of a landscape are logarithmic, so is the height (the axis says so), or a ravine
would vanish at the foot of its walls. Lines lie exactly on the surface; the parts that it hides
are drawn faintly. What hides what is worked out for the given `elev` and `azim`: call again with
other angles rather than turning the finished picture.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from toylands._words import did_you_mean, one_of
from toylands.geometry import SampledPlane
from toylands.plots.contour import (
    bar_ticks,
    counted_from,
    crowd_note,
    kind_handle,
    kind_marks,
    mark_size,
    names_of_levels,
    points_to_mark,
)
from toylands.plots.exits import Labels, draw_exit
from toylands.plots.slices import plane_terrain
from toylands.plots.style import (
    Style,
    add_legend,
    axes_for,
    palette,
    picture,
    terrain_colors,
    theme,
    unit,
)
from toylands.plots.terrain import Array, Mask, Terrain, shown_index, terrain
from toylands.plots.trails import (
    as_runs,
    converged,
    draw_end,
    draw_line,
    draw_marks,
    groups,
    label_of,
    map_notes,
    marks_every,
    names_for,
    same_landscape,
    start_handle,
    start_marks,
    trail,
    trail_handle,
    window_of,
)
from toylands.plots.words import heading, headline, is_average

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from toylands.formula import Landscape

HEIGHTS = ("loss", "log")
# Height of the box in units of its longer side, and how far a line floats above the surface.
_RISE, _FLOAT = 0.62, 0.004


@dataclass(frozen=True)
class Scene:
    """A terrain seen from one side: heights `h` (grid, grid), their range, and the way to the eye.

    `height` turns losses into heights. `eye` (3,) points to the viewer in units of the box's sides.
    """

    ground: Terrain
    height: Callable[[Any], Array]
    h: Array
    low: float
    high: float
    eye: Array

    def lift(self, flat: Array) -> Array:
        """Return points (n, 3) on the surface above points (n, 2)."""
        return np.column_stack([flat, self.height(self.ground.lift(flat))])

    def hidden(self, spots: Array) -> Mask:
        """Return which of the points (n, 3) the surface hides from the viewer, shape (n,)."""
        (x0, x1), (y0, y1) = self.ground.view
        low = np.array([x0, y0, self.low])
        size = np.array([x1 - x0, y1 - y0, self.high - self.low])
        start = (spots - low) / size
        far = np.linspace(0.004, 1.5, 240)
        ray = start[:, None, :] + far[None, :, None] * self.eye / np.linalg.norm(self.eye)
        n = self.h.shape[0] - 1
        u, v = np.clip(ray[..., 0] * n, 0, n), np.clip(ray[..., 1] * n, 0, n)
        i, j = np.minimum(u.astype(int), n - 1), np.minimum(v.astype(int), n - 1)
        s, t, w = u - i, v - j, (self.h - self.low) / size[2]
        above = (
            w[j, i] * (1 - s) * (1 - t)
            + w[j, i + 1] * s * (1 - t)
            + w[j + 1, i] * (1 - s) * t
            + w[j + 1, i + 1] * s * t
        )
        over = ((ray[..., :2] >= 0) & (ray[..., :2] <= 1)).all(axis=-1)
        with np.errstate(invalid="ignore"):
            return np.asarray((over & (above > ray[..., 2] + _FLOAT)).any(axis=1))


@picture
def surface(
    land: Landscape | SampledPlane,
    trajectories: Any = None,
    ax: Axes | None = None,
    *,
    view: Sequence[Sequence[float]] | None = None,
    levels: str | Sequence[float] | None = None,
    count: int = 18,
    grid: int = 161,
    coordinates: Sequence[str] | None = None,
    at: Sequence[float] | None = None,
    height: str | None = None,
    elev: float = 42.0,
    azim: float = -60.0,
    critical: bool = True,
    labels: Sequence[str] | None = None,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw a landscape of two coordinates (or a slice of one) as a surface in three dimensions.

    land: a landscape, or a sampled plane, of a network too: `surface(sample_plane(net, theta))`.
    trajectories: runs to lay on the surface (Trajectory, Race, Swarm or a sequence), or None.
    ax: axes made with `projection="3d"`.
    height: 'loss', or 'log' for the logarithm of the loss above the lowest known one (the default
    where the landscape's levels are logarithmic).
    elev, azim: the viewer's elevation and azimuth in degrees (matplotlib's `view_init`).
    labels: what to call each run. The other arguments are those of `contour`. Raises ValueError for a
    landscape of one coordinate. Returns the Axes3D.
    """
    plane = land if isinstance(land, SampledPlane) else None
    if plane is not None and trajectories is not None:
        raise ValueError(
            "a run does not lie on a sampled plane: slice_map(plane, runs) draws its shadow"
        )
    land = cast("Landscape", land if plane is None else plane.landscape)
    if land.dim < 2:
        raise ValueError(f"{land.name} has one coordinate, a surface needs two: use contour(land)")
    runs = [] if trajectories is None else as_runs(trajectories)
    if runs and same_landscape(runs).name != land.name:
        raise ValueError(
            f"the runs move on {runs[0].landscape.name}, but the surface is {land.name}: "
            "draw surface(runs[0].landscape, runs)"
        )
    land = same_landscape(runs) if runs else land
    if runs and view is None:
        view = window_of(runs, land, shown_index(land, coordinates))
    if plane is not None:
        # On slanting axes there is room for a letter; the notes say what it stands for.
        named = plane_terrain(plane, levels, count)
        ground: Terrain = replace(named, labels=("a", "b"))
    else:
        ground = terrain(
            land, view=view, levels=levels, count=count, grid=grid, coordinates=coordinates, at=at
        )
    if len(ground.index) < 2:
        raise ValueError(f"coordinates={coordinates!r}: a surface needs two coordinates")
    scale = _height_name(ground, height)
    scene = _scene(ground, scale, elev, azim)
    axes, own = axes_for(ax, 6.4, 4.7, "3d")
    axes.computed_zorder = False
    _draw_surface(axes, scene)
    _draw_lines(axes, scene)
    handles, exits, notes = [], [], [ground.note()]
    if plane is not None:
        notes += [f"{name}: {words}" for name, words in zip("ab", named.labels, strict=True)]
    if runs:
        every, names = marks_every(runs), names_for(runs, labels)
        for style, members in groups(runs):
            for run in members:
                exits.append(_draw_run(axes, scene, run, style, every, crowd=len(members) > 1))
            handles.append(trail_handle(style, label_of(members, names), converged(members)))
        handles.append(start_handle())
        notes += map_notes(runs, every)
    if critical:
        handles += _draw_kinds(axes, scene)
        notes.append(crowd_note(ground))
    _frame(axes, scene, scale, elev, azim)
    base = axes.figure.get_size_inches().copy()
    headline(axes, heading(land) if title is None else title, notes, own)
    beside = add_legend(axes, handles, own) if legend and handles else None
    if own:
        _lay_out(axes, base, beside)
    placed = Labels(axes, outward=True)
    for spots, run, style, crowd in filter(None, exits):
        _draw_exit(axes, spots, run, style, crowd, placed)
    return axes


def _lay_out(ax: Any, base: Array, legend: Any) -> None:
    """Place axes and legend by hand: matplotlib's layout engines misjudge axes in space."""
    figure = ax.figure
    figure.set_layout_engine("none")
    width, height = figure.get_size_inches()
    ax.set_position((0.0, 0.05 / height, base[0] / width, (base[1] - 0.15) / height))
    if legend is not None:
        legend.set_loc("center left")
        legend.set_bbox_to_anchor((base[0] / width, 0.5), figure.transFigure)


def _height_name(ground: Terrain, height: str | None) -> str:
    if height is None:
        return "log" if ground.spacing == "log" else "loss"
    if height not in HEIGHTS:
        raise ValueError(
            f"height={height!r}: expected {one_of(HEIGHTS)}.{did_you_mean(height, HEIGHTS)}"
        )
    return height


def _scene(ground: Terrain, scale: str, elev: float, azim: float) -> Scene:
    span = ground.edges[-1] - ground.floor
    if scale == "log":
        # log(above + small) is smooth at the floor, where log(above) would fall for ever.
        near = ground.spacing == "log" and len(ground.lines)
        small = float(ground.lines[0] - ground.floor) if near else span * 1e-3

        def height(z: Any) -> Array:
            with np.errstate(invalid="ignore"):
                return np.asarray(np.log10(np.asarray(z) - ground.floor + small))
    else:

        def height(z: Any) -> Array:
            return np.asarray(z, dtype=np.float64)

    h = height(ground.z)
    low, high = float(np.nanmin(h)), float(np.nanmax(h))
    if high <= low:
        low, high = low - 0.5, high + 0.5
    sides = _sides(ground)
    e, a = np.radians(elev), np.radians(azim)
    to_eye = np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
    return Scene(ground, height, h, low, high, to_eye / sides)


def _sides(ground: Terrain) -> Array:
    """Return the sides of the box: the window to scale unless it is very long."""
    wide, deep = (high - low for low, high in ground.view)
    ratio = float(np.clip(wide / deep, 0.5, 2.0))
    return np.array([min(ratio, 1.0), min(1 / ratio, 1.0), _RISE])


def _draw_surface(ax: Any, scene: Scene) -> None:
    ground = scene.ground
    x, y = np.meshgrid(ground.x, ground.y)
    filled = ax.plot_surface(
        x,
        y,
        scene.h,
        facecolors=terrain_colors()(ground.norm(np.nan_to_num(ground.z, nan=ground.floor))),
        rcount=len(ground.y),
        ccount=len(ground.x),
        shade=False,
        linewidth=0,
        antialiased=False,
        zorder=1,
    )
    filled.set_gid("terrain")


def _draw_lines(ax: Any, scene: Scene) -> None:
    """Lay the contour lines on the surface."""
    from contourpy import contour_generator

    ground, look = scene.ground, palette()["terrain"]
    tracer = contour_generator(ground.x, ground.y, np.ma.masked_invalid(ground.z))
    for level in ground.lines:
        for line in cast("list[Array]", tracer.lines(level)):
            spots = np.column_stack([line, np.full(len(line), float(scene.height(level)))])
            shown = np.where(scene.hidden(spots)[:, None], np.nan, spots)
            ax.plot(
                *shown.T,
                color=look["line"],
                alpha=min(1.0, 1.4 * look["line_alpha"]),
                lw=0.6 * unit(),
                zorder=2,
                gid="contour lines",
            )


def _dense(flat: Array, view: Any) -> Array:
    """Return a polyline (m, 2) cut into pieces of at most 1/120 of the window."""
    size = np.array([high - low for low, high in view])
    pieces = [flat[:1]]
    for a, b in itertools.pairwise(flat):
        parts = max(1, int(np.ceil(np.linalg.norm((b - a) / size) * 120)))
        pieces.append(a + np.linspace(0, 1, parts + 1)[1:, None] * (b - a))
    return np.concatenate(pieces)


def _draw_run(ax: Any, scene: Scene, run: Any, style: Style, every: int, crowd: bool) -> Any:
    """Lay one run on the surface; return what its exit arrow needs, None if it stays inside."""
    part = trail(run, scene.ground)
    spots = scene.lift(_dense(part.flat, scene.ground.view))
    hidden = scene.hidden(spots)
    draw_line(ax, np.where(hidden[:, None], np.nan, spots), style, crowd)
    if hidden.any():
        for artist in draw_line(ax, np.where(hidden[:, None], spots, np.nan), style, True):
            artist.set_alpha(0.35)
            artist.set_gid("hidden trail")
    if every and not crowd:
        inner = part.flat[:-1] if part.leaves else part.flat
        marks = scene.lift(inner[::every])
        draw_marks(ax, marks[~scene.hidden(marks)], style)
    ends = scene.lift(part.flat[[0, -1]])
    if not is_average(run):
        for mark in start_marks(ends[0, 0], ends[0, 1], 0.6 if crowd else 1.0):
            _stand(ax, mark, ends[:1, 2])
    if not part.leaves:
        draw_end(ax, ends[1], style, run.status.kind == "converged", crowd)
        return None
    return spots[-2:], run, style, crowd


def _draw_exit(ax: Any, spots: Array, run: Any, style: Style, crowd: bool, placed: Labels) -> None:
    """Draw the arrow of a run that leaves the box, where its last two points (2, 3) are seen."""
    from mpl_toolkits.mplot3d import proj3d

    x, y, _ = proj3d.proj_transform(*spots.T, ax.get_proj())
    draw_exit(ax, np.column_stack([x, y]), run, style, placed, quiet=crowd)


def _stand(ax: Any, mark: Any, heights: Array, alpha: float = 1.0) -> None:
    """Put a flat marker at a height in space."""
    from mpl_toolkits.mplot3d.art3d import line_2d_to_3d

    line_2d_to_3d(mark, heights)
    mark.set_alpha(alpha)
    ax.add_line(mark)


def _draw_kinds(ax: Any, scene: Scene) -> list[Any]:
    by_kind: dict[str, list[Array]] = {}
    marked = points_to_mark(scene.ground)
    for critical in marked:
        flat = np.asarray(critical.point, dtype=np.float64)[list(scene.ground.index)]
        by_kind.setdefault(critical.kind, []).append(flat)
    size = mark_size(len(marked))
    handles = []
    for kind in (k for k in palette()["kinds"] if k in by_kind):
        spots = scene.lift(np.array(by_kind[kind]))
        hidden = scene.hidden(spots)
        for chosen, alpha in ((spots[~hidden], 1.0), (spots[hidden], 0.3)):
            if len(chosen):
                for mark in kind_marks(kind, chosen[:, 0], chosen[:, 1], size):
                    _stand(ax, mark, chosen[:, 2], alpha)
        handles.append(kind_handle(kind, marked))
    return handles


def _zoom(sides: Array, elev: float, azim: float) -> float:
    """Return the zoom at which the box fills its axes and leaves room for the labels."""
    e, a = np.radians(elev), np.radians(azim)
    wide = abs(np.sin(a)) * sides[0] + abs(np.cos(a)) * sides[1]
    deep = abs(np.cos(a)) * sides[0] + abs(np.sin(a)) * sides[1]
    high = abs(np.cos(e)) * sides[2] + abs(np.sin(e)) * deep
    # matplotlib scales a box to a fixed length of its diagonal.
    return float(np.linalg.norm(sides) * min(0.85 / high, 1.0 / wide))


def _frame(ax: Any, scene: Scene, scale: str, elev: float, azim: float) -> None:
    """Set limits, angles, labels and quiet panes."""
    from matplotlib.ticker import MaxNLocator

    ground, inks = scene.ground, theme(ax)
    ax.set_proj_type("ortho")
    ax.view_init(elev=elev, azim=azim)
    sides = _sides(ground)
    ax.set_box_aspect(tuple(sides), zoom=_zoom(sides, elev, azim))
    ax.set_xlim(*ground.view[0])
    ax.set_ylim(*ground.view[1])
    ax.set_zlim(scene.low, scene.high)
    ax.set_xlabel(ground.names[0])
    ax.set_ylabel(ground.names[1])
    # No number of x at the corner, where it would run into one of y.
    ax.xaxis.set_major_locator(MaxNLocator(nbins="auto", steps=[1, 2, 2.5, 5, 10], prune="both"))
    if scale == "log":
        ticks = bar_ticks(ground, 6)
        ax.set_zticks(scene.height(ticks))
        names, offset = names_of_levels(ground, ticks)
        ax.set_zticklabels(names)
        ax.set_zlabel(f"{counted_from('loss', offset)} (log height)")
    else:
        ax.locator_params(axis="z", nbins=5)
        ax.set_zlabel("loss")
    ax.zaxis.labelpad = 7.0
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_pane_color(inks["paper"])
        axis.pane.set_edgecolor(inks["grid"])
        axis.line.set_color(inks["soft"])
        axis.set_tick_params(labelsize="small")
        axis._axinfo["grid"].update(color=inks["grid"], linewidth=0.6)
