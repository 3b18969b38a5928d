"""Random numbers by counter: Philox4x32-10.

A walker's noise at a step is a function of its seed, the step and the coordinate, so it does not depend
on how walkers are divided into blocks and threads, and any step can be replayed.
[Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"]
"""

from __future__ import annotations

import math

from toylands.dynamics.loop import (
    ALL_SAMPLES,
    BATCH,
    BATCH_MODE,
    BATCH_SIZE,
    DRAW_CALL,
    OWN_BATCH,
    REPLACEMENT,
    SEEDS,
    SHAKE_CALL,
    SHUFFLE,
)
from toylands.formula.angles import quick_cos, quick_sin
from toylands.formula.compile import (
    i8,
    inline,
    multiply_words,
    peek,
    peek_long,
    poke,
    poke_long,
    stage,
    void,
    woven,
)
from toylands.formula.logarithms import log

_LOW = 0xFFFFFFFF


@woven
def _round(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """One round, and the keys of the next."""
    p0, p1 = multiply_words(0xD2511F53, c0), multiply_words(0xCD9E8D57, c2)
    return (
        (p1 >> 32) & _LOW ^ c1 ^ k0,
        p1 & _LOW,
        (p0 >> 32) & _LOW ^ c3 ^ k1,
        p0 & _LOW,
        (k0 + 0x9E3779B9) & _LOW,
        (k1 + 0xBB67AE85) & _LOW,
    )


@woven
def philox(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """Four 32-bit words from a counter of four and a key of two.

    Ten rounds, written out: a loop in here would keep the loop over walkers from being vectorised.
    """
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    return c0, c1, c2, c3


@woven
def unit(high, low):  # type: ignore[no-untyped-def]
    """A number strictly inside (0, 1) from two 32-bit words: the middle of one of 2**52 cells."""
    return ((high >> 6) * 67108864.0 + (low >> 6) + 0.5) * 2.220446049250313e-16


@woven
def uniform_pair(seed, a, b, stream):  # type: ignore[no-untyped-def]
    """Two independent uniforms in (0, 1), from a 64-bit seed (the key) and a counter (a, b, stream)."""
    w0, w1, w2, w3 = philox(a & _LOW, b & _LOW, stream & _LOW, 0, seed & _LOW, (seed >> 32) & _LOW)
    return unit(w0, w1), unit(w2, w3)


@inline(void, *[i8] * 7)
def normal_rows(seeds, n, step, pair, stream, first, second):  # type: ignore[no-untyped-def]
    """Two standard normals per walker, for coordinates 2 pair and 2 pair + 1 (Box-Muller).

    `seeds` is the address of n seeds; `first` and `second` are those of the rows that are filled. The
    uniforms are drawn in a loop of their own, which vectorises.
    """
    for i in range(n):
        u, v = uniform_pair(peek_long(seeds, i), step, pair, stream)
        poke(first, i, u)
        poke(second, i, v)
    for i in range(n):
        radius = math.sqrt(-2.0 * log(peek(first, i)))
        angle = 6.283185307179586 * peek(second, i)
        poke(first, i, radius * quick_cos(angle))
        poke(second, i, radius * quick_sin(angle))


@stage(SHAKE_CALL)
def shake(seeds, n, d, t, stream, sizes, target, one, two, ld):  # type: ignore[no-untyped-def]
    """Add normal noise of each walker's own size to d rows; rows `one` and `two` are free to use."""
    for j in range(0, d, 2):
        normal_rows(seeds, n, t, j >> 1, stream, one, two)
        row = target + 8 * j * ld
        for i in range(n):
            poke(row, i, peek(row, i) + peek(sizes, i) * peek(one, i))
        if j + 1 < d:
            for i in range(n):
                poke(row, ld + i, peek(row, ld + i) + peek(sizes, i) * peek(two, i))


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


@stage(DRAW_CALL)
def draw(job, n, first, t, epochs, orders, drawn):  # type: ignore[no-untyped-def]
    """The batch of step t: of each walker, or one for all; `orders` holds those of shuffled epochs."""
    samples, batch = peek_long(job, ALL_SAMPLES), peek_long(job, BATCH_SIZE)
    own = peek_long(job, BATCH_MODE) == OWN_BATCH
    epoch = t // ((samples + batch - 1) // batch)
    for i in range(n if own else 1):
        seed = peek_long(peek_long(job, SEEDS), first + i if own else 0)
        if peek_long(job, REPLACEMENT):
            _draw_batch(drawn + 8 * i * batch, batch, samples, seed, t)
        elif peek_long(epochs, i) != epoch:
            _shuffle(orders + 8 * i * samples, samples, seed, epoch)
            poke_long(epochs, i, epoch)
