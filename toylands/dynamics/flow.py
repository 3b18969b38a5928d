"""Gradient flow: the walk with infinitely small steps, theta' = -grad L, by an accurate integrator.

    run = flow(landscapes.uv_product, start=(2, 0.25), time=20)
    run.end, run.loss[-1], run.times[-1]

Statements in continuous time (conserved quantities, half-times, which solution is found) are about this
curve; gradient descent follows it with an error that shrinks with its rate. A game flows along its field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._brief import Brief
from toylands._words import show
from toylands.dynamics.checks import check_landscape, check_positive, check_start, escape_limit
from toylands.formula import Landscape
from toylands.formula.norms import norm

#: how many points are recorded between 0 and a time that is one number
_POINTS = 201


@dataclass(frozen=True, repr=False)
class Flow(Brief):
    """One walker's path under gradient flow.

    Attributes:
        landscape: where it flowed.
        times: the recorded times, from 0 on, shape (n,).
        path: the points at these times, shape (n, d).
        left_at: the time at which it left the map or the loss ceased to exist, or None; later
            times are not recorded.
    """

    landscape: Landscape
    times: np.ndarray
    path: np.ndarray
    left_at: float | None

    @property
    def end(self) -> np.ndarray:
        """The last recorded point, shape (d,)."""
        return self.path[-1]

    @property
    def loss(self) -> np.ndarray:
        """The loss along the path, shape (n,)."""
        return self.landscape.loss(self.path)

    @property
    def grad_norm(self) -> np.ndarray:
        """The length of what it follows (the gradient, or a game's field), shape (n,)."""
        return norm(self.landscape.field(self.path))


class _OutsideError(Exception):
    """The integrator asked for a slope where there is none."""


def flow(
    land: Landscape,
    start: Any = None,
    time: Any = 10.0,
    *,
    rtol: float = 1e-10,
    escape: float | None = None,
) -> Flow:
    """Follow the gradient flow theta' = -grad L from a point.

    The integrator is LSODA, which changes to an implicit method with the exact Hessian where the flow is
    stiff. [Petzold 1983; scipy.integrate.solve_ivp]

    Args:
        land: the landscape; its parameters are single numbers.
        start: a point of shape (d,); by default the landscape's.
        time: how long; or the times to record, increasing, 0 or more.
        rtol: the relative error allowed per step of the integrator; 1e-14 is allowed besides.
        escape: the absolute coordinate beyond which it has left, as for `descend`.

    Raises:
        TypeError, ValueError: naming the value that is wrong and what was expected.
    """
    check_landscape("flow", land)
    if any(np.ndim(value) for value in land.parameters.values()):
        raise ValueError(f"flow: {land!r} has an array among its parameters; give single numbers.")
    first = check_start(land, start)
    if first.ndim != 1 or not np.isfinite(first).all():
        raise ValueError(
            f"flow: start={show(start)} must be one finite point, shape ({land.dim},)."
        )
    times = _times(time)
    tolerance = check_positive("flow", "rtol", rtol)
    limit = escape_limit(land, escape)
    path, left = _integrate(land, first, times, max(tolerance, 1e-13), limit)
    return Flow(land, times[: len(path)], path, left)


def _integrate(
    land: Landscape, first: np.ndarray, times: np.ndarray, rtol: float, limit: float
) -> tuple[np.ndarray, float | None]:
    """The points at these times, as far as it came, and when it left."""
    from scipy.integrate import solve_ivp

    last = 0.0  # the latest time at which there was a slope

    def slope(t: float, theta: np.ndarray) -> np.ndarray:
        nonlocal last
        value = -land.field(theta)
        if not np.isfinite(value).all():
            raise _OutsideError
        last = t
        return np.asarray(value)

    def leaves(t: float, theta: np.ndarray) -> float:
        return float(limit - np.abs(theta).max())

    leaves.terminal = True  # type: ignore[attr-defined]
    begun = first[None][: int(times[0] == 0)]  # the start, where it is asked for
    later = times[times > 0]
    if not len(later):
        return begun, None
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows on the way out is told
            solved = solve_ivp(
                slope,
                (0.0, later[-1]),
                first,
                method="LSODA",
                t_eval=later,
                jac=lambda t, theta: -land.jacobian(theta),
                rtol=rtol,
                atol=1e-14,
                events=leaves,
            )
    except _OutsideError:
        left = last  # the integrator throws its points away: take those before once more
        path, _ = _integrate(land, first, times[times < left], rtol, limit)
        return path, left
    path = np.concatenate([begun, solved.y.T]) if len(solved.t) else begun
    if solved.status == 0:
        return path, None
    # Beyond the map at the event's time; or the steps became too small, as before a wall without end.
    return path, float(solved.t_events[0][0]) if solved.status == 1 else last


def _times(time: Any) -> np.ndarray:
    """The times to record, from one number or from a row of them."""
    try:
        times = np.asarray(time, dtype=float)
    except (TypeError, ValueError, OverflowError):
        times = np.array(np.nan)
    if times.ndim == 0 and np.isfinite(times) and times > 0:
        return np.linspace(0.0, float(times), _POINTS)
    if (
        times.ndim != 1
        or not len(times)
        or not np.isfinite(times).all()
        or times[0] < 0
        or not (np.diff(times) > 0).all()
    ):
        raise ValueError(
            f"flow: time={show(time)} must be a finite time above 0, or increasing times from 0 on."
        )
    return times
