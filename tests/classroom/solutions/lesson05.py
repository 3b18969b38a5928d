"""Right answers to the exercises of lesson 5, the model and the loss, by another route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import minimize_scalar


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
    "5.1": autoencoder_saddle,
    "5.2": half_time,
    "5.3": bad_neuron,
    "5.4": dice_pull,
}
