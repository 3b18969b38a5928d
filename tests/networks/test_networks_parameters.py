"""Blocks, starts, predictions, symmetries, and what is said about bad input."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from perceptrons import random_data

import toylands as tl
from toylands.networks import Dataset, Network, blobs, mlp, regression_curve, two_moons, xor


def net_of(*widths: int, activation: Any = "tanh", loss: str = "mse", **options: Any) -> Network:
    return mlp(widths, activation, loss, data=random_data(widths, 20, loss), **options)


def test_pack_is_the_inverse_of_unpack() -> None:
    net = net_of(2, 4, 3, 1)
    theta = net.init(0, count=5)
    blocks = net.unpack(theta)
    assert [*blocks] == ["W1", "b1", "W2", "b2", "W3", "b3"]
    assert blocks["W2"].shape == (5, 3, 4)
    np.testing.assert_array_equal(net.pack(blocks), theta)
    assert net.blocks["b1"].slice == slice(8, 12)
    assert net.dim == 8 + 4 + 12 + 3 + 3 + 1


def test_filters_and_biases_share_out_all_parameters() -> None:
    net = net_of(2, 4, 3)
    assert [len(line) for line in net.filters] == [2] * 4 + [4] * 3
    everything = np.sort(np.concatenate([*net.filters, net.biases]))
    np.testing.assert_array_equal(everything, np.arange(net.dim))
    theta = net.init(0)
    np.testing.assert_array_equal(theta[net.filters[5]], net.unpack(theta)["W2"][1])
    assert not theta[net.biases].any()
    assert not len(net_of(2, 4, 1, bias=False).biases)


@pytest.mark.parametrize(
    ("scheme", "variance"), [("glorot", 2 / 90), ("he", 2 / 40), ("lecun", 1 / 40), ("normal", 1)]
)
def test_the_variance_of_a_start(scheme: str, variance: float) -> None:
    net = net_of(40, 50, 1)
    first = net.unpack(net.init(3, scheme))["W1"]
    # 2,000 Gaussian numbers: the variance's standard error is sqrt(2/2000) of it.
    assert abs(first.var() / variance - 1) < 4 * np.sqrt(2 / 2000)
    np.testing.assert_array_equal(net.init(3, scheme, scale=2.0), 2 * net.init(3, scheme))
    np.testing.assert_array_equal(net.init(3, count=2)[0], net.init(3))
    assert (net.init(3) != net.init(4)).any()


@pytest.mark.parametrize("norm", [None, "batch", "layer"])
def test_predictions_are_what_the_loss_judges(norm: str | None) -> None:
    net = net_of(2, 5, 5, 2, activation=("gelu", "erf"), norm=norm, residual=0.5)
    theta = net.init(1, count=3)
    residual = net.predict(theta) - net.dataset.y
    np.testing.assert_allclose(net.loss(theta), (residual**2).sum(-1).mean(-1), rtol=1e-13)
    inner = net.activations(theta[0], net.dataset.x[:4])
    assert [a.shape for a in inner] == [(4, 5), (4, 5), (4, 2)]
    np.testing.assert_allclose(inner[-1], net.predict(theta[0])[:4], rtol=1e-12)  # own statistics


def test_accuracy() -> None:
    net = mlp((2, 1), loss="bce", data=xor())
    # 10 x1 - 5 says 1 exactly where x1 is 1: right for (0,0) and (1,0).
    assert net.accuracy([10.0, 0.0, -5.0]) == 0.5
    signs = mlp((1, 1), data=([[1.0], [-1.0], [2.0]], [1.0, -1.0, -1.0]))
    assert signs.accuracy([1.0, 0.0]) == pytest.approx(2 / 3)
    three = mlp((2, 3), loss="cross_entropy", data=blobs(30, classes=3, spread=0.05))
    angle = 2 * np.pi * np.arange(3) / 3
    towards = three.pack({"W1": np.stack([np.cos(angle), np.sin(angle)], 1), "b1": np.zeros(3)})
    assert three.accuracy(towards) == 1
    assert three.accuracy(np.stack([towards, -towards])).shape == (2,)
    with pytest.raises(ValueError, match="not two classes"):
        mlp((1, 2, 1), data=regression_curve()).accuracy(np.zeros(7))


@pytest.mark.parametrize(("label", "share"), [(0.0, 0.75), (1.0, 0.25)])
def test_accuracy_on_data_of_one_class(label: float, share: float) -> None:
    x = np.array([-3.0, -2.0, -1.0, 1.0])
    net = mlp((1, 1), loss="bce", data=(x, np.full(4, label)))
    assert net.accuracy([1.0, 0.0]) == share
    with pytest.raises(ValueError, match=f"take one value, {label:g}, so they are"):
        mlp((1, 1), data=net.dataset).accuracy([1.0, 0.0])


def test_other_data_for_the_same_parameters() -> None:
    train, test = two_moons(40, seed=1).split(0.5, seed=2)
    net = mlp((2, 4, 1), loss="bce", dropout=0.5, weight_decay=0.1, data=train)
    theta = net.init(0)
    fresh = mlp((2, 4, 1), loss="bce", weight_decay=0.1, data=test)
    assert net.on(test).loss(theta) == fresh.loss(theta)
    assert net.on((test.x, test.y)).samples == 20


def test_dropout_is_a_mean_over_fixed_masks() -> None:
    data = two_moons(10)
    net = mlp((2, 6, 1), dropout=0.25, masks=4, seed=3, data=data)
    assert net.samples == 40
    assert net.masks is not None
    assert set(np.unique(net.masks)) == {0.0, 1 / 0.75}
    theta = net.init(0)
    a = np.tanh(data.x @ net.unpack(theta)["W1"].T)
    outputs = (np.tile(a, (4, 1)) * net.masks) @ net.unpack(theta)["W2"].T
    right = ((outputs - np.tile(data.y, (4, 1))) ** 2).mean()
    assert net.loss(theta) == pytest.approx(right, rel=1e-13)
    again = mlp((2, 6, 1), dropout=0.25, masks=4, seed=3, data=data)
    np.testing.assert_array_equal(net.masks, again.masks)
    # The mask is 1 on average, over 240 numbers of variance 1/3.
    assert abs(net.masks.mean() - 1) < 4 * np.sqrt(1 / 3 / 240)


# --- symmetries -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [{}, {"norm": "batch"}, {"norm": "layer"}, {"residual": True}, {"bias": False}],
    ids=str,
)
def test_units_in_another_order_are_the_same_function(options: dict[str, Any]) -> None:
    net = net_of(2, 4, 4, 4, 2, weight_decay=0.1, **options)
    theta = net.init(1, "normal", count=2)
    for layer in (1, 2, 3):
        moved = net.permuted(theta, layer, [2, 0, 3, 1])
        assert (moved != theta).any()
        np.testing.assert_allclose(net.loss(moved), net.loss(theta), rtol=1e-13)
    first = net.permuted(theta, 1, [2, 0, 3, 1])
    np.testing.assert_array_equal(net.unpack(first)["W1"][:, 0], net.unpack(theta)["W1"][:, 2])


@pytest.mark.parametrize("activation", ["relu", "identity"])
def test_a_rescaled_unit_is_the_same_function(activation: str) -> None:
    net = net_of(2, 4, 3, 1, activation=activation)
    theta = np.random.default_rng(1).standard_normal((2, net.dim))
    moved = net.rescaled(theta, 2, 1, 3.5)
    assert (moved != theta).sum() == 2 * (4 + 1 + 1)
    np.testing.assert_allclose(net.predict(moved), net.predict(theta), rtol=1e-13)
    np.testing.assert_allclose(net.loss(moved), net.loss(theta), rtol=1e-13)


def test_rescaling_leaves_the_gradient_and_the_hessian_its_mark() -> None:
    """Along w_in e^s, w_out e^-s the loss is constant: so are its first two derivatives zero."""
    net = net_of(2, 4, 1, activation="relu", loss="bce")
    theta = np.random.default_rng(2).standard_normal(net.dim)
    blocks = net.unpack(np.zeros(net.dim))
    inward = net.pack({**blocks, "W1": np.eye(4)[:, :1] * [1, 1], "b1": np.eye(4)[0]}) * theta
    outward = net.pack({**blocks, "W2": np.eye(4)[:1]}) * theta
    gradient, hessian, along = net.grad(theta), net.hessian(theta), inward - outward
    assert abs(gradient @ along) < 1e-15
    assert along @ hessian @ along == pytest.approx(-gradient @ (inward + outward), rel=1e-12)
    # Where the network fits its data exactly, the direction is one of zero curvature.
    fitted = mlp((2, 4, 1), "relu", data=(net.dataset.x, net.predict(theta)))
    assert np.abs(fitted.grad(theta)).max() < 1e-15
    assert (
        np.abs(fitted.hessian(theta) @ along).max() < 1e-14 * fitted.spectrum(theta).eigenvalues[-1]
    )


@pytest.mark.parametrize("norm", ["batch", "layer"])
def test_weights_before_a_normalisation_have_no_scale(norm: str) -> None:
    net = net_of(2, 4, 1, norm=norm, eps=0.0)
    theta = net.init(1, "normal")
    weights = net.blocks["W1"].slice
    moved = theta.copy()
    moved[weights] *= 7.0
    assert net.loss(moved) == pytest.approx(net.loss(theta), rel=1e-13)
    assert abs(net.grad(theta)[weights] @ theta[weights]) < 1e-15
    np.testing.assert_allclose(net.grad(moved)[weights], net.grad(theta)[weights] / 7, atol=1e-15)


def test_symmetries_in_words() -> None:
    assert any("4! copies" in line for line in net_of(2, 4, 1).symmetries)
    assert any("tanh is odd" in line for line in net_of(2, 4, 1).symmetries)
    assert any("c > 0" in line for line in net_of(2, 4, 1, activation="relu").symmetries)
    assert any("together" in line for line in net_of(2, 4, 4, 1, residual=True).symmetries)
    assert any("eps = 0" in line for line in net_of(2, 4, 1, norm="batch").symmetries)
    assert "none" in net_of(2, 1).symmetries[0]


# --- bad input --------------------------------------------------------------------------------------

MOONS = two_moons(10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"widths": (2,)}, "two or more positive whole numbers"),
        ({"widths": (2, 0, 1)}, "two or more positive whole numbers"),
        ({"widths": "281"}, "two or more positive whole numbers"),
        ({"widths": (3, 4, 1)}, "says 3 inputs, but two_moons has 2 columns of x"),
        ({"widths": (2, 4, 2)}, "says 2 outputs, but two_moons has 1 column of y"),
        ({"activation": "tahn"}, "Did you mean 'tanh'?"),
        ({"widths": (2, 4.0, 1)}, "widths=(2, 4.0, 1) must be two or more positive whole numbers"),
        ({"activation": ("tanh", "relu")}, "a name for every hidden layer, of which there is 1."),
        ({"activation": np.tanh}, 'must be one name, such as "tanh"'),
        ({"activation": [None]}, "activation=None must be 'identity', 'tanh'"),
        ({"loss": np.zeros(3)}, "loss=[0, 0, 0] must be 'mse'"),
        ({"norm": True}, "norm=True must be None, 'batch' or 'layer'"),
        ({"masks": 0}, "masks=0 must be a whole number, at least 1"),
        ({"seed": -1}, "seed=-1 must be a whole number, at least 0"),
        ({"widths": (2, 3), "loss": "cross_entropy"}, "column per class by np.eye(3)[labels]"),
        ({"data": (MOONS.x, 2 * MOONS.y - 1), "loss": "bce"}, "by (y + 1)/2"),
        ({"data": (MOONS.x.T, MOONS.y)}, "x has 2 samples, but y has 10"),
        ({"data": (MOONS.x * np.nan, MOONS.y)}, "x[0, 0]=nan is not finite"),
        ({"data": (MOONS.x[None], MOONS.y)}, "got shape (1, 10, 2)"),
        ({"loss": "bec"}, "Did you mean 'bce'?"),
        ({"loss": "cross_entropy"}, 'use loss="bce"'),
        ({"norm": "bacth"}, "Did you mean 'batch'?"),
        ({"norm": "layer", "widths": (2, 1, 1)}, "at least 2 units in every hidden layer"),
        ({"residual": True}, "equal width in a row"),
        ({"residual": "yes"}, "residual='yes' must be a finite number"),
        ({"dropout": 1.0}, "dropout=1 must be a finite number, at least 0 and below 1"),
        ({"dropout": 0.5, "masks": 0}, "masks=0 must be a whole number, at least 1"),
        ({"weight_decay": -0.1}, "weight_decay=-0.1 must be 0 or more"),
        ({"weight_decay": np.nan}, "weight_decay=nan is not finite"),
        ({"eps": -1.0}, "eps=-1 must be a finite number, at least 0"),
        ({"widths": (2, 1, 1), "dropout": 0.5, "norm": "layer"}, "at least 2 units"),
        ({"widths": (2, 1), "dropout": 0.5}, "no hidden layer"),
        ({"widths": (2, 300, 300, 1)}, "parameters; the most is"),
        ({"data": "moons"}, "must be a dataset such as two_moons"),
        ({"data": (MOONS.x, MOONS.y[:5])}, "x has 10 samples, but y has 5"),
        ({"data": (MOONS.x, MOONS.y + 3), "loss": "bce"}, "targets between 0 and 1"),
        ({"bias": 1}, "bias=1 must be True or False"),
    ],
)  # fmt: skip
def test_what_is_said_about_a_bad_network(options: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        mlp(**{"widths": (2, 4, 1), "data": MOONS, **options})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda net: net.loss(np.zeros(5)), "mlp 2-3-1 has 13 parameters, but theta has shape (5,)"),
        (lambda net: net.loss(1.0), "mlp 2-3-1 has 13 parameters, but theta has shape ()"),
        (lambda net: net.loss(["a"] * 13), "not an array of real numbers"),
        (lambda net: net.hvp(np.zeros((2, 13)), np.zeros((3, 13))), "do not broadcast"),
        (lambda net: net(weight_decya=1), "Did you mean 'weight_decay'?"),
        (lambda net: net(data=MOONS), "use .on(data)"),
        (lambda net: net.third(np.zeros(13)), "third derivatives of a network are not computed"),
        (lambda net: net.expression, "is a network, not a formula"),
        (lambda net: net.latex, "is a network, not a formula"),
        (lambda net: net.init(-1), "seed=-1 must be a whole number"),
        (lambda net: net.init(0, "glorto"), "Did you mean 'glorot'?"),
        (lambda net: net.init(0, count=0), "count=0 must be a whole number"),
        (lambda net: net.predict(np.zeros(13), np.zeros((4, 3))), "has 2 inputs, but x has shape (4, 3)"),
        (lambda net: net.predict(np.zeros(13), [0.0, 1.0]), "has shape (2,); expected (n, 2)"),
        (lambda net: net.predict(np.zeros(13), [[np.nan, 0.0]]), "x[0, 0]=nan is not finite"),
        (lambda net: net.pack({"W1": np.zeros((3, 2))}), "block 'b1' of shape (3,) is missing"),
        (lambda net: net.pack({"W9": 0}), "has no block 'W9'"),
        (lambda net: net.pack(net.unpack(np.zeros(13)) | {"b1": np.zeros(4)}), "expected (..., 3)"),
        (lambda net: net.permuted(np.zeros(13), 2, [0]), "layer=2 must be a whole number, from 1 to 1"),
        (
            lambda net: net.pack(net.unpack(np.zeros((2, 13))) | {"b1": np.zeros((3, 3))}),
            "the leading axes (2,) and (3,) of the blocks do not broadcast",
        ),
        (lambda net: net.pack(net.unpack(np.zeros(13)) | {"b1": "abc"}), "block 'b1' is 'abc'"),
        (lambda net: net.permuted(np.zeros(13), 1, [0, 0, 1]), "each of 0 to 2 once"),
        (lambda net: net.permuted(np.zeros(13), 1, [0.0, 1.0, 2.0]), "as whole numbers"),
        (lambda net: net.rescaled(np.zeros(13), 1, 0, 2.0), "tanh(c z) is not c tanh(z)"),
        (lambda net: net.sample_loss(np.zeros(13), 99), "has samples 0 to 9"),
        (lambda net: tl.descend(net, tl.gd(0.1), batch=11), "larger than its 10 samples"),
    ],
)  # fmt: skip
def test_what_is_said_about_a_bad_call(call: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        call(mlp((2, 3, 1), data=MOONS))


@pytest.mark.parametrize(
    ("options", "factor", "message"),
    [
        ({}, -1.0, "factor=-1 must be a finite number, above 0"),
        ({}, np.inf, "factor=inf must be a finite number, above 0"),
        ({"norm": "batch"}, 2.0, "lost in the normalisation"),
        ({"residual": True}, 2.0, "a skip connection passes the units"),
    ],
)
def test_what_cannot_be_rescaled(options: dict[str, Any], factor: float, message: str) -> None:
    net = net_of(2, 3, 3, 1, activation="relu", **options)
    with pytest.raises(ValueError, match=re.escape(message)):
        net.rescaled(net.init(0), 1, 0, factor)


def test_how_it_is_shown() -> None:
    net = mlp((2, 4, 4, 1), "relu", residual=0.5, weight_decay=0.01, data=MOONS)
    assert repr(net) == (
        "mlp(2-4-4-1, relu, mse, residual=0.5, weight_decay=0.01; 37 parameters, two_moons)"
    )
    assert net.title == "A network of 2-4-4-1 units on two_moons."
    formula = r"\mathrm{relu}\left(W_{2} a_{1} + b_{2}\right)"
    assert rf"a_{{2}} = a_{{1}} + 0.5 {formula}" in net._repr_markdown_()
    less = mlp((2, 4, 4, 1), "relu", residual=-1, data=MOONS)
    assert rf"a_{{2}} = a_{{1}} - {formula}" in less._repr_markdown_()
    assert isinstance(net, tl.Landscape)
    assert net.coordinates[:3] == ("W1[0,0]", "W1[0,1]", "W1[1,0]")
    np.testing.assert_array_equal(net.start, net.init(0))


def test_a_dataset_cannot_change_behind_the_network() -> None:
    x, y = np.zeros((3, 2)), np.ones(3)
    data = Dataset(x, y)
    x[:] = 7
    assert not data.x.any()
    with pytest.raises(ValueError, match="read-only"):
        data.x[0] = 1
