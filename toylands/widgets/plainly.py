"""What happened, in a beginner's words: where each walk arrived, and when.

"Gradient descent arrived in the lower of the two valleys after 132 steps."

Norms, rates and limits are in `explain`, one click away on the page.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toylands.formula import CriticalPoint
from toylands.optimizers import Optimizer
from toylands.plots.words import sig
from toylands.widgets.compute import Walk
from toylands.widgets.explain import is_bowl

_NAMES = {
    "gd": "Gradient descent",
    "momentum": "Momentum",
    "polyak": "Polyak's heavy ball",
    "nesterov": "Nesterov's momentum",
    "adagrad": "AdaGrad",
    "rmsprop": "RMSProp",
    "adam": "Adam",
    "adamw": "AdamW",
    "amsgrad": "AMSGrad",
    "lion": "Lion",
    "newton": "Newton's method",
    "saddle_free_newton": "Saddle-free Newton",
    "extragradient": "Extragradient",
    "optimistic_gd": "Optimistic gradient descent",
    "langevin": "Langevin's noisy walk",
}
_WRAPS = {
    "sam": "SAM",
    "clip_norm": "clipping",
    "clip_value": "clipping",
    "ema": "averaged weights",
    "swa": "averaged weights",
    "weight_decay": "weight decay",
    "reset_on_conflict": "momentum resets",
}
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_PLACES = ("", "second ", "third ", "fourth ", "fifth ", "sixth ", "seventh ", "eighth ", "ninth ")
#: where a walk may arrive that is no single minimum: in a sentence, and in a table
_ELSEWHERE = {
    "minimum": ("arrived at the bottom of a valley", "at a bottom"),
    "valley": ("arrived on the floor of a valley", "on a valley floor"),
    "saddle": ("stopped at a saddle, level ground from which it could still fall,", "at a saddle"),
    "maximum": ("stopped on a hilltop, where the ground is level,", "on a hilltop"),
    "ridge": ("stopped on a ridge, where the ground is level,", "on a ridge"),
    "plateau": ("stopped on flat ground", "on flat ground"),
    "equilibrium": ("arrived at the equilibrium", "at the equilibrium"),
    "kink": ("stopped at a kink", "at a kink"),
}

#: how a walk ended before its last step: in a sentence, and in a table
_LEFT = {
    "diverged": ("left the map for good", "left the map"),
    "outside": ("came to where the loss is not a number", "left the domain"),
    "no gradient": ("came to where there is no gradient", "no gradient"),
}


def name_of(opt: Optimizer) -> str:
    """An optimizer's name for a beginner: Gradient descent with SAM."""
    name = _NAMES.get(opt.base_name, opt.base_name)
    wraps = [_WRAPS.get(piece.kind, piece.kind) for piece in opt.pieces if not piece.hidden]
    return f"{name} with {' and '.join(dict.fromkeys(wraps))}" if wraps else name


def _which_valley(end: np.ndarray, minima: Sequence[CriticalPoint], view: object) -> str | None:
    """Which of the known minima a walk has come to: "the lower of the two valleys"; None if to none."""
    if not minima:
        return None
    places = np.array([point.point for point in minima])
    reach = 0.01 * max(high - low for low, high in np.asarray(view))
    distance = np.linalg.norm(places - end, axis=1)
    mine = int(distance.argmin())
    if distance[mine] > reach:
        return None
    count = len(minima)
    if count == 1:
        return "the valley"
    losses = np.array([point.loss for point in minima])
    slack = 1e-6 * (1e-9 + np.ptp(losses)) + 1e-9 * (1 + np.abs(losses).max())
    lower = losses < losses[mine] - slack
    equal = np.abs(losses - losses[mine]) <= slack
    many = _COUNTS[count] if count < len(_COUNTS) else str(count)
    if equal.all():
        if count > 2:
            return f"one of the {many} equally low valleys"
        way = places[mine] - places[1 - mine]
        axis = int(np.abs(way).argmax())
        side = (("left", "right"), ("lower", "upper"))[min(axis, 1)][int(way[axis] > 0)]
        return f"the {side} one of the two equally low valleys"
    if count == 2:
        return f"the {'higher' if lower.any() else 'lower'} of the two valleys"
    rank = len(np.unique(np.round(losses[lower] / max(slack, 1e-300)))) if lower.any() else 0
    if rank == 0:
        which = "the lowest" if equal.sum() == 1 else "one of the lowest"
    elif equal.sum() == 1 and rank < len(_PLACES):
        which = f"the {_PLACES[rank]}lowest"
    else:
        which = "one of the higher ones"
    return f"{which} of the {many} valleys"


