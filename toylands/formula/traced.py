"""What a formula is called with: symbols that know where they are real, and that refuse to be decided.

A formula is read by calling it once, with symbols instead of numbers. Two things get lost on the way if
nobody watches. Simplification forgets where the loss exists: exp(log(x)) becomes x, for negative x too, and
the derivative of log(x) is 1/x, which is a number there. And Python decides `x == 0`, `x or y` and
`if x > 0` at once, while x has no value yet. `Traced` carries an expression and its domain through every
operation, and raises where Python asks it for a decision.
"""

from __future__ import annotations

import ast
import itertools
import linecache
import operator
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any, NoReturn

import sympy

from toylands._words import show
from toylands.formula import special

Domain = frozenset[sympy.Expr]
_EVERYWHERE: Domain = frozenset()


class DecisionError(TypeError):
    """A formula wants a decision on something that has no value yet."""


def plain(value: Any) -> Any:
    """What SymPy knows of a value: the expression of a traced one."""
    return value.expression if isinstance(value, Traced) else value


def domain_of(*values: Any) -> Domain:
    """Where all of the values are real: terms that are 0 there and not a number elsewhere."""
    return _EVERYWHERE.union(*(v.domain for v in values if isinstance(v, Traced)))


def _binary(
    function: Callable[[Any, Any], Any], *, turned: bool = False
) -> Callable[[Any, Any], Any]:
    def method(self: Traced, other: Any) -> Any:
        try:
            known = other if isinstance(other, Traced) else sympy.sympify(other, strict=True)
        except (sympy.SympifyError, TypeError, ValueError):
            return NotImplemented
        if not isinstance(plain(known), sympy.Basic):  # an array: element by element
            return NotImplemented
        first, second = (known, self) if turned else (self, known)
        return Traced(function(plain(first), plain(second)), domain_of(first, second))

    return method


def _power(turned: bool) -> Callable[[Any, Any], Any]:
    raise_it = _binary(operator.pow, turned=turned)

    def method(self: Traced, other: Any) -> Any:
        made = raise_it(self, other)
        if made is NotImplemented:
            return made
        base, exponent = (other, self) if turned else (self, other)
        return Traced(made.expression, made.domain | _of_power(plain(base), plain(exponent)))

    return method


class Traced:
    """An expression, or a comparison, and where it is real.

    Attributes:
        expression: of SymPy.
        domain: terms that are 0 where the expression is real and not a number elsewhere.
    """

    __slots__ = ("domain", "expression")
    __hash__ = object.__hash__

    def __init__(self, expression: sympy.Basic, domain: Domain = _EVERYWHERE) -> None:
        self.expression = expression
        self.domain = domain

    def _sympy_(self) -> sympy.Basic:
        return self.expression

    __add__, __radd__ = _binary(operator.add), _binary(operator.add, turned=True)
    __sub__, __rsub__ = _binary(operator.sub), _binary(operator.sub, turned=True)
    __mul__, __rmul__ = _binary(operator.mul), _binary(operator.mul, turned=True)
    __truediv__, __rtruediv__ = (
        _binary(operator.truediv),
        _binary(operator.truediv, turned=True),
    )
    __pow__, __rpow__ = _power(False), _power(True)
    __lt__, __le__ = _binary(operator.lt), _binary(operator.le)
    __gt__, __ge__ = _binary(operator.gt), _binary(operator.ge)
    __and__, __rand__ = _binary(operator.and_), _binary(operator.and_, turned=True)
    __or__, __ror__ = _binary(operator.or_), _binary(operator.or_, turned=True)

    def __neg__(self) -> Traced:
        return Traced(-self.expression, self.domain)

    def __pos__(self) -> Traced:
        return self

    def __abs__(self) -> Traced:
        return Traced(abs(self.expression), self.domain)

    def __eq__(self, other: object) -> NoReturn:
        _refuse(self, "==")

    def __ne__(self, other: object) -> NoReturn:
        _refuse(self, "!=")

    def __bool__(self) -> NoReturn:
        _refuse(self, "bool")

    def __contains__(self, other: object) -> NoReturn:
        _refuse(self, "in")

    def __repr__(self) -> str:
        return str(self.expression)


