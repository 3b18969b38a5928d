"""Two parabolic wells of different curvature, the smaller of two parabolas everywhere.

    wells = tl.landscapes.parabolic_wells_1d
    tl.descend(wells, tl.gd(0.6, schedule=tl.schedules.cyclic(1 / 12, 10)), steps=40).end   # thrown out
    tl.descend(wells(lift=0.5), tl.langevin(0.01, temperature=0.2), steps=2000).end

In each well everything about gradient descent is known, so what decides between them stands out:
without noise the curvature alone, with noise the depth and the width.
"""

from __future__ import annotations

from typing import Any

from toylands.formula import Declared, dial, landscape, minimum, where

_KINK = "on the ridge, where the two parabolas cross"


def _lower(steep: Any, gentle: Any) -> Any:
    return where(steep < gentle, steep, gentle)


def _wells(sharp: float, flat: float, lift: float, *, others: int) -> list[Declared]:
    """Declare the two bottoms, each as long as the other parabola does not undercut it."""
    declared = []
    if lift + 2 * flat > 0:
        declared.append(minimum((-1, *[0] * others), 0.0))
    if 2 * sharp > lift:
        declared.append(minimum((1, *[0] * others), lift))
    return declared


@landscape(
    view=((-2.2, 3.2),),
    start=(-0.6,),
    source="Wu, Ma and E 2018 (which minima are stable at a learning rate)",
    tags=("wells", "sharp and flat", "two minima", "kink", "schedule", "temperature"),
    lesson=(10, 11),
    levels="quantile",
    kink=_KINK,
    critical=lambda sharp, flat, lift: _wells(sharp, flat, lift, others=0),
    sharp=dial(8.0, 1, 100, log=True, label="curvature of the sharp well"),
    flat=dial(1.0, 0.1, 10, log=True, label="curvature of the flat well"),
    lift=dial(0.0, -1, 1, label="height of the flat well"),
)
def parabolic_wells_1d(x, *, sharp, flat, lift):
    """A sharp well at -1 and a flat one at 1, the flat one higher by the dial lift.

    Gradient descent multiplies the distance to a bottom by 1 - lr * curvature, so a learning rate above
    2/sharp throws it out of the sharp well once it has grown enough, however deep that well is; from
    exactly -1 it never leaves. At a temperature the wells hold walkers by depth and width together:
    per coordinate, the flat one has sqrt(sharp/flat) * exp(-lift/T) times as many, as long as both are
    narrow compared with their distance.
    """
    return _lower(sharp * (x + 1) ** 2 / 2, flat * (x - 1) ** 2 / 2 + lift)


@landscape(
    view=((-2.2, 3.2), (-2, 2)),
    start=(-0.8, 0.25),
    source="Wu, Ma and E 2018 (which minima are stable at a learning rate)",
    tags=("wells", "sharp and flat", "two minima", "kink", "schedule", "temperature"),
    lesson=(10, 11),
    levels="quantile",
    kink=_KINK,
    critical=lambda sharp, flat, lift: _wells(sharp, flat, lift, others=1),
    sharp=dial(8.0, 1, 100, log=True, label="curvature of the sharp well"),
    flat=dial(1.0, 0.1, 10, log=True, label="curvature of the flat well"),
    lift=dial(0.0, -1, 1, label="height of the flat well"),
)
def parabolic_wells(x, y, *, sharp, flat, lift):
    """A sharp round well inside the wide slope of a flat one.

    Where the parabolas cross lies a circle around the sharp well (its size follows the dials). The width
    counts once per coordinate: at a temperature T the flat well holds (sharp/flat) * exp(-lift/T) times
    as many walkers here, where in one dimension it was the square root of the ratio.
    """
    return _lower(sharp * ((x + 1) ** 2 + y**2) / 2, flat * ((x - 1) ** 2 + y**2) / 2 + lift)
