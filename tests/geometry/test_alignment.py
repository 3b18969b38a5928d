"""Alignment: the best permutation is found, the function stays, bad pairs are refused."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import align, match_units


def network(**options: Any) -> Any:
    data = tl.networks.two_moons(30, seed=0)
    return tl.networks.mlp((2, 5, 5, 1), activation="tanh", loss="bce", data=data, **options)


def test_matching_against_all_permutations() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 5, 3))
    found = match_units(a, b)
    every = [float(np.sum((a - b[list(order)]) ** 2)) for order in permutations(range(5))]
    assert found.cost == pytest.approx(min(every), rel=1e-12)
    assert found.cost_identity == pytest.approx(np.sum((a - b) ** 2), rel=1e-12)
    assert found.cost == pytest.approx(np.sum((a - b[found.order]) ** 2), rel=1e-12)


@pytest.mark.parametrize("options", [{}, {"residual": True}, {"bias": False}])
@pytest.mark.parametrize("method", ["weights", "activations"])
def test_a_permuted_copy_is_recognised(method: str, options: dict[str, Any]) -> None:
    net = network(**options)
    theta = 1.5 * net.init(0)
    copy = net.permuted(net.permuted(theta, 1, [2, 0, 4, 1, 3]), 2, [1, 2, 3, 4, 0])
    found = align(net, theta, copy, method=method)
    np.testing.assert_allclose(found.aligned, theta, atol=1e-14)
    assert found.distances[0] > 1
    assert found.distances[1] == pytest.approx(0, abs=1e-13)
    assert found.after.barrier < 1e-12 < found.before.barrier
    # The copy's unit order[i] takes place i again.
    if "residual" not in options:
        assert found.matchings[1].order.tolist() == [1, 3, 0, 4, 2]
        assert found.matchings[2].order.tolist() == [4, 0, 1, 2, 3]


def test_aligning_keeps_the_function_and_comes_nearer() -> None:
    net = network()
    first, second = net.init(0), net.init(1)
    found = align(net, first, second)
    np.testing.assert_allclose(net.predict(found.aligned), net.predict(second), atol=1e-13)
    assert found.distances[1] < found.distances[0]
    # No single exchange of two units of a layer comes nearer still.
    for layer in (1, 2):
        for i in range(5):
            for j in range(i):
                order = np.arange(5)
                order[[i, j]] = j, i
                swapped = net.permuted(found.aligned, layer, order)
                assert np.linalg.norm(first - swapped) >= found.distances[1] - 1e-12


def test_one_hidden_layer_gets_the_best_of_all_permutations() -> None:
    net = tl.networks.mlp((2, 4, 1), loss="bce", data=tl.networks.two_moons(20, seed=0))
    first, second = net.init(0), net.init(1)
    every = [
        float(np.linalg.norm(first - net.permuted(second, 1, order)))
        for order in permutations(range(4))
    ]
    assert align(net, first, second).distances[1] == pytest.approx(min(every), rel=1e-12)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda n: align(n, n.init(0), np.zeros(7)), "one architecture"),
        (lambda n: align(n, n.init(0), n.init(1), method="weight"), "Did you mean 'weights'"),
        (lambda n: align(tl.landscapes.bowl, (1, 2), (2, 1)), "units="),
        (
            lambda n: align(tl.landscapes.rosenbrock, (1, 2), (2, 0.5), units=[(0,), (1,)]),
            "not interchangeable",
        ),
        (lambda n: align(tl.landscapes.bowl, (1, 2), (2, 1), units=[(0,), (0,)]), "different"),
        (lambda n: match_units([1, 2], [1, 2, 3]), "one to one"),
        (lambda n: match_units([1, np.nan], [1, 2]), "finite"),
    ],
)
def test_bad_pairs_are_refused(make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make(network())


def test_a_network_without_hidden_units_has_nothing_to_align() -> None:
    net = tl.networks.mlp((2, 1), loss="bce", data=tl.networks.two_moons(20, seed=0))
    with pytest.raises(ValueError, match="no hidden layer"):
        align(net, net.init(0), net.init(1))
