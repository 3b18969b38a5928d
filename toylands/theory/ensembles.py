"""What averaging can gain: the variance of a mean of correlated members.

variance_of_mean(5, correlation=0.5)         # 0.6: correlation is what limits an ensemble
"""

from __future__ import annotations

from fractions import Fraction

from toylands._door import door
from toylands._words import show
from toylands.geometry._checks import not_negative
from toylands.optimizers.optimizer import check_count


@door
def variance_of_mean(members: int, correlation: float, variance: float = 1.0) -> float:
    """The variance of the mean of M members of equal variance and equal pairwise correlation.

    variance * (rho + (1 - rho)/M): independent errors average out as 1/M, the common part rho stays
    however many members there are. Ensembles work because errors are *de*correlated. [elementary; for
    networks Lakshminarayanan et al. 2017, Fort et al. 2019]

    Args:
        members: M, 1 or more.
        correlation: rho, from -1/(M - 1) (no lower is possible) to 1.
        variance: of one member, 0 or more.
    """
    members = check_count("variance_of_mean", "members", members, least=1)
    lowest = -1 / (members - 1) if members > 1 else -1.0
    if not lowest - 1e-12 <= correlation <= 1:
        raise ValueError(
            f"variance_of_mean: correlation={show(correlation)} must be from {lowest:.4g} to 1: "
            f"{members} members cannot all oppose one another more."
        )
    variance = not_negative("variance_of_mean", "variance", variance)
    # Exact before it is rounded once: near the lowest correlation the two terms cancel.
    rho = Fraction(correlation)
    return float(Fraction(variance) * max(Fraction(0), rho + (1 - rho) / members))
