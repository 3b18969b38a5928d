"""Which eigenvalues of a Hessian are positive, negative or zero, as far as 64-bit numbers can tell.

    signs = inertia(hessian, errors)       # errors: how far each entry can be off
    signs.positive, signs.negative, signs.flat

An eigenvalue counts as zero when the errors of the entries alone could have made it. The question is put
to the Hessian with its coordinates rescaled so that its diagonal is about 1: a change of units of the
coordinates, which multiplies rows and columns, leaves the answer as it is (Sylvester's law of inertia
says that it must), and steep directions do not drown the gentle ones.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

#: half the distance from 1 to the next larger 64-bit number: the error of one rounding
UNIT = 2.0**-53
#: along directions whose value is not this many times as large as its error, a slope that may be
#: nothing but rounding is not followed
_WEAK = 100.0


class Inertia(NamedTuple):
    """Of N symmetric matrices, each scaled to D H D with a positive diagonal matrix D.

    Attributes:
        values, vectors: of D H D, ascending, shape (N, d), and columns, shape (N, d, d).
        scale: the diagonals of D, shape (N, d).
        doubt: per value, which share of it the errors can make up, shape (N, d); from 1 on it counts as
            zero. There are at least `positive` positive and `negative` negative eigenvalues in the
            exact matrix: where V spans the other vectors, every matrix V'AV with entries A within their
            errors is definite, so Sylvester's law and Cauchy's interlacing theorem say so.
    """

    values: np.ndarray
    vectors: np.ndarray
    scale: np.ndarray
    doubt: np.ndarray

    @property
    def sure(self) -> np.ndarray:
        """Which values are certainly not zero, shape (N, d)."""
        return self.doubt < 1

    @property
    def positive(self) -> np.ndarray:
        """How many eigenvalues are certainly positive, shape (N,)."""
        return (self.sure & (self.values > 0)).sum(axis=1)

    @property
    def negative(self) -> np.ndarray:
        """How many eigenvalues are certainly negative, shape (N,)."""
        return (self.sure & (self.values < 0)).sum(axis=1)

    @property
    def flat(self) -> np.ndarray:
        """How many eigenvalues cannot be told from zero, shape (N,)."""
        return (~self.sure).sum(axis=1)

    @property
    def kinds(self) -> list[str]:
        """What stationary points with these Hessians are, N names."""
        # A map classifies tens of thousands of points, and on single numbers Python is faster.
        names = {
            (True, False, False): "minimum", (False, True, False): "maximum",
            (True, False, True): "valley", (False, True, True): "ridge",
            (False, False, True): "plateau",
        }  # fmt: skip
        signs = (count.astype(bool).tolist() for count in (self.positive, self.negative, self.flat))
        return [names.get(key, "saddle") for key in zip(*signs, strict=True)]

    @property
    def flattest(self) -> tuple[np.ndarray, np.ndarray]:
        """The most doubtful directions, shape (N, d), and whether their value counts as zero, (N,)."""
        rows = np.arange(len(self.values))
        which = np.argmax(self.doubt, axis=1)
        return self.scale * self.vectors[rows, :, which], ~self.sure[rows, which]

    def solve(self, slopes: np.ndarray, errors: np.ndarray, *, sure: bool = False) -> np.ndarray:
        """The least step s with H s = g in the directions whose value is not zero, shape (N, d).

        Args:
            slopes, errors: the right-hand sides g and how far they can be off, shape (N, d).
            sure: leave out what may be nothing but the error of g.
        """
        along = np.einsum("nij,ni->nj", self.vectors, self.scale * slopes)
        off = np.einsum("nij,ni->nj", np.abs(self.vectors), self.scale * errors)
        kept = self.sure & ~((np.abs(along) <= off) & (sure | (self.doubt * _WEAK > 1)))
        part = np.where(kept, along, 0.0) / np.where(kept, self.values, 1.0)
        return np.asarray(self.scale * np.einsum("nij,nj->ni", self.vectors, part))


def inertia(hessians: np.ndarray, errors: np.ndarray) -> Inertia:
    """Scale finite symmetric matrices, shape (N, d, d), and find their eigenvalues.

    Args:
        hessians: the matrices.
        errors: how far each entry can be off, same shape; infinite where nothing is known.
    """
    known = np.isfinite(errors).all(axis=(1, 2))
    errors = np.where(known[:, None, None], errors, 0.0)
    scale = _scale(np.abs(hessians) + errors)
    scaled = (hessians * scale[:, :, None]) * scale[:, None, :]
    off = (errors * scale[:, :, None]) * scale[:, None, :]
    values, vectors = np.linalg.eigh(scaled)
    size, d = np.abs(vectors), hessians.shape[1]
    off = size.transpose(0, 2, 1) @ off @ size
    off += 4 * d * UNIT * np.abs(values).max(axis=1)[:, None, None] * np.eye(d)
    doubt = np.where(values > 0, _doubt(values, off), _doubt(-values, off))
    return Inertia(values, vectors, scale, np.where(known[:, None], doubt, np.inf))


def _doubt(values: np.ndarray, off: np.ndarray) -> np.ndarray:
    """How much of each positive value the errors of all more certain ones can make up, shape (N, d)."""
    roots = np.sqrt(np.maximum(values, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = off / roots[:, :, None] / roots[:, None, :]
    share = np.where(np.isfinite(share), share, np.inf)
    order = np.argsort(np.einsum("nii->ni", share), axis=1, kind="stable")
    rows = np.arange(len(values))[:, None]
    share = share[rows[:, :, None], order[:, :, None], order[:, None, :]]
    # Row sums bound the norm of what is left when only the first k are kept.
    sums = np.where(np.tri(values.shape[1]).T > 0, np.cumsum(share, axis=2), 0.0).max(axis=1)
    found = np.empty(values.shape)
    np.put_along_axis(found, order, sums, axis=1)
    return found


def _scale(size: np.ndarray) -> np.ndarray:
    """The positive numbers that bring the diagonals, then the largest entry of each row, to about 1."""
    diagonal = np.einsum("nii->ni", size)
    largest = size.max(axis=2)
    first = np.where(diagonal > 0, diagonal, np.where(largest > 0, largest, 1.0))
    scale = 1 / np.sqrt(first)
    for _ in range(8):
        rows = ((size * scale[:, :, None]) * scale[:, None, :]).max(axis=2)
        if not (rows > 2).any() and not ((rows > 0) & (rows < 0.5)).any():
            break
        scale = scale / np.sqrt(np.where(rows > 0, rows, 1.0))
    return scale
