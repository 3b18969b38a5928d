"""What the descriptions of the classics say is true, each sentence by an independent route."""

from __future__ import annotations

import itertools
import math

import mpmath as mp
import numpy as np
import pytest
import scipy.optimize
import sympy
from search_classics import exact_curvature, exact_slope, grid, land, oracle, slope


def test_quadratics_have_the_stated_eigenvalues() -> None:
    np.testing.assert_allclose(land("booth").spectrum((3, -4)).eigenvalues, [2, 18], rtol=1e-13)
    np.testing.assert_allclose(land("matyas").spectrum((3, -4)).eigenvalues, [0.04, 1], rtol=1e-12)
    assert land("matyas", a=0.25, b=0.5).minima[0].kind == "valley"
    assert land("matyas", a=0.2, b=0.5).critical_points[0].kind == "saddle"
    assert land("booth", a=1, b=-4).minima[0].point == pytest.approx((-3, 2), abs=1e-12)


def test_zakharov_is_convex_with_a_quartic_wall() -> None:
    points = grid("zakharov", 41).reshape(-1, 2)
    eigenvalues = land("zakharov").spectrum(points).eigenvalues
    wall = 4.5 + 15 * (points[:, 0] / 2 + points[:, 1]) ** 2
    np.testing.assert_allclose(eigenvalues[:, 0], 2, rtol=1e-9)
    np.testing.assert_allclose(eigenvalues[:, 1], wall, rtol=1e-12)


def test_beale_falls_for_ever_to_the_left() -> None:
    def floor(x: float) -> float:
        found = scipy.optimize.minimize_scalar(
            lambda y: float(oracle("beale", (x, y), {})), bounds=(1, 4), method="bounded",
            options={"xatol": 1e-13},
        )  # fmt: skip
        return float(found.fun)

    floors = [floor(x) for x in (-1.0, -2.0, -4.5, -10.0, -100.0, -1000.0)]
    assert all(a > b for a, b in itertools.pairwise(floors))
    # In the limit the residuals are c_i - i k: least squares in k leaves this much.
    limit = 14.203125 - 13.875**2 / 14
    assert floors[-1] == pytest.approx(limit, abs=5e-3)
    assert floors[-1] > limit
    corners = itertools.product((-4.5, 4.5), repeat=2)
    assert min(float(land("beale").loss(c)) for c in corners) > 100_000


def test_himmelblau_hyperbola_and_merging_minima() -> None:
    for point in land("himmelblau").critical_points:
        if point.kind == "minimum":
            assert point.loss < 1e-20
        else:
            assert point.point.prod() == pytest.approx(0.25, rel=1e-12)
    losses = [m.loss for m in land("himmelblau", b=2.0).minima]
    assert len(losses) == 3
    assert sorted(loss > 1e-3 for loss in losses) == [False, False, True]


def test_branin_is_equally_deep_at_odd_multiples_of_pi() -> None:
    entry = land("branin")
    for k in (-3, -1, 1, 3, 5):
        x = k * math.pi
        floor = 5.1 / (4 * math.pi**2) * x**2 - 5 / math.pi * x + 6
        point = entry.critical_point((x, floor))
        assert point.kind == "minimum"
        assert point.loss == pytest.approx(10 / (8 * math.pi), rel=1e-12)
    steeper = [m.point for m in land("branin", a=5).minima]
    np.testing.assert_allclose(steeper, [m.point for m in entry.minima], rtol=1e-12)


def test_six_hump_camel_stops_gradient_descent_behind_a_low_pass() -> None:
    entry = land("six_hump_camel")
    losses = sorted({round(c.loss, 9) for c in entry.critical_points})
    assert losses[:2] == [-1.031628453, -0.215463824]
    shallow = max(m.loss for m in entry.minima)
    passes = [c.loss for c in entry.critical_points if c.kind == "saddle" and c.loss > shallow]
    assert len(passes) == 4
    assert min(passes) - shallow == pytest.approx(0.125, abs=5e-4)
    point = np.array(entry.start)
    for _ in range(3000):
        point = point - 0.01 * slope("six_hump_camel", point, {})
    assert float(entry.loss(point)) == pytest.approx(shallow, abs=1e-10)


def test_three_hump_camel_values() -> None:
    losses = sorted(round(c.loss, 6) for c in land("three_hump_camel").critical_points)
    assert losses == [0, 0.298638, 0.298638, 0.877362, 0.877362]
    assert float(land("three_hump_camel").loss((5, 5))) > 2000


def test_mccormick_steps_down_by_pi_without_end() -> None:
    entry = land("mccormick")
    for k in range(4):
        s = -2 * math.pi / 3 - 2 * math.pi * k
        point = entry.critical_point(((s + 1) / 2, (s - 1) / 2))
        assert point.kind == "minimum"
        assert np.abs(slope("mccormick", point.point, {})).max() < 1e-12
        assert point.loss == pytest.approx(-1.9132229549810367 - k * math.pi, rel=1e-12)


def test_rastrigin_becomes_convex_at_the_stated_dial() -> None:
    points = grid("rastrigin", 401).reshape(-1, 2)
    threshold = 1 / (2 * math.pi**2)
    assert threshold == pytest.approx(0.0507, abs=5e-5)
    assert land("rastrigin", a=0.999 * threshold).spectrum(points).eigenvalues.min() > 0
    assert land("rastrigin", a=1.01 * threshold).spectrum(points).eigenvalues.min() < 0


def test_griewank_wells_look_alike() -> None:
    entry = land("griewank")
    losses = [m.loss for m in entry.minima]
    assert max(losses) - min(losses) < 0.03
    hills = [c.loss for c in entry.critical_points if c.kind == "maximum"]
    assert min(hills) > 2
    assert max(hills) < 2.05


