"""Pictures of several solutions: matchings, tickets, ensembles, principal components."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.geometry import ensemble_error, find_ticket, match_units, trajectory_pca
from toylands.plots import ensemble_chart, matching_map, pca_chart, ticket_board, ticket_curves
from toylands.plots.words import notes_of
from toylands.theory import random_walks


def test_matched_pairs_are_ringed(by_gid: Any, data: Any, texts: Any) -> None:
    found = match_units([0.3, 1.2, 3], [3.1, 0.2, 1.1])
    ax = matching_map(found)
    np.testing.assert_array_equal(data(by_gid(ax, "matched")[0]), [(1, 0), (2, 1), (0, 2)])
    np.testing.assert_array_equal(data(by_gid(ax, "identity")[0]), [(0, 0), (1, 1), (2, 2)])
    np.testing.assert_allclose(ax.images[0].get_array(), found.costs)
    assert texts(ax.figure) == ["matched: cost 0.03", "as given: cost 12.5"]


def test_the_board_has_the_exact_sectors(by_gid: Any, texts: Any) -> None:
    sectors = by_gid(ticket_board(), "sector")
    assert [(s.theta1, s.theta2) for s in sectors] == [(-45, 90), (90, 270), (270, 315)]
    starts = np.array([[0.1, 0.1], [-0.1, 0.2], [0.2, -0.1], [0.1, -0.2]])
    ax = ticket_board(starts, [True, False, True, False])
    assert texts(ax.figure)[2:] == ["won: 2 of 4, 50.0%", "died: 2 of 4, 50.0%"]
    assert len(by_gid(ax, "won")[0].get_xdata()) == 2
    with pytest.raises(ValueError, match="starts of shape"):
        ticket_board(starts, [True])


def test_ticket_curves_hold_all_runs(by_gid: Any, data: Any, texts: Any) -> None:
    ticket = find_ticket(tl.landscapes.two_tickets, tl.gd(0.05), keep=0.5, steps=30)
    control = ticket.train((0, 0, 0.1, -0.2))
    ax = ticket_curves(ticket, {"re-initialised": control})
    for line, run in zip(by_gid(ax, "loss"), (ticket.dense, ticket.run, control), strict=True):
        np.testing.assert_allclose(data(line)[:, 1], run.loss)
    assert texts(ax.figure)[1].startswith("ticket, 50% kept, rewound")
    assert "gd(lr=0.05), 30 steps each" in notes_of(ax)


def test_losses_within_a_decade_are_drawn_on_a_linear_axis() -> None:
    land = tl.landscapes.two_tickets
    scales = [
        ticket_curves(find_ticket(land, tl.gd(0.05), keep=0.5, steps=n)).get_yscale()
        for n in (30, 300)
    ]
    assert scales == ["linear", "log"]


def test_ensemble_bars_add_up(by_gid: Any) -> None:
    ax = ensemble_chart(ensemble_error([1, 2, 4], 2))
    heights = [bar.get_height() for bar in ax.patches]
    np.testing.assert_allclose(heights[:3], [1, 0, 4])
    error, ambiguity = heights[3:]
    assert error == pytest.approx(1 / 9)
    assert ambiguity == pytest.approx(14 / 9)
    assert ax.patches[4].get_y() == pytest.approx(error)
    assert by_gid(ax, "mean")[0].get_ydata()[0] == pytest.approx(5 / 3)


def test_shares_stand_beside_those_of_noise(by_gid: Any, data: Any) -> None:
    run = tl.descend(tl.landscapes.rosenbrock, tl.gd(0.001), steps=50)
    found = trajectory_pca(run)
    ax = pca_chart(found)
    np.testing.assert_allclose([bar.get_height() for bar in ax.patches], found.shares)
    noise = data(by_gid(ax, "noise")[0])[:, 1]
    np.testing.assert_allclose(noise, [random_walks.pca_share(k, 51) for k in (1, 2)])
