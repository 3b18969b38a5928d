"""Curves along runs: loss, gradient norm, sharpness against the stability limit; schedules.

    tl.plots.loss_curves(race, x="evaluations")       # loss against work done, not steps
    tl.plots.sharpness_curve(run)                     # lr * largest eigenvalue, and the limit line
    tl.plots.schedule_curve([cosine(300), one_cycle(300)], lr=0.1)

Runs look as they do on the map: the mark at the end is filled when the run converged and hollow
when it was still running; a diverged run leaves the frame with an arrow that carries the step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from toylands._words import did_you_mean, loss_word, one_of
from toylands.geometry import stability_limit
from toylands.optimizers.schedules import Schedule, as_schedule
from toylands.plots.exits import Labels, draw_exit
from toylands.plots.inks import plain
from toylands.plots.style import Style, add_legend, axes_for, palette, picture, styles, theme, unit
from toylands.plots.terrain import Array
from toylands.plots.trails import (
    CHART_OUTLINE,
    as_runs,
    converged,
    cut,
    delay,
    draw_end,
    draw_line,
    draw_marks,
    groups,
    label_of,
    lands_of,
    names_for,
    trail_handle,
)
from toylands.plots.words import heading, headline, held_equal, shared_parameters, sig

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLOCKS = ("steps", "evaluations")
SCALES = ("log", "linear")
# A curve of positive values that spans more than this factor is drawn on a logarithmic axis.
_WIDE = 30.0


@picture
def loss_curves(
    trajectories: Any,
    ax: Axes | None = None,
    *,
    x: str = "steps",
    scale: str | None = None,
    above: float | str = 0.0,
    labels: Sequence[str] | None = None,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw the loss along runs on one landscape, whose parameters may differ between them.

    trajectories: a Trajectory, a Race, a Swarm or a sequence of trajectories.
    labels: what to call each run; by default what differs between them.
    x: 'steps', or 'evaluations' for gradient evaluations (sam and extragradient spend two a step).
    scale: 'log' or 'linear'; by default logarithmic where the values are positive and span more
    than a factor of 30. Points at which a logarithm does not exist are left out.
    above: a loss that is subtracted, or 'minimum' for the lowest known minimum of the landscape.
    Raises ValueError when a log scale is asked for but no value is above zero. Returns the Axes.
    """
    runs = as_runs(trajectories)
    lands = lands_of(runs)
    moves = any(run.time_varying for run in runs)
    floors = [_floor(land, above, moves) for land in lands]
    values = [np.asarray(run.loss) - floor for run, floor in zip(runs, floors, strict=True)]
    name = loss_word(lands[0])
    if len(set(floors)) > 1:
        name += " − minimum"
    elif floors[0]:
        name += f" {'+' if floors[0] < 0 else '−'} {sig(abs(floors[0]), 5)}"
    notes = _notes(runs)
    if above == "minimum":
        notes.append("loss above the lowest known minimum")
    hint = "Use above='minimum', or scale='linear'."
    look = (x, scale, legend, labels, heading(lands[0]) if title is None else title)
    return _chart(runs, values, ax, name, notes, hint, look)


