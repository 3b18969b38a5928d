"""What lesson 9 says and shows, computed with NumPy, SciPy and mpmath from formulas typed here."""

from __future__ import annotations

import math
from collections.abc import Callable

import mpmath
import numpy as np
from scipy.integrate import quad, solve_ivp
from scipy.optimize import brentq, minimize_scalar

# --- the goal moves -------------------------------------------------------------------------------


def along_the_valley(patience: int | None, steps: int = 80) -> tuple[np.ndarray, list[bool]]:
    """x of a walker with momentum whose goal jumps from 8 to -8, and when its lamp is on."""
    p, b, seen = np.array([-9.0, 2.0]), np.zeros(2), 0
    path, lamps = [p[0]], []
    for t in range(steps):
        away = p[0] - (8 if t < 16 else -8)
        g = np.array([away / math.hypot(1, away), p[1]])
        seen = seen + 1 if b @ g < 0 else 0
        if patience is not None and seen >= patience:
            b, seen = np.zeros(2), 0
        lamps.append(bool(b @ g < 0))
        b = 0.9 * b + g
        p = p - 0.1 * b
        path.append(p[0])
    return np.array(path), lamps


def stretches(lamps: list[bool]) -> list[int]:
    return [len(part) for part in "".join("01"[lit] for lit in lamps).split("0") if part]


def the_jump() -> list[str]:
    x, lamps = along_the_valley(None)
    assert x[16:].argmax() == 5
    assert not any(lamps[:16])
    first, second, *_ = stretches(lamps)
    assert (first, second) == (6, 7)
    reset, quiet = along_the_valley(1)
    assert reset[16:].argmax() == 0
    assert not any(quiet)
    return ["for five more steps", "on for 6 steps", "for up to 7 in a row"]


def after_the_landslide(beta: float, steps: int = 400) -> np.ndarray:
    b, x, path = -1 / (1 - beta), 0.0, [0.0]
    for _ in range(steps):
        b = beta * b + 1
        x -= 0.1 * b
        path.append(x)
    return np.array(path)


def landslide() -> list[str]:
    slow, long = after_the_landslide(0.9), after_the_landslide(0.99)
    assert slow.argmax() == 6
    assert math.floor(math.log(2) / -math.log(0.9)) == 6
    assert math.floor(math.log(2) / -math.log(0.99)) == long.argmax()
    return [
        f"as many, {long.argmax()}, because",
        f"{long.max():.1f} in place of {slow.max():.3f}",
        rf"6 at 0.9, {long.argmax()} at 0.99",
    ]


def ball(patience: int | None, steps: int = 500) -> tuple[np.ndarray, list[bool]]:
    """A ball with momentum in a parabola."""
    x, b, seen, path, lamps = 1.0, 0.0, 0, [1.0], []
    for _ in range(steps):
        lamps.append(b * x < 0)
        seen = seen + 1 if b * x < 0 else 0
        if patience is not None and seen >= patience:
            b, seen = 0.0, 0
        b = 0.9 * b + x
        x -= 0.1 * b
        path.append(x)
    return np.array(path), lamps


def settled(path: np.ndarray) -> int:
    return int(np.flatnonzero(np.abs(path) > 1e-3)[-1]) + 1


def too_far(patience: int) -> float:
    b, x, seen, farthest = -100.0, 0.0, 0, 0.0
    for _ in range(20):
        seen = seen + 1 if b < 0 else 0
        if seen >= patience:
            b, seen = 0.0, 0
        b = 0.99 * b + 1
        x -= 0.1 * b
        farthest = max(farthest, x)
    return farthest


def ringing() -> list[str]:
    _, lamps = ball(None, 60)
    np.testing.assert_array_equal(ball(6)[0], ball(None)[0])
    assert np.any(ball(5)[0] != ball(None)[0])
    return [
        f"In {sum(lamps)} of 60",
        f"at most {max(stretches(lamps))} steps",
        f"after {settled(ball(1)[0])} steps in place of {settled(ball(None)[0])}",
        f"{too_far(6):.0f} in place of 0, but not 300",
    ]


# --- ripples --------------------------------------------------------------------------------------


def ripple_slope(x: float, left: float = 1.0) -> float:
    return 0.1 * x + 0.05 * 2 * math.pi * left * math.sin(2 * math.pi * x)


