"""Filters that matter only through their sum: flat directions and a conserved difference.

    tl.descend(tl.landscapes.summed_filters, tl.gd(0.1)).end        # (3, 0): the difference stays 3
    tl.landscapes.convolution_filters.spectrum((0, 0, 0, 0))        # two eigenvalues are zero

A symmetry of the loss is a flat direction everywhere, not only at the minimum.
"""

from __future__ import annotations

import numpy as np

from toylands.formula import Declared, dial, landscape, valley


@landscape(
    view=((-3, 5), (-3, 5)),
    start=(2.0, -1.0),
    source="Kunin et al. 2021 (symmetry and conservation laws)",
    tags=("symmetry", "filters", "valley", "conserved quantity"),
    lesson=(6, 7),
    levels="quantile",
    critical=lambda s: [valley((s / 2, s / 2), 0.0)],
    s=dial(3.0, -4, 4, label="target of the sum"),
)
def summed_filters(w1, w2, *, s):
    """Two filters on the same input: only their sum counts, and it should be s.

    The Hessian has the eigenvalues 0 and 2 everywhere. The gradient is blind to the difference w1 -
    w2, so gradient descent, momentum and Adam keep it at its initial value, also with mini-batches.
    Weight decay, or noise of its own on each weight, does change it.
    """
    return (w1 + w2 - s) ** 2 / 2


def _shared_equally(left: np.ndarray, right: np.ndarray, y: np.ndarray) -> list[Declared]:
    """Return the least-squares filter, half of it in each of the two filters."""
    a, b = np.linalg.lstsq(np.stack([left, right], axis=1), y, rcond=None)[0]
    loss = np.mean((a * left + b * right - y) ** 2) / 2
    return [valley((a / 2, b / 2, a / 2, b / 2), loss)]


@landscape(
    view=((-2, 2), (-2, 2), (-2, 2), (-2, 2)),
    start=(1.0, 0.5, -0.5, 0.5),
    source="Kunin et al. 2021 (symmetry and conservation laws)",
    tags=("symmetry", "filters", "convolution", "valley", "data", "conserved quantity"),
    lesson=6,
    levels="quantile",
    critical=_shared_equally,
    data={"left": (0, 1, 3, 2), "right": (1, 3, 2, -1), "y": (-1, -2, 1, 3)},
)
def convolution_filters(a1, b1, a2, b2, *, left, right, y):
    """Two convolution filters of width 2 over one signal, their outputs added.

    The signal is 0, 1, 3, 2, -1; the target is left neighbour minus right neighbour, so the filters
    (a1, b1) and (a2, b2) together should make (1, -1). Two weights per tap leave two flat
    directions: a1 - a2 and b1 - b2 never change under gradient descent, whatever the mini-batch.
    """
    return ((a1 + a2) * left + (b1 + b2) * right - y) ** 2 / 2
