"""`mlp`: a network from its widths, a few choices and a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from toylands.networks.architecture import Architecture, architecture
from toylands.networks.checks import generator, whole
from toylands.networks.definition import check_data
from toylands.networks.network import Network


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
            unit's weights (batch) or a layer's (layer) can then be scaled at will, but for `eps`. A
            mini-batch is normalised by itself, so one sample alone becomes 0 in every hidden unit.
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
    count, random = len(given) * whole("mlp", "masks", masks, 1), generator("mlp", seed)
    drawn = _masks(shape, count, random) if shape.dropout else None
    return Network(shape, given, masks=drawn)(weight_decay=weight_decay)


def _masks(shape: Architecture, count: int, random: np.random.Generator) -> np.ndarray:
    kept = random.random((count, sum(shape.widths[1:-1]))) >= shape.dropout
    return kept / (1.0 - shape.dropout)
