"""Random parameters to start from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from toylands.networks.architecture import Architecture
from toylands.networks.checks import chosen, generator, real, whole

#: init scheme -> variance of a weight with these numbers of inputs and outputs
SCHEMES: dict[str, Callable[[int, int], float]] = {
    "glorot": lambda fan, units: 2.0 / (fan + units),
    "he": lambda fan, units: 2.0 / fan,
    "lecun": lambda fan, units: 1.0 / fan,
    "normal": lambda fan, units: 1.0,
}


def draw(
    shape: Architecture, seed: int, scheme: str | None, scale: float, count: int | None
) -> np.ndarray:
    """See `Network.init`."""
    kind = "he" if "relu" in shape.activations else "glorot"
    if scheme is not None:
        kind = chosen("mlp", "scheme", scheme, SCHEMES)
    random = generator("mlp", seed)
    several = 1 if count is None else whole("mlp", "count", count, 1)
    theta = random.standard_normal((several, shape.dim)) * real("mlp", "scale", scale)
    for block in shape.blocks.values():
        if len(block.shape) == 2:
            theta[:, block.slice] *= np.sqrt(SCHEMES[kind](*block.shape[::-1]))
        else:
            theta[:, block.slice] = 0.0
    return theta[0] if count is None else theta
