"""Theory of high dimension and of random matrices, against quadrature, samples and enumeration."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.integrate import quad

from toylands.geometry import random_hessians
from toylands.theory import high_dimension, random_matrices


@pytest.mark.parametrize("dim", [1, 2, 10, 100])
def test_the_radius_is_that_of_the_boltzmann_density(dim: int) -> None:
    temperature = 0.1
    r = np.linspace(1e-9, 6, 60_001)
    weight = r ** (dim - 1) * np.exp(-(r**2) / (2 * temperature))
    weight /= np.trapezoid(weight, r)
    density = high_dimension.radius_density(r, dim, temperature)
    np.testing.assert_allclose(density, weight, atol=1e-5)
    assert r[np.argmax(weight)] == pytest.approx(
        high_dimension.shell_radius(dim, temperature), abs=2e-4
    )
    assert np.trapezoid(weight * r, r) == pytest.approx(
        high_dimension.mean_radius(dim, temperature), rel=1e-5
    )
    assert np.trapezoid(weight * r**2 / 2, r) == pytest.approx(
        high_dimension.mean_energy(dim, temperature), rel=1e-5
    )


def test_a_random_subspace_leaves_its_share() -> None:
    offset = np.random.default_rng(5).standard_normal(12)
    losses = high_dimension.random_residuals(np.eye(12), offset, 9, count=2000)
    exact = high_dimension.expected_residual(12, 9, offset @ offset / 2)
    assert abs(losses.mean() - exact) < 4 * losses.std() / np.sqrt(2000)
    nowhere = high_dimension.random_residuals(np.eye(12), offset, 0, count=3)
    np.testing.assert_allclose(nowhere, offset @ offset / 2)


def test_the_residual_is_the_minimum_over_the_subspace() -> None:
    """Against the normal equations of the same subspaces."""
    rng = np.random.default_rng(2)
    a, offset = rng.standard_normal((6, 6)), rng.standard_normal(6)
    hessian = a.T @ a
    losses = high_dimension.random_residuals(hessian, offset, 2, count=4, seed=9)
    stream = np.random.default_rng(9)
    for loss in losses:
        basis = stream.standard_normal((6, 2))
        c = np.linalg.solve(basis.T @ hessian @ basis, -basis.T @ hessian @ offset)
        left = offset + basis @ c
        assert loss == pytest.approx(left @ hessian @ left / 2)


def test_masks_are_counted_one_by_one() -> None:
    support = {1, 4}
    subsets = [set(c) for size in range(7) for c in combinations(range(6), size)]
    assert sum(support <= subset for subset in subsets) == high_dimension.good_masks(6, 2)


def test_the_semicircle_is_a_density_with_this_distribution() -> None:
    for x in (-1.9, -0.5, 0.0, 1.2, 2.0, 3.0):
        share = quad(random_matrices.semicircle, -2, min(x, 2))[0]
        assert random_matrices.semicircle_share(x) == pytest.approx(share, abs=1e-7)
    assert random_matrices.semicircle(2.5) == 0


def test_the_semicircle_is_what_random_matrices_show() -> None:
    """At n = 200 the distribution functions differ by about 1/n."""
    drawn = random_hessians(200, count=10, shift=0.7)
    for x in (-1.5, 0.0, 1.0):
        assert np.mean(drawn.eigenvalues - 0.7 < x) == pytest.approx(
            float(random_matrices.semicircle_share(x)), abs=0.01
        )
    assert drawn.indices.mean() / 200 == pytest.approx(
        random_matrices.negative_share(0.7), abs=0.01
    )


def test_all_positive_by_integration_over_the_eigenvalues() -> None:
    """The joint density of GOE eigenvalues is prod |difference| exp(-n sum x^2/4)."""
    grid, weights = np.polynomial.legendre.leggauss(120)

    def mass(low: float, n: int) -> float:
        """Twice or six times the ordered region, where the integrand is smooth."""
        x = low + (8 - low) * (grid + 1) / 2
        w = weights * (8 - low) / 2 * np.exp(-(x**2) / 2)
        total = 0.0
        for i in range(120):  # the next eigenvalue lies above this one
            y = x[i] + (8 - x[i]) * (grid + 1) / 2
            v = weights * (8 - x[i]) / 2 * np.exp(-(y**2) / 2) * (y - x[i])
            if n == 2:
                total += w[i] * v.sum()
                continue
            for j in range(120):
                z = y[j] + (8 - y[j]) * (grid + 1) / 2
                u = weights * (8 - y[j]) / 2 * np.exp(-(z**2) / 2)
                total += w[i] * v[j] * np.sum(u * (z - x[i]) * (z - y[j]))
        return total

    for n, published in ((2, 0.1464466), (3, 0.02492092)):
        exact = random_matrices.positive_probability(n)
        assert exact == pytest.approx(published, rel=2e-6)
        assert mass(0.0, n) / mass(-8.0, n) == pytest.approx(exact, rel=1e-6)
    assert random_matrices.positive_probability(1) == 0.5
    assert random_matrices.positive_rate() == pytest.approx(0.2746531, rel=2e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: high_dimension.shell_radius(0, 0.1), "dim"),
        (lambda: high_dimension.mean_energy(3, -1), "temperature=-1"),
        (lambda: high_dimension.expected_residual(3, 4), "more than the 3"),
        (lambda: high_dimension.random_residuals(-np.eye(2), [1, 1], 1), "negative eigenvalue"),
        (lambda: high_dimension.random_residuals(np.eye(3), [1, 1], 1), "shapes"),
        (lambda: high_dimension.intrinsic_dimension([1, 2]), "square"),
        (lambda: high_dimension.good_masks(2, 3), "sparsity=3 is more than the 2"),
        (lambda: high_dimension.random_residuals(np.eye(2) * np.nan, [1, 1], 1), "finite"),
        (lambda: random_matrices.positive_probability(4), "random_hessians"),
    ],
)
def test_bad_questions_are_refused(call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
