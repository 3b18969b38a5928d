"""Convex towards the goal, and not convex: every arrow points home although the curve bends down.

    tl.landscapes.wavy_bowl_1d.hessian([[0.0], [1.57]])       # 8 and -4
    tl.descend(tl.landscapes.wavy_bowl_1d, tl.gd(1 / 8)).end

What gradient descent needs is less than convexity: that the gradient points at the goal (one-point
convexity), or that it is large wherever the loss is (the inequality of Polyak and Lojasiewicz).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands.formula import Declared, dial, landscape, maximum, minimum, sin
from toylands.landscapes.classics import separable
from toylands.landscapes.multimodal import axis


def _wavy(x: Any, a: Any) -> Any:
    return x**2 + a * sin(x) ** 2


def _turning(a: float) -> list[tuple[float, float, bool]]:
    """Position, value, is a minimum; none lies beyond |x| = a/2, where the slope 2x wins."""
    return axis(
        lambda x: x**2 + a * np.sin(x) ** 2,
        lambda x: 2 * x + a * np.sin(2 * x),
        a / 2 + 0.01,
    )


def _line(a: float) -> list[Declared]:
    return [(minimum if low else maximum)((x,), value) for x, value, low in _turning(a)]


@landscape(
    view=((-4, 4),),
    start=(3.0,),
    source="Karimi, Nutini and Schmidt 2016",
    tags=("quasi-convex", "PL", "wavy"),
    lesson=9,
    levels="linear",
    critical=_line,
    a=dial(3.0, 0, 6, label="height of the waves"),
)
def wavy_bowl_1d(x, *, a):
    """A wavy bowl, x² + a sin² x: not convex, and yet the slope always points at 0.

    Its curvature is 2 + 2a cos(2x), for a = 3 from -4 to 8. As long as 2x + a sin(2x) has no other
    zero, x*L'(x) > 0 (one-point convexity), and for a = 3 the squared slope is at least 0.351 L (PL
    with the constant 0.1755; the source proves 1/32), so gradient descent with lr = 1/8 converges
    linearly. For a above 4.603 there are traps.
    """
    return _wavy(x, a)


@landscape(
    view=((-4, 4), (-4, 4)),
    start=(3.0, 2.4),
    source="Karimi, Nutini and Schmidt 2016",
    tags=("quasi-convex", "PL", "wavy"),
    lesson=9,
    levels="quantile",
    critical=lambda a: separable(_turning(a), _turning(a)),
    a=dial(3.0, 0, 6, label="height of the waves"),
)
def wavy_bowl(x, y, *, a):
    """A wavy bowl in two coordinates: contours that are not convex around a single minimum.

    For a = 3 the curvature is negative in places along each coordinate, yet the way to the centre
    and the downhill direction never differ by more than a right angle.
    """
    return _wavy(x, a) + _wavy(y, a)
