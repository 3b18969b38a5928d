"""Symmetry divided out, and what it conserves along a run."""

from __future__ import annotations

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import (
    conserved,
    effective_hessian,
    noether,
    symmetry_defect,
    symmetry_directions,
)

UV, UVW = tl.landscapes.uv_product, tl.landscapes.uvw_product
SCALING = np.diag([1.0, -1.0])
POINTS = np.random.default_rng(0).uniform(-2, 2, (50, 2))
RING = tl.landscape("(x**2 + y**2 - 1)**2/4")
TURN = np.array([[0.0, -1.0], [1.0, 0.0]])


def test_a_symmetry_leaves_the_gradient_orthogonal() -> None:
    assert symmetry_defect(UV, SCALING, POINTS) < 1e-14
    assert symmetry_defect(RING, TURN, POINTS) < 1e-14
    assert symmetry_defect(UV, TURN, POINTS) > 0.5
    assert symmetry_defect(tl.landscape("(x + y - 1)**2"), [1.0, -1.0], POINTS) < 1e-14
    curved = symmetry_defect(RING, lambda p: (-p[1] * p[0], p[0] ** 2), POINTS)
    assert curved < 1e-14


def test_what_is_left_of_a_rank_one_valley() -> None:
    for c in (1.0, 2.0, 10.0):
        reduced = effective_hessian(UV, (c, 1 / c), SCALING)
        np.testing.assert_allclose(reduced.eigenvalues, [c**2 + c**-2])
        # In terms of s = uv the loss is (s - 1)^2/2: curvature 1 at every minimum.
        np.testing.assert_allclose(reduced.measured_by([[1 / c, c]]), [[1]])
        assert reduced.leak < 1e-14


def test_two_symmetries_of_three_layers() -> None:
    both = [np.diag([1.0, -1.0, 0.0]), np.diag([0.0, 1.0, -1.0])]
    at = np.array([2.0, 0.5, 1.0])
    reduced = effective_hessian(UVW, at, both)
    grad_s = np.prod(at) / at
    np.testing.assert_allclose(reduced.eigenvalues, [grad_s @ grad_s])
    np.testing.assert_allclose(reduced.measured_by([grad_s]), [[1]])
    assert symmetry_directions(UVW, at, both).shape == (3, 2)
    assert symmetry_directions(UVW, at, [*both, np.diag([1.0, 0, -1])]).shape == (3, 2)


def test_two_invariants_have_the_hessian_of_the_function_of_them() -> None:
    """(s-1)^2 + (s-1)(w-2) + 3 (w-2)^2 with s = uv, at (4, 1/4, 2), in the coordinates (s, w)."""
    land = tl.landscape("(u*v - 1)**2 + (u*v - 1)*(w - 2) + 3*(w - 2)**2")
    reduced = effective_hessian(land, (4, 0.25, 2), np.diag([1.0, -1.0, 0.0]))
    measured = reduced.measured_by([[0.25, 4, 0], [0, 0, 1]])
    np.testing.assert_allclose(measured, [[2, 1], [1, 6]], rtol=1e-12)
    skew = reduced.measured_by([[0.25, 4, 0], [0.25, 4, 1]])  # s and q = s + w, so w = q - s
    np.testing.assert_allclose(skew, [[6, -5], [-5, 6]], rtol=1e-12)


def test_a_point_that_the_symmetry_does_not_move_keeps_its_whole_hessian() -> None:
    reduced = effective_hessian(UV, (0, 0), SCALING)
    np.testing.assert_allclose(reduced.eigenvalues, (-1, 1))
    assert reduced.leak == 0


def test_away_from_critical_points_the_leak_shows() -> None:
    assert effective_hessian(UV, (2, 1), SCALING).leak > 0.01


def test_gradient_descent_drifts_by_its_exact_law() -> None:
    run = tl.descend(UV, tl.gd(0.1), start=(2, 0.25), steps=200)
    kept = conserved(run, noether(SCALING))
    # C <- C (1 - lr^2 r^2) with r = uv - 1, exactly.
    r = run.path[:-1].prod(axis=1) - 1
    np.testing.assert_allclose(kept.values[1:], kept.values[:-1] * (1 - 0.01 * r**2), rtol=1e-13)
    assert kept.values[0] == 3.9375
    assert kept.drift[0] == 0
    assert kept.worst == pytest.approx(3.9375 - kept.values[-1])
    fine, finer = (
        conserved(tl.descend(UV, tl.gd(lr), start=(2, 0.25), steps=4000), noether(SCALING)).worst
        for lr in (0.004, 0.002)
    )
    assert fine / finer == pytest.approx(2, rel=0.02)  # first order in lr over a whole run


def test_a_rotation_keeps_the_angle() -> None:
    run = tl.descend(RING, tl.gd(0.1), start=(0.3, 0.4), steps=50)
    angle = conserved(run, lambda p: np.arctan2(p[1], p[0]))
    assert angle.worst < 1e-14
    assert angle.name == "quantity"
    assert conserved(run, np.linalg.norm, "length").name == "length"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: noether(TURN), "symmetric matrix"),
        (lambda: noether([1.0, 2.0]), "square"),
        (lambda: effective_hessian(UV, (1, 1), [SCALING, np.eye(2)]), "nothing is left"),
        (lambda: effective_hessian(UV, (1, 1), np.eye(3)), "generators"),
        (lambda: effective_hessian(UV, (1, 1), []), "generators"),
        (lambda: effective_hessian(UV, (1, 1), lambda p: p[:1]), "2 finite numbers"),
        (lambda: effective_hessian(UV, (1, 1), SCALING).measured_by([[1, 2], [3, 4]]), "shape"),
        (lambda: effective_hessian(UV, (1, 1), SCALING).measured_by([[1, -1]]), "determine"),
    ],
)
def test_bad_symmetries_are_refused(call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_bad_runs_and_quantities_are_refused() -> None:
    run = tl.descend(UV, tl.gd(0.1), steps=3)
    with pytest.raises(TypeError, match="must be a function"):
        conserved(run, 3.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="one number"):
        conserved(run, lambda p: p)
    with pytest.raises(TypeError, match=r"run\[0\]"):
        conserved(tl.descend(UV, tl.gd([0.1, 0.2]), steps=3), np.linalg.norm)
