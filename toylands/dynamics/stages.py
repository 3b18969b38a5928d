"""Stages of the swarm loop that only some jobs need, each compiled when a job first asks for it.

They work on a block of n walkers like the loop itself: rows of length ld at integer addresses, and the job
that says what to do.
"""

from __future__ import annotations

import math

from toylands.dynamics.loop import (
    ADD_DECAY,
    ADD_NOISE,
    ALL_SAMPLES,
    AVERAGE,
    AVERAGE_CALL,
    AVERAGE_PATH,
    AVERAGE_STAGE,
    AVERAGE_START,
    CLIP_NORM,
    CLIP_VALUE,
    DATA,
    DIED,
    EVERY,
    FORGET_CALL,
    GRAD_PATH,
    INSIDE_CALL,
    JACOBIAN,
    KERNEL,
    LOOK,
    LOOK_CALL,
    LOSS_PATH,
    MEMORY_COUNT,
    MEMORY_PATH,
    NOISE,
    OP_CODES,
    OP_COUNT,
    OPERATE_CALL,
    PARAMETERS_SHARED,
    PATH,
    PATIENCE,
    PUSH,
    RECORD_CALL,
    SEEDS,
    SHAKE_STAGE,
    SOLVER,
    SWA,
    UPHILL,
    USED_PATH,
    WALKERS,
    call_shake,
    copy_row,
    gradient,
)
from toylands.formula.compile import call_precondition, f8, i8, inline, peek, peek_long, poke, stage

#: squares below this have lost digits
_TINY = 1e-290


@inline(f8, i8, i8, i8, i8, f8)
def _length(g, d, ld, i, total):  # type: ignore[no-untyped-def]
    """The norm whose square is `total`; where that is no number of full precision, by another way."""
    if _TINY < total < math.inf or total != total:
        return math.sqrt(total)
    largest = 0.0
    for j in range(d):
        largest = max(largest, abs(peek(g, j * ld + i)))
    if largest == 0.0 or largest == math.inf:
        return largest
    total = 0.0
    for j in range(d):
        total += (peek(g, j * ld + i) / largest) ** 2
    return largest * math.sqrt(total)


@inline(f8, i8, i8, i8, i8)
def _norm(g, d, ld, i):  # type: ignore[no-untyped-def]
    total = 0.0
    for j in range(d):
        total += peek(g, j * ld + i) ** 2
    return _length(g, d, ld, i, total)


@stage(LOOK_CALL)
def look(  # type: ignore[no-untyped-def]
    job, n, ld, d, scale, x, g, p, rate, uphill, looked, index, stride, count, loss
):
    """The gradient of another place instead: uphill (SAM) or one step ahead (extragradient)."""
    for i in range(n):
        far = peek(rate, i) * scale
        if peek_long(job, LOOK) == UPHILL:
            far = -peek(uphill, i) / (_norm(g, d, ld, i) + 1e-12)
        for j in range(d):
            at = j * ld + i
            poke(looked, at, peek(x, at) - far * peek(g, at))
    gradient(
        peek_long(job, KERNEL), n, ld, looked, p, peek_long(job, PARAMETERS_SHARED),
        peek_long(job, DATA), peek_long(job, ALL_SAMPLES), index, stride, count, loss, g,
    )  # fmt: skip


@stage(OPERATE_CALL)
def operate(  # type: ignore[no-untyped-def]
    job, n, ld, d, t, first, x, g, p, values, hessian, index, stride, count, loss, looked
):
    """Run the operations on the gradient, from the outermost wrapper in."""
    codes = peek_long(job, OP_CODES)
    for operation in range(peek_long(job, OP_COUNT)):
        code = peek_long(codes, 2 * operation)
        row = values + 8 * ld * peek_long(codes, 2 * operation + 1)
        if code == ADD_NOISE:
            seeds = peek_long(job, SEEDS) + 8 * first
            call_shake(
                peek_long(job, SHAKE_STAGE), (seeds, n, d, t, NOISE, row, g, loss, looked, ld)
            )
        elif code == CLIP_NORM:
            for i in range(n):
                factor = min(1.0, peek(row, i) / (_norm(g, d, ld, i) + 1e-6))
                for j in range(d):
                    poke(g, j * ld + i, peek(g, j * ld + i) * factor)
        elif code == CLIP_VALUE:
            for j in range(d):
                for i in range(n):
                    value, limit = peek(g, j * ld + i), peek(row, i)
                    poke(g, j * ld + i, limit if value > limit else max(value, -limit))
        elif code == ADD_DECAY:
            for j in range(d):
                for i in range(n):
                    at = j * ld + i
                    poke(g, at, peek(g, at) + peek(row, i) * peek(x, at))
        else:
            gradient(
                peek_long(job, JACOBIAN), n, ld, x, p, peek_long(job, PARAMETERS_SHARED),
                peek_long(job, DATA), peek_long(job, ALL_SAMPLES), index, stride, count, loss, hessian,
            )  # fmt: skip
            call_precondition(
                peek_long(job, SOLVER), (n, ld, d, hessian, g, row, hessian + 8 * d * d * ld)
            )


