"""Gradient flow past a saddle: y' = y - y^3, the way down from it on `quartic_saddle`.

flow_time(1e-3, 3**-0.5)             # 6.56: when the descent is fastest
fastest()                            # (0.577, 0.385): where, and the gradient's size there
loss_drop(1e-3)                      # 0.25 to come: the integral of |g|^2 over all time
"""

from __future__ import annotations

import numpy as np

from toylands._door import door
from toylands._words import show
from toylands.theory._digits import log_ratio


def _inside(owner: str, name: str, y: float) -> float:
    if not 0 < y < 1:
        raise ValueError(
            f"{owner}: {name}={show(y)} must lie between the saddle 0 and the minimum 1."
        )
    return float(y)


@door
def flow_position(start: float, time: float) -> float:
    """Where y is at a time (either sign): e^t start/sqrt(1 + start^2 (e^(2t) - 1))."""
    start = _inside("flow_position", "start", start)
    if not np.isfinite(time):
        raise ValueError(f"flow_position: time={show(time)} must be a finite number.")
    with np.errstate(over="ignore"):
        left = np.sqrt((1 - start) * (1 + start)) / start * np.exp(-time)
    return float(1 / np.hypot(1, left))


@door
def flow_time(start: float, end: float) -> float:
    """How long y takes from one place to another: half the difference of ln(y^2/(1 - y^2)).

    Each factor of 1000 closer to the saddle costs ln 1000 = 6.9 more units of time.
    """
    a, b = _inside("flow_time", "start", start), _inside("flow_time", "end", end)
    outwards = log_ratio(1 - a, 1 - b, b - a) + log_ratio(1 + a, 1 + b, a - b)
    return log_ratio(b, a) + outwards / 2


def fastest() -> tuple[float, float]:
    """Where the gradient y - y^3 is largest on the way down, and how large: 1/sqrt 3, 2/(3 sqrt 3)."""
    y = 1 / np.sqrt(3)
    return float(y), float(y - y**3)


@door
def loss_drop(start: float) -> float:
    """The loss still to be lost from y: (1 - y^2)^2/4, the integral of |g|^2 along the flow.

    In general dL/dt = -|g|^2, so the integral of the squared gradient is the loss drop.
    """
    y = _inside("loss_drop", "start", start)
    return ((1 - y) * (1 + y)) ** 2 / 4