def test_levy13_slot() -> None:
    eigenvalues = land("levy13").minima[0].eigenvalues
    np.testing.assert_allclose(eigenvalues, [2, 2 + 18 * math.pi**2], rtol=1e-12)


def test_ackley_has_a_tip_and_not_a_bottom() -> None:
    entry = land("ackley")
    assert float(entry.loss((0, 0))) == 0.0
    angles = np.linspace(0, 2 * np.pi, 17)
    ring = 1e-9 * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    slopes = np.linalg.norm(entry.grad(ring), axis=-1)
    np.testing.assert_allclose(slopes, 20 * 0.2 / math.sqrt(2), rtol=1e-6)
    assert slopes[0] == pytest.approx(2.83, abs=5e-3)
    assert np.isnan(entry.hessian((0, 0))).all()  # a tip: opposite slopes, with mean 0
    np.testing.assert_array_equal(entry.grad((0, 0)), 0)
    assert min(m.loss for m in entry.minima[1:]) == pytest.approx(2.57992755702987, rel=1e-12)


def test_schaffer2_has_stationary_points_on_the_axes_only_and_no_saddle() -> None:
    x, y, k = sympy.symbols("x y k", positive=True)
    s, q = x**2 - y**2, 1 + k * (x**2 + y**2)
    loss = sympy.Rational(1, 2) + (sympy.sin(s) ** 2 - sympy.Rational(1, 2)) / q**2
    # Off the axes f_x/x + f_y/y = 0 forces sin^2 = 1/2, and then f_x/x - f_y/y is not 0.
    total = sympy.simplify((sympy.diff(loss, x) / x + sympy.diff(loss, y) / y) * q**3)
    difference = sympy.simplify((sympy.diff(loss, x) / x - sympy.diff(loss, y) / y) * q**2)
    assert sympy.simplify(total + 8 * k * (sympy.sin(s) ** 2 - sympy.Rational(1, 2))) == 0
    assert sympy.simplify(difference - 4 * sympy.sin(2 * s)) == 0
    assert float(loss.subs({x: 1.3, y: 0.4, k: 0.001})) == pytest.approx(
        float(oracle("schaffer2", (1.3, 0.4), {})), rel=1e-14
    )
    np.testing.assert_allclose(land("schaffer2").minima[0].eigenvalues, 0.002, rtol=1e-12)
    assert oracle("schaffer2", grid("schaffer2", 401), {}).min() >= 0
    # The ridges sin^2 = 1 between the canyons come down towards 1/2, along x = (y^2 + pi/2)^(1/2).
    outwards = np.linspace(0, 100, 50)
    ridge = np.stack([np.sqrt(outwards**2 + np.pi / 2), outwards], axis=-1)
    heights = land("schaffer2").loss(ridge)
    assert (np.diff(heights) < 0).all()
    assert heights[-1] == pytest.approx(0.5, abs=2e-3)


def test_drop_wave_is_smooth_in_the_middle_and_has_rings_of_minima() -> None:
    entry = land("drop_wave")
    radii = np.array([1e-12, 1e-6, 1e-3, 0.0083, 1 / 120, 0.0084, 0.05])
    for r in radii:
        point = [mp.mpf(0.6) * mp.mpf(float(r)), mp.mpf(0.8) * mp.mpf(float(r))]
        with mp.workdps(60):
            expected = [float(g) for g in exact_slope("drop_wave", {}, point)]
            curvature = sorted(exact_curvature("drop_wave", {}, point))
        here = [float(value) for value in point]
        np.testing.assert_allclose(entry.grad(here), expected, rtol=1e-12)
        np.testing.assert_allclose(entry.spectrum(here).eigenvalues, curvature, rtol=1e-11)
    np.testing.assert_allclose(entry.hessian((0, 0)), 72.5 * np.eye(2), atol=1e-12)
    rings = [c for c in entry.minima if c.kind == "valley"]
    assert len(rings) == 9
    assert rings[0].loss == pytest.approx(-0.94, abs=5e-3)
    assert min(c.loss for c in rings) == rings[0].loss
    angles = np.linspace(0, 2 * np.pi, 13)[:-1]
    for ring in rings:
        around = ring.point[0] * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        np.testing.assert_allclose(entry.loss(around), ring.loss, rtol=1e-12)
        assert np.abs(entry.grad(around)).max() < 1e-11


def test_cross_in_tray_walls() -> None:
    entry = land("cross_in_tray")
    assert float(entry.loss((0.0, 1.3))) == -0.0001
    assert float(entry.loss((1e-43, 1.3494))) == pytest.approx(-0.0001, abs=1e-3)
    half = float(entry.loss((0.001, 1.3494))) / float(entry.loss((1.3494, 1.3494)))
    assert half == pytest.approx(0.5, abs=0.02)
    slopes = [abs(float(entry.grad((d, 1.3494))[0])) for d in (1e-3, 1e-6, 1e-12)]
    assert slopes[2] > 1e4 * slopes[1] > 1e4 * slopes[0]
    best = min(entry.minima, key=lambda m: m.loss).point[0]
    assert 1e-9 < abs(abs(best) - 1.349406608602084) < 1e-8


def test_easom_is_exactly_flat_far_away() -> None:
    entry = land("easom")
    angles = np.linspace(0, 2 * np.pi, 33)
    ring = math.pi + 28 * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    assert (entry.grad(ring) == 0).all()
    near = math.pi + 20 * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    assert (np.abs(entry.grad(near)).max(axis=-1) > 0).all()
    faint = sorted(m.loss for m in entry.minima)[1:]
    np.testing.assert_allclose(faint, -8.11022389e-05, rtol=1e-8)
