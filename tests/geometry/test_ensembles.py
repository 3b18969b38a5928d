"""Ensembles: the decomposition is exact, and networks average in two ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import expit, log_softmax, softmax

import toylands as tl
from toylands.geometry import compare_averages, ensemble_error


def test_error_is_mean_error_minus_ambiguity_for_random_members() -> None:
    rng = np.random.default_rng(0)
    predictions, target = rng.standard_normal((6, 4, 3)), rng.standard_normal((4, 3))
    found = ensemble_error(predictions, target)
    assert found.error == pytest.approx(
        np.mean((predictions.mean(axis=0) - target) ** 2), rel=1e-12
    )
    assert found.error == pytest.approx(found.mean_error - found.ambiguity, rel=1e-12)
    pairs = [
        np.corrcoef((predictions[i] - target).ravel(), (predictions[j] - target).ravel())[0, 1]
        for i in range(6)
        for j in range(i)
    ]
    assert found.correlation == pytest.approx(np.mean(pairs), rel=1e-10)


def test_permuted_copies_add_nothing() -> None:
    net = tl.networks.mlp((2, 4, 1), data=tl.networks.two_moons(20, seed=0))
    theta = net.init(0)
    copies = [theta, net.permuted(theta, 1, [1, 0, 3, 2]), net.permuted(theta, 1, [3, 2, 1, 0])]
    found = ensemble_error(net.predict(np.stack(copies)), net.dataset.y)
    assert found.ambiguity == pytest.approx(0, abs=1e-28)
    averages = compare_averages(net, copies)
    assert averages.ensemble_loss == pytest.approx(float(net.loss(theta)), rel=1e-12)
    assert averages.average_loss > 1.01 * float(net.loss(theta))


@pytest.mark.parametrize("loss", ["mse", "half_mse", "bce", "cross_entropy"])
def test_the_loss_of_the_mean_prediction_against_scipy(loss: str) -> None:
    outputs = 3 if loss == "cross_entropy" else 1
    data = (
        tl.networks.blobs(30, classes=3, seed=0)
        if loss == "cross_entropy"
        else tl.networks.two_moons(30, seed=0)
    )
    net = tl.networks.mlp((2, 4, outputs), loss=loss, data=data, weight_decay=0.0)
    members = np.stack([3 * net.init(seed) for seed in range(4)])
    found = compare_averages(net, members)
    y, f = net.dataset.y, net.predict(members)
    if loss == "bce":
        p = expit(f).mean(axis=0)
        expected = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    elif loss == "cross_entropy":
        expected = -np.mean(np.sum(y * np.log(softmax(f, axis=-1).mean(axis=0)), axis=1))
        alone = -np.mean(np.sum(y * log_softmax(f[0], axis=-1), axis=1))
        assert found.losses[0] == pytest.approx(alone, rel=1e-10)
    else:
        expected = np.mean((f.mean(axis=0) - y) ** 2) / (2 if loss == "half_mse" else 1)
    assert found.ensemble_loss == pytest.approx(expected, rel=1e-10)
    # All four losses are convex in what is averaged: never worse than the members' mean.
    assert found.ensemble_loss <= found.losses.mean()
    assert found.average_loss == pytest.approx(float(net.loss(members.mean(axis=0))))
    single = compare_averages(net, members[:1])
    assert single.ensemble_loss == pytest.approx(float(single.losses[0]), rel=1e-10)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ensemble_error([[1, 2], [3, 4]], [1, 2, 3]), "target has shape"),
        (lambda: ensemble_error([1, np.inf], 2), "finite"),
        (lambda: compare_averages(tl.landscapes.bowl, (1, 2)), "shape"),
    ],
)
def test_bad_requests_are_refused(make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()
