"""The lessons' formulas a second time, in mpmath, typed from their source and not from our code.

`ORACLES[name](theta, p)` is the loss: `theta` is a list of mpmath numbers and `p` maps parameter
names to numbers. For a landscape over data it is `ORACLES[name](theta, p, data)`, where `data` maps
column names to lists, and the mean is taken here. Where a formula has several forms, this is a
different one than the library's. Modules called `oracles_...` hold more such tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath as mp
from mpmath import mpf

Oracle = Callable[..., Any]
ORACLES: dict[str, Oracle] = {}


def oracle(function: Oracle) -> Oracle:
    ORACLES[function.__name__] = function
    return function


def mean(values: Sequence[Any]) -> Any:
    return mp.fsum(values) / len(values)


def quadratic_form(theta: Sequence[Any], along: Any, across: Any, degrees: Any) -> Any:
    """theta' R diag(along, across) R' theta / 2 with the rotation matrix R written out."""
    t = mp.radians(degrees)
    rotation = mp.matrix([[mp.cos(t), -mp.sin(t)], [mp.sin(t), mp.cos(t)]])
    hessian = rotation * mp.diag([along, across]) * rotation.T
    x = mp.matrix(list(theta))
    return (x.T * hessian * x)[0] / 2


def logistic(z: Any) -> Any:
    return 1 / (1 + mp.exp(-z))


# --- bowls and ravines ----------------------------------------------------------------------------


@oracle
def parabola(t, p):
    return p["a"] * t[0] ** 2 / 2


@oracle
def bowl(t, p):
    return quadratic_form(t, p["a"], p["b"], 0)


@oracle
def rotated_bowl(t, p):
    return quadratic_form(t, p["a"], p["b"], p["angle"])


@oracle
def regression(t, p, data):
    w, b = t
    return mean([(y - (w * x + b)) ** 2 for x, y in zip(data["x"], data["y"], strict=True)])


@oracle
def quartic_wall_1d(t, p):
    return t[0] ** 2 * (2 * p["a"] + p["b"] * t[0] ** 2) / 4


@oracle
def quartic_wall(t, p):
    return quartic_wall_1d(t[:1], p) + t[1] * t[1] / 2


@oracle
def asymmetric_valley_1d(t, p):
    """The mean over the two shifts, before it is simplified."""
    shifted = [mp.exp(t[0] + s) - (t[0] + s) - 1 for s in (p["s"], -p["s"])]
    return mean(shifted)


@oracle
def asymmetric_valley(t, p):
    return asymmetric_valley_1d(t[:1], p) + t[1] ** 2 / 2


@oracle
def ravine(t, p):
    return quadratic_form(t, p["kappa"], 1, 0)


@oracle
def rotated_ravine(t, p):
    return quadratic_form(t, p["kappa"], 1, p["angle"])


@oracle
def rosenbrock(t, p):
    x, y = t
    return p["b"] * (y - x * x) ** 2 + (x - p["a"]) ** 2


@oracle
def lessard_cycle(t, p):
    """The published slope, integrated from 0 piece by piece."""
    (x,) = t
    total = 25 * min(x, mpf(1)) ** 2 / 2
    if x >= 1:
        top = min(x, mpf(2))
        total += (top**2 - 1) / 2 + 24 * (top - 1)
    if x >= 2:
        total += 25 * (x**2 - 4) / 2 - 24 * (x - 2)
    return total


# --- saddles, plateaus, wells ---------------------------------------------------------------------


@oracle
def saddle(t, p):
    return quadratic_form(t, p["a"], -p["b"], 0)


@oracle
def quartic_saddle(t, p):
    x, y = t
    return x**2 / 2 + (y**2 - p["a"]) ** 2 / 4 - p["a"] ** 2 / 4


@oracle
def monkey_saddle(t, p):
    return mp.re(mp.mpc(t[0], t[1]) ** 3)


@oracle
def egg_box(t, p):
    return 2 * mp.sin(t[0] / 2) ** 2 + 2 * mp.sin(t[1] / 2) ** 2


@oracle
def gaussian_desert(t, p):
    return 1 - mp.exp(-(mp.hypot(*t) ** 2) / (2 * p["s"] ** 2))


@oracle
def ramp(t, p):
    return -(p["slope"] * t[0])


@oracle
def double_well_1d(t, p):
    (x,) = t
    return x * (p["c"] + x * (x**2 - 2) / 4)


@oracle
def double_well(t, p):
    return double_well_1d(t[:1], p) + t[1] ** 2 / 2


@oracle
def four_wells(t, p):
    return double_well_1d(t[:1], p) + double_well_1d(t[1:], p)


@oracle
def gaussian_wells(t, p):
    """Each well is a product of two one-dimensional normal densities, widened by the noise."""
    total = mpf(0)
    for depth, width, centre in ((p["a1"], p["s1"], -1.5), (p["a2"], p["s2"], 1.5)):
        spread = mp.sqrt(width**2 + p["sigma"] ** 2)
        density = mp.npdf(t[0], centre, spread) * mp.npdf(t[1], 0, spread)
        total -= depth * 2 * mp.pi * width**2 * density
    return total


def rippled(x: Any, k: Any, a: Any, sigma: Any = 0) -> Any:
    """E[k X^2/2 + 2 a sin(pi X)^2] for X normal around x: by its characteristic function."""
    wave = mp.re(mp.exp(2j * mp.pi * x - 2 * (mp.pi * sigma) ** 2))
    return k / 2 * (x**2 + sigma**2) + a - a * wave


@oracle
def funnel_1d(t, p):
    return p["k"] * t[0] ** 2 / 2 + 2 * p["a"] * mp.sin(mp.pi * t[0]) ** 2


@oracle
def funnel(t, p):
    return mp.fsum(funnel_1d([x], p) for x in t)


@oracle
def rugged_1d(t, p):
    return funnel_1d(t, p)


@oracle
def rugged(t, p):
    return funnel(t, p)


@oracle
def rippled_bowl_1d(t, p):
    return rippled(t[0], p["k"], p["a"], p["sigma"])


@oracle
def rippled_bowl(t, p):
    return mp.fsum(rippled(x, p["k"], p["a"], p["sigma"]) for x in t)


# --- segmentation losses --------------------------------------------------------------------------


def cross_entropy(probabilities: Sequence[Any], targets: Sequence[int]) -> Any:
    return -mp.fsum(
        mp.log(p) if t else mp.log(1 - p) for p, t in zip(probabilities, targets, strict=True)
    )


def soft_dice(
    probabilities: Sequence[Any], targets: Sequence[Any], top: Any = 0, bottom: Any = 0
) -> Any:
    overlap = mp.fsum(p * t for p, t in zip(probabilities, targets, strict=True))
    return 1 - (2 * overlap + top) / (mp.fsum(probabilities) + mp.fsum(targets) + bottom)


@oracle
def bce(t, p):
    return cross_entropy(t, (1, 0))


@oracle
def bce_logits(t, p):
    return cross_entropy([logistic(z) for z in t], (1, 0))


@oracle
def dice(t, p):
    return soft_dice(t, (p["t1"], p["t2"]), p["smooth_nr"], p["smooth_dr"])


@oracle
def dice_logits(t, p):
    return dice([logistic(z) for z in t], p)


@oracle
def dice_squared(t, p):
    return ((t[0] - 1) ** 2 + t[1] ** 2) / (t[0] ** 2 + t[1] ** 2 + 1)


@oracle
def dice_regions(t, p):
    foreground, background = t
    n, k = p["n"], p["k"]
    score = (2 * k * foreground + p["smooth_nr"]) / (
        k * foreground + (n - k) * background + k + p["smooth_dr"]
    )
    return 1 - score


@oracle
def dice_black(t, p):
    total = p["n"] * t[0]
    return (total + p["smooth_dr"] - p["smooth_nr"]) / (total + p["smooth_dr"])


@oracle
def dice_black_logits(t, p):
    return dice_black([logistic(t[0])], p)


# --- small networks -------------------------------------------------------------------------------


@oracle
def summed_filters(t, p):
    return (p["s"] - mp.fsum(t)) ** 2 / 2


@oracle
def convolution_filters(t, p, data):
    """Two filters applied one after the other, outputs added."""
    filters = [t[:2], t[2:]]
    columns = zip(data["left"], data["right"], data["y"], strict=True)
    return mean(
        [(mp.fsum(a * x + b * x1 for a, b in filters) - y) ** 2 / 2 for x, x1, y in columns]
    )


@oracle
def uv_product(t, p):
    return (mp.fprod(t) - p["s"]) ** 2 / 2


@oracle
def uvw_product(t, p):
    return (mp.fprod(t) - p["s"]) ** 2 / 2


@oracle
def tied_autoencoder(t, p):
    """The expected squared error E|x - w w'x|^2 = tr[(I - ww')' (I - ww') S]."""
    w = mp.matrix(list(t))
    residual = mp.eye(2) - w * w.T
    error = residual.T * residual * mp.diag([p["a"], p["b"]])
    return error[0, 0] + error[1, 1]


@oracle
def tanh_neuron(t, p, data):
    outputs = [2 * logistic(2 * t[0] * x) - 1 for x in data["x"]]
    return mean([(f - y) ** 2 for f, y in zip(outputs, data["y"], strict=True)])