def left(sigma: float) -> float:
    """How much of cos 2 pi x is left, by averaging over Gaussian neighbours."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    return float(np.sum(weights * np.cos(2 * np.pi * sigma * nodes)) / weights.sum())


def rolls(
    start: float, lr: float, beta: float = 0.0, *, reset: bool = False, of: float = 1
) -> float:
    x, b = start, 0.0
    for _ in range(5000):
        g = ripple_slope(x, of)
        b = beta * (0.0 if reset and b * g < 0 else b) + g
        x -= lr * b
    return x


def turning(left: float = 1.0) -> list[float]:
    """Minima of the rippled bowl."""
    grid = np.linspace(-5, 5, 20_001) + 1e-7
    slope = [ripple_slope(x, left) for x in grid]
    return [
        float(brentq(ripple_slope, grid[i], grid[i + 1], args=(left,)))
        for i in range(len(grid) - 1)
        if slope[i] < 0 <= slope[i + 1]
    ]


def least_bend(sigma: float) -> float:
    x = np.linspace(-5, 5, 2001)
    return float((0.1 + 0.05 * 4 * math.pi**2 * left(sigma) * np.cos(2 * math.pi * x)).min())


def convex_from() -> float:
    return float(brentq(least_bend, 0.1, 0.6))


def ripples() -> list[str]:
    trap = max(turning())
    assert abs(rolls(4.4, 0.05, 0.9)) < 1e-9
    for start, beta, reset in (
        (4.4, 0.0, False), (4.4, 0.9, True), (2.9, 0.0, False), (2.9, 0.9, False), (2.9, 0.9, True),
    ):  # fmt: skip
        assert math.isclose(rolls(start, 0.05, beta, reset=reset), trap, rel_tol=1e-9)
    ends = [rolls(2.9, 0.5, of=left(s)) for s in (0.1, 0.2, 0.3)]
    minima = [turning(left(s)) for s in (0.1, 0.2, 0.3)]
    assert [len(m) for m in minima] == [5, 3, 1]
    assert np.allclose(ends, [max(m) for m in minima], atol=1e-9)
    c = 0.1 + 0.05 * 4 * math.pi**2
    assert round(100 * left(0.5), 1) == 0.7
    return [
        f"in the first trap, at {trap:.3f}",
        f"it is from {convex_from():.4f} on",
        f"the curvature is {c:.3f}, so gradient descent can stay there only with a rate below {2 / c:.3f}",
        f"leaves {100 * left(0.5):.1f} % of the ripples",
    ]


# --- clipping -------------------------------------------------------------------------------------

PULLS = np.array([-1.0] * 9 + [19.0])


def wall_steps(limit: Callable[[float], float]) -> int:
    x, steps = 5.0, 0
    while x >= 1 + 1e-9:
        x -= 0.1 * limit(x**3)
        steps += 1
    return steps


def exact_limit(g: float) -> float:
    return min(g, 1.0)


def torch_limit(g: float) -> float:
    return g * min(1, 1 / (g + 1e-6))


def clipped_home() -> float:
    return float(brentq(lambda x: np.clip(PULLS + 0.1 * x, -1, 1).mean(), 0, 15))


def clipping() -> list[str]:
    x = [5.0]
    for _ in range(2):
        x.append(x[-1] - 0.1 * x[-1] ** 3)
    mean, short = PULLS.mean(), np.clip(PULLS, -1, 1).mean()
    home = clipped_home()
    assert math.isclose(-mean / 0.1, -10)
    return [
        f"Without clipping to −{-x[1]:.1f}, then to {x[2]:.1f}",
        f"so {wall_steps(exact_limit)} steps",
        rf"$(9 \cdot (-1) + 19)/10 = {mean:.0f}$, so the minimum lies on the left, at −10",
        rf"$(9 \cdot (-1) + 1)/10 = {short:.1f}$",
        rf"to $x = {home:.2f}$. It wanders there, {home + 10:.0f} away",
        f"the {wall_steps(exact_limit)} steps above become {wall_steps(torch_limit)}",
        f"({3 / (5 + 1e-6):.7f}, {4 / (5 + 1e-6):.7f}) or (0.6, 0.8)",
    ]


def curl() -> float:
    """Of (100 x, y)/|(100 x, y)| at (1, 1), by mpmath's derivatives."""

    def part(index: int) -> Callable[..., mpmath.mpf]:
        return lambda x, y: (100 * x, y)[index] / mpmath.sqrt((100 * x) ** 2 + y * y)

    return float(mpmath.diff(part(1), (1, 1), (1, 0)) - mpmath.diff(part(0), (1, 1), (0, 1)))


# --- reading the gradient -------------------------------------------------------------------------


