"""A network over some of its weights, as a landscape that the compiled loops can run.

The kernels here fill up the weights that are not free, call the network's own kernel, and pass on the
part of its derivatives that belongs to the free ones. They are compiled once for all masks: the first
row of the dataset holds the address of a record that says which kernel and which weights.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands.formula import Landscape
from toylands.formula.definition import Definition

if TYPE_CHECKING:
    from toylands.networks import Network

#: positions in the record: free and all weights, addresses of their numbers and of the fill, and the
#: network's kernels for the loss, the gradient, both, and the Hessian
FREE, ALL, NUMBERS, FILL, LOSS, GRADIENT, BOTH, HESSIAN, SIZE = range(9)
#: (order, with loss) -> position of the network's kernel
_KERNELS = {(0, True): LOSS, (1, False): GRADIENT, (1, True): BOTH, (2, False): HESSIAN}


@functools.cache
def _compiled() -> dict[int, Any]:
    """The wrapping kernels by position of the kernel that they wrap."""
    from toylands.geometry import masked_kernels

    return {
        LOSS: masked_kernels.loss_kernel,
        GRADIENT: masked_kernels.gradient_kernel,
        BOTH: masked_kernels.loss_and_gradient_kernel,
        HESSIAN: masked_kernels.hessian_kernel,
    }


class MaskedDefinition(Definition):
    """What a masked network is made of: the network's definition, the free weights and the fill."""

    def describe(self, whole: Definition, index: np.ndarray, fill: np.ndarray) -> None:
        """Keep the numbers that the kernels read by address."""
        from toylands.formula.evaluate import pointer

        self.whole, self.index, self.fill = whole, index.astype(np.int64), fill.copy()
        self.record = np.zeros(SIZE, dtype=np.int64)
        self.record[[FREE, ALL]] = len(index), len(fill)
        self.record[[NUMBERS, FILL]] = pointer(self.index), pointer(self.fill)
        for (order, loss), position in _KERNELS.items():
            self.record[position] = whole.kernel(order, loss=loss, shared=False).address

    @property
    def derivation(self) -> Any:
        """A masked network has none.

        Raises:
            TypeError: always.
        """
        return self.whole.derivation

    def errors(self, order: int) -> None:
        """None: there is no formula to bound the rounding errors of."""

    @property
    def has_domain(self) -> bool:
        """As for the network."""
        return self.whole.has_domain

    @property
    def quadratic(self) -> bool:
        """Never, as for the network."""
        return False

    def kernel(self, order: int, *, loss: bool, shared: bool) -> Any:
        """The compiled kernel for derivatives of this order; the same for all masked networks."""
        if (order, loss) not in _KERNELS:
            raise ValueError(f"{self.name}: third derivatives of a network are not computed.")
        return _compiled()[_KERNELS[order, loss]]


class MaskedNetwork(Landscape):
    """A network over the weights that a mask keeps; see `masked`.

    Attributes:
        whole: the network.
        mask: which of its weights are free, shape (d,).
        fill: the values of the others, shape (d,).
    """

    def __init__(
        self, whole: Network, mask: np.ndarray, fill: np.ndarray, definition: Any = None
    ) -> None:
        self.whole, self.mask, self.fill = whole, mask, np.where(mask, 0.0, fill)
        made = definition or _definition(whole, mask, self.fill)
        super().__init__(made, whole.parameters, whole.data)

    def __call__(self, **changes: Any) -> MaskedNetwork:
        """The same with another weight decay, which acts on the free weights and on the fill."""
        return MaskedNetwork(self.whole(**changes), self.mask, self.fill, self.definition)

    def on(self, data: Any) -> MaskedNetwork:
        """The same weights of the same network on other data, such as a test set; see `Network.on`."""
        return MaskedNetwork(self.whole.on(data), self.mask, self.fill)

    @functools.cached_property
    def filters(self) -> list[np.ndarray]:
        """What the mask leaves of each of the network's filters, as numbers of free weights."""
        place = np.cumsum(self.mask) - 1
        left = (place[index[self.mask[index]]] for index in self.whole.filters)
        return [index for index in left if len(index)]

    def filled(self, theta: Any) -> np.ndarray:
        """The weights of the whole network at free weights (..., k), shape (..., d)."""
        free = self.points(theta)
        weights = np.broadcast_to(self.fill, (*free.shape[:-1], len(self.fill))).copy()
        weights[..., self.mask] = free
        return weights

    def hvp(self, theta: Any, v: Any) -> np.ndarray:
        """The exact Hessian times v over the free weights, without the Hessian."""
        direction = np.zeros((*np.shape(v)[:-1], len(self.fill)))
        direction[..., self.mask] = self.points(v, "v")
        return np.asarray(self.whole.hvp(self.filled(theta), direction)[..., self.mask])

    def predict(self, theta: Any, x: Any = None) -> np.ndarray:
        """The whole network's outputs at inputs x; see `Network.predict`."""
        return self.whole.predict(self.filled(theta), x)

    def accuracy(self, theta: Any) -> np.ndarray:
        """The share of samples that are classified right; see `Network.accuracy`."""
        return self.whole.accuracy(self.filled(theta))

    def parameter_rows(self, shape: tuple[int, ...]) -> np.ndarray:
        """The weight decay, as the network's kernels read it."""
        return self.whole.parameter_rows(shape)

    def data_rows(self) -> np.ndarray:
        """The address of the record, then the rows that the network's kernels read."""
        return self._table

    @functools.cached_property
    def _table(self) -> np.ndarray:
        from toylands.formula.evaluate import pointer

        rows = self.whole.data_rows()
        address = np.full_like(rows[:1], pointer(self.definition.record))  # type: ignore[attr-defined]
        return np.concatenate([address, rows])

    @property
    def samples(self) -> int:
        """The number of samples of the network's dataset."""
        return self.whole.samples

    def __repr__(self) -> str:
        return f"{self.whole!r} with {self.dim} of {self.whole.dim} weights"

    def _repr_markdown_(self) -> str:
        return f"**{self!r}**"


def _definition(whole: Network, mask: np.ndarray, fill: np.ndarray) -> MaskedDefinition:
    index, outer = np.flatnonzero(mask), whole.definition
    rest = "at 0" if not fill.any() else "at fixed values"
    definition = MaskedDefinition(
        name=f"{whole.name}_masked",
        coordinates=tuple(whole.coordinates[i] for i in index),
        dials=outer.dials,
        columns={},
        function=outer.function,
        doc=f"{whole.title.rstrip('.')}, over {len(index)} of its {whole.dim} weights.\n\n"
        f"The others stay {rest}.",
        view=tuple(whole.view[i] for i in index),
        start=tuple(whole.start[i] for i in index),
        source=outer.source,
        tags=outer.tags,
        lessons=(),
        levels=outer.levels,
        critical=(),
        players=None,
        kink=outer.kink,
    )
    definition.describe(outer, index, fill)
    return definition
