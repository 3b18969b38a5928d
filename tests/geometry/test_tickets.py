"""Tickets: masks, landscapes restricted to them with exact derivatives, pruning and rewinding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import compare_averages, find_ticket, magnitude_mask, masked, sample_plane


@pytest.fixture(scope="module")
def net() -> Any:
    """A network with weight decay, so that parameters pass through too."""
    data = tl.networks.two_moons(30, seed=0)
    return tl.networks.mlp((2, 6, 4, 1), loss="bce", data=data, weight_decay=1e-3)


def test_magnitude_masks() -> None:
    theta = np.array([0.1, -3.0, 2.0, 0.0, -0.5])
    assert magnitude_mask(theta, 0.4).tolist() == [False, True, True, False, False]
    again = magnitude_mask(theta, 0.5, within=[True, False, False, True, True])
    assert again.tolist() == [True, False, False, False, True]
    assert magnitude_mask(theta, 0.01).sum() == 1
    assert magnitude_mask(np.ones(4), 0.5).tolist() == [True, True, False, False]


@pytest.mark.parametrize("fill", ["zero", "frozen"])
def test_a_masked_network_is_the_network_with_weights_filled_in(net: Any, fill: str) -> None:
    rng = np.random.default_rng(0)
    theta = net.init(0)
    mask = rng.random(net.dim) < 0.3
    frozen = theta if fill == "frozen" else np.zeros(net.dim)
    part = masked(net, mask, fill=frozen)
    free = rng.standard_normal((300, part.dim))  # more than one block of walkers
    full = np.broadcast_to(frozen, (300, net.dim)).copy()
    full[:, mask] = free
    inside = np.ix_(mask, mask)
    np.testing.assert_allclose(part.loss(free), net.loss(full), rtol=1e-13)
    np.testing.assert_allclose(part.grad(free), net.grad(full)[:, mask], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(part.hessian(free[0]), net.hessian(full[0])[inside], atol=1e-14)
    np.testing.assert_allclose(
        part.hvp(free[0], free[1]), part.hessian(free[0]) @ free[1], atol=1e-12
    )
    np.testing.assert_allclose(part.sample_loss(free[0], [3, 7]), net.sample_loss(full[0], [3, 7]))
    np.testing.assert_allclose(part.predict(free[0]), net.predict(full[0]), rtol=1e-13)
    assert part.accuracy(free[0]) == net.accuracy(full[0])
    stronger = part(weight_decay=0.1)
    assert stronger.loss(free[0]) == pytest.approx(float(net(weight_decay=0.1).loss(full[0])))


def test_masked_training_is_training_with_projected_gradients(net: Any) -> None:
    """Gradient descent by hand on the whole network, the pruned gradient set to zero."""
    mask = magnitude_mask(net.init(2), 0.4)
    part = masked(net, mask)
    run = tl.descend(part, tl.gd(0.5), start=net.init(2)[mask], steps=25)
    theta = np.where(mask, net.init(2), 0.0)
    for _ in range(25):
        theta = theta - 0.5 * np.where(mask, net.grad(theta), 0.0)
    np.testing.assert_allclose(run.end, theta[mask], rtol=1e-12, atol=1e-14)
    batches = tl.descend(part, tl.gd(0.5), start=net.init(2)[mask], steps=5, batch=7)
    assert np.isfinite(batches.loss).all()


def test_masks_of_masks_and_tools_on_them(net: Any) -> None:
    theta = net.init(0)
    outer = magnitude_mask(theta, 0.5)
    once = masked(net, outer, fill=theta)
    inner = np.arange(once.dim) % 2 == 0
    twice = masked(once, inner, fill=theta[outer])
    assert twice.loss(theta[outer][inner]) == pytest.approx(float(net.loss(theta)), rel=1e-13)
    plane = sample_plane(twice, theta[outer][inner], ("random", "sharpest"), grid=3)
    assert plane.loss[1, 1] == pytest.approx(float(net.loss(theta)), rel=1e-13)


def test_a_masked_network_has_filters_other_data_and_ensembles(net: Any) -> None:
    theta = net.init(0)
    mask = magnitude_mask(theta, 0.4)
    part = masked(net, mask)
    names = np.flatnonzero(mask)
    for left, index in zip(part.filters, [i for i in net.filters if mask[i].any()], strict=True):
        np.testing.assert_array_equal(names[left], [i for i in index if mask[i]])
    assert sample_plane(part, theta[mask], ("filter", "filter"), grid=3).loss.shape == (3, 3)
    test = tl.networks.two_moons(50, seed=9)
    full = np.where(mask, theta, 0.0)
    assert part.on(test).loss(theta[mask]) == pytest.approx(
        float(net.on(test).loss(full)), rel=1e-13
    )
    members = np.stack([net.init(k)[mask] for k in range(3)])
    found = compare_averages(part, members)
    assert found.ensemble_loss == compare_averages(net, part.filled(members)).ensemble_loss


def test_a_masked_formula_stays_a_formula() -> None:
    land = tl.landscapes.rosenbrock(b=7.0)
    part = masked(land, [False, True], fill=2.0)
    assert part.coordinates == ("y",)
    assert part.loss(0.5) == land.loss((2.0, 0.5))
    assert part.grad(0.5)[0] == pytest.approx(land.grad((2.0, 0.5))[1])
    assert part(b=9.0).hessian(0.5)[0, 0] == pytest.approx(18.0)
    assert "y" in part.latex.loss
    assert "x" not in part.latex.loss


def test_a_masked_game_is_a_game() -> None:
    game = tl.landscape("x*y + z**2*y", players=(1, -1, 1))
    part = masked(game, [False, True, True], fill=(2.0, 0.0, 0.0))
    assert part.players == (-1, 1)
    np.testing.assert_array_equal(part.field((3, 5)), (-(2 + 25), 2 * 5 * 3))


def test_iterative_pruning_follows_its_recipe(net: Any) -> None:
    """Each round by hand: train, keep the largest survivors, rewind."""
    opt, start = tl.adam(0.05), net.init(1)
    found = find_ticket(net, opt, start, keep=0.25, rounds=2, steps=40, rewind=5)
    dense = tl.descend(net, opt, start=start, steps=40)
    first = magnitude_mask(dense.end, 0.5)
    middle = tl.descend(masked(net, first), opt, start=dense.path[5][first], steps=40)
    weights = np.zeros(net.dim)
    weights[first] = np.abs(middle.end)
    second = np.zeros(net.dim, bool)
    second[np.argsort(-weights)[: round(0.25 * net.dim)]] = True
    np.testing.assert_array_equal(found.masks[0], first)
    np.testing.assert_array_equal(found.mask, second)
    np.testing.assert_array_equal(found.run.path[0], dense.path[5][second])
    assert found.kept == pytest.approx(0.25, abs=0.01)
    np.testing.assert_array_equal(found.train(found.start).end, found.run.end)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda n: magnitude_mask(n.init(0), 0.0), "keep=0"),
        (lambda n: magnitude_mask([1.0, np.nan], 0.5), "finite"),
        (lambda n: masked(n, np.zeros(n.dim, bool)), "at least one True"),
        (lambda n: masked(n, np.ones(3, bool)), "True or False for each"),
        (lambda n: masked(n, np.ones(n.dim, bool), fill=np.nan), "finite"),
        (lambda n: find_ticket(n, tl.adam(0.1), n.init(0), rewind=9, steps=5), "rewind=9"),
        (lambda n: find_ticket(tl.landscapes.bowl, tl.gd(1e3), steps=500), "smaller lr"),
        (lambda n: find_ticket(n, tl.adam(0.1), n.init(0), keep=2), "keep=2"),
        (lambda n: masked(n, n.init(0) > 0).third(np.zeros(3)), "third|parameters|coordinates"),
    ],
)
def test_bad_requests_are_refused(net: Any, make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make(net)
