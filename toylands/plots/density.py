"""Histograms of eigenvalues: of one Hessian, and of random ones beside Wigner's semicircle.

tl.plots.density_histogram(exact, estimate)        # bars: every eigenvalue; line: Lanczos' estimate
tl.plots.semicircle_histogram(tl.geometry.random_hessians(200, count=50))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from toylands._words import did_you_mean, one_of
from toylands.plots.inks import hue, plain, shade_negative
from toylands.plots.style import add_legend, axes_for, picture, theme, unit
from toylands.plots.words import heading, headline, point, sig
from toylands.theory import random_matrices

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from toylands.geometry import RandomHessians, SpectralDensity

SCALES = ("linear", "asinh")
#: bins whose shares differ by more than this factor are drawn on a logarithmic axis
_WIDE = 15.0


@picture
def density_histogram(
    density: SpectralDensity,
    estimate: SpectralDensity | None = None,
    ax: Axes | None = None,
    *,
    bins: int = 40,
    scale: str | None = None,
    title: str | None = None,
) -> Axes:
    """Draw which share of a Hessian's eigenvalues lies where, single eigenvalues as ticks below.

    density: from `toylands.geometry.spectral_density` or `lanczos_density`. estimate: a second
    density of the same point, drawn as a line in the same bins. scale: of the eigenvalues, 'linear',
    or 'asinh' (linear near zero, logarithmic on both sides), which is the default where half of the
    eigenvalues are smaller than a hundredth of the largest, as in networks. Shares of very different
    size get a logarithmic axis. Raises ValueError when the two belong to different points, for an
    unknown scale, or for fewer than 2 bins. Returns the Axes.
    """
    if bins < 2:
        raise ValueError(f"bins={bins!r}: expected at least 2")
    if scale is not None and scale not in SCALES:
        raise ValueError(
            f"scale={scale!r}: expected {one_of(SCALES)}.{did_you_mean(scale, SCALES)}"
        )
    both = [density] if estimate is None else [density, estimate]
    if any(not np.array_equal(density.point, other.point) for other in both):
        raise ValueError("the two densities belong to different points: draw them on axes apart")
    axes, own = axes_for(ax, 6.4, 3.6)
    low = min(float(one.nodes.min()) for one in both)
    high = max(float(one.nodes.max()) for one in both)
    width = _linear_width(density, scale)
    edges = _edges(low, high, bins, width)
    if width is not None:
        axes.set_xscale("asinh", linear_width=width)
    shares = density.histogram(edges)
    bars = axes.stairs(
        shares, edges, fill=True, color=hue("sky"), zorder=2, gid="density", label=_name(density)
    )
    handles: list[Any] = [bars]
    seen = [shares]
    if estimate is not None:
        seen.append(estimate.histogram(edges))
        handles.append(
            axes.stairs(
                seen[1], edges, color=hue("vermillion"), lw=1.5 * unit(), zorder=3, gid="estimate",
                label=_name(estimate),
            )
        )  # fmt: skip
    positive = np.concatenate(seen)
    positive = positive[positive > 0]
    if positive.max() > _WIDE * positive.min():
        axes.set_yscale("log")
        axes.set_ylim(0.5 * min(positive.min(), 1 / len(density.point)), 1.6 * positive.max())
    else:
        axes.set_ylim(0, 1.08 * positive.max())
    if density.exact:
        axes.plot(
            density.nodes, np.full(len(density.nodes), 0.018), "|", ms=7 * unit(), mew=0.8 * unit(),
            color=theme(axes)["ink"], transform=axes.get_xaxis_transform(), zorder=4, gid="ticks",
        )  # fmt: skip
    axes.set_xlim(edges[0], edges[-1])
    if width is not None:
        _decades(axes, width, edges)
    shade_negative(axes)
    plain(axes, "eigenvalue of the Hessian", "share of eigenvalues")
    notes = [
        f"{heading(density.landscape)}, at {point(density.point)}",
        f"{len(density.point)} eigenvalues, from {sig(low)} to {sig(high)}"
        + (" as far as the probes see" if not any(one.exact for one in both) else ""),
    ]
    headline(axes, title or "Where the curvature is", notes, own)
    add_legend(axes, handles, own)
    return axes


def _linear_width(density: SpectralDensity, scale: str | None) -> float | None:
    """Return where a curved axis turns from linear to logarithmic; None for a linear axis."""
    sizes = np.abs(density.nodes)
    order = np.argsort(sizes)
    top = float(sizes.max())
    half = float(sizes[order][np.searchsorted(np.cumsum(density.weights[order]), 0.5)])
    if scale == "linear" or top == 0 or (scale is None and half >= 0.01 * top):
        return None
    return float(10.0 ** np.floor(np.log10(max(half, 1e-6 * top))))


def _edges(low: float, high: float, bins: int, width: float | None) -> np.ndarray:
    """Return the edges of bins that look equally wide on the axis."""
    if width is None:
        room = 0.02 * (high - low) or 0.5 * max(abs(high), 1.0)
        return np.linspace(low - room, high + room, bins + 1)
    low, high = np.arcsinh(low / width), np.arcsinh(high / width)
    room = 0.02 * (high - low) or 0.5
    return width * np.sinh(np.linspace(low - room, high + room, bins + 1))


def _decades(ax: Axes, width: float, edges: np.ndarray) -> None:
    """Put the ticks of a curved axis at 0 and at powers of ten, no more than about nine."""
    span = np.ptp(np.arcsinh(edges / width))
    top, first = np.floor(np.log10(np.abs(edges).max())), np.log10(width)
    stride = max(1, int(np.ceil((top - first) / 4)))
    powers = [10.0**n for n in np.arange(top, first - 0.5, -stride)]
    ticks = [t for n in powers for t in (n, -n) if np.arcsinh(n / width) > 0.09 * span]
    ticks = sorted([0.0, *(t for t in ticks if edges[0] <= t <= edges[-1])])
    ax.set_xticks(ticks, [sig(t).replace("1×", "") for t in ticks])
    ax.minorticks_off()


def _name(density: SpectralDensity) -> str:
    if density.exact:
        return "exact"
    assert density.probe is not None
    return f"Lanczos, {int(density.probe.max()) + 1} probes"


@picture
def semicircle_histogram(
    drawn: RandomHessians, ax: Axes | None = None, *, bins: int = 60, title: str | None = None
) -> Axes:
    """Draw the eigenvalues of random Hessians beside the semicircle they tend to.

    drawn: from `toylands.geometry.random_hessians`. The notes tell the share of negative
    eigenvalues and of matrices without any, with its standard error. Returns the Axes.
    """
    if bins < 2:
        raise ValueError(f"bins={bins!r}: expected at least 2")
    axes, own = axes_for(ax, 6.4, 3.4)
    values = drawn.eigenvalues.ravel()
    low, high = min(drawn.shift - 2, values.min()), max(drawn.shift + 2, values.max())
    edges = np.linspace(low, high, bins + 1)
    density = np.histogram(values, edges, density=True)[0]
    bars = axes.stairs(
        density, edges, fill=True, color=hue("sky"), zorder=2, gid="density",
        label=f"{len(drawn.eigenvalues):,} matrices of size {drawn.dim}",
    )  # fmt: skip
    x = np.linspace(drawn.shift - 2, drawn.shift + 2, 401)
    circle = axes.plot(
        x, random_matrices.semicircle(x - drawn.shift), color=hue("vermillion"), lw=1.8 * unit(),
        zorder=3, gid="semicircle", label="semicircle, size → ∞",
    )[0]  # fmt: skip
    axes.set_xlim(low - 0.1, high + 0.1)
    axes.set_ylim(bottom=0)
    shade_negative(axes)
    plain(axes, "eigenvalue", "density")
    share, error = drawn.positive
    notes = [
        f"negative eigenvalues: {drawn.indices.mean() / drawn.dim:.1%}, "
        f"in the limit {random_matrices.negative_share(drawn.shift):.1%}",
        f"matrices without any: {share:.2%} ± {error:.2%}",
    ]
    named = f"Random Hessians, shifted by {sig(drawn.shift)}" if drawn.shift else "Random Hessians"
    headline(axes, title or named, notes, own)
    add_legend(axes, [bars, circle], own)
    return axes
