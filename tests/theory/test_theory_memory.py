"""Theory of momentum, ripples, clipping, flow past a saddle and PL, against direct recursions."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import toylands as tl
from toylands.theory import clipping, momentum, pl, ripples, saddle_flow


@pytest.mark.parametrize("beta", [0.1, 0.5, 0.7, 0.9, 0.97, 0.995])
def test_stale_momentum_step_by_step(beta: float) -> None:
    buffer, x, lr = -1 / (1 - beta), 0.0, 0.3
    buffers, xs = [buffer], [x]
    for _ in range(2000):
        buffer = beta * buffer + 1
        x -= lr * buffer
        buffers.append(buffer)
        xs.append(x)
    for k in (0, 1, 5, 100):
        assert momentum.buffer_after_flip(k, beta) == pytest.approx(buffers[k], abs=1e-10)
        assert momentum.distance_after_flip(k, lr, beta) == pytest.approx(xs[k], abs=1e-9)
    against = sum(b < -1e-12 for b in buffers[1:])
    assert momentum.wrong_way_steps(beta) == against
    assert momentum.wrong_way_distance(lr, beta) == pytest.approx(max(xs), abs=1e-9)
    assert momentum.steps_back(beta) == next(k for k in range(1, 2000) if xs[k] <= 1e-12)


def test_a_very_long_memory_is_answered_at_once() -> None:
    """The time back tends to the root of 2(1 - e^-s) = s, in units of 1/(1 - beta)."""
    root = float(mp.findroot(lambda s: 2 * (1 - mp.exp(-s)) - s, 1.6))
    assert momentum.steps_back(1 - 1e-9) * 1e-9 == pytest.approx(root, rel=1e-6)


def test_ringing_is_the_angle_of_the_companion_matrix() -> None:
    for lr, curvature, beta in ((0.1, 1.0, 0.9), (1.0, 2.0, 0.5), (0.5, 3.0, 0.99)):
        step = np.array([[1 + beta - lr * curvature, -beta], [1.0, 0.0]])
        roots = np.linalg.eigvals(step)
        assert momentum.ringing(lr, curvature, beta) == pytest.approx(np.abs(np.angle(roots)).max())
        np.testing.assert_allclose(np.abs(roots), np.sqrt(beta))


def test_ripples_by_quadrature_and_search() -> None:
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    for sigma in (0.0, 0.1, 0.3):
        mean = weights @ np.cos(2 * np.pi * sigma * nodes) / weights.sum()
        assert ripples.ripple_left(sigma) == pytest.approx(mean, rel=1e-9)
    k, a = 0.3, 0.2
    x = np.linspace(0, 1, 100_001)
    bends = k + 4 * np.pi**2 * a * np.cos(2 * np.pi * x)
    assert ripples.curvature_at(0.25, k, a) == pytest.approx(k)
    left = ripples.ripple_left(ripples.smoothing_needed(k, a))
    assert k + left * (bends - k).min() == pytest.approx(0, abs=1e-12)
    assert ripples.smoothing_needed(10, 0.1) == 0  # convex without


def test_clipped_gradients_row_by_row() -> None:
    rows = np.array([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0], [-30.0, 0.0]])
    expected = [[0.6, 0.8], [0.3, 0.4], [0, 0], [-1, 0]]
    np.testing.assert_allclose(clipping.clipped(rows, 1.0), expected, rtol=1e-15)
    assert clipping.clipped_mean([-3, 0.5], 1) == -0.25


def test_the_curl_of_a_normalised_gradient_by_differentiation() -> None:
    h, at = [[4, 1], [1, 2]], (mp.mpf("0.3"), mp.mpf("-0.8"))

    def field(i: int, x: mp.mpf, y: mp.mpf) -> mp.mpf:
        g = (h[0][0] * x + h[0][1] * y, h[1][0] * x + h[1][1] * y)
        return g[i] / mp.hypot(*g)

    curl = mp.diff(lambda x, y: field(1, x, y), at, (1, 0))
    curl -= mp.diff(lambda x, y: field(0, x, y), at, (0, 1))
    assert clipping.normalised_curl(h, (0.3, -0.8)) == pytest.approx(float(curl), rel=1e-10)


def test_the_flow_past_the_saddle_by_integration() -> None:
    solved = solve_ivp(lambda t, y: y - y**3, (0, 9), [0.01], rtol=1e-11, atol=1e-14)
    end = float(solved.y[0, -1])
    assert saddle_flow.flow_position(0.01, 9) == pytest.approx(end, rel=1e-8)
    assert saddle_flow.flow_position(end, -9) == pytest.approx(0.01, rel=1e-3)
    assert saddle_flow.flow_position(0.5, -1000) == 0  # e^-1000 is no floating-point number
    assert saddle_flow.flow_time(0.01, 0.7) == pytest.approx(
        float(mp.quad(lambda y: 1 / (y - y**3), [0.01, 0.1, 0.7])), rel=1e-10
    )
    y = np.linspace(0.001, 0.999, 100_001)
    at, size = saddle_flow.fastest()
    assert y[np.argmax(y - y**3)] == pytest.approx(at, abs=1e-5)
    assert (y - y**3).max() == pytest.approx(size)
    assert saddle_flow.loss_drop(0.2) == pytest.approx(float(mp.quad(lambda v: v - v**3, [0.2, 1])))


def test_pl_on_a_parabola_is_its_curvature() -> None:
    mu, _ = pl.pl_constant_1d(tl.landscapes.parabola(a=3), -1, 2)
    assert mu == pytest.approx(3)
    # High up, where L - L* near the minimum is but the rounding error of L.
    mu, _ = pl.pl_constant_1d(tl.landscape("(x - 0.3)**2/2 + 1e6"), -1, 1, 1e6)
    assert mu == pytest.approx(1, rel=2e-6)
    assert np.isnan(pl.pl_ratio(tl.landscapes.parabola, [0.0], 0.0))
    assert pl.pl_ratio(tl.landscapes.parabola, np.ones((2, 3, 1)), 0.0).shape == (2, 3)


def test_pl_of_the_product_everywhere() -> None:
    for s in (1.0, 2.5):
        land = tl.landscapes.uv_product(s=s)
        points = np.random.default_rng(0).uniform(-2, 2, (50, 2))
        np.testing.assert_allclose(
            pl.pl_ratio(land, points, 0.0), [pl.product_constant(*p) for p in points], rtol=1e-9
        )
        np.testing.assert_allclose(
            np.linalg.det(land.hessian(points)),
            [pl.product_determinant(*p, s=s) for p in points],
            rtol=1e-9,
            atol=1e-12,
        )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: momentum.wrong_way_steps(1.0), "between 0 and 1"),
        (lambda: momentum.wrong_way_distance(0, 0.9), "lr=0"),
        (lambda: momentum.buffer_after_flip(-1, 0.9), "steps"),
        (lambda: momentum.ringing(0.0001, 1, 0.9), "does not ring"),
        (lambda: ripples.ripple_left(-1), "sigma=-1"),
        (lambda: ripples.smoothing_needed(0, 1), "k=0"),
        (lambda: ripples.settling_rate(0.1, 0.05, 0.5), "no minimum"),
        (lambda: clipping.clipped("steep", 1), "gradient='steep'"),
        (lambda: clipping.normalised_curl("round", (0, 1)), "hessian='round'"),
        (lambda: clipping.clipped((1, 2), 0), "max_norm=0"),
        (lambda: clipping.clipped((1, 2), 1, eps=-1), "eps=-1"),
        (lambda: clipping.clipped_mean([], 1), "gradients"),
        (lambda: clipping.normalised_curl([[1, 0], [0, 1]], (0, 0)), "gradient at point"),
        (lambda: clipping.normalised_curl([[1, 0]], (0, 1)), "2 by 2"),
        (lambda: saddle_flow.flow_time(0, 0.5), "start=0"),
        (lambda: saddle_flow.flow_position(0.5, np.inf), "time"),
        (lambda: pl.pl_constant_1d(tl.landscapes.bowl, -1, 1), "must have one"),
        (lambda: pl.pl_constant_1d(tl.landscapes.parabola, 1, -1), "below high"),
        (lambda: pl.pl_constant_1d(tl.landscapes.parabola, -1, 1, bottom=9), "nowhere above"),
        (lambda: pl.pl_ratio(tl.landscapes.parabola, [1.0], np.nan), "bottom=nan"),
    ],
)
def test_bad_questions_are_refused(call, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        call()
