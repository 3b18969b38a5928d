"""Symbolic counterparts of the formula functions (this module imports SymPy; import it late).

SymPy's own functions are used wherever they exist. The few classes below are functions that deep
learning uses and SymPy lacks, each with its exact derivative, written so that it keeps full relative
precision far out in the tails (for example sigmoid' = sigmoid(x) sigmoid(-x), never 1 - sigmoid).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy


class softplus(sympy.Function):  # noqa: N801 (named as it is typed and typeset)
    """log(1 + exp(x))."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return sigmoid(self.args[0])

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return _named("softplus", self, printer, exp)

    def _eval_evalf(self, prec: int) -> sympy.Expr:
        return sympy.log(1 + sympy.exp(self.args[0]))._eval_evalf(prec)


class sigmoid(sympy.Function):  # noqa: N801
    """1/(1 + exp(-x))."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return sigmoid(self.args[0]) * sigmoid(-self.args[0])

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return _named("\\sigma", self, printer, exp, upright=False)

    def _eval_evalf(self, prec: int) -> sympy.Expr:
        return (1 / (1 + sympy.exp(-self.args[0])))._eval_evalf(prec)


class relu(sympy.Function):  # noqa: N801
    """max(x, 0)."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return step(self.args[0])

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return _named("relu", self, printer, exp)

    def _eval_evalf(self, prec: int) -> sympy.Expr:
        return sympy.Max(self.args[0], 0)._eval_evalf(prec)


class step(sympy.Function):  # noqa: N801
    """1 for x > 0, otherwise 0; flat wherever its derivative exists."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return sympy.Integer(0)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return _named("\\mathbf{1}_{>0}", self, printer, exp, upright=False)

    def _eval_evalf(self, prec: int) -> sympy.Expr:
        return sympy.Piecewise((1, self.args[0] > 0), (0, True))._eval_evalf(prec)


class normal_cdf(sympy.Function):  # noqa: N801
    """The standard normal distribution function."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return sympy.exp(-(self.args[0] ** 2) / 2) / sympy.sqrt(2 * sympy.pi)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return _named("\\Phi", self, printer, exp, upright=False)

    def _eval_evalf(self, prec: int) -> sympy.Expr:
        return (sympy.erfc(-self.args[0] / sympy.sqrt(2)) / 2)._eval_evalf(prec)


class tanh(sympy.Function):  # noqa: N801
    """The hyperbolic tangent, with a derivative that keeps its precision where tanh is near 1."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return sech2(self.args[0])

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return _named("\\tanh", self, printer, exp, upright=False)

    def _eval_evalf(self, prec: int) -> sympy.Expr:
        return sympy.tanh(self.args[0])._eval_evalf(prec)


class sech2(sympy.Function):  # noqa: N801
    """1/cosh(x)^2, the derivative of tanh."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return -2 * tanh(self.args[0]) * sech2(self.args[0])

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        body = f"\\operatorname{{sech}}^2\\left({printer._print(self.args[0])}\\right)"
        return _raised(body, exp)

    def _eval_evalf(self, prec: int) -> sympy.Expr:
        return (1 / sympy.cosh(self.args[0]) ** 2)._eval_evalf(prec)


class log1p(sympy.Function):  # noqa: N801
    """log(1 + x)."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return 1 / (1 + self.args[0])

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return printer._print(sympy.log(1 + self.args[0], evaluate=False)) + _power(exp)

    def _eval_evalf(self, prec: int) -> sympy.Expr:
        return sympy.log(1 + self.args[0])._eval_evalf(prec)


class expm1(sympy.Function):  # noqa: N801
    """exp(x) - 1."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return sympy.exp(self.args[0])

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return f"\\left({printer._print(sympy.exp(self.args[0]))} - 1\\right)" + _power(exp)

    def _eval_evalf(self, prec: int) -> sympy.Expr:
        return (sympy.exp(self.args[0]) - 1)._eval_evalf(prec)


