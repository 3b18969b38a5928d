"""The wrappers: what they take, what they refuse, and that each does what its paper says."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.optimizers import Optimizer, rule

pytestmark = pytest.mark.filterwarnings("error")

LAND = tl.landscape("5*x**2 + y**2/2 + x*y/2 + y**4/4", name="quartic")
START = np.array([1.0, -1.5])
WRAP: dict[str, Callable[[Any], Optimizer]] = {
    "sam": tl.sam,
    "clip_norm": lambda base: tl.clip_norm(base, 1.0),
    "clip_value": lambda base: tl.clip_value(base, 1.0),
    "weight_decay": lambda base: tl.weight_decay(base, 0.1),
    "noise": lambda base: tl.noise(base, 0.1),
    "swa": tl.swa,
    "ema": tl.ema,
    "reset_on_conflict": tl.reset_on_conflict,
}


def grad(z: np.ndarray) -> np.ndarray:
    x, y = z
    return np.array([10 * x + y / 2, y + x / 2 + y**3])


def first_step(opt: Optimizer, seed: int = 0) -> np.ndarray:
    """What one step of rate 1 subtracts."""
    return START - tl.descend(LAND, opt, START, 1, seed=seed).path[1]


# What can be wrapped


@pytest.mark.parametrize("name", WRAP)
@pytest.mark.parametrize(
    ("base", "words"),
    [
        (tl.momentum, "{}: momentum makes optimizers; call it first"),
        (tl.newton, "{}: newton makes optimizers; call it first"),
        ("adam", "{} needs an optimizer such as gd(0.1), got 'adam'"),
        (0.1, "{} needs an optimizer such as gd(0.1), got 0.1"),
        (None, "got None"),
    ],
)
def test_only_optimizers_are_wrapped(name: str, base: Any, words: str) -> None:
    with pytest.raises(TypeError, match=re.escape(words.format(name))):
        WRAP[name](base)


@pytest.mark.parametrize("name", WRAP)
def test_no_wrapper_twice(name: str) -> None:
    once = WRAP[name](tl.momentum(0.1))
    again = "already inside" if name in ("sam", "swa", "ema") else "already wrapped in"
    with pytest.raises(ValueError, match=again):
        WRAP[name](once)
    between = tl.clip_norm(once, 1.0) if name != "clip_norm" else tl.noise(once, 1.0)
    with pytest.raises(ValueError, match=again):
        WRAP[name](between)


def test_an_optimizer_looks_and_averages_once() -> None:
    with pytest.raises(ValueError, match=r"sam cannot wrap .* extragradient is already inside"):
        tl.sam(tl.extragradient(0.1))
    with pytest.raises(ValueError, match="look in two places at once"):
        tl.sam(tl.clip_norm(tl.extragradient(0.1), 1.0))
    with pytest.raises(ValueError, match=r"ema cannot wrap .* swa is already inside"):
        tl.ema(tl.swa(tl.gd(0.1)))
    with pytest.raises(ValueError, match="keep two averages at once"):
        tl.swa(tl.sam(tl.ema(tl.gd(0.1))))


def test_two_numbers_of_one_name_are_refused() -> None:
    """Otherwise `replace` and `sweep` could not tell them apart."""
    for base in (tl.adamw(0.1), tl.lion(0.1)):
        with pytest.raises(ValueError, match=r"weight_decay cannot wrap .* of its own"):
            tl.weight_decay(base, 0.1)

    @rule(lr=0.1, rho=0.5)
    def own(theta: Any, g: Any, lr: Any, *, rho: Any) -> Any:
        """A rule with a number that sam has too."""
        return theta - lr * rho * g

    with pytest.raises(ValueError, match=re.escape("has a 'rho' of its own")):
        tl.sam(own())
    tl.clip_norm(own(), 1.0)


@pytest.mark.parametrize(
    "base",
    [tl.gd(0.1), tl.newton(), tl.langevin(0.1, 1.0), tl.extragradient(0.1),
     tl.adagrad(0.1), tl.rmsprop(0.1), tl.optimistic_gd(0.1)],
    ids=lambda opt: opt.name,
)  # fmt: skip
def test_only_momentum_is_reset(base: Optimizer) -> None:
    """A sum of squares or a remembered gradient is no momentum: its sign against g says nothing."""
    with pytest.raises(ValueError, match="has no momentum to reset; wrap momentum"):
        tl.reset_on_conflict(base)


@pytest.mark.parametrize(
    "base",
    [tl.momentum(0.1), tl.polyak(0.1), tl.nesterov(0.1), tl.adam(0.1), tl.adamw(0.1),
     tl.amsgrad(0.1), tl.lion(0.1), tl.sam(tl.momentum(0.1)), tl.clip_norm(tl.adam(0.1), 1.0)],
    ids=lambda opt: opt.label,
)  # fmt: skip
def test_every_momentum_is_reset(base: Optimizer) -> None:
    assert tl.reset_on_conflict(base, 3).replace(patience=1).name == "reset_on_conflict"


NUMBERS: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "negative rho": (lambda: tl.sam(tl.gd(0.1), -0.1), ValueError, "sam: rho=-0.1 must be at least 0"),
    "nan rho": (lambda: tl.sam(tl.gd(0.1), math.nan), ValueError, "sam: rho=nan is not finite"),
    "zero norm": (lambda: tl.clip_norm(tl.gd(0.1), 0), ValueError, "max_norm=0 must be above 0"),
    "infinite norm": (lambda: tl.clip_norm(tl.gd(0.1), math.inf), ValueError, "max_norm=inf"),
    "zero limit": (lambda: tl.clip_value(tl.gd(0.1), 0), ValueError, "limit=0 must be above 0"),
    "text limit": (lambda: tl.clip_value(tl.gd(0.1), "1"), TypeError, "limit='1' is not a number"),
    "negative decay": (lambda: tl.weight_decay(tl.gd(0.1), -1), ValueError, "weight_decay=-1"),
    "negative sigma": (lambda: tl.noise(tl.gd(0.1), -1), ValueError, "sigma=-1 must be at least 0"),
    "decay 1": (lambda: tl.ema(tl.gd(0.1), 1.0), ValueError, "decay=1 must be at least 0 and below 1"),
    "negative start": (lambda: tl.swa(tl.gd(0.1), -1), ValueError, "start=-1 must be at least 0"),
    "float start": (lambda: tl.swa(tl.gd(0.1), 1.5), TypeError, "start=1.5 must be a whole number"),
    "array start": (lambda: tl.swa(tl.gd(0.1), [1, 2]), TypeError, "start=[1, 2] must be a whole"),
    "no patience": (lambda: tl.reset_on_conflict(tl.adam(0.1), 0), ValueError, "at least 1"),
    "bool patience": (lambda: tl.reset_on_conflict(tl.adam(0.1), True), TypeError, "patience=True"),
    "damping": (lambda: tl.newton(damping=-1), ValueError, "newton: damping=-1"),
    "newton's rate": (lambda: tl.newton("full"), TypeError, "newton: lr='full' is not a number"),
    "temperature": (lambda: tl.langevin(0.1, -1), ValueError, "langevin: temperature=-1"),
    "langevin's rate": (lambda: tl.langevin(-0.1, 1), ValueError, "langevin: lr=-0.1"),
    "extragradient's": (lambda: tl.extragradient(math.inf), ValueError, "extragradient: lr=inf"),
    "free newton's": (lambda: tl.saddle_free_newton(-1), ValueError, "saddle_free_newton: lr=-1"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "words"), NUMBERS.values(), ids=NUMBERS)
def test_bad_numbers(call: Callable[[], Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=re.escape(words)):
        call()


# What they do


def test_clip_norm_keeps_the_direction() -> None:
    g = grad(START)
    length = np.linalg.norm(g)
    for max_norm in (0.01, 1.0, 0.999 * length):
        step = first_step(tl.clip_norm(tl.gd(1.0), max_norm))
        np.testing.assert_allclose(step, g * max_norm / (length + 1e-6), rtol=1e-12)
    np.testing.assert_allclose(first_step(tl.clip_norm(tl.gd(1.0), 2 * length)), g, rtol=1e-14)


def test_clip_value_cuts_each_component() -> None:
    g = grad(START)
    for limit in (0.5, 6.0, 100.0):
        step = first_step(tl.clip_value(tl.gd(1.0), limit))
        np.testing.assert_allclose(step, np.clip(g, -limit, limit), rtol=1e-14)


def test_coupled_decay_goes_through_the_memory_and_decoupled_does_not() -> None:
    """Adam turns coupled decay into part of a unit step; AdamW adds it outside."""
    coupled = first_step(tl.weight_decay(tl.adam(0.1), 0.5))
    np.testing.assert_allclose(coupled, 0.1 * np.sign(grad(START) + 0.5 * START), rtol=1e-6)
    decoupled = first_step(tl.adamw(0.1, weight_decay=0.5))
    np.testing.assert_allclose(decoupled, 0.1 * np.sign(grad(START)) + 0.1 * 0.5 * START, rtol=1e-6)


@pytest.mark.parametrize("sigma", [0.3, 3.0])
def test_noise_has_the_right_spread_and_no_bias(sigma: float) -> None:
    """20,000 walkers' first steps: mean g, covariance sigma^2 I."""
    count = 20_000
    swarm = tl.descend(LAND, tl.noise(tl.gd(1.0), sigma), np.tile(START, (count, 1)), 1, seed=8)
    kicks = START - swarm.end - grad(START)
    error = sigma / math.sqrt(count)
    assert (np.abs(kicks.mean(axis=0)) < 4 * error).all()
    covariance = np.cov(kicks.T) / sigma**2
    bound = 4 * math.sqrt(2 / count)
    np.testing.assert_allclose(covariance, np.eye(2), atol=bound)


