"""Ravines: steep walls beside a flat floor, so that no single learning rate suits both.

    tl.race(tl.landscapes.ravine(kappa=50), [tl.gd(0.02), tl.momentum(0.02), tl.adam(0.1)])
    tl.landscapes.rotated_ravine(kappa=100, angle=45)      # what Adam's rescaling cannot undo
    tl.descend(tl.landscapes.lessard_cycle, tl.polyak(1/9, beta=4/9), start=[3.3])    # a trap

All of these are convex but Rosenbrock's, and on none of them is one learning rate right for both
directions.
"""

from __future__ import annotations

from toylands.formula import dial, landscape, minimum, where
from toylands.landscapes.bowls import turned_quadratic


@landscape(
    view=((-1.2, 1.2), (-1.2, 1.2)),
    start=(1.0, 1.0),
    source="Nesterov 2004; Boyd and Vandenberghe 2004, section 9.3",
    tags=("ravine", "quadratic", "convex", "condition number"),
    lesson=3,
    levels="log",
    critical=[minimum((0, 0), 0.0)],
    kappa=dial(100.0, 1, 1000, log=True, label="condition number"),
)
def ravine(x, y, *, kappa):
    """A straight ravine: curvature kappa across (in x), 1 along its floor (in y).

    Gradient descent needs lr < 2/kappa for the walls and then creeps along the floor: about
    (kappa/2)*ln(1/tol) steps at the best rate, 2/(kappa + 1). Stiffness of this kind slows descent
    down without ever stopping it, and it depends on the coordinates: a rescaling removes it.
    """
    return (kappa * x**2 + y**2) / 2


@landscape(
    view=((-1.6, 1.6), (-1.6, 1.6)),
    start=(0.0, 1.4),
    source="Kingma and Ba 2015; Nocedal and Wright 2006 (diagonal preconditioning)",
    tags=("ravine", "quadratic", "convex", "condition number", "rotated"),
    lesson=3,
    levels="log",
    critical=[minimum((0, 0), 0.0)],
    kappa=dial(100.0, 1, 1000, log=True, label="condition number"),
    angle=dial(45.0, 0, 90, label="degrees of the turn"),
)
def rotated_ravine(x, y, *, kappa, angle):
    """A ravine turned by an angle: curvature kappa along that direction, 1 across it.

    The angle is in degrees, from the x axis. Gradient descent does not notice the rotation; methods
    that rescale each coordinate (Adam, RMSProp, AdaGrad) do. At 45 degrees the two diagonal entries
    of the Hessian are equal, so no diagonal rescaling by them improves the condition number.
    """
    return turned_quadratic(x, y, kappa, 1, angle)


@landscape(
    view=((-2, 2), (-1, 3)),
    start=(-1.2, 1.0),
    source="Rosenbrock 1960",
    tags=("ravine", "curved", "classic"),
    lesson=3,
    levels="log",
    critical=lambda a: [minimum((a, a**2), 0.0)],
    a=dial(1.0, 0.1, 3, label="where the valley's lowest point is"),
    b=dial(100.0, 1, 1000, log=True, label="steepness of the valley's walls"),
)
def rosenbrock(x, y, *, a, b):
    """Rosenbrock's valley: easy to enter, slow to follow.

    The floor is the parabola y = x**2. With a = 1 and b = 100 the condition number at the minimum
    is about 2508, but unlike in a straight ravine the steep direction turns along the way, so that
    a fixed rescaling of the coordinates does not help. The minimum is the only stationary point.
    """
    return (a - x) ** 2 + b * (y - x**2) ** 2


@landscape(
    view=((-3, 4),),
    start=(3.3,),
    source="Lessard, Recht and Packard 2016",
    tags=("ravine", "convex", "counterexample", "cycle"),
    lesson=3,
    levels="quantile",
    critical=[minimum((0,), 0.0)],
)
def lessard_cycle(x):
    """A strongly convex function of three pieces, with curvature 25, then 1, then 25.

    The slope is 25x up to 1, x + 24 up to 2, and 25x - 24 beyond. It is continuous; only the
    curvature jumps, between 1 and 25. With lr = 1/9 and beta = 4/9, the best values for a quadratic
    with these curvatures, heavy ball from 3.3 runs in a circle of three points without end; gradient
    descent converges.
    """
    steep = 25 * x**2 / 2
    gentle = x**2 / 2 + 24 * x - 12
    return where(x < 1, steep, where(x < 2, gentle, steep - 24 * x + 36))
