"""toylands' optimizers walk the paths of torch.optim and optax, to 1e-12 over 300 steps.

The recorded runs (golden.json, made by record_golden.py) need no library; the tests marked
`oracle` run the libraries themselves on other landscapes, starts and hyper-parameters.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from build_recipe import GOLDEN, build_landscape, build_optimizer
from record_golden import reliable_steps, rules, wrap
from torch_optax import PROBLEMS, RUNNERS, Problem

import toylands as tl

TOLERANCE = 1e-12


def error(path: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, relative to max(1, |theta|)."""
    assert path.shape == expected.shape
    return float(np.max(np.abs(path - expected) / np.maximum(1, np.abs(expected))))


def recorded_landscape(problem: str) -> Any:
    recorded = GOLDEN["problems"][problem]
    return build_landscape(recorded["text"], tuple(recorded["players"]))


def run_id(record: dict[str, Any]) -> str:
    return f"{record['problem']}-{record['library']}-{build_optimizer(record['recipe']).label}"


def is_optax_clip(record: dict[str, Any]) -> bool:
    """Runs whose formula is documented to differ: optax clips without torch's 1e-6."""
    return record["library"] == "optax" and record["recipe"]["name"] == "clip_norm"


RUNS = [record for record in GOLDEN["runs"] if not is_optax_clip(record)]
OTHER_CLIPS = [record for record in GOLDEN["runs"] if is_optax_clip(record)]


@pytest.mark.parametrize("problem", GOLDEN["problems"])
def test_recorded_problems_are_toylands_landscapes(problem: str) -> None:
    recorded = GOLDEN["problems"][problem]
    land = recorded_landscape(problem)
    assert float(land.loss(recorded["start"])) == pytest.approx(recorded["loss"], rel=1e-14)
    np.testing.assert_allclose(land.grad(recorded["start"]), recorded["grad"], rtol=1e-14)
    field = np.array(recorded["grad"]) * recorded["players"]
    np.testing.assert_allclose(land.field(recorded["start"]), field, rtol=1e-14)


@pytest.mark.parametrize("record", RUNS, ids=run_id)
def test_recorded_runs(record: dict[str, Any]) -> None:
    expected = np.array(record["path"])
    steps = GOLDEN["recorded"][: len(expected)]
    optimizer = build_optimizer(record["recipe"])
    start = GOLDEN["problems"][record["problem"]]["start"]
    run = tl.descend(recorded_landscape(record["problem"]), optimizer, start, steps=steps[-1])
    assert error(run.path[steps], expected) < TOLERANCE, record["call"]
    if "average" in record:
        first = record["recipe"].get("start", 0)  # before it, nothing is averaged yet
        kept = [step for step in steps if step >= first]
        average = np.array(record["average"])[[steps.index(step) for step in kept]]
        assert error(run.average[kept], average) < TOLERANCE, record["call"]


def test_the_comparison_notices_a_wrong_optimizer() -> None:
    """A planted error of 1e-9 in the rate, and a rule that differs only in detail, are found."""
    record = next(r for r in RUNS if r["recipe"]["name"] == "adam" and r["problem"] == "quartic")
    expected, start = np.array(record["path"]), GOLDEN["problems"]["quartic"]["start"]
    right = build_optimizer(record["recipe"])
    for wrong in (
        right.replace(lr=right.lr * (1 + 1e-9)),
        right.replace(eps=1.001e-8),
        tl.adamw(right.lr, weight_decay=1e-8),
        tl.amsgrad(right.lr),
    ):
        run = tl.descend(recorded_landscape("quartic"), wrong, start, steps=300)
        assert error(run.path[GOLDEN["recorded"]], expected) > TOLERANCE, wrong


