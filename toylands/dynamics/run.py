"""Putting a job together for the swarm loop, and sharing its walkers among the cores."""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping
from concurrent.futures import as_completed
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._words import did_you_mean, one_of, show
from toylands.formula import Landscape
from toylands.optimizers import Optimizer
from toylands.optimizers.optimizer import check_count

#: recordings above this size are refused with advice instead of filling the memory
MAX_RECORD_BYTES = 4e9
#: walker-steps below which one thread is faster, and per task above it
SERIAL, TASK = 40_000, 4_000_000
#: seconds a run must take before it shows a progress bar
PATIENCE_SECONDS = 1.0


@dataclass(frozen=True)
class Raw:
    """What the loop returns for B walkers; R recorded rows (0 when nothing was recorded).

    Shapes: path and average (R, d, B), loss and grad_norm (R, B), end (B, d), died (B,) with -1 for walkers that stayed.
    """

    path: np.ndarray | None
    loss: np.ndarray | None
    grad_norm: np.ndarray | None
    average: np.ndarray | None
    end: np.ndarray
    died: np.ndarray


def default_escape(land: Landscape) -> float:
    """How far a walker may go before it counts as diverged: a million windows away."""
    return 1e6 * max(1.0, *(abs(bound) for side in land.view for bound in side))


def check_start(land: Landscape, start: Any) -> np.ndarray:
    """Start points as float64, shape (..., d): finite, and of the right dimension."""
    points = land.points(land.start if start is None else start, "start")
    if not np.isfinite(points).all():
        raise ValueError(f"{land.name}: start={show(points)} is not finite.")
    return points


def broadcast_walkers(land: Landscape, opt: Optimizer, starts: np.ndarray) -> tuple[int, ...]:
    """The shape of the swarm: starts, landscape parameters and hyper-parameters broadcast together."""
    sizes = {"start": starts.shape[:-1]}
    sizes.update({name: np.shape(value) for name, value in land.parameters.items()})
    sizes.update({name: np.shape(value) for name, value in opt.values.items()})
    try:
        return np.broadcast_shapes(*sizes.values())
    except ValueError:
        given = {name: shape for name, shape in sizes.items() if shape}
        raise ValueError(f"the sizes of the swarm do not match each other: {given}.") from None


def seeds_for(seed: Any, count: int) -> np.ndarray:
    """One 64-bit seed per walker, from one number or from an array of them.

    Raises:
        TypeError, ValueError: when the seed is not a whole number, or the array has another length.
    """
    array = np.asarray(seed)
    if array.dtype.kind not in "iu":
        raise TypeError(f"seed={show(seed)} must be a whole number, or one per walker.")
    if array.ndim == 0:
        if array < 0:
            raise ValueError(f"seed={show(seed)} must not be negative.")
        return np.random.SeedSequence(int(array)).generate_state(count, np.uint64).view(np.int64)
    if array.shape != (count,):
        raise ValueError(f"seed has shape {array.shape}, but there are {count} walkers.")
    return np.ascontiguousarray(array, dtype=np.int64)


