"""Imports flow downward only, the core needs no Jupyter or matplotlib, and importing is quick."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "toylands"

# What each part may import besides itself. Names that start with "_", such as toylands._words,
# belong to everybody, and import nothing of ours.
CORE: dict[str, set[str]] = {
    "formula": set(),
    "optimizers": {"formula"},
    "landscapes": {"formula"},
    "networks": {"formula"},
    "dynamics": {"formula", "landscapes", "networks", "optimizers"},
    "geometry": {"formula", "landscapes", "networks", "optimizers", "dynamics"},
    "theory": {"formula", "landscapes", "networks", "optimizers", "dynamics", "geometry"},
}
BELOW: dict[str, set[str]] = {
    **CORE,
    "plots": set(CORE),
    "bench": set(CORE),
    "widgets": {*CORE, "plots"},
    "lab": set(),
    "classroom": {*CORE, "plots", "widgets"},
    "cli": {*CORE, "plots", "bench", "widgets", "lab", "classroom"},
    "__main__": {*CORE, "plots", "bench", "widgets", "lab", "classroom", "cli"},
}
# A result draws itself (`run.plot()`): the one door upward, open only inside these methods.
DRAWING = {"plot", "animate"}

SHOWS = {
    "IPython", "ipykernel", "ipywidgets", "anywidget", "traitlets", "notebook", "nbformat",
    "nbclient", "nbconvert", "nbgrader", "matplotlib", "mpl_toolkits", "PIL",
}  # fmt: skip
NEEDED_LATER = ["sympy", "scipy", "matplotlib", "pandas", "numba"]


@dataclass(frozen=True)
class Import:
    """One import statement: the module it names, the name it takes, and where it stands."""

    module: str
    name: str | None
    line: int
    inside: tuple[str, ...]  # the functions and classes around it
    checking: bool  # under `if TYPE_CHECKING:`, so never run

    @property
    def at_import(self) -> bool:
        return not self.checking and all(scope.startswith("class ") for scope in self.inside)


def imports(source: str, module: str, is_package: bool) -> list[Import]:
    """Return every import in the source of `module`, with relative ones resolved."""
    home = module.split(".") if is_package else module.split(".")[:-1]

    def walk(node: ast.AST, inside: tuple[str, ...], checking: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(alias.name, None, child.lineno, inside, checking)
            elif isinstance(child, ast.ImportFrom):
                base = home[: len(home) - child.level + 1] if child.level else []
                origin = ".".join([*base, *([child.module] if child.module else [])])
                for alias in child.names:
                    yield Import(origin, alias.name, child.lineno, inside, checking)
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from walk(child, (*inside, child.name), checking)
            elif isinstance(child, ast.ClassDef):
                yield from walk(child, (*inside, f"class {child.name}"), checking)
            elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                for part in child.body:
                    yield from walk(ast.Module([part], []), inside, True)
                for part in child.orelse:
                    yield from walk(ast.Module([part], []), inside, checking)
            else:
                yield from walk(child, inside, checking)

    return list(walk(ast.parse(source), (), False))


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()
IMPORTS = {
    name: imports(path.read_text(encoding="utf-8"), name, path.name == "__init__.py")
    for name, path in MODULES.items()
}


def part(module: str) -> str:
    """Return the part of toylands that a module belongs to ("" for toylands itself)."""
    return [*module.split("."), ""][1]


def reached(imported: Import) -> str:
    """Return the part of toylands that an import reaches ("" for toylands itself)."""
    if imported.module == "toylands":
        return imported.name if imported.name in BELOW or _private(imported.name) else ""
    return part(imported.module)


def _private(name: str | None) -> bool:
    return bool(name) and str(name).startswith("_") and not str(name).startswith("__")


def upward(module: str, found: list[Import]) -> list[str]:
    """Return a complaint for each import of `module` that does not flow downward."""
    here, complaints = part(module), []
    if not here:  # toylands/__init__.py is the public face of everything
        return []
    face = here == "cli"  # the command line stands where a user stands: on the public face
    for one in found:
        if one.module.split(".")[0] != "toylands":
            continue
        there = reached(one)
        if there == here or _private(there) or (face and not there):
            continue
        if not _private(here) and there in BELOW[here]:
            continue
        if there == "plots" and here in BELOW["plots"] and one.inside and one.inside[-1] in DRAWING:
            continue
        what = f"toylands.{there}" if there else "toylands itself"
        complaints.append(f"{module}, line {one.line}: {here} may not import {what}")
    return complaints


def shows(module: str, found: list[Import]) -> list[str]:
    """Return a complaint for each import of Jupyter or matplotlib in a core module."""
    if part(module) not in CORE and not _private(part(module)):
        return []
    return [
        f"{module}, line {one.line}: the core may not import {one.module}"
        for one in found
        if one.module.split(".")[0] in SHOWS or one.module.startswith("jupyter")
    ]


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the import cycles of a graph, each once, found depth first."""
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(node: str, trail: list[str]) -> None:
        if node in trail:
            found.append([*trail[trail.index(node) :], node])
            return
        if node in done:
            return
        for target in sorted(graph.get(node, ())):
            visit(target, [*trail, node])
        done.add(node)

    for node in sorted(graph):
        visit(node, [])
    return found


