"""One job for the swarm loop: integers that say what to do, and the memory that they point into.

    job = Job()
    job.say(loop.STEPS, 300)                  # a number
    job.take(loop.RATE, np.array([0.1]))      # an array, copied into the job's memory
    job.room(loop.END, (2, count))            # room for results
    views = job.build()                       # views[loop.END] is filled when the loop has run

All arrays of a job lie in one stretch of memory: a short walk then costs one allocation and one address
instead of twenty, which is what a dragged slider feels.
"""

from __future__ import annotations

from math import prod

import numpy as np

from toylands.dynamics import loop
from toylands.formula.memory import pointer


class Job:
    """Collects numbers and arrays by position, then lays them out.

    Attributes:
        integers: what the loop reads, int64; made by `build`.
        memory: the floats and integers it points into; whoever runs the loop must hold the job.
    """

    integers: np.ndarray
    memory: np.ndarray

    def __init__(self) -> None:
        self._numbers = [0] * loop.JOB_SIZE
        self._inputs: list[tuple[int, int, np.ndarray]] = []
        self._places: list[tuple[int, int, tuple[int, ...], bool]] = []
        self._lent: list[np.ndarray] = []
        self._size = 0

    def say(self, position: int, number: int) -> None:
        """Set a number."""
        self._numbers[position] = number

    def take(self, position: int, array: np.ndarray) -> None:
        """Copy an array (of floats or integers) into the job."""
        self._inputs.append((position, self._size, array))
        self._size += array.size

    def lend(self, position: int, array: np.ndarray) -> None:
        """Let the loop read a C-ordered array where it is; the job keeps it alive."""
        self._lent.append(array)
        self._numbers[position] = pointer(array)

    def room(self, position: int, shape: tuple[int, ...], *, integers: bool = False) -> None:
        """Reserve memory for results; it is not cleared."""
        self._places.append((position, self._size, shape, integers))
        self._size += prod(shape)

    def build(self) -> dict[int, np.ndarray]:
        """Lay everything out; returns the reserved arrays by position."""
        self.memory = np.empty(max(self._size, 1))
        whole = self.memory.view(np.int64)
        base = pointer(self.memory)
        for position, offset, array in self._inputs:
            target = whole if array.dtype.kind == "i" else self.memory
            target[offset : offset + array.size] = array.reshape(-1)
            self._numbers[position] = base + 8 * offset
        views = {}
        for position, offset, shape, integers in self._places:
            source = whole if integers else self.memory
            views[position] = np.ndarray(shape, source.dtype, source, 8 * offset)
            self._numbers[position] = base + 8 * offset
        self.integers = np.array(self._numbers, dtype=np.int64)
        return views
