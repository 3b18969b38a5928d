"""The landscapes of `plain_walk` again, as toylands formulas, and one comparison for all tests."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import plain_walk

import toylands as tl
from toylands.formula import dial, landscape, tanh

START = (-0.7, 0.9)
SEED = 11
KEY = plain_walk.splitmix(SEED, 0)

ROSENBROCK = tl.landscape("(a - x)**2 + b*(y - x**2)**2", a=1.0, b=100.0, name="valley_of_r")
QUARTIC = tl.landscape("5*x**2 + y**2/2 + x*y/2 + y**4/4", name="quartic")
SADDLE = tl.landscape("x**2 - y**2 + y**4/2", name="two_wells")


@landscape(players=(1, -1))
def GAME(x: Any, y: Any) -> Any:
    """A game: x descends on the product, y ascends."""
    return x * y


@landscape(data={"u": plain_walk.U, "v": plain_walk.V}, view=((-3, 3), (-3, 3)))
def LINE(a: Any, b: Any, *, u: Any, v: Any) -> Any:
    """Fit seven points by a bent line."""
    return (tanh(a * u) + b - v) ** 2 / 2


@landscape(view=((-2, 2),) * 5, k=dial(3.0, 0.1, 10))
def FIVE(a: Any, b: Any, c: Any, d: Any, e: Any, *, k: Any) -> Any:
    """Five coordinates, coupled in a chain."""
    return ((a - 1) ** 2 + k * (b - a) ** 2 + (c - b) ** 4 + k * (d - c) ** 2 + (e - d) ** 2) / 2


PAIRS = {
    "rosenbrock": (ROSENBROCK, plain_walk.ROSENBROCK),
    "quartic": (QUARTIC, plain_walk.QUARTIC),
    "saddle": (SADDLE, plain_walk.SADDLE),
    "game": (GAME, plain_walk.GAME),
    "line": (LINE, plain_walk.LINE),
}


def assert_same(run: Any, expected: plain_walk.Result, rtol: float = 1e-11) -> None:
    """A recorded run against the plain walk: path, loss, gradient norm, divergence, average."""
    assert run.diverged_at == expected.died
    assert run.path.shape == expected.path.shape
    np.testing.assert_allclose(run.path, expected.path, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(run.loss, expected.loss, rtol=100 * rtol, atol=100 * rtol)
    np.testing.assert_allclose(run.grad_norm, expected.grad_norm, rtol=100 * rtol, atol=100 * rtol)
    if run.average is not None:
        np.testing.assert_allclose(run.average, expected.average, rtol=rtol, atol=rtol)


def both(
    name: str, opt: Any, steps: int = 70, start: Any = START, rtol: float = 1e-11, **walk: Any
) -> Any:
    """Run an optimizer on a landscape and in plain Python; they must agree."""
    land, problem = PAIRS[name]
    options = {key: walk[key] for key in ("batch", "replacement", "escape") if key in walk}
    options.setdefault("escape", math.inf)
    run = tl.descend(land, opt, start, steps, seed=SEED, **options)
    walk.setdefault("lr", opt.lr)
    assert_same(run, plain_walk.Walk(problem, start, steps, key=KEY, **walk).run(), rtol)
    return run
