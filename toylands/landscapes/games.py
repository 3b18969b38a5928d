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
    maximum,
    minimum,
    ridge,
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
    gamma=dial(0.0, 0, 3, label="strength of the penalty"),
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


def _collapsed(s: float) -> tuple[float, float] | None:
    """Both points near the mode at 1, at rest; None where the kernel is too wide for that.

    Newton's method where the Hessian is positive definite, otherwise gradient steps, from the place
    that has a closed form when the other mode is left out.
    """
    apart = s * math.sqrt(2 * math.log(2) / 3)
    a, b = 1 + apart, 1 - apart

    def first(d: float) -> float:
        return d * math.exp(-((d / s) ** 2) / 2)

    def second(d: float) -> float:
        return (1 - (d / s) ** 2) * math.exp(-((d / s) ** 2) / 2)

    for _ in range(1000):  # slopes and curvatures in units of 1/(2 s^2)
        x = first(a + 1) + first(a - 1) - first(a - b)
        y = first(b + 1) + first(b - 1) + first(a - b)
        xx = second(a + 1) + second(a - 1) - second(a - b)
        yy = second(b + 1) + second(b - 1) - second(a - b)
        xy = second(a - b)
        inverse = xx * yy - xy**2
        if xx > 0 and inverse > 0:
            x, y = (yy * x - xy * y) / inverse, (xx * y - xy * x) / inverse
        shorter = 0.1 * s / max(0.1 * s, abs(x), abs(y))
        a, b = a - shorter * x, b - shorter * y
        if b < 0:
            return None
        if xx > 0 and inverse > 0 and max(abs(x), abs(y)) < 1e-12:
            return a, b
    return None


def _collapse_points(s: float) -> list[Declared]:
    """Declare the right answers, the centre, and the collapsed minima and saddles of narrow kernels."""
    # On the diagonal the slope vanishes where a = tanh(a/s^2): beside 0 only for s below 1.
    centre = ridge if s == 1 else saddle if s > 1 else maximum
    declared = [minimum((-1, 1), 0.0), minimum((1, -1), 0.0), centre((0, 0))]
    if s < 1:
        mode = 1.0
        for _ in range(200):
            mode -= (mode - math.tanh(mode / s**2)) / (1 - (1 - mode**2) / s**2)
        declared += [saddle((mode, mode)), saddle((-mode, -mode))]
    ends = _collapsed(s)
    if ends is not None:
        a, b = ends
        declared += [minimum(p) for p in ((a, b), (b, a), (-a, -b), (-b, -a))]
    return declared


@landscape(
    view=((-2, 2), (-2, 2)),
    start=(1.1, 0.5),
    source="Gretton et al. 2012 (the distance); Metz et al. 2017 (the collapse)",
    tags=("gan", "mode collapse", "local minimum", "plateau", "symmetry", "saddle"),
    lesson=14,
    levels="linear",
    critical=_collapse_points,
    s=dial(0.3, 0.15, 1.5, log=True, label="width of the kernel"),
)
def mode_collapse(a, b, *, s):
    """Two generated points a and b against data at -1 and 1: squared MMD with a Gaussian kernel.

    On the diagonal a = b the slope towards diversity is exactly 0, by symmetry, but the curvature
    -1/(2 s**2) is negative: two points in one place split. They need not split far. With a narrow
    kernel they rest on both sides of one mode, a genuine local minimum with the other mode missing,
    because from there the far mode is exponentially faint. Widen the kernel beyond s = 0.59 and its
    pull returns.
    """

    def kernel(p, q):
        return exp(-((p - q) ** 2) / (2 * s**2))

    own = (1 + kernel(a, b)) / 2
    data = (1 + exp(-2 / s**2)) / 2
    cross = (kernel(a, -1) + kernel(a, 1) + kernel(b, -1) + kernel(b, 1)) / 2
    return own + data - cross
