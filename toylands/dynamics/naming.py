"""What to call each of several runs: what differs between them, and nothing else.

    names_of(race)                        # ['gd(lr=0.1)', 'adam(lr=0.1)']
    names_of([descend(land, gd(.1), at) for at in starts])      # ['from (1, 2)', 'from (0, 1)']
    names_of([descend(land, gd(.1), batch=b) for b in (1, 8)])  # ['batch 1', 'batch 8']

Legends, films and the table of a race take their names from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from toylands._words import show

#: numbers are written with as many significant digits as it takes to tell them apart
DIGITS = (3, 6, 12, 17)
#: of a longer point only the first coordinates are written
_LONGEST = 4
#: pieces of an optimizer that draw random numbers
_RANDOM = ("noise", "langevin")

Number = Callable[[float, int], str]


def names_of(runs: Sequence[Any], number: Number = show) -> list[str]:
    """A name for each run, all different, made of what differs between them.

    That may be the optimizer (as it would be typed), the start, the seed (where random numbers are
    drawn), the batch, the landscape and its parameters. Runs that differ in none of these are numbered;
    a single run is called like its optimizer.

    Args:
        runs: trajectories.
        number: how a number is written, called with it and a number of significant digits.
    """
    optimizers = _apart([run.optimizer for run in runs], lambda opt, n: opt.described(n))
    if len(runs) < 2:
        return optimizers
    columns = [optimizers] if len(set(optimizers)) > 1 else []
    columns.append(_starts(runs, number))
    seeds = [_seed(run) for run in runs]
    if len({*seeds} - {None}) > 1:  # a run that draws nothing has no seed to speak of
        columns.append(["" if seed is None else f"seed {seed}" for seed in seeds])
    columns.append(["all samples" if run.batch is None else f"batch {run.batch}" for run in runs])
    columns.append([f"on {run.landscape.name}" for run in runs])
    if len(set(columns[-1])) == 1:
        columns += _parameters(runs, number)
    told = [column for column in columns if len(set(column)) > 1]
    names = [", ".join(part for part in parts if part) for parts in zip(*told, strict=True)]
    return _numbered(names or [""] * len(runs))


def _seed(run: Any) -> int | None:
    drawn = run.batch is not None or any(run.optimizer.piece(kind) for kind in _RANDOM)
    return run.seed if drawn else None


def _apart(values: Sequence[Any], text: Callable[[Any, int], str]) -> list[str]:
    """Texts of values, with as many digits as keep different values different."""
    wanted = len({text(value, DIGITS[-1]) for value in values})
    for digits in DIGITS:
        texts = [text(value, digits) for value in values]
        if len(set(texts)) == wanted:
            break
    return texts


def _starts(runs: Sequence[Any], number: Number) -> list[str]:
    points = [np.atleast_1d(run.path[0]) for run in runs]

    def text(point: np.ndarray, digits: int) -> str:
        shown = [number(float(value), digits) for value in point[:_LONGEST]]
        more = ", …" if len(point) > _LONGEST else ""
        return f"from ({', '.join(shown)}{more})"

    texts = _apart(points, text)
    different = list(dict.fromkeys(point.tobytes() for point in points))
    if len(set(texts)) < len(different):  # they differ further on than is written
        return [f"start {different.index(point.tobytes()) + 1}" for point in points]
    return texts


def _parameters(runs: Sequence[Any], number: Number) -> list[list[str]]:
    """One column of texts for each parameter of the landscapes, with its way where it changes."""
    columns = []
    for name in dict.fromkeys(name for run in runs for name in run.landscape.parameters):

        def text(run: Any, digits: int, name: str = name) -> str:
            if name in run.time_varying:
                first, last = (number(float(run.time_varying[name][i]), digits) for i in (0, -1))
                return f"{name} from {first} to {last}"
            value = run.landscape.parameters.get(name)
            return "" if value is None else f"{name} = {number(float(value), digits)}"

        columns.append(_apart(runs, text))
    return columns


def _numbered(names: Iterable[str]) -> list[str]:
    """The names, with 'run 1', 'run 2' behind those that occur more than once."""
    given = list(names)
    made: list[str] = []
    for n, name in enumerate(given):
        if given.count(name) > 1:
            name = f"{name}, run {given[: n + 1].count(name)}".removeprefix(", ")
        made.append(name)
    return made
