"""The training curve of gradient flow on a quadratic: every curvature decays at its own pace.

loss_curve([0, 0.05], eigenvalues=(100, 1), start=(1, 1))     # 50.5, then 0.4547: the steep part is gone
uniform_spectrum_curve(10)                                    # 0.00125, about 1/(8 t^2): a power law

A plateau seen in such a curve is no stationary point: only directions of small curvature are left.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands._door import Numbers, door
from toylands._words import show
from toylands.geometry._checks import eigenvalues_of


@door
def loss_curve(t: Numbers, eigenvalues: Numbers, start: Numbers) -> np.ndarray:
    """The loss of theta' = -grad L on a quadratic: sum of lam_i c_i^2 exp(-2 lam_i t)/2.

    Args:
        t: times, 0 or more, any shape.
        eigenvalues: of the Hessian, shape (d,).
        start: coordinates c of the start along the eigenvectors, from the minimum, shape (d,).

    Returns:
        The loss at every time, of the shape of t.

    Raises:
        ValueError: for negative times, or shapes that do not match.
    """
    times = _times("loss_curve", t)
    values = eigenvalues_of("loss_curve", eigenvalues)
    along = np.asarray(start, dtype=float)
    if along.shape != values.shape:
        raise ValueError(
            f"loss_curve: start={show(start)} must have one coordinate per eigenvalue, shape "
            f"{values.shape}."
        )
    # eigenvalues_of sorts, and each coordinate belongs to its eigenvalue.
    along = along[np.argsort(np.asarray(eigenvalues, dtype=float), kind="stable")]
    decay = np.exp(-2 * times[..., None] * values)
    curve: np.ndarray = (along * decay * (values * along)).sum(axis=-1) / 2
    return curve


@door
def uniform_spectrum_curve(t: Numbers) -> np.ndarray:
    """The same with curvatures spread evenly over [0, 1]: (1 - (1 + 2t) exp(-2t))/(8 t^2).

    The integral of lam exp(-2 lam t)/2 over lam from 0 to 1. It falls as 1/(8 t^2): a power law made of
    exponentials. [Velikanov and Yarotsky 2021]

    Args:
        t: times, 0 or more, any shape.

    Raises:
        ValueError: for negative times.
    """
    from scipy.special import gammainc

    times = _times("uniform_spectrum_curve", t)
    # 1 - (1 + s) exp(-s) is the regularised incomplete gamma function of order 2, without cancellation.
    safe = np.where(times > 0, times, 1.0)
    curve: np.ndarray = np.where(times > 1e-8, gammainc(2.0, 2 * safe) / 8 / safe / safe, 0.25)
    return curve


def _times(owner: str, t: Any) -> np.ndarray:
    times = np.asarray(t, dtype=float)
    if not (np.isfinite(times).all() and (times >= 0).all()):
        raise ValueError(f"{owner}: t={show(t)} must be finite and 0 or more.")
    return times
