"""Lesson 14, other worlds and the clinic: every number of the lesson comes out of the library."""

from __future__ import annotations

import numpy as np
import pytest
from exact_tools import close, flow

import toylands as tl
from toylands.dynamics import alignment, diagnose, first_passage
from toylands.geometry.probes import central_difference, smoothed_gradient
from toylands.landscapes import (
    bilinear_game,
    dirac_gan,
    funnel,
    funnel_1d,
    gaussian_desert,
    masked_cliff,
    mode_collapse,
    parabola,
    rugged_1d,
    saddle,
)
from toylands.theory import games, langevin, masking, ruggedness

# --- rotation -------------------------------------------------------------------------------------


def norm_after(opt: tl.Optimizer, steps: int = 100) -> float:
    return float(np.linalg.norm(tl.descend(bilinear_game, opt, start=(1, 1), steps=steps).end))


def test_four_ways_to_play_the_bilinear_game() -> None:
    close(norm_after(tl.gd(0.1)), 2.325861)
    close(norm_after(tl.extragradient(0.1)), 0.8599397)
    close(norm_after(tl.optimistic_gd(0.1)), 0.8599853)
    close(np.sqrt(2) * games.simultaneous(0.1) ** 100, 2.325861)
    close(games.extragradient(0.1), 0.9950377)
    close(games.optimistic(0.1), 0.9949362)
    close(games.optimistic_limit(), 0.5773503)
    for lr, inwards in ((0.57, True), (0.585, False)):
        assert (norm_after(tl.optimistic_gd(lr), 5000) < 1) == inwards


def test_the_flow_of_the_game_circles() -> None:
    assert np.array_equal(bilinear_game.jacobian((0, 0)), [[0, 1], [-1, 0]])
    assert np.array_equal(np.diag(bilinear_game.hessian((0, 0))), [0, 0]), "nobody is pushed off"
    (middle,) = bilinear_game.critical_points
    assert middle.flow == "rotating"
    np.testing.assert_allclose(middle.rates, (-1j, 1j), atol=1e-15)


def test_alternating_steps_stay_on_an_ellipse() -> None:
    x, y, lr = 1.0, 1.0, 0.1
    close(games.alternating_invariant(x, y, lr), 1.9)
    for _ in range(1000):
        x -= lr * bilinear_game.field((x, y))[0]
        y -= lr * bilinear_game.field((x, y))[1]
    assert games.alternating_invariant(x, y, lr) == pytest.approx(1.9, rel=1e-12)


@pytest.mark.parametrize(
    ("gamma", "real", "imaginary"),
    [(0, 0, 0.5), (0.6, -0.3, 0.4), (1, -0.5, 0), (2, -0.1339746, 0)],
)
def test_the_penalty_damps_the_dirac_gan(gamma: float, real: float, imaginary: float) -> None:
    slow = games.dirac_eigenvalues(gamma)[-1]
    np.testing.assert_allclose((slow.real, slow.imag), (real, imaginary), rtol=2e-6, atol=1e-12)
    exact = np.linalg.eigvals(-dirac_gan(gamma=gamma).jacobian((0, 0)))
    order = np.argsort(exact.real + 1e-3 * exact.imag)
    np.testing.assert_allclose(exact[order], games.dirac_eigenvalues(gamma), atol=1e-7)
    (middle,) = dirac_gan(gamma=gamma).critical_points
    assert middle.flow == ("rotating" if gamma == 0 else "stable")
    np.testing.assert_allclose(middle.rates, games.dirac_eigenvalues(gamma), atol=1e-7)


def test_the_best_penalty_is_one() -> None:
    """By the flow's eigenvalues, and by walks that start near the equilibrium."""
    gammas = np.linspace(0, 2, 201)
    slowest = [games.dirac_eigenvalues(g)[-1].real for g in gammas]
    assert gammas[np.argmin(slowest)] == pytest.approx(1)
    far = [
        np.linalg.norm(tl.descend(dirac_gan(gamma=g), tl.gd(0.1), start=(0.1, 0.1), steps=400).end)
        for g in (0.0, 0.5, 1.0, 2.0)
    ]
    assert far[2] < far[1] < far[3] < far[0]
    assert far[0] > 0.1, "without the penalty it turns outwards"


# --- mode collapse --------------------------------------------------------------------------------


def test_collapse_is_a_local_minimum() -> None:
    assert abs(mode_collapse.loss((-1, 1))) < 1e-15  # L_global=0
    close(mode_collapse.loss((1, 1)), 0.5)
    collapsed = next(p for p in mode_collapse.minima if min(p.point) > 0)
    np.testing.assert_allclose(max(collapsed.point), 1.203933, rtol=2e-6)
    delta = np.ptp(collapsed.point) / 2
    close(delta, 0.2039334)
    close(0.3 * np.sqrt(2 * np.log(2) / 3), 0.2039334)
    close(collapsed.loss, 0.4047246)
    close(collapsed.eigenvalues, (2.371848, 6.112791))
    assert abs(collapsed.loss - (1 - 0.75 * 2 ** (-1 / 3))) < 1e-7


