"""Which of many solutions training finds: by the start, by the optimizer, by the size of the weights.

    least_norm([[3, 4]], [5])                    # (0.6, 0.8): where gradient descent ends from 0
    sign_descent_end([3, 4], 5)                  # (5/7, 5/7): where Adam ends, with eps = 0
    diagonal_network_end([1, 2], 2, alpha=1)     # (0.394, 0.803): between the sparse and the short one

The loss is 0 at all of them.
"""

from __future__ import annotations

from math import isfinite, log1p
from typing import Any

import numpy as np

from toylands._door import Numbers, door
from toylands._words import show
from toylands.geometry._checks import positive
from toylands.optimizers.optimizer import check_count
from toylands.theory._digits import log_ratio


def _example(owner: str, x: Any, y: Any) -> tuple[np.ndarray, float]:
    inputs, target = np.asarray(x, dtype=float), float(y)
    if inputs.ndim != 1 or not inputs.size or not np.isfinite(inputs).all() or not inputs.any():
        raise ValueError(
            f"{owner}: x={show(x)} must be one example: finite numbers in a row, not all 0."
        )
    if not isfinite(target):
        raise ValueError(f"{owner}: y={show(y)} must be a finite number.")
    return inputs, target


@door
def guaranteed_flat(parameters: int, examples: int, outputs: int = 1) -> int:
    """How many eigenvalues of the Hessian are 0 at any interpolating point: at least p - n k.

    Half the sum of squared residuals has H = J'J + sum r_i Hess f_i, and J'J has rank at most n k. For a
    linear model the second term is absent, so the count holds everywhere; for another it holds where
    all residuals are 0, and not at the start of training in general. [Cooper 2018]

    Args:
        parameters: p, 1 or more.
        examples: n, 1 or more.
        outputs: k, 1 or more.
    """
    p, n, k = (
        check_count("guaranteed_flat", name, value, least=1)
        for name, value in (
            ("parameters", parameters),
            ("examples", examples),
            ("outputs", outputs),
        )
    )
    return max(p - n * k, 0)


@door
def least_norm(inputs: Numbers, targets: Numbers, start: Numbers | None = None) -> np.ndarray:
    """The solution nearest to the start, where stable gradient descent ends: w0 + X^+ (y - X w0), (d,).

    Steps of GD, and of momentum, are combinations of examples, so that w - w0 stays in the row space. If
    there is no solution it is the nearest least-squares fit. [Gunasekar et al. 2018]

    Args:
        inputs: X, shape (n, d).
        targets: y, shape (n,).
        start: w0, shape (d,); by default the origin.
    """
    x, y = np.asarray(inputs, dtype=float), np.asarray(targets, dtype=float)
    if x.ndim != 2 or y.shape != x.shape[:1] or not x.size:
        raise ValueError(
            f"least_norm: inputs of shape {x.shape} and targets of shape {y.shape}; expected (n, d) and "
            "(n,), one row per example."
        )
    w0 = np.zeros(x.shape[1]) if start is None else np.asarray(start, dtype=float)
    if w0.shape != x.shape[1:] or not all(np.isfinite(a).all() for a in (x, y, w0)):
        raise ValueError(
            f"least_norm: start={show(start)} must have shape ({x.shape[1]},), and all numbers be finite."
        )
    return w0 + np.linalg.pinv(x) @ (y - x @ w0)


@door
def sign_descent_end(x: Numbers, y: float) -> np.ndarray:
    """Where sign descent, Adam and AdaGrad (eps = 0) end from the origin with one example, shape (d,).

    Every gradient is r x, so each coordinate takes a step of the same size along sign(x): w = sign(x)
    y/|x|_1. Of all solutions it has the smallest largest weight. That is a fact about one example: with
    several, Adam's end point is in general no solution of a simple problem. Inputs that are 0 get no
    gradient and no step (with eps = 0 exactly, 0/0). [Wilson et al. 2017]

    Args:
        x: the input, shape (d,).
        y: the target.
    """
    inputs, target = _example("sign_descent_end", x, y)
    return np.sign(inputs) * target / np.abs(inputs).sum()


