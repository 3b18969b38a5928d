"""Rules divide half of a block by multiplication; nobody can tell from where a walker goes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.dynamics import run
from toylands.dynamics.loop import MANY
from toylands.formula import landscape
from toylands.optimizers import adagrad, adam, adamw, amsgrad, rmsprop, rule

pytestmark = pytest.mark.filterwarnings("error")
Array = np.ndarray


@pytest.fixture(autouse=True)
def halves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compile every rule in halves."""
    monkeypatch.setattr(run, "HALVES", 0)


@rule(lr=0.1, eps=0.0)
def bare(theta: Any, g: Any, lr: Any, *, eps: Any) -> Any:
    """Divides by the gradient itself."""
    return theta - lr / (g + eps)


def same(land: Any, opt: Any, starts: Array, steps: int) -> list[str]:
    """Walk in a swarm and one by one, where every division is one; returns how the walks ended."""
    assert starts.size >= MANY
    with np.errstate(all="ignore"):
        swarm = tl.descend(land, opt, start=starts, steps=steps)
        runs = [tl.descend(land, opt, start=start, steps=steps) for start in starts]
    for i, one in enumerate(runs):
        np.testing.assert_array_equal(swarm[i].path, one.path)
        np.testing.assert_array_equal(swarm[i].end, one.end)
        assert str(swarm[i].status) == str(one.status)
    return [str(one.status) for one in runs]


def scattered(count: int, size: float = 3.0) -> Array:
    return np.random.default_rng(5).uniform(-size, size, (count, 2))


@pytest.mark.parametrize("make", [adam, adamw, amsgrad, rmsprop, adagrad])
def test_a_walker_goes_the_same_way_alone_and_in_a_swarm(make: Any) -> None:
    ends = same(tl.landscapes.rosenbrock, make(lr=0.05), scattered(45), 150)
    assert not any("diverged" in end for end in ends)


def test_an_odd_number_of_coordinates() -> None:
    land = landscape("x**2 + y**4 + cos(z)")
    same(land, adam(lr=0.1), np.random.default_rng(1).normal(size=(33, 3)), 80)


def test_nothing_divided_by_nothing() -> None:
    """With eps=0, a walker that starts where a slope is 0 divides 0 by 0; the others walk on."""
    starts = scattered(40)
    starts[[3, 17, 31]] = 0.0
    starts[35] = (0.0, 1.0)
    ends = same(landscape("x**2 + y**4"), adam(lr=0.1, eps=0.0), starts, 90)
    left = [i for i, end in enumerate(ends) if "diverged" in end]
    assert left == [3, 17, 31, 35]


def test_a_square_that_overflows_stops_a_walker_and_nobody_else() -> None:
    """Slopes of 1e200 have infinite squares: g / sqrt(v) is 0, no step is taken, nobody leaves."""
    steep = landscape("k*x**2 + y**2", k=1)(k=np.where(np.arange(40) % 3 == 0, 1e200, 1.0))
    ends = same_parameters(steep, rmsprop(lr=0.05), scattered(40), 70)
    assert not any("diverged" in end for end in ends)


def same_parameters(land: Any, opt: Any, starts: Array, steps: int) -> list[str]:
    """As `same`, for a landscape with a parameter k per walker."""
    swarm = tl.descend(land, opt, start=starts, steps=steps)
    ends = []
    for i, (k, start) in enumerate(zip(land.parameters["k"], starts, strict=True)):
        one = tl.descend(land(k=float(k)), opt, start=start, steps=steps)
        np.testing.assert_array_equal(swarm[i].path, one.path)
        ends.append(str(one.status))
    return ends


def test_a_rule_that_divides_by_the_slope_itself() -> None:
    """Division by 0 sends a walker to infinity; division by nearly 0, far away."""
    starts = scattered(48)
    starts[7], starts[8] = (0.0, 1.0), (1e-310, 1.0)
    ends = same(landscape("x**2 + y**2"), bare(lr=0.01), starts, 60)
    assert "diverged" in ends[7]
    assert "diverged" in ends[8]


def test_numbers_too_small_for_a_remainder() -> None:
    """Slopes of 1e-300 keep few digits of what a quotient leaves: there the block divides, for a while."""
    starts = scattered(48)
    starts[5::9] *= 1e-300
    starts[::9] *= 1e-316
    same(landscape("x**2 + y**2"), bare(lr=1e-305), starts, 300)
    same(landscape("k*(x**2 + y**2)", k=1e-297), adam(lr=0.1, eps=1e-296), scattered(48), 300)


def test_walkers_that_leave_in_a_swarm_leave_alone_at_the_same_step() -> None:
    starts = scattered(60)
    starts[::7] *= 1e5
    land = landscape("-x**4 - y**2")
    with np.errstate(all="ignore"):
        swarm = tl.descend(land, adam(lr=2e4), start=starts, steps=200, escape=1e6)
        runs = [
            tl.descend(land, adam(lr=2e4), start=start, steps=200, escape=1e6) for start in starts
        ]
    assert [str(s.status) for s in swarm] == [str(one.status) for one in runs]
    assert all("diverged" in str(one.status) for one in runs)


def test_the_halves_of_a_block_are_divided_in_two_ways() -> None:
    """The source of Adam multiplies in its first half only; that of momentum has one loop."""
    source = adam(0.1).rule._source(shared=True, halved=True)
    assert source.count("quotient(") == 1
    assert source.count("for k in range") == 2
    for make, alone in ((adam, False), (adamw, False), (rmsprop, False), (tl.momentum, True)):
        made = make(0.1).rule
        assert (made.kernel(shared=True, halved=True) is made.kernel(shared=True)) == alone
        assert made.kernel(shared=False, halved=True) is made.kernel(shared=False)


def test_only_long_work_is_worth_the_longer_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    opt = rule(lr=0.1, eps=0.0)(bare.rule.function)(lr=0.1)
    starts = scattered(50)
    monkeypatch.setattr(run, "HALVES", 50 * 60)
    tl.descend(landscape("x**2 + y**2"), opt, starts, 59)
    assert list(opt.rule._kernels) == [(True, False)]
    tl.descend(landscape("x**2 + y**2"), opt, starts, 60)
    assert list(opt.rule._kernels) == [(True, False), (True, True)]
