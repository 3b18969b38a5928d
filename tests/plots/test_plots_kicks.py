"""The histogram of random kicks: bars, means, what its last bar holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import kicks
from toylands.plots import kick_histogram
from toylands.plots.words import notes_of

BOWL = tl.landscape("(x**2 + 4*y**2)/2")  # tr H = 5


@pytest.fixture(scope="module")
def found() -> Any:
    """Return 2,000 kicks at the minimum of a bowl."""
    return kicks(BOWL, (0, 0), 0.3, count=2000)


def test_every_kick_is_in_a_bar(found: Any) -> None:
    ax = kick_histogram(found)
    assert sum(bar.get_height() for bar in ax.patches) == 2000
    reach = np.quantile(found.increases, 0.99)
    last = ax.patches[-1]
    assert last.get_x() + last.get_width() == pytest.approx(reach)
    assert last.get_height() >= np.sum(found.increases >= reach)
    assert "2,000 kicks; the last bar holds all larger rises" in notes_of(ax)


def test_the_reach_can_be_given(found: Any) -> None:
    last = kick_histogram(found, reach=0.5).patches[-1]
    assert last.get_x() + last.get_width() == pytest.approx(0.5)
    assert last.get_height() >= np.sum(found.increases >= 0.5)


def test_measured_and_predicted_mean_are_marked(found: Any, texts: Any) -> None:
    ax = kick_histogram(found)
    measured, predicted = (float(line.get_xdata()[0]) for line in ax.lines)
    assert measured == pytest.approx(found.increases.mean())
    assert predicted == pytest.approx(0.3**2 / 2 * 5)  # sigma^2/2 tr H
    assert abs(measured - predicted) < 5 * found.increases.std() / np.sqrt(2000)
    assert texts(ax.figure)[1] == "σ²/2 · tr H = 0.225"
