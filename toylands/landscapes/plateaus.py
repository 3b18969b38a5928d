"""Plateaus: places where the gradient is tiny and no minimum is near.

    tl.race(tl.landscapes.ramp, [tl.gd(0.01), tl.adam(0.01), tl.adagrad(0.01)], steps=3000)
    tl.landscapes.gaussian_desert.grad((3, 4))               # 2e-5, five units from the minimum

What counts is how far a method moves when there is nearly nothing to follow.
"""

from __future__ import annotations

from toylands.formula import dial, exp, landscape, minimum


@landscape(
    view=((-6, 6), (-6, 6)),
    start=(3.0, 4.0),
    source="elementary",
    tags=("plateau", "vanishing gradient", "well"),
    lesson=4,
    levels="linear",
    critical=[minimum((0, 0), 0.0)],
    s=dial(1.0, 0.5, 4, label="width of the well"),
)
def gaussian_desert(x, y, *, s):
    """A single Gaussian well in a desert.

    At distance r from the bottom the slope is (r/s**2)*exp(-r**2/(2*s**2)).

    Far out the time to reach the well grows like exp(r**2/(2*s**2)). A small gradient does not mean
    that a minimum is near. Methods that divide by the gradient's size cross the desert, and amplify
    noise there just as much.
    """
    return 1 - exp(-(x**2 + y**2) / (2 * s**2))


@landscape(
    view=((-0.2, 1.2),),
    start=(0.0,),
    source="Kingma and Ba 2015; Duchi, Hazan and Singer 2011",
    tags=("plateau", "vanishing gradient", "linear"),
    lesson=4,
    levels="linear",
    critical=[],
    slope=dial(1e-4, 1e-9, 1, log=True, label="slope of the ramp"),
)
def ramp(x, *, slope):
    """A straight ramp, falling to the right with constant slope.

    Gradient descent moves lr*slope per step, Adam lr*slope/(slope + eps): nearly the same for every
    slope, until the slope becomes as small as eps. There is no stationary point.
    """
    return -slope * x
