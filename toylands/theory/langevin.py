"""Langevin dynamics and the Boltzmann law: who sits where at a temperature.

stationary_variance(curvature=2, temperature=0.1)             # 0.05, of the flow
stationary_variance(curvature=2, temperature=0.1, lr=0.1)     # 0.0556, of steps of size 0.1
shares(tl.landscapes.double_well_1d, temperature=0.1)         # of its two wells, by integration
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from toylands._door import Numbers, door, numbers_in
from toylands._words import show
from toylands.dynamics.checks import check_landscape
from toylands.dynamics.populations import well_edges
from toylands.formula import Landscape
from toylands.geometry._checks import pair, positive
from toylands.theory._digits import log_ratio

_above = functools.partial(positive, "langevin")


@door
def stationary_variance(curvature: float, temperature: float, lr: float | None = None) -> float:
    """The stationary variance in a parabola: T/curvature of the flow, more at a finite step.

    T/(curvature (1 - lr curvature/2)) for unadjusted Langevin steps of size lr: the discretisation makes
    the parabola look hotter. Of SGD this says little, whose noise depends on the place and the
    direction. [Roberts and Tweedie 1996]

    Raises:
        ValueError: unless lr * curvature is below 2.
    """
    flow = _above("temperature", temperature) / _above("curvature", curvature)
    if lr is None:
        return flow
    step = _above("lr", lr) * curvature
    if step >= 2:
        raise ValueError(f"langevin: lr * curvature = {step:g} must be below 2 (stability).")
    return flow / (1 - step / 2)


@door
def mean(
    land: Landscape, function: Callable[[np.ndarray], Any], temperature: float, reach: float = 4.0
) -> float:
    """The mean of a function of x under the density exp(-L/T) of a one-dimensional landscape.

    By quadrature, piece by piece between the stationary points, over a window `reach` times as wide as
    the landscape's view. The density must have died out at its ends.

    Args:
        land: a landscape of one coordinate.
        function: takes an array of positions and returns as many numbers.
        temperature: T.
        reach: the window, in widths of the view.

    Raises:
        ValueError: when the density is not negligible at the ends, or the landscape has more coordinates.
    """
    x, weight = _nodes(land, _above("temperature", temperature), reach)
    return float(np.sum(weight * _values(function, x)) / np.sum(weight))


@door
def share(
    land: Landscape, low: float, high: float, temperature: float, reach: float = 4.0
) -> float:
    """The Boltzmann probability of low < x < high on a one-dimensional landscape, as `mean` says it."""
    if not low < high:
        raise ValueError(f"langevin: low={show(low)} must lie below high={show(high)}.")
    ends = [bound for bound in (low, high) if np.isfinite(bound)]
    x, weight = _nodes(land, _above("temperature", temperature), reach, ends)
    return float(np.sum(weight[(x > low) & (x < high)]) / np.sum(weight))


@door
def shares(land: Landscape, temperature: float, reach: float = 4.0) -> np.ndarray:
    """The Boltzmann probability of every well of a one-dimensional landscape, in the order of x.

    A well reaches from one top (a maximum, or the highest point between two neighbouring minima) to
    the next. Shape (minima,).
    """
    temperature = _above("temperature", temperature)
    check_landscape("langevin", land)
    x, weight = _nodes(land, temperature, reach, _tops(land))
    well = np.searchsorted(_tops(land), x)
    total = np.bincount(well, weight, minlength=len(_tops(land)) + 1)
    return np.asarray(total / total.sum())


@door
def partition(land: Landscape, temperature: float, reach: float = 4.0) -> float:
    """The partition function Z, the integral of exp(-L/T) over a one-dimensional landscape."""
    temperature = _above("temperature", temperature)
    x, weight = _nodes(land, temperature, reach)
    lowest = float(land.loss(x[:, None]).min())
    return float(np.sum(weight) * np.exp(-lowest / temperature))


@door
def two_wells(depths: Numbers, curvatures: Numbers, temperature: float, dim: int = 1) -> float:
    """Laplace's approximation of the share of the first of two wells.

    1/(1 + (k1/k2)^(dim/2) exp((E1 - E2)/T)) for bottoms E1, E2 with curvatures k1, k2 in each of `dim`
    coordinates: narrow wells count by depth and by width. Exact as T tends to 0.

    Args:
        depths: the losses at the two bottoms (E1, E2).
        curvatures: (k1, k2), above 0.
        temperature: T.
        dim: the number of coordinates.
    """
    from scipy.special import expit

    e1, e2 = pair("langevin", "depths", depths)
    k1, k2 = (_above("curvatures", k) for k in pair("langevin", "curvatures", curvatures))
    t = _above("temperature", temperature)
    return float(expit(-dim / 2 * log_ratio(k1, k2) - (e1 - e2) / t))


def _values(function: Callable[[np.ndarray], Any], x: np.ndarray) -> np.ndarray:
    """What a function given by the user says of positions, as many numbers."""
    try:
        given = function(x)
    except Exception as error:
        raise ValueError(
            f"langevin: function failed on an array of {len(x)} positions ({error}); it must take an array "
            "and return as many numbers, such as lambda x: x**2 or np.cos."
        ) from error
    values, why = numbers_in(given)
    if why or values.shape not in ((), x.shape) or not np.isfinite(values.astype(float)).all():
        raise ValueError(
            f"langevin: function returned {show(given)} for {len(x)} positions; it must return as many "
            "finite numbers, such as lambda x: x**2 or np.cos."
        )
    return values.astype(float)


def _tops(land: Landscape) -> np.ndarray:
    """Where one well ends and the next begins, ascending."""
    return well_edges(land, np.sort([point.point[0] for point in land.minima]))


def _nodes(
    land: Landscape, temperature: float, reach: float, cuts: Any = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes, and weights that contain the density up to a factor."""
    check_landscape("langevin", land)
    if land.dim != 1:
        raise ValueError(f"langevin: {land.name} has {land.dim} coordinates; one was expected.")
    if any(np.ndim(value) for value in land.parameters.values()):
        raise ValueError(f"langevin: the parameters of {land!r} must be plain numbers.")
    ((low, high),) = land.view
    half = _above("reach", reach) * (high - low) / 2
    ends = (low + high) / 2 - half, (low + high) / 2 + half
    marks = [point.point[0] for point in land.critical_points]
    fine = np.linspace(*ends, 801)
    edges = np.unique([*fine, *(m for m in [*marks, *_tops(land), *cuts] if ends[0] < m < ends[1])])
    u, w = np.polynomial.legendre.leggauss(12)
    size = np.diff(edges)[:, None] / 2
    x = (edges[:-1, None] + size * (1 + u)).ravel()
    energy = land.loss(x[:, None])
    density = np.exp(-(energy - energy.min()) / temperature)
    if max(density[0], density[-1]) > 1e-12:
        raise ValueError(
            f"langevin: at T={temperature:g} the density of {land.name} has not died out at "
            f"{ends[0]:g} and {ends[1]:g}; use a larger reach than {reach:g}, or a lower temperature."
        )
    return x, (size * w).ravel() * density
