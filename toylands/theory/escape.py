"""Escape over a barrier: Kramers's law, and the exact mean time behind it.

kramers_time(well=2, top=1, barrier=0.25, temperature=0.05)            # 659, as T tends to 0
mean_passage(tl.landscapes.double_well_1d(c=0), -1, 1, temperature=0.05)   # 730, exactly
"""

from __future__ import annotations

import functools

import numpy as np

from toylands._door import door
from toylands._words import show
from toylands.dynamics.checks import check_landscape
from toylands.formula import Landscape
from toylands.geometry._checks import one_point, positive

_above = functools.partial(positive, "escape")


@door
def kramers_rate(well: float, top: float, barrier: float, temperature: float) -> float:
    """The rate at which overdamped walkers leave a well, in the limit of low temperature.

    sqrt(well * top)/(2 pi) exp(-barrier/T): the height counts exponentially, the curvatures only as a
    prefactor, which is the opposite of a deterministic kick. Time is the sum of learning rates.
    [Kramers 1940; Hanggi, Talkner and Borkovec 1990]

    Args:
        well: the curvature at the bottom.
        top: the absolute curvature at the top of the barrier.
        barrier: its height above the bottom.
        temperature: T.
    """
    return 1 / kramers_time(well, top, barrier, temperature)


@door
def kramers_time(well: float, top: float, barrier: float, temperature: float) -> float:
    """One over `kramers_rate`: the mean time to leave, in the limit of low temperature.

    Infinite where it exceeds what a floating-point number can hold, at barriers above some 700 T.
    """
    prefactor = np.sqrt(_above("well", well)) * np.sqrt(_above("top", top)) / (2 * np.pi)
    height = _above("barrier", barrier) / _above("temperature", temperature)
    with np.errstate(over="ignore"):
        return float(np.exp(height) / prefactor)


@door
def mean_passage(
    land: Landscape, start: float, goal: float, temperature: float, reach: float = 4.0
) -> float:
    """The exact mean time of the flow with noise, from one position to the first visit of another.

    (1/T) times the double integral of exp((L(y) - L(z))/T), y from start to goal and z from the far
    side up to y. Divide by the learning rate for Langevin steps, which at a finite rate find the goal
    somewhat later, because they only look at it between steps. [Hanggi, Talkner and Borkovec 1990]

    Args:
        land: a landscape of one coordinate that grows on the far side of the start.
        start, goal: positions; the goal may lie on either side.
        temperature: T.
        reach: how far the far side is followed, in widths of the landscape's view.

    Raises:
        ValueError: for another landscape, or when the density has not died out on the far side.
    """
    check_landscape("mean_passage", land)
    if land.dim != 1:
        raise ValueError(f"mean_passage: {land.name} has {land.dim} coordinates; one was expected.")
    a, b = (
        one_point("mean_passage", land, p, what)[0]
        for p, what in ((start, "start"), (goal, "goal"))
    )
    t, ((low, high),) = _above("temperature", temperature), land.view
    side = 1.0 if b >= a else -1.0  # mirrored, so that the goal lies above the start
    far = side * (low + high) / 2 - _above("reach", reach) * (high - low) / 2
    if not far < side * a:
        raise ValueError(
            f"mean_passage: start={show(a)} lies outside the window; use a larger reach."
        )
    u, w = np.polynomial.legendre.leggauss(10)
    edges = np.unique(
        np.concatenate([np.linspace(far, side * a, 1500), np.linspace(side * a, side * b, 1500)])
    )
    half = np.diff(edges)[:, None] / 2
    x = edges[:-1, None] + half * (1 + u)
    energy = (land.loss((side * x).reshape(-1, 1)).reshape(x.shape)) / t
    density = np.exp(-(energy - energy.min()))
    if density[0, 0] > 1e-12:
        raise ValueError(
            f"mean_passage: the density of {land.name} has not died out at {side * far:g}; use a larger "
            f"reach than {reach:g}."
        )
    # The inner integral up to every node: whole cells before it, and the part of its own cell.
    whole = (half * w * density).sum(axis=1)
    before = np.concatenate([[0.0], np.cumsum(whole)[:-1]])[:, None]
    inner = before + half * (density @ _running(u, w).T)
    way = edges[:-1] >= side * a
    with np.errstate(over="ignore"):  # a barrier above some 700 T takes an infinite time
        outer = half[way] * w * np.exp(energy[way] - energy.min()) * inner[way]
    return float(outer.sum() / t)


def _running(u: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Weights that integrate from -1 to each node u, exact for the polynomial through the nodes."""
    powers = np.arange(len(u))
    values = np.polynomial.legendre.legvander(u, len(u) - 1)
    # Legendre: integral of P_n from -1 to u is (P_{n+1} - P_{n-1})/(2n + 1).
    more = np.polynomial.legendre.legvander(u, len(u))
    integrals = np.empty((len(u), len(u)))
    integrals[:, 0] = u + 1
    for n in powers[1:]:
        integrals[:, n] = (more[:, n + 1] - more[:, n - 1]) / (2 * n + 1)
    return np.asarray(integrals @ np.linalg.inv(values))
