"""Memory and threads for compiled loops: addresses of arrays, room on a cache line, shared work.

Nothing is compiled here, so that a first walk does not wait for what it does not need.
"""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np


@cache
def _pool() -> ThreadPoolExecutor:
    """The threads that help with long computations (compiled loops release the GIL)."""
    return ThreadPoolExecutor(max_workers=cores(), thread_name_prefix="toylands")


if hasattr(os, "register_at_fork"):  # a forked process inherits the pool, but not its threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


def _pieces(first: int, last: int, size: int, unit: int) -> Iterator[tuple[int, int]]:
    """Beginnings and ends: half of a core's part of what is left, at most `size`."""
    while first < last:
        part = (last - first) // (2 * cores())
        end = min(first + min(size, max(unit, part // unit * unit)), last)
        yield first, end
        first = end


def share(
    work: Callable[[int, int, int], Any],
    first: int,
    last: int,
    size: int,
    tell: Callable[[int], Any] | None = None,
    unit: int = 1,
) -> None:
    """Do `work(begin, end, slot)` for the pieces of `first` to `last`, on all cores.

    The thread that calls does its part, so that nothing waits for a helper to wake up; whoever is
    free takes the next piece. An error or an interrupt ends the work at the next piece.

    Args:
        work: releases the GIL; what it uses must live as long as itself, since a second interrupt ends
            the wait for pieces that helpers still work at. No two threads share a `slot`, a number
            below `cores()`; this thread's is 0.
        first: where the first piece begins.
        last: where the last one ends.
        size: the most items of a piece; the last pieces are smaller, so that all cores end together.
        tell: is told, by this thread, how many items were finished since it was last told.
        unit: all pieces but the last are multiples of this.
    """
    starts = deque(_pieces(first, last, size, unit))
    finished: deque[int] = deque()

    def report() -> None:
        if tell is not None:
            tell(sum(finished.popleft() for _ in range(len(finished))))

    def pieces(slot: int) -> None:
        while True:
            try:
                begin, end = starts.popleft()
            except IndexError:
                return
            try:
                work(begin, end, slot)
            except BaseException:
                starts.clear()
                raise
            finished.append(end - begin)
            if slot == 0:
                report()

    helpers = [_pool().submit(pieces, slot) for slot in range(1, min(cores(), len(starts)))]
    try:
        pieces(0)
        for helper in helpers:
            if not helper.cancel():  # one that had not begun has nothing left to do
                helper.result()
        report()
    except BaseException:
        starts.clear()
        for helper in helpers:  # they may still write to the memory of the work
            if not helper.cancel():
                helper.exception()
        raise


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pointer(array: np.ndarray | None) -> int:
    """The address of an array's memory; 0 for none."""
    return 0 if array is None else array.__array_interface__["data"][0]


def aligned(count: int) -> tuple[np.ndarray, int]:
    """Room for floats, and its first address on a cache line: wide loads and stores then never cross one."""
    room = np.empty(count + 7)
    return room, (pointer(room) + 63) // 64 * 64


@contextmanager
def undisturbed() -> Iterator[None]:
    """Import and compile without garbage collection: what is made lives on, going through it takes long."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
