"""Clipped gradients: exact in one dimension, no gradient of anything in two, biased in batches.

clipped((3, 4), 1.0)                               # (0.6, 0.8)
normalised_curl([[100, 0], [0, 1]], (1, 1))        # -0.0099: not the gradient of any loss
clipped_mean([-1] * 9 + [19], 1.0)                 # -0.8, where the mean is 1
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands._door import Numbers, door
from toylands._words import show
from toylands.formula.norms import norm
from toylands.geometry._checks import positive


def _numbers(values: Any) -> np.ndarray:
    """An array of floats; of NaN, which every check here refuses, for what is not numbers."""
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        return np.array([np.nan])


@door
def clipped(gradient: Numbers, max_norm: float, *, eps: float = 0.0) -> np.ndarray:
    """A gradient with its norm clipped: g min(1, max_norm/(|g| + eps)).

    With eps = 0 as optax.clip_by_global_norm, with 1e-6 as torch.nn.utils.clip_grad_norm_ and
    `toylands.clip_norm`. [Pascanu, Mikolov and Bengio 2013]

    Args:
        gradient: shape (d,), or (n, d) for one gradient per row.
        max_norm: above 0. eps: 0 or more.
    """
    g = _numbers(gradient)
    if g.ndim not in (1, 2) or not np.isfinite(g).all():
        raise ValueError(
            f"clipped: gradient={show(gradient)} must be finite numbers of shape (d,) or (n, d)."
        )
    if not eps >= 0:
        raise ValueError(f"clipped: eps={show(eps)} must be 0 or more.")
    limit = positive("clipped", "max_norm", max_norm)
    size = norm(g)[..., None] + eps
    return g * np.minimum(1, np.divide(limit, size, out=np.ones_like(size), where=size > 0))


@door
def clipped_mean(gradients: Numbers, limit: float) -> float:
    """The mean of one-dimensional gradients that are clipped one by one to [-limit, limit].

    It may differ from the mean in size and in sign: clipping per example is biased. [Zhang et al.
    2020]
    """
    g = _numbers(gradients)
    if g.ndim != 1 or not len(g) or not np.isfinite(g).all():
        raise ValueError(
            f"clipped_mean: gradients={show(gradients)} must be one or more finite numbers in a row."
        )
    limit = positive("clipped_mean", "limit", limit)
    return float(np.clip(g, -limit, limit).mean())


@door
def normalised_curl(hessian: Numbers, point: Numbers) -> float:
    """The curl of the normalised gradient Hx/|Hx| of a bowl in two coordinates, at a point.

    With F = g/|g| the Jacobian is (I - FF') H/|g|, and the curl its lower minus its upper corner. It is
    0 everywhere only when the field is the gradient of some loss; a bowl that is not round, clipped by
    norm, is not. Where the gradient is clipped by norm, `clip_norm` follows max_norm times this field.

    Raises:
        ValueError: where the gradient is 0.
    """
    h, x = _numbers(hessian), _numbers(point)
    if h.shape != (2, 2) or x.shape != (2,) or h[0, 1] != h[1, 0]:
        raise ValueError(
            f"normalised_curl: hessian={show(hessian)} must be symmetric, 2 by 2, and "
            f"point={show(point)} two numbers."
        )
    g = h @ x
    size = float(norm(g))
    if not (np.isfinite(size) and size > 0):
        raise ValueError(f"normalised_curl: the gradient at point={show(point)} is {show(g)}.")
    field = g / size
    jacobian = (np.eye(2) - np.outer(field, field)) @ h / size
    return float(jacobian[1, 0] - jacobian[0, 1])
