"""Our own functions outside of kernels: on the steps of a schedule, on the numbers of a formula.

    values("cos", np.linspace(0, 3, 7))        # the cosines, to the digits that kernels find

NumPy and Python ask the C library (or the processor's vectors), whose last digits differ from machine to
machine; what a walk depends on is computed here.
"""

from __future__ import annotations

import functools
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from toylands.formula import compile, scalars
from toylands.formula.compile import i8, peek, poke, void
from toylands.formula.memory import pointer

#: what the loops below call: every copy of them has its own
function: Any = None


def _over_one(n, x, out):  # type: ignore[no-untyped-def]
    for i in range(n):
        poke(out, i, function(peek(x, i)))


def _over_two(n, x, y, out):  # type: ignore[no-untyped-def]
    for i in range(n):
        poke(out, i, function(peek(x, i), peek(y, i)))


@functools.cache
def _loop(name: str) -> tuple[compile.Stage, Any]:
    """A function's loop over an array or two, and how Python calls it."""
    called = compile.own(name) if name in compile.OWN else compile.scalar(name)
    count = called.py_func.__code__.co_argcount
    text = _over_one if count == 1 else _over_two
    loop = FunctionType(text.__code__, {**globals(), "function": called}, f"over_{name}")
    loop.__qualname__ = loop.__name__  # the disk cache knows it by that
    stage = compile.Stage(loop, void(*[i8] * (count + 2)))
    return stage, stage.compiled.ctypes


def values(name: str, *arguments: ArrayLike) -> np.ndarray:
    """A function at every number of an array (or pair of two), float64, in the shape of the arrays.

    Args:
        name: one of our own functions, or of `toylands.formula.scalars`.
        arguments: as many as the function has, broadcast against each other.
    """
    _stage, call = _loop(name)
    rows = [np.asarray(a, dtype=float, order="C") for a in arguments]
    if len(rows) > 1:
        rows = [np.ascontiguousarray(row) for row in np.broadcast_arrays(*rows)]
    out = np.empty(rows[0].shape)
    call(out.size, *map(pointer, rows), pointer(out))
    return out


def value(name: str, x: float) -> float:
    """A function of one number."""
    return float(values(name, x))


def ready() -> int:
    """Compile what formulas and walks call, or find it on the disk; returns the number of parts."""
    for name in compile.OWN:
        compile.own(name)
    for name in scalars.__all__:
        compile.scalar(name)
    return len([stage.compiled for stage in compile.stages])
