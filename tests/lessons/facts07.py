"""What lesson 7 says and shows, computed with NumPy, SciPy and mpmath from formulas typed here."""

from __future__ import annotations

import functools
import math

import mpmath
import numpy as np
from scipy.integrate import quad, simpson, solve_ivp
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq, linprog, minimize
from scipy.stats import norm

# --- how many flat directions ---------------------------------------------------------------------


def diagonal(u: float) -> np.ndarray:
    """Curvatures of (uv - 1)^2/2 at u = v, by singular values of the slope and the mixed part."""
    return np.linalg.eigvalsh([[u * u, 2 * u * u - 1], [2 * u * u - 1, u * u]])


def flat_directions() -> list[str]:
    across = np.linalg.eigvalsh(np.outer((3, 4), (3, 4)))[1]
    low, high = diagonal(0.1)
    for u in (0.2, 0.7, 1.1):
        assert np.allclose(diagonal(u), sorted((1 - u * u, 3 * u * u - 1)))
    by_accident = brentq(lambda u: diagonal(u)[1 if u < 0.5 else 0], 0.52, 0.62)
    assert math.isclose(by_accident, 1 / math.sqrt(3))
    inputs = np.random.default_rng(0).standard_normal((3, 10))
    assert 10 - np.linalg.matrix_rank(inputs) == 7
    return [
        rf"$3^2 + 4^2 = {across:.0f}$ across it",
        rf"below $2/25 = {2 / across:.2f}$",
        f"at (0.1, 0.1) the curvatures are −{-low:.2f} and {high:.2f}",
        rf"$u = 1/\sqrt3 \approx {by_accident:.3f}$",
        "there are $10 - 3 = 7$ flat directions",
    ]


# --- which solution -------------------------------------------------------------------------------


def circle_walk(x: float, y: float) -> tuple[float, float]:
    for _ in range(300):
        gap = 2 * (x * x + y * y - 1)
        x, y = x - 0.1 * gap * x, y - 0.1 * gap * y
    return x, y


def tested(degrees: int) -> float:
    a = math.radians(degrees)
    x, y = circle_walk(math.cos(a) / 2, math.sin(a) / 2)
    return round(((x - 1) ** 2 + y * y) / 2, 6) + 0.0


def circle() -> list[str]:
    losses = [tested(degrees) for degrees in (0, 60, 120, 180)]
    assert np.allclose(losses, 1 - np.cos(np.radians([0, 60, 120, 180])))
    x, y = circle_walk(0.3, 0.4)
    time = quad(lambda r: 1 / (2 * r * (1 - r * r)), 0.5, 0.9)[0]
    return [
        "The test loss is {:g}, {:g}, {:g} and {:g}".format(*losses),
        f"It ends at ({x:.1f}, {y:.1f}), straight ahead",
        f"which is {time:.4f}, at whatever angle",
    ]


def two_ends() -> tuple[np.ndarray, np.ndarray]:
    """The shortest solution of 3 a + 4 b = 5, and the one with the smallest largest weight."""
    on_line = {"type": "eq", "fun": lambda w: 3 * w[0] + 4 * w[1] - 5}
    short = minimize(lambda w: w @ w, (1, 1), constraints=on_line, options={"ftol": 1e-14}).x
    inside = [[1, 0, -1], [0, 1, -1], [-1, 0, -1], [0, -1, -1]]
    even = linprog([0, 0, 1], inside, [0] * 4, [[3, 4, 0]], [5], bounds=(None, None)).x[:2]
    return short, even


def optimizers() -> str:
    short, even = two_ends()
    assert np.allclose(even, 5 / 7)
    return (
        f"end at ({short[0]:.1f}, {short[1]:.1f}). Adam, AdaGrad and RMSprop end at "
        f"({even[0]:.4f}, {even[1]:.4f}), that is 5/7"
    )


# --- small starts, large starts -------------------------------------------------------------------


def squared_end(start: float) -> np.ndarray:
    def slope(t: float, u: np.ndarray) -> np.ndarray:
        return -2 * (u[0] ** 2 + 2 * u[1] ** 2 - 2) * np.array([1, 2]) * u

    return np.asarray(solve_ivp(slope, (0, 60), [start] * 2, rtol=1e-10, atol=1e-13).y[:, -1] ** 2)


