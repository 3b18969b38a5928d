"""Numbers every implementation must give, and a step of each optimizer worked out by hand.

The common problem is f = 5x^2 + y^2/2 + xy/2 + y^4/4 from (1, -3/2), where
grad f = (10x + y/2, y + x/2 + y^3) = (37/4, -35/8) and Hessian = (10, 1/2; 1/2, 1 + 3y^2).
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from build_recipe import build_landscape

import toylands as tl
from toylands.optimizers import schedules

F = Fraction

QUARTIC = build_landscape("5*x**2 + y**2/2 + x*y/2 + y**4/4")
SADDLE = build_landscape("x**2/2 + y**4/4 - y**2/2")
GAME = build_landscape("x*y", (1, -1))
START = (1.0, -1.5)
G = (F(37, 4), F(-35, 8))


def walk(optimizer: Any, steps: int = 10, land: Any = QUARTIC, start: Any = START) -> np.ndarray:
    """The path of one walker."""
    return tl.descend(land, optimizer, start, steps=steps).path


# Reference numbers, quoted to nine digits


@pytest.mark.parametrize(
    ("optimizer", "steps", "end"),
    [
        (tl.gd(0.05), 10, (0.0338414123, -0.56529938)),
        (tl.momentum(0.05, beta=0.9), 10, (0.0191337095, 0.958822291)),
        (tl.polyak(0.05, beta=0.9), 10, (0.0191337095, 0.958822291)),
        (tl.nesterov(0.05, beta=0.9), 10, (-0.0545051217, 0.675278947)),
        (tl.adagrad(0.5), 10, (0.0203100742, -0.289297557)),
        (tl.rmsprop(0.01), 10, (0.551756543, -1.07037541)),
        (tl.adam(0.1), 10, (0.0802533989, -0.592869878)),
        (tl.amsgrad(0.1, beta1=0.9, beta2=0.9), 60, (-0.0251724907, 0.0677613924)),
        (tl.adamw(0.1, weight_decay=0.1), 10, (0.0378414854, -0.506907574)),
        (tl.lion(0.05), 10, (0.5, -1.0)),
        (tl.sam(tl.gd(0.05), rho=0.1), 10, (0.0277864015, -0.484280813)),
    ],
    ids=lambda value: getattr(value, "label", None),
)
def test_end_points(optimizer: Any, steps: int, end: tuple[float, float]) -> None:
    assert walk(optimizer, steps)[-1] == pytest.approx(end, rel=1e-8)


def test_rates_dropped_after_five_steps_part_momentum_from_polyak() -> None:
    drop = schedules.step(5, gamma=0.1)
    torch_like = walk(tl.momentum(0.05, schedule=drop))
    polyak = walk(tl.polyak(0.05, schedule=drop))
    assert torch_like[10, 0] == pytest.approx(-0.138462091, rel=1e-8)
    assert polyak[10, 0] == pytest.approx(0.542671946, rel=1e-8)
    np.testing.assert_allclose(torch_like[:6], polyak[:6], rtol=1e-13)


def test_newton() -> None:
    assert walk(tl.newton(), 1)[1, 1] == pytest.approx(-0.873786408, rel=1e-8)


def test_saddle_free_newton() -> None:
    end = walk(tl.saddle_free_newton(), 1, SADDLE, (0.5, 0.1))[1]
    assert end[1] == pytest.approx(0.202061856, rel=1e-8)


def test_extragradient() -> None:
    end = walk(tl.extragradient(0.1), 1, GAME, (1.0, 1.0))[1]
    assert end == pytest.approx((0.89, 1.09), rel=1e-14)


def test_optimistic_gd() -> None:
    end = walk(tl.optimistic_gd(0.1), 20, GAME, (1.0, 1.0))[-1]
    assert end == pytest.approx((-1.21582002, 0.433661289), rel=1e-8)


def test_langevin_number() -> None:
    """x1 = 0.5675 for z = 0.3: the kick is z times 0.1 at lr = 0.05, temperature = 0.1."""
    hot, cold = (walk(tl.langevin(0.05, temperature), 1)[1] for temperature in (0.4, 0.1))
    drift = np.array([1 - 0.05 * 9.25, -1.5 + 0.05 * 4.375])
    z = (hot - drift) / 0.2  # sqrt(2 * 0.05 * 0.4)
    assert (np.abs(z) > 1e-3).all()
    slope = (cold - drift) / z
    assert drift[0] + 0.3 * slope[0] == pytest.approx(0.5675, rel=1e-12)
    assert slope == pytest.approx(0.1, rel=1e-10)


def test_langevin_noise_is_standard_normal() -> None:
    count = 20_000
    swarm = tl.descend(QUARTIC, tl.langevin(0.05, 0.1), np.tile(START, (count, 1)), steps=1, seed=5)
    z = (swarm.end - [0.5375, -1.28125]) / 0.1
    error = 5 / math.sqrt(count)  # five standard errors of a mean of variance 1
    assert np.abs(z.mean(axis=0)).max() < error
    assert np.abs((z**2).mean(axis=0) - 1).max() < error * math.sqrt(2)
    assert np.abs((z**4).mean(axis=0) - 3).max() < error * math.sqrt(96)
    assert abs((z[:, 0] * z[:, 1]).mean()) < error


def test_averages_of_one_two_four_eight() -> None:
    """Gradient ascent on x^2/2 at lr = 1 doubles x: the iterates are 1, 2, 4, 8."""
    hill = build_landscape("-x**2/2")
    for wrapped, expected in (
        (tl.swa(tl.gd(1.0)), 3.75),
        (tl.swa(tl.gd(1.0), start=1), 14 / 3),
        (tl.swa(tl.gd(1.0), start=2), 6.0),
        (tl.ema(tl.gd(1.0), decay=0.9), 2.051),
    ):
        run = tl.descend(hill, wrapped, (1.0,), steps=3)
        assert run.path.ravel().tolist() == [1, 2, 4, 8]
        assert run.average[-1] == pytest.approx(expected, rel=1e-14)


def test_clipping_a_three_four_gradient() -> None:
    slope = build_landscape("3*x + 4*y")
    step = -walk(tl.clip_norm(tl.gd(1.0), max_norm=1.0), 1, slope, (0.0, 0.0))[1]
    assert step[0] == pytest.approx(0.59999988, rel=1e-8)
    assert step == pytest.approx((3 / 5.000001, 4 / 5.000001), rel=1e-14)
    short = -walk(tl.clip_norm(tl.gd(1.0), max_norm=6.0), 1, slope, (0.0, 0.0))[1]
    assert short.tolist() == [3, 4]
    value = -walk(tl.clip_value(tl.gd(1.0), limit=3.5), 1, slope, (0.0, 0.0))[1]
    assert value.tolist() == [3, 3.5]


# One or two steps by hand, in exact fractions until a root appears


def gradient(x: F, y: F) -> tuple[F, F]:
    return 10 * x + y / 2, y + x / 2 + y**3


def check(optimizer: Any, *points: tuple[Any, Any]) -> None:
    path = walk(optimizer, len(points))
    expected = [START, *((float(x), float(y)) for x, y in points)]
    np.testing.assert_allclose(path, expected, rtol=4e-15, atol=0)


X0, Y0 = F(1), F(-3, 2)
# The first plain step at lr = 1/20: (1 - 37/80, -3/2 + 35/160).
X1, Y1 = F(43, 80), F(-41, 32)
G1 = gradient(X1, Y1)


def test_the_hand_arithmetic_starts_right() -> None:
    assert gradient(X0, Y0) == G
    assert (X0 - G[0] / 20, Y0 - G[1] / 20) == (X1, Y1)


def test_gd_by_hand() -> None:
    check(tl.gd(0.05), (X1, Y1), (X1 - G1[0] / 20, Y1 - G1[1] / 20))


def test_momentum_by_hand() -> None:
    b = [F(9, 10) * g0 + g1 for g0, g1 in zip(G, G1, strict=True)]
    second = (X1 - b[0] / 20, Y1 - b[1] / 20)
    check(tl.momentum(0.05), (X1, Y1), second)
    # Polyak: the same by displacements, x1 - g/20 + (9/10)(x1 - x0).
    displaced = (
        X1 - G1[0] / 20 + F(9, 10) * (X1 - X0),
        Y1 - G1[1] / 20 + F(9, 10) * (Y1 - Y0),
    )
    assert displaced == second
    check(tl.polyak(0.05), (X1, Y1), second)


def test_nesterov_by_hand() -> None:
    x1, y1 = (start - F(19, 10) * g / 20 for start, g in zip((X0, Y0), G, strict=True))
    now = gradient(x1, y1)
    b = [F(9, 10) * g0 + g1 for g0, g1 in zip(G, now, strict=True)]
    second = [p - (g + F(9, 10) * m) / 20 for p, g, m in zip((x1, y1), now, b, strict=True)]
    check(tl.nesterov(0.05), (x1, y1), (second[0], second[1]))


def test_adagrad_by_hand() -> None:
    first = (0.5 * (1 + 1e-10 / 9.25), -1.0 - 0.5e-10 / 4.375)  # 1/(1 + eps/g), eps = 1e-10
    g = gradient(F(1, 2), F(-1))
    a = [float(g0**2 + g1**2) for g0, g1 in zip(G, g, strict=True)]
    second = [
        p - 0.5 * float(g1) / math.sqrt(s) for p, g1, s in zip((0.5, -1.0), g, a, strict=True)
    ]
    path = walk(tl.adagrad(0.5), 2)
    np.testing.assert_allclose(path[1], first, rtol=1e-15)
    np.testing.assert_allclose(path[2], second, rtol=1e-9)  # eps left out


def test_rmsprop_by_hand() -> None:
    # sqrt(v) = |g| / 10, so the first step is lr * 10 * sign(g), up to eps.
    check(tl.rmsprop(0.01, eps=0.0), (F(9, 10), F(-14, 10)))
    step = 0.1 * (9.25 / (0.925 + 0.5)), 0.1 * (-4.375 / (0.4375 + 0.5))
    check(tl.rmsprop(0.1, eps=0.5), (1 - step[0], -1.5 - step[1]))


def adam_step(scale: float) -> tuple[float, float]:
    """Bias correction undoes both averages: the first step is lr g / (|g| + eps)."""
    return 1 * scale - 0.1 * 9.25 / (9.25 + 0.25), -1.5 * scale + 0.1 * 4.375 / (4.375 + 0.25)


@pytest.mark.parametrize(
    ("factory", "extra", "scale"),
    [(tl.adam, {}, 1), (tl.amsgrad, {}, 1), (tl.adamw, {"weight_decay": 0.5}, 0.95)],
    ids=["adam", "amsgrad", "adamw"],
)
def test_adam_family_first_step(factory: Any, extra: dict[str, float], scale: float) -> None:
    np.testing.assert_allclose(
        walk(factory(0.1, eps=0.25, **extra), 1)[1], adam_step(scale), rtol=1e-14
    )


def test_adam_and_amsgrad_second_step() -> None:
    """beta1 = 1/2, beta2 = 3/4: m2 = g0/4 + g1/2, v2 = 3 g0^2/16 + g1^2/4."""
    first = walk(tl.adam(0.1, 0.5, 0.75, eps=0.0), 1)[1]
    assert first == pytest.approx((0.9, -1.4), rel=1e-15)
    x, y = F(9, 10), F(-14, 10)
    g1 = gradient(x, y)
    adam, amsgrad = [], []
    for p, a, b in zip((x, y), G, g1, strict=True):
        m = float((a / 4 + b / 2) / (1 - F(1, 4)))
        v, v1 = 3 * a * a / 16 + b * b / 4, a * a / 4
        assert v > v1  # the maximum does not bite yet
        adam.append(float(p) - 0.1 * m / math.sqrt(v / (1 - F(9, 16))))
        amsgrad.append(adam[-1])
    np.testing.assert_allclose(walk(tl.adam(0.1, 0.5, 0.75, eps=0.0), 2)[2], adam, rtol=1e-14)
    np.testing.assert_allclose(walk(tl.amsgrad(0.1, 0.5, 0.75, eps=0.0), 2)[2], amsgrad, rtol=1e-14)


def test_amsgrad_remembers_the_largest_second_moment() -> None:
    """On x^2/2 from 1 at lr 3/4, beta1 = 0, beta2 = 1/2: g = 1, 1/4, ...; v = 1/2, 9/32 < 1/2."""
    bowl = build_landscape("x**2/2")
    quarter = 0.25 - 0.75 * 0.25 / math.sqrt((1 / 2) / (3 / 4))
    path = walk(tl.amsgrad(0.75, 0.0, 0.5, eps=0.0), 2, bowl, (1.0,))
    np.testing.assert_allclose(path.ravel(), [1, 0.25, quarter], rtol=1e-14)
    forgetful = 0.25 - 0.75 * 0.25 / math.sqrt((9 / 32) / (3 / 4))
    path = walk(tl.adam(0.75, 0.0, 0.5, eps=0.0), 2, bowl, (1.0,))
    np.testing.assert_allclose(path.ravel(), [1, 0.25, forgetful], rtol=1e-14)


def test_lion_by_hand() -> None:
    check(tl.lion(0.05), (F(95, 100), F(-145, 100)), (F(9, 10), F(-14, 10)))
    check(tl.lion(0.05, weight_decay=0.2), (F(94, 100), F(-1435, 1000)))


def test_sam_by_hand() -> None:
    """On (x^2 + y^2)/2 at (3, 4) with rho = 1/10 the second gradient is (306, 408)/100."""
    bowl, start = build_landscape("x**2/2 + y**2/2"), (3.0, 4.0)
    first = (F(3) - F(306, 100) / 20, F(4) - F(408, 100) / 20)
    for base in (tl.gd(0.05), tl.momentum(0.05)):
        path = walk(tl.sam(base, rho=0.1), 1, bowl, start)
        np.testing.assert_allclose(path[1], [float(p) for p in first], rtol=1e-13)
    # The base's memory holds (306, 408)/100. The direction stays (3, 4)/5.
    second = [
        p - (F(9, 10) * k + p + k0 / 50) / 20
        for p, k, k0 in zip(first, (F(306, 100), F(408, 100)), (F(3), F(4)), strict=True)
    ]
    path = walk(tl.sam(tl.momentum(0.05), rho=0.1), 2, bowl, start)
    np.testing.assert_allclose(path[2], [float(p) for p in second], rtol=1e-13)
    assert tl.descend(QUARTIC, tl.sam(tl.gd(0.05)), START, steps=7).evaluations == 14


def test_sam_at_a_stationary_point_looks_nowhere() -> None:
    assert walk(tl.sam(tl.gd(0.05)), 3, QUARTIC, (0.0, 0.0)).tolist() == [[0, 0]] * 4


def test_newton_by_hand() -> None:
    """H = (10, 1/2; 1/2, 31/4) at the start, inverted by Cramer's rule."""
    gx, gy = G
    a, b, d = F(10), F(1, 2), F(31, 4)
    determinant = a * d - b * b
    step = ((d * gx - b * gy) / determinant, (a * gy - b * gx) / determinant)
    check(tl.newton(), (X0 - step[0], Y0 - step[1]))
    check(tl.newton(0.5), (X0 - step[0] / 2, Y0 - step[1] / 2))
    a, d = a + 2, d + 2
    determinant = a * d - b * b
    step = ((d * gx - b * gy) / determinant, (a * gy - b * gx) / determinant)
    check(tl.newton(damping=2.0), (X0 - step[0], Y0 - step[1]))