def test_noise_is_new_in_every_step_and_repeats_with_the_seed() -> None:
    flat = tl.landscape("0*x + 0*y", coordinates=["x", "y"])
    path = tl.descend(flat, tl.noise(tl.gd(1.0), 1.0), (0, 0), 500, seed=3).path
    kicks = np.diff(path, axis=0)
    assert len(np.unique(kicks)) == 1_000
    again = tl.descend(flat, tl.noise(tl.gd(1.0), 1.0), (0, 0), 500, seed=3).path
    np.testing.assert_array_equal(path, again)
    longer = tl.descend(flat, tl.noise(tl.gd(1.0), 1.0), (0, 0), 700, seed=3).path
    np.testing.assert_array_equal(path, longer[:501])
    rate = tl.descend(flat, tl.noise(tl.gd(0.5), 2.0), (0, 0), 500, seed=3).path
    np.testing.assert_allclose(rate, path, rtol=1e-12, atol=1e-13)  # it is on the gradient


def test_langevin_heats_by_the_rate_and_the_temperature() -> None:
    """Variance of a step: 2 lr T; of the stationary law on x^2/2: T/(1 - lr/2)."""
    count, lr, temperature = 20_000, 0.2, 0.7
    parabola = tl.landscape("x**2/2")
    starts = np.zeros((count, 1))
    one = tl.descend(parabola, tl.langevin(lr, temperature), starts, 1, seed=1).end[:, 0]
    spread = math.sqrt(2 / count)
    assert one.var() / (2 * lr * temperature) == pytest.approx(1, abs=4 * spread)
    late = tl.descend(parabola, tl.langevin(lr, temperature), starts, 80, every=80).end[:, 0]
    assert late.var() * (1 - lr / 2) / temperature == pytest.approx(1, abs=4 * spread)
    # A schedule cools: the kick shrinks with the root of the rate.
    cold = tl.descend(
        parabola, tl.langevin(lr, temperature, schedule=[0.25]), starts, 1, seed=1
    ).end[:, 0]
    np.testing.assert_allclose(cold, one / 2, rtol=1e-12)


