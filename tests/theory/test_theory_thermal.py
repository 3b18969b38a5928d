"""Theory of Langevin dynamics, escape, ruggedness, games and masking, by independent routes."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.spatial.distance import jensenshannon

import toylands as tl
from toylands.landscapes import double_well_1d, parabola, parabolic_wells_1d, rugged_1d
from toylands.theory import entropy, escape, games, langevin, masking, ripples, ruggedness, tickets


def test_means_and_shares_by_another_quadrature() -> None:
    def weight(x: float, power: int = 0) -> float:
        return x**power * float(np.exp(-(x**4 / 4 - x**2 / 2 + 0.3 * x) / 0.2))

    land = double_well_1d(c=0.3)
    whole = quad(weight, -6, 6, limit=200)[0]
    assert langevin.partition(land, 0.2) == pytest.approx(whole, rel=1e-9)
    second = quad(weight, -6, 6, args=(2,), limit=200)[0] / whole
    assert langevin.mean(land, np.square, 0.2) == pytest.approx(second, rel=1e-9)
    part = quad(weight, 0.2, 1.7)[0] / whole
    assert langevin.share(land, 0.2, 1.7, 0.2) == pytest.approx(part, rel=1e-9)
    assert langevin.share(land, -np.inf, np.inf, 0.2) == 1


def test_the_shares_of_wells_with_a_kink_between_them() -> None:
    """Two truncated Gaussians: exact by the error function."""
    land = parabolic_wells_1d(sharp=8, flat=2, lift=0.1)
    ridge = float(mp.findroot(lambda x: 4 * (x + 1) ** 2 - (x - 1) ** 2 - 0.1, -0.3))
    t = 0.7
    far = float(mp.findroot(lambda x: 4 * (x + 1) ** 2 - (x - 1) ** 2 - 0.1, -3))
    sharp = mp.quad(lambda x: mp.exp(-4 * (x + 1) ** 2 / t), [far, -1, ridge])
    beyond = mp.quad(lambda x: mp.exp(-((x - 1) ** 2 + 0.1) / t), [-12, far])
    right = mp.quad(lambda x: mp.exp(-((x - 1) ** 2 + 0.1) / t), [ridge, 1, 12])
    exact = float(right / (sharp + right + beyond))
    assert langevin.shares(land, t)[1] == pytest.approx(exact, rel=1e-7)


def test_two_wells_agree_with_the_integral_when_it_is_cold() -> None:
    low, high = double_well_1d.minima
    k = high.eigenvalues[0], low.eigenvalues[0]
    near = langevin.two_wells((high.loss, low.loss), k, 0.01)
    assert langevin.shares(double_well_1d, 0.01)[1] == pytest.approx(near, rel=0.03)


def test_the_mean_passage_solves_the_backward_equation() -> None:
    """T tau'' - L' tau' = -1 with tau' = 0 on the far side and tau = 0 at the goal, by integration."""
    temperature, c, goal = 0.3, 0.1, 1.2
    land = double_well_1d(c=c)

    def slopes(x: float, y: np.ndarray) -> list[float]:
        return [y[1], ((x**3 - x + c) * y[1] - 1) / temperature]

    found = solve_ivp(
        slopes, (-3, goal), [0, 0], "DOP853", rtol=1e-11, atol=1e-12, dense_output=True
    )
    for start in (-1.5, -1.0, 0.5):
        exact = found.sol(start)[0] - found.sol(goal)[0]
        assert escape.mean_passage(land, start, goal, temperature) == pytest.approx(exact, rel=1e-8)
        mirrored = escape.mean_passage(double_well_1d(c=-c), -start, -goal, temperature)
        assert mirrored == pytest.approx(exact, rel=1e-8)


def test_the_mean_passage_in_a_parabola_is_known() -> None:
    """Ornstein-Uhlenbeck from 0 to b: sqrt(pi/2) int_0^{b sqrt(k/T)} e^(u^2/2) (1 + erf(u/sqrt 2)) / k."""
    k, t, b = 2.0, 0.5, 0.9

    def integrand(u):
        return mp.exp(u**2 / 2) * (1 + mp.erf(u / mp.sqrt(2)))

    exact = float(mp.sqrt(mp.pi / 2) * mp.quad(integrand, [0, b * mp.sqrt(k / t)]) / k)
    assert escape.mean_passage(parabola(a=k), 0, b, t) == pytest.approx(exact, rel=1e-9)


def test_kramers_is_the_limit_of_the_exact_time() -> None:
    land = double_well_1d(c=0)
    errors = [
        escape.mean_passage(land, -1, 1, t) / escape.kramers_time(2, 1, 0.25, t) - 1
        for t in (0.04, 0.02, 0.01)
    ]
    assert errors[0] > errors[1] > errors[2] > 0
    assert errors[2] < 0.02


@pytest.mark.parametrize(("k", "a", "t"), [(4, 0.2, 0.1), (20, 0.3, 0.5), (0.3, 0.5, 0.2)])
def test_rippled_integrals_by_quadrature(k: float, a: float, t: float) -> None:
    def weight(x):
        return mp.exp(-(k * x**2 / 2 + a * (1 - mp.cos(2 * mp.pi * x))) / t)

    pieces = np.arange(-15, 16) / 2
    whole = mp.quad(weight, pieces)
    second = mp.quad(lambda x: x**2 * weight(x), pieces)
    assert ruggedness.partition(k, a, t) == pytest.approx(float(whole), rel=1e-9)
    assert ruggedness.spread(k, a, t) == pytest.approx(float(mp.sqrt(second / whole)), rel=1e-9)


