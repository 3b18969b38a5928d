"""Equilibria of games: what the flow does there, against SciPy, and where they may be declared."""

from __future__ import annotations

import numpy as np
import pytest

from toylands.formula import equilibrium, landscape, saddle

pytestmark = pytest.mark.filterwarnings("error")


#: V(x, y) where x descends and y ascends, and what the flow (-V_x, V_y) does at the origin
GAMES = {
    "rotating": lambda x, y: x * y,
    "stable": lambda x, y: x**2 + x * y - y**2,
    "unstable": lambda x, y: -(x**2) / 4 + x * y + y**2 / 8,
    "flat": lambda x, y: -(y**2) + x**4,
}


@pytest.mark.parametrize("flow", GAMES)
def test_what_the_flow_does_at_an_equilibrium(flow: str) -> None:
    """Against the flow itself, followed by SciPy from a nearby point."""
    from scipy.integrate import solve_ivp

    land = landscape(players=(1, -1), critical=[equilibrium((0, 0), 0.0)])(GAMES[flow])
    (point,) = land.critical_points
    assert (point.kind, point.flow) == ("equilibrium", flow)
    assert [goal.flow for goal in land.goals] == ([] if flow == "unstable" else [flow])
    assert land.minima == []
    start = np.array([1e-3, 1e-3])
    end = solve_ivp(lambda t, z: -land.field(z), (0, 20 * np.pi), start, rtol=1e-10, atol=1e-14).y[
        :, -1
    ]
    growth = np.linalg.norm(end) / np.linalg.norm(start)
    low, high = {
        "stable": (0, 1e-6), "unstable": (10, np.inf), "rotating": (0.999, 1.001), "flat": (0.7, 0.71),
    }[flow]  # fmt: skip
    assert low <= growth <= high


def test_equilibria_belong_to_games() -> None:
    wrong = landscape(players=(1, -1), critical=[saddle((0, 0))])(lambda x, y: x * y)
    with pytest.raises(ValueError, match=r"is a game, so its .*\(0, 0\) cannot be .* as saddle"):
        _ = wrong.critical_points
    wrong = landscape(critical=[equilibrium((0, 0))])(lambda x, y: x * y)
    with pytest.raises(ValueError, match=r"is no game, so .* cannot be declared as equilibrium"):
        _ = wrong.critical_points
