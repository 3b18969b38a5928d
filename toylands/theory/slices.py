"""What slices through a saddle show, by chance.

chance_of_seeing_descent(10)            # 0.01496: one way down among ten coordinates stays hidden
"""

from __future__ import annotations

from toylands._door import door
from toylands._words import show
from toylands.optimizers.optimizer import check_count


@door
def chance_of_seeing_descent(dim: int, *, down: float = 1.0, up: float = 1.0) -> float:
    """The probability that a random line through a saddle with one way down curves downwards.

    The Hessian has one eigenvalue -down and dim - 1 of +up; the direction is uniform on the sphere. The
    line curves down iff the squared component along the way down exceeds x = up/(up + down), and that
    component is Beta(1/2, (dim-1)/2): the probability is the regularised incomplete beta function
    I_{1-x}((dim-1)/2, 1/2). It decays exponentially with dim, so in many dimensions a random slice
    through such a saddle looks convex almost surely. [elementary; Li et al. 2018 discuss the effect]

    Args:
        dim: coordinates, 1 or more.
        down: size of the negative eigenvalue, above 0.
        up: the positive eigenvalue, above 0.
    """
    from scipy.special import betainc

    dim = check_count("chance_of_seeing_descent", "dim", dim, least=1)
    for name, value in (("down", down), ("up", up)):
        if not 0 < value < float("inf"):
            raise ValueError(
                f"chance_of_seeing_descent: {name}={show(value)} must be a finite number above 0; it is "
                "the size of an eigenvalue."
            )
    if dim == 1:
        return 1.0
    return float(betainc((dim - 1) / 2, 0.5, down / (up + down)))
