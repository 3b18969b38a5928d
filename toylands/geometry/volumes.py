"""How large the basins of attraction are, with an error bar.

    volumes = basin_volumes(tl.landscapes.double_well, tl.gd(0.1))
    for basin in volumes:
        basin.minimum, basin.share, basin.standard_error

A basin belongs to a landscape *and* an optimizer: another learning rate draws other borders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._brief import Brief
from toylands._door import door
from toylands.dynamics.basins import NEAR, OUTCOME_NAMES, basins, one_valley
from toylands.formula import CriticalPoint, Landscape
from toylands.geometry.random_hessians import share
from toylands.optimizers import Optimizer
from toylands.optimizers.optimizer import check_count


@dataclass(frozen=True, repr=False)
class BasinVolume(Brief):
    """The part of the window from which walks end in one place.

    Attributes:
        minimum: where they end (of a valley one point); None for walks that end in no minimum.
        number: its label on the first of the maps, as in `Basins.labels`.
        outcome: "minimum" (in a game "equilibrium"), "diverged", "running", "elsewhere", "left the domain"
            or "no gradient".
        share: of the window's volume.
        standard_error: of the share.
    """

    minimum: CriticalPoint | None
    number: int
    outcome: str
    share: float
    standard_error: float


@door
def basin_volumes(
    land: Landscape,
    opt: Optimizer,
    *,
    grid: int = 64,
    repeats: int = 8,
    view: Any = None,
    seed: int = 0,
    **options: Any,
) -> list[BasinVolume]:
    """Measure the basins on several grids, each shifted by a random part of a cell.

    Every shifted grid gives an unbiased share, so their mean is unbiased and their spread gives the
    standard error; it is much smaller than for as many independent random starts, because only
    cells on a border can differ. It is never set below the error that one start leaves which a
    further grid may count otherwise. [Cranley and Patterson 1976]

    Args:
        land: a landscape of one or two coordinates.
        opt: the optimizer (one set of numbers).
        grid: starts per side of each grid.
        repeats: how many shifted grids.
        view: the window, ((low, high), ...) per coordinate; by default the landscape's.
        seed: of the shifts.
        **options: `steps`, `tol`, ... as for `tl.basins`.

    Returns:
        One `BasinVolume` per outcome, largest first; shares sum to 1.
    """
    grid = check_count("basin_volumes", "grid", grid, least=2)
    repeats = check_count("basin_volumes", "repeats", repeats, least=2)
    first = basins(land, opt, 2, view, steps=0)  # checks the landscape, the optimizer and the view
    window = np.stack([first.x, first.y][: land.dim])
    cell = (window[:, -1] - window[:, 0]) / grid
    rng = np.random.default_rng(seed)
    minima: list[CriticalPoint] = []
    labels: list[int] = []
    counted: dict[Any, np.ndarray] = {}
    for repeat in range(repeats):
        low = window[:, 0] + rng.uniform(size=land.dim) * cell
        shifted = np.stack([low, low + (grid - 1) * cell], axis=1)
        found = basins(land, opt, grid, shifted, **options)
        numbers, counts = np.unique(found.labels, return_counts=True)
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
            key = number if number < 0 else _place(land, minima, found.minima[number])
            if key == len(labels):
                labels.append(number)
            shares = counted.setdefault(key, np.zeros(repeats))
            shares[repeat] += count / found.labels.size
    start = 1 / found.labels.size
    least = start * share(0, repeats)[1]
    reached = "minimum" if land.players is None else "equilibrium"
    volumes = [
        BasinVolume(
            minima[key] if key >= 0 else None,
            labels[key] if key >= 0 else key,
            reached if key >= 0 else OUTCOME_NAMES[key],
            float(shares.mean()),
            max(least, float(shares.std(ddof=1) / np.sqrt(repeats))),
        )
        for key, shares in counted.items()
    ]
    return sorted(volumes, key=lambda volume: -volume.share)


def _place(land: Landscape, minima: list[CriticalPoint], minimum: CriticalPoint) -> int:
    """The number of a minimum in the list, which it joins if it is new."""
    size = NEAR * np.array([high - low for low, high in land.view])
    for number, known in enumerate(minima):
        if (np.abs(known.point - minimum.point) <= size).all():
            return number
        # Each map names an undeclared valley by another of its points.
        if one_valley(land, known, minimum):
            return number
    minima.append(minimum)
    return len(minima) - 1