def moving_rows(
    land: Landscape, moving: Mapping[str, Any] | None, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Parameters that change from step to step: values (steps + 1, M) and their row numbers (M,).

    Each is an array with one value per step (a last value for the end point is optional) or a function
    of the step.
    """
    moving = moving or {}
    names = list(land.parameters)
    columns = []
    for name, values in moving.items():
        if name not in names:
            raise ValueError(
                f"{land.name} has no parameter {name!r} to move; it has "
                f"{one_of(names, 'and')}." + did_you_mean(name, names)
            )
        if callable(values):
            values = [values(t) for t in range(steps + 1)]
        column = np.asarray(values, dtype=float)
        if column.ndim != 1 or len(column) not in (steps, steps + 1):
            raise ValueError(
                f"moving {name} has {len(np.atleast_1d(column))} values for {steps} steps; give one "
                "per step (and optionally one more for the end)."
            )
        if not np.isfinite(column).all():
            raise ValueError(f"moving {name} is not finite at step {np.argmin(np.isfinite(column))}.")
        columns.append(column if len(column) == steps + 1 else np.append(column, column[-1:]))
    rows = np.array([names.index(name) for name in moving], dtype=np.int64)
    return np.ascontiguousarray(np.reshape(columns, (len(columns), steps + 1)).T), rows


def schedule_factors(opt: Optimizer, steps: int) -> np.ndarray:
    """The factor on lr at every step, shape (steps,)."""
    if opt.schedule is None:
        return np.ones(steps)
    return np.ascontiguousarray(opt.schedule.values(steps), dtype=float)


def _rows(values: list[Any], count: int) -> tuple[np.ndarray, bool]:
    """Numbers as rows: (K, 1) when all are shared, else (K, B); and whether they are shared."""
    if all(np.ndim(value) == 0 for value in values):
        return np.array(values, dtype=float).reshape(len(values), 1), True
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


def _push(opt: Optimizer) -> int:
    """The sign of d theta/d memory: -1 for an accumulated gradient, +1 for a displacement."""
    import sympy

    symbols, results = opt.rule._traced
    slope = sympy.diff(results[0], symbols[opt.rule.memory[0]])
    defaults = {symbols[name]: value for name, value in opt.rule.defaults.items()}
    at = {symbol: 1.0 for symbol in symbols.values()} | defaults
    return 1 if float(slope.subs(at)) > 0 else -1


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
        moving: parameters by step (see `moving_rows`).
        escape: the coordinate beyond which a walker counts as diverged.
        record: whether to record the path; `every` how many steps.
        progress: what to call the work in a progress bar; None for no bar.
    """
    from toylands.dynamics import loop
    from toylands.formula.evaluate import pointer

    count = len(starts)
    theta = np.ascontiguousarray(starts.T)
    parameters = land.parameter_rows((count,))
    parameters_shared = parameters.shape[1] == 1
    rates, rate_shared = _rows([opt.lr], count)
    hyper, hyper_shared = _rows(list(opt.hyper.values()), count)
    if not (rate_shared and hyper_shared):  # one compiled variant reads both per walker
        rate_shared = hyper_shared = False
        rates, hyper = (
            np.ascontiguousarray(np.broadcast_to(rows, (len(rows), count)))
            for rows in (rates, hyper)
        )
    rule_shared = rate_shared
    numbers: list[Any] = []
    operations = _operations(opt, numbers)
    extra_rows = {}
    for kind, number in (("sam", "rho"), ("langevin", "temperature"), ("ema", "decay")):
        piece = opt.piece(kind)
        extra_rows[kind] = -1 if piece is None else len(numbers)
        if piece is not None:
            numbers.append(piece.values[number])
    values = np.ascontiguousarray(
        [np.broadcast_to(number, (count,)) for number in numbers], dtype=float
    ).reshape(len(numbers), count)
    data = land.data_rows()
    samples = np.arange(data.shape[1])
    seeds = seeds_for(seed, count)
    mode, batch_size = _batch(land, batch, seeds)
    if record and steps % every:
        raise ValueError(f"every={every} does not divide steps={steps}; the end would not be recorded.")
    records = steps // every + 1 if record else 0
    if records * count * (land.dim + 2) * 8 > MAX_RECORD_BYTES:
        raise ValueError(
            f"recording {count:,} walkers for {steps:,} steps needs "
            f"{records * count * (land.dim + 2) * 8 / 1e9:.1f} GB; record fewer steps with every=..., "
            "or use basins or sweep, which keep only the ends."
        )
    averaging = opt.piece("swa") or opt.piece("ema")

    def recording(*shape: int) -> np.ndarray | None:
        return np.full(shape, np.nan) if record else None

    path, average = recording(records, land.dim, count), None
    if averaging is not None:
        average = recording(records, land.dim, count)
    loss, grad_norm = recording(records, count), recording(records, count)
    end = np.empty((land.dim, count))
    died = np.empty(count, dtype=np.int64)
    moved, moved_rows = moving_rows(land, moving, steps)
    schedule = schedule_factors(opt, steps)
    rule = opt.rule
    definition = land.definition
    full = mode == loop.FULL
    kernel = definition.kernel(1, loss=record and full, shared=parameters_shared)
    kernel_full = definition.kernel(1, loss=True, shared=parameters_shared) if record else kernel
    solver = opt.piece("newton") or opt.piece("saddle_free_newton")
    reset = opt.piece("reset_on_conflict")
    block = min(count, 512 if len(rule.memory) * land.dim <= 4 else 256)
    power_source = np.array([list(rule.defaults).index(h) for h in rule.powers], dtype=np.int64)
    size = loop.scratch_rows(land.dim, len(parameters), len(rule.memory), rule.rows, len(numbers))

    job = np.zeros(loop.JOB_SIZE, dtype=np.int64)

    def put(position: int, value: Any) -> None:
        job[position] = pointer(value) if isinstance(value, np.ndarray) else int(value)

    def address(function: Any) -> int:
        return function.address

    swa_piece = opt.piece("swa")
    for position, value in (
        (loop.WALKERS, count),
        (loop.DIM, land.dim),
        (loop.STEPS, steps),
        (loop.BLOCK, block),
        (loop.KERNEL, address(kernel)),
        (loop.KERNEL_FULL, address(kernel_full)),
        (loop.RULE, address(rule.kernel(shared=rule_shared))),
        (loop.THETA, theta),
        (loop.PARAMETERS, parameters),
        (loop.PARAMETER_COUNT, len(parameters)),
        (loop.PARAMETERS_SHARED, parameters_shared),
        (loop.RATE, rates),
        (loop.RATE_SHARED, rate_shared),
        (loop.HYPER, hyper),
        (loop.HYPER_COUNT, len(hyper)),
        (loop.HYPER_SHARED, hyper_shared),
        (loop.POWER_COUNT, len(power_source)),
        (loop.POWER_SOURCE, power_source),
        (loop.MEMORY_COUNT, len(rule.memory)),
        (loop.SCHEDULE, schedule),
        (loop.MOVING, moved),
        (loop.MOVING_COUNT, len(moved_rows)),
        (loop.MOVING_INDEX, moved_rows),
        (loop.DATA, data),
        (loop.SAMPLES, samples),
        (loop.ALL_SAMPLES, len(samples)),
        (loop.BATCH_SIZE, batch_size),
        (loop.BATCH_MODE, mode),
        (loop.REPLACEMENT, replacement),
        (loop.SEEDS, seeds),
        (
            loop.LOOK,
            loop.UPHILL
            if opt.piece("sam")
            else loop.AHEAD
            if opt.piece("extragradient")
            else loop.HERE,
        ),
        (loop.OP_COUNT, len(operations)),
        (loop.OP_CODES, operations),
        (loop.VALUES, values),
        (loop.VALUE_COUNT, len(numbers)),
        (loop.LOOK_ROW, max(extra_rows["sam"], 0)),
        (loop.THERMAL_ROW, extra_rows["langevin"]),
        (loop.AVERAGE_ROW, max(extra_rows["ema"], 0)),
        (loop.PATIENCE, reset.counts["patience"] if reset else 0),
        (loop.PUSH, _push(opt) if reset else 0),
        (
            loop.AVERAGE,
            loop.NO_AVERAGE if averaging is None else loop.SWA if swa_piece else loop.EMA,
        ),
        (loop.AVERAGE_START, swa_piece.counts["start"] if swa_piece else 0),
        (loop.RECORD, record),
        (loop.EVERY, every),
        (loop.PATH, path),
        (loop.LOSS_PATH, loss),
        (loop.GRAD_PATH, grad_norm),
        (loop.AVERAGE_PATH, average),
        (loop.END, end),
        (loop.DIED, died),
    ):
        put(position, 0 if value is None else value)
    if solver is not None:
        from toylands.dynamics import solvers

        jacobian = definition.kernel(2, loss=False, shared=parameters_shared)
        put(loop.JACOBIAN, address(jacobian))
        chosen = solvers.newton_step if solver.kind == "newton" else solvers.saddle_free_step
        put(loop.SOLVER, address(chosen))
    longs = block + max(len(samples), 1) * block + max(batch_size, 1) * block
    limit = default_escape(land) if escape is None else min(float(escape), 1.7e308)
    _share(job, limit, count, steps, block, size * block, longs, progress)
    return Raw(path, loss, grad_norm, average, end.T, died)


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
    job: np.ndarray,
    escape: float,
    count: int,
    steps: int,
    block: int,
    scratch_size: int,
    longs_size: int,
    progress: str | None,
) -> None:
    """Run the job: at once when it is small, else as tasks shared by the cores."""
    from toylands.dynamics import loop
    from toylands.formula.evaluate import cores, pointer, pool

    work = count * max(steps, 1)
    slots = 1 if work < SERIAL else cores()
    scratch = [np.empty(scratch_size) for _ in range(slots)]
    longs = [np.empty(longs_size, dtype=np.int64) for _ in range(slots)]
    addresses = np.array([[pointer(s) for s in scratch], [pointer(s) for s in longs]])
    job[loop.SCRATCH], job[loop.LONGS] = pointer(addresses[0]), pointer(addresses[1])
    if slots == 1:
        loop.walk(job, escape, 0, count, 0)
        return
    tasks = max(slots, -(-work // TASK))
    size = -(-count // (tasks * block)) * block
    free: queue.SimpleQueue[int] = queue.SimpleQueue()
    for slot in range(slots):
        free.put(slot)

    def run(first: int) -> int:
        slot = free.get()
        try:
            loop.walk(job, escape, first, min(first + size, count), slot)
        finally:
            free.put(slot)
        return min(first + size, count) - first

    futures = [pool().submit(run, first) for first in range(0, count, size)]
    try:
        _await(futures, count, progress)
    except BaseException:
        for future in futures:
            future.cancel()
        for future in futures:  # running tasks still write into our arrays
            if not future.cancelled():
                future.exception()
        raise


def _await(futures: list[Any], count: int, progress: str | None) -> None:
    update: Callable[[int], Any] = lambda done: None  # noqa: E731
    bar = None
    if progress is not None and len(futures) > 4:
        from tqdm.auto import tqdm

        bar = tqdm(total=count, desc=progress, unit=" walkers", delay=PATIENCE_SECONDS, leave=False)
        update = bar.update
    try:
        for future in as_completed(futures):
            update(future.result())
    finally:
        if bar is not None:
            bar.close()
