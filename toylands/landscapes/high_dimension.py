"""High dimension, in one: what is left of d coordinates when only the distance counts.

tl.landscapes.shell_1d(d=100).minima            # the most likely radius, sqrt((d-1) T)
tl.descend(tl.landscapes.shell_1d, tl.gd(0.1), start=[3.0]).end
"""

from __future__ import annotations

from toylands.formula import dial, landscape, log, minimum, sqrt


@landscape(
    view=((0.02, 4.5),),
    start=(3.0,),
    source="elementary (the chi distribution)",
    tags=("high dimension", "entropy", "free energy"),
    lesson=14,
    levels="quantile",
    critical=lambda d, T: [minimum((sqrt((d - 1) * T),))],
    d=dial(10.0, 2, 100, log=True, integer=True, label="number of dimensions"),
    T=dial(0.1, 0.01, 0.15, label="temperature"),
)
def shell_1d(r, *, d, T):
    """The free energy of the distance r from the bottom of a round bowl, in d dimensions.

    At temperature T the density of points is highest at the bottom, r = 0; but there are r^(d-1)
    times as many points at distance r, which adds -(d-1) T ln r to the energy r^2/2. The most
    likely distance is sqrt((d-1) T): noise in many dimensions lives on a shell, and the mean of
    many such points lies inside it.
    """
    return r**2 / 2 - (d - 1) * T * log(r)
