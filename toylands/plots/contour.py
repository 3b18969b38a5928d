"""The map of a landscape: filled contours, critical points by kind, sharpness ellipses.

    import toylands as tl
    ax = tl.plots.contour(tl.landscapes.himmelblau, ellipses=True)
    ax.figure.savefig("himmelblau.png")

Low ground is dark. A minimum is a filled disc, a saddle a cross, a maximum a triangle; a hollow
disc, triangle or square marks a point of a valley, a ridge or a plateau. A landscape of one
coordinate gives its curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands._words import loss_word
from toylands.geometry import SampledPlane
from toylands.plots.style import add_legend, axes_for, palette, picture, terrain_colors, theme, unit
from toylands.plots.terrain import Array, Terrain, terrain
from toylands.plots.words import apart, heading, headline, sig

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from toylands.formula import Landscape

# Of more stationary points than this only the minima are marked, and smaller.
_CROWD = 40
# A direction counts as flat when its eigenvalue is below this part of the largest one.
_FLAT = 1e-9


@picture
def contour(
    land: Landscape | SampledPlane,
    ax: Axes | None = None,
    *,
    view: Sequence[Sequence[float]] | None = None,
    levels: str | Sequence[float] | None = None,
    count: int = 18,
    grid: int = 201,
    coordinates: Sequence[str] | None = None,
    at: Sequence[float] | None = None,
    critical: bool = True,
    ellipses: bool | float = False,
    colorbar: bool | None = None,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw a landscape as filled contours (two coordinates) or as a curve (one).

    view, levels, count, grid, coordinates, at: see `toylands.plots.terrain.terrain`.
    critical: mark the stationary points in the window by kind; of more than 40, only the minima.
    ellipses: at each minimum, the set where the quadratic model given by the exact Hessian lies
    `ellipses` above the minimum, to scale (True chooses one round height for all minima): a small
    ellipse is a sharp minimum. A direction without curvature gives two parallel lines.
    colorbar: by default only on a figure of our own. Returns the Axes.
    A sampled plane is drawn as `slice_map` draws it.
    """
    if isinstance(land, SampledPlane):
        from toylands.plots.slices import slice_map

        options: dict[str, Any] = {"levels": levels, "count": count, "colorbar": colorbar}
        return slice_map(land, ax=ax, legend=legend, title=title, **options)
    ground = terrain(
        land, view=view, levels=levels, count=count, grid=grid, coordinates=coordinates, at=at
    )
    axes, own = axes_for(ax, *figure_size(ground))
    notes = [ground.note()]
    draw_terrain(axes, ground, equal=own)
    height = draw_ellipses(axes, ground, ellipses) if ellipses else None
    if height is not None:
        shape = "ellipses" if len(ground.index) == 2 else "dashed"
        notes.append(f"{shape}: exact quadratic model, {sig(height)} above each minimum")
    handles = draw_critical(axes, ground) if critical else []
    notes.append(crowd_note(ground) if critical else "")
    if colorbar if colorbar is not None else own:
        draw_colorbar(axes, ground)
    headline(axes, heading(land) if title is None else title, notes, own)
    if legend and handles:
        add_legend(axes, handles, own)
    return axes


def figure_size(ground: Terrain) -> tuple[float, float]:
    """Return (width, height) in inches of a figure for this window: axes, labels and colour bar."""
    margin = unit()
    if len(ground.index) == 1:
        return 6.2 + 0.8 * margin, 3.8 + 0.6 * margin
    (x0, x1), (y0, y1) = ground.view
    high = 4.1
    wide = high * (x1 - x0) / (y1 - y0) if same_scale(ground) else 5.4
    if wide > 6.6:
        wide, high = 6.6, high * 6.6 / wide
    return max(wide, 2.0) + 1.75 * margin, max(high, 2.4) + 0.65 * margin


def same_scale(ground: Terrain) -> bool:
    """Return whether both axes get the same scale: unless the window is very long or tall."""
    (x0, x1), (y0, y1) = ground.view
    return 1 / 3 <= (x1 - x0) / (y1 - y0) <= 3


