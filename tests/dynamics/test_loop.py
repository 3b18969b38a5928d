"""The compiled loop against a plain Python walk: looks, operations, memory, averages, batches, exits."""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import numpy as np
import plain_walk
import pytest
from plain_walk import Walk
from twins import FIVE, LINE, PAIRS, QUARTIC, ROSENBROCK, SADDLE, assert_same

import toylands as tl
from toylands.dynamics import loop
from toylands.dynamics.run import execute, seeds_for

START = (-0.7, 0.9)
SEED = 11
KEY = plain_walk.splitmix(SEED, 0)


def both(
    name: str, opt: Any, steps: int = 70, start: Any = START, rtol: float = 1e-11, **walk: Any
) -> Any:
    """Run an optimizer on a landscape and in plain Python; they must agree."""
    land, problem = PAIRS[name]
    options = {key: walk[key] for key in ("batch", "replacement", "escape") if key in walk}
    options.setdefault("escape", math.inf)
    run = tl.descend(land, opt, start, steps, seed=SEED, **options)
    walk.setdefault("lr", opt.lr)
    assert_same(run, Walk(problem, start, steps, key=KEY, **walk).run(), rtol)
    return run


# Rules and looks


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize(
    ("opt", "walk"),
    [
        (tl.gd(0.001), {"rule": "gd"}),
        (tl.momentum(0.0005, beta=0.8), {"rule": "momentum", "hyper": {"beta": 0.8}}),
        (tl.polyak(0.0005), {"rule": "polyak"}),
        (tl.adam(0.03), {"rule": "adam"}),
        (tl.adam(0.03, beta1=0.5, beta2=0.9, eps=1e-3),
         {"rule": "adam", "hyper": {"beta1": 0.5, "beta2": 0.9, "eps": 1e-3}}),
        (tl.sam(tl.gd(0.001), rho=0.2), {"uphill": 0.2}),
        (tl.sam(tl.adam(0.03), rho=0.2), {"rule": "adam", "uphill": 0.2}),
        (tl.extragradient(0.002), {"ahead": True}),
        (tl.langevin(0.001, temperature=0.3), {"heat": 0.3}),
    ],
    ids=lambda value: getattr(value, "label", ""),
)  # fmt: skip
def test_rules_and_looks(name: str, opt: Any, walk: dict[str, Any]) -> None:
    both(name, opt, **walk)


@pytest.mark.parametrize("damping", [0.0, 0.7])
@pytest.mark.parametrize("name", ["rosenbrock", "quartic", "saddle", "line"])
def test_hessian_steps(name: str, damping: float) -> None:
    both(name, tl.newton(0.3, damping), 12, operations=[(plain_walk.newton, damping)])
    saddle_free = [(plain_walk.saddle_free, damping)]
    both(name, tl.saddle_free_newton(0.3, damping), 12, operations=saddle_free)


def test_hessian_steps_under_sam_read_the_hessian_where_the_walker_is() -> None:
    walk = {"uphill": 0.1, "operations": [(plain_walk.newton, 0.2)]}
    both("quartic", tl.sam(tl.newton(0.3, 0.2), rho=0.1), 12, **walk)


@pytest.mark.parametrize("steps", [0, 1, 31, 32, 33, 64, 65, 97])
def test_any_number_of_steps(steps: int) -> None:
    run = both("quartic", tl.momentum(0.02), steps, rule="momentum")
    assert len(run.path) == steps + 1
    assert run.steps == run.evaluations == steps


# Operations on the gradient, from the outside in

OPERATIONS = {
    "norm": (lambda base: tl.clip_norm(base, 2.0), plain_walk.clip_norm, 2.0),
    "value": (lambda base: tl.clip_value(base, 0.8), plain_walk.clip_value, 0.8),
    "decay": (lambda base: tl.weight_decay(base, 0.9), plain_walk.weight_decay, 0.9),
    "noise": (lambda base: tl.noise(base, 1.5), plain_walk.noise, 1.5),
}


