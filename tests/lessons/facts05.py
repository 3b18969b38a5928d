"""What lesson 5 says and shows, computed with NumPy, SciPy and mpmath from formulas typed here."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

INPUTS, TARGETS = np.array([1.0, 10.0]), np.array([0.9, -0.5])


def time_to_half(layers: int, w0: float, s: float = 1.0) -> float:
    """Gradient flow of all layers, equal at the start, until their product is half of s."""

    def flow(t: float, w: np.ndarray) -> np.ndarray:
        others = np.array([np.prod(np.delete(w, i)) for i in range(layers)])
        return -(np.prod(w) - s) * others

    def half(t: float, w: np.ndarray) -> float:
        return float(np.prod(w) - s / 2)

    half.terminal = True  # type: ignore[attr-defined]
    found = solve_ivp(flow, (0, 500), [w0] * layers, events=half, rtol=1e-10, atol=1e-14)
    return float(found.t_events[0][0])


def neuron(w: float) -> float:
    return float(np.mean((np.tanh(w * INPUTS) - TARGETS) ** 2))


def neuron_slope(w: float) -> float:
    out = np.tanh(w * INPUTS)
    return float(np.mean(2 * (out - TARGETS) * (1 - out**2) * INPUTS))


GOOD, TOP, BAD = (
    brentq(neuron_slope, low, high, xtol=1e-14) for low, high in ((-0.3, 0.1), (0.1, 0.6), (1, 3))
)


def dice(p1: Any, p2: Any) -> Any:
    return 1 - 2 * p1 / (p1 + p2 + 1)


def sigmoid(z: Any) -> Any:
    return 1 / (1 + mpmath.exp(-z))


def bce_pixel(z: Any) -> Any:
    """Cross-entropy of one pixel that belongs to the object."""
    return -mpmath.log(sigmoid(z))


def reconstruction(w: Any) -> float:
    """E|x - w w'x|^2 for variances 3 and 1."""
    rest = np.eye(2) - np.outer(w, w)
    return float(np.trace(rest @ np.diag([3.0, 1.0]) @ rest.T))


def black_slope(eps: Any, p: Any) -> Any:
    """Of Dice on 100 black pixels, in one of them, the others at p."""
    p, eps = mpmath.mpf(str(p)), mpmath.mpf(str(eps))

    def loss(own: Any) -> Any:
        total = 99 * p + own
        return 1 - eps / (total + eps)

    with mpmath.workdps(60):
        return mpmath.diff(loss, p)


# --- the text -------------------------------------------------------------------------------------


def linear_networks() -> list[str]:
    return [
        "the origin, a saddle with curvatures −1 and 1",
        "the direction of the larger variance and lose the other: the loss is "
        f"{reconstruction([1, 0]):.0f}",
        f"keep the wrong direction: loss {reconstruction([0, 1]):.0f}",
        f"nothing: loss {reconstruction([0, 0]):.0f}, and it is a *maximum*",
    ]


def waits() -> list[str]:
    two = [time_to_half(2, w0) for w0 in (0.1, 0.01)]
    three = [time_to_half(3, w0) for w0 in (0.1, 0.01)]
    formula = math.log(1 / 0.1**2 - 1) / 2
    assert math.isclose(two[0], formula, rel_tol=1e-7)
    # Depth d from w0: w' = w^(d-1), which takes w0^(2-d)/(d-2) to leave the saddle.
    assert abs(three[1] * 0.01 - 1) < 0.02
    return [
        f"like a logarithm: {two[0]:.1f}, {two[1]:.1f}",
        f"it grows like $1/w_0$: {three[0]:.1f}, {three[1]:.0f}",
    ]


def trap() -> list[str]:
    assert neuron_slope(0.3) < 0  # so the walk from 0.3 goes right
    assert TOP < 0.3
    saturated = math.tanh(10 * BAD)
    assert 1 - saturated < 1e-6
    frozen = saturated - TARGETS[1]
    return [
        f"with loss {neuron(BAD):.3f}, while {neuron(GOOD):.3f} was possible",
        f"Its error is frozen at ${frozen:.1f}$, its gradient is gone, and half of "
        f"${frozen:.1f}^2$ is {frozen**2 / 2:.3f}",
    ]


