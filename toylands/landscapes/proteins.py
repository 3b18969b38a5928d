"""Protein folding: a funnel leads to one native state, a rugged basin never settles.

    tl.landscapes.funnel(k=4)              # one minimum
    len(tl.landscapes.rugged_1d.minima)    # 51 under the same ripples, in a wide basin

Both families share one formula and differ in the width of the bowl alone.
"""

from __future__ import annotations

from toylands.formula import dial, landscape
from toylands.landscapes.ripples import line_points, plane_points, rippled


@landscape(
    view=((-2, 2),),
    start=(1.6,),
    source="Bryngelson, Onuchic, Socci and Wolynes 1995",
    tags=("protein", "funnel", "ripples"),
    lesson=14,
    levels="quantile",
    critical=lambda k, a: line_points(k, a),
    k=dial(4.0, 0.05, 8, log=True, label="steepness of the bowl"),
    a=dial(0.2, 0, 0.5, label="height of the ripples"),
)
def funnel_1d(x, *, k, a):
    """A folding funnel: ripples on a bowl so steep that only one minimum is left.

    There is a single minimum if and only if k exceeds 4*pi**2*a*0.21723; convex it is only from k =
    4*pi**2*a on, so a funnel may well be rough. Real funnels are free energies, in which entropy
    has its share; this is an energy alone.
    """
    return rippled(x, k, a)


@landscape(
    view=((-2, 2), (-2, 2)),
    start=(1.6, -1.2),
    source="Bryngelson, Onuchic, Socci and Wolynes 1995",
    tags=("protein", "funnel", "ripples"),
    lesson=14,
    levels="quantile",
    critical=lambda k, a: plane_points(k, a),
    k=dial(4.0, 0.05, 8, log=True, label="steepness of the bowl"),
    a=dial(0.2, 0, 0.5, label="height of the ripples"),
)
def funnel(x, y, *, k, a):
    """A folding funnel in two coordinates: rough walls, one native state at the bottom.

    The energy is the sum of two one-dimensional funnels, so the coordinates fold independently.
    With other dials, the minima listed are those with both coordinates between -5 and 5.
    """
    return rippled(x, k, a) + rippled(y, k, a)


@landscape(
    view=((-5, 5),),
    start=(3.6,),
    source="Zwanzig 1988; Lifson and Jackson 1962",
    tags=("protein", "rugged", "ripples", "many minima"),
    lesson=14,
    levels="quantile",
    critical=lambda k, a: line_points(k, a),
    k=dial(0.05, 0.05, 8, log=True, label="steepness of the bowl"),
    a=dial(0.2, 0, 0.5, label="height of the ripples"),
)
def rugged_1d(x, *, k, a):
    """A disordered protein: the funnel's ripples in a basin so wide that they make many minima.

    At k = 0.05 and a = 0.2 there are 51. At temperature 0.1 the spread is that of the smooth basin,
    sqrt(0.1/k), to double precision: ruggedness changes how fast the molecule moves, not where it
    is found. In a narrower basin the ripples do show in the spread.
    """
    return rippled(x, k, a)


@landscape(
    view=((-5, 5), (-5, 5)),
    start=(3.6, -2.4),
    source="Zwanzig 1988; Lifson and Jackson 1962",
    tags=("protein", "rugged", "ripples", "many minima"),
    lesson=14,
    levels="quantile",
    critical=lambda k, a: plane_points(k, a),
    k=dial(0.05, 0.05, 8, log=True, label="steepness of the bowl"),
    a=dial(0.2, 0, 0.5, label="height of the ripples"),
)
def rugged(x, y, *, k, a):
    """A rugged basin in two coordinates: 51 times 51 shallow minima at the default parameters.

    The lowest is at the centre, but many others are almost as good. Only the 121 minima with both
    coordinates between -5 and 5 are listed, with the saddles and maxima among them.
    """
    return rippled(x, k, a) + rippled(y, k, a)
