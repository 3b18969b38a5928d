"""Who is working: numbers of one's own, so that neighbours have different answers.

    me("Ada")                        # once, at the top of a lesson
    personal("1.2").pick([3, 5, 7])  # always the same for Ada, another for Bo

The numbers are a digest of the exercise and the name; nothing else is needed to make them again. In a
notebook the folder remembers the name for all lessons (`remembered.py`).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from typing import Any, TypeVar

from toylands._door import text_fault
from toylands.classroom.remembered import FILE, lessons_folder, remember, remembered

T = TypeVar("T")

_ANYBODY = "anybody"
_current = _ANYBODY
_written = _ANYBODY


class Greeting:
    """What `me` answers: a sentence that a notebook shows below the cell."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __repr__(self) -> str:
        return self.words


def me(name: Any) -> Greeting:
    """Say who is working; the exercises' numbers follow from it.

    Args:
        name: a name or an id; capitals and superfluous blanks do not matter. In a notebook its folder
            remembers it. Dots, as in a fresh lesson, mean the name that the folder remembers; without
            one the exercises have example numbers that are nobody's own.

    Raises:
        TypeError, ValueError: when it is not text, or empty.
    """
    folder = lessons_folder()
    if name is Ellipsis or (isinstance(name, str) and name.strip() in ("...", "…")):
        before = remembered(folder) if folder is not None else None
        if before is None:
            _work_as(_ANYBODY, _ANYBODY)
            return Greeting("Put your name in place of the dots, to get numbers of your own.")
        return Greeting(
            f"Hello {_work_as(_same(before), before)}. This folder remembers you; for somebody else, "
            "put another name in place of the dots."
        )
    if not isinstance(name, str):
        raise TypeError(f"me(...) takes your name as text, such as me('Ada'), got {name!r}.")
    if why := text_fault(name):
        raise ValueError(f"me(...): the name {name!r} {why}; type it again.")
    if not name.strip():
        raise ValueError("me(...) needs a name, such as me('Ada').")
    hello = f"Hello {_work_as(_same(name), ' '.join(name.split()))}. The exercises now have your numbers"
    if folder is None:
        return Greeting(f"{hello}.")
    if remember(folder, _written):
        return Greeting(f"{hello}, in all lessons of this folder (it keeps your name in {FILE}).")
    return Greeting(
        f"{hello}. The folder takes no file, so say your name again in the next lesson."
    )


def _work_as(current: str, written: str) -> str:
    """Make this the person whose numbers the exercises have, and return the name as written."""
    global _current, _written
    _current, _written = current, written
    return written


def who() -> str:
    """The current name as it was written, "anybody" when nobody has said."""
    return _written


def known() -> bool:
    """Whether somebody has said who is working."""
    return _current != _ANYBODY


def _same(name: str) -> str:
    """One spelling for all ways to type a name: capitals, blanks, and how accents are stored."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


class Personal:
    """A source of numbers that depends only on the exercise and the name.

    They come from the digest itself, not from a library's random generator, whose stream may change
    from one release to the next: a student and a grader have the same numbers on any machine.
    """

    def __init__(self, exercise: str, name: str) -> None:
        self._seed = f"{exercise}:{name}"
        self._drawn = 0

    def _below(self, count: int) -> int:
        self._drawn += 1
        digest = hashlib.sha256(f"{self._seed}:{self._drawn}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % count

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[self._below(len(choices))]

    def between(self, low: float, high: float, step: float) -> float:
        """A round number from low to high: low plus a multiple of the step."""
        count = int((high - low) / step + 1e-9)
        return round(low + step * self._below(count + 1), 10)


def personal(exercise: str, name: str | None = None) -> Personal:
    """The numbers of this exercise for a person (by default the current one)."""
    return Personal(exercise, _current if name is None else _same(name))
