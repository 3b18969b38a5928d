"""Depth: a bowl becomes a plateau and a cliff, and what skips and normalisation do about it.

    tl.landscapes.chain_1d(d=50).grad([[0.9], [1.1]])           # -0.28 and 621,056
    tl.descend(tl.landscapes.chain, tl.clip_norm(tl.gd(0.03), 1.0))
    tl.landscapes.residual_chain_1d.grad([0.0])                 # -10, where a plain chain has 0

Each is a network of linear layers with one weight, so that depth is an ordinary power. A depth that
is not a whole number is allowed; then only positive factors have a loss.
"""

from __future__ import annotations

from typing import Any

from toylands.formula import (
    Declared,
    dial,
    landscape,
    maximum,
    minimum,
    plateau,
    saddle,
    sqrt,
    valley,
)


def _squared_error(output: Any, target: Any) -> Any:
    return (output - target) ** 2 / 2


def _shared_points(
    d: float, y: float, shift: float = 0.0, per_layer: bool = False
) -> list[Declared]:
    """The stationary points of the loss of (shift + w)^d, or of (shift + w/d)^d."""
    if d <= 0 or y <= 0:
        return []
    scale = 1 / d if per_layer else 1.0
    root = y ** (1 / d)
    roots = (root, -root) if d % 2 == 0 else (root,)
    found = [minimum(((w - shift) / scale,), 0.0) for w in roots]
    if d >= 2 and d == int(d):
        found.append((plateau if d > 2 else maximum)(((0 - shift) / scale,), y**2 / 2))
    return found


@landscape(
    view=((0, 1.15),),
    start=(0.5,),
    source="Glorot and Bengio 2010; Hochreiter 1991",
    tags=("network", "linear network", "depth", "plateau", "cliff", "vanishing gradient"),
    lesson=8,
    levels="quantile",
    critical=lambda d, y: _shared_points(d, y),
    d=dial(10.0, 1, 50, log=True, integer=True, label="number of layers"),
    y=dial(1.0, 0.5, 2, label="target of the output"),
)
def chain_1d(w, *, d, y):
    """A chain of d linear layers that share one weight: the output is wᵈ, the target y.

    With one layer it is a parabola. With more, the gradient d*w^(d-1)*(w^d - y) vanishes for |w|
    below 1 and explodes above: a plateau, then a cliff. The curvature at the minimum is d^2 for
    y = 1. Turn the depth slowly and see the bowl disappear.
    """
    return _squared_error(w**d, y)


def _pair_points(d: float, y: float, shift: float = 0.0) -> list[Declared]:
    if d <= 0 or y <= 0:
        return []
    root, centre = y ** (1 / d), 0 - shift
    roots = (root, -root) if d % 2 == 0 else (root,)
    found = [valley((w - shift, w - shift), 0.0) for w in roots]
    if d % 2 == 0:
        found.append((plateau if d > 2 else saddle)((centre, centre), y**2 / 2))
    return found


@landscape(
    view=((0, 1.4), (0, 1.4)),
    start=(0.5, 0.9),
    source="Glorot and Bengio 2010; Pascanu, Mikolov and Bengio 2013",
    tags=("network", "linear network", "depth", "plateau", "cliff", "valley", "vanishing gradient"),
    lesson=(8, 9),
    levels="log",
    critical=lambda d, y: _pair_points(d, y),
    d=dial(10.0, 2, 30, log=True, integer=True, label="number of layers"),
    y=dial(1.0, 0.5, 2, label="target of the output"),
)
def chain(w1, w2, *, d, y):
    """A chain of d linear layers, half of them with weight w1 and half with w2.

    The minima fill the curve w1*w2 = y^(2/d), between a plateau towards the origin and a cliff
    beyond. At (1, 1) with y = 1 the sharpest curvature is d^2/2, half of what one shared weight has.
    A step taken on the cliff lands far out on the plateau or beyond it; clipping the gradient turns
    that catapult into a step.
    """
    return _squared_error(w1 ** (d / 2) * w2 ** (d / 2), y)


