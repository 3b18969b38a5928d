"""What lesson 3 says and shows, computed with NumPy from formulas typed here."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np

Slope = Callable[[np.ndarray], np.ndarray]
KAPPA = 100.0


def ravine(kappa: float) -> Slope:
    return lambda x: np.array([kappa, 1.0]) * x


def turned(x: np.ndarray) -> np.ndarray:
    """The slope of the ravine turned by 45 degrees."""
    r = np.array([[1.0, -1.0], [1.0, 1.0]]) / math.sqrt(2)
    return np.asarray(r @ np.diag([KAPPA, 1.0]) @ r.T @ x)


def heavy_ball(slope: Slope, start: list[float], lr: float, beta: float, steps: int) -> np.ndarray:
    path = [np.array(start)] * 2  # at rest
    for _ in range(steps):
        path.append(path[-1] - lr * slope(path[-1]) + beta * (path[-1] - path[-2]))
    return np.array(path[1:])


def adam(slope: Slope, start: list[float], steps: int, lr: float = 0.1) -> np.ndarray:
    """Adam from Kingma and Ba 2015, algorithm 1, with eps = 0: it changes no digit that is shown."""
    path, m, v = [np.array(start)], 0.0, 0.0
    for t in range(1, steps + 1):
        g = slope(path[-1])
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        path.append(path[-1] - lr * (m / (1 - 0.9**t)) / np.sqrt(v / (1 - 0.999**t)))
    return np.array(path)


def steps_to_a_millionth(path: np.ndarray) -> int:
    return int(np.flatnonzero(np.abs(path).max(axis=1) > 1e-6)[-1]) + 1


def plain_steps(kappa: float) -> int:
    return steps_to_a_millionth(heavy_ball(ravine(kappa), [1.0, 1.0], 2 / (kappa + 1), 0, 8000))


def tuned() -> np.ndarray:
    return heavy_ball(ravine(KAPPA), [1.0, 1.0], 4 / (10 + 1) ** 2, (9 / 11) ** 2, 400)


def staircase() -> np.ndarray:
    """Exact line search by its closed form, from the worst start."""
    k = np.arange(11)[:, None]
    return np.asarray((9 / 11) ** k * np.array([10.0, 1.0]) * np.array([1, -1]) ** k)


def staircase_is_exact() -> None:
    """Each corner is the lowest point of its line: there the slope is at right angles to it."""
    corners = staircase()
    for here, there in pairwise(corners):
        g, new = np.array([1, 10]) * here, np.array([1, 10]) * there
        assert abs(g[0] * (there - here)[1] - g[1] * (there - here)[0]) < 1e-12  # along the slope
        assert abs(g @ new) < 1e-11


def bowl_loss(x: np.ndarray) -> np.ndarray:
    return np.asarray((x[..., 0] ** 2 + 10 * x[..., 1] ** 2) / 2)


def left_over(angle: float) -> float:
    """By the closed form of the condition number after Jacobi preconditioning."""
    s, c = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    r = (KAPPA - 1) * s * c / math.sqrt((KAPPA * c**2 + s**2) * (KAPPA * s**2 + c**2))
    return (1 + r) / (1 - r)


def three_pieces(x: np.ndarray) -> np.ndarray:
    return np.where(x < 1, 25 * x, np.where(x < 2, x + 24, 25 * x - 24))


# --- the text -------------------------------------------------------------------------------------


def cost_of_the_ravine() -> list[str]:
    q = (KAPPA - 1) / (KAPPA + 1)
    return [
        f"takes {plain_steps(10)}. How many for 100?",
        f"by the factor {q:.2f} per step",
        rf"$2/\kappa = {2 / KAPPA:.2f}$",
        f"Gradient descent needed {plain_steps(KAPPA)} steps",
    ]


def staircase_ratio() -> list[str]:
    staircase_is_exact()
    losses = bowl_loss(staircase())
    np.testing.assert_allclose(losses[1:] / losses[:-1], (9 / 11) ** 2)
    return [
        rf"\left(\frac{{9}}{{11}}\right)^2 \approx {losses[1] / losses[0]:.3f}",
        f"it multiplies $x$ by {1 - 0.18:.2f} and $y$ by −{abs(1 - 1.8):.1f} per step",
    ]


def short_steps_do_not_zig_zag() -> str:
    """Below one over the largest curvature no coordinate changes its sign; the best fixed rate is longer."""
    path = heavy_ball(ravine(KAPPA), [1.0, 1.0], 0.99 / KAPPA, 0, 100)
    assert np.all(path > 0)
    assert path[-1, 1] > 0.3  # still far away along the floor
    assert 2 / (KAPPA + 1) > 1 / KAPPA
    return "A rate below $1/\\lambda_{\\max}$ never zig-zags, but it creeps along the floor"


def slow_divergence_is_not_seen() -> str:
    """One percent beyond the limit, after 100 steps: grown, but not a million windows away."""
    end = np.abs(heavy_ball(ravine(KAPPA), [1.0, 1.0], 1.01 * 2 / KAPPA, 0, 100)[-1, 0])
    assert 1 < end < 100
    return "(Just beyond it a walk diverges so slowly that 100 steps do not show it.)"


def gains() -> list[str]:
    b = c = 0.0
    for t in range(1000):
        b, c = 0.9 * b + 1, 0.9 * c + (-1) ** t
    return [
        rf"\frac{{1}}{{1 - \beta}} = {b:.0f}",
        rf"\frac{{1}}{{1 + \beta}} \approx {abs(c):.3f}",
    ]


def tuned_momentum() -> list[str]:
    predicted = math.ceil(math.log(1e-6) / math.log(9 / 11))
    steps = steps_to_a_millionth(tuned())
    return [
        f"{steps} instead of {plain_steps(KAPPA)}",
        f"The factor 9/11 alone predicts {predicted} steps, and {steps} are needed",
        rf"momentum pays for $\sqrt\kappa$: {math.sqrt(KAPPA):.0f} instead of {KAPPA:.0f}",
    ]


def limit_with_memory() -> str:
    """Where a root of the characteristic polynomial passes -1, by bisection."""

    def stable(lr: float) -> bool:
        return bool(np.abs(np.roots([1, -(1 + 0.9 - lr), 0.9])).max() < 1)

    low, high = 0.1, 10.0
    for _ in range(60):
        low, high = (
            ((low + high) / 2, high) if stable((low + high) / 2) else (low, (low + high) / 2)
        )
    assert math.isclose(low, 2 * (1 + 0.9), rel_tol=1e-9)
    return rf"with $\beta = 0.9$ it is {low / 2:.1f} times as much"


def the_trap_has_three_points() -> list[str]:
    path = heavy_ball(three_pieces, [3.3], 1 / 9, 4 / 9, 999)
    np.testing.assert_allclose(path[-3:], path[-6:-3], atol=1e-9)
    assert len(np.unique(path[-30:].round(9))) == 3
    assert math.isclose(4 / (math.sqrt(25) + 1) ** 2, 1 / 9)
    assert math.isclose(((math.sqrt(25) - 1) / (math.sqrt(25) + 1)) ** 2, 4 / 9)
    return [
        "Momentum runs in a circle of three points without end",
        r"for such bowls is $\eta = 1/9$, $\beta = 4/9$",
    ]


def adam_in_the_turned_ravine() -> list[str]:
    along, across = adam(ravine(KAPPA), [1, 1], 400), adam(turned, [0, math.sqrt(2)], 400)
    loss = np.array([x @ ravine(KAPPA)(x) / 2 for x in along])
    other = np.array([x @ turned(x) / 2 for x in across])
    plain = heavy_ball(ravine(KAPPA), [1.0, 1.0], 2 / 101, 0, 400)
    assert 400 < other[100] / loss[100] < 500
    assert plain[400] @ ravine(KAPPA)(plain[400]) / 2 < other[400]
    return [
        "loss after 100 steps is over 400 times larger than before",
        "after 400 steps gradient descent has overtaken it",
    ]


def frozen_adam() -> str:
    """With -1 as a root of r^2 - (1 + b - (1 - b) c) r + b, where c is rate times curvature."""
    c = 2 * (1 + 0.9) / (1 - 0.9)
    assert abs(np.polyval([1, -(1 + 0.9 - 0.1 * c), 0.9], -1)) < 1e-9
    return f"curvatures of ${c:.0f}/\\eta$"


def five_degrees() -> list[str]:
    return [
        f"raise the condition number from {left_over(0):.0f} to {left_over(5):.1f}, and at 45",
        f"of no use at all: {left_over(45):.0f} are left",
    ]


def rosenbrock(theta: np.ndarray) -> float:
    x, y = theta
    return float((1 - x) ** 2 + 100 * (y - x * x) ** 2)


def rosenbrock_slope(theta: np.ndarray) -> np.ndarray:
    x, y = theta
    return np.array([2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)])


def the_race_in_the_bend() -> list[str]:
    """1000 steps from (-1.2, 1): gradient descent at many rates, momentum, Adam at two rates."""
    start, slope = [-1.2, 1.0], rosenbrock_slope
    memory = rosenbrock(heavy_ball(slope, start, 0.001, 0.9, 1000)[-1])
    ruler, faster = (rosenbrock(adam(slope, start, 1000, lr)[-1]) for lr in (0.05, 0.1))
    plain = rosenbrock(heavy_ball(slope, start, 0.001, 0.0, 1000)[-1])
    assert 10 * memory < 1e-3 < ruler < plain / 10
    assert faster < 1e-3

    x, y = np.full(400, start[0]), np.full(400, start[1])
    rates, lowest = np.geomspace(1e-4, 1.0, 400), np.inf
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(1000):
            slope_x, slope_y = rosenbrock_slope(np.array([x, y]))
            x, y = x - rates * slope_x, y - rates * slope_y
            lowest = min(lowest, float(np.nanmin((1 - x) ** 2 + 100 * (y - x * x) ** 2)))
    assert lowest > 0.01
    return [
        "it has nearly arrived",
        "No constant rate brings gradient descent below 0.001 in 1000 steps",
        "(For Adam, try 0.1.)",
    ]


SAYS = [
    cost_of_the_ravine, staircase_ratio, short_steps_do_not_zig_zag, slow_divergence_is_not_seen,
    gains, tuned_momentum, limit_with_memory,
    the_trap_has_three_points, adam_in_the_turned_ravine, frozen_adam, five_degrees,
    the_race_in_the_bend,
]  # fmt: skip


# --- the output -----------------------------------------------------------------------------------


def steps_shown() -> list[str]:
    return [f"condition number {k}: {plain_steps(k):,} steps" for k in (10, 100, 1000)]


def flow_times() -> list[str]:
    return [f"across: {math.log(1e6) / KAPPA:.3f}", f"along the floor: {math.log(1e6):.3f}"]


def staircase_shown() -> list[str]:
    corners, fixed = staircase(), np.array([10 * 0.82**6, (-0.8) ** 6])
    losses = bowl_loss(corners)
    return [
        f"loss {losses[0]:.0f} at the start, {losses[10]:.4f} after 10 steps",
        "first step times second step: 0.0",
        f"fixed rate, six steps: x = {fixed[0]:.3f}, y = {fixed[1]:.3f}",
        f"best steps, six steps: x = {corners[6, 0]:.3f}, y = {corners[6, 1]:.3f}",
    ]


def memory_shown() -> list[str]:
    return [
        f"steady: |b| = {(1 - 0.9**100) / (1 - 0.9):.4f}",
        f"turning: |b| = {(1 - 0.9**100) / (1 + 0.9):.4f}",
    ]


def tuned_shown() -> list[str]:
    return [
        f"rate {4 / 121:.4f}, beta {81 / 121:.4f}: {steps_to_a_millionth(tuned())} steps",
        f"the factor 9/11 alone: {math.log(1e-6) / math.log(9 / 11):.1f}",
    ]


def cycle_shown() -> list[str]:
    last = heavy_ball(three_pieces, [3.3], 1 / 9, 4 / 9, 999)[-6:, 0]
    rest = heavy_ball(three_pieces, [3.3], 1 / 25, 0, 999)[-1, 0]
    assert abs(rest) < 1e-12
    return [f"running; last points {last.round(4)}", "gd: converged to a minimum"]


def adam_shown() -> list[str]:
    x, y = adam(ravine(1), [1, 1], 10)[10]
    path = adam(turned, [0, math.sqrt(2)], 400)
    return [
        f"kappa 1,000,000: after 10 steps x = {x:.6f}, y = {y:.6f}",
        f"turned by 45°, adam: loss {path[100] @ turned(path[100]) / 2:.2e} after 100 steps, "
        f"{path[400] @ turned(path[400]) / 2:.2e} after 400",
        f"turned by 45°, gd: loss {(99 / 101) ** 200 * 101 / 2:.2e} after 100 steps, "
        f"{(99 / 101) ** 800 * 101 / 2:.2e} after 400",
    ]


def rescaled_shown() -> list[str]:
    return [f"{angle:>2} degrees: {left_over(angle):.3f}" for angle in (0, 5, 10, 45)]


def newton_shown() -> str:
    return f"[{math.hypot(1.3, -0.4):.8f} 0. 0. 0. ]"


def bend_shown() -> str:
    low, high = np.linalg.eigvalsh([[802, -400], [-400, 200]])  # Rosenbrock's Hessian at (1, 1)
    return f"minimum at [1. 1.] with condition number {high / low:.0f}"


SHOWS = [
    steps_shown, flow_times, staircase_shown, memory_shown, tuned_shown, cycle_shown, adam_shown,
    rescaled_shown, newton_shown, bend_shown,
]  # fmt: skip
