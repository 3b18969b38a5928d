"""Putting a job together for the swarm loop, and sharing its walkers among the cores."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from toylands._words import did_you_mean, one_of, show
from toylands.formula import Landscape
from toylands.optimizers import Optimizer
from toylands.optimizers.optimizer import check_count

#: recordings above this size are refused with advice instead of filling the memory
MAX_RECORD_BYTES = 4e9
#: walker-steps below which one thread is faster, and per piece above it
SERIAL, TASK = 40_000, 1_000_000
#: walker-steps from which on it pays to compile a rule in halves (see `Rule.kernel`)
HALVES = 5_000_000
#: walkers of a block with at most so many rows; no powers of two, or rows would compete for cache lines
SMALL = {4: 832, 8: 640}
#: a run of this many pieces is over before a progress bar could be seen
SHORT = 16
#: seconds a run must take before it shows a progress bar
PATIENCE_SECONDS = 1.0
#: 2**64 divided by the golden ratio: the step between two states of SplitMix64
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Raw:
    """What the loop returns for B walkers; R recorded rows (0 when nothing was recorded).

    Shapes: path and average (R, d, B), loss and grad_norm (R, B), memory (R, M, d, B) for a rule with M
    memories, used (R, d, B), end (B, d), died (B,) with -1 for walkers that stayed.
    """

    path: np.ndarray | None
    loss: np.ndarray | None
    grad_norm: np.ndarray | None
    average: np.ndarray | None
    memory: np.ndarray | None
    used: np.ndarray | None
    end: np.ndarray
    died: np.ndarray


def escape_limit(land: Landscape, escape: float | None) -> float:
    """How far a walker may go before it counts as diverged: by default, a million windows away."""
    if escape is None:
        return 1e6 * max(1.0, *(abs(bound) for side in land.view for bound in side))
    limit = check_positive(land.name, "escape", escape)
    return min(limit, sys.float_info.max)  # infinity itself is outside


def check_positive(owner: str, name: str, value: Any, *, zero: bool = False) -> float:
    """Check one positive number (or zero, where that is allowed); infinity is one too."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{owner}: {name}={show(value)} must be one number.")
    number = float(value)
    if not (number >= 0 if zero else number > 0):
        bound = "at least 0" if zero else "above 0"
        raise ValueError(f"{owner}: {name}={show(value)} must be {bound}.")
    return number


def check_start(land: Landscape, start: Any) -> np.ndarray:
    """Start points as float64, shape (..., d): finite, and of the right dimension."""
    points = land.points(land.start if start is None else start, "start")
    if not np.isfinite(points).all():
        raise ValueError(f"{land.name}: start={show(points)} is not finite.")
    return points


def broadcast_walkers(land: Landscape, opt: Optimizer, starts: np.ndarray) -> tuple[int, ...]:
    """The shape of the swarm: starts, landscape parameters and hyper-parameters broadcast together."""
    numbers = (*land.parameters.values(), *opt.values.values())
    if starts.ndim == 1 and all(isinstance(value, float) for value in numbers):
        return ()
    sizes = {"start": starts.shape[:-1]}
    sizes.update({name: np.shape(value) for name, value in land.parameters.items()})
    sizes.update({name: np.shape(value) for name, value in opt.values.items()})
    try:
        return np.broadcast_shapes(*sizes.values())
    except ValueError:
        given = {name: shape for name, shape in sizes.items() if shape}
        raise ValueError(f"the sizes of the swarm do not match each other: {given}.") from None


