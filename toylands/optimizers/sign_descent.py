"""Rules that use only the sign of an averaged gradient."""

from __future__ import annotations

from typing import Any

from toylands.formula.functions import sign
from toylands.optimizers.rule import rule


@rule(lr=1e-4, beta1=0.9, beta2=0.99, weight_decay=0.0)
def lion(theta: Any, g: Any, lr: Any, m: Any, *, beta1: Any, beta2: Any, weight_decay: Any) -> Any:
    """Lion: step by the sign of beta1 m + (1 - beta1) g; m then averages g with beta2.

    As optax.lion (which defaults to weight_decay=1e-3, decoupled); not in torch.optim.
    [Chen et al. 2023]
    """
    u = sign(beta1 * m + (1 - beta1) * g)
    m = beta2 * m + (1 - beta2) * g
    return theta - lr * (u + weight_decay * theta), m
