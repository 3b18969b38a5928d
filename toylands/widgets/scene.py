"""The scene an explorer shows, as plain data: defaults, checks, changes, and a string to copy.

    scene = new_scene(tl.landscapes.rosenbrock, [tl.gd(1e-3), tl.adam(0.1)])
    text = to_state(scene)              # 'tl1:eJx...'
    from_state(text) == scene           # exactly the same scene

A scene says everything needed to draw the same picture again. No Jupyter here.
"""

from __future__ import annotations

import base64
import binascii
import inspect
import json
import sys
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from toylands._words import did_you_mean, one_of, show
from toylands.dynamics.checks import time_varying_columns
from toylands.formula import Landscape
from toylands.optimizers import Optimizer, schedules
from toylands.widgets import rebuild

PREFIX = "tl1:"
#: how many characters of plain text a state string may hold: a scene is small, whatever a string claims
MOST = 100_000
MODES = ("explore", "predict", "teacher")
AXES = ("steps", "evaluations")
SCALES = ("log", "linear")
MAX_STEPS = 100_000
#: a walk's points that are kept and drawn; longer walks are recorded every so many steps
MAX_POINTS = 5_000
MAX_OPTIMIZERS = 8
#: the schedules the explorer offers, with the arguments it starts them with (steps fill in the run)
SCHEDULES: dict[str, dict[str, Any]] = {
    "constant": {},
    "step": {"every": 100, "gamma": 0.1},
    "exponential": {"gamma": 0.99},
    "cosine": {"steps": 300, "floor": 0.0},
    "warm_restarts": {"first": 50, "mult": 2, "floor": 0.0},
    "cyclic": {"low": 0.1, "half_period": 20},
    "one_cycle": {"steps": 300},
    "linear_warmup": {"steps": 20, "start": 0.0},
}
#: entries that scenes of older versions have not: samples per step (None: all), and parameters by step
LATER: dict[str, Any] = {"batch": None, "time_varying": {}}
#: the name of a schedule that is a row of factors, one per step
FACTORS = "factors"
SHOW = {
    "basin": False,
    "critical": True,
    "quadratic": True,
    "three_d": False,
    "inside": False,
}


def describe_optimizer(opt: Optimizer, number: int) -> dict[str, Any]:
    """The part of a scene that names one optimizer and its numbers."""
    for name, value in opt.values.items():
        if np.ndim(value):
            raise ValueError(
                f"the explorer shows one walker per optimizer, but {opt.label} has an array for {name}."
            )
    wraps = [
        {"kind": piece.kind, **piece.values, **piece.counts}
        for piece in opt.pieces
        if not piece.hidden
    ]
    hyper = dict(opt.hyper)
    for piece in opt.pieces:
        if piece.hidden:
            hyper.update(piece.values)
    return {
        "id": number,
        "name": opt.base_name,
        "on": True,
        "lr": float(opt.lr),
        "hyper": hyper,
        "wrap": wraps,
    }


def new_scene(land: Landscape, optimizers: Sequence[Optimizer], **changes: Any) -> dict[str, Any]:
    """A scene with defaults for everything but the landscape and the optimizers.

    Args:
        land: a landscape of one or two coordinates.
        optimizers: one to eight; the learning rate that most of them have becomes the shared one.
        **changes: any top-level entry of the scene, for example `steps=500`.
    """
    if land.dim > 2:
        raise ValueError(
            f"the explorer draws 1 or 2 coordinates; {land.name} has {land.dim}: use explore_slice."
        )
    if not 1 <= len(optimizers) <= MAX_OPTIMIZERS:
        raise ValueError(
            f"the explorer races 1 to {MAX_OPTIMIZERS} optimizers, got {len(optimizers)}."
        )
    entries = [describe_optimizer(opt, n) for n, opt in enumerate(optimizers)]
    rates = [entry["lr"] for entry in entries]
    shared = max(rates, key=rates.count)
    if rates.count(shared) > 1 or len(rates) == 1:
        for entry in entries:
            entry["lr"] = None if entry["lr"] == shared else entry["lr"]
    else:
        shared = min(rates) or 1e-3
    described = [_describe_schedule(opt.schedule) for opt in optimizers]
    common = described[0]
    if any(one != common for one in described) or common["name"] not in SCHEDULES:
        # Each has its own, which the control that they share does not touch.
        common = {"name": "constant"}
        for entry, own in zip(entries, described, strict=True):
            entry["schedule"] = own
    scene = {
        **rebuild.describe(land),
        "start": list(land.start),
        "view": [list(side) for side in land.view],
        "optimizers": entries,
        "lr": shared,
        "schedule": common,
        "noise": 0.0,
        "steps": 300,
        "seed": 0,
        "axis": "steps",
        "loss_scale": "log",
        "show": dict(SHOW),
        "basin_of": 0,
        "mode": "explore",
        "frozen": False,
        **LATER,
    }
    for name, value in changes.items():
        if name not in scene:
            raise ValueError(f"the explorer has no option {name!r}.{did_you_mean(name, scene)}")
        if name == "time_varying":
            value = _columns(land, value, changes.get("steps", scene["steps"]))
        merged = name == "show" and isinstance(value, Mapping)
        scene[name] = {**scene[name], **value} if merged else value
    return check(scene)


