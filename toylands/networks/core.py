"""The compiled core: loss, gradient, Hessian and Hessian-vector product of one network at one point.

The Hessian is exact and costs far less than one Hessian-vector product per parameter. A weight W[u, v] of
a layer enters the loss only through z[u] += W[u, v] a[v], sample by sample, so second derivatives are
taken along units, not along weights: for every unit the whole network is differentiated once along its
z (forward over reverse), and every block of the Hessian is a sum over samples of what comes back, times
the two inputs. Batch normalisation couples the samples and layer normalisation separates z from y, so
there the columns are taken one by one. [Bishop 1992, "Exact calculation of the Hessian matrix for the
multilayer perceptron"; Pearlmutter 1994 for the product with a vector]
"""

from __future__ import annotations

import math

from toylands.formula.compile import f8, i8, inline, peek, peek_long, poke, poke_long, stage, void
from toylands.networks.description import (
    ALONG,
    BATCH_NORM,
    CORE,
    DIM,
    FAN,
    FINISH,
    GRADIENT,
    HESSIAN,
    LAYERS,
    NO_NORM,
    NORM,
    ONLY_LOSS,
    ROWS,
    STARVED,
    TILE,
)
from toylands.networks.plan import (
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
    PRODUCTS,
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
    UNIT,
    WEIGHT,
    allocate,
    call_backward,
    call_backward_along,
    call_curve,
    call_forward,
    call_forward_along,
    call_judge,
    fill,
    layer_at,
    new_plan,
    part,
    release,
)
from toylands.networks.simd import LANES

#: core(network, order, theta, decay, data, rows, index, m, loss, direction, out, slot, slots)
SIGNATURE = void(i8, i8, i8, f8, *[i8] * 9)
call_core = part(CORE, SIGNATURE)


@inline(i8, *[i8] * 4)
def _lay_out(net, plan, order, room):  # type: ignore[no-untyped-def]
    """Give every array of the plan its place from `room` on; return where they end."""
    line = 8 * peek_long(plan, LD)
    block = line * peek_long(net, ROWS)
    for k in (ONES, WEIGHT, MEAN, SPREAD):
        poke_long(plan, k, room)
        room += line
    for k in (ACT, D1, ADJ, DELTA):
        poke_long(plan, k, room)
        room += block
    poke_long(plan, DOWN, peek_long(plan, DELTA))
    if order >= HESSIAN:
        for k in (D2, T_Z, T_ACT, T_ADJ, T_DELTA):
            poke_long(plan, k, room)
            room += block
        poke_long(plan, T_Y, peek_long(plan, T_Z))
        poke_long(plan, T_DOWN, peek_long(plan, T_DELTA))
    if peek_long(net, NORM) != NO_NORM:
        for k in (DOWN, NORMED, INVERSE):
            poke_long(plan, k, room)
            room += block
        if order >= HESSIAN:
            for k in (T_Y, T_NORMED, T_DOWN):
                poke_long(plan, k, room)
                room += block
    if order == HESSIAN:
        poke_long(plan, PRODUCTS, room)
        for number in range(1, peek_long(net, LAYERS) + 1):
            fan = peek_long(layer_at(net, number), FAN)
            room = max(room, peek_long(plan, PRODUCTS) + line * fan)
        poke_long(plan, UNIT, room)
        room += 8 * peek_long(net, DIM)
    return room


@inline(void, i8, i8)
def _mirror(h, d):  # type: ignore[no-untyped-def]
    """Copy what is above the diagonal below it."""
    for i in range(d):
        for j in range(i):
            poke(h, i * d + j, peek(h, j * d + i))


@inline(f8, *[i8] * 11)
def _over_tiles(net, order, theta, data, rows, index, m, direction, out, slot, slots):  # type: ignore[no-untyped-def]
    """The mean loss over the samples, tile by tile; what else is asked for is added to `out`."""
    longest = m if peek_long(net, NORM) == BATCH_NORM else min(m, peek_long(net, TILE))
    tiles = (m + longest - 1) // longest
    longest = (m + tiles - 1) // tiles
    padded = (longest + LANES - 1) // LANES * LANES
    plan = new_plan()
    # Rows that lie a power of 2 apart would share the same few lines of the cache.
    poke_long(plan, LD, padded + LANES if padded % 64 == 0 else padded)
    poke_long(plan, THETA, theta)
    poke_long(plan, DATA, data)
    poke_long(plan, DATA_ROWS, rows)
    poke_long(plan, SECOND, 1 if order >= HESSIAN else 0)
    space = allocate(_lay_out(net, plan, order, 0) // 8 + 8)
    width = peek_long(net, DIM)
    width = 0 if order == ONLY_LOSS else width * width if order == HESSIAN else width
    if space == 0 or slots == 1:
        fill(out, width, 0.0 if space != 0 else math.nan)
    if space == 0:
        poke_long(net, STARVED, 1)
        return math.nan
    _lay_out(net, plan, order, (space + 63) // 64 * 64)
    fill(peek_long(plan, ONES), peek_long(plan, LD), 1.0)
    total, begin = 0.0, 0
    while begin < m:
        real = min(longest, m - begin)
        fill(peek_long(plan, WEIGHT), padded, 0.0)
        fill(peek_long(plan, WEIGHT), real, 1.0 / m)
        poke_long(plan, REAL, real)
        poke_long(plan, INDEX, index + 8 * begin)
        poke_long(plan, SAMPLES, (real + LANES - 1) // LANES * LANES)
        call_forward(net, (net, plan))
        total += call_judge(net, (net, plan)) * (1.0 / m)
        if order != ONLY_LOSS:
            call_backward(net, (net, plan, out if order == GRADIENT else 0))
        if order == ALONG:
            call_forward_along(net, (net, plan, 1, direction))
            call_backward_along(net, (net, plan, 1, direction, out))
        elif order == HESSIAN:
            call_curve(net, (net, plan, out, slot, slots))
        begin += real
    release(space)
    return total


@stage(SIGNATURE)
def core(net, order, theta, decay, data, rows, index, m, loss, direction, out, slot, slots):  # type: ignore[no-untyped-def]
    """Write the loss (unless its address is 0) and what `order` asks for, of shape (d,) or (d, d).

    Without memory to work in, the results are NaN, and the description says STARVED.

    Args:
        net: address of the description.
        order: ONLY_LOSS, GRADIENT, HESSIAN, or ALONG (the Hessian times `direction`).
        theta, decay: parameters, contiguous; weight decay.
        data, rows: the dataset's columns and their length.
        index, m: the samples to average over.
        loss, direction, out: addresses of contiguous numbers, or 0.
        slot, slots: with slots > 1, this slot's entries of the Hessian are added to `out`; whoever shared
            out the work then asks to FINISH it: to copy the upper half, and to add the weight decay.
    """
    d, total = peek_long(net, DIM), 0.0
    if order != FINISH:
        total = _over_tiles(net, order, theta, data, rows, index, m, direction, out, slot, slots)
    if loss != 0:
        square = 0.0
        for j in range(d):
            square += peek(theta, j) ** 2
        poke(loss, 0, total + 0.5 * decay * square)
    if order in (GRADIENT, ALONG):
        source = theta if order == GRADIENT else direction
        for j in range(d):
            poke(out, j, peek(out, j) + decay * peek(source, j))
    elif order == FINISH or (order == HESSIAN and slots == 1):
        if peek_long(net, NORM) == NO_NORM:
            _mirror(out, d)
        for j in range(d):
            poke(out, j * d + j, peek(out, j * d + j) + decay)
