"""Basin maps against plain walks from every point, published minima and symmetry."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import plain_walk
import pytest
from scipy.integrate import solve_ivp
from twins import FIVE, GAME, LINE, QUARTIC, ROSENBROCK, SADDLE

import toylands as tl
from toylands.dynamics.basins import MOST, one_valley
from toylands.formula import equilibrium, exp, landscape, valley

pytestmark = pytest.mark.filterwarnings("error")

#: published to seven digits (Himmelblau 1972)
PUBLISHED = np.array(
    [[3, 2], [-2.8051181, 3.1313125], [-3.7793103, -3.2831860], [3.5844283, -1.8481265]]
)
TEXT = tl.landscape("(x**2 + y - 11)**2 + (x + y**2 - 7)**2", name="blau", view=((-6, 6), (-6, 6)))


def himmelblau_grad(z: np.ndarray) -> np.ndarray:
    x, y = z[..., 0], z[..., 1]
    one, two = x * x + y - 11, x + y * y - 7
    return np.stack([4 * x * one + 2 * two, 2 * one + 4 * y * two], axis=-1)


def grid_of(view: Any, columns: int, rows: int) -> np.ndarray:
    """Starts, shape (rows, columns, 2)."""
    return np.stack(np.meshgrid(np.linspace(*view[0], columns), np.linspace(*view[1], rows)), -1)


# Himmelblau's four


@pytest.mark.parametrize("land", [tl.landscapes.himmelblau, TEXT], ids=["declared", "text"])
def test_himmelblau_against_plain_walks(land: Any) -> None:
    """A map of 48 x 31 starts, wider than high, so that no exchange of axes goes unseen."""
    view = ((-6.0, 6.0), (-5.0, 4.0))
    made = tl.basins(land, tl.gd(0.004), (48, 31), view, steps=400)
    z = grid_of(view, 48, 31)
    np.testing.assert_array_equal(made.x, z[0, :, 0])
    np.testing.assert_array_equal(made.y, z[:, 0, 1])
    for _ in range(400):
        z = z - 0.004 * himmelblau_grad(z)
    np.testing.assert_allclose(made.ends, z, rtol=1e-6, atol=1e-6)
    nearest = np.argmin(np.linalg.norm(z[..., None, :] - PUBLISHED, axis=-1), axis=-1)
    assert (np.min(np.linalg.norm(z[..., None, :] - PUBLISHED, axis=-1), axis=-1) < 1e-3).all()
    assert made.labels.shape == (31, 48)
    points = np.array([minimum.point for minimum in made.minima])
    assert len(points) == 4
    number = [int(np.argmin(np.linalg.norm(points - p, axis=1))) for p in PUBLISHED]
    assert sorted(number) == [0, 1, 2, 3]
    np.testing.assert_array_equal(made.labels, np.array(number)[nearest])
    np.testing.assert_allclose(points[number], PUBLISHED, atol=5e-8)


@pytest.mark.parametrize("tol", [1e-6, 1e-3, 3.0])
def test_undeclared_minima_are_refined_and_named_once(tol: float) -> None:
    made = tl.basins(TEXT, tl.gd(0.01), 40, steps=150, tol=tol)
    assert len(made.minima) == 4
    for minimum in made.minima:
        assert minimum.kind == "minimum"
        assert minimum.index == 0
        assert minimum.loss < 1e-24
        assert np.linalg.norm(himmelblau_grad(minimum.point)) < 1e-11
    assert sum(made.fractions.values()) == pytest.approx(1)


def test_small_steps_follow_the_gradient_flow() -> None:
    """Basins of slow gradient descent are those of theta' = -grad, away from their borders."""
    made = tl.basins(TEXT, tl.gd(0.001), 9, steps=3000)
    z = grid_of(TEXT.view, 9, 9).reshape(-1, 2)
    for start, label in zip(z, made.labels.reshape(-1), strict=True):
        flow = solve_ivp(
            lambda t, p: -himmelblau_grad(p), (0, 3), start, method="LSODA", rtol=1e-8, atol=1e-8
        ).y[:, -1]
        assert np.linalg.norm(made.minima[label].point - flow) < 0.05, start


def test_fractions_and_words() -> None:
    made = tl.basins(TEXT, tl.gd(0.01), 32, steps=200)
    counts = [int(np.sum(made.labels == n)) for n in range(4)]
    assert list(made.fractions) == [repr(minimum) for minimum in made.minima]
    assert list(made.fractions.values()) == [count / 1024 for count in counts]
    text = repr(made)
    assert text.startswith("<basins of gd(lr=0.01) on blau(): minimum at (")
    assert f"{counts[0] / 1024:.1%}" in text
    assert made.steps == 200
    assert made.optimizer.label == "gd(lr=0.01)"


