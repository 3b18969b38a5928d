"""A network's slice is a landscape with exact derivatives: by NumPy's algebra on the network's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import masked, sample_plane, slice_line, slice_plane

AT = np.array([[0.3, -0.2], [0.0, 0.0], [0.9, 0.4]])


@pytest.fixture(scope="module")
def net() -> Any:
    data = tl.networks.two_moons(24, seed=0)
    return tl.networks.mlp((2, 5, 1), loss="bce", data=data, weight_decay=1e-2)


def test_loss_gradient_and_hessian_are_the_networks(net: Any) -> None:
    theta = net.init(3)
    plane = slice_plane(net, theta, seed=2)
    sampled = sample_plane(net, theta, along=("filter", "filter"), seed=2, grid=5)
    grid = np.stack(np.meshgrid(sampled.a, sampled.b), axis=-1)
    np.testing.assert_allclose(plane.loss(grid), sampled.loss, rtol=1e-12)
    d, weights = sampled.directions, theta + AT @ sampled.directions
    np.testing.assert_allclose(plane.weights(AT), weights, rtol=1e-13)
    np.testing.assert_allclose(plane.grad(AT), net.grad(weights) @ d.T, atol=1e-14)
    expected = np.einsum("ai,nij,bj->nab", d, net.hessian(weights), d)
    np.testing.assert_allclose(plane.hessian(AT), expected, atol=1e-13)
    line = slice_line(net, theta, along=d[0])
    np.testing.assert_allclose(line.loss(AT[:, :1]), net.loss(theta + AT[:, :1] * d[0]), rtol=1e-13)
    steep = plane(weight_decay=0.5)
    assert steep.loss(AT[0]) == pytest.approx(net(weight_decay=0.5).loss(weights[0]), rel=1e-13)


@pytest.mark.parametrize("opt", [tl.gd(0.3), tl.newton(0.5, damping=0.1)], ids=["gd", "newton"])
def test_the_compiled_walk_follows_them(net: Any, opt: tl.Optimizer) -> None:
    plane = slice_plane(net, net.init(3), seed=2)
    path = tl.descend(plane, opt, (0.5, -0.5), 4).path
    theta = np.array([0.5, -0.5])
    for k in range(4):
        slope, curvature = plane.grad(theta), plane.hessian(theta)
        step = (
            slope if opt.base_name == "gd" else np.linalg.solve(curvature + 0.1 * np.eye(2), slope)
        )
        theta = theta - float(opt.lr) * step
        np.testing.assert_allclose(path[k + 1], theta, rtol=1e-9)
    batched = tl.descend(plane, tl.gd(0.1), (0.5, 0.5), 5, batch=6)
    assert np.isfinite(batched.loss).all()
    assert not np.array_equal(batched.end, tl.descend(plane, tl.gd(0.1), (0.5, 0.5), 5).end)


def test_a_masked_network_is_sliced_too(net: Any) -> None:
    part = masked(net, np.arange(net.dim) % 3 > 0, fill=net.init(1))
    theta = np.linspace(-1, 1, part.dim)
    plane = slice_plane(part, theta, along=("random", "random"))
    weights = theta + AT @ plane.directions
    np.testing.assert_allclose(plane.loss(AT), part.loss(weights), rtol=1e-13)
    assert tl.descend(plane, tl.gd(0.1), (0.1, 0.1), 3).loss[-1] < plane.loss((0.1, 0.1))