def the_trap_is_flat() -> str:
    """With rate 5 the bad minimum is stable: its curvature is far below 2/5."""
    h = 1e-4
    curvature = (neuron(BAD + h) + neuron(BAD - h) - 2 * neuron(BAD)) / h**2
    assert 0 < curvature < 2 / 5 / 5
    w = 0.3
    for _ in range(500):
        w -= 5 * neuron_slope(w)
    assert abs(w - BAD) < 1e-6
    return "raise the learning rate to 5. The walk still ends in the trap."


def straight_contours() -> str:
    for d in (0.2, 0.5, 0.9):
        p2 = np.linspace(0, 1, 11)
        np.testing.assert_allclose(dice((1 - d) * (1 + p2) / (1 + d), p2), d)
    return "$(1 + d)\\, p_1 = (1 - d)(1 + p_2)$"


def pulls() -> list[str]:
    z = mpmath.log(mpmath.mpf("0.01") / mpmath.mpf("0.99"))
    bce, through = mpmath.diff(bce_pixel, z), mpmath.diff(lambda v: dice(sigmoid(v), 0.5), z)
    far, bend = mpmath.diff(bce_pixel, -10), mpmath.diff(bce_pixel, -10, 2)
    return [
        f"BCE pulls with −{float(-bce):.2f}, Dice with −{float(-through):.3f}",
        f"BCE has slope −{float(-far):.5f} and a curvature of only {float(bend):.6f}",
    ]


def black_images() -> list[str]:
    middle, end = float(black_slope("1e-6", 0.5)), float(black_slope("1e-6", 0))
    assert math.isclose(end, 1e6, rel_tol=1e-9)
    assert 15 < math.log10(end / middle) < 16
    logit = middle * 0.25
    assert math.isclose(logit, 1e-10, rel_tol=1e-6)
    return [
        f"${middle * 1e10:.0f} \\cdot 10^{{-10}}$ at $p = 0.5$ and a million at 0",
        "$10^{-10}$, where BCE pulls with 0.5",
        "ranges over fifteen orders of magnitude",
    ]


def waiting_of_the_autoencoder() -> str:
    """From next to the line between the saddles; the gradient is typed here."""
    w, near = np.array([0.001, 0.3]), 0
    for _ in range(200):
        near += bool(np.hypot(w[0], w[1] - 1) < 0.3)
        total, pull = w @ w, w @ (np.array([3.0, 1.0]) * w)
        w = w - 0.02 * (np.array([6.0, 2.0]) * w * (total - 2) + 2 * w * pull)
    assert np.allclose(w, (1, 0), atol=1e-3)
    return f"there it stays within 0.3 for {near} steps"


SAYS = [
    linear_networks, waiting_of_the_autoencoder, waits, trap, the_trap_is_flat, straight_contours,
    pulls, black_images,
]  # fmt: skip


# --- the output -----------------------------------------------------------------------------------


def linear_shown() -> list[str]:
    return [
        "saddle at [0. 0.] with loss 0.5, curvatures [-1. 1.]",
        "curvatures at (0, 0, 0): [0. 0. 0.]",
        "curvatures at (0, 0, 1): [-1. 0. 1.]",
        f"loss at (0.1, 0.1, 0.1): {(0.1**3 - 1) ** 2 / 2:.6f}",
        f"loss at (-0.1, -0.1, -0.1): {(-(0.1**3) - 1) ** 2 / 2:.6f}",
    ]


