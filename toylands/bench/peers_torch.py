"""The torch peer: a `torch.optim` optimizer, `backward()` and `step()`, once per step, float64.

torch has one rate and one set of hyper-parameters per parameter group, so it has no swarm in which
they differ between walkers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands.bench.problems import Array, MissingError, Points, Task, Walk, loss, numbers


def walk(work: Walk) -> list[Task]:
    """One task: the loop over steps, all walkers in one tensor."""
    if np.ndim(work.lr) or any(np.ndim(value) for value in work.hyper.values()):
        raise MissingError("no such option")
    torch = installed()
    return [Task("torch.optim loop", lambda: _walk(torch, work), np.asarray)]


def hessians(work: Points) -> list[Task]:
    """One task: `torch.func.vmap(torch.func.hessian)`."""
    torch = installed()
    a, b = numbers(work)

    def f(theta: Any) -> Any:
        return loss(work.landscape, torch, theta[0], theta[1], a, b)

    batch = torch.func.vmap(torch.func.hessian(f))
    theta = torch.tensor(work.theta)
    return [Task("torch vmap(hessian)", lambda: batch(theta), lambda r: r.numpy())]


def version() -> str:
    """The version that is installed."""
    return str(installed().__version__)


def installed() -> Any:
    """The library, ready for float64, or a `MissingError`."""
    try:
        import torch
    except ImportError as error:
        raise MissingError("not installed") from error
    return torch


def _walk(torch: Any, work: Walk) -> Array:
    a, b = (torch.tensor(value) if np.ndim(value) else value for value in numbers(work))
    rows = work.start[0] if work.path else work.start.T.copy()
    theta = torch.tensor(rows, requires_grad=True)
    if work.rule == "adam":
        h = work.hyper
        betas = (h["beta1"], h["beta2"])
        optimizer = torch.optim.Adam([theta], lr=work.lr, betas=betas, eps=h["eps"])
    else:
        beta = work.hyper.get("beta", 0.0)
        optimizer = torch.optim.SGD([theta], lr=work.lr, momentum=beta)
    path = torch.empty((work.steps + 1, 2), dtype=torch.float64) if work.path else None
    if path is not None:
        path[0] = theta.detach()
    for t in range(work.steps):
        optimizer.zero_grad()
        loss(work.landscape, torch, theta[0], theta[1], a, b).sum().backward()
        optimizer.step()
        if path is not None:
            path[t + 1] = theta.detach()
    result: Array = (theta.detach().T if path is None else path).numpy()
    return result
