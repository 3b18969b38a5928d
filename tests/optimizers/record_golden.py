"""Record what torch.optim and optax do, for the parity tests.

    python tests/optimizers/record_golden.py      # writes golden.json beside this file

Run by hand, where torch, jax and optax are installed; nothing of toylands is used.

Every run is repeated with gradients whose argument and value carry a relative error of 5e-16, as
any other way of computing them might. Where the path then moves by more than 2e-13, it measures
rounding, not the optimizer (SAM close to a minimum, for example), so a run is recorded only as
far as its path moves less. A run that keeps fewer than 50 steps is an error.
"""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
from torch_optax import FACTORS, PROBLEMS, RUNNERS, Problem, Recipe, Run

GOLDEN = Path(__file__).with_name("golden.json")
STEPS = 300
RECORDED = [0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 300]
SCHEDULE_STEPS = 121
RECORDED_PROBLEMS = [
    "quartic",
    "rosenbrock",
    "rotated_ravine",
    "himmelblau",
    "tilted_well",
    "bilinear_game",
]


SCHEDULES: list[Recipe] = [
    {"name": "constant"},
    {"name": "step", "every": 20, "gamma": 0.1},
    {"name": "step", "every": 7, "gamma": 0.6},
    {"name": "exponential", "gamma": 0.9},
    {"name": "exponential", "gamma": 0.985},
    {"name": "cosine", "steps": 50, "floor": 0.1, "after": "stay"},
    {"name": "cosine", "steps": 50, "floor": 0.1, "after": "climb"},
    {"name": "cosine", "steps": 37, "floor": 0.0, "after": "climb"},
    {"name": "cosine", "steps": 120, "floor": 0.0, "after": "stay"},
    {"name": "warm_restarts", "first": 10, "mult": 2, "floor": 0.05},
    {"name": "warm_restarts", "first": 15, "mult": 1, "floor": 0.0},
    {"name": "warm_restarts", "first": 7, "mult": 3, "floor": 0.01},
    {"name": "cyclic", "low": 0.1, "half_period": 10, "mode": "triangular"},
    {"name": "cyclic", "low": 0.1, "half_period": 10, "mode": "triangular2"},
    {"name": "cyclic", "low": 0.25, "half_period": 13, "mode": "exp_range", "gamma": 0.98},
    {"name": "one_cycle", "steps": 50, "pct_start": 0.3, "div": 25.0, "final_div": 1e4},
    {"name": "one_cycle", "steps": 121, "pct_start": 0.25, "div": 10.0, "final_div": 100.0},
    {"name": "one_cycle", "steps": 60, "pct_start": 0.01, "div": 25.0, "final_div": 1e4},
    {"name": "one_cycle", "steps": 60, "pct_start": 1.0, "div": 5.0, "final_div": 1e3},
    {"name": "linear_warmup", "steps": 5, "start": 1 / 3},
    {"name": "linear_warmup", "steps": 20, "start": 0.05},
    {"name": "linear_warmup", "steps": 10, "start": 0.0},
    {
        "name": "chain",
        "schedules": [
            {"name": "linear_warmup", "steps": 10, "start": 0.0},
            {"name": "cosine", "steps": 40, "floor": 0.1, "after": "stay"},
        ],
        "at": [10],
    },
    {
        "name": "chain",
        "schedules": [
            {"name": "linear_warmup", "steps": 10, "start": 0.1},
            {"name": "cosine", "steps": 40, "floor": 0.1, "after": "climb"},
            {"name": "exponential", "gamma": 0.95},
        ],
        "at": [10, 35],
    },
    {
        "name": "chain",
        "schedules": [
            {"name": "step", "every": 6, "gamma": 0.5},
            {"name": "warm_restarts", "first": 8, "mult": 2, "floor": 0.1},
            {"name": "cyclic", "low": 0.2, "half_period": 5, "mode": "triangular2"},
        ],
        "at": [20, 70],
    },
]

# The schedules of the recorded runs, sized for 300 steps.
RUN_SCHEDULES: list[Recipe] = [
    {"name": "step", "every": 20, "gamma": 0.7},
    {"name": "exponential", "gamma": 0.99},
    {"name": "cosine", "steps": 250, "floor": 0.1, "after": "stay"},
    {"name": "cosine", "steps": 120, "floor": 0.1, "after": "climb"},
    {"name": "warm_restarts", "first": 20, "mult": 2, "floor": 0.05},
    {"name": "cyclic", "low": 0.1, "half_period": 10, "mode": "triangular"},
    {"name": "cyclic", "low": 0.1, "half_period": 10, "mode": "triangular2"},
    {"name": "cyclic", "low": 0.1, "half_period": 10, "mode": "exp_range", "gamma": 0.99},
    {"name": "one_cycle", "steps": 300, "pct_start": 0.3, "div": 25.0, "final_div": 1e4},
    {"name": "linear_warmup", "steps": 15, "start": 1 / 3},
    {
        "name": "chain",
        "schedules": [
            {"name": "linear_warmup", "steps": 10, "start": 0.1},
            {"name": "cosine", "steps": 290, "floor": 0.1, "after": "climb"},
        ],
        "at": [10],
    },
]

