"""Right answers by another route: NumPy and SciPy on formulas typed here, not the exercises' own.

`SOLUTIONS["1.1"](given)` answers exercise 1.1 for whoever `given = task("1.1")` was made for. Only
the tests have this file; it is in no wheel.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq, minimize_scalar


def watershed(given: Any) -> float:
    """A little left of the saddle: the middle root of x^3 - x + c."""
    roots = np.sort(np.roots([1.0, 0.0, -1.0, given.land.parameters["c"]]).real)
    return float(roots[1]) - 0.025


def largest_rate(given: Any) -> float:
    """2/lambda_max from the singular values of the design matrix."""
    x = np.asarray(given.land.data["x"])
    top = np.linalg.svd(np.column_stack([x, np.ones_like(x)]), compute_uv=False)[0]
    return float(len(x) / top**2)


def twin_rate(given: Any) -> float:
    """The larger rate that is as far from the minimum after three steps, found by a root search."""
    a = given.land.parameters["a"]

    def distance(rate: float) -> float:
        x = 1.0
        for _ in range(3):
            x -= rate * a * x
        return abs(x)

    return float(brentq(lambda r: distance(r) - distance(given.rate), 1 / a, 2 / a, xtol=1e-14))


def quartic_rate(given: Any) -> float:
    """The limit between walks that shrink and walks that grow, by bisection."""
    low, high = 0.0, 10.0
    for _ in range(60):
        rate, x = (low + high) / 2, given.start
        for _ in range(50):
            x -= rate * x**3
            if abs(x) > 1e3:
                break
        low, high = (rate, high) if abs(x) <= given.start else (low, rate)
    return low


def steps_needed(curvatures: tuple[float, ...], rate: float, most: int = 2000) -> int | None:
    """How many steps bring every coordinate from 1 to at most 0.001; None: more than `most`."""
    x = np.ones(len(curvatures))
    for step in range(most + 1):
        if np.abs(x).max() <= 1e-3:
            return step
        if np.abs(x).max() > 1e6:
            break
        x = x - rate * np.array(curvatures) * x
    return None


def quick_rate(given: Any) -> float:
    """The rate of a grid that needs the fewest steps."""
    steep = given.land.parameters["b"]
    rates = np.linspace(1 / steep, 2 / steep, 400, endpoint=False)
    needed = [steps_needed((1.0, steep), rate) or np.inf for rate in rates]
    return float(rates[int(np.argmin(needed))])


def turned_bowl(given: Any) -> Callable[[np.ndarray], float]:
    """The loss of a rotated bowl, typed from its description."""
    numbers = given.land.parameters
    turn = np.radians(numbers["angle"])
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    half = np.array([numbers["a"], numbers["b"]]) / 2
    return lambda theta: float(half @ (axes @ theta) ** 2)


def curvature_along(given: Any) -> float:
    """The second difference of the loss along the direction, exact on a quadratic."""
    loss, turn = turned_bowl(given), np.radians(given.degrees)
    d = np.array([np.cos(turn), np.sin(turn)])
    return loss(d) + loss(-d) - 2 * loss(0 * d)


def shake(given: Any) -> float:
    """The mean over four points with the covariance C, exact on a quadratic."""
    loss, spread = turned_bowl(given), np.sqrt(2) * np.linalg.cholesky(given.C)
    return float(np.mean([loss(sign * column) for column in spread.T for sign in (1, -1)]))


def equal_depth(given: Any) -> float:
    """The root of the difference of the two depths."""

    def depth(a: float, s: float, sigma: float) -> float:
        return a * s**2 / (s**2 + sigma**2)

    return float(
        brentq(lambda v: depth(given.a1, given.s1, v) - depth(given.a2, given.s2, v), 0, 10)
    )


def gentle_side(given: Any) -> float:
    """The minimum of the mean of two shifted valleys."""

    def valley(x: float) -> float:
        return float(np.exp(x) - x - 1)

    found = minimize_scalar(
        lambda x: (valley(x - given.shift) + valley(x + given.shift)) / 2,
        bounds=(-5, 1),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(found.x)


def momentum_steps(kappa: float, lr: Any, beta: Any, most: int = 2000) -> np.ndarray:
    """Steps after which both coordinates of the ravine, from (1, 1), stay at most 1e-6.

    For every pair of an array of rates and one of betas; `most` + 1: more than that.
    """
    curvatures = np.array([kappa, 1.0])
    lr, beta = np.broadcast_arrays(np.asarray(lr, dtype=float), np.asarray(beta, dtype=float))
    here = np.ones((*lr.shape, 2))
    before, last = here, np.zeros(lr.shape, dtype=int)
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(most + 1):
            last = np.where(~(np.abs(here).max(axis=-1) <= 1e-6), step + 1, last)
            move = beta[..., None] * (here - before) - lr[..., None] * curvatures * here
            here, before = here + move, here
    return last


def ravine_steps(given: Any) -> int:
    """Gradient descent by hand, counted."""
    kappa = given.land.parameters["kappa"]
    return int(momentum_steps(kappa, 2 / (kappa + 1), 0.0))


def tune_momentum(given: Any) -> tuple[float, float]:
    """The pair of a grid that needs the fewest steps."""
    kappa = given.land.parameters["kappa"]
    lr, beta = np.meshgrid(np.linspace(0.5, 4, 71) / kappa, np.linspace(0.4, 0.95, 56))
    best = np.unravel_index(momentum_steps(kappa, lr, beta, most=300).argmin(), lr.shape)
    return float(lr[best]), float(beta[best])


def own_momentum(given: Any) -> Callable[[Any, Any, Any], tuple[Any, Any]]:
    """Heavy ball with the memory kept as a displacement: another book, the same path."""

    def step(theta: Any, g: Any, v: Any) -> tuple[Any, Any]:
        v = given.beta * v - given.lr * g
        return theta + v, v

    return step


def left_over(given: Any) -> float:
    """The ratio of the eigenvalues of D^-1 H, which is similar to the rescaled Hessian."""
    numbers = given.land.parameters
    turn = np.radians(numbers["angle"])
    c, s = np.cos(turn), np.sin(turn)
    hessian = numbers["kappa"] * np.outer([c, s], [c, s]) + np.outer([-s, c], [-s, c])
    low, high = np.sort(np.linalg.eigvals(hessian / np.diag(hessian)[:, None]).real)
    return float(high / low)


def bad_fraction(given: Any) -> float:
    """The part of many starts that lies beyond the middle root of x^3 - x + c."""
    roots = np.sort(np.roots([1.0, 0.0, -1.0, given.land.parameters["c"]]).real)
    return float(2 - roots[1]) / 4


def leave_saddle(given: Any) -> int:
    """Multiplied step by step, in fractions."""
    factor = 1 + Fraction(str(given.lr)) * Fraction(str(given.land.parameters["b"]))
    y, steps = Fraction(str(given.start[1])), 0
    while y < 1:
        y, steps = y * factor, steps + 1
    return steps


def count_saddles(given: Any) -> int:
    """By generating function: coefficient k counts the points with k ways down."""
    counts = np.array([1])
    for well in [[2, 1]] * given.double + [[3, 2]] * given.triple:
        counts = np.convolve(counts, well)
    return int(counts[1:-1].sum())


def newton_step(given: Any) -> tuple[float, float]:
    """From numerical derivatives of the loss along y."""
    x, y = given.start

    def loss(v: Any) -> Any:
        return mpmath.mpf(x) ** 2 / 2 + v**4 / 4 - v**2 / 2

    slope, curvature = mpmath.diff(loss, y), mpmath.diff(loss, y, 2)
    return float(y - slope / curvature), float(y - slope / abs(curvature))


def autoencoder_saddle(given: Any) -> tuple[float, float]:
    """From the reconstruction error E|x - w w'x|^2 itself, at the direction of the smaller variance."""
    variances = np.diag([given.land.parameters["a"], given.land.parameters["b"]])

    def loss(slip: Any) -> Any:
        w = mpmath.matrix([slip, 1])
        rest = mpmath.eye(2) - w * w.T
        error = rest * mpmath.matrix(variances) * rest.T
        return error[0, 0] + error[1, 1]

    return float(loss(0)), float(mpmath.diff(loss, 0, 2))