# Symmetry, other ends


def test_two_wells() -> None:
    """Every start above the stable line goes up, every start below it goes down; on it: a saddle."""
    made = tl.basins(SADDLE, tl.gd(0.05), (20, 21), steps=400)
    upper, lower = (
        next(n for n, m in enumerate(made.minima) if m.point[1] * side > 0) for side in (1, -1)
    )
    assert (made.labels[11:] == upper).all()
    assert (made.labels[:10] == lower).all()
    assert made.y[10] == 0
    assert (made.labels[10] == -3).all()  # stationary, but at the saddle
    np.testing.assert_allclose(made.minima[upper].point, [0, 1], atol=1e-12)
    assert made.fractions["elsewhere"] == pytest.approx(1 / 21)


def test_newton_finds_saddles_too() -> None:
    """Against plain Newton steps with NumPy's solver."""
    made = tl.basins(SADDLE, tl.newton(), 12, steps=30)
    for i in range(12):
        for j in range(12):
            walk = plain_walk.Walk(
                plain_walk.SADDLE, (made.x[j], made.y[i]), 30, 1.0,
                operations=[(plain_walk.newton, 0.0)], escape=2e6,
            )  # fmt: skip
            result = walk.run()
            end, label = result.path[-1], made.labels[i, j]
            if result.died:
                assert label == -1
                assert made.diverged_at[i, j] == result.died
            elif abs(end[1]) < 0.5:
                assert label == -3
            else:
                np.testing.assert_allclose(made.minima[label].point, end, atol=1e-6)


def test_running_and_diverged() -> None:
    """One coordinate: x <- x - x^3 - x/10 runs away from outside, and creeps home from inside."""
    land = tl.landscape("x**4/4 + x**2/20", name="quartic_1d")
    made = tl.basins(land, tl.gd(1.0), 41, ((-2.0, 2.0),), steps=6, tol=1e-2)
    assert made.labels.shape == (1, 41)
    x, left = made.x.copy(), np.full(41, -1)
    with np.errstate(all="ignore"):
        for t in range(6):
            x = x - x**3 - x / 10
            left[(left < 0) & ~(np.abs(x) <= 2e6)] = t + 1
        slope = np.abs(x**3 + x / 10)
    expected = np.where(np.abs(x) <= 0.04, 0, np.where(slope > 1e-2, -2, -3))  # 1 % of the view
    expected[left > 0] = -1
    assert set(expected.tolist()) >= {0, -1, -2}
    np.testing.assert_array_equal(made.labels[0], expected)
    np.testing.assert_array_equal(made.diverged_at[0], left)
    np.testing.assert_allclose(made.minima[0].point, [0], atol=1e-12)
    assert made.fractions["diverged"] == np.mean(left > 0)
    assert made.fractions["running"] == np.mean(expected == -2)


def test_a_desert_is_no_minimum() -> None:
    land = tl.landscape("1 - exp(-(x**2 + y**2))", name="desert", view=((-10, 10), (-10, 10)))
    made = tl.basins(land, tl.gd(0.3), 64, steps=100)
    radius = np.hypot(*np.meshgrid(made.x, made.y))
    assert len(made.minima) == 1
    assert (made.labels[radius < 1.9] == 0).all()
    assert (made.labels[radius > 4] == -3).all()


def test_a_valley_is_one_minimum() -> None:
    """x*y = 1 has two branches, one for each quadrant, and the saddle between them."""
    land = tl.landscape("(x*y - 1)**2", name="hyperbola", view=((-3, 3), (-3, 3)))
    made = tl.basins(land, tl.gd(0.01), 60, steps=1500)
    assert [minimum.kind for minimum in made.minima] == ["valley", "valley"]
    for minimum in made.minima:
        assert np.prod(minimum.point) == pytest.approx(1, abs=1e-12)
    branch = np.sign(made.ends[..., 0])
    for side in (-1, 1):
        assert len(set(made.labels[(branch == side) & (made.labels >= 0)].tolist())) == 1
    assert (made.labels >= 0).mean() > 0.95


def test_a_declared_point_names_the_whole_valley() -> None:
    @landscape(view=((-3, 3), (-3, 3)), critical=[valley((1, 1)), valley((-1, -1))])
    def hyperbola(x: Any, y: Any) -> Any:
        """The set x*y = 1."""
        return (x * y - 1) ** 2

    made = tl.basins(hyperbola, tl.gd(0.01), 60, steps=1500)
    assert len(made.minima) == 2
    inside = made.labels >= 0
    np.testing.assert_array_equal(made.labels[inside] == 0, made.ends[inside][:, 0] > 0)


