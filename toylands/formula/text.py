"""Landscapes from text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from toylands._words import did_you_mean, one_of, show
from toylands.formula.declare import Dial, dial
from toylands.formula.definition import OPTIONS, Definition, columns_of, define, give_signature
from toylands.formula.landscape import Landscape


def from_text(
    formula: str,
    *,
    name: str = "landscape",
    coordinates: Sequence[str] | None = None,
    data: Mapping[str, Any] | None = None,
    **given: Any,
) -> Landscape:
    """Make a landscape from a text formula (see `landscape`).

    Raises:
        TypeError: when the formula is not text or a value is not a number.
        ValueError: when a name is unknown or unused, the formula breaks the whitelist, or its exact
            Hessian would take too long.
    """
    from toylands.formula.parse import formula_function, names_in, read

    parsed = read(formula)
    found = names_in(parsed)
    data = columns_of(str(name), data, found)
    options = {key: given.pop(key) for key in OPTIONS if key in given}
    known = {**given, **(data or {})}
    if not found and not coordinates:
        raise ValueError(
            f"the formula {show(formula)} is a constant: it has no coordinate such as x."
        )
    for key in known:
        if key not in found:
            hint = did_you_mean(key, [*found, *OPTIONS])
            raise ValueError(
                f"the formula {show(formula)} has no variable {show(key)}; its names are "
                f"{one_of(found, 'and')}." + (" e is the constant 2.718..." if key == "e" else hint)
            )
    chosen = tuple(coordinates or (key for key in found if key not in known))
    if not chosen:
        raise ValueError(
            f"the formula {show(formula)} has no coordinate left: every name in it was given a value."
        )
    _check_names(formula, chosen, known)
    dials: dict[str, Any] = {key: _dial(key, value) for key, value in given.items()}
    function = formula_function(parsed, chosen)
    give_signature(function, chosen, known)
    function.__name__ = str(name)
    function.__doc__ = f"The formula {formula.strip()}."
    definition = define(function, **{"source": "typed formula", **options}, data=data, **dials)
    definition.text = formula
    definition.derivation.outputs(2)  # what is wrong or too large is refused now, not at first use
    return Landscape(definition)


def again(text: str, parts: dict[str, Any]) -> Definition:
    """The definition of a formula that was checked before, from the parts that a pickle holds."""
    options = {key: parts[key] for key in OPTIONS if key in parts}
    made = from_text(
        text,
        name=parts["name"],
        coordinates=parts["coordinates"],
        data=parts["columns"] or None,
        lesson=parts["lessons"] or None,
        **options,
        **parts["dials"],
    )
    return made.definition


def _check_names(formula: str, coordinates: tuple[Any, ...], known: Mapping[str, Any]) -> None:
    for key in coordinates:
        if not isinstance(key, str) or not key.isidentifier():
            raise ValueError(f"the coordinate {show(key)} is not a name such as 'x'.")
        if key in known:
            raise ValueError(
                f"{show(key)} is named as a coordinate of {show(formula)} and was given a value too."
            )
        if coordinates.count(key) > 1:
            raise ValueError(f"the coordinate {show(key)} is named twice.")


def _dial(key: str, value: Any) -> Dial:
    if isinstance(value, Dial):
        return value
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"parameter {key}={show(value)} is not a number (or a dial).")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"parameter {key}={show(value)} is not finite.")
    if number > 0:
        return dial(number, number / 10, number * 10, log=True)
    reach = 10 * abs(number) or 10.0
    return dial(number, -reach, reach)
