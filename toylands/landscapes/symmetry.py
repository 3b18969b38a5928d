"""Symmetries of a network: neurons that can be swapped, weights whose length does not matter.

    tl.landscapes.two_neurons.critical_points        # two equal minima and the saddle between them
    tl.descend(tl.landscapes.two_neurons, tl.gd(0.5), start=(1, 1), steps=500).status
    tl.landscapes.normalised_weights.spectrum((10, 0)).eigenvalues     # 100 times flatter than at (1, 0)

A discrete symmetry copies minima and puts saddles between the copies; a continuous one makes valleys.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands.formula import Declared, atan, dial, landscape, minimum, pi, saddle, sqrt, valley
from toylands.landscapes._zeros import turning_points


def _kernel(a: Any, b: Any) -> Any:
    """Return E erf(a x/sqrt 2) erf(b x/sqrt 2) for a standard normal x.

    Written with the arctangent: tan(arcsin z) = z/sqrt(1 - z**2). [Williams 1997]
    """
    return 2 / pi * atan(a * b / sqrt(1 + a**2 + b**2))


def _swapped_minima(t1: float, t2: float) -> list[Declared]:
    """Return the two minima, and the stationary point of the diagonal between them."""
    if t1 == t2:
        return [valley((t1, t1), 0.0)]

    def slope(w: np.ndarray) -> np.ndarray:
        """Half the derivative of the loss along the diagonal, up to the factor 4/pi."""
        pull = sum(t / np.sqrt(1 + w**2 + t**2) for t in (t1, t2))
        return (2 * w / np.sqrt(1 + 2 * w**2) - pull) / (1 + w**2)

    between = turning_points(slope, min(t1, t2), max(t1, t2))
    return [
        minimum((t1, t2), 0.0),
        minimum((t2, t1), 0.0),
        *(saddle((w, w)) for w, _ in between),
    ]


@landscape(
    view=((-0.5, 4), (-0.5, 4)),
    start=(1.0, 1.001),
    source="Saad and Solla 1995; the kernel of Williams 1997",
    tags=("network", "symmetry", "permutation", "saddle", "two minima", "student and teacher"),
    lesson=6,
    levels="log",
    critical=_swapped_minima,
    t1=dial(0.3, 0.1, 0.8, label="first teacher's weight"),
    t2=dial(3.0, 1.5, 3.8, label="second teacher's weight"),
)
def two_neurons(w1, w2, *, t1, t2):
    """Two neurons learn from two others, with the exact loss over all inputs.

    The student erf(w1 x/sqrt 2) + erf(w2 x/sqrt 2) is compared with a teacher of weights t1 and t2;
    half the squared error is averaged over standard normal x, exactly, in arcsines (arctangents).
    Swapping the neurons changes nothing, so both (t1, t2) and (t2, t1) are minima. Two equal neurons
    receive equal gradients: from the diagonal, gradient descent runs into the saddle on it, and from
    close to it it waits there first, a constant number of steps more for every decade. In floating
    point the tie does not last: the saddle amplifies rounding errors like any other offset,
    and with lr = 0.5 it takes about a thousand steps to do so.
    """
    student = _kernel(w1, w1) + _kernel(w2, w2) + 2 * _kernel(w1, w2)
    teacher = _kernel(t1, t1) + _kernel(t2, t2) + 2 * _kernel(t1, t2)
    both = _kernel(w1, t1) + _kernel(w1, t2) + _kernel(w2, t1) + _kernel(w2, t2)
    return (student - 2 * both + teacher) / 2


@landscape(
    view=((-3, 3), (-3, 3)),
    start=(0.0, 1.0),
    source="van Laarhoven 2017; Arora, Li and Lyu 2019",
    tags=("symmetry", "normalisation", "scale invariance", "valley", "conserved quantity"),
    lesson=6,
    levels="linear",
    critical=[valley((1, 0), 0.0), valley((2, 0), 0.0)],
    kink="at the origin, where the direction is not defined",
)
def normalised_weights(w1, w2):
    """Weights that are normalised before use: only their direction counts.

    The loss is half of 1 - cos(angle), the gradient is orthogonal to w and shrinks as 1/|w|. So
    gradient flow keeps |w|, every step of gradient descent lengthens it (|w|**2 grows by lr**2 |g|**2),
    and the effective learning rate lr/|w|**2 decays without a schedule. The curvature at the minimum
    (r, 0) is 1/(2 r**2): the same function, as sharp or as flat as one likes.
    """
    return (1 - w1 / sqrt(w1**2 + w2**2)) / 2
