"""Evaluating a kernel at many points: the loop between NumPy arrays and blocks of walkers."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np

from toylands.formula.compile import call_kernel, i8, inline, loop, peek, poke, void
from toylands.formula.memory import aligned, pointer, share

BLOCK = 256
#: points (or samples at points) that are evaluated, and timed, before the rest may be shared by the cores
PROBE = 8_192
#: seconds of work for one core below which sharing it costs more than it gains
WORTH = 0.4e-3
#: seconds of work in the least piece: threads that take pieces wait for each other in between
PIECE = 0.1e-3
#: seconds of work in the largest piece, after which Ctrl+C is heard
LONGEST = 0.02


@inline(void, *[i8] * 5)
def apart(rows, ld, points, d, n):  # type: ignore[no-untyped-def]
    """n points of d numbers to d rows; the plane, where a known stride vectorises, on its own."""
    if d == 2:
        for i in range(n):
            poke(rows, i, peek(points, 2 * i))
            poke(rows, ld + i, peek(points, 2 * i + 1))
    else:
        for j in range(d):
            for i in range(n):
                poke(rows, j * ld + i, peek(points, i * d + j))


@inline(void, *[i8] * 5)
def _together(points, d, rows, ld, n):  # type: ignore[no-untyped-def]
    """d rows to n points of d numbers; gradients and Hessians in the plane on their own."""
    if d == 2:
        for i in range(n):
            poke(points, 2 * i, peek(rows, i))
            poke(points, 2 * i + 1, peek(rows, ld + i))
    elif d == 4:
        for i in range(n):
            poke(points, 4 * i, peek(rows, i))
            poke(points, 4 * i + 1, peek(rows, ld + i))
            poke(points, 4 * i + 2, peek(rows, 2 * ld + i))
            poke(points, 4 * i + 3, peek(rows, 3 * ld + i))
    else:
        for j in range(d):
            for i in range(n):
                poke(points, i * d + j, peek(rows, j * ld + i))


@loop(void(*[i8] * 17))
def _evaluate(  # type: ignore[no-untyped-def]
    kernel, theta, d, p, p_rows, p_step, data, rows, index, m, loss, out, out_rows, scratch,
    first, last, block,
):  # fmt: skip
    # theta is (N, d) and out (N, out_rows), both C-ordered; p is (p_rows, N) or (p_rows, 1).
    x = scratch
    params = x + 8 * d * block
    values = params + 8 * p_rows * block
    for start in range(first, last, block):
        n = min(block, last - start)
        apart(x, block, theta + 8 * start * d, d, n)
        for k in range(p_rows):
            if p_step == 0:
                poke(params, k * block, peek(p, k))
            else:
                for i in range(n):
                    poke(params, k * block + i, peek(p, k * p_step + start + i))
        call_kernel(kernel, (n, block, x, params, data, rows, index, m, loss + 8 * start, values))
        _together(out + 8 * start * out_rows, out_rows, values, block, n)


def evaluate(
    kernel: Any,
    theta: np.ndarray,
    parameters: np.ndarray,
    data: np.ndarray,
    index: np.ndarray,
    out_rows: int,
    *,
    want_loss: bool,
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Run a compiled kernel at N points.

    Args:
        kernel: a compiled kernel (its `address` is called).
        theta: points, shape (N, d), float64, C-ordered.
        parameters: shape (P, 1) when shared by all points, else (P, N).
        data: columns of the dataset, shape (C, rows); (0, 0) for none.
        index: samples to average over, int64.
        out_rows: rows the kernel writes beside the loss.
        want_loss: whether the kernel writes the loss.

    Returns:
        (loss of shape (N,) or None, values of shape (N, out_rows) or None).
    """
    count, d = theta.shape
    loss = np.empty(count) if want_loss else None
    out = np.empty((count, out_rows)) if out_rows else None
    p_step = 0 if parameters.shape[1] == 1 else count
    block = BLOCK if count > BLOCK else max(count, 1)
    scratch_rows = d + parameters.shape[0] + out_rows

    given = (
        kernel.address, pointer(theta), d, pointer(parameters), parameters.shape[0], p_step,
        pointer(data), data.shape[1], pointer(index), len(index), pointer(loss), pointer(out),
        out_rows,
    )  # fmt: skip
    held = (kernel, theta, parameters, data, index, loss, out)

    def run(first: int, last: int, _slot: int = 0, _held: Any = held) -> None:
        _room, scratch = aligned(scratch_rows * block + 1)
        _evaluate(*given, scratch, first, last, block)

    began = perf_counter()
    probe = max(BLOCK, PROBE // max(1, len(index)) // BLOCK * BLOCK)
    run(0, min(count, probe))
    left = count - probe
    if left > 0:
        each = (perf_counter() - began) / probe
        if each * left < WORTH:
            run(probe, count)
        else:
            unit = max(BLOCK, int(PIECE / each) // BLOCK * BLOCK)
            longest = max(unit, int(LONGEST / each) // unit * unit)
            share(run, probe, count, longest, unit=unit)
    return loss, out
