"""Many walkers at once: dots where they are, densities beside an independent integral, shares of wells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scenes
from scipy.integrate import dblquad, quad

import toylands as tl
from toylands import plots
from toylands.plots.clouds import boltzmann_density
from toylands.plots.terrain import terrain
from toylands.plots.words import notes_of

L = tl.landscapes


def test_every_walker_is_a_dot_where_it_is(by_gid: Any, texts: Any) -> None:
    swarm = scenes.swarm()
    ax = plots.cloud(swarm)
    (dots,) = by_gid(ax, "walkers")
    np.testing.assert_array_equal(np.asarray(dots.get_offsets()), swarm.end)
    assert texts(ax.figure)[0].endswith("60 walkers")
    (dots,) = by_gid(plots.cloud(swarm, step=25, labels=["mine"]), "walkers")
    np.testing.assert_array_equal(np.asarray(dots.get_offsets()), swarm.path[:, 1])


def test_walkers_outside_are_counted(by_gid: Any) -> None:
    swarm = scenes.swarm()
    edge = float(np.median(swarm.end[:, 0]))
    ax = plots.cloud(swarm, view=((-2, edge), (-3, 3)))
    (dots,) = by_gid(ax, "walkers")
    gone = int((swarm.end[:, 0] > edge).sum())
    assert len(dots.get_offsets()) == 60 - gone
    assert f"{gone} outside the window" in notes_of(ax)
    lost = tl.descend(L.rosenbrock, tl.gd(0.01), [(-1.2, 1.0), (1.0, 1.0)], steps=60)
    assert "1 has left" in notes_of(plots.cloud(lost))


def test_a_cloud_says_what_it_draws() -> None:
    with pytest.raises(TypeError, match="cloud draws swarms"):
        plots.cloud(scenes.valley())
    with pytest.raises(ValueError, match="step=26 was not recorded; the nearest that was is 25"):
        plots.cloud(scenes.swarm(), step=26)
    with pytest.raises(ValueError, match="expected one for each of 1 swarms"):
        plots.cloud(scenes.swarm(), labels=["a", "b"])


def test_the_exact_density_is_that_of_quadpack() -> None:
    well = tl.landscape("x**4/4 - x**2/2 + 0.1*x", view=((-2, 2),))
    ground = terrain(well, grid=801)
    x, density = boltzmann_density(ground.z, (ground.x,), 0.2)

    def weight(x: float) -> float:
        return float(np.exp(-(x**4 / 4 - x**2 / 2 + 0.1 * x) / 0.2))

    whole = quad(weight, -2, 2)[0]
    for k in (100, 333, 700):
        assert density[k] == pytest.approx(weight(x[k]) / whole, rel=1e-7)


def test_the_other_coordinate_is_summed_over() -> None:
    ground = terrain(tl.landscape("(x*y - 1)**2 + y**2/2", view=((-1, 2), (0, 2))), grid=201)

    def weight(y: float, x: float) -> float:
        return float(np.exp(-((x * y - 1) ** 2 + y**2 / 2) / 0.5))

    whole = dblquad(weight, -1, 2, 0, 2)[0]
    x, density = boltzmann_density(ground.z, (ground.x, ground.y), 0.5)
    assert density[150] == pytest.approx(quad(weight, 0, 2, args=(x[150],))[0] / whole, rel=1e-5)
    y, density = boltzmann_density(ground.z, (ground.x, ground.y), 0.5, 1)
    there = quad(lambda x: weight(y[50], x), -1, 2)[0]
    assert density[50] == pytest.approx(there / whole, rel=1e-5)


def test_bars_hold_the_walkers(by_gid: Any) -> None:
    points = np.array([[-0.5], [0.1], [0.2], [5.0]])
    land = tl.landscape("x**2", view=((-1, 1),))
    ax = plots.boltzmann_histogram(points, land, temperature=0.1, bins=4)
    (bars,) = by_gid(ax, "walkers")
    np.testing.assert_allclose(bars.get_data().values, np.array([0, 1, 2, 0]) / 3 / 0.5)
    assert "1 walkers outside" in notes_of(ax)
    with pytest.raises(ValueError, match="expected a number above 0"):
        plots.boltzmann_histogram(points, land, temperature=0)
    with pytest.raises(ValueError, match="none of 1 walkers"):
        plots.boltzmann_histogram(points[3:], land, temperature=1)
    with pytest.raises(TypeError, match="give the landscape"):
        plots.boltzmann_histogram(points, temperature=1)


def test_wells_are_counted(by_gid: Any) -> None:
    found = tl.dynamics.populations(L.double_well, [(-1, 0), (-1.1, 0.1), (1, 0), (np.nan, 0)])
    ax = found.plot(expected=(0.7, 0.3))
    assert [bar.get_width() for bar in by_gid(ax, "well")] == [0.5, 0.25]
    assert by_gid(ax, "elsewhere")[0].get_width() == 0.25
    assert by_gid(ax, "expected")[0].get_xdata().tolist() == [0.7, 0.3]
    assert max(ax.get_xticks()) <= 1
    with pytest.raises(ValueError, match="there are 2 wells"):
        found.plot(expected=(1,))