def signed_end(alpha: float) -> tuple[float, float]:
    """w_i = 2 alpha^2 sinh(x_i mu), at 30 digits."""
    with mpmath.workdps(30):
        size = 2 * mpmath.mpf(alpha) ** 2
        one = float(mpmath.asinh(1 / size) / 2)
        mu = mpmath.findroot(
            lambda m: size * (mpmath.sinh(m) + 2 * mpmath.sinh(2 * m)) - 2, (one / 2, one)
        )
        return float(size * mpmath.sinh(mu)), float(size * mpmath.sinh(2 * mu))


def sizes_of_the_start() -> list[str]:
    large, small = squared_end(0.6), squared_end(0.1)
    ends = {alpha: signed_end(alpha) for alpha in (0.001, 10)}
    return [
        "the end is near $w$ = ({:.2f}, {:.2f})".format(*large),
        "it is near ({:.2f}, {:.2f}), and".format(*small),
        r"from $\alpha = 10$ the end is ({:.4f}, {:.4f})".format(*ends[10]),
        "From 0.001 it is ({:.4f}, {:.4f})".format(*ends[0.001]),
        "The shortest solution is (0.4, 0.8)",
    ]


# --- width ----------------------------------------------------------------------------------------


def flow_of_width(m: int) -> tuple[float, float, float]:
    """The output at time 0.5, the growth of the kernel and the way, for one unit of each half."""

    def slope(t: float, w: np.ndarray) -> np.ndarray:
        a, b, c, d = w  # m/2 units (a, b) and m/2 units (c, d)
        missing = 2 - math.sqrt(m) / 2 * (a * b + c * d)
        return missing / math.sqrt(m) * np.array([b, a, d, c])

    start = np.array([1.0, 1.0, 1.0, -1.0])
    done = solve_ivp(slope, (0, 20), start, t_eval=[0.5, 20], rtol=1e-11, atol=1e-13).y
    a, b, c, d = done[:, 0]
    kernel = m / 2 * np.sum(done[:, 1] ** 2) / m
    return (
        math.sqrt(m) / 2 * (a * b + c * d),
        kernel / 2,
        math.sqrt(m / 2) * float(np.linalg.norm(done[:, 1] - start)),
    )


WIDTHS = {m: flow_of_width(m) for m in (4, 16, 100, 1000, 10_000)}
LINEAR = 2 * (1 - math.exp(-1))


def width() -> list[str]:
    gaps = [WIDTHS[m][0] - LINEAR for m in (4, 16, 100)]
    assert math.isclose((WIDTHS[100][0] - LINEAR) / (WIDTHS[1000][0] - LINEAR), 10, rel_tol=0.01)
    growth = [100 * (WIDTHS[m][1] - 1) for m in (4, 16, 100)]
    # At the start the output p - q + (p^2 - q^2)/(2 sqrt m) has the slope (1, -1).
    start = {
        m: np.linalg.eigvalsh(
            np.outer((1, -1), (1, -1)) - 2 * np.diag([1, -1]) / math.sqrt(m)
        )[0]
        for m in (4, 100)
    }  # fmt: skip
    assert math.isclose(start[4], 1 - math.sqrt(2))
    return [
        "By {:.4f}, {:.4f} and {:.4f}.".format(*gaps),
        "The weights move by {:.3f}, {:.3f} and {:.3f}".format(
            *(WIDTHS[m][2] for m in (4, 16, 100))
        ),
        rf"$2/\sqrt2 = {math.sqrt(2):.3f}$",
        "the kernel grows by {:.0f} %, {:.0f} % and {:.0f} %".format(*growth),
        f"which is −{-start[4]:.2f} for $m = 4$, −{-start[100]:.2f} for $m = 100$",
        f"small, {1 / math.sqrt(100)} for $m = 100$",
    ]


