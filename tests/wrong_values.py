"""A walk over every public callable that hands each argument values it cannot take.

    for fault in walk(): print(fault)       # what our code let through to somebody else's error

An error is our own when the line that raises it begins with `raise`; any other that comes out of
toylands is raw: it tells what went wrong inside, not which value was wrong.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import io
import linecache
import traceback
import warnings
from collections.abc import Callable
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from plots.scenes import measured, past_the_saddle, training, valley

import toylands as tl
from toylands import networks

HOME = str(Path(tl.__file__).parent)
L = tl.landscapes
HOMES = (
    "toylands", "toylands.landscapes", "toylands.optimizers", "toylands.dynamics",
    "toylands.geometry", "toylands.networks", "toylands.plots", "toylands.widgets",
    "toylands.classroom", "toylands.formula",
)  # fmt: skip


class Thing:
    """An object that nothing of ours expects."""


def endless() -> list[Any]:
    """Return a list that contains itself."""
    made: list[Any] = [1.0]
    made.append(made)
    return made


#: values by name that most arguments cannot take
WRONG: dict[str, Any] = {
    "None": None,
    "3": 3,
    "'a'": "a",
    "10**400": 10**400,
    "[]": [],
    "{}": {},
    "nan": float("nan"),
    "inf": float("inf"),
    "-1": -1,
    "masked": np.ma.array([1.0, 2.0], mask=[False, True]),
    "endless": endless(),
    "surrogate": "\ud800",
    "lambda": lambda *_: None,
    "object": Thing(),
    "[[]]": [[]],
    "['a']": ["a"],
    "1j": 1j,
}


def normalised() -> networks.Network:
    """A network with batch normalisation."""
    return networks.mlp((2, 3, 1), loss="bce", norm="batch", data=networks.two_moons(8, seed=0))


#: a right value for an argument, by its name, made when it is needed
RIGHT: dict[str, Callable[[], Any]] = {
    "land": lambda: L.himmelblau,
    "landscape": lambda: L.himmelblau,
    "landscapes": lambda: [L.himmelblau],
    "opt": lambda: tl.gd(0.01),
    "opts": lambda: [tl.gd(0.01)],
    "base": lambda: tl.gd(0.01),
    "run": valley,
    "runs": valley,
    "trajectories": valley,
    "trajectory": valley,
    "point": lambda: (3.0, 2.0),
    "points": lambda: [(3.0, 2.0), (1.0, 0.5)],
    "theta": lambda: (3.0, 2.0),
    "at": lambda: (3.0, 2.0),
    "first": lambda: (3.0, 2.0),
    "second": lambda: (-2.8, 3.1),
    "third": lambda: (3.6, -1.8),
    "direction": lambda: (1.0, 0.5),
    "v": lambda: (1.0, 0.5),
    "hessian": lambda: [[2.0, 0.5], [0.5, 1.0]],
    "gradient": lambda: [1.0, 0.5],
    "gradients": lambda: [1.0, 0.5],
    "eigenvalues": lambda: [1.0, 2.0],
    "name": lambda: "himmelblau",
    "numbers": lambda: {"lr": [0.01, 0.02]},
    "level": lambda: 10.0,
    "sigma": lambda: 0.1,
    "rho": lambda: 0.1,
    "step": lambda: 0.01,
    "half_width": lambda: 0.1,
    "lr": lambda: 0.1,
    "curves": lambda: {"a": [1.0, 2.0]},
    "x": lambda: [1.0, 2.0],
    "y": lambda: 1.0,
    "generators": lambda: [np.diag([1.0, -1.0])],
    "generator": lambda: np.diag([1.0, -1.0]),
    "steps": lambda: 5,
    "number": lambda: "1.1",
    "answer": lambda: 0.2,
    "condition": lambda: True,
    "region": lambda: lambda x, y: x > 0,
    "quantity": lambda: lambda at: at[..., 0],
    "function": lambda: lambda at: at[..., 0],
    "predictions": lambda: [1.0, 2.0],
    "target": lambda: 2.0,
    "weights": lambda: [(3.0, 2.0), (3.0, 2.1)],
    "keep": lambda: 0.5,
    "mask": lambda: [True, False],
    "n": lambda: 4,
    "rhos": lambda: [0.1, 0.2],
    "starts": lambda: [(0.1, 0.2)],
    "won": lambda: [True],
    "limit": lambda: 1.0,
    "sweep": lambda: measured("sweep"),
    "path": lambda: training(),
    "widths": lambda: (2, 3, 1),
    "data": lambda: networks.two_moons(20, seed=0),
    "temperature": lambda: 0.1,
    "curvature": lambda: 1.0,
    "curvatures": lambda: [1.0, 2.0],
    "schedules": lambda: tl.schedules.cosine(5),
    "max_norm": lambda: 1.0,
    "weight_decay": lambda: 0.1,
    "decay": lambda: 0.5,
    "file": lambda: "never.gif",
    "default": lambda: 1.0,
    "low": lambda: 0.1,
    "high": lambda: 2.0,
    "gamma": lambda: 0.9,
    "every": lambda: 2,
    "half_period": lambda: 2,
    "explorers": list,
    "title": lambda: "words",
    "yes": lambda: 1.0,
    "no": lambda: 2.0,
    "beta": lambda: 0.9,
    "dim": lambda: 3,
    "width": lambda: 4,
    "depth": lambda: 3,
    "time": lambda: 1.0,
    "start": lambda: 0.5,
    "goal": lambda: 1.5,
    "sharp": lambda: 4.0,
    "flat": lambda: 1.0,
    "gap": lambda: 0.1,
    "well": lambda: 1.0,
    "top": lambda: 1.0,
    "barrier": lambda: 0.5,
    "charge": lambda: 0.5,
    "activation": lambda: "tanh",
    "rates": lambda: [0.1, 0.1],
    "t": lambda: 3,
    "variance": lambda: 0.1,
    "residual": lambda: 0.5,
    "radius": lambda: 0.5,
    "amplitude": lambda: 0.1,
    "frequency": lambda: 2.0,
    "distance": lambda: 0.1,
    "correlation": lambda: 0.5,
    "members": lambda: 3,
    "share": lambda: 0.3,
    "subspace": lambda: 1,
    "offset": lambda: [1.0, 0.5],
    "sparsity": lambda: 1,
    "parameters": lambda: 5,
    "examples": lambda: 3,
    "inputs": lambda: [[1.0, 2.0]],
    "targets": lambda: [1.0],
    "alpha": lambda: 0.1,
    "r0": lambda: 0.5,
    "r1": lambda: 0.9,
    "output": lambda: 0.3,
    "covariance": lambda: [[0.1, 0.0], [0.0, 0.1]],
    "moment": lambda: [[1.0, 0.0], [0.0, 1.0]],
    "inverted": lambda: True,
    "drop": lambda: 0.2,
    "bottom": lambda: 0.0,
    "u": lambda: 1.0,
    "w": lambda: 1.0,
    "a": lambda: 0.1,
    "k": lambda: 2,
    "end": lambda: 0.9,
    "norm": lambda: 1.0,
    "squared_norm": lambda: 1.0,
    "grad_norm": lambda: 1.0,
    "roughness": lambda: 0.5,
    "depths": lambda: [0.0, 0.1],
    "discriminator": lambda: [0.1, 0.2],
    "p": lambda: [0.5, 0.5],
    "q": lambda: [0.4, 0.6],
    "r": lambda: 1.0,
    **{
        name: functools.partial(measured, what)
        for name, what in {
            "basins": "basins", "census": "census", "volumes": "volumes", "seen": "convexity",
            "kept": "conserved", "density": "density", "lines": "line", "matching": "matching",
            "paths": "band", "plane": "plane", "responses": "noise", "result": "ensemble",
            "ticket": "ticket", "worst": "worst", "kicks": "kicks", "found": "pca",
        }.items()
    },
}  # fmt: skip
#: where a name means something else: (callable, argument)
HERE: dict[tuple[str, str], Callable[[], Any]] = {
    ("landscapes.get", "name"): lambda: "himmelblau",
    **{
        (f"double_descent.{name}", argument): (lambda value=value: value)  # type: ignore[misc]
        for name in ("expected_loss", "sampled_loss", "random_features_loss")
        for argument, value in (("weights", 5), ("units", 5), ("examples", 8), ("features", 20))
    },
    ("geometry.loss_among_neighbours", "net"): lambda: normalised(),
    ("geometry.loss_among_neighbours", "theta"): lambda: normalised().init(0),
    ("geometry.loss_among_neighbours", "sample"): lambda: 0,
    ("geometry.loss_among_neighbours", "size"): lambda: 2,
    ("optimizers.get", "name"): lambda: "gd",
    ("classroom.me", "name"): lambda: "Ada",
    ("dynamics.populations", "points"): lambda: [(3.0, 2.0)],
    ("toylands.sweep", "opt"): lambda: tl.gd,
    ("toylands.dial", "low"): lambda: 0.5,
    ("schedules.warm_restarts", "first"): lambda: 4,
    ("schedules.chain", "at"): lambda: [2],
    ("geometry.match_units", "first"): lambda: [0.3, 1.2],
    ("geometry.match_units", "second"): lambda: [1.3, 0.2],
    ("geometry.align", "land"): lambda: training().landscape,
    ("geometry.align", "first"): lambda: training().end,
    ("geometry.align", "second"): lambda: training().end,
    ("geometry.feature_movement", "net"): lambda: training().landscape,
    ("geometry.feature_movement", "before"): lambda: training().end,
    ("geometry.feature_movement", "after"): lambda: training().end,
    ("geometry.kernel_alignment", "first"): lambda: np.eye(2),
    ("geometry.kernel_alignment", "second"): lambda: np.eye(2),
    ("plots.convexity_curve", "seen"): lambda: measured("convexity"),
    ("geometry.convexity", "run"): past_the_saddle,
    ("geometry.convexity", "target"): lambda: (0.0, -1.0),
    ("geometry.merge_level", "land"): lambda: L.double_well,
    ("geometry.merge_level", "first"): lambda: (-1.0, 0.0),
    ("geometry.merge_level", "second"): lambda: (1.0, 0.0),
    ("dynamics.first_passage", "opt"): lambda: tl.langevin(0.01, temperature=0.5),
    ("formula.landscape", "formula"): lambda: "x**2",
    ("toylands.landscape", "formula"): lambda: "x**2",
    ("plots.lines", "x"): lambda: [1.0, 2.0],
    ("plots.shell_curves", "dims"): lambda: [2, 4],
    ("geometry.hvp", "theta"): lambda: (3.0, 2.0),
    ("geometry.magnitude_mask", "theta"): lambda: (3.0, 2.0),
    ("formula.Landscape", "definition"): lambda: L.himmelblau.definition,
    ("toylands.Landscape", "definition"): lambda: L.himmelblau.definition,
    ("networks.blobs", "n"): lambda: 20,
    ("networks.regression_curve", "n"): lambda: 20,
    ("toylands.rule", "lr"): lambda: 0.1,
    ("plots.curvature_histogram", "drawn"): lambda: measured("curvatures"),
    ("plots.semicircle_histogram", "drawn"): lambda: measured("hessians"),
    ("plots.slice_curve", "lines"): lambda: measured("slices"),
    ("plots.symmetry_map", "land"): lambda: L.uv_product,
    ("toylands.sweep", "numbers"): dict,
    ("toylands.compare", "landscapes"): lambda: [L.himmelblau, L.rosenbrock],
    ("toylands.reset_on_conflict", "base"): lambda: tl.momentum(0.1),
    ("escape.mean_passage", "land"): lambda: L.double_well_1d,
    ("langevin.mean", "land"): lambda: L.double_well_1d,
    ("langevin.share", "land"): lambda: L.double_well_1d,
    ("langevin.shares", "land"): lambda: L.double_well_1d,
    ("langevin.partition", "land"): lambda: L.double_well_1d,
    ("depth.sensitivities", "weights"): lambda: [0.5, 2.0],
    ("flow.loss_curve", "start"): lambda: [1.0, 1.0],
    ("high_dimension.good_masks", "dim"): lambda: 5,
}
#: too slow with a valid value, or without an effect that can be undone
SKIPPED = {"plots.animate", "dynamics.cases", "classroom.exercise", "networks.Network"}


class Fault(NamedTuple):
    """One raw error: where it came from, and what it says."""

    who: str
    argument: str
    value: str
    kind: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.who}({self.argument}={self.value}): {self.kind} at {self.where}: {self.text}"


@functools.cache
def callables() -> dict[str, Callable[..., Any]]:
    """Return every public callable that is made to be called, by the module it is public in."""
    found: dict[str, Callable[..., Any]] = {}
    for home in HOMES:
        module = importlib.import_module(home)
        for name in module.__all__:
            found[f"{home.rpartition('.')[2]}.{name}"] = getattr(module, name)
    for name, factory in tl.schedules.FACTORIES.items():
        found[f"schedules.{name}"] = factory
    for subject in tl.theory.__all__:
        module = getattr(tl.theory, subject)
        for name, value in vars(module).items():
            made_here = getattr(value, "__module__", "") == module.__name__
            if inspect.isfunction(value) and made_here and not name.startswith("_"):
                found[f"{subject}.{name}"] = value
    by_identity: dict[int, str] = {}
    for name, value in found.items():
        record = isinstance(value, type) and name.rpartition(".")[2] != "Landscape"
        if (
            callable(value)
            and not record
            and not is_dataclass(value)
            and not isinstance(value, tl.Landscape)
        ):
            by_identity.setdefault(id(value), name)
    return {name: found[name] for name in by_identity.values() if name not in SKIPPED}


def right(who: str, argument: str) -> Any:
    """Return a right value for an argument."""
    make = HERE.get((who, argument)) or RIGHT.get(argument)
    if make is None:
        raise KeyError(f"{who} needs {argument}")
    return make()


def calls(who: str) -> tuple[list[str], dict[str, Any]]:
    """Return the names of the arguments, and right values for those that must be given."""
    parameters = inspect.signature(callables()[who]).parameters.values()
    names = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    needed = [
        p.name
        for p in parameters
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    return names, {name: right(who, name) for name in needed}


def call(who: str, given: dict[str, Any]) -> Any:
    """Call with these arguments, by position where they must be."""
    function = callables()[who]
    parameters = inspect.signature(function).parameters
    first = [
        given[name]
        for name, p in parameters.items()
        if p.kind is p.POSITIONAL_ONLY and name in given
    ]
    named = {
        name: value
        for name, value in given.items()
        if parameters[name].kind is not inspect.Parameter.POSITIONAL_ONLY
    }
    return function(*first, **named)


def raw(error: BaseException) -> str | None:
    """Return the place inside toylands that let somebody else's error out, or None for one of ours."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(HOME)]
    if not frames:
        return None  # the call itself is refused by Python
    last = frames[-1]
    inside = traceback.extract_tb(error.__traceback__)[-1] is not last and (
        traceback.extract_tb(error.__traceback__)[-1].filename != last.filename
    )
    line = linecache.getline(last.filename, last.lineno or 0).strip()
    if line.startswith("raise ") and not inside:
        return None
    return f"{Path(last.filename).relative_to(HOME)}:{last.lineno}"


def tried(who: str, argument: str, value: str, given: dict[str, Any]) -> Fault | None:
    """Return the fault of one call, if it has one."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("error", RuntimeWarning)
        try:
            call(who, {**given, argument: WRONG[value]} if argument else given)
        except Exception as error:
            place = raw(error)
            if place is None:
                return None
            said = str(error)[:150].encode("ascii", "backslashreplace").decode()
            return Fault(who, argument, value, type(error).__name__, place, said)
    return None
