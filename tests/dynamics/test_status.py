"""How a walk ended, in words, and what kind of point it came to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.dynamics import Status
from toylands.dynamics.status import point_kind, stationary

pytestmark = pytest.mark.filterwarnings("error")

VALLEY = tl.landscape("(x*y - 1)**2", name="hyperbola")


def test_words() -> None:
    assert str(Status("running")) == "running"
    assert str(Status("diverged", step=17)) == "diverged at step 17"
    for point, words in {
        "minimum": "a minimum", "saddle": "a saddle", "maximum": "a maximum",
        "valley": "a valley of minima", "ridge": "a ridge", "plateau": "a plateau",
        "equilibrium": "an equilibrium", "kink": "a kink",
    }.items():  # fmt: skip
        assert str(Status("converged", point=point)) == f"converged to {words}"
    assert repr(Status("running")) == "running"
    assert Status("diverged", step=3) == Status("diverged", step=3)


@pytest.mark.parametrize("above", [1e-6, 1e-8, -1e-7, -1e-9])
def test_a_valley_is_a_valley_also_from_its_slope(above: float) -> None:
    """Above the floor the Hessian's small eigenvalue is not zero: it may even be negative."""
    point = np.array([2.0, 0.5 + above])
    assert VALLEY.classify(point) in ("saddle", "minimum", "valley")
    assert point_kind(VALLEY, point) == "valley"


@pytest.mark.parametrize(
    ("text", "point", "kind"),
    [
        ("x**4 + y**4", (5e-3, 4e-3), "minimum"),  # Newton's steps shrink by 2/3: they end at 0
        ("x**2 + y**4", (1e-9, 5e-3), "minimum"),
        ("x**2 + y**4", (1e-9, 0.0), "valley"),  # the Hessian alone cannot tell
        ("log(1 + exp(-x)) + y**2", (20.0, 0.0), "plateau"),  # positive curvature, no minimum
        ("exp(-x) + 0*y", (18.0, 0.0), "plateau"),
        ("1/x + 0*y", (2000.0, 0.0), "plateau"),
        ("exp(-x) + y**2", (25.0, 0.0), "plateau"),  # curved a little, and no minimum
        ("tanh(x) + y**2", (-9.0, 0.0), "plateau"),
        ("x**3 - 3*x*y**2", (4e-4, 3e-4), "saddle"),
        ("x**3 - 3*x*y**2", (0.0, 0.0), "plateau"),
        ("3.0 + 0*x*y", (0.4, 0.2), "plateau"),
        ("(x - 1)**2 + (y - 2)**2", (1.0 + 1e-7, 2.0), "minimum"),
    ],
)
def test_a_small_gradient_is_not_yet_a_stationary_point(text: str, point: Any, kind: str) -> None:
    land = tl.landscape(text, coordinates=["x", "y"])
    assert np.linalg.norm(land.grad(point)) < 1e-6
    assert point_kind(land, np.array(point)) == kind


HOLE = "sqrt((x - 1)**2 + (y - a)**2)"


@pytest.mark.parametrize(
    ("text", "point", "kind"),
    [  # sin(r)/r = 1 - r^2/6 + ...; next to r = 0 its Hessian is nothing but rounding
        ("1 - sin(x)/x + y**2 + 0*a", (5.6e-9, 0.0), "minimum"),
        ("1 - sin(x)/x + y**2 + 0*a", (-1.4e-7, 1e-9), "minimum"),
        ("1 - sin(x)/x - y**2 + 0*a", (5.6e-9, 0.0), "saddle"),
        ("1 - sin(x)/x + 0*y + 0*a", (5.6e-9, 0.5), "valley"),
        (f"1 - sin({HOLE})/{HOLE}", (1 + 3e-9, 2 - 4e-9), "minimum"),
        (f"sin({HOLE})/{HOLE}", (1 + 3e-9, 2 - 4e-9), "maximum"),
    ],
)
def test_next_to_a_point_where_the_formula_reads_0_by_0(text: str, point: Any, kind: str) -> None:
    land = tl.landscape(text, a=2.0)
    (found,), (led,) = stationary(land, np.array([point]))
    assert found == kind
    assert np.hypot(*land.grad(led)) < 1e-20  # at rest, and not 5e-9 beside it


def test_where_there_is_no_hessian() -> None:
    land = tl.landscape("sqrt(abs(x))**3 + y**2", name="bent")
    kinds, points = stationary(land, np.array([[0.0, 0.0], [0.0, 1.0]]))
    assert kinds.tolist() == ["kink", "kink"]
    np.testing.assert_array_equal(points, [[0.0, 0.0], [0.0, 1.0]])


def test_stationary_takes_many_points_and_a_landscape_each() -> None:
    """The kind depends on k: (x^2 + k y^2) at the origin is a minimum, a valley, a saddle."""
    land = tl.landscape("x**2 + k*y**2", k=1.0)
    kinds, points = stationary(land(k=np.array([1.0, 0.0, -1.0])), np.full((3, 2), 1e-8))
    assert kinds.tolist() == ["minimum", "valley", "saddle"]
    np.testing.assert_allclose(points, [[0, 0], [0, 1e-8], [0, 0]], atol=1e-20)
    none, _ = stationary(land, np.empty((0, 2)))
    assert none.shape == (0,)
