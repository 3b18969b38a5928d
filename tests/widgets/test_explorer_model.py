"""The explorer's kernel side, without a browser: what goes in from the page, what goes out to it."""

from __future__ import annotations

import gc
import json
import math
import re
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from test_scene import is_a_sentence

import toylands as tl

pytest.importorskip("anywidget", reason="needs the extra 'lab'")

import comm
import ipywidgets

from toylands.widgets import Explorer, compute, explorer, presets
from toylands.widgets import scene as scenes
from toylands.widgets.presets import PRESETS


class Wire(comm.base_comm.BaseComm):
    """A connection that remembers what would go to the page."""

    opened: list[Wire] = []  # noqa: RUF012 - one list for all of them is the purpose

    def __init__(self, *args: Any, **options: Any) -> None:
        self.messages: list[tuple[str, dict[str, Any], list[Any]]] = []
        super().__init__(*args, **options)
        Wire.opened.append(self)

    def publish_msg(
        self,
        msg_type: str,
        data: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        buffers: list[bytes] | None = None,
        **keys: Any,
    ) -> None:
        self.messages.append((msg_type, data or {}, buffers or []))

    def updates(self) -> list[tuple[dict[str, Any], list[Any]]]:
        """The state updates sent since the last call."""
        sent = [
            (data["state"], buffers)
            for _, data, buffers in self.messages
            if data.get("method") == "update"
        ]
        self.messages.clear()
        return sent


@pytest.fixture(autouse=True)
def wires(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(comm, "create_comm", Wire)
    Wire.opened.clear()
    yield
    ipywidgets.Widget.close_all()
    Wire.opened.clear()


def patch(made: Explorer, final: bool = True, **changes: Any) -> None:
    """What the page does when a control changes; dots are written as double underscores."""
    patch.n += 1  # type: ignore[attr-defined]
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    state = {"patch": {"n": patch.n, "final": final, **dotted}}  # type: ignore[attr-defined]
    content = {"data": {"method": "update", "state": state, "buffer_paths": []}}
    made._handle_msg({"content": content, "buffers": []})


patch.n = 0  # type: ignore[attr-defined]


def wire_of(made: Explorer) -> Wire:
    assert isinstance(made.comm, Wire)
    return made.comm


@pytest.fixture
def made() -> Explorer:
    return tl.explore(tl.landscapes.rosenbrock, [tl.gd(1e-3), tl.adam(1e-3), tl.momentum(1e-4)])


# --- making one -----------------------------------------------------------------------------------


def test_the_first_picture_is_complete(made: Explorer) -> None:
    assert made.error == ""
    assert made.picture["final"]
    assert [walk["name"] for walk in made.picture["walks"]] == ["gd", "adam", "momentum"]
    assert made.terrain_meta["critical"][0]["point"] == pytest.approx([1, 1], abs=1e-9)
    assert len(made.terrain) == 4 * 200 * 200
    assert len(made.walks) == sum(301 * (4 * 2 + 2 * 3) + 2 for _ in range(3))
    for name in ("scene", "catalog", "picture", "terrain_meta", "details_meta", "basin_meta"):
        json.dumps(getattr(made, name), allow_nan=False)


def test_every_run_is_what_descend_gives(made: Explorer) -> None:
    opts = [tl.gd(1e-3), tl.adam(1e-3), tl.momentum(1e-4)]
    for run, opt in zip(made.runs, opts, strict=True):
        expected = tl.descend(tl.landscapes.rosenbrock, opt, (-1.2, 1.0), 300)
        np.testing.assert_array_equal(run.path, expected.path)


@pytest.mark.parametrize("name", [land.name for land in tl.catalogue() if land.dim <= 2])
def test_every_landscape_can_be_explored(name: str) -> None:
    made = tl.explore(name, steps=20)
    assert made.error == ""
    assert made.landscape.name == name
    for trait in ("scene", "picture", "terrain_meta"):
        json.dumps(getattr(made, trait), allow_nan=False)
    assert np.isfinite(np.frombuffer(made.terrain, "<f4")).any()


@pytest.mark.parametrize("text", ["x**2 + 3*y**2", "(x**2 - 1)**2 + y**2", "x**4 - x"])
def test_a_formula_can_be_explored_and_kept_as_text(text: str) -> None:
    made = tl.explore(text, tl.gd(0.01))
    for again in (tl.explore(state=made.state), tl.explore(made.state)):  # the word may be left out
        assert again.scene == made.scene
        np.testing.assert_array_equal(again.runs[0].path, made.runs[0].path)


def test_a_state_string_shows_exactly_the_same(made: Explorer) -> None:
    patch(made, lr=2e-3, steps=150, params__b=30, start=[0.3, -0.4], axis="evaluations")
    patch(made, show__basin=True, mode="teacher")
    again = tl.explore(state=made.state)
    assert again.scene == made.scene
    for trait in ("walks", "terrain", "basin", "details", "terrain_meta", "basin_meta"):
        assert getattr(again, trait) == getattr(made, trait), trait
    assert made.state_string == made.state


def test_a_students_own_landscape_and_rule_can_be_explored() -> None:
    @tl.rule(lr=0.1)
    def halved(theta: Any, g: Any, lr: Any) -> Any:
        """Half a step of gradient descent."""
        return theta - lr * g / 2

    made = tl.explore(tl.landscapes.bowl, [halved(lr=0.1), tl.gd(0.05)])
    np.testing.assert_allclose(made.runs[0].path, made.runs[1].path, rtol=1e-14)
    assert "halved" in made.catalog["optimizers"]
    patch(made, lr=0.02)
    assert made.error == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"landscape": "rosenbrok"}, "Did you mean 'rosenbrock'"),
        ({"landscape": 3}, "must be a landscape"),
        ({"optimizers": [tl.gd]}, "call it first"),
        ({"optimizers": ["gd"]}, "needs an optimizer"),
        ({"stepz": 3}, "Did you mean 'steps'"),
        ({"state": "tl1:abc"}, "damaged"),
        ({"landscape": tl.landscape("x**2 + y**2 + z**2")}, "explore_slice"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=words) as error:
        tl.explore(**arguments)
    assert is_a_sentence(str(error.value))


