"""Memory and threads for compiled loops: addresses of arrays, room on a cache line, shared work.

Nothing is compiled here, so that a first walk does not wait for what it does not need.
"""

from __future__ import annotations

import gc
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np

#: seconds between two looks at whether somebody pressed Ctrl+C (and at what was finished meanwhile)
LOOK = 0.05


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
    halt: Callable[[], Any] | None = None,
) -> None:
    """Do `work(begin, end, slot)` for the pieces of `first` to `last`, on all cores.

    The thread that calls does its part, so that nothing waits for a helper to wake up; whoever is
    free takes the next piece. An error or an interrupt ends the work at the next piece. Where a piece
    can take long, `halt` makes it end early. Compiled code hears no Ctrl+C, so the main thread then only
    waits, and others do its part.

    Args:
        work: releases the GIL; what it uses must live as long as itself, since a second interrupt ends
            the wait for pieces that helpers still work at. No two threads share a `slot`, a number
            below `cores()`; this thread's is 0.
        first: where the first piece begins.
        last: where the last one ends.
        size: the most items of a piece; the last pieces are smaller, so that all cores end together.
        tell: is told, by this thread, how many items were finished since it was last told.
        unit: all pieces but the last are multiples of this.
        halt: asks the pieces at work to end soon, with results that nobody will look at.
    """
    starts = deque(_pieces(first, last, size, unit))
    finished: deque[int] = deque()
    caller = threading.current_thread()

    def report() -> None:
        count = sum(finished.popleft() for _ in range(len(finished)))
        if tell is not None and count:
            tell(count)

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
            if slot == 0 and threading.current_thread() is caller:
                report()

    helpers: list[Future[None]] = []
    try:
        for slot in range(1, min(cores(), len(starts))):
            helpers.append(_pool().submit(pieces, slot))
        if halt is None or threading.current_thread() is not threading.main_thread():
            pieces(0)
        else:
            helpers.append(Future())
            _begin(pieces, helpers[-1])
            while not helpers[-1].done():
                wait(helpers[-1:], LOOK)
                report()
        for helper in helpers:
            if not helper.cancel():  # one that had not begun has nothing left to do
                helper.result()
        report()
    except BaseException:
        starts.clear()
        if halt is not None:
            halt()
        for helper in helpers:  # they may still write to the memory of the work
            if not helper.cancel():
                helper.exception()
        raise


def _begin(pieces: Callable[[int], None], part: Future[None]) -> None:
    """Do the caller's part in a new thread; those of the pool may be busy for others."""

    def run() -> None:
        if not part.set_running_or_notify_cancel():
            return
        try:
            pieces(0)
        except BaseException as error:
            part.set_exception(error)
        else:
            part.set_result(None)

    threading.Thread(target=run, name="toylands", daemon=True).start()


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
