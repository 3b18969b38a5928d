"""Exact values to compare with: mpmath at 50 digits, sharing no code with toylands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath as mp

DIGITS = 50
#: the smallest normal number: below it floats lose digits, so exact digits cannot be asked for
TINY = 2.3e-308


@dataclass(frozen=True)
class Known:
    """A function with its first three derivatives, typed by hand, and where to try it.

    The points are ordinary ones, far tails, and places where a careless formula loses its digits.
    """

    function: Callable[[Any], Any]
    derivatives: Callable[[Any], tuple[Any, Any, Any]]
    points: Sequence[float]

    def exact(self, x: float, order: int) -> Any:
        """The value (order 0) or a derivative at the float x."""
        with mp.workdps(DIGITS):
            number = mp.mpf(x)
            return self.derivatives(number)[order - 1] if order else self.function(number)


def _logistic(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def _logistic_slopes(x: Any) -> tuple[Any, Any, Any]:
    p, q = _logistic(x), _logistic(-x)
    return p * q, p * q * (q - p), p * q * ((q - p) ** 2 - 2 * p * q)


def _tan_slopes(x: Any) -> tuple[Any, Any, Any]:
    t = mp.tan(x)
    return 1 + t**2, 2 * t * (1 + t**2), 2 * (1 + t**2) * (1 + 3 * t**2)


def _tanh_slopes(x: Any) -> tuple[Any, Any, Any]:
    t, s = mp.tanh(x), mp.sech(x) ** 2
    return s, -2 * t * s, s * (4 * t**2 - 2 * s)


def _asin_slopes(x: Any) -> tuple[Any, Any, Any]:
    root = mp.sqrt((1 - x) * (1 + x))
    return 1 / root, x / root**3, (1 + 2 * x**2) / root**5


def _bell(x: Any, *factors: Any) -> tuple[Any, ...]:
    return tuple(factor * mp.npdf(x) for factor in factors)


def _erf_slopes(x: Any) -> tuple[Any, Any, Any]:
    bell = 2 * mp.exp(-(x**2)) / mp.sqrt(mp.pi)
    return bell, -2 * x * bell, (4 * x**2 - 2) * bell


FUNCTIONS: dict[str, Known] = {
    "exp": Known(mp.exp, lambda x: (mp.exp(x),) * 3, (-745.0, -700.0, -1.5, 1e-18, 0.3, 700.0)),
    "log": Known(
        mp.log, lambda x: (1 / x, -1 / x**2, 2 / x**3), (1e-90, 1e-5, 0.5, 1.0000001, 1e90)
    ),
    "sqrt": Known(
        mp.sqrt,
        lambda x: (1 / mp.sqrt(x) / 2, -1 / mp.sqrt(x) ** 3 / 4, 3 / mp.sqrt(x) ** 5 / 8),
        (1e-80, 0.25, 2.0, 1e80),
    ),
    "sin": Known(
        mp.sin,
        lambda x: (mp.cos(x), -mp.sin(x), -mp.cos(x)),
        (-100.0, -1.0, 1e-9, 0.7, 3.141592653589793, 1e5),
    ),
    "cos": Known(
        mp.cos,
        lambda x: (-mp.sin(x), -mp.cos(x), mp.sin(x)),
        (-100.0, -1.0, 1e-9, 0.7, 1.5707963267948966, 1e5),
    ),
    "tan": Known(mp.tan, _tan_slopes, (-1.5, -1.0, 1e-9, 0.7, 1.5707, 100.0)),
    "asin": Known(mp.asin, _asin_slopes, (-0.999, -0.5, 1e-9, 0.3, 0.9999999)),
    "acos": Known(
        mp.acos,
        lambda x: tuple(-slope for slope in _asin_slopes(x)),
        (-0.999, -0.5, 1e-9, 0.3, 0.9999999),
    ),
    "atan": Known(
        mp.atan,
        lambda x: (1 / (1 + x**2), -2 * x / (1 + x**2) ** 2, (6 * x**2 - 2) / (1 + x**2) ** 3),
        (-1e8, -3.0, 1e-9, 0.4, 50.0),
    ),
    "sinh": Known(
        mp.sinh, lambda x: (mp.cosh(x), mp.sinh(x), mp.cosh(x)), (-700.0, -2.0, 1e-9, 0.4, 30.0)
    ),
    "cosh": Known(
        mp.cosh, lambda x: (mp.sinh(x), mp.cosh(x), mp.sinh(x)), (-700.0, -2.0, 1e-9, 0.4, 30.0)
    ),
    "tanh": Known(mp.tanh, _tanh_slopes, (-350.0, -30.0, -2.0, 1e-12, 0.4, 19.0, 350.0)),
    "erf": Known(mp.erf, _erf_slopes, (-20.0, -2.0, 1e-9, 0.4, 3.0)),
    "log1p": Known(
        mp.log1p,
        lambda x: (1 / (1 + x), -1 / (1 + x) ** 2, 2 / (1 + x) ** 3),
        (-0.999999, -0.5, 1e-18, -1e-12, 0.4, 1e10),
    ),
    "expm1": Known(mp.expm1, lambda x: (mp.exp(x),) * 3, (-700.0, -40.0, 1e-18, -1e-12, 0.4, 30.0)),
    "abs": Known(abs, lambda x: (mp.sign(x), 0, 0), (-3.0, -1e-300, 1e-300, 7.0)),
    "sign": Known(mp.sign, lambda x: (0, 0, 0), (-3.0, -1e-300, 1e-300, 7.0)),
    "softplus": Known(
        lambda x: mp.log1p(mp.exp(x)),
        lambda x: (_logistic(x), *_logistic_slopes(x)[:2]),
        (-800.0, -700.0, -37.0, -1.0, 0.5, 1.0, 40.0, 800.0),
    ),
    "sigmoid": Known(_logistic, _logistic_slopes, (-700.0, -37.0, -1.0, 0.5, 1.0, 40.0, 700.0)),
    "relu": Known(
        lambda x: max(x, mp.mpf(0)), lambda x: (x > 0, 0, 0), (-800.0, -1e-300, 1e-300, 3.0)
    ),
    "normal_cdf": Known(
        mp.ncdf, lambda x: _bell(x, 1, -x, x**2 - 1), (-37.0, -30.0, -3.0, 0.4, 1.0, 5.0)
    ),
}


def partial(function: Callable[..., Any], point: Iterable[Any], orders: Sequence[int]) -> Any:
    """A partial derivative of a function of several numbers, by mpmath's own differences."""
    with mp.workdps(DIGITS):
        numbers = tuple(mp.mpf(value) for value in point)
        if not any(orders):
            return function(*numbers)
        with mp.extradps(10):
            return mp.diff(function, numbers, tuple(orders))


def assert_exact(got: float, exact: Any, moved: Any, label: str) -> None:
    """A float equals an exact number to 1e-12, or as well as its rounded input allows.

    Args:
        got: the computed number.
        exact: the exact one.
        moved: the exact one for inputs that differ by a relative 1e-15 (the condition).
        label: what was computed, for the message.
    """
    exact, moved = mp.mpf(exact), mp.mpf(moved)
    allowed = mp.mpf(1e-12) * abs(exact) + 4 * abs(moved - exact) + mp.mpf(TINY)
    error = abs(mp.mpf(float(got)) - exact)
    assert error <= allowed, (
        f"{label}: got {got!r}, exact {mp.nstr(exact, 20)}, "
        f"off by {mp.nstr(error, 3)}, allowed {mp.nstr(allowed, 3)}"
    )
