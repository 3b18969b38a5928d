"""What a landscape is made of, checked part by part before anything is computed.

The checks name the landscape, what was given and what was expected. A `Definition` is shared by all
variants of a landscape, and so are its compiled kernels.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from toylands._words import did_you_mean, one_of, show
from toylands.formula.declare import Declared, Dial

LEVELS = ("linear", "log", "quantile")
OPTIONS = ("view", "start", "source", "tags", "lesson", "levels", "critical", "data", "players")


@dataclass(eq=False)
class Definition:
    """What all variants of one landscape share: the formula, its facts and its compiled kernels."""

    name: str
    coordinates: tuple[str, ...]
    dials: dict[str, Dial]
    columns: dict[str, np.ndarray]
    function: Callable[..., Any]
    doc: str
    view: tuple[tuple[float, float], ...]
    start: tuple[float, ...]
    source: str
    tags: tuple[str, ...]
    lessons: tuple[int, ...]
    levels: str
    critical: Callable[..., Sequence[Declared]] | Sequence[Declared]
    players: tuple[int, ...] | None
    kink: str | None
    text: str | None = None
    kernels: dict[tuple[int, bool, bool], Any] = field(default_factory=dict)

    @functools.cached_property
    def derivation(self) -> Any:
        """The symbolic side (imports SymPy)."""
        from toylands.formula.derive import Derivation

        signs = self.players or (1,) * len(self.coordinates)
        return Derivation(
            self.name, self.function, self.coordinates, tuple(self.dials), tuple(self.columns), signs
        )

    def kernel(self, order: int, *, loss: bool, shared: bool) -> Any:
        """The compiled kernel for derivatives of this order (0: the loss alone).

        Args:
            order: 0 loss, 1 field, 2 its Jacobian, 3 third derivatives.
            loss: whether it writes the loss too.
            shared: whether all walkers share the parameters (faster).
        """
        shared = shared or not self.dials
        key = (order, loss, shared)
        if key not in self.kernels:
            from toylands.formula.codegen import kernel_source
            from toylands.formula.compile import KERNEL, compile_source

            derivation = self.derivation
            known = derivation.parameter_symbols
            source, rows = kernel_source(
                derivation.symbols,
                [known[name] for name in self.dials],
                [known[name] for name in self.columns],
                derivation.loss if loss else None,
                derivation.outputs(order) if order else [],
                shared=shared,
            )
            self.kernels[key] = compile_source(source, "kernel", rows, KERNEL)
        return self.kernels[key]


def check_column(landscape_name: str, name: str, value: Any) -> np.ndarray:
    try:
        column = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(f"{landscape_name}: data {name}={show(value)} are not numbers.") from None
    if column.ndim != 1 or not len(column):
        raise ValueError(
            f"{landscape_name}: data {name} must be one column of numbers, got shape {column.shape}."
        )
    if not np.isfinite(column).all():
        raise ValueError(
            f"{landscape_name}: data {name}[{int(np.argmin(np.isfinite(column)))}] is not finite."
        )
    return column


def check_lengths(landscape_name: str, data: Mapping[str, np.ndarray]) -> None:
    lengths = {name: len(column) for name, column in data.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{landscape_name}: data columns differ in length: {lengths}.")


def define(
    function: Callable[..., Any],
    *,
    view: Sequence[Sequence[float]] | None = None,
    start: Sequence[float] | None = None,
    source: str = "",
    tags: Sequence[str] = (),
    lesson: int | Sequence[int] | None = None,
    levels: str = "linear",
    critical: Callable[..., Sequence[Declared]] | Sequence[Declared] = (),
    data: Mapping[str, Any] | None = None,
    players: Sequence[int] | None = None,
    kink: str | None = None,
    **dials: Any,
) -> Definition:
    """Check the parts of a definition and put them together (see `landscape`)."""
    name = function.__name__
    coordinates, keywords = _signature(name, function)
    columns = {key: check_column(name, key, value) for key, value in (data or {}).items()}
    check_lengths(name, columns)
    for key, value in dials.items():
        if not isinstance(value, Dial):
            raise TypeError(
                f"{name}: {key}={value!r} is neither a dial nor an option of a landscape; write "
                f"{key}=dial(default, low, high)." + did_you_mean(key, (*OPTIONS, *keywords))
            )
    given = {*dials, *columns}
    for key in keywords:
        if key not in given:
            raise ValueError(
                f"{name}: the formula takes {key!r} by keyword; give it a dial "
                f"({key}=dial(default, low, high)) or a data column." + did_you_mean(key, given)
            )
    for key in given:
        if key not in keywords:
            raise ValueError(
                f"{name}: the formula has no keyword-only argument {key!r}; it has "
                f"{one_of(keywords, 'and')}." + did_you_mean(key, keywords)
            )
    if levels not in LEVELS:
        raise ValueError(f"{name}: levels={levels!r} must be {one_of(LEVELS)}.")
    if players is not None and (
        len(players) != len(coordinates) or any(sign not in (1, -1) for sign in players)
    ):
        raise ValueError(
            f"{name}: players={players!r} must give +1 or -1 for each of {len(coordinates)} coordinates."
        )
    window = _window(name, view, len(coordinates))
    return Definition(
        name=name,
        coordinates=coordinates,
        # The order of the signature is the order of the rows in a kernel.
        dials={key: dials[key] for key in keywords if key in dials},
        columns={key: columns[key] for key in keywords if key in columns},
        function=function,
        doc=inspect.cleandoc(function.__doc__ or name),
        view=window,
        start=_start(name, start, window),
        source=source,
        tags=tuple(tags),
        lessons=() if lesson is None else tuple(np.atleast_1d(lesson).tolist()),
        levels=levels,
        critical=critical,
        players=None if players is None else tuple(players),
        kink=kink,
    )


def _signature(name: str, function: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    coordinates, keywords = [], []
    for key, argument in inspect.signature(function).parameters.items():
        if argument.kind is argument.KEYWORD_ONLY:
            keywords.append(key)
        elif argument.kind is argument.POSITIONAL_OR_KEYWORD and argument.default is argument.empty:
            coordinates.append(key)
        else:
            raise TypeError(
                f"{name}: argument {key!r} must be a plain coordinate (before the *) or a "
                "keyword-only parameter (after it), without a default."
            )
    if not coordinates:
        raise TypeError(f"{name}: a landscape needs at least one coordinate (positional argument).")
    return tuple(coordinates), tuple(keywords)


def _window(name: str, view: Any, dim: int) -> tuple[tuple[float, float], ...]:
    if view is None:
        return ((-2.0, 2.0),) * dim
    window = np.asarray(view, dtype=float)
    if dim == 1 and window.shape == (2,):
        window = window[None]
    if window.shape != (dim, 2) or not (window[:, 0] < window[:, 1]).all():
        raise ValueError(f"{name}: view={view!r} must give (low, high) for each of {dim} coordinates.")
    return tuple((float(low), float(high)) for low, high in window)


def _start(name: str, start: Any, window: tuple[tuple[float, float], ...]) -> tuple[float, ...]:
    if start is None:
        return tuple(low + 0.2 * (high - low) for low, high in window)
    point = np.atleast_1d(np.asarray(start, dtype=float))
    if point.shape != (len(window),) or not np.isfinite(point).all():
        raise ValueError(f"{name}: start={start!r} must be {len(window)} finite numbers.")
    return tuple(point.tolist())
