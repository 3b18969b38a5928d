"""The explorer's JavaScript: its pure functions in node, and its decoder against our encoder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.plots.style import styles
from toylands.plots.words import sig
from toylands.widgets import compute, pack, scene

JS = Path(__file__).parent / "js"


def _known(values: Any) -> list[float | None]:
    """As JSON carries it: None for what is not finite."""
    return [float(v) if np.isfinite(v) else None for v in np.asarray(values, dtype=float)]


def _scene(folder: Path, name: str, land: Any, opts: list[Any]) -> dict[str, Any]:
    made = scene.new_scene(land, opts, steps=40)
    walks = compute.walks(made, land)
    data, scales = pack.pack_walks(walks)
    (folder / f"{name}.walks").write_bytes(data)
    with np.errstate(over="ignore"):
        table, meta = pack.pack_details(walks)
    (folder / f"{name}.details").write_bytes(table)
    expected = []
    for walk in walks:
        run = walk.trajectory
        path = run.path
        hessians, gradients = land.hessian(path), land.grad(path)
        entry = {"id": walk.id, "x": path[:, 0].tolist(), "loss": _known(run.loss)}
        entry |= {"grad_norm": _known(run.grad_norm), "gx": gradients[:, 0].tolist()}
        entry |= {"hxx": hessians[:, 0, 0].tolist()}
        entry["sharpness"] = _known(np.linalg.eigvalsh(hessians)[:, -1])
        if land.dim == 2:
            entry |= {"y": path[:, 1].tolist(), "hxy": hessians[:, 0, 1].tolist()}
            entry |= {"hyy": hessians[:, 1, 1].tolist()}
        expected.append(entry)
    picture = {
        "dim": land.dim,
        "walks": [
            {"id": w.id, "rows": len(w.trajectory.path), "q": q}
            for w, q in zip(walks, scales, strict=True)
        ],
    }
    coordinates = list(land.coordinates)
    return {"picture": picture, "walks": expected, "details": meta, "coordinates": coordinates}


def _maps(folder: Path) -> dict[str, Any]:
    land = tl.landscapes.himmelblau
    grid = compute.terrain(land, land.view, 17)
    (folder / "maps.terrain").write_bytes(pack.pack_terrain(grid))
    found = tl.basins(land, tl.gd(0.02), grid=24, steps=30)
    (folder / "maps.basin").write_bytes(pack.pack_basin(found))
    return {
        "terrain": {"rows": 17, "columns": 17},
        "loss": grid.ravel().tolist(),
        "basin": {"rows": 24, "columns": 24},
        "labels": found.labels.ravel().tolist(),
    }


def _styles(names: list[str]) -> dict[str, Any]:
    keys = ("name", "color", "outline", "marker", "dash")
    made = [{key: getattr(style, key) for key in keys} for style in styles(names)]
    return {"names": names, "styles": made}


@pytest.fixture(scope="module")
def fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with bytes made by the encoder, and what they must decode to."""
    folder = tmp_path_factory.mktemp("bytes")
    rng = np.random.default_rng(7)
    numbers = [0.0, 1234.5, 99950.0, 0.00099999, -1e-7, *(10.0 ** rng.uniform(-9, 9, 60)).tolist()]
    wide = tl.landscapes.rosenbrock
    known = sorted(tl.optimizers.available())
    expected = {
        # walks of odd and even length, one of them diverged, and a single coordinate
        "plane": _scene(folder, "plane", wide, [tl.gd(1e-3), tl.momentum(0.01), tl.adam(0.1)]),
        "line": _scene(folder, "line", tl.landscapes.double_well_1d, [tl.gd(0.05), tl.adam(0.1)]),
        "maps": _maps(folder),
        "numbers": [[value, sig(value)] for value in numbers],
        "styles": [
            _styles(known),
            _styles(["gd"] * 9 + ["adam"] * 4),
            _styles(["mine", "mine", "größer"]),
        ],
    }
    (folder / "expected.json").write_text(json.dumps(expected), encoding="utf-8")
    return folder


def test_the_fixture_holds_a_run_that_diverged_and_an_odd_length(fixture: Path) -> None:
    expected = json.loads((fixture / "expected.json").read_text(encoding="utf-8"))
    rows = [walk["rows"] for walk in expected["plane"]["picture"]["walks"]]
    assert any(n < 41 for n in rows)
    assert any(n % 2 for n in rows)


def test_javascript_in_node(fixture: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node: it runs the JavaScript tests")
    command = [node, "--test", "--test-reporter=tap", *map(str, sorted(JS.glob("*.test.mjs")))]
    environment = {**os.environ, "TOYLANDS_FIXTURE": str(fixture)}
    run = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
    assert "\n# skipped 0\n" in run.stdout
