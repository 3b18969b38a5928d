"""Curved paths that stay low: Bezier curves, polygonal chains and the nudged elastic band.

    valley = tl.landscape("(x**2 + y**2 - 1)**2/2")
    bezier_path(valley, (1, 0), (-1, 0), objective="max").barrier      # (3 - 2 sqrt 2)/8
    chain_path(valley, (1, 0), (-1, 0), objective="max").barrier       # (sqrt 2 - 1)^2/2
    elastic_band(tl.landscapes.double_well, *ends).saddle              # the pass between two wells

That such paths exist between trained networks is called mode connectivity. It says nothing about
minima having similar losses, which is another statement.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._brief import Brief
from toylands._door import door
from toylands._words import did_you_mean, one_of, show
from toylands.formula import CriticalPoint, Landscape
from toylands.formula.norms import norm
from toylands.geometry._checks import one_point, positive
from toylands.geometry.lanczos import hvp
from toylands.optimizers.optimizer import check_count

OBJECTIVES = ("mean", "max")


@dataclass(frozen=True, repr=False)
class LowLossPath(Brief, tells=("barrier", "length", "reach")):
    """A path between two points, as points along it.

    Attributes:
        landscape: where it lies.
        points: along the path, both ends included, shape (n, d).
        loss: there, shape (n,).
        nodes: what shapes the path: the Bezier curve's control points, the chain's bends or the
            band's images, both ends included, shape (m, d).
        kind: "bezier", "chain" or "band".
        iterations: how many the search took.
        converged: whether it met its tolerance (rather than its limit of iterations).
    """

    landscape: Landscape
    points: np.ndarray
    loss: np.ndarray
    nodes: np.ndarray
    kind: str
    iterations: int
    converged: bool

    @functools.cached_property
    def s(self) -> np.ndarray:
        """The length of the path up to each point, shape (n,)."""
        steps = np.linalg.norm(np.diff(self.points, axis=0), axis=1)
        return np.concatenate([[0.0], np.cumsum(steps)])

    def profile(self, between: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """Length and loss along the path, looked at between its points too (on straight pieces).

        The images of a band touch the loss at a few places only; what lies between them can be higher.

        Args:
            between: pieces into which each segment is divided.

        Returns:
            (s, loss), each of shape ((n - 1) * between + 1,).
        """
        between = check_count("profile", "between", between, least=1)
        number = np.arange((len(self.points) - 1) * between + 1) / between
        places = np.arange(len(self.points))
        dense = np.stack([np.interp(number, places, c) for c in self.points.T], axis=1)
        return np.interp(number, places, self.s), np.asarray(self.landscape.loss(dense))

    @property
    def length(self) -> float:
        """The length of the path."""
        return float(self.s[-1])

    @property
    def highest(self) -> int:
        """The number of the highest point."""
        return int(np.argmax(self.loss))

    @property
    def height(self) -> float:
        """The largest loss on the path, between its points too; of a band, at its images."""
        return self._summits[0]

    @property
    def barrier(self) -> float:
        """The largest height of the path above the straight line between the end losses, 0 or more.

        The line runs in the path's parameter (0 to 1), as in `Interpolation.barrier`; a band's
        parameter is its length, and only its images are looked at (see `profile`). A curve or a chain is
        looked at between its points, too: its highest places are refined until neither falls short.
        """
        return max(0.0, self._summits[1])

    @property
    def reach(self) -> float:
        """The largest |theta| on the path over the larger one at its ends, 1 or more.

        Far above 1, the path goes round by large weights: there the loss may fall without end, as the
        cross-entropy of separable data does, and more iterations would lead further out.
        """
        sizes = np.linalg.norm(self.points, axis=1)
        return float(sizes.max() / max(sizes[0], sizes[-1], np.finfo(float).tiny))

    def _curve(self, t: np.ndarray) -> np.ndarray:
        """The path at parameters t (n,) from 0 to 1, shape (n, d)."""
        if self.kind == "bezier":
            return np.asarray(_bernstein(t, len(self.nodes)) @ self.nodes)
        places = self.s / self.length if self.kind == "band" else np.linspace(0, 1, len(self.nodes))
        return np.stack([np.interp(t, places, c) for c in self.nodes.T], axis=1)

    @functools.cached_property
    def _summits(self) -> tuple[float, float]:
        """The largest loss, and the largest height above the chord."""
        band = self.kind == "band"
        t = self.s / self.length if band else np.linspace(0, 1, len(self.loss))
        if not band:  # a chain bends at its nodes
            t = np.union1d(
                np.linspace(0, 1, 8 * len(t) + 1), [*t, *np.linspace(0, 1, len(self.nodes))]
            )

        def loss(at: np.ndarray) -> np.ndarray:
            return np.asarray(self.landscape.loss(self._curve(at)))

        def above(at: np.ndarray) -> np.ndarray:
            return loss(at) - (1 - at) * self.loss[0] - at * self.loss[-1]

        if band:
            chord = (1 - t) * self.loss[0] + t * self.loss[-1]
            return float(self.loss.max()), float((self.loss - chord).max())
        return _highest(loss, t), _highest(above, t)

    @functools.cached_property
    def saddle(self) -> CriticalPoint:
        """The stationary point near the highest point, refined by Newton's method.

        For a band with a climbing image this is the pass, a saddle of index 1; its `kind` says what
        it truly is. Along an end point, or a flat path, there may be no saddle.
        """
        return self.landscape.critical_point(self.landscape.refine(self.points[self.highest]))


def _highest(function: Callable[[np.ndarray], np.ndarray], t: np.ndarray) -> float:
    """The largest value of a function on [0, 1]: the three highest places of a grid, refined."""
    values = function(t)
    rising, falling = np.diff(values, prepend=-np.inf) >= 0, np.diff(values, append=-np.inf) <= 0
    tops = np.flatnonzero(rising & falling)
    best = float(values.max())
    for top in tops[np.argsort(-values[tops])[:3]]:
        low, high = t[max(top - 1, 0)], t[min(top + 1, len(t) - 1)]
        for _ in range(30):  # each round keeps a quarter
            inside = np.linspace(low, high, 9)
            found = function(inside)
            k = int(np.argmax(found))
            best = max(best, float(found[k]))
            low, high = inside[max(k - 1, 0)], inside[min(k + 1, 8)]
    return best


def _bernstein(t: np.ndarray, nodes: int) -> np.ndarray:
    """What each control point weighs in a Bezier curve at parameters t (n,), shape (n, nodes)."""
    from scipy.special import comb

    k, t = np.arange(nodes), np.asarray(t)[:, None]
    return np.asarray(comb(nodes - 1, k) * t**k * (1 - t) ** (nodes - 1 - k))


@door
def bezier_path(
    land: Landscape,
    first: Any,
    second: Any,
    *,
    bends: int = 1,
    control: Any = None,
    objective: str = "mean",
    count: int = 61,
    iterations: int = 300,
    seed: int = 0,
) -> LowLossPath:
    """Fit a Bezier curve (with one bend: quadratic) of low loss between two points.

    The control points in the middle are moved so that the mean of the loss over the parameter t, or its
    maximum, is smallest: by L-BFGS for the mean, by sequential quadratic programming for the maximum,
    both with exact gradients, from a slightly bent straight line or from `control`. It is a local
    search. Where the loss falls along a ray without end, as the cross-entropy of separable data does,
    the curve bulges out along it, ever further with more iterations: `reach` says how far, and weight
    decay keeps it near. [Garipov et al. 2018; there the mean is taken by sampling t]

    Args:
        land: any landscape.
        first, second: the ends, shape (d,).
        bends: control points between the ends.
        control: where they start, shape (d,) or (bends, d).
        objective: "mean" (uniform in t, as published) or "max".
        count: places t, evenly spaced, at which the loss is looked at.
        iterations: at most so many.
        seed: of the slight random bend without which a symmetric start could not choose a side.

    Raises:
        ValueError, TypeError: for bad points, counts or names.
    """
    check_count("bezier_path", "bends", bends, least=1)
    t = np.linspace(0.0, 1.0, check_count("bezier_path", "count", count, least=3))
    weights = _bernstein(t, bends + 2)
    return _fit("bezier", land, first, second, weights, control, objective, iterations, seed)


@door
def chain_path(
    land: Landscape,
    first: Any,
    second: Any,
    *,
    bends: int = 1,
    control: Any = None,
    objective: str = "mean",
    count: int = 61,
    iterations: int = 300,
    seed: int = 0,
) -> LowLossPath:
    """Fit a polygonal chain of low loss: straight pieces through `bends` free points.

    The arguments are those of `bezier_path`. [Garipov et al. 2018]
    """
    check_count("chain_path", "bends", bends, least=1)
    t = np.linspace(0.0, 1.0, check_count("chain_path", "count", count, least=3))[:, None]
    weights = np.maximum(0.0, 1 - np.abs(t * (bends + 1) - np.arange(bends + 2)))
    return _fit("chain", land, first, second, weights, control, objective, iterations, seed)


def _ends(owner: str, land: Landscape, first: Any, second: Any) -> tuple[np.ndarray, np.ndarray]:
    """Both ends, checked: points of the landscape, where it has a finite loss."""
    ends = one_point(owner, land, first, "first"), one_point(owner, land, second, "second")
    for name, end in zip(("first", "second"), ends, strict=True):
        loss = float(land.loss(end))
        if not np.isfinite(loss):
            raise ValueError(
                f"{owner}: {land.name} has the loss {loss} at {name}={show(end)}: no path is low there."
            )
    return ends


def _fit(
    kind: str,
    land: Landscape,
    first: Any,
    second: Any,
    weights: np.ndarray,
    control: Any,
    objective: str,
    iterations: int,
    seed: int,
) -> LowLossPath:
    """Minimise over the middle nodes of the curve weights @ nodes."""
    from scipy.optimize import minimize

    owner = f"{kind}_path"
    a, b = _ends(owner, land, first, second)
    iterations = check_count(owner, "iterations", iterations, least=1 if control is None else 0)
    if objective not in OBJECTIVES:
        raise ValueError(
            f"{owner}: objective={objective!r} must be {one_of(OBJECTIVES)}."
            + did_you_mean(objective, OBJECTIVES)
        )
    bends, d = weights.shape[1] - 2, land.dim
    if control is None:
        places = np.linspace(0, 1, bends + 2)[1:-1, None]
        kick = np.random.default_rng(seed).standard_normal(d)
        kick *= 0.1 * np.linalg.norm(b - a) / np.linalg.norm(kick)
        middle = (1 - places) * a + places * b + kick
    else:
        middle = np.atleast_2d(land.points(control, "control"))
        if middle.shape != (bends, d) or not np.isfinite(middle).all():
            raise ValueError(
                f"{owner}: control={show(control)} must be {bends} finite point"
                f"{'s' * (bends > 1)} of {land.name}, one for each bend."
            )
    ends = weights[:, [0, -1]] @ np.stack([a, b])
    inner = weights[:, 1:-1]

    def curve(x: np.ndarray) -> np.ndarray:
        return np.asarray(ends + inner @ x.reshape(bends, d))

    def mean(x: np.ndarray) -> tuple[float, np.ndarray]:
        points = curve(x)
        return float(land.loss(points).mean()), (inner.T @ land.grad(points)).ravel() / len(inner)

    if iterations == 0:  # the path that was given, as it is
        x, rounds, good = middle.ravel(), 0, False
    elif objective == "mean":
        limits = {"maxiter": iterations, "maxcor": 20, "ftol": 1e-15, "gtol": 1e-9}
        found = minimize(mean, middle.ravel(), jac=True, method="L-BFGS-B", options=limits)
        x, rounds, good = found.x, found.nit, found.success
    else:
        # The smallest roof over all places: minimise s subject to s - L(curve(x)_i) >= 0.
        def under(y: np.ndarray) -> Any:
            return y[-1] - land.loss(curve(y[:-1]))

        def slopes(y: np.ndarray) -> np.ndarray:
            gradient = land.grad(curve(y[:-1]))
            by_node = -(inner[:, :, None] * gradient[:, None, :]).reshape(len(inner), -1)
            return np.column_stack([by_node, np.ones(len(inner))])

        start = np.append(middle.ravel(), land.loss(curve(middle.ravel())).max())
        only_s = np.append(np.zeros(bends * d), 1.0)
        found = minimize(
            lambda y: y[-1],
            start,
            jac=lambda y: only_s,
            method="SLSQP",
            constraints={"type": "ineq", "fun": under, "jac": slopes},
            options={"maxiter": iterations, "ftol": 1e-14},
        )
        x, rounds, good = found.x[:-1], found.nit, found.success
    points = curve(x)
    nodes = np.concatenate([a[None], x.reshape(bends, d), b[None]])
    return LowLossPath(land, points, land.loss(points), nodes, kind, int(rounds), bool(good))


@door
def elastic_band(
    land: Landscape,
    first: Any,
    second: Any,
    *,
    images: int = 20,
    iterations: int = 500,
    climb: bool = True,
    spring: float | None = None,
    tol: float = 1e-6,
    initial: Any = None,
    seed: int = 0,
) -> LowLossPath:
    """Find a path of steepest descent between two points: the nudged elastic band.

    A chain of images between the ends moves down across the band and evenly along it: each feels the
    gradient's part perpendicular to the band and springs parallel to it, with the upwind tangents of
    Henkelman and Jonsson (2000). With `climb`, the highest image feels no springs and
    goes uphill along the band, so it ends on the saddle [Henkelman, Uberuaga and Jonsson 2000]; it is
    switched on after a fifth of the iterations. The images move by FIRE [Bitzek et al. 2006], which
    adapts its time step; the first one comes from the largest curvature on the straight line. For
    networks: Draxler et al. 2018. The band finds one pass, not always the lowest one: that depends on
    where it starts.

    Args:
        land: any landscape.
        first, second: the ends, usually minima, shape (d,).
        images: free points between them.
        iterations: at most so many.
        climb: whether the highest image climbs to the saddle.
        spring: the springs' constant; by default 0.3 of that largest curvature.
        tol: stops when no image feels more force than tol times the largest gradient at the start.
        initial: where the images start, shape (images, d); by default on the straight line, with a
            tiny random shift that lets it leave a line of symmetry.
        seed: fixes the shift.

    Raises:
        ValueError: for bad points or counts, or ends that coincide.
    """
    a, b = _ends("elastic_band", land, first, second)
    images = check_count("elastic_band", "images", images, least=1)
    iterations = check_count("elastic_band", "iterations", iterations, least=1)
    tol = positive("elastic_band", "tol", tol)
    apart = float(np.linalg.norm(b - a))
    if apart == 0:
        raise ValueError("elastic_band: first and second are the same point, so there is no band.")
    places = np.linspace(0, 1, images + 2)[:, None]
    band = (1 - places) * a + places * b
    if initial is None:
        shift = np.random.default_rng(seed).standard_normal((images, land.dim))
        band[1:-1] += 1e-3 * apart * shift / np.sqrt(land.dim)
    else:
        given = np.atleast_2d(land.points(initial, "initial"))
        if given.shape != (images, land.dim) or not np.isfinite(given).all():
            raise ValueError(
                f"elastic_band: initial={show(initial)} must be {images} finite points of {land.name}."
            )
        band[1:-1] = given
    stiff = _largest_curvature(land, band)
    spring = 0.3 * stiff if spring is None else positive("elastic_band", "spring", spring)
    speed = np.zeros((images, land.dim))
    step, largest_step, mixing, downhill = 0.1 / np.sqrt(stiff), 1.0 / np.sqrt(stiff), 0.1, 0
    rounds, good = 0, False
    ends, steepest = land.loss(band[[0, -1]]), norm(land.grad(band)).max()
    for rounds in range(1, iterations + 1):
        loss = np.concatenate([ends[:1], land.loss(band[1:-1]), ends[1:]])
        climbing = climb and rounds > min(100, iterations // 5)
        force = _band_force(band, loss, land.grad(band[1:-1]), spring, climbing)
        largest = float(np.linalg.norm(force, axis=1).max())
        if not np.isfinite(largest) or largest <= tol * steepest:
            good = bool(np.isfinite(largest))
            if not good or climbing or not climb:
                break
        # FIRE (Bitzek et al. 2006): turn the speed towards the force, brake where power is negative.
        if np.vdot(force, speed) > 0:
            ratio = np.linalg.norm(speed) / np.linalg.norm(force)
            speed = (1 - mixing) * speed + mixing * ratio * force
            downhill += 1
            if downhill > 5:
                step, mixing = min(1.1 * step, largest_step), 0.99 * mixing
        elif rounds > 1:
            speed[:] = 0.0
            step, mixing, downhill = 0.5 * step, 0.1, 0
        speed = speed + step * force
        band[1:-1] += step * speed
        good = False
    return LowLossPath(land, band, land.loss(band), band.copy(), "band", rounds, good)


def _largest_curvature(land: Landscape, band: np.ndarray) -> float:
    """The largest absolute curvature met by a few power iterations at five places of the band."""
    rng = np.random.default_rng(0)
    found = 0.0
    for point in band[np.linspace(0, len(band) - 1, 5).round().astype(int)]:
        vector = rng.standard_normal(land.dim)
        for _ in range(8):
            size = np.linalg.norm(vector)
            if not (np.isfinite(size) and size > 0):
                break
            vector = hvp(land, point, vector / size)
            if np.isfinite(vector).all():
                found = max(found, float(np.linalg.norm(vector)))
    return found or 1.0


def _band_force(
    band: np.ndarray, loss: np.ndarray, gradient: np.ndarray, spring: float, climbing: bool
) -> np.ndarray:
    """The force on every free image, shape (images, d)."""
    ahead, behind = band[2:] - band[1:-1], band[1:-1] - band[:-2]
    rise, fall = loss[2:] - loss[1:-1], loss[1:-1] - loss[:-2]
    # The tangent points to the higher neighbour; next to an extremum both count, by their heights.
    larger = np.maximum(np.abs(rise), np.abs(fall))
    smaller = np.minimum(np.abs(rise), np.abs(fall))
    up = loss[2:] > loss[:-2]
    forward = np.where((rise > 0) & (fall > 0), 1.0, np.where(up, larger, smaller))
    backward = np.where((rise > 0) & (fall > 0), 0.0, np.where(up, smaller, larger))
    falling = (rise < 0) & (fall < 0)
    forward, backward = np.where(falling, 0.0, forward), np.where(falling, 1.0, backward)
    tangent = forward[:, None] * ahead + backward[:, None] * behind
    flat = np.linalg.norm(tangent, axis=1) == 0
    tangent[flat] = (ahead + behind)[flat]
    tangent = tangent / np.linalg.norm(tangent, axis=1, keepdims=True).clip(1e-300)
    along = np.einsum("id,id->i", gradient, tangent)[:, None] * tangent
    stretch = np.linalg.norm(ahead, axis=1) - np.linalg.norm(behind, axis=1)
    force = along - gradient + spring * stretch[:, None] * tangent
    if climbing:
        top = int(np.argmax(loss[1:-1]))
        if loss[1:-1][top] > max(loss[0], loss[-1]):
            force[top] = 2 * along[top] - gradient[top]
    return np.asarray(force)
