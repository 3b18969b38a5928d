"""Forward and backward through a network, and both differentiated once more along a direction."""

from __future__ import annotations

from toylands.formula.compile import i8, inline, peek, peek_long, poke, stage, void
from toylands.networks.description import (
    BIAS,
    BRANCH,
    FAN,
    FIRST,
    INPUTS,
    LAYER,
    LAYERS,
    MASKED,
    NO_NORM,
    NORM,
    NUMBERS,
    OUTPUTS,
    SKIP,
    UNITS,
    WEIGHTS,
)
from toylands.networks.plan import (
    ACT,
    ADJ,
    BACKWARD,
    BACKWARD_ALONG,
    BEGIN,
    D1,
    D2,
    DATA,
    DATA_ROWS,
    DELTA,
    DOWN,
    FORWARD_ALONG,
    GATHER,
    INDEX,
    LD,
    MEAN,
    ONES,
    PASS,
    REAL,
    SAMPLES,
    SECOND,
    SPREAD,
    T_ACT,
    T_ADJ,
    T_DELTA,
    T_DOWN,
    T_NORMED,
    T_Y,
    T_Z,
    THETA,
    call_activate,
    call_begin,
    call_correlate,
    call_gather,
    call_judge_along,
    call_multiply,
    call_normalise,
    call_project,
    call_turn,
    fill,
    layer_at,
    row,
)

# --- forward ----------------------------------------------------------------------------------------


@stage(GATHER)
def gather_column(plan, column, target):  # type: ignore[no-untyped-def]
    """A column of the dataset for the samples of the tile; padding repeats the last one."""
    source = peek_long(plan, DATA) + 8 * peek_long(plan, DATA_ROWS) * (1 + column)
    index, real = peek_long(plan, INDEX), peek_long(plan, REAL)
    for s in range(real):
        poke(target, s, peek(source, peek_long(index, s)))
    last = peek(target, real - 1)
    for s in range(real, peek_long(plan, SAMPLES)):
        poke(target, s, last)


@stage(BEGIN)
def begin(plan, target, units, bias, vector):  # type: ignore[no-untyped-def]
    """Begin the rows of a layer with its biases in a parameter vector (bias >= 0), else with zeros."""
    for u in range(units):
        value = peek(vector, bias + u) if bias >= 0 else 0.0
        fill(target + 8 * peek_long(plan, LD) * u, peek_long(plan, SAMPLES), value)


@inline(void, *[i8] * 6)
def _up(net, plan, layer, vector, from_block, to_block):  # type: ignore[no-untyped-def]
    """Add the weights in a parameter vector times the layer below to the rows of a layer."""
    fan, units, first = peek_long(layer, FAN), peek_long(layer, UNITS), peek_long(layer, FIRST)
    ld, weights = peek_long(plan, LD), vector + 8 * peek_long(layer, WEIGHTS)
    call_multiply(
        net,
        (row(plan, to_block, first), ld, weights, fan, 1, row(plan, from_block, first - fan), ld, units,
         fan, peek_long(plan, SAMPLES)),
    )  # fmt: skip


