"""Wells: several minima, good and bad, sharp and flat.

    tl.basins(tl.landscapes.double_well, tl.gd(0.1)).fractions      # who ends in the bad one?
    tl.landscapes.gaussian_wells(sigma=0.3).critical_points         # the sharp well fills up

The stationary points follow the dials: wells appear in the list, and disappear from it, as they do
in the picture.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from toylands.formula import Declared, dial, exp, landscape, maximum, minimum, saddle
from toylands.landscapes._zeros import turning_points
from toylands.landscapes.classics import separable


def _tilted(x: Any, c: Any) -> Any:
    return x**4 / 4 - x**2 / 2 + c * x


def _tilted_points(c: float) -> list[tuple[float, bool]]:
    """Return the stationary points of the tilted well and whether each is a minimum (Viete)."""
    ratio = 1.5 * math.sqrt(3) * c
    if abs(ratio) >= 1:  # one real root: the shallow well is gone
        root = -math.copysign(2 / math.sqrt(3), c) * math.cosh(math.acosh(abs(ratio)) / 3)
        return [(root, True)]
    third = math.acos(-ratio) / 3
    roots = sorted(2 / math.sqrt(3) * math.cos(third - 2 * math.pi * k / 3) for k in range(3))
    return [(root, n != 1) for n, root in enumerate(roots)]


@landscape(
    view=((-2, 2),),
    start=(1.8,),
    source="trigonometric solution of the cubic (Viete), elementary",
    tags=("wells", "quartic", "local minimum", "two minima"),
    lesson=(4, 11),
    levels="quantile",
    critical=lambda c: [
        (minimum if bottom else maximum)((x,), _tilted(x, c)) for x, bottom in _tilted_points(c)
    ],
    c=dial(0.2, -0.6, 0.6, label="tilt"),
)
def double_well_1d(x, *, c):
    """A double well, tilted so that the left minimum is good and the right one bad.

    The second minimum exists only for |c| < 2/(3*sqrt(3)) = 0.3849. Descent with small steps ends
    in whichever well it starts above. Such traps are real in low dimension; that alone says nothing
    about networks with millions of weights.
    """
    return _tilted(x, c)


@landscape(
    view=((-2, 2), (-1.5, 1.5)),
    start=(1.8, 1.0),
    source="trigonometric solution of the cubic (Viete), elementary",
    tags=("wells", "quartic", "local minimum", "two minima"),
    lesson=(4, 11),
    levels="quantile",
    critical=lambda c: [
        (minimum if bottom else saddle)((x, 0), _tilted(x, c)) for x, bottom in _tilted_points(c)
    ],
    c=dial(0.2, -0.6, 0.6, label="tilt"),
)
def double_well(x, y, *, c):
    """A tilted double well in x beside a parabola in y: two minima and the saddle between them.

    What is a maximum in one dimension has become a saddle: the pass over which the two valleys
    meet.
    """
    return _tilted(x, c) + y**2 / 2


def _four_wells_points(c: float) -> list[Declared]:
    axis = [(x, _tilted(x, c), bottom) for x, bottom in _tilted_points(c)]
    return separable(axis, axis)


@landscape(
    view=((-2, 2), (-2, 2)),
    start=(0.3, 1.8),
    source="Bray and Dean 2007 (counting critical points)",
    tags=("wells", "quartic", "local minimum", "counting"),
    lesson=4,
    levels="quantile",
    critical=_four_wells_points,
    c=dial(0.0, -0.6, 0.6, label="tilt"),
)
def four_wells(x, y, *, c):
    """A double well in each coordinate: four minima, four saddles and one maximum.

    With d coordinates there are 3**d stationary points, of which only 2**d are minima, so nearly
    all are saddles. Where descent ends is another question: here it ends in a minimum from almost
    every start. With a tilt c, each coordinate chooses its well on its own.
    """
    return _tilted(x, c) + _tilted(y, c)


_SHARP, _FLAT = -1.5, 1.5  # where the wells of gaussian_wells sit on the x axis


def _gaussian_wells_points(
    a1: float, s1: float, a2: float, s2: float, sigma: float
) -> list[Declared]:
    """Stationary points by the mean-shift condition: x is the mean of the centres it feels.

    They all lie on the axis between the centres, because the gradient is a positively weighted sum
    of the vectors from the centres to the point.
    """
    wells = [(a1, s1**2, s1**2 + sigma**2, _SHARP), (a2, s2**2, s2**2 + sigma**2, _FLAT)]

    def off_mean(x: np.ndarray) -> np.ndarray:
        weights = [a * s / v**2 * np.exp(-((x - c) ** 2) / (2 * v)) for a, s, v, c in wells]
        centres = [c for *_, c in wells]
        return x - np.average(np.broadcast_to(centres, (len(x), 2)).T, axis=0, weights=weights)

    # The ends lie outside the centres, so that the signs there are certain.
    found = turning_points(off_mean, _SHARP - 0.001, _FLAT + 0.001)
    return [(minimum if bottom else saddle)((x, 0)) for x, bottom in found]


@landscape(
    view=((-3.5, 3.5), (-2, 2)),
    start=(-0.9, 0.6),
    source="Mobahi and Fisher 2015 (Gaussian smoothing)",
    tags=("wells", "sharp and flat", "smoothing", "two minima"),
    lesson=(2, 12),
    levels="linear",
    critical=_gaussian_wells_points,
    a1=dial(1.2, 0.5, 2, label="depth of the left well"),
    s1=dial(0.2, 0.1, 1, label="width of the left well"),
    a2=dial(1.0, 0.5, 2, label="depth of the right well"),
    s2=dial(0.8, 0.1, 1, label="width of the right well"),
    sigma=dial(0.0, 0, 1, label="smoothing"),
)
def gaussian_wells(x, y, *, a1, s1, a2, s2, sigma):
    """A sharp deep well on the left, a flat one on the right, and exact Gaussian smoothing.

    With sigma > 0 this is the expected loss under parameter noise of that size, in closed form:
    each well loses depth by the factor s**2/(s**2 + sigma**2). The sharp well is deeper without
    noise and shallower from sigma = 0.093 on (for isolated wells). That is robustness to parameter
    noise; it proves nothing about test error.
    """
    v1 = s1**2 + sigma**2
    v2 = s2**2 + sigma**2
    sharp = a1 * s1**2 / v1 * exp(-((x - _SHARP) ** 2 + y**2) / (2 * v1))
    flat = a2 * s2**2 / v2 * exp(-((x - _FLAT) ** 2 + y**2) / (2 * v2))
    return -sharp - flat
