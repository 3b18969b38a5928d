"""From a Python function to exact derivatives.

The function is called once, with SymPy symbols for its coordinates, parameters and data columns.
Everything else (gradient, Hessian, third derivatives) is exact differentiation of what it returned.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement, product
from typing import Any

import sympy

from toylands._words import did_you_mean, one_of, show
from toylands.formula import special
from toylands.formula.special import (
    choice,
    derivative,
    exact_exponents,
    maximum,
    minimum,
    named_constants,
    of_reals,
)
from toylands.formula.traced import DecisionError, Traced, domain_of, plain

#: What a formula may cost. Beyond these numbers SymPy and the compiler take many seconds, so the
#: formula is refused with a message instead: operations in the formula, operations inside each other,
#: operations in all its derivatives of one order, different ones among them, and numbers a kernel
#: writes per point.
MAX_NODES = 3_000
MAX_DEPTH = 80
MAX_DERIVED = 100_000
MAX_DISTINCT = 1_200
MAX_OUTPUTS = 512
#: different functions such as exp or sin that the derivatives call: about a twelfth of a second each
MAX_CALLS = 60

_SMALLEST, _LARGEST = sys.float_info.min, sys.float_info.max
_UNREAL = {sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I}


def count_nodes(expression: sympy.Expr, limit: int) -> int:
    """Count the nodes of an expression tree, giving up just above `limit`."""
    count, stack = 0, [expression]
    while stack and count <= limit:
        node = stack.pop()
        count += 1
        stack.extend(node.args)
    return count


def depth(expression: sympy.Expr) -> int:
    """How many operations stand inside each other at most."""
    deepest, stack = 0, [(expression, 1)]
    while stack:
        node, level = stack.pop()
        deepest = max(deepest, level)
        stack.extend((argument, level + 1) for argument in node.args)
    return deepest


def distinct_nodes(expressions: Sequence[sympy.Expr]) -> set[sympy.Basic]:
    """The different nodes of several expressions: what is left when each is computed once."""
    seen: set[sympy.Basic] = set()
    stack: list[sympy.Basic] = list(expressions)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(node.args)
    return seen


def derivative_size(expression: sympy.Expr, symbol: sympy.Symbol) -> int:
    """How many nodes the derivative will have, estimated from the chain and product rules alone."""
    sizes: dict[sympy.Basic, int] = {}
    grown: dict[sympy.Basic, int] = {}
    stack = [expression]
    while stack:
        node = stack[-1]
        missing = [argument for argument in node.args if argument not in sizes]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        sizes[node] = 1 + sum(sizes[argument] for argument in node.args)
        if not node.args:
            grown[node] = int(node == symbol)
        elif node.is_Add:
            grown[node] = sum(grown[argument] for argument in node.args)
        elif isinstance(node, choice | maximum | minimum):  # a condition stays as it is
            inside = sum(grown[branch] for branch in node.args[-2:])
            grown[node] = sizes[node] + 2 + inside if inside else 0
        else:
            inner = [grown[argument] for argument in node.args if grown[argument]]
            grown[node] = sum(sizes[node] + more + 2 for more in inner)
    return grown[expression]


def _unconditional(expressions: Sequence[sympy.Expr]) -> Iterator[sympy.Basic]:
    """The nodes of which an expression is not a number where one of them is not."""
    stack, seen = list(expressions), set()
    while stack:
        node = stack.pop()
        if node not in seen and not isinstance(node, choice | sympy.Rel):
            seen.add(node)
            yield node
            stack.extend(node.args)


def _signed(sign: int, entry: sympy.Expr) -> sympy.Expr:
    """An entry with its player's sign; that of a choice stands before its branches."""
    if sign == 1 or not isinstance(entry, choice):
        return sign * entry
    condition, yes, no = entry.args
    return choice(condition, -yes, _signed(sign, no))


def calls(expression: sympy.Expr) -> int:
    """How many functions an expression and its derivatives call: a sine has a cosine, and so on."""
    made: set[tuple[str, sympy.Expr]] = set()
    for node in distinct_nodes([expression]):
        if isinstance(node, sympy.Function) and node.free_symbols and type(node) not in _LIGHT:
            names = _TOGETHER.get(type(node), (type(node).__name__,))
            made |= {(name, node.args[0]) for name in names}
    return len(made)


