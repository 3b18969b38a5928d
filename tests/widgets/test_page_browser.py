"""The explorer on one screen, under the hand: what a drag keeps, what is refused, what can be undone."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from lab import Notebook
from view import Shown, View, show

pytestmark = pytest.mark.browser

# Texts that are wider than their place, and whatever reaches out of the explorer at its right.
CUT = """(root) => {
    const right = root.getBoundingClientRect().right;
    return [...root.querySelectorAll('label, button, legend, th, td, h2, summary, .tl-last')]
        .filter((e) => e.checkVisibility() && !e.closest('.tl-hidden, .tl-rate .tl-row'))
        .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline'
            || e.getBoundingClientRect().right > right + 1)
        .map((e) => `${e.tagName}: ${e.textContent.slice(0, 40)}`);
}"""
FIRST_SCREEN = ("stage", "play", "scrub", "lr", "readout-0", "explain", "more-open")


def boxes(view: View, *testids: str) -> list[dict[str, float]]:
    """Where parts are on the page."""
    return [dict(view.find(testid).first.bounding_box()) for testid in testids]


def run_by_hand(notebook: Notebook, arguments: str) -> View:
    """Type a call over the first cell and run it with Shift+Enter, as a student does."""
    cell = notebook.page.locator(".jp-CodeCell").first
    cell.locator(".cm-content").click()
    notebook.page.keyboard.press("Control+A")
    notebook.page.keyboard.type(f"tl.explore({arguments})")
    notebook.page.keyboard.press("Shift+Enter")
    return View(notebook).shown()


def test_it_fits_one_screen_and_is_in_view_after_its_cell_has_run(notebook: Notebook) -> None:
    notebook.page.set_viewport_size({"width": 1366, "height": 768})
    # What is compiled once in a process must not count for what is waited for.
    notebook.execute("import json\nimport toylands as tl\ntl.explore(tl.landscapes.branin).close()")
    view = run_by_hand(notebook, "tl.landscapes.branin")  # six parameters and four optimizers
    notebook.wait(
        """() => {
        const root = document.querySelector('[data-testid=explorer]').getBoundingClientRect();
        const page = document.querySelector('.jp-NotebookPanel-notebook').getBoundingClientRect();
        return root.top >= page.top - 1 && root.bottom <= page.bottom + 1; }"""
    )
    root = view.root.bounding_box()
    assert root["width"] >= 900
    for arguments in ("tl.landscapes.branin", "tl.landscapes.himmelblau", "'double_well_1d'"):
        view = show(notebook, arguments, unfold=False)
        root = view.root.bounding_box()
        assert root["height"] <= 620, arguments
        for box in boxes(view, *FIRST_SCREEN):
            assert root["y"] <= box["y"]
            assert box["y"] + box["height"] <= root["y"] + root["height"]
        # Knobs stand beside the map that they change.
        stage, rate = boxes(view, "stage-box", "lr")
        assert 0 < rate["x"] - stage["x"] - stage["width"] < 40
        assert stage["y"] <= rate["y"] <= stage["y"] + stage["height"]
        assert view.root.evaluate(CUT) == []
    # The words "learning rate" stay free where a menu beside them says whose rate it is.
    view = show(notebook, "'double_well_1d', [tl.gd(0.05), tl.momentum(0.02)]", unfold=False)
    words = view.root.locator(".tl-rate .tl-letter").bounding_box()
    assert words["x"] + words["width"] <= view.find("lr-of").bounding_box()["x"]
    for width, height in ((1024, 768), (390, 844)):
        notebook.page.set_viewport_size({"width": width, "height": height})
        view.two_frames()
        assert view.root.evaluate(CUT) == []
        view.unfold()
        assert view.root.evaluate(CUT) == []
    notebook.page.set_viewport_size({"width": 1500, "height": 1300})
    assert notebook.faults() == []


def test_what_a_dragged_slider_shows_is_of_the_landscape_shown(shown: Shown) -> None:
    """On x^4/4 - x^2/2 + c x + y^2/2 a minimum and the saddle meet at |c| = 2/(3 sqrt 3) = 0.385."""
    view = shown("tl.landscapes.double_well, [tl.gd(0.1)], loss_scale='linear'")
    slider = view.find("param-c")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2

    def place(c: float) -> float:
        return float(box["x"] + 8 + (c + 0.6) / 1.2 * (box["width"] - 16))

    def held() -> tuple[bool, int, Any]:
        view.notebook.settle()
        view.page.wait_for_timeout(250)  # words follow a few times a second
        text = view.notebook.execute(
            "print(json.dumps([explorer.terrain_meta['final'], len(explorer.terrain_meta['critical']), "
            "float(explorer.runs[0].loss[-1])]))"
        )
        final, points, loss = json.loads(text)
        return final, points, loss

    view.page.mouse.move(place(0.2), y)
    view.page.mouse.down()
    try:
        for c, points in ((0.25, 3), (0.5, 1), (0.1, 3), (-0.5, 1)):
            view.page.mouse.move(place(c), y, steps=3)
            final, found, loss = held()
            assert (final, found) == (False, points)
            # The sign, the size and the quadratic model are on the screen while the hand holds on.
            cell = view.find("readout-0").locator("td").first.inner_text()
            assert float(cell.replace("−", "-")) == pytest.approx(loss, rel=0.02)
            assert float(view.find("stage").get_attribute("data-level")) > 0
    finally:
        view.page.mouse.up()


def test_a_walk_that_leaves_does_not_set_the_level_of_the_others(shown: Shown) -> None:
    options = "lr=0.001, steps=200"
    levels = []
    for optimizers in ("[tl.adam(0.01)]", "[tl.adam(0.01), tl.gd(0.5)]"):
        view = shown(f"tl.landscapes.rosenbrock, {optimizers}, {options}")
        levels.append(float(view.find("stage").get_attribute("data-level")))
    assert max(levels) < 100 * min(levels), levels  # far out the curvature is 1e17 times as high


def test_the_tip_and_the_hand_follow_the_start(shown: Shown) -> None:
    view = shown("tl.landscapes.bowl, [tl.gd(0.05)], start=(1.0, 0.5)")
    cursor = "(stage) => stage.style.cursor"
    stage = view.find("stage")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    seen = set()
    place = (box["x"] + 0.5 * box["width"], box["y"] + 0.15 * box["height"])
    view.page.mouse.move(*place)
    assert stage.evaluate(cursor) == "crosshair"
    view.page.mouse.down()
    assert stage.evaluate(cursor) == "grabbing"
    for k in range(1, 4):
        view.page.mouse.move(place[0] + 25 * k, place[1] + 10 * k)
        view.two_frames()
        seen.add(view.find("hover").inner_text())
    seq = view.seq
    view.page.mouse.up()
    assert len(seen) == 3
    assert stage.evaluate(cursor) == "grab"
    view.notebook.settle()
    # Another ground under a pointer that rests: another loss in the tip.
    tip = view.find("hover").inner_text()
    seq = view.seq
    view.find("param-b").focus()
    view.press("ArrowRight", 20)
    view.shown(seq)
    view.notebook.settle()
    view.two_frames()
    now = view.find("hover").inner_text()
    assert now != tip
    x, y = (float(part.split("=")[1].replace("−", "-")) for part in now.split(":")[0].split(", "))
    params = view.scene()["params"]
    loss = (params["a"] * x**2 + params["b"] * y**2) / 2
    told = float(now.split("about ")[1].replace("−", "-"))
    assert told == pytest.approx(loss, rel=0.05)


def test_numbers_are_read_kindly_refused_in_place_and_undone(shown: Shown) -> None:
    view = shown("tl.landscapes.bowl, [tl.gd(0.1)], start=(1.0, 1.0)")
    first = view.scene()
    seq = view.seq
    view.type_number("lr", "0,15")
    view.shown(seq)
    assert view.scene()["lr"] == 0.15
    for text, words in (
        ("1e-400", "too small"),
        ("1,234", "can mean 1.234 or 1234"),
        ("fast", "not a number"),
    ):
        view.type_number("lr", text)
        assert words in view.find("lr-fault").inner_text()
        assert view.find("lr-box").get_attribute("aria-invalid") == "true"
    assert view.scene()["lr"] == 0.15
    # A change elsewhere leaves the wrong value where it is; Escape takes it back.
    seq = view.seq
    view.type_number("param-b", "12")
    view.shown(seq)
    assert view.find("lr-box").input_value() == "fast"
    view.find("lr-box").press("Escape")
    assert view.find("lr-box").input_value() == "0.15"
    assert not view.find("lr-fault").is_visible()
    # A walk of many steps is recorded every so many, and ends where it should.
    seq = view.seq
    view.type_number("steps", "100000")
    view.shown(seq)
    assert (view.frame, int(view.notebook.execute("print(explorer.runs[0].every)"))) == (
        100_000,
        20,
    )
    view.find("stage").focus()
    for done in (3, 2, 1):
        seq = view.seq
        view.press("Control+z")
        view.shown(seq)
        view.notebook.settle()
        scene = view.scene()
        assert (scene["steps"] != 300, scene["params"]["b"] != 10, scene["lr"] != 0.1) == (
            done > 3,
            done > 2,
            done > 1,
        )
    assert view.scene() == first
    assert view.find("undo").is_disabled()
    # A text that is no scene stays to be corrected; "copied" goes away by itself.
    view.find("state").fill("tl1:nonsense")
    view.find("state-load").click()
    view.notebook.wait("() => document.querySelector('[data-testid=state-fault]').textContent")
    assert view.find("state").input_value() == "tl1:nonsense"
    assert not view.find("error").is_visible()
    view.find("state-copy").click()
    view.notebook.wait("() => document.querySelector('.tl-said').textContent !== ''")
    view.notebook.wait("() => document.querySelector('.tl-said').textContent === ''")
    assert not view.find("state-fault").is_visible()
    seq = view.seq
    view.type_number("lr", "0.2")
    view.shown(seq)


def test_zigzags_that_pile_up_let_the_ground_through(shown: Shown) -> None:
    """Three hundred steps across a narrow valley: the newest are strong, the oldest faint."""
    view = shown(
        "tl.landscapes.ravine(kappa=100), [tl.gd(0.01995)], start=(1.0, 1.0), "
        "show={'quadratic': False, 'critical': False}"
    )
    strong = view.trail("gd")
    ground = view.pixels()
    columns = np.flatnonzero(strong.any(axis=0))
    rows = np.flatnonzero(strong.any(axis=1))
    box = strong[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    assert 0.01 < box.mean() < 0.6, f"{box.mean():.2f} of {ground.shape} are solid"
