"""Lessons as a student has them: opened in JupyterLab, played, dragged, answered wrong and right.

And `toylands lab` as a newcomer starts it: in an empty folder, until the first cell has run.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lab import ROOT, Notebook, Server, toylands_lab
from view import View

from toylands.classroom.exercises import find

pytestmark = pytest.mark.browser
NAME = "Ada"


def given(number: str) -> Any:
    """What the exercise gives Ada."""
    return find(number).make(NAME).given


@contextlib.contextmanager
def lesson(server: Server, chromium: Any, stem: str) -> Iterator[Notebook]:
    """A lesson as the student gets it, run from top to bottom; nothing may go wrong unseen."""
    text = (ROOT / "lessons" / f"{stem}.ipynb").read_text(encoding="utf-8")
    with Notebook.open(server, chromium, text) as notebook:
        cells = notebook.run_all()
        streams = [o for cell in cells for o in cell["outputs"] if o.get("name") == "stderr"]
        assert not streams
        yield notebook
        assert notebook.faults() == []


def play(view: View) -> None:
    """Press Play and wait for the end of the run."""
    steps = view.find("steps-box").input_value()
    view.find("play").click()
    view.wait_for("frame", steps)


def answer(notebook: Notebook, number: str, value: Any) -> str:
    """Type an answer over whatever is there, run the cell, and read what the student reads."""
    return notebook.retype(f'check("{number}"', f'check("{number}", {value})')


def test_lesson_0_is_played_and_answered(lab_server: Server, chromium: Any) -> None:
    with lesson(lab_server, chromium, "00_start_here") as notebook:
        view = View(notebook).shown()
        view.root.scroll_into_view_if_needed()
        assert view.frame == 0, "the answer to 'predict first' must not be on the screen"
        waiting = view.trail("gd").sum()
        play(view)
        walked = view.trail("gd")
        assert walked.sum() > waiting + 50
        seq = view.seq
        view.drag_slider("lr", 0.75)
        view.shown(seq)
        dragged = view.trail("gd")
        assert (walked & dragged).sum() < 0.7 * (walked | dragged).sum()

        assert "Hello Ada" in notebook.retype('me("...")', f'me("{NAME}")')
        wrong = answer(notebook, "0.1", 1.5)
        assert "not yet: both starts end in the right valley: go to the left" in wrong
        c = given("0.1")["land"].parameters["c"]
        hill = np.sort(np.roots([1, 0, -1, c]).real)[1]  # where the slope x^3 - x + c is zero
        assert "right: between these two starts" in answer(notebook, "0.1", round(hill - 0.025, 3))


def test_lesson_1_is_dragged_and_answered(lab_server: Server, chromium: Any) -> None:
    with lesson(lab_server, chromium, "01_bowls_and_steps") as notebook:
        view = View(notebook).shown()
        view.root.scroll_into_view_if_needed()
        seq, before = view.seq, view.trail("gd")
        view.type_number("lr", "0.245")  # beyond 0.238, so the walk leaves
        view.shown(seq)
        assert view.data("error") == ""
        assert view.trail("gd").sum() > before.sum() + 100
        assert "it must stay below 0.238" in view.root.inner_text()

        notebook.retype('me("...")', f'me("{NAME}")')
        asked = notebook.retype('task("1.1")', 'task("1.1")')
        x = np.asarray(given("1.1")["land"].data["x"])
        assert f"{x[3]:g}" in asked
        assert NAME in asked
        steepest = np.linalg.eigvalsh(2 * np.array([[np.mean(x**2), np.mean(x)], [np.mean(x), 1]]))[
            -1
        ]
        assert "that is 1/lambda_max" in answer(notebook, "1.1", f"1 / {steepest:.6f}")
        assert "Exercise 1.1 (Ada): right" in answer(notebook, "1.1", f"2 / {steepest:.6f}")


@pytest.mark.skipif(sys.platform == "win32", reason="ends the server with a POSIX signal")
def test_a_newcomer_starts_the_lab(tmp_path: Path, lab_server: Server, chromium: Any) -> None:
    from playwright.sync_api import TimeoutError

    with toylands_lab(tmp_path) as address, chromium.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(address)
        page.wait_for_selector(".jp-NotebookPanel [data-status=idle]")
        assert page.url.endswith("/lab/tree/00_start_here.ipynb")
        assert sorted(path.name for path in (tmp_path / "home").iterdir()) == ["toylands-lessons"]
        said = page.get_by_text("Put your name in place of the dots, to get numbers of your own.")
        for _ in range(20):  # JupyterLab forgets a cell that is run before its kernel is connected
            with contextlib.suppress(TimeoutError):
                page.locator(".jp-CodeCell .cm-content").first.click(timeout=5_000)
                page.keyboard.press("Shift+Enter")
                said.wait_for(timeout=5_000)
                break
        assert said.count() == 1
        assert page.locator(".Toastify__toast").count() == 0, "no pop-up covers the lesson"