#: functions that are compiled to a comparison; those that come with another one in their derivatives
_LIGHT = {special.absolute, sympy.Abs, special.sign, special.relu, special.step, special.flat}
_LIGHT |= {choice, maximum, minimum, special.above_zero, special.from_zero}
_TOGETHER = {
    **dict.fromkeys((sympy.sin, sympy.cos), ("sin", "cos")),
    **dict.fromkeys((sympy.sinh, sympy.cosh), ("sinh", "cosh")),
    special.tanh: ("tanh", "sech2"),
    special.sigmoid: ("sigmoid", "sigmoid of the opposite"),
}


class Derivation:
    """The symbolic side of one landscape: its expression and exact derivatives, made when needed.

    Attributes:
        coordinates, parameters, columns: names in order.
        signs: one per coordinate: +1 where it descends, -1 where a game's player ascends.
        examples: some values of each parameter and column; None: the function is not called with numbers.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        coordinates: Sequence[str],
        parameters: Sequence[str],
        columns: Sequence[str],
        signs: Sequence[int],
        examples: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        self.name = name
        self.function = function
        self.coordinates = tuple(coordinates)
        self.parameters = tuple(parameters)
        self.columns = tuple(columns)
        self.signs = tuple(signs)
        self._known: dict[int, tuple[list[list[sympy.Expr]], list[Any]]] = {}
        self.examples = None if examples is None else dict(examples)

    @functools.cached_property
    def identity(self) -> tuple[Any, ...]:
        """What everything else follows from; only error messages tell the name."""
        return (*self._read, self.coordinates, self.parameters, self.columns, self.signs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Derivation) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)

    @functools.cached_property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """One real symbol per coordinate."""
        return tuple(sympy.Symbol(name, real=True) for name in self.coordinates)

    @functools.cached_property
    def parameter_symbols(self) -> dict[str, sympy.Symbol]:
        """One real symbol per parameter and data column."""
        names = (*self.parameters, *self.columns)
        return {name: sympy.Symbol(name, real=True) for name in names}

    @property
    def loss(self) -> sympy.Expr:
        """The formula itself."""
        return self._read[0]

    @functools.cached_property
    def domain(self) -> tuple[sympy.Expr, ...]:
        """Where the formula is real: terms that are 0 there and not a number elsewhere.

        A point at which the loss has a limit belongs to it, such as 0 for x**2 log|x|.
        """
        terms = self._read[1]
        if not any(isinstance(term, special.above_zero) for term in terms):
            return terms
        ends = [place.point for place in self._filled(0)[1]]
        return tuple(
            special.from_zero(term.args[0])
            if isinstance(term, special.above_zero)
            and any(sympy.simplify(term.args[0].xreplace(end)) == 0 for end in ends)
            else term
            for term in terms
        )

    def _filled(self, order: int) -> tuple[list[list[sympy.Expr]], list[Any]]:
        """The loss and its derivatives up to an order, with limits where they read 0/0."""
        if order not in self._known:
            self._known[order] = self._fill(order)
        return self._known[order]

    def _fill(self, order: int) -> tuple[list[list[sympy.Expr]], list[Any]]:
        from toylands.formula.limits import filled

        d = len(self.symbols)
        orders: list[list[sympy.Expr]] = [[self.loss]]
        if order >= 1:
            orders.append(self.grad)
        if order >= 2:
            orders.append([self.hessian[i][j] for i in range(d) for j in range(i, d)])
        if order >= 3:
            triples = combinations_with_replacement(range(d), 3)
            orders.append([self.third[(i * d + j) * d + k] for i, j, k in triples])
        return filled(orders, self.symbols)

    @property
    def value(self) -> sympy.Expr:
        """The loss as kernels compute it, with limits where the formula reads 0/0."""
        return self._filled(0)[0][0][0]

    @property
    def gaps(self) -> list[list[sympy.Expr]]:
        """Where the formula or its derivatives read 0/0: all coordinates, from the others and the dials."""
        places = self._filled(2)[1]
        return [[place.point.get(s, s) for s in self.symbols] for place in places]

    def guard(self, expressions: Sequence[sympy.Expr]) -> sympy.Expr:
        """What is to be added to expressions, so that they are numbers only where the formula is real.

        Most of them say so themselves: sqrt(x) and its derivatives are no numbers for x < 0. The derivative
        1/x of log(x) is one, and so is x, which sqrt(x)**2 is simplified to.
        """
        said: set[sympy.Expr] = set()
        if self.domain:
            for node in _unconditional(expressions):
                if isinstance(node, sympy.log | special.log1p):
                    inner = node.args[0] + (1 if isinstance(node, special.log1p) else 0)
                    said |= {special.above_zero(inner), special.from_zero(inner)}
                elif node.is_Pow and node.exp.is_number and not float(node.exp).is_integer():
                    said.add(special.from_zero(node.base))
                    if node.exp.is_negative:
                        said.add(special.above_zero(node.base))
                elif isinstance(node, sympy.asin | sympy.acos):
                    said.add(special.from_zero(1 - node.args[0] ** 2))
        return sympy.Add(*(term for term in self.domain if term not in said))

    @functools.cached_property
    def _read(self) -> tuple[sympy.Expr, tuple[sympy.Expr, ...]]:
        """Call the function: the formula, and where it is real."""
        try:
            result = self.function(
                *map(Traced, self.symbols),
                **{name: Traced(symbol) for name, symbol in self.parameter_symbols.items()},
            )
        except RecursionError:
            raise self._too_deep() from None
        except DecisionError as error:
            raise TypeError(f"{self.name}: {error}") from None
        except TypeError as error:
            raise TypeError(
                f"{self.name}: the formula could not be read as mathematics ({error}). Use plain "
                "arithmetic, the functions of toylands.formula (exp, sin, sqrt, ...) instead of "
                "math or numpy, and where(condition, yes, no) instead of if."
            ) from error
        try:
            expression = sympy.sympify(plain(result), strict=True)
        except (sympy.SympifyError, TypeError):
            expression = None
        if not isinstance(expression, sympy.Expr):
            raise TypeError(
                f"{self.name}: the formula returned {show(result)}, expected one expression for the "
                "loss (did it forget its return, return several values, or return a comparison?)."
            )
        self._check_size(expression)
        expression, *domain = (
            of_reals(exact_exponents(named_constants(part)))
            for part in (expression, *sorted(domain_of(result), key=str))
        )
        self._check_symbols(expression)
        if calls(expression) > MAX_CALLS:
            raise self._too_large(
                f"with its derivatives it calls {calls(expression)} different functions such as exp or "
                f"sin (at most {MAX_CALLS}), which takes many seconds to compile"
            )
        self._check_agreement(expression)
        return expression, tuple(domain)

    def _check_agreement(self, expression: sympy.Expr) -> None:
        """What was read must be what the function computes from plain numbers."""
        from toylands.formula.agreement import disagreement

        if self.examples is None:
            return
        examples = {s: self.examples[name] for name, s in self.parameter_symbols.items()}
        found = disagreement(self.function, expression, self.symbols, examples)
        if found:
            point, plainly, read = found
            where = ", ".join(f"{name}={value:g}" for name, value in point.items())
            raise ValueError(
                f"{self.name}: at {where} the function returns {plainly:.6g}, but the formula that was "
                f"read from it, {show(str(expression))}, has the value {read:.6g}. A formula is read once, "
                "with symbols instead of numbers: it must do the same with both, and choose between "
                "values by where(condition, yes, no)."
            )

    def _check_size(self, expression: sympy.Expr) -> None:
        if count_nodes(expression, MAX_NODES) > MAX_NODES:
            raise self._too_large(f"it has more than {MAX_NODES:,} operations")
        if depth(expression) > MAX_DEPTH:
            raise self._too_deep()

    def _too_deep(self) -> ValueError:
        return self._too_large(f"more than {MAX_DEPTH} operations stand inside each other")

    def _too_large(self, why: str) -> ValueError:
        return ValueError(
            f"{self.name}: the formula is too large to differentiate and compile exactly: {why}. Use "
            "a shorter formula or fewer coordinates, or a landscape over data, whose loss is a mean "
            "of one short formula."
        )

    def _check_symbols(self, expression: sympy.Expr) -> None:
        known = {*self.symbols, *self.parameter_symbols.values()}
        foreign = sorted(str(symbol) for symbol in expression.free_symbols - known)
        if foreign:
            names = [symbol.name for symbol in known]
            raise ValueError(
                f"{self.name}: the formula contains {foreign[0]!r}, which is not one of its arguments "
                f"({one_of(sorted(names), 'and')})." + did_you_mean(foreign[0], names)
            )
        self._check_real("formula", distinct_nodes([expression]))
        if expression.has(sympy.re, sympy.im, sympy.arg, sympy.atan2):
            raise ValueError(
                f"{self.name}: abs(...) was taken of something that could be complex. Write "
                "absolute(...) from toylands.formula, which is about real numbers."
            )

    def _check_real(self, what: str, nodes: set[sympy.Basic]) -> None:
        if nodes & _UNREAL:
            raise ValueError(
                f"{self.name}: the {what} is not real: it contains the root or logarithm of a negative "
                "number, a division by zero or an infinite number."
            )
        for node in nodes:
            if node.is_Number and node and not _SMALLEST <= abs(node) <= _LARGEST:
                raise ValueError(
                    f"{self.name}: the {what} contains the number {sympy.N(node, 5)}, which does not "
                    "fit into a 64-bit float (about 1e-308 to 1e308)."
                )

    def _differentiate(
        self, what: str, wanted: Sequence[tuple[sympy.Expr, sympy.Symbol]]
    ) -> list[sympy.Expr]:
        """Differentiate several expressions, unless that would take too long."""
        nodes = sum(derivative_size(expression, symbol) for expression, symbol in wanted)
        if nodes > MAX_DERIVED:
            raise self._too_large(
                f"its {what} would take about {nodes:,} operations (at most {MAX_DERIVED:,})"
            )
        results = [derivative(expression, symbol) for expression, symbol in wanted]
        distinct = distinct_nodes(results)
        if len(distinct) > MAX_DISTINCT:
            raise self._too_large(
                f"its {what} takes {len(distinct):,} different operations (at most {MAX_DISTINCT:,})"
            )
        self._check_real(what, distinct)
        return results

    @functools.cached_property
    def grad(self) -> list[sympy.Expr]:
        """The gradient (of the formula, before any player's sign)."""
        return self._differentiate("gradient", [(self.loss, symbol) for symbol in self.symbols])

    @functools.cached_property
    def hessian(self) -> list[list[sympy.Expr]]:
        """The symmetric Hessian."""
        d = len(self.symbols)
        pairs = list(combinations_with_replacement(range(d), 2))
        entries = self._differentiate(
            "Hessian", [(self.grad[i], self.symbols[j]) for i, j in pairs]
        )
        rows = [[sympy.Integer(0)] * d for _ in range(d)]
        for (i, j), entry in zip(pairs, entries, strict=True):
            rows[i][j] = rows[j][i] = entry
        return rows

    @functools.cached_property
    def third(self) -> list[sympy.Expr]:
        """Third derivatives, flattened in C order, shape (d, d, d)."""
        d = len(self.symbols)
        triples = list(combinations_with_replacement(range(d), 3))
        entries = self._differentiate(
            "third derivatives", [(self.hessian[i][j], self.symbols[k]) for i, j, k in triples]
        )
        known: dict[tuple[int, ...], sympy.Expr] = dict(zip(triples, entries, strict=True))
        return [known[tuple(sorted(indices))] for indices in product(range(d), repeat=3)]

    def outputs(self, order: int) -> list[sympy.Expr]:
        """What a kernel of this order writes: field, Jacobian (row by row) or third derivatives."""
        d = len(self.symbols)
        if d**order > MAX_OUTPUTS:
            raise self._too_large(
                f"derivatives of order {order} in {d} coordinates are {d**order:,} numbers (at most "
                f"{MAX_OUTPUTS})"
            )
        made = self._filled(order)[0][order]
        known = dict(zip(combinations_with_replacement(range(d), order), made, strict=True))
        return [
            _signed(self.signs[indices[0]], known[tuple(sorted(indices))])
            for indices in product(range(d), repeat=order)
        ]
