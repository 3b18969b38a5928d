"""What lesson 1 says and shows, computed with NumPy and mpmath from formulas typed here."""

from __future__ import annotations

import math

import mpmath
import numpy as np

X, Y = np.array([0.0, 1, 2, 3]), np.array([1.0, 3, 2, 5])


def hessian(x: np.ndarray) -> np.ndarray:
    """Of the mean squared error of a line, from the moments of the inputs."""
    return 2 * np.array([[np.mean(x * x), np.mean(x)], [np.mean(x), 1]])


LOW, HIGH = np.linalg.eigvalsh(hessian(X))
LIMIT = 2 / HIGH


def factor(lr: float, curvature: float) -> float:
    return 1 - lr * curvature


def steps_to_a_thousandth(lr: float) -> int:
    """On the parabola with curvature 1, by hand, exactly."""
    x, steps = mpmath.mpf(1), 0
    while abs(x) > mpmath.mpf("0.001"):
        x, steps = x * (1 - mpmath.mpf(str(lr))), steps + 1
    return steps


def wall(x: float, lr: float, steps: int) -> list[float]:
    """Gradient descent on x^4/4, until it leaves the map of width 10 by a factor of a million."""
    path = [x]
    for _ in range(steps):
        x -= lr * x**3
        path.append(x)
        if abs(x) > 1e7:
            break
    return path


# --- the text -------------------------------------------------------------------------------------


def three_regimes() -> list[str]:
    words = []
    for lr in (0.1, 0.22, 0.245):
        worst = min(factor(lr, HIGH), factor(lr, LOW))
        words.append("lost" if worst < -1 else "zig-zag" if worst < 0 else "smooth")
    return ["With 0.22? With 0.245?", f"{', '.join(words).capitalize()}."]


def limit_of_the_line() -> list[str]:
    return [f"The limit is close to {LIMIT:.3f}", f"this is the {LIMIT:.3f} of section 2"]


def a_direction_each() -> str:
    return f"converges in $x$ (factor {factor(0.21, 1):.2f}) and diverges in $y$ (factor −1.1)"


def diverging_factor() -> str:
    assert math.isclose(factor(0.21, 10), -1.1)
    return "(factor −1.1)"


def table_of_regimes() -> list[str]:
    assert 0 < factor(0.1, 1) < 1
    assert factor(1, 1) == 0
    assert -1 < factor(1.9, 1) < 0
    assert factor(2, 1) == -1
    assert 0 < factor(0.5, 1) < 1
    assert -1 < factor(1.5, 1) < 0
    assert factor(2.1, 1) < -1
    return [
        "when the rate is 0.5? And when it is 1.5?",
        "| exactly 1 | 0 | arrives in one step |",
        "| exactly 2 | −1 | bounces without end |",
    ]


def targets_do_not_matter() -> str:
    """The Hessian by finite differences of the loss, for other targets."""

    def loss(w: float, b: float, y: np.ndarray) -> float:
        return float(np.mean((w * X + b - y) ** 2))

    def second(y: np.ndarray) -> float:
        return loss(1, 0, y) + loss(-1, 0, y) - 2 * loss(0, 0, y)

    np.testing.assert_allclose(second(Y), second(np.array([4.0, -1, 0, 7])))
    return "New targets move the bowl; only new inputs change its shape."


def rate_01_needs() -> str:
    return f"rate 0.1 needs {steps_to_a_thousandth(0.1)} steps"


def equally_many() -> str:
    assert steps_to_a_thousandth(0.1) == steps_to_a_thousandth(1.9)
    return "0.1 and 1.9 need equally many"


def ten_times_smaller() -> str:
    assert 9 < steps_to_a_thousandth(0.01) / steps_to_a_thousandth(0.1) < 11
    return "A rate ten times smaller needs about ten times as many steps"


def four_times_halve() -> str:
    assert math.isclose(wall(1, 0.1, 2500)[-1] / wall(1, 0.1, 10_000)[-1], 2, rel_tol=2e-3)
    return "four times as many steps only halve it"


def beyond_the_meters_limit() -> str:
    """From 4.4 on x^4/4 the walk arrives (`border`), although rate times curvature is above 2."""
    meter = 0.1 * 3 * 4.4**2
    assert meter > 2
    assert abs(wall(4.4, 0.1, 5000)[-1]) < 0.1
    return f"The stability meter shows {meter:.2f} at the first start, and this walk arrives"


def less_than_one_percent() -> str:
    left = (100 * factor(0.001, 100) ** 100 + factor(0.001, 1) ** 100) / 101
    assert left < 0.01
    halved = math.log(0.5) / (2 * math.log(factor(0.001, 1)))  # the steep direction is gone by then
    assert round(halved, -1) == 350
    return (
        "Less than 1 % is left after 50 steps, and from then on it takes about 350 steps to halve"
    )


def rounding_wakes_the_steep_direction_of_a_tilted_bowl() -> str:
    """Above the limit, from the axis of the flat direction: lost on the line's bowl, not on x and y."""
    values, vectors = np.linalg.eigh(hessian(X))
    tilted, straight = vectors[:, 0].copy(), np.array([1.0, 0.0])
    for _ in range(2000):
        tilted -= 0.25 * (hessian(X) @ tilted)
        straight -= 0.25 * (np.diag([1.0, 10.0]) @ straight)
    assert 2 / values[1] < 0.25
    assert np.abs(tilted).max() > 1e6
    assert straight[1] == 0
    assert abs(straight[0]) < 1e-100
    return "On a tilted bowl, such as that of the line, rounding errors are enough to wake it up."


