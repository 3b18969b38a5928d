"""Gradient descent at a temperature."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from toylands.optimizers.gradient_descent import gd
from toylands.optimizers.optimizer import Optimizer, Piece, check_number


def langevin(lr: Any, temperature: Any, *, schedule: Any = None) -> Optimizer:
    """Unadjusted Langevin dynamics: theta <- theta - lr g + sqrt(2 lr temperature) z, z ~ N(0, I).

    Its stationary law tends to exp(-loss/temperature) as lr tends to 0; at finite lr it is biased (a
    parabola of curvature lam has variance T / (lam (1 - lr lam/2))). Each walker has its own stream of
    z, fixed by the run's seed. Not optax.noisy_sgd, which perturbs the gradient.
    [Roberts and Tweedie 1996]
    """
    made = gd(check_number("langevin", "lr", lr), schedule=schedule)
    number = check_number("langevin", "temperature", temperature)
    piece = Piece("langevin", {"temperature": number}, hidden=True)
    return replace(made.wrapped(piece), alias="langevin")