# --- patches --------------------------------------------------------------------------------------


def test_a_patch_changes_the_runs(made: Explorer) -> None:
    patch(made, lr=5e-4, final=False)
    run = tl.descend(tl.landscapes.rosenbrock, tl.gd(5e-4), (-1.2, 1.0), 300)
    np.testing.assert_array_equal(made.runs[0].path, run.path)
    momentum = tl.descend(tl.landscapes.rosenbrock, tl.momentum(1e-4), (-1.2, 1.0), 300)
    np.testing.assert_array_equal(made.runs[2].path, momentum.path)  # it has its own rate


def test_what_a_drag_sends_is_small(made: Explorer) -> None:
    """One message with the picture, under 20 KB with three walks of 300 steps; seq and seen in it."""
    wire = wire_of(made)
    before = made.seq
    wire.updates()
    patch(made, lr=2e-3, final=False)
    updates = [update for update in wire.updates() if "seq" in update[0]]
    assert len(updates) == 1
    state, buffers = updates[0]
    assert state["seq"] == before + 1
    assert state["seen"] == made.patch["n"]
    assert not {"terrain", "scene", "details", "catalog", "code", "_esm", "_css"} & set(state)
    plain = {
        key: value for key, value in state.items() if not isinstance(value, memoryview | bytes)
    }
    size = len(json.dumps(plain, default=str)) + sum(len(memoryview(b).cast("B")) for b in buffers)
    assert 8_000 < size < 20_000
    assert len(json.dumps(state["picture"])) < 1_500


def test_a_drag_of_a_parameter_sends_a_coarse_terrain_and_its_release_a_fine_one(
    made: Explorer,
) -> None:
    patch(made, params__b=50, final=False)
    assert (len(made.terrain), made.terrain_meta["final"]) == (4 * 64 * 64, False)
    corner = np.frombuffer(made.terrain, "<f4")[0]
    assert corner == pytest.approx((1 + 2) ** 2 + 50 * (-1 - 4) ** 2)
    patch(made, params__b=50, final=True)
    assert (len(made.terrain), made.terrain_meta["final"]) == (4 * 200 * 200, True)
    assert made.scene["params"]["b"] == 50


def test_the_basin_map_is_coarse_while_dragging(made: Explorer) -> None:
    patch(made, show__basin=True)
    assert (made.basin_meta["rows"], len(made.basin)) == (256, 256 * 256)
    patch(made, lr=2e-3, final=False)
    assert (made.basin_meta["rows"], len(made.basin)) == (64, 64 * 64)


def test_another_landscape_brings_its_own_view(made: Explorer) -> None:
    patch(made, landscape="himmelblau")
    land = tl.landscapes.himmelblau
    assert made.scene["start"] == list(land.start)
    assert made.scene["view"] == [list(side) for side in land.view]
    assert made.scene["params"] == dict(land.parameters)
    assert made.terrain_meta["name"] == "himmelblau"
    patch(made, landscape="parabola")  # and one with a single coordinate
    assert made.error == ""
    assert (made.picture["dim"], len(made.scene["start"])) == (1, 1)


@pytest.mark.parametrize("name", [preset.name for preset in PRESETS])
def test_a_preset_arrives_whole(made: Explorer, name: str) -> None:
    patch(made, preset=name)
    assert made.error == ""
    assert made.scene == presets.scene_of(name, made.scene)


