"""Our own functions in plain arithmetic, digit by digit, against mpmath; and at the ends of their ranges."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath as mp
import numba
import numpy as np
import pytest

from toylands.formula import bits, compile

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
    "erfc": (mp.erfc, 1.0, (-300, 1.42)),
}
#: those without a branch
SELECTS = ("exp", "expm1", "sinh", "cosh", "tanh", "log", "log1p", "atan", "erf", "erfc")
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


@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_where_the_ranges_meet_and_results_are_tiny(name: str) -> None:
    rng = np.random.default_rng(1)
    ends = [(0.5, 0.8), (0.62499, 0.62501), (3.99, 4.01), (24.0, 26.54), (26.54, 27.3)]
    x = np.concatenate([rng.uniform(low, high, 300) for low, high in ends])
    exact = FUNCTIONS[name][0]
    with mp.workdps(40):
        for a, v in zip(x.tolist(), values(name, x).tolist(), strict=True):
            assert error(v, exact(mp.mpf(a))) < 1.0, a


@pytest.mark.parametrize("name", [*SELECTS])
def test_a_loop_of_it_vectorises(name: str) -> None:
    """One branch in it, or one call that isn't written into the loop, and it takes three times as long."""
    function = compile.own(name)

    @numba.njit("void(f8[::1], f8[::1])", **compile.SETTINGS)
    def run(x: Any, out: Any) -> None:
        for i in range(len(x)):
            out[i] = function(x[i])

    assert re.search(r"<\d+ x double>", run.inspect_llvm(run.signatures[0]))


def test_products_are_the_same_with_and_without_fused_multiply_add(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def make() -> Any:
        @numba.njit("f8(f8[::1], f8[::1], f8[::1])", **compile.SETTINGS)
        def rests(a: Any, b: Any, out: Any) -> float:
            total = 0.0
            for i in range(len(a)):
                p, out[i] = bits.product(a[i], b[i])
                total += p
            return total

        return rests

    rng = np.random.default_rng(2)
    a = rng.normal(size=20_000) * 10 ** rng.uniform(-100, 100, 20_000)
    b = rng.normal(size=20_000) * 10 ** rng.uniform(-100, 100, 20_000)
    rests = np.empty((2, a.size))
    make()(a, b, rests[0])
    monkeypatch.setattr(bits, "fused", lambda: False)
    plain = make()
    plain(a, b, rests[1])
    assert "llvm.fma" not in plain.inspect_llvm(plain.signatures[0])
    np.testing.assert_array_equal(*rests)
    for x, y, rest in zip(a[:500].tolist(), b[:500].tolist(), rests[1].tolist(), strict=False):
        assert Fraction(x) * Fraction(y) - Fraction(x * y) == Fraction(rest)


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
