"""The two parts of a loss's curvature: Gauss-Newton, and the residual times the model's own bend.

activation_split("tanh", w=1, y=-1).total          # -0.95: the bend wins
activation_split("tanh", w=1, y=0.7615942)         # at a fit only the first part is left
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from toylands._door import door
from toylands._words import did_you_mean, one_of, show
from toylands.geometry._checks import positive


@dataclass(frozen=True)
class Split:
    """The curvature of (phi(w) - y)^2/2 in two parts.

    Attributes:
        value, slope, bend: phi and its first and second derivative at w.
        gauss_newton: slope^2, never negative.
        residual_part: (value - y) * bend, of either sign; 0 at a perfect fit.
    """

    value: float
    slope: float
    bend: float
    gauss_newton: float
    residual_part: float

    @property
    def total(self) -> float:
        """The second derivative of the loss, the sum of the two parts."""
        return self.gauss_newton + self.residual_part


def _tanh(w: float, sharpness: float) -> tuple[float, float, float]:
    value = np.tanh(sharpness * w)
    faint = np.exp(-abs(sharpness * w))  # 1/cosh without overflow
    slope = (2 * faint / (1 + faint**2)) ** 2
    return value, sharpness * slope, -2 * sharpness**2 * value * slope


def _relu(w: float, sharpness: float) -> tuple[float, float, float]:
    on = float(w > 0)
    return on * sharpness * w, on * sharpness, 0.0


def _softplus(w: float, sharpness: float) -> tuple[float, float, float]:
    from scipy.special import expit

    on = expit(sharpness * w)
    off = expit(-sharpness * w)
    return np.logaddexp(0, sharpness * w) / sharpness, on, sharpness * on * off


_ACTIVATIONS: dict[str, Callable[[float, float], tuple[float, float, float]]] = {
    "tanh": _tanh,
    "relu": _relu,
    "softplus": _softplus,
}


@door
def activation_split(activation: str, w: float, y: float, *, sharpness: float = 1.0) -> Split:
    """Split the curvature L'' = phi'^2 + (phi - y) phi'' of a unit that fits y at the input 1.

    [Schraudolph 2002]

    Args:
        activation: "tanh", of sharpness*w; "relu", of sharpness*w; or "softplus",
            ln(1 + exp(sharpness*w))/sharpness, whose bend is at most sharpness/4. At w = 0 the
            derivatives of relu are taken as 0.
        w, y: weight and target.
        sharpness: above 0.

    Raises:
        ValueError: for an unknown activation, with the nearest right one, or a bad number.
    """
    if activation not in _ACTIVATIONS:
        raise ValueError(
            f"activation_split: activation={show(activation)} must be {one_of(_ACTIVATIONS)}."
            + did_you_mean(activation, _ACTIVATIONS)
        )
    sharpness = positive("activation_split", "sharpness", sharpness)
    if not (np.isfinite(w) and np.isfinite(y)):
        raise ValueError(f"activation_split: w={show(w)} and y={show(y)} must be finite numbers.")
    value, slope, bend = (float(part) for part in _ACTIVATIONS[activation](w, sharpness))
    return Split(value, slope, bend, slope**2, (value - y) * bend)
