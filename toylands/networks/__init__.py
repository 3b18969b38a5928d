"""Small multilayer perceptrons as landscapes: every weight a coordinate, gradient and Hessian exact.

    net = tl.networks.mlp((2, 8, 1), activation="tanh", loss="bce", data=tl.networks.two_moons(100))
    run = tl.descend(net, tl.adam(lr=0.05), start=net.init(seed=1), batch=20)
    net.accuracy(run.end), net.spectrum(run.end).eigenvalues

All networks run in the same compiled code, each part of which is made when a network first needs it: one of
known parts compiles nothing, whatever its widths.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from toylands._words import missing
from toylands.networks.architecture import Architecture, Block
from toylands.networks.datasets import (
    Dataset,
    blobs,
    circles,
    regression_curve,
    spirals,
    two_moons,
    xor,
)
from toylands.networks.network import Network
from toylands.networks.perceptron import mlp

__all__ = [
    "Architecture",
    "Block",
    "Dataset",
    "Network",
    "blobs",
    "circles",
    "mlp",
    "regression_curve",
    "spirals",
    "two_moons",
    "xor",
]

if not TYPE_CHECKING:  # a type checker finds unknown names itself

    def __getattr__(name: str) -> NoReturn:
        raise missing("toylands.networks", name, __all__)
