"""Who is working: numbers of one's own, so that neighbours have different answers.

    me("Ada")                        # once, at the top of a lesson
    personal("1.2").pick([3, 5, 7])  # always the same for Ada, another for Bo
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")

_ANYBODY = "anybody"
_current = _ANYBODY


def me(name: str) -> None:
    """Say who is working; the exercises' numbers follow from it.

    Args:
        name: a name or an id; capitals and surrounding blanks do not matter.

    Raises:
        TypeError, ValueError: when it is not text, or empty.
    """
    global _current
    if not isinstance(name, str):
        raise TypeError(f"me(...) takes your name as text, such as me('Ada'), got {name!r}.")
    if not name.strip():
        raise ValueError("me(...) needs a name, such as me('Ada').")
    _current = name.strip().casefold()


def who() -> str:
    """The current name, "anybody" when nobody has said."""
    return _current


class Personal:
    """A source of numbers that depends only on the exercise and the name."""

    def __init__(self, exercise: str, name: str) -> None:
        digest = hashlib.sha256(f"{exercise}:{name}".encode()).digest()
        self._generator = np.random.default_rng(int.from_bytes(digest[:8], "big"))

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[int(self._generator.integers(len(choices)))]

    def between(self, low: float, high: float, step: float) -> float:
        """A round number from low to high: low plus a multiple of the step."""
        count = round((high - low) / step)
        return round(low + step * int(self._generator.integers(count + 1)), 10)


def personal(exercise: str, name: str | None = None) -> Personal:
    """The numbers of this exercise for a person (by default the current one)."""
    return Personal(exercise, _current if name is None else name.strip().casefold())
