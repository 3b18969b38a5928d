"""Arrows with which runs leave the frame, labelled: divergence is shown, never hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from toylands.dynamics.status import LEFT
from toylands.plots.style import Style, theme, unit
from toylands.plots.terrain import Array
from toylands.plots.trails import delay

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Labels:
    """Boxes in pixels that are taken, so that labels at the frame do not cover one another."""

    def __init__(self, ax: Axes, outward: bool = False) -> None:
        self.ax = ax
        self.outward = outward
        self.boxes: list[tuple[float, float, float, float]] = []

    def place(self, tip: Array, before: Array, text: str) -> tuple[float, float, str]:
        """Return (dx, dy, alignment) in points of a free place for a text near the arrow's tip.

        The text stands inside the frame (or, `outward`, towards its nearer side), away from the
        incoming trail if there is room.
        """
        from matplotlib.font_manager import FontProperties

        dots = self.ax.figure.dpi / 72
        size = FontProperties(size="small").get_size_in_points()
        wide, high = 0.58 * size * len(text) + 8, 1.75 * size
        frame = self.ax.get_window_extent()
        x, y = self.ax.transData.transform(tip) / dots
        leftward = (x > (frame.x0 + frame.x1) / dots / 2) != self.outward
        left = x - wide - 12 if leftward else x + 12
        rises = (self.ax.transData.transform(before) / dots)[1] < y
        near, far = (1, -1) if rises else (-1, 1)
        offsets = [(n, side) for n in range(8) for side in (near, far)]
        for n, side in sorted(offsets, key=lambda item: item[0] + 0.6 * (item[1] == far)):
            low = y + side * (12 + n * high * 1.1) - high / 2
            box = (left, low, left + wide, low + high)
            inside = frame.y0 / dots + 2 < low and low + high < frame.y1 / dots - 2
            if inside and not any(_overlap(box, other) for other in self.boxes):
                break
        self.boxes.append(box)
        dy = box[1] + high / 2 - y
        return (-12, dy, "right") if leftward else (12, dy, "left")


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def exit_text(run: Any) -> str:
    """Return what stands at the arrow: why and at which step it left for good, or where a finite run ends."""
    if run.status.left:
        return f"{LEFT[run.status.kind]}, step {run.status.step}"
    return f"outside at step {delay(run) + run.steps}, {run.status.kind}"


def draw_exit(
    ax: Axes, flat: Array, run: Any, style: Style, placed: Labels, quiet: bool = False
) -> list[Any]:
    """Draw the arrow with which a run leaves the frame, and the step number at it.

    `flat` (n, 2) ends on the frame; `quiet` leaves the number out.
    """
    tip, before = flat[-1], flat[-2] if len(flat) > 1 else flat[-1]
    arrow = ax.annotate(
        "",
        xy=tip,
        xytext=before + (tip - before) * 0.5 if np.any(tip != before) else tip,
        arrowprops={
            "arrowstyle": "-|>,head_width=0.42,head_length=0.8",
            "color": style.color,
            "lw": 1.9 * unit(),
            "shrinkA": 0,
            "shrinkB": 0,
            "path_effects": _arrow_outline(style),
        },
        annotation_clip=False,
        zorder=8,
        gid="exit arrow",
    )
    if quiet:
        return [arrow]
    dx, dy, side = placed.place(tip, before, exit_text(run))
    label = ax.annotate(
        exit_text(run),
        xy=tip,
        xytext=(dx, dy),
        textcoords="offset points",
        ha=side,
        va="center",
        fontsize="small",
        color=theme(ax)["ink"],
        bbox={
            "boxstyle": "round,pad=0.25",
            "fc": theme(ax)["paper"],
            "ec": style.color,
            "lw": 1.4 * unit(),
        },
        annotation_clip=False,
        zorder=9,
        gid="exit label",
    )
    return [arrow, label]


def _arrow_outline(style: Style) -> list[Any]:
    from matplotlib.patheffects import Normal, Stroke

    return [Stroke(linewidth=3.6 * unit(), foreground=style.outline), Normal()]