def test_saddle_free_newton_by_hand() -> None:
    """At (1/2, 1/10): g = (1/2, -99/1000), eigenvalues 1 and -97/100, taken as 97/100."""
    expected = (0.0, float(F(1, 10) + F(99, 1000) / F(97, 100)))
    np.testing.assert_allclose(
        walk(tl.saddle_free_newton(), 1, SADDLE, (0.5, 0.1))[1], expected, rtol=1e-14, atol=1e-16
    )
    damped = (0.5 - 0.5 / 1.5, float(F(1, 10) + F(99, 1000) / F(147, 100)))
    np.testing.assert_allclose(
        walk(tl.saddle_free_newton(damping=0.5), 1, SADDLE, (0.5, 0.1))[1], damped, rtol=1e-14
    )


def test_optimistic_gd_by_hand() -> None:
    first, g1 = (X1, Y1), G1
    second = [p - (2 * b - a) / 20 for p, a, b in zip(first, G, g1, strict=True)]
    check(tl.optimistic_gd(0.05), first, (second[0], second[1]))


def test_extragradient_by_hand() -> None:
    """The second gradient is the one at the plain step."""
    check(tl.extragradient(0.05), (X0 - G1[0] / 20, Y0 - G1[1] / 20))


def test_weight_decay_by_hand() -> None:
    decayed = (X0 - (G[0] + F(1, 5) * X0) / 20, Y0 - (G[1] + F(1, 5) * Y0) / 20)
    check(tl.weight_decay(tl.gd(0.05), 0.2), decayed)


