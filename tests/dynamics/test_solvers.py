"""Newton's and the saddle-free step against LAPACK, exact fractions and hand-made matrices."""

from __future__ import annotations

import ctypes
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.dynamics import solvers

Array = np.ndarray


def apply(step: Any, hessians: Array, gradients: Array, damping: Any = 0.0) -> Array:
    """Run a compiled step on matrices (N, d, d) and vectors (N, d), in a block with room to spare."""
    n, d = gradients.shape
    ld = n + 3
    h, g = np.full((d * d, ld), np.nan), np.full((d, ld), np.nan)
    h[:, :n], g[:, :n] = hessians.reshape(n, d * d).T, gradients.T
    shift = np.ascontiguousarray(np.broadcast_to(damping, (n,)), dtype=float)
    scratch = np.empty(2 * d * d)
    kept = h.copy()
    arrays = (h, g, shift, scratch)
    step.compiled.ctypes(
        n, ld, d, *(a.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for a in arrays)
    )
    np.testing.assert_array_equal(h, kept)  # the Hessians are only read
    assert np.isnan(g[:, n:]).all()  # nothing is written beside the block
    return g[:, :n].T.copy()


def symmetric(rng: np.random.Generator, n: int, d: int) -> Array:
    made = rng.normal(size=(n, d, d))
    return (made + made.transpose(0, 2, 1)) / 2


@pytest.mark.parametrize("d", [1, 2, 3, 5, 8])
def test_newton_against_lapack(d: int) -> None:
    rng = np.random.default_rng(d)
    h, g, damping = symmetric(rng, 40, d), rng.normal(size=(40, d)), rng.uniform(0, 2, 40)
    shifted = h + damping[:, None, None] * np.eye(d)
    expected = np.linalg.solve(shifted, g[..., None])[..., 0]
    worst = np.linalg.cond(shifted)[:, None]
    made = apply(solvers.newton_step, h, g, damping)
    size = np.abs(expected).max(axis=1, keepdims=True)
    assert (np.abs(made - expected) <= 20 * d * np.finfo(float).eps * worst * size).all()


@pytest.mark.parametrize("d", [1, 2, 3, 5, 8])
def test_saddle_free_against_lapack(d: int) -> None:
    rng = np.random.default_rng(10 + d)
    h, g, damping = symmetric(rng, 40, d), rng.normal(size=(40, d)), rng.uniform(0, 2, 40)
    values, vectors = np.linalg.eigh(h)
    along = np.einsum("nij,ni->nj", vectors, g) / (np.abs(values) + damping[:, None])
    expected = np.einsum("nij,nj->ni", vectors, along)
    made = apply(solvers.saddle_free_step, h, g, damping)
    worst = (np.abs(values).max(axis=1) / (np.abs(values) + damping[:, None]).min(axis=1))[:, None]
    size = np.abs(expected).max(axis=1, keepdims=True)
    assert (np.abs(made - expected) <= 50 * d * np.finfo(float).eps * worst * size).all()


def test_newton_exchanges_rows_where_it_must() -> None:
    h = np.array([[[0.0, 1.0], [1.0, 0.0]], [[1e-20, 1.0], [1.0, 1.0]], [[2.0, 0.0], [0.0, -4.0]]])
    g = np.array([[3.0, 5.0], [1.0, 2.0], [2.0, 2.0]])
    np.testing.assert_allclose(
        apply(solvers.newton_step, h, g), [[5.0, 3.0], [1.0, 1.0], [1.0, -0.5]], rtol=1e-15
    )


def test_newton_on_a_hilbert_matrix() -> None:
    """Condition number 5e5: exact rational arithmetic knows the answer."""
    d = 5
    rows = [[Fraction(1, i + j + 1) for j in range(d)] for i in range(d)]
    exact = [Fraction(k + 1) for k in range(d)]
    g = [float(sum(row[k] * exact[k] for k in range(d))) for row in rows]
    h = np.array([[float(entry) for entry in row] for row in rows])
    made = apply(solvers.newton_step, h[None], np.array([g]))[0]
    np.testing.assert_allclose(made, [float(x) for x in exact], rtol=1e-9)


