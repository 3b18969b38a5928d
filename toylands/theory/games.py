"""Games near an equilibrium: which rules turn inwards, and how fast; and what collapse costs.

simultaneous(lr=0.1), extragradient(lr=0.1), optimistic(lr=0.1)   # 1.005, 0.99504, 0.99494 per step
dirac_eigenvalues(gamma=1)                                        # critical damping
jensen_shannon([1, 0], [0.5, 0.5])                                # one of two modes missing
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from toylands._door import Numbers, door
from toylands._words import show
from toylands.geometry._checks import finite, not_negative, pair, positive, together
from toylands.theory._digits import log_ratio

_above = functools.partial(positive, "games")


@door
def simultaneous(lr: float) -> float:
    """The factor on the distance per simultaneous step on V = xy: sqrt(1 + lr^2), always outwards."""
    return float(np.hypot(1, _above("lr", lr)))


@door
def alternating_invariant(x: Numbers, y: Numbers, lr: float) -> Any:
    """What alternating steps on V = xy conserve: x^2 + y^2 - lr x y. An ellipse for lr below 2."""
    lr = _above("lr", lr)
    x, y = together("games", x=finite("games", "x", x), y=finite("games", "y", y))
    size = np.frexp(np.maximum(np.abs(x), np.abs(y)))[1]  # squares of large numbers overflow
    x, y = np.ldexp(x, -size), np.ldexp(y, -size)
    product = x * y
    # Where x and y agree, near lr = 2 the squares and the product cancel; a square of x - y does not.
    apart = np.square(x - y) + (2 - lr) * product
    scaled = np.where(product > 0, apart, np.square(x) + np.square(y) - lr * product)
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(scaled, 2 * size)[()]


@door
def extragradient(lr: float) -> float:
    """The factor per extragradient step on V = xy: sqrt(1 - lr^2 + lr^4).

    [Korpelevich 1976]
    """
    lr = _above("lr", lr)
    return float(np.hypot(lr * lr - 0.5, np.sqrt(0.75)))  # 1 - lr^2 + lr^4, as a sum of squares


@door
def optimistic(lr: float) -> float:
    """The factor per optimistic step on V = xy, in the long run.

    The larger root in size of m^2 - (1 + 2i lr) m + i lr = 0; it is below 1 for lr < 1/sqrt(3).
    [Daskalakis et al. 2018]
    """
    lr = _above("lr", lr)
    return float(np.abs(np.roots([1, -(1 + 2j * lr), 1j * lr])).max())


def optimistic_limit() -> float:
    """The learning rate below which the optimistic gradient converges on V = xy, 1/sqrt(3).

    Where the root of m^2 - (1 + 2i lr) m + i lr = 0 crosses the unit circle, by bisection.
    """
    from scipy.optimize import brentq

    return float(brentq(lambda lr: optimistic(lr) - 1, 0.3, 0.9, xtol=1e-14))


@door
def dirac_eigenvalues(gamma: float) -> np.ndarray:
    """The eigenvalues of the Dirac GAN's flow at its equilibrium: -gamma/2 +- sqrt(gamma^2/4 - 1/4).

    Complex, shape (2,), the faster decay first. At gamma = 0 pure rotation with frequency 1/2.
    [Mescheder, Geiger and Nowozin 2018]
    """
    gamma = not_negative("games", "gamma", gamma)
    if gamma < 1:
        turn = 1j * np.sqrt((1 - gamma) * (1 + gamma)) / 2
        return np.array([-gamma / 2 - turn, -gamma / 2 + turn])
    fast = gamma / 2 + np.sqrt(gamma - 1) * np.sqrt(gamma + 1) / 2
    return np.array([-fast, -0.25 / fast], dtype=complex)  # their product is 1/4


@door
def jensen_shannon(p: Numbers, q: Numbers) -> float:
    """The Jensen-Shannon divergence of two distributions over the same finite set, in nats.

    Args:
        p, q: probabilities, each adding up to 1.
    """
    p, q = _distribution("p", p), _distribution("q", q)
    if p.shape != q.shape:
        raise ValueError(f"games: p has {len(p)} probabilities and q {len(q)}; give as many.")
    # With p, q = m (1 +- e) each term is m/2 (ln(1 - e^2) + 2 e artanh e): no digits are lost for p near q.
    middle, there = (p + q) / 2, p + q > 0
    e = np.divide(p - q, p + q, out=np.zeros_like(p), where=there)
    alone = np.abs(e) == 1
    e = np.where(alone, 0.0, e)
    terms = np.where(alone, 2 * np.log(2), np.log1p(-(e**2)) + 2 * e * np.arctanh(e))
    return float(np.sum(middle * terms) / 2)


@door
def best_response_slope(discriminator: Numbers) -> float:
    """The slope, in the share of the first of two modes, of a generator's loss for a fixed discriminator.

    E ln(1 - D) is linear in the share: ln(1 - D_1) - ln(1 - D_2), the same everywhere. So the best
    response to any fixed discriminator that prefers one mode is total collapse. [Goodfellow et al. 2014]

    Args:
        discriminator: D at the two modes, each below 1.
    """
    first, second = pair("games", "discriminator", discriminator)
    if not (0 <= first < 1 and 0 <= second < 1):
        raise ValueError(f"games: discriminator={show(discriminator)} must lie from 0 to below 1.")
    return log_ratio(1 - first, 1 - second, second - first)


def _distribution(name: str, values: Any) -> np.ndarray:
    try:
        row = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        row = np.empty(0)
    if row.ndim != 1 or not len(row) or not (row >= 0).all() or abs(row.sum() - 1) > 1e-12:
        raise ValueError(f"games: {name}={show(values)} must be probabilities that add up to 1.")
    return row