def test_sam_looks_uphill_by_rho() -> None:
    g = grad(START)
    for rho in (0.0, 0.1, 2.0):
        uphill = START + rho * g / np.linalg.norm(g)
        np.testing.assert_allclose(first_step(tl.sam(tl.gd(1.0), rho)), grad(uphill), rtol=1e-11)


def test_sam_rests_at_a_minimum_and_swings_around_it() -> None:
    parabola = tl.landscape("x**2/2")
    rest = tl.descend(parabola, tl.sam(tl.gd(0.1), 0.5), (0.0,), 5)
    assert (rest.path == 0).all()  # at g = 0 it looks nowhere
    # Elsewhere the gradient is that at x + rho sign(x): it settles into a swing of its own size.
    swing = tl.descend(parabola, tl.sam(tl.gd(0.1), 0.5), (1.0,), 400).path[-2:, 0]
    size = 0.1 * 0.5 / (2 - 0.1)  # x = -(x - lr (x + rho)) has this solution
    np.testing.assert_allclose(np.abs(swing), size, rtol=1e-9)


def test_extragradient_looks_where_gd_would_land() -> None:
    lr = 0.05
    ahead = START - lr * grad(START)
    step = first_step(tl.extragradient(lr))
    np.testing.assert_allclose(step, lr * grad(ahead), rtol=1e-12)


