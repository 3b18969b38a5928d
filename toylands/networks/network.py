"""The `Network` record: a multilayer perceptron on a dataset, as a landscape of its parameters."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from toylands._words import did_you_mean, one_of, show
from toylands.formula import Dial, Landscape
from toylands.formula.definition import Definition
from toylands.networks import forward, symmetry
from toylands.networks.architecture import Architecture, Block, architecture
from toylands.networks.datasets import Dataset, numbers
from toylands.networks.description import NO_NORM, NORMS

#: init scheme -> variance of a weight with these numbers of inputs and outputs
SCHEMES: dict[str, Callable[[int, int], float]] = {
    "glorot": lambda fan, units: 2.0 / (fan + units),
    "he": lambda fan, units: 2.0 / fan,
    "lecun": lambda fan, units: 1.0 / fan,
    "normal": lambda fan, units: 1.0,
}


class NetworkDefinition(Definition):
    """What all variants of one network share: its description and the kernels that read it."""

    def describe(self, shape: Architecture) -> None:
        """Keep the numbers that the kernels read by address."""
        from toylands.networks.core import core

        self.record, self.floats = shape.describe(core.address)

    @property
    def derivation(self) -> Any:
        """A network has none.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            f"{self.name} is a network, not a formula: it has no SymPy expression or LaTeX of its loss. "
            "Its loss, grad, hessian and hvp are exact all the same."
        )

    def kernel(self, order: int, *, loss: bool, shared: bool) -> Any:
        """The compiled kernel for derivatives of this order; the same for all networks.

        Parameters are read per walker, which is right for shared ones too when they are filled in.
        """
        from toylands.networks import kernels

        if order == 0:
            return kernels.loss_kernel
        if order == 1:
            return kernels.loss_and_gradient_kernel if loss else kernels.gradient_kernel
        if order == 2 and not loss:
            return kernels.hessian_kernel
        raise ValueError(f"{self.name}: third derivatives of a network are not computed.")


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

    def __init__(
        self,
        shape: Architecture,
        dataset: Dataset,
        parameters: Mapping[str, Any] | None = None,
        *,
        masks: np.ndarray | None = None,
        definition: Definition | None = None,
    ) -> None:
        self.architecture = shape
        self.dataset = dataset
        self.masks = masks
        self.blocks: dict[str, Block] = shape.blocks
        columns = _columns(dataset, masks)
        super().__init__(definition or _definition(shape, dataset), parameters, columns)

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
        _check_decay(values["weight_decay"])
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
        plain = architecture(
            self.architecture.widths,
            activation=self.architecture.activations,
            loss=self.architecture.loss,
            bias=self.architecture.bias,
            residual=self.architecture.residual,
            norm=self.architecture.norm,
            eps=self.architecture.eps,
            dropout=0.0,
        )
        return Network(plain, given, self.parameters)

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
        from toylands.networks.kernels import ALONG

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
                f"{self.name} has {self.architecture.widths[0]} inputs, but x has shape {given.shape}."
            )
        return forward.activations(self.architecture, self.unpack(points), given, self.dataset.x)

    def accuracy(self, theta: Any) -> np.ndarray:
        """The share of the dataset's samples that are classified right, shape (...).

        Several outputs: the largest wins. One output: class 1 above 0 for "bce", and for the squared
        losses above the middle of the two targets.

        Raises:
            ValueError: when the targets are not two numbers, or not one class per row.
        """
        y, outputs = self.dataset.y, self.predict(theta)
        if y.shape[1] > 1:
            if not ((np.sort(y, axis=1)[:, -2] < y.max(axis=1)).all()):
                raise ValueError(f"{self.name}: the targets are not one class per sample.")
            return np.mean(outputs.argmax(axis=-1) == y.argmax(axis=1), axis=-1)
        values = np.unique(y)
        if len(values) > 2:
            raise ValueError(
                f"{self.name}: the targets take {len(values)} values, so they are not two classes."
            )
        middle = 0.0 if self.architecture.loss == "bce" else values.mean()
        return np.mean((outputs[..., 0] > middle) == (y[:, 0] == values[-1]), axis=-1)

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
        kind = scheme or ("he" if "relu" in self.architecture.activations else "glorot")
        if kind not in SCHEMES:
            raise ValueError(
                f"{self.name}: scheme={show(scheme)} must be {one_of(SCHEMES)}."
                f"{did_you_mean(kind, SCHEMES)}"
            )
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise TypeError(f"{self.name}: seed={show(seed)} must be a whole number, at least 0.")
        several = 1 if count is None else count
        if isinstance(several, bool) or not isinstance(several, int | np.integer) or several < 1:
            raise ValueError(
                f"{self.name}: count={show(count)} must be a whole number, at least 1."
            )
        theta = np.random.default_rng(seed).standard_normal((several, self.dim)) * scale
        for block in self.blocks.values():
            deviation = np.sqrt(SCHEMES[kind](*block.shape[::-1])) if len(block.shape) == 2 else 0.0
            theta[:, block.slice] *= deviation
        return theta[0] if count is None else theta

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
            array = np.asarray(blocks[name], dtype=float)
            rank = len(block.shape)
            if array.shape[array.ndim - rank :] != block.shape:
                raise ValueError(
                    f"{self.name}: block {name!r} has shape {array.shape}, expected "
                    f"(..., {', '.join(map(str, block.shape))})."
                )
            parts.append(array.reshape(*array.shape[: array.ndim - rank], -1))
        lead = np.broadcast_shapes(*(part.shape[:-1] for part in parts))
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
        shape = np.shape(theta)
        if shape and shape[-1] != self.dim:
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
        record = self.definition.record  # type: ignore[attr-defined]
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

        found = kernels.evaluate(
            self.definition.record,  # type: ignore[attr-defined]
            order,
            flat(points),
            np.broadcast_to(np.asarray(decay, dtype=float), lead).reshape(-1).copy(),
            self.data_rows(),
            np.arange(self.samples) if index is None else index,
            None if directions is None else flat(directions),
            whole=NORMS.index(self.architecture.norm) == NO_NORM,
        )
        shaped = found.reshape((*lead, *found.shape[1:]))
        return (shaped[()], None) if order == kernels.ONLY_LOSS else (None, shaped)

    def _evaluate(self, theta: Any, order: int, index: np.ndarray | None = None) -> tuple[Any, Any]:
        points = self.points(theta)
        return self._run(order, points, points.shape[:-1], index)

    def __repr__(self) -> str:
        decay = self.parameters["weight_decay"]
        tail = f", weight_decay={show(decay)}" if np.ndim(decay) or decay else ""
        return f"mlp({self.architecture.label}{tail}; {self.dim} parameters, {self.dataset.name})"

    def _repr_markdown_(self) -> str:
        return f"**{self!r}**: {self.title}\n\n$${forward.latex(self.architecture)}$$"


