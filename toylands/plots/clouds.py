"""Many walkers at once: where they are on the map, beside exp(-L/T), and how many sit in which well.

tl.plots.cloud(swarm)                                       # every walker a dot on the map
tl.plots.boltzmann_histogram(swarm, temperature=0.2)        # beside the exact distribution
tl.plots.population_chart(tl.dynamics.populations(land, swarm.end))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands._words import show
from toylands.dynamics.populations import Populations
from toylands.dynamics.trajectory import Swarm
from toylands.plots.basin_colors import own_colors
from toylands.plots.contour import (
    crowd_note,
    draw_colorbar,
    draw_critical,
    draw_terrain,
    figure_size,
)
from toylands.plots.inks import hue, plain
from toylands.plots.style import add_legend, axes_for, picture, styles, theme, unit
from toylands.plots.terrain import Array, shown_index, terrain
from toylands.plots.words import batches, heading, headline, parameters, point, sig

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: a dot's area in square points, for up to a hundred walkers and for very many
_LARGE, _SMALL = 26.0, 5.0


@picture
def cloud(
    swarms: Any,
    ax: Axes | None = None,
    *,
    step: int | None = None,
    view: Sequence[Sequence[float]] | None = None,
    levels: str | Sequence[float] | None = None,
    coordinates: Sequence[str] | None = None,
    critical: bool = True,
    labels: Sequence[str] | None = None,
    colorbar: bool | None = None,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw every walker of a swarm as a dot on the map, at one moment.

    swarms: a `Swarm`, or several on one landscape, each in the colour of its optimizer.
    step: a recorded step; by default the last. Walkers that have left, or lie outside the window, are
    counted in the notes. labels: what to call each swarm. The other arguments are those of `contour`.
    Raises TypeError for anything but swarms, ValueError for a step that was not recorded. Returns the
    Axes.
    """
    several = _swarms("cloud", swarms)
    land = several[0].landscape_of(0)
    index = shown_index(land, coordinates)
    at = np.nanmedian(several[0].end, axis=0) if land.dim > 2 else None
    ground = terrain(land, view=view, levels=levels, coordinates=coordinates, at=at)
    axes, own = axes_for(ax, *figure_size(ground))
    draw_terrain(axes, ground, equal=own)
    handles = draw_critical(axes, ground) if critical else []
    names = [swarm.optimizer.label for swarm in several] if labels is None else list(labels)
    if len(names) != len(several):
        raise ValueError(f"labels={show(labels)}: expected one for each of {len(several)} swarms")
    clouds, lost, outside = [], 0, 0
    for swarm, style, name in zip(
        several, styles(s.optimizer for s in several), names, strict=True
    ):
        places = _places(swarm, step)
        seen = places[np.isfinite(places).all(axis=1)]
        lost += len(places) - len(seen)
        flat = seen[:, list(index)]
        inside = np.all(
            [(low <= c) & (c <= high) for c, (low, high) in zip(flat.T, ground.view, strict=True)],
            axis=0,
        )
        outside += int((~inside).sum())
        flat = flat[inside]
        if len(index) == 1:
            flat = np.column_stack([flat, ground.lift(flat)])
        area = max(_SMALL, min(_LARGE, _LARGE * (100 / max(len(places), 1)) ** 0.5)) * unit() ** 2
        dots = axes.scatter(
            *flat.T, s=area, marker=style.marker, color=style.color, edgecolor=style.outline,
            linewidths=0.4 * unit(), alpha=0.8, zorder=4, gid="walkers",
            label=f"{name}\n{len(places):,} walkers",
        )  # fmt: skip
        clouds.append(dots)
    last = _steps(several[0])[-1] if step is None else step
    notes = [ground.note(), f"walkers at step {last}, exact gradients{batches(several)}"]
    gone = [f"{lost:,} {'has' if lost == 1 else 'have'} left"] * bool(lost)
    gone += [f"{outside:,} outside the window"] * bool(outside)
    notes += [", ".join(gone), crowd_note(ground) if critical else ""]
    if colorbar if colorbar is not None else own:
        draw_colorbar(axes, ground)
    headline(axes, heading(land) if title is None else title, notes, own)
    if legend:
        add_legend(axes, [*clouds, *handles], own)
    return axes


