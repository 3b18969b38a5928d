"""Text formulas, read by a whitelist of syntax: never eval, exec or sympify on what a user typed."""

from __future__ import annotations

import ast
import keyword
import math
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import sympy

from toylands._words import did_you_mean, one_of, show
from toylands.formula import traced
from toylands.formula.functions import TEXT_FUNCTIONS

MAX_LENGTH = 20_000
MAX_NODES = 2_000
MAX_DEPTH = 60
MAX_EXPONENT = 64
MAX_NUMBER = 1e100
_CONSTANTS = {"pi": (sympy.pi, math.pi), "π": (sympy.pi, math.pi), "e": (sympy.E, math.e)}
_SUMS, _PRODUCTS = (ast.Add, ast.Sub), (ast.Mult, ast.Div)
_COMPARISONS: dict[type[ast.cmpop], tuple[Any, Callable[[float, float], bool]]] = {
    ast.Lt: (sympy.StrictLessThan, lambda a, b: a < b),
    ast.LtE: (sympy.LessThan, lambda a, b: a <= b),
    ast.Gt: (sympy.StrictGreaterThan, lambda a, b: a > b),
    ast.GtE: (sympy.GreaterThan, lambda a, b: a >= b),
}
_ARITY = {"where": 3, "max": 2, "min": 2}
_NOT_NUMBERS = {"inf", "infinity", "nan"}
_TYPED = {"²": "**2", "³": "**3", "×": "*", "·": "*", "÷": "/", "−": "-", "√": "sqrt(...)"}
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
#: functions that others have, in the words of ours
_MEANT = {
    "ln": "log(x)", "log10": "log(x)/log(10)", "log2": "log(x)/log(2)", "pow": "x**2 for pow(x, 2)",
    "arctan": "atan(x)", "arcsin": "asin(x)", "arccos": "acos(x)", "fabs": "abs(x)",
    "heaviside": "where(x > 0, 1, 0)",
}  # fmt: skip


class Formula(NamedTuple):
    """A parsed formula and the text its parts are quoted from."""

    tree: ast.expr
    source: str

    def part(self, node: ast.expr) -> str:
        """A part of the formula as it was typed, for a message."""
        return show(ast.get_source_segment(self.source, node) or self.source)


