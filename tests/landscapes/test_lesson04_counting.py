"""Lesson 4, counting critical points in many dimensions: every number comes out of the library."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from exact_tools import close

import toylands as tl
from toylands.geometry import basin_volumes, census
from toylands.theory import counting, random_matrices


def test_quartic_wells_in_every_coordinate() -> None:
    assert census(tl.landscapes.four_wells).by_index == {0: 4, 1: 4, 2: 1}
    close(counting.index_probabilities(2), np.array([4, 4, 1]) / 9)
    close(counting.minimum_share(10), 0.01734153)
    close(counting.minimum_share(100), 2.459654e-18)
    close(counting.index_moments(100), (33.33333, 4.714045))


def test_cosines_in_every_coordinate() -> None:
    close(counting.minimum_share(10, minima=1, maxima=1), 0.0009765625)


def test_indices_are_counted_one_by_one() -> None:
    """All 3^6 critical points of six quartic wells: index = number of zeros."""
    indices = [point.count(0) for point in product((-1, 0, 1), repeat=6)]
    shares = np.bincount(indices) / 3**6
    np.testing.assert_allclose(counting.index_probabilities(6), shares)
    mean, spread = counting.index_moments(6)
    assert mean == pytest.approx(np.mean(indices))
    assert spread == pytest.approx(np.std(indices))


def test_random_hessians_are_rarely_positive() -> None:
    close(random_matrices.positive_probability(2), 0.1464466)
    close(random_matrices.positive_probability(3), 0.02492092)
    close(random_matrices.positive_rate(), 0.2746531)


def test_similar_minima_are_not_the_best() -> None:
    well = tl.landscapes.double_well_1d
    good, top, bad = well.critical_points
    share = (2 - top.point[0]) / 4
    close(counting.bad_coordinates(100, share), (44.77128, 4.972585))
    close(counting.global_probability(100, share), 1.646261e-26)
    close(bad.loss - good.loss, 0.3978826)
    volumes = basin_volumes(well, tl.gd(0.05), grid=400, repeats=20)
    assert abs(volumes[1].share - share) < 4 * volumes[1].standard_error


def test_starts_in_a_hundred_coordinates_end_as_counted() -> None:
    """The coordinates walk on their own: 2,000 starts of 100 coordinates are 200,000 walkers."""
    well = tl.landscapes.double_well_1d
    starts = np.random.default_rng(0).uniform(-2, 2, (200_000, 1))
    end = tl.descend(well, tl.gd(0.1), start=starts, steps=150, every=150).end
    bad = np.sum(end.reshape(2000, 100) > 0, axis=1)
    mean, spread = counting.bad_coordinates(100, (2 - well.critical_points[1].point[0]) / 4)
    assert abs(bad.mean() - mean) < 4 * spread / np.sqrt(2000)
    assert bad.std() == pytest.approx(spread, rel=4 / np.sqrt(4000))
    assert bad.min() > 20  # none comes near the best of all


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: counting.minimum_share(0), "dim"),
        (lambda: counting.index_probabilities(3, minima=0, maxima=0), "no critical point"),
        (lambda: counting.bad_coordinates(3, 1.5), "probability"),
        (lambda: counting.global_probability(3, -0.1), "probability"),
    ],
)
def test_bad_questions_are_refused(call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
