"""Lesson 13, random directions and good subspaces: every number comes out of the library."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from exact_tools import close

import toylands as tl
from toylands.geometry import curvature_moments, random_curvatures
from toylands.theory import high_dimension

SPIKE = np.r_[np.zeros(999), 1000.0]


def test_a_spike_looks_harmless() -> None:
    mean, spread = curvature_moments(SPIKE)
    close((mean, spread), (1, 1.412095))
    drawn = random_curvatures(SPIKE, count=2000)
    assert abs(drawn.mean - 1) < 4 * drawn.standard_error
    # Gradient descent with lr = 0.01 diverges along it all the same: 0.01 * 1000 > 2.
    run = tl.descend(tl.landscapes.parabola(a=1000), tl.gd(0.01), start=[1e-3])
    assert run.status.kind == "diverged"


def test_equal_curvatures_do_not_spread() -> None:
    assert curvature_moments(np.full(1000, 2.5))[1] == 0  # std_curv_iso


def test_two_and_ten_dimensions() -> None:
    close(curvature_moments(tl.landscapes.bowl.spectrum((0, 0)).eigenvalues), (5.5, 3.181981))
    close(curvature_moments(np.r_[np.zeros(7), np.full(3, 4.0)])[0], 1.2)


def test_half_the_space_reaches_half_the_loss() -> None:
    close(high_dimension.expected_residual(100, 50), 0.25)
    offset = np.zeros(100)
    offset[0] = 1
    losses = high_dimension.random_residuals(np.eye(100), offset, 50, count=400)
    # The share left is Beta(25, 25) distributed, with variance 1/(4 * 51).
    assert abs(losses.mean() - 0.25) < 4 * 0.5 * np.sqrt(1 / 204 / 400)


def test_the_intrinsic_dimension_is_the_rank() -> None:
    rng = np.random.default_rng(1)
    inputs = rng.standard_normal((3, 10))
    hessian, offset = inputs.T @ inputs, rng.standard_normal(10)
    assert high_dimension.intrinsic_dimension(hessian) == 3
    for d in range(6):
        losses = high_dimension.random_residuals(hessian, offset, d, count=50)
        assert (losses < 1e-20).all() if d >= 3 else (losses > 1e-12).all()


def test_masks_that_keep_the_truth() -> None:
    assert high_dimension.good_masks(10, 2) == 256
    close(high_dimension.good_masks(10, 2) / 2**10, 0.25)
    masks = np.array(list(product((0, 1), repeat=10)))
    assert np.sum(masks[:, [3, 7]].all(axis=1)) == 256


def test_the_share_of_masks_does_not_depend_on_the_dimension() -> None:
    for n in (5, 20):
        assert high_dimension.good_masks(n, 2) / 2**n == pytest.approx(0.25)
