"""Lesson 7, too many parameters: every number of the lesson comes out of the library."""

from __future__ import annotations

import numpy as np
import pytest
from exact_tools import close, flow, flow_time

import toylands as tl
from toylands.geometry import interpolate, merge_level, stability_limit, sublevel_components
from toylands.landscapes import (
    circle_valley,
    diagonal_network,
    lazy_network,
    one_equation,
    squared_weights,
    uv_product,
    wide_product,
)
from toylands.theory import implicit_bias, kernel_regime

# --- p - n flat directions ------------------------------------------------------------------------


def test_one_equation_has_one_flat_direction_everywhere() -> None:
    for point in ((0, 0), (2, 0), (-1, 1.5)):
        np.testing.assert_allclose(one_equation.spectrum(point).eigenvalues, (0, 25), atol=1e-14)
    limit = stability_limit(tl.gd(0.1))
    assert limit is not None
    close(limit / 25, 0.08)
    for lr, status in ((0.0799, "converged to a valley of minima"), (0.0801, "diverged")):
        run = tl.descend(one_equation, tl.gd(lr), start=(2, 0), steps=20_000, every=20_000)
        assert str(run.status).startswith(status)
    end = tl.descend(one_equation, tl.gd(0.03), start=(2, 0)).end
    close(end, (1.88, -0.16))
    close(implicit_bias.least_norm([[3, 4]], [5], start=(2, 0)), (1.88, -0.16))
    assert implicit_bias.guaranteed_flat(2, 1) == 1


def test_a_random_linear_model_has_p_minus_n() -> None:
    """A network without hidden layer or bias: 10 parameters, 3 examples."""
    rng = np.random.default_rng(0)
    data = tl.networks.Dataset(rng.standard_normal((3, 10)), rng.standard_normal((3, 1)), "random")
    net = tl.networks.mlp((10, 1), activation="identity", loss="mse", bias=False, data=data)
    for seed in (0, 1):
        eigenvalues = net.spectrum(net.init(seed)).eigenvalues
        assert np.sum(np.abs(eigenvalues) < 1e-12) == 7 == implicit_bias.guaranteed_flat(10, 3)


def test_a_nonlinear_model_need_not_have_any() -> None:
    close(uv_product.spectrum((0.1, 0.1)).eigenvalues, (-0.97, 0.99))
    u = np.array([0.1, 0.5, 1 / np.sqrt(3), 0.9, 1.0])
    spectra = uv_product.spectrum(np.stack([u, u], axis=1)).eigenvalues
    np.testing.assert_allclose(
        spectra, np.sort(np.stack([1 - u**2, 3 * u**2 - 1], axis=1)), atol=1e-14
    )
    flat = np.sum(np.abs(spectra) < 1e-9, axis=1)
    np.testing.assert_array_equal(flat, [0, 0, 1, 0, 1])  # by accident at 1/sqrt(3), truly at 1


# --- the circle of solutions ----------------------------------------------------------------------


def test_the_circle() -> None:
    top, *valley = circle_valley.critical_points
    np.testing.assert_allclose(top.eigenvalues, (-2, -2), rtol=1e-12)
    for point in valley:
        np.testing.assert_allclose(point.eigenvalues, (0, 4), atol=1e-12)
    close(tl.descend(circle_valley, tl.gd(0.1)).end, (0.6, 0.8))


def test_the_time_to_the_circle() -> None:
    close(implicit_bias.circle_time(0.5, 0.9), 0.6371556)
    took = flow_time(circle_valley, (0.3, 0.4), lambda p: np.hypot(*p) - 0.9, 5)
    close(took, 0.6371556)


def test_all_fit_and_not_all_generalise() -> None:
    """Starts at 0, 60 and 180 degrees; the truth is (1, 0)."""
    angles = np.radians([0, 60, 180])
    starts = 0.5 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    run = tl.descend(circle_valley, tl.gd(0.1), start=starts, steps=300)
    assert np.max(run.loss[:, -1]) < 1e-25
    test = tl.landscapes.bowl(a=1, b=1).loss(run.end - (1, 0))
    np.testing.assert_allclose(test, (0, 0.5, 2), atol=1e-12)
    np.testing.assert_allclose(test, 1 - np.cos(angles), atol=1e-12)


def test_gradient_descent_stops_where_it_lands() -> None:
    path = tl.descend(circle_valley, tl.gd(0.1), steps=1000).path
    np.testing.assert_allclose(path[-500:], np.broadcast_to(path[-1], (500, 2)), atol=1e-15)


# --- the optimizer chooses ------------------------------------------------------------------------


