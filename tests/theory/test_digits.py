"""At extreme arguments the formulas keep their digits: against the same ones typed again, in 60 digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp
import pytest
from mpmath import mpf

from toylands.theory import (
    adaptive,
    averaging,
    counting,
    depth,
    ensembles,
    entropy,
    escape,
    flow,
    games,
    implicit_bias,
    kernel_regime,
    langevin,
    momentum,
    noise,
    pl,
    random_matrices,
    ripples,
    saddle_flow,
    symmetry,
    tickets,
)  # fmt: skip


def _average(n: int, lr: Any, c: Any, sigma: Any) -> Any:
    a = 1 - lr * c
    v = (lr * sigma) ** 2 / (1 - a**2)
    return v / n * ((1 + a) / (1 - a) - 2 * a * (1 - a**n) / (n * (1 - a) ** 2))


def _trusted(t: int, b: Any) -> Any:
    return 2 / (1 - b) - 1 - 2 * t * b**t / (1 - b**t)


def _circle(r0: Any, r1: Any) -> Any:
    return mp.log(r1**2 / abs(1 - r1**2) / (r0**2 / abs(1 - r0**2))) / 4


def _shannon(p: Any, q: Any) -> Any:
    return (
        sum(
            x * mp.log(2 * x / (x + y)) + y * mp.log(2 * y / (x + y))
            for x, y in zip(p, q, strict=True)
        )
        / 2
    )


CLOSE = 1 + 2.0**-40
Case = tuple[Callable[..., Any], Callable[..., Any], list[tuple[Any, ...]]]
CASES: dict[str, Case] = {
    "average_variance": (
        averaging.average_variance,
        _average,
        [
            (5, 1e-9, 1, 1),
            (5, 1e-30, 1, 1e100),
            (7, 0.1, 1, 1),
            (8, 1.999, 1, 1),
            (9, 1.999, 1, 2),
            (10**6, 1e-9, 2, 3),
            (10**6, 1e-5, 1, 1),
            (1, 0.3, 1, 1),
        ],
    ),
    "iterate_variance": (
        averaging.iterate_variance,
        lambda lr, c, s: (lr * s) ** 2 / (1 - (1 - lr * c) ** 2),
        [(1e-20, 1, 1), (1e-200, 1, 1e-50), (1e-9, 3, 1e150)],
    ),
    "ema_variance": (
        averaging.ema_variance,
        lambda d, a: (1 - d) / (1 + d) * (1 + a * d) / (1 - a * d),
        [(1 - 1e-12, 1 - 1e-13), (1 - 1e-12, -1 + 1e-13), (0.9, 0.3)],
    ),
    "valley_mean": (
        averaging.valley_mean,
        lambda t: mp.digamma(1 / t) + mp.log(t),
        [(1e-12,), (0.01,), (0.049,), (0.051,), (1.0,), (1e6,)],
    ),
    "noise_step": (
        adaptive.noise_step,
        lambda t, b: mp.sqrt((1 - b) / (1 + b) * (1 + b**t) / (1 - b**t)),
        [(3, 1 - 1e-12), (10**6, 1 - 1e-9), (4, 0.3)],
    ),
    "trusted_length": (
        adaptive.trusted_length,
        _trusted,
        [(1, 0.999), (6, 1 - 1e-12), (600, 0.999), (400, 0.999), (5, 0.3)],
    ),
    "minimum_share": (counting.minimum_share, lambda d: (mpf(2) / 3) ** d, [(10,), (500,)]),
    "global_probability": (
        counting.global_probability,
        lambda d, p: (1 - p) ** d,
        [(10**9, 1e-12), (10**6, 1e-5), (3, 0.7)],
    ),
    "failure_probability": (
        tickets.failure_probability,
        lambda d, p: (1 - p) ** d,
        [(10**9, 1e-12), (3, 0.7)],
    ),
    "mean_log_gain": (
        depth.mean_log_gain,
        lambda n: mp.digamma(mpf(n) / 2) - mp.log(mpf(n) / 2),
        [(1,), (39,), (41,), (10**8,)],
    ),
    "residual_gradient_bound": (
        depth.residual_gradient_bound,
        lambda d, r, m: d * (1 - r) ** (2 * d - 2) * m**2,
        [(10**8, 1e-10, 3.0), (5, 0.9, 1e-100)],
    ),
    "variance_of_mean": (
        ensembles.variance_of_mean,
        lambda m, r: r + (1 - r) / m,
        [(4, -0.333333333333333), (7, 0.3), (3, -0.4999999999999)],
    ),
    "flip_temperature": (
        entropy.flip_temperature,
        lambda a, b, g: 2 * g / mp.log(a / b),
        [(CLOSE, 1.0, 1.0), (1e200, 1e-200, 1.0), (3.0, 1.0, 2.0)],
    ),
    "flat_share": (
        entropy.flat_share,
        lambda a, b, g, t, d: 1 / (1 + mp.exp(g / t) * (b / a) ** (mpf(d) / 2)),
        [(1e200, 1e-200, 1.0, 1.0, 1), (CLOSE, 1.0, 1e-9, 1.0, 10**9)],
    ),
    "kramers_time": (
        escape.kramers_time,
        lambda w, p, b, t: 2 * mp.pi / mp.sqrt(w * p) * mp.exp(b / t),
        [(1e-200, 1e-200, 1.0, 1.0), (1e200, 1e200, 1.0, 0.5)],
    ),
    "uniform_spectrum_curve": (
        flow.uniform_spectrum_curve,
        lambda t: (1 - (1 + 2 * t) * mp.exp(-2 * t)) / (8 * t**2),
        [(1e-7,), (1e-3,), (10.0,), (1e150,)],
    ),
    "extragradient": (
        games.extragradient,
        lambda lr: mp.sqrt(1 - lr**2 + lr**4),
        [(1e-9,), (0.7,), (1e100,)],
    ),
    "alternating_invariant": (
        games.alternating_invariant,
        lambda x, y, lr: x**2 + y**2 - lr * x * y,
        [(1.0, CLOSE, 2 - 1e-12), (1.0, -2.0, 0.1), (3.0, 0.0, 1.0)],
    ),
    "dirac_slow": (
        lambda g: games.dirac_eigenvalues(g)[1].real,
        lambda g: -g / 2 + mp.sqrt(g**2 / 4 - mpf(1) / 4),
        [(1e8,), (1e200,), (1 + 1e-12,)],
    ),
    "jensen_shannon": (
        games.jensen_shannon,
        _shannon,
        [((0.5, 0.5), (0.5 + 2.0**-40, 0.5 - 2.0**-40)), ((0.25, 0.75), (0.75, 0.25))],
    ),
    "best_response_slope": (
        games.best_response_slope,
        lambda d: mp.log(1 - d[0]) - mp.log(1 - d[1]),
        [((0.5, 0.5 + 2.0**-45),), ((1e-12, 0.9),), ((1e-15, 2e-15),)],
    ),
    "circle_time": (
        implicit_bias.circle_time,
        _circle,
        [(1e-200, 0.5), (0.5, 0.5 * CLOSE), (1e200, 2.0), (1e-30, 1 - 1e-15)],
    ),
    "kernel": (
        kernel_regime.kernel,
        lambda f, m: 2 * mp.sqrt(1 + f**2 / m),
        [(1e200, 4.0), (1e-3, 1e10)],
    ),
    "two_wells": (
        lambda k1, k2: langevin.two_wells((0, 0), (k1, k2), 1.0, 1),
        lambda k1, k2: 1 / (1 + mp.sqrt(k1 / k2)),
        [(1e60, 1e-60), (2.0, 3.0)],
    ),
    "distance_after_flip": (
        momentum.distance_after_flip,
        lambda k, lr, b: lr * (2 * b * (1 - b**k) / (1 - b) ** 2 - k / (1 - b)),
        [(3, 0.1, 1 - 1e-12), (50, 1.0, 0.9)],
    ),
    "ringing": (
        momentum.ringing,
        lambda lr, c, b: mp.acos((1 + b - lr * c) / (2 * mp.sqrt(b))),
        [(1e-12, 1.0, 1 - 1e-9), (3.9999999, 1.0, 1 - 1e-12), (0.1, 1.0, 0.9)],
    ),
    "lyapunov": (
        lambda lr, a: noise.lyapunov(lr, [a]),
        lambda lr, a: mp.log(abs(1 - lr * a)),
        [(1e-12, 1.0), (1e-200, 1.0), (3.0, 1.0)],
    ),
    "largest_lr": (
        lambda a, b: noise.largest_lr([a, b], 2),
        lambda a, b: (a + b) / (((a + b) / 2) ** 2 + ((a - b) / 2) ** 2 / 2),
        [(1.0, 4.0), (1e120, 4e120)],
    ),
    "noise_floor": (
        noise.floor,
        lambda lr, c, s: lr * s**2 / (c * (2 - lr * c)),
        [(1e-30, 1.0, 1e160), (1e-200, 1.0, 1.0)],
    ),
    "product_determinant": (
        pl.product_determinant,
        lambda u, v: (1 - u * v) * (3 * u * v - 1),
        [(3.0, 1 / 3), (7.0, 1 / 7), (1.5, 0.9)],
    ),
    "semicircle": (
        random_matrices.semicircle,
        lambda x: mp.sqrt(4 - x**2) / (2 * mp.pi),
        [(2 - 1e-15,), (-2 + 1e-12,), (0.1,)],
    ),
    "semicircle_share": (
        random_matrices.semicircle_share,
        lambda x: mpf(1) / 2 + x * mp.sqrt(4 - x**2) / (4 * mp.pi) + mp.asin(x / 2) / mp.pi,
        [(-2 + 1e-12,), (-1.9,), (1.3,), (2.0,)],
    ),
    "curvature_at": (
        ripples.curvature_at,
        lambda x, k, a: k + 4 * mp.pi**2 * a * mp.cos(2 * mp.pi * x),
        [(1e12 + 0.125, 1.0, 1.0), (0.3, 1.0, 1.0)],
    ),
    "flow_time": (
        saddle_flow.flow_time,
        lambda a, b: (mp.log(b**2 / (1 - b**2)) - mp.log(a**2 / (1 - a**2))) / 2,
        [(1e-200, 0.5), (0.3, 0.3 * CLOSE), (0.5, 1 - 2.0**-50), (1e-300, 1e-299)],
    ),
    "flow_position": (
        saddle_flow.flow_position,
        lambda y, t: mp.exp(t) * y / mp.sqrt(1 + y**2 * (mp.exp(2 * t) - 1)),
        [(1e-200, 10.0), (1e-200, 500.0), (0.9, -300.0), (0.5, 1.0)],
    ),
    "loss_drop": (saddle_flow.loss_drop, lambda y: (1 - y**2) ** 2 / 4, [(1 - 1e-12,), (0.3,)]),
    "product_flow_sharpness": (
        symmetry.product_flow_sharpness,
        lambda c, s: mp.sqrt(c**2 + 4 * s**2),
        [(1e200, 1e200), (1e-200, 1e-200)],
    ),
    "difference_of_squares_after": (
        symmetry.difference_of_squares_after,
        lambda c, lr, r: c * (1 - lr**2 * r**2),
        [(1.0, 1.0, 1 - 2.0**-45), (2.0, 0.1, 0.5)],
    ),
    "effective_lr": (
        symmetry.effective_lr,
        lambda lr, n: lr / n**2,
        [(1e-200, 1e-200), (1e200, 1e160)],
    ),
    "sum_after": (
        symmetry.sum_after,
        lambda s0, s, lr, n: s + (s0 - s) * (1 - 2 * lr) ** n,
        [(0.0, 1.0, 1e-12, 3), (1.0, 3.0, 1e-10, 10**9), (5.0, 1.0, 0.7, 3)],
    ),
    "difference_after": (
        lambda d, lr, n, w: symmetry.difference_after(d, lr, n, decay=w),
        lambda d, lr, n, w: d * (1 - lr * w) ** n,
        [(1.0, 1e-5, 10**9, 1e-5), (1.0, 0.7, 5, 1.0)],
    ),
}


def _exact(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_exact, value))
    return value if isinstance(value, int) else mpf(value)


@pytest.mark.parametrize("name", CASES)
def test_no_digit_is_lost(name: str) -> None:
    ours, theirs, cases = CASES[name]
    with mp.workdps(500):  # plain formulas with powers of 1e-200 inside
        for arguments in cases:
            wanted = theirs(*map(_exact, arguments))
            found = float(ours(*arguments))
            assert abs(found - wanted) <= 2e-14 * abs(wanted), (
                arguments,
                found,
                mp.nstr(wanted, 20),
            )
