"""A walk on a moving landscape of one coordinate: time to the right, each column the loss of its moment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scenes

from toylands import plots


def test_each_moment_has_its_own_landscape(by_gid: Any, data: Any) -> None:
    runs = scenes.moving()
    ax = plots.paths(runs)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "x")
    first, second = by_gid(ax, "trail")
    np.testing.assert_array_equal(data(first), np.column_stack([np.arange(41), runs[0].path[:, 0]]))
    np.testing.assert_array_equal(data(second)[:, 1], runs[1].path[:, 0])
    # The lowest place of (x - c)^2 is the goal c, to half a cell of the grid.
    (lowest,) = by_gid(ax, "lowest")
    assert np.abs(lowest.get_ydata() - runs[0].time_varying["c"]).max() <= 0.0101


def test_a_walk_that_leaves_is_cut_at_the_window(by_gid: Any, data: Any) -> None:
    ax = plots.time_map(scenes.moving(), view=(-2, 1.2))
    assert data(by_gid(ax, "trail")[0])[:, 1].max() <= 1.5
    assert ax.get_ylim() == (-2, 1.2)


def test_more_coordinates_are_refused() -> None:
    with pytest.raises(ValueError, match="has 2 coordinates: time_map draws walks in one"):
        plots.time_map(scenes.valley())
