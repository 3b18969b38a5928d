"""Pieces that wrap any optimizer: SAM, clipping, weight decay, noise, averaging, momentum reset.

    sam(clip_norm(gd(0.1), max_norm=1.0), rho=0.05)

In which order they act is said in `toylands.optimizers.optimizer`.
"""

from __future__ import annotations

from typing import Any

from toylands.optimizers.optimizer import (
    LEAST,
    Optimizer,
    Piece,
    check_count,
    check_number,
    check_optimizer,
)


def sam(base: Optimizer, rho: Any = 0.05) -> Optimizer:
    """Sharpness-aware minimisation: the base steps with the gradient at theta + rho g/(|g| + 1e-12).

    The base's memory sees only that second gradient; |g| is the 2-norm over all coordinates. Two
    evaluations a step. As optax.contrib.sam in opaque mode over any base. At g = 0 it looks nowhere.
    [Foret et al. 2021, eq. 2-3]
    """
    return check_optimizer("sam", base).wrapped(
        Piece("sam", {"rho": check_number("sam", "rho", rho)})
    )


def clip_norm(base: Optimizer, max_norm: Any) -> Optimizer:
    """Clip the gradient's norm: g <- g min(1, max_norm / (|g| + 1e-6)).

    As torch.nn.utils.clip_grad_norm_; optax.clip_by_global_norm has no 1e-6. [Pascanu et al. 2013]
    """
    number = check_number("clip_norm", "max_norm", max_norm)
    return check_optimizer("clip_norm", base).wrapped(Piece("clip_norm", {"max_norm": number}))


def clip_value(base: Optimizer, limit: Any) -> Optimizer:
    """Clamp every component of the gradient to [-limit, limit].

    As torch.nn.utils.clip_grad_value_ and optax.clip.
    """
    number = check_number("clip_value", "limit", limit)
    return check_optimizer("clip_value", base).wrapped(Piece("clip_value", {"limit": number}))


def weight_decay(base: Optimizer, weight_decay: Any) -> Optimizer:
    """Coupled (L2) weight decay: g <- g + weight_decay theta, before the base sees g.

    As the weight_decay of torch.optim.SGD, Adam, Adagrad and RMSprop. For decoupled decay use `adamw`.
    """
    number = check_number("weight_decay", "weight_decay", weight_decay)
    return check_optimizer("weight_decay", base).wrapped(
        Piece("weight_decay", {"weight_decay": number})
    )


def noise(base: Optimizer, sigma: Any) -> Optimizer:
    """Add Gaussian noise of standard deviation sigma to every component of the gradient.

    Each walker has its own stream, fixed by the run's seed. Inside `sam` the noise is added to the
    gradient the base sees; the look uphill uses the exact one.
    """
    number = check_number("noise", "sigma", sigma)
    return check_optimizer("noise", base).wrapped(Piece("noise", {"sigma": number}))


def swa(base: Optimizer, start: int = 0) -> Optimizer:
    """Stochastic weight averaging: the running mean of the iterates from step `start` on.

    As torch.optim.swa_utils.AveragedModel: the first iterate taken is copied. The run itself is not
    changed; the averages are in `Trajectory.average`. [Izmailov et al. 2018]

    Args:
        base: the optimizer whose iterates are averaged.
        start: the first step (counted from 1) whose iterate is averaged; 0 includes the start point.
    """
    count = check_count("swa", "start", start, least=LEAST["start"])
    return check_optimizer("swa", base).wrapped(Piece("swa", counts={"start": count}))


def ema(base: Optimizer, decay: Any = 0.999) -> Optimizer:
    """Exponential moving average of the iterates: e <- decay e + (1 - decay) theta, e_0 = theta_0.

    As torch.optim.swa_utils.get_ema_multi_avg_fn (the first iterate is copied); optax.ema starts at 0
    and corrects the bias instead. The averages are in `Trajectory.average`.
    """
    number = check_number("ema", "decay", decay)
    return check_optimizer("ema", base).wrapped(Piece("ema", {"decay": number}))


def reset_on_conflict(base: Optimizer, patience: int = 1) -> Optimizer:
    """Forget the momentum when it fights the gradient for `patience` steps in a row.

    The base's first memory conflicts with the gradient g when moving along it would raise the loss:
    <b, g> < 0 for an accumulated gradient b, <v, g> > 0 for a displacement velocity v. All memory is
    then set to 0 before the step. A healthy oscillation conflicts about half of the time, so a
    patience of 1 also damps ringing. [O'Donoghue and Candes 2015]
    """
    made = check_optimizer("reset_on_conflict", base)
    if not made.rule.gathers:
        raise ValueError(f"{made.label} has no momentum to reset; wrap momentum, nesterov or adam.")
    count = check_count("reset_on_conflict", "patience", patience, least=LEAST["patience"])
    return made.wrapped(Piece("reset_on_conflict", counts={"patience": count}))
