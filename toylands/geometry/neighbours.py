"""Neighbours: under batch normalisation the loss of one sample depends on the others of its batch.

loss_among_neighbours(net, theta, sample=0, size=2)       # shape (100,): the same sample, 100 batches
loss_among_neighbours(net, theta, 0, 1)                   # alone: what the input is does not matter
"""

from __future__ import annotations

import numpy as np

from toylands._door import Numbers, door
from toylands._words import show
from toylands.formula import Landscape
from toylands.geometry._checks import is_network, one_point
from toylands.optimizers.optimizer import check_count


@door
def loss_among_neighbours(
    net: Landscape,
    theta: Numbers,
    sample: int,
    size: int,
    *,
    count: int = 100,
    seed: int = 0,
) -> np.ndarray:
    """The loss of one sample in many random batches, with the same weights; shape (count,).

    Every batch holds the sample and size - 1 others of the network's data, drawn without replacement,
    and is normalised by itself, as in training. [Ioffe and Szegedy 2015] Without batch normalisation
    all numbers are the same. In a batch of two a unit passes on +1 or -1 (but for eps): which of the two
    is larger, and nothing else. Alone a sample becomes 0 in every hidden unit, whatever it was, so that
    no weight before a normalisation has a gradient.

    Args:
        net: a network. theta: a point, shape (d,).
        sample: the sample's number, from 0.
        size: samples in a batch, from 1 to all of them.
        count: how many batches. seed: fixes them.

    Raises:
        TypeError: when net is not a network.
        ValueError: for a sample or a size that the data do not have.
    """
    from toylands.networks import forward

    if not is_network(net):
        raise TypeError(
            f"loss_among_neighbours: net={show(net)} must be a network, as toylands.networks.mlp returns it."
        )
    at = one_point("loss_among_neighbours", net, theta, "theta")
    samples = len(net.dataset)
    own = check_count("loss_among_neighbours", "sample", sample, least=0)
    size = check_count("loss_among_neighbours", "size", size, least=1)
    count = check_count("loss_among_neighbours", "count", count, least=1)
    if own >= samples or size > samples:
        name, value, most = (
            ("sample", own, samples - 1) if own >= samples else ("size", size, samples)
        )
        raise ValueError(
            f"loss_among_neighbours: {name}={value} must be at most {most}; the data have {samples} samples."
        )
    rng = np.random.default_rng(seed)
    x, y, blocks = net.dataset.x, net.dataset.y, net.unpack(at)
    others = np.delete(np.arange(samples), own)
    losses = np.empty(count)
    for k in range(count):
        batch = np.concatenate([[own], rng.choice(others, size - 1, replace=False)])
        outputs = forward.activations(net.architecture, blocks, x[batch], x[batch])[-1]
        losses[k] = forward.losses(net.architecture, outputs[:1], y[own : own + 1])[0]
    return losses
