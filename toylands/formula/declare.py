"""What a landscape declares beside its formula.

    b=dial(100.0, 1, 1000, log=True)             # a parameter, its default and its slider's range
    critical=lambda a: [minimum((a, a**2), 0.0)]  # checked by the tests, refined to 1e-12 on use
    critical=[equilibrium((0, 0), 0.0)]           # of a game

Dials are its parameters; the critical points are those it is known to have.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands._door import door
from toylands._words import show

#: whether dials stand outside their ranges, where a point's formula need not give a number
_beyond: ContextVar[bool] = ContextVar("beyond", default=False)
#: how a stationary point is called: by the signs of the exact Hessian's eigenvalues, or that of a game
KINDS = ("minimum", "saddle", "maximum", "valley", "ridge", "plateau", "equilibrium")
#: what a game's flow does around an equilibrium, by the eigenvalues of the exact Jacobian
FLOWS = ("stable", "unstable", "rotating", "flat")


@dataclass(frozen=True)
class Dial:
    """A runtime parameter: its default, the range its slider offers, and how the slider moves in it.

    Values outside the range or between whole numbers are allowed when typed; a dial only says where a
    slider ends (`low`, `high`), whether it is logarithmic (`log`), whether it stops at whole numbers
    only (`integer`), and in a few words what its letter stands for (`label`).
    """

    default: float
    low: float
    high: float
    log: bool = False
    integer: bool = False
    label: str = ""


@door
def dial(
    default: float,
    low: float,
    high: float,
    *,
    log: bool = False,
    integer: bool = False,
    label: str = "",
) -> Dial:
    """Declare a parameter with its default and its slider's range.

    Args:
        default, low, high: where the slider starts and ends.
        log: whether it moves by equal factors instead of equal steps.
        integer: whether it stops at whole numbers only, as for a number of layers.
        label: what its letter stands for, in a few words: "curvature along x".

    Raises:
        TypeError: when one of them is not a number.
        ValueError: when the range is empty, the default lies outside it, a logarithmic dial reaches 0,
            or a dial of whole numbers begins, starts or ends between two.
    """
    values = {"default": default, "low": low, "high": high}
    for name, value in values.items():
        if not math.isfinite(value):
            raise ValueError(f"dial: {name}={show(value)} is not a finite number.")
    if not low < high:
        raise ValueError(f"dial: the range is empty: low={low!r} must be below high={high!r}.")
    if not low <= default <= high:
        raise ValueError(f"dial: default={default!r} lies outside the range [{low!r}, {high!r}].")
    if log and low <= 0:
        raise ValueError(f"dial: a logarithmic dial needs low > 0, got low={low!r}.")
    if integer:
        for name, value in values.items():
            if value != round(value):
                raise ValueError(f"dial: {name}={show(value)} must be whole on an integer dial.")
    return Dial(float(default), float(low), float(high), log, integer, label)


@dataclass(frozen=True)
class Declared:
    """A critical point a landscape claims to have, with the accuracy of the published digits."""

    kind: str
    point: tuple[float, ...]
    loss: float | None = None
    tol: float = 1e-6


@dataclass(frozen=True)
class CriticalPoint:
    """A stationary point, refined to 1e-12 and classified by its exact Hessian, in a game the Jacobian.

    Attributes:
        point: coordinates, shape (d,).
        loss: the loss there.
        kind: "minimum", "saddle", "maximum", "valley" (a flat direction, otherwise uphill), "ridge"
            (a flat direction, otherwise downhill) or "plateau" (the Hessian vanishes). In the last
            three the Hessian alone does not decide what the point is. In a game: "equilibrium".
        index: the number of eigenvalues that are certainly negative.
        eigenvalues: of the Hessian, ascending, shape (d,).
        flat: how many of them cannot be told from zero (see `Landscape.classify`); d at a kink.
        flow: in a game, what theta' = -field does around the point (see `flow_of`); otherwise None.
        rates: in a game, the eigenvalues of that flow, complex, shape (d,); otherwise None. Their real
            parts are the rates of growth, their imaginary parts the speeds of rotation.
    """

    point: np.ndarray
    loss: float
    kind: str
    index: int
    eigenvalues: np.ndarray
    flat: int
    flow: str | None = None
    rates: np.ndarray | None = None

    @property
    def name(self) -> str:
        """The kind in words; in a game with what the flow does: "stable equilibrium"."""
        return self.kind if self.flow is None else f"{self.flow} {self.kind}"

    def __repr__(self) -> str:
        where = ", ".join(show(value) for value in np.asarray(self.point).tolist())
        word = "loss" if self.rates is None else "value"  # of a game's equilibrium
        return f"{self.name} at ({where}), {word} {show(float(self.loss))}"


def flow_of(rates: np.ndarray, cut: np.ndarray) -> str:
    """Name a game's equilibrium by the eigenvalues of its flow theta' = -field, shape (d,).

    Args:
        rates: the eigenvalues.
        cut: how far each of them can be off, shape (d,); no further from zero, it counts as zero.

    Returns:
        "stable" (all real parts are negative: every small deviation dies out), "unstable" (one is
        positive), "rotating" (none is positive, and where the real part vanishes the imaginary part
        does not: to first order the flow circles) or "flat" (none is positive and an eigenvalue is
        zero: to first order the flow stands still along a direction). In the last two the eigenvalues
        alone do not decide whether the flow arrives.
    """
    if (rates.real > cut).any():
        return "unstable"
    if (np.abs(rates) <= cut).any():
        return "flat"
    return "rotating" if (rates.real >= -cut).any() else "stable"


@contextmanager
def beyond() -> Iterator[None]:
    """Let points be declared that do not exist: their coordinates are not finite numbers then."""
    token = _beyond.set(True)
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        _beyond.reset(token)


def _declare(kind: str, point: Any, loss: float | None, tol: float) -> Declared:
    try:
        array = np.atleast_1d(np.asarray(point))
        if array.dtype.kind == "c":  # the root of a negative number: there is no such point
            array = np.full(array.shape, math.nan)
        array = array.astype(float)
    except (TypeError, ValueError):
        raise TypeError(f"{kind}: point={show(point)} is not a point such as (0, 1).") from None
    if array.ndim != 1 or not (np.isfinite(array).all() or _beyond.get()):
        raise ValueError(f"{kind}: point={show(point)} must be one finite number per coordinate.")
    coordinates = tuple(array.tolist())
    return Declared(kind, coordinates, None if loss is None else float(loss), float(tol))


@door
def minimum(point: Any, loss: float | None = None, tol: float = 1e-6) -> Declared:
    """Declare a minimum at `point`, with the published loss there, accurate to `tol`."""
    return _declare("minimum", point, loss, tol)


@door
def saddle(point: Any, loss: float | None = None, tol: float = 1e-6) -> Declared:
    """Declare a saddle at `point`, with the published loss there, accurate to `tol`."""
    return _declare("saddle", point, loss, tol)


@door
def maximum(point: Any, loss: float | None = None, tol: float = 1e-6) -> Declared:
    """Declare a maximum at `point`, with the published loss there, accurate to `tol`."""
    return _declare("maximum", point, loss, tol)


@door
def valley(point: Any, loss: float | None = None, tol: float = 1e-6) -> Declared:
    """Declare a point of a connected set of minima: the Hessian has a zero eigenvalue there."""
    return _declare("valley", point, loss, tol)


def ridge(point: Any, loss: float | None = None, tol: float = 1e-6) -> Declared:
    """Declare a point of a connected set of maxima: the Hessian has a zero eigenvalue there."""
    return _declare("ridge", point, loss, tol)


@door
def plateau(point: Any, loss: float | None = None, tol: float = 1e-6) -> Declared:
    """Declare a stationary point where the whole Hessian vanishes."""
    return _declare("plateau", point, loss, tol)


@door
def equilibrium(point: Any, loss: float | None = None, tol: float = 1e-6) -> Declared:
    """Declare an equilibrium of a game: no player's own slope is left there.

    Whether it is stable is not declared: the exact Jacobian says so.
    """
    return _declare("equilibrium", point, loss, tol)
