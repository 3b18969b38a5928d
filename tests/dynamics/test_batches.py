"""Mini-batches against a plain Python walk, and what probability says of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import plain_walk
import pytest
from plain_walk import Walk
from scipy import stats
from twins import KEY, LINE, SEED, START, assert_same, both

import toylands as tl

pytestmark = pytest.mark.filterwarnings("error")

SIZES = [1, 2, 3, 5, 7]


@pytest.mark.parametrize("replacement", [True, False])
@pytest.mark.parametrize("batch", SIZES)
def test_batches(batch: int, replacement: bool) -> None:
    """Every step uses its batch; loss and gradient norm are recorded over all samples."""
    both("line", tl.momentum(0.05), 40, rule="momentum", batch=batch, replacement=replacement)


@pytest.mark.parametrize(
    ("opt", "walk"),
    [
        (tl.sam(tl.gd(0.05), 0.2), {"uphill": 0.2}),
        (tl.extragradient(0.05), {"ahead": True}),
        (tl.saddle_free_newton(0.2, 0.3), {"operations": [(plain_walk.saddle_free, 0.3)]}),
        (tl.noise(tl.gd(0.05), 0.3), {"operations": [(plain_walk.noise, 0.3)]}),
    ],
    ids=lambda value: getattr(value, "label", ""),
)
def test_a_step_looks_twice_at_one_batch(opt: Any, walk: dict[str, Any]) -> None:
    both("line", opt, 40, batch=3, replacement=False, **walk)


@pytest.mark.parametrize("replacement", [True, False])
def test_each_walker_has_its_own_batches(replacement: bool) -> None:
    starts = np.array([[0.0, 0.0], [1.0, -1.0], [0.5, 2.0], [-1.0, 0.3]])
    options = {"batch": 3, "replacement": replacement}
    swarm = tl.descend(LINE, tl.gd(0.1), starts, 20, seed=SEED, **options)
    for i, start in enumerate(starts):
        key = plain_walk.splitmix(SEED, i)
        assert_same(swarm[i], Walk(plain_walk.LINE, start, 20, 0.1, key=key, **options).run())


def test_walkers_with_equal_seeds_share_their_batches() -> None:
    swarm = tl.descend(LINE, tl.gd(0.1), np.zeros((3, 2)), 20, seed=[4, 4, 9], batch=2)
    assert (swarm.path[0] == swarm.path[1]).all()
    assert np.abs(swarm.path[0] - swarm.path[2]).max() > 1e-3
    common = tl.descend(LINE, tl.gd(0.1), np.zeros((3, 2)), 20, seed=[4, 4, 4], batch=2)
    assert (common.path == swarm.path[0]).all()


@pytest.mark.parametrize("batch", SIZES)
def test_an_epoch_visits_every_sample_once(batch: int) -> None:
    """On (x - v)^2/2 with powers of two for v, the gradients spell out the samples of a batch."""
    values = 2.0 ** np.arange(7)

    @tl.formula.landscape(data={"v": values})
    def powers(x: Any, *, v: Any) -> Any:
        """One gradient per sample, all sums different."""
        return (x - v) ** 2 / 2

    run = tl.descend(powers, tl.gd(1.0), (0.0,), 60, seed=3, batch=batch, replacement=False)
    batches = math.ceil(7 / batch)
    sizes = [min(batch, 7 - batch * k) for k in range(batches)]
    # x - lr * mean(x - v) = mean(v): every step lands on the mean of its batch.
    sums = [run.path[t + 1, 0] * sizes[t % batches] for t in range(60)]
    for epoch in range(60 // batches):
        chosen = [round(s) for s in sums[epoch * batches : (epoch + 1) * batches]]
        assert sum(chosen) == 127, chosen
        assert [bin(c).count("1") for c in chosen] == sizes
    if batches > 1:
        epochs = [tuple(np.rint(sums[k : k + batches])) for k in range(0, 60 - batches, batches)]
        assert len(set(epochs)) > 1  # every epoch is shuffled anew


def test_batches_with_replacement_are_uniform() -> None:
    """Counts of samples over many draws, and of pairs within a batch."""
    values = 8.0 ** np.arange(7)  # each digit of the sum counts one sample

    @tl.formula.landscape(data={"v": values})
    def octal(x: Any, *, v: Any) -> Any:
        """Sums of samples in octal digits."""
        return (x - v) ** 2 / 2

    swarm = tl.descend(octal, tl.gd(1.0), np.zeros((400, 1)), 20, seed=5, batch=4, escape=math.inf)
    sums = np.rint(swarm.path[:, 1:, 0] * 4).astype(np.int64)
    digits = sums[..., None] // 8 ** np.arange(7) % 8
    assert (digits.sum(axis=-1) == 4).all()
    assert stats.chisquare(digits.sum(axis=(0, 1))).pvalue > 1e-3
    # With replacement, all four differ with probability 7*6*5*4/7^4.
    chance, n = 840 / 2401, digits.shape[0] * digits.shape[1]
    share = np.mean(digits.max(axis=-1) == 1)
    assert abs(share - chance) < 4 * math.sqrt(chance * (1 - chance) / n)


@pytest.mark.parametrize("replacement", [True, False])
@pytest.mark.parametrize("batch", [1, 3])
def test_the_first_step_is_unbiased(batch: int, replacement: bool) -> None:
    """The mean gradient of 20,000 walkers' first batches is the full gradient."""
    count, start = 20_000, np.array([0.4, 0.2])
    swarm = tl.descend(
        LINE,
        tl.gd(1.0),
        np.tile(start, (count, 1)),
        1,
        seed=2,
        batch=batch,
        replacement=replacement,
    )
    gradients = start - swarm.end
    error = gradients.std(axis=0) / math.sqrt(count)
    full = plain_walk.LINE.grad(start, {}, None)
    assert (np.abs(gradients.mean(axis=0) - full) < 4 * error).all()
    assert (error < 0.02 * np.abs(full).max()).all()
    # Var of the mean of a batch: sigma^2/k with replacement, less by (n - k)/(n - 1) without.
    single = np.array([plain_walk.LINE.grad(start, {}, [s]) for s in range(7)])
    shrink = 1.0 if replacement else (7 - batch) / 6
    np.testing.assert_allclose(
        gradients.var(axis=0), single.var(axis=0) / batch * shrink, rtol=0.08
    )


