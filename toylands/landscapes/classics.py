"""Classic test functions with few stationary points, nearly all of them listed here.

    import toylands as tl

    tl.landscapes.himmelblau.minima          # four, all at loss 0
    tl.landscapes.branin(t=0.1).minima       # the closed forms follow the dials

Wherever the stationary points of a formula have a closed form, or are the roots of a polynomial,
the declaration computes them from the current parameters, so they stay right when a dial moves.
The functions with many ripples are in `multimodal`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np

from toylands.formula import Declared, cos, dial, landscape, maximum, minimum, saddle, sin, valley


def by_curvature(
    point: tuple[float, float], loss: float, xx: float, xy: float, yy: float
) -> list[Declared]:
    """Declare a stationary point by the entries of its 2 x 2 Hessian.

    Returns an empty list where the Hessian is singular: there two stationary points are just about
    to merge, and the second derivatives do not say what the point is.
    """
    determinant = xx * yy - xy * xy
    if abs(determinant) <= 1e-9 * (xx * xx + 2 * xy * xy + yy * yy):
        return []
    if determinant < 0:
        return [saddle(point, loss)]
    return [minimum(point, loss) if xx > 0 else maximum(point, loss)]


def separable(
    xs: Iterable[tuple[float, float, bool]], ys: Iterable[tuple[float, float, bool]]
) -> list[Declared]:
    """Declare every stationary point of f(x) + g(y) from those of f and of g.

    Each is given as (position, value, whether it is a minimum); two minima make a minimum, two
    maxima a maximum, one of each a saddle.
    """
    ys = list(ys)
    declared = []
    for x, f, x_low in xs:
        for y, g, y_low in ys:
            kind = saddle if x_low != y_low else minimum if x_low else maximum
            declared.append(kind((x, y), f + g))
    return declared


def real_roots(*coefficients: float) -> list[float]:
    """The real roots of a polynomial, highest power first, in ascending order."""
    roots = np.roots(coefficients)
    return sorted(float(z.real) for z in roots if abs(z.imag) <= 1e-9 * (1 + abs(z.real)))


# --- one basin ------------------------------------------------------------------------------------


@landscape(
    view=((-10, 10), (-10, 10)),
    start=(-8.0, 2.0),
    source="Booth 1949, Q. J. Mech. Appl. Math. 2; Jamil & Yang 2013",
    tags=("classic", "bowl", "quadratic", "convex"),
    levels="log",
    critical=lambda a, b: [minimum(((2 * b - a) / 3, (2 * a - b) / 3), 0.0)],
    a=dial(7.0, -10, 10, label="right side of the first equation"),
    b=dial(5.0, -10, 10, label="right side of the second equation"),
)
def booth(x, y, *, a, b):
    """Booth's function: two linear equations solved as one quadratic bowl.

    The Hessian is [[10, 8], [8, 10]] everywhere, with eigenvalues 2 and 18, so gradient descent
    converges for every rate below 1/9 and the steep direction is the diagonal. The dials move the
    bottom (by default (1, 3)) and never change the shape.
    """
    return (x + 2 * y - a) ** 2 + (2 * x + y - b) ** 2


def _matyas_origin(a: float, b: float) -> list[Declared]:
    if abs(b) == 2 * a > 0:
        return [valley((0, 0), 0.0)]
    return by_curvature((0, 0), 0.0, 2 * a, -b, 2 * a)


@landscape(
    view=((-10, 10), (-10, 10)),
    start=(-9.0, 2.0),
    source="Matyas 1965, Autom. Remote Control 26; Jamil & Yang 2013",
    tags=("classic", "bowl", "plate", "quadratic", "convex"),
    levels="log",
    critical=_matyas_origin,
    a=dial(0.26, 0.05, 1, label="curvature along the axes"),
    b=dial(0.48, 0, 1, label="coupling of x and y"),
)
def matyas(x, y, *, a, b):
    """Matyas's plate: a quadratic bowl pressed almost flat along the diagonal.

    The eigenvalues are 2a - b = 0.04 along (1, 1) and 2a + b = 1 across it: condition number 25,
    and turned by 45 degrees, so that per-coordinate step sizes cannot repair it. At b = 2a the
    bowl becomes a trough and beyond it a saddle without any minimum.
    """
    return a * (x**2 + y**2) - b * x * y


@landscape(
    view=((-5, 10), (-5, 10)),
    start=(8.0, 4.0),
    source="Zakharov, as in Jamil & Yang 2013 and Surjanovic & Bingham",
    tags=("classic", "plate", "convex"),
    levels="log",
    critical=[minimum((0, 0), 0.0)],
)
def zakharov(x, y):
    """Zakharov's plate: a gentle bowl with a quartic wall along one diagonal.

    Convex, with a single minimum, and yet hard on a fixed rate: at the bottom the eigenvalues are
    2 and 4.5, but with s = x/2 + y the wall adds 15 s^2 to the larger one, so a rate that suits
    the bottom diverges in the corner of the window.
    """
    s = x / 2 + y
    return x**2 + y**2 + s**2 + s**4


@landscape(
    view=((-4.5, 4.5), (-4.5, 4.5)),
    start=(1.0, 1.0),
    source="Beale 1958, Princeton Technical Report 25; More, Garbow & Hillstrom 1981",
    tags=("classic", "ravine", "saddle", "plateau"),
    levels="log",
    critical=[
        minimum((3.0, 0.5), 0.0),
        saddle((0.0, 1.0), 14.203125),
        saddle((0.10053793732415836, -2.6445135850231250), 9.8645122847562552),
    ],
)
def beale(x, y):
    """Beale's function: a curved valley between steep corners, with one minimum at its end.

    Three residuals c_i - x (1 - y^i) vanish together only at (3, 1/2). There are two saddles and
    no other stationary point. To the left the valley bends towards y = 1 and keeps falling slowly
    as x goes to minus infinity, so a walker that starts there runs away instead of
    converging; in the corners of the window the loss exceeds 100,000 and a fixed rate overshoots.
    """
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


# --- several basins -------------------------------------------------------------------------------


def _himmelblau_points(a: float, b: float) -> list[Declared]:
    # With A and B the two brackets, the gradient is (4xA + 2B, 2A + 4yB). It vanishes where both
    # brackets do (a quartic in x), and otherwise only where 4xy = 1 (a quintic in x).
    zeros = [(x, a - x * x) for x in real_roots(1, 0, -2 * a, 1, a * a - b)]
    others = [(x, 1 / (4 * x)) for x in real_roots(32, 0, 16 - 32 * a, 8 - 16 * b, 0, 1)]
    declared = []
    for x, y in zeros + others:
        loss = 0.0 if (x, y) in zeros else (x * x + y - a) ** 2 + (x + y * y - b) ** 2
        xx, yy = 12 * x * x + 4 * y - 4 * a + 2, 12 * y * y + 4 * x - 4 * b + 2
        declared += by_curvature((x, y), loss, xx, 4 * (x + y), yy)
    return declared


@landscape(
    view=((-6, 6), (-6, 6)),
    start=(0.0, -3.0),
    source="Himmelblau 1972, Applied Nonlinear Programming",
    tags=("classic", "multimodal", "saddle", "basins"),
    levels="log",
    critical=_himmelblau_points,
    a=dial(11.0, 0, 20, label="constant of the first equation"),
    b=dial(7.0, 0, 20, label="constant of the second equation"),
)
def himmelblau(x, y, *, a, b):
    """Himmelblau's function: four equally deep minima around one hill.

    Two parabolas x^2 + y = a and x + y^2 = b cross in four points, and the loss is 0 at each. The
    five other stationary points, four saddles and the hilltop, all lie on the hyperbola xy = 1/4.
    Which minimum is reached depends on the start and the optimizer; depth has no say. Turn b down
    to 2: two minima meet at the saddle between them and leave a single one whose loss is not 0.
    """
    return (x**2 + y - a) ** 2 + (x + y**2 - b) ** 2


def _styblinski_tang_points(a: float, b: float) -> list[Declared]:
    axis = [(x, (x**4 - a * x * x + b * x) / 2, 6 * x * x > a) for x in real_roots(4, 0, -2 * a, b)]
    return separable(axis, axis)


@landscape(
    view=((-5, 5), (-5, 5)),
    start=(4.5, 4.0),
    source="Styblinski & Tang 1990, Neural Networks 3",
    tags=("classic", "multimodal", "separable", "basins"),
    critical=_styblinski_tang_points,
    a=dial(16.0, 6, 25, label="depth of the wells"),
    b=dial(5.0, 0, 10, label="tilt"),
)
def styblinski_tang(x, y, *, a, b):
    """Styblinski and Tang's function: a tilted double well in each coordinate, so four basins.

    The coordinates do not interact, so its nine stationary points are all pairs of the three roots
    of 4x^3 - 2ax + b. The deepest well lies at (-2.903534, -2.903534) with loss -78.332331; the
    shallowest, (2.746803, 2.746803), is a convincing place to get stuck. The tilt b decides how
    unequal the wells are, and at b = 0 all four would be equal.
    """
    return (x**4 - a * x**2 + b * x + y**4 - a * y**2 + b * y) / 2


def _goldstein_price_points() -> list[Declared]:
    # The loss is g(s) h(t) with s = x + y, t = 2x - 3y,
    # g'(s) = 12 (s + 1)(s - 1)(s - 2) and h'(t) = 12 t (t - 1)(t - 3).
    sums = {-1: (1.0, True), 1: (33.0, False), 2: (28.0, True)}
    tilts = {0: (30.0, True), 1: (35.0, False), 3: (3.0, True)}
    declared = []
    for s, (g, s_low) in sums.items():
        for t, (h, t_low) in tilts.items():
            kind = saddle if s_low != t_low else minimum if s_low else maximum
            declared.append(kind(((3 * s + t) / 5, (2 * s - t) / 5), g * h))
    return declared


@landscape(
    view=((-2, 2), (-2, 2)),
    start=(-0.4, 0.2),
    source="Goldstein & Price 1971, Math. Comp. 25",
    tags=("classic", "multimodal", "ravine", "basins"),
    levels="log",
    critical=_goldstein_price_points(),
)
def goldstein_price(x, y):
    """Goldstein and Price's function: four minima in crossing ravines, the loss spanning 3 to 10⁶.

    It looks hopeless and is tame: the loss is a product g(x + y) h(2x - 3y) of two positive
    quartics, so its nine stationary points are exact fractions. The global minimum is 3 at (0,
    -1); the others are 30, 84 and 840. With Hessian eigenvalues from hundreds to tens of
    thousands, fixed rates must be tiny, and contour levels only make sense on a logarithmic scale.
    """
    s, t = x + y, 2 * x - 3 * y
    g = 1 + (s + 1) ** 2 * (19 - 14 * s + 3 * s**2)
    h = 30 + t**2 * (18 - 16 * t + 3 * t**2)
    return g * h


def _branin_points(a: float, b: float, c: float, r: float, s: float, t: float) -> list[Declared]:
    # d/dy vanishes on the parabola y = b x^2 - c x + r, and there d/dx = -s (1 - t) sin x.
    declared: list[Declared] = []
    if a <= 0 or s * (1 - t) <= 0:  # no ravine, or one with another profile
        return declared
    for k in range(-1, 4):
        x = k * math.pi
        kind, loss = (saddle, s * (2 - t)) if k % 2 == 0 else (minimum, s * t)
        declared.append(kind((x, b * x * x - c * x + r), loss))
    return declared


@landscape(
    view=((-5, 10), (0, 15)),
    start=(4.5, 12.0),
    source="Branin 1972, IBM J. Res. Dev. 16; Dixon & Szego 1978",
    tags=("classic", "multimodal", "ravine", "basins"),
    levels="log",
    critical=_branin_points,
    a=dial(1.0, 0.1, 10, log=True, label="steepness of the ravine's walls"),
    b=dial(5.1 / (4 * math.pi**2), 0.05, 0.25, label="bend of the ravine"),
    c=dial(5 / math.pi, 0.5, 3, label="slant of the ravine"),
    r=dial(6.0, 2, 10, label="where the ravine passes x = 0"),
    s=dial(10.0, 1, 40, label="height of the cosine"),
    t=dial(1 / (8 * math.pi), 0, 0.5, label="flattening of the cosine"),
)
def branin(x, y, *, a, b, c, r, s, t):
    """Branin's function: a parabolic ravine whose floor rises and falls like a cosine.

    The floor is the parabola y = b x^2 - c x + r, and along it the loss is a cosine of x. So the
    minima sit at odd multiples of pi, all at the same loss s t = 0.397887, and the passes between
    them at even multiples. The three usually quoted are those inside the window: the pattern goes
    on in both directions. The dial a sets how steep the walls are and moves nothing.
    """
    return a * (y - b * x**2 + c * x - r) ** 2 + s * (1 - t) * cos(x) + s


def _mirrored(kind: Callable[..., Declared], x: float, y: float, loss: float) -> list[Declared]:
    return [kind((x, y), loss), kind((-x, -y), loss)]


@landscape(
    view=((-2, 2), (-1.2, 1.2)),
    start=(1.33, 1.0),
    source="Branin 1972; Dixon & Szego 1978, Towards Global Optimisation 2",
    tags=("classic", "multimodal", "saddle", "basins"),
    levels="quantile",
    critical=[
        *_mirrored(minimum, 0.08984201310031806, -0.71265640302073964, -1.0316284534898774),
        *_mirrored(minimum, 1.7036067149699808, -0.79608356867262512, -0.21546382438371764),
        *_mirrored(minimum, 1.6071047529201972, 0.56865145488413137, 2.1042503103112583),
        saddle((0, 0), 0.0),
        *_mirrored(saddle, 1.1092053368047864, -0.76826809250953984, 0.54371860097818514),
        *_mirrored(saddle, 1.6380679841897786, 0.22867406904439407, 2.2293571975307147),
        *_mirrored(saddle, 1.2960702671671092, 0.60508438803865850, 2.2294708180298599),
        *_mirrored(maximum, 1.2302298765166527, 0.16233458445899497, 2.4962953510235769),
    ],
)
def six_hump_camel(x, y):
    """The six-hump camel: six minima in three pairs, only one pair of them global.

    A polynomial of degree six, unchanged when (x, y) becomes (-x, -y). It has exactly fifteen
    stationary points: 6 minima, 7 saddles and 2 maxima. The global pair has loss -1.031628; the
    shallowest pair, at 2.104250, sits behind passes only 0.125 higher, enough to stop gradient
    descent from the default start. The usual box is [-3, 3] x [-2, 2].
    """
    return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2


def _three_hump_points() -> list[Declared]:
    # y = -x/2, and then x (x^4 - 4.2 x^2 + 3.5) = 0.
    declared = [minimum((0, 0), 0.0)]
    for kind, square in (
        (minimum, 2.1 + math.sqrt(0.91)),
        (saddle, 2.1 - math.sqrt(0.91)),
    ):
        x = math.sqrt(square)
        loss = 1.75 * square - 1.05 * square**2 + square**3 / 6
        declared += _mirrored(kind, x, -x / 2, loss)
    return declared


@landscape(
    view=((-2.5, 2.5), (-2.5, 2.5)),
    start=(2.2, 2.0),
    source="Branin 1972; Dixon & Szego 1978; Jamil & Yang 2013",
    tags=("classic", "multimodal", "basins"),
    levels="log",
    critical=_three_hump_points(),
)
def three_hump_camel(x, y):
    """The three-hump camel: a global minimum with a slightly worse one on either side.

    The loss is 0 at the origin and 0.298638 at the two outer minima, separated by saddles at
    0.877362. With y following x it is an even polynomial in x alone, so all five stationary points
    have a closed form. On the usual box [-5, 5] the corners reach 2,000 and hide the wells, hence
    the closer window here.
    """
    return 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2


def _mccormick_points() -> list[Declared]:
    # x - y = 1 and cos(x + y) = -1/2; the loss is then sin(x + y) + (x + y)/2.
    declared = []
    for kind, total in ((minimum, -2), (minimum, 4), (saddle, 2)):
        s = total * math.pi / 3
        declared.append(kind(((s + 1) / 2, (s - 1) / 2), math.sin(s) + s / 2))
    return declared


@landscape(
    view=((-1.5, 4), (-3, 4)),
    start=(3.0, -2.0),
    source="McCormick, as in Lootsma 1972; Jamil & Yang 2013",
    tags=("classic", "plate", "multimodal", "unbounded"),
    critical=_mccormick_points(),
)
def mccormick(x, y):
    """McCormick's function: a wavy slope inside a parabolic trough.

    On the trough's floor x - y = 1 the loss is sin(s) + s/2 with s = x + y: a tilted sine with a
    minimum in every period, each pi lower than the one before it. The published minimum, -1.913223
    at (-0.547198, -1.547198), is the lowest in the window and not in the plane: the loss is
    unbounded below, so enough noise or momentum walks out of the picture towards minus infinity.
    """
    return sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1