@pytest.mark.parametrize("order", list(permutations(OPERATIONS)), ids="-".join)
def test_operations_run_from_the_outside_in(order: tuple[str, ...]) -> None:
    opt = tl.momentum(0.01)
    for name in reversed(order):  # the last one wrapped is the outermost
        opt = OPERATIONS[name][0](opt)
    steps = [OPERATIONS[name][1:] for name in order]
    both("quartic", opt, 40, rule="momentum", operations=steps)
    # The comparison sees the order: two operations exchanged give another path.
    wrong = Walk(plain_walk.QUARTIC, START, 40, 0.01, "momentum", operations=steps[::-1], key=KEY)
    right = Walk(plain_walk.QUARTIC, START, 40, 0.01, "momentum", operations=steps, key=KEY)
    assert np.abs(wrong.run().path - right.run().path).max() > 1e-4


@pytest.mark.parametrize("inside", [True, False])
def test_operations_act_on_what_the_look_returned(inside: bool) -> None:
    """Clipping does not shorten the way uphill, wherever sam stands among the wrappers."""
    base = tl.gd(0.02)
    opt = tl.clip_norm(tl.sam(base, 0.3), 1.0) if inside else tl.sam(tl.clip_norm(base, 1.0), 0.3)
    both("quartic", opt, 40, uphill=0.3, operations=[(plain_walk.clip_norm, 1.0)])


def test_the_solver_comes_last() -> None:
    opt = tl.clip_value(tl.noise(tl.newton(0.2, damping=0.5), 0.4), 1.0)
    steps = [(plain_walk.clip_value, 1.0), (plain_walk.noise, 0.4), (plain_walk.newton, 0.5)]
    both("quartic", opt, 30, operations=steps)


def test_clipping_leaves_nan_alone() -> None:
    """sqrt(x) has no gradient left of 0: clipping must not turn that into a step."""
    land = tl.landscape("sqrt(x)", name="root")
    for opt in (tl.clip_value(tl.gd(1.0), 3.0), tl.clip_norm(tl.gd(1.0), 3.0)):
        run = tl.descend(land, opt, (0.05,), 5)  # the first step crosses 0, the second has no slope
        assert run.diverged_at == 2
        assert np.isfinite(run.path).all()


# Momentum reset


@pytest.mark.parametrize("patience", [1, 2, 3])
@pytest.mark.parametrize(("rule", "fights"), [("momentum", -1), ("polyak", 1), ("adam", -1)])
def test_momentum_reset(rule: str, fights: int, patience: int) -> None:
    base = getattr(tl, rule)(0.05)
    opt = tl.reset_on_conflict(base, patience=patience)
    walk = {"rule": rule, "fights": fights, "patience": patience}
    run = both("quartic", opt, 60, **walk)
    plain = tl.descend(QUARTIC, base, START, 60, escape=math.inf)
    assert np.abs(run.path - plain.path).max() > 1e-3  # it did reset


def test_momentum_reset_sees_the_gradient_that_the_base_sees() -> None:
    opt = tl.clip_value(tl.reset_on_conflict(tl.momentum(0.05)), 0.5)
    walk = {"patience": 1, "operations": [(plain_walk.clip_value, 0.5)]}
    both("quartic", opt, 60, rule="momentum", **walk)


# Averages


@pytest.mark.parametrize("start", [0, 1, 7, 40, 99])
def test_swa(start: int) -> None:
    run = both("quartic", tl.swa(tl.adam(0.1), start=start), 45, rule="adam", swa=start)
    assert np.isnan(run.average[: min(start, 46)]).all()
    if start <= 45:
        np.testing.assert_allclose(run.average[-1], run.path[start:].mean(axis=0), rtol=1e-13)


def test_ema() -> None:
    run = both("quartic", tl.ema(tl.gd(0.05), decay=0.9), 45, ema=0.9)
    assert (run.average[0] == run.path[0]).all()


