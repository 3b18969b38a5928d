"""Curved paths: their shape, their optimality, and bands that stop on the pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

import toylands as tl
from toylands.geometry import bezier_path, chain_path, elastic_band, interpolate

VALLEY = tl.landscape("(x**2 + y**2 - 1)**2/2")
ENDS = (1.0, 0.0), (-1.0, 0.0)


def decasteljau(nodes: np.ndarray, t: float) -> np.ndarray:
    while len(nodes) > 1:
        nodes = (1 - t) * nodes[:-1] + t * nodes[1:]
    return nodes[0]


@pytest.mark.parametrize("bends", [1, 3])
def test_bezier_points_lie_on_the_curve_of_their_nodes(bends: int) -> None:
    path = bezier_path(VALLEY, *ENDS, bends=bends, count=11)
    for t, point in zip(np.linspace(0, 1, 11), path.points, strict=True):
        np.testing.assert_allclose(point, decasteljau(path.nodes, t), atol=1e-12)


def test_chain_points_lie_on_straight_pieces() -> None:
    path = chain_path(VALLEY, *ENDS, bends=3, count=41)
    places = np.linspace(0, 1, 5)
    for t, point in zip(np.linspace(0, 1, 41), path.points, strict=True):
        expected = [np.interp(t, places, column) for column in path.nodes.T]
        np.testing.assert_allclose(point, expected, atol=1e-12)


def test_the_mean_loss_is_as_small_as_a_search_without_gradients_finds() -> None:
    path = bezier_path(VALLEY, *ENDS, control=(0, 1))
    t = np.linspace(0, 1, 61)[:, None]

    def mean(c: np.ndarray) -> float:
        curve = (1 - t) ** 2 * ENDS[0] + 2 * t * (1 - t) * c + t**2 * ENDS[1]
        return float(np.mean((np.sum(curve**2, axis=1) - 1) ** 2 / 2))

    found = minimize(mean, (0, 1), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-15})
    assert path.loss.mean() == pytest.approx(found.fun, rel=1e-9)
    np.testing.assert_allclose(path.nodes[1], found.x, atol=1e-5)
    assert path.converged


def test_a_bend_leaves_a_symmetric_start() -> None:
    assert bezier_path(VALLEY, *ENDS).height < 0.05  # the straight line has 0.5
    assert chain_path(VALLEY, *ENDS, objective="max").barrier < 0.1


@pytest.mark.parametrize("pair", [(0, 1), (0, 2), (1, 3), (2, 3)])
def test_the_highest_image_stands_on_a_saddle_of_himmelblau(pair: tuple[int, int]) -> None:
    land = tl.landscapes.himmelblau
    minima = [point.point for point in land.minima]
    path = elastic_band(land, minima[pair[0]], minima[pair[1]])
    saddles = [p for p in land.critical_points if p.kind == "saddle"]
    top = path.points[path.highest]
    nearest = min(saddles, key=lambda p: float(np.linalg.norm(p.point - top)))
    assert np.linalg.norm(nearest.point - top) < 1e-5
    assert path.height == pytest.approx(nearest.loss, rel=1e-9)
    assert path.saddle.kind == "saddle"
    assert path.saddle.index == 1
    assert path.converged


def test_the_band_measures_the_barrier_of_the_double_well() -> None:
    land = tl.landscapes.double_well
    left, right = (point.point for point in land.minima)
    saddle = next(p for p in land.critical_points if p.kind == "saddle")
    path = elastic_band(land, right, left)
    assert path.height == pytest.approx(saddle.loss, rel=1e-9)
    # Without climbing no image need stand on the pass.
    without = elastic_band(land, right, left, images=6, climb=False)
    assert without.height < saddle.loss - 1e-6


def test_the_band_is_a_path_of_steepest_descent_with_even_spacing() -> None:
    """Away from the band's ends and top the gradient lies along the band; each side is spaced evenly."""
    land = tl.landscapes.himmelblau
    minima = [point.point for point in land.minima]
    path = elastic_band(land, minima[3], minima[2], images=30, iterations=2000, tol=1e-8)
    gradient = land.grad(path.points)
    for k in (5, 10, 20, 25):
        along = path.points[k + 1] - path.points[k - 1]
        cosine = abs(gradient[k] @ along) / (np.linalg.norm(gradient[k]) * np.linalg.norm(along))
        assert cosine > 0.999
    gaps = np.diff(path.s)
    top = path.highest
    for side in (gaps[:top], gaps[top:]):
        assert np.ptp(side) < 0.02 * side.mean()


