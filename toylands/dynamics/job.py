"""One job for the swarm loop: integers that say what to do, and the memory that they point into.

    job = Job(plan.numbers)
    job.numbers[loop.STEPS] = 300             # a number
    job.list(loop.RATE, [0.1])                # a few floats
    job.take(loop.HYPER, np.ones((2, 64)))    # an array, copied into the job's memory
    job.room(loop.END, (2, 64))               # room for results
    views = job.build()                       # views[loop.END] is filled when the loop has run

All of a job lies in one stretch of memory, the integers first: a short walk then costs one allocation and
one address instead of twenty, which is what a dragged slider feels.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from math import prod

import numpy as np

from toylands.formula.memory import pointer

_FLOAT, _LONG = np.dtype(np.float64), np.dtype(np.int64)


class Job:
    """Collects numbers and arrays by position, then lays them out.

    Attributes:
        numbers: what the loop reads, by position.
        address: where the loop finds them; set by `build`. Whoever runs the loop must hold the job.
    """

    address: int

    def __init__(self, numbers: Sequence[int]) -> None:
        self.numbers = list(numbers)
        self._floats: list[float] = []
        self._size = 0  # of what lies behind the numbers and the floats
        self._begins: list[tuple[int, int]] = []  # of the floats
        self._inputs: list[tuple[int, int, np.ndarray]] = []
        self._places: list[tuple[int, int, tuple[int, ...], np.dtype]] = []
        self._held: list[np.ndarray] = []
        self._memory: np.ndarray

    def list(self, position: int, floats: Iterable[float]) -> None:
        """Copy a few floats into the job."""
        self._begins.append((position, len(self._floats)))
        self._floats += floats

    def take(self, position: int, array: np.ndarray) -> None:
        """Copy an array (of floats or integers) into the job."""
        self._inputs.append((position, self._size, array))
        self._size += array.size

    def lend(self, position: int, array: np.ndarray) -> None:
        """Let the loop read a C-ordered array where it is; the job keeps it alive."""
        self._held.append(array)
        self.numbers[position] = pointer(array)

    def room(self, position: int, shape: tuple[int, ...], *, integers: bool = False) -> None:
        """Reserve memory for results; it is not cleared."""
        self._places.append((position, self._size, shape, _LONG if integers else _FLOAT))
        self._size += prod(shape)

    def build(self) -> dict[int, np.ndarray]:
        """Lay everything out; returns the reserved arrays by position."""
        numbers, floats = self.numbers, self._floats
        begin = len(numbers) + len(floats)
        self._memory = memory = np.empty(begin + self._size)
        self.address = pointer(memory)
        for position, offset in self._begins:
            numbers[position] = self.address + 8 * (len(numbers) + offset)
        for position, offset, array in self._inputs:
            target = memory if array.dtype.kind == "f" else memory.view(_LONG)
            target[begin + offset : begin + offset + array.size] = array.reshape(-1)
            numbers[position] = self.address + 8 * (begin + offset)
        views = {}
        for position, offset, shape, kind in self._places:
            views[position] = np.ndarray(shape, kind, memory, 8 * (begin + offset))
            numbers[position] = self.address + 8 * (begin + offset)
        struct.pack_into(f"{len(numbers)}q{len(floats)}d", memory.data, 0, *numbers, *floats)
        return views

    def set(self, position: int, number: int) -> None:
        """Change what the loop reads while it runs."""
        self._memory[position : position + 1].view(_LONG)[0] = number
