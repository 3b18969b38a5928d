"""Two small matrix products, written for the processor's vector registers.

    multiply:  z[u, :] += sum over v of w[u, v] * a[v, :]      forward, and backward through a layer
    correlate: out[r, c] += sum over s of d[r, s] * a[c, s]    gradients of weights, blocks of a Hessian

Rows are samples side by side, padded to whole registers. LLVM's own vectoriser keeps neither the
accumulators in registers nor several sums in flight, so the innermost blocks are written here as vector
instructions; everything around them is ordinary code. [Goto and van de Geijn 2008]

On every processor a sum over samples is taken as `LANES` sums side by side, which are then added in pairs,
and every product is rounded before it is added. What the processor decides is how many of these sums are in
flight at once: its registers hold a vector in one, two or four parts.
"""

from __future__ import annotations

import functools
from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from toylands.formula.compile import i8, stage
from toylands.networks.plan import CORRELATE, MULTIPLY

#: numbers in a vector; rows of samples are padded to a multiple of it
LANES = 8
#: whether a register of this processor holds a whole vector (and there are 32 of them)
_WHOLE = bool(binding.get_host_cpu_features().get("avx512f"))
#: vectors of samples that `multiply` works on at once, and the side of the squares of `correlate`
WIDE, SIDE = (2, 4) if _WHOLE else (1, 2)
_DOUBLE, _INDEX = ir.DoubleType(), ir.IntType(64)
_VECTOR = ir.VectorType(_DOUBLE, LANES)


def _at(builder: Any, address: Any, *terms: Any) -> Any:
    """The address of a float64: an integer address plus the sum of the terms, in numbers."""
    for term in terms:
        address = builder.add(address, builder.shl(term, _INDEX(3)))
    return address


def _load(builder: Any, address: Any, kind: Any = _VECTOR) -> Any:
    return builder.load(builder.inttoptr(address, kind.as_pointer()), align=8)


def _store(builder: Any, value: Any, address: Any) -> None:
    builder.store(value, builder.inttoptr(address, value.type.as_pointer()), align=8)


def _splat(builder: Any, value: Any) -> Any:
    lane = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), value, ir.IntType(32)(0))
    return builder.shuffle_vector(
        lane, lane, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    )


def _shuffle(builder: Any, left: Any, right: Any, lanes: list[int]) -> Any:
    kind = ir.VectorType(ir.IntType(32), len(lanes))
    return builder.shuffle_vector(left, right, ir.Constant(kind, lanes))


def _multiply_add(builder: Any, left: Any, right: Any, total: Any) -> Any:
    return builder.fadd(builder.fmul(left, right), total)


def _accumulators(builder: Any, count: int) -> list[Any]:
    return [cgutils.alloca_once(builder, _VECTOR) for _ in range(count)]


