"""The C peer: `loops.c`, compiled when the benchmark starts with the C compiler of this machine.

Each variant is a set of flags and a block size; on one core and on all cores the fastest counts.
"""

from __future__ import annotations

import ctypes
import functools
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from toylands.bench.problems import Array, MissingError, Points, Task, Walk, numbers
from toylands.formula.memory import cores

#: walkers in a block that stays in the first-level cache: 512 walkers with 6 numbers are 24 kB
BLOCK = 512

doubles = ctypes.POINTER(ctypes.c_double)


@dataclass(frozen=True)
class Build:
    """The compiled loops with one set of flags."""

    flags: tuple[str, ...]
    code: ctypes.CDLL
    parallel: bool
    folder: tempfile.TemporaryDirectory[str]  # it lasts as long as this object


def walk(work: Walk, parallel: bool = False) -> list[Task]:
    """One task per build and block size, on one core or (`parallel`) on all cores."""
    tasks = []
    for build in _builds(parallel):
        flags = " ".join(build.flags)
        if work.path:
            tasks.append(Task(f"C {flags}", _path_call(build, work), np.asarray))
            continue
        n = len(work.start)
        plain = -(-n // cores()) if parallel else n
        for block, words in ((plain, ""), (BLOCK, f", blocks of {BLOCK}")):
            call = _walk_call(build, work, block)
            tasks.append(Task(f"C {flags}{words}", call, lambda r: np.stack(r, axis=-1)))
    return tasks


def walk_apart(work: Walk) -> list[Task]:
    """One task per build, on one core: gradients in one pass over a block, the step in another.

    Raises:
        MissingError: for walks whose numbers differ between walkers, or on other landscapes.
    """
    numbers_of = (work.lr, *work.hyper.values(), *numbers(work))
    if work.landscape != "rosenbrock" or any(np.ndim(value) for value in numbers_of):
        raise MissingError("not written")
    return [
        Task(
            f"C {' '.join(build.flags)}, 2 passes over blocks of {BLOCK}",
            _walk_call(build, work, BLOCK, "_apart"),
            lambda r: np.stack(r, axis=-1),
        )
        for build in _builds(parallel=False)
    ]


def hessians(work: Points, parallel: bool = False) -> list[Task]:
    """One task per build: second derivatives by hand."""
    return [
        Task(f"C {' '.join(build.flags)}", _hessians_call(build, work), np.asarray)
        for build in _builds(parallel)
    ]


def version() -> str:
    """The first line of what the compiler says about itself."""
    answer = subprocess.run([compiler(), "--version"], capture_output=True, text=True, check=False)
    return answer.stdout.partition("\n")[0].strip() or compiler()


@functools.cache
def compiler() -> str:
    """The path of the C compiler: `$CC`, else cc, gcc or clang."""
    for name in (os.environ.get("CC"), "cc", "gcc", "clang"):
        found = shutil.which(name) if name else None
        if found:
            return found
    raise MissingError("no C compiler")


def _builds(parallel: bool) -> list[Build]:
    builds = [build for build in _all_builds() if build.parallel == parallel]
    if not builds:
        raise MissingError("no OpenMP" if parallel else "does not compile")
    return builds


@functools.cache
def _all_builds() -> list[Build]:
    folder = tempfile.TemporaryDirectory(prefix="toylands-bench-", ignore_cleanup_errors=True)
    source = resources.files("toylands.bench").joinpath("loops.c").read_text(encoding="utf-8")
    (Path(folder.name) / "loops.c").write_text(source, encoding="utf-8")
    for native in ("-march=native", "-mcpu=native"):  # some compilers know only the second
        builds = [
            _build(folder, ("-O3", native, *extra))
            for extra in ((), ("-fno-math-errno",), ("-fopenmp",), ("-fno-math-errno", "-fopenmp"))
        ]
        if any(builds):
            break
    return [build for build in builds if build]


def _build(folder: tempfile.TemporaryDirectory[str], flags: tuple[str, ...]) -> Build | None:
    target = Path(folder.name) / ("loops" + "".join(flags) + ".so")
    command = [compiler(), *flags, "-fPIC", "-shared", "loops.c", "-o", str(target), "-lm"]
    answer = subprocess.run(command, cwd=folder.name, capture_output=True, check=False)
    if answer.returncode:
        return None
    return Build(flags, ctypes.CDLL(str(target)), "-fopenmp" in flags, folder)


def _pointer(array: Array) -> Any:
    return array.ctypes.data_as(doubles)


def _aligned(n: int) -> Array:
    """Room for n numbers that begins on a cache line, so that full-width loads never cross one."""
    room = np.empty(n + 8)
    skip = -room.ctypes.data % 64 // 8
    return room[skip : skip + n]


def _function(build: Build, name: str, *kinds: Any) -> Any:
    function = build.code[name]
    function.argtypes = list(kinds)
    function.restype = None
    return function


def _walk_call(build: Build, work: Walk, block: int, written: str = "") -> Any:
    a, b = numbers(work)
    hyper = list(work.hyper.values()) + [0.0] * (3 - len(work.hyper))
    name = f"{work.rule}_{work.landscape}"
    name += "_lr" * bool(np.ndim(work.lr))
    name += "_hyper" * any(np.ndim(value) for value in hyper)
    name += "_land" * bool(np.ndim(a) or np.ndim(b))
    name += written
    n = len(work.start)
    first = np.ascontiguousarray(work.start.T)
    x, y, memory = _aligned(n), _aligned(n), _aligned(6 * n)
    values = []
    for value in (work.lr, *hyper, a, b):
        values.append(_aligned(np.size(value)))
        values[-1][:] = value
    function = _function(build, name, *[ctypes.c_int64] * 3, *[doubles] * 9)
    pointers = [_pointer(array) for array in (x, y, memory, *values)]

    def call() -> tuple[Array, Array]:
        x[:], y[:] = first
        function(n, block, work.steps, *pointers)
        return x, y

    call.keep = values  # type: ignore[attr-defined]  # the pointers do not own them
    return call


def _path_call(build: Build, work: Walk) -> Any:
    scalars = [work.lr, *work.hyper.values(), *numbers(work)]
    kinds = [ctypes.c_int64, doubles, *[ctypes.c_double] * len(scalars)]
    function = _function(build, f"{work.rule}_{work.landscape}_path", *kinds)
    path = np.empty((work.steps + 1, 2))
    path[0] = work.start[0]
    pointer = _pointer(path)

    def call() -> Array:
        function(work.steps, pointer, *scalars)
        return path

    return call


def _hessians_call(build: Build, work: Points) -> Any:
    kinds = [ctypes.c_int64, doubles, doubles, ctypes.c_double, ctypes.c_double]
    function = _function(build, f"{work.landscape}_hessians", *kinds)
    result = _aligned(4 * len(work.theta)).reshape(-1, 2, 2)
    given = np.ascontiguousarray(work.theta)
    pointers = _pointer(given), _pointer(result)
    a, b = numbers(work)

    def call() -> Array:
        function(len(given), *pointers, a, b)
        return result

    return call
