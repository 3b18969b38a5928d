"""Rules for games, where simultaneous gradient steps rotate outwards: look ahead, or remember."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from toylands.formula.functions import where
from toylands.optimizers.gradient_descent import gd
from toylands.optimizers.optimizer import Optimizer, Piece, check_number
from toylands.optimizers.rule import rule


@rule(lr=1e-2)
def optimistic_gd(theta: Any, g: Any, lr: Any, t: Any, previous: Any) -> Any:
    """Optimistic gradient descent: theta <- theta - lr (2 g_t - g_{t-1}); the first step is plain.

    As optax.optimistic_gradient_descent with alpha = beta = 1; not in torch.optim.
    [Daskalakis et al. 2018]
    """
    before = where(t < 2, g, previous)
    return theta - lr * (2 * g - before), g


def extragradient(lr: Any, *, schedule: Any = None) -> Optimizer:
    """Extragradient: look at h = theta - lr F(theta), then step theta <- theta - lr F(h).

    F is the gradient, or in a game each player's signed gradient. Two evaluations a step.
    [Korpelevich 1976]
    """
    made = gd(check_number("extragradient", "lr", lr), schedule=schedule)
    return replace(made.wrapped(Piece("extragradient", hidden=True)), alias="extragradient")
