"""Maps over many runs: where a walk from every start ends, and how a run ends for every setting.

    tl.plots.basin_map(tl.basins(tl.landscapes.himmelblau, tl.gd(0.01)))
    tl.plots.sweep_map(tl.sweep(land, tl.momentum, lr=np.geomspace(1e-3, 1, 40), beta=betas))

Diverged cells are hatched, cells still running are plain grey: neither can be taken for a basin or
for a low loss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands._words import did_you_mean, one_of, show
from toylands.plots.basin_colors import (
    OUTCOME_WORDS,
    OUTCOMES,
    basin_colors,
    basin_image,
    end_values,
)
from toylands.plots.contour import (
    draw_lines,
    draw_terrain,
    figure_size,
    kind_handle,
    kind_marks,
    mark_size,
    same_scale,
)
from toylands.plots.style import (
    add_legend,
    axes_for,
    palette,
    picture,
    terrain_colors,
    theme,
    unit,
)
from toylands.plots.terrain import Array, Mask, Terrain, terrain
from toylands.plots.words import heading, headline, parameters, point, sig

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from toylands.dynamics import Basins, Sweep

MEASURES = {
    "loss": "final loss",
    "grad_norm": "final gradient norm",
    "diverged_at": "step of divergence",
}
# With more basins than this only the largest few are numbered, and colours stand for losses.
_NAMED, _LARGEST = 14, 8


@picture
def basin_map(
    basins: Basins,
    ax: Axes | None = None,
    *,
    color: Callable[..., Any] | None = None,
    label: str | None = None,
    lines: bool = True,
    critical: bool = True,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Colour every start by the minimum that its walk ends in, in a game by the equilibrium.

    basins: the result of `toylands.basins`, over one or two coordinates. color: colour every start by a
    function of the point where its walk ends instead, such as ``lambda x, y: np.arctan2(y, x)``: it
    takes the coordinates as arrays, and tells where in a valley walks end. label: its name, at the
    colour bar. lines: draw the contour lines of the landscape over the map. critical: mark and number the
    minima. The legend gives each outcome's share of the starts. Returns the Axes.
    """
    land = basins.landscape
    flat = land.dim == 1
    x_edges, y_edges = _edges(basins.x, False), _edges(basins.y, False)
    view = (
        ((basins.x[0], basins.x[-1]),)
        if flat
        else (
            (basins.x[0], basins.x[-1]),
            (basins.y[0], basins.y[-1]),
        )
    )
    ground = terrain(land, view=view)
    axes, own = axes_for(ax, *figure_size(ground))
    labels = np.asarray(basins.labels)
    colors, steps = basin_colors(basins)
    box = (x_edges[0], x_edges[-1], y_edges[0], y_edges[-1])
    if flat:
        draw_terrain(axes, ground, equal=False)
        low, high = axes.get_ylim()
        box = (*box[:2], low - 0.16 * (high - low), low - 0.06 * (high - low))
        axes.set_ylim(box[2], high)
        if axes.get_yscale() == "log":
            box = (*box[:2], low / (high / low) ** 0.16, low / (high / low) ** 0.06)
            axes.set_ylim(box[2], high)
    _hatch(axes, box)
    options: dict[str, Any] = {"cmap": terrain_colors(), "gid": "ends"}
    if color is None:
        image = basin_image(labels, colors, borders=steps is not None)
        options = {"gid": "basins"}
    else:
        image = np.ma.masked_invalid(end_values(basins, color))
    filled = axes.imshow(
        image, extent=box, origin="lower", interpolation="nearest", aspect="auto", zorder=0.2, **options
    )  # fmt: skip
    if color is not None and own:
        _bar(filled, label or "value at the end")
    if not flat:
        if lines:
            draw_lines(axes, ground)
        axes.set_xlim(*box[:2])
        axes.set_ylim(*box[2:])
        axes.set_xlabel(land.coordinates[0])
        axes.set_ylabel(land.coordinates[1])
        if own and same_scale(ground):
            axes.set_aspect("equal", anchor="W")
    if critical:
        _number(axes, basins, ground)
    handles = _basin_handles(axes, basins, labels, colors, ground, named=color is None)
    count = " × ".join(str(n) for n in labels.shape[::-1] if n > 1)
    notes = [
        parameters(land),
        f"colour of a start: {'' if color is None else (label or 'a function of the end') + ', '}where "
        f"{basins.optimizer.label} is after {basins.steps} steps",
        f"{count} starts, exact gradients",
    ]
    headline(axes, heading(land) if title is None else title, notes, own)
    if legend:
        add_legend(axes, handles, own)
    return axes


