"""The compiled side of `masked_networks`: fill up the weights, call the network, pass on a part."""

from __future__ import annotations

import numba
import numpy as np

from toylands.formula.compile import (
    KERNEL,
    call_kernel,
    i8,
    inline,
    peek,
    peek_long,
    poke,
    stage,
    void,
)
from toylands.geometry.masked_networks import (
    ALL,
    BOTH,
    FILL,
    FREE,
    GRADIENT,
    HESSIAN,
    LOSS,
    NUMBERS,
)


@inline(void, *[i8] * 12)
def _wrapped(which, n, ld, theta, p, data, rows, index, m, loss, out, order):  # type: ignore[no-untyped-def]
    """Call the network's kernel `which` for a block of walkers: coordinate j of walker i at j ld + i."""
    record = int(peek(data, 0))
    free, whole = peek_long(record, FREE), peek_long(record, ALL)
    numbers, fill = peek_long(record, NUMBERS), peek_long(record, FILL)
    width = 0 if order == 0 else whole if order == 1 else whole * whole
    space = np.empty((whole + width) * ld)
    weights = space.ctypes.data
    result = weights + 8 * whole * ld
    for j in range(whole):
        for i in range(n):
            poke(weights, j * ld + i, peek(fill, j))
    for k in range(free):
        j = peek_long(numbers, k)
        for i in range(n):
            poke(weights, j * ld + i, peek(theta, k * ld + i))
    call_kernel(
        peek_long(record, which),
        (n, ld, weights, p, data + 8 * rows, rows, index, m, loss, result),
    )
    for a in range(free if order > 0 else 0):
        row = peek_long(numbers, a)
        for b in range(free if order > 1 else 1):
            source = row if order == 1 else row * whole + peek_long(numbers, b)
            target = a if order == 1 else a * free + b
            for i in range(n):
                poke(out, target * ld + i, peek(result, source * ld + i))
    space[0] = 0.0  # numba frees an array after its last use: here


@inline(i8, KERNEL.args[2])
def _address(numbers):  # type: ignore[no-untyped-def]
    return numba.carray(numbers, 1).ctypes.data


@inline(i8, KERNEL.args[6])
def _address_of_samples(index):  # type: ignore[no-untyped-def]
    return numba.carray(index, 1).ctypes.data


@stage(KERNEL)
def loss_kernel(n, ld, theta, p, data, rows, index, m, loss, out):  # type: ignore[no-untyped-def]
    """The loss alone."""
    _wrapped(LOSS, n, ld, _address(theta), _address(p), _address(data), rows,
             _address_of_samples(index), m, _address(loss), 0, 0)  # fmt: skip


@stage(KERNEL)
def gradient_kernel(n, ld, theta, p, data, rows, index, m, loss, out):  # type: ignore[no-untyped-def]
    """The gradient alone."""
    _wrapped(GRADIENT, n, ld, _address(theta), _address(p), _address(data), rows,
             _address_of_samples(index), m, 0, _address(out), 1)  # fmt: skip


@stage(KERNEL)
def loss_and_gradient_kernel(n, ld, theta, p, data, rows, index, m, loss, out):  # type: ignore[no-untyped-def]
    """Loss and gradient."""
    _wrapped(BOTH, n, ld, _address(theta), _address(p), _address(data), rows,
             _address_of_samples(index), m, _address(loss), _address(out), 1)  # fmt: skip


@stage(KERNEL)
def hessian_kernel(n, ld, theta, p, data, rows, index, m, loss, out):  # type: ignore[no-untyped-def]
    """The Hessian alone."""
    _wrapped(HESSIAN, n, ld, _address(theta), _address(p), _address(data), rows,
             _address_of_samples(index), m, 0, _address(out), 2)  # fmt: skip