def _short(valley: str) -> str:
    """The same for a table: "the lower of the two valleys" as "lower valley"."""
    words = valley.replace("the ", "", 1).split(" of the ")[0].replace(" one", "")
    return (
        "a valley" if words.startswith("one") else words if "valley" in words else f"{words} valley"
    )


def _arrival(walk: Walk, minima: Sequence[CriticalPoint]) -> tuple[str, str]:
    run = walk.trajectory
    point = run.status.point or "minimum"
    if point == "minimum":
        valley = _which_valley(run.end, minima, run.landscape.view)
        if valley is not None:
            return f"arrived in {valley}", _short(valley)
    return _ELSEWHERE[point]


def _taken(walk: Walk) -> int:
    """The step at which a walk came to rest."""
    reached = walk.trajectory.steps_to(walk.trajectory.tol)
    return walk.trajectory.steps if reached is None else reached


def _steps(count: int) -> str:
    return f"{count:,} step{'s' * (count != 1)}"


def outcome(walk: Walk, minima: Sequence[CriticalPoint]) -> str:
    """How one walk ended, for a table: "lower valley, 132 steps"."""
    status = walk.trajectory.status
    if status.left:
        return f"{_LEFT[status.kind][1]}, step {status.step}"
    if status.kind == "converged":
        return f"{_arrival(walk, minima)[1]}, {_steps(_taken(walk))}"
    return "still on its way"


def sentence(walk: Walk, minima: Sequence[CriticalPoint], name: str = "") -> str:
    """How one walk ended, as one would tell it."""
    run, status = walk.trajectory, walk.trajectory.status
    name = name or name_of(run.optimizer)
    if status.left:
        why = _too_large(walk) if status.kind == "diverged" else ""
        return f"{name} {_LEFT[status.kind][0]} at step {status.step}{why}."
    if status.kind == "converged":
        return f"{name} {_arrival(walk, minima)[0]} after {_steps(_taken(walk))}."
    if _swings(walk):
        higher = run.loss[-1] > run.loss[0]
        how = "swings further and further out" if higher else "is still jumping from side to side"
        return f"{name} {how} after {_steps(run.steps)}{_too_large(walk) if higher else ''}."
    return f"{name} is still on its way after {_steps(run.steps)}, at loss {sig(run.loss[-1])}."


def _meter(walk: Walk) -> np.ndarray:
    """Learning rate times curvature at each recorded step, in units of its limit; empty without one."""
    rates = walk.rates
    if walk.limit is None or not len(rates):
        return np.empty(0)
    with np.errstate(all="ignore"):
        relative: np.ndarray = rates * walk.sharpness[: len(rates)] / walk.limit
    return relative


def _swings(walk: Walk) -> bool:
    meter = _meter(walk)
    return bool(len(meter) and meter[-1] > 0.98)


def _too_large(walk: Walk) -> str:
    meter = _meter(walk)
    if not len(meter) or not meter[0] > 1:
        return ""
    if not is_bowl(walk):
        return ": its steps were too long for ground this curved"
    rate, bound = sig(walk.rates[0]), sig(walk.rates[0] / meter[0])
    return f": its learning rate {rate} is too large here (it must stay below {bound})"


def paragraph(walks: Sequence[Walk], minima: Sequence[CriticalPoint]) -> str:
    """All walks in one paragraph; two of one name are told apart by their learning rate."""
    if not walks:
        return "No optimizer is switched on."
    names = [name_of(walk.optimizer) for walk in walks]
    told = [
        f"{name} (rate {sig(float(walk.optimizer.lr))})" if names.count(name) > 1 else name
        for name, walk in zip(names, walks, strict=True)
    ]
    return " ".join(sentence(walk, minima, name) for name, walk in zip(told, walks, strict=True))