@pytest.mark.parametrize("record", OTHER_CLIPS, ids=run_id)
def test_clip_norm_is_torch_not_optax(record: dict[str, Any]) -> None:
    """The two differ by torch's 1e-6 in the denominator: visible, but small."""
    expected = np.array(record["path"])
    steps = GOLDEN["recorded"][: len(expected)]
    start = GOLDEN["problems"][record["problem"]]["start"]
    optimizer = build_optimizer(record["recipe"])
    run = tl.descend(recorded_landscape(record["problem"]), optimizer, start, steps=steps[-1])
    assert error(run.path[steps], expected) > TOLERANCE
    assert error(run.path[steps[:6]], expected[:6]) < 1e-5


@pytest.mark.parametrize(
    "record",
    [r for r in RUNS if r["problem"] == "himmelblau" and "base" not in r["recipe"]],
    ids=run_id,
)
def test_recorded_runs_inside_a_swarm(record: dict[str, Any]) -> None:
    """A walker keeps its path when its neighbours have other rates and hyper-parameters."""
    expected = np.array(record["path"])
    steps = GOLDEN["recorded"][: len(expected)]
    optimizer = build_optimizer(record["recipe"])
    shares = np.array([0.5, 1.0, 0.9])
    others = {name: shares * value for name, value in optimizer.hyper.items()}
    optimizer = optimizer.replace(lr=shares * optimizer.lr, **others)
    start = GOLDEN["problems"]["himmelblau"]["start"]
    swarm = tl.descend(recorded_landscape("himmelblau"), optimizer, start, steps=steps[-1])
    assert swarm.path.shape == (3, steps[-1] + 1, 2)
    assert error(swarm.path[1][steps], expected) < TOLERANCE
    if steps[-1] > 1:
        assert error(swarm.path[0][steps], expected) > 1e-6


# Live


def live_recipes() -> list[tuple[str, dict[str, Any]]]:
    """Rules with hyper-parameters other than the recorded ones, wrapped and scheduled."""
    rates = {"gd": 0.07, "momentum": 0.04, "adaptive": 0.08, "adagrad": 0.4, "lion": 0.0113}
    made = []
    for name, rule in rules(rates).items():
        changes = {"beta": 0.8, "beta1": 0.85, "beta2": 0.97, "alpha": 0.9, "eps": 1e-6}
        changes["weight_decay"] = 0.05 if name != "lion" else 0.0
        recipe = {key: changes.get(key, value) for key, value in rule.items()}
        made.append(recipe)
    gd, heavy, adam, adamw = made[0], made[1], made[5], made[7]
    chain = {
        "name": "chain",
        "schedules": [
            {"name": "linear_warmup", "steps": 20, "start": 0.2},
            {"name": "warm_restarts", "first": 30, "mult": 2, "floor": 0.1},
        ],
        "at": [20],
    }
    made += [
        {"name": "optimistic_gd", "lr": 0.05},
        wrap("sam", heavy, rho=0.02),
        wrap("sam", wrap("clip_value", adam, limit=0.7), rho=0.03),
        wrap("clip_norm", wrap("weight_decay", adam, weight_decay=0.02), max_norm=0.4),
        wrap("clip_value", wrap("weight_decay", heavy, weight_decay=0.02), limit=0.3),
        wrap("swa", heavy, start=17),
        wrap("ema", adamw, decay=0.97),
        *({**rule, "schedule": chain} for rule in (gd, heavy, adam, adamw)),
    ]
    pairs = []
    for recipe in made:
        text = str(recipe)
        libraries = {"torch", "optax"}
        if any(f"'{name}'" in text for name in ("lion", "sam", "optimistic_gd")):
            libraries.remove("torch")
        if any(f"'{name}'" in text for name in ("adagrad", "amsgrad", "swa", "ema", "clip_norm")):
            libraries.remove("optax")
        pairs += [(library, recipe) for library in sorted(libraries)]
    return pairs


LIVE_PROBLEMS = {
    "saddle": PROBLEMS["saddle"],
    "curved_valley": PROBLEMS["curved_valley"],
    "quartic from elsewhere": PROBLEMS["quartic"]._replace(start=(-0.7, 1.3)),
}


