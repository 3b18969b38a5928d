"""Sharing work among cores: every piece once, errors raised, memory on a cache line."""

from __future__ import annotations

import threading
import time
from collections import Counter
from itertools import pairwise

import pytest

from toylands.formula import memory


@pytest.mark.parametrize(("first", "last", "size"), [(0, 10, 3), (5, 6, 4), (3, 3, 1), (0, 64, 1)])
def test_every_item_is_worked_on_once(first: int, last: int, size: int) -> None:
    done: Counter[int] = Counter()
    told: list[int] = []
    memory.share(
        lambda begin, end, _slot: done.update(range(begin, end)), first, last, size, told.append
    )
    assert done == Counter(range(first, last))
    assert sum(told) == last - first


@pytest.mark.parametrize("cores", [1, 2, 7])
@pytest.mark.parametrize("unit", [1, 64])
def test_the_last_pieces_are_small(cores: int, unit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "cores", lambda: cores)
    pieces = list(memory._pieces(10, 10_000, 640, unit))
    lengths = [end - begin for begin, end in pieces]
    assert pieces[0][0] == 10
    assert pieces[-1][1] == 10_000
    assert all(one[1] == two[0] for one, two in pairwise(pieces))
    assert max(lengths) == 640
    assert lengths[:-1] == sorted(lengths[:-1], reverse=True)
    assert lengths[-2] == unit
    assert all(length % unit == 0 for length in lengths[:-1])


def test_no_two_threads_share_a_slot_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "cores", lambda: 4)
    memory._pool.cache_clear()
    busy: set[int] = set()
    seen: Counter[int] = Counter()
    lock = threading.Lock()

    def work(_begin: int, _end: int, slot: int) -> None:
        with lock:
            assert slot not in busy
            busy.add(slot)
        time.sleep(0.002)
        with lock:
            busy.remove(slot)
            seen[slot] += 1

    try:
        memory.share(work, 0, 60, 1)
    finally:
        memory._pool.cache_clear()
    assert set(seen) == {0, 1, 2, 3}
    assert seen.total() == 60


@pytest.mark.parametrize("whose", ["this thread's", "a helper's"])
def test_an_error_ends_the_work_and_is_raised(whose: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "cores", lambda: 2)
    here = threading.get_ident()
    done: list[int] = []

    def work(begin: int, _end: int, _slot: int) -> None:
        if (threading.get_ident() == here) == (whose == "this thread's"):
            raise MemoryError(f"no room at {begin}")
        time.sleep(0.001)
        done.append(begin)

    with pytest.raises(MemoryError, match="no room"):
        memory.share(work, 0, 1000, 1)
    assert len(done) < 1000
    finished = len(done)
    time.sleep(0.02)
    assert len(done) == finished  # nobody works on behind the caller's back


def test_work_inside_work_does_not_wait_for_itself() -> None:
    total: Counter[str] = Counter()

    def inner(begin: int, end: int, _slot: int) -> None:
        total["inner"] += end - begin

    memory.share(lambda *_piece: memory.share(inner, 0, 6, 1), 0, 8, 1)
    assert total["inner"] == 48


@pytest.mark.parametrize("count", [1, 7, 64, 1001])
def test_room_begins_on_a_cache_line(count: int) -> None:
    room, first = memory.aligned(count)
    assert first % 64 == 0
    assert memory.pointer(room) <= first
    assert first + 8 * count <= memory.pointer(room) + room.nbytes
    assert memory.pointer(None) == 0
