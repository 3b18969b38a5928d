"""The explorer as a student has it: a real JupyterLab, a real kernel, a real Chromium.

One notebook serves all tests of this file; each runs its cell anew. What a test asserts about pictures it
reads off screenshots, by the colours of the trails.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from lab import Notebook, Server
from view import CELL, View, show

pytestmark = pytest.mark.browser

RACE = "tl.landscapes.rosenbrock, [tl.gd(1e-3), tl.adam(1e-3)], lr=1e-3"
Shown = Callable[..., View]


@pytest.fixture(scope="module")
def notebook(lab_server: Server, chromium: Any) -> Iterator[Notebook]:
    with Notebook.opened(lab_server, chromium, ["1", "2", "3"]) as opened:
        yield opened


@pytest.fixture(autouse=True)
def clean(notebook: Notebook) -> Iterator[None]:
    """Nothing may go wrong unseen: console errors, requests to strangers, output of the kernel."""
    notebook.complaints.clear()
    notebook.strangers.clear()
    yield
    assert notebook.faults() == []


@pytest.fixture
def shown(notebook: Notebook) -> Iterator[Shown]:
    """Show an explorer; at the end of the test it must not be showing an error."""
    views = []

    def run(arguments: str = RACE) -> View:
        views.append(show(notebook, arguments))
        return views[-1]

    yield run
    for view in views[-1:]:
        assert view.data("error") == ""


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """The share of marked pixels that two masks have in common."""
    return float((one & other).sum() / max(1, (one | other).sum()))


# --- changing the scene ---------------------------------------------------------------------------


def test_dragging_the_rate_moves_the_trails(shown: Shown) -> None:
    view = shown("tl.landscapes.himmelblau, [tl.adam(0.02)], steps=100, show={'quadratic': False}")
    before, seq = view.trail("adam"), view.seq
    assert before.sum() > 100
    view.drag_slider("lr", 0.9)
    view.shown(seq)
    after = view.trail("adam")
    assert after.sum() > 100
    assert overlap(before, after) < 0.3
    lr = view.scene()["lr"]
    assert lr > 1
    assert float(view.find("lr-box").input_value()) == pytest.approx(lr)
    assert view.seq > seq + 2  # pictures came while the hand was moving
    drawn = view.notebook.execute("print(explorer.runs[0].end.tolist())")
    expected = view.notebook.execute(
        f"print(tl.descend(tl.landscapes.himmelblau, tl.adam({lr}), steps=100).end.tolist())"
    )
    assert drawn == expected


def test_a_value_is_typed_exactly_and_beyond_the_slider(shown: Shown) -> None:
    view = shown("tl.landscapes.bowl, [tl.gd(0.1)]")
    for text, value in (("25", 25.0), ("2/9", 2 / 9), ("1.25e-7", 1.25e-7)):
        seq = view.seq
        view.type_number("lr", text)
        view.shown(seq)
        assert view.scene()["lr"] == value
    seq = view.seq
    view.type_number("param-b", "1234.5")
    view.shown(seq)
    assert view.scene()["params"]["b"] == 1234.5
    view.find("lr-box").fill("fast")
    view.press("Enter")
    assert "not a number" in view.root.inner_text()
    assert view.scene()["lr"] == 1.25e-7


def test_what_is_impossible_is_said_and_taken_back(shown: Shown) -> None:
    view = shown()
    view.type_number("steps", "0")
    view.notebook.wait("() => document.querySelector('[data-testid=error]').textContent !== ''")
    assert "steps: 0 must be a whole number from 1 to 5,000" in view.find("error").inner_text()
    assert view.find("error").get_attribute("role") == "alert"
    seq = view.seq
    view.type_number("steps", "200")
    view.shown(seq)
    view.wait_for("error", "")
    assert view.scene()["steps"] == 200
    assert not view.find("error").is_visible()


def test_an_exception_in_the_kernel_is_shown_in_words(shown: Shown) -> None:
    view = shown()
    view.notebook.execute(
        "from toylands.widgets import compute as _c\n_kept = _c.walks\n"
        "def _broken(*_, **__): raise RuntimeError('the basement is flooded')\n_c.walks = _broken"
    )
    try:
        view.type_number("lr", "0.002")
        view.notebook.wait("() => document.querySelector('[data-testid=error]').textContent !== ''")
        assert "the basement is flooded" in view.find("error").inner_text()
    finally:
        view.notebook.execute("_c.walks = _kept")
    seq = view.seq
    view.type_number("lr", "0.003")
    view.shown(seq)
    view.wait_for("error", "")


def test_dragging_the_start_moves_it(shown: Shown) -> None:
    view = shown("tl.landscapes.bowl, [tl.gd(0.05)], start=(1.2, 0.0), show={'quadratic': False}")
    before, seq = view.trail("gd"), view.seq
    stage = view.find("stage").bounding_box()
    rows, columns = np.nonzero(before)
    # gd walks along y = 0 to the middle: the middle of the plot is where the trail ends on the left
    x0, y0 = stage["x"] + float(columns.min()), stage["y"] + float(np.median(rows))
    view.page.mouse.move(x0 + 4, y0 + 90)
    view.page.mouse.down()
    for k in range(1, 6):
        view.page.mouse.move(x0 + 4 - 20 * k, y0 + 90 + 4 * k)
        view.two_frames()
    view.page.mouse.up()
    view.shown(seq)
    x, y = view.scene()["start"]
    assert x < 0
    assert y < 0
    assert overlap(before, view.trail("gd")) < 0.2
    run = view.notebook.execute("print(explorer.runs[0].start.tolist())")
    assert json.loads(run) == [x, y]


def test_no_change_is_lost_when_several_come_at_once(shown: Shown) -> None:
    """While one message is on its way only the newest value waits; nothing may be overwritten."""
    view = shown()
    seq = view.seq
    view.notebook.start_code("import time; time.sleep(1)")
    view.type_number("lr", "0.0005")
    view.type_number("steps", "123")
    view.find("axis-evaluations").check(force=True)
    view.find("opt-1-on").uncheck()
    view.find("show-critical").uncheck()
    view.shown(seq)
    view.notebook.settle()
    scene = view.scene()
    assert (scene["lr"], scene["steps"], scene["axis"]) == (0.0005, 123, "evaluations")
    assert not scene["optimizers"][1]["on"]
    assert not scene["show"]["critical"]


def test_landscape_presets_and_state(shown: Shown) -> None:
    view = shown()
    kept = view.find("state").input_value()
    seq = view.seq
    view.find("landscape").select_option("parabola")
    view.shown(seq)
    assert view.scene()["landscape"] == "parabola"
    assert view.trail("gd").sum() > 20
    seq = view.seq
    view.find("preset").select_option("ravine: tuned heavy ball")
    view.shown(seq)
    scene = view.scene()
    assert (scene["landscape"], scene["steps"]) == ("ravine", 400)
    assert "Polyak" in view.find("preset-why").inner_text()
    assert "momentum converged to a minimum" in view.find("explain").inner_text()
    seq = view.seq
    view.find("state").fill(kept)
    view.find("state-load").click()
    view.shown(seq)
    scene = view.scene()
    assert (scene["landscape"], scene["steps"], scene["lr"]) == ("rosenbrock", 300, 1e-3)
    assert view.find("state").input_value() == kept


def test_a_parameter_changes_the_terrain_and_keeps_the_frame(shown: Shown) -> None:
    view = shown("tl.landscapes.quartic_saddle, [tl.gd(0.1)], show={'quadratic': False}")
    for _ in range(3):
        view.find("step-back").click()
    view.wait_for("frame", "297")
    before, seq = view.pixels(), view.seq
    view.drag_slider("param-a", 0.1)
    view.shown(seq)
    assert view.frame == 297
    assert (np.abs(view.pixels() - before).max(axis=2) > 20).mean() > 0.05
    meta = json.loads(view.notebook.execute("print(json.dumps(explorer.terrain_meta['critical']))"))
    a = view.scene()["params"]["a"]
    assert max(point["point"][1] for point in meta) == pytest.approx(np.sqrt(a), abs=1e-9)


# --- playing --------------------------------------------------------------------------------------


def test_scrubbing_and_stepping_back(shown: Shown) -> None:
    view = shown("tl.landscapes.himmelblau, [tl.adam(0.05)], steps=100, show={'quadratic': False}")
    assert view.frame == 100
    end = view.trail("adam")
    view.find("step-back").click()
    view.wait_for("frame", "99")
    view.drag_slider("scrub", 0.1)
    frame = view.frame
    assert 5 <= frame <= 15
    assert not np.array_equal(end, view.trail("adam"))
    view.find("step-forward").click()
    view.wait_for("frame", str(frame + 1))
    view.find("step-back").click()
    view.find("step-back").click()
    view.wait_for("frame", str(frame - 1))
    shown_loss = view.find("readout-0").locator("td").first.inner_text()
    exact = float(view.notebook.execute(f"print(explorer.runs[0].loss[{frame - 1}])"))
    assert float(shown_loss.replace("−", "-")) == pytest.approx(exact, rel=6e-3)


def test_playing_asks_nothing_of_the_kernel(shown: Shown) -> None:
    view = shown()
    notebook = view.notebook
    view.find("scrub").focus()
    view.press("Home")
    view.find("speed").select_option("300")
    notebook.settle()
    view.page.wait_for_timeout(300)  # what was on its way has arrived
    sent, received = notebook.sent, notebook.received
    view.find("play").click()
    view.wait_for("playing", "true")
    view.wait_for("frame", "300")
    view.wait_for("playing", "false")
    assert (notebook.sent - sent, notebook.received - received) == (0, 0)


BEYOND = "(f) => +document.querySelector('[data-testid=explorer]').dataset.frame > f"


def test_a_busy_kernel_does_not_freeze_the_stage(shown: Shown) -> None:
    """A cell that takes its time: the run plays on, and what was changed meanwhile is drawn."""
    view = shown()
    view.find("scrub").focus()
    view.press("Home")
    view.find("speed").select_option("60")
    flag = view.notebook.server.folder / "go"
    flag.unlink(missing_ok=True)
    view.notebook.start_code(
        f"import os, time\nwhile not os.path.exists({str(flag)!r}): time.sleep(0.05)"
    )
    try:
        view.find("play").click()
        view.notebook.wait(BEYOND, 20)
        seq = view.seq
        view.type_number("lr", "0.0001")
        view.notebook.wait(BEYOND, view.frame + 10)
    finally:
        flag.touch()
    view.shown(seq)
    view.notebook.settle()
    assert view.scene()["lr"] == 0.0001


def test_a_kernel_that_does_not_answer_does_not_freeze_the_stage(shown: Shown) -> None:
    view = shown()
    view.find("scrub").focus()
    view.press("Home")
    view.find("speed").select_option("60")
    kernel = int(view.notebook.execute("import os; print(os.getpid())"))
    seq = view.seq
    os.kill(kernel, signal.SIGSTOP)
    try:
        view.find("play").click()
        view.notebook.wait(BEYOND, 20)
        view.type_number("lr", "0.0001")
        view.notebook.wait(BEYOND, view.frame + 10)  # it goes on playing what it has
        view.find("step-back").click()
        view.wait_for("playing", "false")
        view.notebook.wait(
            "() => document.querySelector('[data-testid=notice]').textContent.includes('Computing')"
        )
        assert view.find("notice").is_visible()
        assert view.seq == seq
    finally:
        os.kill(kernel, signal.SIGCONT)
    view.shown(seq)
    view.notebook.settle()
    assert view.scene()["lr"] == 0.0001
    view.notebook.wait("() => document.querySelector('[data-testid=notice]').hidden")


def test_reduced_motion_jumps_to_the_end(notebook: Notebook, shown: Shown) -> None:
    notebook.page.emulate_media(reduced_motion="reduce")
    try:
        view = shown()
        view.find("scrub").focus()
        view.press("Home")
        view.wait_for("frame", "0")
        view.find("play").click()
        view.wait_for("frame", "300")
        assert view.data("playing") == "false"
    finally:
        notebook.page.emulate_media(reduced_motion="no-preference")


# --- what is drawn --------------------------------------------------------------------------------


def test_the_basin_map_follows_the_rate(shown: Shown) -> None:
    view = shown("tl.landscapes.himmelblau, [tl.gd(0.01)], show={'quadratic': False}")
    plain, seq = view.pixels(), view.seq
    view.find("show-basin").check()
    view.shown(seq)
    first = view.pixels()
    assert (np.abs(first - plain).max(axis=2) > 20).mean() > 0.3
    seq = view.seq
    view.type_number("lr", "0.03")
    view.shown(seq)
    assert (np.abs(view.pixels() - first).max(axis=2) > 20).mean() > 0.03
    seq = view.seq
    view.find("show-basin").uncheck()
    view.shown(seq)
    assert (np.abs(view.pixels() - plain).max(axis=2) > 20).mean() < 0.1


def test_the_dark_theme(notebook: Notebook, shown: Shown) -> None:
    view = shown()
    trail = view.trail("gd").sum()
    change = "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"
    notebook.page.evaluate(change, "JupyterLab Dark")
    try:
        view.wait_for("theme", "dark")
        notebook.wait("() => document.body.dataset.jpThemeLight === 'false'")
        stage = view.pixels()
        assert stage[2:-2, 2:6].mean() < 90  # the paper beside the plot is dark
        assert view.trail("gd").sum() > 0.5 * trail
        assert contrasts(view) == []
    finally:
        notebook.page.evaluate(change, "JupyterLab Light")
    view.wait_for("theme", "light")


def test_the_surface_in_three_dimensions(shown: Shown) -> None:
    view = shown("tl.landscapes.himmelblau, [tl.adam(0.05)], steps=100, show={'quadratic': False}")
    flat, seq = view.pixels(), view.seq
    view.find("show-three_d").check()
    view.shown(seq)
    view.wait_for("stage", "3d")
    solid = view.pixels()
    assert (np.abs(solid - flat).max(axis=2) > 20).mean() > 0.2
    assert view.trail("adam").sum() > 50
    view.find("stage").focus()
    view.press("ArrowLeft", 5)
    turned = view.pixels()
    assert (np.abs(turned - solid).max(axis=2) > 20).mean() > 0.05
    seq = view.seq
    view.find("show-three_d").uncheck()
    view.shown(seq)
    view.wait_for("stage", "2d")


def test_without_webgl_the_map_stays_and_says_so(notebook: Notebook, shown: Shown) -> None:
    page = notebook.page
    page.evaluate(
        """() => { const proto = HTMLCanvasElement.prototype; proto.kept = proto.getContext;
        proto.getContext = function (kind, ...rest) {
            return /webgl/.test(kind) ? null : this.kept(kind, ...rest); };
        const off = OffscreenCanvas.prototype; off.kept = off.getContext;
        off.getContext = proto.getContext; }"""
    )
    try:
        view = shown(f"{RACE}, show={{'three_d': True}}")
        assert view.data("stage") == "2d"
        assert view.trail("gd").sum() > 20
        assert view.find("show-three_d").is_disabled()
        assert "WebGL" in view.root.inner_html()
    finally:
        page.evaluate(
            """() => { for (const c of [HTMLCanvasElement, OffscreenCanvas])
            c.prototype.getContext = c.prototype.kept; }"""
        )


def test_inside_the_optimizer(shown: Shown) -> None:
    view = shown("tl.landscapes.bowl, [tl.gd(0.05)], start=(1, 1), steps=40, show={'inside': True}")
    view.type_number("frame", "7")
    view.wait_for("frame", "7")
    assert view.find("inside-equations").locator("math").count() >= 1
    cells = view.find("inside-numbers").locator("tr").first.locator("td").all_inner_texts()
    assert [float(cell) for cell in cells[:2]] == pytest.approx([0.95**7, 0.5**7], rel=6e-3)


# --- prediction and teaching ----------------------------------------------------------------------


def test_a_prediction_locks_and_is_scored(shown: Shown) -> None:
    view = shown("tl.landscapes.bowl, [tl.gd(0.1)], start=(1, 1), mode='predict'")
    assert view.data("locked") == "true"
    assert view.frame == 0
    assert view.find("play").is_disabled()
    assert view.find("predict-lock").is_disabled()
    hidden = view.trail("gd").sum()
    view.find("predict-0-outcome-converged").check(force=True)
    assert view.find("predict-lock").is_disabled()  # an end and a number of steps are missing
    view.type_number("predict-0-end-0", "0.1")
    view.type_number("predict-0-end-1", "0")
    view.type_number("predict-0-steps", "260")
    view.find("predict-lock").click()
    assert view.data("locked") == "false"
    assert view.find("verdict").inner_text() == ""
    view.find("speed").select_option("300")
    view.find("play").click()
    view.wait_for("frame", "300")
    view.notebook.wait("() => document.querySelector('[data-testid=verdict]').textContent !== ''")
    verdict = view.find("verdict").inner_text()
    assert "3 of 4" in verdict  # outcome 1, end 1, steps 260 instead of 132: within a factor of 3
    assert "it took 132" in verdict
    assert view.trail("gd").sum() > hidden


def test_a_teacher_freezes_and_reveals(shown: Shown) -> None:
    view = shown(f"{RACE}, mode='teacher', show={{'quadratic': False}}")
    size = float(view.root.evaluate("(r) => parseFloat(getComputedStyle(r).fontSize)"))
    assert size >= 17
    before = view.trail("gd")
    view.find("freeze").click()
    view.wait_for("frozen", "true")
    view.type_number("lr", "0.0001")
    view.notebook.settle()
    assert view.scene()["lr"] == 0.0001
    assert overlap(before, view.trail("gd")) > 0.98
    seq = view.seq
    view.find("freeze").click()
    view.wait_for("frozen", "false")
    view.shown(seq - 1)
    view.notebook.settle()
    assert overlap(before, view.trail("gd")) < 0.8


# --- life in a notebook ---------------------------------------------------------------------------


def test_two_views_of_one_explorer_stay_in_step(notebook: Notebook, shown: Shown) -> None:
    one = shown()
    notebook.set_sources(CELL.format(arguments=RACE), "explorer")
    notebook.run_all()
    one, two = View(notebook, 0).shown(), View(notebook, 1).shown()
    seq = one.seq
    two.type_number("lr", "0.0007")
    one.shown(seq)
    two.shown(seq)
    assert one.find("lr-box").input_value() == two.find("lr-box").input_value() == "0.0007"
    one.find("step-back").click()
    two.wait_for("frame", "299")
    two.find("scrub").focus()
    one.root.scroll_into_view_if_needed()
    two.press("Home")
    one.wait_for("frame", "0")
    two.find("step-forward").click()
    one.wait_for("frame", "1")
    notebook.set_sources(CELL.format(arguments=RACE), "2")


def test_running_the_cell_again(notebook: Notebook, shown: Shown) -> None:
    view = shown()
    view.type_number("lr", "0.0002")
    view = shown()
    assert notebook.page.get_by_test_id("explorer").count() == 1
    assert view.scene()["lr"] == 1e-3
    seq = view.seq
    view.type_number("lr", "0.0004")
    view.shown(seq)


def test_running_the_cell_often_leaves_no_listeners_and_no_models(notebook: Notebook) -> None:
    """As a student does it: the cell neither closes nor names anything."""
    source = "tl.explore(tl.landscapes.bowl, [tl.gd(0.1)])"
    count = (
        "import gc; gc.collect(); from toylands.widgets import Explorer; "
        "print(sum(isinstance(o, Explorer) for o in gc.get_objects()))"
    )
    session = notebook.page.context.new_cdp_session(notebook.page)

    def again(times: int) -> tuple[dict[str, int], int]:
        for _ in range(times):
            notebook.set_sources(source)
            notebook.run_all()
            View(notebook).shown()
        session.send("HeapProfiler.collectGarbage")
        return session.send("Memory.getDOMCounters"), int(notebook.execute(count))

    again(3)
    counters, models = again(1)
    later, more = again(6)
    session.detach()
    assert later["jsEventListeners"] - counters["jsEventListeners"] < 6 * 20
    assert later["nodes"] - counters["nodes"] < 6 * 100
    assert more <= models + 1


def test_a_restarted_kernel_is_noticed_and_the_cell_revives_it(
    notebook: Notebook, shown: Shown
) -> None:
    view = shown()
    notebook.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    notebook.wait(
        "() => document.querySelector('[data-testid=notice]').textContent.includes('run the cell again')"
    )
    assert view.find("notice").is_visible()
    view.find("scrub").focus()
    view.press("Home")
    view.wait_for("frame", "0")  # what has come can still be played
    notebook.settle()
    view = shown()
    assert not view.find("notice").is_visible()
    seq = view.seq
    view.type_number("lr", "0.0004")
    view.shown(seq)


# --- hands, eyes, ears ----------------------------------------------------------------------------


def test_the_keyboard_alone_can_do_everything(notebook: Notebook, shown: Shown) -> None:
    view = shown()
    cells = notebook.page.locator(".jp-Cell").count()
    start = view.scene()["start"]

    def then(*keys: str, at: str | None = None) -> None:
        if at:
            view.find(at).focus()
        for key in keys:
            view.press(key)

    seq = view.seq
    then("ArrowRight", "ArrowRight", at="lr")  # the slider
    view.shown(seq)
    assert view.scene()["lr"] > 1e-3
    seq = view.seq
    then("ArrowLeft", "ArrowUp", at="stage")  # the start
    view.shown(seq)
    notebook.settle()
    x, y = view.scene()["start"]
    assert x < start[0]
    assert y > start[1]
    seq = view.seq
    then("r")
    view.shown(seq)
    notebook.settle()
    assert view.scene()["start"] == start
    then("Home")
    view.wait_for("frame", "0")
    then(".", ".", ",")
    view.wait_for("frame", "1")
    then(" ")
    view.wait_for("playing", "true")
    then(" ")
    view.wait_for("playing", "false")
    then("End")
    view.wait_for("frame", "300")
    seq = view.seq
    then("b")
    view.shown(seq)
    assert view.scene()["show"]["basin"]
    seq = view.seq
    then(" ", at="opt-1-on")
    view.shown(seq)
    assert not view.scene()["optimizers"][1]["on"]
    seq = view.seq
    then("ArrowRight", at="mode-explore")
    view.wait_for("mode", "predict")
    then("ArrowLeft", at="mode-predict")
    view.wait_for("mode", "explore")
    then("?", at="stage")
    assert view.find("shortcuts").is_visible()
    then("Escape")
    assert not view.find("shortcuts").is_visible()
    for testid in ("play", "stage", "lr", "opt-1-on"):  # JupyterLab would delete the cell
        then("d", "d", "x", "ArrowDown", at=testid)
    notebook.settle()
    assert notebook.page.locator(".jp-Cell").count() == cells


def test_tab_visits_everything_in_order_and_shows_where_it_is(shown: Shown) -> None:
    view = shown()
    wanted = view.root.evaluate(
        """(root) => [...root.querySelectorAll('button, input, select, summary, textarea, [tabindex]')]
        .filter((e) => e.checkVisibility() && !e.disabled && e.tabIndex >= 0)
        .filter((e) => e.type !== 'radio' || e.checked)
        .map((e) => e.dataset.testid ?? e.outerHTML)"""
    )
    assert len(wanted) > 30
    view.find(wanted[0]).focus()
    visited, unseen = [], []
    for _ in range(len(wanted) + 5):
        here, visible = view.page.evaluate(
            """() => { const e = document.activeElement;
            const root = e.closest('[data-testid=explorer]');
            if (!root) return [null, true];
            const shown = (e) => { const s = getComputedStyle(e);
                return s.boxShadow !== 'none' ||
                    (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0); };
            const label = e.labels?.[0];
            return [e.dataset.testid ?? e.outerHTML, shown(e) || Boolean(label && shown(label))]; }"""
        )
        if here is None:
            break
        visited.append(here)
        if not visible:
            unseen.append(here)
        view.press("Tab")
    assert visited == wanted
    assert unseen == []


def test_everything_has_a_name_a_role_and_keeps_its_keys(shown: Shown) -> None:
    view = shown(f"{RACE}, show={{'basin': True, 'inside': True}}")
    view.root.evaluate("(r) => r.querySelectorAll('details').forEach((d) => { d.open = true; })")
    session = view.page.context.new_cdp_session(view.page)
    document = session.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    query = {"nodeId": document, "selector": "[data-testid=explorer]"}
    root = session.send("DOM.querySelector", query)
    nodes = session.send("Accessibility.queryAXTree", root)["nodes"]
    session.detach()
    roles: dict[str, int] = {}
    nameless = []
    for node in nodes:
        role = node.get("role", {}).get("value", "")
        focusable = any(
            p["name"] == "focusable" and p["value"]["value"] for p in node.get("properties", [])
        )
        if focusable and not node.get("ignored"):
            roles[role] = roles.get(role, 0) + 1
            if not node.get("name", {}).get("value", "").strip():
                nameless.append(role)
    assert nameless == []
    assert roles["slider"] >= 8
    assert roles["button"] >= 10
    inside = view.root.evaluate(
        """(root) => [...root.querySelectorAll('button, input, select, summary, textarea, canvas[tabindex]')]
        .filter((e) => e.checkVisibility())
        .map((e) => [e.outerHTML.slice(0, 90), e.dataset.lmSuppressShortcuts === 'true',
            Boolean(e.ariaLabel || e.labels?.length || e.textContent.trim() || e.title)])"""
    )
    assert len(inside) > 40
    assert [html for html, keeps, _ in inside if not keeps] == []
    assert [html for html, _, named in inside if not named] == []
    html = view.root.evaluate("(root) => [...root.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(html) == len(set(html))
    assert view.find("explain").get_attribute("aria-live") == "polite"
    assert "start" in str(view.find("stage").get_attribute("aria-label")).lower()


def contrasts(view: View) -> list[str]:
    """Texts whose contrast against what is behind them is below WCAG's 4.5 (3 when large)."""
    found: list[str] = view.root.evaluate(
        """(root) => {
        const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
        const channels = (css) => {
            paint.clearRect(0, 0, 1, 1); paint.fillStyle = css; paint.fillRect(0, 0, 1, 1);
            const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
            return [r, g, b, a / 255];
        };
        const behind = (e) => {
            const layers = [];
            for (let n = e; n; n = n.parentElement) {
                const layer = channels(getComputedStyle(n).backgroundColor);
                layers.push(layer);
                if (layer[3] === 1) break;
            }
            let [r, g, b] = [255, 255, 255];
            for (const [x, y, z, a] of layers.reverse())
                [r, g, b] = [r + (x - r) * a, g + (y - g) * a, b + (z - b) * a];
            return [r, g, b];
        };
        const light = (c) => {
            const [r, g, b] = c.map((v) => v / 255)
                .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const wrong = [];
        for (const e of root.querySelectorAll('*')) {
            const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
            const value = e.matches('input[type=text], select') && e.value;
            if (!(own || value) || !e.checkVisibility() || e.disabled) continue;
            if (e.closest('fieldset:disabled, .tl-hidden, [aria-hidden=true]')) continue;
            const style = getComputedStyle(e);
            const [r, g, b, a] = channels(style.color);
            const back = behind(e);
            const front = [r, g, b].map((v, k) => back[k] + (v - back[k]) * a);
            const [hi, lo] = [light(front), light(back)].sort((p, q) => q - p);
            const ratio = (hi + 0.05) / (lo + 0.05);
            const big = parseFloat(style.fontSize) >= 24 ||
                (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
            if (ratio < (big ? 3 : 4.5))
                wrong.push(`${ratio.toFixed(2)}: ${e.tagName} ${(e.value ?? e.textContent).slice(0, 40)}`);
        }
        return wrong;
    }"""
    )
    return found


@pytest.mark.parametrize("mode", ["explore", "predict", "teacher"])
def test_text_can_be_read(shown: Shown, mode: str) -> None:
    view = shown(f"{RACE}, mode={mode!r}, show={{'basin': True, 'inside': True}}")
    assert contrasts(view) == []
