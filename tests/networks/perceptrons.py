"""The same networks written a second time: in JAX for their derivatives, in NumPy for complex steps."""

from __future__ import annotations

from typing import Any

import numpy as np


def forward(net: Any, theta: Any, x: Any, masks: Any, xp: Any, phi: dict[str, Any]) -> Any:
    """The outputs at x, shape (n, outputs), in the functions of `xp`; masks of shape (n, hidden) or None."""
    shape, a, column, begin = net.architecture, x, 0, 0
    for number, (fan, units) in enumerate(zip(shape.widths, shape.widths[1:], strict=False)):
        weights = theta[begin : begin + fan * units].reshape(units, fan)
        begin += fan * units
        z = a @ weights.T
        hidden = number < len(shape.widths) - 2
        if hidden and shape.norm:
            axis = 0 if shape.norm == "batch" else 1
            mean = z.mean(axis, keepdims=True)
            z = (z - mean) / xp.sqrt(((z - mean) ** 2).mean(axis, keepdims=True) + shape.eps)
        if shape.bias:
            z = z + theta[begin : begin + units]
            begin += units
        if hidden:
            h = phi[shape.activations[number]](z)
            if masks is not None:
                h = h * masks[:, column : column + units]
                column += units
            skip = shape.residual and number > 0 and fan == units
            z = a + shape.residual * h if skip else h
        a = z
    return a


def loss(net: Any, theta: Any, x: Any, y: Any, masks: Any, xp: Any, phi: dict[str, Any]) -> Any:
    """The mean loss over the samples, with weight decay."""
    f = forward(net, theta, x, masks, xp, phi)
    per_sample = {
        "mse": lambda: xp.sum((f - y) ** 2, axis=1),
        "half_mse": lambda: xp.sum((f - y) ** 2, axis=1) / 2,
        "bce": lambda: xp.sum(xp.log(1 + xp.exp(f)) - y * f, axis=1),
        "cross_entropy": lambda: xp.log(xp.sum(xp.exp(f), axis=1)) - xp.sum(y * f, axis=1),
    }[net.architecture.loss]()
    return xp.mean(per_sample) + net.parameters["weight_decay"] / 2 * xp.sum(theta**2)


def data_of(net: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """x, y and masks, every sample once for each of its masks."""
    copies = 1 if net.masks is None else len(net.masks) // len(net.dataset)
    return np.tile(net.dataset.x, (copies, 1)), np.tile(net.dataset.y, (copies, 1)), net.masks


def random_data(widths: tuple[int, ...], n: int, loss_name: str, seed: int = 0) -> Any:
    """Gaussian inputs, and targets that fit the loss."""
    random = np.random.default_rng(seed)
    x, outputs = random.standard_normal((n, widths[0])), widths[-1]
    if loss_name == "bce":
        return x, random.integers(0, 2, (n, outputs)).astype(float)
    if loss_name == "cross_entropy":
        return x, np.eye(outputs)[random.integers(0, outputs, n)]
    return x, random.standard_normal((n, outputs))
