"""Run torch.optim and optax on small problems, for the parity tests.

The problems are typed here a second time, independently of toylands, and differentiated by torch's
autograd and by JAX. Everything is float64. torch, jax and optax are imported when first needed.

A recipe is a nested dictionary spelled like a toylands expression: `sam(gd(0.1), rho=0.05)` is
{"name": "sam", "rho": 0.05, "base": {"name": "gd", "lr": 0.1}}, and a schedule is
{"name": "cosine", "steps": 50, "floor": 0.1}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Recipe = dict[str, Any]


class Problem(NamedTuple):
    """A function typed for a module `xp` (torch or jax.numpy), and the same as toylands text."""

    text: str
    start: tuple[float, float]
    loss: Callable[..., Any]
    players: tuple[int, int] = (1, 1)


PROBLEMS = {
    "quartic": Problem(
        "5*x**2 + y**2/2 + x*y/2 + y**4/4",
        (1.0, -1.5),
        lambda xp, x, y: 5 * x**2 + y**2 / 2 + x * y / 2 + y**4 / 4,
    ),
    "rosenbrock": Problem(
        "(1 - x)**2 + 100*(y - x**2)**2",
        (-1.2, 1.0),
        lambda xp, x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
    ),
    # Eigenvalues 100 and 1 along (4, 3)/5 and (-3, 4)/5.
    "rotated_ravine": Problem(
        "2*(4*x + 3*y)**2 + (4*y - 3*x)**2/50",
        (-1.5, 1.0),
        lambda xp, x, y: 2 * (4 * x + 3 * y) ** 2 + (4 * y - 3 * x) ** 2 / 50,
    ),
    "himmelblau": Problem(
        "(x**2 + y - 11)**2 + (x + y**2 - 7)**2",
        (0.0, 0.5),
        lambda xp, x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
    ),
    "tilted_well": Problem(
        "x**4/4 - x**2/2 + x/5 + y**2/2",
        (1.8, -1.1),
        lambda xp, x, y: x**4 / 4 - x**2 / 2 + x / 5 + y**2 / 2,
    ),
    "bilinear_game": Problem("x*y", (1.0, 1.0), lambda xp, x, y: x * y, players=(1, -1)),
    # Not recorded: landscapes for the live tests.
    "saddle": Problem(
        "x**2/2 + y**4/4 - y**2/2",
        (1.0, 0.013),
        lambda xp, x, y: x**2 / 2 + y**4 / 4 - y**2 / 2,
    ),
    "curved_valley": Problem(
        "cosh(x) + (y - sin(x))**2/2",
        (1.7, -0.6),
        lambda xp, x, y: xp.cosh(x) + (y - xp.sin(x)) ** 2 / 2,
    ),
}


class Run(NamedTuple):
    """One run of a library: the path (steps + 1, 2), the averaged weights if any, the calls."""

    path: np.ndarray
    average: np.ndarray | None
    call: str


def _unwrap(recipe: Recipe) -> tuple[list[Recipe], Recipe]:
    """The wrappers from outside in, and the innermost rule."""
    wrappers = []
    while "base" in recipe:
        wrappers.append(recipe)
        recipe = recipe["base"]
    return wrappers, recipe


def _text(function: Any, arguments: dict[str, Any]) -> str:
    name = getattr(function, "__name__", str(function))
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"


# torch


def torch_schedule(optimizer: Any, schedule: Recipe, lr: float) -> tuple[Any, str]:
    """The torch scheduler of a schedule recipe, with its call as text."""
    import torch.optim.lr_scheduler as s

    a = dict(schedule)
    name = a.pop("name")
    if name == "chain":
        parts = [torch_schedule(optimizer, part, lr) for part in a["schedules"]]
        made = s.SequentialLR(optimizer, [part for part, _ in parts], milestones=a["at"])
        text = f"SequentialLR([{', '.join(text for _, text in parts)}], milestones={a['at']})"
        return made, text
    if name == "step":
        kind, words = s.StepLR, {"step_size": a["every"], "gamma": a["gamma"]}
    elif name == "exponential":
        kind, words = s.ExponentialLR, {"gamma": a["gamma"]}
    elif name == "cosine" and a["after"] == "climb":
        kind, words = s.CosineAnnealingLR, {"T_max": a["steps"], "eta_min": a["floor"] * lr}
    elif name == "warm_restarts":
        kind = s.CosineAnnealingWarmRestarts
        words = {"T_0": a["first"], "T_mult": a["mult"], "eta_min": a["floor"] * lr}
    elif name == "cyclic":
        kind = s.CyclicLR
        words = {"base_lr": a["low"] * lr, "max_lr": lr, "step_size_up": a["half_period"]}
        words |= {"mode": a["mode"], "cycle_momentum": False}
        words |= {"gamma": a["gamma"]} if "gamma" in a else {}
    elif name == "one_cycle":
        kind = s.OneCycleLR
        words = {"max_lr": lr, "total_steps": a["steps"], "pct_start": a["pct_start"]}
        words |= {"div_factor": a["div"], "final_div_factor": a["final_div"]}
        words |= {"cycle_momentum": False}
    elif name == "linear_warmup":
        kind, words = s.LinearLR, {"start_factor": a["start"], "total_iters": a["steps"]}
    else:
        raise ValueError(f"torch has no schedule like {schedule}")
    return kind(optimizer, **words), _text(kind, words)


def torch_rule(rule: Recipe, weight_decay: float) -> tuple[Any, dict[str, Any]]:
    """The torch.optim class and its arguments for a rule."""
    from torch import optim

    name, lr = rule["name"], rule["lr"]
    decay = {"weight_decay": weight_decay} if weight_decay else {}
    betas = {"betas": (rule.get("beta1"), rule.get("beta2"))}
    if name == "gd":
        return optim.SGD, {"lr": lr, **decay}
    if name == "momentum":
        return optim.SGD, {"lr": lr, "momentum": rule["beta"], **decay}
    if name == "nesterov":
        return optim.SGD, {"lr": lr, "momentum": rule["beta"], "nesterov": True, **decay}
    if name == "adagrad":
        return optim.Adagrad, {"lr": lr, "eps": rule["eps"], **decay}
    if name == "rmsprop":
        return optim.RMSprop, {"lr": lr, "alpha": rule["alpha"], "eps": rule["eps"], **decay}
    if name == "adam":
        return optim.Adam, {"lr": lr, **betas, "eps": rule["eps"], **decay}
    if name == "amsgrad":
        return optim.Adam, {"lr": lr, **betas, "eps": rule["eps"], "amsgrad": True, **decay}
    if name == "adamw" and not decay:
        words = {"lr": lr, **betas, "eps": rule["eps"], "weight_decay": rule["weight_decay"]}
        return optim.AdamW, words
    raise ValueError(f"torch has no {name!r}")


def torch_run(problem: Problem, recipe: Recipe, steps: int, error: float = 0.0) -> Run:
    """Run a recipe with torch.optim; `error` is put on what the gradient sees and gives."""
    import torch
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    wrappers, rule = _unwrap(recipe)
    decay = sum(w["weight_decay"] for w in wrappers if w["name"] == "weight_decay")
    if decay and wrappers[-1]["name"] != "weight_decay":
        raise ValueError("torch adds the decay after all else that touches the gradient")
    model = torch.nn.ParameterList([torch.tensor(problem.start, dtype=torch.float64)])
    theta = model[0]
    kind, words = torch_rule(rule, decay)
    optimizer = kind([theta], **words)
    calls = [_text(kind, words)]
    scheduler = None
    if "schedule" in rule:
        scheduler, text = torch_schedule(optimizer, rule["schedule"], rule["lr"])
        calls.append(text)
    averaged, first = None, 0
    clips: list[Callable[[], Any]] = []
    for wrapper in wrappers:
        if wrapper["name"] == "clip_norm":
            limit = wrapper["max_norm"]
            clips.append(lambda c=limit: torch.nn.utils.clip_grad_norm_([theta], c))
            calls.append(f"clip_grad_norm_(max_norm={limit!r})")
        elif wrapper["name"] == "clip_value":
            limit = wrapper["limit"]
            clips.append(lambda c=limit: torch.nn.utils.clip_grad_value_([theta], c))
            calls.append(f"clip_grad_value_(clip_value={limit!r})")
        elif wrapper["name"] == "swa":
            averaged, first = AveragedModel(model), wrapper["start"]
            calls.append(f"AveragedModel(model) updated from step {first} on")
        elif wrapper["name"] == "ema":
            multi = get_ema_multi_avg_fn(wrapper["decay"])
            averaged = AveragedModel(model, multi_avg_fn=multi)
            text = f"AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn({wrapper['decay']!r}))"
            calls.append(f"{text} updated from step 0 on")
        elif wrapper["name"] != "weight_decay":
            raise ValueError(f"torch has no {wrapper['name']!r}")
    signs = torch.tensor(problem.players, dtype=torch.float64)
    noise = np.random.default_rng(0)
    path = [theta.detach().numpy().copy()]
    average = []

    def update_average() -> None:
        if averaged is not None:
            if len(path) - 1 >= first:  # step 0 is the start point
                averaged.update_parameters(model)
            average.append(averaged.module[0].detach().numpy().copy())

    update_average()
    for _ in range(steps):
        wrong = torch.tensor(1 + error * noise.uniform(-1, 1, (2, 2)))
        look = (theta * wrong[0]).detach().requires_grad_()
        problem.loss(torch, look[0], look[1]).backward()
        theta.grad = signs * wrong[1] * look.grad
        for clip in clips:
            clip()
        optimizer.step()
        if scheduler is not None and len(path) < steps:
            scheduler.step()
        path.append(theta.detach().numpy().copy())
        update_average()
    return Run(np.array(path), np.array(average) if averaged else None, "; ".join(calls))


def torch_factors(schedule: Recipe, steps: int) -> tuple[np.ndarray, str]:
    """The factors of a schedule as torch steps through it, base rate 1."""
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, dtype=torch.float64, requires_grad=True)], lr=1.0)
    scheduler, text = torch_schedule(optimizer, schedule, 1.0)
    factors = []
    for _ in range(steps):
        factors.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        if len(factors) < steps:
            scheduler.step()
    return np.array(factors), text


# optax


def optax_schedule(schedule: Recipe, lr: float) -> tuple[Any, str]:
    """The optax schedule of a schedule recipe, with its call as text."""
    import optax

    a = dict(schedule)
    name = a.pop("name")
    if name == "chain":
        parts = [optax_schedule(part, lr) for part in a["schedules"]]
        text = f"join_schedules([{', '.join(text for _, text in parts)}], {a['at']})"
        return optax.join_schedules([part for part, _ in parts], a["at"]), text
    if name == "constant":
        kind, words = optax.constant_schedule, {"value": lr}
    elif name in ("step", "exponential"):
        kind = optax.exponential_decay
        words = {"init_value": lr, "transition_steps": a.get("every", 1)}
        words |= {"decay_rate": a["gamma"], "staircase": name == "step"}
    elif name == "cosine" and a["after"] == "stay":
        kind = optax.cosine_decay_schedule
        words = {"init_value": lr, "decay_steps": a["steps"], "alpha": a["floor"]}
    elif name == "warm_restarts":
        kind, cycles, size, total = optax.sgdr_schedule, [], a["first"], 0
        while total < 1000:
            cycle = {"init_value": lr, "peak_value": lr, "warmup_steps": 0, "decay_steps": size}
            cycles.append({**cycle, "end_value": a["floor"] * lr})
            total, size = total + size, size * a["mult"]
        words = {"cosine_kwargs": cycles}
    elif name == "linear_warmup":
        kind = optax.linear_schedule
        words = {"init_value": a["start"] * lr, "end_value": lr, "transition_steps": a["steps"]}
    else:
        raise ValueError(f"optax has no schedule like {schedule}")
    return kind(**words), _text(kind, words)


def optax_transform(recipe: Recipe) -> tuple[Any, str]:
    """The optax gradient transformation of a recipe, with its call as text."""
    import optax

    name = recipe["name"]
    if name == "sam":
        base, text = optax_transform(recipe["base"])
        # optax.contrib.normalize() with the 1e-12 that keeps g = 0 from giving 0/0.
        normalize = optax.stateless(lambda g, _: g / (optax.tree.norm(g) + 1e-12))
        uphill = optax.chain(normalize, optax.sgd(recipe["rho"]))
        made = optax.contrib.sam(base, uphill, opaque_mode=True)
        return made, f"contrib.sam({text}, g / (norm(g) + 1e-12), rho={recipe['rho']!r})"
    if "base" in recipe:
        if name == "clip_norm":
            outer, words = optax.clip_by_global_norm, {"max_norm": recipe["max_norm"]}
        elif name == "clip_value":
            outer, words = optax.clip, {"max_delta": recipe["limit"]}
        elif name == "weight_decay":
            outer = optax.add_decayed_weights
            words = {"weight_decay": recipe["weight_decay"]}
        else:
            raise ValueError(f"optax has no {name!r}")
        base, text = optax_transform(recipe["base"])
        return optax.chain(outer(**words), base), f"chain({_text(outer, words)}, {text})"
    rate: Any = recipe["lr"]
    text = repr(rate)
    if "schedule" in recipe:
        schedule, text = optax_schedule(recipe["schedule"], rate)

        # optax counts in int32, and a schedule of an int32 is computed in float32.
        def rate(count: Any) -> Any:
            return schedule(count.astype("int64"))

    betas = {"b1": recipe.get("beta1"), "b2": recipe.get("beta2")}
    if name == "gd":
        kind, words = optax.sgd, {}
    elif name in ("momentum", "nesterov"):
        kind, words = optax.sgd, {"momentum": recipe["beta"], "nesterov": name == "nesterov"}
    elif name == "rmsprop":
        words = {"decay": recipe["alpha"], "eps": recipe["eps"], "eps_in_sqrt": False}
        kind = optax.rmsprop
    elif name == "adam":
        kind, words = optax.adam, {**betas, "eps": recipe["eps"]}
    elif name == "adamw":
        words = {**betas, "eps": recipe["eps"], "weight_decay": recipe["weight_decay"]}
        kind = optax.adamw
    elif name == "lion":
        kind, words = optax.lion, {**betas, "weight_decay": recipe["weight_decay"]}
    elif name == "optimistic_gd":
        kind, words = optax.optimistic_gradient_descent, {"alpha": 1.0, "beta": 1.0}
    else:
        raise ValueError(f"optax has no {name!r} with toylands' formula")
    arguments = "".join(f", {key}={value!r}" for key, value in words.items())
    return kind(rate, **words), f"{kind.__name__}({text}{arguments})"


def optax_run(problem: Problem, recipe: Recipe, steps: int, error: float = 0.0) -> Run:
    """Run a recipe with optax; `error` is put on what the gradient sees and gives."""
    import jax
    import jax.numpy as jnp
    import optax

    jax.config.update("jax_enable_x64", True)
    transform, text = optax_transform(recipe)
    transform = optax.with_extra_args_support(transform)
    signs = jnp.array(problem.players, dtype=jnp.float64)
    slope = jax.grad(lambda theta: problem.loss(jnp, theta[0], theta[1]))

    def one_step(carry: Any, wrong: Any) -> Any:
        theta, state = carry

        def gradient(at: Any, _: Any = None) -> Any:
            return signs * slope(at * (1 + wrong[0])) * (1 + wrong[1])

        updates, state = transform.update(gradient(theta), state, theta, grad_fn=gradient)
        theta = optax.apply_updates(theta, updates)
        return (theta, state), theta

    theta = jnp.array(problem.start, dtype=jnp.float64)
    wrong = error * np.random.default_rng(0).uniform(-1, 1, (steps, 2, 2))
    _, path = jax.lax.scan(one_step, (theta, transform.init(theta)), jnp.array(wrong))
    return Run(np.vstack([problem.start, np.asarray(path)]), None, f"optax.{text}")


def optax_factors(schedule: Recipe, steps: int) -> tuple[np.ndarray, str]:
    """The factors of an optax schedule, base rate 1."""
    import jax

    jax.config.update("jax_enable_x64", True)
    function, text = optax_schedule(schedule, 1.0)
    values = [np.asarray(function(np.int64(t)), dtype=np.float64) for t in range(steps)]
    return np.array(values), text


RUNNERS = {"torch": torch_run, "optax": optax_run}
FACTORS = {"torch": torch_factors, "optax": optax_factors}
