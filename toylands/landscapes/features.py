"""Exclusive or: what a linear model cannot fit, fixed features can, and learned features must find.

    tl.landscapes.xor_linear.minima                    # loss 1/4: it says 1/2 everywhere
    tl.landscapes.xor_features.minima                  # 0 at (1, -2), in a convex bowl
    tl.descend(tl.landscapes.xor_threshold, tl.gd(0.05), steps=2000).end

The whole network, with all 9 parameters, is tl.networks.mlp((2, 2, 1), "relu",
data=tl.networks.xor()).
"""

from __future__ import annotations

from toylands.formula import landscape, minimum, relu, valley

_DATA = {"p": (0, 0, 1, 1), "q": (0, 1, 0, 1), "y": (0, 1, 1, 0)}


@landscape(
    view=((-1, 1), (-1, 1), (-0.5, 1.5)),
    start=(0.8, -0.6, 0.0),
    source="Minsky and Papert 1969",
    tags=("xor", "regression", "convex", "quadratic", "data"),
    lesson=8,
    levels="quantile",
    critical=lambda p, q, y: [minimum((0, 0, 0.5), 0.25)],
    data=_DATA,
)
def xor_linear(w1, w2, b, *, p, q, y):
    """A linear model on exclusive or: the best it can say is 1/2, everywhere.

    Convex, with one minimum, and useless there: the mean squared error is 1/4.
    """
    return (w1 * p + w2 * q + b - y) ** 2


@landscape(
    view=((-1, 3), (-4, 2)),
    start=(-0.5, 1.5),
    source="Minsky and Papert 1969; Goodfellow, Bengio and Courville 2016, section 6.1",
    tags=("xor", "ReLU", "features", "convex", "quadratic", "data"),
    lesson=8,
    levels="quantile",
    critical=lambda p, q, y: [minimum((1, -2), 0.0)],
    data=_DATA,
)
def xor_features(a, b, *, p, q, y):
    """Exclusive or on two fixed features, relu(p + q) and relu(p + q − 1).

    With the right features fixed the problem is a convex bowl that reaches loss 0. Convexity does
    not cost expressive power, as kernels show; what a non-convex loss buys is that features are
    *learned*.
    """
    return (a * relu(p + q) + b * relu(p + q - 1) - y) ** 2


@landscape(
    view=((-4, 1.5), (-0.5, 2.5)),
    start=(-0.3, 0.2),
    source="Goodfellow, Bengio and Courville 2016, section 6.1; the slice is ours",
    tags=("xor", "ReLU", "features", "kink", "plateau", "valley", "data"),
    lesson=8,
    levels="quantile",
    critical=lambda p, q, y: [valley((-3, 4 / 3), 0.0)] if tuple(y) == _DATA["y"] else [],
    kink="along c = 0, c = 1 and c = 2",
    data=_DATA,
)
def xor_threshold(b, c, *, p, q, y):
    """Exclusive or with a feature that is learned: relu(p + q) + b relu(p + q − c).

    The loss is 0 along a curve, b*(2 - c) = -2 from (-2, 1) on to the left: many features will do.
    It is no longer convex: the chords of that curve lie outside the set of minima, and for c above 2
    the unit is off for all four inputs and has no gradient at all.
    """
    return (relu(p + q) + b * relu(p + q - c) - y) ** 2