def read(text: str) -> Formula:
    """Parse a text formula and check its size and syntax.

    Raises:
        TypeError: when it is not text.
        ValueError: naming what is not allowed, or where the syntax breaks.
    """
    if not isinstance(text, str):
        raise TypeError(f"a formula is text such as 'x**2 + y**2', got {show(text)}.")
    if not text.strip():
        raise ValueError(f"the formula {show(text)} is empty; expected text such as 'x**2 + y**2'.")
    if len(text) > MAX_LENGTH:
        raise ValueError(
            f"the formula has {len(text):,} characters; at most {MAX_LENGTH:,} are read. "
            "Use a landscape over data when the loss is a mean of one short formula."
        )
    source = text.strip().replace("^", "**")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "error"
            )  # what Python calls doubtful, such as `1or x`, is refused
            tree = ast.parse(source, mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:
        if isinstance(error, SyntaxError) and "nested" not in error.msg:
            raise ValueError(_unreadable(source, error.offset)) from None
        raise ValueError(
            f"the formula {show(text)} is nested too deeply or has too many terms."
        ) from None
    except ValueError:
        raise ValueError(
            f"the formula {show(text)} contains a character without meaning."
        ) from None
    formula = Formula(tree, source)
    _check_size(tree)
    _check_syntax(formula)
    return formula


def _unreadable(source: str, offset: int | None) -> str:
    rest = source[max((offset or 1) - 1, 0) :]
    place = f" at {show(rest)}" if offset and rest and rest != source else ""
    hint = ""
    for typed, meant in _TYPED.items():
        if typed in source:
            hint = f" Write {meant} instead of {typed}."
    if subscript := re.search(r"[^\W\d]\w*[₀-₉]+", source):
        hint = f" Write {subscript[0].translate(_SUBSCRIPTS)} instead of {subscript[0]}."
    if re.search(r"\blambda\b", source):
        hint = " lambda is a word of Python: call the parameter lam, for example."
    if bars := re.search(r"\|([^|]+)\|", source):
        hint = f" Write abs({bars[1]}) instead of {bars[0]}."
    product = re.search(r"(?<![\w.])(\d+)\s*([^\W\d]\w*|\()", source)
    if product and not keyword.iskeyword(product[2]):
        hint = hint or f" Write {product[1]}*{product[2]} for a product."
    if re.search(r"(?<![<>=!:])=(?!=)", source):
        hint = hint or " Write only what stands to the right of the = sign."
    return f"the formula {show(source)} is not readable{place}.{hint}"


def _check_size(tree: ast.expr) -> None:
    """Refuse what has too many parts or is nested too deeply; a long sum or product is not deep."""
    count, depth = 0, 0
    stack: list[tuple[ast.AST, int]] = [(tree, 1)]
    while stack:
        node, level = stack.pop()
        count, depth = count + 1, max(depth, level)
        if count > MAX_NODES:
            raise ValueError(
                f"the formula has more than {MAX_NODES:,} parts and is refused, because its exact "
                "Hessian would take too long to compile."
            )
        if depth > MAX_DEPTH:
            raise ValueError(
                f"the formula is nested too deeply (at most {MAX_DEPTH} functions or powers inside "
                "each other)."
            )
        for child in ast.iter_child_nodes(node):
            chained = isinstance(node, ast.BinOp) and child is node.left and _chains(node, child)
            stack.append((child, level if chained else level + 1))


def _chains(node: ast.BinOp, left: ast.AST) -> bool:
    """Whether the left operand continues the same sum or product."""
    return isinstance(left, ast.BinOp) and any(
        isinstance(node.op, kind) and isinstance(left.op, kind) for kind in (_SUMS, _PRODUCTS)
    )


def _check_syntax(formula: Formula) -> None:
    """Allow numbers, names, arithmetic, known functions, and comparisons as conditions of where."""
    conditions = set()
    names = _names(formula.tree)
    for node in ast.walk(formula.tree):
        if isinstance(node, ast.Call):
            _check_call(node, formula, names)
            if isinstance(node.func, ast.Name) and node.func.id == "where":
                conditions.add(node.args[0])
                if not isinstance(node.args[0], ast.Compare):
                    raise ValueError(
                        f"where(condition, yes, no) needs a comparison such as x < 1 as its "
                        f"condition, got {formula.part(node.args[0])}."
                    )
        elif isinstance(node, ast.Constant):
            _check_number(node, formula)
        elif isinstance(node, ast.Name):
            if node.id.startswith("_"):
                raise ValueError(
                    f"the formula may not contain the name {show(node.id)}: names start with a letter."
                )
            if node.id.lower() in _NOT_NUMBERS:
                raise ValueError(
                    f"the formula may not contain {show(node.id)}, only finite numbers."
                )
            if node.id in TEXT_FUNCTIONS and node.id in names:
                raise ValueError(f"{node.id} is a function: write {node.id}(...).")
        elif isinstance(node, ast.BinOp):
            if not isinstance(node.op, (*_SUMS, *_PRODUCTS, ast.Pow)):
                raise ValueError(
                    f"the formula may not use the operator in {formula.part(node)}; it knows "
                    "+ - * / and ** (or ^) for powers."
                )
        elif isinstance(node, ast.Compare) and node in conditions:
            if len(node.ops) > 1 or type(node.ops[0]) not in _COMPARISONS:
                raise ValueError(
                    f"the condition {formula.part(node)} must compare two values with <, <=, > or "
                    ">=."
                )
        elif isinstance(node, ast.expr) and not (
            isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd)
        ):
            choose = isinstance(node, ast.IfExp | ast.BoolOp | ast.Compare)
            raise ValueError(
                f"the formula may not contain {formula.part(node)}: only numbers, names, "
                "+ - * / **, comparisons inside where(...), and functions such as exp or sin."
                + " Write where(condition, yes, no) for a choice."
                * choose
            )


def _check_call(node: ast.Call, formula: Formula, names: set[str]) -> None:
    if not isinstance(node.func, ast.Name):
        raise ValueError(
            f"the formula may not contain {formula.part(node)}: only functions such as exp or sin "
            "can be called, and a product needs a *."
        )
    name = node.func.id
    if name not in TEXT_FUNCTIONS:
        hint = f" Write {_MEANT[name]}." if name in _MEANT else ""
        hint = hint or ("" if name in names else did_you_mean(name, TEXT_FUNCTIONS))
        hint = hint or f" Write {name}*(...) for a product."
        raise ValueError(
            f"unknown function {show(name)} in the formula; it knows "
            f"{', '.join(sorted(TEXT_FUNCTIONS))}.{hint}"
        )
    wanted = _ARITY.get(name, 1)
    if node.keywords or len(node.args) != wanted:
        given = len(node.args) + len(node.keywords)
        raise ValueError(
            f"{name} takes {wanted} value{'s' if wanted > 1 else ''} without names, got {given} in "
            f"{formula.part(node)}."
        )


def _check_number(node: ast.Constant, formula: Formula) -> None:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"the formula may not contain {formula.part(node)}, only real numbers.")
    if not abs(value) <= MAX_NUMBER:
        raise _too_large(formula.part(node))


def _too_large(part: str) -> ValueError:
    return ValueError(
        f"the number {part} is too large for a formula: at most {MAX_NUMBER:g} is accepted."
    )


def _names(tree: ast.expr) -> set[str]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called
    }


def names_in(formula: Formula) -> list[str]:
    """The variables of a formula, alphabetically (functions and constants left out)."""
    return sorted(_names(formula.tree) - set(_CONSTANTS) - set(TEXT_FUNCTIONS))


class Part(NamedTuple):
    """A part of a formula: as an expression, and its value when it is a constant (else None)."""

    expression: Any
    value: Any = None


