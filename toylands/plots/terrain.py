"""A landscape sampled over a window, with the levels that suit it: shared by 2-D, 3-D and film.

    ground = terrain(tl.landscapes.rosenbrock)      # 201 x 201 losses over the default window
    ground.edges                                    # 0, 0.1, 0.2, 0.5, 1, 2, ... (levels "log")
    ground.norm(ground.z)                           # 0 to 1: the terrain colour of every point

Levels are spaced evenly in the loss ("linear"), in the logarithm of the loss above the lowest known
loss ("log"), or so that the same area lies between any two neighbours ("quantile").
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toylands._words import did_you_mean, one_of, show
from toylands.plots.words import parameters, sig

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
View = tuple[tuple[float, float], ...]
#: a value that this share of the window has exactly is a plateau
_PLATEAU = 0.01
SPACINGS = ("linear", "log", "quantile")


@dataclass(frozen=True)
class Terrain:
    """Losses over a window of one or two coordinates.

    `index` are the coordinates shown, `at` the point (d,) the others stay at. `z` has shape
    (grid,) or (grid, grid), row = second coordinate. `edges` are the levels, lowest and highest
    loss included; `floor` is the lowest known loss, the zero of a logarithmic spacing.
    `stationary` are the critical points that the landscape knows.
    """

    land: Any
    index: tuple[int, ...]
    at: Array
    view: View
    x: Array
    y: Array
    z: Array
    edges: Array
    floor: float
    spacing: str
    stationary: tuple[Any, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the coordinates shown."""
        return tuple(self.land.coordinates[i] for i in self.index)

    @property
    def lines(self) -> Array:
        """The levels at which contour lines are drawn: the edges without lowest and highest."""
        return self.edges[1:-1]

    @functools.cached_property
    def norm(self) -> Any:
        """The matplotlib norm that gives every band between two levels an equal share of colour."""
        from matplotlib.colors import FuncNorm

        edges, shares = self.edges, np.linspace(0.0, 1.0, len(self.edges))
        return FuncNorm(
            (lambda z: np.interp(z, edges, shares), lambda s: np.interp(s, shares, edges)),
            vmin=float(edges[0]),
            vmax=float(edges[-1]),
        )

    def lift(self, flat: ArrayLike) -> Array:
        """Return the loss at points (..., 1 or 2) of the window."""
        return _losses(self.land, self.index, self.at, np.asarray(flat, dtype=np.float64))

    def note(self, skip: Iterable[str] = ()) -> str:
        """Say what the picture must tell of the terrain: parameter values, and which slice it is.

        `skip` names parameters that are told elsewhere.
        """
        parts = [parameters(self.land, skip)]
        if len(self.index) < self.land.dim:
            others = [i for i in range(self.land.dim) if i not in self.index]
            fixed = ", ".join(f"{self.land.coordinates[i]} = {sig(self.at[i])}" for i in others[:3])
            more = f" and {len(others) - 3} more" if len(others) > 3 else ""
            parts.append(f"slice at {fixed}{more}")
        return ", ".join(part for part in parts if part)


def terrain(
    land: Any,
    *,
    view: Sequence[Sequence[float]] | None = None,
    levels: str | Sequence[float] | None = None,
    count: int = 18,
    grid: int = 201,
    coordinates: Sequence[str] | None = None,
    at: Sequence[float] | None = None,
) -> Terrain:
    """Sample a landscape on a grid and choose its levels.

    view: (low, high) for each coordinate shown; the landscape's own by default.
    levels: 'linear', 'log', 'quantile', or increasing loss values; the landscape's own by default.
    count: about how many levels. grid: samples per coordinate.
    coordinates: the names of the two coordinates to show (needed for none with d <= 2; the first
    two otherwise). at: the point (d,) the other coordinates stay at, by default the start.

    Raises ValueError for an unknown name, a bad window or bad levels.
    """
    index = shown_index(land, coordinates)
    at_point = _point(land, at)
    window = _window(land, view, index)
    if grid < 2:
        raise ValueError(f"grid={grid!r}: expected at least 2 samples per coordinate")
    x = np.linspace(*window[0], grid)
    y = np.linspace(*window[1], grid) if len(index) == 2 else np.zeros(0)
    flat = np.stack(np.meshgrid(x, y), axis=-1) if len(index) == 2 else x[:, None]
    z = _losses(land, index, at_point, flat)
    z = np.where(np.isfinite(z), z, np.nan)
    if not np.isfinite(z).any():
        raise ValueError(
            f"{land.name} has no finite loss in the window {show(window)}: choose another view="
        )
    stationary = tuple(land.critical_points)
    edges, floor, spacing = choose_levels(land, z, levels, count, stationary)
    return Terrain(land, index, at_point, window, x, y, z, edges, floor, spacing, stationary)