def _describe_schedule(schedule: Any) -> dict[str, Any]:
    if schedule is None:
        return {"name": "constant"}
    if schedule.name in SCHEDULES:
        return {"name": schedule.name, **schedule.hyper}
    # A row of factors, or a chain of schedules: what it says step by step, as long as that changes.
    if schedule.length is not None:
        return {"name": FACTORS, "values": schedule.values(schedule.length).tolist()}
    values = schedule.values(MAX_STEPS)
    changes = np.flatnonzero(values != values[-1])
    last = int(changes[-1]) + 2 if len(changes) else 1
    return {"name": FACTORS, "values": values[:last].tolist(), "stays": True}


def _factors(described: Mapping[str, Any]) -> Any:
    """The schedule of a row of factors, whose last one may stay."""
    values = described.get("values")
    if not isinstance(values, list) or not values or not all(map(_is_number, values)):
        raise ValueError(f"schedule.values: {show(values)} must be a row of finite numbers.")
    if described.get("stays") is True:
        values = [*values, *values[-1:] * (MAX_STEPS - len(values))]
    return schedules.as_schedule(values)


def _columns(land: Landscape, given: Any, steps: Any) -> dict[str, list[float]]:
    """Time-varying parameters as rows of numbers, one per step and one for the end."""
    _check_whole("steps", steps, 1, MAX_STEPS)
    return {
        name: column.tolist() for name, column in time_varying_columns(land, given, steps).items()
    }


def make_schedule(described: Mapping[str, Any]) -> Any:
    """The schedule a scene describes; None for a constant rate.

    Raises:
        ValueError: for an unknown name or argument, with the nearest right one.
    """
    if not isinstance(described, Mapping):
        raise ValueError(f"schedule: {show(described)} must name a schedule and its numbers.")
    name = described.get("name", "constant")
    if name == FACTORS:
        return _factors(described)
    for key, value in described.items():
        if key != "name" and not (_is_number(value) or isinstance(value, str) or value is None):
            raise ValueError(f"schedule.{key}: {show(value)} is not a finite number.")
    if not isinstance(name, str) or name not in SCHEDULES:
        raise ValueError(f"no schedule is called {name!r}.{did_you_mean(name, SCHEDULES)}")
    if name == "constant":  # numbers of an earlier choice may be kept beside it
        made_by = (getattr(schedules, one) for one in SCHEDULES)
        numbers = {key for one in made_by for key in inspect.signature(one).parameters}
        for key in described:
            if key not in (*numbers, "name"):
                raise ValueError(f"no schedule has a number {key!r}.{did_you_mean(key, numbers)}")
        return None
    known = inspect.signature(getattr(schedules, name)).parameters
    arguments = {**SCHEDULES[name], **{k: v for k, v in described.items() if k != "name"}}
    for key in arguments:
        if key not in known:
            raise ValueError(
                f"the schedule {name} has no number {key!r}; it has {one_of(known, 'and')}."
                + did_you_mean(key, known)
            )
    return getattr(schedules, name)(**arguments)


