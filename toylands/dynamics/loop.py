"""The swarm loop: every walk in toylands is this one compiled function.

Walkers are rows of numbers (structure of arrays), moved block by block so that a block stays in the
first-level cache; kernels and rules are called by address once per block and step. The job is described
by one array of integers (addresses, sizes, choices), so the loop compiles once and is kept in the disk
cache, whatever landscape and optimizer it runs.

The order of one step: moving parameters, the batch, the gradient here, the look (SAM, extragradient),
the operations on the gradient in order, the momentum reset, the rule, thermal noise, the average. What
only some jobs need is a stage (in `toylands.dynamics.stages` and `toylands.dynamics.random`), called by
address too: it is compiled when a job first needs it, and a first walk does not wait for it.
"""

from __future__ import annotations

import math

from numba import types

from toylands.formula.compile import (
    call_kernel,
    call_rule,
    caller,
    f8,
    gather,
    i8,
    inline,
    loop,
    peek,
    peek_long,
    poke,
    poke_long,
    void,
)
from toylands.formula.evaluate import BLOCK as CHUNK
from toylands.formula.evaluate import apart

# --- the job: what each position of the integer array says ------------------------------------------
# fmt: off
(
    STOP, WALKERS, DIM, STEPS, BLOCK,                 # whether to end early; sizes
    KERNEL, KERNEL_FULL, RULE, JACOBIAN, SOLVER,      # addresses of compiled functions
    LOOK_STAGE, OPERATE_STAGE, FORGET_STAGE, AVERAGE_STAGE,  # and of stages; 0: not needed
    RECORD_STAGE, INSIDE_STAGE, SHAKE_STAGE, DRAW_STAGE,
    THETA, PARAMETERS, PARAMETER_COUNT, PARAMETERS_SHARED,
    RATE, HYPER, HYPER_COUNT, RULE_SHARED, POWER_COUNT, POWER_SOURCE, MEMORY_COUNT,
    SCHEDULE, MOVING, MOVING_COUNT, MOVING_INDEX,
    DATA, SAMPLES, ALL_SAMPLES, BATCH_SIZE, BATCH_MODE, REPLACEMENT, SEEDS,
    LOOK, OP_COUNT, OP_CODES, VALUES, VALUE_COUNT, LOOK_ROW, THERMAL_ROW, AVERAGE_ROW,
    PATIENCE, PUSH, AVERAGE, AVERAGE_START,
    EVERY, PATH, LOSS_PATH, GRAD_PATH, AVERAGE_PATH, MEMORY_PATH, USED_PATH,
    END, DIED,
    JOB_SIZE,
) = range(62)
# fmt: on

UPHILL, AHEAD = 1, 2  # looks
ADD_NOISE, CLIP_NORM, CLIP_VALUE, ADD_DECAY, SOLVE = 0, 1, 2, 3, 4  # operations on the gradient
SWA, EMA = 1, 2  # averages
FULL, COMMON_BATCH, OWN_BATCH = 0, 1, 2  # batches
NOISE, THERMAL, BATCH, SHUFFLE = 1, 2, 3, 4  # what a stream of random numbers is for
_LINE = 8  # numbers of a cache line
#: steps between two copies of the state; when a walker leaves, the walk is taken up again there
STRIDE = 64
#: coordinates of a block from which on half of a rule's divisions are made by multiplication
MANY = 64

# --- the stages: what each is called with -----------------------------------------------------------
LOOK_CALL = void(*[i8] * 4, f8, *[i8] * 10)
OPERATE_CALL = void(*[i8] * 16)
FORGET_CALL = void(*[i8] * 7)
AVERAGE_CALL = void(*[i8] * 8)
RECORD_CALL = void(*[i8] * 11)
INSIDE_CALL = void(*[i8] * 8)
SHAKE_CALL = void(*[i8] * 10)
DRAW_CALL = void(*[i8] * 7)

call_look, call_operate, call_forget = caller(LOOK_CALL), caller(OPERATE_CALL), caller(FORGET_CALL)
call_average, call_record = caller(AVERAGE_CALL), caller(RECORD_CALL)
call_inside, call_shake, call_draw = caller(INSIDE_CALL), caller(SHAKE_CALL), caller(DRAW_CALL)


def scratch_size(
    block: int, dim: int, parameters: int, memory: int, hyper: int, values: int, solves: bool
) -> int:
    """Numbers of a block's scratch memory (see `walk` for their order); a solver needs matrices too."""
    mutable = dim + memory * dim + dim + 1 + hyper
    rows = 2 * mutable + 3 * dim + parameters + 1 + values + 1 + (3 * dim * dim if solves else 0)
    return block * rows + 2 * _LINE


