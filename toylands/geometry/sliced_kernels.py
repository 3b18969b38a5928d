"""The compiled side of `sliced_networks`: from slice coordinates to weights, and derivatives back."""

from __future__ import annotations

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
from toylands.geometry.masked_kernels import _address, _address_of_samples
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
    """Call the network's kernel `which` for one walker after the other: a Hessian of all weights is large."""
    record = int(peek(data, 0))
    free, whole = peek_long(record, FREE), peek_long(record, ALL)
    directions, origin = peek_long(record, NUMBERS), peek_long(record, FILL)
    width = 0 if order == 0 else whole if order == 1 else whole * whole
    space = np.empty(whole + width)
    weights = space.ctypes.data
    result = weights + 8 * whole
    for i in range(n):
        for j in range(whole):
            place = peek(origin, j)
            for k in range(free):
                place += peek(theta, k * ld + i) * peek(directions, k * whole + j)
            poke(weights, j, place)
        call_kernel(
            peek_long(record, which),
            (1, 1, weights, p + 8 * i, data + 8 * rows, rows, index, m, loss + 8 * i, result),
        )
        for a in range(free if order > 0 else 0):
            for b in range(free if order > 1 else 1):
                total = 0.0
                for j in range(whole):
                    along = peek(directions, a * whole + j)
                    if order == 1:
                        total += along * peek(result, j)
                    else:
                        for k in range(whole):
                            entry = peek(result, j * whole + k)
                            total += along * entry * peek(directions, b * whole + k)
                poke(out, (a if order == 1 else a * free + b) * ld + i, total)
    space[0] = 0.0  # numba frees an array after its last use: here


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
