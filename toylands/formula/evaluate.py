"""Evaluating a kernel at many points: the loop between NumPy arrays and blocks of walkers."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np

from toylands.formula.compile import call_kernel, i8, loop, peek, poke, void

BLOCK = 256
#: below this many points one thread is faster than two
PARALLEL = 8_192


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
        for j in range(d):
            for i in range(n):
                poke(x, j * block + i, peek(theta, (start + i) * d + j))
        for k in range(p_rows):
            if p_step == 0:
                poke(params, k * block, peek(p, k))
            else:
                for i in range(n):
                    poke(params, k * block + i, peek(p, k * p_step + start + i))
        call_kernel(kernel, (n, block, x, params, data, rows, index, m, loss + 8 * start, values))
        for r in range(out_rows):
            for i in range(n):
                poke(out, (start + i) * out_rows + r, peek(values, r * block + i))


@cache
def pool() -> ThreadPoolExecutor:
    """The threads that share long computations: one per core (the loops release the GIL)."""
    return ThreadPoolExecutor(max_workers=cores(), thread_name_prefix="toylands")


if hasattr(os, "register_at_fork"):  # a forked process inherits the pool, but not its threads
    os.register_at_fork(after_in_child=pool.cache_clear)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pointer(array: np.ndarray | None) -> int:
    """The address of an array's memory; 0 for none."""
    return 0 if array is None else array.__array_interface__["data"][0]


def aligned(count: int) -> np.ndarray:
    """Room for floats that begins on a cache line: wide loads and stores then never cross one."""
    room = np.empty(count + 7)
    skip = -pointer(room) % 64 // 8
    return room[skip : skip + count]


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

    def run(first: int, last: int) -> None:
        scratch = aligned(scratch_rows * block + 1)
        _evaluate(
            kernel.address, pointer(theta), d, pointer(parameters), parameters.shape[0], p_step,
            pointer(data), data.shape[1], pointer(index), len(index), pointer(loss), pointer(out),
            out_rows, pointer(scratch), first, last, block,
        )  # fmt: skip

    if count < PARALLEL:
        run(0, count)
    else:
        size = -(-count // (cores() * BLOCK)) * BLOCK
        list(pool().map(lambda first: run(first, min(first + size, count)), range(0, count, size)))
    return loss, out
