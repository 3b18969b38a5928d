"""A network along a line or over a plane of its weights, as a landscape that the compiled loops can run.

The weights are origin + a d_1 + b d_2. As in `masked_networks`, the kernels are compiled once for all
slices and read the address of a record, in which the directions stand where a mask has its numbers.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from toylands.formula import Landscape
from toylands.geometry.masked_networks import (
    _KERNELS,
    ALL,
    BOTH,
    FILL,
    FREE,
    GRADIENT,
    HESSIAN,
    LOSS,
    NUMBERS,
    SIZE,
    MaskedDefinition,
)


@functools.cache
def _compiled() -> dict[int, Any]:
    from toylands.geometry import sliced_kernels

    return {
        LOSS: sliced_kernels.loss_kernel,
        GRADIENT: sliced_kernels.gradient_kernel,
        BOTH: sliced_kernels.loss_and_gradient_kernel,
        HESSIAN: sliced_kernels.hessian_kernel,
    }


class SlicedDefinition(MaskedDefinition):
    """What a sliced network is made of: the network's definition, an origin and directions."""

    def span(self, whole: Any, origin: np.ndarray, directions: np.ndarray) -> None:
        """Keep the numbers that the kernels read by address."""
        from toylands.formula.memory import pointer

        self.whole, self.cost = whole, whole.cost
        self.origin = np.ascontiguousarray(origin, dtype=float)
        self.directions = np.ascontiguousarray(directions, dtype=float)
        self.record = np.zeros(SIZE, dtype=np.int64)
        self.record[[FREE, ALL]] = self.directions.shape
        self.record[[NUMBERS, FILL]] = pointer(self.directions), pointer(self.origin)
        for (order, loss), position in _KERNELS.items():
            self.record[position] = whole.kernel(order, loss=loss, shared=False).address

    def kernel(self, order: int, *, loss: bool, shared: bool) -> Any:
        """The compiled kernel for derivatives of this order; the same for all sliced networks."""
        if (order, loss) not in _KERNELS:
            raise ValueError(f"{self.name}: third derivatives of a network are not computed.")
        return _compiled()[_KERNELS[order, loss]]


class SlicedNetwork(Landscape):
    """A network over some directions of its weights; see `slice_plane`.

    Attributes:
        whole: the network.
        origin: the weights at 0, shape (d,).
        directions: one row per coordinate, shape (k, d).
    """

    def __init__(self, whole: Any, definition: SlicedDefinition) -> None:
        self.whole = whole
        self.origin, self.directions = definition.origin, definition.directions
        super().__init__(definition, whole.parameters, whole.data)
        from toylands.formula.memory import pointer

        rows = whole.data_rows()
        self._table = np.concatenate([np.full_like(rows[:1], pointer(definition.record)), rows])

    def __call__(self, **changes: Any) -> SlicedNetwork:
        """The same slice with another weight decay."""
        return SlicedNetwork(self.whole(**changes), self.definition)  # type: ignore[arg-type]

    def weights(self, theta: Any) -> np.ndarray:
        """The network's weights at points (..., k) of the slice, shape (..., d)."""
        return np.asarray(self.origin + self.points(theta) @ self.directions)

    def hvp(self, theta: Any, v: Any) -> np.ndarray:
        """The exact Hessian of the slice times v, without the network's Hessian."""
        whole = self.whole.hvp(self.weights(theta), self.points(v, "v") @ self.directions)
        return np.asarray(whole @ self.directions.T)

    def parameter_rows(self, shape: tuple[int, ...]) -> np.ndarray:
        """The weight decay, as the network's kernels read it."""
        return np.asarray(self.whole.parameter_rows(shape))

    def data_rows(self) -> np.ndarray:
        """The address of the record, then the rows that the network's kernels read."""
        return self._table

    @property
    def samples(self) -> int:
        """The number of samples of the network's dataset."""
        return int(self.whole.samples)

    def _evaluate(self, theta: Any, order: int, index: np.ndarray | None = None) -> tuple[Any, Any]:
        if order != 2 or index is not None:
            return super()._evaluate(theta, order, index)
        # Two products instead of the network's whole Hessian at every point.
        points = self.points(theta)
        columns = [self.hvp(points, np.broadcast_to(e, points.shape)) for e in np.eye(self.dim)]
        block = np.stack(columns, axis=-1)
        return None, (block + block.swapaxes(-1, -2)) / 2

    def __repr__(self) -> str:
        return f"{self.name}: {self.dim} direction{'s' * (self.dim > 1)} of {self.whole!r}"

    def _repr_markdown_(self) -> str:
        return f"**{self!r}**"


def sliced_network(
    whole: Any,
    origin: np.ndarray,
    directions: np.ndarray,
    names: Sequence[str],
    reach: float,
    doc: str,
) -> SlicedNetwork:
    """The network at origin + sum of coordinate times direction, over [-reach, reach]."""
    outer = whole.definition
    kind = "line" if len(names) == 1 else "plane"
    definition = SlicedDefinition(
        name=f"{whole.name}_{kind}",
        coordinates=tuple(names),
        dials=outer.dials,
        columns={},
        function=outer.function,
        doc=doc,
        view=((-reach, reach),) * len(names),
        start=(0.5 * reach,) * len(names),
        source=outer.source,
        tags=outer.tags,
        lessons=(),
        levels=outer.levels,
        critical=(),
        players=None,
        kink=outer.kink,
    )
    definition.span(outer, origin, directions)
    return SlicedNetwork(whole, definition)
