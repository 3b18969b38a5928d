"""Momentum with an out-of-date velocity: how long it goes the wrong way, and how a healthy one rings.

wrong_way_steps(0.99)                    # 68 steps against the new gradient
wrong_way_distance(0.1, 0.99)            # 300, at a slope of 1
ringing(lr=0.1, curvature=1, beta=0.9)   # 0.3218 radians a step: a period of 19.5 steps

The buffer is that of torch, b <- beta b + g, x <- x - lr b. In conflict, <b, g> < 0. With a
displacement velocity v = -lr b the sign is the other: healthy motion has <v, g> < 0.
"""

from __future__ import annotations

import functools

import numpy as np

from toylands._door import door
from toylands._words import show
from toylands.geometry._checks import positive
from toylands.optimizers.optimizer import check_count
from toylands.theory._digits import lost

_above = functools.partial(positive, "momentum")


def _memory(beta: float) -> float:
    if not 0 < beta < 1:
        raise ValueError(f"momentum: beta={show(beta)} must lie between 0 and 1.")
    return float(beta)


@door
def buffer_after_flip(steps: int, beta: float) -> float:
    """The buffer, per unit of slope, some steps after the gradient turned from -1 to 1.

    It was saturated at -1/(1 - beta) and is (1 - 2 beta^k)/(1 - beta) after k steps.
    """
    beta = _memory(beta)
    k = check_count("buffer_after_flip", "steps", steps, least=0)
    return (1 - 2 * beta**k) / (1 - beta)


@door
def distance_after_flip(steps: int, lr: float, beta: float) -> float:
    """How far the walker has gone in the old direction, k steps after the slope of size 1 turned.

    The sum of lr times the buffers: lr (2 beta (1 - beta^k)/(1 - beta)^2 - k/(1 - beta)). Negative
    once it is back behind the place where it was.
    """
    beta = _memory(beta)
    k = check_count("distance_after_flip", "steps", steps, least=0)
    return _above("lr", lr) * (2 * beta * lost(beta, k) / (1 - beta) - k) / (1 - beta)


@door
def wrong_way_steps(beta: float) -> int:
    """How many steps a saturated buffer goes on against the new gradient: as long as beta^k > 1/2.

    floor(ln 2/ln(1/beta)), or one less where that quotient is whole: then the last of these steps
    stands still. With a reset it is 0: the first step is already right.
    """
    return int(np.ceil(np.log(2) / -np.log(_memory(beta)))) - 1


@door
def wrong_way_distance(lr: float, beta: float) -> float:
    """How far the walker goes the wrong way, at a slope of size 1."""
    return distance_after_flip(wrong_way_steps(beta), lr, beta)


@door
def steps_back(beta: float) -> int:
    """The first step at which the walker is back where the slope turned, or behind it."""
    low = high = wrong_way_steps(beta)  # farthest out; from here on it only comes nearer
    while distance_after_flip(high, 1.0, beta) > 0 or high == low:
        high += max(1, high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if distance_after_flip(middle, 1.0, beta) > 0 else (low, middle)
    return high


@door
def ringing(lr: float, curvature: float, beta: float) -> float:
    """The angle per step, in radians, by which heavy ball turns on a parabola; 2 pi/angle is the period.

    cos(angle) = (1 + beta - lr curvature)/(2 sqrt(beta)), and the amplitude shrinks by sqrt(beta) a
    step. A ringing ball is in conflict with the gradient half of the time, for about a quarter of a
    period at a stretch, so a shorter conflict does not show that the goal has moved.
    [Polyak 1964; O'Donoghue and Candes 2015]

    Raises:
        ValueError: where it does not ring: lr curvature outside (1 - sqrt(beta))^2 to
            (1 + sqrt(beta))^2.
    """
    beta = _memory(beta)
    step = _above("lr", lr) * _above("curvature", curvature)
    less = (1 - beta) / (1 + np.sqrt(beta))  # 1 - sqrt(beta)
    low, high = less**2, (1 + np.sqrt(beta)) ** 2
    if not low < step < high:
        raise ValueError(
            f"ringing: lr * curvature = {lr * curvature:g} must lie between {low:.4g} and {high:.4g}; "
            f"elsewhere heavy ball with beta={beta:g} does not ring."
        )
    left = (4 - step) - less * (4 - less)  # high - step
    return float(2 * np.arctan2(np.sqrt(step - low), np.sqrt(max(left, 0.0))))  # by the half angle