def _numbered(basins: Any) -> list[int]:
    """Return which basins get a number and a legend entry: all, or the largest of very many."""
    count = len(basins.minima)
    if count <= _NAMED:
        return list(range(count))
    missed = [float(np.mean(np.asarray(basins.labels) != n)) for n in range(count)]
    return sorted(np.argsort(missed, kind="stable")[:_LARGEST].tolist())


def _hatch(ax: Axes, box: tuple[float, ...]) -> Any:
    """Fill a box with the hatching that means: diverged."""
    from matplotlib.patches import Rectangle

    look = _diverged_look(ax)
    return ax.add_patch(
        Rectangle(
            (box[0], box[2]),
            box[1] - box[0],
            box[3] - box[2],
            **look,
            lw=0,
            zorder=0.1,
            gid="diverged",
        )
    )


def _diverged_look(ax: Axes) -> dict[str, Any]:
    """Return the patch settings that mean 'diverged': hatched paper, also where paper is dark."""
    inks, look = theme(ax), palette()["outcomes"]["diverged"]
    if inks is palette()["themes"]["dark"]:
        return {"facecolor": inks["paper"], "edgecolor": inks["soft"], "hatch": look["hatch"]}
    return {"facecolor": look["color"], "edgecolor": look["hatch_color"], "hatch": look["hatch"]}


def _number(ax: Axes, basins: Any, ground: Terrain) -> None:
    """Mark each minimum in the window with its number."""
    chosen = _numbered(basins)
    for n, minimum in enumerate(basins.minima):
        place = np.asarray(minimum.point, dtype=np.float64)
        if not all(low <= c <= high for c, (low, high) in zip(place, ground.view, strict=True)):
            continue
        if len(place) == 1:
            place = np.append(place, float(minimum.loss))
        kind = minimum.kind if minimum.kind in palette()["kinds"] else "minimum"
        numbered = n in chosen and kind in ("minimum", "equilibrium")
        for mark in kind_marks(
            kind, place[:1], place[1:], 13 if numbered else mark_size(len(basins.minima))
        ):
            ax.add_line(mark)
        if numbered:
            ax.annotate(
                str(n + 1),
                (place[0], place[1]),
                ha="center",
                va="center_baseline",
                fontsize="small",
                fontweight="bold",
                color=palette()["kinds"]["minimum"]["outline"],
                zorder=6.5,
                annotation_clip=True,
                gid="number",
            )


def _basin_handles(
    ax: Axes, basins: Any, labels: Array, colors: Mapping[int, str], ground: Terrain, *, named: bool
) -> list[Any]:
    """Return legend handles with each outcome's share, basins (where they are `named`) first."""
    from matplotlib.patches import Patch

    edge = palette()["themes"]["light"]["soft"]
    handles = []
    chosen = _numbered(basins) if named else []
    # A loss this far below all others in the picture is the rounding error of an exact zero.
    noise = 1e-13 * float(np.nanmax(np.abs(ground.z)))
    for n in chosen:
        minimum, share = basins.minima[n], float(np.mean(labels == n))
        loss = 0.0 if abs(minimum.loss) < noise else minimum.loss
        text = f"{n + 1}: {minimum.name} {point(minimum.point)}\nloss {sig(loss)}, {percent(share)}"
        handles.append(Patch(facecolor=colors[n], edgecolor=edge, lw=0.6, label=text))
    rest = len(basins.minima) - len(chosen)
    if rest and named:
        share = float(np.mean((labels >= 0) & ~np.isin(labels, chosen)))
        what = "minima" if basins.landscape.players is None else "equilibria"
        text = f"{rest} further {what}, {percent(share)}\n(colour: the loss, dark is lowest)"
        handles.append(Patch(facecolor="none", edgecolor=edge, lw=0.6, label=text))
    for n, word in OUTCOME_WORDS.items():
        share = float(np.mean(labels == n))
        if share and (named or n == -1):
            handles.append(_outcome_handle(ax, n, f"{word}, {percent(share)}"))
    return handles


def _outcome_handle(ax: Axes, outcome: int, label: str) -> Any:
    """Return a legend handle for an outcome: -1 diverged, -2 running, -3 other."""
    from matplotlib.patches import Patch

    if outcome == -1:
        return Patch(**_diverged_look(ax), lw=0.6, label=label)
    color = palette()["outcomes"][OUTCOMES[outcome]]["color"]
    return Patch(facecolor=color, edgecolor=theme(ax)["soft"], lw=0.6, label=label)


def percent(share: float) -> str:
    """Return a share as a percentage with three significant digits."""
    return f"{sig(100 * share)} %"


# ------------------------------------------------------------------------------------------ sweeps