@functools.cache
def waves() -> list[tuple[float, float, float, float]]:
    """Loss before and after, change of the features and alignment of a ReLU network, three starts."""
    x = np.linspace(-2, 2, 20)[None, :, None]
    y = np.sin(2 * x[..., 0])
    size = np.array([0.2, 1, 4])[:, None]
    rate = 0.02 / np.maximum(1, size**2)
    w, b, v = (size * np.r_[d, s * d] for d, s in zip(
        np.random.default_rng(2).standard_normal((3, 16)), (1, 1, -1), strict=True
    ))  # fmt: skip
    c = np.zeros((3, 1))
    features, losses = [], []
    for step in range(5001):
        h = np.maximum(0, w[:, None] * x + b[:, None])
        error = (h @ v[..., None])[..., 0] + c - y
        if step in (0, 5000):
            features.append(h)
            losses.append(np.mean(error**2, axis=1))
        g = error / 10
        down = g[..., None] * v[:, None] * (h > 0)
        v = v - rate * (g[:, None] @ h)[:, 0]
        w, b = w - rate * np.sum(down * x, axis=1), b - rate * np.sum(down, axis=1)
        c = c - rate * g.sum(axis=1, keepdims=True)
    rows = []
    for k in range(3):
        one, two = features[0][k], features[1][k]
        k1, k2 = one @ one.T, two @ two.T
        alignment = np.trace(k1 @ k2) / math.sqrt(np.trace(k1 @ k1) * np.trace(k2 @ k2))
        change = float(np.linalg.norm(two - one) / np.linalg.norm(one))
        rows.append((losses[0][k], losses[1][k], change, alignment))
    return rows


def features_move() -> list[str]:
    (_, _, small, rich), _, (_, _, large, lazy) = waves()
    return [
        f"change by {100 * small:.0f} % of their size; from the large start by {100 * large:.0f} %",
        f"it stays at {lazy:.3f} from the large start and falls to {rich:.3f} from the small one",
    ]


# --- width connects -------------------------------------------------------------------------------


def lakes() -> list[str]:
    half = (0 - 1) ** 2 / 2
    line = np.linspace(1, -1, 2001)
    straight = float(np.max((line * line - 1) ** 2 / 2))  # along u1 = v1, the other unit at 0
    return [f"With one unit at {half}:", f"the loss still climbs to {straight}"]


# --- more weights than data -----------------------------------------------------------------------


@functools.cache
def fitted(p: int) -> tuple[float, float, float]:
    """Mean training loss and median test loss of 200 fits of 20 examples, and the exact mean."""
    rng = np.random.default_rng(0)
    z, b = rng.standard_normal((200, 20, 40)), np.full(40, math.sqrt(1 / 40))
    y = z @ b + 0.1 * rng.standard_normal((200, 20))
    train, test = [], []
    for inputs, targets in zip(z, y, strict=True):
        w = np.linalg.lstsq(inputs[:, :p], targets, rcond=None)[0]
        train.append(np.mean((inputs[:, :p] @ w - targets) ** 2))
        gap = b.copy()
        gap[:p] -= w
        test.append(gap @ gap + 0.01)
    s = 1 - p / 40 + 0.01
    if p < 19:
        mean = s * (1 + p / (19 - p))
    else:
        mean = (p - 20) / 40 + s * (1 + 20 / (p - 21)) if p > 21 else math.inf
    return float(np.mean(train)), float(np.median(test)), mean


@functools.cache
def pair_means() -> CubicSpline:
    """The mean of relu(s) relu(t) for unit normals at an angle, by a fine sum over s."""
    angles = np.linspace(0, math.pi, 201)
    s = np.linspace(0, 12, 2401)[:, None]
    mean, spread = s * np.cos(angles), np.sin(angles) + 1e-300
    with np.errstate(over="ignore"):
        part = mean * norm.cdf(mean / spread) + spread * norm.pdf(mean / spread)
    return CubicSpline(angles, simpson(s * norm.pdf(s) * part, x=s[:, 0], axis=0))