def apply(name: str, *values: Any) -> Any:
    """Call the named function of a formula on values, traced ones among them."""
    expression = special.apply(name, *map(plain, values))
    if not any(isinstance(value, Traced) for value in values):
        return expression
    if name == "where":
        condition, yes, no = values
        return Traced(expression, _of_choice(plain(condition), domain_of(yes), domain_of(no)))
    own = _DOMAINS[name](sympy.sympify(plain(values[0]))) if name in _DOMAINS else _EVERYWHERE
    return Traced(expression, domain_of(*values) | own)


def total(values: Iterable[Any]) -> Any:
    """The sum of many values, made at once."""
    values = list(values)
    return _joined(sympy.Add(*map(plain, values)), values)


def product(values: Iterable[Any]) -> Any:
    """The product of many values, made at once."""
    values = list(values)
    return _joined(sympy.Mul(*map(plain, values)), values)


def _joined(expression: sympy.Expr, values: list[Any]) -> Any:
    some = any(isinstance(value, Traced) for value in values)
    return Traced(expression, domain_of(*values)) if some else expression


# --- where a function is real ------------------------------------------------------------------------


def _above_zero(u: sympy.Expr) -> Domain:
    return (
        _EVERYWHERE if always_positive(u) else frozenset({special.above_zero(special.of_reals(u))})
    )


def _from_zero(u: sympy.Expr) -> Domain:
    return _EVERYWHERE if _nonnegative(u) else frozenset({special.from_zero(special.of_reals(u))})


_DOMAINS: dict[str, Callable[[sympy.Expr], Domain]] = {
    "log": _above_zero,
    "log1p": lambda u: _above_zero(1 + u),
    "sqrt": _from_zero,
    "asin": lambda u: _from_zero(1 - u**2),
    "acos": lambda u: _from_zero(1 - u**2),
}


def _of_power(base: Any, exponent: Any) -> Domain:
    base, exponent = sympy.sympify(base), sympy.sympify(exponent)
    if not exponent.is_number or not exponent.is_real or float(exponent).is_integer():
        return _EVERYWHERE  # a symbol as exponent may be whole: pow says itself where it is real
    return _from_zero(base) if exponent > 0 else _above_zero(base)


def _of_choice(condition: Any, yes: Domain, no: Domain) -> Domain:
    common = yes & no
    one, other = (sympy.Add(*sorted(part - common, key=str)) for part in (yes, no))
    if one == other:
        return common
    return common | {special.choice(condition, one, other)}


def always_positive(u: sympy.Expr) -> bool:
    """Whether a float of this value cannot be 0 or less (exp(x) can: it is 0 far below)."""
    if u.is_number:
        return bool(u.is_positive)
    if isinstance(u, sympy.cosh):
        return True
    if u.is_Add:
        return all(map(_nonnegative, u.args)) and any(map(always_positive, u.args))
    if u.is_Mul:
        return all(map(always_positive, u.args))
    if u.is_Pow and u.exp.is_number:
        return always_positive(u.base)
    return isinstance(u, special.choice) and all(map(always_positive, u.args[1:]))


_NEVER_NEGATIVE = (
    *(sympy.exp, sympy.Abs, special.absolute, special.sigmoid, special.softplus),
    *(special.sech2, special.relu, special.normal_cdf),
)


def _nonnegative(u: sympy.Expr) -> bool:
    """Whether a float of this value cannot be negative."""
    if always_positive(u):
        return True
    if u.is_number:
        return bool(u.is_nonnegative)
    if isinstance(u, _NEVER_NEGATIVE):
        return True
    if u.is_Add or u.is_Mul:
        return all(map(_nonnegative, u.args))
    if u.is_Pow and u.exp.is_number and u.exp.is_real:
        whole = float(u.exp).is_integer()
        return not whole or float(u.exp) % 2 == 0 or _nonnegative(u.base)
    return isinstance(u, special.choice) and all(map(_nonnegative, u.args[1:]))


