"""The numbers of a schedule, checked: every message says what was expected and the nearest right choice."""

from __future__ import annotations

import math
import operator
from numbers import Real
from typing import Any

from toylands._door import number_fault, whole_fault
from toylands._words import did_you_mean, one_of, show


def whole(owner: str, name: str, value: Any, least: int = 1) -> int:
    """Return a whole number of at least `least`, or raise what is wrong with it."""
    if why := whole_fault(value):
        real = isinstance(value, Real) and not isinstance(value, bool) and why == "."
        near = max(least, round(float(value))) if real and math.isfinite(value) else None
        raise _not(owner, name, value, "a whole number", why, near)
    value = operator.index(value)
    if value < least:
        raise ValueError(f"{owner}: {name} must be at least {least}, not {value}.")
    return value


def _not(
    owner: str, name: str, value: Any, expected: str, why: str, near: int | None = None
) -> Exception:
    hint = "" if near is None else f" Did you mean {near}?"
    if why == ".":
        return TypeError(f"{owner}: {name} must be {expected}, not {value!r}.{hint}")
    return ValueError(f"{owner}: {name} must be {expected}, but {show(value)} {why}.")


def real(owner: str, name: str, value: Any, expected: str) -> float:
    """Return one finite number, or raise what is wrong with it."""
    if why := number_fault(value):
        raise _not(owner, name, value, expected, why)
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{owner}: {name} must be {expected}, not {number!r}.")
    return number


def positive(owner: str, name: str, value: Any) -> float:
    """Return a finite number above 0, or raise what is wrong with it."""
    expected = "a positive number"
    number = real(owner, name, value, expected)
    if number <= 0:
        hint = f" Did you mean {-number!r}?" if number < 0 else ""
        raise ValueError(f"{owner}: {name} must be {expected}, not {number!r}.{hint}")
    return number


def fraction(owner: str, name: str, value: Any) -> float:
    """Return a number between 0 and 1, or raise what is wrong with it."""
    expected = "a number between 0 and 1"
    number = real(owner, name, value, expected)
    if not 0 <= number <= 1:
        nearest = min(1.0, max(0.0, number))
        raise ValueError(
            f"{owner}: {name} must be {expected}, not {number!r}; the nearest is {nearest!r}."
        )
    return number


def choice(owner: str, name: str, value: Any, choices: tuple[str, ...]) -> str:
    """Return one of the choices, or raise with the nearest of them."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(
            f"{owner}: {name} must be {one_of(choices)}, not {value!r}."
            f"{did_you_mean(str(value), choices)}"
        )
    return value
