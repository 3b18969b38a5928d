"""Checks that the measuring tools share: one landscape, one finite point, one direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from toylands._door import numbers_in
from toylands._words import show
from toylands.dynamics.checks import check_landscape
from toylands.formula import Landscape

if TYPE_CHECKING:
    from toylands.networks import Network


def one_point(owner: str, land: Landscape, point: Any, what: str = "point") -> np.ndarray:
    """One finite point of a landscape, shape (d,).

    Raises:
        TypeError: when `land` is not a landscape. ValueError: for another shape, or NaN or infinity, or
            a landscape with one parameter value per walker.
    """
    check_landscape(owner, land)
    for name, value in land.parameters.items():
        if np.ndim(value):
            raise ValueError(
                f"{owner} measures one landscape, but {land.name} has one {name!r} per walker: choose "
                f"one, {land.name}({name}=...)."
            )
    at = land.points(point, what)
    if at.ndim != 1 or not np.isfinite(at).all():
        raise ValueError(f"{owner}: {what}={show(point)} must be one finite point of {land.name}.")
    return at


def one_direction(owner: str, land: Landscape, direction: Any) -> np.ndarray:
    """A direction, scaled to length 1, shape (d,).

    Raises:
        ValueError: for another shape, a zero vector, or NaN or infinity.
    """
    vector = one_point(owner, land, direction, "direction")
    largest = np.abs(vector).max()
    if largest == 0:
        raise ValueError(f"{owner}: direction={show(direction)} is zero and points nowhere.")
    vector = vector / largest
    return vector / np.linalg.norm(vector)


def exact_hessian(owner: str, land: Landscape, at: np.ndarray) -> np.ndarray:
    """The Hessian at a point, shape (d, d), or an error that says where it does not exist."""
    hessian = land.hessian(at)
    if not np.isfinite(hessian).all():
        raise ValueError(
            f"{owner}: {land.name} has no finite Hessian at {show(at)}"
            + (f": it has a kink {land.kink}." if land.kink else ".")
        )
    return hessian


def positive(owner: str, name: str, value: Any) -> float:
    """A finite number above 0, as a float."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = np.nan
    if not (np.isfinite(number) and number > 0):
        raise ValueError(f"{owner}: {name}={show(value)} must be a finite number above 0.")
    return number


def not_negative(owner: str, name: str, value: Any) -> float:
    """A finite number, 0 or more, as a float."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = np.nan
    if not (np.isfinite(number) and number >= 0):
        raise ValueError(f"{owner}: {name}={show(value)} must be a finite number, 0 or more.")
    return number


def finite(owner: str, name: str, values: Any) -> np.ndarray:
    """Finite numbers of any shape, as an array of floats."""
    numbers, why = numbers_in(values)
    if why or not np.isfinite(numbers.astype(float)).all():
        raise ValueError(f"{owner}: {name}={show(values)} must be finite numbers.")
    return numbers.astype(float)


def pair(owner: str, name: str, values: Any) -> tuple[float, float]:
    """Two finite numbers."""
    numbers = finite(owner, name, values)
    if numbers.shape != (2,):
        raise ValueError(f"{owner}: {name}={show(values)} must be two numbers, such as (0.1, 0.2).")
    return float(numbers[0]), float(numbers[1])


def together(owner: str, **arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """Arrays of shapes that fit together, broadcast to one shape."""
    try:
        return tuple(np.broadcast_arrays(*arrays.values()))
    except ValueError:
        shapes = " and ".join(f"{name} of shape {one.shape}" for name, one in arrays.items())
        raise ValueError(f"{owner}: {shapes} do not fit together; give as many of each.") from None


def eigenvalues_of(owner: str, eigenvalues: Any) -> np.ndarray:
    """Eigenvalues as floats, ascending, shape (n,)."""
    try:
        values = np.asarray(eigenvalues, dtype=float)
    except (TypeError, ValueError, OverflowError):
        values = np.empty(0)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise ValueError(
            f"{owner}: eigenvalues={show(eigenvalues)} must be one or more finite numbers in a row, "
            "such as land.spectrum(point).eigenvalues."
        )
    return np.sort(values)


def is_network(land: Any) -> TypeGuard[Network]:
    """Whether a landscape is a network; networks are imported only when somebody asks."""
    from toylands.networks import Network

    return isinstance(land, Network)
