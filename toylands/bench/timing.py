"""Fair timing: every task in turn, round after round, so that a slow minute hits all alike.

    times = interleave({"toylands": ours, "JAX": theirs}, repeats=9)
    times["JAX"].median / times["toylands"].median

Threads that spin for a while after their work must not slow down whoever comes next, so every
sample begins with a short pause.
"""

from __future__ import annotations

import gc
import math
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

#: a sample shorter than this is a mean over several calls: for the clock's sake, and because a busy
#: system interrupts long samples only, which would flatter whoever is quick
SHORTEST = 20e-3
#: a pause before every sample, in which the threads of the previous task fall asleep
PAUSE = 5e-3
#: a task that has used this many seconds is left out of further rounds (after three samples)
BUDGET = 6.0
#: whether this system can say on which cores a thread runs
ONE_CORE = hasattr(os, "sched_setaffinity")


@dataclass(frozen=True)
class Timing:
    """Seconds per call, one number per round."""

    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median of the samples."""
        return statistics.median(self.samples)

    @property
    def best(self) -> float:
        """The shortest sample."""
        return min(self.samples)

    def over(self, other: Timing) -> float:
        """How many times as long as the other: the median over the rounds that both took part in.

        Tasks of a round are neighbours in time, so this hardly feels a machine that changes its pace.
        """
        return statistics.median(a / b for a, b in zip(self.samples, other.samples, strict=False))


def interleave(tasks: dict[str, Callable[[], Any]], repeats: int) -> dict[str, Timing]:
    """Time every task `repeats` times, in rounds; the first of a round is another task each time.

    Every task is called twice before the clock counts, which leaves out compilation.
    """
    calls = {name: _calls(task) for name, task in tasks.items()}
    samples: dict[str, list[float]] = {name: [] for name in tasks}
    names = list(tasks)
    enabled = gc.isenabled()
    gc.disable()
    try:
        for turn in range(repeats):
            shift = turn % max(len(names), 1)
            for name in names[shift:] + names[:shift]:
                if len(samples[name]) < 3 or sum(samples[name]) * calls[name] < BUDGET:
                    time.sleep(PAUSE)
                    samples[name].append(_sample(tasks[name], calls[name]))
    finally:
        if enabled:
            gc.enable()
    return {name: Timing(tuple(values)) for name, values in samples.items()}


@contextmanager
def one_core() -> Iterator[None]:
    """Let this thread run on one core only, which is then how many toylands uses."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def on_one_core(call: Callable[[], Any], single: bool) -> Callable[[], Any]:
    """The call as it is, or (when `single`) on one core."""

    def run() -> Any:
        with one_core():
            return call()

    return run if single else call


def _calls(task: Callable[[], Any]) -> int:
    task()
    return max(1, math.ceil(SHORTEST / max(_sample(task, 1), 1e-7)))


def _sample(task: Callable[[], Any], calls: int) -> float:
    begin = time.perf_counter()
    for _ in range(calls):
        task()
    return (time.perf_counter() - begin) / calls
