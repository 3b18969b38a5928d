"""Dropout averaged over its masks, for linear models: which Hessian it leaves.

moment = [[1, 0.9], [0.9, 1]]
hessian(moment, keep=0.5, inverted=True)      # what libraries do: G + ((1-q)/q) diag G
"""

from __future__ import annotations

import numpy as np

from toylands._door import Numbers, door
from toylands._words import show


@door
def hessian(moment: Numbers, keep: float, *, inverted: bool) -> np.ndarray:
    """The Hessian of half the expected squared error of a linear model whose inputs are dropped.

    Plain masks: q^2 G + q (1-q) diag G, with largest eigenvalue at most q times that of G. Inverted
    masks (kept inputs are divided by q): G + ((1-q)/q) diag G, a positive matrix added. They are
    proportional, so the condition number is the same. [Wager, Wang and Liang 2013]

    Args:
        moment: G = E x x', shape (d, d), symmetric.
        keep: q, above 0 and at most 1.
        inverted: whether kept inputs are divided by q.
    """
    g = np.asarray(moment, dtype=float)
    if g.ndim != 2 or g.shape[0] != g.shape[1] or not np.array_equal(g, g.T):
        raise ValueError(f"hessian: moment={show(moment)} must be a symmetric matrix E x x'.")
    if not 0 < keep <= 1:
        raise ValueError(f"hessian: keep={keep!r} must be above 0 and at most 1.")
    ridge = g + (1 - keep) / keep * np.diag(np.diag(g))
    return ridge if inverted else keep**2 * ridge


@door
def product_minimum(drop: float) -> float:
    """The product uv at the minima of (uv - 1)^2/2 with inverted dropout of the hidden unit: 1 - p.

    The expected loss is (s-1)^2/2 + p/(1-p) s^2/2 in s = uv. [Mianjy, Arora and Vidal 2018]
    """
    if not 0 <= drop < 1:
        raise ValueError(f"product_minimum: drop={drop!r} must be at least 0 and below 1.")
    return 1 - drop
