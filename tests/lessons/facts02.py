"""What lesson 2 says and shows, computed with NumPy, SciPy and mpmath from formulas typed here."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
from scipy.optimize import brentq, minimize_scalar

TURN = np.radians(30)
R = np.array([[np.cos(TURN), -np.sin(TURN)], [np.sin(TURN), np.cos(TURN)]])
H = R @ np.diag([10.0, 1.0]) @ R.T
WELLS = ((1.2, 0.2, -1.5), (1.0, 0.8, 1.5))  # depth, width, place


def well(x: float, y: float, sigma: float = 0.0) -> float:
    """The smoothed wells: each Gaussian convolved with a Gaussian."""
    total = 0.0
    for depth, width, place in WELLS:
        v = width**2 + sigma**2
        total -= depth * width**2 / v * math.exp(-((x - place) ** 2 + y**2) / (2 * v))
    return total


def gaussian_mean(f: Callable[[Any], Any], sigma: float) -> float:
    """The mean of f(z), z normal with standard deviation sigma, by quadrature with 30 digits."""
    with mpmath.workdps(30):
        s = mpmath.mpf(sigma)
        return float(
            mpmath.quad(
                lambda z: (
                    f(z) * mpmath.exp(-(z**2) / (2 * s**2)) / (s * mpmath.sqrt(2 * mpmath.pi))
                ),
                [-12 * s, -3 * s, 0, 3 * s, 12 * s],
            )
        )


# --- the text -------------------------------------------------------------------------------------


def extreme_directions() -> list[str]:
    angles = np.radians(np.arange(180))
    d = np.stack([np.cos(angles), np.sin(angles)])
    along = np.einsum("in,ij,jn->n", d, H, d)
    return [
        f"The curvature is largest at {along.argmax()} degrees and smallest at {along.argmin()}",
        f"the curvatures along them, {along.max():.0f} and {along.min():.0f}",
    ]


def gradient_points_below_the_minimum() -> str:
    g = H @ [1, 0]
    assert g[0] > 0
    assert g[1] > 0  # so the step from (1, 0) leads left and down
    return "(which lies exactly to the left) but well below it"


def ten_times() -> str:
    return f"$\\lambda_{{\\min}} / \\lambda_{{\\max}} = 1/{10 / 1:.0f}$"


def cost_of_a_shake() -> list[str]:
    mean = (gaussian_mean(lambda z: 5 * z**2, 0.1)) + gaussian_mean(lambda z: z**2 / 2, 0.1)
    square = (
        gaussian_mean(lambda z: 25 * z**4, 0.1)
        + gaussian_mean(lambda z: z**4 / 4, 0.1)
        + 2 * gaussian_mean(lambda z: 5 * z**2, 0.1) * gaussian_mean(lambda z: z**2 / 2, 0.1)
    )
    std = math.sqrt(square - mean**2)
    assert math.isclose(mean, 0.1**2 / 2 * 11, rel_tol=1e-12)
    assert std > mean
    return [
        "about 0.01, 0.05 or 0.5?",
        f"The dashed line is {mean:.3f}",
        f"which is {std:.3f} here: more than the mean itself",
    ]


def the_formula_is_a_first_term() -> str:
    exact = gaussian_mean(lambda z: z**2 / 2 + z**4, 0.5)
    return (
        f"On $x^2/2 + x^4$ with $\\sigma = 0.5$ the true rise is {exact:.4f}; "
        f"the formula says {0.5**2 / 2 * 1:.3f}."
    )


def shakes_of_one_length() -> list[str]:
    angles = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    rise = 0.05 * np.cos(angles) ** 2 + 0.005 * np.sin(angles) ** 2  # length 0.1, curvatures 10, 1
    assert math.isclose(rise.mean(), 0.1**2 / (2 * 2) * 11)
    assert math.isclose(rise.max(), 10 * 0.1**2 / 2)
    return [
        r"the average one costs $\frac{r^2}{2N} \operatorname{tr} H$",
        r"worst one $\frac12 \lambda_{\max} r^2$",
    ]


def wells_and_rings() -> list[str]:
    sharp, flat = (depth / width**2 for depth, width, _ in WELLS)
    return [
        "depth 1.2 and width 0.2, the right one depth 1 and width 0.8",
        f"{sharp:.0f} for the left one, about {flat:.2f} for the right one",
        rf"$\sqrt{{{sharp:.0f} / {flat:.4f}}} \approx {math.sqrt(sharp / flat):.1f}$ times",
    ]


def equal_depth() -> list[str]:
    (a1, s1, _), (a2, s2, _) = WELLS
    sigma = brentq(
        lambda v: a1 * s1**2 / (s1**2 + v**2) - a2 * s2**2 / (s2**2 + v**2), 0, 1, xtol=1e-14
    )
    formula = math.sqrt(s1**2 * s2**2 * (a1 - a2) / (a2 * s2**2 - a1 * s1**2))
    assert math.isclose(sigma, formula, rel_tol=1e-9)
    assert sigma < s1 / 2
    return [rf"$\sigma_* = {sigma:.3f}$", "Less than half the width of the sharp well is enough."]


def too_deep_to_be_beaten() -> str:
    """Where A2 s2^2 < A1 s1^2, the sharp well stays the deeper one, as smoothing tends to infinity too."""
    sigma = np.geomspace(1e-3, 1e6, 1000)

    def depth(a: float, s: float) -> np.ndarray:
        return a * s**2 / (s**2 + sigma**2)

    assert np.all(depth(20, 0.2) > depth(1, 0.8))
    assert np.any(depth(15, 0.2) < depth(1, 0.8))
    assert 15 * 0.2**2 < 0.8**2 < 20 * 0.2**2
    return "so deep that this fails stays the deeper one at every $\\sigma$"


def smoothing_is_an_average() -> str:
    """The closed form against quadrature over shakes in both coordinates."""
    sigma, x, y = 0.3, -1.3, 0.2
    total = 0.0
    for depth, width, place in WELLS:
        gx = gaussian_mean(
            lambda z, c=place, s=width: mpmath.exp(-((x + z - c) ** 2) / 2 / s**2), sigma
        )
        gy = gaussian_mean(lambda z, s=width: mpmath.exp(-((y + z) ** 2) / 2 / s**2), sigma)
        total -= depth * gx * gy
    assert math.isclose(total, well(x, y, sigma), rel_tol=1e-9)
    return (
        r"\text{depth } A\, \frac{s^2}{s^2 + \sigma^2}, \qquad \text{width } \sqrt{s^2 + \sigma^2}"
    )


def the_sharp_well_disappears() -> str:
    x = np.linspace(-2, 2, 4001)
    count = {}
    for sigma in (0.0, 0.5, 0.7):
        heights = np.array([well(at, 0, sigma) for at in x])
        count[sigma] = int(np.sum(np.diff(np.sign(np.diff(heights))) > 0))
    assert count == {0.0: 2, 0.5: 2, 0.7: 1}
    ends = []
    for sigma in (0.0, 0.7):
        at, y, h = -1.2, 0.2, 1e-6
        for _ in range(1000):
            dx = (well(at + h, y, sigma) - well(at - h, y, sigma)) / (2 * h)
            dy = (well(at, y + h, sigma) - well(at, y - h, sigma)) / (2 * h)
            at, y = at - 0.05 * dx, y - 0.05 * dy
        ends.append(at)
    assert abs(ends[0] + 1.5) < 0.01
    assert ends[1] > 1
    return (
        r"At $\sigma = 0.5$ the sharp well is a shallow dent, at 0.7 it is no minimum any more, "
        "and the walk goes on towards the flat one."
    )


def quadratic_model() -> str:
    return f"going one unit to either side costs {1**2 / 2}"


def rests(lr: float) -> bool:
    """Whether gradient descent from (-1.45, 0.02) settles; slopes by central differences."""
    x, y, h = -1.45, 0.02, 1e-6
    steps = []
    for _ in range(2000):
        dx = lr * (well(x + h, y) - well(x - h, y)) / (2 * h)
        dy = lr * (well(x, y + h) - well(x, y - h)) / (2 * h)
        x, y = x - dx, y - dy
        steps.append(math.hypot(dx, dy))
    assert math.hypot(x + 1.5, y) < 0.2  # it does not fly out
    return max(steps[-10:]) < 1e-6


def to_try() -> list[str]:
    assert well(-1.45, 0.02) < -1.1
    assert rests(0.99 * 2 / 30)
    assert not rests(1.01 * 2 / 30)
    return [
        "start at (−1.45, 0.02), almost in the sharp well",
        "does the walk no longer come to rest?",
    ]


def equally_wide() -> str:
    for sigma in (0, 0.5, 2):  # the deeper of two wells of equal width stays deeper
        assert 1.2 * 0.64 / (0.64 + sigma**2) > 0.64 / (0.64 + sigma**2)
    return "equally wide with `wells(s1=0.8)`"


SAYS = [
    extreme_directions, gradient_points_below_the_minimum, ten_times, cost_of_a_shake,
    the_formula_is_a_first_term, shakes_of_one_length, wells_and_rings, equal_depth,
    too_deep_to_be_beaten,
    smoothing_is_an_average, the_sharp_well_disappears, quadratic_model, to_try, equally_wide,
]  # fmt: skip


# --- the output -----------------------------------------------------------------------------------


def curvature() -> list[str]:
    d = np.array([1, 1]) / math.sqrt(2)
    g = H @ [1, 0]
    return [
        f"[{H[0, 0]:.2f}   {H[0, 1]:.4f}]",
        f"curvature along 45 degrees: {d @ H @ d:.4f}",
        f"half-axes for c = 1: {math.sqrt(2 / 10):.4f} and {math.sqrt(2 / 1):.4f}",
        f"an arrow at {math.degrees(math.atan2(g[1], g[0])):.1f} degrees",
    ]


def power_iteration() -> list[str]:
    v = np.linalg.matrix_power(H, 5) @ [1, 0]
    angle = math.degrees(math.atan2(v[1], v[0]))
    return [f"after 5: {angle:.6f} degrees, off by {30 - angle:.2e}"]


def relative_scatter() -> list[str]:
    """Of a sum of N squares: the chi-square distribution has mean N and variance 2N."""
    return [f"standard deviation / mean = {math.sqrt(2 * n) / n:.4f}" for n in (1, 10, 1000)]


def bottoms() -> list[str]:
    shown = []
    for _, _, place in WELLS:
        x = minimize_scalar(
            lambda x: well(x, 0), bounds=(place - 0.1, place + 0.1), method="bounded"
        ).x
        h = 1e-4
        laplacian = (
            well(x + h, 0) + well(x - h, 0) + well(x, h) + well(x, -h) - 4 * well(x, 0)
        ) / h**2
        shown.append(f"x = {x:+.2f}: loss {well(x, 0):.4f}, trace {laplacian:.2f}")
    return shown


def smoothed() -> list[str]:
    return [
        f"sigma {s:.2f}: sharp {well(-1.5, 0, s):+.3f}, flat {well(1.5, 0, s):+.3f}"
        for s in (0.0, 0.05, 0.1, 0.2, 0.3)
    ]


def lopsided() -> list[str]:
    mean = gaussian_mean(lambda z: mpmath.exp(z) - z - 1, 1.0)
    return [
        f"one to the right costs {math.e - 2:.4f}, one to the left {1 / math.e:.4f}",
        "third derivative at the bottom: 1.0",
        "second-order formula: 0.5000",
        f"exact average rise:   {mean:.4f}",
    ]


def gentle_side() -> list[str]:
    def expected(x: float) -> float:
        return (math.exp(x + 1) - x - 1 + math.exp(x - 1) - x + 1) / 2 - 1

    best = minimize_scalar(expected, bounds=(-2, 1), method="bounded", options={"xatol": 1e-10}).x
    return [
        f"best place x = {best:.4f}, expected loss {expected(best):.4f}",
        f"at the old bottom x = 0 the expected loss is {expected(0):.4f}",
        f"curvature of the valley: {math.exp(best):.4f} there, 1 at the bottom",
    ]


SHOWS = [curvature, power_iteration, relative_scatter, bottoms, smoothed, lopsided, gentle_side]
