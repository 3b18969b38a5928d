"""sin, cos and exp in plain arithmetic: against mpmath, at the ends of their ranges, and far outside."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath as mp
import numba
import numpy as np
import pytest

from toylands.formula import codegen, compile, landscape

pytestmark = pytest.mark.filterwarnings("error")

EXACT: dict[str, Callable[[Any], Any]] = {
    "exp": mp.exp,
    "quick_sin": mp.sin,
    "quick_cos": mp.cos,
    "sin": mp.sin,
    "cos": mp.cos,
}


def values(name: str, x: np.ndarray) -> np.ndarray:
    """The function at many points, in a loop like a kernel's."""
    function = compile.own(name)

    @numba.njit(**compile.SETTINGS)
    def run(x: Any, out: Any) -> None:
        for i in range(len(x)):
            out[i] = function(x[i])

    out = np.empty_like(x)
    run(x, out)
    return out


def worst(name: str, x: np.ndarray) -> float:
    """The largest error, in units in the last place of the exact result."""
    with mp.workdps(400 if np.abs(x).max() > compile.FAR else 50):
        errors = []
        for at, value in zip(x.tolist(), values(name, x).tolist(), strict=True):
            exact = EXACT[name](mp.mpf(at))
            errors.append(float(abs(mp.mpf(value) - exact) / mp.mpf(math.ulp(float(exact)))))
    return max(errors)


@pytest.mark.parametrize("high", [1e-9, 0.3, 3.0, 700.0])
def test_exp_to_the_last_digit(high: float) -> None:
    x = np.random.default_rng(1).uniform(-high, high, 3_000)
    assert worst("exp", x) < 0.9


def test_exp_where_results_are_tiny() -> None:
    """Below 2.2e-308 floats have fewer digits, and the last factor of 2^k rounds to those."""
    x = np.random.default_rng(2).uniform(-745.0, -708.0, 1_000)
    assert worst("exp", x) < 0.9


def test_exp_at_the_ends() -> None:
    largest = math.log(np.finfo(float).max)  # 709.78, rounded down
    x = np.array([0.0, -0.0, largest, 709.8, 1e300, math.inf, -746.0, -1e300, -math.inf, math.nan])
    made = values("exp", x)
    np.testing.assert_array_equal(made[[0, 1]], 1.0)
    assert made[2] == pytest.approx(np.finfo(float).max, rel=1e-12)
    np.testing.assert_array_equal(made[[3, 4, 5]], math.inf)
    np.testing.assert_array_equal(made[[6, 7, 8]], 0.0)
    assert math.isnan(made[9])
    assert values("exp", np.array([-745.1]))[0] == 5e-324  # the smallest number there is


@pytest.mark.parametrize("name", ["quick_sin", "quick_cos"])
@pytest.mark.parametrize("high", [1e-9, 0.8, 6.3, 1e3, compile.FAR])
def test_waves_to_the_last_digit(name: str, high: float) -> None:
    x = np.random.default_rng(3).uniform(-high, high, 3_000)
    assert worst(name, x) < 0.9


@pytest.mark.parametrize("name", ["quick_sin", "quick_cos"])
def test_waves_next_to_a_zero(name: str) -> None:
    """At floats nearest to multiples of pi/2 nearly all digits of the argument cancel."""
    n = np.random.default_rng(4).integers(-636_000, 636_000, 3_000)
    x = np.concatenate([n, np.arange(-40, 40)]) * (math.pi / 2)
    assert np.abs(x).max() < compile.FAR
    assert worst(name, x) < 0.9


@pytest.mark.parametrize("name", ["quick_sin", "quick_cos"])
def test_waves_at_zero_and_nowhere(name: str) -> None:
    made = values(name, np.array([0.0, -0.0, math.nan, math.inf, -math.inf]))
    np.testing.assert_array_equal(made[:2], 0.0 if name == "quick_sin" else 1.0)
    assert math.isnan(made[2])
    # Infinity is beyond `FAR`: see below.