def autoencoder_shown() -> list[str]:
    """The curvatures from second differences of the reconstruction error."""
    shown, h = [], 1e-4
    for w in ([0, 0], [1, 0], [0, 1]):
        here = np.array(w, dtype=float)
        around = [
            reconstruction(here + step) + reconstruction(here - step) for step in h * np.eye(2)
        ]
        bends = sorted((two - 2 * reconstruction(here)) / h**2 for two in around)
        numbers = ", ".join(f"{bend:.1f}" for bend in bends)
        shown.append(f"loss {reconstruction(here):g}, curvatures [{numbers}]")
    return shown


def waits_shown() -> list[str]:
    return [
        f"{layers} layers from {w0}: half of the target at time {time_to_half(layers, w0):.2g}"
        for layers in (2, 3)
        for w0 in (0.1, 0.01)
    ] + [f"s = {s}: half of it at time {time_to_half(2, math.sqrt(0.001), s):.3f}" for s in (3, 1)]


def neuron_shown() -> list[str]:
    return [
        f"minimum at w = {GOOD:.4f}: loss {neuron(GOOD):.4f}",
        f"maximum at w = {TOP:.4f}: loss {neuron(TOP):.4f}",
        f"minimum at w = {BAD:.4f}: loss {neuron(BAD):.4f}",
        "stationary points: ['minimum']",
    ]


def pixels_shown() -> list[str]:
    root = math.sqrt(5)
    return [
        f"bce at (0.5, 0.5): loss {2 * math.log(2):.4f}",
        f"dice at (0.5, 0.5): loss {dice(0.5, 0.5):.4f}",
        "[[0.75, 0.25], [0.25, -0.25]]",
        f"curvatures [{(1 - root) / 4:.3f} {(1 + root) / 4:.3f}]",
    ]


def pulls_shown() -> list[str]:
    z = mpmath.log(mpmath.mpf("0.01") / mpmath.mpf("0.99"))
    direct = mpmath.diff(lambda p: dice(p, 0.5), 0.01)
    through = mpmath.diff(lambda v: dice(sigmoid(v), 0.5), z)
    steps = {}
    for name in ("bce", "dice"):
        z1, z2, count = float(z), 0.0, 0
        while z1 < 0:
            p1, p2 = 1 / (1 + math.exp(-z1)), 1 / (1 + math.exp(-z2))
            total = p1 + p2 + 1
            if name == "bce":
                z1, z2 = z1 + 1 - p1, z2 - p2
            else:
                z1, z2 = (
                    z1 + 2 * (1 + p2) / total**2 * p1 * (1 - p1),
                    z2 - 2 * p1 / total**2 * p2 * (1 - p2),
                )
            count += 1
        steps[name] = count
    return [
        f"slope of Dice in p1: {float(direct):.4f}",
        f"bce_logits: slope in z1 {0.01 - 1:.5f}; p1 reaches one half after {steps['bce']} steps",
        f"dice_logits: slope in z1 {float(through):.5f}; p1 reaches one half after "
        f"{steps['dice']} steps",
    ]


def black_shown() -> list[str]:
    words = ["no constant: loss 1.0000, slope per pixel 0 at 0.5, 0 at 0.0001"]
    words += ["1 below only: loss 1.0000, slope per pixel 0 at 0.5, 0 at 0.0001"]
    for eps in ("1", "1e-6"):
        middle, end = (float(black_slope(eps, p)) for p in ("0.5", "0.0001"))
        loss = 50 / (50 + float(eps))
        words.append(
            f"{eps} above and below: loss {loss:.4f}, slope per pixel {middle:.3g} at 0.5, "
            f"{end:.3g} at 0.0001"
        )
    return words


def batch_shown() -> str:
    """Two images of 100 pixels, ten of them target, everything predicted as one half."""
    one = mpmath.diff(lambda p: 1 - 2 * 5 / (199 * 0.5 + p + 10), 0.5)
    return f"together with an image that has an object: {float(one):.3g}"


SHOWS = [
    linear_shown, autoencoder_shown, waits_shown, neuron_shown, pixels_shown, pulls_shown,
    black_shown, batch_shown,
]  # fmt: skip