# --- decisions that a formula must not make ------------------------------------------------------------

_WHERE = "write where(condition, yes, no), which chooses at every point"
_EQUAL = (
    "compare with <, <=, > or >= inside where(...); a value missing at one point only, such as sin(x)/x at "
    "0, needs no choice: its limit is filled in"
)
_SPELLINGS = {
    "==": _EQUAL,
    "!=": _EQUAL,
    "in": _EQUAL,
    "chain": "write (a < x) & (x < b) for a < x < b",
    "and": "write a & b, with each comparison in parentheses",
    "or": "write a | b, with each comparison in parentheses",
    "not": "turn the comparison round: x <= 0 for not x > 0",
    "max": "write maximum_of(a, b)",
    "min": "write minimum_of(a, b)",
    "if": _WHERE,
    "while": _WHERE,
    "bool": f"{_WHERE}, and a & b or a | b to join conditions",
}


def _refuse(value: Traced, asked: str) -> NoReturn:
    """Say which words of the formula ask for a decision, and how to write it instead."""
    frame = sys._getframe(2)
    kind, words = _asking(frame, asked)
    quoted = f"{show(words)} decides" if words else f"{kind} on {value} decides"
    raise DecisionError(
        f"{quoted} while the formula is read, when its coordinates and parameters have no value yet; "
        f"{_SPELLINGS[kind]}."
    )


def _asking(frame: FrameType, asked: str) -> tuple[str, str]:
    """The kind of decision that is being made in this frame, and its words; none without source."""
    source = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
    place = next(itertools.islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
    try:
        tree = ast.parse(source)
    except SyntaxError:  # such as a cell with a magic command
        return asked, linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
    best: tuple[tuple[int, int], str, ast.expr] | None = None
    for node in ast.walk(tree):
        kind = _kind(node, asked)
        if kind is None:
            continue
        part = node.test if isinstance(node, ast.If | ast.While | ast.IfExp) else node
        assert isinstance(part, ast.expr)
        if _holds(part, place):
            words = ast.get_source_segment(source, part) or ""
            rank = len(words), _RANK[kind]
            if best is None or rank < best[0]:
                best = rank, kind, node if isinstance(node, ast.IfExp) else part
    if best is None:
        return asked, ""
    return best[1], ast.get_source_segment(source, best[2]) or ""


def _holds(part: ast.expr, place: tuple[int | None, ...]) -> bool:
    """Whether a piece of syntax holds the place (first line, last line, first column, last column)."""
    line, _, column, _ = place
    if line is None or column is None or part.end_lineno is None or part.end_col_offset is None:
        return False
    first, last = (part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)
    return first <= (line, column) < last


#: of several decisions that are written alike, the one that is named
_RANK = {
    kind: n
    for n, kind in enumerate(
        ("==", "!=", "in", "chain", "max", "min", "not", "and", "or", "if", "while", "bool")
    )
}


def _kind(node: ast.AST, asked: str) -> str | None:
    """Which decision a piece of syntax makes, if it can be the one that was asked for."""
    if isinstance(node, ast.Compare):
        words = {ast.Eq: "==", ast.NotEq: "!=", ast.In: "in", ast.NotIn: "in"}
        found = [words[type(op)] for op in node.ops if type(op) in words]
        if asked == "bool":
            return "chain" if len(node.ops) > 1 and not found else None
        return found[0] if found else None
    if asked != "bool":
        return None
    if isinstance(node, ast.BoolOp):
        return "and" if isinstance(node.op, ast.And) else "or"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return "not"
    if isinstance(node, ast.If | ast.IfExp):
        return "if"
    if isinstance(node, ast.While):
        return "while"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id if node.func.id in ("max", "min") else None
    return None
