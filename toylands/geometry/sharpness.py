"""Sharpness, in all its meanings: one call gives every measure of one point.

    s = sharpness(tl.landscapes.gaussian_wells, (-1.5, 0), rho=0.05)
    s.largest, s.trace              # of the Hessian: what limits the step, what a random kick costs
    s.worst, s.average              # loss increases of size rho: the worst case, the mean
    s.relative_trace                # does not change when coordinates are rescaled

No measure is *the* sharpness. The largest eigenvalue decides which learning rates are stable; a
reparametrisation that leaves the function as it is can set the first four to anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._door import door
from toylands.formula import Landscape
from toylands.geometry._checks import exact_hessian, one_point, positive
from toylands.geometry.kicks import Kicks, kicks
from toylands.geometry.worst import WorstCase, worst_case


@dataclass(frozen=True)
class Sharpness:
    """The measures of sharpness at one point.

    Attributes:
        landscape, point: where.
        rho: length of a displacement.
        eigenvalues: of the Hessian, ascending, shape (d,).
        relative_eigenvalues: of diag(|w|) H diag(|w|), ascending, shape (d,).
        radial: w'Hw, the curvature along the rescaling of all coordinates w together.
        worst_case, kicks: the searched and the sampled increases in full.
    """

    landscape: Landscape
    point: np.ndarray
    rho: float
    eigenvalues: np.ndarray
    relative_eigenvalues: np.ndarray
    radial: float
    worst_case: WorstCase
    kicks: Kicks

    @property
    def largest(self) -> float:
        """The largest eigenvalue of the Hessian; gradient descent is stable up to lr = 2/largest."""
        return float(self.eigenvalues[-1])

    @property
    def trace(self) -> float:
        """The trace of the Hessian; a kick of small variance s^2 per coordinate costs s^2/2 of it."""
        return float(self.eigenvalues.sum())

    @property
    def worst(self) -> float:
        """The largest increase of the loss within distance rho, as SAM means it."""
        return self.worst_case.increase

    @property
    def average(self) -> float:
        """The sampled mean increase under Gaussian kicks of mean square length rho^2."""
        return self.kicks.mean

    @property
    def relative_largest(self) -> float:
        """The largest eigenvalue of diag(|w|) H diag(|w|); see `sharpness` for what it is worth."""
        return float(self.relative_eigenvalues[-1])

    @property
    def relative_trace(self) -> float:
        """The sum over coordinates i of w_i^2 H_ii: the squared weight times the curvature along it."""
        return float(self.relative_eigenvalues.sum())

    def __repr__(self) -> str:
        return (
            f"<sharpness of {self.landscape!r}: largest {self.largest:.4g}, trace {self.trace:.4g}, "
            f"worst {self.worst:.4g} and average {self.average:.4g} within {self.rho:.4g}, "
            f"relative trace {self.relative_trace:.4g}>"
        )


@door
def sharpness(
    land: Landscape, point: Any, *, rho: float = 0.05, count: int = 10_000, seed: int = 0
) -> Sharpness:
    """Measure the sharpness of a point in every usual sense.

    The relative measures weigh each coordinate by its own size. They are invariant under any
    rescaling of single coordinates, such as u -> c u, v -> v/c in uv, and therefore comparable
    between the minima of a network of scale-symmetric layers. They are *not* invariant under
    rotations, shifts or nonlinear changes of coordinates (theta = s^3 multiplies them by 9), and
    vanish where the weights do, however curved the loss. Where the residuals of a squared loss are
    zero, the Hessian is the Fisher information of the Gaussian model, and `radial` is then w'Fw, the
    square of the Fisher-Rao norm; elsewhere it is not. [Dinh et al. 2017; Liang et al. 2019; Tsuzuku,
    Sato and Sugiyama 2020; Kwon et al. 2021]

    Args:
        land, point: the landscape and one point, shape (d,).
        rho: the radius for `worst`; for `average`, kicks have standard deviation rho/sqrt(d) in each
            coordinate.
        count, seed: of the random kicks.

    Raises:
        TypeError, ValueError: for a bad point or size, or where the Hessian is not finite.
    """
    at = one_point("sharpness", land, point)
    rho = positive("sharpness", "rho", rho)
    hessian = exact_hessian("sharpness", land, at)
    relative = np.abs(at)[:, None] * hessian * np.abs(at)
    return Sharpness(
        land,
        at,
        rho,
        np.linalg.eigvalsh(hessian),
        np.linalg.eigvalsh(relative),
        float(at @ hessian @ at),
        worst_case(land, at, rho, seed=seed),
        kicks(land, at, rho / np.sqrt(land.dim), count=count, seed=seed),
    )
