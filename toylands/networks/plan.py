"""The plan of a tile, where its rows of samples lie, and how compiled parts call each other.

Work is done for a tile of samples at a time. Every input, hidden unit and output is a row of samples; a
block of rows holds one such row each, and the plan says where. Rows are padded to whole vector registers
by repeating the last sample, with no weight in the loss.

Every larger part is compiled on its own, and others call it at the address that stands in the network's
description. So nothing is compiled twice, and a part that no network needs is not compiled at all.

numba's disk cache looks at the file of a function only. Whoever changes the positions here or in
`description` must delete the `__pycache__` folder, or parts of before are loaded.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from toylands.formula.compile import f8, i8, inline, peek, poke, void
from toylands.networks import description as at
from toylands.networks.description import HEADER, LAYER

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
    PRODUCTS, UNIT,                      # rows to work with, one per input of a layer; a vector like theta
    PLAN_SIZE,
) = range(30)
# fmt: on

_LONG = ir.IntType(64)


# --- memory -----------------------------------------------------------------------------------------


@intrinsic
def new_plan(typingctx: Any) -> Any:
    """The address of a plan that lives as long as the function that asks for it."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        plan = cgutils.alloca_once(builder, _LONG, size=PLAN_SIZE)
        return builder.ptrtoint(plan, _LONG)

    return i8(), generate


@intrinsic
def allocate(typingctx: Any, count: Any) -> Any:
    """The address of memory for `count` float64 numbers, to be released; 0 when there is none."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        size = builder.shl(args[0], _LONG(3))
        return builder.ptrtoint(context.nrt.allocate_unchecked(builder, size), _LONG)

    return i8(i8), generate


@intrinsic
def release(typingctx: Any, address: Any) -> Any:
    """Give back what was allocated."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        context.nrt.free(builder, builder.inttoptr(args[0], cgutils.voidptr_t))
        return context.get_dummy_value()

    return void(i8), generate


@intrinsic
def row(typingctx: Any, plan: Any, block: Any, number: Any) -> Any:
    """Where row `number` of a block of rows begins."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        plan = builder.inttoptr(args[0], _LONG.as_pointer())
        begin = builder.load(builder.gep(plan, [args[1]]))
        distance = builder.load(builder.gep(plan, [_LONG(LD)]))
        return builder.add(begin, builder.shl(builder.mul(distance, args[2]), _LONG(3)))

    return i8(i8, i8, i8), generate


@inline(i8, i8, i8)
def layer_at(net, number):  # type: ignore[no-untyped-def]
    """Where the description of layer `number` begins."""
    return net + 8 * (HEADER + (number - 1) * LAYER)


@inline(void, i8, i8, f8)
def fill(target, count, value):  # type: ignore[no-untyped-def]
    """Write the same number `count` times."""
    for k in range(count):
        poke(target, k, value)


@inline(f8, i8, i8, i8)
def dot(left, right, count):  # type: ignore[no-untyped-def]
    """The sum of the products of two rows, as eight sums side by side: in vectors of any width the same."""
    s0, s1, s2, s3, s4, s5, s6, s7 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    whole = count // 8 * 8
    for s in range(0, whole, 8):
        s0 += peek(left, s) * peek(right, s)
        s1 += peek(left, s + 1) * peek(right, s + 1)
        s2 += peek(left, s + 2) * peek(right, s + 2)
        s3 += peek(left, s + 3) * peek(right, s + 3)
        s4 += peek(left, s + 4) * peek(right, s + 4)
        s5 += peek(left, s + 5) * peek(right, s + 5)
        s6 += peek(left, s + 6) * peek(right, s + 6)
        s7 += peek(left, s + 7) * peek(right, s + 7)
    for s in range(whole, count):
        s0 += peek(left, s) * peek(right, s)
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))


# --- parts ------------------------------------------------------------------------------------------


def part(position: int, signature: Any) -> Any:
    """An intrinsic that calls the part whose address stands at `position` of a description."""

    @intrinsic
    def call(typingctx: Any, description: Any, arguments: Any) -> Any:
        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            values = cgutils.unpack_tuple(builder, args[1])
            wanted = [context.get_value_type(argument) for argument in signature.args]
            nothing = signature.return_type == void
            given = ir.VoidType() if nothing else context.get_value_type(signature.return_type)
            kind = ir.FunctionType(given, wanted).as_pointer()
            table = builder.inttoptr(args[0], kind.as_pointer())
            result = builder.call(builder.load(builder.gep(table, [_LONG(position)])), values)
            return context.get_dummy_value() if nothing else result

        return signature.return_type(i8, types.Tuple(signature.args)), generate

    return call


# what each part is called with
GATHER = void(i8, i8, i8)  # plan, column, target
BEGIN = void(*[i8] * 5)  # plan, target, units, bias, vector
MULTIPLY, CORRELATE = void(*[i8] * 10), void(*[i8] * 9)
PASS = void(i8, i8)  # net, plan
JUDGE = f8(i8, i8)  # net, plan
BACKWARD = void(i8, i8, i8)  # net, plan, out
FORWARD_ALONG = void(i8, i8, i8, i8)  # net, plan, start, direction
BACKWARD_ALONG = void(*[i8] * 5)  # net, plan, stop, direction, out
CURVE = void(*[i8] * 5)  # net, plan, h, slot, slots
MEANS = void(*[i8] * 6)  # net, plan, left, right, units, u
NORMALISE = TURN = void(*[i8] * 3)  # net, plan, layer
PROJECT = void(*[i8] * 5)  # net, plan, layer, source, target
ACTIVATE = void(*[i8] * 4)  # a, d1, d2, count

call_gather, call_begin = part(at.GATHER, GATHER), part(at.BEGIN, BEGIN)
call_multiply, call_correlate = part(at.MULTIPLY, MULTIPLY), part(at.CORRELATE, CORRELATE)
call_forward, call_backward = part(at.FORWARD, PASS), part(at.BACKWARD, BACKWARD)
call_judge, call_judge_along = part(at.JUDGE, JUDGE), part(at.JUDGE_ALONG, PASS)
call_forward_along = part(at.FORWARD_ALONG, FORWARD_ALONG)
call_backward_along = part(at.BACKWARD_ALONG, BACKWARD_ALONG)
call_curve, call_means = part(at.CURVE, CURVE), part(at.MEANS, MEANS)
call_normalise, call_turn = part(at.NORMALISE, NORMALISE), part(at.TURN, TURN)
call_project = part(at.PROJECT, PROJECT)
call_activate = part(at.ACTIVATE, ACTIVATE)
