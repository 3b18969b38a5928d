"""What the tests of pictures share: small runs, finders of artists, and a watch over pyplot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

import toylands as tl

mpl.use("Agg")


@pytest.fixture(autouse=True)
def no_traces() -> Iterator[None]:
    """No test may leave an open pyplot figure or a changed setting behind."""
    import matplotlib.pyplot as plt

    before = dict(mpl.rcParams)
    yield
    plt.close("all")  # pyplot keeps the last picture
    assert dict(mpl.rcParams) == before


@pytest.fixture
def by_gid() -> Callable[[Any, str], list[Any]]:
    """Return the artists of axes (or of a figure) that carry a gid."""

    def find(holder: Any, gid: str) -> list[Any]:
        return [artist for artist in holder.findobj() if artist.get_gid() == gid]

    return find


@pytest.fixture(scope="session")
def race() -> Any:
    """Return four optimizers on Rosenbrock's valley: running runs and one that diverges."""
    opts = [tl.gd(0.001), tl.momentum(0.0008), tl.adam(0.05), tl.gd(0.01)]
    runs = tl.race(tl.landscapes.rosenbrock, opts, steps=60)
    assert [run.status.kind for run in runs] == ["running", "running", "running", "diverged"]
    return runs


@pytest.fixture(scope="session")
def finished() -> Any:
    """Return a run that converges to the minimum of a round bowl."""
    bowl = tl.landscape("x**2 + y**2")
    run = tl.descend(bowl, tl.gd(0.2), start=(1.0, -0.5), steps=80)
    assert run.status.kind == "converged"
    return run


def legend_texts(figure_or_axes: Any) -> list[str]:
    """Return the texts of the legends of a figure (of our own) or of given axes."""
    legends = getattr(figure_or_axes, "legends", None) or [figure_or_axes.get_legend()]
    return [text.get_text() for legend in legends for text in legend.get_texts()]


@pytest.fixture
def texts() -> Callable[[Any], list[str]]:
    """Return the reader of legends."""
    return legend_texts


def points(line: Any) -> np.ndarray:
    """Return the data of a line as an array (n, 2)."""
    return np.column_stack(line.get_data())


@pytest.fixture
def data() -> Callable[[Any], np.ndarray]:
    """Return the reader of lines."""
    return points
