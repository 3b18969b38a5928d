"""Which compiled parts a network needs for which derivatives."""

from __future__ import annotations

from toylands.formula.compile import Stage
from toylands.networks import description as at
from toylands.networks import losses, norm, passes
from toylands.networks.activations import STAGES
from toylands.networks.architecture import Architecture
from toylands.networks.core import core
from toylands.networks.curvature import column_by_column, unit_by_unit
from toylands.networks.description import GRADIENT, HESSIAN, ONLY_LOSS
from toylands.networks.simd import correlate, multiply


def parts(shape: Architecture, order: int) -> dict[int, Stage]:
    """The parts by their position in the network's description."""
    needed = {
        at.CORE: core,
        at.GATHER: passes.gather_column,
        at.BEGIN: passes.begin,
        at.MULTIPLY: multiply,
        at.FORWARD: passes.forward,
        at.JUDGE: losses.STAGES[shape.loss][0],
    }
    for number, layer in enumerate(shape.layers[:-1]):
        needed[at.HEADER + at.LAYER * number + at.ACTIVATE] = STAGES[layer.activation]
    if shape.norm:
        needed |= {at.MEANS: norm.means, at.NORMALISE: norm.normalise}
    if order == ONLY_LOSS:
        return needed
    needed |= {at.CORRELATE: correlate, at.BACKWARD: passes.backward}
    if shape.norm:
        needed[at.PROJECT] = norm.project
    if order == GRADIENT:
        return needed
    needed |= {
        at.FORWARD_ALONG: passes.forward_along,
        at.BACKWARD_ALONG: passes.backward_along,
        at.JUDGE_ALONG: losses.STAGES[shape.loss][1],
    }
    if shape.norm:
        needed[at.TURN] = norm.turn
    if order == HESSIAN:
        needed[at.CURVE] = column_by_column if shape.norm else unit_by_unit
    return needed
