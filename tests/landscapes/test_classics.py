"""The classic test functions against the literature, mpmath, SymPy's exact root counts and SciPy.

Every oracle is typed independently in `oracles_classics`; no number below was produced by toylands.
"""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest
import scipy.optimize
import sympy
from oracles_classics import ORACLES
from search_classics import (
    declared,
    distinct,
    exact_curvature,
    exact_slope,
    grid_minima,
    inside,
    land,
    matched,
    oracle,
    scipy_minima,
    scipy_stationary,
    slope,
)

from toylands import landscapes
from toylands.formula import Landscape
from toylands.landscapes import classics, multimodal

NAMES = sorted(ORACLES)
WITH_DIALS = sorted(name for name in NAMES if landscapes.get(name).dials)

# name: (global minimum as published, its points as published, decimals to which both are right)
PUBLISHED: dict[str, tuple[float, list[tuple[float, float]], int]] = {
    "ackley": (0.0, [(0, 0)], 12),
    "beale": (0.0, [(3, 0.5)], 12),
    "bohachevsky1": (0.0, [(0, 0)], 12),
    "booth": (0.0, [(1, 3)], 12),
    "branin": (0.397887, [(-3.141593, 12.275), (3.141593, 2.275), (9.424778, 2.475)], 6),
    "cross_in_tray": (-2.06261, [(s * 1.3494, t * 1.3494) for s in (1, -1) for t in (1, -1)], 4),
    "drop_wave": (-1.0, [(0, 0)], 12),
    "easom": (-1.0, [(3.141593, 3.141593)], 6),
    "goldstein_price": (3.0, [(0, -1)], 12),
    "griewank": (0.0, [(0, 0)], 12),
    "himmelblau": (
        0.0,
        [(3.0, 2.0), (-2.805118, 3.131312), (-3.779310, -3.283186), (3.584428, -1.848126)],
        5,
    ),
    "levy13": (0.0, [(1, 1)], 12),
    "matyas": (0.0, [(0, 0)], 12),
    "mccormick": (-1.9133, [(-0.54719, -1.54719)], 4),
    "rastrigin": (0.0, [(0, 0)], 12),
    "schaffer2": (0.0, [(0, 0)], 12),
    "six_hump_camel": (-1.0316, [(0.0898, -0.7126), (-0.0898, 0.7126)], 3),
    "styblinski_tang": (-78.33233, [(-2.903534, -2.903534)], 5),
    "three_hump_camel": (0.0, [(0, 0)], 12),
    "zakharov": (0.0, [(0, 0)], 12),
}

# How many stationary points of each kind the declaration must list at the default parameters, and
# whether that is all of them: in the plane ("plane"), in the window ("window"), or some ("some").
COUNTS: dict[str, tuple[int, int, int, str]] = {  # minima, saddles, maxima
    "ackley": (121, 0, 0, "some"),
    "beale": (1, 2, 0, "plane"),
    "bohachevsky1": (25, 40, 16, "plane"),
    "booth": (1, 0, 0, "plane"),
    "branin": (3, 2, 0, "window"),
    "cross_in_tray": (36, 0, 0, "some"),
    "drop_wave": (10, 0, 0, "some"),
    "easom": (5, 4, 4, "some"),
    "goldstein_price": (4, 4, 1, "plane"),
    "griewank": (17, 24, 18, "window"),
    "himmelblau": (4, 4, 1, "plane"),
    "levy13": (1, 0, 0, "some"),
    "matyas": (1, 0, 0, "plane"),
    "mccormick": (2, 1, 0, "window"),
    "rastrigin": (121, 220, 100, "window"),
    "schaffer2": (21, 0, 20, "window"),
    "six_hump_camel": (6, 7, 2, "plane"),
    "styblinski_tang": (4, 4, 1, "plane"),
    "three_hump_camel": (3, 2, 0, "plane"),
    "zakharov": (1, 0, 0, "plane"),
}


# --- the formulas ---------------------------------------------------------------------------------


def test_every_classic_has_an_oracle_and_a_place_in_the_catalogue() -> None:
    written = {
        value.name
        for module in (classics, multimodal)
        for value in vars(module).values()
        if isinstance(value, Landscape)
    }
    assert written == set(NAMES) == set(PUBLISHED) == set(COUNTS)
    for name in NAMES:
        entry = landscapes.get(name)
        assert "classic" in entry.tags
        assert entry.source
        assert entry.dim == 2
        assert inside(name, np.array(entry.start))


