"""The `Network` record: a multilayer perceptron on a dataset, as a landscape of its parameters."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np

from toylands._words import did_you_mean, one_of, show
from toylands.formula import Landscape
from toylands.networks import forward, symmetry
from toylands.networks.architecture import Architecture, Block
from toylands.networks.checks import numbers
from toylands.networks.datasets import Dataset
from toylands.networks.definition import NetworkDefinition, check_data, columns
from toylands.networks.description import ALONG, ONLY_LOSS
from toylands.networks.starts import draw


class Network(Landscape):
    """A multilayer perceptron on a dataset: a landscape over all its weights and biases.

    Make one with `mlp`. Everything a `Landscape` has works here, exactly: loss, grad, hessian, spectrum,
    classify, sample_loss, sample_grad, and runs with any optimizer, with `batch=` too. Methods take
    points theta of shape (..., d).

    Attributes:
        architecture: widths and choices. dataset: inputs and targets.
        blocks: {name: Block}, where every weight matrix and bias lies in theta.
        masks: the dropout masks, shape (samples, hidden units), 0 or 1/(1 - dropout); None without.
    """

    definition: NetworkDefinition

    def __init__(
        self,
        shape: Architecture,
        dataset: Dataset,
        parameters: Mapping[str, Any] | None = None,
        *,
        masks: np.ndarray | None = None,
        definition: NetworkDefinition | None = None,
    ) -> None:
        self.architecture = shape
        self.dataset = dataset
        self.masks = masks
        self.blocks: dict[str, Block] = shape.blocks
        known = definition or NetworkDefinition.of(shape, dataset)
        super().__init__(known, parameters, columns(dataset, masks))

    # --- variants ---------------------------------------------------------------------------------

    def __call__(self, **changes: Any) -> Network:
        """The same network with another weight decay; for other data, use `on`.

        Raises:
            ValueError: for an unknown name, or a weight decay that is negative or not finite.
        """
        for name in changes:
            if name not in self.parameters:
                hint = " For other data use .on(data)." if name in (*self.data, "data") else ""
                raise ValueError(
                    f"{self.name} has no parameter {name!r}; it has {one_of(self.parameters, 'and')}."
                    + (hint or did_you_mean(name, self.parameters))
                )
        values = super().__call__(**changes).parameters
        if np.min(values["weight_decay"]) < 0:
            raise ValueError(
                f"{self.name}: weight_decay={show(values['weight_decay'])} must be 0 or more."
            )
        return Network(
            self.architecture, self.dataset, values, masks=self.masks, definition=self.definition
        )

    def on(self, data: Any) -> Network:
        """The same network on other data, such as a test set: `net.on(test).loss(theta)`.

        It has no dropout there, as is usual in testing. With batch normalisation it uses the statistics
        of the data it is on.

        Args:
            data: a `Dataset`, or a pair (x, y).
        """
        given = check_data(self.architecture, data)
        return Network(replace(self.architecture, dropout=0.0), given, self.parameters)

    # --- values -----------------------------------------------------------------------------------

    def third(self, theta: Any) -> np.ndarray:
        """Not computed for networks.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"{self.name}: third derivatives of a network are not computed.")

    def hvp(self, theta: Any, v: Any) -> np.ndarray:
        """The exact Hessian at theta times v, without the Hessian: it costs about two gradients.

        Args:
            theta, v: shape (..., d); they broadcast against each other.
        """
        points, directions = self.points(theta), self.points(v, "v")
        try:
            lead = np.broadcast_shapes(points.shape[:-1], directions.shape[:-1])
        except ValueError:
            raise ValueError(
                f"{self.name}: theta of shape {points.shape} and v of shape {directions.shape} do not "
                "broadcast against each other."
            ) from None
        return self._run(ALONG, points, lead, None, directions)[1]

    def predict(self, theta: Any, x: Any = None) -> np.ndarray:
        """The outputs at inputs x: for "bce" and "cross_entropy" these are logits, not probabilities.

        Dropout is off. Batch normalisation uses the statistics of the network's own data at theta.

        Args:
            theta: shape (..., d).
            x: inputs, shape (n, inputs), or (n,) for one input; by default those of the dataset.

        Returns:
            Shape (..., n, outputs).
        """
        return self.activations(theta, x)[-1]

    def activations(self, theta: Any, x: Any = None) -> list[np.ndarray]:
        """What every hidden layer passes on, then the outputs, at inputs x; see `predict`.

        Returns:
            One array of shape (..., n, units) per layer.
        """
        points = self.points(theta)
        given = self.dataset.x if x is None else numbers(self.name, "x", x)
        if given.shape[1] != self.architecture.widths[0]:
            raise ValueError(
                f"{self.name} has {self.architecture.widths[0]} inputs, but x has shape {np.shape(x)}; "
                f"expected (n, {self.architecture.widths[0]})."
            )
        return forward.activations(self.architecture, self.unpack(points), given, self.dataset.x)

    def accuracy(self, theta: Any) -> np.ndarray:
        """The share of the dataset's samples that are classified right, shape (...).

        Several outputs: the largest wins. One output: class 1 is where the target is above 1/2 and the
        output above 0 for "bce", and for the squared losses above the middle of the two targets.

        Raises:
            ValueError: when the targets are not two classes, or not one class per row.
        """
        y, outputs = self.dataset.y, self.predict(theta)
        if y.shape[1] > 1:
            if not ((np.sort(y, axis=1)[:, -2] < y.max(axis=1)).all()):
                raise ValueError(f"{self.name}: the targets are not one class per sample.")
            return np.mean(outputs.argmax(axis=-1) == y.argmax(axis=1), axis=-1)
        values = np.unique(y)
        logits = self.architecture.loss == "bce"
        if len(values) > 2 or (len(values) == 1 and (not logits or values[0] == 0.5)):
            say = f"{len(values)} values" if len(values) > 1 else f"one value, {show(values[0])}"
            raise ValueError(f"{self.name}: the targets take {say}, so they are not two classes.")
        middle, above = (0.5, 0.0) if logits else (values.mean(), values.mean())
        return np.mean((outputs[..., 0] > above) == (y[:, 0] > middle), axis=-1)

    # --- parameters -------------------------------------------------------------------------------

    def init(
        self,
        seed: int = 0,
        scheme: str | None = None,
        *,
        scale: float = 1.0,
        count: int | None = None,
    ) -> np.ndarray:
        """Random parameters: independent Gaussian weights, biases 0.

        Args:
            seed: fixes them.
            scheme: the variance of a weight: "glorot" 2/(inputs + units), "he" 2/inputs, "lecun"
                1/inputs, "normal" 1; by default "he" for ReLU and "glorot" otherwise.
            scale: a factor on all weights.
            count: how many points, for a swarm; None for one.

        Returns:
            Shape (d,), or (count, d).

        Raises:
            ValueError: for an unknown scheme, with the nearest right one.
        """
        return draw(self.architecture, seed, scheme, scale, count)

    def unpack(self, theta: Any) -> dict[str, np.ndarray]:
        """The weight matrices and biases in theta, by name: W1 of shape (..., units, inputs), b1, ..."""
        points = self.points(theta)
        return {
            name: points[..., block.slice].reshape(*points.shape[:-1], *block.shape)
            for name, block in self.blocks.items()
        }

    def pack(self, blocks: Mapping[str, Any]) -> np.ndarray:
        """Theta from weight matrices and biases by name, the inverse of `unpack`.

        Raises:
            ValueError: when a block is missing or unknown, or its shape is wrong.
        """
        for name in blocks:
            if name not in self.blocks:
                raise ValueError(
                    f"{self.name} has no block {name!r}; it has {one_of(self.blocks, 'and')}."
                    + did_you_mean(name, self.blocks)
                )
        parts = []
        for name, block in self.blocks.items():
            if name not in blocks:
                raise ValueError(f"{self.name}: block {name!r} of shape {block.shape} is missing.")
            try:
                array = np.asarray(blocks[name], dtype=float)
            except (TypeError, ValueError):
                raise TypeError(
                    f"{self.name}: block {name!r} is {show(blocks[name])}, not an array of real numbers."
                ) from None
            rank = len(block.shape)
            if array.shape[array.ndim - rank :] != block.shape:
                raise ValueError(
                    f"{self.name}: block {name!r} has shape {array.shape}, expected "
                    f"(..., {', '.join(map(str, block.shape))})."
                )
            parts.append(array.reshape(*array.shape[: array.ndim - rank], -1))
        leads = [part.shape[:-1] for part in parts]
        try:
            lead = np.broadcast_shapes(*leads)
        except ValueError:
            raise ValueError(
                f"{self.name}: the leading axes {one_of(dict.fromkeys(leads), 'and')} of the blocks do not "
                "broadcast against each other."
            ) from None
        return np.concatenate(
            [np.broadcast_to(part, (*lead, part.shape[-1])) for part in parts], axis=-1
        )

    @functools.cached_property
    def filters(self) -> list[np.ndarray]:
        """One index array per unit of every layer: where its incoming weights lie in theta, no bias."""
        return [
            line
            for block in self.blocks.values()
            if len(block.shape) == 2
            for line in np.arange(block.slice.start, block.slice.stop).reshape(block.shape)
        ]

    @functools.cached_property
    def biases(self) -> np.ndarray:
        """Where the biases lie in theta: one index array (empty for a network without)."""
        parts = [
            np.arange(block.slice.start, block.slice.stop)
            for block in self.blocks.values()
            if len(block.shape) == 1
        ]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)

    # --- symmetries -------------------------------------------------------------------------------

    def permuted(self, theta: Any, layer: int, order: Sequence[int] | np.ndarray) -> np.ndarray:
        """Theta with the units of a hidden layer in another order: the same function.

        Unit k of the result is unit order[k] of theta. Hidden layers that skip connections join hold
        the same coordinates, so they are reordered together. (With dropout the loss changes a little,
        for masks belong to units; what `predict` says does not.)

        Args:
            theta: shape (..., d).
            layer: the hidden layer's number, from 1.
            order: each unit's number once, from 0.
        """
        return symmetry.permuted(self, self.points(theta), layer, order)

    def rescaled(self, theta: Any, layer: int, unit: int, factor: float) -> np.ndarray:
        """Theta with a unit's incoming weights and bias times `factor`, its outgoing ones divided by it.

        The same function, for positively homogeneous activations (ReLU, identity) and factor > 0. Weight
        decay is not invariant, so with it the loss changes.

        Args:
            theta: shape (..., d).
            layer: the hidden layer's number, from 1. unit: the unit's number, from 0.
            factor: above 0.

        Raises:
            ValueError: for another activation, with normalisation or a skip connection at that layer, and
                for a factor that is not positive.
        """
        return symmetry.rescaled(self, self.points(theta), layer, unit, factor)

    @property
    def symmetries(self) -> list[str]:
        """In words: which changes of theta leave the function (and without weight decay the loss) as is."""
        return symmetry.words(self.architecture)

    # --- inside -----------------------------------------------------------------------------------

    def points(self, theta: Any, what: str = "theta") -> np.ndarray:
        """Check points and return them as float64 of shape (..., d); see `Landscape.points`."""
        shape: tuple[int, ...] = ()
        with contextlib.suppress(ValueError):  # rows of unequal length: refused below
            shape = np.shape(theta)
        if (shape and shape[-1] != self.dim) or isinstance(theta, Real):
            raise ValueError(
                f"{self.name} {'-'.join(map(str, self.architecture.widths))} has {self.dim} parameters, "
                f"but {what} has shape {shape}; expected (..., {self.dim})."
            )
        return super().points(theta, what)

    def parameter_rows(self, shape: tuple[int, ...]) -> np.ndarray:
        """The weight decay as a row with one number for each point: shape (1, N)."""
        rows = super().parameter_rows(shape)
        count = int(np.prod(shape))
        return np.ascontiguousarray(np.broadcast_to(rows, (1, count))) if count > 1 else rows

    def data_rows(self) -> np.ndarray:
        """The columns that the kernels read, shape (C, samples); the first is the network's address."""
        return self._table

    @functools.cached_property
    def _table(self) -> np.ndarray:
        columns = list(self.data.values())
        record = self.definition.record
        address = np.full_like(columns[0], record.__array_interface__["data"][0])
        return np.ascontiguousarray([address, *columns])

    @property
    def samples(self) -> int:
        """The number of samples; with dropout, of pairs of a sample and a mask."""
        return len(next(iter(self.data.values())))

    def _run(
        self,
        order: int,
        points: np.ndarray,
        lead: tuple[int, ...],
        index: np.ndarray | None,
        directions: np.ndarray | None = None,
    ) -> tuple[Any, Any]:
        from toylands.networks import kernels

        decay = self.parameters["weight_decay"]
        try:
            lead = np.broadcast_shapes(lead, np.shape(decay))
        except ValueError:
            raise ValueError(
                f"{self.name}: weight_decay of shape {np.shape(decay)} does not broadcast against points "
                f"of shape {points.shape}."
            ) from None

        def flat(array: np.ndarray) -> np.ndarray:
            spread = np.broadcast_to(array, (*lead, self.dim)).reshape(-1, self.dim)
            return np.ascontiguousarray(spread, dtype=float)

        self.definition.prepare(order)
        found = kernels.evaluate(
            self.definition.record,
            order,
            flat(points),
            np.broadcast_to(np.asarray(decay, dtype=float), lead).reshape(-1).copy(),
            self.data_rows(),
            np.arange(self.samples) if index is None else index,
            None if directions is None else flat(directions),
        )
        shaped = found.reshape((*lead, *found.shape[1:]))
        return (shaped[()], None) if order == ONLY_LOSS else (None, shaped)

    def _evaluate(self, theta: Any, order: int, index: np.ndarray | None = None) -> tuple[Any, Any]:
        points = self.points(theta)
        return self._run(order, points, points.shape[:-1], index)

    def __repr__(self) -> str:
        decay = self.parameters["weight_decay"]
        tail = f", weight_decay={show(decay)}" if np.ndim(decay) or decay else ""
        return f"mlp({self.architecture.label}{tail}; {self.dim} parameters, {self.dataset.name})"

    def _repr_markdown_(self) -> str:
        return f"**{self!r}**: {self.title}\n\n$${forward.latex(self.architecture)}$$"
