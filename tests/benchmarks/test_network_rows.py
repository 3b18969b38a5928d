"""The benchmark's networks: peers differentiate the same loss and find the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from toylands.bench import Sizes, groups, networks, processes
from toylands.bench.problems import MissingError, Task

WORK = networks.problem(Sizes(networks=5, samples=7))


def numeric(theta: np.ndarray) -> np.ndarray:
    """The gradient by complex steps."""
    along = np.eye(theta.size) * 1e-40j
    losses = [networks.loss(WORK, np, theta + e, WORK.x, WORK.y) for e in along]
    return np.imag(losses) / 1e-40


def test_the_work_is_what_it_says() -> None:
    assert WORK.theta.shape == (5, 205)
    found = networks.gradients(WORK)
    np.testing.assert_allclose(
        found.read(found.call())[3], numeric(WORK.theta[3]), rtol=1e-12, atol=1e-15
    )
    alone = networks.hessian(WORK, True)
    np.testing.assert_array_equal(
        alone.read(alone.call()), networks.hessian(WORK).read(networks.hessian(WORK).call())
    )


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("peer", "own"),
    [
        (networks.jax_hessian, networks.hessian),
        (networks.torch_hessian, networks.hessian),
        (networks.jax_gradients, networks.gradients),
        (networks.torch_gradients, networks.gradients),
    ],
)
def test_equal_work(peer: Callable[..., list[Task]], own: Callable[..., Task]) -> None:
    try:
        tasks = peer(WORK)
    except MissingError as why:
        pytest.skip(f"the peer is missing here: {why}")
    mine = own(WORK)
    right = mine.read(mine.call())
    for task in tasks:
        np.testing.assert_allclose(task.read(task.call()), right, rtol=1e-10, atol=1e-13)


def test_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(work: Any) -> list[Task]:
        raise MissingError("not installed")

    for name in ("jax_hessian", "torch_hessian", "jax_gradients", "torch_gradients"):
        monkeypatch.setattr(networks, name, missing)
    monkeypatch.setattr(processes, "trial", lambda name, cache=None: {"after": 2.0})
    rows = groups.networks(Sizes(networks=5, samples=7), 3)
    assert [row.name for row in rows[:2]] == [
        "network, 205 weights, 7 samples: one exact Hessian",
        "network, 205 weights, 7 samples: 5 gradients",
    ]
    assert rows[0].missing == {"JAX": "not installed", "torch": "not installed"}
    assert [row.targets[0].met for row in rows] == [None, None, True, False]