@pytest.mark.parametrize("opt", [tl.gd(0.03), tl.momentum(0.005, beta=0.9), tl.nesterov(0.005)])
def test_gd_and_momentum_find_the_shortest_solution(opt: tl.Optimizer) -> None:
    end = tl.descend(one_equation, opt, steps=1000).end
    close((*end, np.linalg.norm(end)), (0.6, 0.8, 1))
    close(implicit_bias.least_norm([[3, 4]], [5]), (0.6, 0.8))


@pytest.mark.parametrize("opt", [tl.adam(0.01, eps=0), tl.adagrad(0.1, eps=0)])
def test_adam_and_adagrad_find_another(opt: tl.Optimizer) -> None:
    run = tl.descend(one_equation, opt, steps=5000)
    np.testing.assert_allclose(run.path[:, 0], run.path[:, 1], rtol=1e-10)
    close((*run.end, np.linalg.norm(run.end)), (0.7142857, 0.7142857, 1.010153))
    close(implicit_bias.sign_descent_end([3, 4], 5), (0.7142857, 0.7142857))


# --- rich and lazy --------------------------------------------------------------------------------

ENDS = [
    (0.001, 0.000999749, 0.9995001),
    (0.01, 0.009974031, 0.995013),
    (0.1, 0.09653712, 0.9517314),
    (1.0, 0.3939445, 0.8030278),
    (10.0, 0.3999994, 0.8000003),
]


@pytest.mark.parametrize(("alpha", "w1", "w2"), ENDS)
def test_the_size_of_the_start_chooses(alpha: float, w1: float, w2: float) -> None:
    end = implicit_bias.diagonal_network_end([1, 2], 2, alpha)
    np.testing.assert_allclose(end, (w1, w2), rtol=2e-6 if alpha < 10 else 1e-5)
    theta = flow(diagonal_network, [alpha] * 4, 30 / max(alpha, 0.3) ** 2)
    np.testing.assert_allclose(theta[:2] ** 2 - theta[2:] ** 2, end, rtol=1e-6)
    np.testing.assert_allclose(theta[:2] * theta[2:], alpha**2, rtol=1e-7)


def test_from_the_sparse_to_the_short() -> None:
    ends = [implicit_bias.diagonal_network_end([1, 2], 2, alpha) for alpha in (1e-12, 1e6)]
    np.testing.assert_allclose(ends[0], (0, 1), atol=1e-11)
    np.testing.assert_allclose(ends[1], implicit_bias.least_norm([[1, 2]], [2]), rtol=1e-9)


def test_gradient_descent_follows_the_flow() -> None:
    end = tl.descend(diagonal_network, tl.gd(1e-3), start=[0.1] * 4, steps=20_000, every=20_000).end
    np.testing.assert_allclose(end[:2] ** 2 - end[2:] ** 2, (0.09653712, 0.9517314), rtol=0.01)


@pytest.mark.parametrize("alpha", [0.03, 0.1, 0.5, 1.5])
def test_squared_weights_follow_a_parabola(alpha: float) -> None:
    theta = flow(squared_weights, (alpha, alpha), 30 / max(alpha, 0.3) ** 2)
    assert theta[1] == pytest.approx(theta[0] ** 2 / alpha, rel=1e-7)
    end = implicit_bias.squared_weights_end([1, 2], 2, alpha)
    np.testing.assert_allclose(theta**2, end, rtol=1e-6)


# --- width ----------------------------------------------------------------------------------------

WIDTHS = [
    (4, 1.414214, 1.317104, 1.323728),
    (16, 1.118034, 1.384057, 1.279552),
    (100, 1.019804, 1.408996, 1.266711),
]


def tangent_kernel(width: float, theta: np.ndarray) -> float:
    """|grad f|^2 from the loss: its gradient is (f - y) grad f, its value (f - y)^2/2."""
    land = lazy_network(m=width, y=4)
    return float(np.sum(land.grad(theta) ** 2) / (2 * land.loss(theta)))


@pytest.mark.parametrize(("m", "ratio", "move", "half"), WIDTHS)
def test_width_in_closed_form_and_in_the_flow(
    m: int, ratio: float, move: float, half: float
) -> None:
    close(kernel_regime.kernel_growth(m, 2), ratio)
    close(kernel_regime.displacement(m, 2), move)
    close(kernel_regime.output(0.5, m, 2), half)
    land = lazy_network(m=m)
    end = flow(land, (0, 0), 20)
    close(np.linalg.norm(end), move)
    close(tangent_kernel(m, end) / tangent_kernel(m, np.zeros(2)), ratio)
    halfway = flow(land, (0, 0), 0.5)
    close(2 - np.sqrt(2 * land.loss(halfway)), half)
    assert tangent_kernel(m, halfway) == pytest.approx(kernel_regime.kernel(half, m), rel=2e-6)


