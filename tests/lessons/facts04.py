"""What lesson 4 says and shows, computed with NumPy, SciPy and mpmath from formulas typed here."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
from scipy.stats import binom

BAD, TOP, GOOD = sorted(np.roots([1.0, 0.0, -1.0, 0.2]).real, reverse=True)
Q = (2 - TOP) / 4


def well(x: float) -> float:
    return x**4 / 4 - x**2 / 2 + 0.2 * x


def steps_to_half(y0: float, beta: float = 0.0) -> int:
    """Heavy ball with rate 0.1 along y of the quartic saddle, until y reaches one half."""
    before, y, steps = y0, y0, 0
    while y < 0.5:
        before, y, steps = y, y - 0.1 * (y**3 - y) + beta * (y - before), steps + 1
    return steps


def crossing_time(r0: float, r1: float) -> float:
    """Gradient flow on the Gaussian desert, by quadrature of dr / slope."""
    return float(mpmath.quad(lambda r: mpmath.exp(r**2 / 2) / r, np.linspace(r1, r0, 9).tolist()))


def steps_to_cross(method: str) -> int:
    """Over a ramp of slope 1e-4 and length 1 with rate 0.01, exactly as the papers write it."""
    slope, rate = mpmath.mpf("1e-4"), mpmath.mpf("0.01")
    x, total, steps = mpmath.mpf(0), mpmath.mpf(0), 0
    while x < 1 - mpmath.mpf("1e-9"):
        total += slope**2
        adam = rate * slope / (slope + mpmath.mpf("1e-8"))
        x += adam if method == "adam" else rate * slope / (mpmath.sqrt(total) + mpmath.mpf("1e-10"))
        steps += 1
    return steps


def newton(y: float) -> tuple[float, float]:
    """Newton's step and the saddle-free one."""
    return 2 * y**3 / (3 * y**2 - 1), y + (y - y**3) / abs(3 * y**2 - 1)


# --- the text -------------------------------------------------------------------------------------


def two_valleys() -> list[str]:
    starts = np.linspace(-2, 2, 10_001)
    x = starts
    for _ in range(600):
        x = x - 0.05 * (x * x * x - x + 0.2)
    assert abs(np.mean(x > 0) - Q) < 2e-4
    return [
        f"Fewer than half: {100 * Q:.1f} %.",
        f"beyond the top, at $x = {TOP:.3f}$",
        f"would have to rise by {well(TOP) - well(BAD):.3f}",
    ]


def critical_tilt() -> str:
    """The largest value of x - x^3, where hill and minimum meet."""
    x = np.linspace(0, 1, 1_000_001)
    c = (x - x**3).max()
    assert math.isclose(c, 2 / (3 * math.sqrt(3)), rel_tol=1e-9)
    return f"meet at $c = {c:.3f}$ and vanish together"


def leaving_the_saddle() -> list[str]:
    waits = [steps_to_half(y0) for y0 in (1e-3, 1e-6, 1e-9)]
    less, more = sorted(np.diff(waits).tolist())
    root = np.roots([1, -2.0, 0.9]).max()
    assert math.isclose(root**2 - (1 + 0.9 + 0.1) * root + 0.9, 0, abs_tol=1e-12)
    return [
        f"it takes {waits[0]} steps until $y$ reaches one half",
        f"costs {less} or {more} more steps",
        rf"$\ln 1000 / \ln 1.1 = {math.log(1000) / math.log(1.1):.1f}$",
        f"Gradient descent takes {waits[1]} steps to one half",
        f"{steps_to_half(1e-6, 0.9)}. With memory the growth factor $r$",
        f"which gives {root:.3f}",
    ]


def counting() -> list[str]:
    few = float(Fraction(2, 3) ** 100)
    digits, power = f"{few:.1e}".split("e-")
    assert round(1 / few / 1e17) == 4
    assert round(100 * (2 / 3) ** 10) == 2
    mean = sum(k * p for k, p in enumerate(binom.pmf(range(101), 100, 1 / 3)))
    assert math.isclose(mean, 100 / 3)
    return [
        "4 minima, 4 saddles, 1 maximum",
        f"Two in a hundred for $N = 10$, and ${digits} \\cdot 10^{{-{int(power)}}}$ for $N = 100$",
        r"only one stationary point in $4 \cdot 10^{17}$ is a minimum",
        f"the chance falls like $e^{{-{math.log(3) / 4:.3f}\\, n^2}}$",
    ]


def similar_and_bad() -> str:
    spread = math.sqrt(100 * Q * (1 - Q))
    return f"about {100 * Q:.0f} of 100 coordinates are in the bad well, give or take {spread:.0f}"


def newton_and_the_saddle() -> list[str]:
    y, steps = 0.1, 0
    while abs(y - 1) > 1e-8:
        y, steps = newton(y)[1], steps + 1
    inside = np.linspace(-1.5, 1.5, 200)
    y_newton = inside
    for _ in range(60):
        y_newton = newton(y_newton)[0]  # type: ignore[arg-type]
    return [
        f"it takes {steps} steps to come within $10^{{-8}}$ of the minimum",
        f"A strip, {100 * np.mean(np.abs(y_newton) < 1e-6):.0f} % of the map",
    ]


