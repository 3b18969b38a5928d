"""Sampled slices: they show what lies under them, and say what they leave out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import (
    filter_normalized,
    gradient_direction,
    hessian_direction,
    plane_through,
    random_direction,
    sample_line,
    sample_plane,
    slice_line,
    slice_plane,
    trajectory_plane,
    whole_normalized,
)


@pytest.fixture(scope="module")
def net() -> Any:
    """A small network with two hidden layers."""
    data = tl.networks.two_moons(20, seed=0)
    return tl.networks.mlp((2, 4, 3, 1), activation="tanh", loss="bce", data=data)


# --- directions -----------------------------------------------------------------------------------


def test_filter_normalisation_against_loops_over_the_weight_matrices(net: Any) -> None:
    theta = net.init(3)
    given = np.random.default_rng(0).standard_normal(net.dim)
    weights, direction = net.unpack(theta), net.unpack(given.copy())
    for name in ("W1", "W2", "W3"):
        for unit in range(len(weights[name])):
            size = np.sqrt(sum(w**2 for w in weights[name][unit]))
            direction[name][unit] *= size / np.sqrt(sum(d**2 for d in direction[name][unit]))
    for name in ("b1", "b2", "b3"):  # biases belong to no filter and are not moved
        direction[name][:] = 0.0
    found = filter_normalized(net, given, theta)
    np.testing.assert_allclose(found, net.pack(direction), rtol=1e-12, atol=1e-15)
    # The whole-vector variant matches one norm only.
    whole = whole_normalized(net, given, theta)
    assert np.linalg.norm(whole) == pytest.approx(np.linalg.norm(theta), rel=1e-12)
    assert not np.allclose(whole, found)


def test_what_rescaling_does_to_normalised_slices() -> None:
    """A whole ReLU layer by 7 and the next by 1/7, or only one unit: always the same function."""
    data = tl.networks.two_moons(20, seed=0)
    net = tl.networks.mlp((2, 5, 1), activation="relu", loss="bce", bias=False, data=data)
    theta = net.init(1)
    unit = net.rescaled(theta, 1, 2, 7.0)
    layer = theta
    for k in range(5):
        layer = net.rescaled(layer, 1, k, 7.0)

    def changes(along: str, other: np.ndarray) -> bool:
        first, second = (sample_line(net, at, along, seed=4).loss for at in (theta, other))
        return not np.allclose(first, second, rtol=1e-9)

    seen = {along: (changes(along, layer), changes(along, unit)) for along in ("random", "whole")}
    assert seen == {"random": (True, True), "whole": (True, True)}
    assert not changes("filter", layer)
    assert changes("filter", unit)
    assert not changes("relative", layer)
    assert not changes("relative", unit)


def test_random_directions_are_seeded_unit_vectors(net: Any) -> None:
    assert np.linalg.norm(random_direction(net, 5)) == pytest.approx(1)
    np.testing.assert_array_equal(random_direction(net, 5), random_direction(net, 5))
    assert abs(random_direction(net, 5) @ random_direction(net, 6)) < 0.99


def test_eigenvector_directions(net: Any) -> None:
    theta = net.init(0)
    values, vectors = np.linalg.eigh(net.hessian(theta))
    assert abs(hessian_direction(net, theta) @ vectors[:, -1]) == pytest.approx(1, abs=1e-9)
    assert sample_line(net, theta, "sharpest").curvature == pytest.approx(values[-1], rel=1e-9)
    flat = sample_line(net, theta, "flattest").curvature
    assert abs(flat) == pytest.approx(np.abs(values).min(), rel=1e-6, abs=1e-12)
    gradient = net.grad(theta)
    line = sample_line(net, theta, "gradient")
    assert line.slope == pytest.approx(np.linalg.norm(gradient), rel=1e-12)
    np.testing.assert_allclose(
        gradient_direction(net, theta), gradient / np.linalg.norm(gradient), rtol=1e-13
    )


# --- lines and planes -----------------------------------------------------------------------------


def test_lines_and_planes_hold_the_losses_of_their_points(net: Any) -> None:
    theta = net.init(1)
    line = sample_line(net, theta, "random", reach=0.5, count=7, seed=2)
    for t, loss in zip(line.t, line.loss, strict=True):
        assert loss == pytest.approx(
            float(net.loss(theta + t * random_direction(net, 2))), rel=1e-12
        )
    plane = sample_plane(net, theta, ("filter", "gradient"), reach=((-1, 2), (-0.1, 0.3)), grid=5)
    for i, a in enumerate(plane.a):
        for j, b in enumerate(plane.b):
            place = theta + a * plane.directions[0] + b * plane.directions[1]
            assert plane.loss[j, i] == pytest.approx(float(net.loss(place)), rel=1e-12)
    hessian = plane.directions @ net.hessian(theta) @ plane.directions.T
    np.testing.assert_allclose(plane.hessian, hessian, rtol=1e-9, atol=1e-12)


def test_two_random_directions_are_perpendicular(net: Any) -> None:
    plane = sample_plane(net, net.init(0), grid=3)
    assert plane.cosine == pytest.approx(0, abs=1e-14)
    assert np.linalg.norm(plane.directions, axis=1) == pytest.approx([1, 1])


def test_a_random_direction_yields_to_the_gradient(net: Any) -> None:
    theta = net.init(0)
    for along, row in ((("random", "gradient"), 1), (("gradient", "random"), 0)):
        plane = sample_plane(net, theta, along, grid=3)
        np.testing.assert_allclose(plane.directions[row], gradient_direction(net, theta))
        assert plane.cosine == pytest.approx(0, abs=1e-14)


def test_sampled_and_symbolic_planes_agree() -> None:
    land, at = tl.landscapes.uvw_product, (1.0, 0.5, -0.2)
    along = ((0.3, 0.1, -0.7), "sharpest")
    exact, sampled = slice_plane(land, at, along=along), sample_plane(land, at, along, grid=4)
    flat = np.stack(np.meshgrid(sampled.a, sampled.b), axis=-1)
    np.testing.assert_allclose(exact.loss(flat), sampled.loss, rtol=1e-12)
    np.testing.assert_allclose(exact.hessian((0, 0)), sampled.hessian, rtol=1e-10)


def test_sampled_and_symbolic_lines_agree() -> None:
    land, at = tl.landscapes.rosenbrock, (-1.2, 1.0)
    direction = np.array([0.3, -0.7])
    exact = slice_line(land, at, along=direction)
    sampled = sample_line(land, at, direction)
    np.testing.assert_allclose(exact.loss(sampled.t[:, None]), sampled.loss, rtol=1e-12)
    assert exact.grad(0.0)[0] == pytest.approx(sampled.slope, rel=1e-12)
    assert exact.hessian(0.0)[0, 0] == pytest.approx(sampled.curvature, rel=1e-12)


def test_plane_through_three_points_holds_them(net: Any) -> None:
    corners = [net.init(seed) for seed in range(3)]
    plane = plane_through(net, *corners, grid=3)
    shadow = plane.project(np.stack(corners))
    assert shadow.outside.max() < 1e-12
    np.testing.assert_allclose(shadow.flat[0], 0, atol=1e-14)
    assert shadow.flat[1, 0] == pytest.approx(np.linalg.norm(corners[1] - corners[0]))
    assert shadow.flat[1, 1] == pytest.approx(0, abs=1e-12)


# --- what a drawn path leaves out -----------------------------------------------------------------


def test_projection_is_perpendicular_and_accounts_for_every_step(net: Any) -> None:
    """Against least squares, on a plane of two directions that are not perpendicular."""
    theta = net.init(0)
    plane = sample_plane(net, theta, ("filter", "relative"), grid=3)
    assert abs(plane.cosine) > 1e-3
    path = theta + np.random.default_rng(0).standard_normal((6, net.dim))
    path[0] = theta
    shadow = plane.project(path)
    for t, point in enumerate(path):
        flat, *_ = np.linalg.lstsq(plane.directions.T, point - theta, rcond=None)
        missed = np.linalg.norm(point - theta - flat @ plane.directions)
        np.testing.assert_allclose(shadow.flat[t], flat, atol=1e-10)
        assert shadow.outside[t] == pytest.approx(missed, abs=1e-10)
        if t:
            share = missed**2 / np.sum((point - theta) ** 2)
            assert shadow.outside_share[t] == pytest.approx(share, rel=1e-9)
    assert shadow.outside_share[0] == 0
    np.testing.assert_allclose(shadow.loss, net.loss(path))
    np.testing.assert_allclose(shadow.shown_loss, net.loss(plane.points(shadow.flat)))


def test_a_plane_of_components_shows_the_run_and_its_shares(net: Any) -> None:
    run = tl.descend(net, tl.adam(0.05), start=net.init(0), steps=60)
    plane = trajectory_plane(run, grid=5)
    shadow = plane.project(run)
    assert (shadow.flat >= [plane.a[0], plane.b[0]]).all()
    assert (shadow.flat <= [plane.a[-1], plane.b[-1]]).all()
    # Variance outside the plane is one minus the two shares.
    centred = run.path - run.path.mean(axis=0)
    outside = centred - centred @ plane.directions.T @ plane.directions
    left = np.sum(outside**2) / np.sum(centred**2)
    assert plane.variance_shares is not None
    assert sum(plane.variance_shares) == pytest.approx(1 - left, rel=1e-9)


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda n: sample_line(n, n.init(0), "filtre"), "Did you mean 'filter'"),
        (lambda n: sample_line(n, n.init(0)[:-1]), "parameters"),
        (lambda n: sample_line(n, n.init(0), np.zeros(n.dim)), "points nowhere"),
        (lambda n: sample_line(n, n.init(0), reach=(2, 1)), "reach="),
        (lambda n: sample_line(n, np.zeros(n.dim), "filter"), "all zero"),
        (lambda n: sample_plane(n, n.init(0), "random"), "must be a list"),
        (lambda n: sample_plane(n, n.init(0), ("gradient", "gradient")), "parallel"),
        (lambda n: sample_plane(tl.landscapes.parabola, 1.0), "use sample_line"),
        (lambda n: plane_through(n, n.init(0), n.init(1), n.init(0)), "one line"),
        (lambda n: trajectory_plane(np.ones((4, n.dim)), n), "does not move"),
        (
            lambda n: trajectory_plane(np.stack([n.init(0), n.init(1)]), n, components=1),
            "components=1",
        ),
        (lambda n: sample_plane(n, n.init(0), reach=((0, 1),) * 3), "reach="),
        (lambda n: sample_line(tl.landscapes.rosenbrock, along="filter"), "filters="),
        (lambda n: gradient_direction(tl.landscapes.bowl, (0, 0)), "is zero"),
        (lambda n: hessian_direction(n, n.init(0), n.dim), "whole number"),
        (
            lambda n: filter_normalized(n, n.init(0), n.init(0), filters=[(0, 1), (1, 2)]),
            "not to two",
        ),
    ],
)
def test_bad_requests_are_refused(net: Any, make: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        make(net)
