"""Rules with one memory of past gradients: heavy ball, Polyak, Nesterov."""

from __future__ import annotations

from typing import Any

from toylands.optimizers.rule import rule


@rule(lr=1e-3, beta=0.9)
def momentum(theta: Any, g: Any, lr: Any, b: Any, *, beta: Any) -> Any:
    """Heavy-ball momentum with an accumulated gradient: b <- beta b + g, theta <- theta - lr b.

    As torch.optim.SGD(momentum=beta) and optax.sgd(momentum=beta). At a constant rate this is
    Polyak's method (`polyak`); when the rate changes, this one rescales the whole buffer.
    [Polyak 1964]
    """
    b = beta * b + g
    return theta - lr * b, b


@rule(lr=1e-3, beta=0.9)
def polyak(theta: Any, g: Any, lr: Any, v: Any, *, beta: Any) -> Any:
    """Polyak's heavy ball with a displacement velocity: v <- beta v - lr g, theta <- theta + v.

    The same path as `momentum` at a constant rate; when the rate changes, past displacements keep
    their size. Not in torch.optim or optax. [Polyak 1964]
    """
    v = beta * v - lr * g
    return theta + v, v


@rule(lr=1e-3, beta=0.9)
def nesterov(theta: Any, g: Any, lr: Any, b: Any, *, beta: Any) -> Any:
    """Nesterov momentum: b <- beta b + g, theta <- theta - lr (g + beta b).

    As torch.optim.SGD(momentum=beta, nesterov=True) and optax.sgd(..., nesterov=True). The parameter
    is the look-ahead point of the classical method; the classical iterate lies lr beta b behind it.
    [Nesterov 1983; Sutskever et al. 2013]
    """
    b = beta * b + g
    return theta - lr * (g + beta * b), b
