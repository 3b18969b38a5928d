"""Running a job: nothing recompiles, threads agree, interrupts are survived, memory is respected."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from twins import QUARTIC, ROSENBROCK, SADDLE

import toylands as tl
from toylands.dynamics import loop, run
from toylands.formula import compile as compiler
from toylands.formula import memory

pytestmark = pytest.mark.filterwarnings("error")

START = (-0.7, 0.9)


# Nothing recompiles


def compiled() -> tuple[int, int]:
    return compiler.compiled, len(loop.walk.signatures)


def test_swapping_recompiles_nothing() -> None:
    """Once each landscape and each rule has run, every pair of them, and all numbers, are free."""
    rates = np.array([0.001, 0.002])
    for land in (ROSENBROCK, QUARTIC, SADDLE):  # with shared numbers and with one per walker
        tl.descend(land, tl.gd(0.001), START, 1)
        tl.sweep(land, tl.gd(0.001), START, 1, lr=rates)
    tl.descend(ROSENBROCK(b=[1.0, 2.0]), tl.gd(0.001), START, 1)
    tl.sweep(ROSENBROCK, tl.gd(0.001), START, 1, b=[1.0, 2.0])
    for opt in (tl.adam, tl.momentum):
        tl.descend(QUARTIC, opt(0.001), START, 1)
        tl.descend(QUARTIC, opt(rates), START, 1)
    before = compiled()
    for land in (ROSENBROCK, ROSENBROCK(b=7.0), QUARTIC, SADDLE):
        for opt in (tl.gd(0.002), tl.adam(0.02, beta1=0.5), tl.momentum(rates, beta=0.1)):
            tl.descend(land, opt, START, 40)
            tl.descend(land, tl.sam(tl.clip_norm(opt, 1.0), 0.1), START, 40, every=2)
            tl.descend(land, tl.swa(tl.noise(opt, 0.1)), START, 40, seed=4)
            tl.descend(land, opt.replace(schedule=np.linspace(1, 0, 40)), START, 40)
    tl.descend(ROSENBROCK, tl.gd(0.001), START, 10, time_varying={"b": np.linspace(1, 2, 10)})
    tl.sweep(ROSENBROCK, tl.momentum, START, 10, lr=rates, b=[3.0, 4.0])
    tl.basins(QUARTIC, tl.adam(0.01), 4, steps=5)
    assert compiled() == before
    assert before[1] == 1  # the loop exists once, whatever it runs


def test_the_counter_sees_a_new_formula() -> None:
    before = compiled()
    tl.descend(tl.landscape("x**2 + 3.25*y**2"), tl.gd(0.1), START, 1)
    assert compiled()[0] > before[0]


# Threads


def test_the_number_of_threads_and_tasks_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    opt = tl.noise(tl.momentum(np.geomspace(0.001, 0.5, 3_000)), 1.0)

    def ends() -> Any:
        raw = run.execute(QUARTIC, opt, np.tile(START, (3_000, 1)), 50, seed=1, record=False)
        return raw.end, raw.died

    expected = ends()
    assert (expected[1] >= 0).any()
    for cores, task in ((1, 4_000_000), (2, 1_000), (5, 20_000)):
        for module in (memory, run):
            monkeypatch.setattr(module, "cores", lambda n=cores: n)
        monkeypatch.setattr(run, "TASK", task)
        for one, other in zip(ends(), expected, strict=True):
            np.testing.assert_array_equal(one, other)


def test_several_threads_may_call_at_once() -> None:
    """Swarms large enough to be shared among the cores, from four threads."""
    starts = np.random.default_rng(0).uniform(-1, 1, (4_000, 2))
    rates = [0.005, 0.01, 0.02, 0.03]
    expected = [tl.descend(QUARTIC, tl.momentum(lr), starts, 60, every=60).end for lr in rates]
    with ThreadPoolExecutor(4) as threads:
        made = list(
            threads.map(
                lambda lr: tl.descend(QUARTIC, tl.momentum(lr), starts, 60, every=60).end, rates
            )
        )
    for one, other in zip(made, expected, strict=True):
        np.testing.assert_array_equal(one, other)


NEEDED = """
import toylands as tl
from toylands.dynamics import stages
from toylands.formula.compile import Stage
import sys

def compiled(module):
    made = vars(sys.modules[module]) if module in sys.modules else {}
    return sorted(name for name, part in made.items() if isinstance(part, Stage) and part._made)

def parts():
    return compiled("toylands.dynamics.stages"), compiled("toylands.dynamics.random")

