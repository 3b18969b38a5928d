"""Clipping the gradient: the loss that it descends in one dimension, and the bias it has in batches.

    tl.descend(tl.landscapes.quartic_wall_1d, tl.clip_norm(tl.gd(0.1), 1.0), start=[5.0]).end
    tl.descend(tl.landscapes.huber_1d, tl.gd(0.5)).end
    tl.descend(tl.landscapes.rare_pull_1d, tl.clip_value(tl.gd(0.1), 1.0), steps=3000, batch=1).end

The first of them leaves within a few steps when nothing is clipped.
"""

from __future__ import annotations

import numpy as np

from toylands.formula import Declared, absolute, dial, landscape, minimum, where


@landscape(
    view=((-4, 4),),
    start=(3.5,),
    source="Huber 1964",
    tags=("clipping", "convex", "bowl"),
    lesson=9,
    levels="linear",
    critical=[minimum((0,), 0.0)],
    kink="in the second derivative, at x = limit and x = -limit",
    limit=dial(1.0, 0.1, 3, label="where it goes straight on"),
)
def huber_1d(x, *, limit):
    """Huber's loss: x²/2 up to a limit, then straight on.

    Its gradient is that of the parabola clipped to [-limit, limit], so in one dimension clipping is
    descent on another loss. Not so in more: the clipped gradient of a bowl that is not round turns
    around in circles (its curl is not 0), and no loss has it as its gradient.
    """
    size = absolute(x)
    return where(size <= limit, x**2 / 2, limit * size - limit**2 / 2)


def _balance(k: float, g: np.ndarray) -> list[Declared]:
    if k <= 0:
        return []
    at = -float(np.mean(g)) / k
    return [minimum((at,), -k * at**2 / 2)]


@landscape(
    view=((-20, 20),),
    start=(1.0,),
    source="elementary; Zhang, He, Sra and Jadbabaie 2020",
    tags=("clipping", "noise", "data", "counterexample"),
    lesson=9,
    levels="linear",
    critical=_balance,
    k=dial(0.1, 0.05, 1, log=True, label="curvature of the floor"),
    data={"g": (-1, -1, -1, -1, -1, -1, -1, -1, -1, 19)},
)
def rare_pull_1d(x, *, k, g):
    """Nine examples that pull gently to the right, one that pulls hard to the left.

    At x = 0 the gradients are -1 nine times and 19 once; their mean is 1 and the minimum lies on the
    left, at -1/k. Clipped one by one at 1 their mean is -0.8: stochastic descent with clipping goes
    right and settles near 8/(9k). Clipping is biased, and may be so in sign.
    """
    return g * x + k * x**2 / 2
