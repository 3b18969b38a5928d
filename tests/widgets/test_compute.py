"""What an explorer computes is what the core computes, and its statements are theorems.

Stability limits and rates are checked on parabolas, by running each rule's recursion in NumPy.
"""

from __future__ import annotations

from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

import toylands as tl
from toylands.optimizers import schedules
from toylands.widgets import compute
from toylands.widgets import scene as scenes

RACES: list[tuple[str, list[tl.Optimizer], dict[str, Any]]] = [
    ("rosenbrock", [tl.gd(1e-3), tl.momentum(1e-3), tl.adam(0.1), tl.sam(tl.gd(1e-3))], {}),
    ("bowl", [tl.newton(), tl.lion(0.01), tl.langevin(0.05, temperature=0.1)], {"seed": 5}),
    ("parabola", [tl.clip_norm(tl.gd(0.5), 0.2), tl.extragradient(0.3)], {"steps": 40}),
    ("himmelblau", [tl.noise(tl.adam(0.1), 0.3), tl.reset_on_conflict(tl.momentum(0.01))], {}),
    ("regression", [tl.gd(0.1), tl.swa(tl.gd(0.2), start=5)], {"steps": 60}),
]


@pytest.mark.parametrize(("name", "opts", "options"), RACES, ids=[race[0] for race in RACES])
def test_every_walk_is_what_descend_gives(
    name: str, opts: list[tl.Optimizer], options: dict[str, Any]
) -> None:
    land = tl.landscapes.get(name)
    scene = scenes.new_scene(land, opts, **options)
    scene = scenes.from_state(scenes.to_state(scene))  # as it arrives elsewhere
    walks = compute.walks(scene, compute.scene_landscape(scene))
    assert len(walks) == len(opts)
    for walk, opt in zip(walks, opts, strict=True):
        run = tl.descend(
            land, opt, land.start, options.get("steps", 300), seed=options.get("seed", 0)
        )
        np.testing.assert_array_equal(walk.trajectory.path, run.path)
        assert str(walk.trajectory.status) == str(run.status)
        np.testing.assert_allclose(walk.sharpness, run.sharpness, rtol=1e-9, atol=1e-12)


def test_a_schedule_noise_and_own_rates_reach_the_walk() -> None:
    land = tl.landscapes.bowl(b=3)
    opts = [tl.gd(0.1), tl.adam(0.02)]
    shape = {"name": "cosine", "steps": 50, "floor": 0.1}
    scene = scenes.new_scene(land, opts, schedule=shape, noise=0.2, seed=9, steps=50)
    for walk, opt in zip(compute.walks(scene, land), opts, strict=True):
        same = tl.noise(opt.replace(schedule=schedules.cosine(50, floor=0.1)), 0.2)
        run = tl.descend(land, same, land.start, 50, seed=9)
        np.testing.assert_array_equal(walk.trajectory.path, run.path)


def test_an_optimizer_that_is_off_does_not_walk() -> None:
    scene = scenes.new_scene(tl.landscapes.bowl, [tl.gd(0.1), tl.adam(0.1)])
    scene = scenes.changed(scene, {"optimizers.0.on": False})
    assert [walk.id for walk in compute.walks(scene, tl.landscapes.bowl)] == [1]


def last_stable(grows: Any, low: float, high: float) -> float:
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if grows(middle) else (middle, high)
    return low


def recursion(rule: str, step: float, beta: float) -> bool:
    """Whether 4000 steps on the parabola lambda = 1 with lr = step make the error grow."""
    x, v, old = 1.0, 0.0, 1.0
    top = 0.0
    for k in range(4000):
        if rule == "gd":
            x = x - step * x
        elif rule in ("momentum", "polyak"):
            v = beta * v + x
            x = x - step * v
        elif rule == "nesterov":
            v = beta * v + x
            x = x - step * (x + beta * v)
        elif rule == "extragradient":
            x = x - step * (x - step * x)
        elif rule == "optimistic_gd":
            x, old = x - 2 * step * x + step * old, x
        size = abs(x)
        if size > 1e12:
            return True
        if k >= 3000:
            top = max(top, size)
    return top > 1.0


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
@pytest.mark.parametrize(
    ("name", "theory"),
    [
        ("gd", lambda beta: 2.0),
        ("momentum", lambda beta: 2 * (1 + beta)),
        ("polyak", lambda beta: 2 * (1 + beta)),
        ("nesterov", lambda beta: (2 + 2 * beta) / (1 + 2 * beta)),
        ("extragradient", lambda beta: 1.0),
        ("optimistic_gd", lambda beta: 2 / 3),
    ],
)
def test_the_stability_limit_is_the_theorem_and_the_experiment(
    name: str, theory: Any, beta: float
) -> None:
    land = tl.landscapes.bowl
    numbers = {"beta": beta} if name in ("momentum", "polyak", "nesterov") else {}
    scene = scenes.new_scene(land, [tl.optimizers.get(name)(0.01, **numbers)], steps=5)
    limit = compute.walks(scene, land)[0].limit
    assert limit == pytest.approx(theory(beta), rel=1e-9)
    tried = last_stable(lambda step: recursion(name, step, beta), 0.0, 8.0)
    assert limit == pytest.approx(tried, rel=2e-2)


