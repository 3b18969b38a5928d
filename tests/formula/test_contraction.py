"""Nothing is fused: a product is rounded before it is added, on every processor and in every compiled part.

With a = 1 + 2^-30, a*a - round(a*a) is 0 where the product is rounded and 2^-60 where it is not.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import toylands as tl
from toylands.formula import compile, landscape
from toylands.networks import losses, norm, simd
from toylands.networks.plan import dot
from toylands.optimizers import adam, rule

pytestmark = pytest.mark.filterwarnings("error")

PACKAGE = Path(tl.__file__).parent
A = 1 + 2.0**-30
SQUARE = A * A  # rounded


@rule(lr=A)
def stretched(theta, g, lr, m):  # type: ignore[no-untyped-def]
    """A step whose two products cancel what they are added to."""
    return theta - lr * g, m - lr * g


def test_kernels_round_every_product() -> None:
    land = landscape("x*y - z")
    assert land.loss((A, A, SQUARE)) == 0.0
    per_walker = landscape("k*y - z", k=1)(k=np.array([A, 1.0]))
    assert per_walker.loss([(A, SQUARE), (0.0, 0.0)])[0] == 0.0


def test_rules_round_every_product() -> None:
    """The gradient of a*x is a, so one step from a*a ends at 0."""
    land = landscape("k*x", k=1)(k=A)
    assert tl.descend(land, stretched(), (SQUARE,), 1).end[0] == 0.0


def test_the_loop_rounds_every_product() -> None:
    """A look one step ahead lands at 0, where the gradient of x**2/2 + (a - a*a) x is that of the tilt."""
    land = landscape("k*x**2/2", k=1)(k=1.0)
    run = tl.descend(land, tl.extragradient(A), (A,), 1)
    assert run.path[1, 0] == A - A * (A - SQUARE)


def test_solvers_round_every_product() -> None:
    """Elimination on [[1, a], [a, a*a]] finds a pivot of 0, not of 2^-60: the matrix is singular."""
    land = landscape("x**2/2 + k*x*y + s*y**2/2", k=1, s=1)(k=A, s=SQUARE)
    with np.errstate(all="ignore"):
        assert not np.isfinite(tl.descend(land, tl.newton(1.0), (1.0, 2.0), 1).path[1:]).any()


@pytest.mark.parametrize("function", ["kernel", "rule"])
def test_no_instruction_fuses(function: str) -> None:
    made = (
        landscape("x**2*y + cosh(x*y) + exp(x)*y**3").definition.kernel(1, loss=True, shared=True)
        if function == "kernel"
        else adam(0.1).rule.kernel(shared=True)
    )
    assembly = made._library.get_asm_str()
    assert "mul" in assembly  # x86: vmulpd; ARM: fmul
    assert not re.search(r"\bv?fn?m(add|sub)\w*|\bfn?m(la|ls|adds?|subs?)\b", assembly)


def test_no_source_asks_for_it() -> None:
    """All settings are in one place. Two fuse by name, as their results are the same either way: `quotient`
    is the processor's division, and `product` gives the exact rest."""
    assert set(compile.SETTINGS) == {"error_model"}
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"fastmath=|\"contract\"|\"fast\"|fmuladd", text), path
        if path.name != "compile.py":  # its `gather` is for sums of which no digit is used
            assert "flags=(" not in text, path
        if path.name not in ("division.py", "bits.py"):
            assert ".fma(" not in text, path


@pytest.mark.parametrize("count", [1, 7, 8, 9, 40, 43])
def test_sums_over_samples_have_one_order(count: int) -> None:
    """Eight sums side by side, added in pairs, for vectors of any width."""
    random = np.random.default_rng(count)
    left, right = random.standard_normal((2, count))
    sums = [0.0] * 8
    whole = count // 8 * 8
    for s in range(count):
        k = s % 8 if s < whole else 0
        sums[k] += float(left[s]) * float(right[s])
    while len(sums) > 1:
        sums = [x + y for x, y in zip(sums[::2], sums[1::2], strict=True)]
    import numba

    @numba.njit
    def called(a, b, n):  # type: ignore[no-untyped-def]
        return dot(a, b, n)

    assert called(left.ctypes.data, right.ctypes.data, count) == sums[0]


def test_networks_add_up_in_the_same_order_on_every_processor() -> None:
    assert simd.LANES == 8
    for module in (losses, norm, simd):
        assert not hasattr(module, "gather")
