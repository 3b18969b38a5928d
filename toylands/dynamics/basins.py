"""Maps of where a walk ends, for every start in a window."""

from __future__ import annotations

import functools
from itertools import product
from typing import Any

import numpy as np

from toylands._door import door
from toylands._words import show
from toylands.dynamics import leaving
from toylands.dynamics.checks import (
    bar_name,
    broadcast_walkers,
    check_landscape,
    check_positive,
    time_varying_columns,
    window_of,
)
from toylands.dynamics.run import execute
from toylands.dynamics.status import stationary
from toylands.formula import CriticalPoint, Landscape
from toylands.formula.norms import norm
from toylands.formula.stationary import curvature, flows
from toylands.optimizers import Optimizer
from toylands.optimizers.optimizer import check_count, check_optimizer

#: labels of starts that did not end near a known minimum
DIVERGED, RUNNING, OTHER, OUTSIDE, NO_GRADIENT = -1, -2, -3, -4, -5
#: how each is named in a table of shares
OUTCOME_NAMES = {
    DIVERGED: "diverged",
    RUNNING: "running",
    OTHER: "elsewhere",
    OUTSIDE: "left the domain",
    NO_GRADIENT: "no gradient",
}
_LEFT = {
    leaving.DIVERGED: DIVERGED,
    leaving.OUTSIDE: OUTSIDE,
    leaving.NO_GRADIENT: NO_GRADIENT,
}
#: a walk belongs to a minimum within this share of the view
NEAR = 0.01
#: minima that were not declared: the map names this many, those with the most walks
MOST = 64
#: the most walks of a map: more would not fit into the memory of most machines
MOST_WALKERS = 100_000_000
#: how far along a valley one looks for its next end, in cells; a cell is NEAR of the view
_LONGEST = 400
#: Newton's steps back to a valley floor: each squares the error of a step of half a cell
_CORRECTIONS = 3
#: Newton's steps from the end of a walk in a game to the equilibrium it is near
_NEWTON = 12


