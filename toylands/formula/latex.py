"""Formulas typeset from the formula the kernels run."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import sympy

from toylands.formula.derive import count_nodes
from toylands.formula.special import flat

if TYPE_CHECKING:
    from toylands.formula.derive import Derivation


#: a polynomial is expanded only when that makes at most this many terms
MAX_TERMS = 100
#: a derivative of more operations is not written out: it would fill pages and take seconds
MAX_OPERATIONS = 2_000


#: a letter or word with an index; SymPy makes more of some names: x^y of x__y, |x| of xabs, x' of xprime
_PLAIN = re.compile(r"\\?[^\W\d_]+(_\{[^{}^]*\})?")


def _symbol(name: str, sample: str = "") -> str:
    """A name as mathematics: Greek letters and subscripts as SymPy sets them, words upright.

    A data column gets the index of its sample, after an index it may have already.
    """
    text = str(sympy.latex(sympy.Symbol(name)))
    if not _PLAIN.fullmatch(text):
        escaped = name.replace("_", "\\_")
        return f"\\mathrm{{{escaped}}}" + (f"_{{{sample}}}" if sample else "")
    head, _, index = text.partition("_")
    if head.isalpha() and len(head) > 1:
        head = f"\\mathrm{{{head}}}"
    below = [part for part in (index.removeprefix("{").removesuffix("}"), sample) if part]
    return f"{head}_{{{','.join(below)}}}" if below else head


def _expanded_terms(expression: sympy.Expr) -> int:
    """At most so many terms has the expanded expression."""
    if expression.is_Add:
        return sum(_expanded_terms(term) for term in expression.args)
    if expression.is_Mul:
        return math.prod(_expanded_terms(factor) for factor in expression.args)
    if expression.is_Pow and expression.exp.is_Integer and expression.exp > 0:
        terms, power = _expanded_terms(expression.base), int(expression.exp)
        return math.comb(terms + power - 1, power)
    return 1


def tidy(expression: sympy.Expr) -> sympy.Expr:
    """An equal expression that reads better, in bounded time (SymPy's simplify can take minutes).

    What is undefined at a jump only is left out: a landscape tells of its kinks in words.
    """
    expression = expression.replace(flat, lambda x: sympy.Integer(0))
    if expression.is_polynomial() and _expanded_terms(expression) <= MAX_TERMS:
        expanded = sympy.expand(expression)
        if expanded.count_ops() <= expression.count_ops():
            return expanded
    return sympy.factor_terms(expression)


class Latex:
    """LaTeX of a landscape's loss, gradient and Hessian, without dollar signs."""

    def __init__(self, derivation: Derivation) -> None:
        self._derivation = derivation

    def _mean(self, text: str) -> str:
        if not self._derivation.columns:
            return text
        return f"\\frac{{1}}{{N}} \\sum_{{i=1}}^{{N}} {text}"

    def _print(self, expression: sympy.Basic) -> str:
        symbols = {*self._derivation.symbols, *self._derivation.parameter_symbols.values()}
        names = {symbol: _symbol(symbol.name) for symbol in symbols}
        for column in self._derivation.columns:
            names[self._derivation.parameter_symbols[column]] = _symbol(column, "i")
        return str(sympy.latex(expression, symbol_names=names))

    @property
    def loss(self) -> str:
        """The loss as written; for a landscape over data, the mean over samples i."""
        text = self._print(self._derivation.loss)
        if self._derivation.columns and (self._derivation.loss.is_Add or text.startswith("-")):
            text = f"\\left({text}\\right)"
        return self._mean(text)

    @property
    def grad(self) -> str:
        """The gradient as a column vector."""
        d = self._derivation
        entries = [self._entry(g, x) for g, x in zip(d.grad, d.symbols, strict=True)]
        return self._mean(self._print(sympy.Matrix(entries)))

    @property
    def hessian(self) -> str:
        """The Hessian as a matrix."""
        d = self._derivation
        rows = [
            [self._entry(entry, x, y) for entry, y in zip(row, d.symbols, strict=True)]
            for row, x in zip(d.hessian, d.symbols, strict=True)
        ]
        return self._mean(self._print(sympy.Matrix(rows)))

    def _entry(self, derivative: sympy.Expr, *by: sympy.Symbol) -> sympy.Expr:
        """A derivative as it is shown: tidy, or by its name alone when it is very long."""
        if count_nodes(derivative, MAX_OPERATIONS) > MAX_OPERATIONS:
            return sympy.Derivative(sympy.Function("L")(*self._derivation.symbols), *by)
        return tidy(derivative)

    def __repr__(self) -> str:
        return f"Latex(loss={self.loss!r})"