def test_two_points_in_one_place_split_but_stay_at_their_mode() -> None:
    apart = np.array([1, -1]) / np.sqrt(2)
    diagonal = np.repeat(np.linspace(-2, 2, 41), 2).reshape(-1, 2)
    assert np.abs(mode_collapse.grad(diagonal) @ apart).max() < 1e-15
    close(apart @ mode_collapse.hessian((1, 1)) @ apart, -5.555556)
    run = tl.descend(mode_collapse, tl.gd(0.05), start=(1.001, 0.999), steps=2000)
    close(run.loss[-1], 0.4047246)
    wide = tl.descend(mode_collapse(s=1.2), tl.gd(0.2), start=(1.001, 0.999), steps=5000)
    assert wide.loss[-1] < 1e-9, "a wide kernel restores the pull"


def test_a_fixed_discriminator_asks_for_collapse() -> None:
    close(games.jensen_shannon([1, 0], [0.5, 0.5]), 0.2157616)
    close(games.best_response_slope([0.75, 0.5]), -0.6931472)


# --- gradient masking -----------------------------------------------------------------------------


def test_the_slope_at_the_attackers_place_says_nothing() -> None:
    gx, gy = masked_cliff.grad((0, 0))
    close(gy, 1)
    assert gx == 0, "it underflows"
    close(masking.log10_slope(1, 0.02), -541.5682)
    run = tl.descend(masked_cliff, tl.gd(1e-4), steps=2000)
    assert run.loss[-1] == pytest.approx(0.01, rel=1e-3), "the top of a ripple, and no further"


def test_smoothing_must_reach_the_cliff() -> None:
    close(masked_cliff(sigma=0.1).grad((0, 0)), (5.162392e-21, 1.92875e-22))
    close(masked_cliff(sigma=0.05).grad((0, 0))[1], 3.726653e-06)
    close(masked_cliff(sigma=0.5).grad((0, 0))[0], 0.1082409)
    close(masking.cliff_slope(1, 0.02, 0.1), 5.162392e-21)
    close(masking.ripple_slope(0.01, 100, 0.1), 1.92875e-22)
    run = tl.descend(masked_cliff(sigma=0.5), tl.gd(0.5), steps=100)
    assert run.end[0] > 1, "the climb goes over the cliff"


def test_probes_by_values_alone() -> None:
    close(central_difference(masked_cliff, (0, 0), 1.5), (0.3333333, -0.004765843))
    assert central_difference(masked_cliff, (0, 0), 0.5)[0] < 1e-100  # fdx_short=0
    found = smoothed_gradient(masked_cliff, (0, 0), 0.5, count=40_000)
    error = np.abs(found.gradient - (0.1082409, 0))
    assert np.all(error < 4 * found.standard_error)
    assert found.standard_error[0] < 0.003


# --- proteins -------------------------------------------------------------------------------------


def test_partition_functions_and_occupancies() -> None:
    for land, k, z, occupancy, spread in (
        (funnel_1d, 4, 0.2369826, 0.999943, 0.09809552),
        (rugged_1d, 0.05, 1.093634, 0.2807419, 1.414214),
    ):
        close(ruggedness.partition(k, 0.2, 0.1), z)
        close(langevin.partition(land, 0.1), z)
        close(langevin.share(land, -0.5, 0.5, 0.1), occupancy)
        close(ruggedness.spread(k, 0.2, 0.1), spread)
        close(np.sqrt(langevin.mean(land, np.square, 0.1)), spread)
    assert ruggedness.spread(0.05, 0.2, 0.1) == pytest.approx(np.sqrt(0.1 / 0.05), rel=1e-15)


def test_how_many_minima() -> None:
    assert len(funnel_1d.minima) == 1  # nmin_funnel=1
    assert len(rugged_1d.minima) == 51  # nmin_rugged=51
    close(ruggedness.lowest_sinc(), 0.2172336)
    close(ruggedness.single_minimum_k(0.2), 1.715208)
    close(ruggedness.convex_k(0.2), 7.895684)
    for factor, several in ((0.999, True), (1.001, False)):
        k = factor * ruggedness.single_minimum_k(0.2)
        assert (len(funnel_1d(k=k).minima) > 1) == several
        lowest = funnel_1d(k=factor * ruggedness.convex_k(0.2)).hessian([[0.5]])[0, 0, 0]
        assert (lowest < 0) == several