class Basins:
    """Where walks from a grid of starts end.

    Attributes:
        labels: shape (rows, columns), row by y and column by x: the number of the minimum in `minima`,
            or -1 diverged, -2 still running (gradient above tol), -3 stationary elsewhere, -4 left the
            domain of the loss, -5 came to a point without a gradient.
        minima: the declared minima and those that were reached, as `CriticalPoint`s; for a connected
            valley of minima, one point of it. In a game, the equilibria instead,
            without the unstable ones.
        x, y: coordinates of the grid.
        ends: last points, shape (rows, columns, 2).
        diverged_at: step at which each walk left, -1 if it stayed; why: the reason, as
            `toylands.dynamics.leaving` numbers them.
        landscape, optimizer, steps: what ran; of a time-varying landscape, as it was at the end.
    """

    def __init__(
        self,
        landscape: Landscape,
        optimizer: Optimizer,
        steps: int,
        x: np.ndarray,
        y: np.ndarray,
        ends: np.ndarray,
        diverged_at: np.ndarray,
        why: np.ndarray,
        tol: float,
    ) -> None:
        self.landscape = landscape
        self.optimizer = optimizer
        self.steps = steps
        self.x, self.y = x, y
        self.ends = ends
        self.diverged_at = diverged_at
        self.why = why
        self.tol = tol

    @functools.cached_property
    def _labelled(self) -> tuple[np.ndarray, list[CriticalPoint]]:
        land = self.landscape
        ends = self.ends.reshape(-1, land.dim)
        labels = np.full(len(ends), OTHER)
        why = self.why.reshape(-1)
        for reason, label in _LEFT.items():
            labels[why == reason] = label
        here = np.flatnonzero(labels == OTHER)
        points = ends[here]
        with np.errstate(over="ignore"):
            norms = norm(land.field(points))
        size = NEAR * np.array([high - low for low, high in land.view])
        minima = land.goals
        near = np.full(len(points), OTHER)
        for number, minimum in enumerate(minima):
            near[_close(points, minimum.point, size) & (near == OTHER)] = number
        still = norms <= self.tol
        near[(near == OTHER) & ~still] = RUNNING
        # A valley goes on beyond its declared point, so what ended near that is grouped as well.
        open_ended = [n for n, minimum in enumerate(minima) if _goes_on(minimum)]
        arrived = np.flatnonzero(still & np.isin(near, [OTHER, *open_ended]))
        kinds, targets = _arrived(land, points[arrived], size)
        if open_ended:
            kinds = np.append(
                kinds, ["valley" if land.players is None else "flat"] * len(open_ended)
            )
            targets = np.concatenate([targets, [minima[n].point for n in open_ended]])
        most, same = len(minima) + MOST, dict[int, int]()
        for members in _groups(land, kinds, targets, size):
            walks = arrived[members[members < len(arrived)]]
            declared = members[members >= len(arrived)] - len(arrived)
            close = [
                n for n, m in enumerate(minima) if _close(targets[members], m.point, size).any()
            ]
            same |= {open_ended[n]: open_ended[declared[0]] for n in declared[1:]}
            if len(declared) or close:
                near[walks] = open_ended[declared[0]] if len(declared) else close[0]
            elif len(minima) < most:
                near[walks] = len(minima)
                best = land.critical_point(land.refine(points[walks[np.argmin(norms[walks])]]))
                if _goes_on(best):  # a point in its middle
                    away = np.abs((targets[members] - targets[members].mean(axis=0)) / size)
                    best = land.critical_point(land.refine(targets[members[away.max(1).argmin()]]))
                minima = [*minima, best]
        # Several points were declared of one valley: the first stands for it.
        kept = [n for n in range(len(minima)) if n not in same]
        for n in range(len(minima)):
            labels[here[near == n]] = kept.index(same.get(n, n))
        labels[here[near < 0]] = near[near < 0]
        return labels.reshape(self.diverged_at.shape), [minima[n] for n in kept]

    @property
    def labels(self) -> np.ndarray:
        """The number of the minimum each start ends in; negative where it ends in none."""
        return self._labelled[0]

    @property
    def minima(self) -> list[CriticalPoint]:
        """The minima the labels refer to."""
        return self._labelled[1]

    @property
    def fractions(self) -> dict[str, float]:
        """The share of starts by outcome."""
        names = OUTCOME_NAMES
        numbers, counts = np.unique(self.labels, return_counts=True)
        shares = {int(n): int(c) / self.labels.size for n, c in zip(numbers, counts, strict=True)}
        named = {repr(m): shares.get(n, 0.0) for n, m in enumerate(self.minima)}
        return named | {names[n]: share for n, share in shares.items() if n < 0}

    def plot(self, **options: Any) -> Any:
        """Draw the map (see `toylands.plots.basin_map`)."""
        from toylands import plots

        return plots.basin_map(self, **options)

    def __repr__(self) -> str:
        shares = ", ".join(f"{name}: {share:.1%}" for name, share in self.fractions.items())
        return f"<basins of {self.optimizer.label} on {self.landscape!r}: {shares}>"


@door
def basins(
    land: Landscape,
    opt: Optimizer,
    grid: int | tuple[int, int] = 256,
    view: Any = None,
    steps: int = 200,
    *,
    tol: float = 1e-3,
    time_varying: Any = None,
    progress: bool = True,
    **options: Any,
) -> Basins:
    """Walk from every point of a grid over the view, and say where each walk ends.

    Args:
        land: a landscape of one or two coordinates.
        opt: the optimizer (one set of numbers).
        grid: points per side, or (columns, rows).
        view: ((low, high), (low, high)) of the starts; by default the landscape's.
        steps: steps of each walk.
        tol: the gradient norm below which a walk that ended away from every declared minimum counts
            as stationary.
        time_varying: as for `descend`; the ends are then judged on the landscape of the last step.
        progress: show a bar when it takes longer than a second.
        **options: `seed`, `batch`, `replacement`, `escape` as for `descend`.
    """
    check_landscape("basins", land)
    check_optimizer("basins", opt)
    steps = check_count("basins", "steps", steps, least=0)
    if land.dim > 2:
        raise ValueError(
            f"basins draws landscapes of 1 or 2 coordinates; {land.name} has {land.dim}."
        )
    if np.ndim(grid) and np.shape(grid) != (2,):
        raise ValueError(f"basins: grid={show(grid)} must be one number or (columns, rows).")
    columns, rows = grid if np.ndim(grid) else (grid, grid)  # type: ignore[misc]
    columns = check_count("basins", "grid", columns, least=2)
    rows = check_count("basins", "grid", rows, least=2) if land.dim == 2 else 1
    if columns * rows > MOST_WALKERS:
        raise ValueError(
            f"basins: grid={show(grid)} asks for {columns * rows:.0e} walks; at most {MOST_WALKERS:,} fit "
            "into the memory."
        )
    if broadcast_walkers(land, opt, np.zeros(land.dim)):
        raise ValueError(
            "basins walks with one set of numbers, but the landscape or the optimizer has an array in "
            "it; use sweep."
        )
    tol = check_positive("basins", "tol", tol, zero=True)
    time_varying = time_varying_columns(land, time_varying, steps)
    window = window_of("basins", land, view)
    x = np.linspace(window[0, 0], window[0, 1], columns)
    y = np.linspace(window[1, 0], window[1, 1], rows) if land.dim == 2 else np.zeros(1)
    if land.dim == 2:
        starts = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    else:
        starts = x[:, None]
    bar = bar_name("basins", progress)
    raw = execute(
        land, opt, starts, steps, record=False, time_varying=time_varying, progress=bar, **options
    )
    return Basins(
        land(**{name: column[-1] for name, column in time_varying.items()}),
        opt,
        steps,
        x,
        y,
        raw.end.reshape(rows, columns, land.dim),
        raw.died.reshape(rows, columns),
        raw.why.reshape(rows, columns),
        tol,
    )


