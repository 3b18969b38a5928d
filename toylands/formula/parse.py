"""Text formulas, read by a whitelist of syntax: never eval, exec or sympify on what a user typed."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sympy

from toylands._words import did_you_mean
from toylands.formula.functions import TEXT_FUNCTIONS

MAX_LENGTH = 20_000
MAX_NODES = 2_000
MAX_EXPONENT = 64
_CONSTANTS = {"pi": sympy.pi, "e": sympy.E}
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}
_ARITY = {"where": 3, "max": 2, "min": 2}


def read(text: str) -> ast.expr:
    """Parse a text formula and check its size and syntax.

    Raises:
        ValueError: naming what is not allowed, or where the syntax breaks.
    """
    if not isinstance(text, str):
        raise TypeError(f"a formula is text such as 'x**2 + y**2', got {text!r}.")
    if len(text) > MAX_LENGTH:
        raise ValueError(
            f"the formula has {len(text):,} characters; at most {MAX_LENGTH:,} are read. "
            "Use a landscape over data when the loss is a mean of one short formula."
        )
    try:
        tree = ast.parse(text.strip().replace("^", "**"), mode="eval").body
    except SyntaxError as error:
        place = f" near column {error.offset}" if error.offset else ""
        raise ValueError(f"the formula {_short(text)!r} is not readable{place}.") from None
    except (RecursionError, MemoryError):
        raise ValueError(f"the formula {_short(text)!r} is nested too deeply.") from None
    count = 0
    for node in ast.walk(tree):
        count += 1
        if count > MAX_NODES:
            raise ValueError(
                f"the formula has more than {MAX_NODES:,} parts and is refused, because its exact "
                "Hessian would take too long to compile."
            )
    return tree


def names_in(tree: ast.expr) -> list[str]:
    """The variables of a formula, alphabetically (functions and constants left out)."""
    called = {node.func.id for node in _calls(tree) if isinstance(node.func, ast.Name)}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return sorted(names - called - set(_CONSTANTS))


def _calls(tree: ast.expr) -> Iterable[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


class Reader:
    """Builds the symbolic expression of a parsed formula from the given symbols."""

    def __init__(self, symbols: dict[str, Any]) -> None:
        self.symbols = symbols

    def build(self, node: ast.expr) -> Any:
        """The symbolic value of a node."""
        if isinstance(node, ast.Constant):
            return self._number(node)
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            value = self.build(node.operand)
            return -value if isinstance(node.op, ast.USub) else value
        if isinstance(node, ast.BinOp):
            return self._operation(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            comparison = _COMPARISONS.get(type(node.ops[0]))
            if comparison is not None:
                return comparison(self.build(node.left), self.build(node.comparators[0]))
        raise ValueError(
            f"the formula may not contain {_short(ast.unparse(node))!r}: only numbers, names, "
            "+ - * / **, comparisons inside where(...), and functions such as exp or sin."
        )

    def _number(self, node: ast.Constant) -> Any:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"the formula may not contain {value!r}, only real numbers.")
        if not math.isfinite(value) or abs(value) > 1e100:
            raise ValueError(f"the number {_short(ast.unparse(node))} is too large for a formula.")
        return sympy.Integer(value) if isinstance(value, int) else sympy.Float(value)

    def _name(self, name: str) -> Any:
        if name in self.symbols:
            return self.symbols[name]
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if name in TEXT_FUNCTIONS:
            raise ValueError(f"{name} is a function: write {name}(...).")
        choices = [*self.symbols, *_CONSTANTS]
        raise ValueError(
            f"unknown name {name!r} in the formula; it knows {', '.join(choices)}."
            + did_you_mean(name, choices)
        )

    def _operation(self, node: ast.BinOp) -> Any:
        left, right = self.build(node.left), self.build(node.right)
        if isinstance(node.op, ast.Pow):
            if right.is_number and abs(float(right)) > MAX_EXPONENT:
                raise ValueError(
                    f"the power {_short(ast.unparse(node))!r} is too large: exponents up to "
                    f"{MAX_EXPONENT} are accepted."
                )
            if left.is_number and right.is_number:
                return self._bounded(node, left, right)
            return left**right
        operator = _OPERATORS.get(type(node.op))
        if operator is None:
            raise ValueError(f"the formula may not use the operator in {ast.unparse(node)!r}.")
        if isinstance(node.op, ast.Div) and right == 0:
            raise ValueError(f"the formula divides by zero in {_short(ast.unparse(node))!r}.")
        return operator(left, right)

    def _bounded(self, node: ast.BinOp, left: Any, right: Any) -> Any:
        try:
            size = abs(float(left)) ** float(right)
        except (OverflowError, ZeroDivisionError):
            size = math.inf
        if not size <= 1e100:
            raise ValueError(f"the number {_short(ast.unparse(node))} is too large for a formula.")
        return left**right

    def _call(self, node: ast.Call) -> Any:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise ValueError(f"the formula may not contain {_short(ast.unparse(node))!r}.")
        name = node.func.id
        function = TEXT_FUNCTIONS.get(name)
        if function is None:
            raise ValueError(
                f"unknown function {name!r} in the formula; it knows "
                f"{', '.join(sorted(TEXT_FUNCTIONS))}." + did_you_mean(name, TEXT_FUNCTIONS)
            )
        wanted = _ARITY.get(name, 1)
        if len(node.args) != wanted:
            raise ValueError(
                f"{name} takes {wanted} value{'s' if wanted > 1 else ''}, got {len(node.args)} in "
                f"{_short(ast.unparse(node))!r}."
            )
        return function(*(self.build(argument) for argument in node.args))


def formula_function(tree: ast.expr, names: Sequence[str]) -> Callable[..., Any]:
    """A function of coordinates (positional) and parameters (by name) that builds the formula."""

    def function(*values: Any, **parameters: Any) -> Any:
        symbols = dict(zip(names, values, strict=True)) | parameters
        return Reader(symbols).build(tree)

    return function
