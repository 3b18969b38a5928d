"""Words for error messages: what was given, what was expected, the nearest right choice.

    >>> did_you_mean("adma", ["gd", "adam", "adamw"])
    " Did you mean 'adam'?"
    >>> one_of(["linear", "log", "quantile"])
    "'linear', 'log' or 'quantile'"
    >>> show([0.1, 0.2, 0.30000000000000004])
    '[0.1, 0.2, 0.3]'

Every layer may import this module; it imports no other part of toylands.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

_LONGEST = 60


def did_you_mean(name: object, choices: Iterable[str]) -> str:
    """Return ``" Did you mean 'adam'?"`` for the nearest of `choices`, or ``""`` when none is near.

    Case, spaces, hyphens and underscores do not count as differences; a choice that begins with
    the given name is near, however long it is. The leading space lets a caller append the answer
    to a finished sentence.
    """
    near = _nearest(name, choices)
    return f" Did you mean {near!r}?" if near else ""


def missing(module: str, name: str, choices: Iterable[str], what: str = "") -> AttributeError:
    """Return the error for a name that a module lacks, with the nearest it has.

    A choice with dots is a name inside a part of the module: only what follows the last dot is
    compared, so that ``rosenbrock`` finds ``landscapes.rosenbrock``. `what` says what such names are.
    """
    places: dict[str, str] = {}
    for choice in choices:
        places.setdefault(choice.rpartition(".")[2], choice)
    near = _nearest(name, places)
    guess = f" Did you mean {places[near]!r}?" if near else ""
    return AttributeError(f"{module} has no {f'{what} ' if what else ''}{name!r}.{guess}")


def one_of(choices: Iterable[object], word: str = "or") -> str:
    """Return the choices as a phrase: ``"'a', 'b' or 'c'"``, or ``"none"`` when there are none."""
    quoted = [repr(choice) for choice in choices]
    if len(quoted) < 2:
        return quoted[0] if quoted else "none"
    return f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"


def show(value: Any, digits: int = 6, deep: int = 4) -> str:
    """Return one short line that says what `value` is, for the inside of a sentence.

    Floats are rounded to `digits` significant digits, arrays of up to six numbers are written out,
    larger ones by their shape, lists to `deep` levels, and anything longer than 60 characters is cut
    with an ellipsis.
    """
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, str):
        return _cut(repr(value))
    if isinstance(value, float):  # numpy.float64 is a float; adding 0 turns -0 into 0
        return f"{value + 0.0:.{digits}g}"
    shape = getattr(value, "shape", None)
    if shape is not None and hasattr(value, "tolist"):
        size = 1
        for length in shape:
            size *= length
        if size > 6:
            return f"an array of shape {tuple(shape)}"
        plain = value.tolist()  # of a long double, a long double
        return _cut(repr(plain)) if type(plain) is type(value) else show(plain, digits)
    if isinstance(value, tuple | list):
        # A list may contain itself.
        parts = [show(item, digits, deep - 1) for item in value[:_LONGEST]] if deep else ["..."]
        inside = ", ".join(parts)
        if isinstance(value, list):
            return _cut(f"[{inside}]")
        return _cut(f"({inside},)" if len(value) == 1 else f"({inside})")
    try:
        return _cut(repr(value))
    except Exception:  # an integer of thousands of digits, or a fault of somebody's __repr__
        return f"a value of type {type(value).__name__}"


def typed(value: Any, digits: int = 3) -> str:
    """Return a number as it would be typed: exactly where six digits do, or else rounded.

    A number next to 1 keeps what it is away from it: 0.99995 is not 1.

    >>> [typed(value) for value in (0.123456, 1 / 60, 0.99995, -0.0)]
    ['0.123456', '0.0167', '0.99995', '0']
    """
    if not isinstance(value, float):
        return show(value, digits)
    value = float(value) + 0.0
    for shown in (6, *range(digits, 18)):
        text = f"{value:.{shown}g}"
        error = abs(float(text) - value)
        if error == 0 or (shown != 6 and error <= 0.005 * min(abs(value), abs(1 - value))):
            break
    return text


def loss_word(land: Any) -> str:
    """Return what the values of a landscape are called: "loss"; those of a game are a "value"."""
    return "loss" if getattr(land, "players", None) is None else "value"


def _nearest(name: object, choices: Iterable[str]) -> str | None:
    if not isinstance(name, str):
        return None
    wanted = _folded(name)
    folded: dict[str, list[str]] = {}  # some differ in case only: a function and what it returns
    for choice in choices:
        folded.setdefault(_folded(choice), []).append(choice)
    if not wanted or not folded:
        return None
    near = difflib.get_close_matches(wanted, folded, n=1, cutoff=0.6)
    if not near and len(wanted) >= 3:
        near = sorted((key for key in folded if key.startswith(wanted)), key=len)[:1]
    return difflib.get_close_matches(name, folded[near[0]], n=1, cutoff=0)[0] if near else None


def _folded(name: str) -> str:
    return "".join(c for c in name.casefold() if c not in " -_")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
