"""Division by multiplication: the processor's own quotients to the last bit, or plainly none."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from toylands.formula import division
from toylands.formula.compile import SETTINGS

pytestmark = pytest.mark.filterwarnings("error")
Array = np.ndarray


@numba.njit("void(f8[::1], f8[::1], f8[::1])", **SETTINGS)
def divide(above: Array, below: Array, result: Array) -> None:
    for i in range(len(above)):
        result[i] = division.quotient(above[i], below[i])


def quotients(above: Array, below: Array) -> tuple[Array, Array]:
    """What `quotient` finds, and what the processor does."""
    above, below = (np.ascontiguousarray(a, float) for a in np.broadcast_arrays(above, below))
    found = np.empty_like(above)
    divide(above, below, found)
    with np.errstate(all="ignore"):
        return found, above / below


def numbers(rng: np.random.Generator, count: int, exponents: tuple[int, int]) -> Array:
    sign = rng.choice((-1.0, 1.0), count)
    return sign * (1 + rng.random(count)) * 2.0 ** rng.integers(*exponents, count)


@pytest.mark.parametrize("seed", range(10))
def test_a_million_quotients_to_the_last_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found, right = quotients(
        numbers(rng, 1_000_000, (-450, 500)), numbers(rng, 1_000_000, (-500, 500))
    )
    np.testing.assert_array_equal(found, right)


NUMERATORS = (1.0, 1 + 2.0**-52, 2 - 2.0**-52, 1 - 2.0**-53, np.pi, 1 / 3)


@pytest.mark.parametrize("above", NUMERATORS)
def test_divisors_near_powers_of_two(above: float) -> None:
    """There 1/b is nearest to a tie, and Newton's steps are most likely to round the wrong way.

    Nearest of all where the 53 digits of b are all ones (the first step below a power of two).
    """
    near = 2.0 ** np.arange(-300, 300)
    for step in range(1, 40):
        for below in (near * (1 + step * 2.0**-52), near * (1 - step * 2.0**-53)):
            found, right = quotients(np.float64(above), below)
            np.testing.assert_array_equal(found, right)


def test_quotients_as_near_to_a_tie_as_they_get() -> None:
    """a = b*m rounded, with m halfway between two numbers: a/b lies as close to m as any quotient does."""
    rng = np.random.default_rng(3)
    below = 1 + rng.random(1_000_000)
    number = 1 + rng.random(1_000_000)
    above = below * number + below * 2.0**-53
    for shift in (-1, 0, 1):
        found, right = quotients(above + shift * np.spacing(above), below)
        np.testing.assert_array_equal(found, right)


def test_what_it_cannot_divide_it_does_not_invent() -> None:
    """Odd pairs: the quotient to the last bit and with its sign, or plainly none."""
    tiny, huge = np.finfo(float).tiny, np.finfo(float).max
    rng = np.random.default_rng(4)
    powers = 2.0 ** np.arange(-1074, 1024.0)
    below = np.concatenate(
        [
            *(powers, 1.37 * powers, (1 + rng.random(powers.size)) * powers),
            [0.0, tiny, huge, np.inf, np.nan, 5e-324, 2.0**1023 * 1.999],
        ]
    )
    below = np.concatenate([below, -below])
    odd = (0.0, -0.0, 1.0, -3.7, 1e-300, 1e300, tiny, huge, np.inf, np.nan, 1e-307, 3e-320)
    for above in (*odd, *(1e-280 * rng.random(20)), *(10 ** rng.uniform(-323, -288, 40))):
        found, right = quotients(np.float64(above), below)
        told = np.isfinite(found)
        np.testing.assert_array_equal(
            found[told].view(np.int64), right[told].view(np.int64), err_msg=repr(above)
        )
        normal = np.abs(below).clip(1e-280, 1e280) == np.abs(below)
        safe = normal & (np.abs(right).clip(1e-280, 1e280) == np.abs(right))
        assert told[safe].all() or abs(above) < 1e-290


def test_without_fused_multiply_add_it_divides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(division, "fused", lambda: False)

    @numba.njit("f8(f8, f8)", **SETTINGS)
    def plain(above: float, below: float) -> float:
        return division.quotient(above, below)

    assert "fdiv" in plain.inspect_llvm(plain.signatures[0])
    assert plain(1.0, 3.0) == 1.0 / 3.0
    assert plain(1.0, 0.0) == np.inf


def test_another_processor_than_this_one_is_not_counted_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(numba.config, "CPU_NAME", "generic")
    assert not division.fused.__wrapped__()