def test_a_reset_forgets_all_memory() -> None:
    """After a reset Adam's v is 0 too: both moments start again, at the old step number."""
    run = tl.descend(LAND, tl.reset_on_conflict(tl.adam(0.4)), START, 40)
    z, m, v = START.copy(), np.zeros(2), np.zeros(2)
    resets = 0
    for t in range(1, 41):
        g = grad(z)
        if m @ g < 0:
            m, v, resets = np.zeros(2), np.zeros(2), resets + 1
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        z = z - 0.4 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    assert resets > 0
    np.testing.assert_allclose(run.end, z, rtol=1e-9)


def test_a_users_momentum_of_either_sign_is_reset_alike() -> None:
    """Accumulated gradients, or displacements against them: the same physics, the same path."""

    @rule(lr=0.05, beta=0.9)
    def gathers(theta: Any, g: Any, lr: Any, b: Any, *, beta: Any) -> Any:
        """Memory along the gradient."""
        b = beta * b + lr * g
        return theta - b, b

    @rule(lr=0.05, beta=0.9)
    def flows(theta: Any, g: Any, lr: Any, b: Any, *, beta: Any) -> Any:
        """Memory along the motion."""
        b = beta * b - lr * g
        return theta + b, b

    paths = [
        tl.descend(LAND, tl.reset_on_conflict(made()), START, 60).path
        for made in (gathers, flows, lambda: tl.polyak(0.05))
    ]
    np.testing.assert_allclose(paths[0], paths[1], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(paths[0], paths[2], rtol=1e-12, atol=1e-14)
    free = tl.descend(LAND, gathers(), START, 60).path
    assert np.abs(paths[0] - free).max() > 1e-2


def test_averages_wrap_anything() -> None:
    base = tl.sam(tl.clip_norm(tl.adam(0.1), 2.0))
    run = tl.descend(LAND, tl.swa(base, 5), START, 30)
    np.testing.assert_allclose(run.average[12], run.path[5:13].mean(axis=0), rtol=1e-12)
    smooth = tl.descend(LAND, tl.ema(base, 0.5), START, 30)
    expected = smooth.path[0]
    for point in smooth.path[1:]:
        expected = (expected + point) / 2
    np.testing.assert_allclose(smooth.average[-1], expected, rtol=1e-12)
    inside = tl.descend(LAND, tl.sam(tl.swa(tl.adam(0.1))), START, 30)
    np.testing.assert_allclose(inside.average[-1], inside.path.mean(axis=0), rtol=1e-12)
