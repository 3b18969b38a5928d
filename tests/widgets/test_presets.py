"""Every preset does what it says, and every number in its reason comes out of an independent calculation."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np
import pytest

import toylands as tl
from toylands.widgets import compute, explain, presets
from toylands.widgets import scene as scenes
from toylands.widgets.presets import PRESETS, Preset

BY_NAME = {preset.name: preset for preset in PRESETS}


def walks_of(preset: Preset) -> list[compute.Walk]:
    scene = presets.scene_of(preset.name)
    return compute.walks(scene, compute.scene_landscape(scene))


@pytest.mark.parametrize("name", BY_NAME)
def test_a_preset_ends_as_declared(name: str) -> None:
    preset = BY_NAME[name]
    walks = walks_of(preset)
    assert walks[0].trajectory.status.kind == preset.outcome
    assert preset.lesson in (1, 2, 3, 4, 5)
    assert explain.sentence(walks[0])


def test_each_of_the_five_lessons_has_a_good_and_a_bad_one() -> None:
    assert {(p.lesson, p.good) for p in PRESETS} == {
        (n, g) for n in range(1, 6) for g in (True, False)
    }
    assert len(BY_NAME) == len(PRESETS)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_preset_survives_its_state_string(name: str) -> None:
    scene = presets.scene_of(name)
    assert scenes.from_state(scenes.to_state(scene)) == scene


def test_a_preset_keeps_how_the_scene_is_viewed() -> None:
    current = scenes.new_scene(
        tl.landscapes.bowl, [tl.gd(0.1)], mode="teacher", axis="evaluations", show={"basin": True}
    )
    made = presets.scene_of("ravine: tuned heavy ball", current)
    assert (made["mode"], made["axis"], made["show"]) == ("teacher", "evaluations", current["show"])


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(ValueError, match="Did you mean 'ravine: tuned heavy ball'"):
        presets.scene_of("ravine: tuned heavy bal")


# --- the numbers in the reasons ---------------------------------------------------------------------
# Each is computed here from the mathematics, without toylands; `lr` and `start` are the preset's.

X = np.array([0.0, 1.0, 2.0, 3.0])  # the inputs of the regression
H = 2 * np.array([[np.mean(X**2), np.mean(X)], [np.mean(X), 1.0]])
LOW, HIGH = np.linalg.eigvalsh(H)


def sharp_well() -> float:
    """The sharp well's curvature, by finite differences of the loss in long double arithmetic."""
    import mpmath

    land = tl.landscapes.gaussian_wells
    point = min(
        (p for p in land.critical_points if p.kind == "minimum"),
        key=lambda p: -max(p.eigenvalues),
    ).point
    h = 1e-4

    def loss(dx: float, dy: float) -> float:
        return float(land.loss(point + np.array([dx, dy])))

    xx = (loss(h, 0) - 2 * loss(0, 0) + loss(-h, 0)) / h**2
    yy = (loss(0, h) - 2 * loss(0, 0) + loss(0, -h)) / h**2
    xy = (loss(h, h) - loss(h, -h) - loss(-h, h) + loss(-h, -h)) / (4 * h**2)
    values = mpmath.eigsy(mpmath.matrix([[xx, xy], [xy, yy]]), eigvals_only=True)
    return float(max(values))


REASONS: dict[str, dict[str, float]] = {
    "regression: the best constant rate": {"2": 2, "2/9": 2 / (HIGH + LOW)},
    "regression: just above the limit": {
        "0.245": 0.245, "2": 2, "0.238": 2 / HIGH, "1.06": abs(1 - 0.245 * HIGH),
    },
    "quartic wall: a start inside": {"4.4": 4.4, "2": 2, "4.47": math.sqrt(2 / 0.1), "0": 0},
    "quartic wall: a start outside": {"4.5": 4.5, "2": 2, "4.47": math.sqrt(2 / 0.1)},
    "rotated bowl: along the axes of the Hessian": {"1": 0.1 * 10},
    "sharp and flat wells: too large for the sharp one": {"30": 30, "0.1": 0.1, "2/30": 2 / 30},
    "ravine: tuned heavy ball": {
        "100": 100, "4": 4, "10": math.sqrt(100), "1": 1, "2": 2,
        "9/11": (math.sqrt(100) - 1) / (math.sqrt(100) + 1), "99/101": (100 - 1) / (100 + 1),
    },
    "ravine: gradient descent over the limit": {
        "0.0202": 0.0202, "2/100": 2 / 100, "2": 100 * (abs(1 - 0.0202 * 100) - 1),
    },
    "rotated ravine: Adam loses its advantage": {"45": 45},
    "quartic saddle: momentum leaves sooner": {
        "1.316": float(max(np.abs(np.roots([1, -(1 + 0.9 + 0.1), 0.9])))), "1.1": 1 + 0.1 * 1,
    },
    "quartic saddle: Newton is caught": {},
    "desert: gradient descent starves, Adam walks": {"2e-5": 5 * math.exp(-(5**2) / 2)},
    "uv product: plateau, then acceleration": {"1": 1},
    "uv product: over the edge": {
        "3": 3, "0.1": 0.1, "2": 2, "9": 3**2 + 0.1**2, "0.5": 0.5, "2/9": 2 / 9,
    },
}  # fmt: skip
TOKEN = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?(?:/\d+)?")


