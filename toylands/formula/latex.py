"""Formulas typeset from the formula the kernels run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

if TYPE_CHECKING:
    from toylands.formula.derive import Derivation


def _symbol(name: str) -> str:
    """A name as mathematics: Greek letters and subscripts as SymPy sets them, words upright."""
    text = str(sympy.latex(sympy.Symbol(name)))
    head, _, index = text.partition("_")
    if head.isalpha() and len(head) > 1:
        head = f"\\mathrm{{{head}}}"
    return f"{head}_{index}" if index else head


def tidy(expression: sympy.Expr) -> sympy.Expr:
    """An equal expression that reads better, in bounded time (SymPy's simplify can take minutes)."""
    if expression.is_polynomial():
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
            names[self._derivation.parameter_symbols[column]] = f"{_symbol(column)}_{{i}}"
        return str(sympy.latex(expression, symbol_names=names))

    @property
    def loss(self) -> str:
        """The loss as written; for a landscape over data, the mean over samples i."""
        text = self._print(self._derivation.loss)
        if self._derivation.columns and self._derivation.loss.is_Add:
            text = f"\\left({text}\\right)"
        return self._mean(text)

    @property
    def grad(self) -> str:
        """The gradient as a column vector."""
        return self._mean(self._print(sympy.Matrix([tidy(g) for g in self._derivation.grad])))

    @property
    def hessian(self) -> str:
        """The Hessian as a matrix."""
        rows = [[tidy(entry) for entry in row] for row in self._derivation.hessian]
        return self._mean(self._print(sympy.Matrix(rows)))

    def __repr__(self) -> str:
        return f"Latex(loss={self.loss!r})"