def deserts() -> list[str]:
    near, far = (round(crossing_time(r, 1) / 0.1) for r in (3, 5))
    assert far > 100_000
    r = np.linspace(0, 5, 500_001)
    assert abs(r[(r * np.exp(-(r**2) / 2)).argmax()] - 1) < 1e-4
    return [
        f"gradient descent takes about {10 * round(near / 10)} steps, from 5 more than a hundred",
        "a ramp of slope 0.0001, with length 1",
        r"$1 / (0.01 \cdot 0.0001)$ steps, a million",
        f"{steps_to_cross('adam')}. Adam divides",
        f"it needs {steps_to_cross('adagrad'):,}.",
    ]


SAYS = [
    two_valleys, critical_tilt, leaving_the_saddle, counting, similar_and_bad,
    newton_and_the_saddle, deserts,
]  # fmt: skip


# --- the output -----------------------------------------------------------------------------------


def wells_shown() -> list[str]:
    return [
        f"good minimum: x = {GOOD:.4f}, loss {well(GOOD):.4f}",
        f"top of the hill: x = {TOP:.4f}, loss {well(TOP):.4f}",
        f"bad minimum: x = {BAD:.4f}, loss {well(BAD):.4f}",
        f"to the right of the top: {Q:.1%}",
        f"the limit: c = {2 / math.sqrt(27):.4f}",
    ]


def saddle_shown() -> list[str]:
    root = np.roots([1, -2.0, 0.9]).max()
    return [
        f"gd: {steps_to_half(1e-6)} steps",
        f"momentum: {steps_to_half(1e-6, 0.9)} steps",
        f"grows by {root:.3f} per step, {math.log(root) / math.log(1.1):.2f} times",
        "saddle at [0. 0.] with curvatures [-1. 1.]",
        "without noise: converged to a saddle",
    ]


def egg_box_shown() -> str:
    return "Counter({'maximum': 4, 'saddle': 4, 'minimum': 1})"


def counts_shown() -> list[str]:
    return [
        f"N = 10: {2**10 / 3**10:.3g} of {3.0**10:.3g} stationary",
        f"N = 100: {float(Fraction(2, 3) ** 100):.3g} of {3.0**100:.3g} stationary",
        "walks that end in a minimum: 100%",
    ]


def chance_of_a_minimum(n: int) -> float:
    """From the joint density of the eigenvalues of a random symmetric matrix (Mehta 2004).

    It is proportional to the product of their distances times exp(-sum of squares / 2); written in
    the smallest one and the gaps, all integrands are smooth.
    """
    x, w = np.polynomial.legendre.leggauss(60)
    gaps, weights = 6 * (x + 1), 6 * w  # from 0 to 12
    lowest, heavy = np.concatenate([-gaps, gaps]), np.concatenate([weights, weights])
    grid = np.meshgrid(lowest, *[gaps] * (n - 1), indexing="ij")
    weight = np.prod(np.meshgrid(heavy, *[weights] * (n - 1), indexing="ij"), axis=0)
    values = np.cumsum(grid, axis=0)
    apart = [values[j] - values[i] for j in range(n) for i in range(j)]
    density = weight * np.prod(apart, axis=0) * np.exp(-(values**2).sum(axis=0) / 2)
    return float(density[values[0] > 0].sum() / density.sum())


def random_matrices_shown() -> str:
    two, three = chance_of_a_minimum(2), chance_of_a_minimum(3)
    return f"exact: {two:.4f} for 2 x 2, {three:.4f} for 3 x 3"


def tilted_shown() -> list[str]:
    return [
        f"expected: {100 * Q:.1f}, give or take {math.sqrt(100 * Q * (1 - Q)):.1f}",
        f"each costs {well(BAD) - well(GOOD):.3f}; chance of the global minimum: "
        f"{(1 - Q) ** 100:.1e}",
    ]


def newton_shown() -> list[str]:
    first, free = newton(0.1)
    return [
        f"newton: first step to y = {first:.5f}, converged to a saddle",
        f"saddle_free_newton: first step to y = {free:.5f}, converged to a minimum",
    ]


def desert_shown() -> list[str]:
    words = [
        f"continuous time from distance {r} to 1: {crossing_time(r, 1):,.1f}, so "
        f"{crossing_time(r, 1) / 0.1:,.0f} steps"
        for r in (3, 5)
    ]
    return [
        f"slope at distance 1: {math.exp(-0.5):.4f}, at distance 5: {5 * math.exp(-12.5):.3g}",
        *words,
    ]


def ramp_shown() -> list[str]:
    return [
        f"adam: {steps_to_cross('adam')} steps",
        f"adagrad: {steps_to_cross('adagrad'):,} steps",
        *(f"slope {s:g}: Adam's step {0.01 * s / (s + 1e-8):.6f}" for s in (1e-4, 1e-6, 1e-8)),
    ]


SHOWS = [
    wells_shown, saddle_shown, egg_box_shown, counts_shown, random_matrices_shown, tilted_shown,
    newton_shown, desert_shown, ramp_shown,
]  # fmt: skip
