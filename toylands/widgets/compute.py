"""From a scene to the numbers of its picture: walks, terrain, basin map, and what is known exactly.

Everything here is plain NumPy on the core; no Jupyter. The explorer sends these numbers to the page.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands import optimizers
from toylands._words import did_you_mean, one_of
from toylands.dynamics import Basins, Trajectory, basins, descend
from toylands.formula import CriticalPoint, Landscape
from toylands.geometry import convergence_rate, find_critical_points, stability_limit
from toylands.optimizers import Optimizer
from toylands.widgets import rebuild
from toylands.widgets.scene import make_schedule, record_every

#: so many stationary points are looked for again, on a finer grid
CROWD = 60
#: a landscape that costs as much as this many plain formulas is not searched for stationary points
DEAR = 500


@dataclass(frozen=True)
class Walk:
    """One optimizer's walk and what is exactly known about it.

    `sharpness` is the largest eigenvalue of the exact Hessian along the path; `limit` the largest
    stable lr * lambda (None where there is none); `predicted` and `measured` the convergence rate near
    the minimum the walk approaches.
    """

    id: int
    optimizer: Optimizer
    trajectory: Trajectory
    hessians: np.ndarray
    sharpness: np.ndarray
    limit: float | None
    predicted: float | None
    measured: float | None

    @property
    def rates(self) -> np.ndarray:
        """The learning rate of the step that begins at each recorded point but the last."""
        run = self.trajectory
        return run.rates[:: run.every][: len(run.path) - 1]


def scene_landscape(
    scene: Mapping[str, Any], extra: Mapping[str, Landscape] | None = None
) -> Landscape:
    """The landscape of a scene: from the catalogue, from its text, or one passed by the user."""
    made = rebuild.rebuild(scene, extra)
    if made.dim != len(scene["view"]):
        raise ValueError(
            f"view: {made.name} has {made.dim} coordinates, but the view is for {len(scene['view'])}."
        )
    return made


def scene_optimizer(
    scene: Mapping[str, Any],
    entry: Mapping[str, Any],
    extra: Mapping[str, Callable[..., Optimizer]] | None = None,
) -> Optimizer:
    """The optimizer of one entry of a scene."""
    factory = (extra or {}).get(entry["name"]) or optimizers.get(entry["name"])
    lr = scene["lr"] if entry["lr"] is None else entry["lr"]
    _check_numbers(entry["name"], factory, entry["hyper"])
    opt = factory(
        lr=lr, **entry["hyper"], schedule=make_schedule(entry.get("schedule", scene["schedule"]))
    )
    for wrap in entry["wrap"]:
        wrapper = optimizers.get(wrap["kind"])
        numbers = {key: value for key, value in wrap.items() if key != "kind"}
        _check_numbers(wrap["kind"], wrapper, numbers)
        opt = wrapper(opt, **numbers)
    if scene["noise"] and opt.piece("noise") is None:
        opt = optimizers.noise(opt, sigma=scene["noise"])
    return opt


def _check_numbers(name: str, factory: Callable[..., Any], numbers: Mapping[str, Any]) -> None:
    known = [
        key for key in inspect.signature(factory).parameters if key not in ("base", "schedule")
    ]
    for key in numbers:
        if key not in known:
            raise ValueError(
                f"{name} has no {key!r}; it has {one_of(known, 'and') if known else 'no numbers'}."
                + did_you_mean(key, known)
            )


def largest_eigenvalues(hessians: np.ndarray) -> np.ndarray:
    """The largest eigenvalue of each matrix, shape (..., d, d); NaN where one is not finite."""
    if hessians.shape[-1] == 1:
        return hessians[..., 0, 0]
    if hessians.shape[-1] == 2:
        a, b, c = hessians[..., 0, 0], hessians[..., 0, 1], hessians[..., 1, 1]
        with np.errstate(all="ignore"):
            return (a + c) / 2 + np.hypot((a - c) / 2, b)
    finite = np.isfinite(hessians).all(axis=(-2, -1))
    values = np.linalg.eigvalsh(np.where(finite[..., None, None], hessians, 0.0))[..., -1]
    return np.where(finite, values, np.nan)


def measured_rate(grad_norm: np.ndarray) -> float | None:
    """The factor by which the gradient norm shrank per step in the last clean stretch of a walk.

    The stretch ends where the gradient reaches rounding error (1e-12 of its first value) and is up to 20
    steps long. A norm that swings, as under momentum, is measured from peak to peak over the later half
    of the walk: between any other two steps the swing itself would be taken for shrinking. None when the
    walk is too short or did not shrink by half.
    """
    top = grad_norm[0]
    usable = np.flatnonzero(grad_norm > 1e-12 * max(top, 1e-300))
    if not len(usable) or len(grad_norm) < 8:
        return None
    last = int(usable[-1])
    length = min(20, last // 2)
    if length < 4 or not grad_norm[last] < 0.5 * top:
        return None
    first = last - length
    later = grad_norm[last // 2 : last + 1]
    peaks = np.flatnonzero((later[1:-1] >= later[:-2]) & (later[1:-1] > later[2:])) + 1 + last // 2
    if len(peaks) == 1:
        return None
    if len(peaks) > 1:
        first, last = int(peaks[0]), int(peaks[-1])
    return float((grad_norm[last] / grad_norm[first]) ** (1 / (last - first)))


def _moving(scene: Mapping[str, Any], steps: int) -> dict[str, Any]:
    """The time-varying parameters for so many steps; after its last value one stays as it is."""
    count = steps + 1
    return {
        name: np.asarray([*row[:count], *row[-1:] * (count - len(row))], dtype=float)
        for name, row in scene["time_varying"].items()
    }


def is_game(land: Landscape) -> bool:
    """Whether one coordinate descends where another ascends."""
    return land.players is not None and len(set(land.players)) > 1


def walk(
    land: Landscape, opt: Optimizer, scene: Mapping[str, Any], number: int, *, inside: bool = False
) -> Walk:
    """Run one optimizer and measure it; `inside` records the rule's memory too."""
    every = record_every(scene["steps"])
    run = descend(
        land,
        opt,
        scene["start"],
        scene["steps"],
        seed=scene["seed"],
        every=every,
        record_state=inside,
        batch=scene["batch"],
        time_varying=_moving(scene, scene["steps"]),
    )
    if run.time_varying:  # every point of the path has its own parameters
        land = land(**run.time_varying)
    hessians = land.hessian(run.path)
    # Where both players ascend, the curvature that a rule feels is that of the loss turned over. Where one
    # descends and the other ascends, no eigenvalue of the Hessian says what is stable.
    felt = hessians if land.players is None else land.jacobian(run.path)
    status = run.status
    predicted = measured = None
    if not status.left:
        factor = measured_rate(run.grad_norm)
        measured = None if factor is None else factor ** (1 / every)
        if status.kind == "converged" and status.point == "minimum":
            predicted = convergence_rate(opt, np.linalg.eigvalsh(hessians[-1]))
    return Walk(
        number,
        opt,
        run,
        hessians,
        largest_eigenvalues(hessians if is_game(land) else felt),
        None if is_game(land) else stability_limit(opt),
        predicted,
        measured,
    )


