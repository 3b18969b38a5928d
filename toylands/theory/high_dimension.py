"""Geometry in many dimensions: shells, random subspaces, masks.

shell_radius(100, temperature=0.1)       # 3.146: the most likely distance from the bottom
expected_residual(100, 50)               # 0.25: half a space reaches half the loss
good_masks(10, 2)                        # 256 of 1024 masks keep a 2-sparse truth
"""

from __future__ import annotations

import functools

import numpy as np

from toylands._door import Numbers, door
from toylands._words import show
from toylands.geometry._checks import positive
from toylands.optimizers.optimizer import check_count

_above = functools.partial(positive, "high_dimension")


@door
def shell_radius(dim: int, temperature: float) -> float:
    """The most likely distance from the bottom of |x|^2/2 at a temperature: sqrt((d-1) T).

    The distance has density proportional to r^(d-1) exp(-r^2/(2T)), a chi distribution times sqrt T.
    Points are densest at the bottom all the same.
    """
    dim = check_count("shell_radius", "dim", dim, least=1)
    return float(np.sqrt((dim - 1) * _above("temperature", temperature)))


@door
def mean_radius(dim: int, temperature: float) -> float:
    """The mean distance from the bottom of |x|^2/2: sqrt(2T) Gamma((d+1)/2)/Gamma(d/2)."""
    from scipy.special import gammaln

    dim = check_count("mean_radius", "dim", dim, least=1)
    t = _above("temperature", temperature)
    return float(np.sqrt(2 * t) * np.exp(gammaln((dim + 1) / 2) - gammaln(dim / 2)))


@door
def radius_density(r: Numbers, dim: int, temperature: float) -> np.ndarray:
    """The density of the distance at r (any shape), 0 for negative r."""
    from scipy.stats import chi

    dim = check_count("radius_density", "dim", dim, least=1)
    scale = np.sqrt(_above("temperature", temperature))
    far = np.abs(np.asarray(r, dtype=float)) / 1e150 > scale  # nobody is there
    return np.asarray(np.where(far, 0.0, chi.pdf(np.where(far, 0.0, r), dim, scale=scale)))


@door
def mean_energy(dim: int, temperature: float) -> float:
    """The mean of |x|^2/2 at a temperature: d T/2 (equipartition)."""
    return check_count("mean_energy", "dim", dim, least=1) * _above("temperature", temperature) / 2


@door
def expected_residual(dim: int, subspace: int, loss: float = 0.5) -> float:
    """The expected smallest loss in a random affine subspace through a point of a round bowl.

    On |w - w*|^2/2 from a point with that loss, a uniformly random subspace of dimension d in N
    coordinates removes a share d/N of the squared distance on average: loss (1 - d/N).
    """
    dim = check_count("expected_residual", "dim", dim, least=1)
    subspace = _subspace("expected_residual", dim, subspace)
    return _above("loss", loss) * (1 - subspace / dim)


@door
def random_residuals(
    hessian: Numbers, offset: Numbers, subspace: int, *, count: int = 100, seed: int = 0
) -> np.ndarray:
    """The smallest loss of a quadratic in each of many random affine subspaces, shape (count,).

    Each is the exact minimum of (o + B c)' H (o + B c)/2 over c, by least squares. For H of rank r it
    is 0 (to rounding error) for almost every subspace of dimension r or more, and positive below:
    the intrinsic dimension of the problem is r. [Li et al. 2018]

    Args:
        hessian: H, positive semidefinite, shape (N, N).
        offset: o, start minus a minimiser, shape (N,).
        subspace: the dimension d of the subspaces, 0 to N.
        count, seed: how many, and what fixes them.
    """
    h, o = np.asarray(hessian, dtype=float), np.asarray(offset, dtype=float)
    finite = np.isfinite(h).all() and np.isfinite(o).all()
    if o.ndim != 1 or h.shape != (len(o), len(o)) or not finite:
        raise ValueError(
            f"random_residuals: hessian {h.shape} and offset {o.shape} must be finite, of shapes (N, N) "
            "and (N,)."
        )
    subspace = _subspace("random_residuals", len(o), subspace)
    count = check_count("random_residuals", "count", count, least=1)
    values, vectors = np.linalg.eigh((h + h.T) / 2)
    if values[0] < -1e-9 * np.abs(values).max():
        raise ValueError(
            f"random_residuals: hessian has the negative eigenvalue {show(float(values[0]))}, so the "
            "loss has no minimum."
        )
    root = np.sqrt(np.maximum(values, 0))[:, None] * vectors.T  # H = root' root
    root = root[values > 1e-12 * max(float(values[-1]), 1e-300)]
    target, rng = root @ o, np.random.default_rng(seed)
    losses = np.empty(count)
    for k in range(count):
        basis = root @ rng.standard_normal((len(o), subspace))
        solved = np.linalg.lstsq(basis, -target, rcond=None)[0] if subspace else np.zeros(0)
        left = target + basis @ solved
        losses[k] = left @ left / 2
    return losses


@door
def intrinsic_dimension(hessian: Numbers) -> int:
    """The smallest d at which a random d-dimensional subspace reaches the minimum of a quadratic.

    The rank of the Hessian: a random affine subspace meets the flat set of minima, of codimension r,
    for almost every choice exactly when d >= r. [Li et al. 2018]
    """
    h = np.asarray(hessian, dtype=float)
    if h.ndim != 2 or h.shape[0] != h.shape[1] or not np.isfinite(h).all():
        raise ValueError(f"intrinsic_dimension: hessian={show(hessian)} must be a square matrix.")
    return int(np.linalg.matrix_rank(h, hermitian=True))


@door
def good_masks(dim: int, sparsity: int) -> int:
    """How many of the 2^N masks of N weights keep all k weights that the truth needs: 2^(N-k)."""
    dim = check_count("good_masks", "dim", dim, least=1)
    return 2 ** (dim - _subspace("good_masks", dim, sparsity, "sparsity"))


def _subspace(owner: str, dim: int, value: int, name: str = "subspace") -> int:
    value = check_count(owner, name, value, least=0)
    if value > dim:
        raise ValueError(f"{owner}: {name}={value} is more than the {dim} dimensions there are.")
    return value
