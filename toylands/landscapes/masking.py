"""Gradient masking: a model that looks robust because its slope says nothing.

    cliff = tl.landscapes.masked_cliff
    cliff.grad((0, 0))                        # along y only: the cliff at x = 1 is out of sight
    cliff(sigma=0.5).grad((0, 0))             # smoothed over half the distance, it points at x

Probes that need no formula are in `toylands.geometry.probes`.
"""

from __future__ import annotations

from toylands.formula import dial, exp, landscape, normal_cdf, sin, sqrt


@landscape(
    view=((-0.5, 1.5), (-0.2, 0.2)),
    start=(0.0, 0.0),
    source="Athalye, Carlini and Wagner 2018; Uesato et al. 2018",
    tags=("gradient masking", "plateau", "cliff", "ripples", "smoothing", "vanishing gradient"),
    lesson=14,
    levels="quantile",
    players=(-1, -1),
    width=dial(0.02, 0.01, 0.5, log=True, label="width of the cliff"),
    ripple=dial(0.01, 0, 0.05, label="height of the ripples"),
    sigma=dial(0.0, 0, 1, label="smoothing"),
)
def masked_cliff(x, y, *, width, ripple, sigma):
    """A plateau, a cliff at x = 1, and fast ripples along y: an attacker climbs, and goes astray.

    Both coordinates ascend. At (0, 0) the slope along x is about 10**-542, and in double precision 0;
    along y it is 1. With sigma > 0 the loss is its exact mean under Gaussian noise: the ripple loses
    the factor exp(-5000 sigma**2) and the cliff widens to sqrt(width**2 + sigma**2). A sigma of 0.1
    silences the ripple and still sees nothing; the noise must reach the cliff.

    No equilibrium is declared, for there is none: along x the exact slope is above 0 everywhere. In
    double precision whole lines stand still all the same, the tops of the ripples on both plateaus, and
    there a climb ends.
    """
    left = exp(-5000 * sigma**2)
    return normal_cdf((x - 1) / sqrt(width**2 + sigma**2)) + ripple * left * sin(100 * y)
