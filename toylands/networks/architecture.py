"""What a network is made of, checked part by part, and where each part lies in theta."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from toylands._words import show
from toylands.networks import description as at
from toylands.networks.checks import as_typed, chosen, real

#: more parameters than this are refused: a Hessian would not fit into an ordinary memory
MOST = 20_000


class Block(NamedTuple):
    """One array of parameters: its name ("W1", "b1", ...), layer (from 1), slice of theta, and shape."""

    name: str
    layer: int
    slice: slice
    shape: tuple[int, ...]


class Layer(NamedTuple):
    """One layer: inputs, units, activation ("identity" for the last), and whether a skip runs around it."""

    fan: int
    units: int
    activation: str
    skip: bool


@dataclass(frozen=True)
class Architecture:
    """Widths and choices of a multilayer perceptron.

    Attributes:
        widths: inputs, hidden units layer by layer, outputs.
        activations: one per hidden layer.
        loss: one of "mse", "half_mse", "bce", "cross_entropy".
        bias: whether units have biases.
        residual: the factor on a branch that a skip connection runs around; 0 for no skips.
        norm: None, "batch" or "layer". eps: what it adds to the variance.
        dropout: the share of hidden units that a mask removes.
    """

    widths: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str
    bias: bool
    residual: float
    norm: str | None
    eps: float
    dropout: float

    @functools.cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Hidden layers and the output layer."""
        last = len(self.widths) - 2
        return tuple(
            Layer(
                fan,
                units,
                self.activations[k] if k < last else "identity",
                bool(self.residual) and 0 < k < last and fan == units,
            )
            for k, (fan, units) in enumerate(pairwise(self.widths))
        )

    @functools.cached_property
    def blocks(self) -> dict[str, Block]:
        """Where every weight matrix W (units, inputs) and every bias b (units,) lies in theta."""
        blocks, begin = {}, 0
        for number, layer in enumerate(self.layers, 1):
            shapes: dict[str, tuple[int, ...]] = {f"W{number}": (layer.units, layer.fan)}
            if self.bias:
                shapes |= {f"b{number}": (layer.units,)}
            for name, shape in shapes.items():
                end = begin + int(np.prod(shape))
                blocks[name] = Block(name, number, slice(begin, end), shape)
                begin = end
        return blocks

    @property
    def dim(self) -> int:
        """The number of parameters."""
        return max(block.slice.stop for block in self.blocks.values())

    @property
    def hidden(self) -> int:
        """The number of hidden layers."""
        return len(self.widths) - 2

    def describe(self) -> tuple[np.ndarray, np.ndarray]:
        """The integers (see `description`) and floats that the compiled core reads.

        The integers hold the address of the floats, so both must be kept. Addresses of compiled parts are
        0 until they are needed.
        """
        floats = np.zeros(at.NUMBER_COUNT)
        floats[at.EPS], floats[at.BRANCH] = self.eps, self.residual or 1.0
        record = np.zeros(at.HEADER + at.LAYER * len(self.layers), dtype=np.int64)
        rows = sum(self.widths)
        for position, value in (
            (at.LAYERS, len(self.layers)),
            (at.DIM, self.dim),
            (at.INPUTS, self.widths[0]),
            (at.OUTPUTS, self.widths[-1]),
            (at.ROWS, rows),
            (at.SQUARE, 2 if self.loss == "mse" else 1),
            (at.NORM, at.NORMS.index(self.norm)),
            (at.MASKED, self.dropout > 0),
            (at.TILE, tile(rows)),
            (at.NUMBERS, floats.__array_interface__["data"][0]),
        ):
            record[position] = value
        first = self.widths[0]
        for number, layer in enumerate(self.layers, 1):
            begin = at.HEADER + at.LAYER * (number - 1)
            bias = self.blocks[f"b{number}"].slice.start if self.bias else -1
            record[begin : begin + at.LAYER] = (
                layer.fan, layer.units, self.blocks[f"W{number}"].slice.start, bias, first,
                0, layer.skip,
            )  # fmt: skip
            first += layer.units
        return record, floats

    @property
    def label(self) -> str:
        """The architecture in a few words: widths, activation, loss, and what is out of the ordinary."""
        kinds = dict.fromkeys(self.activations)
        words = ["-".join(map(str, self.widths)), *kinds, self.loss]
        if not self.bias:
            words.append("no bias")
        if self.residual:
            words.append("residual" if self.residual == 1 else f"residual={show(self.residual)}")
        if self.norm:
            words.append(f"{self.norm} norm")
        if self.dropout:
            words.append(f"dropout={show(self.dropout)}")
        return ", ".join(words)