@pytest.mark.parametrize("name", NAMES)
def test_loss_and_derivatives_agree_with_the_oracle(name: str) -> None:
    rng = np.random.default_rng(7)
    base = landscapes.get(name)
    low, high = np.array(base.view).T
    for trial in range(4):
        changes = (
            {key: rng.uniform(d.low, d.high) for key, d in base.dials.items()} if trial else {}
        )
        variant = base(**changes)
        point = rng.uniform(low, high)
        exact = [mp.mpf(float(value)) for value in point]
        with mp.workdps(50):
            loss = ORACLES[name](exact, variant.parameters)
            gradient = exact_slope(name, variant.parameters, exact)
            curvature = exact_curvature(name, variant.parameters, exact)
        size = 1 + abs(float(loss))
        assert variant.loss(point) == pytest.approx(float(loss), rel=1e-12, abs=1e-12)
        np.testing.assert_allclose(
            variant.grad(point), [float(g) for g in gradient], rtol=1e-11, atol=1e-12 * size
        )
        scale = max(map(abs, curvature)) + size
        np.testing.assert_allclose(
            variant.spectrum(point).eigenvalues, sorted(curvature), rtol=1e-10, atol=1e-12 * scale
        )


# --- the published minima -------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_published_global_minima(name: str) -> None:
    value, points, decimals = PUBLISHED[name]
    entry = landscapes.get(name)
    minima = [m for m in entry.minima if abs(m.loss - value) < 2 * 10.0**-decimals]
    found = np.array([m.point for m in minima])
    matched(found, np.array(points, dtype=float), 2 * 10.0**-decimals)
    lowest = min(m.loss for m in entry.minima)
    assert lowest == pytest.approx(min(m.loss for m in minima), abs=1e-12)
    assert entry.loss(found) == pytest.approx(value, abs=2 * 10.0**-decimals)


@pytest.mark.parametrize("name", NAMES)
def test_declared_points_are_right_to_the_last_digit(name: str) -> None:
    entry = landscapes.get(name)
    points = entry.declared
    refined = entry.critical_points
    every = max(1, len(points) // 30)
    for claim, point in list(zip(points, refined, strict=True))[::every]:
        if entry.kink and claim.point == (0, 0):
            assert point.kind == claim.kind
            assert np.isnan(point.eigenvalues).all()
            continue
        start = tuple(mp.mpf(value) for value in claim.point)
        with mp.workdps(30):
            exact: Any = start
            if claim.point != (0, 0) and claim.kind != "valley":
                exact = tuple(
                    mp.findroot(
                        lambda x, y: exact_slope(name, entry.parameters, (x, y)), start, tol=1e-22
                    )
                )
            if claim.kind == "valley":
                radius = mp.findroot(
                    lambda r: exact_slope(name, entry.parameters, (r, mp.mpf(0)))[0], start[0]
                )
                exact = (radius, mp.mpf(0))
            loss = ORACLES[name](exact, entry.parameters)
            curvature = exact_curvature(name, entry.parameters, exact)
        position = np.array([float(value) for value in exact])
        np.testing.assert_allclose(claim.point, position, rtol=1e-13, atol=1e-13)
        np.testing.assert_allclose(point.point, position, rtol=1e-14, atol=1e-14)
        assert point.loss == pytest.approx(float(loss), rel=1e-12, abs=1e-12)
        if claim.loss is not None:
            assert claim.loss == pytest.approx(float(loss), rel=1e-13, abs=1e-13)
        zero = 1e-9 * max(map(abs, curvature))
        negative, positive = sum(c < -zero for c in curvature), sum(c > zero for c in curvature)
        kind = {(0, 2): "minimum", (1, 1): "saddle", (2, 0): "maximum", (0, 1): "valley"}
        assert kind[negative, positive] == claim.kind == point.kind
        assert point.index == negative


@pytest.mark.parametrize("name", WITH_DIALS)
def test_declared_points_follow_the_dials(name: str) -> None:
    rng = np.random.default_rng(11)
    base = landscapes.get(name)
    for _ in range(12):
        changes = {key: rng.uniform(d.low, d.high) for key, d in base.dials.items()}
        variant = base(**changes)
        claims, refined = variant.declared, variant.critical_points
        assert claims
        for claim, point in zip(claims, refined, strict=True):
            assert claim.kind == point.kind, (changes, claim)
            np.testing.assert_allclose(point.point, claim.point, rtol=1e-11, atol=1e-11)
            if claim.loss is not None:
                assert claim.loss == pytest.approx(point.loss, rel=1e-12, abs=1e-12)
        smooth = np.array([c.point for c in claims if not (base.kink and c.point == (0, 0))])
        if len(smooth):
            size = 1 + np.abs(oracle(name, np.array(base.start), variant.parameters))
            assert np.abs(slope(name, smooth, variant.parameters)).max() < 1e-8 * size


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("ackley", {"b": -0.1}),
        ("bohachevsky1", {"c": -0.2}),
        ("branin", {"t": 1.5}),
        ("branin", {"a": -1.0}),
        ("griewank", {"d": -10.0}),
        ("griewank", {"d": 10.0}),
        ("himmelblau", {"a": -5.0}),
        ("matyas", {"a": -1.0}),
        ("matyas", {"a": 0.2, "b": 0.4}),
        ("rastrigin", {"a": -3.0}),
        ("styblinski_tang", {"a": -4.0, "b": -1.0}),
    ],
)
def test_nothing_wrong_is_declared_beyond_the_dials(name: str, changes: dict[str, float]) -> None:
    variant = land(name, **changes)
    for claim, point in zip(variant.declared, variant.critical_points, strict=True):
        assert claim.kind == point.kind
        np.testing.assert_allclose(point.point, claim.point, rtol=1e-11, atol=1e-11)
    if name in ("himmelblau", "matyas", "styblinski_tang"):
        assert variant.declared


