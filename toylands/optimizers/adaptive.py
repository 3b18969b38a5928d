"""Rules that scale each coordinate by the size of its past gradients: AdaGrad to AdamW."""

from __future__ import annotations

from typing import Any

from toylands.formula.functions import maximum_of, sqrt
from toylands.optimizers.rule import rule


@rule(lr=1e-2, eps=1e-10)
def adagrad(theta: Any, g: Any, lr: Any, a: Any, *, eps: Any) -> Any:
    """AdaGrad: a <- a + g^2, theta <- theta - lr g / (sqrt(a) + eps).

    As torch.optim.Adagrad (a starts at 0, eps outside the root). optax.adagrad differs: a starts at
    0.1 and eps=1e-7 is inside the root. [Duchi et al. 2011]
    """
    a = a + g * g
    return theta - lr * g / (sqrt(a) + eps), a


@rule(lr=1e-2, alpha=0.99, eps=1e-8)
def rmsprop(theta: Any, g: Any, lr: Any, v: Any, *, alpha: Any, eps: Any) -> Any:
    """RMSProp: v <- alpha v + (1 - alpha) g^2, theta <- theta - lr g / (sqrt(v) + eps).

    As torch.optim.RMSprop (no bias correction). optax.rmsprop differs: decay=0.9 and eps inside the
    root by default; decay=0.99, eps_in_sqrt=False gives this rule. [Tieleman and Hinton 2012]
    """
    v = alpha * v + (1 - alpha) * g * g
    return theta - lr * g / (sqrt(v) + eps), v


@rule(lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8)
def adam(
    theta: Any, g: Any, lr: Any, t: Any, m: Any, v: Any, *, beta1: Any, beta2: Any, eps: Any
) -> Any:
    """Adam: averages of g and g^2, both bias-corrected, eps outside the root.

    As torch.optim.Adam and optax.adam, which agree. [Kingma and Ba 2015, algorithm 1]
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    step = (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + eps)
    return theta - lr * step, m, v


@rule(lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8)
def amsgrad(
    theta: Any, g: Any, lr: Any, t: Any, m: Any, v: Any, u: Any, *, beta1: Any, beta2: Any, eps: Any
) -> Any:
    """AMSGrad: Adam with the running maximum u of the uncorrected v.

    As torch.optim.Adam(amsgrad=True). optax.amsgrad differs: it takes the maximum after the bias
    correction. [Reddi et al. 2018]
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    u = maximum_of(u, v)
    step = (m / (1 - beta1**t)) / (sqrt(u / (1 - beta2**t)) + eps)
    return theta - lr * step, m, v, u


@rule(lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2)
def adamw(
    theta: Any,
    g: Any,
    lr: Any,
    t: Any,
    m: Any,
    v: Any,
    *,
    beta1: Any,
    beta2: Any,
    eps: Any,
    weight_decay: Any,
) -> Any:
    """AdamW: Adam with decoupled weight decay, theta <- (1 - lr weight_decay) theta - lr step.

    As torch.optim.AdamW (default weight_decay=1e-2; optax.adamw defaults to 1e-4).
    [Loshchilov and Hutter 2019]
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    step = (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + eps)
    return (1 - lr * weight_decay) * theta - lr * step, m, v