def _swarms(owner: str, given: Any) -> list[Swarm]:
    several = [given] if isinstance(given, Swarm) else given
    if isinstance(several, list | tuple) and several and all(isinstance(s, Swarm) for s in several):
        named = {(s.landscape.name, s.landscape.title) for s in several}
        if len(named) > 1:
            raise ValueError(f"{owner}: the swarms walk on different landscapes, draw each apart")
        return list(several)
    raise TypeError(
        f"{owner} draws swarms, got {show(given)}: descend returns one where start is of shape (B, d)"
    )


def _steps(swarm: Swarm) -> list[int]:
    """The steps that a swarm has recorded."""
    return (np.arange(swarm.path.shape[1]) * swarm.every).tolist()


def _places(swarm: Swarm, step: int | None) -> Array:
    """Where the walkers are at a recorded step, shape (B, d); NaN for those that have left."""
    if step is None:
        return np.asarray(np.where((swarm.diverged_at >= 0)[:, None], np.nan, swarm.end))
    known = _steps(swarm)
    if step not in known:
        near = min(known, key=lambda one: abs(one - step))
        raise ValueError(f"step={show(step)} was not recorded; the nearest that was is {near}")
    return np.asarray(swarm.path[:, known.index(step)])


@picture
def boltzmann_histogram(
    walkers: Any,
    land: Any = None,
    ax: Axes | None = None,
    *,
    temperature: float,
    coordinate: str | None = None,
    bins: int = 50,
    view: Sequence[Sequence[float]] | None = None,
    title: str | None = None,
) -> Axes:
    """Draw how often walkers are where, beside the Boltzmann distribution exp(-L/T) of the landscape.

    Both are densities over the window: of two coordinates the other one is summed over. walkers: a
    `Swarm` (its last points), or points of shape (B, d) together with `land`. temperature: T, above 0.
    coordinate: which one to show, by default the first. Raises ValueError for more than two coordinates,
    a temperature of 0, fewer than 2 bins, or when no walker is in the window. Returns the Axes.
    """
    if isinstance(walkers, Swarm):
        land = walkers.landscape_of(0) if land is None else land
        points = _places(walkers, None)
    elif land is None:
        raise TypeError("boltzmann_histogram: give the landscape with the points, or a swarm alone")
    else:
        points = np.asarray(walkers, dtype=np.float64).reshape(-1, land.dim)
    if land.dim > 2:
        raise ValueError(
            f"{land.name} has {land.dim} coordinates: exp(-L/T) is summed over two at most"
        )
    if not (np.isfinite(temperature) and temperature > 0):
        raise ValueError(f"temperature={show(temperature)}: expected a number above 0")
    if bins < 2:
        raise ValueError(f"bins={bins!r}: expected at least 2")
    ground = terrain(land, view=view, grid=801 if land.dim == 1 else 401)
    chosen = 0 if coordinate is None else shown_index(land, [coordinate])[0]
    inside = np.all(
        [(low <= c) & (c <= high) for c, (low, high) in zip(points.T, ground.view, strict=True)],
        axis=0,
    )
    if not inside.any():
        raise ValueError(f"none of {len(points)} walkers is in the window: choose another view=")
    x, density = boltzmann_density(ground.z, (ground.x, ground.y)[: land.dim], temperature, chosen)
    axes, own = axes_for(ax, 6.4, 3.6)
    shares, edges = np.histogram(
        points[inside, chosen], np.linspace(*ground.view[chosen], bins + 1), density=True
    )
    bars = axes.stairs(
        shares, edges, fill=True, color=hue("sky"), zorder=2, gid="walkers",
        label=f"{int(inside.sum()):,} walkers",
    )  # fmt: skip
    (exact,) = axes.plot(
        x, density, color=hue("vermillion"), lw=2 * unit(), zorder=3, gid="exact",
        label="exp(−L/T), exact",
    )  # fmt: skip
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.08 * max(float(shares.max()), float(density.max())))
    plain(axes, land.coordinates[chosen], "density")
    left = int((~inside).sum())
    notes = [
        parameters(land),
        f"T = {sig(temperature)}" + f", {left:,} walkers outside the window" * bool(left),
    ]
    headline(axes, heading(land) if title is None else title, [", ".join(filter(None, notes))], own)
    add_legend(axes, [bars, exact], own)
    return axes


