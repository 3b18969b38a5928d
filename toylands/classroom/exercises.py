"""Exercises: a question with personal numbers, and a way to judge an answer without storing it.

    @exercise("my.1", "The largest safe rate")
    def largest_rate(mine):
        land = landscapes.regression(x=(0, 1, 2, mine.between(3, 6, 1)), y=(1, 3, 2, 5))
        limit = 2 / land.spectrum((0, 0)).eigenvalues[-1]
        return Task(
            "From H alone: what is the largest learning rate that cannot diverge here?",
            given={"land": land},
            answer=limit,
            wrong=[(limit / 2, "that is 1/lambda_max; the steps still shrink up to twice that")],
        )

The answer is computed from the landscape every time a student checks; no file contains it. Numbers of
digits only belong to the lessons; your own begin with a word, such as "my.1" or "physics2.3".
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
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
        answer: the right value: a number, an array, a word, or a set of acceptable words.
        rtol: how exact each number has to be, relative to its size; a number much smaller than
            another of the same answer counts as a hundredth of that one.
        wrong: (value, hint) pairs for mistakes that are worth a word of their own.
        judge: instead of `answer`, a function of it that returns a `Verdict`: for properties
            ("any rate that converges in at most 40 steps") and for functions (a student's own
            optimizer). What it raises is told to the student as the answer's fault: a function that
            fails is a wrong answer; an endless one is for the grader's time limit.
        praise: what to say when it is right.

    Raises:
        ValueError: without an answer or a judge, or with both.
    """

    question: str
    given: Mapping[str, Any] = field(default_factory=dict)
    answer: Any = None
    rtol: float = 1e-2
    wrong: Sequence[tuple[Any, str]] = ()
    judge: Callable[[Any], Verdict] | None = None
    praise: str = ""

    def __post_init__(self) -> None:
        if (self.answer is None) == (self.judge is None):
            raise ValueError("a task has either an answer or a judge.")


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

    Args:
        number: for your own, a word and a place: "my.1", "physics2.3". The lessons' have digits: "1.2".
        title: what it is called.

    Raises:
        TypeError, ValueError: when the number is taken, also by a lesson, or not of that form. It is said
            here, where it is defined, not later where it is checked.
    """
    if not isinstance(number, str):
        raise TypeError(f"an exercise is named in quotes, such as 'my.1', got {show(number)}.")
    if not re.fullmatch(r"(\d+|[^\W\d_]\w*)\.\d+", number):
        raise ValueError(
            f"exercise number {number!r}: expected a word and a place, such as 'my.1'."
        )

    def decorate(build: Callable[[Personal], Task]) -> Exercise:
        ours = str(build.__module__).startswith(f"{__package__}.lessons.")
        if number[0].isdigit() and not ours:
            raise ValueError(
                f"exercise number {number!r}: numbers of digits only belong to the lessons. Begin yours "
                f"with a word, such as 'my.{number.rpartition('.')[2]}'."
            )
        taken = _EXERCISES.get(number)
        if taken is not None and _origin(taken.build) != _origin(build):  # reloading is no conflict
            raise ValueError(f"two exercises are numbered {number}.")
        _EXERCISES[number] = Exercise(number, title, build)
        return _EXERCISES[number]

    return decorate


def _origin(build: Callable[[Personal], Task]) -> tuple[str, str]:
    return build.__module__, build.__qualname__


def all_exercises() -> dict[str, Exercise]:
    """Every exercise by number; the modules of `toylands.classroom.lessons` are read once."""
    from toylands.classroom import lessons

    for module in pkgutil.iter_modules(lessons.__path__):
        importlib.import_module(f"{lessons.__name__}.{module.name}")
    return dict(sorted(_EXERCISES.items(), key=lambda item: _order(item[0])))


def _order(number: str) -> tuple[bool, int, str, int]:
    """The lessons' exercises first, by number; then one's own, by word and number."""
    before, _, place = number.partition(".")
    own = not before.isdigit()
    return own, 0 if own else int(before), before, int(place)


def find(number: str) -> Exercise:
    """The exercise of this number.

    Raises:
        TypeError: when it is not text. ValueError: when it is unknown, with the nearest right one.
    """
    if not isinstance(number, str):
        raise TypeError(f"an exercise is named in quotes, such as '1.2', got {show(number)}.")
    known = all_exercises()
    if number.strip() not in known:
        raise ValueError(f"no exercise is numbered {show(number)}.{did_you_mean(number, known)}")
    return known[number.strip()]


def number_in(given: Any) -> float | None:
    """The finite real number a student gave, of whatever numeric type, or None.

    An array of one number counts as that number; text and True do not.
    """
    value = _numbers(given)
    return float(value.reshape(())) if value is not None and value.size == 1 else None


def numbers_in(given: Any, count: int) -> list[float] | None:
    """As many finite real numbers as are asked for, in a list, a tuple or an array, or None."""
    value = _numbers(given)
    return None if value is None or value.shape != (count,) else [float(part) for part in value]


def unexpected(wanted: str, given: Any) -> Verdict:
    """The verdict on an answer that is not of the kind that is asked for."""
    quotes = "; write numbers without quotes" if _quoted(given) else ""
    return Verdict(False, f"expected {wanted}, got {_shown(given)}{quotes}")


def _shown(given: Any) -> str:
    try:
        return show(given)
    except Exception:  # not everything can be written out
        return f"a {type(given).__name__}"


def _quoted(given: Any, deep: int = 4) -> bool:
    """Whether this is a number, or a list of some, that was typed as text."""
    if isinstance(given, list | tuple):
        return deep > 0 and any(_quoted(part, deep - 1) for part in given)
    return (
        isinstance(given, str)
        and re.fullmatch(r"[-+.\deE/*,()\[\]\s]+", given) is not None
        and any(c.isdigit() for c in given)
    )


def judge(task: Task, given: Any) -> Verdict:
    """Judge an answer to a task."""
    if _blank(given):
        return Verdict(False, "there is no answer; put yours in place of the dots")
    if task.judge is not None:
        try:
            return task.judge(given)
        except Exception as error:
            fault = f"{type(error).__name__}: {error}".rstrip(".: ")
            return Verdict(False, f"your answer fails with {fault}")
    if isinstance(task.answer, str | frozenset | set):
        return _judge_words(task, given)
    return _judge_numbers(task, given)


def _blank(given: Any, deep: int = 4) -> bool:
    if isinstance(given, list | tuple):  # which may contain itself
        return deep > 0 and any(_blank(part, deep - 1) for part in given)
    return given is None or given is Ellipsis or (isinstance(given, str) and given.strip() == "...")


def _numbers(given: Any) -> np.ndarray | None:
    """Real finite numbers as an array, or None: for text, truth values and everything else."""
    try:
        with np.errstate(all="ignore"):  # a number too large for a float becomes inf, which is none
            value = np.asarray(given)
            if value.dtype.kind == "O" and all(isinstance(part, Real) for part in value.flat):
                value = value.astype(float)  # fractions
            elif value.dtype.kind == "O" and all(_symbolic(part) for part in value.flat):
                value = value.astype(float)
            if value.dtype.kind not in "fiu":
                return None
            value = value.astype(float)
    except Exception:  # an object of somebody else's may raise anything when asked for its number
        return None
    return value if np.isfinite(value).all() else None


def _symbolic(part: Any) -> bool:
    """Whether this is a number of SymPy, mpmath or decimal, which are not registered as real."""
    return hasattr(part, "__float__") and not isinstance(part, bool | np.bool_)


def _judge_numbers(task: Task, given: Any) -> Verdict:
    wanted = np.asarray(task.answer, dtype=float)
    value = _numbers(given)
    if value is None:
        return unexpected(_kind(task.answer), given)
    if wanted.ndim == 0 and value.size == 1:
        # A landscape of one coordinate gives points as arrays of one number.
        value = value.reshape(())
    if value.shape != wanted.shape:
        return unexpected(_kind(task.answer), given)
    if _close(value, wanted, task.rtol):
        return Verdict(True, task.praise)
    for mistake, hint in task.wrong:
        if np.shape(mistake) == value.shape and _close(value, np.asarray(mistake), task.rtol):
            return Verdict(False, hint)
    if _close(-value, wanted, task.rtol):
        return Verdict(False, "the size is right, but look at the sign again")
    if value.ndim == 1 and _close(np.sort(value), np.sort(wanted), task.rtol):
        return Verdict(False, "the numbers are right, but in another order")
    if _close(value, wanted, 0.05):
        exact = f"to within {100 * task.rtol:.2g} %" if task.rtol > 1e-4 else "exactly"
        return Verdict(False, f"close, but the answer is wanted {exact}")
    return Verdict(False, _far_off(value, wanted, task.rtol))


_PLACES = ("first", "second", "third", "fourth")


def _far_off(value: np.ndarray, wanted: np.ndarray, rtol: float) -> str:
    """What to say where no mistake is known: how far off, too coarsely to find it by halving."""
    if wanted.ndim == 0:
        return _how_far(float(value), float(wanted))
    right = _hits(value, wanted, rtol)
    if wanted.ndim > 1 or wanted.size > len(_PLACES):
        return f"right so far: {right.sum()} of {right.size} numbers"
    return "; ".join(
        f"{place} number: {'right' if hit else _how_far(float(one), float(other))}"
        for place, hit, one, other in zip(_PLACES, right, value, wanted, strict=False)
    )


def _how_far(value: float, wanted: float) -> str:
    if wanted == 0:
        return "too large" if value > 0 else "too small"
    if value == 0 and wanted < 0:
        return "it is not 0"
    if (value < 0) != (wanted < 0):
        return "the sign is wrong"
    # "Too large" would have two meanings below 0.
    far, near = ("large", "small") if wanted > 0 else ("far below 0", "close to 0")
    if abs(value) / 2 >= abs(wanted):
        return f"much too {far}"
    if abs(value) <= abs(wanted) / 2:
        return f"much too {near}"
    return "the order of magnitude is right, the number is not"


def _judge_words(task: Task, given: Any) -> Verdict:
    accepted = {task.answer} if isinstance(task.answer, str) else set(task.answer)
    if not isinstance(given, str):
        return Verdict(False, f"expected a word in quotes, got {_shown(given)}")
    said = given.strip().casefold()
    if said in {word.casefold() for word in accepted}:
        return Verdict(True, task.praise)
    for mistake, hint in task.wrong:
        if isinstance(mistake, str) and said == mistake.casefold():
            return Verdict(False, hint)
    return Verdict(False, "")


def _close(value: np.ndarray, wanted: np.ndarray, rtol: float) -> bool:
    return bool(_hits(value, wanted, rtol).all())


def _hits(value: np.ndarray, wanted: np.ndarray, rtol: float) -> np.ndarray:
    """Which of the numbers are right."""
    size = np.abs(wanted)
    floor = 0.01 * size.max() if wanted.ndim else 0.0
    return np.asarray(np.abs(value - wanted) <= rtol * np.maximum(size, floor) + 1e-12)


def _kind(answer: Any) -> str:
    shape = np.shape(answer)
    if not shape:
        return "one number"
    if len(shape) == 1:
        return f"{shape[0]} numbers"
    return f"an array of {' x '.join(map(str, shape))} numbers"
