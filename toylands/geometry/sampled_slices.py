"""Slices as grids of losses: along a line or over a plane through any point, in any directions.

    line = sample_line(net, theta, along="filter", seed=1)
    line.t, line.loss, line.curvature                      # the curvature d'Hd is exact
    plane = sample_plane(net, theta, along=("filter", "filter"))
    plane.a, plane.b, plane.loss                           # loss[j, i] belongs to (a[i], b[j])
    shadow = trajectory_plane(run).project(run)            # and what a drawn run leaves out:
    shadow.outside_share                                   # per step, the share outside the plane

`slice_line` and `slice_plane` make landscapes of their own, with exact derivatives, out of a formula;
these sample any landscape, networks too. Both go `through` a point and `along` a direction.
A slice is no proof: a random slice through a saddle with one way down among many coordinates looks
like a bowl almost surely, and a trail drawn on a plane seldom lies in it.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._brief import Brief
from toylands._door import Numbers, door
from toylands._words import show
from toylands.dynamics.checks import check_landscape
from toylands.formula import Landscape
from toylands.geometry._checks import one_point, positive
from toylands.geometry.lanczos import hvp
from toylands.geometry.slice_axes import axes_along, axis_along
from toylands.geometry.trajectory_pca import path_of, trajectory_pca
from toylands.optimizers.optimizer import check_count


@dataclass(frozen=True, repr=False)
class SampledLine(Brief):
    """Losses along a line.

    Attributes:
        landscape: what was cut.
        origin, direction: the line is origin + t * direction; shape (d,) each.
        along: how the direction was chosen.
        t, loss: where and how high, shape (count,) each.
    """

    landscape: Landscape
    origin: np.ndarray
    direction: np.ndarray
    along: str
    t: np.ndarray
    loss: np.ndarray

    @functools.cached_property
    def slope(self) -> float:
        """The exact derivative of the loss in t at the origin, g'd."""
        return float(self.landscape.grad(self.origin) @ self.direction)

    @functools.cached_property
    def curvature(self) -> float:
        """The exact second derivative in t at the origin, d'Hd; per length squared divide by d'd."""
        return float(self.direction @ hvp(self.landscape, self.origin, self.direction))

    @property
    def newton_t(self) -> float:
        """Where the exact quadratic model along the line is lowest: -g'd / d'Hd.

        Along the negative gradient, in units of the gradient, it is Cauchy's step g'g / g'Hg. NaN
        where the line does not curve upwards.
        """
        return -self.slope / self.curvature if self.curvature > 0 else float("nan")

    def points(self, t: Any) -> np.ndarray:
        """The points of the landscape at places t of shape (...), shape (..., d)."""
        return self.origin + np.asarray(t, dtype=float)[..., None] * self.direction


@dataclass(frozen=True, repr=False)
class Projection(Brief):
    """A path as a plane shows it, and what the plane leaves out.

    Attributes:
        flat: coordinates of the nearest point of the plane, shape (T, 2).
        outside: distance of each step from the plane, shape (T,).
        outside_share: the part of the squared displacement from the plane's origin that lies outside
            the plane, 0 (in the plane) to 1 (the plane sees nothing of it), shape (T,); 0 where there
            is no displacement.
        loss: the path's own loss, shape (T,).
        shown_loss: the loss at the nearest point of the plane, which a picture suggests, shape (T,).
    """

    flat: np.ndarray
    outside: np.ndarray
    outside_share: np.ndarray
    loss: np.ndarray
    shown_loss: np.ndarray