@pytest.mark.parametrize(
    "opt", [tl.adam(0.1), tl.lion(0.1), tl.sam(tl.gd(0.1)), tl.newton(), tl.rmsprop(0.1)]
)
def test_no_limit_is_stated_where_there_is_none(opt: tl.Optimizer) -> None:
    scene = scenes.new_scene(tl.landscapes.bowl, [opt], steps=5)
    assert compute.walks(scene, tl.landscapes.bowl)[0].limit is None


@pytest.mark.parametrize(
    ("opt", "rate"),
    [
        (tl.gd(0.1), 0.9),  # curvatures 1 and 5: max |1 - 0.1 * (1, 5)|
        (tl.gd(0.35), 0.75),
        (tl.momentum(0.1, beta=0.25), None),
    ],
)
def test_predicted_and_measured_rates_agree_with_the_recursion(
    opt: tl.Optimizer, rate: float | None
) -> None:
    land = tl.landscapes.bowl(a=1, b=5)
    scene = scenes.new_scene(land, [opt], steps=2000)
    walk = compute.walks(scene, land)[0]
    if rate is None:  # heavy ball: the largest root of r^2 - (1 + beta - lr lambda) r + beta
        roots = [np.roots([1, -(1.25 - 0.1 * curvature), 0.25]) for curvature in (1, 5)]
        rate = max(float(np.abs(r).max()) for r in roots)
    assert walk.predicted == pytest.approx(rate, rel=1e-9)
    assert walk.measured == pytest.approx(rate, rel=1e-3)


def test_a_swinging_gradient_is_measured_from_peak_to_peak() -> None:
    """Heavy ball below critical damping shrinks by sqrt(beta) a step, whatever the swing hides."""
    steps = np.arange(400)
    for swing in (0.05, 0.3, 0.9):
        norms = 0.95**steps * np.abs(np.cos(swing * steps + 0.4))
        assert compute.measured_rate(norms) == pytest.approx(0.95, rel=2e-3)
    scene = scenes.new_scene(tl.landscapes.ravine(kappa=50), [tl.momentum(0.02)], steps=400)
    walk = compute.walks(scene, tl.landscapes.ravine(kappa=50))[0]
    assert walk.measured == pytest.approx(np.sqrt(0.9), rel=2e-3)


@hypothesis.given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3))
def test_the_largest_eigenvalue_is_linalgs(entries: list[float]) -> None:
    a, b, c = entries
    matrix = np.array([[[a, b], [b, c]]])
    expected = np.linalg.eigvalsh(matrix)[:, -1]
    scale = np.abs(matrix).max()
    np.testing.assert_allclose(
        compute.largest_eigenvalues(matrix), expected, rtol=1e-12, atol=1e-13 * scale
    )


def test_the_largest_eigenvalue_in_one_and_three_dimensions() -> None:
    np.testing.assert_array_equal(
        compute.largest_eigenvalues(np.array([[[3.0]], [[-2.0]]])), [3, -2]
    )
    rng = np.random.default_rng(0)
    matrices = rng.normal(size=(20, 3, 3))
    matrices = matrices + matrices.transpose(0, 2, 1)
    matrices[7, 0, 0] = np.nan
    expected = [np.nan if k == 7 else np.linalg.eigvalsh(m)[-1] for k, m in enumerate(matrices)]
    np.testing.assert_allclose(compute.largest_eigenvalues(matrices), expected, rtol=1e-12)


