"""Lesson 13, maps: lines, curved paths, alignment, slices, principal components, tickets, ensembles."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from exact_tools import close, flow_time

import toylands as tl
from toylands import geometry
from toylands.landscapes import (
    circle_valley,
    ravine,
    regression,
    relu_ticket,
    two_neurons,
    two_tickets,
    uv_product,
)

# --- linear interpolation -------------------------------------------------------------------------


def test_the_graph_of_a_convex_function_lies_below_its_chord() -> None:
    a, b = np.array([0.0, 4.0]), np.array([2.0, -1.0])
    line = geometry.interpolate(regression, a, b)
    middle = len(line.t) // 2
    close(line.chord[middle], 3)
    close(line.loss[middle], 0.75)
    close(line.chord[middle] - line.loss[middle], 2.25)
    # For a quadratic the gap in the middle is d'Hd/8.
    close((b - a) @ regression.hessian(a) @ (b - a) / 8, 2.25)
    assert line.barrier == 0.0


def test_barriers_of_the_product() -> None:
    close(geometry.interpolate(uv_product, (1, 1), (-1, -1)).barrier, 0.5)
    # Both ends lie on one connected curve of zero loss, and yet there is a barrier.
    line = geometry.interpolate(uv_product, (4, 0.25), (0.25, 4))
    close(line.barrier, 6.17981)
    s = np.geomspace(0.25, 4, 50)
    assert np.abs(uv_product.loss(np.stack([s, 1 / s], axis=1))).max() < 1e-30


# --- curved paths ---------------------------------------------------------------------------------

ENDS = (1.0, 0.0), (-1.0, 0.0)


def test_the_straight_line_across_the_circle_and_the_arc() -> None:
    close(geometry.interpolate(circle_valley, *ENDS).barrier, 0.5)
    angles = np.linspace(0, np.pi, 101)
    assert circle_valley.loss(np.stack([np.cos(angles), np.sin(angles)], axis=1)).max() < 1e-30


def test_a_bezier_curve_round_the_circle() -> None:
    t = np.linspace(0, 1, 4001)[:, None]
    curve = (1 - t) ** 2 * ENDS[0] + 2 * t * (1 - t) * np.array([0.0, 2.0]) + t**2 * ENDS[1]
    close(circle_valley.loss(curve).max(), 0.03125)
    path = geometry.bezier_path(
        circle_valley, *ENDS, control=(0.1, 1.5), objective="max", count=4001
    )
    assert path.converged
    close(path.nodes[1, 1], 2.197368)
    close(path.height, 0.02144661)
    assert abs(path.nodes[1, 0]) < 1e-6


def test_a_chain_with_one_bend_round_the_circle() -> None:
    path = geometry.chain_path(
        circle_valley, *ENDS, control=(0.1, 1.5), objective="max", count=4001
    )
    close(path.nodes[1, 1], 1.189207)
    close(path.height, 0.08578644)


def test_an_elastic_band_round_the_circle_finds_the_valley() -> None:
    path = geometry.elastic_band(circle_valley, *ENDS)
    assert path.height < 1e-9  # arc=0
    # 21 chords of the half circle, equally long
    close(path.length, 42 * np.sin(np.pi / 42))


# --- alignment ------------------------------------------------------------------------------------


def test_aligning_two_neurons_removes_the_barrier() -> None:
    found = geometry.align(two_neurons, (0.3, 3), (3, 0.3), units=[(0,), (1,)])
    close(found.before.barrier, 0.08186967)
    close(two_neurons.loss((1.65, 1.65)), 0.08186967)
    assert found.after.barrier == pytest.approx(0, abs=1e-15)  # barrier_aligned=0
    close(found.matchings[0].cost_identity, 14.58)
    np.testing.assert_array_equal(found.aligned, (0.3, 3))


def test_matching_three_neurons() -> None:
    a, b = np.array([0.3, 1.2, 3]), np.array([3.1, 0.2, 1.1])
    found = geometry.match_units(a, b)
    close(found.cost_identity, 12.45)
    close(found.cost, 0.03)
    assert tuple(found.order) == (1, 2, 0)
    every = [float(np.sum((a - b[list(order)]) ** 2)) for order in permutations(range(3))]
    close(found.cost, min(every))
    np.testing.assert_array_equal(found.order[np.argsort(a)], np.argsort(b))  # in 1-D: sorting


# --- slices ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("c", "raw"), [(1, 1.96), (10, 64.9636)])
def test_a_relative_slice_does_not_see_the_scale_of_the_layers(c: float, raw: float) -> None:
    at, direction = (c, 1 / c), (0.6, 0.8)
    close(geometry.sample_line(uv_product, at, direction).curvature, raw)
    relative = geometry.relative_direction(uv_product, direction, at)
    close(geometry.sample_line(uv_product, at, relative).curvature, 1.96)  # fn_c1 and fn_c10
    # With one weight per filter, normalisation by filters keeps only the signs: (1 + 1)^2.
    by_filter = geometry.filter_normalized(uv_product, direction, at, filters=[(0,), (1,)])
    close(geometry.sample_line(uv_product, at, by_filter).curvature, 4)


@pytest.mark.parametrize(("dim", "chance"), [(3, 0.2928932), (10, 0.01495636), (100, 1.407199e-16)])
def test_a_random_slice_hides_a_saddle(dim: int, chance: float) -> None:
    close(tl.theory.slices.chance_of_seeing_descent(dim), chance)
    if dim < 100:  # by simulation: 200,000 directions, within four standard errors
        d = np.random.default_rng(0).standard_normal((200_000, dim))
        d2 = d**2 / np.sum(d**2, axis=1, keepdims=True)
        seen = np.mean(d2[:, :-1].sum(axis=1) - d2[:, -1] < 0)
        assert abs(seen - chance) < 4 * np.sqrt(chance * (1 - chance) / 200_000)


# --- principal components -------------------------------------------------------------------------


def test_principal_components_of_a_random_walk() -> None:
    share = tl.theory.random_walks.pca_share
    close((share(1, 1000), share(2, 1000)), (0.6079282, 0.1519824))
    close(share(1), 0.6079271)
    close(share(1) + share(2), 0.7599089)


def test_gradient_descent_in_a_ravine_seen_by_its_components() -> None:
    run = tl.descend(ravine(kappa=100), tl.gd(0.015), start=(1, 1), steps=100)
    found = geometry.trajectory_pca(run)
    close(found.shares[0], 0.7958357)
    close(abs(found.components[0, 1]), 0.9962335)  # gd_pc1_slow


def test_the_gradient_looks_along_the_sharp_direction() -> None:
    land = ravine(kappa=100)
    line = geometry.sample_line(land, (1, 1), "gradient")
    close(line.curvature, 99.9901)
    close(geometry.curvature_moments(land.spectrum((1, 1)).eigenvalues)[0], 50.5)
    downhill = geometry.sample_line(land, (1, 1), -land.grad((1, 1)))
    close(downhill.newton_t, 0.01000099)


# --- lottery tickets ------------------------------------------------------------------------------


def test_a_neuron_wins_with_probability_three_eighths() -> None:
    theory = tl.theory.tickets
    close(theory.win_probability(), 0.375)
    widths = {1: 0.625, 5: 0.09536743, 10: 0.009094947, 20: 8.271806e-05}
    for width, fails in widths.items():
        close(theory.failure_probability(width), fails)


def test_the_fate_of_a_neuron_is_its_angle() -> None:
    """Gradient descent with a small step, from 400 angles; those next to the borders are left out."""
    angles = np.radians(np.linspace(-180, 180, 400, endpoint=False) + 0.05)
    starts = 0.1 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    end = tl.descend(relu_ticket, tl.gd(0.01), start=starts, steps=6000).end
    won = relu_ticket.loss(end) < 1e-6
    expected = tl.theory.tickets.wins(*starts.T)
    clear = np.min(np.abs(np.degrees(angles)[:, None] - [-135, -90, -45, 90]), axis=1) > 0.5
    np.testing.assert_array_equal(won[clear], expected[clear])
    assert np.mean(expected) == pytest.approx(0.375, abs=3e-3)


def test_the_flow_conserves_and_separates() -> None:
    """w^2 - v^2 is conserved, so w + v grows and w - v shrinks: the loser reaches w = 0."""
    time = flow_time(relu_ticket, (0.1, -0.2), lambda p: p[0] - 1e-6, 100)
    # While f is small, w = 0.1 cosh t - 0.2 sinh t: zero at tanh t = 1/2.
    assert time == pytest.approx(np.arctanh(0.5), rel=0.02)


def test_a_ticket_rewound_wins_and_reinitialised_only_sometimes() -> None:
    start = np.array([0.1, -0.2, 0.1, 0.05])
    found = geometry.find_ticket(two_tickets, tl.gd(0.05), start, keep=0.5, steps=1000)
    assert found.mask.tolist() == [False, False, True, True]
    assert found.run.loss[-1] < 1e-12
    again = 0.1 * np.random.default_rng(1).standard_normal((3000, 2))
    end = tl.descend(found.landscape, tl.gd(0.05), start=again, steps=1000).end
    wins = np.mean(found.landscape.loss(end) < 1e-6)
    assert abs(wins - 0.375) < 4 * np.sqrt(0.375 * 0.625 / 3000)


def test_two_neurons_fail_with_the_square_of_one() -> None:
    starts = 0.05 * np.random.default_rng(2).standard_normal((4000, 4))
    end = tl.descend(two_tickets, tl.gd(0.05), start=starts, steps=1500).end
    fails = np.mean(two_tickets.loss(end) > 1e-3)
    assert abs(fails - 0.625**2) < 4 * np.sqrt(0.625**2 * (1 - 0.625**2) / 4000)


# --- ensembles ------------------------------------------------------------------------------------


def test_the_ambiguity_decomposition() -> None:
    found = geometry.ensemble_error([1, 2, 4], target=2)
    close(found.mean_error, 1.666667)
    close(found.ambiguity, 1.555556)
    close(found.error, 0.1111111)


def test_correlation_limits_an_ensemble() -> None:
    variance = tl.theory.ensembles.variance_of_mean
    for rho, expected in ((0, 0.2), (0.5, 0.6), (1, 1)):
        close(variance(5, rho), expected)
    rng = np.random.default_rng(3)
    common, own = rng.standard_normal((100_000, 1)), rng.standard_normal((100_000, 5))
    mean = (np.sqrt(0.5) * common + np.sqrt(0.5) * own).mean(axis=1)
    assert abs(mean.var() / 0.6 - 1) < 4 * np.sqrt(2 / 100_000)


def test_averaging_weights_is_not_averaging_predictions() -> None:
    found = geometry.compare_averages(circle_valley, ENDS)
    np.testing.assert_array_equal(found.losses, 0)
    close(found.average_loss, 0.5)
