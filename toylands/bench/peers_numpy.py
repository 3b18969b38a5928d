"""The NumPy peer: gradients by hand, whole-array operations, a Python loop over steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands.bench.problems import Array, Points, Task, Walk, numbers

CIRCLE = 2 * np.pi


def walk(work: Walk) -> list[Task]:
    """One task: the whole walk, all walkers at once."""
    return [Task("NumPy loop", lambda: _walk(work), np.asarray)]


def hessians(work: Points) -> list[Task]:
    """One task: the second derivatives written out by hand."""
    return [Task("NumPy by hand", lambda: _hessians(work), np.asarray)]


def _gradient(name: str, x: Any, y: Any, a: Any, b: Any) -> tuple[Any, Any]:
    if name == "rosenbrock":
        gap = y - x * x
        return -2 * (a - x) - 4 * b * x * gap, 2 * b * gap
    if name == "himmelblau":
        u, w = x * x + y - a, x + y * y - b
        return 4 * x * u + 2 * w, 2 * u + 4 * y * w
    if name == "rastrigin":
        return (
            2 * x + CIRCLE * a * np.sin(CIRCLE * x),
            2 * y + CIRCLE * a * np.sin(CIRCLE * y),
        )
    r = np.sqrt((x * x + y * y) / 2)
    funnel = a * b * np.exp(-b * r) / (2 * r)
    ripple = np.pi * np.exp((np.cos(CIRCLE * x) + np.cos(CIRCLE * y)) / 2)
    return (
        funnel * x + ripple * np.sin(CIRCLE * x),
        funnel * y + ripple * np.sin(CIRCLE * y),
    )


def _walk(work: Walk) -> Array:
    a, b = numbers(work)
    theta = work.start.T.copy()  # (2, B): one row per coordinate
    if theta.shape[1] == 1:
        theta = theta[:, 0]  # one walker: no leading axis to carry along
    path = np.empty((work.steps + 1, 2)) if work.path else None
    if path is not None:
        path[0] = theta
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    power1: Any = 1.0  # powers of Adam's betas
    power2: Any = 1.0
    for t in range(1, work.steps + 1):
        g = np.array(_gradient(work.landscape, theta[0], theta[1], a, b))
        if work.rule == "gd":
            theta = theta - work.lr * g
        elif work.rule == "momentum":
            m = work.hyper["beta"] * m + g
            theta = theta - work.lr * m
        else:
            beta1, beta2 = work.hyper["beta1"], work.hyper["beta2"]
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g * g
            power1, power2 = power1 * beta1, power2 * beta2
            scale = np.sqrt(v / (1 - power2)) + work.hyper["eps"]
            theta = theta - work.lr * (m / (1 - power1)) / scale
        if path is not None:
            path[t] = theta
    return theta.T if path is None else path


def _hessians(work: Points) -> Array:
    a, b = numbers(work)
    x, y = work.theta.T
    result = np.empty((len(x), 2, 2))
    if work.landscape == "rosenbrock":
        result[:, 0, 0] = 2 + 12 * b * x**2 - 4 * b * y
        result[:, 0, 1] = result[:, 1, 0] = -4 * b * x
        result[:, 1, 1] = 2 * b
        return result
    r = np.sqrt((x * x + y * y) / 2)
    funnel = a * b * np.exp(-b * r)
    bend = funnel * (1 / (4 * r**3) + b / (4 * r**2))
    ripple = np.exp((np.cos(CIRCLE * x) + np.cos(CIRCLE * y)) / 2)
    sx, sy = np.pi * np.sin(CIRCLE * x), np.pi * np.sin(CIRCLE * y)
    curve = CIRCLE * np.pi
    cx, cy = curve * np.cos(CIRCLE * x), curve * np.cos(CIRCLE * y)
    result[:, 0, 0] = funnel / (2 * r) - bend * x * x + ripple * (cx - sx**2)
    result[:, 1, 1] = funnel / (2 * r) - bend * y * y + ripple * (cy - sy**2)
    result[:, 0, 1] = result[:, 1, 0] = -bend * x * y - ripple * sx * sy
    return result
