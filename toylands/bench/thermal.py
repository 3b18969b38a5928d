"""Langevin walkers in a folding funnel: toylands beside a loop over steps in NumPy.

    row = langevin(Sizes(), repeats=3)[0]

The two draw other random numbers, so what must agree is what they sample: the spread of the ends.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands import dynamics, landscapes, optimizers
from toylands.bench.problems import Array, Sizes
from toylands.bench.report import Detail, Row, duration, three
from toylands.bench.timing import interleave

LR, TEMPERATURE = 0.01, 0.1
#: standard errors by which the two spreads may differ
ERRORS = 6.0


def walk(count: int, steps: int) -> Array:
    """The ends of Langevin walkers in `funnel`, by `toylands.descend`, shape (B, 2)."""
    land = landscapes.get("funnel")
    opt = optimizers.langevin(lr=LR, temperature=TEMPERATURE)
    start = np.tile(land.start, (count, 1))
    run: Any = dynamics.descend(
        land, opt, start=start, steps=steps, every=max(steps, 1), progress=False
    )
    ends: Array = run.end
    return ends


def numpy_walk(count: int, steps: int) -> Array:
    """The same walk as a loop over steps, all walkers at once, shape (B, 2)."""
    land = landscapes.get("funnel")
    k, a = land.parameters["k"], land.parameters["a"]
    random = np.random.default_rng(0)
    theta = np.tile(land.start, (count, 1))
    size = np.sqrt(2 * LR * TEMPERATURE)
    for _ in range(steps):
        slope = k * theta + 2 * np.pi * a * np.sin(2 * np.pi * theta)
        theta = theta - LR * slope + size * random.standard_normal(theta.shape)
    ends: Array = theta
    return ends


def check(found: Array, right: Array) -> None:
    """Refuse two clouds of independent walkers whose variances differ by more than chance allows.

    Raises:
        ArithmeticError: naming the two variances.
    """
    one, other = found.var(), right.var()
    error = np.sqrt(2 / found.size + 2 / right.size) * other
    if not abs(one - other) <= ERRORS * error:
        raise ArithmeticError(
            f"the NumPy walkers have variance {one:.4g} and toylands' {other:.4g}; chance allows "
            f"{ERRORS * error:.2g}."
        )


def langevin(sizes: Sizes, repeats: int) -> list[Row]:
    """A swarm of Langevin walkers; the row's name says how many walker-steps a second."""
    count, steps = sizes.langevin_walkers, sizes.langevin_steps
    check(numpy_walk(count, steps), walk(count, steps))
    times = interleave(
        {"toylands": lambda: walk(count, steps), "NumPy": lambda: numpy_walk(count, steps)},
        min(repeats, 3),
    )
    mine, theirs = times["toylands"], times["NumPy"]
    rate = count * steps / mine.median / 1e6
    return [
        Row(
            f"{count:,} Langevin walkers, funnel, {steps:,} steps: {three(rate)} million steps/s",
            duration(mine.median),
            {"NumPy": theirs.over(mine)},
            details=[
                Detail("toylands", "toylands.descend", mine.median, mine.best, len(mine.samples)),
                Detail("NumPy", "NumPy loop", theirs.median, theirs.best, len(theirs.samples)),
            ],
        )
    ]