def loaded_by(one: Import, known: set[str]) -> str | None:
    """Return the toylands module that an import statement loads by name, if any."""
    inner = f"{one.module}.{one.name}"
    return inner if inner in known else one.module if one.module in known else None


def test_every_part_has_its_layer() -> None:
    parts = {part(name) for name in MODULES} - {""}
    homeless = sorted(name for name in parts if name not in BELOW and not _private(name))
    assert not homeless, f"say in BELOW which parts these may import: {homeless}"


def test_layers_are_ordered() -> None:
    assert not cycles(BELOW)
    for below in BELOW.values():
        for lower in below:
            assert BELOW[lower] <= below, "a layer may import all that its lower layers import"


@pytest.mark.parametrize("module", MODULES)
def test_imports_flow_downward(module: str) -> None:
    assert not upward(module, IMPORTS[module])


@pytest.mark.parametrize("module", MODULES)
def test_the_core_imports_neither_jupyter_nor_matplotlib(module: str) -> None:
    assert not shows(module, IMPORTS[module])


def test_no_module_level_import_cycles() -> None:
    known = set(MODULES)
    graph = {
        name: {
            target
            for one in found
            if one.at_import and (target := loaded_by(one, known)) not in (None, name)
        }
        for name, found in IMPORTS.items()
    }
    assert not cycles(graph)  # type: ignore[arg-type]


PLANTED = """
from __future__ import annotations
from typing import TYPE_CHECKING
import numpy as np
from toylands._words import show
from toylands.formula import Landscape
from toylands.dynamics.loop import run
from .schedules import cosine
from ..plots import paths
if TYPE_CHECKING:
    from toylands.geometry import slices
class Rule:
    import toylands.widgets
    def plot(self):
        from toylands.plots import contour
    def replace(self):
        from toylands.plots import contour
        import matplotlib.pyplot as plt
        import toylands
"""


def test_planted_upward_imports_are_found() -> None:
    found = imports(PLANTED, "toylands.optimizers.adam", is_package=False)
    lines = [
        int(text.split("line ")[1].split(":")[0])
        for text in upward("toylands.optimizers.adam", found)
    ]
    assert lines == [7, 9, 11, 13, 17, 19]
    assert [text.split("line ")[1] for text in shows("toylands.optimizers.adam", found)] == [
        "18: the core may not import matplotlib.pyplot"
    ]
    # The same file in a higher layer may do more, but not everything.
    found = imports(PLANTED, "toylands.widgets.stage", is_package=False)
    assert [text.split(": ")[1] for text in upward("toylands.widgets.stage", found)] == [
        "widgets may not import toylands itself"
    ]
    assert not shows("toylands.widgets.stage", found)


def test_planted_imports_by_the_shared_words_are_found() -> None:
    found = imports("from toylands.formula import Landscape\n", "toylands._words", is_package=False)
    assert upward("toylands._words", found)


def test_relative_imports_resolve() -> None:
    source = "from . import a\nfrom .b import c\nfrom ..d import e\n"
    assert [one.module for one in imports(source, "toylands.x.y", is_package=False)] == [
        "toylands.x", "toylands.x.b", "toylands.d",
    ]  # fmt: skip
    assert [one.module for one in imports(source, "toylands.x", is_package=True)] == [
        "toylands.x", "toylands.x.b", "toylands.d",
    ]  # fmt: skip


def test_only_what_runs_at_import_counts_for_cycles() -> None:
    at_import = [
        one.line for one in imports(PLANTED, "toylands.optimizers.adam", False) if one.at_import
    ]
    assert at_import == [2, 3, 4, 5, 6, 7, 8, 9, 13]


def test_planted_cycles_are_found() -> None:
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["b", "c", "b"]]
    assert cycles({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set()}) == []


def in_a_fresh_python(code: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return dict(json.loads(done.stdout))


def test_importing_toylands_loads_nothing_heavy() -> None:
    code = (
        "import json, sys, toylands\n"
        f"print(json.dumps({{'loaded': [m for m in {NEEDED_LATER} if m in sys.modules]}}))"
    )
    assert in_a_fresh_python(code)["loaded"] == []
