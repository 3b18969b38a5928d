"""Several solutions at once: matched units, pruned networks, ensembles, principal components.

tl.plots.matching_map(match_units(a, b))
tl.plots.ticket_board()                                    # which initial angles win
tl.plots.ticket_curves(ticket, {"re-initialised": ticket.train(other)})
tl.plots.ensemble_chart(ensemble_error(predictions, target))
tl.plots.pca_chart(trajectory_pca(run))                    # beside what pure noise would give
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands.plots.inks import hue, plain
from toylands.plots.slices import ORDER
from toylands.plots.style import add_legend, axes_for, picture, terrain_colors, theme, unit
from toylands.plots.words import heading, headline, sig
from toylands.theory import random_walks, tickets

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from toylands.geometry import EnsembleError, Matching, Ticket, TrajectoryPCA


@picture
def matching_map(
    matching: Matching, ax: Axes | None = None, *, legend: bool = True, title: str | None = None
) -> Axes:
    """Draw the squared distances between all pairs of units, and which pairs were matched.

    matching: from `match_units`, or `align(...).matchings[layer]`. Low is dark; a ring marks each matched
    pair, a dot what the order as given would pair. Returns the Axes.
    """
    axes, own = axes_for(ax, 5.0, 4.2)
    costs, order = matching.costs, matching.order
    rows = np.arange(len(order))
    shown = axes.imshow(costs, cmap=terrain_colors(), gid="costs")
    axes.set_anchor("W")
    common: dict[str, Any] = {"ls": "none", "zorder": 3}
    size = min(1.0, 12 / len(order)) * unit()
    for ink, width in (("#11161C", 4.0), ("#FFFFFF", 2.0)):
        axes.plot(
            order, rows, marker="o", ms=15 * size, mfc="none", mec=ink, mew=width * size, gid="matched",
            **common,
        )  # fmt: skip
    (dot,) = axes.plot(
        rows, rows, marker="o", ms=5 * size, color=hue("vermillion"), mec="#FFFFFF", mew=0.8 * size,
        gid="identity", label=f"as given: cost {sig(matching.cost_identity)}", **common,
    )  # fmt: skip
    axes.set_xlabel("unit of the second")
    axes.set_ylabel("unit of the first")
    for axis in (axes.xaxis, axes.yaxis):
        axis.get_major_locator().set_params(integer=True)
    if own:
        bar = axes.figure.colorbar(
            shown, ax=axes, fraction=0.05, pad=0.02, aspect=34, panchor=False
        )
        bar.outline.set_visible(False)
        bar.set_label("squared distance")
    notes = ["the cheapest way to pair each unit with one other, solved exactly"]
    headline(axes, title or "Which units belong together", notes, own)
    if legend:
        add_legend(axes, [_ring(axes, f"matched: cost {sig(matching.cost)}"), dot], own)
    return axes


def _ring(axes: Axes, label: Any) -> Any:
    """The legend's ring, in an ink that reads on paper."""
    from matplotlib.lines import Line2D

    look: dict[str, Any] = {"ls": "none", "marker": "o", "mfc": "none", "mew": 1.8 * unit()}
    return Line2D([], [], ms=10 * unit(), mec=theme(axes)["ink"], label=label, **look)


@picture
def ticket_board(
    starts: Any = None, won: Any = None, ax: Axes | None = None, *, title: str | None = None
) -> Axes:
    """Draw the dart board of initial weights (w, v) of one ReLU neuron: where it wins, where it dies.

    The sectors are exact: it wins for angles from -45 to 90 degrees, 3/8 of all. starts: initial weights
    of trained neurons, shape (n, 2), and `won`: whether each of them won, shape (n,), to compare.
    Returns the Axes.
    """
    from matplotlib.patches import Wedge

    axes, own = axes_for(ax, 4.6, 4.4)
    inks = theme(axes)
    low, high = tickets.WINNING_ANGLES
    reach = 1.0 if starts is None else 1.05 * float(np.linalg.norm(starts, axis=1).max())
    looks = [
        ("wins", low, high, "green"),
        ("dies", high, 270.0, "grey"),
        ("", 270.0, 360 + low, "grey"),
    ]
    handles = []
    for label, first, last, name in looks:
        color = hue("green") if name == "green" else inks["grid"]
        share = (high - low) / 360 if label == "wins" else 1 - (high - low) / 360
        wedge = Wedge(
            (0, 0), reach, first, last, color=color, alpha=0.85 if label == "wins" else 1.0, lw=0,
            zorder=0, gid="sector", label=f"{label}: {sig(share)} of all angles",
        )  # fmt: skip
        axes.add_patch(wedge)
        handles += [wedge] if label else []
    if starts is not None:
        points, flags = np.asarray(starts, dtype=float), np.asarray(won, dtype=bool)
        if points.ndim != 2 or points.shape[1] != 2 or flags.shape != (len(points),):
            raise ValueError(
                f"ticket_board: starts of shape {points.shape} and won of shape {flags.shape} must be (n, 2) "
                "and (n,)."
            )
        for flag, marker, word in ((True, "o", "won"), (False, "x", "died")):
            chosen = points[flags == flag]
            handles += axes.plot(
                *chosen.T, ls="none", marker=marker, ms=3.6 * unit(), color=inks["ink"],
                mew=0.9 * unit(), gid=word,
                label=f"{word}: {len(chosen)} of {len(points)}, {np.mean(flags == flag):.1%}",
            )  # fmt: skip
    axes.axhline(0, color=inks["soft"], lw=0.8 * unit(), zorder=1)
    axes.axvline(0, color=inks["soft"], lw=0.8 * unit(), zorder=1)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    axes.set_aspect("equal", anchor="W")
    plain(axes, "w at the start", "v at the start")
    notes = ["f = v relu(w), target 1, gradient flow: it wins iff w > 0 and w + v > 0"]
    headline(axes, title or "One neuron's lottery", notes, own)
    add_legend(axes, handles, own)
    return axes


