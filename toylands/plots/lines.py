"""A plain chart: one or more curves over the same axis, in the colours of every other picture.

tl.plots.lines(x, {"exact": exact, "model": model}, xlabel="x", ylabel="loss")
tl.plots.lines(steps, {"loss": loss}, xlabel="step", scale="log")
tl.plots.lines(x, [first, second], labels=["first", "second"], ylim=(0, 1))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands._words import did_you_mean, one_of, show
from toylands.plots.style import add_legend, axes_for, palette, picture, unit
from toylands.plots.terrain import Array
from toylands.plots.words import headline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SCALES = ("linear", "log", "loglog")
# Neighbours differ by more than their hue: these are told apart without colours, too.
_DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.2, 1.4)), (0, (6, 2, 1.2, 2)))
_ORDER = ("blue", "vermillion", "green", "purple", "orange", "sky", "black")


@picture
def lines(
    x: Any,
    curves: Any,
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    xlabel: str = "",
    ylabel: str = "",
    ylim: tuple[float | None, float | None] | None = None,
    scale: str = "linear",
    marks: bool = False,
    title: str = "",
) -> Axes:
    """Draw curves over a common axis, each with its name.

    Args:
        x: the common values, of length n; or one such array for each curve.
        curves: n values for each name; or one array of n values, or a list of such arrays.
        ax: the axes to draw on; by default a new figure.
        labels: a name for each curve, where `curves` has none. A single curve shows no legend.
        xlabel, ylabel, title: what to write.
        ylim: (lowest, highest) value shown; None in either place leaves that end free.
        scale: 'linear', 'log' (the values) or 'loglog' (both axes).
        marks: whether to draw a mark at every value.

    Raises:
        ValueError: for an unknown scale, without a curve, when lengths differ, when a logarithm has
            nothing to show.
        TypeError: for values that are not numbers.
    """
    if scale not in SCALES:
        raise ValueError(
            f"scale={scale!r}: expected {one_of(SCALES)}.{did_you_mean(scale, SCALES)}"
        )
    table = _table(curves, labels)
    over = _over(x, table)
    for (name, values), along in zip(table.items(), over, strict=True):
        if values.shape != along.shape:
            raise ValueError(
                f"curve {name!r} has the shape {values.shape}, its x has {along.shape}: "
                "expected as many values as x."
            )
        if scale != "linear" and not (values > 0).any():
            raise ValueError(
                f"scale={scale!r}: a logarithm needs values above zero, curve {name!r} has none. "
                "Use scale='linear'."
            )
    limits = None if ylim is None else _limits(ylim, scale)
    axes, own = axes_for(ax, 5.2, 3.1)
    by_name = {entry["name"]: color for color, entry in palette()["hues"].items()}
    looks = zip(cycle(by_name[name] for name in _ORDER), cycle(_DASHES), strict=False)
    handles = []
    for (name, values), along, (color, dash) in zip(table.items(), over, looks, strict=False):
        handles += axes.plot(
            along,
            values,
            color=color,
            linestyle=dash,
            lw=1.8 * unit(),
            marker="o" if marks else "",
            markersize=3.5 * unit(),
            label=name,
        )
    if scale != "linear":
        axes.set_yscale("log")
    if scale == "loglog":
        axes.set_xscale("log")
    if limits is not None:
        axes.set_ylim(*limits)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    if title:
        headline(axes, title, (), own)
    axes.grid(True, axis="y", lw=0.6 * unit())
    axes.spines[["top", "right"]].set_visible(False)
    if len(handles) > 1:
        add_legend(axes, handles, own)
    return axes


def _numbers(what: str, values: Any) -> Array:
    """One row of numbers; `what` names it in an error."""
    try:
        row = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(
            f"{what} = {show(values)}: expected a list or an array of numbers."
        ) from None
    if row.ndim != 1 or not row.size:
        raise ValueError(
            f"{what} has the shape {row.shape}: expected a row of numbers, of shape (n,)."
        )
    return row


def _table(curves: Any, labels: Sequence[str] | None) -> dict[str, Array]:
    """The curves by name, however they were given."""
    if isinstance(curves, str) or not hasattr(curves, "__len__"):
        raise TypeError(
            f"curves={show(curves)}: expected {{name: values}}, a row of values or a list of rows."
        )
    if not len(curves):
        raise ValueError("lines draws at least one curve; curves is empty.")
    if isinstance(curves, Mapping):
        if labels is not None:
            raise ValueError(
                "labels: the curves have names already; give a list of curves with it."
            )
        return {str(name): _numbers(f"curve {name!r}", row) for name, row in curves.items()}
    rows = list(curves) if np.ndim(curves[0]) else [curves]
    names = [f"curve {n + 1}" for n in range(len(rows))] if labels is None else labels
    names = [names] if isinstance(names, str) else [str(name) for name in names]
    if len(names) != len(rows):
        raise ValueError(f"labels={show(labels)}: expected one for each of {len(rows)} curves.")
    if len(set(names)) < len(names):
        raise ValueError(f"labels={show(labels)}: expected different names.")
    return {name: _numbers(f"{name!r}", row) for name, row in zip(names, rows, strict=True)}


def _over(x: Any, table: Mapping[str, Array]) -> list[Array]:
    """The axis of each curve."""
    if isinstance(x, str) or not hasattr(x, "__len__") or not len(x):
        raise TypeError(
            f"x={show(x)}: expected a list or an array of numbers, or one for each curve."
        )
    if np.ndim(x[0]) == 0:
        return [_numbers("x", x)] * len(table)
    if len(x) != len(table):
        raise ValueError(f"got {len(x)} arrays x for {len(table)} curves: expected as many.")
    return [_numbers(f"x of {name!r}", row) for name, row in zip(table, x, strict=True)]


def _limits(ylim: Any, scale: str) -> tuple[float | None, float | None]:
    """The ends of the vertical axis, checked."""
    wrong = ValueError(f"ylim={show(ylim)}: expected (lowest, highest), either may be None.")
    try:
        low, high = (None if end is None else float(end) for end in ylim)
    except (TypeError, ValueError):
        raise wrong from None
    if not all(end is None or np.isfinite(end) for end in (low, high)):
        raise wrong
    if low is not None and high is not None and low >= high:
        raise wrong
    if scale != "linear" and any(end is not None and end <= 0 for end in (low, high)):
        raise ValueError(f"ylim={show(ylim)}: scale={scale!r} shows values above zero only.")
    return low, high
