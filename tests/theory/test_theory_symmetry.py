"""Theory of symmetries, against ODE solvers, direct steps and counting."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from toylands.theory import symmetry


@pytest.mark.parametrize(
    ("u", "v", "s"),
    [
        (2, 0.25, 1),
        (0.1, 1.5, 1),
        (-2, 0.3, 1),
        (-1, -3, 2),
        (1.2, 0.4, -1),
        (-0.3, 1, -2),
        (1, 1, 3),
    ],
)
def test_the_flow_on_the_product_ends_there(u: float, v: float, s: float) -> None:
    def slope(t: float, z: np.ndarray) -> np.ndarray:
        return -(z[0] * z[1] - s) * z[::-1]

    end = solve_ivp(slope, (0, 60), (u, v), method="DOP853", rtol=1e-11, atol=1e-13).y[:, -1]
    np.testing.assert_allclose(symmetry.product_flow_end(u, v, s), end, rtol=1e-8)
    sharp = symmetry.product_flow_sharpness(u * u - v * v, s)
    assert sharp == pytest.approx(end @ end, rel=1e-8)


def test_an_extreme_start_keeps_its_digits() -> None:
    u, v = symmetry.product_flow_end(1e8, 1e-9)
    assert u * v == pytest.approx(1, rel=1e-15)
    assert v == pytest.approx(1e-8, rel=1e-12)


def test_one_step_on_random_points() -> None:
    for u, v, s, lr in np.random.default_rng(0).uniform(0.1, 1, (5, 4)):
        r = u * v - s
        after = (u - lr * r * v) ** 2 - (v - lr * r * u) ** 2
        known = symmetry.difference_of_squares_after(u * u - v * v, lr, r)
        assert known == pytest.approx(after, rel=1e-10, abs=1e-15)


def test_summed_filters_step_by_step() -> None:
    for filters, decay in ((2, 0.0), (3, 0.2)):
        w = np.array([1.0, -2.0, 0.5][:filters])
        total, gap = w.sum(), w[0] - w[1]
        for t in range(1, 8):
            w = w - 0.3 * (w.sum() - 2) - 0.3 * decay * w
            known = symmetry.difference_after(gap, 0.3, t, decay=decay)
            assert w[0] - w[1] == pytest.approx(known)
            if not decay:
                assert w.sum() == pytest.approx(symmetry.sum_after(total, 2, 0.3, t, filters))


def test_the_variance_adds_up_kick_by_kick() -> None:
    # The difference of two kicks lr * sigma * z has variance 2 lr^2 sigma^2.
    assert symmetry.difference_variance(0.2, 3, 7) == pytest.approx(7 * 2 * 0.36)
    assert symmetry.difference_variance(0.2, 3, 0) == 0


def test_copies_are_counted_by_listing_them() -> None:
    """Incoming and outgoing weights of three units, all settings that give the same odd network."""
    units = [(0.3, 1.0), (-0.7, 2.0), (1.1, -0.5)]
    orders = set(permutations(units))
    flipped = {
        tuple((sign * a, sign * b) for sign, (a, b) in zip(signs, order, strict=True))
        for order in orders
        for signs in product((1, -1), repeat=3)
    }
    for flips, copies in ((False, orders), (True, flipped)):
        mantissa, power = symmetry.permuted_copies((3,), sign_flips=flips)
        assert mantissa * 10**power == pytest.approx(len(copies))
    assert symmetry.permuted_copies((3, 4)) == (1.44, 2)
    assert symmetry.permuted_copies(()) == (1.0, 0)


def test_the_effective_rate_turns_by_the_same_angle() -> None:
    def turned(norm: float, lr: float) -> float:
        w = np.array([0.0, norm])
        w = w - lr * np.array([-0.5 / norm, 0.0])
        return float(np.arctan2(w[0], w[1]))

    assert turned(5, 3.0) == pytest.approx(turned(1, symmetry.effective_lr(3.0, 5)))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: symmetry.product_flow_end(1, -1), "saddle"),
        (lambda: symmetry.product_flow_end(1, 1, -2), "saddle"),
        (lambda: symmetry.product_flow_end(1, 2, 0), "target=0"),
        (lambda: symmetry.product_flow_end(np.nan, 2), "u=nan"),
        (lambda: symmetry.squared_norm_after(1, -0.1, 1), "lr=-0.1"),
        (lambda: symmetry.effective_lr(1, 0), "norm=0"),
        (lambda: symmetry.sum_after(0, 1, 0.1, -1), "steps"),
        (lambda: symmetry.permuted_copies((3, 0)), "widths"),
    ],
)
def test_bad_questions_are_refused(call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
