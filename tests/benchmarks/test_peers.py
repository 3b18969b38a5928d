"""Equal work: every variant of every peer finds the numbers that toylands finds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from toylands.bench import ours, peers_c, peers_jax, peers_numpy, peers_torch, problems
from toylands.bench.problems import MissingError, Sizes, Task, Walk

SMALL = Sizes(
    walkers=1_000,
    steps=60,
    path=100,
    long_path=500,
    grid=20,
    sweep=24,
    sweep_steps=50,
    points=1_000,
)
EQUAL = 1e-9  # relative to 1 + |number|

PEERS = [
    pytest.param(peers_numpy, {}, id="NumPy"),
    pytest.param(peers_c, {}, id="C"),
    pytest.param(peers_c, {"parallel": True}, id="C-OpenMP"),
    pytest.param(peers_jax, {}, id="JAX", marks=pytest.mark.oracle),
    pytest.param(peers_torch, {}, id="torch", marks=pytest.mark.oracle),
]

WALKS: dict[str, tuple[Walk, Callable[[Walk], Task]]] = {
    **{f"path-{rule}": (problems.path(rule, SMALL.path), ours.walk) for rule in ("gd", "adam")},
    **{
        f"swarm-{rule}-{differs}": (problems.swarm(SMALL, rule, differs), ours.walk)
        for rule, choices in {
            "gd": (None, "lr", "landscape"),
            "adam": (None, "lr", "betas", "landscape"),
        }.items()
        for differs in choices
    },
    **{
        f"basins-{name}": (problems.basins(SMALL, name), partial(ours.basins, sizes=SMALL))
        for name in problems.BASINS
    },
}


def tasks(make: Callable[..., list[Task]], *given: Any, **more: Any) -> list[Task]:
    try:
        return make(*given, **more)
    except MissingError as why:
        pytest.skip(f"the peer is missing here: {why}")


def apart(found: Any, right: Any) -> float:
    found, right = np.asarray(found), np.asarray(right)
    assert found.shape == right.shape
    assert np.isfinite(right).all(), "the problem is meant to stay finite"
    return float(np.max(np.abs(found - right) / (1 + np.abs(right))))


@pytest.mark.parametrize(("peer", "how"), PEERS)
@pytest.mark.parametrize("name", WALKS)
def test_walks_are_equal_work(name: str, peer: Any, how: dict[str, Any]) -> None:
    work, make = WALKS[name]
    if peer is peers_torch and (np.ndim(work.lr) or "betas" in name):
        with pytest.raises(MissingError, match="no such option"):
            peer.walk(work)
        return
    variants = tasks(peer.walk, work, **how)
    task = make(work)
    right = task.read(task.call())
    for variant in variants:
        assert apart(variant.read(variant.call()), right) < EQUAL, variant.label
        assert apart(variant.read(variant.call()), right) < EQUAL, "a second call begins anew"


@pytest.mark.parametrize(("peer", "how"), PEERS)
def test_sweeps_are_equal_work(peer: Any, how: dict[str, Any]) -> None:
    work = problems.sweep(SMALL)
    if peer is peers_torch:
        with pytest.raises(MissingError, match="no such option"):
            peer.walk(work)
        return
    variants = tasks(peer.walk, work, **how)
    task = ours.sweep(work, SMALL)
    right = task.read(task.call())
    for variant in variants:
        ends = variant.read(variant.call())
        losses = (1 - ends[:, 0]) ** 2 + 100 * (ends[:, 1] - ends[:, 0] ** 2) ** 2
        assert apart(losses, right) < EQUAL, variant.label


@pytest.mark.parametrize(("peer", "how"), PEERS)
@pytest.mark.parametrize("name", ["rosenbrock", "ackley"])
def test_hessians_are_equal_work(name: str, peer: Any, how: dict[str, Any]) -> None:
    work = problems.points(SMALL, name)
    variants = tasks(peer.hessians, work, **how)
    task = ours.hessians(work)
    right = task.read(task.call())
    assert right.shape == (SMALL.points, 2, 2)
    for variant in variants:
        assert apart(variant.read(variant.call()), right) < EQUAL, variant.label


@pytest.mark.parametrize("name", list(problems.PARAMETERS))
def test_the_losses_given_to_autodiff_are_the_catalogue_s(name: str) -> None:
    import toylands as tl

    theta = np.random.default_rng(3).uniform(-2, 2, size=(50, 2))
    work = problems.Points(name, theta)
    losses = problems.loss(name, np, theta[:, 0], theta[:, 1], *problems.numbers(work))
    assert apart(losses, tl.landscapes.get(name).loss(theta)) < EQUAL


@pytest.mark.parametrize("name", ["swarm-gd-None", "swarm-adam-None", "swarm-adam-betas"])
def test_the_start_is_not_written_to(name: str) -> None:
    work, make = WALKS[name]
    before = work.start.copy()
    for task in [make(work), *peers_numpy.walk(work), *tasks(peers_c.walk, work)]:
        task.call()
    assert np.array_equal(work.start, before)


def test_variants_of_c_are_those_described() -> None:
    labels = [task.label for task in tasks(peers_c.walk, WALKS["swarm-gd-None"][0])]
    flags = ("-O3 -march=native", "-O3 -mcpu=native")
    assert any(label.startswith(f"C {flag}") for label in labels for flag in flags)
    assert any("blocks of" in label for label in labels)
    assert not any("-fopenmp" in label or "-ffast-math" in label for label in labels)
