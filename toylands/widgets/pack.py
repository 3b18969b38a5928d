"""Numbers to bytes for the page: little-endian, small enough that a dragged slider never stutters.

Coordinates travel as float32. Loss, gradient norm and sharpness are drawn on axes a few hundred pixels
high, so 16 bits with a logarithmic scale of magnitudes and a sign are plenty while dragging; exact values
follow, as float64, when the slider is released.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from toylands.dynamics import Basins, Trajectory
from toylands.widgets.compute import Walk

#: codes of what has no logarithm, above those of magnitudes; the others are 0 to LEVELS - 1
NOTHING, ZERO, UP, DOWN = 65535, 65534, 65533, 65532
LEVELS = 65000
LABELS = {-1: 255, -2: 254, -3: 253, -4: 252, -5: 251}


def quantise(values: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """Numbers as uint16, and their scale: natural logarithms of the ends, and whether there are signs.

    Magnitudes are spaced evenly in their logarithms, from 0 to LEVELS - 1. Where some numbers are negative
    there are half as many for each sign: the negative ones begin at LEVELS / 2.
    """
    values = np.asarray(values, dtype=float)
    codes = np.full(len(values), NOTHING, dtype="<u2")
    for code, where in ((ZERO, values == 0), (UP, values == np.inf), (DOWN, values == -np.inf)):
        codes[where] = code
    known = np.isfinite(values) & (values != 0)
    if not known.any():
        return codes, [0.0, 1.0, 0]
    negative = values[known] < 0
    signed = bool(negative.any())
    half = LEVELS // 2 if signed else LEVELS
    logs = np.log(np.abs(values[known]))
    low, high = float(logs.min()), float(logs.max())
    span = max(high - low, 1e-12)
    codes[known] = np.rint((logs - low) * ((half - 1) / span)) + np.where(negative, half, 0)
    return codes, [round(low, 9), round(low + span, 9), int(signed)]


def pack_walks(walks: Sequence[Walk]) -> tuple[bytes, list[list[list[float]]]]:
    """The paths and curves of all walks, and each one's three scales."""
    parts, scales = [], []
    for walk in walks:
        run = walk.trajectory
        with np.errstate(over="ignore"):  # far outside, a coordinate is as good as infinite
            parts += [np.ascontiguousarray(c, dtype="<f4").tobytes() for c in run.path.T]
        own = []
        for curve in (run.loss, run.grad_norm, walk.sharpness):
            codes, scale = quantise(curve)
            parts.append(codes.tobytes())
            own.append(scale)
        parts.append(b"\0" * (-sum(map(len, parts)) % 4))
        scales.append(own)
    return b"".join(parts), scales


def bend(walk: Walk, row: int) -> list[float | None]:
    """Row, gradient and the Hessian's upper triangle at one point of a walk; None for what is not finite."""
    run, hessian = walk.trajectory, walk.hessians[row]
    then = {name: values[row] for name, values in run.time_varying.items()}
    gradient = run.landscape(**then).field(run.path[row])
    numbers = [*gradient, *hessian[np.triu_indices(len(hessian))]]
    return [row, *(float(value) if np.isfinite(value) else None for value in numbers)]


def pack_details(walks: Sequence[Walk]) -> tuple[bytes, list[dict[str, Any]]]:
    """Exact curves for the charts and the inside panel: columns of float64, named in the meta.

    Row k tells of the step from point k to point k + 1, so the last row has no rate and no step.
    """
    parts, meta = [], []
    for walk in walks:
        run, d = walk.trajectory, walk.trajectory.path.shape[1]
        gradient = _field(run, run.path)
        columns: dict[str, np.ndarray] = {
            "loss": run.loss,
            "grad_norm": run.grad_norm,
            "sharpness": walk.sharpness,
        }
        names = run.landscape.coordinates
        step = np.vstack([np.diff(run.path, axis=0), np.full((1, d), np.nan)])
        steps = (
            {"step": step} if run.every == 1 else {}
        )  # between points further apart there are many
        columns.update({f"theta_{names[j]}": run.path[:, j] for j in range(d)})
        columns.update({f"g_{names[j]}": gradient[:, j] for j in range(d)})
        for j in range(d):
            for k in range(j, d):
                columns[f"h_{names[j]}{names[k]}"] = walk.hessians[:, j, k]
        for key, vectors in {**_uphill(run, gradient), **steps}.items():
            columns.update({f"{key}_{names[j]}": vectors[:, j] for j in range(d)})
        if run.used is not None:
            columns.update({f"used_{names[j]}": run.used[:, j] for j in range(d)})
        for memory, values in (run.memory or {}).items():
            columns.update({f"{memory}_{names[j]}": values[:, j] for j in range(d)})
        columns["lr"] = np.append(walk.rates, np.full(len(run.path) - len(walk.rates), np.nan))
        table = np.asarray(list(columns.values()), dtype="<f8")
        parts.append(np.ascontiguousarray(table).tobytes())
        meta.append({"id": walk.id, "rows": len(run.path), "columns": list(columns)})
    return b"".join(parts), meta


def _field(run: Trajectory, points: np.ndarray) -> np.ndarray:
    """The field at one point for each of the run's, with the parameters of that moment."""
    land = run.landscape(**run.time_varying) if run.time_varying else run.landscape
    return land.field(points)


def _uphill(run: Trajectory, gradient: np.ndarray) -> dict[str, np.ndarray]:
    """SAM's look uphill from every point of a walk, and the gradient it finds there."""
    sam = run.optimizer.piece("sam")
    if sam is None:
        return {}
    with np.errstate(all="ignore"):  # a walk that diverges ends in infinities
        norm = np.linalg.norm(gradient, axis=1, keepdims=True)
        uphill = sam.values["rho"] * gradient / (norm + 1e-12)
        return {"uphill": uphill, "g_uphill": _field(run, run.path + uphill)}


def pack_terrain(grid: np.ndarray) -> bytes:
    """A grid of losses as float32, row by row."""
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(grid, dtype="<f4").tobytes()


def pack_basin(basins: Basins) -> bytes:
    """A basin map as bytes: the minimum's number, 255 diverged, 254 running, 253 elsewhere.

    252: left the domain of the loss; 251: came to a point without a gradient.
    Bytes end: from the 241st on, minima count as elsewhere.
    """
    labels = basins.labels
    coded = np.where(labels < 240, labels, LABELS[-3])
    for label, code in LABELS.items():
        coded = np.where(labels == label, code, coded)
    return coded.astype(np.uint8).tobytes()
