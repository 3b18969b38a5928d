"""The measures of sharpness, and what each of them is invariant under."""

from __future__ import annotations

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import sharpness


def test_the_measures_of_a_bowl() -> None:
    found = sharpness(tl.landscapes.bowl(a=10, b=1), (0, 0), rho=0.1)
    assert found.largest == pytest.approx(10)
    assert found.trace == pytest.approx(11)
    assert found.worst == pytest.approx(0.05)
    # Kicks of mean square length rho^2 cost rho^2/2 tr H / d on average.
    assert abs(found.average - 0.0275) < 4 * found.kicks.standard_error
    assert found.relative_trace == found.relative_largest == found.radial == 0  # the weights are 0
    assert "largest 10, trace 11" in repr(found)


def test_rescaling_one_coordinate_moves_all_but_the_relative_measures() -> None:
    """(uv - 1)^2/2 at (c, 1/c): H = [[1/c^2, 1], [1, c^2]]; diag(w) H diag(w) is all ones."""
    for c in (1.0, 2.0, 10.0):
        found = sharpness(tl.landscapes.uv_product, (c, 1 / c), count=10)
        assert found.largest == pytest.approx(c**2 + c**-2)
        assert found.relative_largest == pytest.approx(2)
        assert found.relative_trace == pytest.approx(2)
        # w'J'Jw = (depth 2 times the output 1)^2, by Euler's theorem: the Fisher-Rao norm squared.
        assert found.radial == pytest.approx(4)


def test_a_diagonal_change_of_ruler_leaves_the_relative_spectrum() -> None:
    plain = tl.landscape("(x - 1)**2*(1 + y**2) + x*y + (y + 2)**4")
    stretched = tl.landscape("(x/7 - 1)**2*(1 + (3*y)**2) + x/7*(3*y) + (3*y + 2)**4")
    first = sharpness(plain, (0.7, -1.2), count=10)
    second = sharpness(stretched, (7 * 0.7, -1.2 / 3), count=10)
    np.testing.assert_allclose(second.relative_eigenvalues, first.relative_eigenvalues, rtol=1e-10)
    assert second.radial == pytest.approx(first.radial)
    assert second.largest != pytest.approx(first.largest, rel=0.1)


def test_a_nonlinear_change_does_not_leave_it() -> None:
    """(w - 1)^2/2 with w = s^3: at s = 1 curvature, relative or not, grows by 3^2."""
    plain = sharpness(tl.landscape("(w - 1)**2/2"), 1.0, count=10)
    cubed = sharpness(tl.landscape("(s**3 - 1)**2/2"), 1.0, count=10)
    assert plain.relative_trace == pytest.approx(1)
    assert cubed.relative_trace == pytest.approx(9)


def test_bad_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="rho=-1"):
        sharpness(tl.landscapes.bowl, (0, 0), rho=-1)
    with pytest.raises(ValueError, match="kink"):
        sharpness(tl.landscapes.ackley, (0, 0))
