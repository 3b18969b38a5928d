"""Forward and backward through a network, and both differentiated once more along a direction.

Work is done for a tile of samples at a time. Every input, hidden unit and output is a row of samples;
the arrays below hold one such row each, and `plan` says where they are. Rows are padded to whole vector
registers by repeating the last sample, with no weight in the loss.
"""

from __future__ import annotations

import math

from numba import types

from toylands.formula.compile import f8, gather, i8, inline, peek, peek_long, poke, void
from toylands.networks.activations import activate, sigmoid, softplus
from toylands.networks.description import (
    BATCH_NORM,
    BCE,
    BIAS,
    BRANCH,
    CROSS_ENTROPY,
    EPS,
    FAN,
    FIRST,
    HEADER,
    INPUTS,
    LAYER,
    LAYERS,
    LOSS,
    MASKED,
    MSE,
    NO_NORM,
    NORM,
    NUMBERS,
    OUTPUTS,
    PHI,
    ROWS,
    SKIP,
    UNITS,
    WEIGHTS,
)
from toylands.networks.simd import apart, correlate, multiply

plan_array = types.int64[::1]

# fmt: off
# positions in the plan of a tile
(
    THETA, DATA, DATA_ROWS, INDEX,       # addresses; DATA_ROWS: length of a column
    SAMPLES, REAL, LD,                   # padded and real samples of the tile; distance of two rows
    SECOND,                              # whether second derivatives are wanted
    ONES, WEIGHT, MEAN, SPREAD,          # single rows: 1, weight in the loss, and two to work with
    ACT, D1, ADJ, DELTA, DOWN,           # a; c phi'(y); dL/da; dL/dz; dL/dy (DELTA without norm)
    NORMED, INVERSE,                     # n and 1/sigma of a normalised layer: y = n + b
    D2,                                  # c phi''(y)
    T_Z, T_Y, T_NORMED, T_ACT, T_ADJ, T_DELTA, T_DOWN,   # their derivatives along the direction
    PLAN_SIZE,
) = range(28)
# fmt: on


@inline(i8, plan_array, i8, i8)
def row(plan, block, number):  # type: ignore[no-untyped-def]
    """Where row `number` of a block of rows begins."""
    return plan[block] + 8 * plan[LD] * number


@inline(void, i8, i8, f8)
def fill(target, count, value):  # type: ignore[no-untyped-def]
    """Write the same number `count` times."""
    for k in range(count):
        poke(target, k, value)


@inline(void, i8, i8, i8)
def _add(target, source, count):  # type: ignore[no-untyped-def]
    for k in range(count):
        poke(target, k, peek(target, k) + peek(source, k))


@inline(void, plan_array, *[i8] * 4)
def _begin(plan, target, units, bias, vector):  # type: ignore[no-untyped-def]
    """Begin the rows of a layer with its biases in a parameter vector (bias >= 0), else with zeros."""
    apart()
    for u in range(units):
        value = peek(vector, bias + u) if bias >= 0 else 0.0
        fill(target + 8 * plan[LD] * u, plan[SAMPLES], value)


# --- normalisation: y = n + b, n = (z - mean)/sigma, sigma^2 = variance + eps -----------------------


@inline(void, plan_array, *[i8] * 5)
def _means(plan, norm, left, right, units, u):  # type: ignore[no-untyped-def]
    """Means of left * right (of left alone when right is 0) into the row MEAN.

    Over the samples, for unit u (batch), or over the units, for every sample (layer).
    """
    apart()
    mean, ld, samples = plan[MEAN], plan[LD], plan[SAMPLES]
    if norm == BATCH_NORM:
        total, at = 0.0, 8 * ld * u
        if right == 0:
            for s in range(plan[REAL]):
                total = gather(total, peek(left + at, s))
        else:
            for s in range(plan[REAL]):
                total = gather(total, peek(left + at, s) * peek(right + at, s))
        fill(mean, samples, total / plan[REAL])
    else:
        fill(mean, samples, 0.0)
        for k in range(units):
            at = 8 * ld * k
            for s in range(samples):
                factor = 1.0 if right == 0 else peek(right + at, s)
                poke(mean, s, peek(mean, s) + peek(left + at, s) * factor)
        for s in range(samples):
            poke(mean, s, peek(mean, s) / units)