@landscape(
    view=((-1, 0.2),),
    start=(0.0,),
    source="He et al. 2016; Hardt and Ma 2017; Veit, Wilber and Belongie 2016",
    tags=("network", "linear network", "depth", "residual", "plateau", "cliff"),
    lesson=8,
    levels="quantile",
    critical=lambda d, y: _shared_points(d, y, shift=1.0),
    d=dial(10.0, 1, 50, log=True, integer=True, label="number of layers"),
    y=dial(2.0, 0.5, 4, label="target of the output"),
)
def residual_chain_1d(w, *, d, y):
    """A chain of d residual layers that share one weight: the output is (1 + w)ᵈ.

    It is `chain_1d` moved to the left by 1: the same plateau, the same cliff and the same curvature
    at the minimum. What changes is where training starts: at w = 0 the gradient is d*(1 - y), and
    not 0. A skip connection moves the start to a good place; in this chain it flattens nothing.
    Nonlinear networks have effects beyond this one.
    """
    return _squared_error((1 + w) ** d, y)


@landscape(
    view=((-1, 1.6),),
    start=(0.0,),
    source="Hardt and Ma 2017; Zhang, Dauphin and Ma 2019",
    tags=("network", "linear network", "depth", "residual"),
    lesson=8,
    levels="quantile",
    critical=lambda d, y: _shared_points(d, y, shift=1.0, per_layer=True),
    d=dial(10.0, 1, 100, log=True, integer=True, label="number of layers"),
    y=dial(2.0, 0.5, 4, label="target of the output"),
)
def scaled_residual_chain_1d(w, *, d, y):
    """A residual chain whose branches are divided by its depth: the output is (1 + w/d)ᵈ.

    The output tends to e^w, and the curvature at the minimum, y^(2 - 2/d), to y^2: depth has stopped
    to matter. It is d^2 times smaller than without the division.
    """
    return _squared_error((1 + w / d) ** d, y)


@landscape(
    view=((-1, 0.4), (-1, 0.4)),
    start=(-0.5, -0.1),
    source="Hardt and Ma 2017; Li et al. 2018",
    tags=("network", "linear network", "depth", "residual", "plateau", "cliff", "valley"),
    lesson=8,
    levels="log",
    critical=lambda d, y: _pair_points(d, y, shift=1.0),
    d=dial(10.0, 2, 30, log=True, integer=True, label="number of layers"),
    y=dial(1.0, 0.5, 2, label="target of the output"),
)
def residual_chain(w1, w2, *, d, y):
    """A residual chain with two weights: d/2 layers (1 + w1) and d/2 layers (1 + w2).

    It is `chain` moved by 1 in both weights. Where |w1| and |w2| are below t < 1, the squared
    gradient over d separate weights is at least d*(1 - t)^(2d - 2) times the squared residual, so no
    stationary point is there but the minima.
    """
    return _squared_error((1 + w1) ** (d / 2) * (1 + w2) ** (d / 2), y)


_LAYERS = 10  # written out below


def _normalised_output(w: Any, eps: Any) -> Any:
    """What ten layers h <- w h/sqrt(w^2 h^2 + eps) make of h = 1.

    The recursion is linear in 1/h^2: it becomes 1 + (eps/w^2)/h^2.
    """
    return w**_LAYERS / sqrt(sum(eps**j * w ** (2 * (_LAYERS - j)) for j in range(_LAYERS + 1)))


def _normalised_points(eps: float, y: float) -> list[Declared]:
    if eps <= 0:
        return []
    return [valley((1, y / float(_normalised_output(1.0, eps))), 0.0), plateau((0, 0), y**2 / 2)]


@landscape(
    view=((0, 1.4), (-0.5, 2.5)),
    start=(0.3, -0.2),
    source="Ioffe and Szegedy 2015; the recursion is elementary",
    tags=("network", "depth", "normalisation", "plateau", "valley"),
    lesson=8,
    levels="quantile",
    critical=_normalised_points,
    eps=dial(0.01, 0.0001, 1, log=True, label="constant in the normalisation"),
    y=dial(1.0, 0.5, 2, label="target of the output"),
)
def normalised_chain(w, g, *, eps, y):
    """Ten layers that share the weight w and normalise what they pass on, then a gain g.

    Each layer divides by sqrt(variance + eps), as batch normalisation does. For w^2 far above eps
    the weight's size no longer matters: the cliff of `chain_1d` is gone, the loss depends on the
    gain alone, and its curvature there is nearly 1. Below sqrt(eps) the plateau is still there, and
    with eps = 1 it is about as wide as without normalisation. This says nothing about random
    deep networks, where batch normalisation without skips can make gradients explode (Yang et al.
    2019).
    """
    return _squared_error(g * _normalised_output(w, eps), y)
