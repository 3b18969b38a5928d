"""One walker or many: blocks, threads and numbers per walker change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from twins import FIVE, LINE, QUARTIC, ROSENBROCK, START

import toylands as tl
from toylands.dynamics.checks import seeds_for

pytestmark = pytest.mark.filterwarnings("error")


def test_a_swarm_of_one_is_a_single_walker() -> None:
    for opt in (tl.adam(0.05), tl.noise(tl.gd(0.01), 0.4), tl.langevin(0.01, 0.1)):
        single = tl.descend(ROSENBROCK, opt, START, 80, seed=3)
        swarm = tl.descend(ROSENBROCK, opt, [START], 80, seed=3)
        assert len(swarm) == 1
        for name in ("path", "loss", "grad_norm"):
            np.testing.assert_array_equal(getattr(swarm[0], name), getattr(single, name))


LARGE = 5_000
SAMPLE = [0, 1, 255, 256, 257, 511, 512, 513, 2047, 2500, 4608, 4999]


@pytest.mark.parametrize(
    ("opt", "options"),
    [
        (tl.gd(0.001), {}),
        (tl.adam(0.05), {}),
        (tl.sam(tl.clip_norm(tl.momentum(0.001), 3.0), 0.05), {}),
        (tl.newton(0.3, damping=0.1), {}),
        (tl.saddle_free_newton(0.3, damping=0.1), {}),
        (tl.noise(tl.momentum(0.001), 0.5), {}),
        (tl.langevin(0.001, 0.3), {}),
        (tl.reset_on_conflict(tl.nesterov(0.0005), 2), {}),
    ],
    ids=lambda value: getattr(value, "label", ""),
)
def test_walkers_do_not_depend_on_their_company(opt: Any, options: dict[str, Any]) -> None:
    """5,000 walkers in blocks on two threads, against some of them alone."""
    rng = np.random.default_rng(1)
    starts = rng.uniform(-1.5, 1.5, (LARGE, 2))
    seeds = rng.integers(0, 2**62, LARGE)
    swarm = tl.descend(ROSENBROCK, opt, starts, 40, seed=seeds, **options)
    for i in SAMPLE:
        alone = tl.descend(ROSENBROCK, opt, starts[i], 40, seed=int(seeds[i]), **options)
        np.testing.assert_array_equal(swarm[i].path, alone.path)


@pytest.mark.parametrize("replacement", [True, False])
def test_batches_do_not_depend_on_the_company(replacement: bool) -> None:
    rng = np.random.default_rng(2)
    starts, seeds = rng.uniform(-1, 1, (LARGE, 2)), rng.integers(0, 2**62, LARGE)
    options = {"batch": 3, "replacement": replacement}
    swarm = tl.descend(LINE, tl.gd(0.2), starts, 15, seed=seeds, **options)
    for i in SAMPLE:
        alone = tl.descend(LINE, tl.gd(0.2), starts[i], 15, seed=int(seeds[i]), **options)
        np.testing.assert_array_equal(swarm.path[i], alone.path)


@pytest.mark.parametrize("count", [2, 255, 256, 257, 512, 513, 1025])
def test_every_size_of_swarm(count: int) -> None:
    """On a quadratic each coordinate shrinks by its own factor: the whole swarm in closed form."""
    land = tl.landscape("(x**2 + 4*y**2)/2")
    starts = np.random.default_rng(count).uniform(-2, 2, (count, 2))
    swarm = tl.descend(land, tl.gd(0.1), starts, 3)
    np.testing.assert_allclose(swarm.end, starts * [0.9**3, 0.6**3], rtol=1e-14)


def test_five_coordinates() -> None:
    """The chain's gradient by hand, in a swarm that spreads over blocks and threads."""
    rng = np.random.default_rng(3)
    starts = rng.uniform(0, 1, (3_000, 5))
    ends = tl.descend(FIVE(k=2.0), tl.gd(0.1), starts, 20, every=20).end
    x = starts.copy()
    for _ in range(20):
        a, b, c, d, e = x.T
        cube, k = 2 * (c - b) ** 3, 2.0
        g = [a - 1 - k * (b - a), k * (b - a) - cube, cube - k * (d - c),
             k * (d - c) - (e - d), e - d]  # fmt: skip
        x = x - 0.1 * np.stack(g, axis=1)
    np.testing.assert_allclose(ends, x, rtol=1e-12, atol=1e-13)


