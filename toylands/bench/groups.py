"""The rows of the table, group by group; `toylands bench --only NAME` names one group.

Each group builds a problem, gives it to toylands and to every peer, checks that all of them find
the same numbers, times them in turns, and holds the ratios against what had to be reached.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from toylands.bench import (
    networks as nets,
)
from toylands.bench import (
    ours,
    peers_c,
    peers_jax,
    peers_numpy,
    peers_torch,
    problems,
    processes,
    thermal,
)
from toylands.bench.problems import Array, MissingError, Points, Sizes, Task, Walk
from toylands.bench.report import PEERS, Detail, Row, Target, duration, three
from toylands.bench.timing import ONE_CORE, Timing, interleave, on_one_core

#: two programs do equal work when their numbers agree to this, relative to 1 + |number|
EQUAL = 1e-9
#: a variant of a peer this much slower than its fastest, in a first try, is not timed further
HOPELESS = 1.3


#: peers that run on one core, and are compared with toylands on one core
SINGLE = ("C, 1 core", "C, 2 passes")


@dataclass
class Comparison:
    """The same problem solved by toylands and by the peers, timed in turns."""

    times: dict[str, Timing]
    ways: dict[str, str]
    missing: dict[str, str] = field(default_factory=dict)

    def ratio(self, peer: str) -> float | None:
        """The peer's time over that of toylands in the same round, or None when one was not measured."""
        many = "C, all cores" in {**self.times, **self.missing}  # one walker needs one core only
        own = "toylands, 1 core" if peer in SINGLE and many else "toylands"
        if peer not in self.times or own not in self.times:
            return None
        return self.times[peer].over(self.times[own])

    def row(self, name: str, targets: list[Target]) -> Row:
        """This comparison as a row of the table."""
        ratios = {peer: self.ratio(peer) for peer in PEERS}
        details = [
            Detail(who, self.ways[who], time.median, time.best, len(time.samples))
            for who, time in self.times.items()
        ]
        return Row(
            name,
            duration(self.times["toylands"].median),
            {peer: ratio for peer, ratio in ratios.items() if ratio is not None},
            self.missing,
            targets,
            details,
        )


def compare(
    own: dict[str, Task],
    peers: dict[str, Callable[[], list[Task]]],
    repeats: int,
    same: Callable[[Array], Array] = np.asarray,
    unequal: tuple[str, ...] = (),
) -> Comparison:
    """Check that everybody finds the same numbers, then time them in turns.

    Args:
        own: name -> toylands' way; "toylands" is the one that the others must agree with.
        peers: name -> the peer's variants, of which the fastest counts.
        repeats: rounds.
        same: what to compare of the numbers a peer read.
        unequal: names of `own` that solve another problem on purpose.

    Raises:
        ArithmeticError: when a peer finds other numbers, so that a ratio would mean nothing.
    """
    ways = {name: [task] for name, task in own.items()}
    missing: dict[str, str] = {}
    for name, variants in peers.items():
        try:
            ways[name] = variants()
        except MissingError as why:
            missing[name] = str(why)
    mine = ways["toylands"][0]
    right = mine.read(mine.call())
    for name, tasks in ways.items():
        for task in tasks:
            if name not in unequal and name != "toylands":
                found = task.read(task.call())
                _check(task.label, found if name in own else same(found), right)
    ways |= _promising({name: tasks for name, tasks in ways.items() if len(tasks) > 1})
    times = interleave(_calls(ways), repeats)
    best = {
        name: min(tasks, key=lambda task: times[f"{name}: {task.label}"].median)
        for name, tasks in ways.items()
    }
    return Comparison(
        {name: times[f"{name}: {task.label}"] for name, task in best.items()},
        {name: task.label for name, task in best.items()},
        missing,
    )


def _calls(ways: dict[str, list[Task]]) -> dict[str, Callable[[], object]]:
    return {f"{name}: {task.label}": task.call for name, tasks in ways.items() for task in tasks}