@dataclass(frozen=True, repr=False)
class SampledPlane(Brief):
    """Losses over a plane.

    Attributes:
        landscape: what was cut.
        origin: a point of the plane, shape (d,).
        directions: the two directions, shape (2, d); the plane is origin + a d_0 + b d_1.
        along: how each direction was chosen.
        a, b: coordinates in the plane, shape (grid,) each.
        loss: shape (grid, grid), row = b, column = a.
        variance_shares: for a plane of principal components, each one's share of the path's variance.
    """

    landscape: Landscape
    origin: np.ndarray
    directions: np.ndarray
    along: tuple[str, str]
    a: np.ndarray
    b: np.ndarray
    loss: np.ndarray
    variance_shares: tuple[float, float] | None = None

    @property
    def cosine(self) -> float:
        """The cosine of the angle between the two directions; at 0 the picture keeps right angles."""
        first, second = self.directions
        return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))

    @functools.cached_property
    def hessian(self) -> np.ndarray:
        """The exact Hessian of the slice at its origin, D H D', shape (2, 2)."""
        products = [hvp(self.landscape, self.origin, d) for d in self.directions]
        block = self.directions @ np.stack(products, axis=1)
        return np.asarray((block + block.T) / 2)

    def points(self, flat: Any) -> np.ndarray:
        """The points of the landscape at plane coordinates (..., 2), shape (..., d)."""
        return self.origin + np.asarray(flat, dtype=float) @ self.directions

    def project(self, path: Any) -> Projection:
        """Drop a path (or a run) perpendicularly onto the plane, and keep account of what is lost.

        Args:
            path: a trajectory, or points of shape (T, d).
        """
        points = path_of("project", self.landscape, path)
        displacement = points - self.origin
        flat = displacement @ np.linalg.pinv(self.directions)
        missed = np.linalg.norm(displacement - flat @ self.directions, axis=1)
        whole = np.linalg.norm(displacement, axis=1)
        share = np.divide(missed, whole, out=np.zeros_like(whole), where=whole > 0) ** 2
        land = self.landscape
        return Projection(flat, missed, share, land.loss(points), land.loss(self.points(flat)))


@door
def sample_line(
    land: Landscape,
    through: Any = None,
    along: Any = "random",
    *,
    reach: Numbers = 1.0,
    count: int = 101,
    seed: int = 0,
    filters: Sequence[Any] | None = None,
) -> SampledLine:
    """Sample the loss along a line through a point.

    Args:
        land: any landscape.
        through: a point (d,), by default its start.
        along: a vector (d,), or "random", "filter", "whole", "relative" (a random direction, scaled
            as `filter_normalized`, `whole_normalized` and `relative_direction` do), "gradient",
            "sharpest" or "flattest" (an eigenvector of the exact Hessian).
        reach: t goes from -reach to reach, or from low to high for a pair.
        count: samples.
        seed: fixes a random direction.
        filters: which coordinates form a filter, for a landscape that does not know.

    Raises:
        ValueError, TypeError: for a bad point, direction, reach or count.
    """
    at = one_point("sample_line", land, _start(land, through), "through")
    direction, name = axis_along("sample_line", land, at, along, seed=seed, filters=filters)
    t = np.linspace(
        *_reach("sample_line", reach), check_count("sample_line", "count", count, least=2)
    )
    with np.errstate(all="ignore"):
        loss = land.loss(at + t[:, None] * direction)
    return SampledLine(land, at, direction, name, t, loss)


@door
def sample_plane(
    land: Landscape,
    through: Any = None,
    along: Sequence[Any] = ("random", "random"),
    *,
    reach: Numbers = 1.0,
    grid: int = 51,
    seed: int = 0,
    filters: Sequence[Any] | None = None,
) -> SampledPlane:
    """Sample the loss over a plane through a point.

    A random direction is made perpendicular to the other one if that has a unit length too. Scaled ones
    ("filter", "whole", "relative") stay as they are drawn, nearly perpendicular in many coordinates:
    `cosine` says how nearly.

    Args:
        land: a landscape of two or more coordinates.
        through: a point (d,), by default its start.
        along: two directions, each a vector (d,) or a name as in `sample_line`.
        reach: both coordinates go from -reach to reach; or a pair (low, high) for both; or a pair of
            pairs.
        grid: samples per side.
        seed: fixes the random directions.
        filters: as in `sample_line`.

    Raises:
        ValueError, TypeError: for a bad point, direction, reach or grid, or two parallel directions.
    """
    at = one_point("sample_plane", land, _start(land, through), "through")
    if land.dim < 2:
        raise ValueError(f"{land.name} has one coordinate and no plane: use sample_line.")
    axes, names = axes_along("sample_plane", land, at, along, seed=seed, filters=filters)
    sides = reach if np.shape(reach)[1:] and len(reach) == 2 else (reach, reach)
    windows = [_reach("sample_plane", side) for side in sides]
    grid = check_count("sample_plane", "grid", grid, least=2)
    return _plane(land, at, axes, names, windows, grid)


