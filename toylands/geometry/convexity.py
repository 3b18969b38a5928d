"""How convex a landscape is along a run: by curvature, by the gradient's aim, and by PL.

    seen = convexity(tl.descend(tl.landscapes.uv_product, tl.gd(0.1), start=(2, 0.3)))
    seen.smallest                   # smallest Hessian eigenvalue at each step
    seen.aim                        # g.(theta - theta*): positive, the gradient points home
    seen.pl, seen.pl_constant       # |g|^2 / (2 (L - L*)), and its smallest value on the run

The three differ: curvature can be negative while every step still leads towards the goal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._brief import Brief
from toylands._door import door
from toylands._words import show
from toylands.dynamics import Trajectory
from toylands.formula import stationary
from toylands.geometry._checks import one_point
from toylands.geometry.conserved import check_run


@dataclass(frozen=True, repr=False)
class Convexity(Brief):
    """Measures of convexity along a run of T recorded steps.

    Attributes:
        run: the trajectory.
        target, bottom: the point theta* and the loss L* that it is measured against.
        smallest: the smallest eigenvalue of the exact Hessian, shape (T+1,).
        aim: g.(theta - theta*), shape (T+1,).
        cosine: the cosine of the angle between -g and the way to theta*, NaN where either is 0.
        pl: |g|^2 / (2 (L - L*)), shape (T+1,); NaN where L is L* to rounding error.
    """

    run: Trajectory
    target: np.ndarray
    bottom: float
    smallest: np.ndarray
    aim: np.ndarray
    cosine: np.ndarray
    pl: np.ndarray

    @property
    def convex(self) -> bool:
        """Whether no eigenvalue on the run is negative, beyond what rounding errors could have made."""
        signs, finite = stationary.curvature(self.run.landscape, self.run.path)
        return bool(finite.all() and not signs.negative.any())

    @property
    def quasi_convex(self) -> bool:
        """Whether the gradient has a positive part along theta - theta* at every point but theta*."""
        away = np.linalg.norm(self.run.path - self.target, axis=1)
        there = away <= 1e-9 * max(1.0, float(np.linalg.norm(self.target)))
        return bool((self.aim[~there] > 0).all())

    @property
    def pl_constant(self) -> float:
        """The largest mu with |g|^2 >= 2 mu (L - L*) at all recorded points; NaN when none counts."""
        return float(np.nanmin(self.pl)) if np.isfinite(self.pl).any() else float("nan")


@door
def convexity(run: Trajectory, target: Any = None, bottom: float | None = None) -> Convexity:
    """Measure convexity along one run, against the point and the loss it should reach.

    These are facts about the points of this run, not of the region around it. Local quasi-convexity
    is one-point convexity towards theta* [Kleinberg, Li and Yuan 2018]; PL is the inequality of
    Polyak and Lojasiewicz, with which gradient descent converges linearly without any convexity
    [Karimi, Nutini and Schmidt 2016]. A PL constant that is only the smallest ratio on a run does
    not prove PL elsewhere.

    Args:
        run: one trajectory on a landscape that does not move.
        target: theta*, shape (d,); by default the end of the run.
        bottom: L*; by default the loss at the target. It must not lie above any loss on the run.

    Raises:
        TypeError, ValueError: for a swarm, a time-varying landscape or a game, or a bottom that is too high.
    """
    land = check_run("convexity", run).landscape
    if run.time_varying or land.players is not None:
        what = "a game" if land.players is not None else "a time-varying landscape"
        raise ValueError(f"convexity: {land.name} is {what}; there is no one loss to be convex.")
    home = one_point("convexity", land, run.end if target is None else target, "target")
    lowest = float(land.loss(home) if bottom is None else bottom)
    height = run.loss - lowest
    small = 1e-13 * max(float(np.abs(run.loss).max()), abs(lowest))
    if not np.isfinite(lowest) or (height < -small).any():
        raise ValueError(
            f"convexity: bottom={show(lowest)} lies above the loss {show(float(run.loss.min()))} that "
            "the run reached; give target= or bottom= of the minimum."
        )
    gradient, way = land.grad(run.path), run.path - home
    aim = np.sum(gradient * way, axis=1)
    lengths = run.grad_norm * np.linalg.norm(way, axis=1)
    nothing = np.full(len(aim), np.nan)
    return Convexity(
        run,
        home,
        lowest,
        run.spectrum[:, 0],
        aim,
        np.divide(aim, lengths, out=nothing.copy(), where=lengths > 0),
        np.divide(run.grad_norm**2, 2 * height, out=nothing.copy(), where=height > small),
    )
