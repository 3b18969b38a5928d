"""How far training moves the features of a network: lazy or rich.

    moved = feature_movement(net, start, end)        # of the last hidden layer
    moved.change                                     # 0.02: hardly at all (lazy); 1 and more: rich
    moved.alignment                                  # 1: the same examples look alike as before

A lazy network fits the data by small changes of all weights: its features stay those of the start, and only
the way they are combined is learned. A rich one makes features of its own. [Chizat, Oyallon and Bach
2019; Kornblith et al. 2019 for comparing features by their kernels]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toylands._brief import Brief
from toylands._door import Numbers, door
from toylands._words import show
from toylands.geometry._checks import is_network, one_point
from toylands.optimizers.optimizer import check_count

if TYPE_CHECKING:
    from toylands.networks import Network


@dataclass(frozen=True, repr=False)
class FeatureMovement(Brief):
    """The features of one layer before and after training.

    Attributes:
        before, after: what the layer passes on, shape (examples, units).
        change: |after - before|/|before|, over all examples and units.
        alignment: of their kernels, between 0 and 1; 1 means that they are equal up to a factor.
    """

    before: np.ndarray
    after: np.ndarray
    change: float
    alignment: float

    @property
    def kernels(self) -> tuple[np.ndarray, np.ndarray]:
        """Inner products of the features of every two examples, before and after, (n, n) each."""
        return self.before @ self.before.T, self.after @ self.after.T


@door
def kernel_alignment(first: Numbers, second: Numbers) -> float:
    """The cosine of the angle between two kernels: <K1, K2>/(|K1| |K2|), entry by entry.

    Between 0 and 1 for kernels (symmetric, no negative eigenvalue); 1 exactly if one is a multiple of the
    other. [Cristianini et al. 2001]

    Args:
        first, second: shape (n, n).

    Raises:
        ValueError: for other shapes, numbers that are not finite, or a kernel that is 0.
    """
    pair = []
    for name, given in (("first", first), ("second", second)):
        kernel = np.asarray(given, dtype=float)
        if kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1]:
            raise ValueError(
                f"kernel_alignment: {name} has shape {kernel.shape}; expected (n, n), a value for every "
                "two examples."
            )
        size = float(np.abs(kernel).max()) if kernel.size else 0.0
        if not np.isfinite(size) or size == 0:
            raise ValueError(
                f"kernel_alignment: {name}={show(given)} must be finite and not 0 throughout."
            )
        pair.append(kernel / size)
    one, other = pair
    if one.shape != other.shape:
        raise ValueError(
            f"kernel_alignment: first has shape {one.shape} and second {other.shape}; expected kernels of "
            "the same examples."
        )
    return float(np.sum(one * other) / (np.linalg.norm(one) * np.linalg.norm(other)))


@door
def feature_movement(
    net: Network,
    before: Numbers,
    after: Numbers,
    *,
    layer: int | None = None,
    x: Numbers | None = None,
) -> FeatureMovement:
    """Compare what a hidden layer passes on before and after training.

    Args:
        net: a network with a hidden layer.
        before, after: its parameters, shape (d,) each, such as `run.start` and `run.end`.
        layer: which hidden layer, 1 for the first; by default the last.
        x: inputs, shape (n, inputs); by default those of the dataset.

    Raises:
        TypeError: when `net` is not a network. ValueError: without such a layer, or when its features are all
            0 before or after, so that there is nothing to compare with.
    """
    if not is_network(net):
        raise TypeError(
            f"feature_movement: net={show(net)} must be a network, as toylands.networks.mlp returns it."
        )
    points = [
        one_point("feature_movement", net, point, name)
        for name, point in (("before", before), ("after", after))
    ]
    count = len(net.architecture.widths) - 2
    if not count:
        raise ValueError(f"feature_movement: {net.name} has no hidden layer.")
    chosen = count if layer is None else check_count("feature_movement", "layer", layer, least=1)
    if chosen > count:
        raise ValueError(
            f"feature_movement: layer={show(layer)}, but {net.name} has {count} hidden "
            f"layer{'s' * (count > 1)}."
        )
    first, second = (net.activations(point, x)[chosen - 1] for point in points)
    for name, features in (("before", first), ("after", second)):
        if not features.any():
            raise ValueError(f"feature_movement: {name}: the features of the layer are all 0.")
    change = float(np.linalg.norm(second - first) / np.linalg.norm(first))
    alignment = kernel_alignment(first @ first.T, second @ second.T)
    return FeatureMovement(first, second, change, alignment)
