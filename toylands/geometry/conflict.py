"""Where the memory of a run fights the gradient: what an out-of-date velocity looks like from inside.

    run = tl.descend(tl.landscapes.parabola, tl.momentum(0.1), steps=60, record_state=True)
    seen = conflict(run)
    seen.on.sum(), seen.longest          # in conflict in 30 of 60 steps, at most 5 in a row

Moving along the memory would raise the loss. A goal that has moved causes it, and a healthy ball that
rings does, too; only how long it lasts tells them apart. [O'Donoghue and Candes 2015]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toylands._brief import Brief
from toylands._door import door
from toylands.dynamics import Trajectory
from toylands.geometry.conserved import check_run


@dataclass(frozen=True, repr=False)
class Conflict(Brief):
    """Memory against gradient, along a run of T steps.

    Attributes:
        run: the trajectory.
        values: at each step <b, g> for a memory b of gradients and -<v, g> for a displacement velocity
            v, so that it is below 0 in a conflict whatever the rule keeps, shape (T,).
    """

    run: Trajectory
    values: np.ndarray

    @property
    def on(self) -> np.ndarray:
        """Whether the memory fights the gradient at each step, shape (T,)."""
        return self.values < 0

    @property
    def longest(self) -> int:
        """How many steps the longest conflict lasts; 0 without one."""
        changes = np.flatnonzero(np.diff(np.concatenate([[False], self.on, [False]])))
        return int((changes[1::2] - changes[::2]).max(initial=0))


@door
def conflict(run: Trajectory) -> Conflict:
    """Compare the memory before each step with the gradient of that step.

    The memory is the rule's first one, the gradient the one that reaches the rule, as
    `toylands.reset_on_conflict` sees them. Where that wrapper forgets, the memory is empty and no
    longer in conflict: with patience p at most p - 1 steps in a row are.

    Args:
        run: one trajectory of a rule with momentum, recorded with every=1 and record_state=True.

    Raises:
        TypeError, ValueError: for a swarm, a rule without momentum, or a run that kept no memory.
    """
    check_run("conflict", run)
    rule = run.optimizer.rule
    if not rule.gathers:
        raise ValueError(
            f"conflict: {run.optimizer.label} has no momentum; take momentum, nesterov, polyak or adam."
        )
    if run.memory is None or run.used is None:
        raise ValueError(
            "conflict: the run kept no memory; make it with descend(..., record_state=True)."
        )
    if run.every != 1:
        raise ValueError(f"conflict: every={run.every} must be 1; steps in between are not seen.")
    along = np.sum(run.memory[rule.memory[0]] * run.used, axis=1)[:-1]
    return Conflict(run, rule.gathers * along)