def test_a_batch_of_all_samples_without_replacement_is_the_full_gradient() -> None:
    run = tl.descend(LINE, tl.gd(0.2), START, 30, batch=7, replacement=False)
    full = tl.descend(LINE, tl.gd(0.2), START, 30)
    np.testing.assert_allclose(run.path, full.path, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("replacement", [True, False])
def test_own_batches_with_own_landscapes_and_hessians(replacement: bool) -> None:
    """Each walker has its parameter, its batch and the Hessian of that batch."""
    from toylands.formula import dial, landscape, tanh

    @landscape(
        data={"u": plain_walk.U, "v": plain_walk.V}, view=((-3, 3), (-3, 3)), k=dial(1.0, 0.1, 9)
    )
    def scaled(a: Any, b: Any, *, u: Any, v: Any, k: Any) -> Any:
        """The bent line with a weight on its size."""
        return (tanh(a * u) + b - v) ** 2 / 2 + k * (a**2 + b**2)

    k, rates, seeds = np.array([0.5, 1.0, 3.0]), np.array([0.1, 0.2, 0.3]), [4, 5, 6]
    for make in (tl.gd, tl.momentum, lambda lr: tl.saddle_free_newton(lr, 0.1)):
        swarm = tl.descend(
            scaled(k=k), make(rates), START, 20, seed=seeds, batch=3, replacement=replacement
        )
        for i in range(3):
            single = tl.descend(
                scaled(k=k[i]), make(rates[i]), START, 20, seed=seeds[i], batch=3,
                replacement=replacement,
            )  # fmt: skip
            np.testing.assert_allclose(swarm[i].path, single.path, rtol=1e-12, atol=1e-13)
    # The single walk with a batch is the plain one, with the weight added by hand.
    problem = plain_walk.Problem(
        lambda z, p, s: plain_walk.LINE.loss(z, p, s) + 3 * float(z @ z),
        lambda z, p, s: plain_walk.LINE.grad(z, p, s) + 6 * z,
        samples=7,
    )
    key = plain_walk.splitmix(6, 0)
    walk = Walk(problem, START, 20, 0.3, batch=3, replacement=replacement, key=key)
    first = tl.descend(scaled(k=k), tl.gd(rates), START, 20, seed=seeds, batch=3,
                       replacement=replacement)[2]  # fmt: skip
    assert_same(first, walk.run())


def test_a_moving_landscape_with_batches() -> None:
    drift = {"k": lambda t: 1.0 + 0.1 * t}
    land = tl.formula.landscape(
        data={"v": plain_walk.V}, view=((-3, 3),), k=tl.formula.dial(1.0, 0.1, 9)
    )(around_each)
    run = tl.descend(land, tl.gd(0.1), (1.0,), 15, seed=SEED, batch=2, time_varying=drift)
    x = 1.0
    for t in range(15):
        s = plain_walk.batch_at(t, 2, 7, KEY, True)
        x -= 0.1 * (1.0 + 0.1 * t) * float(np.mean(x - plain_walk.V[s]))
    assert run.end[0] == pytest.approx(x, rel=1e-13)


def around_each(x: Any, *, v: Any, k: Any) -> Any:
    """A parabola around each sample, with a common curvature."""
    return k * (x - v) ** 2 / 2
