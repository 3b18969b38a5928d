"""Slices show exactly what lies under them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import slice_line, slice_plane


def test_curvature_along_a_line_is_the_quadratic_form() -> None:
    # Along 45 degrees of the bowl with axes 10 and 1 turned by 30: 10 cos^2(15) + 1 sin^2(15).
    line = slice_line(tl.landscapes.rotated_bowl(a=10, b=1, angle=30), (0.0, 0.0), angle=45.0)
    expected = 10 * np.cos(np.radians(15)) ** 2 + np.sin(np.radians(15)) ** 2
    assert line.hessian(0.7)[0, 0] == pytest.approx(expected, rel=1e-12)
    assert line(angle_of_line=30.0).hessian(0.0)[0, 0] == pytest.approx(10.0, rel=1e-12)


def test_a_line_has_the_loss_and_slope_of_the_landscape() -> None:
    land = tl.landscapes.rosenbrock
    line = slice_line(land, (-1.2, 1.0), angle=60.0)
    along = np.array([np.cos(np.pi / 3), np.sin(np.pi / 3)])
    for s in (-0.4, 0.0, 1.3):
        point = np.array([-1.2, 1.0]) + s * along
        assert line.loss(s) == pytest.approx(land.loss(point), rel=1e-12)
        assert line.grad(s)[0] == pytest.approx(land.grad(point) @ along, rel=1e-11)
        assert line.hessian(s)[0, 0] == pytest.approx(
            along @ land.hessian(point) @ along, rel=1e-11
        )


def test_a_plane_turns_into_the_coordinate_it_left_out() -> None:
    land = tl.landscapes.uvw_product
    plane = slice_plane(land, (1.0, 0.5, -0.2))(turn_a=90.0, turn_b=0.0)
    assert plane.loss((0.3, 0.4)) == pytest.approx(land.loss((1.0, 0.9, 0.1)), rel=1e-12)


def test_a_slice_keeps_parameters_and_data() -> None:
    land = tl.landscapes.regression(y=(1.0, 3.0, 2.0, 9.0))
    line = slice_line(land, (0.0, 0.0), angle=90.0)
    assert line.loss(2.0) == pytest.approx(land.loss((0.0, 2.0)), rel=1e-13)
    steep = slice_line(tl.landscapes.rosenbrock(b=7.0), (0.0, 0.0), angle=90.0)
    assert steep.parameters["b"] == 7.0
    assert steep(b=9.0).hessian(0.0)[0, 0] == pytest.approx(18.0)


GAME = tl.landscape("x*y + z**2*y + x**2*z", players=(1, -1, 1))


def test_a_slice_of_a_game_is_a_game() -> None:
    """Each side still goes its own way: what moves in the slice is what moves in the game."""
    at = np.array([0.3, -0.7, 1.1])
    plane = slice_plane(GAME, at)(turn_a=30.0)
    assert plane.players == (1, -1)
    assert set(plane.dials) == {"turn_a"}  # z is on the side of x, and y has no other coordinate
    turned = np.array([[np.cos(np.pi / 6), 0, np.sin(np.pi / 6)], [0, 1, 0]])
    np.testing.assert_allclose(plane.field((0, 0)), turned @ GAME.field(at), rtol=1e-13)
    straight = slice_plane(GAME, at, along=((1, 0, 2), (0, 3, 0)))
    expected = np.array([[1, 0, 2], [0, 3, 0]]) @ GAME.field(at)
    np.testing.assert_allclose(straight.field((0, 0)), expected, rtol=1e-13)
    line = slice_line(GAME, at, along=(0, -2, 0))
    assert line.field(0.0)[0] == pytest.approx(-2 * GAME.field(at)[1], rel=1e-13)


@pytest.mark.parametrize(
    "cut",
    [
        lambda: slice_line(GAME),
        lambda: slice_line(GAME, along=(1, 1, 0)),
        lambda: slice_plane(GAME, along=((1, 0, 0), (0, 1, 1))),
    ],
)
def test_a_slice_that_mixes_two_sides_is_refused(cut: Any) -> None:
    with pytest.raises(
        ValueError, match="is a game, and this slice would move coordinates of both"
    ):
        cut()


def test_a_plane_has_names_that_its_landscape_has_not() -> None:
    """Rosenbrock's parameters are a and b, as a plane's coordinates usually are."""
    plane = slice_plane(tl.landscapes.rosenbrock(a=2.0), (0.5, 0.1))
    assert plane.coordinates == ("s", "t")
    assert plane(b=9.0).loss((0.3, -0.2)) == pytest.approx(
        tl.landscapes.rosenbrock(a=2.0, b=9.0).loss((0.8, -0.1)), rel=1e-13
    )
    assert slice_plane(tl.landscapes.uv_product).coordinates == ("a", "b")
    assert slice_line(tl.landscapes.mode_collapse).coordinates == ("t",)  # its parameter is s


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: slice_line(tl.landscapes.parabola), "one coordinate"),
        (lambda: slice_plane(tl.landscapes.uvw_product, axes=(0, 3)), "below 3"),
        (lambda: slice_line(tl.landscapes.rosenbrock, (np.nan, 0.0)), "finite"),
        (lambda: slice_line(tl.landscapes.rosenbrock, (1.0, 0.0, 2.0)), "2 coordinates"),
        (lambda: slice_line(tl.landscapes.rosenbrock, reach=-1), "reach=-1"),
        (lambda: slice_plane(tl.landscapes.rosenbrock, reach=0), "reach=0"),
        (lambda: slice_plane(tl.landscapes.rosenbrock, axes=0), "axes=0"),
        (lambda: slice_plane(tl.landscapes.parabola), "no plane"),
    ],
)
def test_bad_slices_are_refused(make, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        make()
