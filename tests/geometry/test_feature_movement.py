"""How far features move: the exact linear network, torch on a real one, and the two regimes."""

from __future__ import annotations

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import feature_movement, kernel_alignment
from toylands.networks import Dataset, Network, mlp


def linear(m: int) -> Network:
    """The network f = a.b/sqrt(m) at its one input, 1: the input weights are a, the others b/sqrt(m)."""
    data = Dataset(np.ones((1, 1)), np.full((1, 1), 2.0), "one")
    return mlp((1, m, 1), activation="identity", loss="mse", bias=False, data=data)


@pytest.mark.parametrize("m", [4, 100])
def test_the_exact_linear_network(m: int) -> None:
    """a moves from 1 to exp(tau) at half of the units, to exp(-tau) at the others; sinh 2 tau = 2/sqrt m."""
    net, ones = linear(m), np.ones(m // 2)
    tau = np.arcsinh(2 / np.sqrt(m)) / 2

    def at(t: float) -> np.ndarray:
        a = np.concatenate([np.exp(t) * ones, np.exp(-t) * ones])
        b = np.concatenate([np.exp(t) * ones, -np.exp(-t) * ones]) / np.sqrt(m)
        return net.pack({"W1": a[:, None], "W2": b[None, :]})

    assert net.loss(at(tau)) < 1e-25
    moved = feature_movement(net, at(0.0), at(tau))
    exact = np.sqrt((np.expm1(tau) ** 2 + np.expm1(-tau) ** 2) / 2)
    assert moved.change == pytest.approx(exact, rel=1e-12)
    assert moved.change == pytest.approx(
        tl.theory.kernel_regime.displacement(m, 2) / np.sqrt(2 * m), rel=1e-12
    )
    assert moved.alignment == pytest.approx(1, rel=1e-12)  # one example: its kernel is one number


def test_wide_networks_move_their_features_less() -> None:
    """As 1/sqrt(m): y/(2 sqrt m) in the limit."""
    for m in (100, 10_000):
        share = tl.theory.kernel_regime.displacement(m, 2) / np.sqrt(2 * m)
        assert share == pytest.approx(1 / np.sqrt(m), rel=1 / m + 1e-9 if m > 100 else 0.01)


def test_alignment_of_small_kernels_by_hand() -> None:
    eye, ones = np.eye(2), np.ones((2, 2))
    assert kernel_alignment(eye, 3 * eye) == pytest.approx(1, rel=1e-15)
    assert kernel_alignment(eye, ones) == pytest.approx(2 / np.sqrt(2 * 4), rel=1e-15)
    assert kernel_alignment(np.diag([1.0, 0]), np.diag([0, 1.0])) == 0
    tiny, huge = 1e-200 * ones, 1e200 * ones
    assert kernel_alignment(tiny, huge) == pytest.approx(1, rel=1e-15)


def test_a_real_network_against_torch() -> None:
    torch = pytest.importorskip("torch")
    net = mlp((2, 5, 3, 1), activation="tanh", loss="mse", data=tl.networks.two_moons(20, seed=0))
    before, after = net.init(seed=0), net.init(seed=1)
    features = []
    for point in (before, after):
        weights = {name: torch.tensor(block) for name, block in net.unpack(point).items()}
        h = torch.tensor(net.dataset.x)
        for layer in (1, 2):
            h = torch.tanh(h @ weights[f"W{layer}"].T + weights[f"b{layer}"])
        features.append(h)
    one, two = features
    moved = feature_movement(net, before, after)
    np.testing.assert_allclose(moved.after, two.numpy(), rtol=1e-12)
    assert moved.change == pytest.approx(float(torch.norm(two - one) / torch.norm(one)), rel=1e-12)
    exact = torch.nn.functional.cosine_similarity(
        (one @ one.T).reshape(1, -1), (two @ two.T).reshape(1, -1)
    )
    assert moved.alignment == pytest.approx(float(exact), rel=1e-12)
    np.testing.assert_allclose(moved.kernels[0], (one @ one.T).numpy(), rtol=1e-12)
    first = feature_movement(net, before, after, layer=1)
    assert first.before.shape == (20, 5)
    assert feature_movement(net, before, before).change == 0


def test_bad_arguments_are_named() -> None:
    net = mlp((2, 3, 1), data=tl.networks.xor())
    theta = net.init()
    with pytest.raises(TypeError, match="must be a network"):
        feature_movement(tl.landscapes.uv_product, (1, 1), (1, 1))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"layer=2, but .* has 1 hidden layer\."):
        feature_movement(net, theta, theta, layer=2)
    with pytest.raises(ValueError, match="before: the features of the layer are all 0"):
        feature_movement(net, 0 * theta, theta)
    bare = mlp((2, 1), data=tl.networks.xor())
    with pytest.raises(ValueError, match="no hidden layer"):
        feature_movement(bare, bare.init(), bare.init())
    with pytest.raises(ValueError, match="second has shape"):
        kernel_alignment(np.eye(2), np.ones((2, 3)))
    with pytest.raises(ValueError, match="of the same examples"):
        kernel_alignment(np.eye(2), np.eye(3))
    with pytest.raises(ValueError, match="not 0 throughout"):
        kernel_alignment(np.zeros((2, 2)), np.eye(2))


def test_rows_of_unequal_length_are_no_parameters() -> None:
    net = mlp((2, 3, 1), data=tl.networks.xor())
    with pytest.raises(TypeError, match=r"theta=.* is not an array of real numbers") as told:
        net.loss([[1.0, 2.0], [1.0]])
    assert told.value.__context__ is None
