"""Random numbers by counter: Philox4x32-10.

A walker's noise at a step is a function of its seed, the step and the coordinate, so it does not depend
on how walkers are divided into blocks and threads, and any step can be replayed.
[Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"]
"""

from __future__ import annotations

import math

from numba import types

from toylands.formula.compile import f8, i8, inline, peek, peek_long, poke, void

_LOW = 0xFFFFFFFF
#: what a stream of numbers is for (one counter word), so that uses never overlap
NOISE, THERMAL, BATCH, SHUFFLE = 1, 2, 3, 4


@inline(types.UniTuple(i8, 2), i8, i8)
def _multiply(a, b):  # type: ignore[no-untyped-def]
    """High and low 32 bits of a 32 x 32-bit product; its 64 bits are right though the sign is not."""
    product = a * b
    return (product >> 32) & _LOW, product & _LOW


@inline(types.UniTuple(i8, 4), *[i8] * 6)
def philox(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """Four 32-bit words from a counter of four and a key of two."""
    for _ in range(10):
        p0 = _multiply(0xD2511F53, c0)
        p1 = _multiply(0xCD9E8D57, c2)
        c0, c1, c2, c3 = p1[0] ^ c1 ^ k0, p1[1], p0[0] ^ c3 ^ k1, p0[1]
        k0 = (k0 + 0x9E3779B9) & _LOW
        k1 = (k1 + 0xBB67AE85) & _LOW
    return c0, c1, c2, c3


@inline(f8, i8, i8)
def unit(high, low):  # type: ignore[no-untyped-def]
    """A number strictly inside (0, 1) from two 32-bit words: the middle of one of 2**52 cells."""
    return ((high >> 6) * 67108864.0 + (low >> 6) + 0.5) * 2.220446049250313e-16


@inline(types.UniTuple(f8, 2), i8, i8, i8, i8)
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
        radius = math.sqrt(-2.0 * math.log(peek(first, i)))
        angle = 6.283185307179586 * peek(second, i)
        poke(first, i, radius * math.cos(angle))
        poke(second, i, radius * math.sin(angle))
