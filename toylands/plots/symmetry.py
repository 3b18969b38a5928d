"""A symmetry on the map: the orbits on which nothing changes, and the curvature across them.

tl.plots.symmetry_map(tl.landscapes.uv_product, np.diag([1.0, -1.0]))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands.geometry import effective_hessian, symmetry_directions
from toylands.plots.contour import draw_colorbar, draw_critical, draw_terrain, figure_size
from toylands.plots.inks import hue
from toylands.plots.style import add_legend, axes_for, palette, picture, theme, unit
from toylands.plots.terrain import Array, Terrain, terrain
from toylands.plots.words import heading, headline, parameters, sig

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from toylands.formula import Landscape


@picture
def symmetry_map(
    land: Landscape,
    generator: Any,
    points: Sequence[Any] | None = None,
    ax: Axes | None = None,
    *,
    view: Sequence[Sequence[float]] | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the orbits of a symmetry through points, and across each the curvature that is left.

    land: a landscape of two coordinates. generator: one generator, as for
    `toylands.geometry.symmetry_directions`. points: where orbits begin; by default the landscape's
    minima. The bar across an orbit at a point has the half length at which the quadratic model has
    risen by a height the notes tell: short where the valley is sharp. Along the orbit the loss is
    constant, however sharp the valley. Returns the Axes.
    """
    if land.dim != 2:
        raise ValueError(f"{land.name} has {land.dim} coordinates: orbits are drawn for two")
    ground = terrain(land, view=view)
    starts = [m.point for m in land.minima] if points is None else [land.points(p) for p in points]
    if not starts:
        raise ValueError(f"{land.name} declares no minimum: give points=")
    axes, own = axes_for(ax, *figure_size(ground))
    draw_terrain(axes, ground, equal=own)
    light, dark = "#FFFFFF", palette()["terrain"]["line"]
    curvatures = []
    for start in starts:
        for orbit in _orbit(land, generator, start, ground):
            for color, wide in ((dark, 3.0), (light, 1.5)):
                axes.plot(*orbit.T, color=color, lw=wide * unit(), zorder=3, gid="orbit")
        reduced = effective_hessian(land, start, generator)
        if len(reduced.eigenvalues) == 1:
            curvatures.append((start, reduced.across[:, 0], float(reduced.eigenvalues[0])))
    side = float(np.diff(ground.view, axis=1).min())
    positive = [value for *_, value in curvatures if value > 0]
    height = float(f"{min(positive) / 2 * (0.12 * side) ** 2:.0e}") if positive else 0.0
    for place, across, value in curvatures:
        if value > 0:
            reach = np.sqrt(2 * height / value)
            ends = np.stack([place - reach * across, place + reach * across])
            for color, wide in ((dark, 5.0), (hue("orange"), 3.0)):
                axes.plot(*ends.T, color=color, lw=wide * unit(), zorder=4, gid="across")
    from matplotlib.lines import Line2D

    handles: list[Any] = [
        Line2D([], [], color=theme(axes)["ink"], lw=1.5 * unit(), label="orbit: same loss"),
        Line2D([], [], color=hue("orange"), lw=3 * unit(), label="across: the curvature left"),
    ]
    handles += draw_critical(axes, ground)
    axes.set_xlim(*ground.view[0])
    axes.set_ylim(*ground.view[1])
    if own:
        draw_colorbar(axes, ground)
    notes = [parameters(land)]
    if positive:
        values = ", ".join(sig(value) for *_, value in curvatures)
        notes.append(f"curvature across: {values}; bars reach {sig(height)} above the orbit")
    headline(axes, title or f"{heading(land)}: a symmetry", notes, own)
    add_legend(axes, handles, own)
    return axes


def _orbit(land: Any, generator: Any, start: Array, ground: Terrain) -> list[Array]:
    """Return the two halves of the orbit through a point, up to the frame or once around."""
    from scipy.integrate import solve_ivp

    first = symmetry_directions(land, start, generator)
    if not first.size:
        return []  # the symmetry does not move this point
    box = np.array(ground.view)
    room = 0.02 * np.diff(box, axis=1)[:, 0]
    far = 2 * float(np.diff(box, axis=1).sum())

    def outside(_: float, p: Array) -> float:
        return float(np.min(np.minimum(p - box[:, 0] + room, box[:, 1] + room - p)))

    outside.terminal = True  # type: ignore[attr-defined]
    halves = []
    for sign in (1.0, -1.0):
        last = sign * first[:, 0]

        def along(_: float, p: Array) -> Array:
            nonlocal last
            found = symmetry_directions(land, p, generator)
            if not found.size:
                return np.zeros(2)
            step = found[:, 0]
            last = step if step @ last >= 0 else -step  # a basis vector has no sign of its own
            return last

        halves.append(
            solve_ivp(
                along, (0, far), start, max_step=far / 200, events=outside, rtol=1e-9, atol=1e-12
            ).y.T
        )
    return halves
