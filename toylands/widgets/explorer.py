"""The explorer: a landscape you can drag.

    tl.explore(tl.landscapes.rosenbrock, optimizers=[tl.gd(1e-3), tl.adam(0.1)])

The model lives here, in the kernel: every change of a control arrives as a small `patch`, the scene is
recomputed by the compiled core in about a millisecond, and the new paths go back as bytes. The page only
draws; playing and scrubbing need nothing from the kernel.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import traitlets

from toylands import landscapes, optimizers
from toylands._door import door
from toylands.formula import CriticalPoint, Landscape
from toylands.formula import landscape as from_text
from toylands.geometry.slices import has_formula, slice_plane
from toylands.optimizers import Optimizer
from toylands.widgets import (
    bundle,
    compute,
    explain,
    formulas,
    pack,
    plainly,
    presets,
    rebuild,
    still,
)
from toylands.widgets import scene as scenes

#: grid points per side while a control is dragged, and once it is released
TERRAIN = (64, 200)
BASIN = (64, 256)
#: changes that a comparison does not share
_OWN_KEYS = ("landscape", *rebuild.KEYS, "params", "view", "preset", "state")
#: entries of a scene that make another terrain
_TERRAIN_KEYS = ("landscape", *rebuild.KEYS, "params", "view")


#: by cell: the execution in which it last made explorers, and these
_made: dict[str, tuple[str, list[weakref.ref[Explorer]]]] = {}


def _close_earlier(made: Explorer) -> None:
    """Close what an earlier run of the same cell made: it has left the page, but its model would stay."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    asked = shell.get_parent() if shell and hasattr(shell, "get_parent") else {}
    cell = asked.get("metadata", {}).get("cellId")
    run = asked.get("header", {}).get("msg_id")
    if not cell or not run:
        return
    last, known = _made.get(cell, (run, []))
    if last != run:
        for reference in known:
            earlier = reference()
            if earlier is not None:
                earlier.close()
        known = []
    _made[cell] = (run, [*known, weakref.ref(made)])


