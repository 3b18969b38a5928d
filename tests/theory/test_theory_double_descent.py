"""Double descent: the exact test loss against chi-squared integrals, the limit law, and trainings."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg
from scipy.integrate import quad
from scipy.stats import chi2

from toylands.theory.double_descent import (
    expected_loss,
    random_features_loss,
    sampled_loss,
)


def test_one_weight() -> None:
    """w - b = x.(rest)/|x|^2 has the variance s E 1/chi^2_n, whatever s is made of."""
    for n, d, signal, noise in ((4, 7, 1.0, 0.0), (9, 3, 2.0, 0.5)):
        inverse = chi2(n).expect(lambda q: 1 / q)
        s = signal * (1 - 1 / d) + noise**2
        exact = s * (1 + inverse)
        assert expected_loss(1, n, d, signal=signal, noise=noise) == pytest.approx(exact, rel=1e-7)


def test_one_example() -> None:
    """The fit is x y/|x|^2: it keeps 1/p of what it sees, and takes s E 1/chi^2_p on."""
    for p, d, noise in ((3, 3, 0.0), (6, 10, 0.7)):
        inverse = chi2(p).expect(lambda q: 1 / q)
        exact = p / d * (1 - 1 / p) + (1 - p / d + noise**2) * (1 + inverse)
        assert expected_loss(p, 1, d, noise=noise) == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("share", [0.3, 0.8, 1.4, 2.0])
def test_the_limit_of_large_numbers(share: float) -> None:
    """Marchenko and Pastur: the mean of 1/eigenvalue over X'X/n, integrated numerically."""
    n, d = 400_000, 1_000_000
    p = round(share * n)
    c = min(share, 1 / share)
    low, high = (1 - np.sqrt(c)) ** 2, (1 + np.sqrt(c)) ** 2
    inverse = quad(
        lambda e: np.sqrt((high - e) * (e - low)) / (2 * np.pi * c * e**2), low, high, limit=200
    )[0]
    fitted = c * inverse
    exact = max(p - n, 0) / d + (1 - p / d + 0.01) * (1 + fitted)
    assert expected_loss(p, n, d, noise=0.1) == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize("p", [0, 3, 12, 20, 24, 40])
def test_trainings_have_that_mean(p: int) -> None:
    """Four standard errors; n is small, so that the closed form is not a limit in disguise."""
    n, d = 8, 40
    got = sampled_loss(p, n, d, noise=0.3, draws=3000, seed=p)
    error = got.test.std() / np.sqrt(3000)
    assert abs(got.test.mean() - expected_loss(p, n, d, noise=0.3)) < 4 * error + 1e-12
    assert error < 0.03 * expected_loss(p, n, d, noise=0.3)


@pytest.mark.parametrize("p", [2, 5, 9])
def test_one_training_by_another_route(p: int) -> None:
    """LAPACK's least squares instead of the pseudo-inverse, and a test set instead of the identity."""
    n, d, noise = 5, 9, 0.2
    got = sampled_loss(p, n, d, signal=2.0, noise=noise, seed=3)
    rng = np.random.default_rng(3)
    z, b = rng.standard_normal((1, n, d))[0], np.full(d, np.sqrt(2.0 / d))
    y = z @ b + noise * rng.standard_normal((1, n))[0]
    w, *_ = linalg.lstsq(z[:, :p], y, lapack_driver="gelsy")
    assert got.train[0] == pytest.approx(np.mean((y - z[:, :p] @ w) ** 2), abs=1e-12)
    assert (got.train[0] < 1e-20) == (p >= n)
    new = rng.standard_normal((400_000, d))
    errors = (new @ b - new[:, :p] @ w) ** 2 + noise**2
    assert got.test[0] == pytest.approx(errors.mean(), abs=5 * errors.std() / np.sqrt(len(errors)))


def test_the_peak_is_where_weights_equal_examples() -> None:
    loss = np.array([expected_loss(p, 20, 40) for p in range(41)])
    assert np.isinf(loss[19:22]).all()
    assert (np.diff(loss[1:19]) > 0).all()  # more weights, worse ...
    assert (np.diff(loss[22:]) < 0).all()  # ... and better again
    np.testing.assert_allclose(loss[[0, 5, 40]], (1, 0.875 * 19 / 14, 0.5), rtol=1e-14)
    # Nothing unseen and no noise: as many weights as examples give the target itself.
    assert expected_loss(20, 20, 20) == 0
    # The median of single trainings is finite at the peak.
    medians = [np.median(sampled_loss(p, 20, 40, draws=200).test) for p in (10, 20, 40)]
    assert medians[1] > 4 * max(medians[0], medians[2])


def test_bad_settings_are_named() -> None:
    with pytest.raises(ValueError, match=r"weights=41 must be at most features=40"):
        expected_loss(41, 20, 40)
    with pytest.raises(ValueError, match=r"expected_loss: examples=0 must be at least 1"):
        expected_loss(1, 0, 4)
    with pytest.raises(ValueError, match=r"sampled_loss: noise=-1.* 0 or more"):
        sampled_loss(1, 3, 4, noise=-1)
    with pytest.raises(TypeError, match="weights="):
        sampled_loss("a", 3, 4)  # type: ignore[arg-type]


@pytest.mark.parametrize(("p", "n"), [(3, 12), (8, 8), (40, 12)])
def test_random_features_by_another_route(p: int, n: int) -> None:
    """The same draw, fitted by LAPACK's gelsy, tested on many new inputs."""
    got = random_features_loss(p, n, inputs=3, noise=0.2, seed=5)
    rng = np.random.default_rng(5)
    x, noise = rng.standard_normal((1, n, 3))[0], 0.2 * rng.standard_normal((1, n))[0]
    y = np.sqrt(2) * x[:, 0].clip(min=0) + noise
    w = rng.standard_normal((1, p, 3))[0]
    fit, *_ = linalg.lstsq((x @ w.T).clip(min=0), y, lapack_driver="gelsy")
    assert got.train[0] == pytest.approx(np.mean((y - (x @ w.T).clip(min=0) @ fit) ** 2), abs=1e-12)
    new = rng.standard_normal((200_000, 3))
    errors = ((new @ w.T).clip(min=0) @ fit - np.sqrt(2) * new[:, 0].clip(min=0)) ** 2
    assert got.test[0] == pytest.approx(errors.mean(), abs=5 * errors.std() / np.sqrt(len(errors)))


def test_one_random_feature_in_one_input() -> None:
    """With w > 0 the one unit is the target's own up to a factor; with w < 0 it never answers to x > 0."""
    got = random_features_loss(1, 6, inputs=1, draws=40, seed=1)
    np.testing.assert_allclose(np.minimum(abs(got.test), abs(got.test - 1)), 0, atol=1e-12)
    assert 5 < np.sum(got.test > 0.5) < 35
    with pytest.raises(ValueError, match=r"units=0 must be at least 1"):
        random_features_loss(0, 6)
