"""Theory of SAM, averaging and dropout, against direct sums, matrices and independent recursions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import solve_discrete_lyapunov

from toylands.theory import averaging, dropout, sam


@pytest.mark.parametrize(
    ("lr", "curvature", "rho"), [(0.05, 10, 0.05), (0.3, 5, 0.2), (1.0, 0.1, 1)]
)
def test_sam_alternates_between_two_points(lr: float, curvature: float, rho: float) -> None:
    x = 0.7
    for _ in range(3000):
        x = x - lr * curvature * (x + rho * np.sign(x))
    assert abs(x) == pytest.approx(sam.cycle_amplitude(lr, curvature, rho), rel=1e-12)


def test_the_preference_radius_is_where_the_worst_cases_meet() -> None:
    rho = sam.preference_radius(8, 3, 0.7)
    assert sam.worst_case([1, 8], rho) == pytest.approx(0.7 + sam.worst_case([3], rho))
    assert sam.worst_case([-2, -1], 0.5) == 0
    circle = np.linspace(0, 2 * np.pi, 50, endpoint=False)
    rise = 0.3**2 * (5 * np.cos(circle) ** 2 - 2 * np.sin(circle) ** 2) / 2
    assert sam.average_case([5, -2], 0.3) == pytest.approx(rise.mean())


def test_the_variance_of_averages_is_the_double_sum_of_correlations() -> None:
    """Cov(x_s, x_t) = v a^|s-t|, also for a < 0 (a step that overshoots)."""
    for lr in (0.1, 1.0, 1.7):
        a = 1 - lr
        v = lr**2 * 0.5**2 / (1 - a**2)
        assert averaging.iterate_variance(lr, 1, 0.5) == pytest.approx(v)
        for n in (1, 2, 7, 40):
            lag = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
            exact = v * np.mean(np.power(a, lag))
            assert averaging.average_variance(n, lr, 1, 0.5) == pytest.approx(exact)


def test_the_variance_of_long_averages_forgets_the_learning_rate() -> None:
    for lr in (0.05, 0.5, 1.5):
        value = averaging.average_variance(10**6, lr, 2.0 / 2, 3.0)
        assert value == pytest.approx(9 / 1e6, rel=1e-4)


@pytest.mark.parametrize(("decay", "memory"), [(0.9, 0.0), (0.999, 0.9), (0.5, -0.7), (0.0, 0.3)])
def test_the_variance_of_an_ema_solves_its_lyapunov_equation(decay: float, memory: float) -> None:
    """State (x, e): x' = a x + z, e' = d e + (1-d) x', with Var x = 1."""
    step = np.array([[memory, 0.0], [(1 - decay) * memory, decay]])
    kick = np.array([1.0, 1 - decay]) * np.sqrt(1 - memory**2)
    covariance = solve_discrete_lyapunov(step, np.outer(kick, kick))
    assert covariance[0, 0] == pytest.approx(1)
    assert averaging.ema_variance(decay, memory) == pytest.approx(covariance[1, 1])


def test_the_mean_in_the_valley_leans_less_when_it_is_colder() -> None:
    # Laplace: the mean of exp(-(x^2/2 + x^3/6)/T) is -T/2 to first order in T.
    assert averaging.valley_mean(1e-4) == pytest.approx(-0.5e-4, rel=1e-3)
    assert averaging.valley_mean_loss(2.0) == -averaging.valley_mean(2.0) > 0


def test_dropout_is_the_mean_over_its_masks() -> None:
    """All masks of three inputs, on data whose second moment is exactly G."""
    rng = np.random.default_rng(0)
    data = rng.standard_normal((3, 5))
    moment, keep = data @ data.T / 5, 0.3
    for inverted in (False, True):
        total = np.zeros((3, 3))
        for bits in np.ndindex(2, 2, 2):
            mask = np.array(bits) / (keep if inverted else 1)
            chance = np.prod(np.where(bits, keep, 1 - keep))
            total += chance * np.outer(mask, mask) * moment
        np.testing.assert_allclose(dropout.hessian(moment, keep, inverted=inverted), total)
    np.testing.assert_allclose(dropout.hessian(moment, 1, inverted=False), moment)
    plain = np.linalg.eigvalsh(dropout.hessian(moment, keep, inverted=False))
    assert plain[-1] <= keep * np.linalg.eigvalsh(moment)[-1]


def test_the_product_with_dropout_has_its_minimum_there() -> None:
    s = np.linspace(0, 1, 100_001)
    for p in (0.0, 0.2, 0.7):
        loss = (s - 1) ** 2 / 2 + p / (1 - p) * s**2 / 2
        assert s[np.argmin(loss)] == pytest.approx(dropout.product_minimum(p), abs=1e-5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sam.cycle_amplitude(1, 2, 0.1), "below 2"),
        (lambda: sam.cycle_amplitude(-1, 2, 0.1), "lr=-1"),
        (lambda: sam.preference_radius(1, 2, 0.1), "must exceed"),
        (lambda: sam.worst_case([], 0.1), "eigenvalues"),
        (lambda: averaging.iterate_variance(1, 2, 1), "below 2"),
        (lambda: averaging.average_variance(0, 0.1, 1, 1), "n"),
        (lambda: averaging.ema_variance(1.0), "below 1"),
        (lambda: averaging.ema_variance(0.9, 1.0), "between -1 and 1"),
        (lambda: averaging.valley_mean(0), "temperature=0"),
        (lambda: dropout.hessian([[1, 2], [0, 1]], 0.5, inverted=True), "symmetric"),
        (lambda: dropout.hessian([[1]], 0, inverted=True), "keep=0"),
        (lambda: dropout.product_minimum(1), "drop=1"),
    ],
)
def test_bad_questions_are_refused(call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