def test_a_schedule_can_be_chosen_and_set(made: Explorer) -> None:
    for name, numbers in scenes.SCHEDULES.items():
        patch(made, schedule={"name": name, **numbers})
        assert made.error == "", name
    patch(made, schedule={"name": "step", "every": 10, "gamma": 0.5})
    patch(made, schedule__every=20)
    rates = made.runs[0].rates
    np.testing.assert_allclose(rates, 1e-3 * 0.5 ** (np.arange(300) // 20))


def test_optimizers_can_be_added_and_removed(made: Explorer) -> None:
    """Whatever the menu offers can be added as the menu adds it."""
    for name, entry in made.catalog["optimizers"].items():
        numbers = {k: 0.1 if v is None else v for k, v in entry["numbers"].items() if k != "lr"}
        new = {"id": 7, "name": name, "on": True, "lr": None, "hyper": numbers, "wrap": []}
        patch(made, optimizers=[*made.scene["optimizers"][:3], new])
        assert made.error == "", name
        assert len(made.runs) == 4
    patch(made, optimizers=made.scene["optimizers"][:1])
    assert len(made.runs) == 1


BAD: list[dict[str, Any]] = [
    {"lr": "fast"},
    {"lr": -1},
    {"lr": None},
    {"lr": float("nan")},
    {"steps": 0},
    {"steps": 10**9},
    {"steps": 1.5},
    {"steps": None},
    {"seed": -1},
    {"noise": -1},
    {"noise": "loud"},
    {"landscape": "rosenbrok"},
    {"landscape": None},
    {"landscape": 3},
    {"params": 3},
    {"params__c": 3},
    {"params__b": "x"},
    {"params__b": None},
    {"start": [1]},
    {"start": None},
    {"start": "ab"},
    {"start": 3},
    {"view": None},
    {"view": [[1, 0], [0, 1]]},
    {"view": [[0, 1]]},
    {"view": [[0, 1]], "start": [0]},
    {"view": [0, 1]},
    {"mode": "x"},
    {"mode": None},
    {"axis": "epochs"},
    {"schedule": None},
    {"schedule": "cosine"},
    {"schedule": {"name": "cosin"}},
    {"schedule": {"name": "step", "evry": 3}},
    {"schedule": {"name": "step", "every": -3, "gamma": 0.1}},
    {"optimizers": None},
    {"optimizers": []},
    {"optimizers": [{"id": 0}]},
    {"optimizers": "gd"},
    {"optimizers__0": 3},
    {"optimizers__9__on": True},
    {"optimizers__0__on": "yes"},
    {"optimizers__0__name": "adma"},
    {"optimizers__0__lr": "fast"},
    {"optimizers__0__hyper__beta": 0.5},
    {"optimizers__1__hyper__beta1": 2},
    {"optimizers__1__hyper__beta1": None},
    {"optimizers__0__wrap": [{"kind": "sma"}]},
    {"optimizers__0__wrap": [{"kind": "sam", "rh": 1}]},
    {"optimizers__0__wrap": [{}]},
    {"show": True},
    {"show__basn": True},
    {"show__basin": "yes"},
    {"frozen": 3},
    {"preset": "nope"},
    {"preset": None},
    {"state": "tl1:xx"},
    {"state": 3},
    {"colour": "red"},
    {"x__y": 1},
    {"": 1},
]


@pytest.mark.parametrize("changes", BAD, ids=lambda changes: json.dumps(changes)[:40])
def test_a_bad_patch_is_answered_in_words_and_changes_nothing(
    made: Explorer, changes: dict[str, Any]
) -> None:
    before = json.dumps(made.scene, sort_keys=True)
    picture, seq, state = made.picture, made.seq, made.state
    wire_of(made).updates()
    patch(made, **changes)
    assert made.error, "no error was shown"
    assert is_a_sentence(made.error), made.error
    assert json.dumps(made.scene, sort_keys=True) == before
    assert (made.picture, made.state) == (picture, state)
    assert made.seq > seq  # the page hears of it
    sent = [update for update, _ in wire_of(made).updates()]
    assert any("scene" in update for update in sent), "the page must be told what holds"
    patch(made, lr=1e-3)
    assert made.error == ""


def test_one_switch_leaves_the_others(made: Explorer) -> None:
    patch(made, show={"basin": True})
    assert set(made.scene["show"]) == set(scenes.SHOW)


def test_the_optimizer_of_the_basin_map_can_be_removed(made: Explorer) -> None:
    patch(made, show__basin=True, basin_of=1)
    assert made.basin_meta["optimizer"] == "adam(lr=0.001)"
    patch(made, optimizers=made.scene["optimizers"][:1])
    assert made.error == ""
    assert made.basin_meta["optimizer"] == "gd(lr=0.001)"


def test_an_exception_in_the_computation_is_told(
    made: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the basement is flooded")

    before = made.scene
    with monkeypatch.context() as patched:
        patched.setattr(compute, "walks", broken)
        patch(made, lr=1e-2)
    assert "the basement is flooded" in made.error
    assert made.scene == before
    patch(made, lr=1e-3)
    assert made.error == ""


def test_a_change_from_code_is_a_change(made: Explorer) -> None:
    made.change(lr=0.002, params__b=10, show__inside=True)
    assert (made.scene["lr"], made.scene["params"]["b"]) == (0.002, 10)
    with pytest.raises(ValueError, match="Did you mean 'steps'"):
        made.change(stepz=3)


# --- predictions ----------------------------------------------------------------------------------


def test_a_prediction_is_scored() -> None:
    made = tl.explore(tl.landscapes.bowl, [tl.gd(0.1), tl.gd(0.25)], start=(1, 1), mode="predict")
    made.prediction = {
        "0": {"outcome": "converged", "end": [0.1, 0.1], "steps": 132},
        "1": {"outcome": "converged", "end": None, "steps": 10},
    }
    assert [(v["id"], v["points"], v["possible"]) for v in made.verdict] == [(0, 4, 4), (1, 0, 3)]
    made.prediction = {}
    assert made.verdict == []


@pytest.mark.parametrize(
    "guess",
    [{"0": None}, {"0": {"end": "ab"}}, {"0": {"end": [1]}}, {"0": {"steps": "x"}}, {"x": {}}],
)
def test_a_strange_prediction_breaks_nothing(guess: dict[str, Any]) -> None:
    made = tl.explore(tl.landscapes.bowl, [tl.gd(0.1)])
    made.prediction = guess
    assert all(v["points"] <= v["possible"] for v in made.verdict)


# --- life and death -------------------------------------------------------------------------------


def test_two_hundred_explorers_leave_nothing_behind() -> None:
    tl.explore(tl.landscapes.bowl, [tl.gd(0.1)]).close()
    gc.collect()
    models = len(ipywidgets.widgets.widget._instances)
    objects = len(gc.get_objects())
    dead = []
    for _ in range(200):
        made = tl.explore(tl.landscapes.bowl, [tl.gd(0.1)])
        patch(made, lr=0.2, final=False)
        dead.append(weakref.ref(made))
        made.close()
    del made
    Wire.opened.clear()
    gc.collect()
    assert [ref for ref in dead if ref() is not None] == []
    assert len(ipywidgets.widgets.widget._instances) == models
    assert len(gc.get_objects()) - objects < 200 * 5  # fewer than five objects each


def test_a_closed_explorer_keeps_nothing_large(made: Explorer) -> None:
    """IPython's Out remembers it for as long as the kernel lives."""
    patch(made, show__basin=True)
    made.close()
    assert sum(len(data) for data in (made.walks, made.terrain, made.basin, made.details)) == 0
    assert made.runs == []


def test_dragging_for_long_leaves_nothing_behind(made: Explorer) -> None:
    for k in range(20):
        patch(made, lr=1e-4 * (k + 1), final=False)
    wire_of(made).updates()
    gc.collect()
    objects = len(gc.get_objects())
    for k in range(200):
        patch(made, lr=1e-4 * (k % 20 + 1), final=k % 10 == 0)
        wire_of(made).updates()
    gc.collect()
    assert len(gc.get_objects()) - objects < 500


def test_the_explorer_is_there_without_being_asked_for() -> None:
    assert tl.explore is explorer.explore
    assert tl.Explorer is Explorer


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"params__zz": 3}, "no parameter 'zz'"),
        ({"optimizers__0__name": "adma"}, "Did you mean 'adam'?"),
        ({"optimizers__2__hyper__beta1": 2.0}, "beta1=2 must be at least 0 and below 1"),
        ({"schedule__gamma": math.nan}, "schedule.gamma: nan is not a finite number"),
        ({"schedule__gamma": {}}, "schedule.gamma: {} is not a finite number"),
        ({"schedule__gama": 3}, "Did you mean 'gamma'?"),
        ({"schedule": {"name": []}}, "no schedule is called []"),
        ({"landscape": []}, "must be the name of a landscape"),
        ({"lr": 10**400}, "is not a finite number"),
        ({"mode": []}, "must be 'explore', 'predict' or 'teacher'"),
    ],
)
def test_a_mistake_in_code_is_an_exception_and_changes_nothing(
    changes: dict[str, Any], words: str
) -> None:
    explorer = tl.explore("rosenbrock", steps=3)
    before = explorer.state
    with pytest.raises(ValueError, match=re.escape(words)):
        explorer.change(**changes)
    assert (explorer.state, explorer.error) == (before, "")
