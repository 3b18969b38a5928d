"""Small things that the charts of measurements share: a hue by its name, a plain frame, a shade."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toylands.plots.style import palette, theme, unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes


#: what is counted along x: there is no step 2.5
COUNTED = ("step", "gradient evaluations")


def hue(name: str) -> str:
    """Return the colour with this name in the palette, such as 'blue' or 'vermillion'."""
    return next(color for color, entry in palette()["hues"].items() if entry["name"] == name)


def plain(ax: Axes, x: str, y: str) -> None:
    """Label both axes, and leave the upper and right side open; steps are numbered whole."""
    from matplotlib.ticker import MaxNLocator

    ax.set_xlabel(x)
    ax.set_ylabel(y)
    locator = ax.xaxis.get_major_locator()
    if x in COUNTED and isinstance(locator, MaxNLocator):
        locator.set_params(integer=True)
    ax.spines[["top", "right"]].set_visible(False)


def shade_negative(ax: Axes, axis: str = "x") -> None:
    """Shade the part of the picture where curvature is negative; the limits stay as they are."""
    limits = ax.get_xlim() if axis == "x" else ax.get_ylim()
    if limits[0] >= 0:
        return
    span = ax.axvspan if axis == "x" else ax.axhspan
    line = ax.axvline if axis == "x" else ax.axhline
    color = theme(ax)["grid"]
    span(limits[0], 0, color=color, alpha=0.55, lw=0, zorder=0, gid="negative")
    line(0, color=theme(ax)["soft"], lw=0.9 * unit(), zorder=1)
    (ax.set_xlim if axis == "x" else ax.set_ylim)(limits)
