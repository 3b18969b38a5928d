"""Curvature along random directions: exact moments against integrals and samples."""

from __future__ import annotations

import numpy as np
import pytest

from toylands.geometry import curvature_moments, random_curvatures


def test_the_moments_are_those_of_the_circle() -> None:
    """Average over the angle: (a cos^2 + b sin^2) has mean (a + b)/2, variance (a - b)^2/8."""
    angles = 2 * np.pi * np.arange(100) / 100
    around = 10 * np.cos(angles) ** 2 + np.sin(angles) ** 2
    mean, spread = curvature_moments([1, 10])
    assert mean == pytest.approx(around.mean(), rel=1e-12)
    assert spread == pytest.approx(around.std(), rel=1e-12)


@pytest.mark.parametrize("directions", ["sphere", "gaussian"])
def test_the_sample_has_the_exact_moments(directions: str) -> None:
    values = np.r_[-3.0, 0.5, 0.5, 2.0, 11.0]
    drawn = random_curvatures(values, count=40_000, directions=directions)
    assert (drawn.expected, drawn.spread) == curvature_moments(values, directions)
    assert abs(drawn.mean - drawn.expected) < 4 * drawn.standard_error
    # The relative standard error of a sample's deviation is sqrt((kurtosis - 1)/(4 n)), here < 1%.
    assert drawn.values.std() == pytest.approx(drawn.spread, rel=0.04)
    if directions == "sphere":  # unit vectors cannot leave the range of the eigenvalues
        assert drawn.values.min() >= -3
        assert drawn.values.max() <= 11


def test_equal_eigenvalues_give_no_spread_on_the_sphere_only() -> None:
    assert curvature_moments(np.full(50, 3.0)) == (3, 0)
    assert random_curvatures(np.full(50, 3.0), count=9).values == pytest.approx(np.full(9, 3))
    assert curvature_moments(np.full(50, 3.0), "gaussian")[1] == pytest.approx(np.sqrt(2 * 9 / 50))


def test_the_published_form_of_the_variance() -> None:
    """[2 tr H^2 + (tr H)^2]/(N(N + 2)) - (tr H/N)^2."""
    values = np.random.default_rng(0).standard_normal(12)
    n, trace, square = 12, values.sum(), np.sum(values**2)
    expected = (2 * square + trace**2) / (n * (n + 2)) - (trace / n) ** 2
    assert curvature_moments(values)[1] ** 2 == pytest.approx(expected)


@pytest.mark.parametrize(
    ("values", "directions", "words"),
    [([], "sphere", "one or more"), ([1, np.nan], "sphere", "finite"), ([[1]], "sphere", "row"),
     ("a", "sphere", "real numbers"), ([1, 2], "spere", "Did you mean 'sphere'")],
)  # fmt: skip
def test_bad_questions_are_refused(values, directions: str, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        random_curvatures(values, directions=directions)
