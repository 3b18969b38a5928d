"""Stability limits against the theorems, and against runs on both sides of them."""

from __future__ import annotations

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import convergence_rate, spectral_radius, stability_limit


@pytest.mark.parametrize(
    ("opt", "limit"),
    [
        (tl.gd(0.1), 2.0),
        (tl.momentum(0.1, beta=0.9), 2 * (1 + 0.9)),  # Polyak
        (tl.momentum(0.1, beta=0.5), 3.0),
        (tl.polyak(0.1, beta=0.9), 3.8),
        (tl.nesterov(0.1, beta=0.9), (2 + 2 * 0.9) / (1 + 2 * 0.9)),
        (tl.extragradient(0.1), 1.0),  # |1 - s + s^2| < 1
        (tl.optimistic_gd(0.1), 2 / 3),  # r^2 - (1 - 2s) r - s = 0 has a root at -1
        (tl.clip_norm(tl.gd(0.1), 1.0), 2.0),
        (tl.noise(tl.gd(0.1), 1.0), 2.0),
    ],
)
def test_limits_are_the_theorems(opt, limit: float) -> None:
    assert stability_limit(opt) == pytest.approx(limit, rel=1e-9)


@pytest.mark.parametrize(
    "opt",
    [tl.adam(0.1), tl.lion(0.1), tl.adagrad(0.1), tl.sam(tl.gd(0.1)), tl.newton(),
     tl.weight_decay(tl.gd(0.1), 0.1), tl.gd(np.array([0.1, 0.2]))],
)  # fmt: skip
def test_no_limit_is_stated_where_there_is_none(opt) -> None:
    assert stability_limit(opt) is None
    assert convergence_rate(opt, [1.0]) is None


@pytest.mark.parametrize(
    "make", [tl.gd, tl.momentum, tl.polyak, tl.nesterov, tl.extragradient, tl.optimistic_gd]
)
def test_runs_agree_on_both_sides(make) -> None:
    curvature = 4.0
    land = tl.landscape("c*x**2/2", c=curvature)
    limit = stability_limit(make(0.1))
    assert limit is not None
    below, above = (
        tl.descend(land, make(factor * limit / curvature), start=1.0, steps=3000)
        for factor in (0.98, 1.02)
    )
    assert abs(below.end[0]) < 1e-3
    assert above.diverged_at is not None or abs(above.end[0]) > 1e3


def test_rates_are_those_of_polyak_and_of_runs() -> None:
    kappa = 100.0
    root = np.sqrt(kappa)
    tuned = tl.momentum(4 / (root + 1) ** 2, beta=((root - 1) / (root + 1)) ** 2)
    # A double eigenvalue: its square root is all that float64 can resolve.
    assert convergence_rate(tuned, [1.0, kappa]) == pytest.approx((root - 1) / (root + 1), abs=1e-6)
    best = tl.gd(2 / (1 + kappa))
    assert convergence_rate(best, [1.0, kappa]) == pytest.approx((kappa - 1) / (kappa + 1))
    land = tl.landscape("(x**2 + 100*y**2)/2")
    run = tl.descend(land, best, start=(1, 1), steps=400)
    assert (run.grad_norm[-1] / run.grad_norm[-101]) ** 0.01 == pytest.approx(99 / 101, rel=1e-9)


def test_the_radius_of_gradient_descent_is_its_factor() -> None:
    assert spectral_radius(tl.gd(0.1), 0.3) == pytest.approx(0.7)
    assert spectral_radius(tl.gd(0.1), 2.5) == pytest.approx(1.5)


def test_a_schedule_has_no_single_rate() -> None:
    assert convergence_rate(tl.gd(0.1, schedule=tl.schedules.cosine(10)), [1.0]) is None


@pytest.mark.parametrize(
    ("opt", "limit"),
    [
        (tl.adam(0.1), 38.0),
        (tl.adam(0.1, beta1=0.5), 6.0),
        (tl.amsgrad(0.1, beta1=0.0), 2.0),
        (tl.rmsprop(0.1), 2.0),
        (tl.adagrad(0.1), 2.0),
    ],
)
def test_with_fixed_squares_adaptive_rules_have_a_limit(opt, limit: float) -> None:
    """2 (1 + beta1)/(1 - beta1): heavy ball with the step (1 - beta1) lr. [Cohen et al. 2022]"""
    assert stability_limit(opt, preconditioned=True) == pytest.approx(limit, rel=1e-9)


@pytest.mark.parametrize(
    "opt",
    [tl.gd(0.1), tl.momentum(0.1), tl.lion(0.1), tl.newton(), tl.adamw(0.1), tl.sam(tl.adam())],
)
def test_no_preconditioned_limit_is_stated_where_there_is_none(opt) -> None:
    assert stability_limit(opt, preconditioned=True) is None


def test_adam_with_fixed_squares_agrees_on_both_sides() -> None:
    """Adam as its paper writes it, long after its start, with the root of v held at 1."""
    limit = stability_limit(tl.adam(0.1), preconditioned=True)
    assert limit is not None
    for factor, leaves in ((0.98, False), (1.02, True)):
        x, m = 1.0, 0.0
        for _ in range(2000):
            m = 0.9 * m + 0.1 * (factor * limit / 0.1) * x
            x -= 0.1 * m
        assert (abs(x) > 1e3) == leaves
        assert (abs(x) < 1e-3) != leaves