def _promising(ways: dict[str, list[Task]]) -> dict[str, list[Task]]:
    """The variants worth timing: after one try, those not far behind their peer's fastest."""
    first = interleave(_calls(ways), 1)
    kept = {}
    for name, tasks in ways.items():
        seconds = {task.label: first[f"{name}: {task.label}"].best for task in tasks}
        most = HOPELESS * min(seconds.values())
        kept[name] = [task for task in tasks if seconds[task.label] <= most]
    return kept


def _check(label: str, found: Array, right: Array) -> None:
    if found.shape != right.shape:
        raise ArithmeticError(f"{label} has shape {found.shape}, toylands {right.shape}.")
    error = np.max(np.abs(found - right) / (1 + np.abs(right)))
    if not error <= EQUAL:  # NaN is an error too
        raise ArithmeticError(
            f"{label} differs from toylands by {error:.3g}; equal work agrees to {EQUAL:g}."
        )


def at_least(wanted: float, whom: str, ratio: float | None) -> Target:
    """Toylands must be `wanted` times as fast as somebody."""
    return Target(f">= {three(wanted)}x {whom}", None if ratio is None else ratio >= wanted)


def at_most(seconds: float, needed: float) -> Target:
    """Toylands must need no more than `seconds`."""
    return Target(f"<= {duration(seconds)}", needed <= seconds)


def _own(make: Callable[[bool], Task]) -> dict[str, Task]:
    own = {"toylands": make(False)}
    if ONE_CORE:
        own["toylands, 1 core"] = make(True)
    return own


def _pinned(tasks: list[Task]) -> list[Task]:
    """The tasks on the very core that toylands on one core has: cores differ, and so do their neighbours."""
    return [replace(task, call=on_one_core(task.call, ONE_CORE)) for task in tasks]


def _apart(work: Walk) -> list[Task]:
    return _pinned(peers_c.walk_apart(work))


def _walk_peers(work: Walk) -> dict[str, Callable[[], list[Task]]]:
    return {
        "C, 1 core": lambda: _pinned(peers_c.walk(work)),
        "C, all cores": lambda: peers_c.walk(work, parallel=True),
        "JAX": lambda: peers_jax.walk(work),
        "torch": lambda: peers_torch.walk(work),
        "NumPy": lambda: peers_numpy.walk(work),
    }


def _path_peers(work: Walk) -> dict[str, Callable[[], list[Task]]]:
    peers = _walk_peers(work)
    del peers["C, all cores"]  # one walker has nothing to share
    peers["C, 1 core"] = lambda: peers_c.walk(work)
    return peers


def _points_peers(work: Points) -> dict[str, Callable[[], list[Task]]]:
    return {
        "C, 1 core": lambda: _pinned(peers_c.hessians(work)),
        "C, all cores": lambda: peers_c.hessians(work, parallel=True),
        "JAX": lambda: peers_jax.hessians(work),
        "torch": lambda: peers_torch.hessians(work),
        "NumPy": lambda: peers_numpy.hessians(work),
    }


def single(sizes: Sizes, repeats: int) -> list[Row]:
    """One walker with its path recorded: the whole call, then the price of a step in a long run."""
    rows = []
    for rule, label in (("gd", "GD"), ("adam", "Adam")):
        work = problems.path(rule, sizes.path)
        call = compare({"toylands": ours.walk(work)}, _path_peers(work), repeats)
        torch = at_least(500, "torch", call.ratio("torch"))
        targets = [torch]
        long_row = []
        if rule == "gd":  # Adam's last digits are chaotic over 20,000 steps: nothing to compare
            work = problems.path(rule, sizes.long_path)
            long = compare({"toylands": ours.walk(work)}, _path_peers(work), repeats)
            ratio = long.ratio("JAX")
            quick = call.times["toylands"].median < 0.2e-3
            words = f"call < 0.2 ms, or >= 3x JAX at {sizes.long_path:,} steps"
            targets.insert(0, Target(words, quick or (None if ratio is None else ratio > 3)))
            row = long.row(f"1 walker, {label}, {sizes.long_path:,} steps, a step", [])
            row.ours = duration(long.times["toylands"].median / sizes.long_path)
            long_row = [row]
        rows += [call.row(f"1 walker, {label}, {sizes.path} steps, whole call", targets), *long_row]
    return rows


