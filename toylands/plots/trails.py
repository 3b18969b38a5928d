"""Trails: what the map, the surface, the curves and the film have in common when they draw runs.

runs = as_runs(race)
for style, members in groups(runs):            # one colour, marker and dash per legend entry
    draw_line(ax, trail(members[0], ground).flat, style)
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands._words import show
from toylands.dynamics import Trajectory
from toylands.dynamics.naming import names_of
from toylands.dynamics.status import LEFT
from toylands.formula.norms import norm
from toylands.plots.contour import StackedHandle
from toylands.plots.style import Style, palette, styles, theme, unit
from toylands.plots.terrain import Array, Terrain, View
from toylands.plots.words import heading, held_equal, is_average, sig

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# A window grows by at most this factor to hold runs that stay finite but leave the default view.
_GROWTH = 2.0
# More runs of one optimizer than this are drawn as an ensemble: thin lines, one legend entry.
ENSEMBLE = 12
# On plain paper a line needs less of an outline than on a terrain.
CHART_OUTLINE = 0.35


class Average(Trajectory):
    """The averaged weights of a run (swa, ema), drawn like a further run of the same rule.

    `first` is the number of recorded points before the average begins.
    """

    def __init__(self, run: Trajectory) -> None:
        assert run.average is not None
        known = np.isfinite(run.average).all(axis=1)
        path = run.average[known]
        moving = {name: values[known] for name, values in run.time_varying.items()}
        land = run.landscape(**moving)
        super().__init__(
            landscape=run.landscape,
            optimizer=run.optimizer,
            path=path,
            loss=land.loss(path),
            grad_norm=norm(land.field(path)),
            average=None,
            rates=run.rates,
            diverged_at=None,
            tol=run.tol,
            every=run.every,
            time_varying=moving,
        )
        self.first = int(np.argmax(known))


def as_runs(trajectories: Any) -> list[Any]:
    """Return a list of trajectories from one trajectory, a race, a swarm or any sequence of them.

    A run that averages its weights is followed by its average, unless the runs are an ensemble.
    Raises TypeError for anything else and ValueError for an empty sequence.
    """
    if np.ndim(getattr(trajectories, "path", 0)) == 2:
        runs = [trajectories]
    else:
        try:
            runs = list(trajectories)
        except TypeError:
            runs = [None]
    if not runs:
        raise ValueError("no trajectory to draw: expected at least one")
    for run in runs:
        if not (hasattr(run, "path") and hasattr(run, "optimizer")):
            raise TypeError(
                f"cannot draw {show(trajectories)}: expected trajectories, as returned by descend "
                "or race"
            )
    if len(runs) > ENSEMBLE:
        return runs
    shown = []
    for run in runs:
        shown.append(run)
        if run.average is not None and np.isfinite(run.average).all(axis=1).any():
            shown.append(Average(run))
    return shown


def delay(run: Any) -> int:
    """Return the step at which a curve begins: 0, or where an average does."""
    return run.first * run.every if is_average(run) else 0


def same_landscape(runs: Sequence[Any]) -> Any:
    """Return the landscape that all runs share; of a moving one, as it is at the last step.

    Raises ValueError if they do not share one, or if it moves differently under them.
    """
    longest = max(runs, key=lambda run: run.steps)
    for run in runs:
        land, other = longest.landscape, run.landscape
        # Typed formulas share one name; their titles differ.
        if (land.name, land.title, _values(land)) != (other.name, other.title, _values(other)):
            raise ValueError(
                f"the runs move on different landscapes, {_called(land)} and {_called(other)}: "
                "draw each on axes of its own with ax="
            )
        if not (is_average(run) or _moves_alike(longest, run)):
            raise ValueError(
                f"{land.name} moves differently under {longest.optimizer.label} and under "
                f"{run.optimizer.label}: draw each on axes of its own with ax="
            )
    return longest.landscape(**{name: values[-1] for name, values in longest.time_varying.items()})


def lands_of(runs: Sequence[Any]) -> list[Any]:
    """Return the landscapes of the runs, which may differ in their parameters.

    Raises ValueError if they have different names: then even their losses do not compare.
    """
    lands = [run.landscape for run in runs]
    for land in lands:
        if (land.name, land.title) != (lands[0].name, lands[0].title):
            raise ValueError(
                f"the runs move on different landscapes, {_called(lands[0])} and {_called(land)}: "
                "draw each on axes of its own with ax="
            )
    return lands


def _moves_alike(one: Any, two: Any) -> bool:
    """Return whether the parameters that move are the same at all steps both have recorded."""
    _, i, j = np.intersect1d(
        np.arange(len(one.path)) * one.every,
        np.arange(len(two.path)) * two.every,
        return_indices=True,
    )
    return set(one.time_varying) == set(two.time_varying) and all(
        np.array_equal(values[i], two.time_varying[name][j])
        for name, values in one.time_varying.items()
    )


def _values(land: Any) -> dict[str, Any]:
    return {name: np.asarray(v).tolist() for name, v in land.parameters.items()}


def _called(land: Any) -> str:
    inside = ", ".join(f"{name}={show(value)}" for name, value in land.parameters.items())
    return f"{land.name}({inside})" if land.name != "landscape" else heading(land)


@dataclass(frozen=True)
class Trail:
    """The part of a run that the frame shows, in the coordinates shown, as points (n, 2).

    `leaves` is False for a run that ends inside; otherwise the last point is where the run crosses
    the frame for the last time.
    """

    flat: Array
    leaves: bool


def trail(run: Any, ground: Terrain) -> Trail:
    """Cut a run off where it leaves the frame for good; 1-D runs are lifted onto the curve."""
    path = np.asarray(run.path, dtype=np.float64)[:, list(ground.index)]
    shown, leaves = cut(path, np.array(ground.view))
    if path.shape[1] == 1:
        heights = np.array(run.loss[: len(shown)], dtype=np.float64)
        if leaves:
            heights[-1] = ground.lift(shown[-1:])[0]
        shown = np.column_stack([shown[:, 0], heights])
    return Trail(shown, leaves or run.status.left)


def cut(path: Array, box: Array) -> tuple[Array, bool]:
    """Cut a polyline (n, k) off where it leaves a box (k, 2) for good; say whether it does.

    The last point is then moved back onto the wall: beyond it only the direction matters, and a
    huge coordinate would spoil the drawing.
    """
    inside = np.flatnonzero(((path >= box[:, 0]) & (path <= box[:, 1])).all(axis=1))
    last = int(inside[-1]) if len(inside) else 0
    shown = path[: last + 2].copy()
    leaves = last < len(path) - 1
    if leaves:
        shown[-1] = _crossing(shown[-2], shown[-1], box)
    return shown, leaves


def _crossing(inner: Array, outer: Array, box: Array) -> Array:
    """Return where the segment from a point inside the box to one outside crosses its wall."""
    move = outer - inner
    with np.errstate(divide="ignore", invalid="ignore"):
        walls = np.where(move > 0, box[:, 1], box[:, 0])
        parts = np.where(move != 0, (walls - inner) / move, np.inf)
    part = float(np.clip(np.min(parts), 0.0, 1.0))
    return np.asarray(np.clip(inner + part * move, box[:, 0], box[:, 1]))


def window_of(runs: Sequence[Any], land: Any, index: tuple[int, ...]) -> View:
    """Return the landscape's own window, grown to hold every start and every run that stays finite.

    It grows to at most twice its size in each coordinate; what still lies outside gets an arrow.
    """
    view = []
    for i in index:
        low, high = land.view[i]
        room = (high - low) * (_GROWTH - 1) / 2
        wanted = [float(run.path[0][i]) for run in runs]
        for run in runs:
            if not run.status.left:
                values = np.asarray(run.path)[:, i]
                wanted += [float(np.nanmin(values)), float(np.nanmax(values))]
        bottom, top = min(wanted), max(wanted)
        pad = 0.04 * (high - low)
        view.append(
            (
                low if bottom >= low else max(bottom - pad, low - room),
                high if top <= high else min(top + pad, high + room),
            )
        )
    return tuple(view)


def marks_every(runs: Sequence[Any]) -> int:
    """Return the distance in recorded points between two marks of a trail: 1, 2, 5, 10, ...

    The longest trail gets at most 30 marks.
    """
    longest, every = max(len(run.path) for run in runs), 1
    while longest > 30 * every:
        every = every * 5 // 2 if str(every)[0] == "2" else every * 2
    return every


def map_notes(runs: Sequence[Any], every: int) -> list[str]:
    """Say what is held equal, how far apart the marks are, which moment is shown."""
    notes = held_equal(runs)
    notes[1] += _marks_note(runs, every)
    if any(run.time_varying for run in runs):
        notes[2] += "; the map shows the last step"
    return notes


def _marks_note(runs: Sequence[Any], every: int) -> str:
    strides = {run.every for run in runs}
    if not every or len(strides) > 1 or len(groups(runs)) < len(runs):
        return ""
    steps = every * strides.pop()
    return f", a mark every {steps} steps" if steps > 1 else ", a mark at every step"


def groups(runs: Sequence[Any]) -> list[tuple[Style, list[Any]]]:
    """Return (style, runs) for each legend entry: one run each, or an ensemble of one optimizer."""
    if len(runs) > ENSEMBLE and len({run.optimizer.family for run in runs}) == 1:
        return [(styles([runs[0].optimizer])[0], list(runs))]
    return [
        (style, [run])
        for style, run in zip(styles(run.optimizer for run in runs), runs, strict=True)
    ]


def names_for(runs: Sequence[Any], labels: Sequence[str] | str | None = None) -> dict[int, str]:
    """Return the name of each run by its `id`: the given one, or what differs between the runs.

    labels: one text for each run without its averages; of an ensemble, which has one entry, a single text.
    Raises ValueError for another number of labels.
    """
    own = [run for run in runs if not is_average(run)]
    if labels is None:
        names = names_of(own, sig) if len(groups(own)) == len(own) else [own[0].optimizer.family]
    else:
        names = [labels] if isinstance(labels, str) else [str(label) for label in labels]
        if len(names) != len(groups(own)):
            raise ValueError(
                f"labels={show(labels)}: expected one text for each of {len(groups(own))} runs"
                if len(groups(own)) > 1
                else f"labels={show(labels)}: expected one text for what is one entry of the legend"
            )
    if len(names) < len(own):
        return {id(run): names[0] for run in own}
    called = {id(run): name for run, name in zip(own, names, strict=True)}
    for before, run in itertools.pairwise(runs):
        if is_average(run):  # it follows its run
            several = sum(map(is_average, runs)) > 1
            what = called[id(before)] if several else run.optimizer.name
            called[id(run)] = f"average weights of {what}"
    return called


def label_of(runs: Sequence[Any], names: Mapping[int, str], short: bool = False) -> str:
    """Return the legend text of a group: what ran and how it ended, on two lines or on one."""
    name = names[id(runs[0])]
    if len(runs) == 1:
        between = ": " if short else "\n"
        return f"{name}{between}{runs[0].status}"
    kinds = [LEFT.get(run.status.kind, run.status.kind) for run in runs]
    ends = ", ".join(f"{kinds.count(k)} {k}" for k in dict.fromkeys(sorted(kinds)))
    return f"{name}, {len(runs)} walkers\n{ends}"


def converged(runs: Sequence[Any]) -> bool:
    """Return whether any of the runs has converged: then their mark is filled."""
    return any(run.status.kind == "converged" for run in runs)


def draw_line(
    ax: Axes, flat: Array, style: Style, thin: bool = False, outline: float = 0.75
) -> list[Any]:
    """Draw a trail: the coloured line over one in its outline colour, `outline` points wider."""
    scale = unit() * (0.45 if thin else 1.0)
    alpha = 0.55 if thin else 1.0
    below = ax.plot(
        *flat.T,
        color=style.outline,
        lw=(1.9 + 2 * outline) * scale,
        alpha=0.9 * alpha,
        zorder=3,
        solid_capstyle="round",
        solid_joinstyle="round",
        scalex=False,
        scaley=False,
        gid="trail outline",
    )
    line = ax.plot(
        *flat.T,
        color=style.color,
        lw=1.9 * scale,
        ls=style.linestyle,
        alpha=alpha,
        zorder=3.1,
        solid_joinstyle="round",
        scalex=False,
        scaley=False,
        gid="trail",
    )
    return [*below, *line]


def draw_marks(ax: Axes, flat: Array, style: Style) -> Any:
    """Draw the small marks of a trail."""
    return ax.plot(
        *flat.T,
        ls="none",
        marker=style.marker,
        ms=4.2 * unit(),
        mfc=style.color,
        mec=style.outline,
        mew=0.6 * unit(),
        zorder=3.2,
        scalex=False,
        scaley=False,
        gid="marks",
    )[0]


def draw_start(ax: Axes, place: Array, small: bool = False) -> None:
    """Mark a start: a ring round a dot."""
    for artist in start_marks(place[0], place[1], 0.6 if small else 1.0):
        ax.add_line(artist)


def start_marks(x: Any, y: Any, size: float = 1.0) -> list[Any]:
    """Return the Line2D of a start mark: a light ring with a dark dot in it."""
    from matplotlib.lines import Line2D

    look = palette()["kinds"]["minimum"]
    scale = unit() * size
    x, y = np.atleast_1d(x), np.atleast_1d(y)
    common: dict[str, Any] = {"ls": "none", "marker": "o", "zorder": 5, "label": "start"}
    return [
        Line2D(
            x,
            y,
            ms=11 * scale,
            mfc=look["color"],
            mec=look["outline"],
            mew=1.2 * scale,
            gid="start",
            **common,
        ),
        Line2D(x, y, ms=5 * scale, mfc=look["outline"], mec="none", gid="start dot", **common),
    ]


def start_handle() -> Any:
    """Return the legend handle of the start mark."""
    return StackedHandle(start_marks([], []), "start")


def draw_end(ax: Axes, place: Array, style: Style, converged: bool, small: bool = False) -> Any:
    """Mark an end: filled if the run converged, hollow if it was still running."""
    scale = unit() * (0.6 if small else 1.0)
    return ax.plot(
        *place[:, None],
        ls="none",
        marker=style.marker,
        ms=9.5 * scale,
        mfc=style.color if converged else theme(ax)["paper"],
        mec=style.outline if converged else style.color,
        mew=(1.2 if converged else 2.4) * scale,
        zorder=7,
        scalex=False,
        scaley=False,
        clip_on=False,
        gid="end",
    )[0]


def trail_handle(style: Style, label: str, converged: bool, outline: float = 0.75) -> Any:
    """Return the legend handle of a trail: its line with its end mark; arguments of `draw_line`."""
    from matplotlib.lines import Line2D
    from matplotlib.patheffects import Normal, Stroke

    scale = unit()
    return Line2D(
        [],
        [],
        color=style.color,
        lw=1.9 * scale,
        ls=style.linestyle,
        marker=style.marker,
        ms=7.5 * scale,
        mfc=style.color if converged else theme()["paper"],
        mec=style.outline if converged else style.color,
        mew=(1.0 if converged else 1.8) * scale,
        label=label,
        path_effects=[
            Stroke(linewidth=(1.9 + 2 * outline) * scale, foreground=style.outline),
            Normal(),
        ],
    )
