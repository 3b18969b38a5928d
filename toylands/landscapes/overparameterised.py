"""More parameters than data: valleys of solutions, and who chooses the solution.

    tl.descend(tl.landscapes.circle_valley, tl.gd(0.1)).end                   # (0.6, 0.8): start/|start|
    tl.descend(tl.landscapes.one_equation, tl.adam(0.01), steps=3000).end     # not where gd ends
    tl.descend(tl.landscapes.lazy_network(m=10_000), tl.gd(0.05)).end         # as if it were linear

Where solutions fill a whole manifold, the end point is chosen by the start and by the optimizer.
"""

from __future__ import annotations

from toylands.formula import dial, landscape, maximum, saddle, sqrt, valley


@landscape(
    view=((-1.5, 1.5), (-1.5, 1.5)),
    start=(0.3, 0.4),
    source="Cooper 2018 (solutions of overparameterised networks form manifolds)",
    tags=("valley", "symmetry", "rotation", "overparameterised", "conserved quantity", "width"),
    lesson=(6, 7),
    levels="quantile",
    critical=lambda r: [
        maximum((0, 0), r**4 / 2),
        *(valley((sign * r, 0), 0.0) for sign in (1, -1)),
    ],
    r=dial(1.0, 0.3, 1.4, label="radius of the valley"),
)
def circle_valley(x, y, *, r):
    """A whole circle of global minima, of radius r.

    On the circle one curvature is 0 and the other 4 r**2; the origin is a maximum. The angle never
    changes, so gradient descent ends where the ray from the origin through the start meets the circle
    (with steps that do not jump across the origin), and it stays there: it does not wander. It is
    also the plane u = v of `wide_product`: there (x, y) are the weights of two hidden units.
    """
    return (x**2 + y**2 - r**2) ** 2 / 2


@landscape(
    view=((-1, 2), (-1, 2)),
    start=(0.0, 0.0),
    source="Wilson et al. 2017; Gunasekar et al. 2018",
    tags=("valley", "quadratic", "regression", "overparameterised", "implicit bias"),
    lesson=7,
    levels="quantile",
    critical=lambda p, q, y: [valley((p * y / (p**2 + q**2), q * y / (p**2 + q**2)), 0.0)],
    p=dial(3.0, 1, 5, label="factor of the first unknown"),
    q=dial(4.0, 1, 5, label="factor of the second unknown"),
    y=dial(5.0, 1, 6, label="right side of the equation"),
)
def one_equation(a, b, *, p, q, y):
    """One equation for two unknowns: a line of solutions.

    The equation is p a + q b = y. The curvature is p**2 + q**2 across the line and 0 along it,
    everywhere. Gradient descent and momentum move only along (p, q), so from the origin they find the
    solution of least length, for p = 3, q = 4, y = 5 the point (0.6, 0.8). Adam and AdaGrad (with eps =
    0) take equally long steps in a and b and end at y/(p + q) in both, here the solution whose largest
    weight is smallest.
    """
    return (p * a + q * b - y) ** 2 / 2


@landscape(
    view=((-2, 2), (-2, 2), (-2, 2), (-2, 2)),
    start=(1.2, 0.6, 0.3, -0.2),
    source="Nguyen 2019; Venturi, Bandeira and Bruna 2019",
    tags=(
        "network",
        "linear network",
        "overparameterised",
        "valley",
        "saddle",
        "width",
        "symmetry",
    ),
    lesson=7,
    levels="quantile",
    critical=lambda s: [
        saddle((0, 0, 0, 0), s**2 / 2),
        *(
            valley(tuple(sqrt(s) * w for w in weights), 0.0)
            for weights in ((1, 1, 0, 0), (0, 0, 1, 1), (-1, -1, 0, 0))
        ),
    ],
    s=dial(1.0, 0.1, 3, label="target of the product"),
)
def wide_product(u1, v1, u2, v2, *, s):
    """A linear network with two hidden units: u1 v1 + u2 v2 should be s.

    With one unit (`uv_product`) the solutions fall into two pieces, and every way from one to the
    other climbs to s**2/2. A second unit connects them: u = v = sqrt(s) (cos t, sin t) leads from
    (1, 1) to (-1, -1) on the first unit at loss 0 all the way. Connected is not convex: on the
    straight way the barrier is still s**2/2.
    """
    return (u1 * v1 + u2 * v2 - s) ** 2 / 2


