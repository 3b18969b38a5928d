"""Deep linear networks: not convex, full of saddles, and still without a bad minimum.

    tl.landscapes.uv_product.critical_points           # one saddle, two points of the valley uv = 1
    tl.landscapes.uvw_product.hessian((0, 0, 0))       # zero: a saddle that curvature cannot see
    tl.descend(tl.landscapes.uvw_product, tl.gd(0.1), start=(0.01, 0.01, 0.01), steps=3000)

The function such a network computes is linear in its input; its loss in the weights is not.
"""

from __future__ import annotations

from math import cbrt, copysign, sqrt

from toylands.formula import Declared, dial, landscape, maximum, minimum, plateau, saddle, valley


@landscape(
    view=((-2.5, 2.5), (-2.5, 2.5)),
    start=(0.1, 0.1),
    source="Baldi and Hornik 1989; Saxe, McClelland and Ganguli 2014",
    tags=("network", "linear network", "saddle", "valley", "symmetry"),
    lesson=(5, 6, 7, 8, 9, 11),
    levels="quantile",
    critical=lambda s: [
        saddle((0, 0), s**2 / 2),
        valley((sqrt(abs(s)), copysign(sqrt(abs(s)), s)), 0.0),
        valley((-sqrt(abs(s)), -copysign(sqrt(abs(s)), s)), 0.0),
    ],
    s=dial(1.0, 0.1, 4, label="target of the product"),
)
def uv_product(u, v, *, s):
    """The smallest deep network: two linear layers with one weight each, target s.

    The global minima form the hyperbola uv = s (in the other two quadrants for s < 0); the origin is
    the only other stationary point, a strict saddle. Scaling u up and v down changes nothing in the
    function but everything in the sharpness, u**2 + v**2 on the hyperbola. From small weights training
    waits near the saddle, then runs.
    """
    return (u * v - s) ** 2 / 2


@landscape(
    view=((-2, 2), (-2, 2), (-2, 2)),
    start=(0.1, 0.1, 0.1),
    source="Kawaguchi 2016; Saxe, McClelland and Ganguli 2014",
    tags=("network", "linear network", "saddle", "plateau", "depth"),
    lesson=5,
    levels="quantile",
    critical=lambda s: [
        plateau((0, 0, 0), s**2 / 2),
        saddle((0, 0, 1), s**2 / 2),
        saddle((0, 0, -1), s**2 / 2),
        valley((cbrt(s), cbrt(s), cbrt(s)), 0.0),
    ],
    s=dial(1.0, 0.1, 4, label="target of the product"),
)
def uvw_product(u, v, w, *, s):
    """Three linear layers with one weight each, target s.

    At the origin the whole Hessian vanishes: a saddle without any direction of negative curvature,
    so a second-order test sees only a plateau. From equal weights w0 the wait there grows like
    1/w0, with two layers only like ln(1/w0). Still, every local minimum is global.
    """
    return (u * v * w - s) ** 2 / 2


def _autoencoder_points(a: float, b: float) -> list[Declared]:
    if a == b:  # every unit vector is a minimum
        return [maximum((0, 0), 2 * a), valley((1, 0), a), valley((0, 1), a)]
    first, second = (minimum, saddle) if a > b else (saddle, minimum)
    return [
        maximum((0, 0), a + b),
        *(first((sign, 0), b) for sign in (1, -1)),
        *(second((0, sign), a) for sign in (1, -1)),
    ]


@landscape(
    view=((-1.4, 1.4), (-1.4, 1.4)),
    start=(0.05, 0.9),
    source="Baldi and Hornik 1989",
    tags=("network", "linear network", "autoencoder", "saddle"),
    lesson=5,
    levels="quantile",
    critical=_autoencoder_points,
    a=dial(3.0, 0.5, 4, label="variance along the first axis"),
    b=dial(1.0, 0.5, 4, label="variance along the second axis"),
)
def tied_autoencoder(w1, w2, *, a, b):
    """A linear autoencoder with one hidden unit and tied weights, on data with variances a and b.

    The loss is the expected squared reconstruction error. Its minima are plus and minus the leading
    principal direction, its saddles plus and minus the other. The origin is a maximum: that every
    stationary point which is not a global minimum be a saddle is true only for untied weights.
    """
    energy = a * w1**2 + b * w2**2
    return a + b - 2 * energy + (w1**2 + w2**2) * energy