def record_every(steps: int) -> int:
    """How many steps lie between the points that are kept of a walk."""
    return -(-steps // MAX_POINTS)


def check(scene: Mapping[str, Any]) -> dict[str, Any]:
    """Check a scene and return it as plain data (numbers, text, lists and dictionaries).

    Whether the landscape and the optimizers exist is checked when they are made.

    Raises:
        ValueError: naming the entry and what was expected.
    """
    made: dict[str, Any] = {**_plain(LATER), **_plain(dict(scene))}
    for name in _ENTRIES:
        if name not in made:
            raise ValueError(f"the scene has no entry {name!r}; a scene needs all of its entries.")
    for name in made:
        if name not in (*_ENTRIES, *LATER, *rebuild.KEYS):
            raise ValueError(f"the scene has no entry {name!r}.{did_you_mean(name, _ENTRIES)}")
    if not isinstance(made["landscape"], str):
        raise ValueError(f"landscape: {show(made['landscape'])} must be the name of a landscape.")
    rebuild.check(made)
    _numbers("params", made["params"])
    view = made["view"]
    if not isinstance(view, list) or len(view) not in (1, 2):
        raise ValueError(f"view: {show(view)} must give (low, high) for one or two coordinates.")
    for side in view:
        pair = isinstance(side, list) and len(side) == 2 and all(_is_number(v) for v in side)
        if not pair or not side[0] < side[1]:
            raise ValueError(f"view: {show(side)} is not a range (low, high).")
    start = made["start"]
    if not isinstance(start, list) or len(start) != len(view) or not all(map(_is_number, start)):
        raise ValueError(f"start: {show(start)} must be {len(view)} finite numbers.")
    _check_optimizers(made["optimizers"])
    for name in ("lr", "noise"):
        _check_rate(name, made[name])
    _check_whole("steps", made["steps"], 1, MAX_STEPS)
    every = record_every(made["steps"])
    if made["steps"] % every:
        near = made["steps"] // every * every
        raise ValueError(
            f"steps: of {made['steps']:,} steps the explorer keeps every {every}th point, so that the "
            f"last one would be lost; take {near:,} or {near + every:,}."
        )
    _check_whole("seed", made["seed"], 0, None)
    _check_whole("basin_of", made["basin_of"], 0, None)
    for name, choices in (("mode", MODES), ("axis", AXES), ("loss_scale", SCALES)):
        if made[name] not in choices:
            raise ValueError(f"{name}: {made[name]!r} must be {one_of(choices)}.")
    shown = made["show"]
    if not isinstance(shown, dict):
        raise ValueError(f"show: {show(shown)} must say yes or no for {one_of(SHOW, 'and')}.")
    for name, value in shown.items():
        if name not in SHOW:
            raise ValueError(
                f"show: there is nothing called {name!r}; there are {one_of(SHOW, 'and')}."
                + did_you_mean(name, SHOW)
            )
        _check_switch(f"show.{name}", value)
    _check_switch("frozen", made["frozen"])
    if made["batch"] is not None:
        _check_whole("batch", made["batch"], 1, None)
    moving = made["time_varying"]
    if not isinstance(moving, dict) or not all(
        isinstance(row, list) and all(map(_is_number, row)) for row in moving.values()
    ):
        raise ValueError(f"time_varying: {show(moving)} must give a row of numbers by name.")
    make_schedule(made["schedule"])
    return made


_ENTRIES = (
    *("landscape", "params", "start", "view", "optimizers", "lr", "schedule", "noise", "steps"),
    *("seed", "axis", "loss_scale", "show", "basin_of", "mode", "frozen"),
)


def _plain(value: Any, deep: int = 12) -> Any:
    """Tuples and arrays as lists, NumPy's numbers as Python's, everything else as it is (a copy)."""
    if not deep:
        raise ValueError(f"a scene is not nested as deeply as {show(value)}.")
    if isinstance(value, Mapping):
        return {key: _plain(item, deep - 1) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist(), deep)
    if isinstance(value, list | tuple):
        return [_plain(item, deep - 1) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _is_number(value: Any) -> bool:
    real = isinstance(value, int | float) and not isinstance(value, bool)
    return real and abs(value) <= sys.float_info.max  # neither NaN nor a huge integer


def _numbers(name: str, given: Any) -> None:
    if not isinstance(given, dict):
        raise ValueError(f"{name}: {show(given)} must give numbers by name.")
    for key, value in given.items():
        if not _is_number(value):
            raise ValueError(f"{name}.{key}: {show(value)} is not a finite number.")


def _check_rate(name: str, value: Any) -> None:
    if not _is_number(value):
        raise ValueError(f"{name}: {show(value)} is not a finite number.")
    if value < 0:
        raise ValueError(f"{name}: {show(value)} must not be negative.")


def _check_whole(name: str, value: Any, least: int, most: int | None) -> None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        bounds = f"{least} or more" if most is None else f"from {least} to {most:,}"
        comma = "," if most is None else ""
        raise ValueError(f"{name}: {show(value)} must be a whole number{comma} {bounds}.")


def _check_switch(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{name}: {show(value)} must be true or false.")


def _check_optimizers(entries: Any) -> None:
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_OPTIMIZERS:
        raise ValueError(f"optimizers: there must be 1 to {MAX_OPTIMIZERS} of them, in a list.")
    for place, entry in enumerate(entries):
        here = f"optimizers.{place}"
        needed = {"id", "name", "on", "lr", "hyper", "wrap"}
        if not isinstance(entry, dict) or set(entry) - {"schedule"} != needed:
            raise ValueError(
                f"{here}: {show(entry)} must have exactly the entries id, name, on, lr, hyper and wrap."
            )
        if not isinstance(entry["name"], str):
            raise ValueError(f"{here}.name: {show(entry['name'])} must be an optimizer's name.")
        _check_whole(f"{here}.id", entry["id"], 0, None)
        _check_switch(f"{here}.on", entry["on"])
        if entry["lr"] is not None:
            _check_rate(f"{here}.lr", entry["lr"])
        if "schedule" in entry:
            make_schedule(entry["schedule"])
        _numbers(f"{here}.hyper", entry["hyper"])
        wraps = entry["wrap"]
        if not isinstance(wraps, list):
            raise ValueError(f"{here}.wrap: {show(wraps)} must be a list of wrappers.")
        for wrap in wraps:
            if not isinstance(wrap, dict) or not isinstance(wrap.get("kind"), str):
                raise ValueError(f"{here}.wrap: {show(wrap)} must say the kind of wrapper.")
            _numbers(f"{here}.wrap", {k: v for k, v in wrap.items() if k != "kind"})


def changed(scene: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The scene with some entries changed, named by dotted paths ("params.b", "optimizers.0.on").

    Raises:
        ValueError: for a path the scene does not have, or a value it does not accept.
    """
    made: dict[str, Any] = _plain(scene)
    for path, value in patch.items():
        *parents, last = path.split(".")
        place: Any = made
        if path == "show" and isinstance(value, dict):
            value = {**made["show"], **value}
        for key in parents:
            place = _inside(place, key, path)
        if isinstance(place, list):
            place[_position(place, last, path)] = value
        elif last in place or parents[:1] in (["params"], ["schedule"]) or "hyper" in parents:
            place[last] = value
        else:
            raise ValueError(f"the scene has no entry {path!r}.{did_you_mean(last, place)}")
    return check(made)


def _inside(place: Any, key: str, path: str) -> Any:
    if isinstance(place, list):
        return place[_position(place, key, path)]
    if not isinstance(place, dict) or key not in place:
        raise ValueError(f"the scene has no entry {path!r}.")
    return place[key]


def _position(place: list[Any], key: str, path: str) -> int:
    if not key.isdigit() or int(key) >= len(place):
        raise ValueError(f"the scene has no entry {path!r}.")
    return int(key)


def to_state(scene: Mapping[str, Any]) -> str:
    """The scene as a short string to copy.

    Raises:
        ValueError: when its landscape has more data than such a string can carry.
    """
    text = json.dumps(scene, separators=(",", ":"), sort_keys=True)
    if len(text) > MOST:
        raise ValueError(
            f"this scene is too large to copy as a string: it has {len(text):,} characters (at most "
            f"{MOST:,}). Copy the cell that makes it instead, or give {scene['landscape']} fewer samples."
        )
    return PREFIX + base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def from_state(state: str) -> dict[str, Any]:
    """The scene of a copied string.

    Raises:
        ValueError: when the string is not one, or was cut off.
    """
    if not isinstance(state, str) or not state.strip().startswith(PREFIX):
        raise ValueError(f"state={show(state)} is not a scene; it begins with {PREFIX!r}.")
    body = state.strip()[len(PREFIX) :]
    try:
        packed = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        opener = zlib.decompressobj()
        text = opener.decompress(packed, MOST)
        scene = json.loads(text)
        if not opener.eof or opener.unused_data or not isinstance(scene, dict):
            raise ValueError
    except (ValueError, RecursionError, binascii.Error, zlib.error):
        raise ValueError(
            "the state string is damaged or was cut off; copy it again, whole."
        ) from None
    return check(scene)
