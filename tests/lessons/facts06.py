"""What lesson 6 says and shows, computed with NumPy, SciPy and mpmath from formulas typed here."""

from __future__ import annotations

import math

import mpmath
import numpy as np
from scipy.integrate import quad, solve_ivp
from scipy.special import erf

# --- two weights with one task --------------------------------------------------------------------


def ends_on_the_line() -> list[tuple[float, float]]:
    """Where plain walks from the four starts end."""
    ends = []
    for w1, w2 in ((2.0, -1.0), (0.0, 0.0), (-2.0, 3.0), (4.0, 3.0)):
        for _ in range(200):
            slope = w1 + w2 - 3
            w1, w2 = w1 - 0.1 * slope, w2 - 0.1 * slope
        ends.append((w1, w2))
    return ends


def where_walks_end() -> str:
    one, two, three, four = ends_on_the_line()
    assert np.allclose([one, two, three, four], [(3, 0), (1.5, 1.5), (-1, 4), (2, 1)], atol=1e-9)
    return (
        f"at ({one[0]:g}, {abs(round(one[1], 9)):g}), ({two[0]:g}, {two[1]:g}), (−1, 4) and (2, 1)"
    )


def decayed_difference(steps: int) -> float:
    difference = 3.0
    for _ in range(steps):
        difference -= 0.1 * 0.1 * difference
    return difference


def what_breaks_it() -> list[str]:
    w = 0.0  # both weights, once they are equal: slope of the loss and of the decay
    for _ in range(3000):
        w -= 0.1 * (2 * w - 3 + 0.1 * w)
    assert math.isclose(w, 3 / 2.1)
    return [
        f"after\nten steps {decayed_difference(10):.3f} are left",
        r"by $1 - 0.1 \cdot 0.1 = 0.99$ per step",
        rf"$w_1 = w_2 = 3/2.1 \approx {w:.3f}$",
    ]


# --- two weights in a row -------------------------------------------------------------------------


def curvatures(u: float, v: float) -> np.ndarray:
    """Of (uv - 1)^2/2, by singular values of the slope of uv and the mixed part."""
    return np.linalg.eigvalsh([[v * v, 2 * u * v - 1], [2 * u * v - 1, u * u]])


def after_steps(lr: float, steps: int) -> float:
    """u^2 - v^2 after some steps from (2, 1/4)."""
    u, v = 2.0, 0.25
    for _ in range(steps):
        r = u * v - 1
        u, v = u - lr * r * v, v - lr * r * u
    return u * u - v * v


def flow_end() -> np.ndarray:
    done = solve_ivp(
        lambda t, p: -(p[0] * p[1] - 1) * p[::-1], (0, 40), [2, 0.25], rtol=1e-11, atol=1e-13
    )
    return np.asarray(done.y[:, -1])


def the_orbit() -> list[str]:
    tops = [curvatures(*p)[1] for p in ((1, 1), (2, 0.5), (10, 0.1))]
    return [f"the largest curvature is {tops[0]:.0f}, {tops[1]:.2f} and {tops[2]:.2f}"]


def the_law_of_the_product() -> list[str]:
    u, v = 2.0, 0.25
    for _ in range(600):
        r = u * v - 1
        u, v = u - 0.1 * r * v, v - 0.1 * r * u
    end = flow_end()
    c = 4 - 1 / 16
    assert math.isclose(end @ end, math.sqrt(c * c + 4), rel_tol=1e-8)
    assert math.isclose(end[0] ** 2, (c + math.sqrt(c * c + 4)) / 2, rel_tol=1e-8)
    grid = np.linspace(0.5, 3, 2_000_001)
    nearest = grid[np.hypot(grid - 2, 1 / grid - 0.25).argmin()]
    assert 0.005 < abs(nearest - u) < 0.05  # not the nearest solution, but close to it
    lost = [4 - 1 / 16 - after_steps(lr, n) for lr, n in ((0.1, 1), (0.05, 1))]
    assert math.isclose(lost[1] / lost[0], 0.25, rel_tol=1e-12)
    whole = [4 - 1 / 16 - after_steps(lr, n) for lr, n in ((0.1, 20), (0.05, 40))]
    assert 0.4 < whole[1] / whole[0] < 0.5
    return [
        f"It reaches about ({u:.2f}, {v:.2f}).",
        f"where $C$ = {c}, this is\n({end[0]:.3f}, {end[1]:.3f}), with sharpness {end @ end:.3f}",
        r"$\frac12 (s - 1)^2$",
    ]


# --- neurons that can be swapped ------------------------------------------------------------------


def kernel(a: float, b: float) -> float:
    """E erf(a x/sqrt 2) erf(b x/sqrt 2) over normal x. [Williams 1997]"""
    return 2 / math.pi * math.asin(a * b / math.sqrt((1 + a * a) * (1 + b * b)))


def twin_loss(w1: float, w2: float) -> float:
    weights = ((w1, 1), (w2, 1), (0.3, -1), (3.0, -1))
    return sum(s * t * kernel(a, b) for a, s in weights for b, t in weights) / 2


def twin_slope(w1: float, w2: float) -> float:
    """The derivative in w1, from that of the arcsine."""

    def part(a: float, b: float) -> float:
        return 2 / math.pi * b / ((1 + a * a) * math.sqrt(1 + a * a + b * b))

    return part(w1, w1) + part(w1, w2) - part(w1, 0.3) - part(w1, 3.0)