@stage(PASS)
def forward(net, plan):  # type: ignore[no-untyped-def]
    """Activations of all layers, with the derivatives of the activation functions."""
    samples, theta = peek_long(plan, SAMPLES), peek_long(plan, THETA)
    layers, inputs = peek_long(net, LAYERS), peek_long(net, INPUTS)
    masked, branch = peek_long(net, MASKED), peek(peek_long(net, NUMBERS), BRANCH)
    factor, second = peek_long(plan, MEAN), peek_long(plan, SECOND)
    for c in range(inputs):
        call_gather(net, (plan, c, row(plan, ACT, c)))
    for number in range(1, layers + 1):
        layer = layer_at(net, number)
        fan, units, first = peek_long(layer, FAN), peek_long(layer, UNITS), peek_long(layer, FIRST)
        normalised = peek_long(net, NORM) != NO_NORM and number < layers
        bias = -1 if normalised else peek_long(layer, BIAS)
        call_begin(net, (plan, row(plan, ACT, first), units, bias, theta))
        _up(net, plan, layer, theta, ACT, ACT)
        if number == layers:
            return
        if normalised:
            call_normalise(net, (net, plan, layer))
        skip = peek_long(layer, SKIP)
        for u in range(first, first + units):
            a, d1 = row(plan, ACT, u), row(plan, D1, u)
            d2 = row(plan, D2, u) if second else peek_long(plan, SPREAD)
            call_activate(layer, (a, d1, d2, samples))
            if masked or branch != 1.0:
                if masked:
                    call_gather(net, (plan, peek_long(net, OUTPUTS) + u, factor))
                else:
                    fill(factor, samples, 1.0)
                for s in range(samples):
                    c = peek(factor, s) * (branch if skip else 1.0)
                    poke(a, s, peek(a, s) * c)
                    poke(d1, s, peek(d1, s) * c)
                    poke(d2, s, peek(d2, s) * c)
            if skip:
                below = row(plan, ACT, u - fan)
                for s in range(samples):
                    poke(a, s, peek(a, s) + peek(below, s))


# --- backward ---------------------------------------------------------------------------------------


@inline(void, *[i8] * 7)
def _weigh(net, plan, layer, out, block, bias_block, below):  # type: ignore[no-untyped-def]
    """Add a layer's part of a gradient to `out`: of its weights, and of its biases (bias_block >= 0)."""
    fan, units, first = peek_long(layer, FAN), peek_long(layer, UNITS), peek_long(layer, FIRST)
    ld, samples, bias = peek_long(plan, LD), peek_long(plan, SAMPLES), peek_long(layer, BIAS)
    call_correlate(
        net,
        (out + 8 * peek_long(layer, WEIGHTS), fan, row(plan, block, first), ld,
         row(plan, below, first - fan), ld, units, fan, samples),
    )  # fmt: skip
    if bias_block >= 0 and bias >= 0:
        call_correlate(
            net,
            (out + 8 * bias, 0, peek_long(plan, ONES), 0, row(plan, bias_block, first), ld, 1, units,
             samples),
        )  # fmt: skip


@inline(void, *[i8] * 6)
def _down(net, plan, layer, vector, from_block, to_block):  # type: ignore[no-untyped-def]
    """Add the transposed weights in a parameter vector times a layer to the layer below."""
    fan, units, first = peek_long(layer, FAN), peek_long(layer, UNITS), peek_long(layer, FIRST)
    ld, weights = peek_long(plan, LD), vector + 8 * peek_long(layer, WEIGHTS)
    call_multiply(
        net,
        (row(plan, to_block, first - fan), ld, weights, 1, fan, row(plan, from_block, first), ld, fan,
         units, peek_long(plan, SAMPLES)),
    )  # fmt: skip


@inline(void, *[i8] * 5)
def _below(net, plan, layer, delta, adjoint):  # type: ignore[no-untyped-def]
    """dL/da (or its derivative) of the layer below: through the weights, and what a skip carries."""
    fan, first = peek_long(layer, FAN), peek_long(layer, FIRST)
    if peek_long(layer, SKIP):
        for v in range(first, first + fan):
            source, target = row(plan, adjoint, v), row(plan, adjoint, v - fan)
            for s in range(peek_long(plan, SAMPLES)):
                poke(target, s, peek(source, s))
    else:
        call_begin(net, (plan, row(plan, adjoint, first - fan), fan, -1, 0))
    _down(net, plan, layer, peek_long(plan, THETA), delta, adjoint)


@stage(BACKWARD)
def backward(net, plan, out):  # type: ignore[no-untyped-def]
    """dL/dz, dL/dy and dL/da of all layers; the gradient is added to `out`, unless that is 0."""
    samples, layers = peek_long(plan, SAMPLES), peek_long(net, LAYERS)
    for number in range(layers, 0, -1):
        layer = layer_at(net, number)
        fan, first = peek_long(layer, FAN), peek_long(layer, FIRST)
        if out != 0:
            _weigh(net, plan, layer, out, DELTA, DELTA if number == layers else DOWN, ACT)
        if number == 1:
            return
        _below(net, plan, layer, DELTA, ADJ)
        for v in range(first - fan, first):
            source, slope, target = row(plan, ADJ, v), row(plan, D1, v), row(plan, DOWN, v)
            for s in range(samples):
                poke(target, s, peek(source, s) * peek(slope, s))
        if peek_long(net, NORM) != NO_NORM:
            call_project(net, (net, plan, layer - 8 * LAYER, DOWN, DELTA))


