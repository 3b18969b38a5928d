"""The games, the generator and the masked cliff in another form, in mpmath; see `oracles`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp

ORACLES: dict[str, Callable[..., Any]] = {}


def oracle(function: Callable[..., Any]) -> Callable[..., Any]:
    ORACLES[function.__name__] = function
    return function


@oracle
def bilinear_game(t, p):
    """A hyperbola as a difference of squares."""
    return ((t[0] + t[1]) ** 2 - (t[0] - t[1]) ** 2) / 4


@oracle
def dirac_gan(t, p):
    """The logarithm of the probability that the discriminator gives, and its penalty."""
    theta, psi = t
    return mp.log(1 / (1 + mp.exp(-psi * theta))) - p["gamma"] / 2 * psi**2


@oracle
def mode_collapse(t, p):
    """The squared length of the signed measure: weights w' K w over all four points."""
    places = [*t, mp.mpf(-1), mp.mpf(1)]
    weights = [mp.mpf(1) / 2] * 2 + [-mp.mpf(1) / 2] * 2
    return mp.fsum(
        u * v * mp.exp(-(((m - n) / p["s"]) ** 2) / 2)
        for u, m in zip(weights, places, strict=True)
        for v, n in zip(weights, places, strict=True)
    )


@oracle
def masked_cliff(t, p):
    """The step through erfc; the noise on sin(100 y) through its Fourier factor."""
    x, y = t
    scale = mp.sqrt(2 * (p["width"] ** 2 + p["sigma"] ** 2))
    faint = mp.exp(-((100 * p["sigma"]) ** 2) / 2)
    return mp.erfc((1 - x) / scale) / 2 + p["ripple"] * faint * mp.sin(100 * y)
