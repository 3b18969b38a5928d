"""Compilation: one kernel serves every parameter, loops never recompile, arithmetic is plain IEEE."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from toylands.formula import Landscape, compile, dial, evaluate, landscape

pytestmark = pytest.mark.filterwarnings("error")


@landscape(k=dial(2.0, 0, 9))
def bowl(x, y, *, k):
    return x**2 + k * y**2


def test_another_parameter_recompiles_nothing() -> None:
    point = (1.0, 3.0)
    for method in ("loss", "grad", "hessian"):
        getattr(bowl, method)(point)
    before = compile.compiled
    for k in (0.0, 3.0, 1e9):
        variant = bowl(k=k)
        assert variant.loss(point) == 1 + 9 * k
        np.testing.assert_array_equal(variant.grad(point), (2, 6 * k))
        np.testing.assert_array_equal(variant.hessian(point), ((2, 0), (0, 2 * k)))
    assert compile.compiled == before


def test_a_parameter_per_walker_compiles_once_more() -> None:
    points = np.ones((3, 2))
    bowl.loss(points)
    before = compile.compiled
    np.testing.assert_array_equal(bowl(k=np.array([1.0, 2, 3])).loss(points), (2, 3, 4))
    assert compile.compiled == before + 1
    np.testing.assert_array_equal(bowl(k=np.array([4.0, 5, 6])).loss(points), (5, 6, 7))
    assert compile.compiled == before + 1


def test_a_landscape_is_compiled_when_it_is_first_asked() -> None:
    before = compile.compiled
    land = landscape("x**2 + 3*y")
    assert compile.compiled == before
    land.loss((1, 2))
    land.loss(np.zeros((5, 2)))
    assert compile.compiled == before + 1
    land.grad((1, 2))
    assert compile.compiled == before + 2


def test_the_same_formula_is_compiled_once_whatever_it_is_called() -> None:
    """A cell run again, or an explorer that reads a formula from its scene, waits for no compiler."""
    for method in ("loss", "grad", "hessian"):
        getattr(landscape("x**2 + 7*x*y"), method)((2, 3))
    before = compile.compiled
    for n in range(60):
        again = landscape(
            "x**2+7*x*y" if n % 2 else "7*y*x + x*x", name=f"n{n}", view=((0, n + 1),) * 2
        )
        assert (again.name, again.loss((2, 3))) == (f"n{n}", 46)
        np.testing.assert_array_equal(again.grad((2, 3)), (25, 14))
        np.testing.assert_array_equal(again.hessian((2, 3)), ((2, 7), (7, 0)))
    assert compile.compiled == before
    assert compile._compiled.cache_parameters()["maxsize"] <= 1_024  # bounded


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({}, (5, 12)),
        ({"coordinates": ("b", "a")}, (12, 5)),
        ({"players": (1, -1)}, (5, -12)),
        ({"a": 2}, (12,)),
        ({"b": 3}, (5,)),
        ({"data": {"b": (3, 5)}}, (6,)),
    ],
)
def test_what_a_name_stands_for_is_part_of_the_formula(
    options: dict[str, Any], field: tuple[float, ...]
) -> None:
    """One text, six different functions (the slopes by hand): each has a kernel of its own."""
    land = landscape("a**2/2 + a*b + 5*b**2/3", **options)
    point = {"a": 2, "b": 3}
    np.testing.assert_allclose(land.field([point[c] for c in land.coordinates]), field, rtol=1e-14)


def test_swapping_landscapes_recompiles_no_loop() -> None:
    def walk(land: Landscape) -> None:
        land.loss(land.start)
        land.grad(np.array([land.start] * 300))

    walk(bowl)
    walk(bowl(k=np.array(7.0)))
    loop = evaluate._evaluate
    before = (loop.signatures, dict(loop.stats.cache_hits), dict(loop.stats.cache_misses))
    for text in ("x**3", "x*y + z"):
        walk(landscape(text))
    assert (loop.signatures, dict(loop.stats.cache_hits), dict(loop.stats.cache_misses)) == before
    assert len(loop.signatures) == 1


def test_arithmetic_is_plain_ieee() -> None:
    """No exception, no clipping and no assumption that infinities and NaN do not happen."""
    land = landscape("1/x + log(y) + sqrt(z)")
    assert land.loss((0, 1, 1)) == np.inf
    assert land.loss((-0.0, 1, 1)) == -np.inf
    assert land.loss((1, 0, 1)) == -np.inf
    assert np.isnan(land.loss((1, -1, 1)))
    assert np.isnan(land.loss((1, 1, -1)))
    np.testing.assert_array_equal(land.grad((0, 1, 1)), (-np.inf, 1, 0.5))
    np.testing.assert_array_equal(land.grad((1, 1, 0)), (-1, 1, np.inf))
    assert np.isnan(land.grad((1, 0, 1))).all()  # log has no value at 0, so the loss no slope
    difference = landscape("(x + y) - x", coordinates=("x", "y"))
    assert difference.loss((np.inf, 1)) == 1  # simplified before it was compiled: exactly y
    big = landscape("exp(x) - exp(y)")
    assert np.isnan(big.loss((1000, 1000)))
    assert big.loss((1000, 0)) == np.inf


def test_sums_are_not_reordered() -> None:
    """Kernels may fuse a multiplication with an addition, but not change the order of a sum."""

    @landscape(data={"t": (1e16, 1.0, -1e16, 1.0)})
    def total(x, *, t):
        return x * t

    assert total.loss(1.0) == ((1e16 * 0.25 + 0.25) - 1e16 * 0.25 + 0.25)


def test_a_source_becomes_a_function_at_an_address() -> None:
    source = (
        "def kernel(n, ld, theta, p, data, rows, index, m, loss, out):\n"
        "    for i in range(n):\n"
        "        store_0(loss, i, load(theta, i) + load(p, 0))\n"
        "        store_1(out, i, fetch_0(loss, i) * relu(sign(load(theta, i))))\n"
    )
    before = compile.compiled
    kernel = compile.compile_source(source, "kernel", 2, compile.KERNEL)
    assert compile.compiled == before + 1
    theta = np.array([[1.5], [-2.0], [0.0]])
    loss, out = evaluate.evaluate(
        kernel, theta, np.array([[10.0]]), np.empty((0, 0)), np.arange(0), 1, want_loss=True
    )
    assert loss is not None
    assert out is not None
    np.testing.assert_array_equal(loss, (11.5, 8, 10))
    np.testing.assert_array_equal(out[:, 0], (11.5, 0, 0))


@pytest.mark.parametrize("wide", [True, False])
def test_vectors_are_as_wide_as_the_processor_likes(
    wide: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LLVM is told, by an attribute of the function; where there are no such vectors, it is ignored."""
    monkeypatch.setattr(compile, "wide", lambda: wide)
    source = (
        "def kernel(n, ld, theta, p, data, rows, index, m, loss, out):\n"
        f"    widen()  # {wide}: another source, so compiled for each\n"
        "    for i in range(n):\n"
        "        store_0(loss, i, 2.0 * load(theta, i))\n"
    )
    kernel = compile.compile_source(source, "kernel", 1, compile.KERNEL)
    assert ('"prefer-vector-width"="512"' in kernel.inspect_llvm()) == wide
    theta = np.arange(40.0)[:, None]
    loss, _ = evaluate.evaluate(
        kernel, theta, np.empty((0, 1)), np.empty((0, 0)), np.arange(0), 0, want_loss=True
    )
    assert loss is not None
    np.testing.assert_array_equal(loss, 2 * theta[:, 0])