@functools.cache
def _multiply_block(units: int, vectors: int) -> Any:
    """z[u, s:] += w[u, :] a[:, s:] for `units` rows and `vectors` times LANES samples."""

    @intrinsic
    def block(
        typingctx: Any,
        z: Any,
        z_row: Any,
        w: Any,
        w_u: Any,
        w_v: Any,
        a: Any,
        a_row: Any,
        count: Any,
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            z, z_row, w, w_u, w_v, a, a_row, count = args
            lane = [_INDEX(LANES * c) for c in range(vectors)]
            row = [builder.mul(_INDEX(u), z_row) for u in range(units)]
            first = [builder.mul(_INDEX(u), w_u) for u in range(units)]
            sums = _accumulators(builder, units * vectors)
            for u in range(units):
                for c in range(vectors):
                    value = _load(builder, _at(builder, z, row[u], lane[c]))
                    builder.store(value, sums[u * vectors + c])
            with cgutils.for_range(builder, count) as step:
                source = _at(builder, a, builder.mul(step.index, a_row))
                columns = [_load(builder, _at(builder, source, lane[c])) for c in range(vectors)]
                across = builder.mul(step.index, w_v)
                for u in range(units):
                    weight = _splat(
                        builder, _load(builder, _at(builder, w, first[u], across), _DOUBLE)
                    )
                    for c in range(vectors):
                        place = sums[u * vectors + c]
                        total = _multiply_add(builder, weight, columns[c], builder.load(place))
                        builder.store(total, place)
            for u in range(units):
                for c in range(vectors):
                    value = builder.load(sums[u * vectors + c])
                    _store(builder, value, _at(builder, z, row[u], lane[c]))
            return context.get_dummy_value()

        return types.void(*[i8] * 8), generate

    return block


@functools.cache
def _correlate_block(rows: int, columns: int) -> Any:
    """out[r, c] += d[r, :] . a[c, :] for `rows` times `columns` numbers; c is contiguous."""

    @intrinsic
    def block(
        typingctx: Any,
        out: Any,
        out_row: Any,
        d: Any,
        d_row: Any,
        a: Any,
        a_row: Any,
        vectors: Any,
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            out, out_row, d, d_row, a, a_row, vectors = args
            lefts = [_at(builder, d, builder.mul(_INDEX(r), d_row)) for r in range(rows)]
            rights = [_at(builder, a, builder.mul(_INDEX(c), a_row)) for c in range(columns)]
            places = _accumulators(builder, rows * columns)
            for place in places:
                builder.store(ir.Constant(_VECTOR, [0.0] * LANES), place)
            with cgutils.for_range(builder, vectors) as step:
                at = builder.mul(step.index, _INDEX(LANES))
                left = [_load(builder, _at(builder, address, at)) for address in lefts]
                right = [_load(builder, _at(builder, address, at)) for address in rights]
                for r in range(rows):
                    for c in range(columns):
                        place = places[r * columns + c]
                        total = _multiply_add(builder, left[r], right[c], builder.load(place))
                        builder.store(total, place)
            totals = _totals(builder, [builder.load(place) for place in places])
            for r in range(rows):
                target = _at(builder, out, builder.mul(_INDEX(r), out_row))
                for c in range(columns):
                    k = r * columns + c
                    lane = ir.IntType(32)(k % LANES)
                    value = builder.extract_element(totals[k // LANES], lane)
                    address = _at(builder, target, _INDEX(c))
                    _store(builder, builder.fadd(_load(builder, address, _DOUBLE), value), address)
            return context.get_dummy_value()

        return types.void(*[i8] * 7), generate

    return block


def _totals(builder: Any, vectors: list[Any]) -> list[Any]:
    """The sum over the lanes of each vector, sum number k in lane k % LANES of vector k // LANES."""
    evens, odds = list(range(0, 2 * LANES, 2)), list(range(1, 2 * LANES, 2))
    width = LANES
    while width > 1:
        if len(vectors) == 1:
            vectors = vectors * 2
        pairs = zip(vectors[::2], vectors[1::2], strict=True)
        vectors = [
            builder.fadd(_shuffle(builder, x, y, evens), _shuffle(builder, x, y, odds))
            for x, y in pairs
        ]
        width //= 2
    return vectors


_multiply_4_wide, _multiply_4_1 = _multiply_block(4, WIDE), _multiply_block(4, 1)
_multiply_1_wide, _multiply_1_1 = _multiply_block(1, WIDE), _multiply_block(1, 1)
_correlate_square, _correlate_high = _correlate_block(SIDE, SIDE), _correlate_block(SIDE, 1)
_correlate_long, _correlate_one = _correlate_block(1, SIDE), _correlate_block(1, 1)


@stage(MULTIPLY)
def multiply(z, z_row, w, w_u, w_v, a, a_row, units, count, samples):  # type: ignore[no-untyped-def]
    """Add w times a to z: `units` rows, a sum over `count` rows of a, at `samples` samples.

    The weight of unit u on input v lies at w + 8 (u w_u + v w_v), so that the transpose is the same
    call with w_u and w_v exchanged. Rows of z and a begin z_row and a_row numbers apart.
    """
    s = 0
    while s < samples:
        wide = s + WIDE * LANES <= samples
        source = a + 8 * s
        u = 0
        while u + 4 <= units:
            target, weights = z + 8 * (u * z_row + s), w + 8 * u * w_u
            if wide:
                _multiply_4_wide(target, z_row, weights, w_u, w_v, source, a_row, count)
            else:
                _multiply_4_1(target, z_row, weights, w_u, w_v, source, a_row, count)
            u += 4
        while u < units:
            target, weights = z + 8 * (u * z_row + s), w + 8 * u * w_u
            if wide:
                _multiply_1_wide(target, z_row, weights, w_u, w_v, source, a_row, count)
            else:
                _multiply_1_1(target, z_row, weights, w_u, w_v, source, a_row, count)
            u += 1
        s += WIDE * LANES if wide else LANES


@stage(CORRELATE)
def correlate(out, out_row, d, d_row, a, a_row, rows, columns, samples):  # type: ignore[no-untyped-def]
    """Add to out, for every pair of a row of d and a row of a, their product summed over samples."""
    vectors = samples // LANES
    r = 0
    while r < rows:
        high = SIDE if r + SIDE <= rows else 1
        left, line = d + 8 * r * d_row, out + 8 * r * out_row
        c = 0
        while c + SIDE <= columns:
            right, target = a + 8 * c * a_row, line + 8 * c
            if high == SIDE:
                _correlate_square(target, out_row, left, d_row, right, a_row, vectors)
            else:
                _correlate_long(target, out_row, left, d_row, right, a_row, vectors)
            c += SIDE
        while c < columns:
            right, target = a + 8 * c * a_row, line + 8 * c
            if high == SIDE:
                _correlate_high(target, out_row, left, d_row, right, a_row, vectors)
            else:
                _correlate_one(target, out_row, left, d_row, right, a_row, vectors)
            c += 1
        r += high