def swarm(sizes: Sizes, repeats: int) -> list[Row]:
    """Many walkers on Rosenbrock's valley: all shared, then one thing of each walker's own."""
    rows = []
    for rule, label in (("gd", "GD"), ("adam", "Adam")):
        shared = problems.swarm(sizes, rule)
        for differs in (None, "lr", "betas", "landscape"):
            if rule == "gd" and differs == "betas":
                continue
            work = problems.swarm(sizes, rule, differs)
            own = _own(partial(ours.walk, work))
            if differs:
                own["toylands, all shared"] = ours.walk(shared)
            peers = _walk_peers(work)
            if not differs:
                peers["C, 2 passes"] = partial(_apart, work)
            found = compare(own, peers, repeats, unequal=("toylands, all shared",))
            name = f"{sizes.walkers:,} walkers, {label}, {sizes.steps} steps"
            if differs:
                times = found.times
                price = times["toylands"].over(times["toylands, all shared"])
                words = f"<= 2.5x the time of all shared ({three(price)}x)"
                rows.append(found.row(f"{name}, own {differs}", [Target(words, price <= 2.5)]))
                continue
            targets = [at_least(2, "JAX", found.ratio("JAX"))]
            ratio = found.ratio("C, 2 passes")
            met = None if ratio is None else ratio >= 1 / 1.2
            targets.append(Target("<= 1.2x the time of C, 2 passes", met))
            rows.append(found.row(name, targets))
    return rows


def basins(sizes: Sizes, repeats: int) -> list[Row]:
    """Basin maps by gradient descent: a polynomial and two transcendental landscapes."""
    rows = []
    for landscape, most in (("himmelblau", 0.060), ("rastrigin", 0.400), ("ackley", 0.400)):
        work = problems.basins(sizes, landscape)
        found = compare(_own(partial(ours.basins, work, sizes)), _walk_peers(work), repeats)
        target = at_most(most, found.times["toylands"].median)
        name = f"{sizes.grid}x{sizes.grid} basins of {landscape}, {sizes.steps} steps"
        rows.append(found.row(name, [target]))
    return rows


def sweep(sizes: Sizes, repeats: int) -> list[Row]:
    """The final loss of momentum over a map of rates and betas."""
    work = problems.sweep(sizes)
    a, b = problems.numbers(work)

    def final(ends: Array) -> Array:
        losses: Array = problems.loss(work.landscape, np, ends[:, 0], ends[:, 1], a, b)
        return losses

    own = _own(partial(ours.sweep, work, sizes))
    found = compare(own, _walk_peers(work), repeats, same=final)
    name = f"{sizes.sweep}x{sizes.sweep} sweep of momentum (lr, beta), {sizes.sweep_steps} steps"
    return [found.row(name, [])]


def hessians(sizes: Sizes, repeats: int) -> list[Row]:
    """Exact Hessians at many points."""
    rows = []
    for landscape in ("rosenbrock", "ackley"):
        work = problems.points(sizes, landscape)
        found = compare(_own(partial(ours.hessians, work)), _points_peers(work), repeats)
        target = at_least(1, "JAX", found.ratio("JAX"))
        rows.append(found.row(f"{sizes.points:,} exact Hessians of {landscape}", [target]))
    return rows


