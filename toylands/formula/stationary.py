"""Newton's method on the gradient of a landscape, and how sure its exact Hessian is.

Whether a curvature is zero is decided against the rounding errors of the Hessian's entries, and of the
point at which they were computed: see `toylands.formula.inertia`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from toylands.formula.declare import Declared, flow_of
from toylands.formula.inertia import UNIT, Inertia, inertia

if TYPE_CHECKING:
    from toylands.formula.landscape import Landscape

#: a stationary point is near when Newton's steps end within this share of the view
NEAR = 0.01
#: what counts as having arrived: the first of Newton's steps is this share of that
_ARRIVED = 1e-6
#: a Hessian with a diagonal of 1 and no eigenvalue as close to 0 as this is no matter of rounding
_REGULAR = 1e-5


class Approach(NamedTuple):
    """Where Newton's steps from N points lead.

    Attributes:
        points: two steps on, where a stationary point is near, otherwise as they were, shape (N, d).
        near: whether one is, shape (N,).
        spread: how far from it each coordinate may still be, if the Hessian is regular across the valley
            floor, shape (N, d). On the way to a point where it is singular, such as 0 on x^4, it is less
            than what is left, and the Hessian tells how the walk came there.
    """

    points: np.ndarray
    near: np.ndarray
    spread: np.ndarray


def one_ulp(points: np.ndarray) -> np.ndarray:
    """How far coordinates that are known as well as a 64-bit number can say may be off."""
    return 2 * UNIT * np.abs(points)


def errors(land: Landscape, points: np.ndarray, order: int, spread: np.ndarray) -> np.ndarray:
    """How far the entries of gradients (order 1) or Hessians (2) can be off, (N, d) or (N, d, d).

    From a running error analysis of the formula (a bound); of a network, which has no formula, from
    how much the entries change when every coordinate changes by a few roundings (an estimate).

    Args:
        land: its parameters may have one value per point.
        points, spread: shape (N, d), and how far each coordinate may be off, beside its rounding.
        order: 1 or 2.
    """
    n, d = points.shape
    spread = np.maximum(spread, one_ulp(points))
    program = land.definition.errors(order)
    if program is not None:
        found = program.bounds(points, spread, land.parameter_rows((n,)), land.data_rows())
        found = found.reshape((n, *(d,) * order))
        unknown = ~np.isfinite(found)
        if unknown.any():  # such as at 0/0, where the kernel takes a limit
            found = np.where(unknown, _estimated(land, points, order, spread), found)
        return found if land.players is None else found + _unseen(land, points, order)
    return _estimated(land, points, order, spread)


def _estimated(land: Landscape, points: np.ndarray, order: int, spread: np.ndarray) -> np.ndarray:
    """How much entries change with the coordinates by a few roundings, and a little of their size."""
    signs = np.where(np.arange(land.dim) * 7 % 5 % 2, 1.0, -1.0)
    read = land.hessian if order == 2 else land.grad
    here = read(points)
    with np.errstate(invalid="ignore", over="ignore"):
        change = 4 * np.abs(read(points + signs * (8 * one_ulp(points) + spread)) - here)
        if order == 2:
            root = np.sqrt(np.abs(np.einsum("nii->ni", here)))
            change += 32 * UNIT * root[:, :, None] * root[:, None, :]
    return np.asarray(np.where(np.isfinite(change), change, np.inf))


def _unseen(land: Landscape, points: np.ndarray, order: int) -> np.ndarray:
    """The slopes or curvatures that change a game's value over the whole view by no more than its rounding.

    In double precision players stand still along them: what has no exact equilibrium may have lines of
    rest, such as the plateaus of `masked_cliff`.
    """
    spans = np.array([high - low for low, high in land.view])
    least = UNIT * np.abs(land.loss(points))[:, None] / spans
    return np.asarray(least if order == 1 else least[:, :, None] / spans)


def curvature(
    land: Landscape, points: np.ndarray, spread: np.ndarray | None = None
) -> tuple[Inertia, np.ndarray]:
    """The signs of the exact Hessians' eigenvalues at points (N, d), and where these are finite, (N,)."""
    hessian = land.hessian(points)
    finite = np.isfinite(hessian).all(axis=(-2, -1))
    hessian = np.where(finite[:, None, None], hessian, 0.0)
    spread = np.zeros(points.shape) if spread is None else spread
    return inertia(hessian, errors(land, points, 2, spread)), finite