def test_a_quartic_minimum_is_found_though_its_hessian_vanishes() -> None:
    land = tl.landscape("(x - 1)**4 + (y - 0.5)**4", name="flat_bottom")
    made = tl.basins(land, tl.gd(0.02), 12, steps=20_000)
    assert len(made.minima) == 1
    assert set(made.labels.reshape(-1).tolist()) == {0}
    np.testing.assert_allclose(made.minima[0].point, [1, 0.5], atol=1e-3)


def test_more_minima_than_can_be_named() -> None:
    """An egg box of 100 minima: the map names the largest 64 and says `elsewhere` of the others."""
    view = ((0, 20 * math.pi), (0, 20 * math.pi))
    land = tl.landscape("cos(x) + cos(y)", name="eggs", view=view)
    starts = ((0.3, 62.4), (0.3, 62.4))  # no start on a ridge
    made = tl.basins(land, tl.momentum(0.2, beta=0.5), 61, starts, steps=200)
    assert len(made.minima) == MOST
    assert made.labels.max() == MOST - 1
    assert (made.labels == -3).any()
    for minimum in made.minima:
        turns = (minimum.point / math.pi - 1) / 2
        np.testing.assert_allclose(turns, np.rint(turns), atol=1e-9)
    # The starts do not divide evenly among the eggs: the ones with the most walks are named.
    eggs = np.rint((made.ends / math.pi - 1) / 2).astype(int)
    named, unnamed = (
        np.unique(eggs[keep], axis=0, return_counts=True)[1]
        for keep in (made.labels >= 0, made.labels == -3)
    )
    assert len(named) == MOST
    assert named.min() >= unnamed.max()
    assert named.max() > unnamed.min()


def test_a_flat_bowl_is_quick() -> None:
    """All slopes are below tol: 65,536 walks are judged, but only those near the minimum are there."""
    import time

    land = tl.landscape("(x**2 + y**2)/20000", name="plate")
    began = time.perf_counter()
    made = tl.basins(land, tl.gd(0.1), 256, steps=10)
    assert len(made.minima) == 1
    x, y = np.meshgrid(made.x, made.y)
    np.testing.assert_array_equal(made.labels == 0, np.maximum(np.abs(x), np.abs(y)) <= 0.04)
    assert (made.labels[made.labels != 0] == -3).all()
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize(
    ("land", "radius"), [(tl.landscapes.chain, 1.4), (tl.landscapes.summed_filters, 6.0)]
)
def test_sparse_ends_in_one_valley_are_one_minimum(land: Any, radius: float) -> None:
    """Coarse grids, whose ends lie many cells apart. Oracle: the equation of the valley."""
    made = tl.basins(land, tl.gd(0.02), 24, steps=3000)
    reached = np.unique(made.labels[made.labels >= 0])
    assert len(reached) <= 2
    ends = made.ends[made.labels >= 0]
    assert np.ptp(ends[:, 0]) > radius / 2
    branch = np.sign(ends.sum(axis=1))
    labels = made.labels[made.labels >= 0]
    assert len(set(zip(branch.tolist(), labels.tolist(), strict=True))) == len(reached)


def test_each_ring_of_a_drop_is_one_valley() -> None:
    """Also the outer rings, of which the window shows four arcs. Oracle: the radius of the end."""
    land = tl.landscapes.drop_wave
    made = tl.basins(land, tl.gd(0.02), 40, steps=1500)
    radii = np.array([np.hypot(*minimum.point) for minimum in made.minima])
    assert np.diff(np.sort(radii)).min() > 0.5, "no ring is named twice"
    inside = made.labels >= 0
    ends = np.hypot(*made.ends[inside].T)
    nearest = np.argmin(np.abs(ends[:, None] - radii), axis=1)
    np.testing.assert_array_equal(made.labels[inside], nearest)
    assert inside.mean() > 0.8