land = tl.landscapes.rosenbrock
tl.descend(land, tl.adam(1e-2), steps=5)
print(parts())
tl.descend(land, tl.sam(tl.gd(1e-3)), steps=5)
print(parts())
tl.descend(land, tl.langevin(1e-4, temperature=0.1), steps=5)
print(parts())
"""


def test_a_run_compiles_only_the_stages_that_it_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NEEDED], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "(['record'], [])",
        "(['look', 'record'], [])",
        "(['look', 'record'], ['shake'])",
    ]


# Interrupts


def _net() -> Any:
    return tl.networks.mlp((2, 4, 1), loss="bce", data=tl.networks.two_moons(20, seed=0))


#: each is many minutes of work, or days
LONG: dict[str, Any] = {
    "one walker": lambda: tl.descend(QUARTIC, tl.gd(1e-9), START, 10**10, every=10**10),
    "a network": lambda: tl.descend(_net(), tl.adam(1e-9), None, 10**10, every=10**10),
    "a swarm with noise": lambda: tl.descend(
        QUARTIC, tl.langevin(1e-9, temperature=1.0), np.tile(START, (500, 1)), 10**9, every=10**9
    ),
    "basins": lambda: tl.basins(QUARTIC, tl.gd(1e-12), 256, steps=10**9),
    "a race": lambda: tl.race(QUARTIC, [tl.gd(1e-9), tl.adam(1e-9)], START, 10**10, every=10**10),
    "a sweep": lambda: tl.sweep(QUARTIC, tl.gd, START, 10**10, lr=np.linspace(1e-9, 2e-9, 8)),
}


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs interval timers")
@pytest.mark.parametrize("name", LONG)
def test_an_interrupt_ends_long_work_and_leaves_the_library_usable(name: str) -> None:
    """Compiled code hears nothing; a walk is told by its job, and ends with its step."""

    def interrupt(number: int, frame: Any) -> None:
        # Only while this thread works: Python drops what is raised inside a weak reference's callback.
        while frame is not None and frame.f_code.co_filename != memory.__file__:
            frame = frame.f_back
        if frame is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyboardInterrupt

    expected = tl.basins(QUARTIC, tl.gd(0.01), 64, steps=50).ends
    kept = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1, 0.01)
        with pytest.raises(KeyboardInterrupt):
            LONG[name]()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, kept)
    for thread in threading.enumerate():
        if thread.name == "toylands":  # it has been told to end
            thread.join(timeout=20)
            assert not thread.is_alive()
    np.testing.assert_array_equal(tl.basins(QUARTIC, tl.gd(0.01), 64, steps=50).ends, expected)


IMPATIENT = """
import gc, signal
import numpy as np, toylands as tl

def interrupt(*_):
    raise KeyboardInterrupt

tl.descend(tl.landscapes.rosenbrock, tl.gd(1e-4), steps=1)  # loaded and compiled
signal.signal(signal.SIGALRM, interrupt)
signal.setitimer(signal.ITIMER_REAL, 0.3, 0.02)
caught = 0
try:
    land = tl.landscape("x**2 + 2*y**2")
    tl.basins(land, tl.gd(1e-9), 256, steps=300_000)
except KeyboardInterrupt:
    caught += 1
while caught < 4:
    try:
        while True:
            pass
    except KeyboardInterrupt:
        caught += 1
signal.setitimer(signal.ITIMER_REAL, 0)
del land
gc.collect()
filled = [np.full(100_000, 7.0) for _ in range(200)]  # what the tasks wrote to must not be here
run = tl.descend(tl.landscape("x**2/2"), tl.gd(0.5), np.ones((5000, 1)), 20, every=20)
assert all((block == 7.0).all() for block in filled)
assert (run.end == 0.5**20).all()
print("alive")
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs interval timers")
def test_an_impatient_user_interrupts_again_and_again() -> None:
    """The second interrupt ends the wait for running tasks; their memory must outlive them."""
    done = subprocess.run(
        [sys.executable, "-c", IMPATIENT],
        capture_output=True, text=True, timeout=120, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout.strip() == "alive", done.stderr


def test_an_error_in_a_task_is_raised() -> None:
    """Not swallowed by a pool, and the next call works."""

    class Broken:
        def __call__(self, *arguments: Any) -> None:
            raise MemoryError("no scratch")

    kept = loop.walk
    try:
        loop.walk = Broken()
        with pytest.raises(MemoryError, match="no scratch"):
            tl.basins(QUARTIC, tl.gd(0.01), 64, steps=50)
    finally:
        loop.walk = kept
    assert tl.basins(QUARTIC, tl.gd(0.1), 64, steps=50).ends.shape == (64, 64, 2)


# The progress bar


def test_a_short_run_shows_no_progress(capfd: pytest.CaptureFixture[str]) -> None:
    starts = np.random.default_rng(0).uniform(-1, 1, (60_000, 2))
    tl.descend(QUARTIC, tl.gd(0.01), starts, 400, every=400)
    tl.basins(QUARTIC, tl.gd(0.01), 64, steps=50)
    tl.sweep(QUARTIC, tl.gd, START, 50, lr=np.linspace(0.001, 0.01, 2_000))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["basins", "sweep", "descend"])