def test_every_preset_has_its_reasons_checked() -> None:
    assert set(REASONS) == set(BY_NAME)


@pytest.mark.parametrize("name", BY_NAME)
def test_every_number_of_a_reason_is_true(name: str) -> None:
    tokens = set(TOKEN.findall(BY_NAME[name].why))
    assert tokens == set(REASONS[name]), "check every number that is written"
    for token in tokens:
        top, _, bottom = token.partition("/")
        stated = float(top) / float(bottom or 1)
        digits = len(re.sub(r"e.*|\D", "", top).lstrip("0")) or 1
        exact = REASONS[name][token]
        if bottom:
            assert stated == pytest.approx(exact, rel=1e-9)
        else:
            assert float(f"{exact:.{digits}g}") == pytest.approx(stated), (token, exact)


def test_the_sharp_well_is_as_sharp_as_said() -> None:
    assert sharp_well() == pytest.approx(30, rel=0.05)


# --- what the reasons say besides numbers -----------------------------------------------------------


def path(name: str, which: int = 0) -> np.ndarray:
    return np.asarray(walks_of(BY_NAME[name])[which].trajectory.path)


def numpy_walk(
    step: Callable[[np.ndarray], np.ndarray], start: tuple[float, ...], steps: int
) -> np.ndarray:
    points = [np.array(start, dtype=float)]
    for _ in range(steps):
        points.append(step(points[-1]))
    return np.array(points)


def test_the_regression_grows_slowly_above_its_limit() -> None:
    made = path("regression: just above the limit")
    targets = np.array([1.0, 3.0, 2.0, 5.0])

    def step(theta: np.ndarray) -> np.ndarray:
        wrong = theta[0] * X + theta[1] - targets
        return theta - 0.245 * 2 * np.array([np.mean(wrong * X), np.mean(wrong)])

    np.testing.assert_allclose(made, numpy_walk(step, (0, 0), 120), rtol=1e-9, atol=1e-9)
    best = np.linalg.solve(H / 2, [np.mean(X * targets), np.mean(targets)])
    steep = np.linalg.eigh(H)[1][:, -1]
    error = np.abs((made - best) @ steep)
    np.testing.assert_allclose(error[1:] / error[:-1], abs(1 - 0.245 * HIGH), rtol=1e-6)


def test_the_quartic_wall_keeps_or_loses_its_walker() -> None:
    inside = path("quartic wall: a start inside")[:, 0]
    assert (np.diff(np.abs(inside)) < 0).all()
    outside = path("quartic wall: a start outside")[:, 0]
    assert (np.diff(np.abs(outside)) > 0).all()


def test_the_sharp_well_lets_its_walker_go() -> None:
    name = "sharp and flat wells: too large for the sharp one"
    land = tl.landscapes.gaussian_wells
    sharp = max(
        (p for p in land.critical_points if p.kind == "minimum"), key=lambda p: max(p.eigenvalues)
    )
    made = path(name)
    assert np.linalg.norm(made[0] - sharp.point) < 0.1
    assert max(sharp.eigenvalues) * 0.1 > 2
    assert np.linalg.norm(made - sharp.point, axis=1)[-50:].max() > 0.01


def test_the_tuned_heavy_ball_beats_the_best_gradient_descent() -> None:
    ball, best = walks_of(BY_NAME["ravine: tuned heavy ball"])
    assert ball.trajectory.status.kind == "converged"
    assert best.trajectory.status.kind == "running"
    assert best.trajectory.optimizer.lr == pytest.approx(2 / (100 + 1))