class absolute(sympy.Function):  # noqa: N801
    """The absolute value of a real number.

    Unlike SymPy's it never asks whether its argument is complex, so |log(x)| has a derivative.
    """

    nargs = 1

    @classmethod
    def eval(cls, x: sympy.Expr) -> sympy.Expr | None:
        if isinstance(x, absolute):
            return x
        return abs(x) if x.is_number and x.is_real else None

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return sign(self.args[0])

    def _eval_power(self, exponent: sympy.Expr) -> sympy.Expr | None:
        return self.args[0] ** exponent if exponent.is_even else None

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return f"\\left|{{{printer._print(self.args[0])}}}\\right|" + _power(exp)

    def _eval_evalf(self, prec: int) -> sympy.Expr:
        return sympy.Abs(self.args[0])._eval_evalf(prec)


class sign(sympy.Function):  # noqa: N801
    """-1, 0 or 1; flat wherever its derivative exists."""

    nargs = 1

    @classmethod
    def eval(cls, x: sympy.Expr) -> sympy.Expr | None:
        return sympy.sign(x) if x.is_number and x.is_real else None

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return flat(self.args[0])

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return _named("sign", self, printer, exp)

    def _eval_evalf(self, prec: int) -> sympy.Expr:
        return sympy.sign(self.args[0])._eval_evalf(prec)


class flat(sympy.Function):  # noqa: N801
    """The derivative of a sign: 0, and NaN at the jump, where there is none.

    So the tip of |x| has no Hessian and is known as a kink, not mistaken for a plateau.
    """

    nargs = 1

    @classmethod
    def eval(cls, x: sympy.Expr) -> sympy.Expr | None:
        return sympy.Integer(0) if x.is_number and x.is_zero is False else None

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return flat(self.args[0])


class above_zero(sympy.Function):  # noqa: N801
    """0 for x > 0, elsewhere not a number. Only kernels know it: it keeps a formula's domain."""

    nargs = 1


class from_zero(sympy.Function):  # noqa: N801
    """0 for x >= 0, elsewhere not a number. Only kernels know it."""

    nargs = 1


class choice(sympy.Function):  # noqa: N801
    """`yes` where a condition holds, `no` elsewhere; each branch has its own derivative.

    SymPy's Piecewise would try to simplify the conditions, which takes minutes for nested choices.
    """

    nargs = 3
    is_commutative = True

    @classmethod
    def eval(cls, condition: Any, yes: sympy.Expr, no: sympy.Expr) -> sympy.Expr | None:
        if condition in (sympy.true, sympy.false):
            return yes if condition else no
        return yes if yes == no else None

    def _eval_derivative(self, symbol: sympy.Symbol) -> sympy.Expr:
        condition, yes, no = self.args
        return choice(condition, sympy.diff(yes, symbol), sympy.diff(no, symbol))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        condition, yes, no = self.args
        cases = sympy.Piecewise((yes, condition), (no, True), evaluate=False)
        return _raised(printer._print(cases), exp)


class maximum(sympy.Function):  # noqa: N801
    """The larger of two; where they tie, the derivative is that of the first."""

    nargs = 2

    @classmethod
    def eval(cls, first: sympy.Expr, second: sympy.Expr) -> sympy.Expr | None:
        return _decided(first, second, first >= second if _plain(first, second) else None)

    def _eval_derivative(self, symbol: sympy.Symbol) -> sympy.Expr:
        first, second = self.args
        wins = sympy.Ge(first, second, evaluate=False)
        return choice(wins, sympy.diff(first, symbol), sympy.diff(second, symbol))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return _named("\\max", self, printer, exp, upright=False)


class minimum(sympy.Function):  # noqa: N801
    """The smaller of two; where they tie, the derivative is that of the first."""

    nargs = 2

    @classmethod
    def eval(cls, first: sympy.Expr, second: sympy.Expr) -> sympy.Expr | None:
        return _decided(first, second, first <= second if _plain(first, second) else None)

    def _eval_derivative(self, symbol: sympy.Symbol) -> sympy.Expr:
        first, second = self.args
        wins = sympy.Le(first, second, evaluate=False)
        return choice(wins, sympy.diff(first, symbol), sympy.diff(second, symbol))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return _named("\\min", self, printer, exp, upright=False)