# Learning rates below the stability limit of each problem; Lion's are no fractions of the start,
# so that no coordinate lands on 0, where the sign would be decided by rounding.
RATES: dict[str, dict[str, float]] = {
    "quartic": {"gd": 0.05, "momentum": 0.03, "adaptive": 0.1, "adagrad": 0.5, "lion": 0.0137},
    "rosenbrock": {"gd": 1e-3, "momentum": 2e-4, "adaptive": 0.02, "adagrad": 0.3, "lion": 0.0013},
    "rotated_ravine": {
        "gd": 0.015,
        "momentum": 0.01,
        "adaptive": 0.1,
        "adagrad": 0.5,
        "lion": 0.0117,
    },
    "himmelblau": {"gd": 0.01, "momentum": 3e-3, "adaptive": 0.1, "adagrad": 0.7, "lion": 0.0171},
    "tilted_well": {"gd": 0.2, "momentum": 0.08, "adaptive": 0.1, "adagrad": 0.5, "lion": 0.0127},
}


def wrap(name: str, base: Recipe, **hyper: Any) -> Recipe:
    """The recipe of a wrapper around another."""
    return {"name": name, **hyper, "base": base}


def rules(rates: dict[str, float]) -> dict[str, Recipe]:
    """One recipe for each rule that torch or optax has."""
    betas = {"beta1": 0.9, "beta2": 0.999}
    adaptive = {"lr": rates["adaptive"], **betas, "eps": 1e-8}
    lion = {"lr": rates["lion"], "beta1": 0.9, "beta2": 0.99}
    return {
        "gd": {"name": "gd", "lr": rates["gd"]},
        "momentum": {"name": "momentum", "lr": rates["momentum"], "beta": 0.9},
        "nesterov": {"name": "nesterov", "lr": rates["momentum"], "beta": 0.9},
        "adagrad": {"name": "adagrad", "lr": rates["adagrad"], "eps": 1e-10},
        "rmsprop": {
            "name": "rmsprop",
            "lr": rates["adaptive"] / 10,
            "alpha": 0.99,
            "eps": 1e-8,
        },
        "adam": {"name": "adam", **adaptive},
        "amsgrad": {"name": "amsgrad", **adaptive, "beta2": 0.9},
        "adamw": {"name": "adamw", **adaptive, "weight_decay": 0.1},
        "lion": {"name": "lion", **lion, "weight_decay": 0.0},
        "lion_decay": {"name": "lion", **lion, "weight_decay": 0.3},
    }


def recipes(problem: str) -> list[tuple[str, Recipe]]:
    """The (library, recipe) pairs recorded for a problem."""
    if problem == "bilinear_game":
        return [
            ("optax", {"name": "optimistic_gd", "lr": 0.1}),
            ("torch", {"name": "gd", "lr": 0.01}),
        ]
    rates = RATES[problem]
    r = rules(rates)
    gd, adam = r["gd"], r["adam"]
    runs = [("optax" if name.startswith("lion") else "torch", rule) for name, rule in r.items()]
    runs += [("optax", {"name": "optimistic_gd", "lr": rates["gd"] / 3})]
    slow = {**gd, "lr": rates["gd"] / 4}  # where sam(gd) is less sensitive to rounding
    runs += [("optax", wrap("sam", base, rho=0.05)) for base in (slow, r["momentum"], adam)]
    limit = 20.0 if problem == "rosenbrock" else 0.5
    for base in (gd, adam):
        runs += [
            ("torch", wrap("clip_norm", base, max_norm=1.0)),
            ("optax", wrap("clip_norm", base, max_norm=1.0)),
            ("torch", wrap("clip_value", base, limit=limit)),
            ("torch", wrap("weight_decay", base, weight_decay=0.1)),
            ("torch", wrap("swa", base, start=0)),
            ("torch", wrap("swa", base, start=1)),
            ("torch", wrap("ema", base, decay=0.9)),
        ]
    runs += [("torch", wrap("ema", gd, decay=0.999))]
    runs += [("torch", wrap("swa", r["momentum"], start=100))]
    for name in ("momentum", "nesterov", "adagrad", "rmsprop", "amsgrad"):
        runs += [("torch", wrap("weight_decay", r[name], weight_decay=0.1))]
    decayed = wrap("weight_decay", r["momentum"], weight_decay=0.1)
    runs += [("torch", wrap("clip_norm", decayed, max_norm=1.0))]
    if problem in ("quartic", "himmelblau"):
        for schedule in RUN_SCHEDULES:
            stays = schedule["name"] == "cosine" and schedule["after"] == "stay"
            for base in (gd, adam):
                runs.append(("optax" if stays else "torch", {**base, "schedule": schedule}))
        for name in ("momentum", "nesterov", "adagrad", "rmsprop", "adamw"):
            runs.append(("torch", {**r[name], "schedule": RUN_SCHEDULES[0]}))
        for name in ("lion", "lion_decay"):
            runs.append(("optax", {**r[name], "schedule": RUN_SCHEDULES[0]}))
        runs.append(("optax", wrap("sam", {**gd, "schedule": RUN_SCHEDULES[0]}, rho=0.05)))
    return runs