def test_an_average_watches_and_does_not_touch() -> None:
    plain = tl.descend(QUARTIC, tl.adam(0.1), START, 50)
    for opt in (tl.swa(tl.adam(0.1), 5), tl.ema(tl.adam(0.1))):
        assert (tl.descend(QUARTIC, opt, START, 50).path == plain.path).all()
    assert plain.average is None


# Schedules


def test_a_schedule_is_applied_step_by_step() -> None:
    factors = 1 / (1 + np.arange(50) % 7)
    for opt, walk in (
        (tl.momentum(0.03, schedule=factors), {"rule": "momentum"}),
        (tl.polyak(0.03, schedule=factors), {"rule": "polyak"}),
        (tl.extragradient(0.03, schedule=factors), {"ahead": True}),
        (tl.langevin(0.01, 0.2, schedule=factors), {"heat": 0.2}),
    ):
        run = both("quartic", opt, 50, schedule=lambda t: factors[t], **walk)
        np.testing.assert_array_equal(run.rates, opt.lr * factors)


def test_a_rate_of_zero_stands_still() -> None:
    run = tl.descend(QUARTIC, tl.gd(0.1, schedule=[0.0] * 9 + [1.0]), START, 10)
    assert (run.path[:10] == run.path[0]).all()
    assert (run.path[10] != run.path[0]).all()


# Moving landscapes


def test_the_parameters_of_each_step_are_used() -> None:
    drift = {"a": lambda t: 1 + 0.01 * t, "b": lambda t: 5 + math.sin(t)}
    expected = Walk(plain_walk.ROSENBROCK, START, 60, 0.01, moving=drift).run()
    rows = {name: [value(t) for t in range(61)] for name, value in drift.items()}
    for moving in (drift, rows, {name: np.array(values) for name, values in rows.items()}):
        assert_same(tl.descend(ROSENBROCK, tl.gd(0.01), START, 60, moving=moving), expected)


def test_without_a_last_value_the_end_keeps_that_of_the_last_step() -> None:
    values = 5 + np.sin(np.arange(60))
    stays = {"b": lambda t: float(values[min(t, 59)])}
    expected = Walk(plain_walk.ROSENBROCK, START, 60, 0.01, moving=stays).run()
    assert_same(tl.descend(ROSENBROCK, tl.gd(0.01), START, 60, moving={"b": values}), expected)


def test_looks_and_hessians_see_the_moved_landscape() -> None:
    drift = {"b": lambda t: 5 + math.sin(t)}
    for opt, walk in (
        (tl.sam(tl.gd(0.01), 0.1), {"uphill": 0.1}),
        (tl.newton(0.3, 1.0), {"operations": [(plain_walk.newton, 1.0)]}),
    ):
        expected = Walk(plain_walk.ROSENBROCK, START, 30, opt.lr, moving=drift, **walk).run()
        assert_same(tl.descend(ROSENBROCK, opt, START, 30, moving=drift), expected)


def test_a_fixed_and_a_moving_parameter_and_one_per_walker() -> None:
    a = np.array([0.5, 1.0, 1.5])
    drift = {"b": lambda t: 5 + math.sin(t)}
    swarm = tl.descend(ROSENBROCK(a=a), tl.gd(0.01), START, 40, moving=drift)
    for i, value in enumerate(a):
        walk = Walk(plain_walk.ROSENBROCK, START, 40, 0.01, parameters={"a": value}, moving=drift)
        assert_same(swarm[i], walk.run())


# Mini-batches

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
    from scipy import stats

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