@inline(void, plan_array, *[i8] * 5, f8)
def _normalise(plan, norm, z, normed, inverse, units, eps):  # type: ignore[no-untyped-def]
    """n and 1/sigma of a layer's rows z."""
    apart()
    ld, samples, mean, spread = plan[LD], plan[SAMPLES], plan[MEAN], plan[SPREAD]
    for u in range(units):
        at = 8 * ld * u
        if norm == BATCH_NORM or u == 0:
            _means(plan, norm, z, 0, units, u)
        for s in range(samples):
            poke(normed + at, s, peek(z + at, s) - peek(mean, s))
    for u in range(units):
        at = 8 * ld * u
        if norm == BATCH_NORM or u == 0:
            _means(plan, norm, normed, normed, units, u)
            for s in range(samples):
                poke(spread, s, 1.0 / math.sqrt(peek(mean, s) + eps))
        for s in range(samples):
            poke(inverse + at, s, peek(spread, s))
    for u in range(units):
        at = 8 * ld * u
        for s in range(samples):
            poke(normed + at, s, peek(normed + at, s) * peek(inverse + at, s))


@inline(void, plan_array, *[i8] * 6)
def _project(plan, norm, normed, inverse, source, target, units):  # type: ignore[no-untyped-def]
    """(v - mean v - n mean(n v))/sigma: the derivative of n along v, and its own transpose."""
    apart()
    ld, samples, mean = plan[LD], plan[SAMPLES], plan[MEAN]
    for u in range(units):
        at = 8 * ld * u
        if norm == BATCH_NORM or u == 0:
            _means(plan, norm, source, 0, units, u)
        for s in range(samples):
            poke(target + at, s, peek(source + at, s) - peek(mean, s))
    for u in range(units):
        at = 8 * ld * u
        if norm == BATCH_NORM or u == 0:
            _means(plan, norm, source, normed, units, u)
        for s in range(samples):
            inside = peek(target + at, s) - peek(normed + at, s) * peek(mean, s)
            poke(target + at, s, inside * peek(inverse + at, s))
        if norm == BATCH_NORM:  # padding is no part of the batch
            fill(target + at + 8 * plan[REAL], samples - plan[REAL], 0.0)


@inline(void, plan_array, *[i8] * 3)
def _turn(plan, norm, first, units):  # type: ignore[no-untyped-def]
    """The rest of the derivative of dL/dz = project(dL/dy) along the direction, for project moves, too.

    It is minus (mean(n z')/sigma) dL/dz, minus (n' mean(n dL/dy) + n mean(n' dL/dy))/sigma.
    """
    apart()
    ld, mean = plan[LD], plan[MEAN]
    normed, inverse = row(plan, NORMED, first), row(plan, INVERSE, first)
    down, delta = row(plan, DOWN, first), row(plan, DELTA, first)
    moved, t_z = row(plan, T_NORMED, first), row(plan, T_Z, first)
    target = row(plan, T_DELTA, first)
    for term in range(3):
        left = normed if term < 2 else moved
        right = t_z if term == 0 else down
        factor = delta if term == 0 else moved if term == 1 else normed
        for u in range(units):
            at = 8 * ld * u
            if norm == BATCH_NORM or u == 0:
                _means(plan, norm, left, right, units, u)
            for s in range(plan[REAL]):
                change = peek(mean, s) * peek(factor + at, s) * peek(inverse + at, s)
                poke(target + at, s, peek(target + at, s) - change)


# --- forward ----------------------------------------------------------------------------------------


@inline(void, plan_array, i8, i8)
def gather_column(plan, column, target):  # type: ignore[no-untyped-def]
    """A column of the dataset for the samples of the tile; padding repeats the last one."""
    apart()
    source = plan[DATA] + 8 * plan[DATA_ROWS] * (1 + column)
    for s in range(plan[REAL]):
        poke(target, s, peek(source, peek_long(plan[INDEX], s)))
    last = peek(target, plan[REAL] - 1)
    for s in range(plan[REAL], plan[SAMPLES]):
        poke(target, s, last)