@picture
def gradient_norms(
    trajectories: Any,
    ax: Axes | None = None,
    *,
    x: str = "steps",
    scale: str | None = None,
    labels: Sequence[str] | None = None,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw the norm of the exact gradient along runs on one landscape.

    Arguments as for `loss_curves`. Returns the Axes.
    """
    runs = as_runs(trajectories)
    lands = lands_of(runs)
    values = [np.asarray(run.grad_norm, dtype=np.float64) for run in runs]
    hint = "Use scale='linear'."
    look = (x, scale, legend, labels, heading(lands[0]) if title is None else title)
    return _chart(runs, values, ax, "gradient norm", _notes(runs), hint, look)


def _notes(runs: Sequence[Any], exact: str = "gradients") -> list[str]:
    """Say what all runs have in common."""
    moving = {name for run in runs for name in run.time_varying}
    return [shared_parameters(lands_of(runs), moving), *held_equal(runs, exact)]


@picture
def sharpness_curve(
    trajectories: Any,
    ax: Axes | None = None,
    *,
    x: str = "steps",
    scale: str = "linear",
    limit: bool | float = True,
    labels: Sequence[str] | None = None,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw lr times the largest eigenvalue of the exact Hessian, and the limit of stability.

    Above the limit, steps along the sharpest direction of the local quadratic model overshoot and
    grow: 2 for gradient descent, 2 (1 + beta) for heavy ball, and so on, derived from the rule
    (`toylands.geometry.stability_limit`). Rules that have no such limit (adam, lion, sam, ...) get
    no line, and the picture says so. With a schedule, lr is the rate of each step.

    limit: True for the derived limits, a number for one line of your own, False for none.
    The other arguments are those of `loss_curves`. Raises ValueError for a game, whose stability is
    not decided by the Hessian. Returns the Axes.
    """
    runs = as_runs(trajectories)
    land = lands_of(runs)[0]
    if land.players is not None:
        raise ValueError(
            f"{land.name} is a game: its stability is decided by the Jacobian of the players' "
            "gradients, not by the largest eigenvalue of the Hessian"
        )
    values = []
    for run in runs:
        rates = np.asarray(run.rates)[delay(run) :: run.every]
        values.append(rates * np.asarray(run.sharpness)[: len(rates)])
    limits = [_limit_of(run, limit) for run in runs]
    notes = _notes(runs, "gradients and Hessian")
    without = dict.fromkeys(
        run.optimizer.family for run, value in zip(runs, limits, strict=True) if value is None
    )
    if without and limit is True:
        notes.append(f"no limit of this form exists for {', '.join(without)}")
    name = "lr × largest Hessian eigenvalue"
    look = (x, scale, legend, labels, heading(land) if title is None else title)
    return _chart(runs, values, ax, name, notes, "", look, limits)


def _limit_of(run: Any, limit: bool | float) -> float | None:
    if limit is True:
        return stability_limit(run.optimizer)
    return None if limit is False else float(limit)


def _floor(land: Any, above: float | str, moves: bool) -> float:
    if not isinstance(above, str):
        return float(above)
    if moves:
        raise ValueError(f"above='minimum': the minima of {land.name} move; give a loss")
    if above != "minimum":
        raise ValueError(
            f"above={above!r}: expected a loss, or 'minimum'.{did_you_mean(above, ['minimum'])}"
        )
    known = [float(p.loss) for p in land.minima]
    if not known:
        raise ValueError(
            f"above='minimum': no minimum of {land.name} is known; give the loss to subtract"
        )
    return min(known)


def _choose(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ValueError(
            f"{name}={value!r}: expected {one_of(choices)}.{did_you_mean(value, choices)}"
        )


def _scale_for(values: Sequence[Array], scale: str | None, runs: Sequence[Any], hint: str) -> str:
    """Return 'log' or 'linear'; an asked-for log scale must have something to show."""
    if scale is not None:
        _choose("scale", scale, SCALES)
    every = np.concatenate(values)
    every = every[np.isfinite(every)]
    positive = every[every > 0]
    if scale == "log":
        for run, curve in zip(runs, values, strict=True):
            if not (curve > 0).any():
                raise ValueError(
                    f"scale='log': a logarithm needs values above zero, but {run.optimizer.label} "
                    f"has none (its largest is {sig(np.nanmax(curve))}). {hint}"
                )
        return "log"
    if scale == "linear" or not len(positive) or (every < 0).any():
        return "linear"
    # The end of the longest run may be exactly zero: that alone does not decide.
    return "log" if positive.max() > _WIDE * positive.min() else "linear"


def _chart(
    runs: Sequence[Any],
    values: Sequence[Array],
    ax: Axes | None,
    name: str,
    notes: Sequence[str],
    hint: str,
    look: tuple[str, str | None, bool, Any, str],
    limits: Sequence[float | None] = (),
) -> Axes:
    """Draw one value along every run, in the looks of the runs; `look`: x, scale, legend, labels, title."""
    x, scale, legend, labels, title = look
    names = names_for(runs, labels)
    _choose("x", x, CLOCKS)
    scale = _scale_for(values, scale, runs, hint)
    axes, own = axes_for(ax)
    clocks = [_clock(run, x, len(curve)) for run, curve in zip(runs, values, strict=True)]
    box = _frame(runs, values, clocks, scale, limits)
    axes.set_yscale(scale)
    axes.set_xlim(*box[0])
    axes.set_ylim(*(10.0 ** box[1] if scale == "log" else box[1]))
    plain(axes, "step" if x == "steps" else "gradient evaluations", name)
    axes.grid(axis="y", lw=0.7 * unit(), color=theme(axes)["grid"])
    axes.minorticks_off()
    headline(axes, title, notes, own)
    handles: list[Any] = []
    exits: list[tuple[Array, Any, Style, bool]] = []
    of_run = {id(run): n for n, run in enumerate(runs)}
    entries = groups(runs)
    for number, (style, members) in enumerate(entries):
        crowd = len(members) > 1
        for run in members:
            n = of_run[id(run)]
            flat, leaves = _line(run, clocks[n], values[n], box, scale)
            if not len(flat):
                continue
            draw_line(axes, flat, style, crowd, CHART_OUTLINE)
            if not crowd:
                inner = flat[: len(flat) - leaves]
                stride = max(1, len(inner) // 9)
                offset = stride * (number + 1) // (len(entries) + 1)
                draw_marks(axes, inner[offset::stride], style)
            if leaves:
                exits.append((flat, run, style, crowd))
            else:
                draw_end(axes, flat[-1], style, run.status.kind == "converged", crowd)
        label = label_of(members, names, short=len(entries) > 8)
        handles.append(trail_handle(style, label, converged(members), CHART_OUTLINE))
    handles += _draw_limits(axes, runs, limits)
    if legend:
        add_legend(axes, handles, own)
    if exits and axes.get_figure() is not None:
        axes.figure.draw_without_rendering()
    placed = Labels(axes)
    for flat, run, style, crowd in exits:
        draw_exit(axes, flat, run, style, placed, quiet=crowd)
    return axes


def _clock(run: Any, x: str, count: int) -> Array:
    """Return the step, or the number of gradient evaluations, at each of `count` values."""
    steps = delay(run) + np.arange(count, dtype=np.float64) * run.every
    return steps * (run.optimizer.evaluations_per_step if x == "evaluations" else 1)


def _frame(
    runs: Sequence[Any],
    values: Sequence[Array],
    clocks: Sequence[Array],
    scale: str,
    limits: Sequence[float | None],
) -> Array:
    """Return ((x low, x high), (y low, y high)), y as a logarithm on a log scale.

    Runs that diverged do not widen the frame beyond ten times what the others (or all starts) need.
    """
    stayed = [c for run, c in zip(runs, values, strict=True) if not run.status.left]
    shown = [c for c in stayed or [curve[:1] for curve in values] if len(c)]
    seen = np.concatenate([*shown, *[curve[:1] for curve in values]])
    seen = np.append(seen, [value for value in limits if value is not None])
    seen = seen[np.isfinite(seen)]
    right = max(float(clock[-1]) for clock in clocks if len(clock))
    sides = np.array([-0.015 * max(right, 1.0), 1.03 * max(right, 1.0)])
    if scale == "log":
        seen = np.log10(seen[seen > 0]) if (seen > 0).any() else np.zeros(1)
        low, high = float(seen.min()), float(seen.max())
        room = max(0.06 * (high - low), 0.15)
        return np.array([sides, [low - room, high + room + (0 if stayed else 3)]])
    if not len(seen):  # every walk began where there is no loss
        seen = np.array([0.0, 1.0])
    low, high = min(float(seen.min()), 0.0), float(seen.max())
    room = 0.08 * max(high - low, 1e-12)
    return np.array(
        [sides, [low - room, high + room if stayed else low + 10 * (high - low) + room]]
    )


def _line(run: Any, clock: Array, curve: Array, box: Array, scale: str) -> tuple[Array, bool]:
    """Return the drawn part (n, 2) of a curve, and whether it leaves through the frame."""
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = np.log10(curve) if scale == "log" else curve.astype(np.float64)
    points = np.column_stack([clock, heights])[np.isfinite(heights)]
    flat, leaves = cut(points, box) if len(points) else (points, False)
    if scale == "log":  # only a point on the frame needs the way back
        exact = curve[np.isfinite(heights)][: len(flat)]
        if leaves:
            exact[-1] = 10.0 ** flat[-1, 1]
        flat = np.column_stack([flat[:, 0], exact])
    return flat, leaves or run.status.left


def _draw_limits(ax: Axes, runs: Sequence[Any], limits: Sequence[float | None]) -> list[Any]:
    """Draw one line for each different limit; return its legend handles."""
    from matplotlib.lines import Line2D

    by_value: dict[float, list[str]] = {}
    for run, value in zip(runs, limits, strict=False):
        if value is not None:
            by_value.setdefault(float(f"{value:.9g}"), []).append(run.optimizer.family)
    handles = []
    for n, (value, families) in enumerate(sorted(by_value.items())):
        look: dict[str, Any] = {"color": theme(ax)["ink"], "lw": 1.3 * unit()}
        look["ls"] = [(0, (4, 2)), (0, (1.5, 1.5)), (0, (6, 1.5, 1.5, 1.5)), "-"][n % 4]
        ax.axhline(value, zorder=2, gid="limit", **look)
        names = ", ".join(dict.fromkeys(families))
        handles.append(Line2D([], [], label=f"limit {sig(value)}: {names}", **look))
    return handles


# --------------------------------------------------------------------------------------- schedules


@picture
def schedule_curve(
    schedules: Any,
    ax: Axes | None = None,
    *,
    steps: int | None = None,
    lr: float | None = None,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw learning-rate schedules over the steps.

    schedules: a Schedule, a sequence of factors, an Optimizer (its own lr is used), a list of any
    of these, or a mapping from labels to them.
    steps: how many steps to show; by default up to the end of the longest, or 100. A schedule that
    ends earlier is drawn to its end. lr: the learning rate the factors multiply; without it the
    factors themselves are drawn. Returns the Axes.
    """
    curves = _schedules(schedules)
    if not curves:
        raise ValueError("no schedule to draw: expected at least one")
    lengths = [s.length for _, s, _ in curves if s.length is not None]
    known = [n for _, s, _ in curves if (n := _natural(s))]
    shown = steps if steps is not None else max([*lengths, *known], default=100)
    if shown < 1:
        raise ValueError(f"steps={steps!r}: expected at least 1")
    axes, own = axes_for(ax)
    rates = lr is not None or all(rate is not None for _, _, rate in curves)
    handles = []
    for (label, schedule, rate), style in zip(curves, _looks(schedules, curves), strict=True):
        count = shown if schedule.length is None else min(shown, schedule.length)
        factor = 1.0 if not rates else lr if lr is not None else cast("float", rate)
        points = np.column_stack([np.arange(count), factor * schedule.values(count)])
        draw_line(axes, points, style, outline=CHART_OUTLINE)
        handles.append(trail_handle(style, label, True, CHART_OUTLINE))
        handles[-1].set_marker("")
    axes.relim()
    axes.autoscale_view()
    axes.set_xlim(-0.015 * shown, 1.02 * shown)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    plain(axes, "step", "learning rate" if rates else "factor on the learning rate")
    axes.grid(axis="y", lw=0.7 * unit(), color=theme(axes)["grid"])
    notes = [f"lr = {sig(lr)} × schedule" if lr is not None else "the rate used at step t"]
    if not rates:
        notes = ["the rate used at step t is lr × factor"]
    headline(axes, title or "Learning-rate schedule" + ("s" if len(curves) > 1 else ""), notes, own)
    if legend:
        add_legend(axes, handles, own)
    return axes


def _looks(given: Any, curves: Sequence[tuple[str, Schedule, float | None]]) -> list[Style]:
    """Return the styles of the optimizers if all are such, otherwise one hue after the other."""
    items = list(given.values()) if isinstance(given, Mapping) else np.atleast_1d(given).tolist()
    if all(hasattr(item, "family") for item in items):
        return styles(items)
    book = palette()
    dashes = [(), *map(tuple, book["repeats"]["dashes"])]
    hues = list(book["hues"].items())
    looks = []
    for n, (label, _, _) in enumerate(curves):
        color, hue = hues[n % len(hues)]
        looks.append(Style(label, color, hue["outline"], "o", dashes[n // len(hues) % len(dashes)]))
    return looks


def _natural(schedule: Schedule) -> int | None:
    """Return the number of steps a schedule without end was made for, if it names one."""
    value = schedule.hyper.get("steps")
    return None if value is None else int(value) + 1


def _schedules(given: Any) -> list[tuple[str, Schedule, float | None]]:
    """Return (label, schedule, learning rate or None) for everything that was given."""
    if isinstance(given, Mapping):
        return [(str(label), *_schedule(item)[1:]) for label, item in given.items()]
    several = isinstance(given, list | tuple) and not all(np.isscalar(item) for item in given)
    return [_schedule(item) for item in (given if several else [given])]


def _schedule(item: Any) -> tuple[str, Schedule, float | None]:
    if hasattr(item, "family"):
        return item.label, as_schedule(item.schedule), float(item.lr)
    schedule = as_schedule(item)
    return schedule.label, schedule, None