# --- both once more, differentiated along a direction -----------------------------------------------


@stage(FORWARD_ALONG)
def forward_along(net, plan, start, direction):  # type: ignore[no-untyped-def]
    """How all rows change along the parameter vector at `direction`.

    When that is 0, along what stands in T_Z of layer number `start`; layers below do not change then.
    """
    samples, layers = peek_long(plan, SAMPLES), peek_long(net, LAYERS)
    for number in range(start, layers + 1):
        layer = layer_at(net, number)
        fan, units, first = peek_long(layer, FAN), peek_long(layer, UNITS), peek_long(layer, FIRST)
        bias = peek_long(layer, BIAS)
        normalised = peek_long(net, NORM) != NO_NORM and number < layers
        if direction != 0 or number > start:
            known = direction != 0 and not normalised
            call_begin(net, (plan, row(plan, T_Z, first), units, bias if known else -1, direction))
        if direction != 0:
            _up(net, plan, layer, direction, ACT, T_Z)
        if number > start:
            _up(net, plan, layer, peek_long(plan, THETA), T_ACT, T_Z)
        if number == layers:
            return
        if normalised:
            call_project(net, (net, plan, layer, T_Z, T_NORMED))
            call_begin(net, (plan, row(plan, T_Y, first), units, bias, direction))
            for u in range(first, first + units):
                target, source = row(plan, T_Y, u), row(plan, T_NORMED, u)
                for s in range(samples):
                    poke(target, s, peek(target, s) + peek(source, s))
        skip = peek_long(layer, SKIP) and number > start
        for u in range(first, first + units):
            target, slope, source = row(plan, T_ACT, u), row(plan, D1, u), row(plan, T_Y, u)
            for s in range(samples):
                poke(target, s, peek(slope, s) * peek(source, s))
            if skip:
                below = row(plan, T_ACT, u - fan)
                for s in range(samples):
                    poke(target, s, peek(target, s) + peek(below, s))


@stage(BACKWARD_ALONG)
def backward_along(net, plan, stop, direction, out):  # type: ignore[no-untyped-def]
    """How dL/dz of layers `stop` and above changes along the direction that `forward_along` took.

    With a direction, the Hessian times it is added to `out`.
    """
    samples, layers = peek_long(plan, SAMPLES), peek_long(net, LAYERS)
    call_judge_along(net, (net, plan))
    for number in range(layers, stop - 1, -1):
        layer = layer_at(net, number)
        fan, first = peek_long(layer, FAN), peek_long(layer, FIRST)
        if direction != 0:
            _weigh(net, plan, layer, out, T_DELTA, T_DELTA if number == layers else T_DOWN, ACT)
            if number > 1:
                _weigh(net, plan, layer, out, DELTA, -1, T_ACT)
        if number == stop:
            return
        _below(net, plan, layer, T_DELTA, T_ADJ)
        if direction != 0:
            _down(net, plan, layer, direction, DELTA, T_ADJ)
        for v in range(first - fan, first):
            t_adj, adj, target = row(plan, T_ADJ, v), row(plan, ADJ, v), row(plan, T_DOWN, v)
            d1, d2, t_y = row(plan, D1, v), row(plan, D2, v), row(plan, T_Y, v)
            for s in range(samples):
                bend = peek(adj, s) * peek(d2, s) * peek(t_y, s)
                poke(target, s, peek(t_adj, s) * peek(d1, s) + bend)
        if peek_long(net, NORM) != NO_NORM:
            call_project(net, (net, plan, layer - 8 * LAYER, T_DOWN, T_DELTA))
            call_turn(net, (net, plan, layer - 8 * LAYER))
