"""The compiled core: loss, gradient, Hessian and Hessian-vector product of one network at one point.

The Hessian is exact and costs far less than one Hessian-vector product per parameter. A weight W[u, v] of
a layer enters the loss only through z[u] += W[u, v] a[v], sample by sample, so second derivatives are
taken along units, not along weights: for every unit the whole network is differentiated once along its
z (forward over reverse), and every block of the Hessian is a sum over samples of what comes back, times
the two inputs. Batch normalisation couples the samples and layer normalisation separates z from y, so
there the columns are taken one by one. [Bishop 1992, "Exact calculation of the Hessian matrix for the
multilayer perceptron"; Pearlmutter 1994 for the product with a vector]

numba's disk cache looks at the file of a function only: whoever edits `passes`, `simd` or `activations`
must touch this file, too, or the core of before is loaded.
"""

from __future__ import annotations

import numba
import numpy as np

from toylands.formula.compile import (
    SETTINGS,
    f8,
    i8,
    inline,
    peek,
    peek_long,
    poke,
    void,
)
from toylands.networks.description import (
    BATCH_NORM,
    BIAS,
    DIM,
    FAN,
    FIRST,
    HEADER,
    LAYER,
    LAYERS,
    NO_NORM,
    NORM,
    ROWS,
    TILE,
    UNITS,
    WEIGHTS,
)
from toylands.networks.passes import (
    ACT,
    ADJ,
    D1,
    D2,
    DATA,
    DATA_ROWS,
    DELTA,
    DOWN,
    INDEX,
    INVERSE,
    LD,
    MEAN,
    NORMED,
    ONES,
    PLAN_SIZE,
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
    WEIGHT,
    backward,
    backward_along,
    fill,
    forward,
    forward_along,
    judge,
    plan_array,
    row,
)
from toylands.networks.simd import LANES, apart, correlate

#: what is asked of the core
ONLY_LOSS, GRADIENT, HESSIAN, ALONG = 0, 1, 2, 3

#: core(network, order, theta, decay, data, rows, index, m, loss, direction, out, slot, slots)
SIGNATURE = void(i8, i8, i8, f8, *[i8] * 9)


@inline(i8, i8, plan_array, i8, i8)
def _lay_out(net, plan, order, room):  # type: ignore[no-untyped-def]
    """Give every array of the plan its place from `room` on; return how many numbers they take."""
    apart()
    begin = room
    line, block = 8 * plan[LD], 8 * plan[LD] * peek_long(net, ROWS)
    for k in (ONES, WEIGHT, MEAN, SPREAD):
        plan[k] = room
        room += line
    for k in (ACT, D1, ADJ, DELTA):
        plan[k] = room
        room += block
    plan[DOWN] = plan[DELTA]
    if order >= HESSIAN:
        for k in (D2, T_Z, T_ACT, T_ADJ, T_DELTA):
            plan[k] = room
            room += block
        plan[T_Y], plan[T_DOWN] = plan[T_Z], plan[T_DELTA]
    if peek_long(net, NORM) != NO_NORM:
        for k in (DOWN, NORMED, INVERSE):
            plan[k] = room
            room += block
        if order >= HESSIAN:
            for k in (T_Y, T_NORMED, T_DOWN):
                plan[k] = room
                room += block
    return (room - begin) // 8


@inline(void, i8, plan_array, i8, i8, i8, i8, i8)
def _block_row(net, plan, number, u, products, h, d):  # type: ignore[no-untyped-def]
    """Add the rows of the Hessian that belong to the weights and the bias of one unit.

    Only entries above the diagonal, and the unit's own block, are written.
    """
    apart()
    samples, ld, ones = plan[SAMPLES], plan[LD], plan[ONES]
    layer = net + 8 * (HEADER + (number - 1) * LAYER)
    fan, first, b = peek_long(layer, FAN), peek_long(layer, FIRST), peek_long(layer, BIAS)
    weights = h + 8 * d * (peek_long(layer, WEIGHTS) + u * fan)
    bias = h + 8 * d * (b + u)
    inputs = row(plan, ACT, first - fan)
    for other in range(number, peek_long(net, LAYERS) + 1):
        to = net + 8 * (HEADER + (other - 1) * LAYER)
        to_fan, to_first, to_b = peek_long(to, FAN), peek_long(to, FIRST), peek_long(to, BIAS)
        from_unit = u if other == number else 0
        for k in range(from_unit, peek_long(to, UNITS)):
            t_delta, delta = row(plan, T_DELTA, to_first + k), row(plan, DELTA, to_first + k)
            for v in range(to_fan):
                a = row(plan, ACT, to_first - to_fan + v)
                product = products + 8 * ld * v
                for s in range(samples):
                    poke(product, s, peek(t_delta, s) * peek(a, s))
                if other > number:
                    t_a = row(plan, T_ACT, to_first - to_fan + v)
                    for s in range(samples):
                        poke(product, s, peek(product, s) + peek(delta, s) * peek(t_a, s))
            at = peek_long(to, WEIGHTS) + k * to_fan
            correlate(weights + 8 * at, d, inputs, ld, products, ld, fan, to_fan, samples)
            if b >= 0 and other > number:
                correlate(bias + 8 * at, 0, ones, 0, products, ld, 1, to_fan, samples)
            elif b >= 0 and k > u:  # in one layer weights come before biases
                correlate(h + 8 * (d * at + b + u), d, products, ld, ones, 0, to_fan, 1, samples)
        if b >= 0:
            at, count = to_b + from_unit, peek_long(to, UNITS) - from_unit
            source = row(plan, T_DELTA, to_first + from_unit)
            correlate(weights + 8 * at, d, inputs, ld, source, ld, fan, count, samples)
            correlate(bias + 8 * at, 0, ones, 0, source, ld, 1, count, samples)