def choose_levels(
    land: Any,
    z: Array,
    levels: str | Sequence[float] | None = None,
    count: int = 18,
    stationary: Sequence[Any] = (),
) -> tuple[Array, float, str]:
    """Return (edges, floor, spacing) for losses `z`; NaN marks points without a finite loss.

    The minima among the `stationary` points tell how low the landscape is known to reach.
    """
    low, high = float(np.nanmin(z)), float(np.nanmax(z))
    known = [p.loss for p in stationary if p.kind in ("minimum", "valley") and np.isfinite(p.loss)]
    floor = float(min([low, *known]))
    if levels is None:
        levels = getattr(land, "levels", "linear")
    if isinstance(levels, str):
        if levels not in SPACINGS:
            raise ValueError(
                f"levels={levels!r}: expected {one_of(SPACINGS)}, or increasing loss values."
                f"{did_you_mean(levels, SPACINGS)}"
            )
        if count < 2:
            raise ValueError(f"count={count!r}: expected at least 2 levels")
        spacing = levels
        inner = {"linear": _linear, "log": _log, "quantile": _quantile}[levels](z, floor, count)
    else:
        spacing = "given"
        inner = np.asarray(levels, dtype=np.float64)
        if inner.ndim != 1 or inner.size == 0 or not (np.diff(inner) > 0).all():
            raise ValueError(f"levels={show(levels)}: expected increasing loss values")
    if high <= low:  # a flat terrain has one colour
        return np.array([low - 0.5, low + 0.5]), floor, spacing
    # A level very near an end would give a sliver of losses a whole colour.
    sliver = 0.3 * float(inner[1] - inner[0]) if spacing == "linear" and len(inner) > 1 else 0.0
    inside = inner[(inner > low + sliver) & (inner < high - sliver)]
    if spacing != "linear":
        inside = np.union1d(inside, _plateaus(z, inner, low, high))
    return np.concatenate([[low], inside, [high]]), floor, spacing


def _plateaus(z: Array, inner: Array, low: float, high: float) -> list[float]:
    """Return a level beside the lowest and the highest loss where one was to lie exactly there.

    A loss that has this value in a part of the window, as a count of mistakes does, would otherwise lose
    the level and with it the line round that part. The level goes half way to the next value.
    """
    levels = []
    finite = z[np.isfinite(z)]
    for end, beyond in ((low, inner <= low), (high, inner >= high)):
        at = finite == end
        if beyond.any() and at.mean() > _PLATEAU and not at.all():
            rest = finite[~at]
            levels.append((end + (rest.min() if end == low else rest.max())) / 2)
    return levels


def _losses(land: Any, index: tuple[int, ...], at: Array, flat: Array) -> Array:
    theta = np.broadcast_to(at, (*flat.shape[:-1], len(at))).copy()
    theta[..., list(index)] = flat
    with np.errstate(all="ignore"):
        return np.asarray(land.loss(theta), dtype=np.float64)


def _linear(z: Array, floor: float, count: int) -> Array:
    from matplotlib.ticker import MaxNLocator

    ticks = MaxNLocator(nbins=count, steps=[1, 2, 2.5, 5, 10])
    return np.asarray(ticks.tick_values(np.nanmin(z), np.nanmax(z)), dtype=np.float64)


def _log(z: Array, floor: float, count: int) -> Array:
    above = z[np.isfinite(z)] - floor
    above = above[above > 0]
    if above.size == 0:
        return np.zeros(0)
    # The lowest level encloses about one part in 200 of the window, so a narrow valley shows.
    low, high = np.log10(np.quantile(above, 0.005)), np.log10(above.max())
    decades = max(high - low, 1e-9)
    steps = next(
        (s for s in ([1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]) if len(s) * decades <= count),
        [1],
    )
    powers = np.arange(np.floor(low), np.ceil(high) + 1)
    stride = max(1, int(np.ceil(decades / count)))
    values = (10.0 ** powers[::stride, None] * np.array(steps)).ravel()
    return floor + values[(values >= 10**low * 0.999) & (values <= 10**high)]


def _quantile(z: Array, floor: float, count: int) -> Array:
    return np.unique(np.quantile(z[np.isfinite(z)], np.linspace(0.0, 1.0, count + 1)[1:-1]))


def shown_index(land: Any, coordinates: Sequence[str] | None) -> tuple[int, ...]:
    """Return the numbers of the coordinates to show; ValueError for an unknown name."""
    names = tuple(land.coordinates)
    if coordinates is None:
        return tuple(range(min(2, land.dim)))
    wanted = [coordinates] if isinstance(coordinates, str) else list(coordinates)
    for name in wanted:
        if name not in names:
            raise ValueError(
                f"coordinates={show(wanted)}: the coordinates of {land.name} are "
                f"{one_of(names, 'and')}.{did_you_mean(name, names)}"
            )
    if len(wanted) not in (1, 2) or len(set(wanted)) != len(wanted):
        raise ValueError(f"coordinates={show(wanted)}: expected one or two different names")
    return tuple(names.index(name) for name in wanted)


def _point(land: Any, at: Sequence[float] | None) -> Array:
    value = np.asarray(land.start if at is None else at, dtype=np.float64)
    if value.shape != (land.dim,):
        raise ValueError(f"at={show(at)}: expected a point with {land.dim} coordinates")
    return value


def _window(land: Any, view: Sequence[Sequence[float]] | None, index: tuple[int, ...]) -> View:
    if view is None:
        chosen = [land.view[i] for i in index]
    else:
        chosen = list(view)
        if len(index) == 1 and len(chosen) == 2 and np.ndim(chosen[0]) == 0:
            chosen = [(float(view[0]), float(view[1]))]  # type: ignore[arg-type]
    good = len(chosen) == len(index) and all(
        np.shape(pair) == (2,) and np.isfinite(pair).all() and pair[0] < pair[1] for pair in chosen
    )
    if not good:
        raise ValueError(
            f"view={show(view)}: expected (low, high) for each coordinate shown, here {len(index)}"
        )
    return tuple((float(low), float(high)) for low, high in chosen)
