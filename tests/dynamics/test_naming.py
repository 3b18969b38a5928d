"""What runs are called: what differs between them, with as many digits as that takes, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.dynamics.naming import names_of
from toylands.optimizers.schedules import chain, exponential, linear_warmup

L = tl.landscapes
BOWL = tl.landscape("k*x**2 + y**2", k=1.0)


def walk(opt: Any = None, land: Any = BOWL, **options: Any) -> Any:
    return tl.descend(land, opt or tl.gd(0.1), **{"start": (1, 1), "steps": 2, **options})


def test_a_single_run_is_called_like_its_optimizer() -> None:
    assert names_of([walk()]) == ["gd(lr=0.1)"]


@pytest.mark.parametrize(
    ("runs", "names"),
    [
        (lambda: [walk(start=at) for at in ((1, 2), (0, 1))], ["from (1, 2)", "from (0, 1)"]),
        (
            lambda: [walk(start=(x, 0)) for x in (0.12345, 0.12346)],
            ["from (0.12345, 0)", "from (0.12346, 0)"],
        ),
        (lambda: [walk(tl.gd(lr)) for lr in (0.1, 0.10000001)], ["gd(lr=0.1)", "gd(lr=0.10000001)"]),
        (lambda: [walk(tl.langevin(0.1, 0.1), seed=s) for s in (3, 5)], ["seed 3", "seed 5"]),
        (lambda: [walk(land=BOWL(k=k)) for k in (1, 3)], ["k = 1", "k = 3"]),
        (
            lambda: [walk(time_varying={"k": [1.0, end]}) for end in (2, 3)],
            ["k from 1 to 2", "k from 1 to 3"],
        ),
        (lambda: [walk(), walk()], ["run 1", "run 2"]),
        (
            lambda: [walk(), walk(tl.adam(0.1), start=(0, 1))],
            ["gd(lr=0.1), from (1, 1)", "adam(lr=0.1), from (0, 1)"],
        ),
        (lambda: [walk(seed=0), walk(tl.adam(0.1), seed=1)], ["gd(lr=0.1)", "adam(lr=0.1)"]),
    ],
)  # fmt: skip
def test_names_say_what_differs(runs: Any, names: list[str]) -> None:
    made = names_of(runs())
    assert [name.replace(" = ", "=") for name in made] == [n.replace(" = ", "=") for n in names]


def test_batches_and_landscapes_tell_runs_apart() -> None:
    land = L.one_sample_each if hasattr(L, "one_sample_each") else None
    land = land or next(one for one in tl.catalogue() if one.samples)
    runs = [tl.descend(land, tl.gd(0.01), steps=2, batch=b) for b in (None, 1)]
    assert names_of(runs) == ["all samples", "batch 1"]
    assert "batches of 1" in repr(runs[1])
    assert "batches" not in repr(runs[0])
    names = names_of([walk(), walk(land=L.himmelblau)])
    assert names == ["on landscape", "on himmelblau"]


def test_starts_that_look_alike_are_numbered() -> None:
    net = tl.networks.mlp((2, 4, 1), data=tl.networks.two_moons(8, seed=0))
    one = net.init(0)
    two = one + 1e-3 * (np.arange(len(one)) > 8)  # differs further on than is written
    runs = [tl.descend(net, tl.gd(0.1), at, steps=1) for at in (one, two, one)]
    assert names_of(runs) == ["start 1, run 1", "start 2", "start 1, run 2"]


def test_walkers_of_a_swarm_keep_their_seeds() -> None:
    noisy = tl.langevin(0.1, 0.1)
    swarm = tl.descend(BOWL, noisy, [(1, 1)] * 2, steps=1, seed=np.array([7, 8]))
    assert [run.seed for run in swarm] == [7, 8]
    assert names_of(list(swarm)) == ["seed 7", "seed 8"]
    shared = tl.descend(BOWL, noisy, [(1, 1)] * 2, steps=1, seed=7)
    assert names_of(list(shared)) == ["run 1", "run 2"]


def test_a_race_is_read_by_names_that_are_all_different() -> None:
    race = tl.race(BOWL, [tl.gd(0.1), tl.gd(0.1), tl.adam(0.1)], steps=1)
    assert len(set(race.names)) == 3
    assert race.names[2] == "adam"
    assert race[race.names[1]] is race.runs[1]


def test_a_game_has_a_value_and_no_loss() -> None:
    race = tl.race(L.bilinear_game, [tl.gd(0.1)], steps=2)
    assert "loss" not in repr(race)
    assert "value" in repr(race)
    assert "value" in repr(race[0])
    assert "value 0" in repr(L.bilinear_game.critical_points[0])
    assert "loss" in repr(walk())


def test_the_label_of_a_schedule_has_short_numbers() -> None:
    warm = linear_warmup(60, start=1 / 60)
    assert warm.label == "linear_warmup(60, start=0.0167)"
    assert repr(warm) == f"linear_warmup(60, start={1 / 60!r})"
    assert exponential(0.99995).label == "exponential(0.99995)"  # and not 1
    assert chain(warm, exponential(1 / 3), at=[60]).label == (
        "chain(linear_warmup(60, start=0.0167), exponential(0.333), at=[60])"
    )


def test_a_schedule_named_rightly_is_not_told_its_own_name() -> None:
    with pytest.raises(TypeError, match=r"not the text 'cosine'\. Schedules are made by calling"):
        tl.gd(0.1, schedule="cosine")
