"""What a typed landscape was told comes back from its scene: it is the same landscape, in every respect."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from test_scene import is_a_sentence

import toylands as tl
from toylands.formula import compile, dial, equilibrium, minimum
from toylands.widgets import compute, rebuild
from toylands.widgets import scene as scenes

#: copied from explorers before anything but the formula was kept
OLD_TYPED = (
    "tl1:eNpFUNFugzAM_JXKjyytKHvjVxBCHjElKiRZHFZaxL_PYbA-JHJ85_NdFsDZMJTAkTyDgi9kYxvXQZkr6IJ7kYWyw4FJwYBW"
    "c4uehP-upe-YG3kMG-BuqRVE4JJfFYxOpzbNfnAhsa0zTBuqwPloRvOiIBaqBfqnJxlcVgVGbw6Sjp2GQcZwTDo3LRJOPMUwiaVH"
    "QC-j9Vor8BhwFKEF7lAWl1xUuO1JT8nXcgi0znJEGyHBRH9ruHePxNnS_-dtg4lGYh3LjGWTwuzw94Q6oDAOPPaBqNE7IelHDFHs"
    "na-XQqWrVvtHl4VsjTQLCvdszrLi9HH6zJ5SSL4fQ2Knqs6SQsmp1bus11-qpolb"
)
OLD_ROSENBROCK = (
    "tl1:eNptUUtygzAMvYvWTgbIpuEqGSYjsBI8Bdu1TJOGyd0rUWi66Mqyn95H8gx4dww1cKbIYKBFdv4cLlAXBi4pPMhDfcGBycCA"
    "3nKHkaQ_BSbfptC9C2kIzGdBBkWGcNWnJAr7oigNjMHqO93jEBIJ5oNjWmADIWY3ugclCXGaof-KJMz5acDZJcMfIY-jCl2taASJ"
    "ldMkqW4Jo3Cbp3nRoaWMpRKPZqmrpT7KTcesS9oVb6tHuXm8HNDi-L9HYyBiwpHVBIWsM7RyFpJRBLnryU66h3kT64LnjD6DwkQ_"
    "U3EfbktOXffvgrvkspM1brbOs9PdrfDHhDahdGx47hPR2a4Nqp8xZQm6K_eVkWyNWT-2PhTi-ulIXE-nXSWxK4W1szAHKZvnN8_B"
    "obc"
)
EVERYTHING = tl.landscape(
    "n*(w*u + b - v)**2 + k*w",
    name="weighed",
    coordinates=("w", "b"),
    data={"u": (1, 2, 3), "v": (1, 2, 4)},
    n=dial(2, 1, 9, integer=True),
    k=0.0,
    levels="log",
    kink="nowhere, in truth",
    source="a test",
    view=((-3, 3), (-1, 5)),
    start=(2, 2),
    critical=lambda n: [minimum((1.5, -2 / 3), n / 18)],
)
GAME = tl.landscape("x*y", players=(1, -1), critical=[equilibrium((0, 0), 0.0)])


def through_a_string(land: tl.Landscape, **options: Any) -> tl.Landscape:
    scene = scenes.new_scene(land, [tl.gd(0.01)], **options)
    return compute.scene_landscape(scenes.from_state(scenes.to_state(scene)))


@pytest.mark.parametrize("land", [EVERYTHING(n=3, k=0.5), GAME, tl.landscape("x**2 + 3*a")])
def test_a_typed_landscape_comes_back_whole(land: tl.Landscape) -> None:
    again = through_a_string(land)
    told = (
        "name",
        "coordinates",
        "parameters",
        "dials",
        "view",
        "start",
        "levels",
        "players",
        "kink",
    )
    for name in (*told, "source", "doc", "declared"):
        assert getattr(again, name) == getattr(land, name), name
    assert list(again.data) == list(land.data)
    for name, column in land.data.items():
        np.testing.assert_array_equal(again.data[name], column)
    at = np.array([[0.3, -0.7], [2.0, 1.0]])
    for method in ("loss", "grad", "field", "jacobian"):
        np.testing.assert_array_equal(getattr(again, method)(at), getattr(land, method)(at))


def test_other_data_come_along() -> None:
    typed = through_a_string(EVERYTHING(u=(0, 1), v=(5, 7)))
    assert typed.loss((2, 5)) == pytest.approx(2 * (0 + 0) / 2)
    regression = tl.landscapes.regression(y=(1.0, 3.0, 2.0, 9.0))
    scene = scenes.new_scene(regression, [tl.gd(0.01)])
    assert scene["data"]["y"] == [1, 3, 2, 9]
    assert through_a_string(regression).loss((0.5, 1)) == regression.loss((0.5, 1))
    assert "data" not in scenes.new_scene(tl.landscapes.regression, [tl.gd(0.01)])


def test_while_a_slider_moves_it_is_the_same_landscape_and_nothing_compiles() -> None:
    scene = scenes.new_scene(EVERYTHING, [tl.gd(0.01)])
    first = compute.scene_landscape(scene)
    first.hessian((1, 1))
    before = compile.compiled
    for k in (0.1, 0.2):
        moved = compute.scene_landscape(scenes.changed(scene, {"params.k": k}))
        assert moved.definition is first.definition
        assert moved.hessian((1, 1))[0, 0] == pytest.approx(2 * 2 * 14 / 3)
    assert compile.compiled == before


def test_one_passed_by_hand_is_taken_only_where_it_fits() -> None:
    """Two typed landscapes often have one name; a string from another explorer brings its own."""
    game = scenes.new_scene(GAME, [tl.gd(0.1)])
    bowl = tl.landscape("x**2 + y**2")
    assert compute.scene_landscape(game, {"landscape": GAME}).definition is GAME.definition
    assert compute.scene_landscape(game, {"landscape": bowl}).players == (1, -1)
    assert compute.scene_landscape(game, {"landscape": tl.landscape("x*y")}).players == (1, -1)


def test_old_strings_still_open() -> None:
    typed = scenes.from_state(OLD_TYPED)
    land = compute.scene_landscape(typed)
    assert (land.name, land.parameters) == ("landscape", {"k": 2.0})
    assert land.loss((1, 2)) == 2 + 12
    rosenbrock = scenes.from_state(OLD_ROSENBROCK)
    assert compute.scene_landscape(rosenbrock).definition is tl.landscapes.rosenbrock.definition
    assert len(compute.walks(rosenbrock, tl.landscapes.rosenbrock)) == 2


def test_what_only_a_notebook_knows_is_asked_for() -> None:
    @tl.landscape(view=((-1, 1), (-1, 1)))
    def rosenbrock(x: Any, y: Any) -> Any:
        """Mine, by coincidence under a known name."""
        return x**2 + y**2

    state = scenes.to_state(scenes.new_scene(rosenbrock, [tl.gd(0.1)]))
    with pytest.raises(
        ValueError, match=r"made in a notebook.*tl.explore\(rosenbrock, state="
    ) as error:
        compute.scene_landscape(scenes.from_state(state))
    assert is_a_sentence(str(error.value))
    made = compute.scene_landscape(scenes.from_state(state), {"rosenbrock": rosenbrock})
    assert made.definition is rosenbrock.definition


def test_too_much_data_for_a_string_is_said() -> None:
    x = np.random.default_rng(0).normal(size=9_000)
    many = tl.landscape("(w - x)**2 + b**2", data={"x": x})
    scene = scenes.new_scene(many, [tl.gd(0.1)])
    with pytest.raises(ValueError, match="too large to copy as a string"):
        scenes.to_state(scene)
    assert compute.scene_landscape(scene).samples == 9_000


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("text", 3),
        ("typed", []),
        ("own", "yes"),
        ("data", {"u": "many"}),
        ("typed", {}),
        ("coordinates", 3),
        ("coordinates", [1, 2]),
        ("players", 5),
        ("players", [1, 2]),
        ("dials", {"n": [1, 2]}),
        ("dials", {"z": [1, 0, 2, False, False]}),
        ("data", {"u": [1, "x"]}),
        ("data", 3),
        ("critical", [["summit", [0, 0], 0, 0]]),
        ("view", 7),
        ("start", "here"),
        ("levels", "logarithmic"),
        ("kink", 3),
        ("source", 3),
        ("colour", "red"),
    ],
)
def test_a_damaged_description_is_refused_in_words(entry: str, value: Any) -> None:
    scene = json.loads(json.dumps(scenes.new_scene(EVERYTHING, [tl.gd(0.1)])))
    if entry in rebuild.KEYS and not (entry == "data" and value == 3):
        scene[entry] = value
    else:
        scene["typed"][entry] = value
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the words are checked
        compute.scene_landscape(scenes.check(scene))
    assert is_a_sentence(str(error.value)), str(error.value)


def test_the_words_of_a_dial_come_back() -> None:
    land = tl.landscape("k*x**2 + y**2", k=dial(2, 1, 9, label="how steep"))
    assert through_a_string(land).dials["k"].label == "how steep"


def test_one_name_and_the_formula_of_another() -> None:
    scene = scenes.new_scene(EVERYTHING(n=3, k=0.5), [tl.gd(0.01)])
    for change, words in (
        ({"landscape": "rosenbrock"}, "names rosenbrock of the catalogue and carries the formula"),
        ({"own": True}, "own: 'weighed' is given by its formula"),
    ):
        with pytest.raises(ValueError, match=words):
            scenes.check({**scene, **change})
    known = scenes.new_scene(tl.landscapes.rosenbrock, [tl.gd(0.01)])
    for key in ("text", "typed"):
        with pytest.raises(ValueError, match="formula"):
            scenes.check({**known, key: scene[key]})