def draw_terrain(ax: Axes, ground: Terrain, equal: bool) -> None:
    """Draw the filled contours and their lines, or the curve of a 1-D terrain."""
    if len(ground.index) == 1:
        ax.plot(ground.x, ground.z, color=theme(ax)["ink"], lw=1.8 * unit(), gid="terrain")
        if ground.spacing == "log" and ground.edges[0] > 0:
            ax.set_yscale("log")
        ax.margins(y=0.14)
        ax.set_xlim(*ground.view[0])
        ax.set_xlabel(ground.names[0])
        ax.set_ylabel(loss_word(ground.land))
        ax.spines[["top", "right"]].set_visible(False)
        return
    filled = ax.contourf(
        ground.x,
        ground.y,
        np.ma.masked_invalid(ground.z),
        levels=ground.edges,
        cmap=terrain_colors(),
        norm=ground.norm,
        zorder=0,
    )
    filled.set_gid("terrain")
    draw_lines(ax, ground)
    ax.set_xlim(*ground.view[0])
    ax.set_ylim(*ground.view[1])
    ax.set_xlabel(ground.names[0])
    ax.set_ylabel(ground.names[1])
    if equal and same_scale(ground):
        ax.set_aspect("equal", anchor="W")  # room to spare goes to the right, never over the label


def draw_lines(ax: Axes, ground: Terrain) -> None:
    """Draw the contour lines of a 2-D terrain, thin and dark."""
    look = palette()["terrain"]
    if len(ground.lines):
        lines = ax.contour(
            ground.x,
            ground.y,
            np.ma.masked_invalid(ground.z),
            levels=ground.lines,
            colors=look["line"],
            alpha=look["line_alpha"],
            linewidths=0.6 * unit(),
            linestyles="solid",  # by default matplotlib dashes the negative ones
            zorder=0.5,
        )
        lines.set_gid("contour lines")


def draw_colorbar(ax: Axes, ground: Terrain) -> None:
    """Add a slim colour bar with about six of the levels, in round numbers."""
    if len(ground.index) == 1:
        return
    filled = next(c for c in ax.collections if c.get_gid() == "terrain")
    # A floor of rounding error is zero: "loss" and not "loss - 1e-16".
    known = abs(ground.floor) > 1e-12 * abs(ground.edges[-1])
    offset = ground.floor if ground.spacing == "log" and known else 0.0
    ticks = bar_ticks(ground)
    names, offset = names_of_levels(ground, ticks, offset)
    bar = ax.figure.colorbar(
        filled,
        ax=ax,
        spacing="uniform",
        ticks=ticks,
        fraction=0.05,
        pad=0.02,
        aspect=34,
        panchor=False,
    )
    bar.ax.set_yticklabels(names, fontsize="medium")
    bar.minorticks_off()
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=2)
    bar.set_label(counted_from(loss_word(ground.land), offset), fontsize="medium", labelpad=2)


def names_of_levels(ground: Terrain, ticks: Array, offset: float = 0.0) -> tuple[list[str], float]:
    """Return different numbers for the levels, and the height from which they count.

    It is `offset` where short numbers tell the levels apart; of a small relief on a high plain it is
    the plain's height, told once.
    """
    names = apart(ticks - offset)
    if names is None:
        offset = float(f"{ground.edges[0]:.5g}")
        names = apart(ticks - offset) or [sig(tick, 12) for tick in ticks - offset]
    return names, offset


def counted_from(word: str, offset: float) -> str:
    """Return the label of an axis whose numbers count from `offset`: 'loss − 0.684'."""
    return f"{word} {'+' if offset < 0 else '−'} {sig(abs(offset), 5)}" if offset else word


