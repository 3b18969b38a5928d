"""A landscape as the plain data of a scene, and back again.

    described = describe(tl.landscape("x*y", players=(1, -1)))
    described["typed"]["players"]                        # [1, -1]: its formula alone does not tell
    rebuild({**described, "params": {}})                 # the same game

A landscape of the catalogue is its name and numbers, and data where they are not its own. A typed one is its
formula with everything that was said of it. What only a notebook knows (a decorated function, a slice) has
nothing but a name, and must be handed over again: `explore(mine, state=...)`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from toylands import landscapes
from toylands._words import did_you_mean, one_of, show
from toylands.formula import Landscape, landscape
from toylands.formula.declare import KINDS, Declared, Dial

#: entries of a scene that, with its name and numbers, say which landscape it shows
KEYS = ("text", "typed", "data", "own")
_TYPED = (
    *("coordinates", "view", "start", "levels", "players", "kink", "source"),
    *("dials", "data", "critical"),
)


def describe(land: Landscape) -> dict[str, Any]:
    """The entries of a scene that name the landscape: all that `rebuild` needs."""
    described: dict[str, Any] = {"landscape": land.name, "params": dict(land.parameters)}
    if land.definition.text is not None:
        return {**described, "text": land.definition.text, "typed": _said(land)}
    if not in_catalogue(land):
        return {**described, "own": True}
    usual = land.definition.columns
    if any(not np.array_equal(column, usual[name]) for name, column in land.data.items()):
        described["data"] = _lists(land.data)
    return described


def in_catalogue(land: Landscape) -> bool:
    """Whether the catalogue has this landscape (with these or other numbers and data)."""
    known = land.name in landscapes.catalogue()
    return known and landscapes.get(land.name).definition is land.definition


def _said(land: Landscape) -> dict[str, Any]:
    """What was said of a typed landscape beside its formula and its parameters' values."""
    said: dict[str, Any] = {
        "coordinates": list(land.coordinates),
        "view": [list(side) for side in land.view],
        "start": list(land.start),
        "levels": land.levels,
    }
    said |= {name: getattr(land, name) for name in ("kink", "source") if getattr(land, name)}
    if land.players is not None:
        said["players"] = list(land.players)
    if land.dials:
        said["dials"] = {
            name: [dial.default, dial.low, dial.high, dial.log, dial.integer, dial.label]
            for name, dial in land.dials.items()
        }
    if land.data:
        said["data"] = _lists(land.data)
    if land.definition.critical and not any(map(np.ndim, land.parameters.values())):
        # A function of the parameters is no data: the points that it gives for these stand for it.
        said["critical"] = [[p.kind, list(p.point), p.loss, p.tol] for p in land.declared]
    return said


def _lists(data: Mapping[str, np.ndarray]) -> dict[str, list[float]]:
    return {name: column.tolist() for name, column in data.items()}


def rebuild(scene: Mapping[str, Any], extra: Mapping[str, Landscape] | None = None) -> Landscape:
    """The landscape of a scene: one of `extra` where it fits, else of the catalogue or from its text.

    Raises:
        ValueError: for a landscape that only another notebook knows, or a damaged description.
    """
    name, numbers = scene["landscape"], scene["params"]
    given = (extra or {}).get(name)
    if given is not None and _fits(given, scene):
        return given(**numbers, **scene.get("data", {}))
    if "text" in scene:
        said = json.dumps([name, scene["text"], scene.get("typed")], sort_keys=True)
        made = _typed(said) if "typed" in scene else _text_alone(scene)
        return made(**numbers)
    if scene.get("own"):
        raise ValueError(
            f"this scene shows {name}, a landscape that was made in a notebook and has no text to make it "
            f"again from. Make it here too and give it: tl.explore({name}, state=...)."
        )
    return landscapes.get(name)(**numbers, **scene.get("data", {}))


def _fits(given: Landscape, scene: Mapping[str, Any]) -> bool:
    if given.definition.text is None:
        return "text" not in scene
    said = scene.get("typed")
    return given.definition.text == scene.get("text") and said in (None, _said(given))


