"""The curvature along random directions, as a histogram between the smallest and largest eigenvalue.

tl.plots.curvature_histogram(tl.geometry.random_curvatures(land.spectrum(p).eigenvalues))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from toylands.plots.inks import hue, plain, shade_negative
from toylands.plots.style import add_legend, axes_for, picture, theme, unit
from toylands.plots.words import headline, sig

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from toylands.geometry import RandomCurvatures


@picture
def curvature_histogram(
    drawn: RandomCurvatures, ax: Axes | None = None, *, bins: int = 60, title: str | None = None
) -> Axes:
    """Draw the curvatures along random directions, with their exact mean and deviation.

    drawn: from `toylands.geometry.random_curvatures`. Where the largest eigenvalue lies far outside
    the sample it is told by an arrow, not shown: that is what random directions miss. Returns the
    Axes.
    """
    if bins < 2:
        raise ValueError(f"bins={bins!r}: expected at least 2")
    axes, own = axes_for(ax, 6.4, 3.4)
    inks = theme(axes)
    values = drawn.values
    low, high = float(values.min()), float(values.max())
    if high - low <= 1e-9 * max(abs(high), 1e-300):  # no spread at all
        low, high = low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0)
    counts, edges = np.histogram(values, np.linspace(low, high, bins + 1))
    axes.stairs(counts, edges, fill=True, color=hue("sky"), zorder=2, gid="density")
    mean = axes.axvline(
        drawn.expected, color=inks["ink"], lw=1.6 * unit(), zorder=4, gid="mean",
        label=f"exact mean tr H/n = {sig(drawn.expected)}",
    )  # fmt: skip
    band = axes.axvspan(
        drawn.expected - drawn.spread, drawn.expected + drawn.spread, color=hue("orange"), alpha=0.28,
        lw=0, zorder=1, gid="spread", label=f"exact deviation ± {sig(drawn.spread)}",
    )  # fmt: skip
    top = float(drawn.eigenvalues[-1])
    room = 0.04 * (high - low)
    axes.set_xlim(low - room, high + room)
    handles = [mean, band]
    if top <= high + 0.6 * (high - low):
        axes.set_xlim(low - room, max(high, top) + room)
        handles.append(
            axes.axvline(
                top, color=hue("vermillion"), ls=(0, (4, 2)), lw=1.6 * unit(), zorder=4, gid="top",
                label=f"largest eigenvalue {sig(top)}",
            )
        )  # fmt: skip
    else:
        axes.annotate(
            f"largest eigenvalue {sig(top)} ", (1, 0.62), xytext=(0.7, 0.62), va="center", ha="right",
            xycoords="axes fraction", textcoords="axes fraction", color=hue("vermillion"), gid="top",
            arrowprops={"arrowstyle": "-|>", "color": hue("vermillion"), "lw": 1.6 * unit()},
        )  # fmt: skip
    shade_negative(axes)
    plain(axes, "curvature d′Hd along a random direction d", "directions")
    kind = "unit" if drawn.directions == "sphere" else "Gaussian"
    n = len(drawn.eigenvalues)
    notes = [f"{len(values):,} random {kind} directions in {n:,} dimensions"]
    headline(axes, title or "What random directions see", notes, own)
    add_legend(axes, handles, own)
    return axes
