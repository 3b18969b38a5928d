"""Small networks: the exact Hessian of one, and the gradients of many, by toylands and by its peers.

    work = problem(Sizes())
    hessian(work).call()                  # toylands
    jax_hessian(work)[0].call()           # jit(jax.hessian)

The peers differentiate the same loss automatically; they get its formula, compiled where they compile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from toylands.bench.peers_jax import installed as jax_installed
from toylands.bench.peers_torch import installed as torch_installed
from toylands.bench.problems import Array, Sizes, Task
from toylands.bench.timing import on_one_core

WIDTHS = (2, 12, 12, 1)


@dataclass(frozen=True)
class Net:
    """A tanh network of `WIDTHS` with squared error: its data, and points, shape (B, 205)."""

    x: Array
    y: Array
    theta: Array


def problem(sizes: Sizes) -> Net:
    """Gaussian data and parameters, of a size at which tanh is neither linear nor saturated."""
    random = np.random.default_rng(5)
    count = sum((fan + 1) * units for fan, units in pairwise(WIDTHS))
    x = random.standard_normal((sizes.samples, WIDTHS[0]))
    y = np.sin(x.sum(axis=1, keepdims=True))
    return Net(x, y, 0.5 * random.standard_normal((sizes.networks, count)))


def loss(work: Net, xp: Any, theta: Any, x: Any, y: Any) -> Any:
    """The mean squared error at one point, in the functions of `xp` (torch or jax.numpy)."""
    a, begin = x, 0
    for number, (fan, units) in enumerate(pairwise(WIDTHS)):
        weights = theta[begin : begin + fan * units].reshape(units, fan)
        begin += (fan + 1) * units
        z = a @ weights.T + theta[begin - units : begin]
        a = xp.tanh(z) if number < len(WIDTHS) - 2 else z
    return ((a - y) ** 2).mean()


def hessian(work: Net, single: bool = False) -> Task:
    """`net.hessian` at one point."""
    net = _network(work)
    return Task(
        "toylands hessian", on_one_core(lambda: net.hessian(work.theta[0]), single), np.asarray
    )


def gradients(work: Net, single: bool = False) -> Task:
    """`net.grad` at all points."""
    net = _network(work)
    return Task("toylands grad", on_one_core(lambda: net.grad(work.theta), single), np.asarray)


def jax_hessian(work: Net) -> list[Task]:
    """`jit(jax.hessian)`, and reverse over reverse, which some versions run faster."""
    jax = jax_installed()
    f, theta = _jax_loss(jax, work), jax.numpy.asarray(work.theta[0])
    return [
        _jax_task(jax, "JAX hessian (forward over reverse)", jax.hessian(f), theta),
        _jax_task(jax, "JAX jacrev(grad)", jax.jacrev(jax.grad(f)), theta),
    ]


def jax_gradients(work: Net) -> list[Task]:
    """`jit(vmap(grad))`."""
    jax = jax_installed()
    f, theta = _jax_loss(jax, work), jax.numpy.asarray(work.theta)
    return [_jax_task(jax, "JAX vmap(grad)", jax.vmap(jax.grad(f)), theta)]


def torch_hessian(work: Net) -> list[Task]:
    """`torch.func.hessian`."""
    torch = torch_installed()
    call = torch.func.hessian(_torch_loss(torch, work))
    theta = torch.tensor(work.theta[0])
    return [Task("torch hessian", lambda: call(theta), lambda r: r.numpy())]


def torch_gradients(work: Net) -> list[Task]:
    """`torch.func.vmap(torch.func.grad)`."""
    torch = torch_installed()
    call = torch.func.vmap(torch.func.grad(_torch_loss(torch, work)))
    theta = torch.tensor(work.theta)
    return [Task("torch vmap(grad)", lambda: call(theta), lambda r: r.numpy())]


def _network(work: Net) -> Any:
    from toylands.networks import mlp

    return mlp(WIDTHS, "tanh", "mse", data=(work.x, work.y))


def _jax_loss(jax: Any, work: Net) -> Callable[[Any], Any]:
    x, y = jax.numpy.asarray(work.x), jax.numpy.asarray(work.y)
    return lambda theta: loss(work, jax.numpy, theta, x, y)


def _jax_task(jax: Any, label: str, function: Callable[[Any], Any], theta: Any) -> Task:
    fast = jax.jit(function)
    return Task(label, lambda: jax.block_until_ready(fast(theta)), np.asarray)


def _torch_loss(torch: Any, work: Net) -> Callable[[Any], Any]:
    x, y = torch.tensor(work.x), torch.tensor(work.y)
    return lambda theta: loss(work, torch, theta, x, y)
