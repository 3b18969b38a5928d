"""Slices: a landscape of many coordinates seen along a line or over a plane, as a landscape of its own.

    line = slice_line(tl.landscapes.rotated_bowl, through=(0, 0))     # 1-D, with a dial for the angle
    plane = slice_plane(tl.landscapes.uvw_product, through=(1, 1, 1)) # 2-D, with dials that turn it

A slice has the exact gradient and Hessian of what it shows, because it is the same formula with other
coordinates put in. What it leaves out it cannot show: a slice through a saddle can look like a bowl.
For losses on a grid, in any direction and of networks too, there are `sample_line` and `sample_plane`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from toylands._door import door
from toylands._words import show
from toylands.dynamics.checks import check_landscape
from toylands.formula import Dial, Landscape, cos, dial, pi, sin
from toylands.formula.definition import define, give_signature
from toylands.geometry._checks import one_point, positive
from toylands.geometry.slice_axes import axes_along, axis_along
from toylands.geometry.sliced_networks import sliced_network


def has_formula(land: Landscape) -> bool:
    """Whether other coordinates can be put into the landscape's formula (a network has none)."""
    try:
        return land.definition.derivation is not None
    except TypeError:
        return False


def readable(land: Landscape) -> str:
    """The name of a landscape as words, to begin a title with: "Uvw product"."""
    return land.name.replace("_", " ").capitalize()


def substituted(
    land: Landscape,
    name: str,
    doc: str,
    coordinates: Sequence[str],
    turns: dict[str, Dial],
    place: Callable[..., list[Any]],
    view: Any,
    start: Sequence[float] | None = None,
    players: Sequence[int] | None = None,
) -> Landscape:
    """The landscape at place(*coordinates, *turns), with the same parameters and data.

    players: for a slice of a game, whose each of the new coordinates is (see `_players`).
    """
    original = land.definition
    for key in (*coordinates, *turns):
        if key in land.dials or key in land.data:
            raise ValueError(f"{land.name} has a parameter called {key!r}, which its slice needs.")

    def function(*values: Any, **named: Any) -> Any:
        turned = [named.pop(key) for key in turns]
        return original.function(*place(*values, *turned), **named)

    give_signature(function, coordinates, (*turns, *original.dials, *original.columns))
    function.__name__ = name
    function.__doc__ = doc
    options: dict[str, Any] = {**turns, **original.dials}
    definition = define(
        function,
        view=view,
        start=[0.0] * len(coordinates) if start is None else start,
        source=land.source,
        levels=land.levels,
        data=original.columns or None,
        kink=land.kink,
        players=players,
        **options,
    )
    return Landscape(definition)(**land.parameters, **land.data)


def _through(owner: str, land: Landscape, through: Any) -> np.ndarray:
    check_landscape(owner, land)
    return one_point(owner, land, land.start if through is None else through, "through")


def _players(owner: str, land: Landscape, moved: Sequence[Any]) -> list[int] | None:
    """Whose each coordinate of a slice of a game is, by the coordinates of the game that it moves.

    Raises:
        ValueError: when one coordinate would move those of both sides: then neither descends nor ascends it.
    """
    if land.players is None:
        return None
    signs = [{land.players[k] for k in several} for several in moved]
    if any(len(sides) != 1 for sides in signs):
        raise ValueError(
            f"{owner}: {land.name} is a game, and this slice would move coordinates of both sides at once. "
            "Choose directions that each stay with the coordinates of one side."
        )
    return [sides.pop() for sides in signs]


