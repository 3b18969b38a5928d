"""What lesson 0 says and shows, computed with NumPy from formulas typed here."""

from __future__ import annotations

import numpy as np


def walk(lr: float) -> list[tuple[float, float]]:
    """Gradient descent on x^4/4 - x^2/2 + x/5 + y^2/2 from (1.8, 1), until it leaves or settles."""
    x, y = 1.8, 1.0
    path = [(x, y)]
    while abs(x) < 4e6 and len(path) < 300:  # a million times the width of the window
        x, y = x - lr * (x**3 - x + 0.2), y - lr * y
        path.append((x, y))
    return path


LEFT, WATERSHED, RIGHT = np.sort(np.roots([1, 0, -1, 0.2]).real)


def two_valleys() -> str:
    assert len({LEFT, WATERSHED, RIGHT}) == 3
    assert LEFT**4 / 4 - LEFT**2 / 2 + LEFT / 5 < RIGHT**4 / 4 - RIGHT**2 / 2 + RIGHT / 5
    return "The left one is the lower of the two."


def the_tilt() -> str:
    """The fifth with which everything here is computed is the parameter's default."""
    from toylands import landscapes

    assert landscapes.get("double_well").parameters == {"c": 0.2}
    return "with $c = 0.2$"


def the_walk_ends_right() -> str:
    np.testing.assert_allclose(walk(0.1)[-1], (RIGHT, 0), atol=1e-9)
    return "It ends in the right valley."


def lands_beyond_the_watershed() -> str:
    path = walk(0.4)
    assert path[1][0] < WATERSHED
    np.testing.assert_allclose(path[-1], (LEFT, 0), atol=1e-9)
    return "With 0.4 the first step is so long that it lands beyond the watershed"


def diverges() -> str:
    path = walk(0.9)
    x = np.array([point[0] for point in path])
    assert np.all(np.diff(np.abs(x)) > 0)
    return (
        f"With 0.9 every step overshoots farther than the one before, and after {len(x) - 1} steps"
    )


def one_change_of_valley_and_then_away() -> str:
    """With growing rate: right, then left, then (beyond a restless part) off the map."""
    rates = np.arange(10, 90) / 100
    ends = ["away" if len(path) < 300 else path[-1][0] > 0 for path in map(walk, rates)]
    calm = list(np.equal(ends[:71], True))  # up to the rate 0.8
    assert calm == sorted(calm, reverse=True)
    assert (calm[0], calm[-1]) == (True, False)
    assert all(end == "away" for end in ends[77:])
    return "At which rate does the walk change the valley? At which does it leave the map?"


def momentum_ends_elsewhere() -> str:
    x, v = 1.8, 0.0
    for _ in range(1000):
        v = 0.9 * v + x**3 - x + 0.2
        x -= 0.1 * v
    np.testing.assert_allclose(x, LEFT, atol=1e-9)
    return "Where does a walk end that has a speed?"


SAYS = [
    two_valleys,
    the_tilt,
    the_walk_ends_right,
    lands_beyond_the_watershed,
    diverges,
    one_change_of_valley_and_then_away,
    momentum_ends_elsewhere,
]
SHOWS: list = []
