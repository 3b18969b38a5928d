"""What all variants of a network share, and the dataset as the columns that kernels read."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from toylands._words import show
from toylands.formula import Dial
from toylands.formula.definition import Definition
from toylands.networks.architecture import Architecture
from toylands.networks.datasets import Dataset
from toylands.networks.starts import draw


def _not_a_formula(*theta: Any, **given: Any) -> NoReturn:
    raise TypeError(
        "mlp is a network, not a formula: it has no SymPy expression, and no LaTeX of its loss. Its loss, "
        "grad, hessian and hvp are exact all the same."
    )


class NetworkDefinition(Definition):
    """What all variants of one network share: its description and the kernels that read it."""

    architecture: Architecture
    record: np.ndarray
    floats: np.ndarray
    prepared: set[int]

    @classmethod
    def of(cls, shape: Architecture, dataset: Dataset) -> NetworkDefinition:
        """The definition of a network; its description is made for the compiled core."""
        title = f"A network of {'-'.join(map(str, shape.widths))} units on {dataset.name}."
        names = [
            f"{name}[{','.join(map(str, place))}]"
            for name, block in shape.blocks.items()
            for place in np.ndindex(block.shape)
        ]
        made = cls(
            name="mlp",
            coordinates=tuple(names),
            dials={"weight_decay": Dial(0.0, 0.0, 1.0, False)},
            columns={},
            function=_not_a_formula,
            doc=f"{title}\n\n{shape.label}: {shape.dim} parameters, {len(dataset)} samples.",
            view=((-2.0, 2.0),) * shape.dim,
            start=tuple(draw(shape, 0, None, 1.0, None).tolist()),
            source="",
            tags=("network",),
            lessons=(),
            levels="log",
            critical=(),
            players=None,
            kink="where the input of a ReLU is 0" if "relu" in shape.activations else None,
        )
        made.cost = 1 + len(dataset) * shape.dim // 40
        made.architecture, made.prepared = shape, set()
        made.record, made.floats = shape.describe()
        return made

    @property
    def has_domain(self) -> bool:
        """A network's loss is real everywhere."""
        return False

    @property
    def derivation(self) -> Any:
        """A network has none.

        Raises:
            TypeError: always.
        """
        return _not_a_formula()

    @property
    def quadratic(self) -> bool:
        """Never."""
        return False

    def errors(self, order: int) -> None:
        """None: there is no formula to bound the rounding errors of."""

    def prepare(self, order: int) -> None:
        """See that the parts are compiled that evaluations of this order need, and say where they are."""
        if order in self.prepared:
            return
        from toylands.networks.parts import parts

        for position, stage in parts(self.architecture, order).items():
            self.record[position] = stage.address
        self.prepared.add(order)

    def kernel(self, order: int, *, loss: bool, shared: bool) -> Any:
        """The compiled kernel for derivatives of this order; the same for all networks.

        Parameters are read per walker, which is right for shared ones too when they are filled in.
        """
        from toylands.networks import kernels

        if order > 2 or (order == 2 and loss):
            raise ValueError(f"{self.name}: third derivatives of a network are not computed.")
        self.prepare(order)
        if order == 1:
            return kernels.loss_and_gradient_kernel if loss else kernels.gradient_kernel
        return kernels.hessian_kernel if order else kernels.loss_kernel


def columns(dataset: Dataset, masks: np.ndarray | None) -> dict[str, np.ndarray]:
    """Inputs, targets and masks by name; every sample once for each of its masks."""
    copies = 1 if masks is None else len(masks) // len(dataset)
    found = {f"x{k + 1}": np.tile(c, copies) for k, c in enumerate(dataset.x.T)}
    found |= {f"y{k + 1}": np.tile(c, copies) for k, c in enumerate(dataset.y.T)}
    if masks is not None:
        found |= {f"mask{k + 1}": c for k, c in enumerate(masks.T)}
    return found


def check_data(shape: Architecture, data: Any) -> Dataset:
    """A dataset that fits the network, or a clear error."""
    if isinstance(data, tuple | list) and len(data) == 2:
        data = Dataset(*data)
    if not isinstance(data, Dataset):
        raise TypeError(
            f"mlp: data={show(data)} must be a dataset such as two_moons(100), or a pair (x, y)."
        )
    for what, columns, wanted in (
        ("inputs", data.x.shape[1], shape.widths[0]),
        ("outputs", data.y.shape[1], shape.widths[-1]),
    ):
        if columns != wanted:
            hint = ""
            if what == "outputs" and columns == 1 and shape.loss == "cross_entropy":
                hint = (
                    f" Labels 0 to {wanted - 1} get a column per class by np.eye({wanted})[labels]."
                )
            raise ValueError(
                f"mlp: widths={show(shape.widths)} says {wanted} {what}, but {data.name} has {columns} "
                f"column{'s' * (columns > 1)} of {'x' if what == 'inputs' else 'y'}.{hint}"
            )
    if shape.loss == "bce" and ((data.y < 0) | (data.y > 1)).any():
        hint = " Labels -1 and 1 become 0 and 1 by (y + 1)/2." if (abs(data.y) == 1).all() else ""
        raise ValueError(
            f'mlp: loss="bce" needs targets between 0 and 1; {data.name} has {show(data.y.min())} to '
            f"{show(data.y.max())}.{hint}"
        )
    if shape.loss == "cross_entropy" and (
        (data.y < 0).any() or not np.allclose(data.y.sum(axis=1), 1.0, rtol=0, atol=1e-12)
    ):
        raise ValueError(
            f'mlp: loss="cross_entropy" needs a column per class, 0 or more, that sum to 1 in every row '
            f"of {data.name}'s y."
        )
    if shape.norm == "batch" and len(data) < 2:
        raise ValueError('mlp: norm="batch" needs at least 2 samples.')
    return data
