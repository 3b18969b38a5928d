"""Bowls: one bottom, and a learning rate that is either safe or not.

    tl.descend(tl.landscapes.parabola, tl.gd(1.9), start=[1.0])      # bounces from wall to wall
    tl.landscapes.rotated_bowl(angle=30).hessian((0, 0))             # curvature has directions
    tl.descend(tl.landscapes.quartic_wall, tl.gd(0.1), start=(4.5, 1))   # lost; 4.4 is safe

Most formulas here have a curvature that can be read off, so that every claim about learning rates
can be checked by hand.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands.formula import (
    Declared,
    cos,
    cosh,
    dial,
    exp,
    landscape,
    log,
    minimum,
    pi,
    plateau,
    sin,
    valley,
)


def turned_quadratic(x: Any, y: Any, a: Any, b: Any, angle: Any) -> Any:
    """Return half the quadratic form with curvature `a` along `angle` (degrees) and `b` across."""
    turn = pi * angle / 180
    along = cos(turn) * x + sin(turn) * y
    across = cos(turn) * y - sin(turn) * x
    return (a * along**2 + b * across**2) / 2


@landscape(
    view=((-3, 3),),
    start=(1.0,),
    source="Boyd and Vandenberghe 2004, chapter 9",
    tags=("bowl", "quadratic", "convex"),
    lesson=(1, 10, 11),
    levels="linear",
    critical=[minimum((0,), 0.0)],
    a=dial(1.0, 0.1, 10, log=True, label="curvature"),
)
def parabola(x, *, a):
    """A parabola, on which the learning rate alone decides everything.

    Gradient descent multiplies x by 1 - lr*a at every step: below lr*a = 1 it creeps, at 1 it
    arrives in one step, between 1 and 2 it alternates, at 2 it bounces without end and above 2 it
    diverges. The limit 2/a is exact for quadratics only; elsewhere the curvature changes along the
    way.
    """
    return a * x**2 / 2


@landscape(
    view=((-1.5, 1.5), (-1.5, 1.5)),
    start=(1.0, 1.0),
    source="Boyd and Vandenberghe 2004, chapter 9",
    tags=("bowl", "quadratic", "convex"),
    lesson=(1, 2, 3),
    levels="quantile",
    critical=[minimum((0, 0), 0.0)],
    a=dial(1.0, 0.1, 100, log=True, label="curvature along x"),
    b=dial(10.0, 0.1, 100, log=True, label="curvature along y"),
)
def bowl(x, y, *, a, b):
    """A quadratic bowl with its axes along the coordinates.

    Each coordinate lives its own life with its own factor 1 - lr*a or 1 - lr*b, so one can converge
    while the other diverges. Real losses are rarely so tidy: `rotated_bowl` couples the two.
    """
    return (a * x**2 + b * y**2) / 2


@landscape(
    view=((-2, 2), (-2, 2)),
    start=(-1.5, 1.0),
    source="Pearlmutter 1994 (Hessian-vector products)",
    tags=("bowl", "quadratic", "convex", "rotated"),
    lesson=2,
    levels="quantile",
    critical=[minimum((0, 0), 0.0)],
    a=dial(10.0, 0.1, 100, log=True, label="curvature along the turned axis"),
    b=dial(1.0, 0.1, 100, log=True, label="curvature across it"),
    angle=dial(30.0, 0, 90, label="degrees of the turn"),
)
def rotated_bowl(x, y, *, a, b, angle):
    """A bowl turned by an angle: curvature a along that direction, b across it.

    The angle is in degrees, from the x axis. Contours are ellipses with semi-axes sqrt(2*loss/a)
    and sqrt(2*loss/b). The gradient is orthogonal to the contours, yet points at the minimum only
    on the two eigenvectors of the Hessian.
    """
    return turned_quadratic(x, y, a, b, angle)


def least_squares_line(x: np.ndarray, y: np.ndarray) -> list[Declared]:
    """Declare the minimum of the mean squared error of w*x + b."""
    spread = np.var(x)
    if spread == 0:  # equal inputs: only w*x + b is determined; this is the point nearest 0
        w, b = np.array([x[0], 1.0]) * y.mean() / (x[0] ** 2 + 1)
        return [valley((w, b), np.var(y))]
    w = np.mean((x - x.mean()) * (y - y.mean())) / spread
    return [minimum((w, y.mean() - w * x.mean()), np.var(y) - w**2 * spread)]


@landscape(
    view=((-1, 4), (-1, 4)),
    start=(0.0, 0.0),
    source="Boyd and Vandenberghe 2004, chapter 9",
    tags=("bowl", "quadratic", "convex", "data", "regression"),
    lesson=(1, 8),
    levels="quantile",
    critical=least_squares_line,
    data={"x": (0, 1, 2, 3), "y": (1, 3, 2, 5)},
)
def regression(w, b, *, x, y):
    """Fitting a line to four points: the mean squared error is a bowl in slope w and offset b.

    The loss is the mean of squares without a factor 1/2, so the Hessian is twice the matrix of
    second moments of the inputs. It does not contain y: new targets move the bowl, only new inputs
    change its shape. If all inputs are equal, as in regression(x=(2, 2, 2, 2)), the bowl becomes a
    valley without a unique bottom.
    """
    return (w * x + b - y) ** 2


def _power_wall(x: Any, a: Any, b: Any) -> Any:
    return a * x**2 / 2 + b * x**4 / 4


@landscape(
    view=((-5, 5),),
    start=(4.4,),
    source="direct recursion, elementary",
    tags=("bowl", "quartic", "convex", "flat minimum"),
    lesson=(1, 2, 9, 10),
    levels="quantile",
    critical=lambda a: [(minimum if a > 0 else plateau)((0,), 0.0)],
    a=dial(0.0, 0, 4, label="curvature at the bottom"),
    b=dial(1.0, 0.1, 4, label="steepening of the walls"),
)
def quartic_wall_1d(x, *, a, b):
    """A bowl whose walls steepen: whether a step is safe depends on where it starts.

    With a = 0, gradient descent multiplies x by 1 - lr*b*x**2: from |x| below sqrt(2/(lr*b)) it
    converges, from above it blows up faster than any exponential. The minimum at 0 is flat (its
    curvature is a), and flat is slow: the distance shrinks only like one over the square root of
    the number of steps. There the Hessian vanishes, so the point is listed as a plateau, although
    it is the strict global minimum.
    """
    return _power_wall(x, a, b)


@landscape(
    view=((-5, 5), (-3, 3)),
    start=(4.4, 2.0),
    source="direct recursion, elementary",
    tags=("bowl", "quartic", "convex", "flat minimum"),
    lesson=(1, 2, 9, 10),
    levels="quantile",
    critical=lambda a: [(minimum if a > 0 else valley)((0, 0), 0.0)],
    a=dial(0.0, 0, 4, label="curvature at the bottom"),
    b=dial(1.0, 0.1, 4, label="steepening of the walls"),
)
def quartic_wall(x, y, *, a, b):
    """A quartic wall in x beside an ordinary parabola in y.

    The same learning rate is harmless in y and, from too far out, disastrous in x. With a = 0 the
    Hessian at the bottom is singular and the point is listed as a valley; it is nevertheless the
    only minimum, because the fourth order closes the valley.
    """
    return _power_wall(x, a, b) + y**2 / 2


def _leaning_valley(x: Any, s: Any) -> Any:
    return exp(x) * cosh(s) - x - 1


@landscape(
    view=((-3, 2),),
    start=(1.5,),
    source="He, Huang and Yuan 2019 (asymmetric valleys)",
    tags=("bowl", "convex", "asymmetric"),
    lesson=2,
    levels="quantile",
    critical=lambda s: [minimum((-log(cosh(s)),), log(cosh(s)))],
    s=dial(0.0, 0, 2, label="how much the sides differ"),
)
def asymmetric_valley_1d(x, *, s):
    """A valley that is steep on the right and gentle on the left.

    The curvature is exp(x)*cosh(s): it changes from place to place, because the third derivative is
    not zero. With s > 0 this is the expected loss when the curve is shifted by +s or -s with equal
    odds; its best point moves to the gentle side, to -ln(cosh(s)). For noise that is symmetric
    around a fixed point, the third derivative drops out of the mean.
    """
    return _leaning_valley(x, s)


@landscape(
    view=((-3, 2), (-2, 2)),
    start=(1.5, 1.5),
    source="He, Huang and Yuan 2019 (asymmetric valleys)",
    tags=("bowl", "convex", "asymmetric"),
    lesson=2,
    levels="quantile",
    critical=lambda s: [minimum((-log(cosh(s)), 0), log(cosh(s)))],
    s=dial(0.0, 0, 2, label="how much the sides differ"),
)
def asymmetric_valley(x, y, *, s):
    """An asymmetric valley in x beside a parabola in y.

    A quadratic model made at the bottom is right about y everywhere and about x only nearby.
    """
    return _leaning_valley(x, s) + y**2 / 2