@inline(void, *[i8] * 13)
def gradient(  # type: ignore[no-untyped-def]
    kernel, n, ld, x, p, shared, data, rows, index, stride, count, loss, out
):
    """One gradient for the block: at once, or walker by walker when each has its own batch."""
    if stride == 0:
        call_kernel(kernel, (n, ld, x, p, data, rows, index, count, loss, out))
    else:
        for i in range(n):
            own = p if shared else p + 8 * i
            call_kernel(
                kernel,
                (1, ld, x + 8 * i, own, data, rows, index + 8 * i * stride, count, loss + 8 * i,
                 out + 8 * i),
            )  # fmt: skip


@inline(void, *[i8] * 7)
def _fill(target, ld, n, source, count, step, first):  # type: ignore[no-untyped-def]
    """Copy `count` rows into scratch: one number a row (step 0) or one per walker."""
    for k in range(count):
        for i in range(n):
            at = k if step == 0 else k * step + first + i
            poke(target, k * ld + i, peek(source, at))


@inline(void, i8, i8, i8)
def copy_row(target, source, count):  # type: ignore[no-untyped-def]
    """Copy `count` numbers."""
    for k in range(count):
        poke(target, k, peek(source, k))


@inline(i8, i8, i8, f8)
def _outside(x, count, escape):  # type: ignore[no-untyped-def]
    """How many coordinates of the block are off the map or not numbers."""
    outside = 0
    for k in range(count):
        outside += 0 if abs(peek(x, k)) <= escape else 1
    return outside


@loop(types.boolean(i8, i8, i8, i8))
def lay_out(points, rows, d, n):  # type: ignore[no-untyped-def]
    """Copy n points of d coordinates as d rows; whether all of them are finite."""
    zero = 0.0  # stays 0 as long as they are: infinity times 0 is not a number
    for first in range(0, n, CHUNK):
        part = min(CHUNK, n - first)
        apart(rows + 8 * first, n, points + 8 * first * d, d, part)
        for j in range(d):
            for i in range(part):  # still in the first-level cache
                zero = gather(zero, 0.0 * peek(rows, j * n + first + i))
    return zero == 0.0


@inline(void, *[i8] * 5)
def _double(job, n, rows, first, x):  # type: ignore[no-untyped-def]
    """Make every walker that left a double of the first one that is still there."""
    here = 0
    while peek_long(peek_long(job, DIED), first + here) >= 0:
        here += 1
    for i in range(n):
        if peek_long(peek_long(job, DIED), first + i) >= 0:
            for row in range(rows):
                poke(x, row * n + i, peek(x, row * n + here))


@inline(i8, *[i8] * 8, f8)
def _part(job, n, ld, d, t, first, x, before, escape):  # type: ignore[no-untyped-def]
    """Note the walkers that left with step t, and where they were last; return how many."""
    walkers, left = peek_long(job, WALKERS), 0
    for i in range(n):
        if peek_long(peek_long(job, DIED), first + i) >= 0:
            continue
        inside, finite = True, True
        for j in range(d):
            value = abs(peek(x, j * ld + i))
            inside = inside and value <= escape
            finite = finite and math.isfinite(value)
        if not inside:
            left += 1
            poke_long(peek_long(job, DIED), first + i, t)
            for j in range(d):
                last = peek(x if finite else before, j * ld + i)
                poke(peek_long(job, END), j * walkers + first + i, last)
    return left


@inline(void, *[i8] * 5)
def _move(job, n, ld, t, p):  # type: ignore[no-untyped-def]
    """Give moving parameters their value of step t."""
    moving = peek_long(job, MOVING_COUNT)
    for k in range(moving):
        row = peek_long(peek_long(job, MOVING_INDEX), k)
        value = peek(peek_long(job, MOVING), t * moving + k)
        for i in range(n):
            poke(p, row * ld + i, value)


