"""Averaging weights (SWA, EMA): how much variance it removes, and to which side of a valley it leans.

average_variance(100, lr=0.1, curvature=1, sigma=1)  # 0.00905, from 0.0526 of one iterate
valley_mean(1.0)                                     # -0.5772: on the flat side of e^x - x - 1
"""

from __future__ import annotations

import functools

from toylands._door import door
from toylands.geometry._checks import positive
from toylands.optimizers.optimizer import check_count
from toylands.theory._digits import binomial_tail, digamma_over_log, lost

_above = functools.partial(positive, "averaging")


def _step(lr: float, curvature: float) -> float:
    """lr * curvature: one step remembers 1 minus that of the last."""
    step = _above("lr", lr) * _above("curvature", curvature)
    if step >= 2:
        raise ValueError(
            f"averaging: lr * curvature = {step:g} must be below 2: beyond it nothing is stationary."
        )
    return step


@door
def iterate_variance(lr: float, curvature: float, sigma: float) -> float:
    """The stationary variance of gradient descent with gradient noise of deviation sigma.

    x <- a x + lr noise with a = 1 - lr * curvature: lr^2 sigma^2/(1 - a^2), which is
    lr sigma^2/(curvature (1 + a)). Exact on a parabola.
    """
    step, sigma = _step(lr, curvature), _above("sigma", sigma)
    return sigma * (lr * sigma / curvature) / (2 - step)


@door
def average_variance(n: int, lr: float, curvature: float, sigma: float) -> float:
    """The variance of the mean of n consecutive stationary iterates.

    (v/n) [(1+a)/(1-a) - 2 a (1 - a^n)/(n (1-a)^2)] with v the variance of one and a = 1 - lr *
    curvature; for large n it tends to sigma^2/(n curvature^2), whatever the learning rate. [Polyak
    and Juditsky 1992]
    """
    n = check_count("average_variance", "n", n, least=1)
    s, v = _step(lr, curvature), iterate_variance(lr, curvature, sigma)
    if (n + 1) * s < 1:  # both terms are huge and nearly equal: in powers of s they cancel exactly
        return v * (1 + 2 * s * binomial_tail(n + 1, s, 3) / n / n)
    if s < 1:
        forgotten = lost(1 - s, n)
    else:
        forgotten = lost(s - 1, n) if n % 2 == 0 else 2 - lost(s - 1, n)
    return v / n * ((2 - s) / s - 2 * (1 - s) / s * forgotten / (n * s))


@door
def ema_variance(decay: float, memory: float = 0.0) -> float:
    """The stationary variance of an exponential moving average, per variance of one iterate.

    (1-d)/(1+d) (1 + a d)/(1 - a d) for iterates with autocorrelation a^k; white noise has a = 0. With
    d = (n-1)/(n+1) and a = 0 it is 1/n, that of the mean of n.

    Args:
        decay: d, from 0 to below 1.
        memory: a, between -1 and 1; 1 - lr * curvature for gradient descent on a parabola.
    """
    if not 0 <= decay < 1:
        raise ValueError(f"ema_variance: decay={decay!r} must be at least 0 and below 1.")
    if not -1 < memory < 1:
        raise ValueError(f"ema_variance: memory={memory!r} must lie between -1 and 1.")
    # 1 - a d and 1 + a d from what is left of each, which no product rounds away.
    below, above = (1 - decay) + decay * (1 - memory), (1 - decay) + decay * (1 + memory)
    return (1 - decay) / (1 + decay) * above / below


@door
def valley_mean(temperature: float) -> float:
    """The mean position in the asymmetric valley e^x - x - 1 at a temperature: psi(1/T) + ln T.

    With the density proportional to exp(-L/T), e^x/T has the gamma distribution of shape 1/T, whose
    mean logarithm is psi(1/T), the digamma function. Negative at every T: since E L' = 0 makes
    E e^x = 1, the mean lies on the flat side (Jensen). [He, Huang and Yuan 2019, for the claim]
    """
    t = _above("temperature", temperature)
    return digamma_over_log(1 / t)


@door
def valley_mean_loss(temperature: float) -> float:
    """The mean of the loss e^x - x - 1 at a temperature, which is -`valley_mean`.

    Because E e^x = 1. By Jensen's inequality it exceeds the loss at the mean position.
    """
    return -valley_mean(temperature)
