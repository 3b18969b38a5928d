"""Conditioning: what centring, scaling and layer normalisation do to a Hessian.

regression_hessian([0, 1, 2, 3])                     # of slope and offset; condition number 14.1
condition_number(regression_hessian(standardised([0, 1, 2, 3])))      # 1
standardised_condition(0.9)                          # 19: what scaling cannot remove
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands._door import Numbers, door
from toylands._words import show


@door
def condition_number(hessian: Numbers) -> float:
    """The largest over the smallest eigenvalue of a positive definite matrix.

    Raises:
        ValueError: for a matrix that is not symmetric and positive definite.
    """
    h = np.asarray(hessian, dtype=float)
    if h.ndim != 2 or h.shape[0] != h.shape[1] or not np.allclose(h, h.T, rtol=1e-12, atol=0):
        raise ValueError(f"condition_number: hessian={show(hessian)} must be a symmetric matrix.")
    values = np.linalg.eigvalsh(h)
    if not values[0] > 0:
        raise ValueError(
            f"condition_number: the eigenvalue {show(float(values[0]))} is not above 0; a condition "
            "number is for a minimum that curves in every direction."
        )
    return float(values[-1] / values[0])


@door
def centred(x: Numbers) -> np.ndarray:
    """A feature minus its mean, shape (n,)."""
    values = _feature("centred", x)
    return values - values.mean()


@door
def standardised(x: Numbers) -> np.ndarray:
    """A feature minus its mean, divided by its standard deviation (over n, not n - 1), shape (n,).

    Raises:
        ValueError: for a constant feature.
    """
    moved = centred(x)
    size = np.sqrt(np.mean(moved**2))
    if size == 0:
        raise ValueError(f"standardised: x={show(x)} is constant, so there is nothing to scale.")
    return moved / size


@door
def regression_hessian(x: Numbers) -> np.ndarray:
    """The Hessian of the mean squared error of w*x + b: 2 [[mean x^2, mean x], [mean x, 1]].

    Centring removes the entries off the diagonal, scaling makes the diagonal equal. Without a factor
    1/2 in the loss, as in the landscape `regression`.
    """
    values = _feature("regression_hessian", x)
    mean = values.mean()
    return 2 * np.array([[np.mean(values**2), mean], [mean, 1.0]])


@door
def standardised_condition(correlation: float) -> float:
    """The condition number of two standardised features: (1 + |r|)/(1 - |r|).

    Normalisation equalises the diagonal; the correlation r, below 1 in size, stays. It is a diagonal
    preconditioner with centring, not whitening.
    """
    if not -1 < correlation < 1:
        raise ValueError(
            f"standardised_condition: correlation={show(correlation)} must lie between -1 and 1."
        )
    r = abs(correlation)
    return (1 + r) / (1 - r)


@door
def layer_norm(x: Numbers) -> np.ndarray:
    """Layer normalisation without gain, offset or eps: the units of one sample, `standardised`.

    Unchanged when x becomes a x + b with a > 0. [Ba, Kiros and Hinton 2016]
    """
    return standardised(x)


@door
def layer_norm_jacobian(x: Numbers) -> np.ndarray:
    """The Jacobian of `layer_norm`: (I - 11'/n - zz'/n)/sigma at z = layer_norm(x), shape (n, n).

    A projection of rank n - 2, divided by the standard deviation sigma: it removes the direction of
    x and that of the ones, and all its other singular values are 1/sigma.
    """
    z = layer_norm(x)
    n = len(z)
    return (np.eye(n) - (1 + np.outer(z, z)) / n) / np.std(_feature("layer_norm_jacobian", x))


def _feature(owner: str, x: Any) -> np.ndarray:
    try:
        values = np.asarray(x, dtype=float)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise ValueError(f"{owner}: x={show(x)} must be two or more finite numbers in a row.")
    return values