@picture
def sweep_map(
    sweep: Sweep,
    ax: Axes | None = None,
    *,
    of: str = "loss",
    at: Mapping[str, float] | None = None,
    scale: str | None = None,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw how a run ends for every swept setting: a curve for one axis, a heat map for two.

    sweep: the result of `toylands.sweep`. of: 'loss', 'grad_norm' or 'diverged_at'.
    at: values of swept numbers to hold fixed, needed for all but two of them; each must be one of
    the values that were swept. scale: 'log' or 'linear' for the colours (the y axis of a curve); by
    default logarithmic where values are positive and span more than a factor of 30. An axis whose
    values are spaced evenly in the logarithm is drawn so. Diverged settings are hatched; the best
    one is marked. Returns the Axes.
    """
    if of not in MEASURES:
        raise ValueError(f"of={of!r}: expected {one_of(MEASURES)}.{did_you_mean(of, MEASURES)}")
    if scale not in (None, "log", "linear"):
        raise ValueError(
            f"scale={scale!r}: expected 'log' or 'linear'.{did_you_mean(scale, ['log', 'linear'])}"
        )
    axis_values, values, diverged, fixed = _section(sweep, of, dict(at or {}))
    shown = diverged if of == "diverged_at" else ~diverged
    kept = np.where(shown & np.isfinite(values), values, np.nan)
    if scale is None:
        positive = kept[kept > 0]
        wide = len(positive) > 0 and positive.max() > 30 * positive.min()
        scale = "log" if wide and not (kept < 0).any() and of != "diverged_at" else "linear"
    if scale == "log":
        kept = np.where(kept > 0, kept, np.nan)
        if not np.isfinite(kept).any():
            raise ValueError(
                f"scale='log': every setting has a {MEASURES[of]} of zero or less. "
                "Use scale='linear'."
            )
    draw = _sweep_curve if len(axis_values) == 1 else _sweep_heat
    axes, own = axes_for(ax, 7.0, 4.6)
    handles = draw(axes, axis_values, kept, diverged, shown, of, scale, own)
    land = sweep.landscape
    swept = " and ".join(axis_values)
    notes = [
        ", ".join(p for p in (parameters(land), *fixed) if p),
        f"{sweep.optimizer.name} after {sweep.steps} steps, {swept} swept, all else equal",
        "same start for every setting, exact gradients",
    ]
    headline(axes, heading(land) if title is None else title, notes, own)
    if legend and handles:
        add_legend(axes, handles, own)
    return axes


def _section(
    sweep: Any, of: str, at: dict[str, float]
) -> tuple[dict[str, Array], Array, Mask, list[str]]:
    """Fix the swept numbers named in `at`; return the other axes, values, divergence, notes."""
    for name in at:
        if name not in sweep.axes:
            raise ValueError(
                f"at={show(at)}: {name!r} was not swept, only {one_of(sweep.axes, 'and')}."
                f"{did_you_mean(name, sweep.axes)}"
            )
    index: list[Any] = []
    free, fixed = {}, []
    for name, raw in sweep.axes.items():
        numbers = np.asarray(raw, dtype=np.float64)
        if name not in at:
            order = np.argsort(numbers)
            if (np.diff(numbers[order]) == 0).any():
                raise ValueError(f"{name} was swept over the same value twice: {show(numbers)}")
            index.append(order)
            free[name] = numbers[order]
            continue
        near = int(np.argmin(np.abs(numbers - at[name])))
        if not np.isclose(numbers[near], at[name], rtol=1e-9, atol=0):
            raise ValueError(
                f"at={show(at)}: {name} was not run at {show(at[name])}; the nearest value is "
                f"{show(float(numbers[near]), 12)}"
            )
        index.append(np.array([near]))
        fixed.append(f"{name} = {sig(numbers[near])}")
    if len(free) not in (1, 2):
        raise ValueError(
            f"a map shows one or two swept numbers, this sweep leaves {len(free)} "
            f"({one_of(free, 'and')}): fix the others with at={{name: value}}"
        )
    grid = np.ix_(*index)
    shape = tuple(len(v) for v in free.values())
    values = np.asarray(getattr(sweep, of), dtype=np.float64)[grid].reshape(shape)
    return free, values, np.asarray(sweep.diverged, dtype=bool)[grid].reshape(shape), fixed


def _sweep_curve(
    ax: Axes,
    axis_values: Mapping[str, Array],
    kept: Array,
    diverged: Mask,
    shown: Mask,
    of: str,
    scale: str,
    own: bool,
) -> list[Any]:
    """Draw the end of the run against one swept number."""
    ((name, numbers),) = axis_values.items()
    logarithmic = _geometric(numbers)
    ink = theme(ax)["ink"]
    ax.plot(
        numbers, kept, color=ink, lw=1.8 * unit(), marker="o", ms=4 * unit(), zorder=3, gid="sweep"
    )
    ax.set_yscale(scale)
    edges = _edges(numbers, logarithmic)
    if logarithmic:
        ax.set_xscale("log")
    ax.set_xlim(edges[0], edges[-1])
    ax.set_xlabel(name)
    ax.set_ylabel(MEASURES[of])
    ax.grid(axis="y", lw=0.7 * unit(), color=theme(ax)["grid"])
    ax.spines[["top", "right"]].set_visible(False)
    look = _diverged_look(ax) | {"facecolor": "none"}
    for n in np.flatnonzero(diverged & ~shown):
        ax.axvspan(
            edges[n],
            edges[n + 1],
            **look,
            lw=0,
            zorder=1,
            gid="diverged",
        )
    handles = []
    if of != "diverged_at" and np.isfinite(kept).any():
        best = int(np.nanargmin(kept))
        for mark in kind_marks("minimum", numbers[best : best + 1], kept[best : best + 1]):
            mark.set_gid("best")
            ax.add_line(mark)
        handles.append(_best_handle(f"best: {name} = {sig(numbers[best])}"))
    if (diverged & ~shown).any():
        handles.append(_outcome_handle(ax, -1, f"diverged, {percent(float(diverged.mean()))}"))
    return handles


def _sweep_heat(
    ax: Axes,
    axis_values: Mapping[str, Array],
    kept: Array,
    diverged: Mask,
    shown: Mask,
    of: str,
    scale: str,
    own: bool,
) -> list[Any]:
    """Draw the end of the run over two swept numbers; the first runs along x."""
    from matplotlib.colors import LogNorm, Normalize

    (x_name, x), (y_name, y) = axis_values.items()
    x_log, y_log = _geometric(x), _geometric(y)
    x_edges, y_edges = _edges(x, x_log), _edges(y, y_log)
    if x_log:
        ax.set_xscale("log")
    if y_log:
        ax.set_yscale("log")
    ax.set_xlim(x_edges[0], x_edges[-1])
    ax.set_ylim(y_edges[0], y_edges[-1])
    _hatch(ax, (x_edges[0], x_edges[-1], y_edges[0], y_edges[-1]))
    finite = kept[np.isfinite(kept)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    if high <= low:
        low, high = (low / 2, high * 2) if scale == "log" else (low - 0.5, high + 0.5)
    norm = LogNorm(low, high) if scale == "log" else Normalize(low, high)
    filled = ax.pcolormesh(
        x_edges,
        y_edges,
        np.ma.masked_invalid(kept.T),
        cmap=terrain_colors(),
        norm=norm,
        zorder=0.2,
        gid="sweep",
    )
    ax.set_xlabel(x_name)
    ax.set_ylabel(y_name)
    if own:
        _bar(filled, MEASURES[of])
    handles = []
    if of != "diverged_at" and len(finite):
        i, j = np.unravel_index(int(np.nanargmin(kept)), kept.shape)
        for mark in kind_marks("minimum", x[i : i + 1], y[j : j + 1]):
            mark.set_gid("best")
            ax.add_line(mark)
        handles.append(_best_handle(f"best\n{x_name} = {sig(x[i])}\n{y_name} = {sig(y[j])}"))
    if not shown.all():
        word = "diverged" if of != "diverged_at" else "did not diverge"
        handles.append(_outcome_handle(ax, -1, f"{word}\n{percent(float(1 - shown.mean()))}"))
    return handles


def _bar(filled: Any, label: str) -> None:
    """Add the colour bar of a map."""
    bar = filled.axes.figure.colorbar(filled, ax=filled.axes, fraction=0.05, pad=0.02, aspect=34)
    bar.outline.set_visible(False)
    bar.set_label(label, fontsize="medium")
    bar.ax.tick_params(length=2, labelsize="medium")


def _best_handle(label: str) -> Any:
    handle = kind_handle("minimum", [])
    handle.set_label(label)
    return handle


def _geometric(values: Array) -> bool:
    """Return whether values are positive and more evenly spaced in the logarithm."""
    if len(values) < 3 or values[0] <= 0 or values[-1] < 4 * values[0]:
        return False
    even, ratios = np.diff(values), np.diff(np.log(values))
    return bool(np.std(ratios) / np.mean(ratios) < np.std(even) / np.mean(even))


def _edges(values: Array, logarithmic: bool) -> Array:
    """Return the borders (n + 1,) of the cells round increasing values (n,)."""
    v = np.log(values) if logarithmic else np.asarray(values, dtype=np.float64)
    if len(v) == 1:
        half = 0.5 if logarithmic or v[0] == 0 else 0.05 * abs(float(v[0]))
        edges = np.array([v[0] - half, v[0] + half])
    else:
        middle = (v[1:] + v[:-1]) / 2
        edges = np.concatenate([[2 * v[0] - middle[0]], middle, [2 * v[-1] - middle[-1]]])
    return np.exp(edges) if logarithmic else edges