def newton_step(land: Landscape, points: np.ndarray) -> np.ndarray:
    """What Newton's method subtracts at points (N, d), same shape; NaN where there is no Hessian."""
    return _steps(land, points)[0]


def _steps(land: Landscape, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Newton's steps, and the same without what may be nothing but rounding of the gradient."""
    signs, finite = curvature(land, points)
    slopes = land.grad(points)
    finite &= np.isfinite(slopes).all(axis=-1)
    off = errors(land, points, 1, np.zeros(points.shape))
    slopes, off = np.where(finite[:, None], slopes, 0.0), np.where(finite[:, None], off, 0.0)
    whole, sure = (signs.solve(slopes, off, sure=sure) for sure in (False, True))
    return np.where(finite[:, None], whole, np.nan), np.where(finite[:, None], sure, np.nan)


def _regular_steps(land: Landscape, points: np.ndarray) -> np.ndarray:
    """Newton's steps where the Hessian is far from singular in any units; `newton_step`'s elsewhere.

    Rounding errors are only analysed, which takes many times as long, where they could matter: where
    the Hessian, scaled to a diagonal of 1, has an eigenvalue next to 0.
    """
    hessians, slopes = land.hessian(points), land.grad(points)
    finite = np.isfinite(hessians).all(axis=(1, 2)) & np.isfinite(slopes).all(axis=1)
    hessians = np.where(finite[:, None, None], hessians, 0.0)
    signs = inertia(hessians, np.zeros(hessians.shape))
    regular = finite & (np.abs(signs.values).min(axis=1) > _REGULAR)
    steps = signs.solve(np.where(finite[:, None], slopes, 0.0), np.zeros(points.shape))
    if not regular.all():
        steps[~regular] = newton_step(land, points[~regular])
    return steps


def refined(land: Landscape, points: np.ndarray, iterations: int) -> np.ndarray:
    """Newton's method from points (N, d) until its steps are rounding errors, same shape."""
    points = points.copy()
    moving = np.arange(len(points))
    before = np.full(points.shape, np.inf)
    for _ in range(iterations):
        step = _regular_steps(land, points[moving])
        finite = np.isfinite(step).all(axis=-1)
        moving, step = moving[finite], step[finite]
        points[moving] -= step
        size, scale = np.abs(step), 1 + np.abs(points[moving])
        # Steps that are small and have stopped shrinking are rounding errors of the gradient.
        done = (size <= 4e-16 * scale) | ((size <= 1e-10 * scale) & (size >= before[moving]))
        before[moving] = size
        moving = moving[~done.all(axis=-1)]
        if not len(moving):
            break
    return points


def approach(land: Landscape, points: np.ndarray) -> Approach:
    """Follow two of Newton's steps from points (N, d), and tell how far a stationary point is.

    On the way to a stationary point the second step is shorter, and continued as a geometric series
    they end at it; on a flat tail the second is as long as the first. A point is near when it is within
    a hundredth of the view.
    """
    reach = NEAR * np.array([high - low for low, high in land.view])
    points = _out_of_noise(land, points, reach)
    whole, first = _steps(land, points)
    middle = _out_of_noise(land, points - np.nan_to_num(whole), reach)
    whole = np.where(np.isfinite(whole), points - middle, whole)
    more, second = _steps(land, middle)
    length = np.abs(first / reach).max(axis=-1)
    arrived = length <= _ARRIVED
    with np.errstate(divide="ignore", invalid="ignore"):
        square = np.sum((first / reach) ** 2, axis=-1)
        ratio = np.where(square > 0, np.sum(first / reach * second / reach, axis=-1) / square, 0.0)
        near = arrived | (length <= 1.0 - ratio)
    # Near a point where the Hessian is regular, or along a valley floor, steps shrink quadratically.
    ratio = np.clip(np.where(near, ratio, 0.0), 0.0, 0.9)
    left = np.where(arrived, 1 / (1 - ratio), ratio**2)
    spread = np.nan_to_num(np.abs(second) * left[:, None])
    moved = np.where(arrived[:, None], whole, whole + np.nan_to_num(more))
    return Approach(
        np.where(near[:, None], points - np.nan_to_num(moved), points),
        near,
        np.where(near[:, None], spread, 0.0),
    )


def _out_of_noise(land: Landscape, points: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Points (N, d), moved to those next to them where the formula reads 0/0.

    There limits are exact, but next to them, such as 5e-9 from the minimum of 1 - sin(x)/x, a Hessian is
    nothing but rounding errors. A point is moved when it is within reach, its own Hessian leaves a
    direction open, and its gradient is what the Hessian of the limit says, as far as it is known.
    """
    gaps = [] if land.definition.errors(2) is None else land.definition.gaps
    if not gaps or not len(points):
        return points
    open_ = curvature(land, points)[0].flat > 0
    if not open_.any():
        return points
    off = errors(land, points, 1, np.zeros(points.shape))
    slopes = land.grad(points)
    for gap in gaps:
        there = gap.values(points, land.parameter_rows((len(points),)))
        inside = np.isfinite(there).all(axis=1, keepdims=True)
        there = np.where(inside, there, points)
        away, bend = points - there, land.hessian(there)
        led = land.grad(there) + np.einsum("nij,nj->ni", bend, away)
        blur = 0.01 * np.einsum("nij,nj->ni", np.abs(bend), np.abs(away))
        fits = (np.abs(away) <= reach) & (np.abs(led - slopes) <= 2 * off + blur)
        points = np.where((open_ & fits.all(axis=1))[:, None], there, points)
    return points


def distance(land: Landscape, points: np.ndarray) -> np.ndarray:
    """How far points (N, d) that should be stationary may be from it, same shape; 0 when not at all near."""
    led = approach(land, points)
    found = np.abs(led.points - points) + led.spread
    reach = NEAR * np.array([high - low for low, high in land.view])
    return np.where((found / reach).max(axis=-1, keepdims=True) <= _ARRIVED, found, 0.0)


def flows(land: Landscape, points: np.ndarray) -> list[str | None]:
    """What a game's flow does around each of N equilibria (see `flow_of`); None without a Jacobian.

    How far an eigenvalue can be off: the entries' errors and those of computing it, times its condition
    [Golub and Van Loan, section 7.2.2], or Elsner's bound, whichever is less.
    """
    jacobians, d = land.jacobian(points), land.dim
    off = errors(land, points, 2, distance(land, points))
    found: list[str | None] = []
    for jacobian, error in zip(jacobians, off, strict=True):
        if not np.isfinite(jacobian).all():
            found.append(None)
            continue
        values, right = np.linalg.eig(-jacobian)
        size = float(np.linalg.norm(jacobian))
        total = float(np.linalg.norm(error)) + 4 * d * UNIT * size
        cut = np.full(d, total ** (1 / d) * (2 * size + total) ** (1 - 1 / d))
        if np.linalg.cond(right) < 1 / UNIT:
            cut = np.minimum(cut, total * np.linalg.norm(np.linalg.inv(right), axis=1))
        found.append(flow_of(values, cut))
    return found


def confirmed(land: Landscape, declared: Sequence[Declared]) -> list[Declared]:
    """Those declared points that are stationary here, with the kinds that the exact Hessian tells.

    Formulas for critical points hold in the dials' ranges; outside, each point is looked at.
    """
    declared = [one for one in declared if np.isfinite(one.point).all()]
    if not declared:
        return []
    points = np.array([one.point for one in declared], dtype=float)
    slopes, off = land.grad(points), distance(land, points)
    led = refined(land, points, 80)
    reach = np.array([[one.tol] for one in declared]) * (1 + np.abs(points)) + off
    true = (np.abs(led - points) <= reach).all(axis=1) & np.isfinite(land.loss(points))
    at = np.where(true[:, None], led, points)
    noise = errors(land, at, 1, np.zeros(at.shape))
    still = (np.abs(land.grad(at)) <= 2 * noise).all(axis=1)
    kinked = ~np.isfinite(slopes).all(axis=1)  # nothing can be said against a declared tip
    return [
        replace(one, kind=one.kind if k else land.classify(point), loss=float(land.loss(point)))
        for one, point, t, s, k in zip(declared, at, true, still, kinked, strict=True)
        if k or (t and s)
    ]
