"""Normalisation as conditioning: inputs shifted and scaled make another bowl in the weights.

    tl.landscapes.normalised_regression(centre=0, scale=1).hessian((0, 0))     # raw: an oblique ravine
    tl.landscapes.normalised_regression.hessian((0, 0))                        # standardised: round
    tl.landscapes.two_inputs(s=1).spectrum((0, 0)).eigenvalues                 # 0.2 and 3.8, not equal

Dividing by the standard deviation makes the diagonal of the Hessian equal, subtracting the mean
uncouples the offset. What two inputs have in common stays.
"""

from __future__ import annotations

from toylands.formula import dial, landscape, minimum, sqrt
from toylands.landscapes.bowls import least_squares_line


@landscape(
    view=((-1, 4), (-1, 4)),
    start=(0.0, 0.0),
    source="LeCun, Bottou, Orr and Mueller 1998; Ioffe and Szegedy 2015",
    tags=("normalisation", "condition number", "quadratic", "convex", "data", "regression"),
    lesson=8,
    levels="quantile",
    critical=lambda centre, scale, x, y: (
        least_squares_line((x - centre) / scale, y) if scale else []
    ),
    centre=dial(1.5, 0, 3, label="what is subtracted from the input"),
    scale=dial(sqrt(1.25), 0.5, 2, log=True, label="what the input is divided by"),
    data={"x": (0, 1, 2, 3), "y": (1, 3, 2, 5)},
)
def normalised_regression(w, b, *, centre, scale, x, y):
    """The regression line again, with the input replaced by (x − centre)/scale.

    The loss is the mean of squares without a factor 1/2. With centre = 0 and scale = 1 it is the raw
    problem, of condition number 14.1; centring at the mean, 1.5, uncouples slope and offset and
    leaves 1.25; dividing by the standard deviation too makes the contours circles, and gradient
    descent with lr = 1/2 arrives in one step. The best line is the same in all of them.
    """
    return (w * (x - centre) / scale + b - y) ** 2


@landscape(
    view=((-1, 4), (-1, 4)),
    start=(1.3, 3.7),
    source="LeCun, Bottou, Orr and Mueller 1998; Santurkar et al. 2018",
    tags=("normalisation", "condition number", "quadratic", "convex", "ravine", "regression"),
    lesson=8,
    levels="quantile",
    critical=[minimum((1, 1), 0.0)],
    s=dial(10.0, 1, 20, log=True, label="deviation of the first input"),
    r=dial(0.9, -0.95, 0.95, label="correlation of the inputs"),
)
def two_inputs(a, b, *, s, r):
    """Linear regression on two inputs of deviations s and 1 and correlation r, true weights (1, 1).

    The loss is the expected square without a factor 1/2. Without correlation the condition number
    is s^2, and s = 1 (standardised inputs) makes it 1. With correlation r, standardising leaves
    (1 + |r|)/(1 - |r|): normalisation is a diagonal preconditioner with centring, not whitening.
    """
    u, v = s * (a - 1), b - 1
    return u**2 + 2 * r * u * v + v**2
