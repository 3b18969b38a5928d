"""Memory and threads for compiled loops: addresses of arrays, room on a cache line, the thread pool.

Nothing is compiled here, so that a first walk does not wait for what it does not need.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np


@cache
def pool() -> ThreadPoolExecutor:
    """The threads that share long computations: one per core (the loops release the GIL)."""
    return ThreadPoolExecutor(max_workers=cores(), thread_name_prefix="toylands")


if hasattr(os, "register_at_fork"):  # a forked process inherits the pool, but not its threads
    os.register_at_fork(after_in_child=pool.cache_clear)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pointer(array: np.ndarray | None) -> int:
    """The address of an array's memory; 0 for none."""
    return 0 if array is None else array.__array_interface__["data"][0]


def aligned(count: int) -> np.ndarray:
    """Room for floats that begins on a cache line: wide loads and stores then never cross one."""
    room = np.empty(count + 7)
    skip = -pointer(room) % 64 // 8
    return room[skip : skip + count]
