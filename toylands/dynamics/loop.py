"""The swarm loop: every walk in toylands is this one compiled function.

Walkers are rows of numbers (structure of arrays), moved block by block so that a block stays in the
first-level cache; kernels and rules are called by address once per block and step. The job is described
by one array of integers (addresses, sizes, choices), so the loop compiles once and is kept in the disk
cache, whatever landscape and optimizer it runs.

The order of one step: moving parameters, the batch, the gradient here, the look (SAM, extragradient),
the operations on the gradient in order, the momentum reset, the rule, thermal noise, the average.
"""

from __future__ import annotations

import math

from toylands.dynamics.random import BATCH, NOISE, SHUFFLE, THERMAL, normal_rows, uniform_pair
from toylands.formula.compile import (
    call_kernel,
    call_precondition,
    call_rule,
    f8,
    i8,
    inline,
    job_array,
    loop,
    peek,
    peek_long,
    poke,
    poke_long,
    void,
)

# --- the job: what each position of the integer array says ------------------------------------------
# fmt: off
(
    WALKERS, DIM, STEPS, BLOCK,                       # sizes
    KERNEL, KERNEL_FULL, RULE, JACOBIAN, SOLVER,      # addresses of compiled functions
    THETA, PARAMETERS, PARAMETER_COUNT, PARAMETERS_SHARED,
    RATE, HYPER, HYPER_COUNT, RULE_SHARED, POWER_COUNT, POWER_SOURCE, MEMORY_COUNT,
    SCHEDULE, MOVING, MOVING_COUNT, MOVING_INDEX,
    DATA, SAMPLES, ALL_SAMPLES, BATCH_SIZE, BATCH_MODE, REPLACEMENT, SEEDS,
    LOOK, OP_COUNT, OP_CODES, VALUES, VALUE_COUNT, LOOK_ROW, THERMAL_ROW, AVERAGE_ROW,
    PATIENCE, PUSH, AVERAGE, AVERAGE_START,
    RECORD, EVERY, PATH, LOSS_PATH, GRAD_PATH, AVERAGE_PATH, MEMORY_PATH, USED_PATH,
    END, DIED,
    JOB_SIZE,
) = range(54)
# fmt: on

HERE, UPHILL, AHEAD = 0, 1, 2  # looks
ADD_NOISE, CLIP_NORM, CLIP_VALUE, ADD_DECAY, SOLVE = 0, 1, 2, 3, 4  # operations on the gradient
NO_AVERAGE, SWA, EMA = 0, 1, 2  # averages
FULL, COMMON_BATCH, OWN_BATCH = 0, 1, 2  # batches
#: steps between two copies of the state; when a walker leaves, the walk is taken up again there
STRIDE = 32


def scratch_rows(
    dim: int, parameters: int, memory: int, hyper: int, values: int, solves: bool
) -> int:
    """Rows of a block's scratch memory (see `walk` for their order); a solver needs matrices too."""
    mutable = dim + memory * dim + dim + 1 + hyper
    return 2 * mutable + 3 * dim + parameters + 1 + values + 1 + (3 * dim * dim if solves else 0)