@door
def diagonal_network_end(x: Numbers, y: float, alpha: float) -> np.ndarray:
    """Where gradient flow ends for w = u^2 - v^2 from u = v = alpha, with one example, shape (d,).

    Since u_i v_i is conserved and (ln u_i/v_i)' = -4 x_i r, it is w_i = 2 alpha^2 sinh(x_i mu) with mu such
    that w.x = y. For alpha -> 0 it tends to the solution of least sum of absolute values, for alpha ->
    infinity to that of least length. [Woodworth et al. 2020]

    Args:
        x: the input, shape (d,).
        y: the target.
        alpha: the size of all weights at the start, above 0.
    """
    from scipy.optimize import brentq

    inputs, target = _example("diagonal_network_end", x, y)
    alpha = positive("diagonal_network_end", "alpha", alpha)
    size = np.abs(inputs[inputs != 0])
    # No input may overshoot alone, which bounds mu; as a share of that bound it is of order one.
    share_of_one = abs(target) / (2 * alpha**2 * size)
    largest = float(np.min(np.arcsinh(share_of_one) / size))

    def weights(share: float) -> np.ndarray:
        return 2 * alpha**2 * np.sinh(inputs * share * largest)

    if target == 0:
        return np.zeros(len(inputs))
    share = brentq(lambda t: float(weights(t) @ inputs) - abs(target), 0, 1 + 1e-12, xtol=1e-15)
    return np.sign(target) * weights(share)


@door
def squared_weights_end(x: Numbers, y: float, alpha: float) -> np.ndarray:
    """Where gradient flow ends for w = u^2 from u = alpha, with one example of positive inputs, (d,).

    Since (ln u_i)' = -2 x_i r, it is w_i = alpha^2 exp(2 x_i mu) with mu such that w.x = y.
    [Woodworth et al. 2020; elementary]

    Args:
        x: the input, shape (d,), all above 0.
        y: the target, above 0.
        alpha: the size of all weights at the start, above 0.
    """
    from scipy.optimize import brentq

    inputs, target = _example("squared_weights_end", x, y)
    if (inputs <= 0).any():
        raise ValueError(f"squared_weights_end: x={show(x)} must be positive throughout.")
    target = positive("squared_weights_end", "y", target)
    alpha = positive("squared_weights_end", "alpha", alpha)
    # mu is largest if one input does all the work, smallest if each does its d-th part.
    bounds = [
        np.min(np.log(part / (alpha**2 * inputs)) / (2 * inputs))
        for part in (target / len(inputs), target)
    ]
    low, high = float(bounds[0]), float(bounds[1])
    margin = 1e-9 * (1 + abs(low) + abs(high))

    def weights(mu: float) -> np.ndarray:
        return alpha**2 * np.exp(2 * inputs * mu)

    mu = brentq(
        lambda t: float(weights(t) @ inputs) - target, low - margin, high + margin, xtol=1e-15
    )
    return weights(mu)


@door
def circle_time(r0: float, r1: float) -> float:
    """How long gradient flow on (|p|^2 - 1)^2/2 takes from radius r0 to r1, both on one side of 1.

    r' = 2 r (1 - r^2), so with q(r) = r^2/|1 - r^2| the time is ln(q(r1)/q(r0))/4. The angle does not change:
    the end is start/|start|. [elementary]

    Args:
        r0, r1: radii above 0, not 1; r1 between r0 and 1.
    """
    r0, r1 = positive("circle_time", "r0", r0), positive("circle_time", "r1", r1)
    if not (r0 <= r1 < 1 or r0 >= r1 > 1):
        raise ValueError(
            f"circle_time: the flow from r0={show(r0)} never reaches r1={show(r1)}; it goes towards 1, "
            "which it does not reach in finite time."
        )
    if r0 > max(2 * r1, 2):  # ln q is about 1/r^2 far out, and small beside that of r1
        last = (
            -log1p(-((1 / r1) ** 2)) if r1 > 1.5 else log_ratio(r1, r1 - 1) + log_ratio(r1, r1 + 1)
        )
        return (last + log1p(-((1 / r0) ** 2))) / 4
    nearer = log_ratio(abs(1 - r0), abs(1 - r1), abs(r1 - r0))
    return (2 * log_ratio(r1, r0) + nearer + log_ratio(1 + r0, 1 + r1, r0 - r1)) / 4