@inline(void, i8, plan_array, i8, i8, i8, i8)
def _unit_by_unit(net, plan, products, h, slot, slots):  # type: ignore[no-untyped-def]
    """Add the tile's part of the Hessian; with several slots, only every slots-th unit's rows."""
    apart()
    samples, counted = plan[SAMPLES], 0
    for number in range(1, peek_long(net, LAYERS) + 1):
        layer = net + 8 * (HEADER + (number - 1) * LAYER)
        units, first = peek_long(layer, UNITS), peek_long(layer, FIRST)
        for u in range(units):
            counted += 1
            if counted % slots != slot:
                continue
            for k in range(units):
                fill(row(plan, T_Z, first + k), samples, 1.0 if k == u else 0.0)
            forward_along(net, plan, number, 0)
            backward_along(net, plan, number, 0, 0)
            _block_row(net, plan, number, u, products, h, peek_long(net, DIM))


@inline(void, i8, i8)
def mirror(h, d):  # type: ignore[no-untyped-def]
    """Copy what is above the diagonal below it."""
    for i in range(d):
        for j in range(i):
            poke(h, i * d + j, peek(h, j * d + i))


@numba.cfunc(SIGNATURE, cache=True, **SETTINGS)
def core(net, order, theta, decay, data, rows, index, m, loss, direction, out, slot, slots):  # type: ignore[no-untyped-def]
    """Write the loss (unless its address is 0) and what `order` asks for, of shape (d,) or (d, d).

    Args:
        net: address of the description.
        order: ONLY_LOSS, GRADIENT, HESSIAN, or ALONG (the Hessian times `direction`).
        theta, decay: parameters, contiguous; weight decay.
        data, rows: the dataset's columns and their length.
        index, m: the samples to average over.
        loss, direction, out: addresses of contiguous numbers, or 0.
        slot, slots: with slots > 1, this slot's entries of the Hessian are added to `out`; whoever shared
            out the work then adds the weight decay and copies the upper half.
    """
    d, norm = peek_long(net, DIM), peek_long(net, NORM)
    longest = m if norm == BATCH_NORM else min(m, peek_long(net, TILE))
    tiles = (m + longest - 1) // longest
    longest = (m + tiles - 1) // tiles
    plan = np.empty(PLAN_SIZE, dtype=np.int64)
    padded = (longest + LANES - 1) // LANES * LANES
    # Rows that lie a power of 2 apart would share the same few lines of the cache.
    plan[LD] = padded + LANES if padded % 64 == 0 else padded
    plan[THETA], plan[DATA], plan[DATA_ROWS] = theta, data, rows
    plan[SECOND] = 1 if order >= HESSIAN else 0
    widest = 0
    for number in range(1, peek_long(net, LAYERS) + 1):
        widest = max(widest, peek_long(net, HEADER + (number - 1) * LAYER + FAN))
    extra = widest * plan[LD] if order == HESSIAN else 0
    space = np.empty(_lay_out(net, plan, order, 0) + extra + d + 16)
    room = (space.ctypes.data + 63) // 64 * 64
    unit = room
    room += 8 * ((d + 7) // 8 * 8) if order == HESSIAN and norm != NO_NORM else 0
    products = room + 8 * _lay_out(net, plan, order, room)
    fill(plan[ONES], plan[LD], 1.0)
    if order != ONLY_LOSS and slots == 1:
        fill(out, d * d if order == HESSIAN else d, 0.0)
    total = 0.0
    begin = 0
    while begin < m:
        plan[REAL], plan[INDEX] = min(longest, m - begin), index + 8 * begin
        plan[SAMPLES] = (plan[REAL] + LANES - 1) // LANES * LANES
        forward(net, plan)
        total += judge(net, plan, 1.0 / m)
        if order != ONLY_LOSS:
            backward(net, plan, out if order == GRADIENT else 0)
        if order == ALONG:
            forward_along(net, plan, 1, direction)
            backward_along(net, plan, 1, direction, out)
        elif order == HESSIAN and norm == NO_NORM:
            _unit_by_unit(net, plan, products, out, slot, slots)
        elif order == HESSIAN:
            fill(unit, d, 0.0)
            for j in range(slot, d, slots):
                poke(unit, j, 1.0)
                forward_along(net, plan, 1, unit)
                backward_along(net, plan, 1, unit, out + 8 * d * j)
                poke(unit, j, 0.0)
        begin += plan[REAL]
    if loss != 0:
        square = 0.0
        for j in range(d):
            square += peek(theta, j) ** 2
        poke(loss, 0, total + 0.5 * decay * square)
    if order in (GRADIENT, ALONG):
        source = theta if order == GRADIENT else direction
        for j in range(d):
            poke(out, j, peek(out, j) + decay * peek(source, j))
    elif order == HESSIAN and slots == 1:
        if norm == NO_NORM:
            mirror(out, d)
        for j in range(d):
            poke(out, j * d + j, peek(out, j * d + j) + decay)
    space[0] = total  # numba frees an array after its last use: here