@landscape(
    view=((-1.8, 1.8), (-1.8, 1.8)),
    start=(0.1, 0.1),
    source="Woodworth et al. 2020",
    tags=("network", "overparameterised", "implicit bias", "valley", "rich and lazy", "depth"),
    lesson=7,
    levels="quantile",
    critical=lambda x1, x2, y: [
        maximum((0, 0), y**2 / 2),
        *(valley((sign * sqrt(y / x1), 0), 0.0) for sign in (1, -1)),
        *(valley((0, sign * sqrt(y / x2)), 0.0) for sign in (1, -1)),
    ],
    x1=dial(1.0, 0.8, 3, label="first input"),
    x2=dial(2.0, 0.8, 3, label="second input"),
    y=dial(2.0, 0.2, 2.4, label="target of the output"),
)
def squared_weights(u1, u2, *, x1, x2, y):
    """A linear model whose weights are squares: one example, an ellipse of solutions.

    The weights are w = u**2. From u = (alpha, alpha) gradient flow follows the curve on which
    ln(u1/alpha) : ln(u2/alpha) is x1 : x2; with x = (1, 2) that is the parabola u2 = u1**2/alpha. From
    small weights it ends where the strongest input does all the work (sparse, the smallest sum of
    weights). Only the size of the start decides.
    """
    return (x1 * u1**2 + x2 * u2**2 - y) ** 2 / 2


@landscape(
    view=((-2, 2), (-2, 2), (-2, 2), (-2, 2)),
    start=(0.1, 0.1, 0.1, 0.1),
    source="Woodworth et al. 2020",
    tags=("network", "overparameterised", "implicit bias", "valley", "saddle", "rich and lazy"),
    lesson=7,
    levels="quantile",
    critical=lambda x1, x2, y: [
        saddle((0, 0, 0, 0), y**2 / 2),
        valley((sqrt(y / x1), 0, 0, 0), 0.0),
        valley((0, sqrt(y / x2), 0, 0), 0.0),
    ],
    x1=dial(1.0, 0.5, 3, label="first input"),
    x2=dial(2.0, 0.5, 3, label="second input"),
    y=dial(2.0, 0.2, 3, label="target of the output"),
)
def diagonal_network(u1, u2, v1, v2, *, x1, x2, y):
    """A diagonal network: a linear model whose weights are differences of squares, and one example.

    The weights are w = u**2 - v**2; in the plane of w the loss is `one_equation`. From u = v = alpha the
    model starts at w = 0, and gradient flow keeps u1 v1 and u2 v2. It ends at w = 2 alpha**2 sinh(x mu):
    for alpha -> 0 the solution of least sum of absolute values (the rich regime), for alpha -> infinity
    that of least length (the lazy one). The loss and the data are the same.
    """
    return (x1 * (u1**2 - v1**2) + x2 * (u2**2 - v2**2) - y) ** 2 / 2


@landscape(
    view=((-3, 3), (-3, 3)),
    start=(0.0, 0.0),
    source="Jacot, Gabriel and Hongler 2018; Chizat, Oyallon and Bach 2019; exact here",
    tags=("network", "overparameterised", "width", "kernel regime", "rich and lazy", "valley"),
    lesson=7,
    levels="quantile",
    critical=lambda m, y: [
        saddle((-sqrt(m), -sqrt(m)), y**2 / 2),
        valley((y / 2, -y / 2), 0.0),
    ],
    m=dial(4.0, 1, 10_000, log=True, integer=True, label="width of the network"),
    y=dial(2.0, 0.5, 4, label="target of the output"),
)
def lazy_network(p, q, *, m, y):
    """How far a network of width m moves: straight valleys when it is wide, curved when it is not.

    The network is f = a.b/sqrt(m), with a = 1 and b = 1 at half of its units, b = -1 at the others.
    Gradient flow keeps each half alike, with a = b or a = -b, so that it lives in this plane: sqrt(m) +
    p and sqrt(m) + q are the lengths of all weights of each half. Nothing is lost or approximated:
    f = p - q + (p**2 - q**2)/(2 sqrt(m)), a linear model and a term that fades with the width. The
    distance from the start tends to y/sqrt(2) while the weights themselves have length sqrt(2 m). At the
    start the curvatures are 1 - sqrt(1 + y**2/m) and 1 + sqrt(1 + y**2/m): the flat direction is
    there only in the limit.
    """
    output = p - q + (p**2 - q**2) / (2 * sqrt(m))
    return (output - y) ** 2 / 2