# One walker or many: blocks, threads, numbers per walker


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
        np.testing.assert_allclose(swarm[i].path, alone.path, rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize("replacement", [True, False])
def test_batches_do_not_depend_on_the_company(replacement: bool) -> None:
    rng = np.random.default_rng(2)
    starts, seeds = rng.uniform(-1, 1, (LARGE, 2)), rng.integers(0, 2**62, LARGE)
    options = {"batch": 3, "replacement": replacement}
    swarm = tl.descend(LINE, tl.gd(0.2), starts, 15, seed=seeds, **options)
    for i in SAMPLE:
        alone = tl.descend(LINE, tl.gd(0.2), starts[i], 15, seed=int(seeds[i]), **options)
        np.testing.assert_allclose(swarm.path[i], alone.path, rtol=1e-15, atol=1e-15)


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
        np.testing.assert_allclose(swarm[i].path, run.path, rtol=1e-12, atol=1e-13)
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
        np.testing.assert_allclose(swarm[i].path, run.path, rtol=1e-13, atol=1e-14)
        if run.average is not None:
            np.testing.assert_allclose(swarm[i].average, run.average, rtol=1e-13, atol=1e-14)


# Walkers that leave


def leaving(opt: Any, land: Any, starts: Any, steps: int, **options: Any) -> tuple[Any, Any]:
    """The same swarm, recorded and with its ends only."""
    recorded = execute(land, opt, starts, steps, record=True, **options)
    ends = execute(land, opt, starts, steps, record=False, **options)
    return recorded, ends


RATES = np.geomspace(0.005, 3.0, 700)
EXITS = [
    ("gd", lambda lr: tl.gd(lr), QUARTIC, {}),
    ("momentum", lambda lr: tl.momentum(lr, beta=0.95), QUARTIC, {}),
    ("adam", lambda lr: tl.noise(tl.adam(lr), 30.0), QUARTIC, {"escape": 3.0}),
    ("swa", lambda lr: tl.swa(tl.momentum(lr), 3), QUARTIC, {}),
    ("ema", lambda lr: tl.ema(tl.momentum(lr), 0.9), QUARTIC, {}),
    ("noise", lambda lr: tl.noise(tl.momentum(lr), 3.0), QUARTIC, {"escape": 3.0}),
    ("langevin", lambda lr: tl.langevin(lr / 100, 5.0), SADDLE, {"escape": 2.0}),
    ("newton", lambda lr: tl.newton(lr), SADDLE, {"escape": 3.0}),
    ("reset", lambda lr: tl.reset_on_conflict(tl.polyak(lr), 2), QUARTIC, {}),
    ("drawn", lambda lr: tl.momentum(lr), LINE, {"batch": 2, "escape": 4.0}),
    ("epochs", lambda lr: tl.momentum(lr), LINE,
     {"batch": 2, "replacement": False, "escape": 4.0}),
    ("common", lambda lr: tl.momentum(lr), LINE,
     {"batch": 2, "replacement": False, "escape": 4.0, "seed": [7] * len(RATES)}),
    ("far", lambda lr: tl.momentum(lr), QUARTIC, {"escape": math.inf}),
    ("moving", lambda lr: tl.gd(lr / 50), ROSENBROCK(b=1.0),
     {"moving": {"b": lambda t: 1.0 + t % 40}, "escape": 10.0}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make", "land", "options"), EXITS, ids=[e[0] for e in EXITS])
def test_recording_changes_nothing(name: str, make: Any, land: Any, options: Any) -> None:
    """700 rates, walkers leaving at many different steps: the unrecorded walk is the same one."""
    starts = np.tile(START, (len(RATES), 1)) + np.linspace(-0.3, 0.3, len(RATES))[:, None]
    recorded, ends = leaving(make(RATES), land, starts, 100, **options)
    assert len(set(recorded.died.tolist())) > 8  # many different steps, and some that stay
    assert (recorded.died == -1).any()
    np.testing.assert_array_equal(recorded.died, ends.died)
    # Another kernel (without the loss) may round otherwise; the walks on the brink amplify that.
    np.testing.assert_allclose(recorded.end, ends.end, rtol=1e-5)


@pytest.mark.parametrize(("name", "make", "land", "options"), EXITS, ids=[e[0] for e in EXITS])
def test_walkers_leave_at_the_step_at_which_they_leave(
    name: str, make: Any, land: Any, options: Any
) -> None:
    """A sample of that swarm against plain walks, which look after every step."""
    starts = np.tile(START, (len(RATES), 1)) + np.linspace(-0.3, 0.3, len(RATES))[:, None]
    swarm = tl.descend(land, make(RATES), starts, 100, **options)
    rule = {"adam": "adam", "reset": "polyak"}.get(name, "momentum")
    walk: dict[str, Any] = {
        "gd": {"rule": "gd"},
        "momentum": {"hyper": {"beta": 0.95}},
        "swa": {"swa": 3},
        "ema": {"ema": 0.9},
        "adam": {"operations": [(plain_walk.noise, 30.0)]},
        "noise": {"operations": [(plain_walk.noise, 3.0)]},
        "langevin": {"rule": "gd", "heat": 5.0},
        "newton": {"rule": "gd", "operations": [(plain_walk.newton, 0.0)]},
        "reset": {"fights": 1, "patience": 2},
        "moving": {"rule": "gd", "parameters": {"b": 1.0}},
    }.get(name, {})
    walk = {"rule": rule, "escape": 2e6} | walk | options
    if "seed" in walk:
        walk.pop("seed")
    problem = {
        "langevin": plain_walk.SADDLE, "newton": plain_walk.SADDLE, "drawn": plain_walk.LINE,
        "epochs": plain_walk.LINE, "common": plain_walk.LINE, "moving": plain_walk.ROSENBROCK,
    }.get(name, plain_walk.QUARTIC)  # fmt: skip
    opt = make(RATES)
    gone = np.flatnonzero(swarm.diverged)
    for i in (*range(3, len(RATES), 29), *gone[:: len(gone) // 9].tolist()):
        key = plain_walk.splitmix(7, 0) if name == "common" else plain_walk.splitmix(0, i)
        expected = Walk(problem, starts[i], 100, float(opt.lr[i]), key=key, **walk).run()
        assert (swarm[i].diverged_at or None) == expected.died, i
        shown = swarm[i].path
        assert len(shown) == len(expected.path) or not np.isfinite(expected.loss[-1])
        # A walk on the brink amplifies rounding; what matters here is which step it is.
        np.testing.assert_allclose(shown[:8], expected.path[: len(shown)][:8], rtol=1e-9, atol=1e-9)


def test_a_walker_that_left_and_came_back_has_left() -> None:
    """A heavy ball on a parabola swings out of the window and back in between two looks."""
    land = tl.landscape("x**2/2", name="parabola")
    problem = plain_walk.Problem(lambda z, p, s: z[0] ** 2 / 2, lambda z, p, s: z)
    walk = Walk(problem, (1.0,), loop.STRIDE, 0.1, "momentum", {"beta": 0.99})
    path = np.abs(walk.run().path[1:, 0])
    escape = 0.9 * float(path.max())
    first = 1 + int(np.argmax(path > escape))
    assert first < loop.STRIDE
    assert path[-1] <= escape  # it is back inside at the end
    opt = tl.momentum(0.1, beta=0.99)
    recorded, ends = leaving(opt, land, np.array([[1.0]]), loop.STRIDE, escape=escape)
    assert recorded.died[0] == ends.died[0] == first


def test_the_path_is_the_finite_part() -> None:
    """x <- -9 x leaves 1e6 at step 7 with a finite point, which is kept."""
    land = tl.landscape("x**2/2", name="parabola")
    run = tl.descend(land, tl.gd(10.0), (1.0,), 100, escape=1e6)
    np.testing.assert_allclose(run.path[:, 0], (-9.0) ** np.arange(8), rtol=1e-14)
    assert run.diverged_at == run.status.step == 7
    assert run.end[0] == run.path[-1, 0]
    assert run.evaluations == 7
    assert str(run.status) == "diverged at step 7"


def test_overflow_ends_at_the_last_finite_point() -> None:
    """With no window, x <- -9 x runs to the end of the float64 range."""
    land = tl.landscape("x/2*x", name="parabola")
    run = tl.descend(land, tl.gd(10.0), (1.0,), 1000, escape=math.inf)
    last = math.floor(math.log(np.finfo(float).max, 9))
    assert run.diverged_at == last + 1
    swarm = tl.descend(land, tl.gd([10.0, 0.5]), (1.0,), 1000, escape=math.inf)
    assert swarm.diverged_at.tolist() == [last + 1, -1]
    np.testing.assert_allclose(swarm.end[0], (-9.0) ** last, rtol=1e-12)
    assert np.isfinite(run.path).all()
    assert np.isfinite(run.loss).all()


def test_a_nan_gradient_is_divergence_at_that_step() -> None:
    """sqrt(x) has no value left of 0: the step after crossing is not a number."""
    land = tl.landscape("sqrt(x)", name="root")
    run = tl.descend(land, tl.gd(0.5), (1.0,), 50)
    x, crossed = 1.0, 0
    while x >= 0:
        x, crossed = x - 0.5 * 0.5 / math.sqrt(x), crossed + 1
    assert run.diverged_at == crossed + 1
    np.testing.assert_allclose(run.end[0], run.path[-1, 0])
    assert np.isfinite(run.loss).all()


def test_a_walker_that_left_disturbs_nobody() -> None:
    """Its neighbours in the block walk as if it were not there, and it leaves only once."""
    rates = np.full(64, 0.01)
    rates[::3] = np.linspace(0.4, 1, len(rates[::3]))
    swarm = tl.descend(QUARTIC, tl.momentum(rates), START, 70, escape=2.5)
    assert swarm.diverged[::3].all()
    assert len(set(swarm.diverged_at[::3].tolist())) > 1
    calm = np.full(64, 0.01)
    alone = tl.descend(QUARTIC, tl.momentum(calm), START, 70, escape=2.5)
    for i in range(64):
        if i % 3:
            np.testing.assert_array_equal(swarm.path[i], alone.path[i])
        else:
            last = swarm.diverged_at[i]
            assert np.abs(swarm.path[i, :last]).max() <= 2.5 < np.abs(swarm.path[i, last]).max()
            assert np.isnan(swarm.path[i, last + 1 :]).all()
            np.testing.assert_array_equal(swarm.end[i], swarm.path[i, last])


@pytest.mark.parametrize("every", [1, 2, 5, 20, 100])
def test_every_keeps_each_so_many_th_point(every: int) -> None:
    full = tl.descend(QUARTIC, tl.swa(tl.adam(RATES[::50]), 4), START, 100, escape=9.0)
    thin = tl.descend(QUARTIC, tl.swa(tl.adam(RATES[::50]), 4), START, 100, escape=9.0, every=every)
    for name in ("path", "loss", "grad_norm", "average"):
        whole, part = getattr(full, name), getattr(thin, name)
        np.testing.assert_array_equal(whole[:, ::every], part)
    np.testing.assert_array_equal(full.diverged_at, thin.diverged_at)
    np.testing.assert_array_equal(full.end, thin.end)
    np.testing.assert_array_equal(full.evaluations, thin.evaluations)
    walker = thin[0]
    assert walker.steps == 100
    assert len(walker.rates) == 100
    assert walker.every == every


def test_seeds_make_walkers_differ_and_repeat() -> None:
    starts = np.tile(START, (50, 1))
    opt = tl.noise(tl.gd(0.01), 1.0)
    first, again, other = (
        tl.descend(QUARTIC, opt, starts, 10, seed=seed).end for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert len({tuple(end) for end in np.vstack([first, other])}) == 100
    assert (seeds_for([3, 3, 4], 3)[:2] == seeds_for(3, 1)[0]).all()
