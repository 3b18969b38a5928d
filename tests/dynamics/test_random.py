"""Philox's published answers, the reals made of its words, and what statistics says of them."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numba
import numpy as np
import plain_walk
import pytest
from scipy import stats

from toylands.dynamics import loop, random
from toylands.dynamics.checks import seeds_for
from toylands.formula.memory import pointer

SEED = 20240607


@numba.njit
def words(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, int, int, int]:
    return random.philox(c0, c1, c2, c3, k0, k1)


@numba.njit
def unit(high: int, low: int) -> float:
    return random.unit(high, low)


@numba.njit
def pairs(seed: int, count: int, stream: int) -> Any:
    out = np.empty((count, 2))
    for k in range(count):
        out[k] = random.uniform_pair(seed, k, 7, stream)
    return out


@numba.njit
def fill(seeds: int, n: int, steps: int, coordinates: int, stream: int, out: int) -> None:
    for t in range(steps):
        for j in range(0, coordinates, 2):
            row = out + 8 * n * (t * coordinates + j)
            random.normal_rows(seeds, n, t, j >> 1, stream, row, row + 8 * n)


def normals(seeds: Any, steps: int, coordinates: int, stream: int) -> Any:
    """Shape (seeds, steps, coordinates)."""
    seeds = np.ascontiguousarray(seeds, dtype=np.int64)
    even = coordinates + coordinates % 2
    out = np.empty((steps, even, len(seeds)))
    fill(pointer(seeds), len(seeds), steps, even, stream, pointer(out))
    return out.transpose(2, 0, 1)[:, :, :coordinates]


# Published answers


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [  # Random123, kat_vectors: philox4x32, 10 rounds
        ("00000000 00000000 00000000 00000000", "00000000 00000000",
         "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff",
         "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0",
         "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)  # fmt: skip
def test_philox_gives_the_published_words(counter: str, key: str, expected: str) -> None:
    c, k, wanted = ([int(word, 16) for word in text.split()] for text in (counter, key, expected))
    assert list(words(*c, *k)) == wanted
    assert list(plain_walk.philox(c, k)) == wanted  # the tests' own one too


def test_philox_agrees_with_plain_integers() -> None:
    rng = np.random.default_rng(SEED)
    for row in rng.integers(0, 2**32, (200, 6)).tolist():
        assert words(*row) == plain_walk.philox(row[:4], row[4:])


@pytest.mark.parametrize(
    ("seed", "expected"),
    [  # the reference implementation's first numbers, as listed for many languages
        (0, [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC]),
        (1234567, [6457827717110365317, 3203168211198807973, 9817491932198370423,
                   4593380528125082431, 16408922859458223821]),
    ],
)  # fmt: skip
def test_keys_are_splitmix64(seed: int, expected: list[int]) -> None:
    assert seeds_for(seed, len(expected)).view(np.uint64).tolist() == expected
    assert [plain_walk.splitmix(seed, n) for n in range(len(expected))] == expected


# Reals from words


def test_uniforms_lie_strictly_between_zero_and_one() -> None:
    full = 0xFFFFFFFF
    assert unit(0, 0) == 2.0**-53
    assert unit(full, full) == 1 - 2.0**-53  # one more bit, and it would round to 1
    assert unit(1 << 31, 0) == 0.5 + 2.0**-53


def test_uniforms_are_the_top_bits_exactly() -> None:
    rng = np.random.default_rng(SEED)
    for high, low in rng.integers(0, 2**32, (500, 2)).tolist():
        cell = ((high >> 6) << 26) + (low >> 6)
        assert Fraction(unit(high, low)) == Fraction(2 * cell + 1, 2**53)


def test_uniform_pairs_and_normals_are_those_of_the_words() -> None:
    for seed in (0, 1, 2**63 - 1):
        made = pairs(seed, 20, loop.BATCH)
        wanted = [plain_walk.uniforms(seed, k, 7, plain_walk.BATCH) for k in range(20)]
        assert made.tolist() == [list(pair) for pair in wanted]
        shown = normals(np.array([seed]), 5, 5, loop.NOISE)[0]
        expected = [
            [plain_walk.normal(seed, t, j, plain_walk.NOISE) for j in range(5)] for t in range(5)
        ]
        np.testing.assert_allclose(shown, expected, rtol=1e-14, atol=1e-15)


def test_a_negative_seed_is_its_64_bits() -> None:
    seed = -3
    wanted = plain_walk.uniforms(seed & plain_walk.LONG, 0, 7, plain_walk.BATCH)
    assert tuple(pairs(seed, 1, loop.BATCH)[0]) == wanted


# Statistics. Seeds are fixed, so these never fail by chance; the bounds are those of a fair sample.


@pytest.fixture(scope="module")
def sample() -> Any:
    """100 walkers, 500 steps, 4 coordinates."""
    return normals(seeds_for(SEED, 100), 500, 4, loop.NOISE)


def test_moments_of_normals(sample: Any) -> None:
    z, n = sample.reshape(-1), sample.size
    # Standard errors of the first four moments of n standard normals.
    for power, expected, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs(np.mean(z**power) - expected) < 4 * math.sqrt(variance / n), power


def test_normals_pass_kolmogorov_and_smirnov(sample: Any) -> None:
    assert stats.kstest(sample.reshape(-1), "norm").pvalue > 1e-3
    for j in range(4):  # cosines and sines apart
        assert stats.kstest(sample[:, :, j].reshape(-1), "norm").pvalue > 1e-3
    # The test has the power to see a wrong scale of three percent.
    assert stats.kstest(1.03 * sample.reshape(-1), "norm").pvalue < 1e-3


@pytest.mark.parametrize("size", [lambda z: z, lambda z: z**2], ids=["values", "squares"])
def test_normals_are_uncorrelated(sample: Any, size: Any) -> None:
    made = size(sample)
    made = (made - made.mean()) / made.std()
    neighbours = {
        "walkers": (made[1:], made[:-1]),
        "steps": (made[:, 1:], made[:, :-1]),
        "coordinates": (made[:, :, 1:], made[:, :, :-1]),
        "the two of a pair": (made[:, :, ::2], made[:, :, 1::2]),
    }
    for name, (one, other) in neighbours.items():
        assert abs(np.mean(one * other)) < 4 / math.sqrt(one.size), name


def test_the_largest_normals_are_as_large_as_they_should_be(sample: Any) -> None:
    # P(max of n < z) = Phi(z)^n; both sides of a 99.8 % interval.
    low, high = stats.norm.ppf(np.array([0.001, 0.999]) ** (1 / sample.size))
    assert low < sample.max() < high
    assert low < -sample.min() < high


def test_uniforms_fill_their_bins() -> None:
    made = pairs(SEED, 50_000, loop.BATCH)
    for column in made.T:
        counts = np.bincount((column * 64).astype(int), minlength=64)
        assert stats.chisquare(counts).pvalue > 1e-3
    joint = np.histogram2d(*made.T, bins=16, range=[(0, 1), (0, 1)])[0]
    assert stats.chisquare(joint.reshape(-1)).pvalue > 1e-3


def test_streams_do_not_overlap() -> None:
    streams = [loop.NOISE, loop.THERMAL, loop.BATCH, loop.SHUFFLE]
    seen = [set(normals(seeds_for(SEED, 3), 20, 4, stream).reshape(-1)) for stream in streams]
    assert len(set().union(*seen)) == 4 * 3 * 20 * 4
