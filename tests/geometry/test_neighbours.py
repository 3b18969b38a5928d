"""One sample among its neighbours: torch's batch norm in training mode, and what small batches leave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import loss_among_neighbours
from toylands.networks import mlp

MOONS = tl.networks.two_moons(20, seed=0)


def network(**choices: Any) -> tuple[Any, np.ndarray]:
    """A network with batch norm (or what is chosen), and a point with biases that are not 0."""
    net = mlp((2, 4, 3, 1), **{"loss": "bce", "norm": "batch", "data": MOONS, **choices})
    return net, np.random.default_rng(1).standard_normal(net.dim)


@pytest.mark.parametrize("size", [2, 5, 20])
def test_losses_are_those_of_torch(size: int) -> None:
    """Layer by layer: linear, BatchNorm1d in training mode, the bias, tanh."""
    torch = pytest.importorskip("torch")
    net, theta = network()
    parts = {name: torch.tensor(w) for name, w in net.unpack(theta).items()}
    x, y = torch.tensor(MOONS.x.copy()), torch.tensor(MOONS.y.copy())
    found = loss_among_neighbours(net, theta, 7, size, count=6, seed=2)
    rng = np.random.default_rng(2)
    for value in found:
        rest = rng.choice(np.delete(np.arange(20), 7), size - 1, replace=False)
        a = x[np.concatenate([[7], rest])]
        for layer, units in ((1, 4), (2, 3)):
            norm = torch.nn.BatchNorm1d(units, affine=False, dtype=torch.float64).train()
            a = torch.tanh(norm(a @ parts[f"W{layer}"].T) + parts[f"b{layer}"])
        output = a[:1] @ parts["W3"].T + parts["b3"]
        right = torch.nn.functional.binary_cross_entropy_with_logits(output, y[7:8])
        np.testing.assert_allclose(value, float(right), rtol=1e-12)


@pytest.mark.parametrize("loss", ["mse", "half_mse", "bce", "cross_entropy"])
def test_all_together_it_is_the_loss_of_the_sample(loss: str) -> None:
    """The mean over the samples, each among all others, is the loss of the compiled network."""
    outputs = 1 if loss == "bce" else 2
    y = np.hstack([MOONS.y, 1 - MOONS.y])[:, :outputs]
    net = mlp((2, 4, 3, outputs), loss=loss, norm="batch", data=(MOONS.x, y))
    theta = np.random.default_rng(1).standard_normal(net.dim)
    each = [loss_among_neighbours(net, theta, k, 20, count=1)[0] for k in range(20)]
    np.testing.assert_allclose(np.mean(each), net.loss(theta), rtol=1e-12)


def test_without_batch_norm_neighbours_do_not_matter() -> None:
    for norm in (None, "layer"):
        net, theta = network(norm=norm)
        found = loss_among_neighbours(net, theta, 3, 4, count=10)
        np.testing.assert_allclose(found, net.sample_loss(theta, [3]), rtol=1e-12)


def test_in_a_batch_of_two_a_unit_says_only_which_is_larger() -> None:
    """One hidden layer of k units gives at most 2^k losses, the same for weights of another length."""
    net = mlp((2, 2, 1), loss="bce", norm="batch", eps=1e-300, data=MOONS)
    theta = np.random.default_rng(0).standard_normal(net.dim)
    longer = theta.copy()
    longer[:4] *= 7
    found = [loss_among_neighbours(net, at, 0, 2, count=60) for at in (theta, longer)]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9)
    assert len(np.unique(found[0].round(9))) <= 4
    parts = net.unpack(theta)
    hidden = np.tanh(np.array([-1, 1]) + parts["b1"][:, None])
    outputs = [
        float(parts["W2"][0] @ [hidden[0, i], hidden[1, j]] + parts["b2"][0])
        for i in (0, 1)
        for j in (0, 1)
    ]
    allowed = np.log1p(np.exp(outputs)) - MOONS.y[0, 0] * np.array(outputs)
    assert all(np.isclose(value, allowed, rtol=1e-9).any() for value in found[0])


def test_alone_the_input_does_not_matter_and_the_gradient_is_zero() -> None:
    net, theta = network()
    same = {
        round(float(loss_among_neighbours(net, theta, k, 1, count=1)[0]), 12)
        for k in range(20)
        if MOONS.y[k] == MOONS.y[0]
    }
    assert len(same) == 1
    gradient = net.unpack(net.sample_grad(theta, [0]))
    assert not gradient["W1"].any()
    assert not gradient["W2"].any()
    assert gradient["b2"].all()  # what stands behind the last normalisation still learns
    assert gradient["W3"].all()
    started = net.unpack(net.sample_grad(net.init(seed=0), [0]))  # biases 0, as networks start
    assert not any(started[name].any() for name in started if name not in ("b2", "b3"))


@pytest.mark.parametrize(
    ("sample", "size", "words"),
    [
        (20, 2, "sample=20 must be at most 19"),
        (0, 21, "size=21 must be at most 20"),
        (-1, 2, "sample=-1"),
        (0, 0, "size=0"),
    ],
)
def test_what_the_data_do_not_have(sample: int, size: int, words: str) -> None:
    net, theta = network()
    with pytest.raises(ValueError, match=words):
        loss_among_neighbours(net, theta, sample, size)


def test_only_networks_have_neighbours() -> None:
    with pytest.raises(TypeError, match="must be a network"):
        loss_among_neighbours(tl.landscapes.rosenbrock, (0, 0), 0, 2)
