"""The command line: a first look at toylands without writing a line of Python.

    toylands demo                   # race four optimizers down a ravine, draw it, animate it
    toylands catalogue --tag saddle # which landscapes there are
    toylands catalogue rosenbrock   # what is known about one of them
    toylands lab                    # your copy of the lessons, opened in JupyterLab
    toylands lessons                # which lessons there are, and how long they take
    toylands warm                   # compile every loop now, say for a whole room
    toylands bench                  # how fast this machine is, beside others' libraries

Every command says more with --help.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TOL = 1e-6
LESSONS = "toylands-lessons"  # the folder of `toylands lab`
WITH_LOOPS = ("formula", "dynamics", "networks", "geometry")  # what `toylands warm` goes through
# Learning rates that the demo tries for every optimizer: ten a decade.
LOWEST_RATE, HIGHEST_RATE, RATES = 1e-4, 10.0, 51


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    0; 2 when what was asked makes no sense; 130 after Ctrl+C. `toylands lab` has the exit code of the
    server it started.

    Args:
        argv: the words after `toylands`; by default those the program was started with.
    """
    asked = _parser().parse_args(argv)
    try:
        code: int | None = asked.run(asked)
        sys.stdout.flush()
        return code or 0
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print(file=sys.stderr)  # the terminal has shown ^C
        return 130
    except (ValueError, OSError, ModuleNotFoundError) as error:
        print(f"toylands {asked.command}: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    import toylands as tl

    parser = argparse.ArgumentParser(
        prog="toylands", description="A laboratory for loss landscapes, with exact derivatives."
    )
    parser.add_argument("--version", action="version", version=f"toylands {tl.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    demo = commands.add_parser(
        "demo",
        help="race four optimizers and draw the race",
        description="Race four optimizers, each at its best learning rate, and write race.png and "
        "race.gif.",
    )
    demo.add_argument("--landscape", default="ravine", metavar="NAME", help="default: %(default)s")
    demo.add_argument("--steps", type=_count, default=500, metavar="N", help="default: %(default)s")
    demo.add_argument(
        "--out", type=Path, default=Path(), metavar="DIR", help="default: the current folder"
    )
    demo.set_defaults(run=_demo)

    catalogue = commands.add_parser(
        "catalogue", help="list the landscapes, or tell what is known about one"
    )
    catalogue.add_argument("name", nargs="?", help="one landscape, in detail")
    catalogue.add_argument("--tag", help="only landscapes with this tag")
    catalogue.add_argument("--lesson", type=_count, metavar="N", help="only those of this lesson")
    catalogue.add_argument("--dim", type=_count, metavar="D", help="only those of D coordinates")
    catalogue.set_defaults(run=_catalogue)

    lab = commands.add_parser(
        "lab",
        help="copy the lessons and open JupyterLab on the first",
        description="Copy the lessons into a folder (a file of yours is never overwritten) and "
        "open JupyterLab there. Needs the extra 'lab'.",
    )
    lab.add_argument(
        "folder",
        nargs="?",
        type=Path,
        help=f"default: {LESSONS}",
    )
    lab.add_argument("--fresh", action="store_true", help="rename your changed lessons, copy anew")
    lab.add_argument("--no-browser", action="store_true", help="print the address instead")
    lab.add_argument("--port", type=_count, metavar="N", help="the port; default: a free one")
    lab.add_argument("--verbose", action="store_true", help="write the server's whole log")
    lab.add_argument(
        "--project",
        metavar="LESSON",
        help="show one lesson with its code hidden, for a projector (extra 'project')",
    )
    lab.set_defaults(run=_lab)

    lessons = commands.add_parser("lessons", help="list the lessons with their minutes and goals")
    lessons.set_defaults(run=_lessons)

    warm = commands.add_parser(
        "warm",
        help="compile every loop now, for everybody who uses this installation",
        description="Compile every loop and keep it beside the package (where you may not write "
        "there: in your own cache folder). Users of the installation on machines with the same type of "
        "processor then never wait for it; on others, toylands compiles its own.",
    )
    warm.set_defaults(run=_warm)

    bench = commands.add_parser(
        "bench",
        help="measure the speed on this machine",
        description="Time toylands and its peers (C, JAX, torch, NumPy: those installed) on "
        "the same problems, checked to give the same numbers.",
    )
    bench.add_argument("--quick", action="store_true", help="fewer repeats")
    bench.add_argument("--only", metavar="GROUP", help="one group of problems")
    bench.add_argument("--details", action="store_true", help="also the seconds behind the ratios")
    bench.set_defaults(run=_bench)
    return parser


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, got {text!r}")
    return number


def _demo(asked: argparse.Namespace) -> None:
    import toylands as tl

    began = time.perf_counter()
    land = tl.landscapes.get(asked.landscape)
    asked.out.mkdir(parents=True, exist_ok=True)
    tuned = [
        _tuned(land, factory, asked.steps) for factory in (tl.gd, tl.momentum, tl.nesterov, tl.adam)
    ]
    race = tl.race(land, tuned, steps=asked.steps, tol=TOL)
    raced = time.perf_counter()

    print(f"{land!r}: {land.title}")
    print(f"{asked.steps} steps from {_point(land.start)}, exact gradients, each optimizer tuned:")
    print(f"of {RATES} rates from {LOWEST_RATE:g} to {HIGHEST_RATE:g}, the smallest that takes")
    print(
        "at most 5% more steps than the fastest; where none gets there, the one that ends lowest."
    )
    print()
    _table(
        ("optimizer", "outcome", f"steps to |grad| <= {TOL:g}", "gradients", "last loss"),
        [_row(run) for run in race],
    )
    print()

    picture, film = asked.out / "race.png", asked.out / "race.gif"
    race.plot().figure.savefig(picture, dpi=150)
    race.animate(film)
    drawn = time.perf_counter()
    print(f"Wrote {picture} and {film}.")
    print(f"Tuning and racing took {raced - began:.1f} s, drawing {drawn - raced:.1f} s.")


def _tuned(land: Any, factory: Any, steps: int) -> Any:
    """Return the optimizer at the smallest rate that is about the fastest of those tried.

    That is the smallest rate which needs at most 5% more steps to the tolerance than the fastest,
    or, where no rate gets there, the one that ends lowest.

    Raises:
        ValueError: when the optimizer diverges at every rate.
    """
    import numpy as np

    import toylands as tl

    rates = np.geomspace(LOWEST_RATE, HIGHEST_RATE, RATES)
    runs = tl.descend(land, factory(lr=rates), steps=steps, tol=TOL)
    reached = {rate: run.steps_to(TOL) for rate, run in zip(rates, runs, strict=True)}
    arrived = {rate: count for rate, count in reached.items() if count is not None}
    if arrived:
        fastest = min(arrived.values())
        best = min(rate for rate, count in arrived.items() if count <= 1.05 * fastest)
    else:
        stayed = [
            (run.loss[-1], r) for r, run in zip(rates, runs, strict=True) if run.diverged_at is None
        ]
        if not stayed:
            raise ValueError(f"{factory.__name__} diverges on {land.name} at all rates tried.")
        best = min(stayed)[1]
    return factory(lr=float(best))


def _row(run: Any) -> tuple[str, ...]:
    reached = run.steps_to(TOL)
    return (
        run.optimizer.label,
        str(run.status),
        f"over {run.steps}" if reached is None else str(reached),
        str(run.evaluations),
        f"{run.loss[-1]:.3g}",
    )


def _catalogue(asked: argparse.Namespace) -> None:
    import toylands as tl

    if asked.name is None:
        found = tl.catalogue(tag=asked.tag, lesson=asked.lesson, dim=asked.dim)
        if not len(found):
            raise ValueError("no landscape is like that; `toylands catalogue` lists them all.")
        print(found)
        return
    land = tl.landscapes.get(asked.name)
    print(f"{land.name}({', '.join(land.coordinates)}): {land.doc.strip()}")
    print()
    print(f"loss         {land.expression}")
    for name, dial in land.dials.items():
        means = f" ({dial.label})" if dial.label else ""
        print(f"parameter    {name}{means} = {dial.default:g}, from {dial.low:g} to {dial.high:g}")
    print(
        f"window       {' x '.join(_point(side) for side in land.view)}, start {_point(land.start)}"
    )
    for point in land.critical_points:
        print(f"{point.kind:<12} {_point(point.point)}, loss {point.loss:.6g}")
    if land.kink:
        print(f"no gradient  {land.kink}")
    if land.tags:
        print(f"tags         {', '.join(land.tags)}")
    if land.source:
        print(f"source       {land.source}")


def _lab(asked: argparse.Namespace) -> int:
    from toylands import lab

    if asked.project is None:
        lab.need_lab()
    else:
        lab.need_project()
    folder = asked.folder or Path(LESSONS)
    if asked.folder is None:
        lab.check_owner(folder)
    copied = lab.copy_lessons(folder, fresh=asked.fresh)
    print(f"Lessons in {folder.resolve()}: {copied}.")
    for old, new in copied.renamed.items():
        print(f"  your {old} is now {new}")
    for old, new in copied.mended.items():
        print(f"  half of {old}, from a copy that was cut short, is now {new}")
    for name, kind in copied.blocked.items():
        print(f"  {name} is {kind}; rename it, and the lesson is copied the next time")
    if copied.kept:
        print("  (--fresh renames yours and copies the originals)")
    if copied.older:
        print(f"  of another edition than this toylands: {', '.join(copied.older)}")
        print(
            "  Names may have changed since. If a cell fails, start again with --fresh and copy what"
        )
        print("  you wrote from your renamed lesson to the new one.")
    sys.stdout.flush()
    if asked.project is not None:
        lesson = lab.choose_lesson(folder, asked.project)
        return lab.project(lesson, browser=not asked.no_browser, port=asked.port)
    return lab.launch(
        folder,
        lab.first_lesson(folder),
        browser=not asked.no_browser,
        port=asked.port,
        verbose=asked.verbose,
    )


def _lessons(asked: argparse.Namespace) -> None:
    from toylands import lab

    for lesson in lab.lessons():
        minutes = f"{lesson.minutes} minutes" if lesson.minutes else ""
        print(f"{lesson.title} ({lesson.file}{', ' if minutes else ''}{minutes})")
        for goal in lesson.goals:
            print(f"  - {goal}")


def _warm(asked: argparse.Namespace) -> int:
    import importlib
    import pkgutil

    import toylands as tl
    from toylands.formula import arrays, caches

    began = time.perf_counter()
    for part in WITH_LOOPS:  # what an explorer needs comes first: somebody may be waiting for it
        folders = [str(Path(str(tl.__file__)).parent / part)]
        for module in pkgutil.iter_modules(folders, f"toylands.{part}."):
            importlib.import_module(module.name)
        parts = arrays.ready()
        if not caches.our_shelf().keeps:
            return 2  # what is in the way has been said
    place = caches.our_shelf().folder
    assert place is not None
    print(f"The walk and its {parts} parts are compiled for {caches.processor_name()} processors")
    print(f"(in {time.perf_counter() - began:.1f} s) and kept in")
    print(f"    {place}")
    if caches.config.CACHE_DIR:
        print("for everybody who sets NUMBA_CACHE_DIR as you did.")
    elif caches.PACKAGE in place.parents:
        print("for everybody who uses this installation.")
    else:
        print("for you alone: the installation's own folder is not yours to write to.")
    return 0


def _bench(asked: argparse.Namespace) -> None:
    from toylands.bench import bench

    report = bench(quick=asked.quick, only=asked.only)
    print(report)
    if asked.details:
        print()
        print(report.details())


def _point(coordinates: Any) -> str:
    return f"({', '.join(f'{float(value):.6g}' for value in coordinates)})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: words to the left, numbers (what follows the second column) to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, *rows):
        cells = [
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
