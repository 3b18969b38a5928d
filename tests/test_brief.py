"""Results print a line: their numbers, and of arrays only the shape."""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass

import numpy as np
import pytest

import toylands as tl
from toylands._brief import Brief


@dataclass(frozen=True, repr=False)
class LongWalkPCA(Brief, tells=("twice",)):
    landscape: str
    point: np.ndarray
    path: np.ndarray
    lr: float
    names: dict[str, int]
    nothing: None = None

    @property
    def twice(self) -> float:
        return 2 * self.lr


def test_a_line_of_numbers_and_shapes() -> None:
    names = dict.fromkeys("abcd", 1)
    walk = LongWalkPCA("bowl", np.array([1.0, -0.5]), np.zeros((9, 2)), 1 / 3, names)
    wanted = "twice 0.6667, point (1, -0.5), path of shape (9, 2), lr 0.3333, names (4)"
    assert repr(walk) == f"<long walk PCA on 'bowl': {wanted}>"


@pytest.mark.parametrize(
    "name", [n for n in tl.geometry.__all__ if is_dataclass(getattr(tl.geometry, n))]
)
def test_no_measurement_prints_its_arrays(name: str) -> None:
    kind = getattr(tl.geometry, name)
    assert issubclass(kind, Brief) or "__repr__" in vars(kind)
    assert not vars(kind)["__dataclass_params__"].repr or "__repr__" in vars(kind)
