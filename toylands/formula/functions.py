"""The mathematical functions a formula may use.

    from toylands.formula import exp, softplus

    softplus(0.0)            # 0.6931471805599453: on numbers, what a compiled formula finds there
    softplus(x)              # on SymPy symbols they build the formula

One table says everything about each function: what it is on symbols, what it compiles to, and how it
is called in a text formula. SymPy is imported only when a function meets a symbol.
"""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Callable
from typing import Any

from toylands._words import show
from toylands.formula import scalars

pi: float = math.pi
e: float = math.e


def _is_symbolic(*values: Any) -> bool:
    sympy = sys.modules.get("sympy")
    return sympy is not None and any(
        isinstance(value, sympy.Basic) or hasattr(value, "_sympy_") for value in values
    )


def _symbolic(name: str, *values: Any) -> Any:
    from toylands.formula import traced

    return traced.apply(name, *values)


def _compiled(name: str, x: float) -> float:
    from toylands.formula import arrays  # numba comes with it

    return arrays.value(name, x)


def _unary(
    name: str, plain: Callable[[float], float] | None, sentence: str
) -> Callable[[Any], Any]:
    """A function of a number or a formula; where it isn't `plain` Python, numbers go to the compiled one."""

    def function(x: Any) -> Any:
        if _is_symbolic(x):
            return _symbolic(name, x)
        number = _number(name, x)
        return plain(number) if plain else _compiled(name, number)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{sentence} Takes a number or a symbolic expression."
    return function


def _number(name: str, value: Any) -> float:
    """One real number as a float: a Python or a NumPy number, an array of one entry."""
    if not isinstance(value, str | bytes):  # float("1") would be a number
        with contextlib.suppress(TypeError, ValueError):
            try:
                return float(value)
            except OverflowError:
                return math.inf if value > 0 else -math.inf
    message = f"{name}: {show(value)} must be one number or a symbolic expression."
    if isinstance(value, list | tuple) or hasattr(value, "shape"):
        message += " For an array, use land.loss(points), or numpy's own functions."
    raise TypeError(message)


def _sqrt(x: float) -> float:
    return math.sqrt(x) if x >= 0.0 else math.nan


exp = _unary("exp", None, "The exponential function.")
log = _unary("log", None, "The natural logarithm.")
sqrt = _unary("sqrt", _sqrt, "The square root.")
sin = _unary("sin", None, "The sine (radians).")
cos = _unary("cos", None, "The cosine (radians).")
tan = _unary("tan", None, "The tangent (radians).")
asin = _unary("asin", None, "The inverse sine, in radians.")
acos = _unary("acos", None, "The inverse cosine, in radians.")
atan = _unary("atan", None, "The inverse tangent, in radians.")
sinh = _unary("sinh", None, "The hyperbolic sine.")
cosh = _unary("cosh", None, "The hyperbolic cosine.")
tanh = _unary("tanh", None, "The hyperbolic tangent.")
erf = _unary("erf", None, "The error function.")
log1p = _unary("log1p", None, "log(1 + x), exact for small x.")
expm1 = _unary("expm1", None, "exp(x) - 1, exact for small x.")
absolute = _unary("absolute", abs, "The absolute value; its slope at the kink is taken as 0.")
sign = _unary("sign", scalars.sign, "The sign of x: -1, 0 or 1.")
softplus = _unary("softplus", None, "log(1 + exp(x)), without overflow.")
sigmoid = _unary("sigmoid", None, "The logistic function 1/(1 + exp(-x)), without overflow.")
relu = _unary("relu", scalars.relu, "max(x, 0); its slope at the kink is taken as 0.")
normal_cdf = _unary("normal_cdf", None, "The cumulative distribution of a standard normal.")


def where(condition: Any, yes: Any, no: Any) -> Any:
    """Choose `yes` where the condition holds and `no` elsewhere.

    The condition is a comparison such as ``x < 1``. Derivatives are those of the chosen branch.
    """
    if _is_symbolic(condition, yes, no):
        return _symbolic("where", condition, yes, no)
    if type(condition).__name__ not in (
        "bool",
        "bool_",
    ):  # NumPy's is called bool, or bool_ before 2.0
        raise TypeError(f"where: {show(condition)} must be a comparison such as x < 1.")
    yes, no = _number("where", yes), _number("where", no)
    return yes if condition else no


def maximum_of(first: Any, second: Any) -> Any:
    """The larger of two values; where they tie, the derivative is that of the first."""
    if _is_symbolic(first, second):
        return _symbolic("maximum_of", first, second)
    return scalars.maximum(_number("maximum_of", first), _number("maximum_of", second))


def minimum_of(first: Any, second: Any) -> Any:
    """The smaller of two values; where they tie, the derivative is that of the first."""
    if _is_symbolic(first, second):
        return _symbolic("minimum_of", first, second)
    return scalars.minimum(_number("minimum_of", first), _number("minimum_of", second))


#: functions of numbers that symbolic formulas name alike
NUMERIC = (
    *("exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"),
    *("erf", "log1p", "expm1", "absolute"),
)

#: what a text formula may call, by the names people type
TEXT_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{
        function.__name__: function
        for function in (
            *(exp, log, sqrt, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, erf),
            *(log1p, expm1, sign, softplus, sigmoid, relu, normal_cdf),
        )
    },
    "abs": absolute,
    "max": maximum_of,
    "min": minimum_of,
    "where": where,
}