def test_kernels_and_rules_use_wide_vectors() -> None:
    """On processors on which they cost no clock: Intel's since 2019, AMD's since 2022."""
    from llvmlite import binding

    from toylands.optimizers import gd

    assert compile.wide() == bool(binding.get_host_cpu_features().get("avx512vbmi2"))
    made = [bowl.definition.kernel(1, loss=False, shared=True), gd(0.1).rule.kernel(shared=True)]
    for function in made:
        asked = '"prefer-vector-width"="512"' in function.inspect_llvm()
        assert asked == compile.wide()


@pytest.mark.parametrize("array", [np.arange(5.0), np.arange(5)], ids=["floats", "integers"])
def test_raw_memory(array: Any) -> None:
    import numba

    peek, poke = (
        (compile.peek, compile.poke)
        if array.dtype.kind == "f"
        else (compile.peek_long, compile.poke_long)
    )

    @numba.njit
    def swap(address, i, j):
        first = peek(address, i)
        poke(address, i, peek(address, j))
        poke(address, j, first)

    swap(evaluate.pointer(array), 1, 3)
    np.testing.assert_array_equal(array, (0, 3, 2, 1, 4))


def test_settings_stay_honest() -> None:
    assert compile.SETTINGS["error_model"] == "numpy"
    assert not compile.SETTINGS.get("fastmath")
    assert math.isnan(compile.NAMESPACE["nan"])
