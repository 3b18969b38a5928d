"""Curves of solutions, against curves that are known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import solution_curve


def test_a_hyperbola_is_followed_to_the_edges() -> None:
    curve = solution_curve(tl.landscape("(u*v - 1)**2/2", view=((0, 3), (0, 3))), (1.1, 0.9))
    assert np.abs(curve[:, 0] * curve[:, 1] - 1).max() < 1e-7
    assert (curve.max(axis=0) >= 3).all()  # out of the window at both ends
    assert (np.diff(curve[:, 0]) > 0).all() or (np.diff(curve[:, 0]) < 0).all()


def test_a_closed_curve_ends_where_it_began() -> None:
    curve = solution_curve(tl.landscape("(x**2 + y**2 - 1)**2"), (0.8, 0.5))
    assert np.abs(np.linalg.norm(curve, axis=1) - 1).max() < 1e-7
    np.testing.assert_array_equal(curve[0], curve[-1])
    turned = np.unwrap(np.arctan2(curve[:, 1], curve[:, 0]))
    assert abs(abs(turned[-1] - turned[0]) - 2 * np.pi) < 1e-9


def test_a_line_in_three_coordinates() -> None:
    land = tl.landscape("(x + 2*y - 1)**2 + (z - y)**2", view=((-2, 2),) * 3)
    curve = solution_curve(land, (1.0, 0.1, 0.0))
    assert np.abs(curve @ [1, 2, 0] - 1).max() < 1e-9
    assert np.abs(curve[:, 2] - curve[:, 1]).max() < 1e-9


@pytest.mark.parametrize("formula", ["x**2 + y**2", "x + y**2", "x**2 - y"])
def test_where_there_is_no_curve_it_says_so(formula: str) -> None:
    with pytest.raises(ValueError, match="no curve of solutions"):
        solution_curve(tl.landscape(formula), (0.2, 0.1))
