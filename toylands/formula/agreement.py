"""A formula as it was read against the Python function it was read from, both on plain numbers.

Reading calls the function with symbols. A function that does something else with symbols than with
numbers (it looks at types, keeps a cache, catches errors) would be read as another formula without a word.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy
from sympy.functions.elementary.piecewise import ExprCondPair

from toylands.formula import functions, scalars

#: what the coordinates are at the points that are looked at, each a little further along this list
POINTS = (0.0, 1.0, -1.0, 0.5, -0.75, 2.25, -3.0)
#: how far the two values may differ, by rounding
TOLERANCE = 1e-6

_NAMED: dict[str, Callable[..., float]] = {
    **{name: getattr(scalars, name) for name in scalars.__all__},
    **{name: getattr(functions, name) for name in functions.NUMERIC},
    "Abs": abs,
    "choice": lambda condition, yes, no: yes if condition else no,
}
_RELATIONS: dict[type, Callable[[float, float], bool]] = {
    sympy.StrictLessThan: lambda a, b: a < b,
    sympy.LessThan: lambda a, b: a <= b,
    sympy.StrictGreaterThan: lambda a, b: a > b,
    sympy.GreaterThan: lambda a, b: a >= b,
}


def value_of(expression: sympy.Basic, numbers: Mapping[sympy.Basic, float]) -> Any:
    """The value of an expression of a formula in floating-point numbers, or of a condition.

    Raises:
        KeyError: for something no formula contains. ArithmeticError: where Python's numbers end.
    """
    known: dict[sympy.Basic, Any] = dict(numbers)
    stack = [expression]
    while stack:
        node = stack[-1]
        missing = [argument for argument in node.args if argument not in known]
        if missing and node not in known:
            stack.extend(missing)
            continue
        stack.pop()
        if node not in known:
            known[node] = _combined(node, [known[argument] for argument in node.args])
    return known[expression]


def _combined(node: sympy.Basic, values: list[Any]) -> Any:
    if isinstance(node, sympy.Expr) and node.is_number and not values:
        return float(node)
    if isinstance(node, sympy.logic.boolalg.BooleanAtom):
        return bool(node)
    if node.is_Add:
        return math.fsum(values) if all(map(math.isfinite, values)) else sum(values)
    if node.is_Mul:
        return math.prod(values)
    if node.is_Pow:
        return values[0] ** values[1]
    if type(node) in _RELATIONS:
        return _RELATIONS[type(node)](*values)
    if isinstance(node, sympy.And | sympy.Or):
        return all(values) if isinstance(node, sympy.And) else any(values)
    if isinstance(node, sympy.Not):
        return not values[0]
    if isinstance(node, ExprCondPair):
        return tuple(values)
    if isinstance(node, sympy.Piecewise):
        return next((value for value, condition in values if condition), math.nan)
    return _NAMED[type(node).__name__](*values)


def disagreement(
    function: Callable[..., Any],
    expression: sympy.Expr,
    symbols: Sequence[sympy.Symbol],
    examples: Mapping[sympy.Symbol, Sequence[float]],
) -> tuple[dict[str, float], float, float] | None:
    """Where a function and the formula that was read from it have different values.

    Args:
        function: of the coordinates (positional) and everything else (by name).
        expression: what was read.
        symbols: the coordinates.
        examples: values for everything else, which are taken in turn.

    Returns:
        The first such point by name, the function's value and the formula's; None where they agree.
        Points at which either is not a real number are left out.
    """
    for k in range(len(POINTS)):
        numbers = {s: POINTS[(k + 2 * j) % len(POINTS)] for j, s in enumerate(symbols)}
        given = {s: float(values[k % len(values)]) for s, values in examples.items()}
        try:
            plain = function(*numbers.values(), **{s.name: value for s, value in given.items()})
            read = value_of(expression, numbers | given)
            if isinstance(plain, complex) or isinstance(read, complex):
                continue
            plain, read = float(plain), float(read)
        except (ArithmeticError, KeyError, TypeError, ValueError):
            continue
        if not (math.isfinite(plain) and math.isfinite(read)):
            continue
        if abs(plain - read) > TOLERANCE * max(1.0, abs(plain), abs(read)):
            return {s.name: value for s, value in (numbers | given).items()}, plain, read
    return None
