"""Scalar functions that numba lacks, as kernels use them; `compile.scalar(name)` compiles one.

They are plain Python, and each is compiled only when a formula needs it, with our own functions in place
of Python's. Those that call none of them are used as they are by `toylands.formula.functions`.
"""

from __future__ import annotations

from math import erfc, exp, log1p, nan

__all__ = [
    "above_zero",
    "flat",
    "from_zero",
    "guarded_power",
    "maximum",
    "minimum",
    "normal_cdf",
    "pow",
    "relu",
    "sech2",
    "sigmoid",
    "sign",
    "softplus",
    "step",
]


def sign(x: float) -> float:
    """-1, 0 or 1; NaN for NaN."""
    if x > 0.0:
        return 1.0
    return -1.0 if x < 0.0 else x


def flat(x: float) -> float:
    """The derivative of a step: 0, and NaN at the jump."""
    return 0.0 if x > 0.0 or x < 0.0 else nan


def above_zero(x: float) -> float:
    """0 for x > 0, elsewhere NaN: added to a number, it says where the number exists."""
    return 0.0 if x > 0.0 else nan


def from_zero(x: float) -> float:
    """0 for x >= 0, elsewhere NaN."""
    return 0.0 if x >= 0.0 else nan


def softplus(x: float) -> float:
    """log(1 + exp(x)), without overflow."""
    return max(x, 0.0) + log1p(exp(-abs(x))) if x == x else x


def sigmoid(x: float) -> float:
    """1/(1 + exp(-x)), without overflow."""
    small = exp(-abs(x))
    return (1.0 if x >= 0.0 else small) / (1.0 + small)


def relu(x: float) -> float:
    """max(x, 0); NaN for NaN."""
    return 0.0 if x <= 0.0 else x


def step(x: float) -> float:
    """1 above 0, else 0."""
    return 1.0 if x > 0.0 else 0.0


def sech2(x: float) -> float:
    """1/cosh(x)^2, without loss of digits in the tails."""
    small = exp(-2.0 * abs(x))
    return 4.0 * small / ((1.0 + small) * (1.0 + small))


def maximum(x: float, y: float) -> float:
    """The larger of two; NaN wins, from either side."""
    return x if x >= y or x != x else y


def minimum(x: float, y: float) -> float:
    """The smaller of two; NaN wins, from either side."""
    return x if x <= y or x != x else y


def normal_cdf(x: float) -> float:
    """The cumulative distribution of a standard normal."""
    return 0.5 * erfc(-x * 0.7071067811865476)


def pow(x: float, y: float) -> float:
    """x to the power y."""
    return x**y


def guarded_power(coefficient: float, x: float, y: float) -> float:
    """x to the power y, and 0 where the coefficient before it is 0; NaN for NaN."""
    return pow(x, y) if coefficient != 0.0 or x != x else 0.0