def _plain(*values: sympy.Expr) -> bool:
    return all(value.is_number and value.is_real for value in values)


def _decided(first: sympy.Expr, second: sympy.Expr, wins: Any) -> sympy.Expr | None:
    """The winner when two constants were compared, or when both are the same; otherwise None."""
    if first == second or wins == sympy.true:
        return first
    return second if wins == sympy.false else None


def _power(exp: str | None) -> str:
    return f"^{{{exp}}}" if exp else ""


def _named(
    name: str, node: sympy.Function, printer: Any, exp: str | None, *, upright: bool = True
) -> str:
    head = f"\\operatorname{{{name}}}" if upright else name
    inside = ", ".join(printer._print(argument) for argument in node.args)
    return f"{head}{_power(exp)}\\left({inside}\\right)"


def _raised(text: str, exp: str | None) -> str:
    return f"\\left({text}\\right){_power(exp)}" if exp else text


_SYMBOLIC: dict[str, Any] = {
    **{
        name: getattr(sympy, name)
        for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan")
    },
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "tanh": tanh,
    "erf": sympy.erf,
    "log1p": log1p,
    "expm1": expm1,
    "absolute": absolute,
    "sign": sign,
    "softplus": softplus,
    "sigmoid": sigmoid,
    "relu": relu,
    "normal_cdf": normal_cdf,
    "where": choice,
    "maximum_of": maximum,
    "minimum_of": minimum,
}


def apply(name: str, *values: Any) -> sympy.Expr:
    """Build the symbolic form of the named function."""
    return _SYMBOLIC[name](*values)


#: constants that a formula may have passed through a float, such as 2*pi*x
_CONSTANTS = (
    *(sympy.pi, sympy.E, sympy.sqrt(2), sympy.sqrt(3)),
    *(sympy.pi**2, 1 / sympy.pi, 1 / sympy.pi**2),
)


def named_constants(expression: sympy.Expr) -> sympy.Expr:
    """Write floats that are rational multiples of pi, e, sqrt(2), ... as such; their value is the same.

    In a formula `2*pi*x` Python multiplies 2 and pi as floats before SymPy sees them.
    """
    found = {}
    for number in expression.atoms(sympy.Float):
        value = float(number)
        if len(repr(value).lstrip("-").replace(".", "")) < 13:
            continue  # a short decimal is what was typed
        for constant in _CONSTANTS:
            ratio = sympy.Rational(str(value / float(constant))).limit_denominator(720)
            if ratio and abs(ratio.p) < 10_000 and float(ratio * constant) == value:
                found[number] = ratio * constant
                break
    return expression.xreplace(found)


def exact_exponents(expression: sympy.Expr) -> sympy.Expr:
    """Write whole and half exponents typed as floats, such as x**2.0, as exact numbers."""

    def halves(node: sympy.Basic) -> bool:
        return node.is_Pow and node.exp.is_Float and float(2 * node.exp).is_integer()

    if not expression.has(sympy.Float):
        return expression
    return expression.replace(
        halves, lambda power: power.base ** sympy.Rational(int(2 * power.exp), 2)
    )


def of_reals(expression: sympy.Expr) -> sympy.Expr:
    """Write SymPy's absolute value and sign, which are about complex numbers, as those of reals."""
    if not expression.has(sympy.Abs, sympy.sign):
        return expression
    return expression.replace(sympy.Abs, absolute).replace(sympy.sign, sign)


class guarded_power(sympy.Function):  # noqa: N801
    """base**exponent, and 0 where a coefficient that stands before it is 0.

    The third derivative of x**n is n (n-1) (n-2) x**(n-3). With n = 2 it is 0 for every x, but at x = 0
    floating-point numbers would make 0 * infinity of it. Only kernels know this function.
    """

    nargs = 3  # coefficient, base, exponent


