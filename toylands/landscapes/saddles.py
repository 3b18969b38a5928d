"""Saddles: the gradient vanishes, yet some directions lead down.

    tl.descend(tl.landscapes.quartic_saddle, tl.gd(0.1), start=(1, 1e-6))     # slow, then away
    tl.basins(tl.landscapes.quartic_saddle, tl.newton())                      # Newton likes saddles
    tl.landscapes.egg_box.critical_points                             # a saddle on each side

Each lists its stationary points with their exact kind; where the Hessian is singular the
description says what the point really is.
"""

from __future__ import annotations

from toylands.formula import cos, dial, landscape, minimum, pi, plateau, sqrt
from toylands.formula import saddle as saddle_point  # `saddle` is the name of a landscape here
from toylands.landscapes.classics import separable


@landscape(
    view=((-1.5, 1.5), (-1.5, 1.5)),
    start=(1.0, 0.01),
    source="elementary",
    tags=("saddle", "quadratic"),
    lesson=4,
    levels="linear",
    critical=[saddle_point((0, 0), 0.0)],
    a=dial(1.0, 0.1, 10, log=True, label="curvature upwards along x"),
    b=dial(1.0, 0.1, 10, log=True, label="curvature downwards along y"),
)
def saddle(x, y, *, a, b):
    """The plain saddle: up along x with curvature a, down along y with curvature -b.

    Gradient descent shrinks x and grows y by the factor 1 + lr*b, so it leaves from every start but
    those with y = 0 exactly; the time it takes grows with the logarithm of 1/|y|. There is no
    minimum: below the saddle the loss falls without limit.
    """
    return (a * x**2 - b * y**2) / 2


@landscape(
    view=((-1.5, 1.5), (-1.5, 1.5)),
    start=(1.0, 0.001),
    source="Lee, Simchowitz, Jordan and Recht 2016; Dauphin et al. 2014",
    tags=("saddle", "quartic", "two minima"),
    lesson=(4, 9),
    levels="quantile",
    critical=lambda a: [
        saddle_point((0, 0), 0.0),
        minimum((0, sqrt(a)), -(a**2) / 4),
        minimum((0, -sqrt(a)), -(a**2) / 4),
    ],
    a=dial(1.0, 0.1, 2, label="distance of the minima, squared"),
)
def quartic_saddle(x, y, *, a):
    """A saddle between two minima, at (0, √a) and (0, −√a).

    Each factor of 1000 closer to the axis costs gradient descent the same number of extra steps: a
    saddle slows it down but does not hold it. Newton's method, which looks for any stationary
    point, runs into the saddle from nearby. Chains of many saddles can still cost a very long time.
    """
    return x**2 / 2 + y**4 / 4 - a * y**2 / 2


@landscape(
    view=((-1.5, 1.5), (-1.5, 1.5)),
    start=(1.0, 0.4),
    source="Hilbert and Cohn-Vossen 1932",
    tags=("saddle", "degenerate", "classic"),
    lesson=4,
    levels="linear",
    critical=[plateau((0, 0), 0.0)],
)
def monkey_saddle(x, y):
    """The monkey saddle: three ways down, three ways up, and no curvature at the centre.

    The Hessian at the origin is zero, so it says nothing at all about the point: only the third
    derivatives show that it is a saddle. A second-order test cannot find the way out.
    """
    return x**3 - 3 * x * y**2


_PERIOD = [(-pi, 2.0, False), (0.0, 0.0, True), (pi, 2.0, False)]  # position, value, is a minimum


@landscape(
    view=((-5, 5), (-5, 5)),
    start=(3.0, 0.5),
    source="Morse theory on the torus (Milnor 1963)",
    tags=("saddle", "periodic", "counting"),
    lesson=4,
    levels="linear",
    critical=separable(_PERIOD, _PERIOD),
)
def egg_box(x, y):
    """An egg box: one minimum, one maximum and two saddles in every period.

    On any landscape in two dimensions that is periodic in both, minima and maxima together are as
    many as saddles (counted generically), so saddles are common in low dimension already. In d
    dimensions the fraction of minima in this one is 2**-d.
    """
    return 2 - cos(x) - cos(y)
