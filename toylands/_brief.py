"""How results print: a line with their numbers, and of their arrays only the shape.

class Interpolation(Brief, tells=("barrier",)): ...
<interpolation on double_well(c=0.2): barrier 0.142, first (-1, 0), t of shape (101,)>
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any, ClassVar

import numpy as np

from toylands._words import show

#: a value that needs more room than this is left out of the line
_LONGEST = 60


class Brief:
    """A dataclass of measurements with a short repr; `tells` names properties to show first."""

    _tells: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, tells: tuple[str, ...] = (), **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._tells = tells

    def __repr__(self) -> str:
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(self).__name__).split()
        kind = " ".join(word if word.isupper() else word.lower() for word in words)
        names = [field.name for field in dataclasses.fields(self)]  # type: ignore[arg-type]
        head = kind
        if "landscape" in names:
            head += f" on {getattr(self, 'landscape')!r}"  # noqa: B009
        shown = [*self._tells, *(name for name in names if name != "landscape")]
        parts = [_told(name.replace("_", " "), getattr(self, name)) for name in shown]
        return f"<{head}: {', '.join(filter(None, parts))}>"


def _told(name: str, value: Any) -> str:
    """What a line says of one value: its name and the value, or nothing where that would be long."""
    text = _short(value)
    if not text:
        return ""
    return text if text.startswith(f"{name} ") else f"{name} {text}"  # not "minimum minimum at"


def _short(value: Any) -> str:
    """A value in a few words; '' for None and for whatever has a long line of its own."""
    if isinstance(value, np.ndarray):
        if value.ndim == 1 and 0 < value.size <= 3 and value.dtype.kind in "fiu":
            return "(" + ", ".join(show(number, 4) for number in value.tolist()) + ")"
        return f"of shape {value.shape}"
    if isinstance(value, float):
        return show(value, 4)
    if isinstance(value, list | tuple):
        inside = [_short(item) for item in value]
        plain = len(value) <= 3 and not any(isinstance(item, np.ndarray) for item in value)
        return f"({', '.join(inside)})" if plain and all(inside) else f"({len(value)})"
    if isinstance(value, dict):
        return f"({len(value)})"
    text = "" if value is None else str(value)
    return text if len(text) <= _LONGEST and "\n" not in text else ""
