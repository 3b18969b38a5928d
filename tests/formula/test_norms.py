"""Lengths whose squares overflow or vanish; oracle: math.hypot."""

from __future__ import annotations

import math

import numpy as np
import pytest

import toylands as tl
from toylands.formula.norms import norm


@pytest.mark.parametrize("size", [5e-324, 1e-300, 1e-170, 1.0, 1e160, 1e300])
def test_lengths_over_the_whole_range(size: float) -> None:
    assert norm(np.array([3 * size, -4 * size])) == pytest.approx(
        math.hypot(3 * size, 4 * size), rel=1e-15
    )


def test_lengths_at_the_ends() -> None:
    rows = np.array([[0.0, 0.0], [np.inf, 1.0], [np.nan, 1.0], [1e200, 1e200], [3.0, 4.0]])
    np.testing.assert_allclose(norm(rows), [0, np.inf, np.nan, math.sqrt(2) * 1e200, 5])


@pytest.mark.parametrize("k", [1e-170, 1e-200, 1e160, 1e200])
def test_a_walk_records_gradients_of_any_size(k: float) -> None:
    land = tl.landscape("k*(x + y)", k=k)
    run = tl.descend(land, tl.gd(1e-300), start=(0.0, 0.0), steps=1)
    np.testing.assert_allclose(run.grad_norm, k * math.sqrt(2), rtol=1e-15)