def seeds_for(seed: Any, count: int) -> np.ndarray:
    """One 64-bit key per walker, from one seed or from one per walker.

    The keys are SplitMix64's numbers from the state `seed`: walker i of one seed gets number i, all
    different; walkers with a seed each get number 0, as a single walker with that seed does.
    [Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"]

    Raises:
        TypeError, ValueError: when the seed is not a whole number, or the array has another length.
    """
    if type(seed) is int and 0 <= seed < 2**63 and count == 1:
        return _one_key(seed)
    array = np.asarray(seed)
    if array.dtype.kind not in "iu":
        raise TypeError(
            f"seed={show(seed)} must be a whole number of at most 64 bits, or one per walker."
        )
    if (array < 0).any():
        raise ValueError(f"seed={show(seed)} must not be negative.")
    if array.ndim and array.shape != (count,):
        raise ValueError(f"seed has shape {array.shape}, but there are {count} walkers.")
    number = np.arange(count) if array.ndim == 0 else np.zeros(count)
    key = array.astype(np.uint64) + (number.astype(np.uint64) + np.uint64(1)) * _GOLDEN
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (key ^ (key >> np.uint64(31))).view(np.int64)


@functools.lru_cache(maxsize=64)
def _one_key(seed: int) -> np.ndarray:
    return seeds_for(np.array([seed]), 1)


def moving_columns(
    land: Landscape, moving: Mapping[str, Any] | None, steps: int
) -> dict[str, np.ndarray]:
    """Parameters that change from step to step, each with shape (steps + 1,): the last for the end.

    Each is given as one value per step (the last is then used at the end too), as steps + 1 values, or
    as a function of the step.
    """
    if moving is None:
        return {}
    if not isinstance(moving, Mapping):
        raise TypeError(
            f"moving={show(moving)} must be a dictionary {{parameter: values or a function of the step}}."
        )
    names = list(land.parameters)
    columns = {}
    for name, values in moving.items():
        if name not in names:
            raise ValueError(
                f"{land.name} has no parameter {name!r} to move; it has "
                f"{one_of(names, 'and')}." + did_you_mean(name, names)
            )
        if np.ndim(land.parameters[name]):
            raise ValueError(f"{name} is moving, so it cannot also be an array over the walkers.")
        if callable(values):
            values = [values(t) for t in range(steps + 1)]
        try:
            column = np.asarray(values, dtype=float)
        except (TypeError, ValueError):
            raise TypeError(f"moving {name}={show(values)} is not a row of numbers.") from None
        if column.ndim != 1 or len(column) not in (max(steps, 1), steps + 1):
            raise ValueError(
                f"moving {name} has values of shape {column.shape} for {steps} steps; give one per "
                "step (and optionally one more for the end)."
            )
        if not np.isfinite(column).all():
            raise ValueError(
                f"moving {name} is not finite at step {np.argmin(np.isfinite(column))}."
            )
        columns[name] = column if len(column) == steps + 1 else np.append(column, column[-1])
    return columns


def schedule_factors(opt: Optimizer, steps: int) -> np.ndarray:
    """The factor on lr at every step, shape (steps,); not to be written to."""
    if opt.schedule is None:
        return _ones(steps)
    return np.ascontiguousarray(opt.schedule.values(steps), dtype=float)


@functools.lru_cache(maxsize=8)
def _ones(count: int) -> np.ndarray:
    ones = np.ones(count)
    ones.setflags(write=False)
    return ones


def _rows(values: list[Any], count: int) -> tuple[np.ndarray, bool]:
    """Numbers as rows: (K, 1) when all are shared, else (K, B); and whether they are shared."""
    if all(isinstance(value, float) for value in values):
        return np.array(values).reshape(len(values), 1), True
    filled = [np.broadcast_to(value, (count,)) for value in values]
    return np.ascontiguousarray(filled, dtype=float), False


