"""Theory of implicit bias and of width, against solvers, linear programs and mpmath."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import linprog, minimize

from toylands.theory import implicit_bias, kernel_regime


def test_least_norm_is_the_nearest_solution() -> None:
    rng = np.random.default_rng(0)
    x, y, start = rng.standard_normal((2, 5)), rng.standard_normal(2), rng.standard_normal(5)
    w = implicit_bias.least_norm(x, y, start)
    np.testing.assert_allclose(x @ w, y, atol=1e-12)
    nearest = minimize(
        lambda v: np.sum((v - start) ** 2),
        start,
        method="SLSQP",
        constraints={"type": "eq", "fun": lambda v: x @ v - y},
        options={"ftol": 1e-14},
    ).x
    np.testing.assert_allclose(w, nearest, atol=1e-6)


@pytest.mark.parametrize(("x", "y"), [((3, 4), 5), ((1, -2, 0.5), 2), ((-1, 3), -4)])
def test_the_end_of_sign_descent_has_the_smallest_largest_weight(x: tuple, y: float) -> None:
    """By a linear program: minimise t subject to |w_i| <= t and w.x = y."""
    d = len(x)
    inside = np.block([[np.eye(d), -np.ones((d, 1))], [-np.eye(d), -np.ones((d, 1))]])
    solved = linprog(
        [0] * d + [1],
        A_ub=inside,
        b_ub=[0] * (2 * d),
        A_eq=[[*x, 0]],
        b_eq=[y],
        bounds=(None, None),
    )
    np.testing.assert_allclose(implicit_bias.sign_descent_end(x, y), solved.x[:d], atol=1e-9)


@pytest.mark.parametrize(
    ("x", "y", "alpha"), [((1, 2), 2, 0.1), ((1, -3, 0), -2, 0.7), ((0.2, 0.5, 0.4, 1), 3, 1e-3)]
)
def test_diagonal_networks_solve_their_dual_problem(x: tuple, y: float, alpha: float) -> None:
    """At 40 digits: all asinh(w_i/(2 alpha^2))/x_i are the same mu, and w.x = y."""
    w = implicit_bias.diagonal_network_end(x, y, alpha)
    with mp.workdps(40):
        a = 2 * mp.mpf(alpha) ** 2
        mu = mp.findroot(
            lambda m: sum(k * a * mp.sinh(k * m) for k in x) - y,
            float(np.arcsinh(w[-1] / (2 * alpha**2)) / x[-1]) if x[-1] else 0.1,
        )
        exact = [float(a * mp.sinh(k * mu)) for k in x]
    np.testing.assert_allclose(w, exact, rtol=1e-10, atol=1e-15)


def test_the_two_limits_of_diagonal_networks() -> None:
    x, y = np.array([1.0, -2.0, 0.5]), 3.0
    rich = implicit_bias.diagonal_network_end(x, y, 1e-8)
    solved = linprog([1] * 6, A_eq=[[*x, *-x]], b_eq=[y]).x
    np.testing.assert_allclose(rich, solved[:3] - solved[3:], atol=1e-6)
    lazy = implicit_bias.diagonal_network_end(x, y, 1e4)
    np.testing.assert_allclose(lazy, implicit_bias.least_norm(x[None], [y]), rtol=1e-8)
    assert not implicit_bias.diagonal_network_end(x, 0.0, 1.0).any()


@pytest.mark.parametrize("alpha", [0.05, 0.8, 3.0])
def test_squared_weights_by_their_flow(alpha: float) -> None:
    x, y = np.array([1.0, 1.5, 0.3]), 2.0

    def slope(t: float, u: np.ndarray) -> np.ndarray:
        return -2 * x * u * (x @ u**2 - y)

    end = solve_ivp(slope, (0, 80), [alpha] * 3, method="DOP853", rtol=1e-11, atol=1e-13).y[:, -1]
    np.testing.assert_allclose(implicit_bias.squared_weights_end(x, y, alpha), end**2, rtol=1e-8)


def test_the_way_to_the_circle_from_both_sides() -> None:
    for r0, r1 in ((0.2, 0.99), (3.0, 1.01)):
        t = implicit_bias.circle_time(r0, r1)
        r = solve_ivp(lambda _, r: 2 * r * (1 - r * r), (0, t), [r0], rtol=1e-11, atol=1e-13).y[
            0, -1
        ]
        assert r == pytest.approx(r1, rel=1e-8)


def test_flat_directions_by_the_rank_of_the_jacobian() -> None:
    jacobian = np.random.default_rng(0).standard_normal((3 * 2, 11))
    rank = np.linalg.matrix_rank(jacobian.T @ jacobian)
    assert implicit_bias.guaranteed_flat(11, 3, outputs=2) == 11 - rank
    assert implicit_bias.guaranteed_flat(2, 9) == 0


@pytest.mark.parametrize(("m", "y"), [(1, 2), (4, -3), (50, 0.5), (1e3, 20)])
def test_the_output_solves_its_equation(m: float, y: float) -> None:
    times = [0.1, 0.5, 2.0]
    solved = solve_ivp(
        lambda t, f: 2 * np.sqrt(1 + f**2 / m) * (y - f),
        (0, 2),
        [0.0],
        method="DOP853",
        t_eval=times,
        rtol=1e-12,
        atol=1e-14,
    ).y[0]
    np.testing.assert_allclose([kernel_regime.output(t, m, y) for t in times], solved, rtol=1e-9)
    assert kernel_regime.output(0, m, y) == 0
    assert kernel_regime.output(1e6, m, y) == pytest.approx(y, rel=1e-14)


def test_a_very_wide_network_keeps_its_digits() -> None:
    for m in (1e12, 1e18, 1e300):
        linear = kernel_regime.linear_output(0.7, 3)
        assert kernel_regime.output(0.7, m, 3) == pytest.approx(linear, rel=1e-11)
        assert kernel_regime.displacement(m, 3) == pytest.approx(3 / np.sqrt(2), rel=1e-11)


def test_the_kernel_is_that_of_the_weights() -> None:
    """Units (e^tau, e^tau) and (e^-tau, -e^-tau), summed up one by one."""
    m, tau = 6, 0.3
    a = np.exp(np.repeat([tau, -tau], 3))
    b = a * np.repeat([1, -1], 3)
    f = a @ b / np.sqrt(m)
    assert kernel_regime.kernel(f, m) == pytest.approx((a @ a + b @ b) / m)
    moved = np.linalg.norm(np.r_[a - 1, b - np.repeat([1, -1], 3)])
    assert kernel_regime.displacement(m, f) == pytest.approx(moved)
    assert kernel_regime.kernel_growth(m, f) == pytest.approx(kernel_regime.kernel(f, m) / 2)
    hessian = np.block([[np.zeros((m, m)), np.eye(m)], [np.eye(m), np.zeros((m, m))]]) / np.sqrt(m)
    assert kernel_regime.model_curvature(m) == pytest.approx(np.linalg.norm(hessian, 2))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: implicit_bias.least_norm([[1, 2]], [1, 2]), "one row per example"),
        (lambda: implicit_bias.least_norm([[1, 2]], [1], start=[1]), "start="),
        (lambda: implicit_bias.sign_descent_end([0, 0], 1), "not all 0"),
        (lambda: implicit_bias.sign_descent_end([1, 2], np.inf), "y=inf"),
        (lambda: implicit_bias.diagonal_network_end([1, 2], 2, 0), "alpha=0"),
        (lambda: implicit_bias.squared_weights_end([1, -2], 2, 1), "positive"),
        (lambda: implicit_bias.squared_weights_end([1, 2], -2, 1), "y=-2"),
        (lambda: implicit_bias.circle_time(0.5, 1.5), "never reaches"),
        (lambda: implicit_bias.circle_time(0.5, 0.4), "never reaches"),
        (lambda: implicit_bias.guaranteed_flat(0, 1), "parameters"),
        (lambda: kernel_regime.output(-1, 4, 2), "time=-1"),
        (lambda: kernel_regime.output(1, 0.5, 2), "width=0.5"),
        (lambda: kernel_regime.displacement(4, np.nan), "target=nan"),
    ],
)
def test_bad_questions_are_refused(call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