def test_between_two_networks_the_curves_go_below_the_line() -> None:
    net = tl.networks.mlp((2, 8, 1), loss="bce", data=tl.networks.two_moons(40, seed=0))
    a, b = (tl.descend(net, tl.adam(0.05), start=net.init(k), steps=300).end for k in (0, 1))
    straight = interpolate(net, a, b).barrier
    curve, band = (
        bezier_path(net, a, b, count=31),
        elastic_band(net, a, b, images=12, iterations=200),
    )
    assert curve.height < 0.2 * straight
    assert band.height < 0.2 * straight
    for path in (curve, band):
        np.testing.assert_array_equal(path.points[[0, -1]], [a, b])
        s, loss = path.profile(between=4)
        assert loss.max() >= path.height
        assert s[-1] == pytest.approx(path.length)
        np.testing.assert_allclose(loss[::4], path.loss, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: bezier_path(VALLEY, *ENDS, objective="maximum"), "'mean' or 'max'"),
        (lambda: bezier_path(VALLEY, *ENDS, bends=0), "bends"),
        (lambda: bezier_path(VALLEY, *ENDS, bends=2, control=(0, 1)), "2 finite points"),
        (lambda: chain_path(VALLEY, (1, 0, 0), (0, 1)), "2 coordinates"),
        (lambda: elastic_band(VALLEY, (1, 0), (1, 0)), "same point"),
        (lambda: elastic_band(VALLEY, *ENDS, spring=-1), "spring"),
        (lambda: elastic_band(tl.landscape("log(x)**2"), 0.5, -1.0), "no path is low"),
        (lambda: elastic_band(VALLEY, *ENDS, images=0), "images"),
        (lambda: elastic_band(VALLEY, *ENDS, initial=np.zeros((3, 2))), "20 finite points"),
    ],
)
def test_bad_requests_are_refused(make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


def test_weight_decay_keeps_a_curve_of_cross_entropy_near() -> None:
    """Without it the loss of separable data falls along rays, and the curve follows one far out."""
    net = tl.networks.mlp((2, 8, 1), loss="bce", data=tl.networks.two_moons(40, seed=0))
    a, b = (tl.descend(net, tl.adam(0.05), start=net.init(k), steps=300).end for k in (0, 1))
    apart = float(np.linalg.norm(a - b))
    far = bezier_path(net, a, b, count=31)
    near = bezier_path(net(weight_decay=1e-3), a, b, count=31)
    assert far.length > 5 * apart
    assert near.length < 3 * apart


@pytest.mark.parametrize("count", [11, 61])
def test_no_chain_is_lower_than_any_chain_can_be(count: int) -> None:
    """Two straight pieces from (1, 0) to (-1, 0): by hand at best (sqrt 2 - 1)^2/2, between the samples."""
    path = chain_path(VALLEY, *ENDS, objective="max", count=count)
    least = (np.sqrt(2) - 1) ** 2 / 2
    assert path.loss.max() < least  # the places that the fit looked at
    assert least <= path.barrier < least + 1e-3
    t = np.linspace(0, 1, 20_001)[:, None]
    dense = np.where(
        t < 0.5,
        ENDS[0] + 2 * t * (path.nodes[1] - ENDS[0]),
        path.nodes[1] + (2 * t - 1) * (ENDS[1] - path.nodes[1]),
    )
    assert path.height >= float(VALLEY.loss(dense).max())
    curve = bezier_path(VALLEY, *ENDS, objective="max", count=count)
    assert curve.barrier >= (3 - 2 * np.sqrt(2)) / 8 - 1e-12


def test_a_path_out_through_large_weights_says_so() -> None:
    ramp = tl.landscape("log(1 + exp(-x - 3*exp(-y**2)))", name="ramp")  # falls for ever along x
    path = bezier_path(ramp, (0, -2), (0, 2), objective="mean")
    assert path.reach > 3
    assert f"reach {path.reach:.4g}" in repr(path)
