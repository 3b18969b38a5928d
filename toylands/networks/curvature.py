"""The Hessian of a tile of samples, unit by unit or column by column; see `core`."""

from __future__ import annotations

from toylands.formula.compile import i8, inline, peek, peek_long, poke, stage, void
from toylands.networks.description import (
    BIAS,
    DIM,
    FAN,
    FIRST,
    LAYERS,
    UNITS,
    WEIGHTS,
)
from toylands.networks.plan import (
    ACT,
    CURVE,
    DELTA,
    LD,
    ONES,
    PRODUCTS,
    SAMPLES,
    T_ACT,
    T_DELTA,
    T_Z,
    UNIT,
    call_backward_along,
    call_correlate,
    call_forward_along,
    fill,
    layer_at,
    row,
)


@inline(void, *[i8] * 6)
def _block_row(net, plan, number, u, h, d):  # type: ignore[no-untyped-def]
    """Add the rows of the Hessian that belong to the weights and the bias of one unit.

    Only entries above the diagonal, and the unit's own block, are written.
    """
    samples, ld, ones = peek_long(plan, SAMPLES), peek_long(plan, LD), peek_long(plan, ONES)
    products = peek_long(plan, PRODUCTS)
    layer = layer_at(net, number)
    fan, first, b = peek_long(layer, FAN), peek_long(layer, FIRST), peek_long(layer, BIAS)
    weights = h + 8 * d * (peek_long(layer, WEIGHTS) + u * fan)
    bias = h + 8 * d * (b + u)
    inputs = row(plan, ACT, first - fan)
    for other in range(number, peek_long(net, LAYERS) + 1):
        to = layer_at(net, other)
        to_fan, to_first, to_b = peek_long(to, FAN), peek_long(to, FIRST), peek_long(to, BIAS)
        from_unit = u if other == number else 0
        for k in range(from_unit, peek_long(to, UNITS)):
            t_delta, delta = row(plan, T_DELTA, to_first + k), row(plan, DELTA, to_first + k)
            for v in range(to_fan):
                a = row(plan, ACT, to_first - to_fan + v)
                product = row(plan, PRODUCTS, v)
                for s in range(samples):
                    poke(product, s, peek(t_delta, s) * peek(a, s))
                if other > number:
                    t_a = row(plan, T_ACT, to_first - to_fan + v)
                    for s in range(samples):
                        poke(product, s, peek(product, s) + peek(delta, s) * peek(t_a, s))
            at = peek_long(to, WEIGHTS) + k * to_fan
            call_correlate(
                net, (weights + 8 * at, d, inputs, ld, products, ld, fan, to_fan, samples)
            )
            if b >= 0 and other > number:
                call_correlate(net, (bias + 8 * at, 0, ones, 0, products, ld, 1, to_fan, samples))
            elif b >= 0 and k > u:  # in one layer weights come before biases
                to_bias = h + 8 * (d * at + b + u)
                call_correlate(net, (to_bias, d, products, ld, ones, 0, to_fan, 1, samples))
        if b >= 0:
            at, count = to_b + from_unit, peek_long(to, UNITS) - from_unit
            source = row(plan, T_DELTA, to_first + from_unit)
            call_correlate(net, (weights + 8 * at, d, inputs, ld, source, ld, fan, count, samples))
            call_correlate(net, (bias + 8 * at, 0, ones, 0, source, ld, 1, count, samples))


@stage(CURVE)
def unit_by_unit(net, plan, h, slot, slots):  # type: ignore[no-untyped-def]
    """Add the tile's part of the Hessian; with several slots, only every slots-th unit's rows."""
    samples, counted = peek_long(plan, SAMPLES), 0
    for number in range(1, peek_long(net, LAYERS) + 1):
        layer = layer_at(net, number)
        units, first = peek_long(layer, UNITS), peek_long(layer, FIRST)
        for u in range(units):
            counted += 1
            if counted % slots != slot:
                continue
            for k in range(units):
                fill(row(plan, T_Z, first + k), samples, 1.0 if k == u else 0.0)
            call_forward_along(net, (net, plan, number, 0))
            call_backward_along(net, (net, plan, number, 0, 0))
            _block_row(net, plan, number, u, h, peek_long(net, DIM))


@stage(CURVE)
def column_by_column(net, plan, h, slot, slots):  # type: ignore[no-untyped-def]
    """Add the tile's part of the Hessian; with several slots, only every slots-th row."""
    d, unit = peek_long(net, DIM), peek_long(plan, UNIT)
    fill(unit, d, 0.0)
    for j in range(slot, d, slots):
        poke(unit, j, 1.0)
        call_forward_along(net, (net, plan, 1, unit))
        call_backward_along(net, (net, plan, 1, unit, h + 8 * d * j))
        poke(unit, j, 0.0)
