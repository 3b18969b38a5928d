"""Why walkers left: off the map, out of the loss's domain, or at a point without a gradient.

The loop only sees that a coordinate went beyond the map or is no number any more. What the loss is at the
last place where the walker was tells why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from toylands.dynamics.checks import schedule_factors
from toylands.formula import Landscape
from toylands.optimizers import Optimizer

#: why a walker left; 0: it did not
DIVERGED, OUTSIDE, NO_GRADIENT = 1, 2, 3

_WORDS = {DIVERGED: "diverged", OUTSIDE: "left the domain", NO_GRADIENT: "without a gradient"}


def departures(why: np.ndarray, *, share: bool = False) -> str:
    """How many walkers left, or which share of them, in words; those that diverged are always told."""
    told = [(w, int((why == w).sum())) for w in _WORDS]
    return ", ".join(
        f"{n / why.size:.1%} {_WORDS[w]}" if share else f"{n} {_WORDS[w]}"
        for w, n in told
        if n or w == DIVERGED
    )


def reasons(
    land: Landscape,
    opt: Optimizer,
    end: np.ndarray,
    died: np.ndarray,
    steps: int,
    limit: float,
    time_varying: Mapping[str, np.ndarray] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """When and why each walker left.

    A walker that steps to where there is no loss, or no gradient, is there after that step; the loop
    notices with the next one, or not at all if it was the last.

    Args:
        land: its parameters may be arrays, one value per walker.
        opt: the optimizer, its numbers likewise. One that looks elsewhere for its gradient has left the
            domain when that place is outside.
        end: the last finite points, shape (B, d).
        died: the step with which the loop saw a walker leave, -1 for those that stayed, shape (B,).
        steps: how many there were.
        limit: the absolute coordinate beyond which a walker has diverged.
        time_varying: parameters that change, one value per step.

    Returns:
        The step after which a walker was where it could not stay (-1: it stayed) and the reason, shapes (B,).
    """
    why = (died >= 0).astype(np.int8)
    limited = land.definition.has_domain
    if not limited and not why.any():
        return died, why
    with np.errstate(invalid="ignore"):
        on_map = (np.abs(end) <= limit).all(axis=1)
    look = np.flatnonzero(on_map & (limited | (died >= 0)))
    if not len(look):
        return died, why
    gone = died[look] >= 0
    at = np.where(gone, died[look] - 1, steps)
    values = {k: v[look] for k, v in land.parameters.items() if isinstance(v, np.ndarray)}
    values |= {name: column[at] for name, column in (time_varying or {}).items()}
    here, points = land(**values) if values else land, end[look]
    outside = ~here.inside(points)
    if limited:
        away = _looks(opt, here, points, at, look)
        if away is not None:
            with np.errstate(invalid="ignore"):
                off = ~here.inside(away) & (np.abs(away) <= limit).all(axis=1)
            outside |= gone & off
    why[look[outside]] = OUTSIDE
    smooth = np.isfinite(here.field(points)).all(axis=1)
    why[look[gone & ~outside & ~smooth & np.isfinite(here.loss(points))]] = NO_GRADIENT
    died = died.copy()
    early = why[look] >= OUTSIDE
    died[look[early]] = at[early]
    return died, why


def _looks(
    opt: Optimizer, here: Landscape, points: np.ndarray, at: np.ndarray, walkers: np.ndarray
) -> np.ndarray | None:
    """Where walkers at points (N, d) look for their gradient with the step after `at`; None: where they are.

    The gradient that says where to is that of the whole loss, also where a walk saw a batch of it.
    """
    kinds = {piece.kind: piece for piece in opt.pieces}
    if not kinds.keys() & {"sam", "extragradient"}:
        return None
    g = here.field(points)
    if "sam" in kinds:
        far = _own(kinds["sam"].values["rho"], walkers)
        with np.errstate(invalid="ignore", over="ignore"):
            far = -far / (np.linalg.norm(g, axis=1) + 1e-12)
    else:
        far = _own(opt.lr, walkers)
        if opt.schedule is not None:
            factors = schedule_factors(opt, int(at.max()) + 1)
            far = far * factors[at]
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(points - np.reshape(far, (-1, 1)) * g)


def _own(value: Any, walkers: np.ndarray) -> np.ndarray:
    """A number of an optimizer, one per walker."""
    numbers = np.asarray(value, dtype=float)
    return numbers[walkers] if numbers.ndim else numbers.reshape(1)
