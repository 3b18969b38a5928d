"""How a walk ended: converged to what kind of point, diverged, or still running."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toylands.formula import Landscape
from toylands.formula.stationary import approach, curvature

_ARTICLES = {
    "minimum": "a minimum",
    "saddle": "a saddle",
    "maximum": "a maximum",
    "valley": "a valley of minima",
    "ridge": "a ridge",
    "plateau": "a plateau",
    "equilibrium": "an equilibrium",
    "kink": "a kink",
}


#: kinds of walks that left, and how they are told
LEFT = {
    "diverged": "diverged",
    "outside": "left the domain",
    "no gradient": "no gradient here",
}


def left_as(why: int, step: int) -> Status:
    """The status of a walk that left for a reason as `toylands.dynamics.leaving` numbers them."""
    return Status((*LEFT,)[why - 1], step=step)


@dataclass(frozen=True)
class Status:
    """How a walk ended.

    Attributes:
        kind: "converged" (the gradient fell below the tolerance), "diverged" (a coordinate left the
            map or stopped being finite), "outside" (it left the domain: it came to where the loss is not
            real, such as log(x) at x <= 0), "no gradient" (it came to where the loss has no gradient, and
            none that is its limit) or "running".
        step: for a walk that left, the step after which it was there; otherwise None.
        point: for a converged walk, what the exact Hessian says of the end point; otherwise None.
    """

    kind: str
    step: int | None = None
    point: str | None = None

    @property
    def left(self) -> bool:
        """Whether the walk ended before its last step: it could not stay where it was."""
        return self.kind in LEFT

    def __str__(self) -> str:
        if self.kind in LEFT:
            return f"{LEFT[self.kind]} at step {self.step}"
        if self.kind == "converged":
            return f"converged to {_ARTICLES[self.point or 'minimum']}"
        return self.kind

    def __repr__(self) -> str:
        return str(self)


def stationary(land: Landscape, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What kind of stationary points walks with a tiny gradient have come to, and where these lie.

    A stationary point must be near (see `toylands.formula.stationary.approach`); where there is none,
    the gradient is small because the landscape is flat, and that is a plateau. The Hessian is read
    where Newton's steps lead, for on the slope above a valley floor its smallest eigenvalue is not yet
    zero.

    Args:
        land: the landscape; its parameters may be arrays of shape (N,).
        theta: the ends of the walks, shape (N, d).

    Returns:
        kinds, shape (N,), and the points Newton's steps lead to (of a plateau: the end), shape (N, d).
    """
    led = approach(land, theta)
    signs, known = curvature(land, led.points, led.spread)
    kinds = [
        "kink" if not k else kind if n else "plateau"
        for kind, k, n in zip(signs.kinds, known, led.near, strict=True)
    ]
    if land.players is not None:  # each has a goal of its own: minimum and saddle mean nothing
        kinds = [kind if kind in ("kink", "plateau") else "equilibrium" for kind in kinds]
    return np.array(kinds, dtype="<U11"), led.points


def point_kind(land: Landscape, theta: np.ndarray) -> str:
    """What kind of stationary point one walk with a tiny gradient has come to (see `stationary`)."""
    return str(stationary(land, theta[None])[0][0])