@loop(void(i8, f8, i8, i8, i8, i8))
def walk(job, escape, from_walker, to_walker, scratch, epochs):  # type: ignore[no-untyped-def]
    """Run the job for walkers `from_walker` to `to_walker`, with scratch memory for x and so on."""
    walkers, d, steps = peek_long(job, WALKERS), peek_long(job, DIM), peek_long(job, STEPS)
    parameter_count, memory_count = peek_long(job, PARAMETER_COUNT), peek_long(job, MEMORY_COUNT)
    hyper_count, power_count = peek_long(job, HYPER_COUNT), peek_long(job, POWER_COUNT)
    data, samples = peek_long(job, DATA), peek_long(job, ALL_SAMPLES)
    whole, every = peek_long(job, SAMPLES), peek_long(job, EVERY)
    mode, batch = peek_long(job, BATCH_MODE), peek_long(job, BATCH_SIZE)
    shared, rule_shared = peek_long(job, PARAMETERS_SHARED), peek_long(job, RULE_SHARED)
    kernel, full, rule = peek_long(job, KERNEL), peek_long(job, KERNEL_FULL), peek_long(job, RULE)
    schedule, moving = peek_long(job, SCHEDULE), peek_long(job, MOVING_COUNT)
    died, size = peek_long(job, DIED), peek_long(job, BLOCK)
    look, operate = peek_long(job, LOOK_STAGE), peek_long(job, OPERATE_STAGE)
    forget, average_in = peek_long(job, FORGET_STAGE), peek_long(job, AVERAGE_STAGE)
    record, inside = peek_long(job, RECORD_STAGE), peek_long(job, INSIDE_STAGE)
    shake, draw = peek_long(job, SHAKE_STAGE), peek_long(job, DRAW_STAGE)
    # Hyper-parameters and their running powers change from step to step too. Numbers that all walkers
    # share come first, followed by a copy.
    own = 0 if rule_shared else hyper_count + power_count
    common = (hyper_count + power_count - own + _LINE - 1) // _LINE * _LINE
    x, kept = scratch + 16 * common, scratch + 8 * common
    # Then rows. The first `mutable` of them are the state of a walk; a copy of them follows.
    averaged = d if average_in != 0 else 0
    waiting = 1 if forget != 0 else 0
    mutable = d + memory_count * d + averaged + waiting + own
    private = 2 * mutable + 3 * d + parameter_count + 1 + peek_long(job, VALUE_COUNT)
    # Integer scratch: epoch of each order, orders, drawn batches.
    orders = epochs + 8 * size
    drawn = orders + 8 * samples * (size if mode == OWN_BATCH else 1)

    for first in range(from_walker, to_walker, size):
        n = min(size, to_walker - first)
        ld, line = n, 8 * n  # rows without gaps: a rule runs over all coordinates in one go
        memory = x + line * d
        average = memory + line * memory_count * d
        conflict = average + line * averaged
        hyper = scratch if rule_shared else conflict + line * waiting
        across, wide = (1, 1) if rule_shared else (ld, n)  # a row of hyper-parameters
        copy = x + line * mutable
        g = copy + line * mutable
        looked = g + line * d
        before = looked + line * d
        p = before + line * d
        rate = p + line * parameter_count
        values = rate + line
        loss = values + line * peek_long(job, VALUE_COUNT)
        hessian = loss + line
        uphill = values + line * peek_long(job, LOOK_ROW)
        heat = values + line * peek_long(job, THERMAL_ROW)
        decay = values + line * peek_long(job, AVERAGE_ROW)
        for k in range(d * ld, mutable * ld):
            poke(x, k, 0.0)
        for j in range(d):
            copy_row(x + line * j, peek_long(job, THETA) + 8 * (j * walkers + first), n)
        step = 0 if rule_shared else walkers
        _fill(
            p, ld, n, peek_long(job, PARAMETERS), parameter_count, 0 if shared else walkers, first
        )
        _fill(rate, ld, n, peek_long(job, RATE), 1, step, first)
        _fill(hyper, across, wide, peek_long(job, HYPER), hyper_count, step, first)
        _fill(values, ld, n, peek_long(job, VALUES), peek_long(job, VALUE_COUNT), walkers, first)
        for k in range(power_count * wide):
            poke(hyper, hyper_count * across + k, 1.0)
        for i in range(n):
            poke_long(died, first + i, -1)
            if draw != 0:
                poke_long(epochs, i, -1)
        if average_in != 0:
            call_average(average_in, (job, n, ld, d, 0, x, average, decay))
        # A rule adds up how far its walkers are from 0, which costs next to nothing: while the sum is
        # inside, everybody is. Else the coordinates outside are counted. If there are any, the block
        # goes back to the last copy and looks at every walker after every step (and every division is
        # one). A walker that left is then made a double of one that is still there, so that the block
        # is quiet again.
        alive, careful, outside = n, False, 0
        were, plain = n, 0  # how many there were at the copy; until when every division is one
        t, due = 0, 0 if record != 0 else -1  # when to record next
        while t < steps and alive > 0 and peek_long(job, STOP) == 0:
            stop = min(t + (1 if careful else STRIDE), steps)
            if not careful:
                copy_row(copy, x, mutable * ld)
                copy_row(kept, scratch, common)
            began = t
            while t < stop and peek_long(job, STOP) == 0:
                scale = peek(schedule, t) if schedule != 0 else 1.0
                if moving != 0:
                    _move(job, n, ld, t, p)
                index, stride, count = whole, 0, samples
                if draw != 0:
                    call_draw(draw, (job, n, first, t, epochs, orders, drawn))
                    if peek_long(job, REPLACEMENT):
                        index, count = drawn, batch
                        stride = batch if mode == OWN_BATCH else 0
                    else:
                        at = t % ((samples + batch - 1) // batch) * batch
                        index, count = orders + 8 * at, min(batch, samples - at)
                        stride = samples if mode == OWN_BATCH else 0
                writing = t == due
                if writing:
                    due += every
                recorded = writing and mode == FULL  # only then is the loss needed, too
                if writing and mode != FULL:
                    call_kernel(full, (n, ld, x, p, data, samples, whole, samples, loss, g))
                    call_record(record, (job, n, ld, d, t, first, alive, x, g, loss, average))
                gradient(full if recorded else kernel, n, ld, x, p, shared, data, samples, index,
                         stride, count, loss, g)  # fmt: skip
                if recorded:
                    call_record(record, (job, n, ld, d, t, first, alive, x, g, loss, average))
                if outside > 0:
                    _double(job, n, private, first, x)
                if look != 0:
                    call_look(look, (job, n, ld, d, scale, x, g, p, rate, uphill, looked, index,
                                     stride, count, loss))  # fmt: skip
                if operate != 0:
                    call_operate(operate, (job, n, ld, d, t, first, x, g, p, values, hessian, index,
                                           stride, count, loss, looked))  # fmt: skip
                if forget != 0:
                    call_forget(forget, (job, n, ld, d, g, memory, conflict))
                if writing and inside != 0:
                    call_inside(inside, (job, n, ld, d, t, first, g, memory))
                for k in range(power_count):
                    source = peek_long(peek_long(job, POWER_SOURCE), k)
                    for i in range(wide):
                        at = (hyper_count + k) * across + i
                        poke(hyper, at, peek(hyper, at) * peek(hyper, source * across + i))
                if careful:
                    copy_row(before, x, d * ld)
                half = 0 if careful or t < plain or d * n < MANY else d * n // 2
                reach = call_rule(
                    rule, (n, d, half, scale, float(t + 1), rate, x, g, memory, hyper)
                )
                if peek_long(job, THERMAL_ROW) >= 0:
                    for i in range(n):  # the gradient has been used: its row is free
                        poke(g, i, math.sqrt(2.0 * peek(rate, i) * scale * peek(heat, i)))
                    seeds = peek_long(job, SEEDS) + 8 * first
                    call_shake(shake, (seeds, n, d, t, THERMAL, g, x, loss, looked, ld))
                    reach = math.inf
                t += 1
                outside = 0 if reach <= escape else _outside(x, d * n, escape)
                if average_in != 0:
                    call_average(average_in, (job, n, ld, d, t, x, average, decay))
                if careful:
                    alive -= _part(job, n, ld, d, t, first, x, before, escape)
                    if alive == 0:
                        break
                elif outside > 0:
                    copy_row(x, copy, mutable * ld)
                    copy_row(scratch, kept, common)
                    t, stop, careful, were = began, t, True, alive
                    if record != 0:
                        due = (t + every - 1) // every * every
            # Nobody had left: a quotient could not be had by multiplication, and may not be for long.
            if careful and outside == 0 and alive == were:
                plain = t + 16 * STRIDE
            careful = outside > 0
        if peek_long(job, STOP) != 0:
            return  # nobody will look at the results
        if moving != 0:
            _move(job, n, ld, t, p)
        if t == due:
            call_kernel(full, (n, ld, x, p, data, samples, whole, samples, loss, g))
            call_record(record, (job, n, ld, d, t, first, alive, x, g, loss, average))
        for j in range(d):
            end = peek_long(job, END) + 8 * (j * walkers + first)
            if alive < n:
                for i in range(n):
                    if peek_long(died, first + i) < 0:
                        poke(end, i, peek(x, j * ld + i))
            elif record == 0:  # else the last row on record is the end
                copy_row(end, x + line * j, n)
        if record != 0:
            # The block may have ended early, with all its walkers gone (alive is 0).
            for i in range(n):
                poke(x, i, math.nan)
            for row in range((t + every - 1) // every, steps // every + 1):
                if inside != 0:
                    for k in range(d * ld):
                        poke(g, k, math.nan)
                    call_inside(inside, (job, n, ld, d, row * every, first, g, memory))
            for row in range(t // every + 1, steps // every + 1):
                call_record(record, (job, n, ld, d, row * every, first, alive, x, g, loss, average))
