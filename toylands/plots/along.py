"""Measurements along one run: a conserved quantity, a conflict, and convexity in its three senses.

tl.plots.conflict_curve([tl.geometry.conflict(run) for run in runs])
tl.plots.conserved_curve([tl.geometry.conserved(run, noether(A)) for run in runs])
tl.plots.convexity_curve(tl.geometry.convexity(run))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from toylands.dynamics.naming import names_of
from toylands.geometry import Conflict, Conserved
from toylands.plots.inks import hue, plain, shade_negative
from toylands.plots.style import add_legend, axes_for, picture, styles, theme, unit
from toylands.plots.trails import CHART_OUTLINE, draw_line, trail_handle
from toylands.plots.words import heading, headline, parameters, point, sig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from toylands.geometry import Convexity


@picture
def conserved_curve(
    kept: Conserved | Sequence[Conserved], ax: Axes | None = None, *, title: str | None = None
) -> Axes:
    """Draw a quantity along one or several runs, and where each began as a dotted line.

    kept: one or several results of `toylands.geometry.conserved`; a drift that rounding error alone
    explains is drawn flat and said so. Returns the Axes.
    """
    several = [kept] if isinstance(kept, Conserved) else list(kept)
    if not several:
        raise ValueError("no quantity to draw: expected at least one")
    axes, own = axes_for(ax, 6.2, 3.4)
    handles = []
    looks, names = (
        styles([k.run.optimizer for k in several]),
        names_of([k.run for k in several], sig),
    )
    for one, style, name in zip(several, looks, names, strict=True):
        steps = np.arange(len(one.values)) * one.run.every
        draw_line(axes, np.column_stack([steps, one.values]), style, outline=CHART_OUTLINE)
        label = f"{name}: drift {sig(one.drift[-1])}"
        handle = trail_handle(style, label, True, CHART_OUTLINE)
        handle.set_marker("")
        handles.append(handle)
        axes.axhline(one.values[0], color=theme(axes)["soft"], ls=(0, (1, 2)), lw=unit(), zorder=1)
    axes.relim()
    axes.autoscale_view()
    values = np.concatenate([one.values for one in several])
    size = float(np.abs(values).max())
    if np.ptp(values) <= 1e-12 * max(size, 1e-300):
        axes.set_ylim(values[0] - 0.01 * (size or 1), values[0] + 0.01 * (size or 1))
    longest = max(one.run.steps for one in several)
    axes.set_xlim(-0.015 * longest, 1.02 * longest)
    plain(axes, "step", several[0].name)
    land = several[0].run.landscape
    notes = [parameters(land), "dotted: the value at the start"]
    if np.ptp(values) <= 1e-12 * max(size, 1e-300):
        notes.append("constant to rounding error")
    headline(axes, title or f"{heading(land)}: what stays", notes, own)
    add_legend(axes, handles, own)
    return axes


@picture
def conflict_curve(
    seen: Conflict | Sequence[Conflict],
    ax: Axes | None = None,
    *,
    goal: Any = None,
    title: str | None = None,
) -> Axes:
    """Draw the first coordinate along one or several runs, and below it a lamp for every step.

    A lamp is filled in vermillion where the memory fights the gradient, and empty elsewhere; each run
    has a row of lamps of its own, in the order of the legend. A vertical line marks where a parameter
    of a time-varying landscape jumps.

    Args:
        seen: one or several results of `toylands.geometry.conflict` on one landscape.
        ax: the axes to draw on; by default a new figure.
        goal: where the walk should go, one value or one per recorded point; drawn dotted.
        title: by default the landscape's.

    Raises:
        ValueError: without a run.
    """
    several = [seen] if isinstance(seen, Conflict) else list(seen)
    if not several:
        raise ValueError("no conflict to draw: expected at least one run")
    axes, own = axes_for(ax, 6.6, 3.4 + 0.2 * len(several))
    runs = [one.run for one in several]
    handles = []
    for one, style, name in zip(
        several, styles([run.optimizer for run in runs]), names_of(runs, sig), strict=True
    ):
        steps = np.arange(len(one.run.path))
        draw_line(axes, np.column_stack([steps, one.run.path[:, 0]]), style, outline=CHART_OUTLINE)
        label = f"{name}\nin conflict {one.on.sum()} times, {one.longest} in a row"
        handles.append(trail_handle(style, label, True, CHART_OUTLINE))
        handles[-1].set_marker("")
    longest = max(run.steps for run in runs)
    heights = np.concatenate([run.path[:, 0] for run in runs])
    if goal is not None:
        over = np.broadcast_to(np.asarray(goal, dtype=float), (longest + 1,))
        look: dict[str, Any] = {"color": theme(axes)["soft"], "ls": (0, (1, 2)), "lw": 1.5 * unit()}
        handles += axes.plot(
            np.arange(longest + 1), over, zorder=2, label="goal", gid="goal", **look
        )
        heights = np.concatenate([heights, over])
    low, high = float(heights.min()), float(heights.max())
    room = 0.08 * ((high - low) or 1.0)
    axes.set_ylim(low - (1.6 + len(several)) * room, high + room)
    axes.set_xlim(-0.015 * longest, 1.02 * longest)
    for row, one in enumerate(several):
        _lamps(axes, one.on, low - (1.4 + row) * room)
    for step in _jumps(runs[0]):
        axes.axvline(step, color=theme(axes)["soft"], lw=unit(), zorder=1, gid="jump")
    handles += [_lamp_handle(axes, True), _lamp_handle(axes, False)]
    land = runs[0].landscape
    plain(axes, "step", land.coordinates[0])
    headline(axes, title or heading(land), [parameters(land, runs[0].time_varying)], own)
    add_legend(axes, handles, own)
    return axes


_LAMP: dict[str, Any] = {"marker": "s", "ls": "none", "mew": 0.7}


def _lamps(ax: Axes, on: Any, height: float) -> None:
    """One row of lamps."""
    for lit in (False, True):
        x = np.flatnonzero(on == lit)
        look = {**_LAMP, **_lamp_look(ax, lit), "gid": "lamps on" if lit else "lamps off"}
        ax.plot(x, np.full(len(x), height), zorder=4, **look)


def _lamp_look(ax: Axes, lit: bool) -> dict[str, Any]:
    soft = theme(ax)["soft"]
    return {
        "ms": (4.6 if lit else 2.2) * unit(),
        "mfc": hue("vermillion") if lit else "none",
        "mec": hue("vermillion") if lit else soft,
    }


def _lamp_handle(ax: Axes, lit: bool) -> Any:
    from matplotlib.lines import Line2D

    words = "lamp on: memory fights gradient" if lit else "lamp off"
    return Line2D([], [], label=words, **{**_LAMP, **_lamp_look(ax, lit)})


def _jumps(run: Any) -> list[int]:
    """The steps at which a parameter that is constant before and after has another value at once."""
    found: set[int] = set()
    for values in run.time_varying.values():
        changes = np.flatnonzero(np.diff(values)) + 1
        if len(changes) <= 4:
            found.update(changes.tolist())
    return sorted(found)


@picture
def convexity_curve(seen: Convexity, ax: Axes | None = None, *, title: str | None = None) -> Axes:
    """Draw three senses of convexity along a run: smallest curvature, aim and PL.

    The smallest eigenvalue and the PL ratio share the axis of curvature, shaded below zero. A strip
    along the lower edge is green where the gradient points home (a positive part along the way to
    the target) and vermillion where it does not. seen: from `toylands.geometry.convexity`. Returns
    the Axes.
    """
    axes, own = axes_for(ax, 6.4, 3.6)
    run = seen.run
    steps = np.arange(len(seen.smallest)) * run.every
    look: dict[str, Any] = {"lw": 2 * unit(), "zorder": 3}
    smallest = axes.plot(
        steps, seen.smallest, color=hue("blue"), gid="smallest", label="smallest eigenvalue of H", **look
    )  # fmt: skip
    pl = axes.plot(
        steps, seen.pl, color=hue("orange"), ls=(0, (5, 1.5)), gid="pl", label="|g|²/(2 (L − L*))", **look
    )  # fmt: skip
    finite = np.concatenate([seen.smallest, seen.pl[np.isfinite(seen.pl)]])
    low, high = min(float(finite.min()), 0.0), float(finite.max())
    room = 0.07 * ((high - low) or 1.0)
    axes.set_ylim(low - 3 * room, high + room)
    axes.set_xlim(-0.015 * max(run.steps, 1), 1.02 * max(run.steps, 1))
    strip = low - 2.4 * room
    handles = [*smallest, *pl]
    for good, color, words in (
        (True, hue("green"), "gradient points home"),
        (False, hue("vermillion"), "gradient does not"),
    ):
        here = (seen.aim > 0) == good
        away = np.linalg.norm(run.path - seen.target, axis=1) > 1e-9
        x = steps[here & away]
        if len(x):
            handles += axes.plot(
                x, np.full(len(x), strip), "s", ms=5 * unit(), color=color, mec="none", gid="aim",
                label=words, zorder=4,
            )  # fmt: skip
    shade_negative(axes, "y")
    plain(axes, "step", "curvature")
    notes = [
        parameters(run.landscape),
        f"{run.optimizer.label}, measured against {point(seen.target)} with loss {sig(seen.bottom)}",
        f"PL constant of this run: {sig(seen.pl_constant)}",
    ]
    headline(axes, title or f"{heading(run.landscape)}: how convex?", notes, own)
    add_legend(axes, handles, own)
    return axes
