"""The swarm: descend, race, basins and sweep are one compiled loop with another axis laid along it.

    run = descend(land, adam(lr=0.05), start=(-2, 1), steps=300)
    run.path, run.loss, run.status

Whatever differs between walkers is an array: starts, rates, hyper-parameters, parameters, seeds.
"""

from __future__ import annotations

from toylands.dynamics.basins import Basins, basins
from toylands.dynamics.descend import descend, race
from toylands.dynamics.diagnosis import Case, Diagnosis, alignment, cases, diagnose
from toylands.dynamics.first_passage import FirstPassage, first_passage
from toylands.dynamics.flow import Flow, flow
from toylands.dynamics.populations import Populations, populations
from toylands.dynamics.status import Status
from toylands.dynamics.sweep import Sweep, sweep
from toylands.dynamics.trajectory import Race, Swarm, Trajectory

__all__ = [
    "Basins",
    "Case",
    "Diagnosis",
    "FirstPassage",
    "Flow",
    "Populations",
    "Race",
    "Status",
    "Swarm",
    "Sweep",
    "Trajectory",
    "alignment",
    "basins",
    "cases",
    "descend",
    "diagnose",
    "first_passage",
    "flow",
    "populations",
    "race",
    "sweep",
]