def past_the_saddle() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Loss, size of the gradient and least curvature on x^2/2 - y^2/2 + y^4/4."""
    x, y, seen = 1.0, 1e-3, []
    for _ in range(201):
        seen.append(
            (x * x / 2 - y * y / 2 + y**4 / 4, math.hypot(x, y**3 - y), min(1, 3 * y * y - 1))
        )
        x, y = x - 0.1 * x, y - 0.1 * (y**3 - y)
    loss, size, least = np.array(seen).T
    return loss, size, least


def down_from_the_saddle() -> tuple[float, float, float]:
    """Time to the fastest place, loss that is lost, and the area below |g|^2, by an integrator."""
    done = solve_ivp(
        lambda t, y: y - y**3, (0, 30), [1e-3], rtol=1e-11, atol=1e-13, dense_output=True
    )
    when = brentq(lambda t: done.sol(t)[0] - 3**-0.5, 1, 20)
    last = done.y[0, -1]
    lost = (last**2 / 2 - last**4 / 4) - (1e-6 / 2 - 1e-12 / 4)
    area = quad(
        lambda t: float(done.sol(t)[0] - done.sol(t)[0] ** 3) ** 2, 0, 30, points=[5, 7, 9]
    )[0]
    return float(when), float(lost), float(area)


def gradient() -> list[str]:
    loss, size, least = past_the_saddle()
    assert np.all(np.diff(loss) <= 0)
    assert size[:61].argmin() == 35
    assert 20 + size[20:].argmax() == 69
    assert size[0] > 10 * size[35] < size[69] > 10 * size[-1]
    assert round(size[69] / size[35]) == 10
    assert abs(loss[35]) < 1e-3
    assert math.isclose(loss[200], -0.25)
    fastest = minimize_scalar(lambda y: y**3 - y, bounds=(0, 1), method="bounded")
    when, lost, area = down_from_the_saddle()
    assert round(lost, 2) == round(area, 2) == 0.25
    return [
        f"At step 35 it is {size[35]:.4f}",
        f"with loss 0, while −{-loss[200]:.2f} is possible",
        f"(−{-least[35]:.3f} at step 35)",
        rf"$y = 1/\sqrt3 \approx {fastest.x:.3f}$, with {-fastest.fun:.3f}",
        f"is there at time {when:.2f}",
    ]


# --- less than convex -----------------------------------------------------------------------------


def home_on_the_waves() -> tuple[np.ndarray, np.ndarray]:
    """A walk on x^2 + 3 sin^2 x, and the curvatures on it."""
    x = [3.0]
    for _ in range(12):
        x.append(x[-1] - (2 * x[-1] + 3 * math.sin(2 * x[-1])) / 8)
    path = np.array(x)
    return path, 2 + 6 * np.cos(2 * path)


def pl_constant() -> tuple[float, float]:
    """The least L'^2/(2 L), and where."""

    def ratio(x: float) -> float:
        return (2 * x + 3 * math.sin(2 * x)) ** 2 / (2 * (x * x + 3 * math.sin(x) ** 2))

    found = minimize_scalar(ratio, bounds=(1.8, 2.6), method="bounded", options={"xatol": 1e-10})
    grid = [ratio(x) for x in np.linspace(0.01, 8, 4001)]
    assert found.fun <= min(grid) + 1e-9
    return float(found.fun), float(found.x)