@inline(void, i8, plan_array)
def forward(net, plan):  # type: ignore[no-untyped-def]
    """Activations of all layers, with the derivatives of the activation functions."""
    apart()
    samples, ld, theta = plan[SAMPLES], plan[LD], plan[THETA]
    norm, layers, inputs = peek_long(net, NORM), peek_long(net, LAYERS), peek_long(net, INPUTS)
    eps, branch = peek(peek_long(net, NUMBERS), EPS), peek(peek_long(net, NUMBERS), BRANCH)
    masks = inputs + peek_long(net, OUTPUTS)
    for c in range(inputs):
        gather_column(plan, c, row(plan, ACT, c))
    for number in range(1, layers + 1):
        layer = net + 8 * (HEADER + (number - 1) * LAYER)
        fan, units, first = peek_long(layer, FAN), peek_long(layer, UNITS), peek_long(layer, FIRST)
        below, here = row(plan, ACT, first - fan), row(plan, ACT, first)
        normalised = norm != NO_NORM and number < layers
        bias = peek_long(layer, BIAS)
        _begin(plan, here, units, -1 if normalised else bias, theta)
        weights = theta + 8 * peek_long(layer, WEIGHTS)
        multiply(here, ld, weights, fan, 1, below, ld, units, fan, samples)
        if number == layers:
            return
        if normalised:
            normed, inverse = row(plan, NORMED, first), row(plan, INVERSE, first)
            _normalise(plan, norm, here, normed, inverse, units, eps)
            _begin(plan, here, units, bias, theta)
            for u in range(units):
                _add(here + 8 * ld * u, normed + 8 * ld * u, samples)
        for u in range(units):
            a, d1 = here + 8 * ld * u, row(plan, D1, first + u)
            d2 = row(plan, D2, first + u) if plan[SECOND] else 0
            activate(peek_long(layer, PHI), plan[SECOND], a, d1, d2, samples)
            if peek_long(net, MASKED) or branch != 1.0:
                factor = plan[MEAN]
                if peek_long(net, MASKED):
                    gather_column(plan, masks + first + u - inputs, factor)
                else:
                    fill(factor, samples, 1.0)
                for s in range(samples):
                    c = peek(factor, s) * (branch if peek_long(layer, SKIP) else 1.0)
                    poke(a, s, peek(a, s) * c)
                    poke(d1, s, peek(d1, s) * c)
                if plan[SECOND]:
                    for s in range(samples):
                        c = peek(factor, s) * (branch if peek_long(layer, SKIP) else 1.0)
                        poke(d2, s, peek(d2, s) * c)
            if peek_long(layer, SKIP):
                _add(a, below + 8 * ld * u, samples)


@inline(f8, i8, plan_array, f8, i8)
def _softmax(net, plan, share, first):  # type: ignore[no-untyped-def]
    """`judge` for cross-entropy: log sum e^z - sum y z; D1 becomes the probabilities."""
    apart()
    inputs, outputs = peek_long(net, INPUTS), peek_long(net, OUTPUTS)
    samples, real, ld = plan[SAMPLES], plan[REAL], plan[LD]
    z, delta, d1 = row(plan, ACT, first), row(plan, DELTA, first), row(plan, D1, first)
    y = plan[MEAN]
    total = 0.0
    for s in range(samples):
        highest = peek(z, s)
        for k in range(1, outputs):
            highest = max(highest, peek(z, k * ld + s))
        mass = 0.0
        for k in range(outputs):
            e = math.exp(peek(z, k * ld + s) - highest)
            poke(d1, k * ld + s, e)
            mass += e
        for k in range(outputs):
            poke(d1, k * ld + s, peek(d1, k * ld + s) / mass)
        if s < real:
            total += highest + math.log(mass)
    for k in range(outputs):
        gather_column(plan, inputs + k, y)
        at = 8 * ld * k
        for s in range(samples):
            if s < real:
                total -= peek(y, s) * peek(z + at, s)
            weight = peek(plan[WEIGHT], s)
            poke(delta + at, s, (peek(d1 + at, s) - peek(y, s)) * weight)
    return total * share


@inline(f8, i8, plan_array, f8)
def judge(net, plan, share):  # type: ignore[no-untyped-def]
    """The loss of the tile's samples, each weighing `share`.

    Writes dL/dz of the output layer into DELTA, and what its derivative is made of into D1.
    """
    apart()
    loss, inputs, outputs = peek_long(net, LOSS), peek_long(net, INPUTS), peek_long(net, OUTPUTS)
    samples, real, ld = plan[SAMPLES], plan[REAL], plan[LD]
    first = peek_long(net, ROWS) - outputs
    z, delta, d1 = row(plan, ACT, first), row(plan, DELTA, first), row(plan, D1, first)
    y, weight = plan[MEAN], plan[WEIGHT]
    total = 0.0
    for s in range(samples):
        poke(weight, s, share if s < real else 0.0)
    if loss == CROSS_ENTROPY:
        return _softmax(net, plan, share, first)
    for k in range(outputs):
        gather_column(plan, inputs + k, y)
        at = 8 * ld * k
        if loss == BCE:
            for s in range(real):
                total += softplus(peek(z + at, s)) - peek(y, s) * peek(z + at, s)
            for s in range(samples):
                p, slope = sigmoid(peek(z + at, s))
                poke(delta + at, s, (p - peek(y, s)) * peek(weight, s))
                poke(d1 + at, s, slope * peek(weight, s))
        else:
            factor = 2.0 if loss == MSE else 1.0
            for s in range(real):
                residual = peek(z + at, s) - peek(y, s)
                total = gather(total, 0.5 * factor * residual * residual)
            for s in range(samples):
                c = factor * peek(weight, s)
                poke(delta + at, s, (peek(z + at, s) - peek(y, s)) * c)
                poke(d1 + at, s, c)
    return total * share


