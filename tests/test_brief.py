"""Results print a line: their numbers, and of arrays only the shape."""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass
from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands._brief import Brief
from toylands._words import show, typed


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


@dataclass(frozen=True, repr=False)
class Found(Brief):
    minimum: Any
    values: Any = None


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (Found("minimum at (0, 0)"), "<found: minimum at (0, 0)>"),  # not "minimum minimum at"
        (Found(-0.0, np.array([-0.0, 1 / 3])), "<found: minimum 0, values (0, 0.3333)>"),
        (Found((np.float64(0.5), 2)), "<found: minimum (0.5, 2)>"),
        (Found([np.zeros(3)]), "<found: minimum (1)>"),
        (Found("long " * 40, np.zeros((4, 5))), "<found: values of shape (4, 5)>"),
        (Found(1, "two\nlines"), "<found: minimum 1>"),
    ],
)
def test_lines(found: Found, line: str) -> None:
    assert repr(found) == line


def test_a_ticket_is_one_short_line() -> None:
    land = tl.landscapes.two_tickets
    ticket = tl.geometry.find_ticket(land, tl.gd(0.05), keep=0.5, steps=3)
    assert len(repr(ticket)) < 160
    assert "\n" not in repr(ticket)
    assert "array" not in repr(ticket)


def test_minus_zero_is_zero() -> None:
    assert show(-0.0) == show(np.float64(-0.0)) == typed(-0.0) == "0"
    land = tl.landscape("-(x**2)")
    run = tl.descend(land, tl.gd(0.1), (0.0,), steps=1)
    assert "loss 0>" in repr(run)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "0.1"), (1 / 60, "0.0167"), (0.123456, "0.123456"), (0.99995, "0.99995"),
     (0.9999912345, "0.9999912"), (1e-9, "1e-09"), (3, "3"), (np.float64(2.0), "2"), ("stay", "'stay'")],
)  # fmt: skip
def test_numbers_as_they_would_be_typed(value: Any, text: str) -> None:
    assert typed(value) == text
