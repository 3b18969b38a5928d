"""Directions to look along: random, filter-normalised, along the gradient, along an eigenvector.

    random_direction(land, seed=1)                        # uniform on the unit sphere
    filter_normalized(net, random_direction(net), at)     # Li et al.: scaled to the weights, filter by filter
    hessian_direction(net, at)                            # the sharpest direction of the exact Hessian

Each returns a vector of shape (d,). `sample_line` and `sample_plane` take them, or their names in
`ALONG`. A direction decides what a slice can show: along a random one the curvature is tr H/d on
average, along the gradient it is near the largest eigenvalue in a ravine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from toylands._door import door, numbers_in
from toylands._words import did_you_mean, one_of, show
from toylands.formula import Landscape
from toylands.formula.norms import norm
from toylands.geometry._checks import exact_hessian, one_direction, one_point
from toylands.geometry.lanczos import top_eigenpairs

#: the names of directions that slices know
ALONG = ("random", "filter", "whole", "relative", "gradient", "sharpest", "flattest")
#: of these, the ones that come as unit vectors
UNIT = {"random", "gradient", "sharpest", "flattest"}
#: up to this many coordinates the Hessian is diagonalised, beyond it Lanczos' method is used
_DENSE = 64


@door
def random_direction(land: Landscape, seed: int = 0) -> np.ndarray:
    """A random unit vector, uniform on the sphere, shape (d,).

    Args:
        land: whose coordinates.
        seed: fixes it.
    """
    vector = np.random.default_rng(seed).standard_normal(land.dim)
    return np.asarray(vector / np.linalg.norm(vector))


@door
def filter_normalized(
    land: Landscape, direction: Any, at: Any, *, filters: Sequence[Any] | None = None
) -> np.ndarray:
    """A direction whose filters have the norms of the weights' filters, shape (d,).

    In every filter j (the incoming weights of one unit), d_j becomes d_j |theta_j| / |d_j|. It is the
    *direction* that is rescaled, to the norms of the *weights*; no weight is changed, and no filter
    gets unit norm. A step of 1 is then as large, filter by filter, as the weights themselves, so
    scaling a whole layer of a ReLU network by c and the next by 1/c does not change the picture. Scaling a
    single unit does: its outgoing weights share filters with those of other units, which keep one
    common factor. (`relative_direction` sees neither.) Coordinates that belong to no filter (biases) are
    not moved, as in the authors' code. [Li et al. 2018]

    Args:
        land: a landscape; a network brings its filters.
        direction: shape (d,).
        at: the weights theta, shape (d,).
        filters: coordinate numbers of each filter, for a landscape that does not bring its own.

    Raises:
        ValueError: without filters, for filters that overlap, or a bad direction or point.
    """
    theta = one_point("filter_normalized", land, at, "at")
    vector = one_direction("filter_normalized", land, direction)
    scaled = np.zeros(land.dim)
    for index in filters_of(land, filters):
        size = np.linalg.norm(vector[index])
        if size > 0:
            scaled[index] = vector[index] * (np.linalg.norm(theta[index]) / size)
    return scaled


@door
def whole_normalized(land: Landscape, direction: Any, at: Any) -> np.ndarray:
    """A direction as long as the whole weight vector, shape (d,).

    Often shown under the name of filter normalisation, which it is not: one factor for all filters
    leaves their relative sizes alone, so the picture still changes when a ReLU layer is rescaled.
    """
    theta = one_point("whole_normalized", land, at, "at")
    vector = one_direction("whole_normalized", land, direction)
    return np.asarray(vector * np.linalg.norm(theta))


@door
def relative_direction(land: Landscape, direction: Any, at: Any) -> np.ndarray:
    """A direction multiplied by the weights, coordinate by coordinate: theta_i d_i, shape (d,).

    The direction is taken with its length: a step of t multiplies coordinate i by 1 + t d_i, a relative
    perturbation. It is what filter
    normalisation tends to with one weight per filter, except that the sizes of d_i are kept, where
    filter normalisation would leave only their signs. [Li et al. 2018; Tsuzuku, Sato and Sugiyama 2020]
    """
    theta = one_point("relative_direction", land, at, "at")
    one_direction("relative_direction", land, direction)
    return np.asarray(land.points(direction, "direction") * theta)


@door
def gradient_direction(land: Landscape, at: Any) -> np.ndarray:
    """The unit vector along the gradient, uphill, shape (d,).

    Raises:
        ValueError: where the gradient is zero or not finite: there is no uphill.
    """
    theta = one_point("gradient_direction", land, at, "at")
    gradient = land.grad(theta)
    size = norm(gradient)
    if not (np.isfinite(size) and size > 0):
        raise ValueError(
            f"gradient_direction: the gradient of {land.name} at {show(theta)} is "
            f"{'zero' if size == 0 else 'not finite'}, so it gives no direction. "
            "Take another point, or along='sharpest' or 'random'."
        )
    return np.asarray(gradient / size)


@door
def hessian_direction(land: Landscape, at: Any, k: int = -1) -> np.ndarray:
    """A unit eigenvector of the exact Hessian, shape (d,), its largest component positive.

    Args:
        land: the landscape.
        at: where, shape (d,).
        k: which, in ascending order of the eigenvalues: -1 is the sharpest, 0 the lowest.

    Raises:
        ValueError: for a k beyond d, or where the Hessian is not finite.
    """
    theta = one_point("hessian_direction", land, at, "at")
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not -land.dim <= k < land.dim:
        raise ValueError(
            f"hessian_direction: k={show(k)} must be a whole number from {-land.dim} to "
            f"{land.dim - 1}: -1 is the sharpest direction of {land.name}, 0 the lowest."
        )
    if land.dim > _DENSE and k in (-1, 0):
        pair = top_eigenpairs(land, theta, 1, which="largest" if k == -1 else "smallest")
        vector = pair.eigenvectors[:, 0]
    else:
        vector = np.linalg.eigh(exact_hessian("hessian_direction", land, theta))[1][:, k]
    return np.asarray(vector * np.sign(vector[np.argmax(np.abs(vector))]))


def filters_of(land: Landscape, filters: Sequence[Any] | None = None) -> list[np.ndarray]:
    """The filters of a landscape as arrays of coordinate numbers: those given, or its own.

    Raises:
        ValueError: when there are none, a number is out of range, or two filters share one.
    """
    given = getattr(land, "filters", None) if filters is None else filters
    if given is None:
        raise ValueError(
            f"{land.name} does not say which coordinates form a filter. Give them, such as "
            "filters=[(0, 1), (2, 3)], or look along 'whole' or 'relative'."
        )
    found = [np.atleast_1d(numbers_in(index)[0]).ravel() for index in given]
    if any(index.dtype.kind not in "iu" for index in found):
        raise ValueError(f"filters={show(filters)} must be coordinate numbers, one group a filter.")
    numbers = np.concatenate(found) if found else np.empty(0, int)
    if not len(numbers) or numbers.min() < 0 or numbers.max() >= land.dim:
        raise ValueError(
            f"filters={show(filters)}: coordinate numbers of {land.name} go from 0 to {land.dim - 1}."
        )
    if len(np.unique(numbers)) < len(numbers):
        raise ValueError(
            f"filters={show(filters)}: a coordinate belongs to one filter, not to two."
        )
    return found


def axis_along(
    owner: str,
    land: Landscape,
    at: np.ndarray,
    along: Any,
    *,
    seed: int = 0,
    filters: Sequence[Any] | None = None,
) -> tuple[np.ndarray, str]:
    """The direction that a name in `ALONG` or a vector stands for, and what to call it.

    A given vector is taken as it is, with its length: a step of 1 goes all of it.
    """
    if not isinstance(along, str):
        one_direction(owner, land, along)
        return land.points(along, "along").copy(), "given"
    if along not in ALONG:
        raise ValueError(
            f"{owner}: along={along!r} must be {one_of(ALONG)}, or a direction of shape "
            f"({land.dim},).{did_you_mean(along, ALONG)}"
        )
    if along == "gradient":
        return gradient_direction(land, at), along
    if along in ("sharpest", "flattest"):
        return hessian_direction(
            land, at, -1 if along == "sharpest" else _flattest(land, at)
        ), along
    vector = random_direction(land, seed)
    if along == "filter":
        vector = filter_normalized(land, vector, at, filters=filters)
    elif along == "whole":
        vector = whole_normalized(land, vector, at)
    elif along == "relative":
        vector = relative_direction(land, vector, at)
    if not np.abs(vector).max() > 0:
        raise ValueError(
            f"{owner}: along={along!r} scales the direction to the weights, and these are all zero at "
            f"{show(at)}. Look along 'random', or from another point."
        )
    return vector, along


def axes_along(
    owner: str,
    land: Landscape,
    at: np.ndarray,
    along: Any,
    *,
    seed: int = 0,
    filters: Sequence[Any] | None = None,
) -> tuple[np.ndarray, tuple[str, str]]:
    """Two directions as rows, shape (2, d), and their names; a random one yields to a unit vector.

    Raises:
        ValueError: for anything but two directions, or parallel ones.
    """
    if isinstance(along, str) or not hasattr(along, "__len__") or len(along) != 2:
        raise ValueError(
            f"{owner}: along={show(along)} must give two directions, such as "
            "along=('gradient', 'random')."
        )
    # Seeds far apart: the second direction of seed 0 is not the first one of seed 1.
    (first, name), (second, other) = (
        axis_along(owner, land, at, one, seed=seed + 1_000_003 * n, filters=filters)
        for n, one in enumerate(along)
    )
    if {name, other} <= UNIT and "random" in (name, other):
        if other == "random":
            second = second - first * (first @ second)
            second = second / np.linalg.norm(second)
        else:
            first = first - second * (first @ second)
            first = first / np.linalg.norm(first)
    if abs(first @ second) > (1 - 1e-12) * np.linalg.norm(first) * np.linalg.norm(second):
        raise ValueError(f"{owner}: the two directions are parallel and span no plane.")
    return np.stack([first, second]), (name, other)


def _flattest(land: Landscape, at: np.ndarray) -> int:
    """The number of the eigenvalue nearest zero."""
    eigenvalues = np.linalg.eigvalsh(exact_hessian("flattest", land, at))
    return int(np.argmin(np.abs(eigenvalues)))
