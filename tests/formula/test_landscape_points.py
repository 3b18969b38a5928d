"""Declared points: looked for only where there are any, and refined together."""

from __future__ import annotations

import numpy as np
import pytest

from toylands.formula import absolute, compile, cos, landscape, minimum, where

pytestmark = pytest.mark.filterwarnings("error")


def test_without_declared_points_nothing_is_compiled() -> None:
    land = landscape("(x + 2*y)**4 + exp(x*y)")
    before = compile.compiled
    assert land.critical_points == []
    assert compile.compiled == before


def test_points_are_refined_together_as_one_by_one() -> None:
    """Cosines: minima at odd multiples of pi, given to three digits, and a kink among them."""
    ends = [(round(k * np.pi, 3),) for k in (-5, -3, -1, 1, 3, 5)]
    waves = [minimum(end, -1.0) for end in ends]

    @landscape(critical=[*waves[:3], minimum((0.0,), 0.0), *waves[3:]])
    def bent(x):
        return where(x * x < 0.01, absolute(x), cos(x))

    found = bent.critical_points
    assert [point.kind for point in found] == ["minimum"] * 7
    smooth = [point.point[0] for point in found if np.isfinite(point.eigenvalues).all()]
    np.testing.assert_allclose(smooth, np.pi * np.array([-5, -3, -1, 1, 3, 5]), rtol=1e-15)
    assert found[3].point[0] == 0.0
    for point, end in zip(np.delete(np.array(found, dtype=object), 3), ends, strict=True):
        np.testing.assert_array_equal(point.point, bent.refine(end))
        assert point.loss == -1.0
        assert point.eigenvalues == pytest.approx([1.0])
