"""The JAX peer: float64, vmap over walkers, scan over steps, jit around it, gradients by jax.grad.

Two layouts are timed, because it matters to XLA: a walker as one array of two coordinates, as most
people write it, and a walker as two scalars, which becomes a structure of arrays. The faster one
counts. Compile time is left out; every call waits for its result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from toylands.bench.problems import MissingError, Points, Task, Walk, loss, numbers


def walk(work: Walk) -> list[Task]:
    """One task per layout: the jitted walk of all walkers."""
    jax = installed()
    start = jax.numpy.asarray(work.start)
    x, y = start[:, 0].copy(), start[:, 1].copy()
    if work.path:
        start, x, y = start[0], x[0], y[0]
    pair = _compiled(jax, work, _one_array(jax, work))
    both = _compiled(jax, work, _two_scalars(jax, work))
    way = "scan" if work.path else "vmap+scan"
    return [
        Task(f"JAX {way}, (x, y) in an array", lambda: pair(start), lambda r: _read(work, r)),
        Task(
            f"JAX {way}, x and y apart",
            lambda: both((x, y)),
            lambda r: _read(work, np.stack([np.asarray(part) for part in r], axis=-1)),
        ),
    ]


def hessians(work: Points) -> list[Task]:
    """One task: `jit(vmap(jax.hessian))`."""
    jax = installed()
    a, b = numbers(work)

    def f(theta: Any) -> Any:
        return loss(work.landscape, jax.numpy, theta[0], theta[1], a, b)

    batch = jax.jit(jax.vmap(jax.hessian(f)))
    theta = jax.numpy.asarray(work.theta)
    return [Task("JAX vmap(hessian)", lambda: batch(theta).block_until_ready(), np.asarray)]


def version() -> str:
    """The version that is installed."""
    return str(installed().__version__)


def installed() -> Any:
    """The library, ready for float64, or a `MissingError`."""
    try:
        import jax
    except ImportError as error:
        raise MissingError("not installed") from error
    jax.config.update("jax_enable_x64", True)
    return jax


def _read(work: Walk, result: Any) -> Any:
    result = np.asarray(result)
    return np.concatenate([work.start, result]) if work.path else result


def _step(rule: str, xp: Any, theta: Any, g: Any, memory: Any, power: Any, lr: Any, h: Any) -> Any:
    """One coordinate (or one array of them) one step on: (theta, memory)."""
    m, v = memory
    if rule == "gd":
        return theta - lr * g, (m, v)
    if rule == "momentum":
        m = h["beta"] * m + g
        return theta - lr * m, (m, v)
    m = h["beta1"] * m + (1 - h["beta1"]) * g
    v = h["beta2"] * v + (1 - h["beta2"]) * g * g
    scale = xp.sqrt(v / (1 - power[1])) + h["eps"]
    return theta - lr * (m / (1 - power[0])) / scale, (m, v)


def _powers(rule: str, power: Any, h: Any) -> Any:
    """The powers of Adam's betas as running products: XLA's `pow` would cost more than the step."""
    return (power[0] * h["beta1"], power[1] * h["beta2"]) if rule == "adam" else power


def _one_array(jax: Any, work: Walk) -> Callable[..., Any]:
    def run(theta: Any, lr: Any, h: Any, a: Any, b: Any) -> Any:
        gradient = jax.grad(lambda z: loss(work.landscape, jax.numpy, z[0], z[1], a, b))
        zero = jax.numpy.zeros_like(theta)

        def step(carry: Any, _: None) -> Any:
            theta, memory, power = carry
            power = _powers(work.rule, power, h)
            g = gradient(theta)
            theta, memory = _step(work.rule, jax.numpy, theta, g, memory, power, lr, h)
            return (theta, memory, power), (theta if work.path else None)

        first = (theta, (zero, zero), (1.0, 1.0))
        (theta, _, _), path = jax.lax.scan(step, first, length=work.steps)
        return path if work.path else theta

    return run


def _two_scalars(jax: Any, work: Walk) -> Callable[..., Any]:
    def run(start: Any, lr: Any, h: Any, a: Any, b: Any) -> Any:
        f = jax.grad(lambda x, y: loss(work.landscape, jax.numpy, x, y, a, b), argnums=(0, 1))
        zero = jax.numpy.zeros_like(start[0])

        def step(carry: Any, _: None) -> Any:
            (x, y), (at_x, at_y), power = carry
            power = _powers(work.rule, power, h)
            gx, gy = f(x, y)
            x, at_x = _step(work.rule, jax.numpy, x, gx, at_x, power, lr, h)
            y, at_y = _step(work.rule, jax.numpy, y, gy, at_y, power, lr, h)
            return ((x, y), (at_x, at_y), power), ((x, y) if work.path else None)

        first = (start, ((zero, zero), (zero, zero)), (1.0, 1.0))
        (end, _, _), path = jax.lax.scan(step, first, length=work.steps)
        return path if work.path else end

    return run


def _compiled(jax: Any, work: Walk, run: Callable[..., Any]) -> Callable[[Any], Any]:
    """Jit `run`, with an axis over walkers for every number that differs between them."""
    a, b = numbers(work)
    shared = {"lr": work.lr, "a": a, "b": b} | work.hyper
    differs = {name: 0 if np.ndim(value) else None for name, value in shared.items()}
    hyper_axes = {name: differs[name] for name in work.hyper}
    if not work.path:
        axes = (0, differs["lr"], hyper_axes, differs["a"], differs["b"])
        run = jax.vmap(run, in_axes=axes)
    fast = jax.jit(run)
    lr, a, b = (jax.numpy.asarray(value) for value in (work.lr, a, b))
    hyper = {name: jax.numpy.asarray(value) for name, value in work.hyper.items()}
    return lambda start: jax.block_until_ready(fast(start, lr, hyper, a, b))
