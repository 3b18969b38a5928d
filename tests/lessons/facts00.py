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
    return "The left one is the lower of the two: where $x$\nis negative, $c\\,x$ lowers the ground"


def without_the_term_both_are_equally_low() -> str:
    """An even W: minima at -1 and 1, both at -1/4."""
    x = np.sort(np.roots([1, 0, -1, 0]).real)
    np.testing.assert_allclose(x, [-1, 0, 1], atol=1e-12)
    np.testing.assert_allclose(x**4 / 4 - x**2 / 2, [-1 / 4, 0, -1 / 4], atol=1e-12)
    return "Without the term $c\\,x$, the part with $x$ has the shape of an even W"


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
    assert abs(x[1]) > 2  # the edge of the map
    lead, power = f"{x[-1]:.0e}".split("e")
    return (
        "With 0.9 the very first step leaves\nthe map, every later one overshoots farther than the one "
        f"before, and after {len(x) - 1} steps $x$ is about ${lead} \\cdot 10^{{{int(power)}}}$"
    )


def outcome(lr: float) -> str:
    """Where a long walk is in the end: left or right, away, or nowhere for good."""
    x = 1.8
    for _ in range(5000):
        if abs(x) > 4e6:
            return "away"
        before, x = x, x - lr * (x**3 - x + 0.2)
    if abs(x - before) > 1e-9:
        return "never settles"
    return "left" if x < WATERSHED else "right"


def left_then_restless_then_right_then_away() -> str:
    """With growing rate, each outcome where the teachers' notes say it begins."""
    assert {outcome(lr) for lr in np.linspace(0.1, 0.3755, 40)} == {"right"}
    assert {outcome(lr) for lr in np.linspace(0.376, 0.78, 60)} == {"left"}
    assert {outcome(lr) for lr in np.linspace(0.785, 0.8, 20)} == {"never settles"}
    assert {outcome(lr) for lr in np.linspace(0.803, 0.845, 30)} == {"right"}
    assert {outcome(lr) for lr in np.linspace(0.862, 0.9, 30)} == {"away"}
    return (
        "from a rate of 0.376 on the walk ends in the left valley, from about 0.78 it never settles,\n"
        "  from 0.802 it ends on the right again, and beyond 0.861 it leaves for good."
    )


def momentum_ends_elsewhere() -> str:
    x, v = 1.8, 0.0
    for _ in range(1000):
        v = 0.9 * v + x**3 - x + 0.2
        x -= 0.1 * v
    np.testing.assert_allclose(x, LEFT, atol=1e-9)
    return "Where does a walk end that has a speed?"


SAYS = [
    two_valleys,
    without_the_term_both_are_equally_low,
    the_tilt,
    the_walk_ends_right,
    lands_beyond_the_watershed,
    diverges,
    left_then_restless_then_right_then_away,
    momentum_ends_elsewhere,
]
SHOWS: list = []