def test_numbers_per_walker_are_those_of_single_runs() -> None:
    rng = np.random.default_rng(4)
    n = 300
    lr, beta1, eps = rng.uniform(0.01, 0.1, n), rng.uniform(0.5, 0.95, n), rng.uniform(0, 1e-3, n)
    b, rho, max_norm = rng.uniform(1, 20, n), rng.uniform(0, 0.2, n), rng.uniform(1, 9, n)
    opt = tl.sam(tl.clip_norm(tl.adam(lr, beta1=beta1, eps=eps), max_norm), rho)
    swarm = tl.descend(ROSENBROCK(b=b), opt, START, 50)
    for i in (0, 7, 255, 256, 299):
        single = tl.sam(
            tl.clip_norm(tl.adam(lr[i], beta1=beta1[i], eps=eps[i]), max_norm[i]), rho[i]
        )
        run = tl.descend(ROSENBROCK(b=b[i]), single, START, 50)
        np.testing.assert_array_equal(swarm[i].path, run.path)
        assert swarm[i].optimizer.values == single.values
        assert swarm[i].landscape.parameters == {"a": 1.0, "b": b[i]}


@pytest.mark.parametrize(
    "make",
    [
        lambda lr, v: tl.noise(tl.gd(lr), v),
        lambda lr, v: tl.langevin(lr, v),
        lambda lr, v: tl.newton(lr, v),
        lambda lr, v: tl.weight_decay(tl.momentum(lr), v),
        lambda lr, v: tl.clip_value(tl.momentum(lr), v),
        lambda lr, v: tl.ema(tl.momentum(lr), v),
    ],
    ids=["noise", "langevin", "newton", "weight_decay", "clip_value", "ema"],
)
def test_the_numbers_of_pieces_may_differ_between_walkers(make: Any) -> None:
    lr, value = np.array([0.01, 0.02, 0.03]), np.array([0.2, 0.5, 0.9])
    swarm = tl.descend(QUARTIC, make(lr, value), START, 40, seed=[6, 6, 7])
    for i in range(3):
        run = tl.descend(QUARTIC, make(lr[i], value[i]), START, 40, seed=[6, 6, 7][i])
        np.testing.assert_array_equal(swarm[i].path, run.path)
        if run.average is not None:
            np.testing.assert_array_equal(swarm[i].average, run.average)


@pytest.mark.parametrize("every", [1, 2, 5, 20, 100])
def test_every_keeps_each_so_many_th_point(every: int) -> None:
    """Rates from calm to wild: walkers that stay, that leave early, and a block that all leave."""
    for rates in (np.geomspace(0.005, 3, 14), np.array([1.0, 2.0])):
        opt = tl.swa(tl.momentum(rates), 4)
        full = tl.descend(QUARTIC, opt, START, 100, record_state=True)
        thin = tl.descend(QUARTIC, opt, START, 100, record_state=True, every=every)
        assert full.diverged.any()
        for name in ("path", "loss", "grad_norm", "average"):
            whole, part = getattr(full, name), getattr(thin, name)
            np.testing.assert_array_equal(whole[:, ::every], part)
        for name in ("diverged_at", "end", "evaluations"):
            np.testing.assert_array_equal(getattr(full, name), getattr(thin, name))
        for one, other in zip(full, thin, strict=True):
            assert other.every == every
            assert other.steps == len(other.rates) == (len(other.path) - 1) * every
            rows = slice(0, len(other.path) - 1)
            np.testing.assert_array_equal(one.used[::every][rows], other.used[rows])
            np.testing.assert_array_equal(one.memory["b"][::every][rows], other.memory["b"][rows])
    assert thin[0].status == full[0].status


def test_seeds_make_walkers_differ_and_repeat() -> None:
    starts = np.tile(START, (50, 1))
    opt = tl.noise(tl.gd(0.01), 1.0)
    first, again, other = (
        tl.descend(QUARTIC, opt, starts, 10, seed=seed).end for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert len({tuple(end) for end in np.vstack([first, other])}) == 100
    assert (seeds_for([3, 3, 4], 3)[:2] == seeds_for(3, 1)[0]).all()
