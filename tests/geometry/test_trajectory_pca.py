"""Principal components of paths, against the covariance matrix."""

from __future__ import annotations

import numpy as np
import pytest

from toylands.geometry import trajectory_pca


def test_components_are_eigenvectors_of_the_covariance() -> None:
    path = np.cumsum(np.random.default_rng(0).standard_normal((40, 5)), axis=0)
    found = trajectory_pca(path)
    values, vectors = np.linalg.eigh(np.cov(path.T))
    np.testing.assert_allclose(found.shares, values[::-1] / values.sum(), rtol=1e-10)
    for k in range(5):
        assert abs(found.components[k] @ vectors[:, 4 - k]) == pytest.approx(1, rel=1e-9)
    np.testing.assert_allclose(found.mean + found.scores @ found.components, path, atol=1e-12)
    largest = np.abs(found.components).argmax(axis=1)
    assert (found.components[np.arange(5), largest] > 0).all()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (np.ones((5, 3)), "does not move"),
        (np.zeros((1, 3)), "two or more"),
        (np.array([[1.0, np.nan]]), "finite"),
        (np.arange(4.0), "shape"),
    ],
)
def test_bad_paths_are_refused(path: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        trajectory_pca(path)
