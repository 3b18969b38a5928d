"""Formulas for the page, as MathML: browsers typeset it themselves, offline."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from toylands.formula import Landscape
from toylands.optimizers import Optimizer, Rule
from toylands.widgets import latex


@functools.cache
def _printer_class() -> type[Any]:
    """SymPy's MathML printer, taught the functions that formulas here are made of."""
    import sympy
    from sympy.printing.mathml import MathMLPresentationPrinter

    class Printer(MathMLPresentationPrinter):
        def _print_choice(self, expression: Any) -> Any:
            condition, yes, no = expression.args
            table = self.dom.createElement("mtable")
            table.setAttribute("columnalign", "left")
            when = (self._word("if"), self._print(condition))
            for value, words in ((yes, when), (no, (self._word("otherwise"),))):
                row = self.dom.createElement("mtr")
                for parts in ((self._print(value),), words):
                    cell = self.dom.createElement("mtd")
                    for part in parts:
                        cell.appendChild(part)
                    row.appendChild(cell)
                table.appendChild(row)
            brace = self.dom.createElement("mo")
            brace.appendChild(self.dom.createTextNode("{"))
            cases = self.dom.createElement("mrow")
            cases.appendChild(brace)
            cases.appendChild(table)
            return cases

        def _print_Symbol(self, symbol: Any, style: str = "plain") -> Any:
            if "__" not in symbol.name:  # of which SymPy makes a power
                return super()._print_Symbol(symbol, style)
            name = self.dom.createElement("mi")
            name.appendChild(self.dom.createTextNode(symbol.name))
            return name

        def _word(self, text: str) -> Any:
            word = self.dom.createElement("mtext")
            word.appendChild(self.dom.createTextNode(f"{text} "))
            return word

        def _print_absolute(self, expression: Any) -> Any:
            return self._print(sympy.Abs(expression.args[0], evaluate=False))

        def _print_log1p(self, expression: Any) -> Any:
            return self._print(sympy.log(1 + expression.args[0], evaluate=False))

        def _print_expm1(self, expression: Any) -> Any:
            return self._print(sympy.Add(sympy.exp(expression.args[0]), -1, evaluate=False))

        def _print_sech2(self, expression: Any) -> Any:
            return self._print(sympy.Function("sech")(*expression.args) ** 2)

    def named(name: str) -> Any:
        return lambda self, expression: self._print(sympy.Function(name)(*expression.args))

    names = {"maximum": "max", "minimum": "min", "normal_cdf": "Phi", "step": "step"}
    names |= {"sigmoid": "sigma"}
    for own, name in names.items():
        setattr(Printer, f"_print_{own}", named(name))
    return Printer


def to_mathml(expression: Any, order: str | None = None) -> str:
    """A SymPy expression as a MathML element."""
    text = _printer_class()({"order": order}).doprint(expression)
    text = text.replace("<mi>varepsilon</mi>", "<mi>&#949;</mi>")
    text = text.replace("<mo><</mo>", "<mo>&lt;</mo>").replace("<mo>></mo>", "<mo>&gt;</mo>")
    for sign in "+-":  # SymPy prints the subscript of theta_{t+1} as one word
        indexed = f"<mrow><mi>t</mi><mo>{sign}</mo><mn>1</mn></mrow>"
        text = text.replace(f"<mi>{{t{sign}1}}</mi>", indexed)
    return f'<math display="block">{text}</math>'


@functools.lru_cache(maxsize=256)
def _landscape_formulas(derivation: Any) -> dict[str, str]:
    import sympy

    loss = derivation.loss
    if derivation.columns:
        i, count = sympy.symbols("i N")
        loss = sympy.Mul(1 / count, sympy.Sum(loss, (i, 1, count)), evaluate=False)
    return {
        "loss": to_mathml(loss),
        "grad": to_mathml(sympy.Matrix(derivation.grad)),
        "hessian": to_mathml(sympy.Matrix(derivation.hessian)),
    }


def _slice_formulas(count: int) -> list[str]:
    place = r"\theta_{0} + " + " + ".join(["a d_{1}", "b d_{2}"][:count])
    lines = (f"L({place})", rf"D \nabla L({place})", rf"D H({place}) D^T")
    return [latex.to_mathml(line) for line in lines]


def landscape_formulas(land: Landscape) -> dict[str, str]:
    """Loss, gradient and Hessian of a landscape as MathML, from the formula the kernels run.

    Of a network's slice, which has no formula, how they come from the network's.
    """
    directions = getattr(land, "directions", None)
    if directions is not None:
        return dict(zip(("loss", "grad", "hessian"), _slice_formulas(len(directions)), strict=True))
    return _landscape_formulas(land.definition.derivation)


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


def corrects_bias(rule: Rule) -> bool:
    """Whether a rule divides its averages m and v by 1 - beta**t, as Adam does."""
    counts_steps = "t" in inspect.signature(rule.function).parameters
    return (
        counts_steps and {"m", "v"} <= set(rule.memory) and {"beta1", "beta2"} <= set(rule.defaults)
    )