def test_turning_the_ravine_slows_adam_and_not_gradient_descent() -> None:
    adam, gd = walks_of(BY_NAME["rotated ravine: Adam loses its advantage"])
    straight = tl.landscapes.ravine(kappa=100)  # the same ravine along the axes, from as far away
    races = [tl.descend(straight, opt, (1, 1), 300) for opt in (tl.adam(0.1), tl.gd(0.0198))]
    assert adam.trajectory.loss[-1] > 10 * races[0].loss[-1]
    assert adam.trajectory.loss[-1] > gd.trajectory.loss[-1]  # the advantage is gone
    assert gd.trajectory.loss[-1] == pytest.approx(races[1].loss[-1], rel=0.05)


def test_momentum_leaves_the_saddle_sooner() -> None:
    ball, gd = (np.abs(path("quartic saddle: momentum leaves sooner", k)[:, 1]) for k in (0, 1))
    assert np.argmax(ball > 0.5) < np.argmax(gd > 0.5)
    early = slice(30, 45)  # both still close to the saddle, past momentum's first steps
    assert (ball[early][1:] / ball[early][:-1])[-1] == pytest.approx(1.316, abs=2e-3)
    assert (gd[early][1:] / gd[early][:-1])[-1] == pytest.approx(1.1, abs=1e-3)


def test_newton_is_caught_and_the_saddle_free_step_is_not() -> None:
    caught, free = walks_of(BY_NAME["quartic saddle: Newton is caught"])
    assert str(caught.trajectory.status) == "converged to a saddle"
    assert str(free.trajectory.status) == "converged to a minimum"


def test_the_desert_starves_gradient_descent_only() -> None:
    name = "desert: gradient descent starves, Adam walks"
    gd, adam = path(name, 0), path(name, 1)
    assert np.linalg.norm(gd[-1] - gd[0]) < 0.01
    assert np.linalg.norm(adam[-1]) < 0.2
    first = np.abs(np.diff(adam[:, 0]))[:10]
    np.testing.assert_allclose(first, 0.1, rtol=0.1)


def test_the_product_waits_before_it_falls() -> None:
    walk = walks_of(BY_NAME["uv product: plateau, then acceleration"])[0]
    loss = walk.trajectory.loss
    fall = -np.diff(loss)
    assert fall[:10].max() < 0.01 * fall.max()
    np.testing.assert_allclose(walk.trajectory.end.prod(), 1, atol=1e-6)


# --- the optimizers nobody chose ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["gaussian_wells", "gaussian_desert", "funnel_1d", "chain_1d", "rosenbrock", "easom"]
)
def test_default_gradient_descent_goes_down_and_settles(name: str) -> None:
    land = tl.landscapes.get(name)
    gd, *others = presets.default_optimizers(land)
    loss = tl.descend(land, gd, steps=300).loss
    assert loss[-1] < loss[0]
    assert (np.diff(loss[150:]) <= 1e-12).all()
    assert [opt.base_name for opt in others] == ["momentum", "adam", "gd"]
    # Adam moves about its rate per step: enough of them for the width of the view.
    width = min(high - low for low, high in land.view)
    assert 30 < width / others[1].lr < 300


def test_a_game_is_shown_with_the_rules_made_for_games() -> None:
    land = tl.landscapes.bilinear_game
    gd, extra, optimistic, adam = presets.default_optimizers(land)
    ends = [tl.descend(land, opt, steps=300).grad_norm for opt in (gd, extra, optimistic, adam)]
    assert [end[-1] < end[0] for end in ends[:3]] == [False, True, True]
    assert [gd.base_name, extra.base_name, optimistic.base_name, adam.base_name] == [
        "gd", "extragradient", "optimistic_gd", "adam",
    ]  # fmt: skip


def test_a_slice_through_a_stationary_point_starts_beside_it() -> None:
    through = {"through": (1, 1, 1)}  # u v w = 1: the valley of minima
    beside = tl.explore_slice(tl.landscapes.uvw_product, tl.gd(0.05), **through)
    assert beside.runs[0].loss[0] > 0.1 > beside.runs[0].loss[-1]
    told = tl.explore_slice(tl.landscapes.uvw_product, tl.gd(0.05), start=(0, 0), **through)
    assert told.scene["start"] == [0, 0]
    beside.close()
    told.close()
