"""The loss under a random kick, as a histogram beside its predicted mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from toylands.geometry.slices import readable
from toylands.plots.style import add_legend, axes_for, palette, picture, theme
from toylands.plots.words import headline, sig

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from toylands.geometry import Kicks


@picture
def kick_histogram(kicks: Kicks, ax: Axes | None = None, *, reach: float | None = None) -> Any:
    """Draw how much the loss rises under random kicks, with measured and predicted mean.

    kicks: from `toylands.geometry.kicks`. reach: the largest increase shown, by default the 99th
    percentile. Returns the Axes.
    """
    ax, own = axes_for(ax, 6.4, 3.4)
    colors = theme(ax)
    hues = {entry["name"]: color for color, entry in palette()["hues"].items()}
    top = float(np.quantile(kicks.increases, 0.99)) if reach is None else reach
    low = min(0.0, float(kicks.increases.min()))
    ax.hist(
        np.clip(kicks.increases, low, top),
        bins=np.linspace(low, max(top, low + 1e-12), 61).tolist(),
        color=hues["sky"],
        edgecolor="none",
    )
    measured = ax.axvline(kicks.mean, color=colors["ink"], label=f"measured mean {sig(kicks.mean)}")
    predicted = ax.axvline(
        kicks.predicted,
        color=hues["vermillion"],
        linestyle="--",
        label=f"σ²/2 · tr H = {sig(kicks.predicted)}",
    )
    ax.set_xlabel("rise of the loss")
    ax.set_ylabel("kicks")
    ax.spines[["top", "right"]].set_visible(False)
    where = ", ".join(sig(value) for value in kicks.point)
    headline(
        ax,
        f"{readable(kicks.landscape)}: a random kick of size σ = {sig(kicks.sigma)}",
        [f"at ({where}); {len(kicks.increases):,} kicks; the last bar holds all larger rises"],
        own,
    )
    add_legend(ax, [measured, predicted], own)
    return ax