def _columns(dataset: Dataset, masks: np.ndarray | None) -> dict[str, np.ndarray]:
    """Inputs, targets and masks by name; every sample once for each of its masks."""
    copies = 1 if masks is None else len(masks) // len(dataset)
    columns = {f"x{k + 1}": np.tile(c, copies) for k, c in enumerate(dataset.x.T)}
    columns |= {f"y{k + 1}": np.tile(c, copies) for k, c in enumerate(dataset.y.T)}
    if masks is not None:
        columns |= {f"mask{k + 1}": c for k, c in enumerate(masks.T)}
    return columns


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
            raise ValueError(
                f"mlp: widths={show(shape.widths)} says {wanted} {what}, but {data.name} has {columns} "
                f"column{'s' * (columns > 1)} of {'x' if what == 'inputs' else 'y'}."
            )
    if shape.loss == "bce" and ((data.y < 0) | (data.y > 1)).any():
        raise ValueError(
            f'mlp: loss="bce" needs targets between 0 and 1; {data.name} has {show(data.y.min())} to '
            f"{show(data.y.max())}."
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


def _check_decay(value: Any) -> None:
    if np.min(value) < 0:
        raise ValueError(f"mlp: weight_decay={show(value)} must be 0 or more.")


def _definition(shape: Architecture, dataset: Dataset) -> NetworkDefinition:
    title = f"A network of {'-'.join(map(str, shape.widths))} units on {dataset.name}."
    names = [
        f"{name}[{','.join(map(str, place))}]"
        for name, block in shape.blocks.items()
        for place in np.ndindex(block.shape)
    ]
    definition = NetworkDefinition(
        name="mlp",
        coordinates=tuple(names),
        dials={"weight_decay": Dial(0.0, 0.0, 1.0, False)},
        columns={},
        function=lambda *theta, **given: definition.derivation,
        doc=f"{title}\n\n{shape.label}: {shape.dim} parameters, {len(dataset)} samples.",
        view=((-2.0, 2.0),) * shape.dim,
        start=(0.0,) * shape.dim,
        source="",
        tags=("network",),
        lessons=(),
        levels="log",
        critical=(),
        players=None,
        kink="where the input of a ReLU is 0" if "relu" in shape.activations else None,
    )
    definition.describe(shape)
    return definition


def mlp(
    widths: Sequence[int],
    activation: str | Sequence[str] = "tanh",
    loss: str = "mse",
    *,
    bias: bool = True,
    residual: bool | float = False,
    norm: str | None = None,
    eps: float = 1e-5,
    dropout: float = 0.0,
    masks: int = 8,
    seed: int = 0,
    weight_decay: float = 0.0,
    data: Any,
) -> Network:
    """A multilayer perceptron on a dataset, as a landscape with exact gradient and Hessian.

    A hidden layer passes on a = phi(W a_below + b); the output layer is linear. Parameters are laid out
    as W1, b1, W2, b2, ..., with W of shape (units, inputs). The loss is the mean over samples of one of

    - "mse": |f - y|^2, summed over the outputs; "half_mse": half of it;
    - "bce": log(1 + e^f) - y f, summed over the outputs f, which are logits; y in [0, 1];
    - "cross_entropy": log sum e^f - sum y f over the outputs; y a column per class;

    plus weight_decay/2 |theta|^2 over all parameters, biases too.

    At a kink of a ReLU, where its input is exactly 0, its derivative is taken as 0, as in torch and JAX.
    Its second derivative is taken as 0 everywhere, so the Hessian of a ReLU network is what automatic
    differentiation gives: exact wherever no ReLU's input is 0, blind to the jumps of the gradient in
    between. With one hidden layer what is left is the Gauss-Newton part and, between the layers, the
    residual times how one weight scales the other.

    Args:
        widths: inputs, hidden units layer by layer, outputs.
        activation: "tanh", "erf" (erf z, without a factor inside), "relu", "softplus", "gelu" (z times
            the normal distribution function of z), "sigmoid" or "identity"; or one per hidden layer.
        loss: see above.
        bias: whether units have biases.
        residual: True, or a factor c: around every hidden layer but the first that is as wide as the layer
            below, a = a_below + c phi(...).
        norm: "batch" or "layer": hidden units normalise W a_below before the bias is added, to mean 0 and
            variance 1 over the samples of the batch, or over the units of the layer. There is no gain. A
            unit's weights (batch) or a layer's (layer) can then be scaled at will, but for `eps`.
        eps: added to that variance, as in torch.
        dropout: the share of hidden units that is removed; the others are divided by 1 - dropout. The masks
            are part of the data: every sample comes with `masks` fixed masks, and the loss is the mean over
            all pairs, so that gradient and Hessian are exact. A mini-batch draws pairs.
        masks: masks per sample. seed: fixes the masks.
        weight_decay: a parameter of the landscape; net(weight_decay=0.1) is a variant.
        data: a `Dataset` such as two_moons(100), or a pair of arrays (x, y).

    Raises:
        TypeError, ValueError: naming what is wrong and what was expected.
    """
    shape = architecture(
        widths,
        activation=activation,
        loss=loss,
        bias=bias,
        residual=residual,
        norm=norm,
        eps=eps,
        dropout=dropout,
    )
    given = check_data(shape, data)
    drawn = _masks(shape, len(given), masks, seed) if shape.dropout else None
    net = Network(shape, given, masks=drawn)
    net.start = net.definition.start = tuple(net.init(0).tolist())
    return net(weight_decay=weight_decay)


def _masks(shape: Architecture, samples: int, masks: Any, seed: Any) -> np.ndarray:
    for name, value, least in (("masks", masks, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise ValueError(f"mlp: {name}={show(value)} must be a whole number, at least {least}.")
    hidden = sum(shape.widths[1:-1])
    kept = np.random.default_rng(seed).random((samples * masks, hidden)) >= shape.dropout
    return kept / (1.0 - shape.dropout)
