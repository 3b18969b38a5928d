"""Formulas typeset from the formula the kernels run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

if TYPE_CHECKING:
    from toylands.formula.derive import Derivation


class Latex:
    """LaTeX of a landscape's loss, gradient and Hessian, without dollar signs."""

    def __init__(self, derivation: Derivation) -> None:
        self._derivation = derivation

    def _mean(self, text: str) -> str:
        if not self._derivation.columns:
            return text
        return f"\\frac{{1}}{{N}} \\sum_{{i=1}}^{{N}} {text}"

    def _print(self, expression: sympy.Basic) -> str:
        names = {
            self._derivation.parameter_symbols[name]: f"{sympy.latex(sympy.Symbol(name))}_{{i}}"
            for name in self._derivation.columns
        }
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
        simple = [sympy.simplify(entry) for entry in self._derivation.grad]
        return self._mean(self._print(sympy.Matrix(simple)))

    @property
    def hessian(self) -> str:
        """The Hessian as a matrix."""
        rows = [[sympy.simplify(entry) for entry in row] for row in self._derivation.hessian]
        return self._mean(self._print(sympy.Matrix(rows)))

    def __repr__(self) -> str:
        return f"Latex(loss={self.loss!r})"
