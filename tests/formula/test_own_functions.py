"""Our own functions in plain arithmetic, digit by digit, against mpmath; and at the ends of their ranges."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath as mp
import numba
import numpy as np
import pytest

from toylands.formula import compile

pytestmark = pytest.mark.filterwarnings("error")

INF, NAN = math.inf, math.nan
#: the exact function, the largest error in units of the last place, and the decades of arguments tried
FUNCTIONS: dict[str, tuple[Callable[[Any], Any], float, tuple[float, float]]] = {
    "expm1": (mp.expm1, 1.0, (-300, 2.85)),
    "sinh": (mp.sinh, 1.0, (-300, 2.85)),
    "cosh": (mp.cosh, 1.0, (-300, 2.85)),
    "tanh": (mp.tanh, 1.0, (-300, 1.5)),
    "log": (mp.log, 1.0, (-323, 308)),
    "log1p": (mp.log1p, 1.0, (-300, 308)),
    "atan": (mp.atan, 1.0, (-300, 300)),
    "asin": (mp.asin, 4.0, (-300, 0)),
    "acos": (mp.acos, 4.0, (-300, 0)),
    "tan": (mp.tan, 2.0, (-300, 8)),
    "erf": (mp.erf, 1.0, (-300, 1)),
    "erfc": (mp.erfc, 1.2, (-300, 1.42)),
}
#: where each of them is defined
DOMAINS = {"log": (0.0, INF), "log1p": (-1.0, INF), "asin": (-1.0, 1.0), "acos": (-1.0, 1.0)}


def values(name: str, x: Any, y: Any = None) -> np.ndarray:
    function = compile.own(name)
    out = np.empty(len(x))
    if y is None:

        @numba.njit(**compile.SETTINGS)
        def run(x: Any, out: Any) -> None:
            for i in range(len(x)):
                out[i] = function(x[i])

        run(np.asarray(x, float), out)
    else:

        @numba.njit(**compile.SETTINGS)
        def run_two(x: Any, y: Any, out: Any) -> None:
            for i in range(len(x)):
                out[i] = function(x[i], y[i])

        run_two(np.asarray(x, float), np.asarray(y, float), out)
    return out


def error(found: float, exact: Any) -> float:
    """In units of the last place of the exact result."""
    nearest = float(exact)
    if math.isinf(nearest) or math.isinf(found):
        return 0.0 if found == nearest else INF
    return float(abs(mp.mpf(found) - exact) / mp.mpf(math.ulp(nearest)))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_last_digit(name: str) -> None:
    exact, bound, decades = FUNCTIONS[name]
    rng = np.random.default_rng(len(name))
    x = np.concatenate(
        [10 ** rng.uniform(*decades, 400), rng.uniform(0, 3, 800), 1 + rng.normal(size=200) * 1e-4]
    )
    x *= rng.choice([-1, 1], x.size)
    low, high = DOMAINS.get(name, (-INF, INF))
    x = x[(x > low) & (x < high)]
    found = values(name, x)
    with mp.workdps(60):
        worst = max(
            error(v, exact(mp.mpf(a))) for a, v in zip(x.tolist(), found.tolist(), strict=True)
        )
    assert worst < bound


def test_powers_to_the_last_digit() -> None:
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [
            10 ** rng.uniform(-320, 307, 400),
            rng.uniform(0.3, 3, 600),
            1 + rng.normal(size=200) * 1e-5,
        ]
    )
    y = np.concatenate(
        [rng.uniform(-1, 1, 400), rng.uniform(-900, 900, 600), rng.uniform(-1e7, 1e7, 200)]
    )
    with mp.workdps(60):
        for a, b, v in zip(x.tolist(), y.tolist(), values("pow", x, y).tolist(), strict=True):
            assert error(v, mp.mpf(a) ** mp.mpf(b)) < 1.0, (a, b)


ODD = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 1e300, -1e300, INF, -INF, NAN]


def test_powers_of_odd_pairs_are_those_of_C() -> None:
    pairs = [(a, b) for a in ODD for b in ODD]
    x, y = np.array(pairs).T
    with np.errstate(all="ignore"):
        right = np.power(x, y)
    np.testing.assert_allclose(values("pow", x, y), right, rtol=2.3e-16, atol=0)


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("expm1", {INF: INF, -INF: -1.0, 0.0: 0.0, 800.0: INF, 5e-324: 5e-324}),
        ("sinh", {INF: INF, -INF: -INF, 0.0: 0.0, 711.0: INF, -711.0: -INF, 5e-324: 5e-324}),
        ("cosh", {INF: INF, -INF: INF, 0.0: 1.0, 711.0: INF}),
        ("tanh", {INF: 1.0, -INF: -1.0, 0.0: 0.0, 1e300: 1.0, 5e-324: 5e-324}),
        ("log", {INF: INF, 0.0: -INF, -1.0: NAN, -INF: NAN, 1.0: 0.0}),
        ("log1p", {INF: INF, -1.0: -INF, -2.0: NAN, -INF: NAN, 0.0: 0.0, 5e-324: 5e-324}),
        ("atan", {INF: math.pi / 2, -INF: -math.pi / 2, 0.0: 0.0, 5e-324: 5e-324}),
        ("asin", {1.0: math.pi / 2, -1.0: -math.pi / 2, 0.0: 0.0, 2.0: NAN, INF: NAN}),
        ("acos", {1.0: 0.0, -1.0: math.pi, 2.0: NAN, -INF: NAN}),
        ("tan", {0.0: 0.0, INF: NAN}),
        ("erf", {INF: 1.0, -INF: -1.0, 0.0: 0.0}),
        ("erfc", {INF: 0.0, -INF: 2.0, 0.0: 1.0, 30.0: 0.0, -30.0: 2.0}),
    ],
)
def test_the_ends_and_nan(name: str, pairs: dict[float, float]) -> None:
    found = values(name, [*pairs, NAN])
    np.testing.assert_array_equal(found, [*pairs.values(), NAN])
