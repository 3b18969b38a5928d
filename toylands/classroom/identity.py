"""Who is working: numbers of one's own, so that neighbours have different answers.

    me("Ada")                        # once, at the top of a lesson
    personal("1.2").pick([3, 5, 7])  # always the same for Ada, another for Bo

Nothing is stored: the numbers are a digest of the exercise and the name.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from typing import Any, TypeVar

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
        name: a name or an id; capitals and superfluous blanks do not matter. As long as it is dots,
            as in a fresh lesson, the exercises have example numbers that are nobody's own.

    Raises:
        TypeError, ValueError: when it is not text, or empty.
    """
    global _current, _written
    if name is Ellipsis or (isinstance(name, str) and name.strip() in ("...", "…")):
        _current = _written = _ANYBODY
        return Greeting("Put your name in place of the dots, to get numbers of your own.")
    if not isinstance(name, str):
        raise TypeError(f"me(...) takes your name as text, such as me('Ada'), got {name!r}.")
    if not name.strip():
        raise ValueError("me(...) needs a name, such as me('Ada').")
    _current, _written = _same(name), " ".join(name.split())
    return Greeting(f"Hello {_written}. The exercises now have your numbers.")


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
