"""Datasets made by a seed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from toylands.networks import Dataset, blobs, circles, regression_curve, spirals, two_moons, xor


@pytest.mark.parametrize("make", [two_moons, spirals, circles, xor, regression_curve, blobs])
def test_the_seed_fixes_everything(make: Callable[..., Dataset]) -> None:
    noise = {"spread": 0.2} if make is blobs else {"noise": 0.2}
    first, again, other = (make(21, seed=seed, **noise) for seed in (3, 3, 4))
    assert len(first) == 21
    np.testing.assert_array_equal(first.x, again.x)
    np.testing.assert_array_equal(first.y, again.y)
    assert (first.x != other.x).any() or (first.y != other.y).any()
    assert first.classes == (make is not regression_curve)
    assert make(seed=0).name in repr(make(seed=0))


def test_without_noise_the_shapes_are_exact() -> None:
    moons = two_moons(11, noise=0)
    upper, lower = moons.x[moons.y[:, 0] == 0], moons.x[moons.y[:, 0] == 1]
    assert (len(upper), len(lower)) == (6, 5)
    np.testing.assert_allclose((upper**2).sum(1), 1)
    np.testing.assert_allclose(((lower - [1, 0.5]) ** 2).sum(1), 1)
    assert upper[:, 1].min() > -1e-12
    assert lower[:, 1].max() < 0.5 + 1e-12
    rings = circles(10, factor=0.3, noise=0)
    np.testing.assert_allclose(np.hypot(*rings.x.T), np.where(rings.y[:, 0] == 0, 1, 0.3))
    arms = spirals(20, noise=0)
    np.testing.assert_allclose(arms.x[:10], -arms.x[10:], atol=1e-12)
    np.testing.assert_allclose(np.hypot(*arms.x[[0, 9]].T), [0.1, 1.0])
    curve = regression_curve(5, curve="cubic", noise=0)
    np.testing.assert_allclose(curve.y[:, 0], [-0.5, 0.125, 0, -0.125, 0.5], atol=1e-12)


def test_xor_and_blobs() -> None:
    np.testing.assert_array_equal(xor().x, [[0, 0], [0, 1], [1, 0], [1, 1]])
    np.testing.assert_array_equal(xor().y[:, 0], [0, 1, 1, 0])
    clouds = blobs(9, classes=3, inputs=4, spread=0)
    np.testing.assert_array_equal(clouds.y[:3], np.eye(3))
    np.testing.assert_allclose(clouds.x[1], [-0.5, np.sqrt(0.75), 0, 0])
    assert blobs(4).y.shape == (4, 1)


def test_splitting_and_standardising() -> None:
    data = blobs(30, inputs=3)
    first, second = data.split(0.7, seed=1)
    assert (len(first), len(second)) == (21, 9)
    together = np.concatenate([first.x, second.x])
    assert {tuple(row) for row in together} == {tuple(row) for row in data.x}
    scaled = data.standardised()
    np.testing.assert_allclose(scaled.x.mean(0), 0, atol=1e-15)
    np.testing.assert_allclose(scaled.x.std(0), 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Dataset([[1.0, np.nan]], [1.0]), "data: x[0, 1]=nan is not finite"),
        (lambda: Dataset([1.0], ["a"]), "y=['a'] is not an array of real numbers"),
        (lambda: Dataset(np.zeros((2, 2, 2)), [1.0, 2.0]), "must have shape (samples, columns)"),
        (lambda: Dataset([], []), "not be empty"),
        (lambda: Dataset([1.0, 2.0], [1.0]), "x has 2 samples, but y has 1"),
        (lambda: two_moons(1), "n=1 must be a whole number, at least 2"),
        (lambda: two_moons(10.5), "n=10.5 must be a whole number"),
        (lambda: circles(factor=1.0), "factor=1 must be a finite number, above 0 and below 1"),
        (lambda: spirals(turns=0), "turns=0 must be a finite number, above 0"),
        (lambda: xor(noise=-1), "noise=-1 must be a finite number, at least 0"),
        (lambda: regression_curve(curve="sinus"), "Did you mean 'sine'?"),
        (lambda: blobs(classes=1), "classes=1 must be a whole number, at least 2"),
        (
            lambda: two_moons(4).split(1.0),
            "fraction=1 must be a finite number, above 0 and below 1",
        ),
        (lambda: Dataset([[1.0], [1.0]], [0.0, 1.0]).standardised(), "column 0 of x is constant"),
        (lambda: Dataset([0.1] * 7, range(7)).standardised(), "column 0 of x is constant"),
        (lambda: spirals(seed=-1), "spirals: seed=-1 must be a whole number, at least 0"),
        (lambda: xor(seed="a"), "xor: seed='a' must be a whole number"),
        (lambda: two_moons(4).split(seed=1.5), "two_moons: seed=1.5 must be a whole number"),
        (lambda: blobs(10.0), "n=10.0 must be a whole number"),
        (lambda: regression_curve(curve=["sine"]), "curve=['sine'] must be 'sine', 'step'"),
        (lambda: Dataset([1.0], [1.0]).split(), "one sample, which cannot be split"),
    ],
)
def test_what_is_said_about_bad_data(call: Callable[[], Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        call()
