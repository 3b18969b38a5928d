"""The eigenvalues of the exact Hessian along a run.

ax = tl.plots.spectrum_along(tl.descend(tl.landscapes.rosenbrock, tl.gd(0.001)))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from toylands._words import did_you_mean, one_of
from toylands.geometry import stability_limit
from toylands.plots.inks import plain
from toylands.plots.style import Style, add_legend, axes_for, picture, style_of, theme, unit
from toylands.plots.trails import CHART_OUTLINE, as_runs, draw_line, same_landscape, trail_handle
from toylands.plots.words import heading, headline, held_equal, parameters, sig

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SCALES = ("linear", "symlog")
# More eigenvalues than this are drawn as thin lines between the outermost two.
_NAMED = 6
_DASHES = ["-", (0, (5, 2)), (0, (5, 1.6, 1.2, 1.6)), (0, (1.2, 1.4)), (0, (9, 3))]
_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@picture
def spectrum_along(
    trajectory: Any,
    ax: Axes | None = None,
    *,
    scale: str | None = None,
    limit: bool = True,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw every eigenvalue of the exact Hessian at each step of one run.

    The largest has the colour of the optimizer; the region below zero, where the landscape curves
    downwards, is shaded. scale: 'linear', or 'symlog' (logarithmic on both sides of a linear strip
    round zero); by default symlog where sizes differ by more than a factor of 1000.
    limit: draw the largest eigenvalue at which the optimizer is stable, limit / lr, where its rule
    has one. Raises ValueError for more than one run. Returns the Axes.
    """
    runs = as_runs(trajectory)
    if len(runs) != 1:
        raise ValueError(f"a spectrum is drawn along one run, got {len(runs)}: choose one")
    run, land = runs[0], same_landscape(runs)
    if scale is not None and scale not in SCALES:
        raise ValueError(
            f"scale={scale!r}: expected {one_of(SCALES)}.{did_you_mean(scale, SCALES)}"
        )
    values = np.asarray(run.spectrum, dtype=np.float64)
    steps = np.arange(len(values)) * run.every
    finite = np.isfinite(values).all(axis=1)
    values, steps = values[finite], steps[finite]
    axes, own = axes_for(ax)
    if scale is None:
        sizes = np.abs(values[values != 0])
        scale = "symlog" if len(sizes) and sizes.max() > 1e3 * np.median(sizes) else "linear"
    if scale == "symlog":
        sizes = np.abs(values[values != 0])
        axes.set_yscale("symlog", linthresh=10.0 ** np.floor(np.log10(np.quantile(sizes, 0.1))))
    handles = _draw_eigenvalues(axes, steps, values, style_of(run.optimizer))
    roof = stability_limit(run.optimizer) if limit and land.players is None else None
    if roof is not None and len(run.rates):
        handles.append(_draw_roof(axes, run, roof, values))
    axes.axhline(0, color=theme(axes)["soft"], lw=0.9 * unit(), zorder=1)
    low, high = axes.get_ylim()
    if low < 0 and (values < 0).any():
        axes.axhspan(low, 0, color=theme(axes)["grid"], alpha=0.55, lw=0, zorder=0, gid="negative")
    axes.set_ylim(low, high)
    axes.set_xlim(-0.015 * max(run.steps, 1), 1.03 * max(run.steps, 1))
    plain(axes, "step", "eigenvalues of the Hessian")
    notes = [parameters(land, run.time_varying), f"{run.optimizer.label}: {run.status}"]
    notes += held_equal(runs, "Hessian")
    headline(axes, heading(land) if title is None else title, notes, own)
    if legend:
        add_legend(axes, handles, own)
    return axes


def _draw_eigenvalues(ax: Axes, steps: Any, values: Any, style: Style) -> list[Any]:
    """Draw the lines, largest on top; return the legend handles of those that are named."""
    count, inks, scale = values.shape[1], theme(ax), unit()
    handles = []
    for k in range(count):
        rank = count - k  # eigenvalues come in ascending order
        if rank == 1:
            draw_line(ax, np.column_stack([steps, values[:, k]]), style, outline=CHART_OUTLINE)
            solid = trail_handle(
                style, "λ₁, the largest" if count > 1 else "λ₁", True, CHART_OUTLINE
            )
            solid.set_marker("")
            handles.append(solid)
            continue
        named = count <= _NAMED or rank == count
        line = ax.plot(
            steps,
            values[:, k],
            color=inks["soft"],
            lw=(1.6 if named else 0.6) * scale,
            ls=_DASHES[(rank - 2) % len(_DASHES)] if named else "-",
            alpha=1.0 if named else 0.6,
            zorder=2,
            gid="eigenvalue",
        )[0]
        if named:
            line.set_label(
                f"λ{str(rank).translate(_SUBSCRIPT)}" + ", the smallest" * (rank == count)
            )
            handles.append(line)
    return [handles[-1], *reversed(handles[:-1])]


def _draw_roof(ax: Axes, run: Any, roof: float, values: Any) -> Any:
    """Draw the largest stable eigenvalue, limit / rate, at every step."""
    rates = np.asarray(run.rates)[:: run.every]
    with np.errstate(divide="ignore"):
        heights = roof / rates
    line = ax.plot(
        np.arange(len(rates)) * run.every,
        np.where(np.isfinite(heights), heights, np.nan),
        color=theme(ax)["ink"],
        lw=1.3 * unit(),
        ls=(0, (4, 2)),
        zorder=2.5,
        gid="limit",
        label=f"limit {sig(roof)} / lr",
    )[0]
    if np.nanmin(heights) > 20 * np.nanmax(np.abs(values)):
        ax.set_ylim(
            top=float(np.nanmax(values) + 0.1 * np.ptp(values[np.isfinite(values)]) + 1e-12)
        )
    return line