@door
def trajectory_plane(
    run: Any,
    land: Landscape | None = None,
    *,
    components: tuple[int, int] = (0, 1),
    margin: float = 0.15,
    grid: int = 51,
) -> SampledPlane:
    """Sample the plane of two principal components of a path, through its end, large enough for it.

    These two directions keep as much of the path as any plane can, but that is no evidence of
    structure: of a long random walk they keep 76% too (`toylands.theory.random_walks`).

    Args:
        run: a trajectory, or points of shape (T, d) with `land`.
        land: the landscape, for points.
        components: which principal components, 0 the first.
        margin: how far the window goes beyond the path, as a part of its extent.
        grid: samples per side.

    Raises:
        ValueError: for a path without extent in these components, or bad components.
    """
    land = getattr(run, "landscape", land)
    if land is None:
        raise TypeError("trajectory_plane: a path of points needs its landscape, land=...")
    check_landscape("trajectory_plane", land)
    margin = positive("trajectory_plane", "margin", margin)
    grid = check_count("trajectory_plane", "grid", grid, least=2)
    points = path_of("trajectory_plane", land, run)
    if land.dim < 2:
        raise ValueError(f"{land.name} has one coordinate and no plane.")
    found = trajectory_pca(points)
    if (
        np.shape(components) != (2,)
        or len(set(components)) != 2
        or not all(k in range(len(found.shares)) for k in components)
    ):
        raise ValueError(
            f"trajectory_plane: components={show(components)} must be two different numbers below "
            f"{len(found.shares)}."
        )
    directions = found.components[list(components)]
    flat = (points - points[-1]) @ directions.T
    low, high = flat.min(axis=0), flat.max(axis=0)
    room = margin * np.maximum(high - low, 0.05 * (high - low).max())
    if not room.max() > 0:
        raise ValueError("trajectory_plane: the path does not move, so no plane shows it.")
    windows = list(zip((low - room).tolist(), (high + room).tolist(), strict=True))
    shares = (float(found.shares[components[0]]), float(found.shares[components[1]]))
    names = (f"PC {components[0] + 1}", f"PC {components[1] + 1}")
    return _plane(land, points[-1], directions, names, windows, grid, shares)


@door
def plane_through(
    land: Landscape, first: Any, second: Any, third: Any, *, margin: float = 0.3, grid: int = 51
) -> SampledPlane:
    """Sample the plane through three points, which lie at (0, 0), (|second - first|, 0) and above.

    The two directions are perpendicular unit vectors (Gram-Schmidt), so distances are true.
    [Garipov et al. 2018]

    Args:
        land: the landscape.
        first, second, third: points of shape (d,), not on one line.
        margin: how far the window goes beyond them, as a part of their extent.
        grid: samples per side.

    Raises:
        ValueError: for points on one line.
    """
    margin = positive("plane_through", "margin", margin)
    grid = check_count("plane_through", "grid", grid, least=2)
    corners = np.stack(
        [one_point("plane_through", land, p, w) for p, w in
         ((first, "first"), (second, "second"), (third, "third"))]
    )  # fmt: skip
    across, up = corners[1] - corners[0], corners[2] - corners[0]
    length = np.linalg.norm(across)
    across = across / length if length > 0 else across
    height = up - across * (across @ up)
    if not (length > 0 and np.linalg.norm(height) > 1e-12 * max(length, np.linalg.norm(up))):
        raise ValueError("plane_through: the three points lie on one line and span no plane.")
    directions = np.stack([across, height / np.linalg.norm(height)])
    flat = (corners - corners[0]) @ directions.T
    low, high = flat.min(axis=0), flat.max(axis=0)
    room = margin * (high - low)
    windows = list(zip((low - room).tolist(), (high + room).tolist(), strict=True))
    return _plane(land, corners[0], directions, ("second", "third"), windows, grid)


def _plane(
    land: Landscape,
    at: np.ndarray,
    directions: np.ndarray,
    names: tuple[str, str],
    windows: Sequence[tuple[float, float]],
    grid: int,
    shares: tuple[float, float] | None = None,
) -> SampledPlane:
    a, b = (np.linspace(low, high, grid) for low, high in windows)
    flat = np.stack(np.meshgrid(a, b), axis=-1)
    with np.errstate(all="ignore"):
        loss = land.loss(at + flat @ directions)
    return SampledPlane(land, at, directions, names, a, b, loss, shares)


def _start(land: Landscape, through: Any) -> Any:
    return getattr(land, "start", None) if through is None else through


def _reach(owner: str, reach: Any) -> tuple[float, float]:
    try:
        pair = np.asarray(reach, dtype=float)
    except (TypeError, ValueError, OverflowError):
        pair = np.empty(0)
    if pair.ndim == 0:
        pair = np.array([-pair, pair])
    if pair.shape != (2,) or not (np.isfinite(pair).all() and pair[0] < pair[1]):
        raise ValueError(
            f"{owner}: reach={show(reach)} must be a finite number above 0, or a pair (low, high)."
        )
    return float(pair[0]), float(pair[1])
