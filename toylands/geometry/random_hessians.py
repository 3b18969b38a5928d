"""Random Hessians: what the index of a critical point would be if its Hessian were pure chance.

    drawn = random_hessians(50, count=200)
    drawn.positive                  # (share with all eigenvalues above 0, its standard error)
    drawn.indices                   # the number of negative eigenvalues of each

The Hessians of trained networks are not drawn like this (their index depends on the loss); the
ensemble is the yardstick by which one sees how far from chance they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toylands._brief import Brief
from toylands._door import door
from toylands._words import show
from toylands.optimizers.optimizer import check_count


@dataclass(frozen=True, repr=False)
class RandomHessians(Brief):
    """Eigenvalues of matrices of the Gaussian orthogonal ensemble.

    Attributes:
        dim, shift: the size n, and what was added to the diagonal.
        eigenvalues: ascending, shape (count, n).
    """

    dim: int
    shift: float
    eigenvalues: np.ndarray

    @property
    def indices(self) -> np.ndarray:
        """The number of negative eigenvalues of each matrix, shape (count,)."""
        return np.sum(self.eigenvalues < 0, axis=1)

    @property
    def positive(self) -> tuple[float, float]:
        """The share of matrices with all eigenvalues above 0, and its (binomial) standard error.

        When there is none (or there are only such), the error is that of one in count + 2, not 0.
        """
        return share(int(np.sum(self.indices == 0)), len(self.eigenvalues))


@door
def random_hessians(
    n: int, *, count: int = 1000, shift: float = 0.0, seed: int = 0
) -> RandomHessians:
    """Draw symmetric matrices with independent Gaussian entries, and diagonalise them.

    Off the diagonal the variance is 1/n, on it 2/n, so that no direction is special and the
    eigenvalues fill [-2, 2] like a semicircle as n grows. A shift models how far a critical point
    lies below the typical loss: the deeper, the more of the semicircle is positive. [Wigner 1955;
    Bray and Dean 2007]

    Args:
        n: size of the matrices.
        count: how many.
        shift: added to every eigenvalue.
        seed: fixes them.
    """
    n = check_count("random_hessians", "n", n, least=1)
    count = check_count("random_hessians", "count", count, least=1)
    if not np.isfinite(shift):
        raise ValueError(f"random_hessians: shift={show(shift)} must be a finite number.")
    rng = np.random.default_rng(seed)
    values = np.empty((count, n))
    block = max(1, 4_000_000 // n**2)
    for first in range(0, count, block):
        square = rng.standard_normal((min(block, count - first), n, n))
        symmetric = (square + square.transpose(0, 2, 1)) / np.sqrt(2 * n)
        values[first : first + block] = np.linalg.eigvalsh(symmetric)
    return RandomHessians(n, float(shift), values + shift)


def share(hits: int, count: int) -> tuple[float, float]:
    """A share and its binomial standard error; of 0 or all, the error that one more would have.

    With no hit (or only hits) the error uses the estimate (hits + 1)/(count + 2). [Laplace]
    """
    p = hits / count
    q = p if 0 < hits < count else (hits + 1) / (count + 2)
    return p, float(np.sqrt(q * (1 - q) / count))
