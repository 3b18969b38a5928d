"""From a Python function to exact derivatives.

The function is called once, with SymPy symbols for its coordinates, parameters and data columns.
Everything else (gradient, Hessian, third derivatives) is exact differentiation of what it returned.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from itertools import combinations_with_replacement
from typing import Any

import sympy

from toylands.formula.special import derivative, named_constants

#: Work a formula may cost: nodes of its expression times the derivatives a Hessian needs. Beyond it
#: SymPy and the compiler take many seconds, so the formula is refused with a message instead.
MAX_COST = 20_000
MAX_NODES = 3_000


def count_nodes(expression: sympy.Expr, limit: int) -> int:
    """Count the nodes of an expression tree, giving up just above `limit`."""
    count, stack = 0, [expression]
    while stack and count <= limit:
        node = stack.pop()
        count += 1
        stack.extend(node.args)
    return count


class Derivation:
    """The symbolic side of one landscape: its expression and exact derivatives, made when needed.

    Attributes:
        coordinates, parameters, columns: names in order.
        signs: one per coordinate: +1 where it descends, -1 where a game's player ascends.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        coordinates: Sequence[str],
        parameters: Sequence[str],
        columns: Sequence[str],
        signs: Sequence[int],
    ) -> None:
        self.name = name
        self.function = function
        self.coordinates = tuple(coordinates)
        self.parameters = tuple(parameters)
        self.columns = tuple(columns)
        self.signs = tuple(signs)

    @functools.cached_property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """One real symbol per coordinate."""
        return tuple(sympy.Symbol(name, real=True) for name in self.coordinates)

    @functools.cached_property
    def parameter_symbols(self) -> dict[str, sympy.Symbol]:
        """One real symbol per parameter and data column."""
        names = (*self.parameters, *self.columns)
        return {name: sympy.Symbol(name, real=True) for name in names}

    @functools.cached_property
    def loss(self) -> sympy.Expr:
        """The formula itself."""
        try:
            result = self.function(*self.symbols, **self.parameter_symbols)
        except TypeError as error:
            raise TypeError(
                f"{self.name}: the formula could not be read as mathematics ({error}). Use plain "
                "arithmetic, the functions of toylands.formula (exp, sin, sqrt, ...) instead of "
                "math or numpy, and where(condition, yes, no) instead of if."
            ) from error
        try:
            expression = sympy.sympify(result, strict=True)
        except (sympy.SympifyError, TypeError) as error:
            raise TypeError(
                f"{self.name}: the formula returned {result!r}, expected one expression for the "
                "loss (did it forget its return, or return several values?)."
            ) from error
        return self._checked(named_constants(expression))

    def _checked(self, expression: sympy.Expr) -> sympy.Expr:
        d = len(self.coordinates)
        nodes = count_nodes(expression, MAX_NODES)
        cost = nodes * (1 + d + d * (d + 1) // 2)
        if nodes > MAX_NODES or cost > MAX_COST:
            size = f"more than {MAX_NODES:,}" if nodes > MAX_NODES else f"{nodes:,}"
            raise ValueError(
                f"{self.name}: the formula is too large to differentiate exactly: {size} terms in "
                f"{d} coordinates (limit: terms x derivatives <= {MAX_COST:,}). Use fewer terms or "
                "coordinates, or a landscape over data, whose loss is a mean of one short formula."
            )
        if expression.has(sympy.zoo, sympy.nan, sympy.I):
            raise ValueError(
                f"{self.name}: the formula is {expression}, which is not a real function."
            )
        return expression

    @functools.cached_property
    def grad(self) -> list[sympy.Expr]:
        """The gradient (of the formula, before any player's sign)."""
        return [derivative(self.loss, symbol) for symbol in self.symbols]

    @functools.cached_property
    def hessian(self) -> list[list[sympy.Expr]]:
        """The symmetric Hessian."""
        d = len(self.symbols)
        rows = [[sympy.Integer(0)] * d for _ in range(d)]
        for i, j in combinations_with_replacement(range(d), 2):
            rows[i][j] = rows[j][i] = derivative(self.grad[i], self.symbols[j])
        return rows

    @functools.cached_property
    def third(self) -> list[sympy.Expr]:
        """Third derivatives, flattened in C order, shape (d, d, d)."""
        d = len(self.symbols)
        known = {
            (i, j, k): derivative(self.hessian[i][j], self.symbols[k])
            for i, j, k in combinations_with_replacement(range(d), 3)
        }
        cube = range(d)
        return [known[tuple(sorted((i, j, k)))] for i in cube for j in cube for k in cube]  # type: ignore[index]

    def outputs(self, order: int) -> list[sympy.Expr]:
        """What a kernel of this order writes: field, Jacobian (row by row) or third derivatives."""
        if order == 1:
            return [sign * g for sign, g in zip(self.signs, self.grad, strict=True)]
        if order == 2:
            return [
                sign * entry
                for sign, row in zip(self.signs, self.hessian, strict=True)
                for entry in row
            ]
        d = len(self.symbols)
        return [self.signs[n // (d * d)] * entry for n, entry in enumerate(self.third)]
