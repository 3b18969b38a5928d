"""Putting a job together for the swarm loop, and sharing its walkers among the cores."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, NoReturn

import numpy as np

from toylands._words import show
from toylands.dynamics.checks import escape_limit, schedule_factors, seeds_for
from toylands.dynamics.leaving import reasons
from toylands.formula import Landscape
from toylands.formula.memory import aligned, cores, pointer, share, undisturbed
from toylands.optimizers import Optimizer
from toylands.optimizers.optimizer import check_count

#: recordings above this size are refused with advice instead of filling the memory
MAX_RECORD_BYTES = 4e9
#: walker-steps below which one thread is faster, and per piece above it; from a piece on Ctrl+C is heard
SERIAL, TASK = 40_000, 1_000_000
#: walker-steps from which on it pays to compile a rule in halves (see `Rule.kernel`)
HALVES = 5_000_000
#: walkers of a block with at most so many rows; no powers of two, or rows would compete for cache lines
SMALL = {4: 832, 8: 640}
#: so few start coordinates are laid out without the help of a compiled function
FEW = 64
#: a run of this many pieces is over before a progress bar could be seen
SHORT = 16
#: seconds a run must take before it shows a progress bar
PATIENCE_SECONDS = 1.0


class Raw(NamedTuple):
    """What the loop returns for B walkers; R recorded rows (0 when nothing was recorded).

    Shapes: start (d, B), path and average (R, d, B), loss and grad_norm (R, B), memory (R, M, d, B) for
    a rule with M memories, used (R, d, B), end (B, d), died (B,) with -1 for walkers that stayed, why (B,)
    as `toylands.dynamics.leaving` numbers the reasons.
    """

    start: np.ndarray
    path: np.ndarray | None
    loss: np.ndarray | None
    grad_norm: np.ndarray | None
    average: np.ndarray | None
    memory: np.ndarray | None
    used: np.ndarray | None
    end: np.ndarray
    died: np.ndarray
    why: np.ndarray


@functools.cache
def _compiled() -> tuple[Any, Any, Any, Any]:
    """The modules that need the compiler, imported with the first walk: loop, stages, job, plan."""
    with undisturbed():
        from toylands.dynamics import job, loop, plan, stages
    return loop, stages, job, plan


def execute(
    land: Landscape,
    opt: Optimizer,
    starts: np.ndarray,
    steps: int,
    *,
    seed: Any = 0,
    batch: int | None = None,
    replacement: bool = True,
    time_varying: Mapping[str, np.ndarray] | None = None,
    escape: float | None = None,
    record: bool = True,
    every: int = 1,
    record_state: bool = False,
    progress: str | None = None,
) -> Raw:
    """Walk B walkers for `steps` steps.

    Args:
        land, opt: the landscape and the optimizer; their numbers may be arrays of shape (B,).
        starts: start points, shape (B, d); they are copied.
        steps: how many steps.
        seed: a whole number, or one per walker (equal seeds give equal noise and batches).
        batch: samples per step for a landscape over data; None for all.
        replacement: whether a batch is drawn with replacement (else by shuffled epochs).
        time_varying: parameters by step, as `time_varying_columns` returns them.
        escape: the coordinate beyond which a walker counts as diverged.
        record: whether to record the path; `every` how many steps.
        record_state: whether to record the rule's memory too, and the gradient that reaches it.
        progress: what to call the work in a progress bar; None for no bar.

    Raises:
        ValueError: for starts that are not finite, among other things.
    """
    loop, stages, jobs, plans = _compiled()
    count, dim = len(starts), land.dim
    rule, definition = opt.rule, land.definition
    if not isinstance(replacement, bool | np.bool_):
        raise TypeError(f"replacement={show(replacement)} must be True or False.")
    limit = escape_limit(land, escape)
    plan = plans.plan_of(opt)
    own_seeds = plan.random or batch is not None or not isinstance(seed, int)
    seeds = seeds_for(seed, count if own_seeds else 1)
    mode, batch_size = (loop.FULL, 0) if batch is None else _batch(land, batch, seeds)
    records = (
        _records(land, opt, plan, count, steps, every, record_state=record_state) if record else 0
    )

    job = jobs.Job(plan.numbers)
    numbers = job.numbers
    parameters = [*land.parameters.values()]
    shared = _give(job, count, (loop.PARAMETERS, parameters))
    rule_shared = _give(job, count, (loop.RATE, [opt.lr]), (loop.HYPER, opt.hyper.values()))
    kernel = definition.kernel(1, loss=record and mode == loop.FULL and every == 1, shared=shared)
    halved = count * steps >= HALVES
    block = _block(definition.cost, dim, count, dim * (2 + len(rule.memory)))
    numbers[loop.WALKERS] = count
    numbers[loop.DIM] = dim
    numbers[loop.STEPS] = steps
    numbers[loop.BLOCK] = block
    numbers[loop.KERNEL] = kernel.address
    numbers[loop.RULE] = rule.kernel(shared=rule_shared, halved=halved).address
    numbers[loop.PARAMETER_COUNT] = len(parameters)
    numbers[loop.PARAMETERS_SHARED] = shared
    numbers[loop.RULE_SHARED] = rule_shared
    numbers[loop.EVERY] = every
    rows = None
    if count * dim <= FEW:
        rows = np.array(starts.T)
        job.list(loop.THETA, rows.ravel().tolist())
    else:
        job.room(loop.THETA, (dim, count))
    if opt.schedule is not None:
        job.lend(loop.SCHEDULE, schedule_factors(opt, steps))
    if plan.rows:
        values = [opt.pieces[n].values[name] for n, name in plan.rows]
        job.take(loop.VALUES, _rows(values, count))
    if len(plan.codes):
        job.take(loop.OP_CODES, plan.codes)
    if plan.solves:
        numbers[loop.JACOBIAN] = definition.kernel(2, loss=False, shared=shared).address
    if len(plan.powers):
        job.take(loop.POWER_SOURCE, plan.powers)
    if land.data:
        data = land.data_rows()
        numbers[loop.ALL_SAMPLES] = data.shape[1]
        job.take(loop.DATA, data)
        job.take(loop.SAMPLES, np.arange(data.shape[1]))
    if mode != loop.FULL:
        from toylands.dynamics.random import draw

        numbers[loop.DRAW_STAGE] = draw.address
        numbers[loop.BATCH_SIZE] = batch_size
        numbers[loop.BATCH_MODE] = mode
        numbers[loop.REPLACEMENT] = int(replacement)
    if plan.random or mode != loop.FULL:
        job.take(loop.SEEDS, seeds)
    if time_varying:
        names = [*land.parameters]
        numbers[loop.MOVING_COUNT] = len(time_varying)
        job.take(loop.MOVING, np.array([*time_varying.values()]).T)
        job.take(loop.MOVING_INDEX, np.array([names.index(name) for name in time_varying]))
    if record:
        numbers[loop.KERNEL_FULL] = definition.kernel(1, loss=True, shared=shared).address
        numbers[loop.RECORD_STAGE] = stages.record.address
        if record_state:
            numbers[loop.INSIDE_STAGE] = stages.record_inside.address
        _room_for_record(job, plan, records, dim, count, len(rule.memory) if record_state else None)
    job.room(loop.END, (dim, count))
    job.room(loop.DIED, (count,), integers=True)
    views = job.build()
    if rows is None:
        rows, points = views[loop.THETA], np.ascontiguousarray(starts)
        finite = loop.lay_out(pointer(points), numbers[loop.THETA], dim, count)
    else:
        finite = np.isfinite(rows).all()
    if not finite:
        _refuse(land, starts)
    size = loop.scratch_size(
        block, dim, len(parameters), len(rule.memory), rule.rows, len(plan.rows), plan.solves
    )
    longs = block * (1 + land.samples + batch_size)
    work = count * max(steps, 1) * definition.cost
    held = (definition, rule)
    _share(loop.walk, job, held, limit, count, work, block, size, longs, progress)
    end, died = views[loop.END].T, views[loop.DIED]
    if record:
        last = views[loop.PATH][-1].T
        left = died.max() if count > 1 else died[0]
        end = last if left < 0 else np.where(died[:, None] >= 0, end, last)
    died, why = reasons(land, opt, end, died, steps, limit, time_varying)
    return Raw(
        start=rows,
        path=views.get(loop.PATH),
        loss=views.get(loop.LOSS_PATH),
        grad_norm=views.get(loop.GRAD_PATH),
        average=views.get(loop.AVERAGE_PATH),
        memory=views.get(loop.MEMORY_PATH),
        used=views.get(loop.USED_PATH),
        end=end,
        died=died,
        why=why,
    )


def _room_for_record(
    job: Any, plan: Any, records: int, dim: int, count: int, memories: int | None
) -> None:
    """Reserve memory for what is recorded; `memories` is None when the rule's inside is not."""
    loop = _compiled()[0]
    job.room(loop.PATH, (records, dim, count))
    job.room(loop.LOSS_PATH, (records, count))
    job.room(loop.GRAD_PATH, (records, count))
    if plan.averages:
        job.room(loop.AVERAGE_PATH, (records, dim, count))
    if memories is not None:
        job.room(loop.MEMORY_PATH, (records, memories, dim, count))
        job.room(loop.USED_PATH, (records, dim, count))


