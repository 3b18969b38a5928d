"""Theory of noise, Adam's first steps and entropy, against matrices, direct sums and quadrature."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import solve_discrete_lyapunov
from scipy.special import gamma as gamma_function

from toylands.theory import adaptive, entropy, noise


@pytest.mark.parametrize(
    ("lr", "curvature", "sigma", "beta"),
    [(0.1, 1, 1, 0.0), (0.5, 3, 0.2, 0.0), (0.3, 2, 1, 0.5), (1.5, 2, 1, 0.9)],
)
def test_the_floor_solves_its_lyapunov_equation(lr, curvature, sigma, beta) -> None:
    """State (x, m): m' = beta m + curvature x + noise, x' = x - lr m'."""
    step = np.array([[1 - lr * curvature, -lr * beta], [curvature, beta]])
    kick = sigma * np.array([-lr, 1.0])
    covariance = solve_discrete_lyapunov(step, np.outer(kick, kick))
    assert noise.floor(lr, curvature, sigma, beta=beta) == pytest.approx(covariance[0, 0])


def test_the_floor_is_a_fixed_point_of_the_recursion() -> None:
    v = noise.floor(0.3, 2, 0.5)
    np.testing.assert_allclose(noise.variance_path([0.3] * 20, 2, 0.5, v), v, rtol=1e-14)
    assert noise.variance_path([0.3] * 300, 2, 0.5, 0.0)[-1] == pytest.approx(v)


def test_the_expected_loss_is_the_sum_over_every_kick() -> None:
    """E L = (lam/2)[prod (1 - lr lam)^2 x0^2 + sigma^2 sum (lr_t prod_{s > t} (1 - lr_s lam))^2]."""
    rates = np.random.default_rng(0).uniform(0.01, 0.2, 15)
    lam, sigma, x0 = 3.0, 0.7, 1.3
    factors = 1 - rates * lam
    kept = [rates[t] * np.prod(factors[t + 1 :]) for t in range(15)]
    exact = lam / 2 * ((np.prod(factors) * x0) ** 2 + sigma**2 * np.sum(np.square(kept)))
    assert noise.expected_loss(rates, lam, sigma, x0)[-1] == pytest.approx(exact)
    assert noise.expected_loss(rates, lam, 0, x0)[0] == lam * x0**2 / 2
    assert noise.growth([0.5, 0.1, 0.9], 3) == (1, pytest.approx(1.7))


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_the_second_moment_is_the_mean_over_all_batches(batch: int) -> None:
    curvatures = [0.5, 1.0, 4.0]
    for lr in (0.1, 0.7):
        means = [np.mean(b) for b in itertools.product(curvatures, repeat=batch)]
        exact = np.mean((1 - lr * np.array(means)) ** 2)
        assert noise.second_moment(lr, curvatures, batch) == pytest.approx(exact)
    limit = noise.largest_lr(curvatures, batch)
    assert noise.second_moment(limit, curvatures, batch) == pytest.approx(1)


@pytest.mark.parametrize("curvatures", [(1, 3), (2, 2), (0.5, 1, 4), (1, 1.1, 9)])
def test_the_almost_sure_limit_is_the_first_zero(curvatures) -> None:
    limit = noise.largest_lr_almost_surely(curvatures)
    assert noise.lyapunov(limit, curvatures) == pytest.approx(0, abs=1e-9)
    below = np.linspace(1e-3, limit * (1 - 1e-6), 500)
    assert max(noise.lyapunov(lr, curvatures) for lr in below) < 0
    assert limit >= noise.largest_lr(curvatures, 1) * (1 - 1e-12)


def test_adams_step_is_the_mean_over_all_signs() -> None:
    """Every sequence of six signs, through Adam's own recursion."""
    beta1, beta2 = 0.8, 0.95
    sums = np.zeros(6)
    for signs in itertools.product((-1, 1), repeat=6):
        m = v = 0.0
        for t, g in enumerate(signs, start=1):
            m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
            sums[t - 1] += ((m / (1 - beta1**t)) / np.sqrt(v / (1 - beta2**t))) ** 2
    exact = np.sqrt(sums / 2**6)
    found = [adaptive.noise_step(t, beta1) for t in range(1, 7)]
    np.testing.assert_allclose(found, exact, rtol=1e-13)
    assert adaptive.noise_step(10_000, beta1) == pytest.approx(adaptive.noise_step(None, beta1))


def test_the_trusted_length_is_the_length_of_a_window_with_the_same_centre() -> None:
    """The approximate moving-average length 2 times the mean age, plus one. [Liu et al. 2020]"""
    beta2 = 0.97
    for t in (1, 5, 40):
        i = np.arange(1, t + 1)
        weights = beta2 ** (t - i)
        age = np.sum(weights * (t + 1 - i)) / weights.sum()
        assert adaptive.trusted_length(t, beta2) == pytest.approx(2 * age - 1)
    assert adaptive.first_adaptive_step(0.99, 5) == 6


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_the_share_of_the_flat_well_is_an_integral(dim: int) -> None:
    """Two separate wells; each coordinate's Gaussian integral by quadrature."""

    def mass(k: float) -> float:
        return quad(lambda x: np.exp(-k * x * x / 2 / 0.3), -40, 40, points=[0])[0] ** dim

    flat, sharp = mass(1.0) * np.exp(-0.5 / 0.3), mass(20.0)
    assert entropy.flat_share(20, 1, 0.5, 0.3, dim) == pytest.approx(flat / (flat + sharp))
    t = entropy.flip_temperature(20, 1, 0.5, dim)
    assert entropy.flat_share(20, 1, 0.5, t, dim) == pytest.approx(0.5)


def test_the_volume_below_a_level() -> None:
    assert entropy.sublevel_volume([2, 2, 2], 1) == pytest.approx(4 * np.pi / 3)
    ball = np.pi ** (7 / 2) / gamma_function(9 / 2)
    assert entropy.sublevel_volume([2 / 9] * 7, 1) == pytest.approx(ball * 3**7)
    assert entropy.sublevel_volume([8], 1) == pytest.approx(1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: noise.floor(1, 2, 1), "below 2"),
        (lambda: noise.floor(0.1, 1, 1, beta=1), "beta=1"),
        (lambda: noise.floor(-0.1, 1, 1), "lr=-0.1"),
        (lambda: noise.variance_path("fast", 1, 1, 0), "rates='fast'"),
        (lambda: noise.variance_path([[0.1]], 1, 1, 0), "row of finite numbers"),
        (lambda: noise.variance_path([0.1], 1, 1, -1), "start=-1"),
        (lambda: noise.excess_loss(-1, 1), "variance=-1"),
        (lambda: entropy.flat_share(2, 1, np.nan, 1), "gap=nan"),
        (lambda: noise.second_moment(0.1, [], 1), r"curvatures=\[\]"),
        (lambda: noise.largest_lr([-1, 1], 1), "mean curvature 0"),
        (lambda: noise.largest_lr([1], 0), "batch=0"),
        (lambda: noise.largest_lr_almost_surely([0, 4]), "above 0"),
        (lambda: adaptive.noise_step(0), "t=0"),
        (lambda: adaptive.noise_step(1, beta1=1), "beta1=1"),
        (lambda: adaptive.first_adaptive_step(0.5, 5), "never exceeds 5"),
        (lambda: entropy.flip_temperature(1, 2, 0.5), "must exceed"),
        (lambda: entropy.flat_share(2, 1, 0.5, 0), "temperature=0"),
        (lambda: entropy.sublevel_volume([0, 1], 1), "smallest eigenvalue"),
    ],
)
def test_bad_questions_are_refused(call, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        call()