def test_the_critical_points_of_himmelblau_are_all_found() -> None:
    """Four minima, four saddles, one maximum: by SymPy's exact gradient, solved by mpmath from a grid."""
    import mpmath

    land = tl.landscapes.himmelblau
    found, complete = compute.critical_points(land, land.view)
    assert complete
    assert [p.kind for p in found].count("minimum") == 4
    assert [p.kind for p in found].count("saddle") == 4
    assert [p.kind for p in found].count("maximum") == 1

    def gradient(x: Any, y: Any) -> list[Any]:
        one, two = x**2 + y - 11, x + y**2 - 7
        return [4 * x * one + 2 * two, 2 * one + 4 * y * two]

    for point in found:
        exact = mpmath.findroot(gradient, tuple(point.point))
        np.testing.assert_allclose(point.point, [float(v) for v in exact], atol=1e-10)


def test_level_edges_enclose_every_height() -> None:
    for name in ("rosenbrock", "himmelblau", "saddle", "parabola", "gaussian_desert"):
        land = tl.landscapes.get(name)
        grid = compute.terrain(land, land.view, 64)
        edges = compute.level_edges(land, grid)
        assert (np.diff(edges) > 0).all()
        assert edges[0] <= np.nanmin(grid)
        assert edges[-1] >= np.nanmax(grid)


def test_nothing_that_json_lacks_gets_through() -> None:
    given = {"a": [1.0, float("nan"), (float("inf"), "x")], "b": {"c": -float("inf")}}
    assert compute.finite(given) == {"a": [1.0, None, [None, "x"]], "b": {"c": None}}


def test_no_limit_is_stated_for_a_game() -> None:
    """Gradient descent leaves a bilinear game's equilibrium at any rate, whatever the Hessian is."""
    land = tl.landscapes.bilinear_game
    scene = scenes.new_scene(land, [tl.gd(0.01)], steps=3000)
    made = compute.walks(scene, land)[0]
    assert made.trajectory.grad_norm[-1] > made.trajectory.grad_norm[0]
    assert made.limit is None
    # One step multiplies the distance by |1 + i lr|.
    distance = np.linalg.norm(made.trajectory.path, axis=1)
    assert distance[1:] / distance[:-1] == pytest.approx(abs(1 + 0.01j), rel=1e-12)


def test_where_all_ascend_the_meter_is_that_of_the_loss_turned_over() -> None:
    @tl.landscape(view=((-1, 1), (-1, 1)), start=(0.5, 0.5), source="none", players=(-1, -1))
    def land(x: Any, y: Any) -> Any:
        """A hill to climb."""
        return -(x**2) - 3 * y**2

    made = compute.walk(land, tl.gd(0.1), scenes.new_scene(land, [tl.gd(0.1)], steps=5), 0)
    assert made.sharpness == pytest.approx(np.full(6, 6.0))
    assert made.limit == pytest.approx(2)


def test_of_too_many_stationary_points_only_the_declared_ones_are_drawn() -> None:
    land = tl.landscapes.levy13  # waves of length 2/3 and 1 over a window of 20
    points, complete = compute.critical_points(land, land.view)
    assert not complete
    assert [p.point.tolist() for p in points] == [p.point.tolist() for p in land.critical_points]
    land = tl.landscapes.rastrigin
    points, complete = compute.critical_points(land, land.view)
    assert complete
    # 11 minima along each axis, and the maxima between them: every pair is a stationary point
    assert len(points) == 21**2


def test_the_basin_map_is_that_of_basins(capsys: pytest.CaptureFixture[str]) -> None:
    for land, opt in (
        (tl.landscapes.himmelblau, tl.gd(0.02)),
        (tl.landscapes.parabola, tl.gd(0.1)),
    ):
        scene = scenes.new_scene(land, [opt], steps=100)
        made = compute.basin(scene, land, opt, 32)
        expected = tl.basins(land, opt, grid=32, steps=100)
        assert np.array_equal(made.labels, expected.labels)
        assert np.array_equal(made.ends, expected.ends)
        assert (made.x.tolist(), made.y.tolist()) == (expected.x.tolist(), expected.y.tolist())
        assert made.tol == expected.tol
    assert capsys.readouterr().err == ""


def test_a_crowd_waits_while_something_is_dragged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where many points were found, only the declared ones follow the hand; elsewhere all do."""
    monkeypatch.setattr(compute, "find_critical_points", lambda *_, **__: pytest.fail("searched"))
    crowd = tl.landscapes.rastrigin
    points, complete = compute.critical_points(crowd, crowd.view, final=False, crowded=True)
    assert [p.point.tolist() for p in points] == [p.point.tolist() for p in crowd.critical_points]
    assert not complete
    monkeypatch.undo()
    points, complete = compute.critical_points(crowd, crowd.view, final=True, crowded=True)
    assert (len(points), complete) == (441, True)  # 21 stationary points along each axis
