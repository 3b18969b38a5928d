"""The forward pass in NumPy, for any inputs, and the network as LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from toylands.networks.architecture import Architecture, Layer


def _erf(z: np.ndarray) -> np.ndarray:
    from scipy.special import erf

    return np.asarray(erf(z))


def _gelu(z: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr

    return np.asarray(z * ndtr(z))


def _sigmoid(z: np.ndarray) -> np.ndarray:
    small = np.exp(-np.abs(z))
    return np.where(z < 0, small, 1.0) / (1.0 + small)


_FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda z: z,
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "relu": lambda z: np.maximum(z, 0.0),
    "softplus": lambda z: np.logaddexp(z, 0.0),
    "erf": _erf,
    "gelu": _gelu,
}

_TEXT = {
    "identity": "",
    "tanh": r"\tanh",
    "sigmoid": r"\sigma",
    "relu": r"\mathrm{relu}",
    "softplus": r"\mathrm{softplus}",
    "erf": r"\mathrm{erf}",
    "gelu": r"\mathrm{gelu}",
}


def activations(
    shape: Architecture, blocks: Mapping[str, np.ndarray], x: np.ndarray, own: np.ndarray
) -> list[np.ndarray]:
    """What every layer passes on at inputs x, shape (..., n, units) each.

    Args:
        shape: the network. blocks: its parameters by name, with leading axes.
        x: inputs, shape (n, inputs).
        own: the dataset's inputs, over which batch normalisation takes its statistics.
    """
    passed: list[np.ndarray] = []
    a, reference = x, own
    for number, layer in enumerate(shape.layers, 1):
        weights = np.swapaxes(blocks[f"W{number}"], -1, -2)
        bias = blocks[f"b{number}"][..., None, :] if shape.bias else 0.0
        z = a @ weights
        if number <= shape.hidden:
            if shape.norm == "layer":
                z = _normalised(shape, z, z, axis=-1)
            elif shape.norm == "batch":
                over = reference @ weights
                z, over = (
                    _normalised(shape, z, over, axis=-2),
                    _normalised(shape, over, over, axis=-2),
                )
                reference = _through(shape, layer, over + bias, reference)
            a = _through(shape, layer, z + bias, a)
        passed.append(a if number <= shape.hidden else z + bias)
    return passed


def losses(shape: Architecture, outputs: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The loss of every sample, shape (..., n), from outputs and targets (..., n, units)."""
    if shape.loss == "bce":
        each = np.logaddexp(outputs, 0.0) - y * outputs
    elif shape.loss == "cross_entropy":
        return np.logaddexp.reduce(outputs, axis=-1) - np.sum(y * outputs, axis=-1)
    else:
        each = (outputs - y) ** 2 / (2 if shape.loss == "half_mse" else 1)
    return each.sum(axis=-1)


def _through(shape: Architecture, layer: Layer, z: np.ndarray, below: np.ndarray) -> np.ndarray:
    value = _FUNCTIONS[layer.activation](z)
    return below + shape.residual * value if layer.skip else value


def _normalised(shape: Architecture, z: np.ndarray, over: np.ndarray, *, axis: int) -> np.ndarray:
    spread = np.sqrt(over.var(axis=axis, keepdims=True) + shape.eps)
    return (z - over.mean(axis=axis, keepdims=True)) / spread


def latex(shape: Architecture) -> str:
    """The layers as one formula."""
    lines = []
    for number, layer in enumerate(shape.layers, 1):
        below = "x" if number == 1 else f"a_{{{number - 1}}}"
        inside = f"W_{{{number}}} {below}"
        if number == len(shape.layers):
            lines.append(f"f = {inside}" + (f" + b_{{{number}}}" if shape.bias else ""))
            continue
        if shape.norm:
            inside = rf"\mathrm{{norm}}({inside})"
        if shape.bias:
            inside += f" + b_{{{number}}}"
        text = rf"{_TEXT[layer.activation]}\left({inside}\right)"
        if layer.skip:
            factor = "" if abs(shape.residual) == 1 else f"{abs(shape.residual):g} "
            text = f"{below} {'-' if shape.residual < 0 else '+'} {factor}{text}"
        lines.append(f"a_{{{number}}} = {text}")
    return r",\quad ".join(lines)