def test_valleys_side_by_side_stay_apart() -> None:
    """Two parabolas y = x^2 +- 1 come within 8 cells of one another, as far as ends lie on each."""
    land = tl.landscape(
        "((y - x**2)**2 - 1)**2", name="parabolas", view=((-2, 2), (-2, 4)),
    )  # fmt: skip
    made = tl.basins(land, tl.gd(0.004), 14, steps=4000)
    assert len(made.minima) == 2
    assert {minimum.kind for minimum in made.minima} == {"valley"}
    up = made.ends[..., 1] - made.ends[..., 0] ** 2
    inside = made.labels >= 0
    assert inside.mean() > 0.8
    upper = next(n for n, m in enumerate(made.minima) if m.point[1] - m.point[0] ** 2 > 0)
    np.testing.assert_array_equal(made.labels[inside] == upper, up[inside] > 0)


def test_one_valley() -> None:
    land = tl.landscape("(x*y - 1)**2", name="hyperbola", view=((-3, 3), (-3, 3)))
    points = {x: land.critical_point((x, 1 / x)) for x in (0.4, 1.0, 2.5, -1.0)}
    assert one_valley(land, points[0.4], points[2.5])
    assert one_valley(land, points[2.5], points[0.4])
    assert one_valley(land, points[1.0], points[1.0])
    assert not one_valley(land, points[1.0], points[-1.0])
    middle = land.critical_point((0, 0))
    assert not one_valley(land, points[1.0], middle)


# Games


def test_a_game_ends_in_its_equilibrium() -> None:
    """GAME declares none: it is found, and named with what the flow does there."""
    for land in (GAME, tl.landscapes.bilinear_game):
        made = tl.basins(land, tl.extragradient(0.5), 8, steps=300)
        (middle,) = made.minima
        assert (middle.kind, middle.flow) == ("equilibrium", "rotating")
        np.testing.assert_allclose(middle.point, [0, 0], atol=1e-12)
        assert (made.labels == 0).all()
        assert made.fractions == {repr(middle): 1.0}
        assert repr(middle).startswith("rotating equilibrium at (")
    spread = tl.basins(tl.landscapes.bilinear_game, tl.gd(0.1), 8, steps=300)
    assert (spread.labels == -2).all(), "simultaneous steps turn outwards"


def test_the_penalty_brings_the_dirac_gan_home() -> None:
    """Against the flow, followed by SciPy: with gamma = 1 every start of the window arrives."""
    land = tl.landscapes.dirac_gan(gamma=1)
    made = tl.basins(land, tl.gd(0.1), 6, steps=600)
    assert (made.labels == 0).all()
    assert made.minima[0].name == "stable equilibrium"
    for start in ((-2, -2), (2, -2), (2, 0.4)):
        flow = solve_ivp(lambda t, z: -land.field(z), (0, 60), start, rtol=1e-8, atol=1e-10)
        assert np.linalg.norm(flow.y[:, -1]) < 1e-3


def test_an_unstable_equilibrium_is_no_goal() -> None:
    """y ascends and stays, x descends on -x^2/2 and leaves, unless Newton's method walks."""

    @landscape(players=(1, -1), critical=[equilibrium((0, 0))])
    def tipping(x: Any, y: Any) -> Any:
        """Unstable along x."""
        return -(x**2) / 2 - y**2

    made = tl.basins(tipping, tl.newton(), 6, steps=3)
    assert made.minima == []
    assert (made.labels == -3).all()


def test_a_flat_tail_of_a_game_is_no_equilibrium() -> None:
    """Far from (0, 0) both slopes of exp(-x^2) y exp(-y^2) are below tol, and nothing is there."""
    land = landscape(players=(1, -1), view=((-9, 9), (-9, 9)))(_faint)
    made = tl.basins(land, tl.gd(0.1), 12, steps=5)
    far = np.min(np.abs(np.stack(np.meshgrid(made.x, made.y), -1)), axis=-1) > 4
    assert far.any()
    assert (made.labels[far] == -3).all()


def _faint(x: Any, y: Any) -> Any:
    return exp(-(x**2)) * y * exp(-(y**2))


def test_a_climb_on_the_masked_cliff_ends_on_a_ripple() -> None:
    """Each ripple has a top on the low and one on the high plateau. Oracle: the sine's maxima."""
    land = tl.landscapes.masked_cliff
    made = tl.basins(land, tl.gd(1e-3), 60, steps=400)
    inside = made.labels >= 0
    assert inside.mean() > 0.8
    top = np.rint((made.ends[..., 1] * 100 - math.pi / 2) / (2 * math.pi)).astype(int)
    high = made.ends[..., 0] > 1
    outcomes = np.stack([top, high, made.labels], axis=-1)[inside]
    places = np.unique(outcomes[:, :2], axis=0)
    assert len(np.unique(outcomes, axis=0)) == len(places) == len(made.minima) == 14
    for minimum in made.minima:
        assert minimum.name == "flat equilibrium"
        assert math.sin(100 * minimum.point[1]) == pytest.approx(1, abs=1e-12)


