"""How results print: a line with their numbers, and of their arrays only the shape.

class Interpolation(Brief, tells=("barrier",)): ...
<interpolation on double_well(c=0.2): barrier 0.142, first (-1, 0), t of shape (101,)>
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any, ClassVar

import numpy as np


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
        parts = [f"{name.replace('_', ' ')} {_short(getattr(self, name))}" for name in shown]
        return f"<{head}: {', '.join(part for part in parts if not part.endswith(' '))}>"


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        if value.ndim == 1 and 0 < value.size <= 3 and value.dtype.kind in "fiu":
            return "(" + ", ".join(f"{number:.4g}" for number in value.tolist()) + ")"
        return f"of shape {value.shape}"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict | list | tuple) and len(value) > 3:
        return f"({len(value)})"
    return "" if value is None else str(value)
