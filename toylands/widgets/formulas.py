"""Formulas for the page, as MathML: browsers typeset it themselves, offline."""

from __future__ import annotations

import functools
from typing import Any

from toylands.formula import Landscape
from toylands.optimizers import Optimizer, Rule
from toylands.widgets import latex


def to_mathml(expression: Any, order: str | None = None) -> str:
    """A SymPy expression as a MathML element."""
    from sympy.printing.mathml import mathml

    text = mathml(expression, printer="presentation", order=order)
    text = text.replace("<mi>varepsilon</mi>", "<mi>&#949;</mi>")
    for sign in "+-":  # SymPy prints the subscript of theta_{t+1} as one word
        indexed = f"<mrow><mi>t</mi><mo>{sign}</mo><mn>1</mn></mrow>"
        text = text.replace(f"<mi>{{t{sign}1}}</mi>", indexed)
    return f'<math display="block">{text}</math>'


@functools.lru_cache(maxsize=256)
def _landscape_formulas(definition: Any) -> dict[str, str]:
    import sympy

    derivation = definition.derivation
    loss = derivation.loss
    if derivation.columns:
        i, count = sympy.symbols("i N")
        loss = sympy.Mul(1 / count, sympy.Sum(loss, (i, 1, count)), evaluate=False)
    return {
        "loss": to_mathml(loss),
        "grad": to_mathml(sympy.Matrix(derivation.grad)),
        "hessian": to_mathml(sympy.Matrix(derivation.hessian)),
    }


def landscape_formulas(land: Landscape) -> dict[str, str]:
    """Loss, gradient and Hessian of a landscape as MathML, from the formula the kernels run."""
    return _landscape_formulas(land.definition)


@functools.lru_cache(maxsize=256)
def _rule_equations(rule: Rule) -> list[str]:
    import sympy

    return [
        to_mathml(sympy.Eq(left, right, evaluate=False), order="none")
        for left, right in rule.equations
    ]


def update_equations(opt: Optimizer) -> list[str]:
    """The update equations as MathML, in the order of `opt.latex`.

    First what becomes of the gradient on its way to the rule, then the rule's memory and theta, then what
    wrappers add to it.
    """
    lines, own = opt.latex, opt.rule.latex
    at = next(k for k in range(len(lines)) if lines[k : k + len(own)] == own)
    before, after = lines[:at], lines[at + len(own) :]
    return [
        *(latex.to_mathml(line) for line in before),
        *_rule_equations(opt.rule),
        *(latex.to_mathml(line) for line in after),
    ]
