"""A job's memory, read back by address with ctypes, as the compiled loop reads it."""

from __future__ import annotations

import ctypes
import gc

import numpy as np

from toylands.dynamics.job import Job


def long_at(address: int) -> int:
    return ctypes.c_int64.from_address(address).value


def floats_at(address: int, count: int) -> list[float]:
    return list((ctypes.c_double * count).from_address(address))


def test_numbers_are_where_the_loop_looks_for_them() -> None:
    template = (7, -1, 0, 2**62)
    job = Job(template)
    job.numbers[2] = -(2**63)
    job.build()
    assert [long_at(job.address + 8 * k) for k in range(4)] == [7, -1, -(2**63), 2**62]
    assert template == (7, -1, 0, 2**62)


def test_everything_lies_apart() -> None:
    job = Job([0] * 7)
    lent = np.arange(6.0)
    job.list(0, [0.1, 0.2])
    job.take(1, np.array([[1.5, 2.5], [3.5, 4.5]]))
    job.take(2, np.array([5, -6]))
    job.lend(3, lent)
    job.list(4, (0.3,))
    job.room(5, (2, 3))
    job.room(6, (4,), integers=True)
    views = job.build()
    assert views.keys() == {5, 6}
    views[5][:] = [[10, 11, 12], [13, 14, 15]]
    views[6][:] = [20, 21, 22, 2**60 + 1]  # too large for a float
    at = [long_at(job.address + 8 * k) for k in range(7)]
    assert floats_at(at[0], 2) == [0.1, 0.2]
    assert floats_at(at[1], 4) == [1.5, 2.5, 3.5, 4.5]
    assert [long_at(at[2]), long_at(at[2] + 8)] == [5, -6]
    assert floats_at(at[3], 6) == [0, 1, 2, 3, 4, 5]
    assert floats_at(at[4], 1) == [0.3]
    assert floats_at(at[5], 6) == [10, 11, 12, 13, 14, 15]
    assert [long_at(at[6] + 8 * k) for k in range(4)] == [20, 21, 22, 2**60 + 1]
    lent[0] = 9.0  # read where it is, not copied
    assert floats_at(at[3], 1) == [9.0]


def test_nothing_at_all() -> None:
    """A rule without hyper-parameters, a landscape without dials."""
    job = Job([0, 0])
    job.list(0, [])
    job.take(1, np.empty((0, 3)))
    assert job.build() == {}


def test_a_job_keeps_what_it_names_alive() -> None:
    job = Job([0])
    job.lend(0, np.full(100_000, 3.0))
    job.build()
    gc.collect()
    assert floats_at(long_at(job.address), 100_000) == [3.0] * 100_000


def test_results_outlive_their_job() -> None:
    job = Job([0])
    job.room(0, (50_000,))
    view = job.build()[0]
    view[:] = 4.0
    del job
    gc.collect()
    others = [np.zeros(50_000) for _ in range(8)]  # would take the memory, were it free
    assert (view == 4.0).all()
    assert not any(other.any() for other in others)
