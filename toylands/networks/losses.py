"""The losses: what they are at a tile's samples, dL/df, and how that changes along a direction."""

from __future__ import annotations

from numba import types

from toylands.formula.compile import i8, inline, peek, peek_long, poke, stage
from toylands.formula.exponentials import exp
from toylands.formula.logarithms import log1p
from toylands.networks.activations import sigmoid, softplus
from toylands.networks.description import INPUTS, OUTPUTS, ROWS, SQUARE
from toylands.networks.plan import (
    ACT,
    D1,
    DELTA,
    JUDGE,
    LD,
    MEAN,
    PASS,
    REAL,
    SAMPLES,
    SPREAD,
    T_DELTA,
    T_Z,
    WEIGHT,
    call_gather,
    dot,
    row,
)

# Each part that judges returns the sum of the losses of the tile's samples. It writes dL/dz of the output
# layer, with each sample's weight, into DELTA, and what its derivative is made of into D1.


@inline(types.UniTuple(i8, 3), i8, i8, i8)
def _output(net, plan, k):  # type: ignore[no-untyped-def]
    """Where output k has its rows of ACT, DELTA and D1; its targets are put into the row MEAN."""
    call_gather(net, (plan, peek_long(net, INPUTS) + k, peek_long(plan, MEAN)))
    at = peek_long(net, ROWS) - peek_long(net, OUTPUTS) + k
    return row(plan, ACT, at), row(plan, DELTA, at), row(plan, D1, at)


@stage(JUDGE)
def _squares(net, plan):  # type: ignore[no-untyped-def]
    samples, real, factor = peek_long(plan, SAMPLES), peek_long(plan, REAL), peek_long(net, SQUARE)
    y, weight = peek_long(plan, MEAN), peek_long(plan, WEIGHT)
    total = 0.0
    for k in range(peek_long(net, OUTPUTS)):
        z, delta, d1 = _output(net, plan, k)
        for s in range(samples):
            poke(delta, s, peek(z, s) - peek(y, s))
        total += 0.5 * factor * dot(delta, delta, real)
        for s in range(samples):
            c = factor * peek(weight, s)
            poke(delta, s, peek(delta, s) * c)
            poke(d1, s, c)
    return total


@stage(JUDGE)
def _bce(net, plan):  # type: ignore[no-untyped-def]
    samples, real = peek_long(plan, SAMPLES), peek_long(plan, REAL)
    y, weight = peek_long(plan, MEAN), peek_long(plan, WEIGHT)
    total = 0.0
    for k in range(peek_long(net, OUTPUTS)):
        z, delta, d1 = _output(net, plan, k)
        for s in range(real):
            # log(1 + e^z) - y z, where nothing cancels when a network is sure and right
            far = 1.0 - peek(y, s) if peek(z, s) > 0.0 else -peek(y, s)
            total += far * peek(z, s) + softplus(-abs(peek(z, s)))
        for s in range(samples):
            p, slope = sigmoid(peek(z, s))
            q, _ = sigmoid(-peek(z, s))
            poke(delta, s, (p * (1.0 - peek(y, s)) - q * peek(y, s)) * peek(weight, s))
            poke(d1, s, slope * peek(weight, s))
    return total


@stage(JUDGE)
def _cross_entropy(net, plan):  # type: ignore[no-untyped-def]
    # log sum e^z - sum y z, both less the highest z; D1 becomes the probabilities
    outputs, ld = peek_long(net, OUTPUTS), peek_long(plan, LD)
    samples, real, first = (
        peek_long(plan, SAMPLES),
        peek_long(plan, REAL),
        peek_long(net, ROWS) - outputs,
    )
    y, weight, highest = peek_long(plan, MEAN), peek_long(plan, WEIGHT), peek_long(plan, SPREAD)
    z, d1 = row(plan, ACT, first), row(plan, D1, first)
    total = 0.0
    for s in range(samples):
        best = 0
        for k in range(1, outputs):
            if peek(z, k * ld + s) > peek(z, best * ld + s):
                best = k
        poke(highest, s, peek(z, best * ld + s))
        others = 0.0
        for k in range(outputs):
            e = exp(peek(z, k * ld + s) - peek(highest, s))
            poke(d1, k * ld + s, e)
            others += 0.0 if k == best else e
        for k in range(outputs):
            poke(d1, k * ld + s, peek(d1, k * ld + s) / (1.0 + others))
        if s < real:
            total += log1p(others)
    for k in range(outputs):
        z, delta, d1 = _output(net, plan, k)
        for s in range(real):
            total += peek(y, s) * (peek(highest, s) - peek(z, s))
        for s in range(samples):
            poke(delta, s, (peek(d1, s) - peek(y, s)) * peek(weight, s))
    return total


# The derivative of dL/dz at the outputs: the loss's own second derivative times T_Z.


@stage(PASS)
def _along(net, plan):  # type: ignore[no-untyped-def]
    outputs = peek_long(net, OUTPUTS)
    first = peek_long(net, ROWS) - outputs
    for k in range(first, first + outputs):
        d1, t_z, target = row(plan, D1, k), row(plan, T_Z, k), row(plan, T_DELTA, k)
        for s in range(peek_long(plan, SAMPLES)):
            poke(target, s, peek(d1, s) * peek(t_z, s))


@stage(PASS)
def _cross_entropy_along(net, plan):  # type: ignore[no-untyped-def]
    # D1 holds the probabilities p: (diag p - p p^T) t
    outputs, ld, weight = peek_long(net, OUTPUTS), peek_long(plan, LD), peek_long(plan, WEIGHT)
    first = peek_long(net, ROWS) - outputs
    p, t_z, target = row(plan, D1, first), row(plan, T_Z, first), row(plan, T_DELTA, first)
    for s in range(peek_long(plan, SAMPLES)):
        total = 0.0
        for k in range(outputs):
            total += peek(p, k * ld + s) * peek(t_z, k * ld + s)
        for k in range(outputs):
            at = k * ld + s
            poke(target, at, peek(weight, s) * (peek(p, at) * peek(t_z, at) - peek(p, at) * total))


#: loss -> the parts that judge, and judge along a direction
STAGES = {
    "mse": (_squares, _along),
    "half_mse": (_squares, _along),
    "bce": (_bce, _along),
    "cross_entropy": (_cross_entropy, _cross_entropy_along),
}
