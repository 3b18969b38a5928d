"""What a landscape is made of, checked part by part before anything is computed.

The checks name the landscape, what was given and what was expected. A `Definition` is shared by all
variants of a landscape, and so are its compiled kernels.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from toylands._door import numbers_in
from toylands._words import did_you_mean, one_of, show
from toylands.formula.declare import Declared, Dial
from toylands.formula.memory import undisturbed
from toylands.formula.named import found, place

LEVELS = ("linear", "log", "quantile")
OPTIONS = (
    "view",
    "start",
    "source",
    "tags",
    "lesson",
    "levels",
    "critical",
    "data",
    "players",
    "kink",
)


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
    #: how many plain formulas one evaluation is worth, by which long walks are shared among the cores
    cost: int = 1
    kernels: dict[tuple[int, bool, bool], Any] = field(default_factory=dict)
    programs: dict[int, Any] = field(default_factory=dict)

    def __deepcopy__(self, memo: Any) -> Definition:
        return self  # nothing in it ever changes, and its kernels are compiled once

    def __reduce_ex__(self, protocol: Any) -> Any:
        if type(self) is not Definition:  # a network is data
            return super().__reduce_ex__(protocol)
        if self.text is not None:
            from toylands.formula.text import again

            keys = (*("name", "coordinates", "dials", "columns", "view", "start", "source", "tags"),
                    *("lessons", "levels", "critical", "players", "kink"))  # fmt: skip
            return again, (self.text, {key: getattr(self, key) for key in keys})
        where = place(
            self.function, "landscape", lambda one: getattr(one, "definition", None) is self
        )
        return found, (*where, "definition")

    @functools.cached_property
    def derivation(self) -> Any:
        """The symbolic side (imports SymPy)."""
        from toylands.formula.derive import Derivation

        signs = self.players or (1,) * len(self.coordinates)
        examples = {name: (one.default, one.low, one.high) for name, one in self.dials.items()}
        examples |= {name: column[:3].tolist() for name, column in self.columns.items()}
        return Derivation(
            self.name,
            self.function,
            self.coordinates,
            tuple(self.dials),
            tuple(self.columns),
            signs,
            None if self.text else examples,  # text is read by a whitelist of what it may say
        )

    @functools.cached_property
    def has_domain(self) -> bool:
        """Whether the loss may be real at some points only (imports SymPy)."""
        return bool(self.derivation.domain)

    @functools.cached_property
    def quadratic(self) -> bool:
        """Whether the Hessian is the same everywhere, for all parameters (imports SymPy)."""
        entries = itertools.chain(*self.derivation.hessian)
        return not any(entry.free_symbols & {*self.derivation.symbols} for entry in entries)

    def kernel(self, order: int, *, loss: bool, shared: bool) -> Any:
        """The compiled kernel for derivatives of this order (0: the loss alone).

        Args:
            order: 0 loss, 1 field, 2 its Jacobian, 3 third derivatives; -1, as its loss, 0 where the loss
                is real and NaN elsewhere.
            loss: whether it writes the loss too.
            shared: whether all walkers share the parameters (faster).
        """
        shared = shared or not self.dials
        key = (order, loss, shared)
        if key not in self.kernels:
            with undisturbed():
                from toylands.formula.codegen import source_of
                from toylands.formula.compile import KERNEL, compile_source

                source, rows = source_of(self.derivation, order, loss, shared)
                self.kernels[key] = compile_source(source, "kernel", rows, KERNEL)
        return self.kernels[key]

    def errors(self, order: int) -> Any:
        """What bounds the rounding errors of the field (1) or its Jacobian (2); None without a formula."""
        if order not in self.programs:
            self.programs[order] = self._program(self.derivation.outputs(order))
        return self.programs[order]

    @functools.cached_property
    def gaps(self) -> list[Any]:
        """What computes the points where the formula or its derivatives read 0/0, one program each."""
        samples = {self.derivation.parameter_symbols[name] for name in self.columns}
        return [
            self._program(point)
            for point in self.derivation.gaps
            if not samples & set().union(*(part.free_symbols for part in point))
        ]

    def _program(self, expressions: Any) -> Any:
        from toylands.formula.rounding import Program

        known = self.derivation.parameter_symbols
        given = (*self.dials, *self.columns)
        return Program(expressions, [*self.derivation.symbols, *(known[name] for name in given)])


def columns_of(owner: str, data: Any, used: Iterable[str]) -> Mapping[str, Any] | None:
    """Data by column; of a table such as pandas' DataFrame, the columns that the formula uses.

    Raises:
        TypeError: when it is neither.
    """
    if hasattr(data, "columns") and hasattr(data, "to_numpy"):
        return {name: data[name].to_numpy() for name in used if name in data.columns}
    if data is not None and not isinstance(data, Mapping):
        raise TypeError(
            f"{owner}: data={show(data)} must give each column by name: data={{'x': (0, 1)}}."
        )
    return data


def check_column(landscape_name: str, name: str, value: Any) -> np.ndarray:
    """A column of a dataset, checked and copied.

    Raises:
        TypeError: when it is not numbers. ValueError: when it is not one column, empty or not finite.
    """
    column, why = numbers_in(value)
    if why == ".":
        raise TypeError(f"{landscape_name}: data {name}={show(value)} are not numbers.")
    if why:
        raise ValueError(f"{landscape_name}: data {name}={show(value)} {why}.")
    column = column.astype(float)  # a copy
    if column.ndim != 1 or not len(column):
        raise ValueError(
            f"{landscape_name}: data {name} must be one column of numbers, got shape {column.shape}."
        )
    if not np.isfinite(column).all():
        raise ValueError(
            f"{landscape_name}: data {name}[{int(np.argmin(np.isfinite(column)))}] is not finite."
        )
    column.setflags(write=False)  # variants share their columns
    return column


def check_lengths(landscape_name: str, data: Mapping[str, np.ndarray]) -> None:
    """Columns of one dataset have one length, else a ValueError."""
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
    if not inspect.isfunction(function):
        raise TypeError(
            f"a landscape is made from a function of its coordinates, got {show(function)}."
        )
    name = function.__name__
    coordinates, keywords = _signature(name, function)
    data = columns_of(name, data, keywords)
    columns = {key: check_column(name, key, value) for key, value in (data or {}).items()}
    check_lengths(name, columns)
    for key, value in dials.items():
        if not isinstance(value, Dial):
            raise TypeError(
                f"{name}: {key}={show(value)} is neither a dial nor an option of a landscape; write "
                f"{key}=dial(default, low, high)."
                + (did_you_mean(key, (*OPTIONS, *keywords)) if key not in keywords else "")
            )
        if key in columns:
            raise ValueError(
                f"{name}: {key!r} is both a dial and a data column; it can be only one."
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
    _check_critical(name, critical, keywords)
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
        tags=_tags(name, tags),
        lessons=_lessons(name, lesson),
        levels=levels,
        critical=critical,
        players=_players(name, players, len(coordinates)),
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


def _check_critical(name: str, critical: Any, keywords: Sequence[str]) -> None:
    if callable(critical):
        for key in inspect.signature(critical).parameters:
            if key not in keywords:
                raise ValueError(
                    f"{name}: critical takes {key!r}, which is not a parameter; there is "
                    f"{one_of(keywords, 'and')}." + did_you_mean(key, keywords)
                )
    elif not isinstance(critical, tuple | list) or not all(
        isinstance(point, Declared) for point in critical
    ):
        raise TypeError(
            f"{name}: critical={show(critical)} must be a list of declarations such as "
            "[minimum((0, 0), 0.0)], or a function of the parameters that returns it."
        )


def _tags(name: str, tags: Any) -> tuple[str, ...]:
    if not isinstance(tags, tuple | list) or not all(isinstance(tag, str) for tag in tags):
        raise TypeError(f"{name}: tags={show(tags)} must be several words: tags=('ravine',).")
    return tuple(tags)


def _lessons(name: str, lesson: Any) -> tuple[int, ...]:
    if lesson is None:
        return ()
    numbers = tuple(lesson) if isinstance(lesson, tuple | list) else (lesson,)
    if any(isinstance(number, bool) or not isinstance(number, int) for number in numbers):
        raise TypeError(f"{name}: lesson={show(lesson)} must be a lesson's number, or several.")
    return numbers


def _players(name: str, players: Any, dim: int) -> tuple[int, ...] | None:
    if players is None:
        return None
    signs = tuple(players) if isinstance(players, tuple | list) else ()
    if len(signs) != dim or any(sign not in (1, -1) for sign in signs):
        raise ValueError(
            f"{name}: players={show(players)} must give +1 or -1 for each of {dim} coordinates."
        )
    return signs


def _window(name: str, view: Any, dim: int) -> tuple[tuple[float, float], ...]:
    if view is None:
        return ((-2.0, 2.0),) * dim
    window = _numbers(view)
    if dim == 1 and window.shape == (2,):
        window = window[None]
    if window.shape != (dim, 2) or not (window[:, 0] < window[:, 1]).all():
        raise ValueError(
            f"{name}: view={show(view)} must give finite (low, high), low below high, for each of "
            f"{dim} coordinates."
        )
    return tuple((float(low), float(high)) for low, high in window)


def _start(name: str, start: Any, window: tuple[tuple[float, float], ...]) -> tuple[float, ...]:
    if start is None:
        return tuple(low + 0.2 * (high - low) for low, high in window)
    point = np.atleast_1d(_numbers(start))
    if point.shape != (len(window),):
        raise ValueError(f"{name}: start={show(start)} must be {len(window)} finite numbers.")
    return tuple(point.tolist())


def _numbers(value: Any) -> np.ndarray:
    """The value as finite floats; an empty array when it is anything else."""
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError, OverflowError):
        return np.empty(0)
    return array if np.isfinite(array).all() else np.empty(0)


def give_signature(function: Any, coordinates: Sequence[str], keywords: Iterable[str]) -> None:
    """Give the formula the signature that a definition reads its arguments from."""
    kinds = inspect.Parameter
    function.__signature__ = inspect.Signature(
        [
            *(kinds(key, kinds.POSITIONAL_OR_KEYWORD) for key in coordinates),
            *(kinds(key, kinds.KEYWORD_ONLY) for key in keywords),
        ]
    )
