"""How fast toylands is on this machine, against C, JAX, torch and NumPy in the same run.

    from toylands.bench import bench

    report = bench(quick=True)        # or bench(only="swarm")
    print(report)                     # the table of ratios, with what had to be reached
    print(report.details())           # the seconds behind them

The same is printed by `toylands bench`. Every peer solves the same problem, is checked to find the
same numbers, and is timed in turns with toylands. Peers that are not installed are named as such.
"""

from __future__ import annotations

import sys
from typing import TextIO

from toylands._words import did_you_mean, one_of
from toylands.bench.groups import GROUPS
from toylands.bench.problems import Sizes
from toylands.bench.report import Report, Row, machine

__all__ = ["GROUPS", "Report", "Row", "Sizes", "bench"]

#: rounds of a full and of a quick run
REPEATS, QUICK_REPEATS = 11, 3


def bench(
    quick: bool = False,
    only: str | None = None,
    *,
    sizes: Sizes | None = None,
    progress: TextIO | None = sys.stderr,
) -> Report:
    """Measure toylands and its peers and return the table of ratios.

    Args:
        quick: three repeats instead of eleven; the problems keep their size.
        only: measure one group of rows, one of `GROUPS`.
        sizes: other sizes of the problems; the targets are stated for the default.
        progress: where to write what is being measured; None for nowhere.

    Raises:
        ValueError: for an unknown group, with the nearest right one.
        ArithmeticError: when a peer finds other numbers than toylands.
    """
    if only is not None and only not in GROUPS:
        raise ValueError(
            f"only={only!r} is no group of benchmarks; expected {one_of(GROUPS)}."
            f"{did_you_mean(only, GROUPS)}"
        )
    rows: list[Row] = []
    here = machine()  # first: later, the load is our own
    for name in [only] if only else GROUPS:
        if progress is not None:
            progress.write(f"measuring {name} ...\n")
        rows += GROUPS[name](sizes or Sizes(), QUICK_REPEATS if quick else REPEATS)
    return Report(rows, here)
