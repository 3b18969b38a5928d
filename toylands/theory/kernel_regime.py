"""Width solved exactly: a network whose kernel hardly moves, and how much it does.

    output(0.5, width=100, target=2)         # 1.2667; the linear model has 1.2642
    kernel_growth(100, target=2)             # 1.0198: the kernel changes by 2%
    displacement(100, target=2)              # 1.409: however wide, the weights move about y/sqrt 2

The network is f = a.b/sqrt(m) with loss (f - y)^2/2, from a = 1 and b = 1 at half of the units, -1 at the
others, so f = 0 and the tangent kernel |grad f|^2 is 2. It is the landscape `lazy_network`.
[Jacot, Gabriel and Hongler 2018; Chizat, Oyallon and Bach 2019]
"""

from __future__ import annotations

from math import asinh, expm1, hypot, isfinite, sqrt

import numpy as np

from toylands._door import door
from toylands._words import show


def _width(owner: str, width: float) -> float:
    if not (isfinite(width) and width >= 1):
        raise ValueError(f"{owner}: width={show(width)} must be a finite number from 1 on.")
    return float(width)


def _finite(owner: str, name: str, value: float) -> float:
    if not isfinite(value):
        raise ValueError(f"{owner}: {name}={show(value)} must be a finite number.")
    return float(value)


def _time(owner: str, time: float) -> float:
    if not _finite(owner, "time", time) >= 0:
        raise ValueError(f"{owner}: time={show(time)} must be 0 or more.")
    return float(time)


@door
def output(time: float, width: float, target: float) -> float:
    """The output f(t) under gradient flow, in closed form.

    The units keep a = exp(tau), b = exp(tau) or a = exp(-tau), b = -exp(-tau), so f = sqrt(m) sinh(2 tau) and
    tau' = A - sinh(2 tau) with A = y/sqrt(m). In z = exp(2 tau) this is a Riccati equation with the fixed
    points A +- sqrt(A^2 + 1), whose solution is explicit. Equally, f' = K(f) (y - f) with the kernel
    K(f) = 2 sqrt(1 + f^2/m). For m -> infinity it is y (1 - exp(-2t)), `linear_output`.

    Args:
        time: 0 or more.
        width: m, from 1 on.
        target: y.
    """
    t, m = _time("output", time), _width("output", width)
    y = _finite("output", "target", target)
    a = y / sqrt(m)
    root = sqrt(a * a + 1)
    # z - 1 directly, from the distances of z = 1 to the two fixed points: exact also for m -> infinity.
    above = a * (1 + a / (root + 1))
    below = 1 - a + root
    grown = -expm1(-2 * root * t)
    beyond = above * below * grown / (above * (1 - grown) + below)
    return sqrt(m) * beyond * (2 + beyond) / (1 + beyond) / 2


@door
def linear_output(time: float, target: float) -> float:
    """The output of the linear model, the limit of infinite width: y (1 - exp(-2t)).

    Args:
        time: 0 or more.
        target: y.
    """
    t = _time("linear_output", time)
    return -_finite("linear_output", "target", target) * expm1(-2 * t)


@door
def kernel(output: float, width: float) -> float:
    """The tangent kernel |grad f|^2 when the output is f: 2 sqrt(1 + f^2/m).

    Args:
        output: f, as gradient flow passes through it.
        width: m, from 1 on.
    """
    f = _finite("kernel", "output", output)
    return 2 * hypot(1, f / sqrt(_width("kernel", width)))


@door
def kernel_growth(width: float, target: float) -> float:
    """The kernel at the end of training over that at the start: sqrt(1 + y^2/m).

    Args:
        width: m, from 1 on.
        target: y.
    """
    return kernel(_finite("kernel_growth", "target", target), _width("kernel_growth", width)) / 2


@door
def displacement(width: float, target: float) -> float:
    """How far all weights together move: sqrt(m ((e^tau - 1)^2 + (e^-tau - 1)^2)), sinh(2 tau) = y/sqrt m.

    It tends to |y|/sqrt(2) while the weights have length sqrt(2 m): lazy training.

    Args:
        width: m, from 1 on.
        target: y.
    """
    m = _width("displacement", width)
    tau = asinh(_finite("displacement", "target", target) / sqrt(m)) / 2
    return sqrt(m) * float(np.hypot(expm1(tau), expm1(-tau)))


@door
def model_curvature(width: float) -> float:
    """The largest curvature of the output in the weights, the norm of its Hessian: 1/sqrt(m).

    The gradient's norm sqrt(K) stays of order one; that ratio makes a wide network nearly linear.
    [Liu, Zhu and Belkin 2020]

    Args:
        width: m, from 1 on.
    """
    return 1 / sqrt(_width("model_curvature", width))


@door
def random_kernel(width: float) -> tuple[float, float]:
    """Mean and standard deviation of the kernel when all weights are standard normal: 2 and 2/sqrt(m).

    K = (|a|^2 + |b|^2)/m is a chi-squared variable of 2m degrees of freedom, over m.

    Args:
        width: m, from 1 on.
    """
    return 2.0, 2 / sqrt(_width("random_kernel", width))