def saddle() -> tuple[float, float, float]:
    """The saddle on the diagonal, its loss, and its curvature across."""
    w = float(
        mpmath.findroot(lambda x: twin_slope(float(x), float(x)), (0.9, 0.95), solver="anderson")
    )
    h = 1e-4
    across = (twin_loss(w + h, w - h) - 2 * twin_loss(w, w) + twin_loss(w - h, w + h)) / (2 * h * h)
    return w, twin_loss(w, w), across


def steps_to_learn(offset: float) -> int:
    w1, w2, steps = 1.0, 1 + offset, 0
    while twin_loss(w1, w2) > 1e-3:
        w1, w2 = w1 - 0.5 * twin_slope(w1, w2), w2 - 0.5 * twin_slope(w2, w1)
        steps += 1
    return steps


def twins() -> list[str]:
    def error(x: float) -> float:
        out = sum(
            s * erf(w * x / math.sqrt(2)) for w, s in ((1.0, 1), (1.0, 1), (0.3, -1), (3, -1))
        )
        return float(out**2 / 2 * math.exp(-x * x / 2) / math.sqrt(2 * math.pi))

    assert math.isclose(twin_loss(1, 1), quad(error, -12, 12)[0], rel_tol=1e-7)
    w, loss, across = saddle()
    more = np.diff([steps_to_learn(10.0**-k) for k in (3, 4, 5, 6, 7)])
    assert set(more) == {67, 68}
    factor = 1 - 0.5 * across
    return [
        f"near ({w:.3f}, {w:.3f}), with loss {loss:.4f}",
        "By a fixed number, 67 or 68 steps per decade",
        rf"factor $1 + 0.5 \cdot {-across:.4f}$ per step, and $\ln 10 / \ln {factor:.4f} = "
        rf"{math.log(10) / math.log(factor):.1f}$",
        "the weights 0.3 and 3",
        "until the loss is below 0.001",
    ]


def copies() -> str:
    count = mpmath.factorial(1000)
    power = int(mpmath.floor(mpmath.log10(count)))
    return rf"$1000! \approx {float(count / mpmath.mpf(10) ** power):.4f} \cdot 10^{{{power}}}$"


# --- weights whose length does not matter ---------------------------------------------------------


def turned_loss(length: float, lr: float) -> float:
    """The loss of normalised weights after one step from (0, length), whose slope is (-1/(2 length), 0)."""
    w1 = lr / (2 * length)
    return (1 - w1 / math.hypot(w1, length)) / 2


def normalised() -> list[str]:
    assert math.isclose(turned_loss(10, 100), turned_loss(1, 1))
    h = 1e-3
    second = [2 * ((1 - r / math.hypot(r, h * r)) / 2) / (h * r) ** 2 for r in (1, 10)]
    assert np.allclose(second, (0.5, 0.005), rtol=1e-5)
    return [
        f"leads to $|w|^2 = {1 + 0.5**2}$",
        f"{second[0]:.1f} at length 1, {second[1]:.3f} at length 10",
    ]


SAYS = [
    where_walks_end, what_breaks_it, the_orbit, the_law_of_the_product, twins, copies, normalised,
]  # fmt: skip


# --- the output -----------------------------------------------------------------------------------


def filters_shown() -> list[str]:
    ends = " ".join(f"({w1:.2f}, {w2 + 0:.2f})" for w1, w2 in np.round(ends_on_the_line(), 6) + 0.0)
    return [
        ends,
        "gd(lr=0.1): difference 3.000000",
        "momentum(lr=0.1): difference 3.000000",
        "adam(lr=0.1): difference 3.000000",
        f"weight_decay=0.1): difference {decayed_difference(10):.6f}",
        "mini-batches of 1, before and after: [1.5 1.5] and [0. 0.]",
    ]


def product_shown() -> list[str]:
    points = ((1, 1), (2, 0.5), (10, 0.1))
    return [
        *(f"{point} curvatures {np.abs(curvatures(*point)).round(4)}" for point in points),
        *(
            f"gd(lr={lr}): C after one step {after_steps(lr, 1):.6f}, at the end {after_steps(lr, n):.4f}"
            for lr, n in ((0.1, 20), (0.05, 40))
        ),
        f"flow: C at the end {4 - 1 / 16:.6f}",
        f"with tanh: {np.round([(v * math.tanh(u) - 0.5) ** 2 / 2 for u, v in ((1, 2), (2, 1))], 4)}",
    ]


def twins_shown() -> list[str]:
    _, _, across = saddle()
    return [
        "steps: " + " ".join(str(steps_to_learn(10.0**-k)) for k in (3, 4, 5, 6, 7)),
        f"curvature down {across:.4f}, steps per decade "
        f"{math.log(10) / math.log(1 - 0.5 * across):.1f}",
        "4.0239e2567",
    ]


def normalised_shown() -> list[str]:
    return [
        f"rate {lr}: loss after one step {turned_loss(10, lr):.4f}, near {turned_loss(1, 1):.4f}"
        for lr in (1, 10, 100)
    ]


SHOWS = [filters_shown, product_shown, twins_shown, normalised_shown]