def _close(points: np.ndarray, point: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Which of the points (N, d) lie in the box of half-widths `size` around `point`, shape (N,)."""
    # One coordinate after the other: reducing over a last axis of two is slow.
    close = np.abs(points[:, 0] - point[0]) <= size[0]
    for j in range(1, len(point)):
        close &= np.abs(points[:, j] - point[j]) <= size[j]
    return close


def _goes_on(point: CriticalPoint) -> bool:
    """Whether a point need not be isolated: it lies in a valley, or on a flat line of a game."""
    return point.kind == "valley" or point.flow == "flat"


def _arrived(
    land: Landscape, points: np.ndarray, size: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What walks with a tiny gradient have come to, and where exactly that lies.

    Returns:
        kinds, shape (N,): as `stationary` names them; in a game "stable", "rotating", "flat" or
            "unstable", and "plateau" where no equilibrium is near.
        The points Newton's steps lead to, shape (N, d).
    """
    if land.players is None:
        return stationary(land, points)
    # Thousands of walks end in one place, so each place is judged once.
    _, first, inverse = np.unique(
        _cells(points, 0.01 * size), axis=0, return_index=True, return_inverse=True
    )
    ends = points[first]
    targets, step = ends, np.zeros(ends.shape)
    for _ in range(_NEWTON):
        step = land.newton_step(targets)
        targets = targets - step
    # On a flat tail Newton's steps stay as long as they are; near an equilibrium they shrink.
    near = (np.abs(targets - ends) <= size).all(axis=1) & (np.abs(step) <= 0.01 * size).all(axis=1)
    targets = np.where(near[:, None], targets, ends)
    kinds = [
        flow if n and flow else "plateau"
        for flow, n in zip(flows(land, targets), near, strict=True)
    ]
    of = inverse.reshape(-1)
    return np.array(kinds, dtype="<U8")[of], targets[of]


def _groups(
    land: Landscape, kinds: np.ndarray, targets: np.ndarray, size: np.ndarray
) -> list[np.ndarray]:
    """Walks that came to the same minimum or connected valley, the largest group first.

    Args:
        land: the landscape.
        kinds: of the stationary points, shape (N,) (see `_arrived`).
        targets: where they lie, shape (N, d).
        size: the sides of a cell; what is not a valley and lies in one cell is one point.
    """
    groups = []
    for kind in ("minimum", "valley", "kink", "stable", "rotating", "flat"):
        here = np.flatnonzero(kinds == kind)
        cells, first, inverse = np.unique(
            _cells(targets[here], size), axis=0, return_index=True, return_inverse=True
        )
        number = np.arange(len(cells))
        if kind in ("valley", "flat"):
            number = _valleys(land, targets[here[first]], cells, size)
        of = number[inverse.reshape(-1)]
        groups += [here[of == n] for n in np.unique(number)]
    return sorted(groups, key=len, reverse=True)


def _cells(points: np.ndarray, size: np.ndarray) -> np.ndarray:
    """In which cell of the plane points (N, d) lie, whole numbers, shape (N, d)."""
    return np.floor(np.clip(points / size, -1e15, 1e15)).astype(np.int64)


def one_valley(land: Landscape, first: CriticalPoint, second: CriticalPoint) -> bool:
    """Whether two points lie in the same connected valley, or on the same flat line of a game."""
    if not (_goes_on(first) and _goes_on(second)):
        return False
    size = NEAR * np.array([high - low for low, high in land.view])
    points = np.stack([first.point, second.point])
    cells, index = np.unique(_cells(points, size), axis=0, return_index=True)
    return len(set(_valleys(land, points[index], cells, size).tolist())) == 1


def _valleys(
    land: Landscape, points: np.ndarray, cells: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """Number the connected valleys that points lie in, shape (N,).

    Points in touching cells are connected. From the others one walks along the flat direction of the
    exact Hessian, half a cell at a time and back to the valley floor by Newton's method, until one
    comes to a cell of another group, or to where no valley is, or far away from all the points (out of
    twice their bounding box).

    Args:
        land: the landscape.
        points: one point of a valley per cell, shape (N, d).
        cells: whole numbers, no two alike, shape (N, d).
        size: the sides of a cell.
    """
    number = _touching(cells)
    if not len(cells) or number.max() == 0 or points.shape[1] < 2:
        return number
    at = {tuple(cell): n for n, cell in enumerate(cells.tolist())}
    low, high = points.min(axis=0), points.max(axis=0)
    low, high = low - (high - low) / 2 - size, high + (high - low) / 2 + size
    # Two walkers per point, one each way; none where the next cell is known to be connected.
    along, _ = _flat_direction(land, points, size, np.zeros(points.shape))
    along = np.concatenate([along, -along])
    origin = np.tile(np.arange(len(points)), 2)
    here = points[origin]
    going = np.array([tuple(cell) not in at for cell in _cells(here + along, size).tolist()])
    for _ in range(2 * _LONGEST):
        origin, here, along = origin[going], here[going], along[going]
        if not len(origin) or (number == number[0]).all():
            break
        there, step = here + 0.5 * along, along
        for _ in range(_CORRECTIONS):
            step = land.newton_step(there)
            there = there - step
        turned, flat = _flat_direction(land, there, size, np.abs(step))
        turned *= np.where(np.sum(turned * along / size**2, axis=1) < 0, -1, 1)[:, None]
        moved = np.abs(there - here) / size
        going = flat & (moved <= 1).all(axis=1) & (moved > 0.1).any(axis=1)
        going &= ((there >= low) & (there <= high)).all(axis=1)
        here, along = there, turned
        for k, cell in enumerate(_cells(here, size).tolist()):
            start = int(origin[k])
            if not going[k]:
                continue
            for other in _around(at, cell):
                if number[other] != number[start]:
                    number[number == number[other]] = number[start]
                    going[k] = False
            if at.get(tuple(cell), start) != start:
                going[k] = False  # another walker is under way from there
    return number


def _flat_direction(
    land: Landscape, points: np.ndarray, size: np.ndarray, spread: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The direction in which the Hessian vanishes, one cell long, and whether it does, for (N, d)."""
    signs, known = curvature(land, points, spread)
    direction, flat = signs.flattest
    length = np.abs(direction / size).max(axis=1, keepdims=True)
    return direction / np.where(length > 0, length, 1.0), flat & known


def _touching(cells: np.ndarray) -> np.ndarray:
    """Number the groups of touching cells (also by a corner), shape (N,)."""
    at = {tuple(cell): n for n, cell in enumerate(cells.tolist())}
    number = np.full(len(cells), -1)
    for first in range(len(cells)):
        if number[first] < 0:
            number[first] = number.max() + 1
            stack = [first]
            while stack:
                for other in _around(at, cells[n := stack.pop()].tolist()):
                    if number[other] < 0:
                        number[other] = number[n]
                        stack.append(other)
    return number


def _around(at: dict[tuple[int, ...], int], cell: list[int]) -> list[int]:
    """Which of the numbered cells are this one or touch it, also by a corner."""
    places = (
        tuple(c + s for c, s in zip(cell, shift, strict=True))
        for shift in product((-1, 0, 1), repeat=len(cell))
    )
    return [at[place] for place in places if place in at]