def _refuse(land: Landscape, starts: np.ndarray) -> NoReturn:
    """Name the first start that is not finite."""
    walker = int(np.argmin(np.isfinite(starts).all(axis=1)))
    whose = f" of walker {walker}" if len(starts) > 1 else ""
    raise ValueError(f"{land.name}: start={show(starts[walker])}{whose} is not finite.")


def _block(cost: float, dim: int, count: int, rows: int) -> int:
    """How many walkers move together: their `rows` stay in the first-level cache, or nearly so."""
    if count == 1:
        return 1
    few = next((size for most, size in SMALL.items() if rows <= most), 256)
    block = min(count, few, max(8, 16_384 // dim))
    if cost > 1:  # such a walker is work enough for a core of its own
        block = min(block, -(-count // cores()))
    return block


def _give(job: Any, count: int, *groups: tuple[int, Iterable[Any]]) -> bool:
    """Give the job groups of numbers; whether the walkers share all of them.

    Then each is there once, else there is a row of B for each: a compiled variant reads all of them per
    walker, the other none.
    """
    own = [value for _, values in groups for value in values if isinstance(value, np.ndarray)]
    for position, values in groups:
        if own:
            job.take(position, _rows(values, count))
        else:
            job.list(position, values)
    return not own


def _rows(values: Iterable[Any], count: int) -> np.ndarray:
    """Numbers as rows, one per walker: shape (K, B)."""
    return np.array([np.broadcast_to(value, (count,)) for value in values], dtype=float)


def _records(
    land: Landscape,
    opt: Optimizer,
    plan: Any,
    count: int,
    steps: int,
    every: int,
    *,
    record_state: bool,
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
    if plan.averages:
        columns += land.dim
    if record_state:
        columns += land.dim * (1 + len(opt.rule.memory))
    size = records * count * columns * 8
    if size > MAX_RECORD_BYTES:
        raise ValueError(
            f"recording {count:,} walkers for {steps:,} steps needs {size / 1e9:.1f} GB; record fewer "
            "steps with every=..., or use basins or sweep, which keep only the ends."
        )
    return records


def _batch(land: Landscape, batch: int, seeds: np.ndarray) -> tuple[int, int]:
    """How batches are drawn, and their size."""
    loop = _compiled()[0]
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
    walk: Any,
    job: Any,
    held: Any,
    escape: float,
    count: int,
    work: int,
    block: int,
    scratch_size: int,
    longs_size: int,
    progress: str | None,
) -> None:
    """Run the job: at once when it is small, else in pieces shared by the cores.

    `held` is what the job names by address; it must live as long as a piece runs.
    """
    slots = 1 if work < SERIAL else cores()
    rooms = [aligned(scratch_size + longs_size) for _ in range(slots)]

    def run(first: int, last: int, slot: int, _held: Any = held) -> None:
        scratch = rooms[slot][1]
        walk(job.address, escape, first, last, scratch, scratch + 8 * scratch_size)

    if slots == 1:
        run(0, count, 0)
        return
    halt = functools.partial(job.set, _compiled()[0].STOP, 1) if work >= TASK else None
    pieces = max(slots, -(-work // TASK))
    size = -(-count // (pieces * block)) * block
    if progress is None or pieces <= SHORT:
        share(run, 0, count, size, unit=block, halt=halt)
        return
    from tqdm.auto import tqdm

    bar = tqdm(total=count, desc=progress, unit=" walkers", delay=PATIENCE_SECONDS, leave=False)
    with contextlib.closing(bar):
        share(run, 0, count, size, bar.update, block, halt)
