"""The swarm: descend, race, basins and sweep are one compiled loop with another axis laid along it.

    run = descend(land, adam(lr=0.05), start=(-2, 1), steps=300)
    run.path, run.loss, run.status

Whatever differs between walkers is an array: starts, rates, hyper-parameters, parameters, seeds.
"""

from __future__ import annotations

from toylands.dynamics.basins import Basins, basins
from toylands.dynamics.descend import descend, race
from toylands.dynamics.sweep import Sweep, sweep
from toylands.dynamics.trajectory import Race, Status, Swarm, Trajectory

__all__ = [
    "Basins",
    "Race",
    "Status",
    "Swarm",
    "Sweep",
    "Trajectory",
    "basins",
    "descend",
    "race",
    "sweep",
]
