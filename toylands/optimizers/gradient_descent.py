"""Plain gradient descent: the ball in honey."""

from __future__ import annotations

from typing import Any

from toylands.optimizers.rule import rule


@rule(lr=1e-3)
def gd(theta: Any, g: Any, lr: Any) -> Any:
    """Gradient descent: theta <- theta - lr g.

    As torch.optim.SGD without momentum (default lr=1e-3) and optax.sgd.
    """
    return theta - lr * g
