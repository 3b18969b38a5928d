"""Outside the ranges of its dials a landscape declares only what is true there."""

from __future__ import annotations

import numpy as np
import pytest

import toylands as tl
from toylands.formula import dial, landscape, minimum, saddle, sqrt

L = tl.landscapes


def test_a_negative_target_has_its_valley_in_the_other_quadrants() -> None:
    for s in (-1.0, -4.0, 9.0):
        middle, first, second = L.uv_product(s=s).critical_points
        assert (middle.kind, first.kind, second.kind) == ("saddle", "valley", "valley")
        np.testing.assert_allclose([p.point[0] * p.point[1] for p in (first, second)], s)
        assert max(p.loss for p in (first, second)) < 1e-28
    assert {p.kind for p in L.uv_product(s=0).critical_points} == {"plateau"}
    assert [p.kind for p in L.uvw_product(s=-8.0).critical_points][-1] == "valley"


@landscape(
    k=dial(1.0, 0.5, 2),
    critical=lambda k: [
        saddle((0,)),
        minimum((sqrt(k),)),
        minimum(((-k) ** 0.5 if k < 0 else 1.0,)),
    ],
)
def tilted(x, *, k):
    """A well whose formulas for critical points hold for k > 0 only."""
    return (x**2 - k) ** 2


@pytest.mark.parametrize("k", [-1.0, -100.0, 0.0, 1e9, 1e-9])
def test_points_that_are_not_there_are_not_declared(k: float) -> None:
    variant = tilted(k=k)
    for claim, point in zip(variant.declared, variant.critical_points, strict=True):
        assert np.isfinite(point.point).all()
        assert claim.kind == point.kind
        assert abs(4 * point.point[0] * (point.point[0] ** 2 - k)) <= 1e-12 * (1 + abs(k)) ** 1.5


def test_a_fault_inside_the_range_is_told() -> None:
    with pytest.raises(ValueError, match="must be one finite number per coordinate"):
        _ = landscape(k=dial(1.0, -2, 2), critical=lambda k: [minimum((sqrt(k),))])(
            lambda x, *, k: x**2 - k
        )(k=-1).declared
