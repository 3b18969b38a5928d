"""The rise of the loss under noise of growing size, measured and predicted.

tl.plots.noise_curves(tl.geometry.noise_response(tl.landscapes.gaussian_wells, (-1.5, 0)))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from toylands.geometry import NoiseResponse
from toylands.plots.inks import hue, plain
from toylands.plots.style import add_legend, axes_for, picture, theme, unit
from toylands.plots.words import heading, headline, point

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes


@picture
def noise_curves(
    responses: NoiseResponse | Sequence[NoiseResponse],
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the mean rise of the loss against the size of the noise, on logarithmic axes.

    responses: one or several from `toylands.geometry.noise_response`. Dots are measured means with
    two standard errors, lines the prediction sigma^2/2 tr H; where they part, curvature has changed
    within the noise. A mean that is not positive cannot be shown and is left out. Returns the Axes.
    """
    several = [responses] if isinstance(responses, NoiseResponse) else list(responses)
    if not several:
        raise ValueError("no response to draw: expected at least one")
    names = list(labels) if labels is not None else [f"at {point(one.point)}" for one in several]
    if len(names) != len(several):
        raise ValueError(f"{len(names)} labels for {len(several)} responses")
    axes, own = axes_for(ax, 6.0, 3.8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    colors = [hue(name) for name in ("blue", "vermillion", "green", "purple", "orange", "sky")]
    handles = []
    for number, (one, name) in enumerate(zip(several, names, strict=True)):
        color = colors[number % len(colors)]
        shown = one.mean > 0
        mean, error = one.mean[shown], 2 * one.standard_error[shown]
        handles.append(
            axes.errorbar(
                one.sigmas[shown], mean, yerr=[np.minimum(error, 0.999 * mean), error], fmt="o",
                color=color, ms=4.5 * unit(), lw=1.2 * unit(), zorder=3, label=f"{name}, measured",
            )
        )  # fmt: skip
        if one.predicted[0] > 0:
            handles += axes.plot(
                one.sigmas, one.predicted, color=color, lw=1.5 * unit(), zorder=2, gid="predicted",
                label=f"{name}, σ²/2 · tr H",
            )  # fmt: skip
    axes.grid(lw=0.6 * unit(), color=theme(axes)["grid"])
    plain(axes, "size σ of the noise in each coordinate", "mean rise of the loss")
    land = several[0].landscape
    same = all(one.landscape.name == land.name for one in several)
    notes = [heading(land) * same, "bars: two standard errors"]
    headline(axes, title or "What noise costs", notes, own)
    add_legend(axes, handles, own)
    return axes