@inline(void, *[i8] * 13)
def _gradient(  # type: ignore[no-untyped-def]
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


@inline(f8, i8, i8, i8, i8)
def _norm(g, d, ld, i):  # type: ignore[no-untyped-def]
    total = 0.0
    for j in range(d):
        total += peek(g, j * ld + i) ** 2
    return math.sqrt(total)


@inline(void, *[i8] * 7)
def _fill(target, ld, n, source, count, step, first):  # type: ignore[no-untyped-def]
    """Copy `count` rows into scratch: one number a row (step 0) or one per walker."""
    for k in range(count):
        for i in range(n):
            at = k if step == 0 else k * step + first + i
            poke(target, k * ld + i, peek(source, at))


@inline(void, *[i8] * 5)
def _draw_batch(index, count, samples, seed, t):  # type: ignore[no-untyped-def]
    """`count` samples with replacement for step t."""
    for k in range(0, count, 2):
        first, second = uniform_pair(seed, t, k, BATCH)
        poke_long(index, k, int(first * samples))
        if k + 1 < count:
            poke_long(index, k + 1, int(second * samples))


@inline(void, *[i8] * 4)
def _shuffle(order, samples, seed, epoch):  # type: ignore[no-untyped-def]
    """A fresh random order of the samples for this epoch (Fisher-Yates)."""
    for k in range(samples):
        poke_long(order, k, k)
    for k in range(samples - 1, 0, -1):
        first, _ = uniform_pair(seed, epoch, k, SHUFFLE)
        other = int(first * (k + 1))
        kept = peek_long(order, k)
        poke_long(order, k, peek_long(order, other))
        poke_long(order, other, kept)


@inline(void, *[i8] * 10)
def _shake(seeds, n, d, t, stream, sizes, target, one, two, ld):  # type: ignore[no-untyped-def]
    """Add normal noise of each walker's own size to d rows; rows `one` and `two` are free to use."""
    for j in range(0, d, 2):
        normal_rows(seeds, n, t, j >> 1, stream, one, two)
        row = target + 8 * j * ld
        for i in range(n):
            poke(row, i, peek(row, i) + peek(sizes, i) * peek(one, i))
        if j + 1 < d:
            for i in range(n):
                poke(row, ld + i, peek(row, ld + i) + peek(sizes, i) * peek(two, i))


@inline(void, job_array, *[i8] * 15)
def _operate(  # type: ignore[no-untyped-def]
    job, n, ld, d, t, first, x, g, p, values, hessian, index, stride, count, loss, looked
):
    """Run the operations on the gradient, from the outermost wrapper in."""
    codes = job[OP_CODES]
    for operation in range(job[OP_COUNT]):
        code = peek_long(codes, 2 * operation)
        row = values + 8 * ld * peek_long(codes, 2 * operation + 1)
        if code == ADD_NOISE:
            _shake(job[SEEDS] + 8 * first, n, d, t, NOISE, row, g, loss, looked, ld)
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
            _gradient(
                job[JACOBIAN], n, ld, x, p, job[PARAMETERS_SHARED], job[DATA], job[ALL_SAMPLES],
                index, stride, count, loss, hessian,
            )  # fmt: skip
            call_precondition(job[SOLVER], (n, ld, d, hessian, g, row, hessian + 8 * d * d * ld))


@inline(void, job_array, *[i8] * 6)
def _forget(job, n, ld, d, g, memory, conflict):  # type: ignore[no-untyped-def]
    """Reset the memory of walkers whose momentum fought the gradient long enough."""
    for i in range(n):
        along = 0.0
        for j in range(d):
            along += peek(memory, j * ld + i) * peek(g, j * ld + i)
        seen = peek(conflict, i) + 1.0 if along * job[PUSH] > 0.0 else 0.0
        if seen >= job[PATIENCE]:
            seen = 0.0
            for k in range(job[MEMORY_COUNT] * d):
                poke(memory, k * ld + i, 0.0)
        poke(conflict, i, seen)


@inline(void, job_array, *[i8] * 7)
def _average(job, n, ld, d, t, x, average, decay):  # type: ignore[no-untyped-def]
    """Take iterate t into the average."""
    start = job[AVERAGE_START]
    if job[AVERAGE] == SWA and t < start:
        return
    for j in range(d):
        for i in range(n):
            at = j * ld + i
            old, now = peek(average, at), peek(x, at)
            if t == start:
                poke(average, at, now)
            elif job[AVERAGE] == SWA:
                poke(average, at, old + (now - old) / (t - start + 1))
            else:
                keep = peek(decay, i)
                poke(average, at, keep * old + (1.0 - keep) * now)


@inline(void, i8, i8, i8)
def _copy(target, source, count):  # type: ignore[no-untyped-def]
    """Copy `count` numbers."""
    for k in range(count):
        poke(target, k, peek(source, k))


@inline(void, job_array, *[i8] * 10)
def _write(job, n, ld, d, t, first, alive, x, g, loss, average):  # type: ignore[no-untyped-def]
    """Record iterate t: of the walkers still there, and of those that left with it; NaN for others."""
    walkers, row = job[WALKERS], t // job[EVERY]
    column = 8 * (row * walkers + first)
    norms, line = job[GRAD_PATH] + column, 8 * walkers
    path = job[PATH] + d * row * line + 8 * first
    averages = job[AVERAGE_PATH] + d * row * line + 8 * first
    averaged = job[AVERAGE] != NO_AVERAGE
    _copy(job[LOSS_PATH] + column, loss, n)
    for i in range(n):
        poke(norms, i, 0.0)
    for j in range(d):
        _copy(path + j * line, x + 8 * j * ld, n)
        if averaged:
            _copy(averages + j * line, average + 8 * j * ld, n)
        for i in range(n):
            poke(norms, i, peek(norms, i) + peek(g, j * ld + i) ** 2)
    for i in range(n):
        poke(norms, i, math.sqrt(peek(norms, i)))
    if averaged and t < job[AVERAGE_START]:
        for j in range(d):
            for i in range(n):
                poke(averages, j * walkers + i, math.nan)
    if alive == n:
        return
    for i in range(n):
        died = peek_long(job[DIED], first + i)
        there = died < 0 or died == t
        for j in range(d):
            there = there and math.isfinite(peek(x, j * ld + i))
        if not there:
            poke(job[LOSS_PATH] + column, i, math.nan)
            poke(norms, i, math.nan)
            for j in range(d):
                poke(path, j * walkers + i, math.nan)
                if averaged:
                    poke(averages, j * walkers + i, math.nan)


@inline(void, job_array, *[i8] * 7)
def _write_inside(job, n, ld, d, t, first, g, memory):  # type: ignore[no-untyped-def]
    """Record what the rule sees at step t: its memory and the gradient that reaches it."""
    walkers, row = job[WALKERS], t // job[EVERY]
    height = job[MEMORY_COUNT] * d
    for i in range(n):
        there = peek_long(job[DIED], first + i) < 0
        for k in range(height):
            value = peek(memory, k * ld + i) if there else math.nan
            poke(job[MEMORY_PATH], (row * height + k) * walkers + first + i, value)
        for j in range(d):
            value = peek(g, j * ld + i) if there else math.nan
            poke(job[USED_PATH], (row * d + j) * walkers + first + i, value)


@inline(i8, i8, i8, f8)
def _outside(x, count, escape):  # type: ignore[no-untyped-def]
    """How many coordinates of the block are off the map or not numbers."""
    outside = 0
    for k in range(count):
        outside += 0 if abs(peek(x, k)) <= escape else 1
    return outside


@inline(void, job_array, *[i8] * 4)
def _double(job, n, rows, first, x):  # type: ignore[no-untyped-def]
    """Make every walker that left a double of the first one that is still there."""
    here = 0
    while peek_long(job[DIED], first + here) >= 0:
        here += 1
    for i in range(n):
        if peek_long(job[DIED], first + i) >= 0:
            for row in range(rows):
                poke(x, row * n + i, peek(x, row * n + here))


@inline(i8, job_array, *[i8] * 7, f8)
def _part(job, n, ld, d, t, first, x, before, escape):  # type: ignore[no-untyped-def]
    """Note the walkers that left with step t, and where they were last; return how many."""
    walkers, left = job[WALKERS], 0
    for i in range(n):
        if peek_long(job[DIED], first + i) >= 0:
            continue
        inside, finite = True, True
        for j in range(d):
            value = abs(peek(x, j * ld + i))
            inside = inside and value <= escape
            finite = finite and math.isfinite(value)
        if not inside:
            left += 1
            poke_long(job[DIED], first + i, t)
            for j in range(d):
                last = peek(x if finite else before, j * ld + i)
                poke(job[END], j * walkers + first + i, last)
    return left


@loop(void(job_array, f8, i8, i8, i8, i8))
def walk(job, escape, from_walker, to_walker, x, epochs):  # type: ignore[no-untyped-def]
    """Run the job for walkers `from_walker` to `to_walker`, with scratch memory for x and so on."""
    walkers, d, steps = job[WALKERS], job[DIM], job[STEPS]
    parameter_count, memory_count = job[PARAMETER_COUNT], job[MEMORY_COUNT]
    hyper_count, power_count = job[HYPER_COUNT], job[POWER_COUNT]
    samples, mode, batch = job[ALL_SAMPLES], job[BATCH_MODE], job[BATCH_SIZE]
    record, every = job[RECORD], job[EVERY]
    # Scratch rows. The first `mutable` rows are the state of a walk; a copy of them follows.
    averaged = 0 if job[AVERAGE] == NO_AVERAGE else d
    waiting = 1 if job[PATIENCE] > 0 else 0
    mutable = d + memory_count * d + averaged + waiting + hyper_count + power_count
    private = 2 * mutable + 3 * d + parameter_count + 1 + job[VALUE_COUNT]
    # Integer scratch: epoch of each order, orders, drawn batches.
    orders = epochs + 8 * job[BLOCK]
    drawn = orders + 8 * samples * (job[BLOCK] if mode == OWN_BATCH else 1)

    for first in range(from_walker, to_walker, job[BLOCK]):
        n = min(job[BLOCK], to_walker - first)
        ld, line = n, 8 * n  # rows without gaps: a rule runs over all coordinates in one go
        memory = x + line * d
        average = memory + line * memory_count * d
        conflict = average + line * averaged
        hyper = conflict + line * waiting
        copy = x + line * mutable
        g = copy + line * mutable
        looked = g + line * d
        before = looked + line * d
        p = before + line * d
        rate = p + line * parameter_count
        values = rate + line
        loss = values + line * job[VALUE_COUNT]
        hessian = loss + line
        uphill = values + line * job[LOOK_ROW]
        heat = values + line * job[THERMAL_ROW]
        decay = values + line * job[AVERAGE_ROW]
        for k in range(mutable * ld):
            poke(x, k, 0.0)
        for j in range(d):
            for i in range(n):
                poke(x, j * ld + i, peek(job[THETA], (first + i) * d + j))
        _fill(p, ld, n, job[PARAMETERS], parameter_count,
              0 if job[PARAMETERS_SHARED] else walkers, first)  # fmt: skip
        _fill(rate, ld, n, job[RATE], 1, 0 if job[RULE_SHARED] else walkers, first)
        _fill(hyper, ld, n, job[HYPER], hyper_count, 0 if job[RULE_SHARED] else walkers, first)
        _fill(values, ld, n, job[VALUES], job[VALUE_COUNT], walkers, first)
        for k in range(power_count * ld):
            poke(hyper + line * hyper_count, k, 1.0)
        for i in range(n):
            poke_long(job[DIED], first + i, -1)
            poke_long(epochs, i, -1)
        if job[AVERAGE] != NO_AVERAGE:
            _average(job, n, ld, d, 0, x, average, decay)
        # A rule adds up how far its walkers are from 0, which costs next to nothing: while the sum is
        # inside, everybody is. Else the coordinates outside are counted. If there are any, the block
        # goes back to the last copy and looks at every walker after every step. A walker that left
        # is then made a double of one that is still there, so that the block is quiet again.
        alive, careful, outside = n, False, 0
        t = 0
        while t < steps and alive > 0:
            stop = min(t + (1 if careful else STRIDE), steps)
            if not careful:
                _copy(copy, x, mutable * ld)
            began = t
            while t < stop:
                scale = peek(job[SCHEDULE], t)
                for k in range(job[MOVING_COUNT]):
                    row = peek_long(job[MOVING_INDEX], k)
                    value = peek(job[MOVING], t * job[MOVING_COUNT] + k)
                    for i in range(n):
                        poke(p, row * ld + i, value)
                index, stride, count = job[SAMPLES], 0, samples
                if mode != FULL:
                    chosen = n if mode == OWN_BATCH else 1
                    if job[REPLACEMENT]:
                        index, count = drawn, batch
                        stride = batch if mode == OWN_BATCH else 0
                        for i in range(chosen):
                            seed = peek_long(job[SEEDS], first + i if mode == OWN_BATCH else 0)
                            _draw_batch(drawn + 8 * i * batch, batch, samples, seed, t)
                    else:
                        batches = (samples + batch - 1) // batch
                        epoch, at = t // batches, (t % batches) * batch
                        index, count = orders + 8 * at, min(batch, samples - at)
                        stride = samples if mode == OWN_BATCH else 0
                        for i in range(chosen):
                            if peek_long(epochs, i) != epoch:
                                seed = peek_long(job[SEEDS], first + i if mode == OWN_BATCH else 0)
                                _shuffle(orders + 8 * i * samples, samples, seed, epoch)
                                poke_long(epochs, i, epoch)
                writing = record and t % every == 0
                if writing and mode != FULL:
                    call_kernel(
                        job[KERNEL_FULL],
                        (n, ld, x, p, job[DATA], samples, job[SAMPLES], samples, loss, g),
                    )
                    _write(job, n, ld, d, t, first, alive, x, g, loss, average)
                recorded = writing and mode == FULL  # only then is the loss needed, too
                _gradient(job[KERNEL_FULL] if recorded else job[KERNEL], n, ld, x, p,
                          job[PARAMETERS_SHARED], job[DATA], samples, index, stride, count, loss,
                          g)  # fmt: skip
                if recorded:
                    _write(job, n, ld, d, t, first, alive, x, g, loss, average)
                if outside > 0:
                    _double(job, n, private, first, x)
                if job[LOOK] != HERE:
                    for i in range(n):
                        far = peek(rate, i) * scale
                        if job[LOOK] == UPHILL:
                            far = -peek(uphill, i) / (_norm(g, d, ld, i) + 1e-12)
                        for j in range(d):
                            at = j * ld + i
                            poke(looked, at, peek(x, at) - far * peek(g, at))
                    _gradient(job[KERNEL], n, ld, looked, p, job[PARAMETERS_SHARED], job[DATA],
                              samples, index, stride, count, loss, g)  # fmt: skip
                if job[OP_COUNT] > 0:
                    _operate(job, n, ld, d, t, first, x, g, p, values, hessian, index, stride,
                             count, loss, looked)  # fmt: skip
                if job[PATIENCE] > 0:
                    _forget(job, n, ld, d, g, memory, conflict)
                if writing and job[USED_PATH] != 0:
                    _write_inside(job, n, ld, d, t, first, g, memory)
                for k in range(power_count):
                    source = peek_long(job[POWER_SOURCE], k)
                    for i in range(1 if job[RULE_SHARED] else n):
                        at = (hyper_count + k) * ld + i
                        poke(hyper, at, peek(hyper, at) * peek(hyper, source * ld + i))
                if careful:
                    _copy(before, x, d * ld)
                reach = call_rule(job[RULE], (n, d, scale, float(t + 1), rate, x, g, memory, hyper))
                if job[THERMAL_ROW] >= 0:
                    for i in range(n):  # the gradient has been used: its row is free
                        poke(g, i, math.sqrt(2.0 * peek(rate, i) * scale * peek(heat, i)))
                    _shake(job[SEEDS] + 8 * first, n, d, t, THERMAL, g, x, loss, looked, ld)
                    reach = math.inf
                t += 1
                outside = 0 if reach <= escape else _outside(x, d * n, escape)
                if job[AVERAGE] != NO_AVERAGE:
                    _average(job, n, ld, d, t, x, average, decay)
                if careful:
                    alive -= _part(job, n, ld, d, t, first, x, before, escape)
                    if alive == 0:
                        break
                elif outside > 0:
                    _copy(x, copy, mutable * ld)
                    t, stop, careful = began, t, True
            careful = outside > 0
        for k in range(job[MOVING_COUNT]):
            row = peek_long(job[MOVING_INDEX], k)
            for i in range(n):
                poke(p, row * ld + i, peek(job[MOVING], t * job[MOVING_COUNT] + k))
        if record and t % every == 0:
            call_kernel(
                job[KERNEL_FULL],
                (n, ld, x, p, job[DATA], samples, job[SAMPLES], samples, loss, g),
            )
            _write(job, n, ld, d, t, first, alive, x, g, loss, average)
        for j in range(d):
            end = job[END] + 8 * (j * walkers + first)
            if alive == n:
                _copy(end, x + line * j, n)
            else:
                for i in range(n):
                    if peek_long(job[DIED], first + i) < 0:
                        poke(end, i, peek(x, j * ld + i))
        if record:
            # The block may have ended early, with all its walkers gone (alive is 0).
            for i in range(n):
                poke(x, i, math.nan)
            for row in range((t + every - 1) // every, steps // every + 1):
                if job[USED_PATH] != 0:
                    for k in range(d * ld):
                        poke(g, k, math.nan)
                    _write_inside(job, n, ld, d, row * every, first, g, memory)
            for row in range(t // every + 1, steps // every + 1):
                _write(job, n, ld, d, row * every, first, alive, x, g, loss, average)
