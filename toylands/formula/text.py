"""Landscapes from text."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np

from toylands._words import did_you_mean, show
from toylands.formula.declare import Dial, dial
from toylands.formula.definition import define
from toylands.formula.landscape import Landscape


def from_text(
    formula: str,
    *,
    name: str = "landscape",
    coordinates: Sequence[str] | None = None,
    view: Any = None,
    start: Any = None,
    levels: str = "linear",
    **parameters: Any,
) -> Landscape:
    """Make a landscape from a text formula (see `landscape`).

    Raises:
        ValueError: when a name is unknown or unused, or the formula breaks the whitelist.
    """
    from toylands.formula.parse import formula_function, names_in, read

    tree = read(formula)
    found = names_in(tree)
    for key in parameters:
        if key not in found:
            raise ValueError(
                f"the formula {formula!r} has no {key!r} in it; its names are {', '.join(found)}."
                + did_you_mean(key, found)
            )
    chosen = tuple(coordinates or (key for key in found if key not in parameters))
    if not chosen:
        raise ValueError(
            f"the formula {formula!r} has no coordinate left: every name in it was given a value."
        )
    dials = {key: _dial(key, value) for key, value in parameters.items()}
    read_formula = formula_function(tree, chosen)
    definition = define(
        _with_signature(read_formula, chosen, tuple(dials), name, formula),
        view=view,
        start=start,
        levels=levels,
        source="typed formula",
        **dials,
    )
    definition.text = formula
    made = Landscape(definition)
    _ = definition.derivation.loss  # unknown names and sizes are refused now, not at first use
    return made


def _dial(key: str, value: Any) -> Dial:
    if isinstance(value, Dial):
        return value
    if isinstance(value, bool) or not np.isscalar(value) or not np.isreal(value):
        raise TypeError(f"parameter {key}={show(value)} is not a number (or a dial).")
    number = float(value)  # type: ignore[arg-type]
    if number > 0:
        return dial(number, number / 10, number * 10, log=True)
    reach = 10 * abs(number) or 10.0
    return dial(number, -reach, reach)


def _with_signature(
    function: Any, coordinates: tuple[str, ...], keywords: tuple[str, ...], name: str, text: str
) -> Any:
    """Give the formula the signature that a definition reads its coordinates and dials from."""
    kinds = inspect.Parameter
    arguments = [
        *(kinds(key, kinds.POSITIONAL_OR_KEYWORD) for key in coordinates),
        *(kinds(key, kinds.KEYWORD_ONLY) for key in keywords),
    ]
    function.__signature__ = inspect.Signature(arguments)
    function.__name__ = name
    function.__doc__ = f"The formula {text}."
    return function