# --- backward ---------------------------------------------------------------------------------------


@inline(void, plan_array, *[i8] * 4)
def _down(plan, skip, first, fan, block):  # type: ignore[no-untyped-def]
    """Begin dL/da (or its derivative) of the layer below: with what the skip connection carries."""
    samples = plan[SAMPLES]
    for v in range(fan):
        target = row(plan, block, first - fan + v)
        if skip:
            source = row(plan, block, first + v)
            for s in range(samples):
                poke(target, s, peek(source, s))
        else:
            fill(target, samples, 0.0)


@inline(void, i8, plan_array, i8)
def backward(net, plan, out):  # type: ignore[no-untyped-def]
    """dL/dz, dL/dy and dL/da of all layers; the gradient is added to `out`, unless that is 0."""
    apart()
    samples, ld = plan[SAMPLES], plan[LD]
    layers, norm = peek_long(net, LAYERS), peek_long(net, NORM)
    for number in range(layers, 0, -1):
        layer = net + 8 * (HEADER + (number - 1) * LAYER)
        fan, units, first = peek_long(layer, FAN), peek_long(layer, UNITS), peek_long(layer, FIRST)
        below, delta = row(plan, ACT, first - fan), row(plan, DELTA, first)
        weights, bias = peek_long(layer, WEIGHTS), peek_long(layer, BIAS)
        if out != 0:
            correlate(out + 8 * weights, fan, delta, ld, below, ld, units, fan, samples)
            if bias >= 0:
                source = delta if number == layers else row(plan, DOWN, first)
                correlate(out + 8 * bias, 0, plan[ONES], 0, source, ld, 1, units, samples)
        if number == 1:
            return
        _down(plan, peek_long(layer, SKIP), first, fan, ADJ)
        adjoint = row(plan, ADJ, first - fan)
        multiply(adjoint, ld, plan[THETA] + 8 * weights, 1, fan, delta, ld, fan, units, samples)
        for v in range(fan):
            source, slope = adjoint + 8 * ld * v, row(plan, D1, first - fan + v)
            target = row(plan, DOWN, first - fan + v)
            for s in range(samples):
                poke(target, s, peek(source, s) * peek(slope, s))
        if norm != NO_NORM:
            _project(plan, norm, row(plan, NORMED, first - fan), row(plan, INVERSE, first - fan),
                     row(plan, DOWN, first - fan), row(plan, DELTA, first - fan), fan)  # fmt: skip


# --- both once more, differentiated along a direction -----------------------------------------------


@inline(void, i8, plan_array, i8, i8)
def forward_along(net, plan, start, direction):  # type: ignore[no-untyped-def]
    """How all rows change along the parameter vector at `direction`.

    When that is 0, along what stands in T_Z of layer number `start`; layers below do not change then.
    """
    apart()
    samples, ld = plan[SAMPLES], plan[LD]
    layers, norm = peek_long(net, LAYERS), peek_long(net, NORM)
    for number in range(start, layers + 1):
        layer = net + 8 * (HEADER + (number - 1) * LAYER)
        fan, units, first = peek_long(layer, FAN), peek_long(layer, UNITS), peek_long(layer, FIRST)
        weights, bias, t_z = (
            peek_long(layer, WEIGHTS),
            peek_long(layer, BIAS),
            row(plan, T_Z, first),
        )
        normalised = norm != NO_NORM and number < layers
        if direction != 0:
            _begin(plan, t_z, units, -1 if normalised else bias, direction)
            multiply(t_z, ld, direction + 8 * weights, fan, 1, row(plan, ACT, first - fan), ld,
                     units, fan, samples)  # fmt: skip
        elif number > start:
            _begin(plan, t_z, units, -1, direction)
        if number > start:
            multiply(t_z, ld, plan[THETA] + 8 * weights, fan, 1, row(plan, T_ACT, first - fan), ld,
                     units, fan, samples)  # fmt: skip
        if number == layers:
            return
        if normalised:
            moved, t_y = row(plan, T_NORMED, first), row(plan, T_Y, first)
            _project(
                plan, norm, row(plan, NORMED, first), row(plan, INVERSE, first), t_z, moved, units
            )
            _begin(plan, t_y, units, bias, direction)
            for u in range(units):
                _add(t_y + 8 * ld * u, moved + 8 * ld * u, samples)
        skip = peek_long(layer, SKIP) and number > start
        for u in range(units):
            target, slope = row(plan, T_ACT, first + u), row(plan, D1, first + u)
            source = row(plan, T_Y, first + u)
            for s in range(samples):
                poke(target, s, peek(slope, s) * peek(source, s))
            if skip:
                _add(target, row(plan, T_ACT, first - fan + u), samples)


