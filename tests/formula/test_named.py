"""Copies and pickles: a definition and a rule are shared, and whoever reads a pickle finds them by name."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import toylands as tl

L = tl.landscapes


@tl.landscape(k=tl.dial(2.0, 1, 3))
def own_bowl(x: Any, y: Any, *, k: Any) -> Any:
    """A bowl of this module's own."""
    return x**2 + k * y**2


@tl.rule(lr=0.1)
def own_rule(theta: Any, g: Any, lr: Any) -> Any:
    """A rule of this module's own."""
    return theta - lr * g


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


COPIES = [copy.copy, copy.deepcopy, pickled]
NET = tl.networks.mlp((2, 3, 1), data=tl.networks.two_moons(10, seed=0), loss="bce")
LANDS = {
    "catalogue": lambda: L.rosenbrock,
    "variant": lambda: L.rosenbrock(b=5),
    "text": lambda: tl.landscape("x**2 + k*y**2", k=3, view=((-1, 2), (-3, 4)), start=(1, 3)),
    "data": lambda: tl.landscape("(w*x - y)**2", data={"x": [1.0, 2.0], "y": [1.0, 3.0]}),
    "own": lambda: own_bowl(k=2.5),
    "game": lambda: L.bilinear_game,
    "network": lambda: NET,
}


@pytest.mark.parametrize("make", COPIES)
@pytest.mark.parametrize("name", LANDS)
def test_a_copy_of_a_landscape_is_the_landscape(make: Any, name: str) -> None:
    land = LANDS[name]()
    point = np.linspace(0.2, 0.7, land.dim)
    loss, grad = land.loss(point), land.grad(point)  # its kernels are compiled before it is copied
    made = make(land)
    assert made.loss(point) == loss
    assert (made.grad(point) == grad).all()
    assert (made.name, made.view, made.start, made.doc) == (
        land.name,
        land.view,
        land.start,
        land.doc,
    )
    assert {**made.parameters} == {**land.parameters}
    if name not in ("text", "data", "network") or make is not pickled:
        assert made.definition is land.definition  # nothing is compiled again


def results() -> dict[str, Any]:
    rates = np.array([1e-3, 1e-4])
    return {
        "optimizer": tl.sam(tl.adam(0.1, schedule=tl.schedules.cosine(9)), rho=0.1),
        "langevin": tl.langevin(0.1, temperature=0.1),
        "own": own_rule(0.3),
        "factory": tl.gd,
        "schedule": tl.schedules.cosine(5),
        "run": tl.descend(L.rosenbrock, tl.gd(1e-3), steps=5),
        "own run": tl.descend(own_bowl, own_rule(0.1), steps=3),
        "network run": tl.descend(NET, tl.gd(0.1), steps=2),
        "swarm": tl.descend(L.rosenbrock, tl.gd(rates), steps=4),
        "ends": tl.descend(L.rosenbrock, tl.gd(rates), steps=4, every=4),
        "race": tl.race(L.rosenbrock, [tl.gd(1e-3)], steps=3),
        "basins": tl.basins(L.himmelblau, tl.gd(0.01), grid=4, steps=5),
        "sweep": tl.sweep(L.rosenbrock, tl.gd, lr=[1e-3, 1e-4], steps=4),
        "minimum": L.himmelblau.minima[0],
        "catalogue": tl.catalogue(dim=1),
    }


def test_results_can_be_copied_and_pickled() -> None:
    for name, value in results().items():
        for make in COPIES:
            made = make(value)
            assert repr(made) == repr(value), name
            for part in ("path", "end"):
                if hasattr(value, part):
                    np.testing.assert_array_equal(getattr(made, part), getattr(value, part))


def test_what_no_name_holds_says_so() -> None:
    line = tl.geometry.slice_line(L.himmelblau)
    assert copy.deepcopy(line).definition is line.definition
    with pytest.raises(pickle.PicklingError, match="no name of a module or a notebook holds it"):
        pickle.dumps(line)
    text = pickle.dumps(own_bowl).replace(b"own_bowl", b"old_bowl")
    with pytest.raises(
        AttributeError, match=r"the pickle needs old_bowl, which .* does not define"
    ):
        pickle.loads(text)
