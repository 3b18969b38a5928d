"""Exercises: a question with personal numbers, and a way to judge an answer without storing it.

    @exercise("1.1", "The largest safe rate")
    def largest_rate(mine):
        land = landscapes.regression(x=(0, 1, 2, mine.between(3, 6, 1)), y=(1, 3, 2, 5))
        limit = 2 / land.spectrum((0, 0)).eigenvalues[-1]
        return Task(
            "From H alone: what is the largest learning rate that cannot diverge on this landscape?",
            given={"land": land},
            answer=limit,
            wrong=[(limit / 2, "that is 1/lambda_max; the steps still shrink up to twice that")],
        )

The answer is computed from the landscape every time a student checks; no file contains it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from toylands._words import did_you_mean, show
from toylands.classroom.identity import Personal, personal


@dataclass(frozen=True)
class Verdict:
    """Right or wrong, with a sentence for the student that never contains the answer."""

    right: bool
    words: str


@dataclass(frozen=True)
class Task:
    """One student's version of an exercise.

    Attributes:
        question: the text, with this student's numbers.
        given: what the student works with, by name (a landscape, a start, ...).
        answer: the right value: a number, an array, or a set of acceptable words.
        rtol: how exact the answer has to be, relative to its size (and absolute below 1e-9).
        wrong: (value, hint) pairs for mistakes that are worth a word of their own.
        judge: instead of `answer`: a function of the answer that returns a `Verdict`; for properties ("any
            rate that converges in at most 40 steps") and for functions (a student's own optimizer).
        praise: what to say when it is right.
    """

    question: str
    given: Mapping[str, Any] = field(default_factory=dict)
    answer: Any = None
    rtol: float = 1e-2
    wrong: Sequence[tuple[Any, str]] = ()
    judge: Callable[[Any], Verdict] | None = None
    praise: str = ""


@dataclass(frozen=True)
class Exercise:
    """A question by number; `make` gives the version with somebody's numbers."""

    number: str
    title: str
    build: Callable[[Personal], Task]

    def make(self, name: str | None = None) -> Task:
        """The task with the numbers of this name, by default of whoever is working."""
        return self.build(personal(self.number, name))


_EXERCISES: dict[str, Exercise] = {}


def exercise(number: str, title: str) -> Callable[[Callable[[Personal], Task]], Exercise]:
    """Decorate the function that builds an exercise's task from personal numbers.

    Raises:
        ValueError: when the number is taken.
    """

    def decorate(build: Callable[[Personal], Task]) -> Exercise:
        if number in _EXERCISES and _EXERCISES[number].build.__module__ != build.__module__:
            raise ValueError(f"two exercises are numbered {number}.")
        _EXERCISES[number] = Exercise(number, title, build)
        return _EXERCISES[number]

    return decorate


def all_exercises() -> dict[str, Exercise]:
    """Every exercise by number; the modules of `toylands.classroom.lessons` are read once."""
    from toylands.classroom import lessons

    for module in pkgutil.iter_modules(lessons.__path__):
        importlib.import_module(f"{lessons.__name__}.{module.name}")
    return dict(sorted(_EXERCISES.items(), key=lambda item: _order(item[0])))


def _order(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split("."))


def find(number: str) -> Exercise:
    """The exercise of this number.

    Raises:
        ValueError: for an unknown number, with the nearest right one.
    """
    known = all_exercises()
    if number not in known:
        near = did_you_mean(str(number), known)
        raise ValueError(f"no exercise is numbered {show(number)}.{near}")
    return known[number]


def judge(task: Task, given: Any) -> Verdict:
    """Judge an answer to a task."""
    if given is None or given is Ellipsis:
        return Verdict(False, "there is no answer yet: put yours in place of the dots")
    if task.judge is not None:
        return task.judge(given)
    if isinstance(task.answer, str | frozenset | set):
        return _judge_words(task, given)
    try:
        value = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        return Verdict(False, f"expected {_kind(task.answer)}, got {show(given)}")
    wanted = np.asarray(task.answer, dtype=float)
    if value.shape != wanted.shape:
        return Verdict(False, f"expected {_kind(task.answer)}, got {show(given)}")
    if not np.isfinite(value).all():
        return Verdict(False, f"{show(given)} is not a finite number")
    if _close(value, wanted, task.rtol):
        return Verdict(True, task.praise)
    for mistake, hint in task.wrong:
        if np.shape(mistake) == value.shape and _close(value, np.asarray(mistake), task.rtol):
            return Verdict(False, hint)
    if value.ndim == 0 and wanted and abs(value / wanted + 1) <= task.rtol:
        return Verdict(False, "the size is right, but look at the sign again")
    near = value.ndim == 0 and _close(value, wanted, 0.1)
    return Verdict(False, "close, but not exact enough" if near else "")


def _judge_words(task: Task, given: Any) -> Verdict:
    accepted = {task.answer} if isinstance(task.answer, str) else set(task.answer)
    if not isinstance(given, str):
        return Verdict(False, f"expected a word, got {show(given)}")
    said = given.strip().casefold()
    if said in {word.casefold() for word in accepted}:
        return Verdict(True, task.praise)
    for mistake, hint in task.wrong:
        if isinstance(mistake, str) and said == mistake.casefold():
            return Verdict(False, hint)
    return Verdict(False, "")


def _close(value: np.ndarray, wanted: np.ndarray, rtol: float) -> bool:
    size = np.max(np.abs(wanted)) if wanted.ndim else abs(wanted)
    return bool(np.all(np.abs(value - wanted) <= rtol * size + 1e-9))


def _kind(answer: Any) -> str:
    shape = np.shape(answer)
    return "one number" if not shape else f"{shape[0]} numbers" if len(shape) == 1 else f"an array {shape}"