def tile(rows: int) -> int:
    """How many samples to work on at a time, so that a handful of arrays stays in the nearer caches."""
    return int(np.clip(8 * (4_096 // max(rows, 1)), 16, 128))


def architecture(
    widths: Any,
    *,
    activation: Any,
    loss: Any,
    bias: Any,
    residual: Any,
    norm: Any,
    eps: Any,
    dropout: Any,
) -> Architecture:
    """Check the parts of a network and put them together (see `mlp`)."""
    sizes = _widths(widths)
    chosen("mlp", "loss", loss, at.LOSSES)
    if norm is not None:
        chosen("mlp", "norm", norm, [kind for kind in at.NORMS if kind], "None, ")
    if not isinstance(bias, bool | np.bool_):
        raise TypeError(f"mlp: bias={show(bias)} must be True or False.")
    if loss == "cross_entropy" and sizes[-1] < 2:
        raise ValueError(
            'mlp: loss="cross_entropy" needs an output per class, at least 2; for two classes and one '
            'output use loss="bce".'
        )
    made = Architecture(
        sizes,
        _activations(activation, len(sizes) - 2),
        loss,
        bool(bias),
        _residual(residual, sizes),
        norm,
        real("mlp", "eps", eps, least=0),
        real("mlp", "dropout", dropout, least=0, below=1),
    )
    if made.hidden == 0 and (norm or made.dropout):
        raise ValueError(f"mlp: widths={show(sizes)} has no hidden layer to normalise or drop.")
    if norm == "layer" and min(sizes[1:-1]) < 2:
        raise ValueError(
            f'mlp: norm="layer" needs at least 2 units in every hidden layer, but widths={show(sizes)}: '
            "a single number minus its own mean is 0."
        )
    if made.dim > MOST:
        raise ValueError(
            f"mlp: widths={show(sizes)} has {made.dim:,} parameters; the most is {MOST:,}, for toylands "
            "is about networks whose exact Hessian can be looked at."
        )
    return made


def _widths(widths: Any) -> tuple[int, ...]:
    sizes = tuple(widths) if isinstance(widths, Sequence | np.ndarray) else ()
    whole = all(isinstance(w, int | np.integer) and not isinstance(w, bool) for w in sizes)
    if isinstance(widths, str) or len(sizes) < 2 or not whole or min(sizes, default=0) < 1:
        given = f"({', '.join(map(as_typed, sizes))})" if len(sizes) > 1 else show(widths)
        raise ValueError(
            f"mlp: widths={given} must be two or more positive whole numbers: inputs, hidden "
            "units layer by layer, outputs; such as (2, 8, 1)."
        )
    return tuple(int(w) for w in sizes)


def _activations(activation: Any, hidden: int) -> tuple[str, ...]:
    if isinstance(activation, str):
        return (chosen("mlp", "activation", activation, at.ACTIVATIONS),) * hidden
    if not isinstance(activation, tuple | list) or len(activation) != hidden:
        raise ValueError(
            f'mlp: activation={show(activation)} must be one name, such as "tanh", or a list with a name '
            f"for every hidden layer, of which there {'is' if hidden == 1 else 'are'} {hidden}."
        )
    return tuple(chosen("mlp", "activation", kind, at.ACTIVATIONS) for kind in activation)


def _residual(residual: Any, sizes: tuple[int, ...]) -> float:
    if isinstance(residual, bool | np.bool_):
        factor = float(residual)
    else:
        factor = real("mlp", "residual", residual)
    inner = sizes[1:-1]
    if factor and not any(a == b for a, b in pairwise(inner)):
        raise ValueError(
            f"mlp: residual={show(residual)} needs two hidden layers of equal width in a row, as in "
            f"(2, 8, 8, 1); widths={show(sizes)} has none."
        )
    return factor
