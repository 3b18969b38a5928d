"""Right answers to the exercises of lesson 8, architecture, by another route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
from scipy.optimize import brentq, minimize_scalar


def curvature_of_a_scaled_chain(given: Any) -> float:
    """Find the minimum by a root search and differentiate the loss there, numerically."""
    w = brentq(lambda w: (1 + w / given.d) ** given.d - given.y, 0, 5, xtol=1e-14)
    return float(mpmath.diff(lambda w: ((1 + w / given.d) ** given.d - given.y) ** 2 / 2, w, 2))


def condition_after_standardising(given: Any) -> float:
    """Draw two inputs with exactly this correlation, standardise them, and compare singular values."""
    raw = np.random.default_rng(0).standard_normal((50, 2))
    white = np.linalg.qr(raw - raw.mean(axis=0))[0]
    x = np.stack(
        [
            given.s * white[:, 0],
            given.r * white[:, 0] + np.sqrt(1 - given.r**2) * white[:, 1],
        ],
        axis=1,
    )
    singular = np.linalg.svd((x - x.mean(axis=0)) / x.std(axis=0), compute_uv=False)
    return float((singular[0] / singular[1]) ** 2)


def curvature_of_a_unit(given: Any) -> float:
    """The second derivative of the loss, numerically with many digits."""
    return float(mpmath.diff(lambda w: (mpmath.tanh(w) - given.y) ** 2 / 2, given.w, 2))


def loss_after_an_update_at_once(given: Any) -> float:
    """Minimize over each layer alone."""
    u, v = given.start

    def best(other: float) -> float:
        return float(minimize_scalar(lambda w: (w * other - 1) ** 2, options={"xtol": 1e-12}).x)

    return (best(v) * best(u) - 1) ** 2 / 2


SOLUTIONS: dict[str, Callable[[Any], Any]] = {
    "8.1": curvature_of_a_scaled_chain,
    "8.2": condition_after_standardising,
    "8.3": curvature_of_a_unit,
    "8.4": loss_after_an_update_at_once,
}