def bar_ticks(ground: Terrain, most: int = 7) -> Array:
    """Return the levels that are worth a label: evenly spread, lowest and highest loss left out."""
    lines = ground.lines if len(ground.lines) else ground.edges
    if ground.spacing == "log":
        above = lines - ground.floor
        powers = lines[np.isclose(np.log10(above), np.round(np.log10(above)), atol=1e-9)]
        if 3 <= len(powers) <= most:
            return powers
    stride = -(-len(lines) // most)
    return lines[(len(lines) - 1) % stride // 2 :: stride]


# --------------------------------------------------------------------------------- critical points


def points_in_view(ground: Terrain) -> list[Any]:
    """Return the stationary points that lie in the window (and, of a slice, in the slice)."""
    inside = []
    for critical in ground.stationary:
        theta = np.asarray(critical.point, dtype=np.float64)
        others = [i for i in range(len(theta)) if i not in ground.index]
        if not np.allclose(theta[others], ground.at[others], atol=1e-9):
            continue
        shown = theta[list(ground.index)]
        if all(low <= c <= high for c, (low, high) in zip(shown, ground.view, strict=True)):
            inside.append(critical)
    return inside


def draw_critical(ax: Axes, ground: Terrain) -> list[Any]:
    """Mark the stationary points in the window by kind; return one legend handle per kind."""
    by_kind: dict[str, list[Array]] = {}
    marked = points_to_mark(ground)
    for critical in marked:
        theta = np.asarray(critical.point, dtype=np.float64)[list(ground.index)]
        place = theta if len(theta) == 2 else np.array([theta[0], float(critical.loss)])
        by_kind.setdefault(critical.kind, []).append(place)
    size = mark_size(len(marked))
    handles = []
    for kind in (k for k in palette()["kinds"] if k in by_kind):
        places = np.array(by_kind[kind])
        for artist in kind_marks(kind, places[:, 0], places[:, 1], size):
            ax.add_line(artist)
        handles.append(kind_handle(kind, marked))
    return handles


def points_to_mark(ground: Terrain) -> list[Any]:
    """Return the stationary points in the window, or of very many only the minima."""
    points = points_in_view(ground)
    if len(points) <= _CROWD:
        return points
    return [critical for critical in points if critical.kind in ("minimum", "valley")] or points


def crowd_note(ground: Terrain) -> str:
    """Say so where stationary points are left out, '' otherwise."""
    known, marked = len(points_in_view(ground)), len(points_to_mark(ground))
    return f"{known} stationary points, only minima marked" if marked < known else ""


def mark_size(count: int) -> float:
    """Return the size in points of the marks of so many stationary points."""
    return 8.5 * min(1.0, max(0.4, (_CROWD / max(count, 1)) ** 0.5))


def kind_marks(kind: str, x: Any, y: Any, size: float = 8.5) -> list[Any]:
    """Return the one or two Line2D whose markers are the sign of a kind of stationary point."""
    from matplotlib.lines import Line2D

    look = palette()["kinds"][kind]
    scale = unit() * min(1.0, size / 8.5) ** 0.5
    common: dict[str, Any] = {"linestyle": "none", "marker": look["marker"], "zorder": 6}
    common |= {"markersize": size * unit(), "gid": kind}
    if look["marker"] == "x" or look["color"] == "none":
        inner = look.get("ring", look["color"])
        return [
            Line2D(
                x, y, fillstyle="none", markeredgecolor=color, markeredgewidth=w * scale, **common
            )
            for color, w in ((look["outline"], 4.2), (inner, 2.0))
        ]
    return [
        Line2D(
            x,
            y,
            markerfacecolor=look["color"],
            markeredgecolor=look["outline"],
            markeredgewidth=1.6 * scale,
            **common,
        )
    ]


def kind_handle(kind: str, marked: Sequence[Any]) -> Any:
    """Return a legend handle for a kind of the marked points: its sign, labelled.

    The label of equilibria says what a game's flow does there: 'stable equilibrium'.
    """
    flows = sorted({critical.flow for critical in marked if critical.kind == kind} - {None})
    label = f"{' or '.join(flows)} {kind}" if flows else kind
    marks = kind_marks(kind, [], [])
    for mark in marks:
        mark.set_label(label)
    return marks[0] if len(marks) == 1 else StackedHandle(marks, label)


class StackedHandle(tuple[Any, ...]):
    """Several artists drawn over one another in a legend, under one label."""

    def __new__(cls, artists: Sequence[Any], label: str) -> StackedHandle:
        """Hold the artists; `label` is what the legend writes beside them."""
        made = super().__new__(cls, artists)
        made._label = label  # type: ignore[attr-defined]
        return made

    def get_label(self) -> str:
        """Return the text of the legend entry."""
        return str(self._label)  # type: ignore[attr-defined]


# ------------------------------------------------------------------------------ sharpness ellipses


def draw_ellipses(ax: Axes, ground: Terrain, height: bool | float) -> float | None:
    """Draw the level set of the exact quadratic model round each minimum in the window.

    Returns the height above the minimum, None if there is no minimum with any curvature.
    """
    if height is not True and not (np.isfinite(height) and height > 0):
        raise ValueError(f"ellipses={height!r}: expected True or a height above zero")
    spectra = []
    for critical in points_in_view(ground):
        if critical.kind not in ("minimum", "valley"):
            continue
        theta = np.asarray(critical.point, dtype=np.float64)
        block = np.asarray(ground.land.hessian(theta))[np.ix_(ground.index, ground.index)]
        values, vectors = np.linalg.eigh(block)
        if values[-1] > 0:
            place = theta[list(ground.index)]
            spectra.append((place, float(critical.loss), values, vectors))
    if not spectra:
        return None
    c = _round_height(ground, [v for _, _, v, _ in spectra]) if height is True else float(height)
    for place, loss, values, vectors in spectra:
        if len(place) == 1:
            reach = np.sqrt(2 * c / values[0])
            d = np.linspace(-reach, reach, 61)
            _twice(ax, place[0] + d, loss + values[0] * d**2 / 2, dashed=True)
            continue
        curved = values > _FLAT * values[-1]
        if curved.all():
            turn = np.linspace(0, 2 * np.pi, 181)
            circle = np.stack([np.cos(turn), np.sin(turn)])
            ring = place[:, None] + vectors @ (np.sqrt(2 * c / values)[:, None] * circle)
            _twice(ax, *ring)
        else:
            far = 2 * np.linalg.norm(np.diff(ground.view, axis=1)) * vectors[:, 0]
            for side in (-1, 1):
                middle = place + side * np.sqrt(2 * c / values[1]) * vectors[:, 1]
                _twice(ax, *np.stack([middle - far, middle + far], axis=1))
    return c


def _round_height(ground: Terrain, values: list[Array]) -> float:
    """Return a height, to one significant digit, at which the ellipses are easy to see.

    The largest ellipse has the area of a circle of 0.09 of the window's radius, and the longest
    half axis stays within 0.3 of it.
    """
    span = min(high - low for low, high in ground.view)
    curved = [v[v > _FLAT * v[-1]] for v in values]
    sharpness = min(float(np.exp(np.mean(np.log(v)))) for v in curved)
    flattest = min(float(v[0]) for v in curved)
    c = min(sharpness * (0.09 * span) ** 2, flattest * (0.3 * span) ** 2) / 2
    return float(f"{c:.0e}")


def _twice(ax: Axes, x: Array, y: Array, dashed: bool = False) -> None:
    """Draw a line in white over dark so that it reads on any ground."""
    look = palette()["kinds"]["minimum"]
    style = (0, (3, 1.5)) if dashed else "-"
    limits = ax.get_xlim(), ax.get_ylim()
    ax.plot(x, y, color=look["outline"], lw=2.6 * unit(), ls="-", zorder=2, gid="ellipse outline")
    ax.plot(x, y, color=look["color"], lw=1.3 * unit(), ls=style, zorder=2.1, gid="ellipse")
    ax.set_xlim(*limits[0])
    ax.set_ylim(*limits[1])