def power_law() -> list[str]:
    for t in (0.3, 2, 30):
        exact = mpmath.quad(lambda lam, t=t: lam / 2 * mpmath.exp(-2 * lam * t), [0, 1])
        formula = (1 - (1 + 2 * t) * mpmath.exp(-2 * t)) / (8 * mpmath.mpf(t) ** 2)
        assert mpmath.almosteq(exact, formula, 1e-12)
    assert math.isclose(formula, 1 / (8 * 30**2), rel_tol=1e-12)
    return [
        r"$L \approx 1/(8 \tau^2)$",
        r"$L(\tau) = \bigl(1 - (1 + 2\tau)\, e^{-2\tau}\bigr) / (8 \tau^2)$",
    ]


def best_rate_is_best() -> str:
    """No rate of a fine grid shrinks the worse of two directions faster."""
    rates = np.linspace(0, 0.25, 200_001)
    worst = np.maximum(abs(1 - rates * LOW), abs(1 - rates * HIGH))
    kappa = HIGH / LOW
    np.testing.assert_allclose(rates[worst.argmin()], 2 / (LOW + HIGH), atol=2e-6)
    np.testing.assert_allclose(worst.min(), (kappa - 1) / (kappa + 1), rtol=1e-5)
    return "No other constant rate shrinks the worse of the two faster."


def to_try() -> str:
    assert 0.237 < LIMIT < 0.239
    return "type the learning rates 0.237 and 0.239"


def round_bowl() -> str:
    np.testing.assert_array_equal(hessian(np.array([-1.0, 1, 1, -1])), 2 * np.eye(2))
    return "what must be zero, and what equal?"


SAYS = [
    three_regimes, limit_of_the_line, a_direction_each, diverging_factor, table_of_regimes,
    targets_do_not_matter, rate_01_needs, equally_many, ten_times_smaller, four_times_halve,
    beyond_the_meters_limit, less_than_one_percent,
    rounding_wakes_the_steep_direction_of_a_tilted_bowl, power_law, best_rate_is_best, to_try, round_bowl,
]  # fmt: skip


# --- the output -----------------------------------------------------------------------------------


def least_squares() -> list[str]:
    w, b = np.polyfit(X, Y, 1)
    loss = np.mean((w * X + b - Y) ** 2)
    return [
        f"lowest point: w = {w:.1f}, b = {b:.1f}, with loss {loss:.3f}",
        f"a flat line at height 0 has loss {np.mean(Y**2):.2f}",
    ]


def first_gradient() -> str:
    return f"gradient at (0, 0): [{-2 * np.mean(X * Y):.0f}.   {-2 * np.mean(Y):.1f}]"


def two_factors() -> list[str]:
    return [
        f"rate {lr}: after ten steps |x| = {abs(factor(lr, 1)) ** 10:.3f}, "
        f"|y| = {abs(factor(lr, 10)) ** 10:.3f}"
        for lr in (0.19, 0.21)
    ]


def spectrum() -> list[str]:
    other = np.linalg.eigvalsh(hessian(np.array([0.0, 1, 2, 6])))
    return [
        f"curvatures: [{LOW:.4f} {HIGH:.4f}]",
        f"limit: 2 / {HIGH:.4f} = {LIMIT:.4f}",
        f"curvatures [{LOW:.3f} {HIGH:.3f}]  limit {LIMIT:.3f}  bottom: minimum",
        f"limit {2 / other[1]:.3f}  bottom: minimum",
        "curvatures [ 0. 10.]  limit 0.200  bottom: valley",
    ]


def counted_steps() -> list[str]:
    return [
        f"rate {lr}: factor {1 - lr:+.2f}, steps needed: {steps_to_a_thousandth(lr)}"
        for lr in (0.01, 0.1, 1.0, 1.9)
    ]


def border() -> list[str]:
    inside, outside = wall(4.4, 0.1, 100), wall(4.5, 0.1, 100)
    assert max(map(abs, inside)) == 4.4
    return [
        f"border for rate 0.1: |x| = {math.sqrt(20):.4f}",
        f"from x = 4.4: running, largest |x| 4.4, |x| at the end {abs(inside[-1]):.3g}",
        f"from x = 4.5: diverged at step {len(outside) - 1}",
    ]


def slow_bottom() -> list[str]:
    return [
        f"after {steps:,} steps from x = 1: x = {wall(1, 0.1, steps)[-1]:.4f}"
        for steps in (2500, 10_000)
    ]


def fast_then_slow() -> list[str]:
    def loss(steps: int) -> float:
        return 50 * factor(0.001, 100) ** (2 * steps) + factor(0.001, 1) ** (2 * steps) / 2

    return [
        f"loss at the start {loss(0)}, after 50 steps {loss(50):.4f}",
        f"that is {100 * loss(50) / loss(0):.2f} %; after 400 steps {loss(400):.4f}",
    ]


def best_rate() -> list[str]:
    kappa = HIGH / LOW
    return [
        f"best constant rate {2 / 9:.4f}, condition number {kappa:.2f}",
        f"factor per step {math.sqrt(61) / 9:.4f}",
    ]


SHOWS = [
    least_squares, first_gradient, two_factors, spectrum, counted_steps, border,
    slow_bottom, fast_then_slow, best_rate,
]  # fmt: skip
