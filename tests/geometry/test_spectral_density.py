"""Spectral densities, exact and by Lanczos, and single eigenpairs from products alone."""

from __future__ import annotations

import numpy as np
import pytest

import toylands as tl
from toylands.formula import Landscape
from toylands.geometry import hvp, lanczos_density, spectral_density, top_eigenpairs


class Quadratic(Landscape):
    """theta' A theta / 2 in many coordinates, for which only products with A are offered."""

    def __init__(self, matrix: np.ndarray) -> None:
        super().__init__(tl.landscape("x**2/2").definition)
        self.matrix, self.dim, self.products = matrix, len(matrix), 0
        self.coordinates = tuple(f"w{k}" for k in range(self.dim))

    def hvp(self, theta, v):
        self.products += 1
        return self.matrix @ v

    def hessian(self, theta):
        return self.matrix


def quadratic(eigenvalues: np.ndarray, seed: int = 0) -> Quadratic:
    turn = np.linalg.qr(
        np.random.default_rng(seed).standard_normal((len(eigenvalues), len(eigenvalues)))
    )[0]
    return Quadratic(turn * eigenvalues @ turn.T)


VALUES = np.r_[np.linspace(-1, 2, 56), 10.0, 20.0, 30.0, 40.0]
LAND = quadratic(VALUES)
ORIGIN = np.zeros(60)


@pytest.mark.parametrize(
    ("which", "expected"),
    [("largest", (20, 30, 40)), ("smallest", VALUES[:3]), ("magnitude", (20, 30, 40))],
)
def test_eigenpairs_are_those_of_the_matrix(which: str, expected) -> None:
    found = top_eigenpairs(LAND, ORIGIN, 3, which=which)
    np.testing.assert_allclose(found.eigenvalues, expected, rtol=1e-9)
    residual = LAND.matrix @ found.eigenvectors - found.eigenvectors * found.eigenvalues
    assert np.abs(residual).max() < 1e-8
    np.testing.assert_allclose(found.eigenvectors.T @ found.eigenvectors, np.eye(3), atol=1e-9)


def test_all_eigenpairs_and_a_zero_hessian() -> None:
    found = top_eigenpairs(tl.landscapes.rotated_bowl, (0.1, 0.2), 2)
    np.testing.assert_allclose(found.eigenvalues, (1, 10), rtol=1e-12)
    flat = top_eigenpairs(tl.landscapes.uvw_product, (0, 0, 0), 1)
    np.testing.assert_array_equal(flat.eigenvalues, [0])
    assert flat.eigenvectors.shape == (3, 1)


def test_products_without_a_method_of_their_own_come_from_the_hessian() -> None:
    np.testing.assert_allclose(hvp(tl.landscapes.bowl(a=2, b=3), (0, 0), np.array([1, 1])), (2, 3))
    before = LAND.products
    hvp(LAND, ORIGIN, np.ones(60))
    assert LAND.products == before + 1


def test_the_exact_density_holds_every_eigenvalue() -> None:
    density = spectral_density(LAND, ORIGIN)
    assert density.exact
    np.testing.assert_allclose(density.nodes, VALUES, atol=1e-12)
    assert density.average(lambda x: x) == (pytest.approx(VALUES.mean()), 0.0)
    assert density.share(-np.inf, 0) == pytest.approx(np.mean(VALUES < 0))
    edges = np.linspace(-2.03, 42, 12)
    np.testing.assert_allclose(density.histogram(edges), np.histogram(VALUES, edges)[0] / 60)
    x = np.linspace(-3, 43, 4001)
    curve = density.curve(x, 0.2)
    assert np.trapezoid(curve, x) == pytest.approx(1, abs=1e-6)
    assert np.trapezoid(curve * x, x) == pytest.approx(VALUES.mean(), abs=1e-6)


def test_lanczos_quadrature_agrees_with_the_exact_density() -> None:
    exact = spectral_density(LAND, ORIGIN)
    estimate = lanczos_density(LAND, ORIGIN, steps=20, probes=40)
    assert not estimate.exact
    for function in (lambda x: x, lambda x: x**2, lambda x: np.exp(-(x**2))):
        value, error = estimate.average(function)
        assert abs(value - exact.average(function)[0]) < 4 * error
        assert error > 0
    # The ends of the spectrum are found exactly, each with its weight of about 1/60.
    assert estimate.nodes.max() == pytest.approx(40, rel=1e-9)
    assert estimate.share(39, 41) == pytest.approx(1 / 60, abs=0.015)
    x = np.linspace(-3, 43, 400)
    distance = np.trapezoid(np.abs(estimate.curve(x, 0.5) - exact.curve(x, 0.5)), x)
    assert distance < 0.15  # of total variation 2


def test_one_probe_is_exact_for_polynomials() -> None:
    """m steps give v'p(H)v exactly up to degree 2m - 1 (Golub and Welsch)."""
    estimate = lanczos_density(LAND, ORIGIN, steps=4, probes=2, seed=3)
    rng = np.random.default_rng(3)
    probes = np.array([rng.choice((-1.0, 1.0), 60) for _ in range(2)])
    for degree in range(8):
        power = np.linalg.matrix_power(LAND.matrix, degree)
        exact = np.einsum("pi,ij,pj->p", probes, power, probes).mean() / 60
        assert estimate.average(lambda x, n=degree: x**n)[0] == pytest.approx(exact, rel=1e-9)
    power = np.linalg.matrix_power(LAND.matrix, 8)
    exact = np.einsum("pi,ij,pj->p", probes, power, probes).mean() / 60
    assert estimate.average(lambda x: x**8)[0] != pytest.approx(exact, rel=1e-9)


def test_a_few_different_eigenvalues_end_the_steps_early() -> None:
    land = quadratic(np.repeat([1.0, 5.0], 10))
    estimate = lanczos_density(land, np.zeros(20), steps=15, probes=3)
    assert len(estimate.nodes) == 6
    np.testing.assert_allclose(np.sort(estimate.nodes), [1, 1, 1, 5, 5, 5], rtol=1e-12)
    zero = lanczos_density(tl.landscapes.uvw_product, (0, 0, 0), probes=2)
    np.testing.assert_array_equal(zero.nodes, [0, 0])
    assert zero.weights.sum() == pytest.approx(1)


#: no Hessian at the tip, although the curvature along z is 2
CONE = tl.landscape("sqrt(x**2 + y**2) + z**2")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: top_eigenpairs(LAND, ORIGIN, 61), "60 coordinates"),
        (lambda: top_eigenpairs(LAND, ORIGIN, which="larges"), "Did you mean 'largest'"),
        (lambda: lanczos_density(LAND, ORIGIN, probes=1), "probes"),
        (lambda: spectral_density(tl.landscapes.ackley, (0, 0)), "kink"),
        (lambda: spectral_density(LAND, ORIGIN).curve([0.0], 0.0), "width"),
        (lambda: spectral_density(LAND, ORIGIN + np.inf), "finite"),
        (lambda: top_eigenpairs(CONE, (0, 0, 0)), "no finite Hessian at"),
        (lambda: lanczos_density(CONE, (0, 0, 0)), "no finite Hessian at"),
    ],
)
def test_bad_questions_are_refused(call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