@stage(FORGET_CALL)
def forget(job, n, ld, d, g, memory, conflict):  # type: ignore[no-untyped-def]
    """Reset the memory of walkers whose momentum fought the gradient long enough."""
    for i in range(n):
        along = 0.0
        for j in range(d):
            along += peek(memory, j * ld + i) * peek(g, j * ld + i)
        seen = peek(conflict, i) + 1.0 if along * peek_long(job, PUSH) > 0.0 else 0.0
        if seen >= peek_long(job, PATIENCE):
            seen = 0.0
            for k in range(peek_long(job, MEMORY_COUNT) * d):
                poke(memory, k * ld + i, 0.0)
        poke(conflict, i, seen)


@stage(AVERAGE_CALL)
def average(job, n, ld, d, t, x, mean, decay):  # type: ignore[no-untyped-def]
    """Take iterate t into the average."""
    start = peek_long(job, AVERAGE_START)
    if peek_long(job, AVERAGE) == SWA and t < start:
        return
    for j in range(d):
        for i in range(n):
            at = j * ld + i
            old, now = peek(mean, at), peek(x, at)
            if t == start:
                poke(mean, at, now)
            elif peek_long(job, AVERAGE) == SWA:
                poke(mean, at, old + (now - old) / (t - start + 1))
            else:
                keep = peek(decay, i)
                poke(mean, at, keep * old + (1.0 - keep) * now)


@stage(RECORD_CALL)
def record(job, n, ld, d, t, first, alive, x, g, loss, mean):  # type: ignore[no-untyped-def]
    """Record iterate t: of the walkers still there, and of those that left with it; NaN for others."""
    walkers, row = peek_long(job, WALKERS), t // peek_long(job, EVERY)
    column = 8 * (row * walkers + first)
    norms, line = peek_long(job, GRAD_PATH) + column, 8 * walkers
    path = peek_long(job, PATH) + d * row * line + 8 * first
    averages = peek_long(job, AVERAGE_PATH) + d * row * line + 8 * first
    averaged = peek_long(job, AVERAGE_STAGE) != 0
    copy_row(peek_long(job, LOSS_PATH) + column, loss, n)
    for j in range(d):
        copy_row(path + j * line, x + 8 * j * ld, n)
        if averaged:
            copy_row(averages + j * line, mean + 8 * j * ld, n)
        if j == 0:
            for i in range(n):
                poke(norms, i, peek(g, i) ** 2)
        else:
            for i in range(n):
                poke(norms, i, peek(norms, i) + peek(g, j * ld + i) ** 2)
    for i in range(n):
        poke(norms, i, _length(g, d, ld, i, peek(norms, i)))
    if averaged and t < peek_long(job, AVERAGE_START):
        for j in range(d):
            for i in range(n):
                poke(averages, j * walkers + i, math.nan)
    if alive == n:
        return
    for i in range(n):
        died = peek_long(peek_long(job, DIED), first + i)
        there = died < 0 or died == t
        for j in range(d):
            there = there and math.isfinite(peek(x, j * ld + i))
        if not there:
            poke(peek_long(job, LOSS_PATH) + column, i, math.nan)
            poke(norms, i, math.nan)
            for j in range(d):
                poke(path, j * walkers + i, math.nan)
                if averaged:
                    poke(averages, j * walkers + i, math.nan)


@stage(INSIDE_CALL)
def record_inside(job, n, ld, d, t, first, g, memory):  # type: ignore[no-untyped-def]
    """Record what the rule sees at step t: its memory and the gradient that reaches it."""
    walkers, row = peek_long(job, WALKERS), t // peek_long(job, EVERY)
    height = peek_long(job, MEMORY_COUNT) * d
    for i in range(n):
        there = peek_long(peek_long(job, DIED), first + i) < 0
        for k in range(height):
            value = peek(memory, k * ld + i) if there else math.nan
            poke(peek_long(job, MEMORY_PATH), (row * height + k) * walkers + first + i, value)
        for j in range(d):
            value = peek(g, j * ld + i) if there else math.nan
            poke(peek_long(job, USED_PATH), (row * d + j) * walkers + first + i, value)
