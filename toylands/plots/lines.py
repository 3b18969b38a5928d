"""A plain chart: one or more curves over the same axis, in the colours of every other picture.

tl.plots.lines(x, {"exact": exact, "model": model}, xlabel="x", ylabel="loss")
tl.plots.lines(steps, {"loss": loss}, xlabel="step", scale="log")
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands._words import did_you_mean, one_of
from toylands.plots.style import add_legend, axes_for, palette, picture, unit
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
    curves: Mapping[str, Any],
    ax: Axes | None = None,
    *,
    xlabel: str = "",
    ylabel: str = "",
    scale: str = "linear",
    marks: bool = False,
    title: str = "",
) -> Axes:
    """Draw curves over a common axis, each with its name.

    Args:
        x: the common values, of length n; or one such array for each curve.
        curves: n values for each name; a single curve needs no legend, so its name is not shown.
        ax: the axes to draw on; by default a new figure.
        xlabel, ylabel, title: what to write.
        scale: 'linear', 'log' (the values) or 'loglog' (both axes).
        marks: whether to draw a mark at every value.

    Raises:
        ValueError: for an unknown scale, without a curve, or when the lengths differ.
    """
    if scale not in SCALES:
        raise ValueError(
            f"scale={scale!r}: expected {one_of(SCALES)}.{did_you_mean(scale, SCALES)}"
        )
    if not curves:
        raise ValueError("lines draws at least one curve; curves is empty.")
    table = {name: np.asarray(values, dtype=np.float64) for name, values in curves.items()}
    if np.ndim(x[0]) == 0:
        x = [x] * len(table)
    over = [np.asarray(part, dtype=np.float64) for part in x]
    if len(over) != len(table):
        raise ValueError(f"got {len(over)} arrays x for {len(table)} curves: expected as many.")
    for (name, values), along in zip(table.items(), over, strict=True):
        if values.shape != along.shape or values.ndim != 1:
            raise ValueError(
                f"curve {name!r} has the shape {values.shape}, its x has {along.shape}: "
                "expected as many values as x."
            )
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
    axes.set(xlabel=xlabel, ylabel=ylabel)
    if title:
        headline(axes, title, (), own)
    axes.grid(True, axis="y", lw=0.6 * unit())
    axes.spines[["top", "right"]].set_visible(False)
    if len(handles) > 1:
        add_legend(axes, handles, own)
    return axes
