"""Symmetry divided out: the Hessian across the directions that change nothing.

    scaling = np.diag([1.0, -1.0])                 # u -> c u, v -> v/c leaves uv alone
    symmetry_defect(land, scaling, points)         # 0: the gradient is orthogonal to the symmetry
    reduced = effective_hessian(land, (2.0, 0.5), scaling)
    reduced.eigenvalues, reduced.measured_by([[0.5, 2.0]])     # u^2 + v^2; in terms of s = uv: 1

A continuous symmetry makes every minimum a valley: its Hessian is singular for a reason that has
nothing to do with flatness. What is left after the symmetry is divided out is the curvature that
the function itself has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._brief import Brief
from toylands._door import door
from toylands._words import show
from toylands.dynamics.checks import check_landscape
from toylands.formula import Landscape
from toylands.geometry._checks import exact_hessian, one_point


@dataclass(frozen=True, repr=False)
class Reduced(Brief):
    """A Hessian restricted to the directions orthogonal to a symmetry.

    Attributes:
        hessian: shape (m, m), in the orthonormal basis given by the columns of `across`.
        eigenvalues: its eigenvalues, ascending, shape (m,).
        across: shape (d, m); along: an orthonormal basis of the symmetry directions, shape (d, d-m).
        leak: |H along| / |H|, 0 at a critical point of a landscape that has the symmetry.
    """

    hessian: np.ndarray
    eigenvalues: np.ndarray
    across: np.ndarray
    along: np.ndarray
    leak: float

    def measured_by(self, jacobian: Any) -> np.ndarray:
        """The reduced Hessian in other coordinates of the quotient, such as s = uv, shape (m, m).

        At a critical point a Hessian changes with the coordinates as J^-T H J^-1.

        Args:
            jacobian: of m invariants of the symmetry with respect to theta at the point, (m, d).
        """
        rows = np.asarray(jacobian, dtype=float)
        m = len(self.eigenvalues)
        if rows.shape != (m, len(self.across)):
            raise ValueError(
                f"measured_by: jacobian has shape {rows.shape}; expected ({m}, {len(self.across)}), "
                "one row per invariant."
            )
        inside = rows @ self.across
        smallest = float(np.linalg.svd(inside, compute_uv=False)[-1])
        if not smallest > 1e-10 * np.linalg.norm(rows):
            raise ValueError("measured_by: these invariants do not determine the point locally.")
        inverse = np.linalg.inv(inside)
        return inverse.T @ self.hessian @ inverse


@door
def symmetry_directions(land: Landscape, theta: Any, generators: Any) -> np.ndarray:
    """An orthonormal basis of the directions in which a symmetry moves a point, shape (d, k).

    Args:
        land, theta: the landscape and one point, shape (d,).
        generators: one generator, or a list of NumPy arrays and functions: a matrix A (d, d) for the
            linear symmetry theta -> exp(t A) theta, which moves along A theta; a vector (d,) for a
            shift; or a function of theta that returns the direction (d,).
    """
    at = one_point("symmetry_directions", land, theta, "theta")
    fields = np.array([_field(land, generator, at) for generator in _several(generators, land)])
    _, sizes, rows = np.linalg.svd(fields, full_matrices=False)
    return rows[sizes > 1e-12 * max(float(sizes.max(initial=0.0)), 1e-300)].T


@door
def symmetry_defect(land: Landscape, generators: Any, points: Any) -> float:
    """The largest cosine between the gradient and a symmetry direction over points (n, d).

    Rounding error (about 1e-15) if the landscape has the symmetry at these points; otherwise it has
    not. Points where the gradient or the direction vanishes say nothing and count as 0.
    """
    at = np.atleast_2d(check_landscape("symmetry_defect", land).points(points, "points"))
    worst = 0.0
    for generator in _several(generators, land):
        fields = np.array([_field(land, generator, point) for point in at])
        slopes = land.grad(at)
        size = np.linalg.norm(fields, axis=1) * np.linalg.norm(slopes, axis=1)
        overlap = np.abs(np.sum(fields * slopes, axis=1))
        cosine = np.divide(overlap, size, out=np.zeros(len(at)), where=size > 0)
        worst = max(worst, float(cosine.max()))
    return worst


@door
def effective_hessian(land: Landscape, theta: Any, generators: Any) -> Reduced:
    """Project the symmetry directions out of the Hessian at a point.

    At a critical point this is the Hessian of the loss on the quotient (the orbits of the symmetry):
    number and signs of its eigenvalues do not depend on coordinates; their sizes still depend on the
    ruler, here the Euclidean one of theta (`Reduced.measured_by` takes another). Where the gradient
    does not vanish the orbits' curvature enters as well, and the projection is only that.

    Args:
        land, theta: the landscape and one point, shape (d,).
        generators: as for `symmetry_directions`.

    Raises:
        ValueError: when the symmetry moves the point in all directions, or for bad input.
    """
    at = one_point("effective_hessian", land, theta, "theta")
    along = symmetry_directions(land, at, generators)
    if along.shape[1] == land.dim:
        raise ValueError(
            "effective_hessian: the symmetry moves in all directions; nothing is left."
        )
    across = np.linalg.svd(along, full_matrices=True)[0][:, along.shape[1] :]
    hessian = exact_hessian("effective_hessian", land, at)
    left = across.T @ hessian @ across
    size = float(np.linalg.norm(hessian))
    leak = float(np.linalg.norm(hessian @ along)) / size if size and along.size else 0.0
    return Reduced(left, np.linalg.eigvalsh(left), across, along, leak)


def _several(generators: Any, land: Landscape) -> list[Any]:
    """The generators as a list, each a function, a vector or a matrix."""
    if callable(generators):
        return [generators]
    if (
        isinstance(generators, list | tuple)
        and len(generators)
        and all(callable(one) or isinstance(one, np.ndarray) for one in generators)
    ):
        return list(generators)
    d = land.dim
    try:
        array = np.asarray(generators, dtype=float)
    except (TypeError, ValueError, OverflowError):
        array = np.empty(0)
    if array.shape in ((d,), (d, d)):
        return [array]
    raise ValueError(
        f"generators={show(generators)} must be a matrix ({d}, {d}), a vector ({d},), a function of "
        "theta, or a list of such arrays and functions."
    )


def _field(
    land: Landscape, generator: Callable[[np.ndarray], Any] | Any, at: np.ndarray
) -> np.ndarray:
    if callable(generator):
        field = np.asarray(generator(at.copy()), dtype=float)
    else:
        given = np.asarray(generator, dtype=float)
        field = given @ at if given.ndim == 2 else given
    if field.shape != at.shape or not np.isfinite(field).all():
        raise ValueError(
            f"a generator gave {show(field)} at {show(at)}; expected {land.dim} finite numbers."
        )
    return field