def _operations(opt: Optimizer, values: list[Any]) -> np.ndarray:
    """The gradient operations from the outermost wrapper in: pairs (code, row of its number)."""
    from toylands.dynamics import loop

    codes = {
        "noise": (loop.ADD_NOISE, "sigma"),
        "clip_norm": (loop.CLIP_NORM, "max_norm"),
        "clip_value": (loop.CLIP_VALUE, "limit"),
        "weight_decay": (loop.ADD_DECAY, "weight_decay"),
        "newton": (loop.SOLVE, "damping"),
        "saddle_free_newton": (loop.SOLVE, "damping"),
    }
    pairs = []
    for piece in reversed(opt.pieces):
        if piece.kind in codes:
            code, number = codes[piece.kind]
            pairs.append((code, len(values)))
            values.append(piece.values[number])
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def execute(
    land: Landscape,
    opt: Optimizer,
    starts: np.ndarray,
    steps: int,
    *,
    seed: Any = 0,
    batch: int | None = None,
    replacement: bool = True,
    moving: Mapping[str, Any] | None = None,
    escape: float | None = None,
    record: bool = True,
    every: int = 1,
    inside: bool = False,
    progress: str | None = None,
) -> Raw:
    """Walk B walkers for `steps` steps.

    Args:
        land, opt: the landscape and the optimizer; their numbers may be arrays of shape (B,).
        starts: start points, shape (B, d).
        steps: how many steps.
        seed: a whole number, or one per walker (equal seeds give equal noise and batches).
        batch: samples per step for a landscape over data; None for all.
        replacement: whether a batch is drawn with replacement (else by shuffled epochs).
        moving: parameters by step (see `moving_columns`).
        escape: the coordinate beyond which a walker counts as diverged.
        record: whether to record the path; `every` how many steps.
        inside: whether to record the rule's memory too, and the gradient that reaches it.
        progress: what to call the work in a progress bar; None for no bar.
    """
    from toylands.formula.memory import cores, pointer, undisturbed

    with undisturbed():
        from toylands.dynamics import loop
        from toylands.dynamics.job import Job

    count, dim = len(starts), land.dim
    rule, definition = opt.rule, land.definition
    if not isinstance(replacement, bool | np.bool_):
        raise TypeError(f"replacement={show(replacement)} must be True or False.")
    limit = escape_limit(land, escape)
    parameters = land.parameter_rows((count,))
    shared = parameters.shape[1] == 1
    rates, hyper, rule_shared = _rule_rows(opt, count)
    shaken = opt.piece("noise") or opt.piece("langevin")
    seeds = seeds_for(seed, count if shaken or batch is not None or np.ndim(seed) else 1)
    mode, batch_size = _batch(land, batch, seeds)
    averaging = opt.piece("swa") or opt.piece("ema")
    records = _records(land, opt, count, steps, every, inside=inside) if record else 0
    columns = moving_columns(land, moving, steps)
    values: list[Any] = []
    operations = _operations(opt, values)
    look = loop.UPHILL if opt.piece("sam") else loop.AHEAD if opt.piece("extragradient") else 0
    solver = opt.piece("newton") or opt.piece("saddle_free_newton")
    reset, swa = opt.piece("reset_on_conflict"), opt.piece("swa")
    average = 0 if averaging is None else loop.SWA if swa else loop.EMA
    kernel = definition.kernel(1, loss=record and mode == loop.FULL and every == 1, shared=shared)

    job = Job()
    numbers = (
        (loop.WALKERS, count),
        (loop.DIM, dim),
        (loop.STEPS, steps),
        (loop.KERNEL, kernel.address),
        (loop.RULE, rule.kernel(shared=rule_shared, halved=count * steps >= HALVES).address),
        (loop.PARAMETER_COUNT, len(parameters)),
        (loop.PARAMETERS_SHARED, shared),
        (loop.RULE_SHARED, rule_shared),
        (loop.HYPER_COUNT, len(hyper)),
        (loop.POWER_COUNT, len(rule.powers)),
        (loop.MEMORY_COUNT, len(rule.memory)),
        (loop.MOVING_COUNT, len(columns)),
        (loop.BATCH_SIZE, batch_size),
        (loop.BATCH_MODE, mode),
        (loop.REPLACEMENT, replacement),
        (loop.LOOK, look),
        (loop.OP_COUNT, len(operations)),
        (loop.LOOK_ROW, max(_value_row(opt, "sam", "rho", values), 0)),
        (loop.THERMAL_ROW, _value_row(opt, "langevin", "temperature", values)),
        (loop.AVERAGE_ROW, max(_value_row(opt, "ema", "decay", values), 0)),
        (loop.PATIENCE, reset.counts["patience"] if reset else 0),
        (loop.PUSH, -rule.gathers if reset else 0),
        (loop.AVERAGE, average),
        (loop.AVERAGE_START, swa.counts["start"] if swa else 0),
        (loop.EVERY, every),
    )
    for position, number in numbers:
        job.say(position, int(number))
    if record or look or averaging or reset or len(operations):
        from toylands.dynamics import stages

        needed = (
            (loop.RECORD_STAGE, stages.record, record),
            (loop.INSIDE_STAGE, stages.record_inside, record and inside),
            (loop.LOOK_STAGE, stages.look, look),
            (loop.OPERATE_STAGE, stages.operate, len(operations)),
            (loop.FORGET_STAGE, stages.forget, reset),
            (loop.AVERAGE_STAGE, stages.average, averaging),
        )
        for position, stage, wanted in needed:
            if wanted:
                job.say(position, stage.address)
    if shaken or mode != loop.FULL:
        from toylands.dynamics import random

        job.take(loop.SEEDS, seeds)
        if shaken:
            job.say(loop.SHAKE_STAGE, random.shake.address)
        if mode != loop.FULL:
            job.say(loop.DRAW_STAGE, random.draw.address)
    if record:
        full = definition.kernel(1, loss=True, shared=shared)
        job.say(loop.KERNEL_FULL, full.address)
    if solver is not None:
        from toylands.dynamics import solvers

        chosen = solvers.newton_step if solver.kind == "newton" else solvers.saddle_free_step
        job.say(loop.SOLVER, chosen.address)
        job.say(loop.JACOBIAN, definition.kernel(2, loss=False, shared=shared).address)
    # A block's hot rows stay in the first-level cache, or as near as many coordinates allow.
    rows = dim * (2 + len(rule.memory))  # position, gradient, memory
    few = next((size for most, size in SMALL.items() if rows <= most), 256)
    block = min(count, few, max(8, 16_384 // dim))
    if definition.cost > 1:  # such a walker is work enough for a core of its own
        block = min(block, -(-count // cores()))
    job.say(loop.BLOCK, block)
    job.say(loop.VALUE_COUNT, len(values))
    if land.data:
        data = land.data_rows()
        samples = np.arange(data.shape[1])
        job.take(loop.DATA, data)
        job.take(loop.SAMPLES, samples)
        job.say(loop.ALL_SAMPLES, len(samples))
    job.lend(loop.THETA, np.ascontiguousarray(starts))
    job.take(loop.PARAMETERS, parameters)
    job.take(loop.RATE, rates)
    job.take(loop.HYPER, hyper)
    job.take(loop.SCHEDULE, schedule_factors(opt, steps))
    if len(operations):
        job.take(loop.OP_CODES, operations)
    if values:
        job.take(loop.VALUES, np.array([np.broadcast_to(v, (count,)) for v in values], dtype=float))
    if rule.powers:
        positions = [list(rule.defaults).index(name) for name in rule.powers]
        job.take(loop.POWER_SOURCE, np.array(positions))
    if columns:
        job.take(loop.MOVING, np.array([*columns.values()]).T)
        job.take(loop.MOVING_INDEX, np.array([[*land.parameters].index(name) for name in columns]))
    if record:
        job.room(loop.PATH, (records, dim, count))
        job.room(loop.LOSS_PATH, (records, count))
        job.room(loop.GRAD_PATH, (records, count))
    if record and averaging:
        job.room(loop.AVERAGE_PATH, (records, dim, count))
    if record and inside:
        job.room(loop.MEMORY_PATH, (records, len(rule.memory), dim, count))
        job.room(loop.USED_PATH, (records, dim, count))
    job.room(loop.END, (dim, count))
    job.room(loop.DIED, (count,), integers=True)
    views = job.build()
    size = loop.scratch_size(
        block, dim, len(parameters), len(rule.memory), rule.rows, len(values), solver is not None
    )
    longs = block * (1 + land.samples + batch_size)
    held = (job, definition, rule)
    work = count * max(steps, 1) * definition.cost
    _share(pointer(job.integers), held, limit, count, work, block, size, longs, progress)
    end, died = views[loop.END].T, views[loop.DIED]
    if record:
        last = views[loop.PATH][-1].T
        end = np.where(died[:, None] >= 0, end, last) if died.max() >= 0 else last
    return Raw(
        path=views.get(loop.PATH),
        loss=views.get(loop.LOSS_PATH),
        grad_norm=views.get(loop.GRAD_PATH),
        average=views.get(loop.AVERAGE_PATH),
        memory=views.get(loop.MEMORY_PATH),
        used=views.get(loop.USED_PATH),
        end=end,
        died=died,
    )


def _rule_rows(opt: Optimizer, count: int) -> tuple[np.ndarray, np.ndarray, bool]:
    """Learning rates and hyper-parameters as rows, and whether all walkers share them.

    One compiled variant of a rule reads all of them per walker, the other none.
    """
    numbers = [opt.lr, *opt.hyper.values()]
    rows, shared = _rows(numbers, count)
    return rows[:1], rows[1:], shared


def _value_row(opt: Optimizer, kind: str, number: str, values: list[Any]) -> int:
    """Append a piece's number to the values; its row, or -1 without the piece."""
    piece = opt.piece(kind)
    if piece is None:
        return -1
    values.append(piece.values[number])
    return len(values) - 1


def _records(
    land: Landscape, opt: Optimizer, count: int, steps: int, every: int, *, inside: bool
) -> int:
    """How many points of each walk are recorded.

    Raises:
        ValueError: when the end would not be recorded, or the recording would fill the memory.
    """
    if steps % every:
        raise ValueError(
            f"every={every} does not divide steps={steps}; the end would not be recorded."
        )
    records = steps // every + 1
    columns = 2 + land.dim
    if opt.piece("swa") or opt.piece("ema"):
        columns += land.dim
    if inside:
        columns += land.dim * (1 + len(opt.rule.memory))
    size = records * count * columns * 8
    if size > MAX_RECORD_BYTES:
        raise ValueError(
            f"recording {count:,} walkers for {steps:,} steps needs {size / 1e9:.1f} GB; record fewer "
            "steps with every=..., or use basins or sweep, which keep only the ends."
        )
    return records


def _batch(land: Landscape, batch: int | None, seeds: np.ndarray) -> tuple[int, int]:
    from toylands.dynamics import loop

    if batch is None:
        return loop.FULL, 0
    if not land.data:
        raise ValueError(
            f"{land.name} has no data, so there are no mini-batches; for noisy gradients wrap the "
            "optimizer: noise(gd(0.1), sigma=1.0)."
        )
    size = check_count(land.name, "batch", batch, least=1)
    if size > land.samples:
        raise ValueError(f"{land.name}: batch={size} is larger than its {land.samples} samples.")
    common = bool((seeds == seeds[0]).all())
    return (loop.COMMON_BATCH if common else loop.OWN_BATCH), size


def _share(
    job: int,
    held: tuple[Any, ...],
    escape: float,
    count: int,
    work: int,
    block: int,
    scratch_size: int,
    longs_size: int,
    progress: str | None,
) -> None:
    """Run the job at this address: at once when it is small, else in pieces shared by the cores.

    `held` is what the job names by address; it must live as long as a piece runs.
    """
    from toylands.dynamics.loop import walk
    from toylands.formula.memory import aligned, cores, pointer, share

    slots = 1 if work < SERIAL else cores()
    rooms = [aligned(scratch_size + longs_size) for _ in range(slots)]

    def run(first: int, last: int, slot: int, _held: Any = held) -> None:
        scratch = pointer(rooms[slot])
        walk(job, escape, first, last, scratch, scratch + 8 * scratch_size)

    if slots == 1:
        run(0, count, 0)
        return
    pieces = max(slots, -(-work // TASK))
    size = -(-count // (pieces * block)) * block
    if progress is None or pieces <= SHORT:
        share(run, 0, count, size, unit=block)
        return
    from tqdm.auto import tqdm

    bar = tqdm(total=count, desc=progress, unit=" walkers", delay=PATIENCE_SECONDS, leave=False)
    with contextlib.closing(bar):
        share(run, 0, count, size, bar.update, block)
