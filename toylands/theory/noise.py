"""Noise on a parabola: the floor it leaves, step by step, and which learning rates survive it.

floor(lr=0.1, curvature=1, sigma=1)              # 0.0526, the stationary variance of descent
variance_path([0.1] * 50, 1, 1, start=0)         # and how it gets there
largest_lr([0, 4], batch=2)                      # 2/3: mean-square stability of mini-batches
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np

from toylands._door import Numbers, door
from toylands._words import show
from toylands.geometry._checks import not_negative, positive
from toylands.optimizers.optimizer import check_count

_above = functools.partial(positive, "noise")


@door
def floor(lr: float, curvature: float, sigma: float, beta: float = 0.0) -> float:
    """The stationary variance of descent on curvature x^2/2 with gradient noise of deviation sigma.

    lr sigma^2 (1 + beta)/(curvature (1 - beta)(2 (1 + beta) - lr curvature)) for the heavy ball
    m <- beta m + g, x <- x - lr m; with beta = 0 plain descent. A batch of B samples has sigma^2/B.
    Only while lr * curvature is far below 2 does lr/B alone set the size: ten times both is more.
    [Mandt, Hoffman and Blei 2017]

    Raises:
        ValueError: unless 0 <= beta < 1 and lr * curvature < 2 (1 + beta); beyond it nothing is stationary.
    """
    lr, curvature, sigma = _above("lr", lr), _above("curvature", curvature), _above("sigma", sigma)
    if not 0 <= beta < 1:
        raise ValueError(f"noise: beta={show(beta)} must be at least 0 and below 1.")
    room = 2 * (1 + beta) - lr * curvature
    if room <= 0:
        raise ValueError(
            f"noise: lr * curvature = {lr * curvature:g} must be below {2 * (1 + beta):g}; beyond it "
            "nothing is stationary."
        )
    return sigma * (lr * sigma / curvature) * (1 + beta) / ((1 - beta) * room)


@door
def excess_loss(variance: float, curvature: float) -> float:
    """The mean loss above the minimum of a walker with this variance: curvature * variance/2."""
    return _above("curvature", curvature) * not_negative("noise", "variance", variance) / 2


@door
def variance_path(rates: Numbers, curvature: float, sigma: float, start: float) -> np.ndarray:
    """The variance of x at every step of noisy descent with a rate per step, shape (steps + 1,).

    v <- (1 - lr curvature)^2 v + lr^2 sigma^2. With lr = 1/(t + 1) and curvature 1 it is the variance
    of a running mean, sigma^2/t.

    Args:
        rates: the learning rate of each step.
        curvature, sigma: of the parabola, and the deviation of its gradient noise.
        start: the variance before the first step; 0 for a certain start.
    """
    rates = _rates(rates)
    curvature, sigma = _above("curvature", curvature), _above("sigma", sigma)
    v = np.empty(len(rates) + 1)
    v[0] = not_negative("noise", "start", start)
    for t, lr in enumerate(rates):
        v[t + 1] = (1 - lr * curvature) ** 2 * v[t] + (lr * sigma) ** 2
    return v


@door
def expected_loss(rates: Numbers, curvature: float, sigma: float, start: float) -> np.ndarray:
    """The mean loss at every step of noisy descent from the point `start`, shape (steps + 1,).

    (curvature/2)(mean^2 + variance): the start is forgotten at the speed of the product of the factors
    1 - lr * curvature, the noise collected meanwhile has to be forgotten as well. So a schedule needs a
    large sum of rates, small recent ones, and a way from one to the other that is not too short.

    Args:
        rates: the learning rate of each step, such as lr * schedule.values(steps).
        curvature, sigma: of the parabola, and the deviation of its gradient noise (0 for none).
        start: where the walk begins.
    """
    rates = _rates(rates)
    curvature = _above("curvature", curvature)
    mean = start * np.append(1.0, np.cumprod(1 - rates * curvature))
    variance = 0.0 if sigma == 0 else variance_path(rates, curvature, sigma, 0.0)
    return np.asarray(curvature / 2 * (mean**2 + variance))


@door
def growth(rates: Numbers, curvature: float) -> tuple[int, float]:
    """How many steps of a schedule are unstable on a curvature, and by how much they stretch x in all.

    A step is unstable when |1 - lr * curvature| > 1, that is lr > 2/curvature; the growth is the product
    of these factors.
    """
    factors = np.abs(1 - _rates(rates) * _above("curvature", curvature))
    wild = factors > 1
    return int(wild.sum()), float(np.prod(factors[wild]))


@door
def second_moment(lr: float, curvatures: Numbers, batch: int | None = None) -> float:
    """The factor by which E x^2 changes in one step on samples a_i x^2/2: E (1 - lr a)^2.

    With batches of B drawn with replacement it is (1 - lr a)^2 + lr^2 s^2/B, with a the mean and s^2 the
    variance of the curvatures. [Wu, Ma and E 2018]

    Args:
        lr: the learning rate.
        curvatures: one per sample.
        batch: B; None for the full batch.
    """
    mean, variance = _moments(curvatures, batch)
    return float((1 - lr * mean) ** 2 + lr**2 * variance)


@door
def largest_lr(curvatures: Numbers, batch: int | None = None) -> float:
    """The rate below which E x^2 shrinks on samples a_i x^2/2: 2a/(a^2 + s^2/B), or 2/a in full batches.

    Batch noise punishes curvature that differs between samples: two sets with the same mean have the
    same Hessian and another limit. [Wu, Ma and E 2018]
    """
    mean, variance = _moments(curvatures, batch)
    if mean <= 0:
        raise ValueError(f"noise: the mean curvature {mean:g} must be above 0; no rate is stable.")
    return float(2 / (mean + variance / mean))


@door
def lyapunov(lr: float, curvatures: Numbers) -> float:
    """The mean of ln|1 - lr a| over single samples: below 0, almost every walk shrinks to the minimum.

    It may be negative where E x^2 explodes, carried by ever rarer walks, and even where the full batch
    diverges: noise can stabilise. Minus infinity when a sample is solved in one step.
    [Ziyin et al. 2023]
    """
    with np.errstate(divide="ignore"):
        step = _above("lr", lr) * _curvatures(curvatures)
        near = np.abs(step) < 0.5
        logs = np.where(near, np.log1p(-np.where(near, step, 0.0)), np.log(np.abs(1 - step)))
        return float(np.mean(logs))


@door
def largest_lr_almost_surely(curvatures: Numbers) -> float:
    """The rate up to which `lyapunov` is negative for single samples of positive curvature.

    The first zero of the mean of ln|1 - lr a| beyond 0. At every lr = 1/a the mean is minus infinity;
    between these poles, in order, it is sampled at 201 places and a change of sign is refined.
    """
    from scipy.optimize import brentq

    values = _curvatures(curvatures)
    if (values <= 0).any():
        raise ValueError(f"noise: curvatures={show(values)} must all be above 0 here.")
    # From 0 to 1/max every logarithm is negative; beyond 2/min every one is positive. Where a term
    # is minus infinity the mean is too, so look between these poles, in order.
    poles = [*np.unique(1 / values), 2 / values.min()]
    for low, high in itertools.pairwise(poles):
        left = low * (1 + 1e-12)
        grid = np.linspace(left, high * (1 - 1e-12), 201)
        up = np.flatnonzero(np.array([lyapunov(lr, values) for lr in grid]) > 0)
        if len(up):
            first = up[0]
            return float(brentq(lyapunov, grid[max(first - 1, 0)], grid[first], (values,)))
    return float(poles[-1])


def _rates(rates: Any) -> np.ndarray:
    try:
        values = np.asarray(rates, dtype=float)
    except (TypeError, ValueError):
        values = np.empty((0, 0))
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError(
            f"noise: rates={show(rates)} must be a row of finite numbers, such as "
            "0.1 * schedule.values(100)."
        )
    return values


def _curvatures(curvatures: Any) -> np.ndarray:
    try:
        values = np.asarray(curvatures, dtype=float)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise ValueError(
            f"noise: curvatures={show(curvatures)} must be one or more finite numbers in a row."
        )
    return values


def _moments(curvatures: Any, batch: int | None) -> tuple[float, float]:
    """The mean curvature of a batch and its variance."""
    values = _curvatures(curvatures)
    if batch is None:
        return float(values.mean()), 0.0
    return float(values.mean()), float(values.var()) / check_count("noise", "batch", batch, least=1)
