"""Exact values to compare with: mpmath at 50 digits and more, sharing no code with toylands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath as mp

#: the smallest normal number: below it floats lose digits, so exact digits cannot be asked for
TINY = 2.3e-308

#: every function a formula may use, with the points where it is tried: ordinary ones, far tails, and
#: places where a careless formula loses its digits
FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Sequence[float]]] = {
    "exp": (mp.exp, (-745.0, -700.0, -1.5, 1e-18, 0.3, 20.0, 700.0)),
    "log": (mp.log, (1e-300, 1e-5, 0.5, 1.0000001, 3.0, 1e300)),
    "sqrt": (mp.sqrt, (1e-80, 0.25, 2.0, 1e80)),
    "sin": (mp.sin, (-100.0, -1.0, 1e-9, 0.7, 3.141592653589793, 1e5)),
    "cos": (mp.cos, (-100.0, -1.0, 1e-9, 0.7, 1.5707963267948966, 1e5)),
    "tan": (mp.tan, (-1.5, -1.0, 1e-9, 0.7, 1.5707, 100.0)),
    "asin": (mp.asin, (-0.999, -0.5, 1e-9, 0.3, 0.9999999)),
    "acos": (mp.acos, (-0.999, -0.5, 1e-9, 0.3, 0.9999999)),
    "atan": (mp.atan, (-1e8, -3.0, 1e-9, 0.4, 50.0)),
    "sinh": (mp.sinh, (-700.0, -2.0, 1e-9, 0.4, 30.0)),
    "cosh": (mp.cosh, (-700.0, -2.0, 1e-9, 0.4, 30.0)),
    "tanh": (mp.tanh, (-350.0, -30.0, -2.0, 1e-12, 0.4, 19.0, 350.0)),
    "erf": (mp.erf, (-20.0, -2.0, 1e-9, 0.4, 3.0)),
    "log1p": (mp.log1p, (-0.999999, -0.5, 1e-18, -1e-12, 0.4, 1e10)),
    "expm1": (mp.expm1, (-700.0, -40.0, 1e-18, -1e-12, 0.4, 30.0)),
    "abs": (abs, (-3.0, -1e-300, 1e-300, 7.0)),
    "sign": (mp.sign, (-3.0, -1e-300, 1e-300, 7.0)),
    "softplus": (
        lambda x: mp.log1p(mp.exp(x)),
        (-800.0, -700.0, -37.0, -1.0, 0.5, 1.0, 40.0, 800.0),
    ),
    "sigmoid": (
        lambda x: 1 / (1 + mp.exp(-x)),
        (-700.0, -37.0, -1.0, 0.5, 1.0, 40.0, 700.0),
    ),
    "relu": (lambda x: max(x, mp.mpf(0)), (-800.0, -1e-300, 1e-300, 3.0)),
    "normal_cdf": (mp.ncdf, (-37.0, -30.0, -3.0, 0.4, 1.0, 5.0)),
}


def derivative(function: Callable[[Any], Any], x: Any, order: int) -> Any:
    """The value (order 0) or a derivative; so many digits that tails like 1 - 1e-300 are kept."""
    with mp.workdps(1_000 if abs(x) > 15 else 120):
        number = mp.mpf(x)
        return mp.diff(function, number, order, relative=True) if order else function(number)


def partial(function: Callable[..., Any], point: Sequence[Any], orders: Sequence[int]) -> Any:
    """A partial derivative of a function of several numbers."""
    with mp.workdps(120):
        numbers = tuple(mp.mpf(value) for value in point)
        return mp.diff(function, numbers, tuple(orders)) if any(orders) else function(*numbers)


def assert_exact(got: float, exact: Any, moved: Any, label: str, *, absolute: float = 0.0) -> None:
    """A float equals an exact number to 1e-12, or as well as its rounded input allows.

    Args:
        got: the computed number.
        exact: the exact one.
        moved: the exact one for inputs that differ by a relative 1e-15 (the condition).
        label: what was computed, for the message.
        absolute: more error that is allowed, with a reason at the call.
    """
    allowed = mp.mpf(1e-12) * abs(exact) + 4 * abs(moved - exact) + mp.mpf(TINY) + absolute
    error = abs(mp.mpf(float(got)) - exact)
    assert error <= allowed, (
        f"{label}: got {got!r}, exact {mp.nstr(exact, 20)}, "
        f"off by {mp.nstr(error, 3)}, allowed {mp.nstr(allowed, 3)}"
    )