FAR_POINTS = [compile.FAR, np.nextafter(compile.FAR, np.inf), 3e6, 1e10, 1e15, 1e22, 1e300]


@pytest.mark.parametrize("far", FAR_POINTS)
@pytest.mark.parametrize("company", [1, 40])
def test_kernels_are_exact_at_any_angle(far: float, company: int) -> None:
    """One far angle in a block: all of the block's numbers are right."""
    land = landscape("sin(x) + 2*cos(y)")
    points = np.random.default_rng(5).uniform(-3, 3, (company, 2))
    for at in (points[0], points[-1]):
        at[:] = far, -far
    loss, grad = land.loss(points), land.grad(points)
    with mp.workdps(400):
        for (x, y), value, slope in zip(points.tolist(), loss, grad, strict=True):
            exact = mp.sin(x) + 2 * mp.cos(y), mp.cos(x), -2 * mp.sin(y)
            np.testing.assert_allclose((value, *slope), [float(e) for e in exact], 3e-15, 5e-16)


def test_infinite_angles_have_no_wave() -> None:
    land = landscape("sin(x)*exp(-y)")
    points = np.array([[math.inf, 0.0], [0.5, 0.0], [-math.inf, 0.0], [0.5, -math.inf]])
    loss = land.loss(points)
    assert np.isnan(loss[[0, 2]]).all()
    assert loss[1] == pytest.approx(math.sin(0.5), rel=1e-15)
    assert loss[3] == math.inf


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_waves_of_any_length(name: str) -> None:
    """Up to the largest floats, at powers of 2^24, and at the floats nearest to a multiple of pi/2."""
    x = 10 ** np.random.default_rng(6).uniform(5.9, 308.2, 1_000)
    x[::2] *= -1
    odd = [
        6381956970095103 * 2.0**797,
        5.319372648326541e255,
        np.finfo(float).max,
        2.0**24,
        2.0**48,
    ]
    odd += [-(2.0**1023), 2.0**24 - 1, 2.0**24 + 1, np.nextafter(2.0**48, 0), compile.FAR]
    assert worst(name, np.concatenate([x, odd])) < 0.9


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_near_angles_have_the_same_wave_in_either_way(name: str) -> None:
    x = np.random.default_rng(7).uniform(-compile.FAR, compile.FAR, 20_000)
    np.testing.assert_array_equal(values(name, x), values(f"quick_{name}", x))


def test_sums_over_data_have_waves_of_any_length() -> None:
    """A sum cannot begin again when an angle turns out to be far."""

    @landscape(data={"t": (0.5, 1.0, 1e9)})
    def signal(x, *, t):  # type: ignore[no-untyped-def]
        from toylands.formula import exp, sin

        return (sin(x * t) * exp(-t)) ** 2

    with mp.workdps(60):
        for x in (0.3, 1e8):
            exact = sum((mp.sin(mp.mpf(x) * t) * mp.exp(-t)) ** 2 for t in (0.5, 1, 1e9)) / 3
            assert signal.loss(x) == pytest.approx(float(exact), rel=1e-14)


@pytest.mark.parametrize(
    ("text", "vectorises"),
    [
        ("x**2 + y**2", True),
        ("exp(-x**2) + sin(x*y)", True),
        ("max(x, y)**2 + abs(x)", True),
        ("log(1 + x**2) + y", False),
        ("tanh(x) + y**2", False),
        ("(1 + x**2)**0.3 + y", False),
    ],
)
def test_wide_vectors_where_loops_vectorise(text: str, vectorises: bool) -> None:
    """Taken apart for calls of the C library, they only cost."""
    derivation = landscape(text).definition.derivation
    source, _ = codegen.kernel_source(
        derivation.symbols, [], [], derivation.loss, derivation.outputs(1), shared=True
    )
    assert ("widen()" in source) == vectorises