def test_a_long_run_shows_its_progress(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(run, "TASK", 20_000)
    lr = np.linspace(0.001, 0.01, 10_000)
    if name == "basins":
        tl.basins(QUARTIC, tl.gd(0.01), 100, steps=50)
    elif name == "sweep":
        tl.sweep(QUARTIC, tl.gd, START, 50, lr=lr)
    else:
        tl.descend(QUARTIC, tl.gd(lr), START, 50)
    shown = capsys.readouterr().err
    assert name in shown
    assert "/10000" in shown
    assert "walkers" in shown


@pytest.mark.parametrize("name", ["basins", "sweep", "descend"])
def test_progress_can_be_switched_off(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(run, "TASK", 20_000)
    lr = np.linspace(0.001, 0.01, 10_000)
    calls: dict[str, Any] = {
        "basins": lambda progress: tl.basins(
            QUARTIC, tl.gd(0.01), 100, steps=50, progress=progress
        ),
        "sweep": lambda progress: tl.sweep(QUARTIC, tl.gd, START, 50, lr=lr, progress=progress),
        "descend": lambda progress: tl.descend(QUARTIC, tl.gd(lr), START, 50, progress=progress),
    }
    calls[name](False)
    assert capsys.readouterr().err == ""
    calls[name](True)
    assert name in capsys.readouterr().err
    with pytest.raises(TypeError, match=f"{name}: progress='no' must be True or False"):
        calls[name]("no")


def test_the_bar_waits_a_second_and_counts_every_walker(monkeypatch: pytest.MonkeyPatch) -> None:
    import tqdm.auto

    bars: list[Any] = []

    class Bar:
        def __init__(self, total: int, delay: float, **options: Any) -> None:
            self.total, self.delay, self.done, self.closed = total, delay, 0, False
            bars.append(self)

        def update(self, count: int) -> None:
            self.done += count

        def close(self) -> None:
            self.closed = True

    monkeypatch.setattr(tqdm.auto, "tqdm", Bar)
    monkeypatch.setattr(run, "TASK", 20_000)
    tl.basins(QUARTIC, tl.gd(0.01), 101, steps=50)
    assert [(bar.total, bar.done, bar.delay, bar.closed) for bar in bars] == [
        (101 * 101, 101 * 101, 1.0, True)
    ]


# Memory


def test_a_recording_too_large_is_refused_with_advice() -> None:
    began = time.perf_counter()
    with pytest.raises(
        ValueError, match=r"65,536 walkers for 1,000,000 steps needs 2097\.2 GB"
    ) as e:
        tl.descend(QUARTIC, tl.gd(0.01), np.zeros((65_536, 2)), 1_000_000)
    assert "every=..." in str(e.value)
    assert "basins or sweep" in str(e.value)
    assert time.perf_counter() - began < 5
    with pytest.raises(ValueError, match=r"needs 3145\.7 GB"):  # an average is a second path
        tl.descend(QUARTIC, tl.swa(tl.gd(0.01)), np.zeros((65_536, 2)), 1_000_000)


def test_the_same_run_recorded_thinly_is_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "MAX_RECORD_BYTES", 10_000)
    with pytest.raises(ValueError, match="record fewer"):
        tl.descend(QUARTIC, tl.gd(0.01), START, 1_000)
    assert len(tl.descend(QUARTIC, tl.gd(0.01), START, 1_000, every=100)) == 11
    tl.sweep(QUARTIC, tl.gd, START, 1_000, lr=np.full(50, 0.01))


# Starts


@pytest.mark.parametrize("dim", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [1, 5, 64, 1_001])
def test_starts_are_laid_out_as_rows(dim: int, count: int) -> None:
    points = np.random.default_rng(dim).normal(size=(count, dim)) * 1e300
    rows = np.full((dim, count), np.nan)
    assert loop.lay_out(memory.pointer(points), memory.pointer(rows), dim, count)
    np.testing.assert_array_equal(rows, points.T)


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [0, 7, 99, -1])
def test_a_start_that_is_not_finite_is_found_anywhere(dim: int, bad: float, at: int) -> None:
    land = tl.landscape("x**2 + y**2" + " + z**2" * (dim == 3), name="bowl")
    points = np.ones((100, dim))
    points.flat[at] = bad
    walker = points.size // dim - 1 if at < 0 else at // dim
    for every in (1, 3):
        with pytest.raises(ValueError, match=rf"bowl: start=\[.* of walker {walker} is not finite"):
            tl.descend(land, tl.gd(0.1), points, 3, every=every)
    fine = np.asfortranarray(np.ones((100, dim)))  # any layout, and read-only
    fine.setflags(write=False)
    assert tl.descend(land, tl.gd(0.1), fine, 3, every=3).end.shape == (100, dim)


@pytest.mark.parametrize("count", [3, 300])
@pytest.mark.parametrize("every", [1, 4])
def test_a_walk_keeps_its_starts(count: int, every: int) -> None:
    """Whatever the caller writes into the array afterwards, also before a late record is read."""
    starts = np.random.default_rng(1).uniform(-1, 1, (count, 2))
    kept = starts.copy()
    walk = tl.descend(QUARTIC, tl.gd(0.01), starts, 4, every=every)
    starts[:] = 7.0
    np.testing.assert_array_equal(walk.path[:, 0], kept)
    expected = tl.descend(QUARTIC, tl.gd(0.01), kept, 4)
    np.testing.assert_allclose(walk.end, expected.end, rtol=1e-14)
