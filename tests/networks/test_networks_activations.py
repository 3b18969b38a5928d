"""Our own tanh and exponential, digit by digit, against mpmath."""

from __future__ import annotations

import ctypes
import math

import mpmath
import numba
import numpy as np
import pytest

from toylands.formula.compile import Stage
from toylands.formula.memory import pointer
from toylands.networks import activations as ours
from toylands.networks.simd import LANES, correlate, multiply


@numba.njit
def _each(kind, x):  # type: ignore[no-untyped-def]
    out = np.empty((2, x.size))
    for i in range(x.size):
        if kind == 0:
            out[0, i], out[1, i] = ours.tanh(x[i])
        elif kind == 1:
            out[0, i], out[1, i] = ours.sigmoid(x[i])
        else:
            out[0, i] = out[1, i] = ours.exp_down(x[i])
    return out


def points() -> np.ndarray:
    random = np.random.default_rng(0)
    sizes = np.concatenate([10.0 ** random.uniform(-12, 2.4, 1500), np.linspace(0.1, 1, 500)])
    return sizes * random.choice([-1.0, 1.0], sizes.size)


EXACT = {
    "tanh": (0, mpmath.tanh, lambda x: mpmath.sech(x) ** 2, 3, 5),
    "sigmoid": (
        1, lambda x: 1 / (1 + mpmath.exp(-x)), lambda x: 1 / (2 + mpmath.exp(x) + mpmath.exp(-x)), 3, 5
    ),
    "exp": (2, mpmath.exp, mpmath.exp, 2, 2),
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_the_last_digits(name: str) -> None:
    kind, value, slope, *bounds = EXACT[name]
    x = -np.abs(points()) if name == "exp" else points()
    found = _each(kind, x)
    with mpmath.workprec(120):
        for row, exact, bound in zip(found, (value, slope), bounds, strict=True):
            errors = [
                abs(float(mpmath.mpf(float(r)) - exact(mpmath.mpf(float(at))))) / math.ulp(r)
                for r, at in zip(row, x, strict=True)
            ]
            assert max(errors) <= bound


def test_the_ends_and_nan() -> None:
    x = np.array([0.0, -0.0, 1e300, -1e300, math.inf, -math.inf, math.nan, 5e-324])
    np.testing.assert_array_equal(
        _each(0, x), [[0, -0.0, 1, -1, 1, -1, math.nan, 5e-324], [1, 1, 0, 0, 0, 0, math.nan, 1]]
    )
    assert math.copysign(1, _each(0, x)[0, 1]) == -1
    np.testing.assert_array_equal(
        _each(1, x),
        [[0.5, 0.5, 1, 0, 1, 0, math.nan, 0.5], [0.25, 0.25, 0, 0, 0, 0, math.nan, 0.25]],
    )
    np.testing.assert_array_equal(_each(2, np.array([-1e4, -math.inf, 0.0]))[0], [0, 0, 1])


def _call(stage: Stage, *arguments: int | np.ndarray) -> None:
    """Call a compiled part with whole numbers, and with the addresses of arrays."""
    numbers = [pointer(a) if isinstance(a, np.ndarray) else a for a in arguments]
    ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * len(numbers))(stage.address)(*numbers)


def _multiply(z: np.ndarray, w: np.ndarray, a: np.ndarray, *, transposed: bool) -> None:
    ld = z.shape[1]
    u, v = (1, w.shape[1]) if transposed else (w.shape[1], 1)
    _call(multiply, z, ld, w, u, v, a, ld, len(z), len(a), ld)


def _correlate(out: np.ndarray, d: np.ndarray, a: np.ndarray) -> None:
    ld = a.shape[1]
    _call(correlate, out, out.shape[1], d, ld, a, ld, len(d), len(a), ld)


@pytest.mark.parametrize("registers", [1, 2, 5])
@pytest.mark.parametrize(("units", "count"), [(1, 1), (4, 4), (9, 6), (3, 13)])
def test_the_products(units: int, count: int, registers: int) -> None:
    random = np.random.default_rng(units + count)
    samples = registers * LANES
    a, w = random.standard_normal((count, samples)), random.standard_normal((units, count))
    z, out = random.standard_normal((units, samples)), random.standard_normal((units, count))
    d = z.copy()
    expected, gathered = z + w @ a, out + d @ a.T
    _multiply(z, w, a, transposed=False)
    np.testing.assert_allclose(z, expected, rtol=1e-13, atol=1e-13)
    _multiply(z, np.ascontiguousarray(w.T), a, transposed=True)
    np.testing.assert_allclose(z, expected + w @ a, rtol=1e-13, atol=1e-13)
    _correlate(out, d, a)
    np.testing.assert_allclose(out, gathered, rtol=1e-13, atol=1e-13)