@inline(void, i8, plan_array)
def _judge_along(net, plan):  # type: ignore[no-untyped-def]
    """The derivative of dL/dz at the outputs: the loss's own second derivative times T_Z."""
    apart()
    outputs, samples, ld = peek_long(net, OUTPUTS), plan[SAMPLES], plan[LD]
    first = peek_long(net, ROWS) - outputs
    d1, t_z, target = row(plan, D1, first), row(plan, T_Z, first), row(plan, T_DELTA, first)
    for k in range(outputs):
        at = 8 * ld * k
        for s in range(samples):
            poke(target + at, s, peek(d1 + at, s) * peek(t_z + at, s))
    if peek_long(net, LOSS) == CROSS_ENTROPY:
        # D1 holds the probabilities p: (diag p - p p^T) t.
        for s in range(samples):
            total = 0.0
            for k in range(outputs):
                total += peek(target, k * ld + s)
            weight = peek(plan[WEIGHT], s)
            for k in range(outputs):
                at = k * ld + s
                poke(target, at, weight * (peek(target, at) - peek(d1, at) * total))


@inline(void, i8, plan_array, i8, i8, i8)
def backward_along(net, plan, stop, direction, out):  # type: ignore[no-untyped-def]
    """How dL/dz of layers `stop` and above changes along the direction that `forward_along` took.

    With a direction, the Hessian times it is added to `out`.
    """
    apart()
    samples, ld = plan[SAMPLES], plan[LD]
    layers, norm = peek_long(net, LAYERS), peek_long(net, NORM)
    _judge_along(net, plan)
    for number in range(layers, stop - 1, -1):
        layer = net + 8 * (HEADER + (number - 1) * LAYER)
        fan, units, first = peek_long(layer, FAN), peek_long(layer, UNITS), peek_long(layer, FIRST)
        weights, bias = peek_long(layer, WEIGHTS), peek_long(layer, BIAS)
        delta, t_delta = row(plan, DELTA, first), row(plan, T_DELTA, first)
        if direction != 0:
            correlate(out + 8 * weights, fan, t_delta, ld, row(plan, ACT, first - fan), ld, units, fan,
                      samples)  # fmt: skip
            if number > 1:
                correlate(out + 8 * weights, fan, delta, ld, row(plan, T_ACT, first - fan), ld, units,
                          fan, samples)  # fmt: skip
            if bias >= 0:
                source = t_delta if number == layers else row(plan, T_DOWN, first)
                correlate(out + 8 * bias, 0, plan[ONES], 0, source, ld, 1, units, samples)
        if number == stop:
            return
        _down(plan, peek_long(layer, SKIP), first, fan, T_ADJ)
        adjoint = row(plan, T_ADJ, first - fan)
        multiply(adjoint, ld, plan[THETA] + 8 * weights, 1, fan, t_delta, ld, fan, units, samples)
        if direction != 0:
            multiply(adjoint, ld, direction + 8 * weights, 1, fan, delta, ld, fan, units, samples)
        for v in range(fan):
            at = first - fan + v
            t_adj, adj, target = row(plan, T_ADJ, at), row(plan, ADJ, at), row(plan, T_DOWN, at)
            d1, d2, t_y = row(plan, D1, at), row(plan, D2, at), row(plan, T_Y, at)
            for s in range(samples):
                bend = peek(adj, s) * peek(d2, s) * peek(t_y, s)
                poke(target, s, peek(t_adj, s) * peek(d1, s) + bend)
        if norm != NO_NORM:
            below = first - fan
            _project(plan, norm, row(plan, NORMED, below), row(plan, INVERSE, below),
                     row(plan, T_DOWN, below), row(plan, T_DELTA, below), fan)  # fmt: skip
            _turn(plan, norm, below, fan)
