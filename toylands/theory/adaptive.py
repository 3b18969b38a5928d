"""Adam's first steps, which is why adaptive methods like a warmup.

noise_step(1), noise_step(2), noise_step(None)     # 1, 0.708, 0.229: rms step over lr under pure noise
trusted_length(6)                                  # RAdam's rho: how many samples v has seen
"""

from __future__ import annotations

import numpy as np

from toylands._door import door
from toylands._words import show
from toylands.optimizers.optimizer import check_count
from toylands.theory._digits import lost


@door
def noise_step(t: int | None, beta1: float = 0.9) -> float:
    """The root mean square of Adam's step number t over lr when the gradient is a fair sign, +1 or -1.

    The squares are all 1, so the second moment is exactly 1 after its correction (eps aside), and the
    step is the corrected mean of t signs: sqrt((1 - beta1)/(1 + beta1) (1 + beta1^t)/(1 - beta1^t)).
    The first step has the full size lr although nothing but noise was seen.

    Args:
        t: the step, 1 for the first; None for the limit.
        beta1: Adam's first decay.
    """
    beta1 = _decay("noise_step", "beta1", beta1)
    late = (1 - beta1) / (1 + beta1)
    if t is None:
        return float(np.sqrt(late))
    t = check_count("noise_step", "t", t, least=1)
    return float(np.sqrt(late * (1 + beta1**t) / lost(beta1, t)))


@door
def trusted_length(t: int | None, beta2: float = 0.999) -> float:
    """RAdam's rho_t, the length of the average behind v: rho_inf - 2 t beta2^t/(1 - beta2^t).

    With rho_inf = 2/(1 - beta2) - 1. RAdam divides by sqrt(v) once rho_t is above a threshold: 4 in the
    paper, 5 in torch. [Liu et al. 2020]

    Args:
        t: the step, 1 for the first; None for rho_inf.
        beta2: Adam's second decay.
    """
    beta2 = _decay("trusted_length", "beta2", beta2)
    if t is None:
        return (1 + beta2) / (1 - beta2)
    t = check_count("trusted_length", "t", t, least=1)
    s, forgotten = 1 - beta2, lost(beta2, t)
    if t * s < 0.5:  # two huge numbers whose difference is about t: in powers of s they cancel
        # C(t, k-1) ((2t - 1) - 2 (t - k + 1)/k) = C(t, k-1) ((2t + 1) - 2 (t + 1)/k), k from 2 on
        total, term, k = 0.0, float(t), 2
        while k <= t + 1:
            more = total + term * ((2 * t + 1) - 2 * (t + 1) / k)
            if more == total:
                break
            total, term, k = more, -term * s * (t - k + 1) / k, k + 1
        return total * s / forgotten
    return (1 + beta2) / s - 2 * t * beta2**t / forgotten


@door
def first_adaptive_step(beta2: float = 0.999, threshold: float = 5.0) -> int:
    """The first step t at which `trusted_length` exceeds a threshold: 5 as in torch, 4 as in the paper.

    Raises:
        ValueError: when rho_inf does not exceed the threshold, so that it never happens.
    """
    if not trusted_length(None, beta2) > threshold:
        raise ValueError(
            f"first_adaptive_step: with beta2={show(beta2)} the length never exceeds {show(threshold)}; "
            f"its limit is {trusted_length(None, beta2):g}."
        )
    t = 1
    while trusted_length(t, beta2) <= threshold:
        t += 1
    return t


def _decay(owner: str, name: str, value: float) -> float:
    if not 0 <= value < 1:
        raise ValueError(f"{owner}: {name}={show(value)} must be at least 0 and below 1.")
    return float(value)
