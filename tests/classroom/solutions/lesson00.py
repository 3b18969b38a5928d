"""Right answers to the exercises of lesson 0, start here, by another route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def watershed(given: Any) -> float:
    """A little left of the saddle: the middle root of x^3 - x + c."""
    roots = np.sort(np.roots([1.0, 0.0, -1.0, given.land.parameters["c"]]).real)
    return float(roots[1]) - 0.025


SOLUTIONS: dict[str, Callable[[Any], Any]] = {
    "0.1": watershed,
}
