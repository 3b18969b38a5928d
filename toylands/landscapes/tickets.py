"""Lottery tickets: neurons whose fate is decided by where they start.

tl.basins(tl.landscapes.relu_ticket, tl.gd(0.02), grid=256)      # 3/8 of all angles win
tl.descend(tl.landscapes.two_tickets, tl.gd(0.02), start=(0.1, -0.2, 0.1, 0.05))
"""

from __future__ import annotations

from toylands.formula import landscape, relu, valley


@landscape(
    view=((-2, 2), (-2, 2)),
    start=(0.3, -0.1),
    source="a mechanism for Frankle and Carbin 2019; elementary",
    tags=("ReLU", "lottery ticket", "plateau", "valley"),
    lesson=13,
    levels="quantile",
    critical=[valley((1, 1), 0.0)],
    kink="along w = 0",
)
def relu_ticket(w, v):
    """One ReLU neuron, f = v relu(w), that should answer 1: it wins or it dies.

    Under gradient flow it wins exactly when it starts with w > 0 and w + v > 0: then it grows along
    w + v until v w = 1. Otherwise w falls to 0 and the gradient is gone: for w <= 0 the loss is flat
    at 1/2. Of all initial angles, 3/8 win. Gradient descent with a large step can differ.
    """
    return (v * relu(w) - 1) ** 2 / 2


@landscape(
    view=((-1, 1),) * 4,
    start=(0.1, -0.2, 0.1, 0.05),
    source="a mechanism for Frankle and Carbin 2019; elementary",
    tags=("ReLU", "lottery ticket", "plateau", "valley"),
    lesson=13,
    levels="quantile",
    critical=[valley((1, 0.5, 1, 0.5), 0.0)],
    kink="along w1 = 0 and w2 = 0",
)
def two_tickets(w1, v1, w2, v2):
    """Two ReLU neurons with one answer, f = v1 relu(w1) + v2 relu(w2): one winner is enough.

    From a small start each wins or dies as if it were alone, so both fail with probability
    (5/8)^2. Pruned to its winner, (w, v) alone, and rewound to its own start, the network succeeds
    surely; re-initialised, the one neuron left succeeds with probability 3/8.
    """
    return (v1 * relu(w1) + v2 * relu(w2) - 1) ** 2 / 2