def _free_names(land: Landscape, choices: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The first of the choices whose names are not those of the landscape's parameters or data."""
    taken = {*land.dials, *land.data}
    return next((names for names in choices if not taken & set(names)), choices[0])


@door
def _of_network(
    owner: str, net: Any, point: np.ndarray, along: Any, reach: float | None, seed: int
) -> Landscape:
    """The slice of a landscape without a formula, a network: exact too, by the chain rule."""
    far = positive(owner, "reach", 1.0 if reach is None else reach)
    if owner == "slice_line":
        axis, called = axis_along(owner, net, point, along[0], seed=seed)
        directions, words = axis[None], called
    else:
        directions, (first, second) = axes_along(owner, net, point, along, seed=seed)
        words = f"{first}, {second}"
    names = _free_names(net, (("a", "b"), ("s", "t"))) if len(directions) > 1 else ("s",)
    doc = (
        f"{net.title.rstrip('.')}, {'over a plane' if len(directions) > 1 else 'along a line'} of its "
        f"weights.\n\nThe directions are: {words}; {' and '.join(names)} count their lengths."
    )
    return sliced_network(net, point, directions, names, far, doc)


def slice_line(
    land: Landscape,
    through: Any = None,
    *,
    along: Any = None,
    angle: float = 0.0,
    reach: float | None = None,
    seed: int = 0,
) -> Landscape:
    """The landscape along a line through a point, as a 1-D landscape of s: L(through + s * direction).

    s is the distance from the point where the direction has length 1: without `along`, and for "gradient",
    "sharpest", "flattest" and "random". A vector keeps its length, as the scaled directions "filter",
    "whole" and "relative" do, and s counts in multiples of it.

    Args:
        land: a landscape of two or more coordinates.
        through: a point (d,), by default its start.
        along: a vector (d,), or a name as in `sample_line`. Without it the line lies in the plane of the
            first two coordinates and has a dial.
        angle: its direction in degrees there, without `along`.
        reach: how far s goes on either side in the view; by default half the smaller side of the
            landscape's view, and 1 with `along`.
        seed: fixes a random direction.

    Raises:
        ValueError: for a landscape of one coordinate or without a formula, or a bad point or direction.
    """
    point = _through("slice_line", land, through)
    if land.dim < 2:
        raise ValueError(f"{land.name} has one coordinate: it is its own slice.")
    if not has_formula(land):
        return _of_network(
            "slice_line", land, point, ["filter" if along is None else along], reach, seed
        )
    if along is not None and angle:
        raise ValueError(f"slice_line: along={show(along)} and angle={angle:g} both say where to.")
    default = min(high - low for low, high in land.view[:2]) / 2 if along is None else 1.0
    far = positive("slice_line", "reach", default if reach is None else reach)
    names = _free_names(land, (("s",), ("t",), ("distance",)))
    direction = (
        None if along is None else axis_along("slice_line", land, point, along, seed=seed)[0]
    )

    def place(s: Any, *turn: Any) -> list[Any]:
        if direction is None:
            radians = pi * turn[0] / 180
            steps = [cos(radians), sin(radians)] + [0] * (land.dim - 2)
        else:
            steps = direction.tolist()
        return [float(c) + s * a for c, a in zip(point, steps, strict=True)]

    moved = range(2) if direction is None else np.flatnonzero(direction).tolist()
    size = 1.0 if direction is None else float(np.linalg.norm(direction))
    runs = f"The distance {names[0]} runs from the point {point.tolist()}."
    if abs(size - 1) > 1e-9:
        runs = f"{names[0]} runs from the point {point.tolist()}; one unit of it is a distance of {size:.6g}."
    return substituted(
        land,
        f"{land.name}_line",
        f"{readable(land)} along a line.\n\n{runs}",
        names,
        {"angle_of_line": dial(angle, -180, 180)} if direction is None else {},
        place,
        ((-far, far),),
        players=_players("slice_line", land, [moved]),
    )


@door
def slice_plane(
    land: Landscape,
    through: Any = None,
    *,
    along: Any = None,
    axes: tuple[int, int] = (0, 1),
    reach: float | None = None,
    seed: int = 0,
) -> Landscape:
    """The landscape over a plane through a point, as a 2-D landscape with dials that turn the plane.

    The plane is spanned by two coordinate axes; with three or more coordinates each can be turned
    towards the next coordinate that is not in the plane, by an angle in degrees. With `along` it is
    spanned by two directions and has no dials. A network's plane always is: by default by two random
    filter-normalised directions, as networks are usually drawn. [Li et al. 2018]

    Args:
        land: a landscape of two or more coordinates.
        through: a point (d,), by default its start.
        along: two directions, each a vector (d,), taken with its length, or a name, as in `sample_plane`.
        axes: the two coordinates the plane starts from, without `along`.
        reach: how far the view goes on every side; 2 by default, and 1 for a network.
        seed: fixes random directions.

    Raises:
        ValueError: for a landscape of one coordinate or without a formula, or bad axes, directions or point.
    """
    point = _through("slice_plane", land, through)
    if land.dim < 2:
        raise ValueError(f"{land.name} has one coordinate and no plane.")
    if not has_formula(land):
        chosen = ("filter", "filter") if along is None else along
        return _of_network("slice_plane", land, point, chosen, reach, seed)
    far = positive("slice_plane", "reach", 2.0 if reach is None else reach)
    if (
        np.shape(axes) != (2,)
        or axes[0] == axes[1]
        or not all(axis in range(land.dim) for axis in axes)
    ):
        raise ValueError(
            f"slice_plane: axes={show(axes)} must be two different numbers below {land.dim}."
        )
    first, second = axes
    names = _free_names(land, (("a", "b"), ("s", "t"), ("across", "up")))
    spanned = None
    if along is not None:
        spanned = axes_along("slice_plane", land, point, along, seed=seed)[0]
    others = [k for k in range(land.dim) if k not in axes and spanned is None]
    sides = land.players or (1,) * land.dim
    # In a game an axis turns only towards a coordinate of the same side.
    targets = {
        n: [k for k in others if sides[k] == sides[axis]][-n]
        for n, axis in enumerate((first, second))
        if any(sides[k] == sides[axis] for k in others)
    }
    turns = {("turn_a", "turn_b")[n]: dial(0.0, -90, 90) for n in targets}

    moved = (
        [[first], [second]] if spanned is None else [np.flatnonzero(v).tolist() for v in spanned]
    )

    def place(a: Any, b: Any, *turned: Any) -> list[Any]:
        if spanned is not None:
            return [
                c + a * u + b * v
                for c, (u, v) in zip(point.tolist(), spanned.T.tolist(), strict=True)
            ]
        made: list[Any] = [float(c) for c in point]
        angles = dict(zip(targets, turned, strict=True))
        for axis, distance, n in ((first, a, 0), (second, b, 1)):
            if n not in targets:
                made[axis] += distance
                continue
            radians = pi * angles[n] / 180
            made[axis] += distance * cos(radians)
            made[targets[n]] += distance * sin(radians)
        return made

    sizes = [1.0, 1.0] if spanned is None else np.linalg.norm(spanned, axis=1).tolist()
    units = "are distances." if np.allclose(sizes, 1, rtol=1e-9) else "count "
    if units == "count ":
        units += f"in units of {sizes[0]:.6g} and {sizes[1]:.6g}."
    return substituted(
        land,
        f"{land.name}_plane",
        f"{readable(land)} over a plane.\n\nIt passes through the point {point.tolist()}; {names[0]} and "
        f"{names[1]} {units}",
        names,
        turns,
        place,
        ((-far, far), (-far, far)),
        players=_players("slice_plane", land, moved),
    )
