"""One ReLU neuron's luck, exactly: which initialisations win.

win_probability()                  # 3/8
failure_probability(10)            # (5/8)^10: wide nets fail rarely
"""

from __future__ import annotations

import numpy as np

from toylands._door import Numbers, door
from toylands._words import show
from toylands.geometry._checks import finite, together
from toylands.optimizers.optimizer import check_count
from toylands.theory._digits import shrunk

#: initial angles of (w, v), in degrees, from which a neuron wins: w > 0 and w + v > 0
WINNING_ANGLES = (-45.0, 90.0)


@door
def wins(w: Numbers, v: Numbers) -> np.ndarray:
    """Whether a small neuron v relu(w) wins under gradient flow on (f - 1)^2/2: w > 0 and w + v > 0.

    While f < 1 a live neuron grows along w + v and shrinks along w - v (w' = r v and v' = r w with
    r = 1 - f > 0), so it ends with w, v > 0 on the curve v w = 1, or it reaches w = 0 and is dead. A
    neuron with w <= 0 has no gradient and is dead from the start.

    Args:
        w, v: initial weights, broadcast together.
    """
    first, second = together("wins", w=finite("wins", "w", w), v=finite("wins", "v", v))
    return np.asarray((first > 0) & (first > -second))  # the sum of two large weights overflows


def win_probability() -> float:
    """The probability that one neuron wins when the angle of (w, v) is uniform: 135 of 360 degrees.

    True for every distribution of (w, v) that is rotation invariant, as two equal independent
    Gaussians, and for any independent, identically distributed and symmetric w and v without atoms: by
    symmetry w > 0 has probability 1/2, and of these v > -w holds for all v > 0 and half of the v < 0.
    """
    low, high = WINNING_ANGLES
    return (high - low) / 360.0


@door
def failure_probability(width: int, win: float | None = None) -> float:
    """The probability that none of `width` independent neurons wins: (1 - win)^width.

    A mechanism, not a law: real tickets are found by pruning by magnitude, and often need rewinding to
    a later step. Pruned to a winner and rewound to its own initialisation, the network wins surely;
    re-initialised it wins with probability `win`. [the idea: Frankle and Carbin 2019]

    Args:
        width: neurons, 1 or more.
        win: one neuron's probability of winning; by default `win_probability()`.
    """
    width = check_count("failure_probability", "width", width, least=1)
    win = win_probability() if win is None else win
    if not 0 <= win <= 1:
        raise ValueError(f"failure_probability: win={show(win)} must be a probability, 0 to 1.")
    return shrunk(win, width)
