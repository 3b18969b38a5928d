"""Which colour each basin of a map has: its own while there are few, else that of its minimum's loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from toylands._words import show
from toylands.plots.style import palette
from toylands.plots.terrain import Array

#: what a label below 0 means, and how the legend says it
OUTCOMES = {
    -1: "diverged",
    -2: "running",
    -3: "other",
    -4: "left the domain",
    -5: "no gradient",
}
OUTCOME_WORDS = OUTCOMES | {-2: "still running", -3: "stationary elsewhere"}


def own_colors() -> list[str]:
    """The colours that basins have of their own."""
    book = palette()
    hues: list[str] = book["basins"]
    return [*hues, *(book["hues"][hue]["shades"][0] for hue in hues)]


def basin_colors(basins: Any) -> tuple[dict[int, str], list[float] | None]:
    """The colour of each outcome, and the losses that colours stand for, None where each has its own.

    Many minima are coloured by their loss, from dark (the lowest) to light; minima of equal loss share a
    colour. A minimum that neither lies in the window nor is reached has no step of its own.
    """
    book = palette()
    colors = {n: book["outcomes"][OUTCOMES[n]]["color"] for n in OUTCOMES if n != -1}
    own = own_colors()
    if len(basins.minima) <= len(own):
        return colors | dict(enumerate(own[: len(basins.minima)])), None
    losses = np.array([float(minimum.loss) for minimum in basins.minima])
    steps = _steps(losses[_seen(basins)])
    places = np.maximum(np.searchsorted(steps, losses, side="right") - 1, 0)
    ladder = _ladder(len(steps))
    return colors | {n: ladder[place] for n, place in enumerate(places)}, steps


def _seen(basins: Any) -> Array:
    """Which minima are reached or lie in the window."""
    reached = np.isin(np.arange(len(basins.minima)), basins.labels)
    sides = [(side[0], side[-1]) for side in (basins.x, basins.y)[: basins.landscape.dim]]
    points = np.array([minimum.point for minimum in basins.minima])
    inside = [(low <= c) & (c <= high) for c, (low, high) in zip(points.T, sides, strict=True)]
    return np.asarray(reached | np.all(inside, axis=0))


def _steps(losses: Array) -> list[float]:
    """Different losses in order: those within 1e-4 of their span are one."""
    ordered = np.sort(losses)
    slack = 1e-4 * (ordered[-1] - ordered[0]) + 1e-9 * (1 + abs(ordered[0]))
    steps: list[float] = []
    for loss in ordered.tolist():
        if not steps or loss > steps[-1] + slack:
            steps.append(loss)
    return steps


def _ladder(count: int) -> list[str]:
    """Colours spaced evenly along the palette's ladder."""
    from matplotlib.colors import to_hex, to_rgb

    stops = np.array([to_rgb(stop) for stop in palette()["ladder"]["stops"]])
    places = np.linspace(0, 1, count) if count > 1 else np.array([0.5])
    at = np.linspace(0, 1, len(stops))
    mixed = np.stack([np.interp(places, at, channel) for channel in stops.T], axis=1)
    return [to_hex(color).upper() for color in mixed]


def basin_image(labels: Array, colors: Mapping[int, str], *, borders: bool) -> Array:
    """The map as an image, shape (..., 4); diverged cells are transparent, the hatching is below them.

    borders: draw a line between basins of one colour.
    """
    from matplotlib.colors import to_rgba

    image = np.zeros((*labels.shape, 4))
    for label, color in colors.items():
        image[labels == label] = to_rgba(color)
    if borders:
        line = np.zeros(labels.shape, dtype=bool)
        for axis in range(labels.ndim):
            here = [slice(None)] * labels.ndim
            there = here.copy()
            here[axis], there[axis] = slice(None, -1), slice(1, None)
            one, other = tuple(here), tuple(there)
            alike = (image[one] == image[other]).all(axis=-1)
            line[one] |= alike & (labels[one] != labels[other])
        image[line] = to_rgba(palette()["terrain"]["line"])
    return image


def end_values(basins: Any, color: Callable[..., Any]) -> Array:
    """A function of the coordinates at every walk's end, shape (rows, columns); NaN where it diverged.

    Raises:
        TypeError, ValueError: when `color` is not such a function, or gives no number at any end.
    """
    if not callable(color):
        raise TypeError(
            f"basin_map: color={show(color)} must be a function of the end point's coordinates, such as "
            "lambda x, y: x + y."
        )
    names = ", ".join(basins.landscape.coordinates)
    with np.errstate(all="ignore"):
        try:
            given = np.asarray(color(*np.moveaxis(basins.ends, -1, 0)), dtype=float)
            values = np.broadcast_to(given, basins.ends.shape[:-1])
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"basin_map: color must take {names} as arrays and return one number for each end "
                f"({error})."
            ) from None
    values = np.where(basins.diverged_at < 0, values, np.nan)
    if not np.isfinite(values).any():
        raise ValueError("basin_map: color gives no finite number at any end.")
    return values
