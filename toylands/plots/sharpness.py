"""Sharpness drawn: the disc that SAM looks at, and how the worst loss grows with its radius.

tl.plots.worst_case_map(tl.geometry.worst_case(land, (0.5, 0.2), rho=0.3))
tl.plots.worst_case_curves(land, [sharp, flat], np.linspace(0.01, 0.5, 25))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands.geometry import sphere_average, worst_case
from toylands.plots.contour import draw_colorbar, draw_critical, draw_terrain, figure_size
from toylands.plots.inks import hue, plain
from toylands.plots.style import add_legend, axes_for, palette, picture, style_of, theme, unit
from toylands.plots.terrain import terrain
from toylands.plots.words import heading, headline, parameters, point, sig

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from toylands.geometry import WorstCase


@picture
def worst_case_map(
    worst: WorstCase,
    ax: Axes | None = None,
    *,
    view: Sequence[Sequence[float]] | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the disc round a point, the highest loss in it, and the point SAM looks at instead.

    worst: from `toylands.geometry.worst_case`, on a landscape of two coordinates. view: the window;
    by default the disc with as much room again. Returns the Axes.
    """
    land, at = worst.landscape, worst.point
    if land.dim != 2:
        raise ValueError(f"{land.name} has {land.dim} coordinates: the disc is drawn for two")
    ruler = worst.rho * (np.abs(at) if worst.relative else np.ones(2))
    if view is None:
        far = 2 * max(ruler)
        view = [(c - far, c + far) for c in at.tolist()]
    ground = terrain(land, view=view)
    axes, own = axes_for(ax, *figure_size(ground))
    draw_terrain(axes, ground, equal=own)
    turn = np.linspace(0, 2 * np.pi, 241)
    ring = at[:, None] + ruler[:, None] * np.stack([np.cos(turn), np.sin(turn)])
    dark, light = palette()["terrain"]["line"], "#FFFFFF"
    for color, wide in ((dark, 3.2), (light, 1.6)):
        axes.plot(*ring, color=color, lw=wide * unit(), zorder=4, gid="disc")
    gradient = land.grad(at) * ruler
    slope = float(np.linalg.norm(gradient))
    handles = [_mark(axes, at, "o", light, "the point", "point")]
    if slope > 0:
        look = style_of("sam")
        uphill = at + ruler * gradient / slope
        axes.annotate(
            "", uphill, at, zorder=5,
            arrowprops={"arrowstyle": "-|>", "color": dark, "lw": 1.6 * unit(), "shrinkB": 5},
        )  # fmt: skip
        label = f"one step uphill, +{sig(worst.one_step)}"
        handles.append(_mark(axes, uphill, look.marker, look.color, label, "uphill"))
    label = f"highest in it, +{sig(worst.increase)}"
    handles.append(_mark(axes, worst.where, "^", hue("vermillion"), label, "worst"))
    handles += draw_critical(axes, ground)
    if own:
        draw_colorbar(axes, ground)
    disc = "ellipse |d/w| ≤" if worst.relative else "disc of radius"
    notes = [
        parameters(land),
        f"{disc} {sig(worst.rho)} at {point(at)}; exact quadratic model: +{sig(worst.second_order)}",
    ]
    headline(axes, title or f"{heading(land)}: the worst case", notes, own)
    add_legend(axes, handles, own)
    return axes


def _mark(ax: Axes, at: Any, marker: str, color: str, label: str, gid: str) -> Any:
    ax.plot(
        *at, marker=marker, ms=9 * unit(), mfc=color, mec=palette()["terrain"]["line"],
        mew=1.3 * unit(), ls="none", zorder=7, gid=gid,
    )  # fmt: skip
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], marker=marker, ms=8 * unit(), mfc=color, mec=palette()["terrain"]["line"], ls="none",
        label=label,
    )  # fmt: skip


@picture
def worst_case_curves(
    land: Any,
    points: Sequence[Any],
    rhos: Sequence[float],
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    average: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw the highest loss within distance rho of several points, against rho.

    Where two curves cross, sharpness-aware minimisation changes its mind.

    average: draw, dashed, the mean loss at distance rho, over all directions (`sphere_average`). In one
    dimension it is left out: there the two agree to second order.
    land: one landscape, or one for each point. points: shape (n, d). rhos: increasing, above 0.
    Returns the Axes.
    """
    lands = list(land) if isinstance(land, list | tuple) else [land] * len(points)
    if not len(points) or len(lands) != len(points):
        raise ValueError(
            f"{len(lands)} landscapes and {len(points)} points: expected one landscape, or one each"
        )
    names = labels if labels is not None else [f"from {point(np.atleast_1d(p))}" for p in points]
    if len(names) != len(points):
        raise ValueError(f"{len(names)} labels for {len(points)} points")
    sizes = np.asarray(rhos, dtype=float)
    if sizes.ndim != 1 or len(sizes) < 2 or not (np.diff(sizes) > 0).all() or sizes[0] <= 0:
        raise ValueError("rhos: expected two or more increasing radii above 0")
    axes, own = axes_for(ax, 6.2, 3.8)
    colors = [hue(name) for name in ("blue", "vermillion", "green", "purple", "orange", "sky")]
    handles = []
    for number, (one, at, name) in enumerate(zip(lands, points, names, strict=True)):
        place = one.points(at)
        base = float(one.loss(place))
        color = colors[number % len(colors)]
        curve = [base] + [base + worst_case(one, place, float(rho)).increase for rho in sizes]
        handles += axes.plot(
            [0, *sizes], curve, color=color, lw=2 * unit(), gid="worst", label=f"{name}, worst case"
        )
        if average and one.dim > 1:
            means = [base] + [base + sphere_average(one, place, float(rho)) for rho in sizes]
            handles += axes.plot(
                [0, *sizes], means, color=color, lw=1.4 * unit(), ls=(0, (4, 2)), gid="average",
                label=f"{name}, average",
            )  # fmt: skip
    axes.set_xlim(0, sizes[-1])
    axes.grid(axis="y", lw=0.7 * unit(), color=theme(axes)["grid"])
    plain(axes, "radius ρ", "loss")
    same = all(one.name == lands[0].name for one in lands)
    notes = [heading(lands[0]) * same, "solid: highest loss found within ρ"]
    averaged = any(handle.get_gid() == "average" for handle in handles)
    if averaged:
        notes[1] += "; dashed: mean over all directions at distance ρ"
    words = "Worst case and average" if averaged else "Worst case"
    headline(axes, title or f"{words} around a point", notes, own)
    add_legend(axes, handles, own)
    return axes
