"""Quantities that a symmetry conserves, recorded along a run.

    scaling = np.diag([1.0, -1.0])                       # u -> c u, v -> v/c
    kept = conserved(run, noether(scaling))              # u^2 - v^2 along the run
    kept.values, kept.drift                              # constant under gradient flow; GD drifts

Gradient flow conserves such a quantity exactly, gradient descent only up to order lr^2 per step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._door import Numbers, door
from toylands._words import show
from toylands.dynamics import Trajectory


@dataclass(frozen=True)
class Conserved:
    """One quantity along a run.

    Attributes:
        run: the trajectory.
        name: what the quantity is called.
        values: shape (T+1,).
    """

    run: Trajectory
    name: str
    values: np.ndarray

    @property
    def drift(self) -> np.ndarray:
        """The change since the start, shape (T+1,)."""
        return self.values - self.values[0]

    @property
    def worst(self) -> float:
        """The largest absolute drift; NaN when a value is not finite."""
        return float(np.abs(self.drift).max())

    def __repr__(self) -> str:
        return (
            f"<{self.name} along {self.run.optimizer.label}: {self.values[0]:.6g} at the start, "
            f"{self.values[-1]:.6g} at the end, drift at most {self.worst:.3g}>"
        )


@door
def conserved(
    run: Trajectory, quantity: Callable[[np.ndarray], Any], name: str | None = None
) -> Conserved:
    """Evaluate a function of theta at every recorded point of a run.

    Args:
        run: one trajectory.
        quantity: takes one point (d,) and returns a number.
        name: for pictures; by default the function's name.

    Raises:
        TypeError: when `run` is not one trajectory, or the quantity not a function that returns a
            number.
    """
    check_run("conserved", run)
    if not callable(quantity):
        raise TypeError(f"conserved: quantity={show(quantity)} must be a function of theta.")
    values = [quantity(point) for point in run.path]
    for value in values:
        if np.ndim(value) or not np.isreal(value):
            raise TypeError(f"conserved: the quantity gave {show(value)}; expected one number.")
    called = getattr(quantity, "__name__", "<lambda>")
    title = name or ("quantity" if called == "<lambda>" else str(called))
    return Conserved(run, title, np.array(values, dtype=float))


@door
def noether(generator: Numbers) -> Callable[[np.ndarray], float]:
    """The quantity theta' A theta that a linear symmetry theta -> exp(t A) theta conserves.

    For gradient flow and a symmetric matrix A: the rate of change is -2 (A theta)'grad, which is 0
    when the loss does not change along A theta. A rotation (antisymmetric A) conserves no quadratic
    form this way: its theta' A theta is 0 everywhere, and what the flow keeps is the angle of theta in
    the plane of the rotation.
    [Kunin et al. 2021]

    Args:
        generator: the symmetric matrix A, shape (d, d): diag(1, -1) gives u^2 - v^2, the identity
            |theta|^2.
    """
    try:
        matrix = np.array(generator, dtype=float)
    except (TypeError, ValueError):
        matrix = np.empty(0)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.isfinite(matrix).all():
        raise ValueError(f"noether: generator={show(generator)} must be a finite square matrix.")
    if not np.array_equal(matrix, matrix.T):
        raise ValueError(
            f"noether: generator={show(generator)} must be a symmetric matrix; for another one, "
            "theta' A theta is not conserved. A rotation keeps the angle: give that as a function."
        )

    def quantity(theta: np.ndarray) -> float:
        return float(theta @ matrix @ theta)

    quantity.__name__ = "θ'Aθ"
    return quantity


def check_run(owner: str, run: Any) -> Trajectory:
    """One trajectory, or a clear error."""
    if isinstance(run, Trajectory):
        return run
    several = "choose one, such as run[0]" if hasattr(run, "__getitem__") else "see tl.descend"
    raise TypeError(f"{owner} needs one Trajectory, got a {type(run).__name__}: {several}.")
