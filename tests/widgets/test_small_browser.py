"""The explorer's small relatives on a page: two landscapes side by side, a slice, the sharpness view."""

from __future__ import annotations

import json

import numpy as np
import pytest
from lab import Notebook
from view import View

pytestmark = pytest.mark.browser


def run(notebook: Notebook, source: str) -> None:
    """Run the cell alone on the page, and forget what was complained about before."""
    notebook.complaints.clear()
    notebook.strangers.clear()
    notebook.set_sources(f"import json\nimport toylands as tl\nshown = {source}\nshown")
    notebook.run_all()


def test_compared_landscapes_share_rate_and_frame(notebook: Notebook) -> None:
    run(notebook, "tl.compare([tl.landscapes.bce_logits, tl.landscapes.dice_logits], tl.gd(0.5))")
    left, right = View(notebook, 0).shown(), View(notebook, 1).shown()
    assert left.root.bounding_box()["y"] == right.root.bounding_box()["y"]
    # The maps begin at the same height, although the titles have different lengths.
    tops = [view.find("stage-box").bounding_box()["y"] for view in (left, right)]
    assert abs(tops[0] - tops[1]) < 1
    before = right.pixels()
    seqs = [left.seq, right.seq]
    left.type_number("lr", "2")
    left.shown(seqs[0])
    right.shown(seqs[1])
    assert (np.abs(right.pixels() - before).max(axis=2) > 30).any()
    scenes = "print(json.dumps([one.scene for one in shown.explorers]))"
    first, second = json.loads(notebook.execute(scenes))
    assert first["lr"] == second["lr"] == 2
    assert [first["landscape"], second["landscape"]] == ["bce_logits", "dice_logits"]
    left.type_number("frame", "40")
    right.wait_for("frame", "40")
    assert notebook.faults() == []


def test_a_slice_is_turned_by_its_sliders(notebook: Notebook) -> None:
    run(notebook, "tl.explore_slice(tl.landscapes.uvw_product, tl.gd(0.05))")
    view = View(notebook).shown()
    assert "plane" in view.find("title").inner_text()
    before, seq = view.pixels(), view.seq
    view.drag_slider("param-turn_a", 0.9, moves=4)
    view.shown(seq)
    assert json.loads(notebook.execute("print(json.dumps(shown.scene))"))["params"]["turn_a"] > 0
    assert (np.abs(view.pixels() - before).max(axis=2) > 20).mean() > 0.1
    assert notebook.faults() == []


def test_a_larger_kick_costs_more(notebook: Notebook) -> None:
    run(notebook, "tl.sharpness_view(tl.landscapes.gaussian_wells, [(-1.5, 0), (1.5, 0)])")
    pictures = notebook.page.locator(".jupyter-widgets img")
    pictures.nth(1).wait_for()
    assert pictures.count() == 2
    before = pictures.nth(0).get_attribute("src")
    handle = notebook.page.locator(".jp-OutputArea-output .noUi-handle")
    handle.focus()
    handle.press("ArrowRight")
    notebook.wait("(old) => document.querySelector('.jupyter-widgets img')?.src !== old", before)
    assert float(notebook.execute("print(shown.slider.value)")) > 0.0316
    assert notebook.faults() == []