# --- nothing missed -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_counts_of_declared_points(name: str) -> None:
    minima, saddles, maxima, scope = COUNTS[name]
    entry = landscapes.get(name)
    assert len(declared(entry, "minimum", "valley")) == minima
    assert len(declared(entry, "saddle")) == saddles
    assert len(declared(entry, "maximum")) == maxima
    assert inside(name, declared(entry)).all()
    assert len(distinct(declared(entry))) == minima + saddles + maxima
    # Morse: where the loss grows in every direction, minima - saddles + maxima = 1.
    if scope == "plane" and name != "beale":
        assert minima - saddles + maxima == 1


# Schaffer's floors are so flat that a search along them tells nothing; see its own tests below.
@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("levy13", "schaffer2")])
def test_scipy_finds_no_lower_point_and_no_other_minimum(name: str) -> None:
    entry = landscapes.get(name)
    points, losses = scipy_minima(name, entry.parameters, 300 if entry.kink else 301)
    lowest = min(m.loss for m in entry.minima)
    assert losses.min() > lowest - 1e-9 * (1 + abs(lowest))
    assert losses.min() < lowest + 1e-6 * (1 + abs(lowest))
    if name == "drop_wave":  # rings: compare radii
        found, rings = np.hypot(*points.T), declared(entry, "minimum", "valley")[:, 0]
        found = found[found < 5.1]
        assert np.abs(found[:, None] - rings).min(axis=1).max() < 1e-5
        assert np.abs(found[:, None] - rings).min(axis=0).max() < 1e-5
        return
    if name == "easom":  # the fainter ones are not listed
        points = points[losses < -1e-5]
    low, high = np.array(entry.view).T
    edge = ((points < low + 1e-9) | (points > high - 1e-9)).any(axis=1)
    if name == "beale":  # some searches give up in the curved valley
        edge |= np.abs(slope(name, points, {})).max(axis=1) > 1e-5
    loose = {"ackley": 1e-5, "cross_in_tray": 1e-5, "easom": 1e-4, "beale": 1e-4}.get(name, 1e-6)
    matched(points[~edge], declared(entry, "minimum"), loose)


def test_scipy_finds_no_lower_point_of_levy13_among_its_thousand_minima() -> None:
    seeds = grid_minima("levy13", {}, 801)
    assert len(seeds) > 1000
    best = seeds[np.argsort(oracle("levy13", seeds, {}))[:60]]
    losses = [
        scipy.optimize.minimize(
            lambda p: float(oracle("levy13", p, {})), start, jac=lambda p: slope("levy13", p, {})
        ).fun
        for start in best
    ]
    assert min(losses) == pytest.approx(0.0, abs=1e-12)
    assert sum(loss > 0.1 for loss in losses) > 50


STATIONARY = {"branin": 24, "griewank": 40, "mccormick": 20, "beale": 30, "three_hump_camel": 24}


