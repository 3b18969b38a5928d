"""The highest loss in a ball: against closed forms, brute force and the trust-region conditions."""

from __future__ import annotations

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import ball_maximum, sphere_average, worst_case

LANDS = tl.landscapes


@pytest.mark.parametrize("seed", range(6))
def test_the_quadratic_maximum_satisfies_the_optimality_conditions(seed: int) -> None:
    """(mu I - H) d = g, mu >= 0, mu I - H positive semidefinite: necessary and sufficient."""
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((4, 4))
    h, g, rho = (a + a.T) - 3 * (seed == 5) * np.eye(4), rng.standard_normal(4), 0.7
    value, d = ball_maximum(g, h, rho)
    assert np.linalg.norm(d) <= rho * (1 + 1e-12)
    mu = float(d @ (g + h @ d) / (d @ d))
    np.testing.assert_allclose(g + h @ d, mu * d, atol=1e-8)
    assert mu >= -1e-9
    assert np.linalg.eigvalsh(mu * np.eye(4) - h)[0] >= -1e-8
    assert value == pytest.approx(g @ d + d @ h @ d / 2)


def test_the_quadratic_maximum_in_the_hard_case() -> None:
    # g has no part along the top eigenvector: d = (1, +-2) fills up the length sqrt(5), mu = 3.
    value, d = ball_maximum([2.0, 0.0], np.diag([1.0, 3.0]), np.sqrt(5))
    np.testing.assert_allclose(np.abs(d), (1, 2), rtol=1e-12)
    assert value == pytest.approx(2 + 1 / 2 + 3 * 4 / 2)


def test_the_quadratic_maximum_may_lie_inside() -> None:
    value, d = ball_maximum([0.1, 0.0], np.diag([-1.0, -2.0]), 1.0)
    np.testing.assert_allclose(d, (0.1, 0), atol=1e-15)
    assert value == pytest.approx(0.005)
    assert ball_maximum([0.0, 0.0], -np.eye(2), 1.0)[0] == 0
    assert ball_maximum([0.0, 0.0], np.zeros((2, 2)), 1.0)[0] == 0


def test_at_the_minimum_of_a_bowl_the_worst_case_sees_the_largest_eigenvalue() -> None:
    worst = worst_case(LANDS.bowl(a=10, b=1), (0, 0), 0.1)
    assert worst.increase == pytest.approx(10 * 0.1**2 / 2, rel=1e-12)
    assert abs(worst.where[0]) == pytest.approx(0.1)
    assert worst.one_step == worst.first_order == 0  # g = 0: SAM's step looks nowhere


@pytest.mark.parametrize(
    ("name", "rho"), [("rosenbrock", 0.5), ("gaussian_wells", 0.5), ("ackley", 0.5), ("egg_box", 2)]
)
def test_the_worst_case_beats_brute_force(name: str, rho: float) -> None:
    """500,000 points of the disc: never higher, and nearly as high."""
    land = LANDS.get(name)
    worst = worst_case(land, land.start, rho)
    angle, radius = np.meshgrid(np.linspace(0, 2 * np.pi, 2001), np.linspace(0, rho, 251))
    disc = np.array(land.start) + np.stack(
        [radius * np.cos(angle), radius * np.sin(angle)], axis=-1
    )
    brute = float(np.max(land.loss(disc)) - land.loss(land.start))
    assert brute <= worst.increase * (1 + 1e-12)
    assert worst.increase <= brute * (1 + 1e-4)
    assert worst.increase >= worst.one_step
    assert np.linalg.norm(worst.where - land.start) <= rho * (1 + 1e-12)
    assert float(land.loss(worst.where) - land.loss(land.start)) == pytest.approx(worst.increase)


def test_a_peak_inside_the_disc_is_the_worst_case() -> None:
    # -(x^2 + y^2) from (0.3, 0): the top, 0.09 higher, lies within 0.5.
    worst = worst_case(tl.landscape("-x**2 - y**2"), (0.3, 0.0), 0.5)
    np.testing.assert_allclose(worst.where, (0, 0), atol=1e-7)
    assert worst.increase == pytest.approx(0.09, rel=1e-12)


def test_at_a_maximum_nothing_is_worse() -> None:
    worst = worst_case(tl.landscape("-x**2 - y**2"), (0.0, 0.0), 0.5)
    assert worst.increase == 0
    np.testing.assert_array_equal(worst.where, (0, 0))


