"""The scene an explorer shows, as plain data: defaults, checks, changes, and a string to copy.

    scene = new_scene(tl.landscapes.rosenbrock, [tl.gd(1e-3), tl.adam(0.1)])
    text = to_state(scene)              # 'tl1:eJx...'
    from_state(text) == scene           # exactly the same scene

A scene says everything needed to draw the same picture again. No Jupyter here.
"""

from __future__ import annotations

import base64
import binascii
import copy
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from toylands._words import did_you_mean, one_of, show
from toylands.formula import Landscape
from toylands.optimizers import Optimizer, schedules

PREFIX = "tl1:"
MODES = ("explore", "predict", "teacher")
AXES = ("steps", "evaluations")
SCALES = ("log", "linear")
MAX_STEPS = 5_000
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
SHOW = {
    "basin": False,
    "critical": True,
    "quadratic": True,
    "three_d": False,
    "inside": False,
}


def describe_landscape(land: Landscape) -> dict[str, Any]:
    """The part of a scene that names the landscape."""
    described: dict[str, Any] = {"landscape": land.name, "params": dict(land.parameters)}
    if land.definition.text is not None:
        described["text"] = land.definition.text
    return described


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
    schedule = next((opt.schedule for opt in optimizers if opt.schedule is not None), None)
    scene = {
        **describe_landscape(land),
        "start": list(land.start),
        "view": [list(side) for side in land.view],
        "optimizers": entries,
        "lr": shared,
        "schedule": _describe_schedule(schedule),
        "noise": 0.0,
        "steps": 300,
        "seed": 0,
        "axis": "steps",
        "loss_scale": "log",
        "show": dict(SHOW),
        "basin_of": 0,
        "mode": "explore",
        "frozen": False,
    }
    for name, value in changes.items():
        if name not in scene:
            raise ValueError(f"the explorer has no option {name!r}.{did_you_mean(name, scene)}")
        scene[name] = {**scene[name], **value} if name == "show" else value
    return check(scene)


def _describe_schedule(schedule: Any) -> dict[str, Any]:
    if schedule is None:
        return {"name": "constant"}
    if schedule.name in SCHEDULES:
        return {"name": schedule.name, **schedule.hyper}
    raise ValueError(
        f"the explorer cannot show the schedule {schedule.label}; it offers {one_of(SCHEDULES, 'and')}."
    )


def make_schedule(described: Mapping[str, Any]) -> Any:
    """The schedule a scene describes; None for a constant rate."""
    name = described.get("name", "constant")
    if name not in SCHEDULES:
        raise ValueError(f"no schedule is called {name!r}.{did_you_mean(name, SCHEDULES)}")
    if name == "constant":
        return None
    arguments = {**SCHEDULES[name], **{k: v for k, v in described.items() if k != "name"}}
    return getattr(schedules, name)(**arguments)


def check(scene: Mapping[str, Any]) -> dict[str, Any]:
    """Check a scene's own entries (landscape and optimizers check theirs when they are made).

    Raises:
        ValueError: naming the entry and what was expected.
    """
    made = copy.deepcopy(dict(scene))
    dim = len(made["view"])
    _finite("start", made["start"], dim)
    for low, high in made["view"]:
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"view: {show([low, high])} is not a range (low, high).")
    steps = made["steps"]
    if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= MAX_STEPS:
        raise ValueError(f"steps: {show(steps)} must be a whole number from 1 to {MAX_STEPS:,}.")
    if isinstance(made["seed"], bool) or not isinstance(made["seed"], int) or made["seed"] < 0:
        raise ValueError(f"seed: {show(made['seed'])} must be a whole number, 0 or more.")
    for name, least in (("lr", 0.0), ("noise", 0.0)):
        value = made[name]
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            raise ValueError(f"{name}: {show(value)} is not a number.")
        if value < least:
            raise ValueError(f"{name}: {show(value)} must not be negative.")
    for name, choices in (("mode", MODES), ("axis", AXES), ("loss_scale", SCALES)):
        if made[name] not in choices:
            raise ValueError(f"{name}: {made[name]!r} must be {one_of(choices)}.")
    make_schedule(made["schedule"])
    return made


def _finite(name: str, values: Sequence[float], count: int) -> None:
    numbers = [v for v in values if isinstance(v, int | float) and math.isfinite(v)]
    if len(numbers) != count or len(values) != count:
        raise ValueError(f"{name}: {show(list(values))} must be {count} finite numbers.")


def changed(scene: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The scene with some entries changed, named by dotted paths ("params.b", "optimizers.0.on").

    Raises:
        ValueError: for a path the scene does not have, or a value it does not accept.
    """
    made = copy.deepcopy(dict(scene))
    for path, value in patch.items():
        *parents, last = path.split(".")
        place: Any = made
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
    """The scene as a short string to copy."""
    text = json.dumps(scene, separators=(",", ":"), sort_keys=True)
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
        # A decompression limit: a scene is small, whatever a string claims.
        opener = zlib.decompressobj()
        text = opener.decompress(packed, 100_000)
        scene = json.loads(text)
        if opener.unconsumed_tail or not isinstance(scene, dict):
            raise ValueError
    except (ValueError, binascii.Error, zlib.error):
        raise ValueError(
            "the state string is damaged or was cut off; copy it again, whole."
        ) from None
    return check(scene)