@pytest.mark.parametrize("name", ["himmelblau", "six_hump_camel", *STATIONARY])
def test_scipy_finds_exactly_the_declared_stationary_points(name: str) -> None:
    entry = landscapes.get(name)
    matched(scipy_stationary(name, entry.parameters, STATIONARY.get(name, 24)), declared(entry))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("himmelblau", {"a": 9.0, "b": 3.0}),
        ("himmelblau", {"a": 2.0, "b": 7.0}),
        ("branin", {"t": 0.3, "c": 1.3, "r": 7.0}),
        ("griewank", {"d": 200.0}),
        ("styblinski_tang", {"a": 9.0, "b": 7.5}),
        ("styblinski_tang", {"a": 6.0, "b": 10.0}),
        ("bohachevsky1", {"c": 0.1, "d": 0.15}),
        ("rastrigin", {"a": 0.3}),
    ],
)
def test_scipy_finds_exactly_the_declared_stationary_points_elsewhere_on_the_dials(
    name: str, changes: dict[str, float]
) -> None:
    variant = land(name, **changes)
    found = scipy_stationary(name, variant.parameters, 40 if name == "griewank" else 30)
    points = declared(variant)
    matched(found, points[inside(name, points)])


@pytest.mark.parametrize(
    ("name", "total"),
    [
        *(("booth", 1), ("matyas", 1), ("zakharov", 1), ("beale", 3), ("himmelblau", 9)),
        *(("styblinski_tang", 9), ("six_hump_camel", 15), ("three_hump_camel", 5)),
    ],
)
def test_exact_number_of_stationary_points_of_the_polynomials(name: str, total: int) -> None:
    # Sheared so that no two points share the coordinate u, then y is eliminated; Sturm's theorem
    # counts the real roots of what is left exactly.
    u, y = sympy.symbols("u y")
    params = {key: sympy.nsimplify(v) for key, v in landscapes.get(name).parameters.items()}
    loss = ORACLES[name]((u - sympy.Rational(7, 13) * y, y), params, m=sympy)
    first, second = sympy.diff(loss, u), sympy.diff(loss, y)
    left = sympy.Poly(sympy.resultant(first, second, y), u).sqf_part()
    assert left.count_roots() == total == sum(COUNTS[name][:3])


def test_goldstein_price_is_a_product_with_nine_rational_points() -> None:
    x, y, s, t = sympy.symbols("x y s t")
    g = 1 + (s + 1) ** 2 * (19 - 14 * s + 3 * s**2)
    h = 30 + t**2 * (18 - 16 * t + 3 * t**2)
    product = (g * h).subs({s: x + y, t: 2 * x - 3 * y})
    assert sympy.expand(product - ORACLES["goldstein_price"]((x, y), {}, m=sympy)) == 0
    # Both factors are positive, so the loss is stationary where both derivatives vanish.
    assert sympy.Poly(g, s).count_roots() == sympy.Poly(h, t).count_roots() == 0
    sums, tilts = sympy.roots(sympy.diff(g, s)), sympy.roots(sympy.diff(h, t))
    assert set(sums) == {-1, 1, 2}
    assert set(tilts) == {0, 1, 3}
    points = [
        [float(value) for value in sympy.Matrix([[1, 1], [2, -3]]).solve(sympy.Matrix([a, b]))]
        for a in sums
        for b in tilts
    ]
    matched(np.array(points), declared(land("goldstein_price")), 1e-14)
    losses = sorted(c.loss for c in land("goldstein_price").minima)
    np.testing.assert_allclose(losses, [3, 30, 84, 840], rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "axis", "reach", "minima"),
    [
        *(("rastrigin", 0, 5.12, 11), ("bohachevsky1", 0, 1.6, 5), ("bohachevsky1", 1, 1.6, 5)),
        *(("schaffer2", 0, 4.0, 11), ("schaffer2", 1, 4.0, 11)),
    ],
)
def test_ripples_are_counted_along_each_axis(
    name: str, axis: int, reach: float, minima: int
) -> None:
    # brentq on every sign change of the independent slope
    params = landscapes.get(name).parameters
    ticks = np.linspace(-reach, reach, 20_000)

    def along(t: Any) -> Any:
        points = np.zeros((*np.shape(t), 2))
        points[..., axis] = t
        return slope(name, points, params)[..., axis]

    values = along(ticks)
    changes = np.flatnonzero(values[:-1] * values[1:] < 0)
    roots = [scipy.optimize.brentq(along, ticks[i], ticks[i + 1], xtol=1e-15) for i in changes]
    rising = int((values[changes] < 0).sum())
    assert (rising, len(roots) - rising) == (minima, minima - 1)
    positions = np.unique(np.round(declared(landscapes.get(name))[:, axis], 9))
    np.testing.assert_allclose(positions, sorted(np.round(roots, 9)), atol=2e-9)