@pytest.mark.oracle
@pytest.mark.parametrize("problem", LIVE_PROBLEMS.values(), ids=LIVE_PROBLEMS)
@pytest.mark.parametrize(
    ("library", "recipe"),
    live_recipes(),
    ids=lambda value: value if isinstance(value, str) else build_optimizer(value).label,
)
def test_live_runs(library: str, recipe: dict[str, Any], problem: Problem) -> None:
    pytest.importorskip(library)
    steps = 400
    expected = RUNNERS[library](problem, recipe, steps)
    last = reliable_steps(problem, library, recipe, expected)
    assert last >= 20
    run = tl.descend(
        build_landscape(problem.text), build_optimizer(recipe), problem.start, steps=steps
    )
    assert error(run.path[: last + 1], expected.path[: last + 1]) < TOLERANCE, expected.call
    if expected.average is not None:
        first = recipe.get("start", 0)
        assert error(run.average[first : last + 1], expected.average[first : last + 1]) < TOLERANCE


# What the docstrings say differs between toylands and a library does differ, by as much.


def optax_path(transform: Any, problem: Problem, steps: int) -> np.ndarray:
    """The path of a bare optax transformation."""
    import jax
    import jax.numpy as jnp
    import optax

    jax.config.update("jax_enable_x64", True)
    slope = jax.grad(lambda theta: problem.loss(jnp, theta[0], theta[1]))
    theta = jnp.array(problem.start, dtype=jnp.float64)
    state, path = transform.init(theta), [np.array(theta)]
    for _ in range(steps):
        updates, state = transform.update(slope(theta), state, theta)
        theta = optax.apply_updates(theta, updates)
        path.append(np.array(theta))
    return np.array(path)


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["adagrad", "amsgrad", "rmsprop"])
def test_optax_namesakes_differ(name: str) -> None:
    optax = pytest.importorskip("optax")
    problem = PROBLEMS["quartic"]
    ours = {
        "adagrad": tl.adagrad(0.5),
        "amsgrad": tl.amsgrad(0.1, beta2=0.9),
        "rmsprop": tl.rmsprop(0.01),
    }[name]
    theirs = {
        "adagrad": lambda: optax.adagrad(0.5),
        "amsgrad": lambda: optax.amsgrad(0.1, b2=0.9),
        "rmsprop": lambda: optax.rmsprop(0.01),
    }[name]()
    run = tl.descend(build_landscape(problem.text), ours, problem.start, steps=60)
    assert error(run.path, optax_path(theirs, problem, 60)) > 1e-4


@pytest.mark.oracle
def test_sam_is_optax_sam_up_to_its_guard_against_zero() -> None:
    optax = pytest.importorskip("optax")
    problem = PROBLEMS["quartic"]
    uphill = optax.chain(optax.contrib.normalize(), optax.sgd(0.05))
    theirs = optax.contrib.sam(optax.sgd(0.05), uphill)  # sees g and g_s in turn
    run = tl.descend(
        build_landscape(problem.text), tl.sam(tl.gd(0.05), rho=0.05), problem.start, steps=10
    )
    assert run.grad_norm.min() > 0.1
    assert error(run.path, optax_path(theirs, problem, 20)[::2]) < TOLERANCE


@pytest.mark.oracle
def test_optax_ema_and_clip_differ_as_documented() -> None:
    optax = pytest.importorskip("optax")
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    average = optax.ema(0.9)
    state = average.init(jnp.float64(0))
    for value in (1.0, 2.0, 4.0, 8.0):
        result, state = average.update(jnp.float64(value), state)
    assert float(result) == pytest.approx(4.05612097, rel=1e-8)
    clip = optax.clip_by_global_norm(1.0)
    clipped, _ = clip.update(jnp.array([3.0, 4.0]), clip.init(jnp.zeros(2)))
    assert float(clipped[0]) == pytest.approx(0.6, rel=1e-15)