def networks(sizes: Sizes, repeats: int) -> list[Row]:
    """A small network: one exact Hessian, many gradients, and the first use in a process."""
    work = nets.problem(sizes)
    count, samples = work.theta.shape[1], len(work.x)
    rows = []
    for name, own, jax, torch in (
        ("one exact Hessian", nets.hessian, nets.jax_hessian, nets.torch_hessian),
        (
            f"{len(work.theta):,} gradients",
            nets.gradients,
            nets.jax_gradients,
            nets.torch_gradients,
        ),
    ):
        peers: dict[str, Callable[[], list[Task]]] = {
            "JAX": partial(jax, work),
            "torch": partial(torch, work),
        }
        found = compare(_own(partial(own, work)), peers, repeats)
        target = at_least(1, "JAX", found.ratio("JAX"))
        rows.append(found.row(f"network, {count} weights, {samples} samples: {name}", [target]))
    first, later = [], []
    for _ in range(max(repeats // 3, 1)):
        with processes.empty_cache() as cache:
            first.append(processes.trial("network", cache)["after"])
            later.append(processes.trial("network", cache)["after"])
    for name, seconds, most in (("first", first, 10.0), ("second", later, 1.5)):
        middle = statistics.median(seconds)
        detail = Detail("toylands", "fresh process", middle, min(seconds), len(seconds))
        rows.append(
            Row(
                f"{name} process, import to a network's Hessian",
                duration(middle),
                targets=[at_most(most, middle)],
                details=[detail],
            )
        )
    return rows


def process(sizes: Sizes, repeats: int) -> list[Row]:
    """Fresh processes: import, first trajectory on a fresh machine and after, memory."""
    first: list[dict[str, float]] = []
    later: list[dict[str, float]] = []
    peers: dict[str, list[dict[str, float]]] = {"JAX": [], "torch": []}
    missing: dict[str, str] = {}
    for _ in range(max(repeats // 3, 1)):
        with processes.empty_cache() as cache:
            first.append(processes.trial("toylands", cache))
            later += [processes.trial("toylands", cache) for _ in range(3)]
        for name in peers.keys() - missing.keys():
            try:
                peers[name].append(processes.trial(name))
            except MissingError as why:
                missing[name] = str(why)

    def row(name: str, key: str, own: list[dict[str, float]], most: float | None = None) -> Row:
        samples = {
            who: [trial[key] for trial in trials if trial[key]]
            for who, trials in {"toylands": own, **peers}.items()
        }
        middle = {who: statistics.median(found) for who, found in samples.items() if found}
        if "toylands" not in middle:
            return Row(name, "not measured")
        mine = middle.pop("toylands")
        text = f"{mine / 2**20:.0f} MiB" if key == "peak" else duration(mine)
        ratios = {who: value / mine for who, value in middle.items()}
        targets = [] if most is None else [at_most(most, mine)]
        details = [
            Detail(who, "fresh process", statistics.median(found), min(found), len(found))
            for who, found in samples.items()
            if found and key != "peak"
        ]
        return Row(name, text, ratios, missing, targets, details)

    return [
        row("import", "import", later, 0.6),
        row("first process, start to first trajectory", "wall", first, 6.0),
        row("second process, start to first trajectory", "wall", later, 1.5),
        row("first process, peak memory", "peak", first),
        row("second process, peak memory", "peak", later),
    ]


def swap(sizes: Sizes, repeats: int) -> list[Row]:
    """A process that swaps one thing after the other: seconds, and what numba compiles."""
    trials = [processes.swaps() for _ in range(max(repeats // 3, 1))]
    rows = []
    for name in trials[0]:
        seconds = statistics.median(trial[name]["seconds"] for trial in trials)
        compiled = int(max(trial[name]["compiled"] for trial in trials))
        targets = []
        if name not in processes.FIRST_USES:
            targets.append(Target("nothing is compiled", compiled == 0))
        rows.append(Row(f"{name}: {compiled} compiled", duration(seconds), targets=targets))
    return rows


#: name for `--only` -> what makes its rows
GROUPS: dict[str, Callable[[Sizes, int], list[Row]]] = {
    "single": single,
    "swarm": swarm,
    "basins": basins,
    "sweep": sweep,
    "hessians": hessians,
    "langevin": thermal.langevin,
    "networks": networks,
    "process": process,
    "swap": swap,
}
