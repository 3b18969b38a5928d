"""What the tests of the lessons share: comparison, gradient flow by SciPy, Gaussian means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp

from toylands.formula import Landscape


def close(value: Any, expected: Any) -> None:
    """Assert that a number agrees with a literal of seven significant digits."""
    assert_allclose(value, expected, rtol=2e-6, atol=0)


def _solve(land: Landscape, start: Any, until: float, event: Any = None) -> Any:
    solution = solve_ivp(
        lambda t, theta: -land.grad(theta),
        (0, until),
        np.asarray(start, dtype=float),
        method="DOP853",
        rtol=1e-11,
        atol=1e-18,
        events=event,
    )
    assert solution.success, solution.message
    return solution


def flow(land: Landscape, start: Any, until: float) -> np.ndarray:
    """Where gradient flow, theta' = -grad L, is at a time."""
    return _solve(land, start, until).y[:, -1]


def flow_time(
    land: Landscape, start: Any, quantity: Callable[[np.ndarray], float], until: float
) -> float:
    """When a quantity first crosses 0 under gradient flow."""

    def event(t: float, theta: np.ndarray) -> float:
        return quantity(theta)

    event.terminal = True  # type: ignore[attr-defined]
    return float(_solve(land, start, until, event).t_events[0][0])


def gaussian_mean(
    function: Callable[[np.ndarray], np.ndarray], dim: int, sigma: Any, nodes: int = 80
) -> float:
    """The mean of a function of z, with z normal of mean 0, by Gauss-Hermite quadrature.

    Args:
        function: takes points of shape (n, dim) and returns (n,).
        dim: the number of coordinates.
        sigma: a standard deviation, or a matrix A for z = A times a standard normal.
        nodes: quadrature points per coordinate.
    """
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    points = np.stack(np.meshgrid(*[x] * dim, indexing="ij"), axis=-1).reshape(-1, dim)
    weights = np.prod(np.meshgrid(*[w] * dim, indexing="ij"), axis=0).ravel()
    spread = np.eye(dim) * sigma if np.ndim(sigma) == 0 else np.asarray(sigma)
    return float(weights @ function(points @ spread.T) / weights.sum())