def test_the_slowdown_is_lifson_and_jackson() -> None:
    """One over the mean of e^(U/T) times the mean of e^(-U/T) over a period."""
    for x in (0.5, 3.0):
        u = np.arange(64) / 64  # the trapezoidal rule converges geometrically on a period
        means = [np.mean(np.exp(sign * x * np.cos(2 * np.pi * u))) for sign in (1, -1)]
        assert ruggedness.slowdown(x) == pytest.approx(1 / (means[0] * means[1]), rel=1e-12)
    assert ruggedness.slowdown(0) == 1
    assert ruggedness.slowdown(1000.0) == 0, "no overflow"


def test_the_lowest_sinc() -> None:
    u = np.linspace(0.1, 30, 300_001)
    assert ruggedness.lowest_sinc() == pytest.approx(-np.min(np.sin(u) / u), rel=1e-8)


@pytest.mark.parametrize("lr", [0.05, 0.3, 0.8])
def test_game_factors_are_spectral_radii(lr: float) -> None:
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    one = np.eye(2)

    def radius(matrix: np.ndarray) -> float:
        return float(np.abs(np.linalg.eigvals(matrix)).max())

    assert games.simultaneous(lr) == pytest.approx(radius(one - lr * turn))
    assert games.extragradient(lr) == pytest.approx(radius(one - lr * turn @ (one - lr * turn)))
    optimistic = np.block([[one - 2 * lr * turn, lr * turn], [one, np.zeros((2, 2))]])
    assert games.optimistic(lr) == pytest.approx(radius(optimistic))
    assert (games.optimistic(lr) < 1) == (lr < 1 / np.sqrt(3))


def test_jensen_shannon_is_scipys_squared() -> None:
    p, q = [0.2, 0.0, 0.8], [0.5, 0.25, 0.25]
    assert games.jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q) ** 2)
    assert games.jensen_shannon(p, p) == 0


def test_slopes_of_a_cliff_at_400_digits() -> None:
    with mp.workdps(400):
        slope = mp.npdf((mp.mpf(0) - 1) / mp.mpf("0.02")) / mp.mpf("0.02")
        assert masking.log10_slope(1, 0.02) == pytest.approx(float(mp.log10(slope)), rel=1e-12)
    assert masking.cliff_slope(1, 0.02) == 0


def test_times_and_shares_at_the_end_of_the_numbers() -> None:
    """A barrier of 2500 T: e^2500 is no floating-point number, and nothing warns."""
    assert escape.kramers_time(2, 1, 0.25, 1e-4) == np.inf
    assert escape.kramers_rate(2, 1, 0.25, 1e-4) == 0
    assert escape.mean_passage(double_well_1d(c=0), -1, 1, 1e-4) == np.inf
    assert langevin.two_wells((0, 5), (1, 1), 1e-3) == 1
    assert langevin.two_wells((5, 0), (1, 1), 1e-3) == 0
    assert entropy.flat_share(100, 1, 0.5, 1e-4) == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: langevin.stationary_variance(2, 0.1, lr=1), "below 2"),
        (lambda: langevin.shares(tl.landscapes.funnel, 0.1), "2 coordinates"),
        (lambda: langevin.partition(double_well_1d, 50.0, reach=0.9), "larger reach"),
        (lambda: langevin.partition(double_well_1d, -1), "temperature=-1"),
        (lambda: langevin.partition(double_well_1d(c=np.array([0.1, 0.2])), 1), "plain numbers"),
        (lambda: langevin.share(double_well_1d, 1, 0, 1), "must lie below"),
        (lambda: escape.mean_passage(tl.landscapes.funnel, 0, 1, 0.1), "2 coordinates"),
        (lambda: escape.mean_passage(rugged_1d, -100, 1, 0.1), "outside the window"),
        (lambda: escape.mean_passage(double_well_1d, np.nan, 1, 0.1), "start=nan"),
        (lambda: escape.kramers_rate(2, -1, 0.25, 0.1), "top=-1"),
        (lambda: ruggedness.partition(0, 0.2, 0.1), "k=0"),
        (lambda: games.dirac_eigenvalues(-1), "gamma=-1"),
        (lambda: games.jensen_shannon([0.5, 0.6], [0.5, 0.5]), "add up to 1"),
        (lambda: games.jensen_shannon([1.0], [0.5, 0.5]), "give as many"),
        (lambda: games.best_response_slope((1, 0.5)), "below 1"),
        (lambda: games.best_response_slope([0.1]), "must be two numbers"),
        (lambda: games.alternating_invariant(np.inf, 1, 0.1), "x=inf"),
        (lambda: games.alternating_invariant([1, 2], [1, 2, 3], 0.1), "do not fit together"),
        (lambda: langevin.two_wells((1, 2, 3), (1, 1), 0.1), "depths=.* two numbers"),
        (lambda: langevin.two_wells((1, 2), 3, 0.1), "curvatures=3 must be two numbers"),
        (lambda: langevin.mean(double_well_1d, lambda x: x[:3], 0.2), "as many finite numbers"),
        (lambda: langevin.mean(double_well_1d, lambda x: x.foo, 0.2), "must take an array"),
        (lambda: ripples.settling_rate(0.1, 0.05, np.inf), "x=inf"),
        (lambda: tickets.wins([1, 2], [1, 2, 3]), "do not fit together"),
        (lambda: masking.log10_slope(1, 0.02, -1), "sigma=-1"),
    ],
)
def test_bad_questions_are_refused(call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_the_largest_numbers_cause_no_warning() -> None:
    from toylands.theory.high_dimension import radius_density

    assert games.alternating_invariant(1e308, -1e308, 0.1) == np.inf
    assert games.alternating_invariant(3e150, 4e150, 0.5) == pytest.approx(19e300, rel=1e-15)
    assert (radius_density([np.inf, 1e308, -np.inf], 3, 0.1) == 0).all()
    assert tickets.wins(1e308, 1e308)