@functools.cache
def random_units(p: int, noise: float) -> float:
    """The median test loss of 25 random hidden layers with p units, on 40 examples with 6 inputs."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((25, 40, 6))
    y = math.sqrt(2) * x[..., 0].clip(min=0) + noise * rng.standard_normal((25, 40))
    hidden = rng.standard_normal((25, p, 6))
    losses = []
    for inputs, targets, w in zip(x, y, hidden, strict=True):
        out = np.linalg.lstsq((inputs @ w.T).clip(min=0), targets, rcond=None)[0]
        units = np.vstack([w, math.sqrt(2) * np.eye(1, 6)])
        weights = np.append(out, -1) * np.linalg.norm(units, axis=1)
        units = units / np.linalg.norm(units, axis=1, keepdims=True)
        losses.append(weights @ pair_means()(np.arccos((units @ units.T).clip(-1, 1))) @ weights)
    return float(np.median(losses))


def double_descent() -> list[str]:
    assert 32.5 < fitted(20)[1] < 33.5
    little = {p: random_units(p, 0.1) for p in (10, 20, 40, 80, 200)}
    much = {p: random_units(p, 0.5) for p in (10, 20, 40, 80, 200)}
    assert min(little, key=lambda p: little[p]) == 200
    assert min(much, key=lambda p: much[p]) == 10
    assert max(little, key=lambda p: little[p]) == max(much, key=lambda p: much[p]) == 40
    return [
        "The median is about 33 at the peak",
        f"the widest one: {little[200]:.2f} at 200 units, and {little[20]:.2f} at 20",
        f"the narrowest: {much[10]:.2f} at 10 units, and {much[200]:.2f} at 200",
    ]


SAYS = [
    flat_directions, circle, optimizers, sizes_of_the_start, width, features_move, lakes,
    double_descent,
]  # fmt: skip


# --- the output -----------------------------------------------------------------------------------


def flat_shown() -> list[str]:
    return [
        "(2, 0) curvatures [ 0. 25.]",
        "10 weights, 3 examples: 7 curvatures are 0",
        f"at (0.1, 0.1): {diagonal(0.1).round(4)}",
        f"at (1, 1): {diagonal(1).round(4) + 0.0}",
    ]


def solutions_shown() -> list[str]:
    short, even = two_ends()
    ends = [short] * 3 + [even] * 3
    names = ("gd", "momentum", "nesterov", "adam", "adagrad", "rmsprop")
    time = quad(lambda r: 1 / (2 * r * (1 - r * r)), 0.5, 0.9)[0]
    return [
        f"test losses: {np.array([tested(degrees) for degrees in (0, 60, 120, 180)])}",
        f"time {time:.7f}, radius after it 0.900000",
        *(
            f"{name}: ({a:.4f}, {b:.4f}), length {math.hypot(a, b):.4f}"
            for name, (a, b) in zip(names, ends, strict=True)
        ),
    ]


def starts_shown() -> list[str]:
    ends = {alpha: signed_end(alpha) for alpha in (0.001, 0.01, 0.1, 1, 10)}
    return [
        *(f"start {alpha:>5}: w = ({w1:.4f}, {w2:.4f})" for alpha, (w1, w2) in ends.items()),
        "gradient flow from 0.1: ({:.4f}, {:.4f})".format(*ends[0.1]),
    ]


def widths_shown() -> list[str]:
    return [
        f"m = {m:>5}: f(0.5) {half:.4f}, too fast by {half - LINEAR:.5f}, K grows {growth:.4f} times, "
        f"moved {moved:.4f} of {math.sqrt(2 * m):.1f}"
        for m, (half, growth, moved) in WIDTHS.items()
    ]


def features_shown() -> list[str]:
    return [
        f"start times {scale}: loss {before:.3f} to {after:.3f}, features change by {change:.0%}, "
        f"alignment {alignment:.3f}"
        for scale, (before, after, change, alignment) in zip((0.2, 1, 4), waves(), strict=True)
    ]


def test_losses_shown() -> list[str]:
    weights = [
        f"{p:>2} weights: training {train:.2f}, test, median {median:.2f}, mean {mean:.2f}"
        for p in (10, 20, 40)
        for train, median, mean in [fitted(p)]
    ]
    units = [
        f"noise {noise}: "
        + ", ".join(f"{p} units {random_units(p, noise):.2f}" for p in (10, 20, 40, 80, 200))
        for noise in (0.1, 0.5)
    ]
    return [*weights, *units, "one unit, lakes at 0.4 and 0.6: 2 1", "lakes meet at 0.500"]


SHOWS = [
    flat_shown, solutions_shown, starts_shown, widths_shown, features_shown, test_losses_shown,
]  # fmt: skip
