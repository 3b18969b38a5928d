"""Single neurons: the smallest nonlinear network already has a bad local minimum.

    tl.descend(tl.landscapes.tanh_neuron, tl.gd(0.05), start=[0.3]).status

The data are columns of the landscape, so another target is another landscape: `tanh_neuron(y=(0.9,
0.99))` has one minimum.
"""

from __future__ import annotations

import numpy as np

from toylands.formula import Declared, landscape, maximum, minimum, tanh
from toylands.landscapes._zeros import turning_points

_VIEW = (-0.5, 3.0)


def _turning_points_in_view(x: np.ndarray, y: np.ndarray) -> list[Declared]:
    def slope(w: np.ndarray) -> np.ndarray:
        output = np.tanh(np.outer(w, x))
        return np.mean(2 * (output - y) * (1 - output**2) * x, axis=1)

    found = turning_points(slope, *_VIEW)
    return [(minimum if bottom else maximum)((w,)) for w, bottom in found]


@landscape(
    view=(_VIEW,),
    start=(0.3,),
    source="Auer, Herbster and Warmuth 1996",
    tags=("network", "neuron", "local minimum", "two minima", "data"),
    lesson=5,
    levels="linear",
    critical=_turning_points_in_view,
    data={"x": (1, 10), "y": (0.9, -0.5)},
)
def tanh_neuron(w, *, x, y):
    """One tanh neuron with one weight, fitted to two data points.

    It has a bad local minimum: once 10*w saturates, the second point's error is frozen at 1.5 and
    its gradient is gone; what is left is a perfect fit of the first point and a loss close to
    9/8, against 0.4489 in the good minimum. With the targets (0.9, 0.99) instead the bad minimum is
    gone. That all local minima are global is a theorem about linear networks.
    """
    return (tanh(w * x) - y) ** 2