@picture
def ticket_curves(
    ticket: Ticket,
    controls: Mapping[str, Any] | None = None,
    ax: Axes | None = None,
    *,
    title: str | None = None,
) -> Axes:
    """Draw the training losses of the whole network, of the ticket, and of control runs.

    ticket: from `find_ticket`. controls: {label: trajectory}, such as `ticket.train(other_start)`.
    Returns the Axes.
    """
    axes, own = axes_for(ax, 6.4, 3.8)
    share = f"{100 * ticket.kept:.3g}%"
    runs = {
        f"all {len(ticket.mask)} weights": ticket.dense,
        f"ticket, {share} kept, rewound": ticket.run,
    }
    runs |= dict(controls or {})
    handles = []
    for n, (label, run) in enumerate(runs.items()):
        steps = np.arange(len(run.loss)) * run.every
        handles += axes.plot(
            steps, run.loss, color=hue(ORDER[n % len(ORDER)]), lw=1.9 * unit(), gid="loss",
            label=f"{label}: {sig(run.loss[-1])}",
        )  # fmt: skip
    losses = np.concatenate([run.loss for run in runs.values()])
    if 0 < 10 * losses.min() < losses.max():  # less than a decade reads better on a linear axis
        axes.set_yscale("log")
    axes.margins(x=0)
    plain(axes, "step", "loss")
    rounds = len(ticket.masks)
    notes = [
        f"{ticket.optimizer.label}, {ticket.steps} steps each; pruned by magnitude in {rounds} "
        f"round{'s' * (rounds > 1)}"
    ]
    headline(axes, heading(ticket.dense.landscape) if title is None else title, notes, own)
    add_legend(axes, handles, own)
    return axes


@picture
def ensemble_chart(
    result: EnsembleError, ax: Axes | None = None, *, title: str | None = None
) -> Axes:
    """Draw each member's mean squared error, their mean, and how disagreement lowers it.

    result: from `ensemble_error`. The bar of the ensemble and the hatched bar above it (the ambiguity)
    add up to the mean error of the members, exactly. Returns the Axes.
    """
    axes, own = axes_for(ax, 6.0, 3.6)
    inks = theme(axes)
    errors = ((result.predictions - result.target) ** 2).mean(axis=1)
    count = len(errors)
    places = np.arange(count)
    axes.bar(places, errors, color=hue("sky"), width=0.7, gid="members")
    ensemble = axes.bar(
        [count + 0.5], [result.error], color=hue("blue"), width=0.7, gid="ensemble",
        label=f"error of the mean prediction {sig(result.error)}",
    )  # fmt: skip
    gain = axes.bar(
        [count + 0.5], [result.ambiguity], bottom=[result.error], width=0.7, facecolor="none",
        edgecolor=hue("blue"), hatch="////", gid="ambiguity",
        label=f"disagreement {sig(result.ambiguity)}",
    )  # fmt: skip
    mean = axes.axhline(
        result.mean_error, color=inks["ink"], lw=1.4 * unit(), ls=(0, (4, 2)), gid="mean",
        label=f"mean error of the members {sig(result.mean_error)}",
    )  # fmt: skip
    few = count <= 12
    axes.set_xticks(
        [*places, count + 0.5] if few else [(count - 1) / 2, count + 0.5],
        [*map(str, places + 1), "ensemble"] if few else [f"{count} members", "ensemble"],
    )
    plain(axes, "member", "squared error")
    notes = ["error of the mean = mean error − disagreement, exactly"]
    if np.isfinite(result.correlation):
        notes.append(f"mean correlation of the members' errors {sig(result.correlation)}")
    headline(axes, title or "What an ensemble gains", notes, own)
    add_legend(axes, [mean, gain, ensemble], own)
    return axes


@picture
def pca_chart(
    found: TrajectoryPCA, ax: Axes | None = None, *, shown: int = 8, title: str | None = None
) -> Axes:
    """Draw the share of the variance in each principal component, beside that of pure noise.

    found: from `trajectory_pca`. The rings are the exact shares of a random walk of as many points in
    infinitely many dimensions: bars no higher than these are no evidence of structure.
    shown: at most so many components. Returns the Axes.
    """
    axes, own = axes_for(ax, 6.0, 3.6)
    count = min(shown, len(found.shares))
    k = np.arange(1, count + 1)
    bars = axes.bar(
        k, found.shares[:count], width=0.65, color=hue("blue"), gid="shares", label="this path"
    )
    length = len(found.scores)
    noise = [random_walks.pca_share(int(n), length) if n < length else 0.0 for n in k]
    (rings,) = axes.plot(
        k, noise, ls="none", marker="o", ms=8 * unit(), mfc=theme(axes)["paper"], mec=hue("vermillion"),
        mew=2 * unit(), gid="noise", label="a random walk, exactly",
    )  # fmt: skip
    axes.set_ylim(0, 1)
    axes.set_xticks(k)
    axes.set_yticks(np.linspace(0, 1, 5), ["0", "25%", "50%", "75%", "100%"])
    axes.grid(axis="y", lw=0.7 * unit(), color=theme(axes)["grid"])
    plain(axes, "principal component", "share of the variance")
    two = float(found.shares[:2].sum())
    notes = [
        f"{length} points in {len(found.mean)} coordinates; two components hold {100 * two:.3g}%"
    ]
    headline(axes, title or "How much of a path its components hold", notes, own)
    add_legend(axes, [bars, rings], own)
    return axes
