"""Slices show exactly what lies under them."""

from __future__ import annotations

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
    with pytest.raises(ValueError, match=words):
        make()