def lowest_slope() -> tuple[float, float]:
    found = minimize_scalar(
        lambda x: 2 * x + 3 * math.sin(2 * x),
        bounds=(1.2, 4),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(found.fun), float(found.x)


def product_at(u: float, v: float) -> tuple[float, float]:
    """The least curvature of (uv - 1)^2/2, and |g|^2/(2L)."""
    mixed = 2 * u * v - 1
    r = u * v - 1
    return (
        float(np.linalg.eigvalsh([[v * v, mixed], [mixed, u * u]])[0]),
        (r * r * (u * u + v * v)) / (r * r),
    )


def convexity() -> list[str]:
    path, bends = home_on_the_waves()
    assert np.flatnonzero(bends < 0).tolist() == [2, 3, 4, 5]
    assert np.all(path[:8] * (2 * path[:8] + 3 * np.sin(2 * path[:8])) > 0)
    slope, at = lowest_slope()
    # The waves touch 0 where t = tan t: u + a sin u has a double root.
    t = brentq(lambda u: math.sin(u) - u * math.cos(u), 4, 4.7)
    assert product_at(1.5, 0.9)[0] < 0
    return [
        "four of the first six points",
        f"after {np.argmax(np.abs(path) < 1e-6)} steps it is home",
        rf"the largest possible $\mu$ is {pl_constant()[0]:.4f}",
        "ranges from −4 to 8",
        f"At (1.5, 0.9) it is {product_at(1.5, 0.9)[1]:.2f}",
        f"at least {slope:.3f} from $x = 1.2$ on, with the lowest value at {at:.3f}",
        f"touches 0 at $a = {-1 / math.cos(t):.3f}$",
    ]


SAYS = [the_jump, landslide, ringing, ripples, clipping, gradient, convexity]


# --- the output -----------------------------------------------------------------------------------


def memory_shown() -> list[str]:
    plain, reset = along_the_valley(None)[0], along_the_valley(1)[0]
    slow, long = after_the_landslide(0.9), after_the_landslide(0.99)
    one = 1 - 0.1  # the ball after its first step, when b = 1
    return [
        f"momentum(lr=0.1): x = {plain[16]:.3f} at the jump, at most {plain[16:].max():.3f} later",
        f"patience=1): x = {reset[16]:.3f} at the jump, at most {reset[16:].max():.3f} later",
        *(
            f"beta {beta}: {x.argmax()} steps, {x.max():.4f} too far, "
            f"back after {np.argmax(x[1:] <= 1e-9) + 1} steps"
            for beta, x in ((0.9, slow), (0.99, long))
        ),
        f"by the formula: {long.max():.4f} too far",
        f"<b, g> = {one:+.3f}",
        f"<v, g> = {-0.1 * one:+.3f}",
        f"on in {sum(ball(None, 60)[1])} of 60 steps, at most {max(stretches(ball(None, 60)[1]))} in a row",
        f"period {2 * math.pi / math.acos((1 + 0.9 - 0.1) / (2 * math.sqrt(0.9))):.2f} steps",
        *(
            f"patience {p}: ball settled after {settled(ball(p)[0])} steps; "
            f"landslide {too_far(p):.1f} too far"
            for p in (1, 3, 5, 6)
        ),
    ]


def ripples_shown() -> list[str]:
    c = 0.1 + 0.05 * 4 * math.pi**2
    lines = []
    for sigma in (0.0, 0.1, 0.2, 0.3, 0.4):
        end = abs(round(rolls(2.9, 0.5, of=left(sigma)), 9))
        lines.append(
            f"sigma {sigma}: minima {len(turning(left(sigma)))}, end {end:.3f}, "
            f"least curvature {least_bend(sigma):.3f}"
        )
    return [
        "7 minima, at distance " + " ".join(f"{x:.3f}" for x in sorted(np.abs(turning()).round(9))),
        *lines,
        f"convex from sigma = {convex_from():.4f} on",
        f"curvature {c:.6f}, limit {2 / c:.6f}",
        f"with momentum 0.02: end {rolls(4.4, 0.02, 0.9):.4f}",
        "0.99 of it: stays within 0.001: True",
        "1.01 of it: stays within 0.001: False",
        f"ripple left at sigma 0.5: {left(0.5):.6f}",
    ]


def clipping_shown() -> list[str]:
    return [
        "diverged",
        f"clipped: x = 1 after {wall_steps(exact_limit)} steps",
        "same walk: True",
        f"at 0: mean {PULLS.mean():.1f}, mean of the clipped {np.clip(PULLS, -1, 1).mean():.1f}",
        f"torch [{3 / (5 + 1e-6):.7f} {4 / (5 + 1e-6):.7f}] optax [0.6 0.8]",
        f"by norm: x = 1 after {wall_steps(torch_limit)} steps",
        f"curl of the shortened gradient at (1, 1): {curl():.6f}",
    ]


def gradient_shown() -> list[str]:
    loss, size, least = past_the_saddle()
    when, lost, area = down_from_the_saddle()
    return [
        *(
            f"step {step}: loss {loss[step]:.4f}, |g| = {size[step]:.4f}, "
            f"least curvature {least[step]:.3f}"
            for step in (35, 69, 200)
        ),
        f"fastest at y = {3**-0.5:.4f}, speed {2 / 27**0.5:.4f}, time {when:.4f}",
        f"loss lost {lost:.6f}",
        f"area below the squared gradient {area:.3f}",
    ]


def convexity_shown() -> list[str]:
    path, bends = home_on_the_waves()
    slope, at = lowest_slope()
    mu, where = pl_constant()
    lines = []
    for off in (0.35, 0.1, 0.001):
        least, ratio = product_at(1.5, (1 + off) / 1.5)
        lines.append(f"uv = {1 + off}: least curvature {least:.5f}, |g|²/(2L) = {ratio:.3f}")
    return [
        "curvatures: " + " ".join(str(b) for b in bends[:8].round(2)),
        f"|x| below 1e-6 after {np.argmax(np.abs(path) < 1e-6)} steps",
        *lines,
        f"lowest slope {slope:.4f} at {at:.3f}",
        "a = 4.6: stationary points 1",
        "a = 4.61: stationary points 5",
        f"PL constant {mu:.4f}, attained at |x| = {where:.3f}",
    ]


SHOWS = [memory_shown, ripples_shown, clipping_shown, gradient_shown, convexity_shown]