class Reader:
    """Builds the symbolic expression of a parsed formula from the given symbols.

    Every constant part is computed in floating point first, so that SymPy never meets a number with
    millions of digits.
    """

    def __init__(self, formula: Formula, symbols: dict[str, Any]) -> None:
        self.formula = formula
        self.symbols = symbols

    def build(self, node: ast.expr) -> Part:
        """The symbolic value of a node, checked when it is a constant."""
        if isinstance(node, ast.BinOp):
            return self._operation(node)
        if isinstance(node, ast.UnaryOp):
            inner = self.build(node.operand)
            if isinstance(node.op, ast.UAdd):
                return inner
            return Part(-inner.expression, None if inner.value is None else -inner.value)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Name):
            return self._name(node.id)
        assert isinstance(node, ast.Constant)
        number = node.value
        assert isinstance(number, int | float)
        exact = sympy.Integer(number) if isinstance(number, int) else sympy.Float(number)
        return Part(exact, float(number))

    def _name(self, name: str) -> Part:
        if name in self.symbols:
            return Part(self.symbols[name])
        if name in _CONSTANTS:
            return Part(*_CONSTANTS[name])
        choices = [*self.symbols, *_CONSTANTS]
        raise ValueError(
            f"unknown name {show(name)} in the formula; it knows {one_of(choices, 'and')}."
            + did_you_mean(name, choices)
        )

    def _operation(self, node: ast.BinOp) -> Part:
        if isinstance(node.op, ast.Pow):
            return self._power(node)
        # A chain such as a + b - c + d leans to the left; it is read as one sum.
        chain: list[tuple[ast.operator, ast.expr]] = []
        first: ast.expr = node
        while isinstance(first, ast.BinOp) and (not chain or _chains(node, first)):
            chain.append((first.op, first.right))
            first = first.left
        parts = [self.build(first), *(self._operand(op, part) for op, part in reversed(chain))]
        combine = traced.total if isinstance(node.op, _SUMS) else traced.product
        total = math.fsum if isinstance(node.op, _SUMS) else math.prod
        constants = [part.value for part in parts if part.value is not None]
        value = self._size(node, total(constants))
        expression = combine(part.expression for part in parts)
        return Part(expression, value if len(constants) == len(parts) else None)

    def _operand(self, operator: ast.operator, node: ast.expr) -> Part:
        """What a sum adds or a product multiplies with: minus or one over it where so written."""
        part = self.build(node)
        if isinstance(operator, ast.Sub):
            return Part(-part.expression, None if part.value is None else -part.value)
        if isinstance(operator, ast.Div):
            if traced.plain(part.expression) == 0 or part.value == 0:
                raise ValueError(f"the formula divides by zero: by {self.formula.part(node)}.")
            return Part(1 / part.expression, None if part.value is None else 1 / part.value)
        return part

    def _power(self, node: ast.BinOp) -> Part:
        base, exponent = self.build(node.left), self.build(node.right)
        if exponent.value is not None and abs(exponent.value) > MAX_EXPONENT:
            raise ValueError(
                f"the power {self.formula.part(node)} is too large: exponents up to {MAX_EXPONENT} "
                "are accepted."
            )
        value = None
        if base.value is not None and exponent.value is not None:
            try:
                value = base.value**exponent.value
            except (OverflowError, ZeroDivisionError):
                value = math.inf
            if base.value and abs(value) < 1 / MAX_NUMBER:
                raise ValueError(
                    f"the number {self.formula.part(node)} is too small for a formula."
                )
            value = self._size(node, value)
        return Part(base.expression**exponent.expression, value)

    def _call(self, node: ast.Call) -> Part:
        assert isinstance(node.func, ast.Name)
        name = node.func.id
        if name == "where":
            parts = [self._condition(node.args[0]), *map(self.build, node.args[1:])]
        else:
            parts = [self.build(argument) for argument in node.args]
        function = TEXT_FUNCTIONS[name]
        value = None
        if all(part.value is not None for part in parts):
            value = self._size(node, function(*(part.value for part in parts)))
        return Part(function(*(part.expression for part in parts)), value)

    def _condition(self, node: ast.expr) -> Part:
        assert isinstance(node, ast.Compare)
        left, right = self.build(node.left), self.build(node.comparators[0])
        symbolic, numeric = _COMPARISONS[type(node.ops[0])]
        if left.value is not None and right.value is not None:
            holds = numeric(left.value, right.value)
            return Part(sympy.true if holds else sympy.false, holds)
        sides = traced.plain(left.expression), traced.plain(right.expression)
        return Part(symbolic(*sides, evaluate=False))

    def _size(self, node: ast.expr, value: Any) -> float:
        """The value of a constant part, when it is a real number of reasonable size."""
        if isinstance(value, complex) or math.isnan(value):
            raise ValueError(f"{self.formula.part(node)} in the formula is not a real number.")
        if not abs(value) <= MAX_NUMBER:
            raise _too_large(self.formula.part(node))
        return float(value)


def formula_function(formula: Formula, names: Sequence[str]) -> Callable[..., Any]:
    """A function of coordinates (positional) and parameters (by name) that builds the formula."""

    def function(*values: Any, **parameters: Any) -> Any:
        symbols = dict(zip(names, values, strict=True)) | parameters
        return Reader(formula, symbols).build(formula.tree).expression

    return function