def test_wrappers_act_from_the_outside_in() -> None:
    """Clip then decay: g -> (1, -1) -> (1 + 1/5, -1 - 3/10); decay then clip: (1, -1)."""
    clip_first = tl.clip_value(tl.weight_decay(tl.gd(0.05), 0.2), limit=1.0)
    check(clip_first, (X0 - F(6, 5) / 20, Y0 + F(13, 10) / 20))
    decay_first = tl.weight_decay(tl.clip_value(tl.gd(0.05), limit=1.0), 0.2)
    check(decay_first, (X0 - F(1, 20), Y0 + F(1, 20)))


def test_noise_adds_to_the_gradient() -> None:
    count = 20_000
    optimizer = tl.noise(tl.gd(0.05), sigma=2.0)
    swarm = tl.descend(QUARTIC, optimizer, np.tile(START, (count, 1)), steps=1, seed=3)
    z = (swarm.end - [0.5375, -1.28125]) / (0.05 * 2)
    error = 5 / math.sqrt(count)
    assert np.abs(z.mean(axis=0)).max() < error
    assert np.abs((z**2).mean(axis=0) - 1).max() < error * math.sqrt(2)


@pytest.mark.parametrize("patience", [1, 2])
def test_reset_on_conflict_by_hand(patience: int) -> None:
    """Heavy ball on x^2/2, in fractions; the buffer is emptied when it keeps pushing uphill."""
    x, b, conflicts, resets = F(1), F(0), 0, 0
    expected = [x]
    for _ in range(25):
        conflicts = conflicts + 1 if b * x < 0 else 0  # the gradient is x
        if conflicts >= patience:
            b, conflicts, resets = F(0), 0, resets + 1
        b = F(9, 10) * b + x
        x = x - b / 4
        expected.append(x)
    assert resets >= 2
    optimizer = tl.reset_on_conflict(tl.momentum(0.25), patience=patience)
    path = walk(optimizer, 25, build_landscape("x**2/2"), (1.0,))
    np.testing.assert_allclose(path.ravel(), np.array(expected, dtype=float), rtol=1e-11)
