"""Where the points of a round bowl are at a temperature: on a shell, in many dimensions.

tl.plots.shell_curves((1, 2, 10, 100), temperature=0.1)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from toylands.plots.inks import hue, plain
from toylands.plots.style import add_legend, axes_for, picture, unit
from toylands.plots.words import headline, sig
from toylands.theory import high_dimension

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@picture
def shell_curves(
    dims: Sequence[int] = (1, 2, 10, 100),
    ax: Axes | None = None,
    *,
    temperature: float = 0.1,
    sample: int = 20_000,
    seed: int = 0,
    title: str | None = None,
) -> Axes:
    """Draw the density of the distance from the bottom of |x|^2/2, for several dimensions.

    Lines: the exact (chi) density, with a dot at its top, sqrt((d-1) T). Steps: that many random
    points of the Boltzmann distribution (0: none). dims: up to six. Returns the Axes.
    """
    numbers = list(dims)
    if not 1 <= len(numbers) <= 6:
        raise ValueError(f"{len(numbers)} dimensions: expected 1 to 6 of them")
    axes, own = axes_for(ax, 6.4, 3.6)
    far = 1.06 * max(high_dimension.mean_radius(d, temperature) for d in numbers)
    far += 3 * np.sqrt(temperature)
    x = np.linspace(0, far, 801)
    rng, handles = np.random.default_rng(seed), []
    names = ("blue", "vermillion", "green", "purple", "orange", "sky")
    for d, name in zip(numbers, names, strict=False):
        color = hue(name)
        density = high_dimension.radius_density(x, d, temperature)
        if sample:
            radii = np.sqrt(temperature * rng.chisquare(d, sample))
            shares, edges = np.histogram(radii, np.linspace(0, far, 121), density=True)
            axes.stairs(shares, edges, fill=True, color=color, alpha=0.25, gid="sample")
        top = high_dimension.shell_radius(d, temperature)
        label = f"d = {d}: most likely {sig(top)}"
        handles += axes.plot(x, density, color=color, lw=1.8 * unit(), gid="density", label=label)
        height = float(high_dimension.radius_density(top, d, temperature))
        axes.plot(top, height, "o", color=color, ms=6 * unit(), zorder=4, gid="top")
    axes.set_xlim(0, far)
    axes.set_ylim(bottom=0)
    plain(axes, "distance r from the bottom", "density of r")
    notes = [f"Boltzmann distribution on |x|²/2 at T = {sig(temperature)}"]
    if sample:
        notes[0] += f"; shaded: {sample:,} random points"
    headline(axes, title or "High dimension lives on a shell", notes, own)
    add_legend(axes, handles, own)
    return axes
