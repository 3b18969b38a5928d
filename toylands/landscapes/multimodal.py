"""Classic test functions with many local minima: ripples, rings, trays and a needle.

    import toylands as tl

    len(tl.landscapes.rastrigin.minima)      # 121 in the usual window
    tl.landscapes.griewank(d=200).minima     # found again for every setting of the dial

Several are usually posed on a box so wide that their ripples are finer than the pixels of a
picture. The windows here are chosen so that every ripple shows; each description names the usual
box.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from toylands.formula import (
    Declared,
    absolute,
    cos,
    dial,
    e,
    exp,
    landscape,
    maximum,
    minimum,
    pi,
    saddle,
    sin,
    sqrt,
    valley,
)
from toylands.landscapes._zeros import turning_points
from toylands.landscapes.classics import separable


def axis(
    value: Callable[[np.ndarray], np.ndarray],
    slope: Callable[[np.ndarray], np.ndarray],
    high: float,
) -> list[tuple[float, float, bool]]:
    """The stationary points on [-high, high] of an even function with a minimum at the origin.

    Returns (position, value, whether it is a minimum) for each.
    """
    found = [(0.0, True)]
    for position, is_minimum in turning_points(slope, 1e-6 * high, high):
        found += [(position, is_minimum), (-position, is_minimum)]
    return [(position, float(value(np.array(position))), low) for position, low in found]


# --- ripples on a bowl ----------------------------------------------------------------------------


def _rastrigin_points(a: float) -> list[Declared]:
    if a < 0:  # then the origin is a maximum
        return []
    ripples = axis(
        lambda x: x**2 + a * (1 - np.cos(2 * np.pi * x)),
        lambda x: 2 * x + 2 * np.pi * a * np.sin(2 * np.pi * x),
        5.12,
    )
    return separable(ripples, ripples)


@landscape(
    view=((-5.12, 5.12), (-5.12, 5.12)),
    start=(4.4, -3.3),
    source="Rastrigin 1974, Systems of Extremal Control; Jamil & Yang 2013",
    tags=("classic", "multimodal", "separable", "ripples"),
    critical=_rastrigin_points,
    a=dial(10.0, 0, 20, label="height of the ripples"),
)
def rastrigin(x, y, *, a):
    """Rastrigin's function: a shallow bowl under regular, deep ripples.

    In the usual window it has 121 minima, 220 saddles and 100 maxima, near a square lattice, and
    only the minimum at the origin is global. Gradient descent stops in the well it starts in: the
    bowl that points home has curvature 2, the ripples up to 4 pi^2 a = 395. Turn a down to 0 and
    the bowl alone remains; below a = 1/(2 pi^2) = 0.0507 the loss is convex.
    """
    return 2 * a + x**2 - a * cos(2 * pi * x) + y**2 - a * cos(2 * pi * y)


def _bohachevsky_points(c: float, d: float) -> list[Declared]:
    if min(c, d) < 0:
        return []
    # A stationary point has |x| <= 3 pi c / 2 and |y| <= pi d: beyond, the bowl is steeper than
    # any ripple.
    xs = axis(
        lambda x: x**2 + c * (1 - np.cos(3 * np.pi * x)),
        lambda x: 2 * x + 3 * np.pi * c * np.sin(3 * np.pi * x),
        1.5 * math.pi * c + 0.01,
    )
    ys = axis(
        lambda y: 2 * y**2 + d * (1 - np.cos(4 * np.pi * y)),
        lambda y: 4 * y + 4 * np.pi * d * np.sin(4 * np.pi * y),
        math.pi * d + 0.01,
    )
    return separable(xs, ys)


@landscape(
    view=((-1.5, 1.5), (-1.5, 1.5)),
    start=(1.3, 1.2),
    source="Bohachevsky, Johnson & Stein 1986, Technometrics 28",
    tags=("classic", "multimodal", "separable", "ripples"),
    critical=_bohachevsky_points,
    c=dial(0.3, 0, 0.5, label="height of the ripples along x"),
    d=dial(0.4, 0, 0.5, label="height of the ripples along y"),
)
def bohachevsky1(x, y, *, c, d):
    """Bohachevsky's first function: ripples that matter only near the bottom of a bowl.

    The bowl grows like x^2 while the ripples keep their height, so there are finitely many
    stationary points in the whole plane: 25 minima, 40 saddles and 16 maxima, all inside this
    window. On the usual box [-100, 100] it looks like a perfect bowl, and from far away that is
    what a walker feels.
    """
    return x**2 + 2 * y**2 - c * cos(3 * pi * x) - d * cos(4 * pi * y) + c + d


def _griewank_points(d: float) -> list[Declared]:
    # With v = y/sqrt(2), p = x + v, q = x - v the gradient vanishes where sin p = -(2x + 4v)/d and
    # sin q = -(2x - 4v)/d. For large d that is near p = m pi, q = n pi; iterating the two
    # equations contracts, by at most (2 + 4)/d over the cosine. Even numbers give a positive
    # curvature.
    declared: list[Declared] = []
    if d < 50:  # a bowl too steep for the iteration, or none
        return declared
    for m in range(-8, 9):
        for n in range(-8, 9):
            p, q = m * math.pi, n * math.pi
            for _ in range(200):
                x, v = (p + q) / 2, (p - q) / 2
                sines = (2 * x + 4 * v) / d, (2 * x - 4 * v) / d
                if max(map(abs, sines)) >= 1:
                    break
                last = p, q
                p = m * math.pi - (-1) ** m * math.asin(sines[0])
                q = n * math.pi - (-1) ** n * math.asin(sines[1])
                if abs(p - last[0]) + abs(q - last[1]) <= 1e-15 * (abs(p) + abs(q)):
                    x, y = (p + q) / 2, (p - q) / math.sqrt(2)
                    if abs(x) <= 10 and abs(y) <= 10:
                        kind = saddle if (m + n) % 2 else maximum if m % 2 else minimum
                        declared.append(kind((x, y)))
                    break
    return declared


@landscape(
    view=((-10, 10), (-10, 10)),
    start=(3.3, 8.3),
    source="Griewank 1981, J. Optim. Theory Appl. 34",
    tags=("classic", "multimodal", "ripples"),
    critical=_griewank_points,
    d=dial(4000.0, 100, 10000, log=True, label="flatness of the bowl"),
)
def griewank(x, y, *, d):
    """Griewank's function in two dimensions: an egg box tilted so gently that all wells look alike.

    On the usual box [-600, 600] it looks like a bowl; in this window its 17 minima differ by less
    than 0.03 while the hills between them are 2 high. Local curvature says nothing about where the
    global minimum is. The dial d sets the bowl, x^2/d; Griewank took 200 in two dimensions and
    4000 in ten, and most suites now use 4000 everywhere.
    """
    return 1 + (x**2 + y**2) / d - cos(x) * cos(sqrt(2) * y / 2)


@landscape(
    view=((-10, 10), (-10, 10)),
    start=(-4.0, 5.0),
    source="Levy & Montalvo 1985, SIAM J. Sci. Stat. Comput. 6; no. 13 in Surjanovic & Bingham",
    tags=("classic", "multimodal", "ripples"),
    critical=[minimum((1, 1), 0.0)],
)
def levy13(x, y):
    """Levy's function number 13: a bowl whose ripples grow with the distance from its bottom.

    The global minimum is 0 at (1, 1), with eigenvalues 2 and 2 + 18 pi^2 = 179.65: a narrow slot
    among more than a thousand local minima in this window, of which only the global one is listed.
    The ripples along y are strongest far out, which makes the outskirts rougher than the middle.
    """
    return (
        sin(3 * pi * x) ** 2
        + (x - 1) ** 2 * (1 + sin(3 * pi * y) ** 2)
        + (y - 1) ** 2 * (1 + sin(2 * pi * y) ** 2)
    )


def _ackley_points(a: float, b: float, c: float) -> list[Declared]:
    # Beside the tip, the gradient vanishes where sin(cx) = -K x and sin(cy) = -K y with the same
    # K(x, y). The branch of the arcsine near 0 gives the minima; iterating it settles on them.
    if min(a, b, c) <= 0:  # then there is no tip
        return []
    declared = [minimum((0, 0), 0.0)]
    reach = int(5 * c / (2 * math.pi)) + 1
    for i in range(reach + 1):
        for j in range(max(i, 1), reach + 1):
            x, y = 2 * math.pi * i / c, 2 * math.pi * j / c
            for _ in range(1000):
                rho = math.sqrt((x * x + y * y) / 2)
                ripple = math.exp((math.cos(c * x) + math.cos(c * y)) / 2)
                k = a * b * math.exp(-b * rho) / (c * rho * ripple)
                if k * max(x, y) >= 1:
                    break
                last = x, y
                x = (2 * math.pi * i - math.asin(k * x)) / c
                y = (2 * math.pi * j - math.asin(k * y)) / c
                if abs(x - last[0]) + abs(y - last[1]) <= 1e-15 * (x + y):
                    if y <= 5:
                        images = {
                            (s * p, t * q)
                            for p, q in ((x, y), (y, x))
                            for s in (1, -1)
                            for t in (1, -1)
                        }
                        declared += [minimum(image) for image in sorted(images)]
                    break
    return declared


@landscape(
    view=((-5, 5), (-5, 5)),
    start=(3.3, 2.2),
    source="Ackley 1987, A Connectionist Machine for Genetic Hillclimbing; Jamil & Yang 2013",
    tags=("classic", "multimodal", "ripples", "kink", "plateau"),
    kink="at the origin, the global minimum: the tip of a cone of slope a b/sqrt(2)",
    critical=_ackley_points,
    a=dial(20.0, 1, 40, label="depth of the funnel"),
    b=dial(0.2, 0.05, 0.5, label="how narrow the funnel is"),
    c=dial(2 * math.pi, math.pi, 3 * math.pi, label="ripples per length"),
)
def ackley(x, y, *, a, b, c):
    """Ackley's function: a rippled plain with one deep funnel that ends in a tip.

    Far away the funnel is level and only ripples remain; near the middle it wins over them. The
    global minimum, 0 at the origin, is a kink: the slope around it tends to a b/sqrt(2) = 2.83
    instead of 0, so a fixed learning rate never settles and hops about the tip, and a convergence
    test on the gradient never fires. The 120 other minima of this window are ordinary; the usual
    box is [-32.768, 32.768].
    """
    return a * (1 - exp(-b * sqrt((x**2 + y**2) / 2))) + e - exp((cos(c * x) + cos(c * y)) / 2)


# --- rings and crosses ----------------------------------------------------------------------------


def _schaffer2_points() -> list[Declared]:
    # All stationary points lie on the axes. On y = 0, with s = x^2, they are where
    # tan 2s = -k/(1 + k s).
    k = 0.001
    declared = [minimum((0, 0), 0.0)]
    for n in range(1, 11):
        s = n * math.pi / 2
        for _ in range(20):
            s = (n * math.pi - math.atan(k / (1 + k * s))) / 2
        loss = 0.5 + (math.sin(s) ** 2 - 0.5) / (1 + k * s) ** 2
        kind, r = (maximum if n % 2 else minimum), math.sqrt(s)
        declared += [kind(point, loss) for point in ((r, 0), (-r, 0), (0, r), (0, -r))]
    return declared


@landscape(
    view=((-4, 4), (-4, 4)),
    start=(2.9, 2.0),
    source="Schaffer, as no. 2 in Mishra 2006 and Jamil & Yang 2013",
    tags=("classic", "multimodal", "ravine", "valley"),
    critical=_schaffer2_points(),
)
def schaffer2(x, y):
    """Schaffer's second function: hyperbola-shaped canyons around a cross, and no saddle anywhere.

    The floors follow x^2 - y^2 = k pi and are nearly level; every minimum and maximum lies on an
    axis. Although there are many minima there is not one saddle: the passes between canyons get
    lower for ever on the way out. At the global minimum, the origin, both eigenvalues are only
    0.002, so whatever arrives there arrives slowly. On the usual box [-100, 100] the canyons are
    far finer than a pixel.
    """
    return 0.5 + (sin(x**2 - y**2) ** 2 - 0.5) / (1 + 0.001 * (x**2 + y**2)) ** 2


def _drop_wave_points() -> list[Declared]:
    # On a ring of minima tan 6r = -r/(6 r^2 + 24).
    declared = [minimum((0, 0), -1.0)]
    for k in range(1, 10):
        r = k * math.pi / 6
        for _ in range(40):
            r = (k * math.pi - math.atan(r / (6 * r * r + 24))) / 6
        declared.append(valley((r, 0), -(1 + math.cos(12 * r)) / (2 + r * r / 2)))
    return declared


@landscape(
    view=((-5.12, 5.12), (-5.12, 5.12)),
    start=(2.4, 1.6),
    source="Molga & Smutnicki 2005; Surjanovic & Bingham",
    tags=("classic", "multimodal", "rings", "valley"),
    critical=_drop_wave_points(),
)
def drop_wave(x, y):
    """The drop wave: rings of equal loss around the place where a drop fell.

    Each circular trough is a connected set of minima with one flat direction, listed here by its
    point on the positive x axis; only the middle, with loss -1, is an isolated minimum. Gradients
    point along the radius, so a walker slides straight into the nearest ring and stays there, at
    -0.94 in the best case. The square root in r has no derivative at 0, but the wave does: at the
    middle itself its slope and its curvature are the limits of theirs.
    """
    square = x**2 + y**2
    return -(1 + cos(12 * sqrt(square))) / (2 + square / 2)


def _cross_in_tray_points() -> list[Declared]:
    # One minimum per cell of the tray; those of the positive quadrant, mirrored in the diagonal
    # and the axes.
    cells = [
        (1.3494066171539108, 1.3494066171539108, -2.0626118708227369),
        (1.4706221621674318, 4.4190758742568723, -1.8899380457855669),
        (1.5085213314357113, 7.5514224644010159, -1.7154894160540037),
        (4.4909992707437040, 4.4909992707437040, -1.7906017238104048),
        (4.5501219856370714, 7.5874886861568702, -1.6538852656171778),
        (7.6325919243334973, 7.6325919243334973, -1.5544633378037715),
    ]
    signs = [(s, t) for s in (1, -1) for t in (1, -1)]
    return [
        minimum((s * x, t * y), loss)
        for p, q, loss in cells
        for x, y in sorted({(p, q), (q, p)})
        for s, t in signs
    ]


@landscape(
    view=((-10, 10), (-10, 10)),
    start=(3.6, 2.4),
    source="Mishra 2006, MPRA 2718; Jamil & Yang 2013",
    tags=("classic", "multimodal", "kink", "basins"),
    levels="quantile",
    kink="along the lines x = k pi and y = k pi: the walls of the tray",
    critical=_cross_in_tray_points(),
)
def cross_in_tray(x, y):
    """The cross-in-tray: square cells between walls that sharpen to an infinitely steep edge.

    Inside a cell the loss is smooth with a single minimum. Four cells share the global one,
    -2.062612 at (±1.349407, ±1.349407); the digits usually printed, 1.349406608602084, are right
    only to eight decimals. Towards a wall the loss rises like -d^0.1, where d is the distance: at
    d = 0.001 about half the depth is left, the top at -0.0001 is a matter of d = 10^-43, and the
    slope grows without bound. A finite step can still jump across.
    """
    bump = absolute(sin(x) * sin(y) * exp(absolute(100 - sqrt(x**2 + y**2) / pi)))
    return -0.0001 * (bump + 1) ** 0.1


# --- a needle -------------------------------------------------------------------------------------


def _easom_points() -> list[Declared]:
    u = 1.8365972031521257  # tan u = -2u
    faint = math.cos(u) * math.exp(-u * u)
    declared = [minimum((math.pi, math.pi), -1.0)]
    for s in (1, -1):
        declared += [maximum((math.pi + s * u, math.pi), -faint)]
        declared += [maximum((math.pi, math.pi + s * u), -faint)]
        for t in (1, -1):
            declared.append(minimum((math.pi + s * u, math.pi + t * u), -(faint**2)))
            declared.append(saddle((math.pi + s * math.pi / 2, math.pi + t * math.pi / 2), 0.0))
    return declared


@landscape(
    view=((-2, 8), (-2, 8)),
    start=(1.9, 2.2),
    source="Easom 1990, M. Eng. thesis, University of Louisville; Jamil & Yang 2013",
    tags=("classic", "plateau", "needle", "multimodal"),
    critical=_easom_points(),
)
def easom(x, y):
    """Easom's function: one narrow hole in a plain that is flat to the last digit.

    The hole at (pi, pi) has depth 1; everything else is level. Around it lie ripples too faint to
    see, with further minima (-0.000081 for the first four, then ever fainter) that stop gradient
    descent all the same. On the usual box [-100, 100] the gradient is not small but exactly 0 in
    double precision wherever the distance to the hole exceeds 28, so there is no slope to follow.
    """
    return -cos(x) * cos(y) * exp(-((x - pi) ** 2) - (y - pi) ** 2)