def test_one_and_many_dimensions() -> None:
    assert worst_case(LANDS.parabola(a=2), [1.0], 0.5).increase == pytest.approx(1.5**2 - 1)
    # uvw from (1, 1, 1) within rho: the best direction is the diagonal, by symmetry and AM-GM.
    worst = worst_case(LANDS.uvw_product, (1, 1, 1), 0.3)
    assert worst.increase == pytest.approx(((1 + 0.3 / np.sqrt(3)) ** 3 - 1) ** 2 / 2, rel=1e-9)


def test_the_relative_ball_scales_with_the_weights() -> None:
    """(uv - 1)^2/2: u -> c u, v -> v/c changes nothing (adaptive SAM is scale invariant)."""
    found = [worst_case(LANDS.uv_product, (c, 1 / c), 0.2, relative=True) for c in (1, 3, 10)]
    # u = 1 + a, v = 1 + b with a^2 + b^2 = 0.04: uv - 1 is largest for a = b.
    expected = ((1 + 0.2 / np.sqrt(2)) ** 2 - 1) ** 2 / 2
    np.testing.assert_allclose([worst.increase for worst in found], expected, rtol=1e-9)
    plain = [worst_case(LANDS.uv_product, (c, 1 / c), 0.2).increase for c in (1, 10)]
    assert plain[1] > 10 * plain[0]
    still = worst_case(LANDS.bowl, (0, 0), 0.1, relative=True)
    assert still.increase == 0


def test_points_without_a_loss_are_left_out() -> None:
    """Cross-entropy is defined for 0 < p < 1 only; a ball of radius 1 sticks out."""
    worst = worst_case(LANDS.bce, (0.5, 0.5), 1.0)
    assert np.isfinite(worst.increase)
    assert (worst.where > 0).all()
    assert (worst.where < 1).all()


@pytest.mark.parametrize(
    ("point", "rho", "words"),
    [((0, 0), 0.0, "above 0"), ((0, 0), "a", "must be a number"), ((0, np.nan), 0.1, "finite point"),
     ((0, 0, 0), 0.1, "2 coordinates"), ([(0, 0)], 0.1, "one finite point")],
)  # fmt: skip
def test_bad_questions_are_refused(point, rho, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        worst_case(LANDS.bowl, point, rho)


def test_bad_models_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes"):
        ball_maximum([1.0, 2.0], np.eye(3), 1.0)
    with pytest.raises(ValueError, match="finite"):
        ball_maximum([1.0, 2.0], [[np.nan, 0.0], [0.0, 1.0]], 1.0)
    with pytest.raises(ValueError, match="kink"):
        worst_case(LANDS.ackley, (0.0, 0.0), 0.1)
    with pytest.raises(ValueError, match="no finite Hessian"):
        worst_case(LANDS.bce, (0.0, 0.5), 0.1)
    with pytest.raises(ValueError, match="rho=1e\\+200 is too large"):
        worst_case(LANDS.rosenbrock, (0.0, 0.0), 1e200)
    with pytest.raises(ValueError, match="one 'a' per walker"):
        worst_case(LANDS.bowl(a=np.array([1.0, 2.0])), (0.0, 0.0), 0.1)
    with pytest.raises(TypeError, match="must be a landscape"):
        worst_case("bowl", (0, 0), 0.1)  # type: ignore[arg-type]


def test_the_average_over_a_sphere_never_exceeds_the_worst_case() -> None:
    """Also where the second order does: exp(-r^2) is concave at its edge. Oracle: Bessel's I0."""
    bump = tl.landscape("-exp(-(x**2 + y**2)/2)")
    for rho in (0.1, 1.0, 3.0):
        assert sphere_average(bump, (0, 0), rho) == pytest.approx(
            1 - np.exp(-(rho**2) / 2), rel=1e-13
        )
        worst = worst_case(bump, (0.5, 0.2), rho).increase
        assert sphere_average(bump, (0.5, 0.2), rho) <= worst
        r = np.hypot(0.5, 0.2)
        mean = 1 * np.exp(-(r**2) / 2) - np.exp(-(r**2 + rho**2) / 2) * np.i0(r * rho)
        assert sphere_average(bump, (0.5, 0.2), rho) == pytest.approx(mean, rel=1e-9)
    bowl = tl.landscapes.bowl
    assert sphere_average(bowl, (0, 0), 0.1) == pytest.approx(0.1**2 * 11 / 4)
