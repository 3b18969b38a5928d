"""What a kind of optimizer asks of the swarm loop, whatever its numbers are.

    plan = plan_of(sam(adam(0.01), rho=0.05))
    plan.numbers[loop.LOOK]       # loop.UPHILL

A plan is found once for a rule and the pieces around it. Each walk copies it and adds its own numbers: a
dragged slider changes numbers only, and a short walk should not take longer to describe than to walk.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands.dynamics import loop, stages
from toylands.formula.memory import undisturbed
from toylands.optimizers import Optimizer
from toylands.optimizers.rule import Rule

#: operations on the gradient: their code in the loop, and the number they need
_OPERATIONS = {
    "noise": (loop.ADD_NOISE, "sigma"),
    "clip_norm": (loop.CLIP_NORM, "max_norm"),
    "clip_value": (loop.CLIP_VALUE, "limit"),
    "weight_decay": (loop.ADD_DECAY, "weight_decay"),
    "newton": (loop.SOLVE, "damping"),
    "saddle_free_newton": (loop.SOLVE, "damping"),
}
#: other pieces with a number per walker, and where the loop looks for its row
_ROWS = {
    "sam": (loop.LOOK_ROW, "rho"),
    "langevin": (loop.THERMAL_ROW, "temperature"),
    "ema": (loop.AVERAGE_ROW, "decay"),
}
_LOOKS = {"sam": loop.UPHILL, "extragradient": loop.AHEAD}
_AVERAGES = {"swa": loop.SWA, "ema": loop.EMA}


@dataclass(frozen=True, eq=False)
class Plan:
    """A job's numbers, as far as the optimizer decides them.

    Attributes:
        numbers: by position, as the loop reads them; addresses of stages included.
        rows: where the numbers of the pieces are: (position among the pieces, name), in the order in
            which the loop has a row for each.
        codes: the operations on the gradient, from the outermost wrapper in: pairs (code, row).
        powers: which hyper-parameters have a running power, by position.
        random, averages, solves: whether steps are drawn, weights averaged, systems solved.
    """

    numbers: tuple[int, ...]
    rows: tuple[tuple[int, str], ...]
    codes: np.ndarray
    powers: np.ndarray
    random: bool
    averages: bool
    solves: bool


def plan_of(opt: Optimizer) -> Plan:
    """The plan of an optimizer; all that differ in numbers only share it."""
    return _plan(opt.rule, tuple([(piece.kind, *piece.counts.items()) for piece in opt.pieces]))


@functools.lru_cache(maxsize=64)
@undisturbed()  # the first rule of a process imports SymPy
def _plan(rule: Rule, kinds: tuple[Any, ...]) -> Plan:
    pieces = {kind: n for n, (kind, *_) in enumerate(kinds)}
    counts = {kind: dict(given) for kind, *given in kinds}
    rows: list[tuple[int, str]] = []
    codes = []
    for kind in reversed(pieces):
        if kind in _OPERATIONS:
            code, number = _OPERATIONS[kind]
            codes.append((code, len(rows)))
            rows.append((pieces[kind], number))
    powers = [list(rule.defaults).index(name) for name in rule.powers]
    numbers = [0] * loop.JOB_SIZE
    numbers[loop.HYPER_COUNT] = len(rule.defaults)
    numbers[loop.POWER_COUNT] = len(powers)
    numbers[loop.MEMORY_COUNT] = len(rule.memory)
    numbers[loop.OP_COUNT] = len(codes)
    numbers[loop.THERMAL_ROW] = -1
    for kind, (position, number) in _ROWS.items():
        if kind in pieces:
            numbers[position] = len(rows)
            rows.append((pieces[kind], number))
    numbers[loop.VALUE_COUNT] = len(rows)
    random = "noise" in pieces or "langevin" in pieces
    looks, averages = (_LOOKS.keys() & pieces, _AVERAGES.keys() & pieces)
    if looks:
        numbers[loop.LOOK] = _LOOKS[looks.pop()]
        numbers[loop.LOOK_STAGE] = stages.look.address
    if codes:
        numbers[loop.OPERATE_STAGE] = stages.operate.address
    if "reset_on_conflict" in pieces:
        numbers[loop.PATIENCE] = counts["reset_on_conflict"]["patience"]
        numbers[loop.PUSH] = -rule.gathers
        numbers[loop.FORGET_STAGE] = stages.forget.address
    if averages:
        numbers[loop.AVERAGE] = _AVERAGES[next(iter(averages))]
        numbers[loop.AVERAGE_START] = counts.get("swa", {}).get("start", 0)
        numbers[loop.AVERAGE_STAGE] = stages.average.address
    if random:
        from toylands.dynamics.random import shake

        numbers[loop.SHAKE_STAGE] = shake.address
    solver = pieces.keys() & {"newton", "saddle_free_newton"}
    if solver:
        from toylands.dynamics import solvers

        chosen = solvers.newton_step if "newton" in solver else solvers.saddle_free_step
        numbers[loop.SOLVER] = chosen.address
    return Plan(
        tuple(numbers),
        tuple(rows),
        np.array(codes, dtype=np.int64),
        np.array(powers, dtype=np.int64),
        random,
        bool(averages),
        bool(solver),
    )
