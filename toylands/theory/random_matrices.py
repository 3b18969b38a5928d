"""Random symmetric matrices: the semicircle, and how rarely all eigenvalues are positive.

    semicircle(0.0)                  # 1/pi
    negative_share(shift=1.0)        # 0.196: share of negative eigenvalues after a shift
    positive_probability(3)          # 0.0249

Matrices as `toylands.geometry.random_hessians` draws them: variance 1/n off the diagonal, 2/n on it.
"""

from __future__ import annotations

import numpy as np

from toylands._door import Numbers, door
from toylands.optimizers.optimizer import check_count
from toylands.theory._digits import rise_minus_sine


@door
def semicircle(x: Numbers) -> np.ndarray:
    """The limiting density of eigenvalues, sqrt(4 - x^2)/(2 pi) on [-2, 2], at x (any shape).

    [Wigner 1955]
    """
    x = np.asarray(x, dtype=float)
    return np.sqrt(np.maximum((2 - x) * (2 + x), 0)) / (2 * np.pi)


@door
def semicircle_share(x: Numbers) -> np.ndarray:
    """The limiting share of eigenvalues below x: 1/2 + x sqrt(4 - x^2)/(4 pi) + asin(x/2)/pi."""
    x = np.clip(np.asarray(x, dtype=float), -2, 2)
    # With the angle x = -2 cos(a/2) it is (a - sin a)/(2 pi), which keeps its digits at the lower edge.
    angle = 4 * np.arcsin(np.sqrt((2 + x) / 4))
    return np.vectorize(rise_minus_sine, otypes=[float])(angle)[()] / (2 * np.pi)


@door
def negative_share(shift: float = 0.0) -> float:
    """The limiting share of negative eigenvalues when `shift` is added to each.

    1/2 without a shift, 0 from a shift of 2 on: the deeper a critical point, the fewer directions
    lead down. [Bray and Dean 2007]
    """
    return float(semicircle_share(-shift))


@door
def positive_probability(n: int) -> float:
    """The exact probability that all n eigenvalues are positive, for n = 1, 2, 3.

    1/2, (2 - sqrt 2)/4 and (pi - 2 sqrt 2)/(4 pi). For larger n it falls like
    exp(-n^2 ln 3/4) (`positive_rate`); estimate it with `random_hessians`. [Dean and Majumdar 2006]
    """
    n = check_count("positive_probability", "n", n, least=1)
    exact = {1: 0.5, 2: (2 - np.sqrt(2)) / 4, 3: (np.pi - 2 * np.sqrt(2)) / (4 * np.pi)}
    if n not in exact:
        raise ValueError(
            f"positive_probability: n={n} has no entry (1, 2 or 3); use positive_rate for the decay, or "
            "geometry.random_hessians(n).positive for an estimate."
        )
    return float(exact[n])


def positive_rate() -> float:
    """The constant c in P(all n eigenvalues positive) ~ exp(-c n^2): ln(3)/4.

    The leading exponent only; the factor in front is not 1. [Dean and Majumdar 2006]
    """
    return float(np.log(3) / 4)
