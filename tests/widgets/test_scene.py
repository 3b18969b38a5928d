"""A scene is plain data: it goes through JSON, a state string and back without losing anything."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

import toylands as tl
from toylands.optimizers import schedules
from toylands.widgets import compute, presets
from toylands.widgets import scene as scenes

FIELDS = ("bowl", "rosenbrock", "parabola", "rotated_ravine", "gaussian_desert")
#: what Python says by itself; a student should never read it
PYTHONESE = (
    "NoneType", "object is not", "object has no", "subscriptable", "unexpected keyword", "argument after",
    "iterable", "positional", "unhashable", "not supported between", "invalid literal", "KeyError",
)  # fmt: skip


def is_a_sentence(text: str) -> bool:
    """Whether an error is written for a person: several words, a full stop, no Python in it."""
    return (
        len(text.split()) >= 4
        and text.rstrip()[-1] in ".?!"
        and not any(phrase in text for phrase in PYTHONESE)
    )


def start_of(land: tl.Landscape) -> st.SearchStrategy[list[float]]:
    return st.lists(
        st.floats(-1e6, 1e6, allow_nan=False), min_size=land.dim, max_size=land.dim
    ).map(list)


rates = st.floats(1e-9, 1e3)
fractions = st.floats(0, 0.999)


@st.composite
def optimizers(draw: Any) -> tl.Optimizer:
    opt = draw(
        st.one_of(
            rates.map(tl.gd),
            st.builds(lambda lr, beta: tl.momentum(lr, beta=beta), rates, fractions),
            st.builds(lambda lr, a, b: tl.adam(lr, beta1=a, beta2=b), rates, fractions, fractions),
            st.builds(lambda lr, damping: tl.newton(lr, damping=damping), rates, fractions),
            st.builds(lambda lr, heat: tl.langevin(lr, temperature=heat), rates, fractions),
        )
    )
    wrappers = [
        lambda o: tl.sam(o, rho=0.07),
        lambda o: tl.clip_norm(o, 1.5),
        lambda o: tl.weight_decay(o, 0.01),
        lambda o: tl.swa(o, start=3),
    ]
    for wrap in draw(st.lists(st.sampled_from(wrappers), max_size=2, unique=True)):
        opt = wrap(opt)
    return opt


@st.composite
def any_scene(draw: Any) -> dict[str, Any]:
    land = tl.landscapes.get(draw(st.sampled_from(FIELDS)))
    return scenes.new_scene(
        land,
        draw(st.lists(optimizers(), min_size=1, max_size=4)),
        start=draw(start_of(land)),
        steps=draw(
            st.integers(1, scenes.MAX_POINTS)
            | st.integers(251, 5000)
            .map(lambda n: 20 * n)
            .filter(lambda n: n % scenes.record_every(n) == 0)
        ),
        seed=draw(st.integers(0, 2**31)),
        noise=draw(st.floats(0, 10)),
        mode=draw(st.sampled_from(scenes.MODES)),
        axis=draw(st.sampled_from(scenes.AXES)),
        loss_scale=draw(st.sampled_from(scenes.SCALES)),
        show=draw(st.dictionaries(st.sampled_from(list(scenes.SHOW)), st.booleans())),
    )


@hypothesis.given(any_scene())
def test_a_scene_survives_json_and_its_state_string(scene: dict[str, Any]) -> None:
    assert json.loads(json.dumps(scene, allow_nan=False)) == scene
    state = scenes.to_state(scene)
    assert scenes.from_state(state) == scene
    assert scenes.from_state(f"  {state}\n") == scene  # as it is pasted from a chat
    assert state.isascii()
    assert len(state) < 2_000


@hypothesis.settings(max_examples=50)
@hypothesis.given(any_scene(), st.data())
def test_a_cut_or_damaged_state_string_is_refused_in_words(
    scene: dict[str, Any], data: st.DataObject
) -> None:
    state = scenes.to_state(scene)
    cut = data.draw(st.integers(0, len(state) - 1))
    with pytest.raises(ValueError, match=r"damaged or was cut|is not a scene") as error:
        scenes.from_state(state[:cut])
    assert is_a_sentence(str(error.value))
    place = data.draw(st.integers(len(scenes.PREFIX), len(state) - 1))
    other = "A" if state[place] != "A" else "B"
    damaged = state[:place] + other + state[place + 1 :]
    back: Any = None
    said = ""
    try:
        back = scenes.from_state(damaged)
    except ValueError as wrong:
        said = str(wrong)
    # The last letter of base64 may carry bits that nobody reads.
    assert is_a_sentence(said) if back is None else back == scene


def test_a_state_string_that_lost_its_end_is_refused() -> None:
    """Also when all of the text is there and only the checksum is missing."""
    state = scenes.to_state(scenes.new_scene(tl.landscapes.bowl, [tl.gd(0.1)]))
    for lost in range(1, 12):
        with pytest.raises(ValueError, match="damaged or was cut off"):
            scenes.from_state(state[:-lost])


def packed(content: bytes) -> str:
    text = base64.urlsafe_b64encode(zlib.compress(content, 9)).decode().rstrip("=")
    return scenes.PREFIX + text


@pytest.mark.parametrize(
    "state",
    [
        "",
        "hello",
        "tl1:",
        "tl1:!!!!",
        "tl2:abc",
        None,
        12,
        packed(b""),
        packed(b"[1, 2]"),
        packed(b"{"),
        packed(b"{}"),
        packed(b'{"landscape": "bowl"}'),
        packed(b"\xff\xfe"),
        packed(b"[" * 50_000),
    ],
)
def test_what_is_not_a_state_string_is_refused_in_words(state: Any) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the words are checked
        scenes.from_state(state)
    assert is_a_sentence(str(error.value)), str(error.value)


def test_a_bomb_is_not_unpacked() -> None:
    import tracemalloc

    bomb = packed(b"[" + b" " * 200_000_000)
    assert len(bomb) < 300_000
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="damaged"):
            scenes.from_state(bomb)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("missing", ["view", "start", "steps", "lr", "optimizers", "show", "mode"])
def test_a_state_string_without_an_entry_is_refused_in_words(missing: str) -> None:
    scene = scenes.new_scene(tl.landscapes.bowl, [tl.gd(0.1)])
    del scene[missing]
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the words are checked
        scenes.from_state(scenes.to_state(scene))
    assert is_a_sentence(str(error.value)), str(error.value)


def test_a_shared_rate_is_kept_once() -> None:
    scene = scenes.new_scene(tl.landscapes.bowl, [tl.gd(0.1), tl.adam(0.1)])
    assert scene["lr"] == 0.1
    assert [entry["lr"] for entry in scene["optimizers"]] == [None, None]


def test_different_rates_stay_with_their_optimizers() -> None:
    scene = scenes.new_scene(tl.landscapes.bowl, [tl.gd(0.1), tl.adam(0.2)])
    assert [entry["lr"] for entry in scene["optimizers"]] == [0.1, 0.2]


def test_a_rate_of_zero_stays_zero() -> None:
    scene = scenes.new_scene(tl.landscapes.bowl, [tl.gd(0.0)])
    assert compute.scene_optimizer(scene, scene["optimizers"][0]).lr == 0


def values_of(opt: tl.Optimizer) -> tuple[Any, ...]:
    pieces = tuple((p.kind, tuple(p.values.items()), tuple(p.counts.items())) for p in opt.pieces)
    return opt.label, opt.name, tuple(opt.values.items()), pieces


@hypothesis.given(optimizers())
def test_an_optimizer_is_rebuilt_exactly(opt: tl.Optimizer) -> None:
    scene = scenes.new_scene(tl.landscapes.bowl, [opt])
    entry = scenes.from_state(scenes.to_state(scene))["optimizers"][0]
    assert values_of(compute.scene_optimizer(scene, entry)) == values_of(opt)


@pytest.mark.parametrize("name", sorted(tl.optimizers.available(wrappers=False)))
def test_every_factory_is_rebuilt_exactly(name: str) -> None:
    needed = {"temperature": 0.2} if name == "langevin" else {}
    opt = tl.optimizers.get(name)(lr=0.03, **needed)
    scene = scenes.new_scene(tl.landscapes.bowl, [opt])
    assert values_of(compute.scene_optimizer(scene, scene["optimizers"][0])) == values_of(opt)


@pytest.mark.parametrize("name", sorted(scenes.SCHEDULES))
def test_every_schedule_is_rebuilt_exactly(name: str) -> None:
    given = getattr(schedules, name)(**scenes.SCHEDULES[name])
    scene = scenes.new_scene(tl.landscapes.bowl, [tl.gd(0.1, schedule=given)])
    scene = scenes.from_state(scenes.to_state(scene))
    made = scenes.make_schedule(scene["schedule"])
    values = np.ones(200) if made is None else made.values(200)
    np.testing.assert_array_equal(values, given.values(200))


def test_every_optimizer_may_have_its_own_schedule() -> None:
    """Also rows of factors and chains, which the menu does not have."""
    factors = 1 / (1 + np.arange(300))
    chained = schedules.chain(schedules.linear_warmup(10, start=0), schedules.cosine(290), at=[10])
    given = [schedules.cosine(300), None, schedules.as_schedule(factors), chained]
    opts = [tl.gd(0.1, schedule=one) for one in given]
    scene = scenes.from_state(scenes.to_state(scenes.new_scene(tl.landscapes.bowl, opts)))
    for opt, entry in zip(opts, scene["optimizers"], strict=True):
        run = tl.descend(tl.landscapes.bowl, opt, (1, 1), 300)
        (made,) = compute.walks(
            {**scene, "start": [1, 1], "optimizers": [entry]}, tl.landscapes.bowl
        )
        np.testing.assert_array_equal(made.trajectory.rates, run.rates)
    alone = scenes.new_scene(tl.landscapes.bowl, [tl.gd(0.1, schedule=factors)])
    assert alone["optimizers"][0]["schedule"]["name"] == scenes.FACTORS
    with pytest.raises(ValueError, match="schedule"):
        scenes.changed(alone, {"optimizers.0.schedule": {"name": "cosin"}})


def test_batches_and_time_varying_parameters_are_those_of_descend() -> None:
    land = tl.landscapes.regression
    scene = scenes.new_scene(land, [tl.gd(0.05)], batch=2, steps=30)
    scene = scenes.from_state(scenes.to_state(scene))
    run = tl.descend(land, tl.gd(0.05), land.start, 30, batch=2)
    np.testing.assert_array_equal(compute.walks(scene, land)[0].trajectory.path, run.path)
    moving = {"b": lambda t: 1 + t / 10}
    land = tl.landscapes.rosenbrock
    scene = scenes.new_scene(land, [tl.gd(1e-3)], time_varying=moving, steps=30)
    scene = scenes.from_state(scenes.to_state(scene))
    walk = compute.walks(scene, land)[0]
    run = tl.descend(land, tl.gd(1e-3), land.start, 30, time_varying=moving)
    np.testing.assert_array_equal(walk.trajectory.path, run.path)
    np.testing.assert_array_equal(walk.hessians[20], land(b=3.0).hessian(run.path[20]))
    longer = compute.walks(scenes.changed(scene, {"steps": 40}), land)[0].trajectory
    np.testing.assert_array_equal(longer.path[:31], run.path)
    assert longer.time_varying["b"][-1] == 4.0
    for wrong in ({"batch": 0}, {"batch": 1.5}, {"time_varying": 3}):
        with pytest.raises((ValueError, TypeError), match=next(iter(wrong))) as error:
            scenes.new_scene(land, [tl.gd(1e-3)], **wrong)
        assert is_a_sentence(str(error.value)), str(error.value)


def test_a_user_may_pass_tuples_and_arrays() -> None:
    """What explore takes as options becomes plain data, the same before and after a state string."""
    scene = scenes.new_scene(
        tl.landscapes.bowl,
        [tl.gd(np.float64(0.1))],
        start=np.array([0.5, -1.0]),
        view=((-1, 1), (-2.0, 2.0)),
        steps=np.int64(40),
        lr=np.float64(0.05),
    )
    assert json.loads(json.dumps(scene)) == scene
    assert scenes.from_state(scenes.to_state(scene)) == scene


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stesp": 3}, "Did you mean 'steps'"),
        ({"steps": 0}, "steps: 0 must be a whole number from 1 to 100,000"),
        ({"steps": 100_001}, "steps: 100001"),
        (
            {"steps": 99_991},
            "keeps every 20th point, so that the last one would be lost; take 99,980 or 100,000.",
        ),
        ({"steps": 2.5}, "steps: 2.5"),
        ({"steps": True}, "steps: True"),
        ({"seed": -1}, "seed: -1"),
        ({"lr": float("nan")}, "lr: nan"),
        ({"lr": float("inf")}, "lr: inf"),
        ({"noise": -0.1}, "noise: -0.1 must not be negative"),
        ({"mode": "predct"}, "mode: 'predct' must be 'explore', 'predict' or 'teacher'"),
        ({"axis": "epochs"}, "axis: 'epochs'"),
        ({"loss_scale": "sqrt"}, "loss_scale: 'sqrt'"),
        ({"start": (1, 2, 3)}, "start: \\[1, 2, 3\\] must be 2 finite numbers"),
        ({"start": (1, float("nan"))}, "2 finite numbers"),
        ({"view": ((1, 0), (0, 1))}, "view: \\[1, 0\\]|view: \\(1, 0\\)"),
        ({"show": {"bassin": True}}, "Did you mean 'basin'"),
        ({"schedule": {"name": "cosin"}}, "Did you mean 'cosine'"),
    ],
)
def test_wrong_options_are_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as error:
        scenes.new_scene(tl.landscapes.bowl, [tl.gd(0.1)], **changes)
    assert is_a_sentence(str(error.value)), str(error.value)


def test_too_many_or_too_few_optimizers_are_refused() -> None:
    with pytest.raises(ValueError, match="1 to 8 optimizers, got 0"):
        scenes.new_scene(tl.landscapes.bowl, [])
    with pytest.raises(ValueError, match="1 to 8 optimizers, got 9"):
        scenes.new_scene(tl.landscapes.bowl, [tl.gd(0.1)] * 9)


def test_arrays_of_walkers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"one walker per optimizer.*array for lr"):
        scenes.new_scene(tl.landscapes.bowl, [tl.gd([0.1, 0.2])])


def test_a_landscape_with_three_coordinates_is_refused() -> None:
    land = tl.landscape("x**2 + y**2 + z**2")
    with pytest.raises(ValueError, match="has 3: use explore_slice"):
        scenes.new_scene(land, [tl.gd(0.1)])


@hypothesis.given(any_scene(), st.data())
def test_a_change_touches_only_what_it_names(scene: dict[str, Any], data: st.DataObject) -> None:
    before = json.dumps(scene)
    lr = data.draw(rates)
    after = scenes.changed(scene, {"lr": lr, "optimizers.0.on": False, "show.basin": True})
    assert json.dumps(scene) == before  # the old scene is not written into
    expected = json.loads(before)
    expected["lr"] = lr
    expected["optimizers"][0]["on"] = False
    expected["show"]["basin"] = True
    assert after == expected


def test_a_menu_offers_what_can_be_made() -> None:
    catalog = presets.catalog({}, {})
    assert json.loads(json.dumps(catalog, allow_nan=False)) == catalog
    assert set(catalog["optimizers"]).isdisjoint(catalog["wrappers"])
    for name, entry in catalog["landscapes"].items():
        land = tl.landscapes.get(name)
        assert (entry["dim"], set(entry["dials"])) == (land.dim, set(land.dials))
        assert land.dim <= 2
    for name, entry in catalog["optimizers"].items():
        numbers = {k: 0.1 if v is None else v for k, v in entry["numbers"].items()}
        made = tl.optimizers.get(name)(**{"lr": 0.1, **numbers})
        assert made.base_name == name