def guarded_powers(expression: sympy.Expr) -> sympy.Expr:
    """Guard each power that is multiplied by its own falling exponents, such as n (n - 1) x**(n - 2)."""

    def guard(node: sympy.Mul) -> sympy.Expr:
        factors = list(node.args)
        for i, power in enumerate(factors):
            if power.is_Pow and power.exp.free_symbols:
                bases = [factor.as_base_exp()[0] for factor in factors]
                falling = [base for base in bases if _fell_to(base, power.exp)]
                if falling:
                    factors[i] = guarded_power(sympy.Mul(*falling), power.base, power.exp)
        return sympy.Mul(*factors)

    if not _has_symbolic_exponent(expression):
        return expression
    return expression.replace(lambda node: node.is_Mul, guard)


def _fell_to(factor: sympy.Expr, exponent: sympy.Expr) -> bool:
    """Whether a factor is a multiple of exponent + 1, + 2, ..., as the power rule puts it down."""
    if not factor.free_symbols or factor.free_symbols != exponent.free_symbols:
        return False
    return any(sympy.cancel(factor / (exponent + k)).is_number for k in range(1, 4))


def _has_symbolic_exponent(expression: sympy.Expr) -> bool:
    return any(power.exp.free_symbols for power in expression.atoms(sympy.Pow))


def joined_powers(expression: sympy.Expr) -> sympy.Expr:
    """Write x**n/x, which SymPy makes of the derivative of x**n, as x**(n - 1): it exists at x = 0.

    Likewise (a x)**n/x as a (a x)**(n - 1).
    """

    def join(node: sympy.Mul) -> sympy.Expr:
        factors = list(node.args)
        for i, power in enumerate(factors):
            if not (power.is_Pow and power.exp.free_symbols):
                continue
            for j, below in enumerate(factors):
                base, exponent = below.as_base_exp()
                if i == j or not (exponent.is_Integer and exponent < 0):
                    continue
                ratio = power.base / base
                if base.free_symbols and not ratio.free_symbols & base.free_symbols:
                    factors[i] = power.base ** (power.exp + exponent)
                    factors[j] = ratio**-exponent
                    joined = sympy.Mul(*factors)
                    return join(joined) if joined.is_Mul else joined
        return node

    if not _has_symbolic_exponent(expression):
        return expression
    return expression.replace(lambda node: node.is_Mul, join)


def derivative(expression: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    """Differentiate. The derivative of a jump is 0: a landscape declares its kinks in words."""
    return without_flats(of_reals(joined_powers(sympy.diff(expression, symbol))))


def without_flats(expression: sympy.Expr) -> sympy.Expr:
    """Leave out the jump of a sign where what stands before it vanishes fast enough, as in |x|**2.5.

    |u|**q sign(u) has a derivative at u = 0, which is 0, for q > 1; u sign(u) = |u| has none. Of a
    product u = v w each factor must vanish so. The derivative of sign(v**m) brings m - 1 more powers of
    v, which say nothing. Where q depends on dials, they decide when the formula is computed.
    """

    def drop(node: sympy.Mul) -> sympy.Expr:
        factors = list(node.args)
        for k, jump in enumerate(factors):
            if isinstance(jump, flat):
                before = _powers(factors)
                fast = [
                    sympy.Gt(sum(e for base, e in before if (base / own).is_number), least)
                    for own, least in _powers(sympy.Mul.make_args(jump.args[0]))
                ]
                if not fast or sympy.false in fast:
                    continue
                for condition in fast:
                    factors[k] = choice(condition, sympy.Integer(0), factors[k])
        return sympy.Mul(*factors)

    if not expression.has(flat):
        return expression
    return expression.replace(lambda node: node.is_Mul and node.has(flat), drop)


def _powers(factors: Iterable[sympy.Expr]) -> list[tuple[sympy.Expr, sympy.Expr]]:
    """Factors as bases and exponents; |v w|**q is |v|**q |w|**q, and counts as v**q w**q."""
    found = []
    for factor in factors:
        base, exponent = factor.as_base_exp()
        base = base.args[0] if isinstance(base, absolute) else base
        if base != factor:
            found += [(inner, e * exponent) for inner, e in _powers(sympy.Mul.make_args(base))]
        elif base.free_symbols:
            found.append((base, exponent))
    return found
