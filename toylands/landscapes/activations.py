"""One unit, one example: how the bend of an activation enters the curvature of the loss.

    tl.landscapes.tanh_unit_1d.hessian([1.0])          # -0.95: the residual times the bend
    tl.landscapes.tanh_unit_1d(y=0.76159).hessian([1.0])      # 0.18: at a fit the bend is silent
    tl.landscapes.relu_unit_1d(y=-1).hessian([1.0])    # 1: no bend

With L = (phi(w) - y)^2/2 the curvature is phi'^2 + (phi - y) phi''. The first part is never negative
(Gauss and Newton); the second is the residual times the activation's own curvature.
"""

from __future__ import annotations

from math import atanh, expm1, log

from toylands.formula import dial, landscape, minimum, relu, softplus, tanh


@landscape(
    view=((-3, 3),),
    start=(1.0,),
    source="Schraudolph 2002; Sagun et al. 2017",
    tags=("network", "neuron", "activation", "curvature"),
    lesson=8,
    levels="linear",
    critical=lambda y: [minimum((atanh(y),), 0.0)] if abs(y) < 1 else [],
    y=dial(-1.0, -1, 1, label="target of the output"),
)
def tanh_unit_1d(w, *, y):
    """A tanh unit with one weight, fitting the target y at the input 1.

    Far from the fit the curvature is negative where the residual and the bend of tanh have opposite
    signs; at the fit the bend is multiplied by 0. A target of -1 or 1 is reached only at infinity.
    """
    return (tanh(w) - y) ** 2 / 2


@landscape(
    view=((-2, 3),),
    start=(2.5,),
    source="Schraudolph 2002; Sagun et al. 2017",
    tags=("network", "neuron", "activation", "curvature", "ReLU", "kink", "plateau"),
    lesson=8,
    levels="linear",
    critical=lambda y: [minimum((y,), 0.0)] if y > 0 else [],
    kink="at w = 0",
    y=dial(1.0, -1, 2, label="target of the output"),
)
def relu_unit_1d(w, *, y):
    """A ReLU unit with one weight, fitting the target y at the input 1.

    Its bend is 0 on both sides of the kink, so the curvature is 1 where the unit is on and 0 where it
    is off: never negative, and without a gradient for w < 0.
    """
    return (relu(w) - y) ** 2 / 2


@landscape(
    view=((-3, 3),),
    start=(2.5,),
    source="Dugas et al. 2001; Schraudolph 2002",
    tags=("network", "neuron", "activation", "curvature"),
    lesson=8,
    levels="linear",
    critical=lambda b, y: [minimum((log(expm1(b * y)) / b,), 0.0)] if y > 0 and b > 0 else [],
    b=dial(1.0, 0.3, 10, log=True, label="sharpness of the bend"),
    y=dial(1.0, -1, 2, label="target of the output"),
)
def softplus_unit_1d(w, *, b, y):
    """A softplus unit, ln(1 + exp(b w))/b, fitting the target y at the input 1.

    It tends to ReLU as b grows, and its bend, at most b/4 and at w = 0, grows with it: the kink is
    there as an ever narrower and higher peak of the second derivative.
    """
    return (softplus(b * w) / b - y) ** 2 / 2
