"""Networks in the kernels' signature, and the loop over many points: what the rest of toylands calls.

The first row of the dataset that a kernel receives holds the address of the network's description, so
that the same compiled kernels serve every network.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from toylands.formula.compile import (
    KERNEL,
    i8,
    inline,
    loop,
    peek,
    peek_long,
    poke,
    poke_long,
    stage,
    void,
)
from toylands.formula.memory import cores, pointer, share
from toylands.networks.core import call_core
from toylands.networks.description import DIM, FINISH, GRADIENT, HESSIAN, ONLY_LOSS, ROWS, STARVED
from toylands.networks.plan import allocate, release

#: below this many multiplications one thread is faster than two
PARALLEL = 1_000_000
#: multiplications of a piece, some tenths of a second, after which Ctrl+C is heard
PIECE = 1_000_000_000


@intrinsic
def _address(typingctx: Any, memory: Any) -> Any:
    """The address that a pointer holds."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ptrtoint(args[0], ir.IntType(64))

    return i8(memory), generate


@inline(void, *[i8] * 11)
def _block(order, n, ld, theta, p, data, rows, index, m, loss, out):  # type: ignore[no-untyped-def]
    """One network for every walker of a block: coordinate j of walker i lies at j ld + i."""
    net = int(peek(data, 0))
    d = peek_long(net, DIM)
    width = 0 if order == ONLY_LOSS else d if order == GRADIENT else d * d
    own = allocate(d + width)
    result = own + 8 * d
    if own == 0:
        poke_long(net, STARVED, 1)
    for i in range(n if own == 0 else 0):
        if loss != 0:
            poke(loss, i, math.nan)
        for k in range(width):
            poke(out, k * ld + i, math.nan)
    for i in range(n if own != 0 else 0):
        for j in range(d):
            poke(own, j, peek(theta, j * ld + i))
        call_core(
            net,
            (net, order, own, peek(p, i), data, rows, index, m, loss + 8 * i if loss != 0 else 0, 0,
             result, 0, 1),
        )  # fmt: skip
        for k in range(width):
            poke(out, k * ld + i, peek(result, k))
    release(own)


@stage(KERNEL)
def loss_kernel(n, ld, theta, p, data, rows, index, m, loss, out):  # type: ignore[no-untyped-def]
    """The loss alone."""
    _block(ONLY_LOSS, n, ld, _address(theta), _address(p), _address(data), rows, _address(index), m,
           _address(loss), 0)  # fmt: skip


@stage(KERNEL)
def gradient_kernel(n, ld, theta, p, data, rows, index, m, loss, out):  # type: ignore[no-untyped-def]
    """The gradient alone."""
    _block(GRADIENT, n, ld, _address(theta), _address(p), _address(data), rows, _address(index), m,
           0, _address(out))  # fmt: skip


@stage(KERNEL)
def loss_and_gradient_kernel(n, ld, theta, p, data, rows, index, m, loss, out):  # type: ignore[no-untyped-def]
    """Loss and gradient."""
    _block(GRADIENT, n, ld, _address(theta), _address(p), _address(data), rows, _address(index), m,
           _address(loss), _address(out))  # fmt: skip


@stage(KERNEL)
def hessian_kernel(n, ld, theta, p, data, rows, index, m, loss, out):  # type: ignore[no-untyped-def]
    """The Hessian alone."""
    _block(HESSIAN, n, ld, _address(theta), _address(p), _address(data), rows, _address(index), m,
           0, _address(out))  # fmt: skip


@loop(void(*[i8] * 19))
def _points(  # type: ignore[no-untyped-def]
    net, order, theta, d, p, p_step, data, rows, index, m, loss, direction, turn, out, width, first,
    last, slot, slots,
):  # fmt: skip
    # theta and out are C-ordered; `turn` is how far apart the directions of two points are.
    for i in range(first, last):
        call_core(
            net,
            (net, order, theta + 8 * d * i, peek(p, p_step * i), data, rows, index, m,
             loss + 8 * i if loss != 0 else 0, direction + 8 * turn * i, out + 8 * width * i, slot,
             slots),
        )  # fmt: skip


def evaluate(
    description: np.ndarray,
    order: int,
    theta: np.ndarray,
    decay: np.ndarray,
    data: np.ndarray,
    index: np.ndarray,
    direction: np.ndarray | None = None,
) -> np.ndarray:
    """Loss, gradient, Hessian or its product with directions, at N points, on all cores.

    Args:
        description: the network's integers, with the addresses of the parts that `order` needs.
        order: one of ONLY_LOSS, GRADIENT, HESSIAN, ALONG.
        theta: points, shape (N, d), C-ordered.
        decay: weight decay, shape (1,) or (N,).
        data: the dataset's columns, shape (C, samples); the first holds the description's address.
        index: samples to average over, int64.
        direction: for ALONG, shape (N, d).

    Returns:
        Shape (N,), (N, d), (N, d, d) or (N, d).

    Raises:
        MemoryError: when there is no memory to work in.
    """
    count, d = theta.shape
    loss = np.empty(count) if order == ONLY_LOSS else None
    width = 0 if order == ONLY_LOSS else d * d if order == HESSIAN else d
    cost = count * d * len(index) * (4 if order < HESSIAN else d if order == HESSIAN else 8)
    slots = min(cores(), count if order != HESSIAN or count > 2 * cores() else d)
    slots = slots if cost > PARALLEL else 1
    each = max(1, cost // max(count, 1))
    shared = order == HESSIAN and (each > PIECE or (slots > 1 and count <= 2 * cores()))
    description[STARVED] = 0
    out = np.zeros((count, width)) if shared else np.empty((count, width))

    def run(what: int, first: int, last: int, slot: int, of: int) -> None:
        _points(
            pointer(description), what, pointer(theta), d, pointer(decay), int(len(decay) > 1),
            pointer(data), data.shape[1], pointer(index), len(index), pointer(loss),
            pointer(direction), d, pointer(out), width, first, last, slot, of,
        )  # fmt: skip

    if slots == 1 and cost <= PIECE:
        run(order, 0, count, 0, 1)
    elif shared:
        parts = max(slots, min(int(description[ROWS]), each // PIECE))
        step = count if cost <= PIECE else 1
        for i in range(0, count, step):

            def shares(part: int, _end: int, _slot: int, i: int = i, step: int = step) -> None:
                run(order, i, i + step, part, parts)

            share(shares, 0, parts, 1)
        run(FINISH, 0, count, 0, 1)
    else:
        share(
            lambda first, last, _slot: run(order, first, last, 0, 1),
            0,
            count,
            min(-(-count // (4 * slots)), max(1, PIECE // each)),
        )
    if description[STARVED]:
        rows, samples = description[ROWS], len(index)
        raise MemoryError(f"mlp: no memory for {rows} units at {samples} samples.")
    if loss is not None:
        return loss
    return out.reshape(count, d, d) if order == HESSIAN else out
