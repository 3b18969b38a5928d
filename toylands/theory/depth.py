"""Depth: what a product of many layers does to a signal, a gradient and a path.

sensitivities([0.9] * 50)             # 0.0057 for every layer: the product of the other 49
typical_gain(10, depth=50)            # 0.0755, although the mean square gain is exactly 1
path_weights(10, 0.1)                 # what paths of 0, 1, ..., 10 branches carry
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from toylands._door import Numbers, door
from toylands._words import show
from toylands.geometry._checks import positive
from toylands.optimizers.optimizer import check_count
from toylands.theory._digits import digamma_over_log, shrunk

_above = functools.partial(positive, "depth")


@door
def sensitivities(weights: Numbers) -> np.ndarray:
    """The derivative of a product of weights by each of them: the product of the others.

    For d equal weights w it is w^(d-1), which vanishes or explodes with depth unless |w| is within
    about 1/d of 1. Exact also where a weight is 0.

    Args:
        weights: one number per layer, shape (d,). Returns shape (d,).
    """
    w = _row("sensitivities", "weights", weights)
    before = np.concatenate([[1.0], np.cumprod(w[:-1])])
    after = np.concatenate([np.cumprod(w[:0:-1])[::-1], [1.0]])
    return before * after


@door
def mean_log_gain(width: int) -> float:
    """E ln(|Wv|^2/|v|^2) of a square Gaussian layer, W_ij ~ N(0, 1/n): psi(n/2) - ln(n/2).

    |Wv|^2/|v|^2 is a chi-squared variable with n degrees of freedom divided by n. Its mean is 1; the
    mean of its logarithm is negative, about -1/n. [Hanin and Nica 2020]
    """
    return digamma_over_log(check_count("mean_log_gain", "width", width, least=1) / 2)


@door
def typical_gain(width: int, depth: int) -> float:
    """The typical |Jv|/|v| of a product J of Gaussian layers: exp(depth/2 * `mean_log_gain`).

    The geometric mean, hence close to the median for a deep product. E |Jv|^2 = |v|^2 at every depth:
    the mean is kept up by ever rarer, ever larger products. [Hanin and Nica 2020]
    """
    depth = check_count("typical_gain", "depth", depth, least=0)
    return float(np.exp(depth / 2 * mean_log_gain(width)))


@door
def random_gains(width: int, depth: int, *, count: int = 1000, seed: int = 0) -> np.ndarray:
    """|Jv| for many products of Gaussian layers and a unit vector v, shape (count,).

    Matrices W_ij ~ N(0, 1/n) are drawn and multiplied, layer by layer.
    """
    n = check_count("random_gains", "width", width, least=1)
    depth = check_count("random_gains", "depth", depth, least=0)
    count = check_count("random_gains", "count", count, least=1)
    rng = np.random.default_rng(seed)
    gains = np.empty(count)
    for k in range(count):
        v = np.zeros(n)
        v[0] = 1.0
        for _ in range(depth):
            v = rng.standard_normal((n, n)) @ v / np.sqrt(n)
        gains[k] = np.linalg.norm(v)
    return gains


@door
def path_weights(depth: int, w: float) -> np.ndarray:
    """What the paths through k of d residual branches carry: C(d, k) w^k, shape (d+1,).

    Their sum is (1 + w)^d, over 2^d paths. [Veit, Wilber and Belongie 2016]
    """
    from scipy.special import comb

    depth = check_count("path_weights", "depth", depth, least=0)
    k = np.arange(depth + 1)
    return comb(depth, k) * _number("path_weights", "w", w) ** k


@door
def mean_path_length(depth: int, w: float) -> float:
    """The mean number of branches on a path, weighted by what it carries: d w/(1 + w).

    The number is binomial, with the chance w/(1 + w) for every branch; w > 0.
    """
    depth = check_count("mean_path_length", "depth", depth, least=0)
    return depth * _above("w", w) / (1 + w)


@door
def residual_gradient_bound(depth: int, radius: float, residual: float) -> float:
    """A lower bound on |grad|^2 of (prod (1 + w_i) - y)^2/2 where all |w_i| <= radius < 1.

    d (1 - radius)^(2d - 2) residual^2, because every partial derivative is the residual times the
    d - 1 other factors, each at least 1 - radius. So no stationary point is there but the minima.
    [Hardt and Ma 2017, for matrices]
    """
    depth = check_count("residual_gradient_bound", "depth", depth, least=1)
    if not 0 <= radius < 1:
        raise ValueError(
            f"residual_gradient_bound: radius={show(radius)} must be at least 0 and below 1."
        )
    miss = _number("residual_gradient_bound", "residual", residual)
    return depth * (shrunk(radius, depth - 1) * miss) ** 2


def _number(owner: str, name: str, value: Any) -> float:
    return float(_row(owner, name, [value])[0])


def _row(owner: str, name: str, values: Any) -> np.ndarray:
    try:
        row = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        row = np.empty(0)
    if row.ndim != 1 or not len(row) or not np.isfinite(row).all():
        raise ValueError(f"{owner}: {name}={show(values)} must be finite, one or more in a row.")
    return row