class Explorer(still.Kept, anywidget.AnyWidget):
    """A live landscape in a notebook; made by `explore`.

    Attributes:
        scene: what is shown, as plain data (read it to see what the class has set).
        state: the same as a string to copy; `explore(state=...)` shows it again.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    #: the browser's code, of which `_esm` is only the beginning
    code = traitlets.Unicode().tag(sync=True)
    scene = traitlets.Dict().tag(sync=True)
    catalog = traitlets.Dict().tag(sync=True)
    # The page's questions are answered, so they need no echo: one message less for each.
    patch = traitlets.Dict().tag(sync=True, echo_update=False)
    walks = traitlets.Bytes().tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)
    terrain = traitlets.Bytes().tag(sync=True)
    terrain_meta = traitlets.Dict().tag(sync=True)
    basin = traitlets.Bytes().tag(sync=True)
    basin_meta = traitlets.Dict().tag(sync=True)
    details = traitlets.Bytes().tag(sync=True)
    details_meta: Any = traitlets.List().tag(sync=True)
    prediction = traitlets.Dict().tag(sync=True, echo_update=False)
    verdict: Any = traitlets.List().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    #: the scene as text, made anew with every final picture
    state_string = traitlets.Unicode().tag(sync=True)
    #: the frame shown (a step, or a gradient evaluation); -1 is the end of the run
    cursor = traitlets.Float(-1.0).tag(sync=True)
    #: whether a new view shows only the start, until the run is played or something is changed
    waits = traitlets.Bool(False).tag(sync=True)
    #: the number of the last patch that has been dealt with
    seen = traitlets.Int(-1).tag(sync=True)
    seq = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        scene: dict[str, Any],
        *,
        extra_landscapes: dict[str, Landscape] | None = None,
        extra_rules: dict[str, Callable[..., Optimizer]] | None = None,
        waits: bool = False,
    ) -> None:
        self._extra_landscapes = extra_landscapes or {}
        self._extra_rules = extra_rules or {}
        self._lock = threading.RLock()
        #: explorers that follow this one's controls (see `compare`)
        self.followers: list[Explorer] = []
        self._scene = scene
        self._walks: list[compute.Walk] = []
        #: the minima in view, where they are all known
        self._minima: list[CriticalPoint] = []
        self._crowded = (
            False  # whether the last search found more points than a dragged picture has time for
        )
        #: which terrain the page has, and whether it is the fine one
        self._ground: tuple[str, bool] = ("", False)
        super().__init__(
            _esm=bundle.starter(),
            code=bundle.script(),
            _css=bundle.style(),
            _dom_classes=(self.live(),),
            scene=scene,
            waits=waits,
            catalog=presets.catalog(self._extra_landscapes, self._extra_rules),
        )
        self._redraw(final=True)
        self.observe(self._changed, "patch")
        self.observe(self._predicted, "prediction")
        _close_earlier(self)

    # --- what a user calls ------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """The scene as a string to copy."""
        return scenes.to_state(self._scene)

    @property
    def landscape(self) -> Landscape:
        """The landscape shown, with its current parameters."""
        return compute.scene_landscape(self._scene, self._extra_landscapes)

    @property
    def runs(self) -> list[Any]:
        """The trajectories shown, as `Trajectory` objects."""
        return [walk.trajectory for walk in self._walks]

    @property
    def caption(self) -> str:
        """What is shown, in a line."""
        names = ", ".join(walk.optimizer.label for walk in self._walks)
        return f"Explorer of {self._scene['landscape']}{names and ' with '}{names}"

    def pictures(self) -> list[str]:
        """The scene as a picture, for whoever opens the notebook without a kernel."""
        if not self.terrain:
            return []
        hides = self.waits or self._scene["mode"] == "predict"
        made = still.of_explorer(self._scene, self._walks, self.terrain, self.terrain_meta, hides)
        return [still.image(still.draw(made).encode(), "svg+xml", made.words)]

    def change(self, **changes: Any) -> None:
        """Change the scene from code: ``explorer.change(lr=0.1, steps=500)``."""
        patch = {key.replace("__", "."): value for key, value in changes.items()}
        with self._lock:
            scene = self._patched(patch)  # in code, a mistake is an exception
            compute.scene_landscape(scene, self._extra_landscapes)
            for entry in scene["optimizers"]:  # also of those that are switched off
                compute.scene_optimizer(scene, entry, self._extra_rules)
            self._apply_alone(patch, final=True)

    def close(self) -> None:
        """Close the widget and everything it made."""
        layout = self.layout
        super().close()
        layout.close()
        # A notebook's Out remembers the widget for as long as the kernel lives.
        self._walks = []
        self.walks = self.terrain = self.basin = self.details = b""
        self.catalog = self.picture = self.terrain_meta = self.basin_meta = {}
        self.details_meta = []

    # --- changes from the page --------------------------------------------------------------------

    def _changed(self, change: Any) -> None:
        patch = dict(change["new"])
        number = patch.pop("n", -1)
        final = bool(patch.pop("final", True))
        with self.hold_sync():
            self._apply(patch, final=final)
            self.seen = number
        if self.error:  # the page shows what it asked for: tell it what holds
            self.send_state("scene")

        for other in self.followers:
            shared = {k: v for k, v in patch.items() if k.split(".")[0] not in _OWN_KEYS}
            if shared:
                other._apply(shared, final=final)

    def _apply(self, patch: dict[str, Any], *, final: bool) -> None:
        # JupyterLab handles widget messages beside a running cell: `change` may meet a patch.
        with self._lock:
            self._apply_alone(patch, final=final)

    def _apply_alone(self, patch: dict[str, Any], *, final: bool) -> None:
        before = self._scene
        try:
            self._scene = self._patched(patch)
            self._redraw(final=final)
        except Exception as error:  # shown in words: a callback must never fail silently
            self._scene = before
            with self.hold_sync():
                self.error = explain.fault(error)
                self.scene = before
                self.seq += 1

    def _patched(self, patch: dict[str, Any]) -> dict[str, Any]:
        patch = dict(patch)
        made = self._scene
        if "state" in patch:
            made = scenes.from_state(patch.pop("state"))
        elif "scene" in patch:
            made = scenes.check(patch.pop("scene"))
        elif "preset" in patch:
            made = presets.scene_of(patch.pop("preset"), made)
        name = patch.get("landscape")
        if isinstance(name, str) and name != made["landscape"]:  # another value is refused below
            patch.pop("landscape")
            land = self._extra_landscapes.get(name) or landscapes.get(name)
            if land.dim > 2:
                raise ValueError(f"{name} has {land.dim} coordinates; the explorer draws 1 or 2.")
            made = {key: value for key, value in made.items() if key not in rebuild.KEYS}
            made = {
                **made,
                **rebuild.describe(land),
                "start": list(land.start),
                "view": [list(side) for side in land.view],
                **scenes.LATER,
            }
        return scenes.changed(made, patch)

    def _predicted(self, change: Any) -> None:
        guesses = change["new"]
        verdict = []
        for walk in self._walks:
            guess = guesses.get(str(walk.id))
            if guess:
                verdict.append({"id": walk.id, **explain.score_prediction(walk, guess)})
        self.verdict = verdict

    # --- pictures ---------------------------------------------------------------------------------

    def _redraw(self, *, final: bool) -> None:
        began = time.perf_counter()
        scene = self._scene
        land = self.landscape
        self._walks = compute.walks(scene, land, self._extra_rules, inside=final)
        packed, scales = pack.pack_walks(self._walks)
        with self.hold_sync():
            ground = json.dumps([scene.get(key) for key in _TERRAIN_KEYS])
            if self._ground not in ((ground, True), (ground, final)):
                self._draw_terrain(land, final)
                self._ground = (ground, final)
            if scene["show"]["basin"]:
                self._draw_basin(land, final)
            if final:
                self.details, self.details_meta = pack.pack_details(self._walks)
                self.scene = scene
                self.state_string = _state_or_why_not(scene)
            self.error = ""
            self.walks = packed
            self.picture = {
                "dim": land.dim,
                "final": final,
                "explain": plainly.paragraph(self._walks, self._minima),
                "exact": explain.explain(self._walks),
                "walks": [
                    self._describe(walk, scale, final)
                    for walk, scale in zip(self._walks, scales, strict=True)
                ],
                "ms": round(1e3 * (time.perf_counter() - began), 2),
            }
            self.seq += 1

    def _row(self, walk: compute.Walk) -> int:
        """The recorded point of a walk at which the page shows its head."""
        run = walk.trajectory
        last = len(run.path) - 1
        if self.cursor < 0:
            return last
        each = run.optimizer.evaluations_per_step if self._scene["axis"] == "evaluations" else 1
        return min(int(self.cursor) // (each * run.every), last)

    def _describe(self, walk: compute.Walk, scale: Any, final: bool) -> dict[str, Any]:
        run = walk.trajectory
        status = run.status
        described = {
            "id": walk.id,
            "rows": len(run.path),
            "every": run.every,
            "q": scale,
            "status": str(status),
            "outcome": plainly.outcome(walk, self._minima),
            "kind": status.kind,
            "diverged_at": status.step,
        }
        if (
            not final
        ):  # for the quadratic model at the head; all rows come when the slider is released
            described["bend"] = pack.bend(walk, self._row(walk))
        if final:
            described |= {
                "name": run.optimizer.name,
                "label": run.optimizer.label,
                "family": run.optimizer.family,
                "evaluations": run.evaluations,
                "per_step": run.optimizer.evaluations_per_step,
                "lr": float(run.optimizer.lr),
                "limit": walk.limit,
                "rate_predicted": walk.predicted,
                "rate_measured": walk.measured,
                "steps_to": run.steps_to(run.tol),
                "tol": run.tol,
                "equations": formulas.update_equations(run.optimizer),
                "numbers": {
                    key: float(value)
                    for key, value in run.optimizer.values.items()
                    if key != "lr"  # in the table, step by step
                },
                "memory": list(run.optimizer.rule.memory),
                "corrects": run.every == 1 and formulas.corrects_bias(run.optimizer.rule),
            }
        return described

    def _draw_terrain(self, land: Landscape, final: bool) -> None:
        grid = compute.terrain(land, self._scene["view"], TERRAIN[final])
        meta = {
            "rows": grid.shape[0],
            "columns": grid.shape[1],
            "view": self._scene["view"],
            "scale": land.levels,
            "edges": compute.level_edges(land, grid),
            "dim": land.dim,
            "coordinates": list(land.coordinates),
            "final": final,
        }
        # Which points there are, and which of them have met, is what a dragged parameter is to show.
        critical, complete = compute.critical_points(
            land, self._scene["view"], final=final, crowded=self._crowded
        )
        if final:
            self._crowded = len(critical) > compute.CROWD
        self._minima = [point for point in critical if point.kind == "minimum"] if complete else []
        meta |= {
            "critical": [
                {
                    "point": point.point.tolist(),
                    "kind": point.kind,
                    "loss": point.loss,
                    "eigenvalues": [float(value) for value in point.eigenvalues],
                }
                for point in critical
            ],
            "critical_complete": complete,
        }
        if final:
            meta |= {
                "name": land.name,
                "title": land.title,
                "source": land.source,
                "kink": land.kink,
                "formulas": formulas.landscape_formulas(land),
            }
        self.terrain = pack.pack_terrain(grid)
        self.terrain_meta = compute.finite(meta)

    def _draw_basin(self, land: Landscape, final: bool) -> None:
        scene = self._scene
        chosen = [entry for entry in scene["optimizers"] if entry["id"] == scene["basin_of"]]
        entry = (chosen or scene["optimizers"])[0]
        opt = compute.scene_optimizer(scene, entry, self._extra_rules)
        made = compute.basin(scene, land, opt, BASIN[final])
        rows, columns = made.labels.shape
        self.basin = pack.pack_basin(made)
        self.basin_meta = compute.finite(
            {
                "rows": rows,
                "columns": columns,
                "view": scene["view"],
                "optimizer": opt.label,
                "minima": [
                    {"point": m.point.tolist(), "loss": m.loss, "kind": m.kind} for m in made.minima
                ],
                "fractions": made.fractions,
            }
        )


@door
def explore(
    landscape: Landscape | str | None = None,
    optimizers: Any = None,
    *,
    state: str | None = None,
    wait: bool = False,
    **options: Any,
) -> Explorer:
    """Show a landscape as a live, playable scene.

    Args:
        landscape: a landscape of one or two coordinates (or its name, or a text formula). Of a network
            a plane of its weights is shown, as `explore_slice` makes it; the walks stay in that plane.
        optimizers: the optimizers to race; by default gd, momentum, adam and sam(gd).
        state: a state string copied from an explorer; shows exactly the same scene.
        wait: show only the start until the run is played or something is changed, so that one can
            predict first.
        **options: any entry of the scene: `start`, `view`, `steps`, `lr`, `seed`, `noise`, `mode`
            ("explore", "predict", "teacher"), `axis`, `loss_scale`, `show` ({"basin": True, ...}), and
            `batch` (samples per step) and `time_varying` ({parameter: values or a function of the step}) as
            for `toylands.descend`; the map shows the parameters as they are set.

    Raises:
        ValueError, TypeError: naming what is wrong and the nearest right choice.
    """
    from toylands.dynamics.checks import check_landscape
    from toylands.optimizers.optimizer import check_optimizer

    if isinstance(landscape, str) and landscape.lstrip().startswith(scenes.PREFIX):
        landscape, state = None, landscape
    if state is not None:
        scene = scenes.from_state(state)
        extra = {landscape.name: landscape} if isinstance(landscape, Landscape) else {}
        return Explorer(scene, extra_landscapes=extra, waits=wait)
    if landscape is None:
        landscape = landscapes.get("rosenbrock")
    if isinstance(landscape, str):
        known = landscape in landscapes.catalogue()
        landscape = (
            landscapes.get(landscape) if known or landscape.isidentifier() else from_text(landscape)
        )
    land = check_landscape("explore", landscape)
    if land.dim > 2 and not has_formula(land):
        land = slice_plane(land)
    if isinstance(optimizers, Optimizer):
        optimizers = [optimizers]
    if optimizers is None:
        optimizers = presets.default_optimizers(land)
    opts = [check_optimizer("explore", opt) for opt in optimizers]
    return Explorer(
        scenes.new_scene(land, opts, **options),
        extra_landscapes=_own_landscape(land),
        extra_rules=_own_rules(opts),
        waits=wait,
    )


def _state_or_why_not(scene: dict[str, Any]) -> str:
    try:
        return scenes.to_state(scene)
    except ValueError as error:
        return f"({error})"


def _own_landscape(land: Landscape) -> dict[str, Landscape]:
    """The landscape, when the menu has none like it: typed, made in a notebook, or on other data."""
    described = rebuild.describe(land)
    return {land.name: land} if set(rebuild.KEYS) & set(described) else {}


def _own_rules(opts: Sequence[Optimizer]) -> dict[str, Callable[..., Optimizer]]:
    """Factories of rules a student wrote, which no state string can name."""
    from toylands.optimizers import Factory

    known = optimizers_available()
    return {
        opt.rule.name: Factory(opt.rule, None)
        for opt in opts
        if opt.alias is None and opt.rule.name not in known
    }


def optimizers_available() -> dict[str, Any]:
    """Every optimizer factory the explorer offers, by name."""
    return dict(optimizers.available())