@pytest.mark.parametrize("scale", [1e-150, 1e-9, 1.0, 1e9, 1e140])
def test_steps_do_not_depend_on_units(scale: float) -> None:
    h = np.array([[[2.0, 1.5, 0.0], [1.5, -3.0, 0.7], [0.0, 0.7, 1.0]]])
    g = np.array([[1.0, -2.0, 0.5]])
    for step in (solvers.newton_step, solvers.saddle_free_step):
        plain, scaled = apply(step, h, g), apply(step, scale * h, scale * g)
        np.testing.assert_allclose(scaled, plain, rtol=1e-13)


def test_saddle_free_on_special_matrices() -> None:
    g = np.array([[3.0, -2.0]])
    cases = [
        ([[2.0, 0.0], [0.0, -4.0]], [1.5, -0.5]),  # diagonal: nothing to rotate
        ([[0.0, 1.0], [1.0, 0.0]], [3.0, -2.0]),  # eigenvalues +1 and -1: |H| = I
        ([[5.0, 0.0], [0.0, 5.0]], [0.6, -0.4]),  # equal eigenvalues
        ([[-1.0, 0.0], [0.0, -1.0]], [3.0, -2.0]),  # a maximum is climbed down
        ([[3.0, 4.0], [4.0, -3.0]], [0.6, -0.4]),  # eigenvalues +5 and -5: |H| = 5 I
    ]
    for h, expected in cases:
        made = apply(solvers.saddle_free_step, np.array([h]), g)
        np.testing.assert_allclose(made, [expected], rtol=1e-14, atol=1e-15)


def test_they_agree_on_positive_definite_matrices() -> None:
    rng = np.random.default_rng(5)
    root = rng.normal(size=(20, 4, 4))
    h, g = root @ root.transpose(0, 2, 1) + 0.1 * np.eye(4), rng.normal(size=(20, 4))
    newton = apply(solvers.newton_step, h, g)
    saddle_free = apply(solvers.saddle_free_step, h, g)
    np.testing.assert_allclose(newton, saddle_free, rtol=1e-10)


@pytest.mark.parametrize("step", [solvers.newton_step, solvers.saddle_free_step])
def test_a_singular_hessian_gives_no_number(step: Any) -> None:
    g = np.array([[1.0, 1.0]])
    for h in ([[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]], [[np.nan, 0.0], [0.0, 1.0]]):
        assert not np.isfinite(apply(step, np.array([h]), g)).all()
    # Damping makes it regular.
    made = apply(step, np.array([[[1.0, 0.0], [0.0, 0.0]]]), g, damping=0.5)
    np.testing.assert_allclose(made, [[1 / 1.5, 2.0]], rtol=1e-15)


@pytest.mark.parametrize("factory", [tl.newton, tl.saddle_free_newton])
def test_a_run_into_a_singular_hessian_is_divergence(factory: Any) -> None:
    land = tl.landscape("x**2 + 0*y + y", name="tilted")
    run = tl.descend(land, factory(), (1.0, 1.0), 10)
    assert str(run.status) == "diverged at step 1"
    np.testing.assert_array_equal(run.path, [[1.0, 1.0]])


def test_newton_goes_to_the_saddle_and_saddle_free_does_not() -> None:
    land = tl.landscape("x**2 - y**2 + y**4/2", name="two_wells")
    newton = tl.descend(land, tl.newton(), (0.5, 0.1), 20)
    free = tl.descend(land, tl.saddle_free_newton(), (0.5, 0.1), 20)
    assert str(newton.status) == "converged to a saddle"
    assert str(free.status) == "converged to a minimum"
    np.testing.assert_allclose(newton.end, [0, 0], atol=1e-12)
    np.testing.assert_allclose(free.end, [0, 1], atol=1e-12)