def test_ripples_slow_diffusion_down() -> None:
    close([ruggedness.slowdown(x) for x in (1, 2, 5)], (0.6238604, 0.1924369, 0.00134769))
    # A spread of 4,000 walkers, from the centre, after a time of 10, well before the bowl's 1/k = 20:
    # the relative standard error of a variance is 2.2%. The discrete steps see softer ripples.
    opt = tl.langevin(0.005, temperature=0.1)
    spread = {}
    for a in (0.0, 0.1):
        land = rugged_1d(a=a, k=0.05)
        end = tl.descend(land, opt, start=np.zeros((4000, 1)), steps=4000, every=4000).end
        spread[a] = np.var(end)
    fast, slow = 1.0, ruggedness.slowdown(1.0)
    wanted = (1 - np.exp(-0.05 * slow * 20 * 2)) / (1 - np.exp(-0.05 * fast * 20 * 2))
    assert spread[0.1] / spread[0.0] == pytest.approx(wanted, rel=0.12)


def test_walkers_fold_in_the_funnel() -> None:
    """10,000 Langevin walkers: the spread in every coordinate, and the first arrival at the bottom."""
    opt = tl.langevin(0.01, temperature=0.1)
    start = np.tile([1.6, -1.2], (10_000, 1))
    end = tl.descend(funnel, opt, start=start, steps=600, every=600).end
    expected = 0.09809552  # a finite step of 0.01 times a curvature of 12 adds 3%
    np.testing.assert_allclose(end.std(axis=0), expected, rtol=0.05)
    found = first_passage(funnel, opt, lambda x, y: x**2 + y**2 < 0.01, walkers=2000, steps=2000)
    assert found.share == 1
    cold = flow(funnel, (1.6, -1.2), 20)
    assert np.abs(cold).max() < 1e-6, "the funnel folds without any heat, too"


# --- the clinic -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("land", "lr", "start", "q"),
    [
        (parabola(a=21), 0.1, [1.0], -1.1),
        (parabola(a=19), 0.1, [1.0], -0.9),
        (parabola(a=0.01), 0.1, [1.0], 0.999),
        (saddle(a=1, b=1), 0.1, (0.0, 0.01), 1.1),
    ],
)
def test_alignment_tells_the_curvature(land, lr: float, start, q: float) -> None:
    run = tl.descend(land, tl.gd(lr), start=start, steps=12)
    np.testing.assert_allclose(alignment(run), q, rtol=1e-6)
    np.testing.assert_allclose(diagnose(run).curvature, (1 - q) / lr, rtol=1e-6)


def test_the_desert_is_hardly_above_one() -> None:
    run = tl.descend(gaussian_desert, tl.gd(0.1), start=(3, 4), steps=10)
    np.testing.assert_allclose(alignment(run)[0], 1.000009, atol=5e-7)
    assert diagnose(run).finding == "desert"


def test_the_exercise_of_the_clinic() -> None:
    run = tl.descend(saddle(a=1, b=1), tl.gd(0.1), start=(0.0, 0.01), steps=20)
    assert diagnose(run).finding == "saddle"
    assert diagnose(run).curvature == pytest.approx(-1)


@pytest.mark.parametrize("s", [0.15, 0.3, 0.5, 0.58, 0.62, 0.9, 1.2])
def test_every_minimum_of_mode_collapse_is_declared(s: float) -> None:
    """Against SciPy's descents from a grid, on the formula typed again."""
    from scipy.optimize import minimize

    def loss(p: np.ndarray) -> float:
        a, b = p
        k = lambda d: np.exp(-(d**2) / (2 * s**2))  # noqa: E731
        return float(-(k(a + 1) + k(a - 1) + k(b + 1) + k(b - 1) - k(a - b)) / 2)

    ends = []
    for start in ((1.3, 0.6), (-0.6, -1.3), (0.8, -0.7), (1.1, 0.9), (-1.2, 1.2)):
        found = minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-15})
        ends.append(np.sort(found.x))
    reached = np.unique(np.round(ends, 4), axis=0)
    declared = [p for p in mode_collapse(s=s).critical_points if p.kind == "minimum"]
    ours = np.unique(np.round([np.sort(p.point) for p in declared], 4), axis=0)
    np.testing.assert_allclose(ours, reached, atol=2e-4)
    assert len(declared) == (6 if s < 0.589743 else 2)
    others = [p for p in mode_collapse(s=s).critical_points if p.kind != "minimum"]
    assert [p.kind for p in others] == (["maximum", "saddle", "saddle"] if s < 1 else ["saddle"])
    assert max(np.abs(mode_collapse(s=s).grad(p.point)).max() for p in declared + others) < 1e-13
