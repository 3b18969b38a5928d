"""The Hessian without writing it down: products H v are enough for its ends and its density.

    top_eigenpairs(net, theta, k=3)                # the three largest eigenvalues, with eigenvectors
    lanczos_density(net, theta, probes=20).average(lambda x: x)    # tr H / d, and its standard error

Both ask the landscape for products of its Hessian with a vector (`hvp`) where it offers them, and
otherwise multiply by the exact Hessian.
"""

from __future__ import annotations

import numpy as np

from toylands._door import Numbers, door
from toylands._words import did_you_mean, one_of, show
from toylands.dynamics.checks import check_landscape
from toylands.formula import Landscape, Spectrum
from toylands.geometry._checks import one_point
from toylands.geometry.spectrum import SpectralDensity
from toylands.optimizers.optimizer import check_count

#: which eigenvalues: the name and what scipy calls it
_ENDS = {"largest": "LA", "smallest": "SA", "magnitude": "LM"}


@door
def hvp(land: Landscape, theta: Numbers, v: Numbers) -> np.ndarray:
    """The exact product of the Hessian at a point (d,) with a vector (d,), shape (d,).

    A landscape that has a method `hvp` (a network) computes it without the Hessian, at the cost of
    about two gradients [Pearlmutter 1994]; for any other it is hessian @ v.
    """
    check_landscape("hvp", land)
    own = getattr(land, "hvp", None)
    vector = land.points(v, "v")
    return np.asarray(own(theta, vector) if own is not None else land.hessian(theta) @ vector)


@door
def top_eigenpairs(
    land: Landscape, theta: Numbers, k: int = 1, *, which: str = "largest", seed: int = 0
) -> Spectrum:
    """The k largest eigenvalues of the Hessian at a point, with eigenvectors, by Lanczos' method.

    Exact to rounding error where the method converges; where it does not (or for k = d), the full
    Hessian is diagonalised. Eigenvectors of equal eigenvalues are one basis among many. [Lanczos
    1950; scipy.sparse.linalg.eigsh]

    Args:
        land, theta: the landscape and one point, shape (d,).
        k: how many, 1 to d.
        which: "largest", "smallest" (most negative) or "magnitude" (largest absolute value).
        seed: fixes the random first vector.

    Returns:
        A `Spectrum`: eigenvalues ascending, shape (k,), eigenvectors as columns, shape (d, k).

    Raises:
        TypeError, ValueError: for a bad point, number or name, or where the Hessian is not finite.
    """
    at = one_point("top_eigenpairs", land, theta, "theta")
    _check_curvature("top_eigenpairs", land, at)
    k = check_count("top_eigenpairs", "k", k, least=1)
    if k > land.dim:
        raise ValueError(f"top_eigenpairs: k={k}, but {land.name} has {land.dim} coordinates.")
    if which not in _ENDS:
        raise ValueError(
            f"top_eigenpairs: which={which!r} must be {one_of(_ENDS)}.{did_you_mean(which, _ENDS)}"
        )
    values = vectors = np.empty(0)
    if k < land.dim:
        from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

        shape = (land.dim, land.dim)
        product = LinearOperator(shape, matvec=lambda v: hvp(land, at, np.ravel(v)), dtype=float)
        first = np.random.default_rng(seed).standard_normal(land.dim)
        try:
            values, vectors = eigsh(product, k=k, which=_ENDS[which], v0=first, tol=0)
        except ArpackError:  # a Hessian that is zero, for example
            values = np.empty(0)
    if not len(values):
        values, vectors = np.linalg.eigh(land.hessian(at))
        size = {"largest": -values, "smallest": values, "magnitude": -np.abs(values)}[which]
        chosen = np.argsort(size, kind="stable")[:k]
        values, vectors = values[chosen], vectors[:, chosen]
    order = np.argsort(values)
    return Spectrum(values[order], vectors[:, order])


@door
def lanczos_density(
    land: Landscape, theta: Numbers, *, steps: int = 30, probes: int = 20, seed: int = 0
) -> SpectralDensity:
    """Estimate where the eigenvalues lie, by stochastic Lanczos quadrature.

    Each probe is a random sign vector; a few Lanczos steps from it (with full reorthogonalisation)
    give a Gauss quadrature rule for the probe's share of the spectrum: exact for polynomials of degree
    up to 2*steps - 1. Averages over the spectrum are then unbiased for such polynomials, with a
    standard error that falls like 1/sqrt(probes); single eigenvalues inside the bulk are not
    resolved. [Golub and Welsch 1969; Ghorbani, Krishnan and Xiao 2019]

    Args:
        land, theta: the landscape and one point, shape (d,).
        steps: Lanczos steps of each probe, that many products with the Hessian.
        probes: how many random vectors.
        seed: fixes them.

    Raises:
        TypeError, ValueError: for a bad point or number, or where the Hessian is not finite.
    """
    at = one_point("lanczos_density", land, theta, "theta")
    _check_curvature("lanczos_density", land, at)
    steps = check_count("lanczos_density", "steps", steps, least=1)
    probes = check_count("lanczos_density", "probes", probes, least=2)
    rng = np.random.default_rng(seed)
    nodes, weights, numbers = [], [], []
    for number in range(probes):
        diagonal, beside = _tridiagonal(
            land, at, rng.choice((-1.0, 1.0), land.dim), min(steps, land.dim)
        )
        values, vectors = np.linalg.eigh(
            np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
        )
        nodes.append(values)
        weights.append(vectors[0] ** 2 / probes)
        numbers.append(np.full(len(values), number))
    return SpectralDensity(
        land, at, np.concatenate(nodes), np.concatenate(weights), np.concatenate(numbers)
    )


def _check_curvature(owner: str, land: Landscape, at: np.ndarray) -> None:
    """A finite Hessian: a product with one vector without zeros shows every row's NaN or infinity."""
    if not np.isfinite(hvp(land, at, np.ones(land.dim))).all():
        raise ValueError(f"{owner}: {land.name} has no finite Hessian at {show(at)}.")


def _tridiagonal(
    land: Landscape, at: np.ndarray, first: np.ndarray, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """The Hessian in the Krylov space of a vector: the diagonal and what stands beside it."""
    basis = [first / np.linalg.norm(first)]
    diagonal: list[float] = []
    beside: list[float] = []
    for step in range(steps):
        w = hvp(land, at, basis[-1])
        diagonal.append(float(basis[-1] @ w))
        known = np.array(basis)
        for _ in range(2):  # twice is enough (Parlett 1980)
            w = w - known.T @ (known @ w)
        length = float(np.linalg.norm(w))
        scale = max(np.abs(diagonal).max(), max(beside, default=0.0))
        if step == steps - 1 or length <= 1e-12 * scale or length == 0:
            break  # the probe has met all the eigenvectors it has a part in
        beside.append(length)
        basis.append(w / length)
    return np.array(diagonal), np.array(beside)
