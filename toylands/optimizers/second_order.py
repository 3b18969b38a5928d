"""Steps that ask for the exact Hessian: Newton and saddle-free Newton."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from toylands.optimizers.gradient_descent import gd
from toylands.optimizers.optimizer import Optimizer, Piece, check_number


def _preconditioned(kind: str, lr: Any, damping: Any, schedule: Any) -> Optimizer:
    made = gd(check_number(kind, "lr", lr), schedule=schedule)
    piece = Piece(kind, {"damping": check_number(kind, "damping", damping)}, hidden=True)
    return replace(made.wrapped(piece), alias=kind)


def newton(lr: Any = 1.0, damping: Any = 0.0, *, schedule: Any = None) -> Optimizer:
    """Newton's method: theta <- theta - lr (H + damping I)^-1 g, with the exact Hessian.

    One step of lr=1 solves any quadratic. It is attracted by saddles and maxima alike, and where the
    Hessian is singular the step is not finite: the run is then reported as diverged.
    [Nocedal and Wright 2006]
    """
    return _preconditioned("newton", lr, damping, schedule)


def saddle_free_newton(lr: Any = 1.0, damping: Any = 0.0, *, schedule: Any = None) -> Optimizer:
    """Saddle-free Newton: theta <- theta - lr |H|^-1 g, |H| = V (|Lambda| + damping) V^T.

    Newton's step with every eigenvalue made positive, so negative curvature repels.
    [Dauphin et al. 2014]
    """
    return _preconditioned("saddle_free_newton", lr, damping, schedule)
