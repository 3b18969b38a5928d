"""Games: two players on one value, one going down and one going up.

    tl.descend(tl.landscapes.bilinear_game, tl.gd(0.1), steps=100).path          # spirals outwards
    tl.descend(tl.landscapes.bilinear_game, tl.extragradient(0.1), steps=100).path    # and inwards
    tl.landscapes.dirac_gan(gamma=1).jacobian((0, 0))

The saddle in the middle is the goal of both players: nothing is to be escaped there. Next to the
games stands the landscape of a generator that plays against a fixed measure of distance.
"""

from __future__ import annotations

import math

from toylands.formula import (
    Declared,
    dial,
    equilibrium,
    exp,
    landscape,
    minimum,
    saddle,
    softplus,
)


@landscape(
    view=((-3, 3), (-3, 3)),
    start=(1.0, 1.0),
    source="Daskalakis et al. 2018; Mescheder, Nowozin and Geiger 2017; Korpelevich 1976",
    tags=("game", "saddle", "rotation"),
    lesson=14,
    levels="linear",
    players=(1, -1),
    critical=[equilibrium((0, 0), 0.0)],
)
def bilinear_game(x, y):
    """The simplest game, V = xy: x descends, y ascends, and simultaneous steps turn outwards.

    Every simultaneous step multiplies the distance to the equilibrium (0, 0) by sqrt(1 + lr**2),
    however small the rate; the flow itself runs in circles. Neither player's own second derivative is
    anything but 0, so no negative curvature pushes anybody away: it is the rotation that does.
    Extragradient and the optimistic gradient turn inwards.
    """
    return x * y


@landscape(
    view=((-2, 2), (-2, 2)),
    start=(1.0, 1.0),
    source="Mescheder, Geiger and Nowozin 2018",
    tags=("game", "gan", "saddle", "rotation"),
    lesson=14,
    levels="linear",
    players=(1, -1),
    critical=[equilibrium((0, 0), -math.log(2))],
    gamma=dial(0.0, 0, 3),
)
def dirac_gan(theta, psi, *, gamma):
    """The Dirac GAN: a generator of one point, a linear discriminator, and a penalty on its slope.

    The data sit at 0, the generator at theta, and the discriminator psi * x pays (gamma/2) psi**2 for
    being steep; the constant share of the real data, -ln 2, is left out. At the equilibrium (0, 0) the
    flow has the eigenvalues -gamma/2 plus or minus sqrt(gamma**2/4 - 1/4): without the penalty it
    circles without end, gamma = 1 brings it home fastest, and beyond that one of the two modes gets
    slower again.
    """
    return -softplus(-psi * theta) - gamma * psi**2 / 2


def _collapse_points(s: float) -> list[Declared]:
    """Declare the two right answers and, for narrow kernels, the collapsed minima and saddles.

    Around one mode alone the loss has closed forms; up to s = 0.35 the far mode moves them by less
    than a thousandth.
    """
    declared = [minimum((-1, 1), 0.0), minimum((1, -1), 0.0)]
    if s <= 0.35:
        apart = s * math.sqrt(2 * math.log(2) / 3)
        missing = 1 - 0.75 * 2 ** (-1 / 3)
        for mode in (-1, 1):
            declared.append(minimum((mode + apart, mode - apart), missing, tol=1e-3))
            declared.append(minimum((mode - apart, mode + apart), missing, tol=1e-3))
            declared.append(saddle((mode, mode), 0.5, tol=1e-3))
    return declared


@landscape(
    view=((-2, 2), (-2, 2)),
    start=(1.1, 0.5),
    source="Gretton et al. 2012 (the distance); Metz et al. 2017 (the collapse)",
    tags=("gan", "mode collapse", "local minimum", "plateau", "symmetry", "saddle"),
    lesson=14,
    levels="linear",
    critical=_collapse_points,
    s=dial(0.3, 0.15, 1.5, log=True),
)
def mode_collapse(a, b, *, s):
    """Two generated points a and b against data at -1 and 1: squared MMD with a Gaussian kernel.

    On the diagonal a = b the slope towards diversity is exactly 0, by symmetry, but the curvature
    -1/(2 s**2) is negative: two points in one place split. They need not split far. With a narrow
    kernel they rest on both sides of one mode, a genuine local minimum with the other mode missing,
    because from there the far mode is exponentially faint. Widen the kernel and its pull returns.
    """

    def kernel(p, q):
        return exp(-((p - q) ** 2) / (2 * s**2))

    own = (1 + kernel(a, b)) / 2
    data = (1 + exp(-2 / s**2)) / 2
    cross = (kernel(a, -1) + kernel(a, 1) + kernel(b, -1) + kernel(b, 1)) / 2
    return own + data - cross