def walks(
    scene: Mapping[str, Any],
    land: Landscape,
    extra: Mapping[str, Callable[..., Optimizer]] | None = None,
    *,
    inside: bool = False,
) -> list[Walk]:
    """Run every optimizer of the scene that is on."""
    return [
        walk(land, scene_optimizer(scene, entry, extra), scene, entry["id"], inside=inside)
        for entry in scene["optimizers"]
        if entry["on"]
    ]


def terrain(land: Landscape, view: Any, resolution: int) -> np.ndarray:
    """The loss on a grid over the view: shape (resolution, resolution), row by y; (1, n) in 1-D."""
    window = np.asarray(view, dtype=float)
    x = np.linspace(window[0, 0], window[0, 1], resolution)
    if land.dim == 1:
        return land.loss(x[:, None])[None, :]
    y = np.linspace(window[1, 0], window[1, 1], resolution)
    return land.loss(np.stack(np.meshgrid(x, y), axis=-1))


def critical_points(
    land: Landscape, view: Any, *, final: bool = True, crowded: bool = False
) -> tuple[list[CriticalPoint], bool]:
    """The critical points to draw, and whether they are all of the view's.

    All that a search finds; where a finer search finds many more, there are more than can be found, and only
    the declared ones are drawn. So they are on the slice of a large network, where a search takes minutes.
    Where a crowd has been found while something is dragged (not `final`), the finer search waits; where it
    was found before (`crowded`) so does the first, which would take longer than a picture may.
    """
    if land.definition.cost > DEAR or (crowded and not final):
        return list(land.critical_points), False
    try:
        found = find_critical_points(land, view, grid=24, steps=40)
        if len(found) <= CROWD or not final:
            return found, True
        more = find_critical_points(land, view, grid=48, steps=40)
    except ValueError:
        return list(land.critical_points), False
    if len(more) > 1.5 * len(found):
        return list(land.critical_points), False
    return more, True


def basin(scene: Mapping[str, Any], land: Landscape, opt: Optimizer, grid: int) -> Basins:
    """The basin map of one optimizer over the scene's view.

    A progress bar would come out below whichever cell ran last, in the middle of what the student reads.
    """
    steps = min(scene["steps"], 300)
    return basins(
        land,
        opt,
        grid,
        scene["view"],
        steps,
        time_varying=_moving(scene, steps),
        batch=scene["batch"],
        seed=scene["seed"],
        progress=False,
    )


def level_edges(land: Landscape, grid: np.ndarray) -> list[float]:
    """Contour levels for a grid of losses, lowest and highest loss included, as in the plots.

    The same levels serve the flat and the solid view; every band gets an equal share of colour.
    """
    from toylands.plots.terrain import choose_levels

    known = np.where(np.isfinite(grid), grid, np.nan)
    if np.isnan(known).all():
        return [0.0, 1.0]
    edges, _, _ = choose_levels(land, known)
    return [float(edge) for edge in edges]


def finite(value: Any) -> Any:
    """Replace numbers that JSON cannot carry (NaN, infinities) by None, inside dicts and lists."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