def reliable_steps(problem: Problem, library: str, recipe: Recipe, run: Run) -> int:
    """The last step up to which rounding does not decide the path of a run."""
    shaken = RUNNERS[library](problem, recipe, len(run.path) - 1, error=5e-16)
    moved = np.abs(shaken.path - run.path) / np.maximum(1, np.abs(run.path))
    unreliable = np.flatnonzero(moved.max(axis=1) > 2e-13)
    return int(unreliable[0]) - 1 if unreliable.size else len(run.path) - 1


def record_problem(name: str) -> dict[str, Any]:
    """The text, start, loss and gradient of a problem, by autograd."""
    import torch

    problem = PROBLEMS[name]
    theta = torch.tensor(problem.start, dtype=torch.float64, requires_grad=True)
    loss = problem.loss(torch, theta[0], theta[1])
    loss.backward()
    return {
        "text": problem.text,
        "players": problem.players,
        "start": problem.start,
        "loss": loss.item(),
        "grad": theta.grad.tolist(),
    }


def record_run(problem: str, library: str, recipe: Recipe) -> dict[str, Any]:
    """One run at the recorded steps, as far as rounding does not decide it."""
    run = RUNNERS[library](PROBLEMS[problem], recipe, STEPS)
    if not np.isfinite(run.path).all():
        raise RuntimeError(f"{problem}, {recipe}: diverged")
    last = reliable_steps(PROBLEMS[problem], library, recipe, run)
    steps = [step for step in RECORDED if step <= last]
    if steps[-1] < 50:
        raise RuntimeError(
            f"{problem}, {recipe}: rounding decides the path after {steps[-1]} steps"
        )
    record = {"problem": problem, "library": library, "recipe": recipe, "call": run.call}
    record["path"] = run.path[steps].tolist()
    if run.average is not None:
        record["average"] = run.average[steps].tolist()
    return record


def record_schedules() -> list[dict[str, Any]]:
    """The factors of every schedule, from each library that has its formula."""
    records = []
    for schedule in SCHEDULES:
        steps = schedule["steps"] if schedule["name"] == "one_cycle" else SCHEDULE_STEPS
        libraries = {"torch", "optax"}
        text = json.dumps(schedule)
        if schedule["name"] in ("one_cycle", "cyclic") or "climb" in text or "cyclic" in text:
            libraries -= {"optax"}
        if schedule["name"] == "constant" or "stay" in text or '"start": 0.0' in text:
            libraries -= {"torch"}
        for library in sorted(libraries):
            factors, call = FACTORS[library](schedule, steps)
            record = {"library": library, "recipe": schedule, "call": call}
            records.append({**record, "factors": factors.tolist()})
    return records


def main() -> None:
    """Record everything and write golden.json."""
    import jax
    import optax
    import torch

    jax.config.update("jax_enable_x64", True)
    versions = {"torch": torch.__version__, "jax": jax.__version__, "optax": optax.__version__}
    versions |= {"numpy": np.__version__, "python": platform.python_version()}
    runs = []
    for problem in RECORDED_PROBLEMS:
        runs += [record_run(problem, library, recipe) for library, recipe in recipes(problem)]
        print(f"{problem}: {len(runs)} runs in all")
    golden = {
        "versions": versions,
        "steps": STEPS,
        "recorded": RECORDED,
        "problems": {name: record_problem(name) for name in RECORDED_PROBLEMS},
        "schedules": record_schedules(),
        "runs": runs,
    }
    # One line per record keeps the file small and its history readable.
    lines = []
    for key, value in golden.items():
        if isinstance(value, list) and isinstance(value[0], dict):
            rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in value)
            lines.append(f"{json.dumps(key)}:[\n{rows}\n]")
        else:
            lines.append(f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}")
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{GOLDEN.name}: {GOLDEN.stat().st_size} bytes")


if __name__ == "__main__":
    main()