def test_width_without_end() -> None:
    close(kernel_regime.kernel_growth(10_000, 2), 1.0002)
    close(kernel_regime.displacement(1e12, 2), 1.414214)  # move_limit
    close(kernel_regime.linear_output(0.5, 2), 1.264241)
    gaps = [kernel_regime.output(0.5, m, 2) - 1.2642411 for m in (100, 1000)]
    assert gaps[0] / gaps[1] == pytest.approx(10, rel=0.01)  # as 1/m


def test_at_the_start_only_a_wide_network_is_flat() -> None:
    for m in (4, 100, 10_000):
        smallest, largest = lazy_network(m=m).spectrum((0, 0)).eigenvalues
        root = np.sqrt(1 + 4 / m)
        np.testing.assert_allclose((smallest, largest), (1 - root, 1 + root), rtol=1e-9)


def test_the_curvature_of_the_output() -> None:
    """At f = 1 on the way to y: H = (grad f)(grad f)' - (y - f) Hess f, so two targets give Hess f."""
    close(kernel_regime.model_curvature(100), 0.1)
    at = (0.4, -0.3)
    hessian = lazy_network(m=100, y=1).hessian(at) - lazy_network(m=100, y=2).hessian(at)
    np.testing.assert_allclose(np.linalg.eigvalsh(hessian), (-0.1, 0.1), rtol=1e-10)


def test_the_kernel_of_random_weights() -> None:
    """4,000 networks: a standard deviation has the relative standard error sqrt(1/8,000)."""
    mean, spread = kernel_regime.random_kernel(100)
    assert mean == 2
    close(spread, 0.2)
    weights = np.random.default_rng(0).standard_normal((4000, 200))
    kernels = np.sum(weights**2, axis=1) / 100
    assert abs(kernels.mean() - mean) < 4 * spread / np.sqrt(4000)
    assert kernels.std() == pytest.approx(spread, rel=4 * np.sqrt(1 / 8000))


def test_the_plane_is_the_whole_network_of_width_4() -> None:
    """All 8 weights by the same flow: the halves stay alike, and move as in the plane."""
    network = tl.landscape(
        "((a1*b1 + a2*b2 + a3*b3 + a4*b4)/2 - 2)**2/2",
        coordinates=("a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4"),
    )
    start = np.array([1, 1, 1, 1, 1, 1, -1, -1], dtype=float)
    p, q = flow(lazy_network(m=4), (0, 0), 0.5)
    first, second = (2 + p) / 2, (2 + q) / 2
    expected = np.array([first, first, second, second, first, first, -second, -second])
    end = flow(network, start, 0.5)
    np.testing.assert_allclose(end, expected, rtol=1e-8)
    assert np.linalg.norm(end - start) == pytest.approx(np.hypot(p, q), rel=1e-8)


# --- width connects -------------------------------------------------------------------------------


def test_with_one_unit_two_lakes_merge_at_one_half() -> None:
    close(merge_level(uv_product, (1, 1), (-1, -1)), 0.5)
    assert sublevel_components(uv_product, 0.499) == 2
    assert sublevel_components(uv_product, 0.501) == 1
    close(uv_product.critical_points[0].loss, 0.5)
    line = np.linspace(-2.5, 2.5, 11)  # whichever way, it crosses uv = 0, where the loss is 1/2
    np.testing.assert_array_equal(uv_product.loss(np.stack([line, 0 * line], axis=1)), 0.5)


def test_with_two_units_a_path_at_loss_zero() -> None:
    phi = np.linspace(0, np.pi, 201)
    path = np.stack([np.cos(phi), np.cos(phi), np.sin(phi), np.sin(phi)], axis=1)
    np.testing.assert_allclose(path[[0, -1]], [[1, 1, 0, 0], [-1, -1, 0, 0]], atol=1e-15)
    np.testing.assert_allclose(wide_product.loss(path), 0, atol=1e-30)
    close(interpolate(wide_product, path[0], path[-1]).barrier, 0.5)  # linear_barrier


def test_the_plane_of_equal_layers_is_the_circle_valley() -> None:
    points = np.random.default_rng(0).uniform(-1.4, 1.4, (20, 2))
    directions = np.array([[1, 1, 0, 0], [0, 0, 1, 1]])
    np.testing.assert_allclose(
        wide_product.loss(points @ directions), circle_valley.loss(points), atol=1e-15
    )
    level = merge_level(circle_valley, (1, 0), (-1, 0), grid=601)
    assert level < 1e-4  # the ring is one lake; 0 but for the grid
