"""Outside of kernels: our own functions on arrays and numbers, asked of no C library."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest

from toylands import formula, schedules
from toylands.formula import arrays, landscape
from toylands.formula.functions import TEXT_FUNCTIONS

pytestmark = pytest.mark.filterwarnings("error")


def test_arrays_keep_their_shape_and_every_number_is_right() -> None:
    x = np.linspace(-3, 3, 24).reshape(4, 6).T
    found = arrays.values("cos", x)
    assert found.shape == (6, 4)
    powers = arrays.values("pow", [[0.3], [2.0]], np.arange(5))
    assert powers.shape == (2, 5)
    for a, v in zip(x.ravel().tolist(), found.ravel().tolist(), strict=True):
        assert abs(mp.cos(a) - v) < 1e-16
    for base, row in zip((0.3, 2.0), powers.tolist(), strict=True):
        assert row == pytest.approx([float(mp.mpf(base) ** k) for k in range(5)], rel=2.3e-16)
    assert arrays.values("exp", []).shape == (0,)


def test_numbers_have_the_digits_of_a_compiled_formula() -> None:
    """One kernel of a constant, which SymPy cannot shorten: p is the number."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.uniform(-4, 4, 30), [0.0, 800.0, -800.0]])
    for name in ("sigmoid", "normal_cdf", "exp"):
        kernel = landscape(f"{name}(x)").loss(x[:, None])
        assert [TEXT_FUNCTIONS[name](a) for a in x.tolist()] == kernel.tolist()


def test_neither_python_nor_numpy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError

    for name in (
        "exp",
        "log",
        "sin",
        "cos",
        "tan",
        "tanh",
        "sinh",
        "cosh",
        "power",
        "expm1",
        "log1p",
    ):
        monkeypatch.setattr(np, name, never)
        monkeypatch.setattr(math, "pow" if name == "power" else name, never)
    for schedule in (
        schedules.cosine(9, floor=0.1),
        schedules.warm_restarts(4, mult=2),
        schedules.exponential(0.9),
        schedules.step(3),
        schedules.cyclic(0.1, 4, mode="triangular2"),
        schedules.one_cycle(20),
    ):
        assert schedule.values(20).shape == (20,)
    assert formula.tanh(0.5) == pytest.approx(0.46211715726000975, rel=1e-15)
    assert formula.softplus(0.0) == pytest.approx(0.6931471805599453, rel=1e-15)


def test_at_the_ends_of_their_ranges() -> None:
    with np.errstate(all="raise"):
        assert formula.exp(1e9) == math.inf
        assert formula.log(0) == -math.inf
        assert math.isnan(formula.log(-1))
        assert math.isnan(formula.sqrt(-1.0))
        assert math.isnan(formula.sqrt(math.nan))
        assert formula.sinh(-1e9) == -math.inf
