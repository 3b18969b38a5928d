"""Where the eigenvalues of a Hessian lie, as a weighted set of numbers.

    density = spectral_density(net, theta)         # exact: every eigenvalue, with equal weight
    density.average(lambda x: x**2)                # (tr H^2 / d, its standard error, here 0)
    density.share(-1e9, 0.0)                       # the share of negative eigenvalues

`lanczos_density` estimates the same thing from products H v alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._door import door
from toylands._words import show
from toylands.formula import Landscape
from toylands.geometry._checks import exact_hessian, one_point, positive


@dataclass(frozen=True)
class SpectralDensity:
    """A Hessian's eigenvalues as nodes with weights that sum to 1.

    Attributes:
        landscape, point: whose Hessian it is, and where.
        nodes, weights: shape (n,). Exact: the eigenvalues, each with weight 1/d. Estimated: the nodes
            of the quadrature rules of all probes.
        probe: the random probe each node belongs to, shape (n,); None for the exact density.
    """

    landscape: Landscape
    point: np.ndarray
    nodes: np.ndarray
    weights: np.ndarray
    probe: np.ndarray | None = None

    @property
    def exact(self) -> bool:
        """Whether the nodes are all the eigenvalues."""
        return self.probe is None

    def average(self, function: Callable[[np.ndarray], Any]) -> tuple[float, float]:
        """The mean of a function over the eigenvalues, tr f(H) / d, and its standard error.

        The standard error is that over the probes; 0 for the exact density.
        """
        terms = self.weights * np.asarray(function(self.nodes), dtype=float)
        if self.probe is None:
            return float(terms.sum()), 0.0
        each = np.bincount(self.probe, terms)
        return float(each.sum()), float(each.std(ddof=1) * np.sqrt(len(each)))

    def share(self, low: float, high: float) -> float:
        """The share of eigenvalues from low (included) to high (left out)."""
        return float(self.weights[(self.nodes >= low) & (self.nodes < high)].sum())

    def histogram(self, edges: Any) -> np.ndarray:
        """The share of eigenvalues in each bin, shape (len(edges) - 1,), as numpy.histogram bins."""
        return np.histogram(self.nodes, np.asarray(edges, dtype=float), weights=self.weights)[0]

    def curve(self, x: Any, width: float) -> np.ndarray:
        """The density at x (n,), every node spread by a Gaussian of standard deviation `width`."""
        width = positive("curve", "width", width)
        distance = (np.asarray(x, dtype=float)[:, None] - self.nodes) / width
        bells = np.exp(-(distance**2) / 2) / (width * np.sqrt(2 * np.pi))
        return bells @ self.weights

    def __repr__(self) -> str:
        how = "exact" if self.exact else "estimated"
        low, high = float(self.nodes.min()), float(self.nodes.max())
        return (
            f"<{how} spectral density of {self.landscape!r} at {show(self.point)}: "
            f"from {low:.4g} to {high:.4g}>"
        )


@door
def spectral_density(land: Landscape, theta: Any) -> SpectralDensity:
    """The exact density: all eigenvalues of the exact Hessian at a point, with equal weights.

    Raises:
        TypeError, ValueError: for a bad point, or where the Hessian is not finite.
    """
    at = one_point("spectral_density", land, theta, "theta")
    values = np.linalg.eigvalsh(exact_hessian("spectral_density", land, at))
    return SpectralDensity(land, at, values, np.full(land.dim, 1 / land.dim))