def _text_alone(scene: Mapping[str, Any]) -> Landscape:
    """A typed landscape of a state string from before everything was kept."""
    made: Landscape = landscape(
        scene["text"], name=scene["landscape"], view=scene["view"], **scene["params"]
    )
    return made


@functools.lru_cache(maxsize=64)
def _typed(description: str) -> Landscape:
    """The typed landscape of a description; while a slider is dragged it is the same one each time."""
    name, text, said = json.loads(description)
    dials = {key: Dial(*values) for key, values in said.pop("dials", {}).items()}
    critical = [
        Declared(kind, tuple(point), loss, tol)
        for kind, point, loss, tol in said.pop("critical", [])
    ]
    made: Landscape = landscape(text, name=name, critical=critical, **said, **dials)
    return made


def check(scene: Mapping[str, Any]) -> None:
    """Check the entries of a scene that describe its landscape.

    Raises:
        ValueError: naming the entry and what was expected. What `landscape` itself checks is left to it.
    """
    for key, kind, words in (
        ("text", str, "a formula"),
        ("typed", dict, "what was said of the formula"),
        ("data", dict, "columns by name"),
        ("own", bool, "true or false"),
    ):
        if key in scene and not isinstance(scene[key], kind):
            raise ValueError(f"{key}: {show(scene[key])} must be {words}.")
    said = scene.get("typed", {})
    for key in said:
        if key not in _TYPED:
            raise ValueError(
                f"typed: there is no entry {key!r}; there are {one_of(_TYPED, 'and')}."
                + did_you_mean(key, _TYPED)
            )
    _check_agreement(scene)
    missing = [key for key in _TYPED[:4] if key not in said] if "typed" in scene else []
    if missing:
        raise ValueError(f"typed: the entry {missing[0]!r} is missing.")
    for key, good, words in (
        ("coordinates", _names, "a list of names"),
        ("dials", _dials, "default, low, high, log, integer and label of each parameter"),
        ("data", _columns, "columns of numbers by name"),
        ("kink", _text, "words"),
        ("source", _text, "words"),
        ("critical", _points, "kind, point, loss and tolerance of each point"),
    ):
        if key in said and not good(said[key]):
            raise ValueError(f"typed.{key}: {show(said[key])} must give {words}.")
    if not _columns(scene.get("data", {})):
        raise ValueError(f"data: {show(scene['data'])} must give columns of numbers by name.")


def _check_agreement(scene: Mapping[str, Any]) -> None:
    """Refuse a scene that names one landscape and describes another.

    A landscape of the catalogue is known by its name; a formula of one's own must not bear such a name, for
    whoever reads the scene could not tell which of the two is meant.
    """
    name = scene.get("landscape")
    if "typed" in scene and "text" not in scene:
        raise ValueError(f"text: the formula of {show(name)} is missing; typed describes one.")
    for key in ("own", "data"):
        if key in scene and "text" in scene:
            raise ValueError(
                f"{key}: {show(name)} is given by its formula {show(scene['text'])}, which has no such "
                "entry beside it; give one of the two."
            )
    if "text" in scene and name in landscapes.catalogue():
        raise ValueError(
            f"text: the scene names {name} of the catalogue and carries the formula "
            f"{show(scene['text'])}; leave the formula out, or give the landscape of this formula a name "
            "of its own: tl.landscape(..., name='mine')."
        )


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(given: Any) -> bool:
    return isinstance(given, str)


def _names(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(name, str) for name in given)


def _columns(given: Any) -> bool:
    return isinstance(given, dict) and all(
        isinstance(column, list) and all(map(_number, column)) for column in given.values()
    )


def _dials(given: Any) -> bool:
    return (
        isinstance(given, dict)
        and all(
            isinstance(dial, list)
            and len(dial) in (5, 6)  # strings from before dials had words have five
            and all(map(_number, dial[:3]))
            and all(isinstance(switch, bool) for switch in dial[3:5])
            and all(map(_text, dial[5:]))
            for dial in given.values()
        )
    )


def _points(given: Any) -> bool:
    return isinstance(given, list) and all(
        isinstance(point, list)
        and len(point) == 4
        and point[0] in KINDS
        and isinstance(point[1], list)
        and all(map(_number, point[1]))
        and (point[2] is None or _number(point[2]))
        and _number(point[3])
        for point in given
    )
