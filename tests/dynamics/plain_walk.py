"""A walk in plain Python: the oracle of these tests. It imports nothing of toylands.

Random numbers are Philox4x32-10 [Salmon et al. 2011] in Python's integers, keyed by SplitMix64 [Steele
et al. 2014]; rules, looks and wrappers are typed from their papers; landscapes and their derivatives are
typed by hand. One walker, one step after another, no blocks, no compilation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray
WORD, LONG = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
NOISE, THERMAL, BATCH, SHUFFLE = 1, 2, 3, 4


# Random numbers


def philox(counter: Sequence[int], key: Sequence[int]) -> tuple[int, ...]:
    """Ten rounds of Philox4x32."""
    c, k = list(counter), list(key)
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [
            (second >> 32) ^ c[1] ^ k[0],
            second & WORD,
            (first >> 32) ^ c[3] ^ k[1],
            first & WORD,
        ]
        k = [(k[0] + 0x9E3779B9) & WORD, (k[1] + 0xBB67AE85) & WORD]
    return tuple(c)


def splitmix(state: int, number: int) -> int:
    """Number 0, 1, 2, ... of SplitMix64 from this state."""
    z = (state + (number + 1) * 0x9E3779B97F4A7C15) & LONG
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & LONG
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & LONG
    return z ^ (z >> 31)


def uniforms(key: int, a: int, b: int, stream: int) -> tuple[float, float]:
    """Two uniforms with 52 bits: the middle of a cell of width 2**-52."""
    w = philox((a, b, stream, 0), (key & WORD, key >> 32))
    return tuple((((hi >> 6) << 26 | (lo >> 6)) * 2 + 1) / 2**53 for hi, lo in (w[:2], w[2:]))  # type: ignore[return-value]


def normal(key: int, step: int, coordinate: int, stream: int) -> float:
    """Box and Muller's pair, one member for each of two coordinates."""
    first, second = uniforms(key, step, coordinate // 2, stream)
    turn = math.cos if coordinate % 2 == 0 else math.sin
    return math.sqrt(-2 * math.log(first)) * turn(2 * math.pi * second)


def batch_at(t: int, size: int, samples: int, key: int, replacement: bool) -> list[int]:
    """The samples of step t: drawn one by one, or the next of a shuffled epoch."""
    if replacement:
        draws = [u for k in range(0, size, 2) for u in uniforms(key, t, k, BATCH)]
        return [int(u * samples) for u in draws[:size]]
    batches = math.ceil(samples / size)
    epoch, number = divmod(t, batches)
    order = list(range(samples))
    for k in range(samples - 1, 0, -1):  # Fisher and Yates
        other = int(uniforms(key, epoch, k, SHUFFLE)[0] * (k + 1))
        order[k], order[other] = order[other], order[k]
    return order[number * size : (number + 1) * size]


# Landscapes


@dataclass(frozen=True)
class Problem:
    """A loss with its gradient and Hessian, each a function of (theta, parameters, samples)."""

    loss: Callable[..., float]
    grad: Callable[..., Array]
    hessian: Callable[..., Array] | None = None
    samples: int = 0


def _rosenbrock_grad(theta: Array, p: Mapping[str, float], s: Any) -> Array:
    (x, y), a, b = theta, p.get("a", 1.0), p.get("b", 100.0)
    return np.array([-2 * (a - x) - 4 * b * x * (y - x * x), 2 * b * (y - x * x)])


def _rosenbrock_hessian(theta: Array, p: Mapping[str, float], s: Any) -> Array:
    (x, y), b = theta, p.get("b", 100.0)
    return np.array([[2 - 4 * b * (y - 3 * x * x), -4 * b * x], [-4 * b * x, 2 * b]])


ROSENBROCK = Problem(
    lambda theta, p, s: (
        (p.get("a", 1.0) - theta[0]) ** 2 + p.get("b", 100.0) * (theta[1] - theta[0] ** 2) ** 2
    ),
    _rosenbrock_grad,
    _rosenbrock_hessian,
)

#: 5x^2 + y^2/2 + xy/2 + y^4/4
QUARTIC = Problem(
    lambda z, p, s: 5 * z[0] ** 2 + z[1] ** 2 / 2 + z[0] * z[1] / 2 + z[1] ** 4 / 4,
    lambda z, p, s: np.array([10 * z[0] + z[1] / 2, z[1] + z[0] / 2 + z[1] ** 3]),
    lambda z, p, s: np.array([[10.0, 0.5], [0.5, 1 + 3 * z[1] ** 2]]),
)

#: x^2 - y^2 + y^4/2: a saddle at the origin between two minima
SADDLE = Problem(
    lambda z, p, s: z[0] ** 2 - z[1] ** 2 + z[1] ** 4 / 2,
    lambda z, p, s: np.array([2 * z[0], -2 * z[1] + 2 * z[1] ** 3]),
    lambda z, p, s: np.array([[2.0, 0.0], [0.0, -2 + 6 * z[1] ** 2]]),
)

#: the game x*y: x descends, y ascends
GAME = Problem(lambda z, p, s: z[0] * z[1], lambda z, p, s: np.array([z[1], -z[0]]))

U = np.array([0.3, -1.2, 0.8, 2.0, -0.4, 1.1, -2.2])
V = np.array([0.5, 0.1, 0.9, 1.4, 0.2, 0.7, -0.6])


def _line(theta: Array, s: Any) -> tuple[Array, Array]:
    u, v = (U, V) if s is None else (U[s], V[s])
    return np.tanh(theta[0] * u) + theta[1] - v, u


def _line_hessian(theta: Array, p: Mapping[str, float], s: Any) -> Array:
    r, u = _line(theta, s)
    h = np.tanh(theta[0] * u)
    slope = (1 - h * h) * u
    aa = np.mean(slope**2 - 2 * r * h * (1 - h * h) * u * u)
    return np.array([[aa, np.mean(slope)], [np.mean(slope), 1.0]])


def _line_grad(theta: Array, p: Mapping[str, float], s: Any) -> Array:
    r, u = _line(theta, s)
    return np.array([np.mean(r * (1 - np.tanh(theta[0] * u) ** 2) * u), np.mean(r)])


#: the mean over seven samples (u, v) of (tanh(a u) + b - v)^2 / 2
LINE = Problem(
    lambda theta, p, s: float(np.mean(_line(theta, s)[0] ** 2) / 2),
    _line_grad,
    _line_hessian,
    len(U),
)

# Rules: (theta, gradient, rate, step counted from 1, memory) -> (theta, memory)

RULES: dict[str, Callable[..., tuple[Array, list[Array]]]] = {}


def _rule(function: Callable[..., Any]) -> Callable[..., Any]:
    RULES[function.__name__] = function
    return function


@_rule
def gd(x: Array, g: Array, lr: float, t: int, m: list[Array]) -> Any:
    return x - lr * g, m


@_rule
def momentum(x: Array, g: Array, lr: float, t: int, m: list[Array], beta: float = 0.9) -> Any:
    b = beta * (m[0] if m else 0 * x) + g
    return x - lr * b, [b]


@_rule
def polyak(x: Array, g: Array, lr: float, t: int, m: list[Array], beta: float = 0.9) -> Any:
    v = beta * (m[0] if m else 0 * x) - lr * g
    return x + v, [v]


@_rule
def adam(
    x: Array,
    g: Array,
    lr: float,
    t: int,
    state: list[Array],
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> Any:
    m, v = state or [0 * x, 0 * x]
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    return x - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps), [m, v]


# Operations on the gradient: (gradient, number, walk, theta, step) -> gradient


def clip_norm(g: Array, number: float, *_: Any) -> Array:
    return g * min(1.0, number / (math.sqrt(float(np.sum(g**2))) + 1e-6))


def clip_value(g: Array, number: float, *_: Any) -> Array:
    return np.clip(g, -number, number)


def weight_decay(g: Array, number: float, walk: Walk, x: Array, *_: Any) -> Array:
    return g + number * x


def noise(g: Array, number: float, walk: Walk, x: Array, t: int, *_: Any) -> Array:
    return g + number * np.array([normal(walk.key, t, j, NOISE) for j in range(len(g))])


def newton(g: Array, number: float, walk: Walk, x: Array, t: int, p: Any, s: Any) -> Array:
    assert walk.problem.hessian is not None
    return np.linalg.solve(walk.problem.hessian(x, p, s) + number * np.eye(len(x)), g)


def saddle_free(g: Array, number: float, walk: Walk, x: Array, t: int, p: Any, s: Any) -> Array:
    assert walk.problem.hessian is not None
    values, vectors = np.linalg.eigh(walk.problem.hessian(x, p, s))
    return vectors @ ((vectors.T @ g) / (np.abs(values) + number))


@dataclass
class Walk:
    """What walks where; `run` returns its path and everything a recorded run should show."""

    problem: Problem
    start: Sequence[float]
    steps: int
    lr: float
    rule: str = "gd"
    hyper: Mapping[str, float] = field(default_factory=dict)
    operations: Sequence[tuple[Callable[..., Array], float]] = ()  # from the outside in
    uphill: float | None = None  # sam's rho
    ahead: bool = False  # extragradient
    heat: float | None = None  # langevin's temperature
    patience: int = 0  # momentum reset
    fights: int = -1  # the sign of <memory, g> that counts as a conflict
    swa: int | None = None
    ema: float | None = None
    schedule: Callable[[int], float] = lambda t: 1.0
    parameters: Mapping[str, float] = field(default_factory=dict)
    time_varying: Mapping[str, Callable[[int], float]] = field(default_factory=dict)
    batch: int | None = None
    replacement: bool = True
    key: int = splitmix(0, 0)
    escape: float = math.inf

    def at(self, t: int) -> dict[str, float]:
        return {**self.parameters, **{name: value(t) for name, value in self.time_varying.items()}}

    def run(self) -> Result:
        with np.errstate(all="ignore"):
            return self._run()

    def _run(self) -> Result:
        x = np.array(self.start, dtype=float)
        grad, d = self.problem.grad, len(x)
        path, averages = [x], [x if self.swa in (None, 0) else np.full(d, np.nan)]
        memory: list[Array] = []
        conflicts, left = 0, None
        for t in range(self.steps):
            p, rate = self.at(t), self.lr * self.schedule(t)
            s = None
            if self.batch is not None:
                s = batch_at(t, self.batch, self.problem.samples, self.key, self.replacement)
            g = grad(x, p, s)
            if self.uphill is not None:
                g = grad(x + self.uphill * g / (math.sqrt(float(g @ g)) + 1e-12), p, s)
            elif self.ahead:
                g = grad(x - rate * g, p, s)
            for operation, number in self.operations:
                g = operation(g, number, self, x, t, p, s)
            if self.patience and memory:
                conflicts = conflicts + 1 if self.fights * float(memory[0] @ g) > 0 else 0
                if conflicts >= self.patience:
                    conflicts, memory = 0, [0 * m for m in memory]
            new, memory = RULES[self.rule](x, g, rate, t + 1, memory, **self.hyper)
            if self.heat is not None:
                z = np.array([normal(self.key, t, j, THERMAL) for j in range(d)])
                new = new + math.sqrt(2 * rate * self.heat) * z
            if not np.isfinite(new).all():
                left = t + 1
                break
            x = new
            path.append(x)
            averages.append(self._averaged(averages[-1], path))
            if np.abs(x).max() > self.escape:
                left = t + 1
                break
        points = np.array(path)
        rows = range(len(points))
        return Result(
            path=points,
            loss=np.array([self.problem.loss(points[k], self.at(k), None) for k in rows]),
            grad_norm=np.array([np.linalg.norm(grad(points[k], self.at(k), None)) for k in rows]),
            average=np.array(averages),
            died=left,
        )

    def _averaged(self, last: Array, path: list[Array]) -> Array:
        if self.ema is not None:
            return self.ema * last + (1 - self.ema) * path[-1]
        if self.swa is not None and len(path) > self.swa:
            return np.mean(path[self.swa :], axis=0)
        return last


@dataclass(frozen=True)
class Result:
    path: Array
    loss: Array
    grad_norm: Array
    average: Array
    died: int | None