def half_time(given: Any) -> float:
    """Gradient flow of both weights, integrated until their product is s/2."""

    def half(t: float, w: np.ndarray) -> float:
        return float(w[0] * w[1] - given.s / 2)

    half.terminal = True  # type: ignore[attr-defined]
    flow = solve_ivp(
        lambda t, w: -(w[0] * w[1] - given.s) * w[::-1],
        (0, 50),
        [given.w0, given.w0],
        events=half,
        rtol=1e-10,
        atol=1e-14,
    )
    return float(flow.t_events[0][0])


def bad_neuron(given: Any) -> float:
    """The lowest loss to the right of the hill."""
    x, y = np.array([1.0, 10.0]), np.asarray(given.land.data["y"])
    found = minimize_scalar(
        lambda w: float(np.mean((np.tanh(w * x) - y) ** 2)),
        bounds=(0.6, 3),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(found.fun)


def dice_pull(given: Any) -> float:
    """The numerical derivative of the loss in the first logit."""
    p1, p2 = (mpmath.mpf(str(p)) for p in given.p)

    def loss(z: Any) -> Any:
        p = 1 / (1 + mpmath.exp(-z))
        return 1 - 2 * p / (p + p2 + 1)

    return float(mpmath.diff(loss, mpmath.log(p1 / (1 - p1))))


SOLUTIONS: dict[str, Callable[[Any], Any]] = {
    "0.1": watershed,
    "1.1": largest_rate,
    "1.2": twin_rate,
    "1.3": quartic_rate,
    "1.4": quick_rate,
    "2.1": curvature_along,
    "2.2": shake,
    "2.3": equal_depth,
    "2.4": gentle_side,
    "3.1": ravine_steps,
    "3.2": tune_momentum,
    "3.3": own_momentum,
    "3.4": left_over,
    "4.1": bad_fraction,
    "4.2": leave_saddle,
    "4.3": count_saddles,
    "4.4": newton_step,
    "5.1": autoencoder_saddle,
    "5.2": half_time,
    "5.3": bad_neuron,
    "5.4": dice_pull,
}
