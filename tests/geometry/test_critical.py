"""The search for critical points, against counts that are theorems."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import toylands as tl
from toylands.formula import Landscape, landscape
from toylands.geometry import find_critical_points


def kinds(points) -> Counter[str]:
    return Counter(point.kind for point in points)


@pytest.mark.parametrize(
    ("land", "expected"),
    [
        # Himmelblau: 9 real roots of the gradient (Sturm); six-hump camel: 15.
        ("himmelblau", {"minimum": 4, "saddle": 4, "maximum": 1}),
        ("six_hump_camel", {"minimum": 6, "saddle": 7, "maximum": 2}),
        ("styblinski_tang", {"minimum": 4, "saddle": 4, "maximum": 1}),
        ("quartic_saddle", {"minimum": 2, "saddle": 1}),
    ],
)
def test_all_points_of_polynomials_are_found(land: str, expected: dict[str, int]) -> None:
    assert kinds(find_critical_points(tl.landscapes.get(land))) == expected


def test_points_of_a_landscape_that_declares_none_are_exact() -> None:
    # x^3/3 - x + y^2/2 has a minimum at (1, 0) and a saddle at (-1, 0).
    land = tl.landscape("x**3/3 - x + y**2/2")
    found = find_critical_points(land)
    assert [point.kind for point in found] == ["minimum", "saddle"]
    assert np.allclose([p.point for p in found], [[1, 0], [-1, 0]], atol=1e-12)


def test_morse_theory_on_the_torus() -> None:
    # cos x + cos y on one period: minima - saddles + maxima = 0 (Euler characteristic of the torus).
    land = tl.landscape("cos(x) + cos(y)", view=((0.5, 0.5 + 2 * np.pi), (0.5, 0.5 + 2 * np.pi)))
    count = kinds(find_critical_points(land))
    assert count == {"minimum": 1, "saddle": 2, "maximum": 1}


def test_a_valley_is_not_listed_point_by_point() -> None:
    found = find_critical_points(tl.landscapes.uv_product)
    assert len(found) < 10
    assert kinds(found)["saddle"] == 1


def test_the_equilibria_of_games() -> None:
    (middle,) = find_critical_points(tl.landscapes.bilinear_game)
    assert (middle.kind, middle.flow) == ("equilibrium", "rotating")
    # Undeclared: x descends and y ascends on x^3/3 - x + x y - y^2/2. There y = x, x^2 + x - 1 = 0.
    land = landscape(players=(1, -1), view=((-3, 3), (-3, 3)))(_cubic)
    found = find_critical_points(land)
    roots = (np.array([-1, 1]) * np.sqrt(5) - 1) / 2
    assert np.allclose(sorted(p.point[0] for p in found), roots, atol=1e-12)
    flows = {round(float(p.point[0]), 3): p.flow for p in found}
    assert flows == {-1.618: "unstable", 0.618: "stable"}


def _cubic(x, y):
    return x**3 / 3 - x + x * y - y**2 / 2


def test_flat_lines_of_a_game_are_not_listed_point_by_point() -> None:
    """On the plateau of the masked cliff lines stand still, in double precision, at every x."""
    assert find_critical_points(tl.landscapes.masked_cliff) == []


def test_bad_windows_are_refused() -> None:
    with pytest.raises(ValueError, match="low, high"):
        find_critical_points(tl.landscapes.himmelblau, view=((1, -1), (0, 1)))
    with pytest.raises(ValueError, match="view='wide'"):
        find_critical_points(tl.landscapes.himmelblau, view="wide")
    with pytest.raises(TypeError, match="must be a landscape"):
        find_critical_points("himmelblau")
    with pytest.raises(ValueError, match="grid"):
        find_critical_points(tl.landscapes.himmelblau, grid=1)


def test_a_crowd_is_found_and_each_of_its_points_described_once(monkeypatch) -> None:
    """Along each axis of Rastrigin's window 2 x + 20 pi sin(2 pi x) has 21 roots: 11 minima, 10 maxima."""
    described = []
    original = Landscape._described

    def counted(self, points):
        described.append(len(points))
        return original(self, points)

    monkeypatch.setattr(Landscape, "_described", counted)
    found = find_critical_points(tl.landscapes.rastrigin, grid=24, steps=40)
    assert kinds(found) == {"minimum": 121, "saddle": 220, "maximum": 100}
    assert sum(described) == 441
