"""What the explorer can be given: typed games, data, networks, slices, batches, parameters that change."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("anywidget", reason="needs the extra 'lab'")

from test_explorer_model import patch, wires
from test_scene import is_a_sentence

import toylands as tl
from toylands.widgets import compute, rebuild

__all__ = ["wires"]  # a fixture that every test here uses by itself


def test_a_typed_game_stays_a_game_everywhere() -> None:
    """Gradient descent spirals away from (0, 0): each step multiplies the distance by sqrt(1 + lr^2)."""
    game = tl.landscape("x*y", players=(1, -1))
    explored = tl.explore(game, [tl.gd(0.1)], start=(1.0, 1.0))
    compared = tl.compare([tl.landscape("x*y"), game], [tl.gd(0.1)], start=(1.0, 1.0))
    cubed = tl.landscape("x*y + z**2/2", players=(1, -1, 1))
    sliced = tl.explore_slice(cubed, [tl.gd(0.1)], through=(0, 0, 0), start=(1.0, 1.0))
    shown = (explored, tl.explore(state=explored.state), compared.explorers[1], sliced)
    for made in shown:
        assert made.landscape.players == (1, -1)
        patch(made, lr=0.2)  # a landscape rebuilt for every change
        away = np.linalg.norm(made.runs[0].path[:301], axis=1)
        np.testing.assert_allclose(away, np.sqrt(2) * 1.04 ** (np.arange(len(away)) / 2), rtol=1e-9)
    assert str(compared.explorers[0].runs[0].status) == "converged to a saddle"


def test_a_typed_landscape_is_in_the_menu_to_come_back_to() -> None:
    game = tl.landscape("x*y", name="tug", players=(1, -1))
    made = tl.explore(game, [tl.gd(0.1)], start=(1.0, 1.0))
    patch(made, landscape="bowl")
    assert not set(rebuild.KEYS) & set(made.scene)
    patch(made, landscape="tug")
    assert made.landscape.players == (1, -1)
    patch(made, state=tl.explore("x**2 + y**2", [tl.gd(0.1)]).state)
    assert (made.error, made.landscape.players) == ("", None)


def test_a_scene_too_large_for_a_string_says_so_in_its_place() -> None:
    many = tl.landscape("(w - x)**2 + b**2", data={"x": np.linspace(0, 1, 9_000)})
    made = tl.explore(many, [tl.gd(0.1)], steps=3)
    assert "too large to copy as a string" in made.state_string
    assert is_a_sentence(made.state_string.strip("()"))
    with pytest.raises(ValueError, match="too large"):
        print(made.state)


def test_time_varying_parameters_and_batches_reach_the_page() -> None:
    made = tl.explore(
        "rosenbrock", tl.sam(tl.gd(1e-3)), steps=10, time_varying={"b": np.arange(10.0)}
    )
    meta = made.details_meta[0]
    table = np.frombuffer(made.details, "<f8").reshape(len(meta["columns"]), meta["rows"])
    slope = table[meta["columns"].index("g_y")]
    path = made.runs[0].path
    expected = 2 * np.append(np.arange(10), 9) * (path[:, 1] - path[:, 0] ** 2)
    np.testing.assert_allclose(slope, expected, rtol=1e-12, atol=1e-14)
    patch(made, show__basin=True)
    patch(made, steps=20)
    assert made.error == ""
    patch(made, landscape="regression", batch=3)
    assert (made.error, made.scene["batch"], made.scene["time_varying"]) == ("", 3, {})
    patch(made, batch=300)
    assert "300" in made.error
    assert is_a_sentence(made.error)


def test_a_network_is_explored_over_a_plane_of_its_weights() -> None:
    net = tl.networks.mlp((2, 4, 1), loss="bce", data=tl.networks.two_moons(20, seed=0))
    made = tl.explore(net, [tl.gd(0.1)], steps=20)
    assert made.error == ""
    assert made.landscape.dim == 2
    theta = net.start + np.array(made.runs[0].end) @ made.landscape.directions
    assert made.runs[0].loss[-1] == pytest.approx(net.loss(theta), rel=1e-12)
    assert made.pictures()
    patch(made, lr=0.2)
    assert made.error == ""
    with pytest.raises(ValueError, match="made in a notebook"):
        tl.explore(state=made.state)
    line = tl.explore_slice(net, [tl.gd(0.1)], along="gradient", line=True, steps=5)
    slope = np.linalg.norm(net.grad(net.start))  # uphill by the gradient's length
    assert line.landscape.grad(0.0)[0] == pytest.approx(slope, rel=1e-12)


def test_a_large_network_is_not_searched_for_stationary_points() -> None:
    data = tl.networks.two_moons(20, seed=0)
    net = tl.networks.mlp((2, 40, 40, 1), loss="bce", data=data)
    plane = tl.geometry.slice_plane(net)
    assert compute.critical_points(plane, plane.view) == ([], False)


def test_a_slice_goes_along_given_directions() -> None:
    land = tl.landscapes.uvw_product
    along = ((1, 1, 0), (0, 0, 2))
    made = tl.explore_slice(land, [tl.gd(0.01)], through=(1, 0.5, 2), along=along)
    at = np.array([1, 0.5, 2]) + 0.3 * np.array(along[0]) - 0.1 * np.array(along[1])
    assert made.landscape.loss((0.3, -0.1)) == pytest.approx(land.loss(at), rel=1e-12)