# Options


def test_options_reach_the_walk() -> None:
    noisy = [tl.basins(TEXT, tl.noise(tl.gd(0.01), 9.0), 8, steps=20, seed=s) for s in (1, 1, 2)]
    np.testing.assert_array_equal(noisy[0].ends, noisy[1].ends)
    assert np.abs(noisy[0].ends - noisy[2].ends).max() > 0.1
    near = tl.basins(TEXT, tl.gd(0.01), 8, steps=20, escape=2.0)
    assert (near.labels[0] == -1).all()
    drawn = tl.basins(LINE, tl.gd(0.5), 6, steps=20, batch=2, replacement=False)
    assert np.abs(drawn.ends - drawn.ends[0, 0]).max() > 1e-3


def test_a_moving_landscape_is_judged_as_it_is_at_the_end() -> None:
    """The minimum of (x - a)^2 + y^2 wanders from 0 to 1; that is where the walks end."""
    land = tl.landscape("(x - a)**2 + y**2", a=0.0, name="wandering")
    drift = {"a": np.minimum(np.arange(300) / 100, 1.0)}
    made = tl.basins(land, tl.gd(0.2), 8, steps=300, time_varying=drift)
    assert (made.labels == 0).all()
    np.testing.assert_allclose(made.minima[0].point, [1, 0], atol=1e-12)
    assert made.landscape.parameters == {"a": 1.0}
    assert land.parameters == {"a": 0.0}


BAD: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "three coordinates": ({"land": FIVE}, ValueError, "1 or 2 coordinates"),
    "an array of rates": ({"opt": tl.gd([0.1, 0.2])}, ValueError, "use sweep"),
    "a parameter array": ({"land": ROSENBROCK(b=[1.0, 2.0])}, ValueError, "use sweep"),
    "grid of 1": ({"grid": 1}, ValueError, "grid=1 must be at least 2"),
    "grid of 0 rows": ({"grid": (4, 0)}, ValueError, "grid=0 must be at least 2"),
    "float grid": ({"grid": 8.0}, TypeError, "grid=8.0 must be a whole number"),
    "text grid": ({"grid": "fine"}, TypeError, "grid='fine'"),
    "three grids": ({"grid": (4, 4, 4)}, TypeError, "grid=(4, 4, 4) must be a whole number or"),
    "one side": (
        {"view": (-1, 1)},
        ValueError,
        "view=(-1, 1) must give finite (low, high) for each of 2",
    ),
    "backwards": ({"view": ((1, -1), (0, 1))}, ValueError, "must give finite (low, high)"),
    "nan view": ({"view": ((math.nan, 1), (0, 1))}, ValueError, "view=((nan, 1), (0, 1))"),
    "infinite view": (
        {"view": ((0, math.inf), (0, 1))},
        ValueError,
        "must give finite (low, high)",
    ),
    "text view": ({"view": "wide"}, ValueError, "view='wide'"),
    "negative steps": ({"steps": -1}, ValueError, "steps=-1"),
    "bool steps": ({"steps": True}, TypeError, "steps=True"),
    "tol": ({"tol": -1}, ValueError, "tol=-1 must be at least 0"),
    "escape": ({"escape": -1}, ValueError, "escape=-1 must be above 0"),
    "a factory": ({"opt": tl.gd}, TypeError, "call it first"),
    "text": ({"land": "x**2"}, TypeError, "toylands.landscape(...)"),
    "seed": ({"seed": 0.5}, TypeError, "seed=0.5"),
    "batch": ({"batch": 3}, ValueError, "has no data"),
    "unknown": ({"stride": 3}, TypeError, "stride"),
}


@pytest.mark.parametrize(("changes", "kind", "words"), BAD.values(), ids=BAD)
def test_bad_input(changes: dict[str, Any], kind: type[Exception], words: str) -> None:
    arguments = {"land": QUARTIC, "opt": tl.gd(0.1), "grid": 4, "steps": 5} | changes
    with pytest.raises(kind, match=re.escape(words)):
        tl.basins(**arguments)


def test_several_declared_points_of_one_valley_are_one() -> None:
    ring = tl.landscapes.circle_valley
    made = tl.basins(ring, tl.gd(0.1), 24)
    assert len(made.minima) == 1
    assert set(made.labels.reshape(-1).tolist()) == {0}
    apart = tl.basins(tl.landscapes.uv_product, tl.gd(0.05), 13)
    assert len(apart.minima) == 2