def boltzmann_density(
    loss: Array, sides: Sequence[Array], temperature: float, chosen: int = 0
) -> tuple[Array, Array]:
    """Return (x, density) of exp(-L/T) along one side of a window, its integral over the window 1.

    loss: on the grid of the window, row = second coordinate; NaN counts as infinite. By Simpson's rule.
    """
    from scipy.integrate import simpson

    weight = np.exp(-(np.where(np.isnan(loss), np.inf, loss) - np.nanmin(loss)) / temperature)
    if len(sides) == 2:
        other = 1 - chosen
        weight = simpson(weight, x=sides[other], axis=0 if other == 1 else 1)
    x = sides[chosen]
    return x, np.asarray(weight / simpson(weight, x=x))


@picture
def population_chart(
    populations: Populations,
    ax: Axes | None = None,
    *,
    expected: Sequence[float] | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the share of the walkers in each well, with two standard errors.

    A well has the colour that `basin_map` gives its minimum. expected: the share that each well should
    have, one for each minimum, drawn as rings. Returns the Axes.
    """
    shares, errors = populations.shares, populations.standard_error
    lost = float(np.mean(populations.labels < 0))
    if expected is not None and np.shape(expected) != shares.shape:
        raise ValueError(
            f"expected={show(expected)}: there are {len(shares)} wells, give one share each"
        )
    rows = len(shares) + bool(lost)
    axes, own = axes_for(ax, 6.0, 0.9 + 0.5 * rows)
    own_hues = own_colors()
    names = []
    for row, (minimum, share, error) in enumerate(
        zip(populations.minima, shares, errors, strict=True)
    ):
        color = own_hues[row] if len(shares) <= len(own_hues) else hue("sky")
        axes.barh(row, share, height=0.62, color=color, zorder=2, gid="well")
        axes.errorbar(
            share, row, xerr=2 * error, color=theme(axes)["ink"], capsize=3 * unit(), lw=1.3 * unit(),
            zorder=3,
        )  # fmt: skip
        names.append(point(minimum.point))
    if lost:
        axes.barh(
            len(shares), lost, height=0.62, color=theme(axes)["grid"], zorder=2, gid="elsewhere"
        )
        names.append("elsewhere")
    reach = np.append(shares + 2 * errors, lost)
    if expected is not None:
        reach = np.append(reach, expected)
        (rings,) = axes.plot(
            expected, np.arange(len(shares)), ls="none", marker="o", ms=9 * unit(), zorder=4, gid="expected",
            mfc="none", mec=theme(axes)["ink"], mew=2 * unit(), label="expected",
        )  # fmt: skip
    top = 1.38 * float(reach.max())
    for row, share in enumerate([*shares, *[lost] * bool(lost)]):
        error = errors[row] if row < len(errors) else 0.0
        edge = max(
            share + 2 * error, expected[row] if expected is not None and row < len(shares) else 0.0
        )
        text = f"{share:.1%}" + (f" ± {error:.1%}" if row < len(errors) else "")
        axes.annotate(text, (edge, row), xytext=(9, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(rows), names)
    axes.invert_yaxis()
    axes.set_xlim(0, top)
    axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= min(top, 1.0)])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    plain(axes, "share of the walkers", "")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    notes = [f"{len(populations.labels):,} walkers, each counted in the well it would roll down to",
             "whiskers: two standard errors; ±: one"]  # fmt: skip
    headline(axes, "Who sits in which well" if title is None else title, notes, own)
    if expected is not None:
        add_legend(axes, [rings], own)
    return axes
