"""Dropout, averaged over all masks: an adaptive ridge, in one of two conventions.

    tl.landscapes.dropout_plain.spectrum((0, 0))          # top eigenvalue 0.725, below 1.9
    tl.landscapes.dropout_inverted.spectrum((0, 0))       # 2.9, above it
    tl.landscapes.dropout_product.minima                  # uv = 1 - p instead of uv = 1

Whether dropout flattens depends on the convention and on which Hessian is meant. What holds in both
is that a ridge is added, larger for inputs that are larger, and that conditioning improves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands.formula import Declared, dial, landscape, minimum, saddle, sqrt, valley


def _bottom(keep: float, r: float, scale: float) -> list[Declared]:
    """The minimum: scale^2 (G + (1-q)/q diag G) w = scale G (1, 1)."""
    moment = np.array([[1.0, r], [r, 1.0]])
    ridge = moment + (1 - keep) / keep * np.diag(np.diag(moment))
    return [minimum(np.linalg.solve(scale * ridge, moment @ np.ones(2)))]


def _expected(a: Any, b: Any, keep: Any, r: Any, scale: Any) -> Any:
    """Half the expected squared error of weights (a, b) against (1, 1), inputs dropped at random."""
    u, v = scale * a - 1, scale * b - 1
    return (u**2 + 2 * r * u * v + v**2 + scale**2 * (1 - keep) / keep * (a**2 + b**2)) / 2


@landscape(
    view=((-1.5, 3.5), (-1.5, 3.5)),
    start=(-1.0, 2.0),
    source="Srivastava et al. 2014; Wager, Wang and Liang 2013",
    tags=("dropout", "regularisation", "quadratic", "regression", "sharp and flat"),
    lesson=12,
    levels="quantile",
    critical=lambda keep, r: _bottom(keep, r, keep),
    keep=dial(0.5, 0.1, 1, label="probability to keep an input"),
    r=dial(0.9, -0.95, 0.95, label="correlation of the inputs"),
)
def dropout_plain(a, b, *, keep, r):
    """Linear regression with inputs kept with probability keep, otherwise set to 0.

    Two inputs of variance 1 and correlation r, true weights (1, 1), averaged over data and masks.
    The Hessian is q^2 G + q (1-q) diag G with q = keep and G = [[1, r], [r, 1]]; its largest
    eigenvalue is at most q times that of G. At keep = 1 it is the loss without dropout. To be used
    with the whole input, the learned weights must be multiplied by q.
    """
    return _expected(a, b, keep, r, keep)


@landscape(
    view=((-1.5, 3.5), (-1.5, 3.5)),
    start=(-1.0, 2.0),
    source="Srivastava et al. 2014; Wager, Wang and Liang 2013",
    tags=("dropout", "regularisation", "quadratic", "regression", "sharp and flat"),
    lesson=12,
    levels="quantile",
    critical=lambda keep, r: _bottom(keep, r, 1.0),
    keep=dial(0.5, 0.1, 1, label="probability to keep an input"),
    r=dial(0.9, -0.95, 0.95, label="correlation of the inputs"),
)
def dropout_inverted(a, b, *, keep, r):
    """The same regression with inverted dropout: the kept inputs are divided by keep.

    This is what libraries do. The Hessian is G + ((1-q)/q) diag G: a positive matrix is *added*, so
    the largest eigenvalue rises, from 1 + |r| to 1 + |r| + (1-q)/q. The condition number is that of
    the plain convention and smaller than without dropout.
    """
    return _expected(a, b, keep, r, 1)


@landscape(
    view=((-2.5, 2.5), (-2.5, 2.5)),
    start=(1.5, -0.5),
    source="Mianjy, Arora and Vidal 2018",
    tags=("dropout", "network", "linear network", "valley", "symmetry", "sharp and flat"),
    lesson=12,
    levels="quantile",
    critical=lambda p: [
        saddle((0, 0), 0.5),
        valley((sqrt(1 - p), sqrt(1 - p)), p / 2),
        valley((-sqrt(1 - p), -sqrt(1 - p)), p / 2),
    ],
    p=dial(0.2, 0, 0.8, label="probability to drop the unit"),
)
def dropout_product(u, v, *, p):
    """Two linear layers with one weight each and inverted dropout on the hidden unit between them.

    Averaged over the masks the loss is (uv - 1)^2/2 + p/(1-p) (uv)^2/2: the minima move from uv = 1
    to uv = 1 - p. At the balanced one the largest eigenvalue of the loss *without* dropout is
    max(p, 2 - 3p), lower than 2; that of the dropout loss itself is still 2. One claim, two Hessians.
    With one hidden unit the scaling symmetry stays.
    """
    return (u * v - 1) ** 2 / 2 + p / (1 - p) * (u * v) ** 2 / 2
