"""What is measured: the same walks and the same points for toylands and for every peer.

    walk = swarm(SIZES, "adam", differs="betas")
    walk.start.shape            # (65536, 2)

A peer turns a `Walk` or a `Points` into `Task`s: calls that do the work, and a way to read the
numbers they found, so that equal work can be checked as well as timed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sizes:
    """How large each problem is; the targets are stated for these defaults."""

    walkers: int = 65_536
    steps: int = 200
    path: int = 300
    long_path: int = 20_000
    grid: int = 256
    sweep: int = 256
    sweep_steps: int = 300
    points: int = 65_536
    networks: int = 1_024
    samples: int = 100
    langevin_walkers: int = 100_000
    langevin_steps: int = 1_000


@dataclass(frozen=True)
class Walk:
    """Walkers that follow one rule; `lr`, `hyper`, `parameters` hold numbers or one per walker."""

    landscape: str
    rule: str
    start: Array
    steps: int
    lr: Any
    hyper: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    path: bool = False


@dataclass(frozen=True)
class Points:
    """Points of a landscape, shape (B, 2), where exact Hessians are wanted."""

    landscape: str
    theta: Array
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """One way to do the work: `call` is timed, `read` turns what it returned into an array."""

    label: str
    call: Callable[[], Any]
    read: Callable[[Any], Array]


class MissingError(Exception):
    """A peer that cannot run here; the message says why."""


#: the numbers in each formula; a walk may set them
PARAMETERS: dict[str, dict[str, float]] = {
    "rosenbrock": {"a": 1.0, "b": 100.0},
    "himmelblau": {"a": 11.0, "b": 7.0},
    "rastrigin": {"a": 10.0, "b": 0.0},
    "ackley": {"a": 20.0, "b": 0.2},
}

#: the numbers in each rule
HYPER: dict[str, dict[str, float]] = {
    "gd": {},
    "momentum": {"beta": 0.9},
    "adam": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
}


def loss(name: str, xp: Any, x: Any, y: Any, a: Any, b: Any) -> Any:
    """The landscape `name` in the functions of `xp` (NumPy, torch or jax.numpy)."""
    if name == "rosenbrock":
        return (a - x) ** 2 + b * (y - x**2) ** 2
    if name == "himmelblau":
        return (x**2 + y - a) ** 2 + (x + y**2 - b) ** 2
    circle = 2 * np.pi
    if name == "rastrigin":
        return 2 * a + x**2 - a * xp.cos(circle * x) + y**2 - a * xp.cos(circle * y)
    if name == "ackley":
        funnel = -a * xp.exp(-b * xp.sqrt((x**2 + y**2) / 2))
        return funnel - xp.exp((xp.cos(circle * x) + xp.cos(circle * y)) / 2) + a + np.e
    raise ValueError(f"no peer has the landscape {name!r}; they have {list(PARAMETERS)}.")


def path(rule: str, steps: int) -> Walk:
    """One walker on Rosenbrock's valley with its path recorded."""
    lr = {"gd": 1e-3, "adam": 1e-2}[rule]
    return Walk("rosenbrock", rule, np.array([[-1.2, 1.0]]), steps, lr, HYPER[rule], path=True)


def swarm(sizes: Sizes, rule: str, differs: str | None = None) -> Walk:
    """Walkers all over Rosenbrock's window; what `differs` between them is one number each.

    Rates stay where every walker remains finite, so that all peers do the same arithmetic.
    """
    n = sizes.walkers
    random = np.random.default_rng(7)
    start = random.uniform((-2.0, -1.0), (2.0, 3.0), size=(n, 2))
    lr: Any = {"gd": 2e-4, "adam": 1e-2}[rule]
    hyper: dict[str, Any] = dict(HYPER[rule])
    parameters: dict[str, Any] = {}
    if differs == "lr":
        lr = lr * np.geomspace(0.05, 1.0, n)
    elif differs == "betas":
        hyper |= {"beta1": np.linspace(0.85, 0.92, n), "beta2": np.linspace(0.995, 0.999, n)}
    elif differs == "landscape":
        parameters = {"a": np.linspace(0.5, 1.5, n), "b": np.geomspace(10.0, 100.0, n)}
    return Walk("rosenbrock", rule, start, sizes.steps, lr, hyper, parameters)


#: window and rate of each basin map
BASINS: dict[str, tuple[tuple[float, float], tuple[float, float], float]] = {
    "himmelblau": ((-5.0, 5.0), (-5.0, 5.0), 0.003),
    "rastrigin": ((-5.12, 5.12), (-5.12, 5.12), 0.002),
    "ackley": ((-5.0, 5.0), (-5.0, 5.0), 0.01),
}


def basins(sizes: Sizes, landscape: str) -> Walk:
    """Gradient descent from every point of a grid; row by row, y slowest."""
    view_x, view_y, lr = BASINS[landscape]
    x, y = np.linspace(*view_x, sizes.grid), np.linspace(*view_y, sizes.grid)
    start = np.stack([part.ravel() for part in np.meshgrid(x, y)], axis=-1)
    return Walk(landscape, "gd", start, sizes.steps, lr)


def sweep_axes(sizes: Sizes) -> dict[str, Array]:
    """The rates and the betas of the sweep."""
    return {
        "lr": np.geomspace(1e-5, 3e-4, sizes.sweep),
        "beta": np.linspace(0.0, 0.9, sizes.sweep),
    }


def sweep(sizes: Sizes) -> Walk:
    """Momentum from one start with every pair (lr, beta); beta fastest."""
    axes = sweep_axes(sizes)
    lr, beta = (part.ravel() for part in np.meshgrid(axes["lr"], axes["beta"], indexing="ij"))
    start = np.tile([-1.2, 1.0], (lr.size, 1))
    return Walk("rosenbrock", "momentum", start, sizes.sweep_steps, lr, {"beta": beta})


def points(sizes: Sizes, landscape: str) -> Points:
    """Random points of the landscape's window."""
    view_x, view_y = ((-2.0, 2.0), (-1.0, 3.0))
    if landscape in BASINS:
        view_x, view_y, _ = BASINS[landscape]
    low, high = zip(view_x, view_y, strict=True)
    theta = np.random.default_rng(11).uniform(low, high, size=(sizes.points, 2))
    return Points(landscape, theta)


def numbers(work: Walk | Points) -> tuple[Any, Any]:
    """The landscape's two numbers a and b, each a float or one per walker."""
    values = PARAMETERS[work.landscape] | work.parameters
    return values["a"], values["b"]
