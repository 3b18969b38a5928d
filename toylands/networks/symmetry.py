"""Changes of theta that leave the network's function as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands._words import one_of, show
from toylands.networks.architecture import Architecture
from toylands.networks.checks import real, whole
from toylands.networks.description import HOMOGENEOUS, ODD

if TYPE_CHECKING:
    from toylands.networks.network import Network


def _layer(net: Network, layer: Any) -> int:
    if not net.architecture.hidden:
        raise ValueError(f"{net.name} has no hidden layer.")
    return whole(net.name, "layer", layer, 1, net.architecture.hidden)


def joined(shape: Architecture, layer: int) -> range:
    """The hidden layers that skip connections join with this one, itself included."""
    first = last = layer
    while shape.layers[first - 1].skip:
        first -= 1
    while last < shape.hidden and shape.layers[last].skip:
        last += 1
    return range(first, last + 1)


def permuted(
    net: Network, theta: np.ndarray, layer: Any, order: Sequence[int] | np.ndarray
) -> np.ndarray:
    """See `Network.permuted`."""
    number = _layer(net, layer)
    units = net.architecture.widths[number]
    chosen = np.asarray(order)
    whole_numbers = chosen.dtype.kind in "iu"
    if (
        chosen.shape != (units,)
        or not whole_numbers
        or not np.array_equal(np.sort(chosen), np.arange(units))
    ):
        raise ValueError(
            f"{net.name}: order={show(order)} must hold each of 0 to {units - 1} once, as whole "
            f"numbers, for the {units} units of hidden layer {number}."
        )
    blocks = {name: block.copy() for name, block in net.unpack(theta).items()}
    for k in joined(net.architecture, number):
        blocks[f"W{k}"] = blocks[f"W{k}"][..., chosen, :]
        if net.architecture.bias:
            blocks[f"b{k}"] = blocks[f"b{k}"][..., chosen]
        blocks[f"W{k + 1}"] = blocks[f"W{k + 1}"][..., chosen]
    return net.pack(blocks)


def rescaled(net: Network, theta: np.ndarray, layer: Any, unit: Any, factor: Any) -> np.ndarray:
    """See `Network.rescaled`."""
    number, shape = _layer(net, layer), net.architecture
    activation = shape.activations[number - 1]
    if activation not in HOMOGENEOUS:
        raise ValueError(
            f"{net.name}: a unit with {activation} cannot be rescaled: {activation}(c z) is not "
            f"c {activation}(z). Only {one_of(HOMOGENEOUS)} are positively homogeneous."
        )
    if shape.norm:
        raise ValueError(
            f"{net.name}: with norm={shape.norm!r} the scale of the incoming weights is lost in the "
            "normalisation, so nothing in the next layer has to make up for it (see .symmetries)."
        )
    if len(joined(shape, number)) > 1:
        raise ValueError(
            f"{net.name}: a skip connection passes the units of hidden layer {number} on unscaled, so a "
            "unit there cannot be rescaled on its own."
        )
    at = whole(net.name, "unit", unit, 0, shape.widths[number] - 1)
    scale = real(net.name, "factor", factor, above=0)
    blocks = {name: block.copy() for name, block in net.unpack(theta).items()}
    blocks[f"W{number}"][..., at, :] *= scale
    if shape.bias:
        blocks[f"b{number}"][..., at] *= scale
    blocks[f"W{number + 1}"][..., at] /= scale
    return net.pack(blocks)


def words(shape: Architecture) -> list[str]:
    """See `Network.symmetries`."""
    if not shape.hidden:
        return ["none: without a hidden layer, different theta are different functions"]
    said = []
    seen: set[int] = set()
    for number in range(1, shape.hidden + 1):
        if number in seen:
            continue
        group = joined(shape, number)
        seen |= set(group)
        units = shape.widths[number]
        if units > 1:
            which = (
                f"hidden layer {number}"
                if len(group) == 1
                else f"hidden layers {group[0]} to {group[-1]} together, which skips join"
            )
            said.append(f"permutation: the {units} units of {which} in any order ({units}! copies)")
    for number in range(1, shape.hidden + 1):
        activation, alone = shape.activations[number - 1], len(joined(shape, number)) == 1
        if shape.norm == "batch":
            said.append(
                f"scale: the incoming weights of a unit of hidden layer {number} times any c > 0 (exact "
                "for eps = 0), whatever the next layer does"
            )
        elif shape.norm == "layer":
            said.append(
                f"scale: all incoming weights of hidden layer {number} times one c > 0 (exact for eps = 0)"
            )
        elif alone and activation in HOMOGENEOUS:
            said.append(
                f"rescaling: a unit of hidden layer {number} in by c, out by 1/c, for "
                + ("any c other than 0" if activation == "identity" else "any c > 0")
            )
        if alone and activation in ODD and activation != "identity" and shape.norm != "layer":
            said.append(
                f"sign: a unit of hidden layer {number} in and out by -1, for {activation} is odd"
            )
    if shape.dropout:
        said.append(
            "with dropout, of the function; its loss is a mean over fixed masks of the units"
        )
    return said
