"""The explorer as a student has it: a real JupyterLab, a real kernel, a real Chromium.

One notebook serves all tests of a file; each runs its cell anew. What a test asserts about pictures it
reads off screenshots, by the colours of the trails.
"""

from __future__ import annotations

import json
import os
import signal

import numpy as np
import pytest
from lab import Notebook
from view import RACE, Shown

pytestmark = pytest.mark.browser


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


def test_the_rate_slider_serves_one_optimizer_where_each_has_its_own(shown: Shown) -> None:
    view = shown("tl.landscapes.himmelblau, [tl.gd(0.01), tl.adam(0.05)], steps=50")
    seq = view.seq
    view.drag_slider("lr", 0.3)
    view.shown(seq)
    scene = view.scene()
    assert scene["optimizers"][0]["lr"] == float(view.find("lr-box").input_value()) != 0.01
    assert scene["optimizers"][1]["lr"] == 0.05
    view.find("lr-of").select_option(label="adam")
    assert view.find("lr-box").input_value() == "0.05"
    seq = view.seq
    view.type_number("lr", "0.2")
    view.shown(seq)
    assert [entry["lr"] for entry in view.scene()["optimizers"]] == [
        scene["optimizers"][0]["lr"],
        0.2,
    ]
    seq = view.seq
    view.find("lr-share").click()
    view.shown(seq)
    scene = view.scene()
    assert (scene["lr"], [entry["lr"] for entry in scene["optimizers"]]) == (0.2, [None, None])
    assert not view.find("lr-of").is_visible()


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
    assert "not a number" in view.find("lr-fault").inner_text()
    assert view.find("lr-box").get_attribute("aria-invalid") == "true"
    assert view.scene()["lr"] == 1.25e-7


def test_what_is_impossible_is_said_and_taken_back(shown: Shown) -> None:
    view = shown()
    heights = (
        "(root) => [...root.querySelectorAll('.tl-main, .tl-card')].map((e) => e.offsetHeight)"
    )
    before = view.root.evaluate(heights)
    view.type_number("steps", "0")
    fault = view.find("steps-fault")
    view.notebook.wait("() => document.querySelector('[data-testid=steps-fault]').textContent")
    assert "steps: 0 must be a whole number from 1 to 100,000" in fault.inner_text()
    assert fault.get_attribute("role") == "alert"
    # Beside the field that has the fault, the value still there to be corrected, and nothing has moved.
    box, words = view.find("steps-box").bounding_box(), fault.bounding_box()
    assert 0 <= words["y"] - box["y"] - box["height"] < 10
    assert view.find("steps-box").input_value() == "0"
    assert view.find("steps-box").get_attribute("aria-invalid") == "true"
    assert view.root.evaluate(heights) == before
    assert not view.find("error").is_visible()
    seq = view.seq
    view.type_number("steps", "200")
    view.shown(seq)
    view.wait_for("error", "")
    assert view.scene()["steps"] == 200
    assert not fault.is_visible()
    assert view.find("steps-box").get_attribute("aria-invalid") is None


def test_an_exception_in_the_kernel_is_shown_in_words(shown: Shown) -> None:
    view = shown()
    view.notebook.execute(
        "from toylands.widgets import compute as _c\n_kept = _c.walks\n"
        "def _broken(*_, **__): raise RuntimeError('the basement is flooded')\n_c.walks = _broken"
    )
    try:
        view.type_number("lr", "0.002")
        view.notebook.wait("() => document.querySelector('[data-testid=lr-fault]').textContent")
        assert "the basement is flooded" in view.find("lr-fault").inner_text()
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
    view.type_number("frame", "20")
    seq = view.seq
    view.find("landscape").select_option("parabola")
    view.shown(seq)
    assert view.scene()["landscape"] == "parabola"
    assert view.trail("gd").any()
    seq = view.seq
    view.find("preset").select_option("ravine: tuned heavy ball")
    view.shown(seq)
    scene = view.scene()
    assert (scene["landscape"], scene["steps"]) == ("ravine", 400)
    assert "Polyak" in view.find("preset-why").inner_text()
    # A scene begins with its own end, wherever the one before was left.
    assert view.frame == 400
    assert "Momentum arrived in the valley after" in view.find("explain").inner_text()
    view.find("exact").click()
    view.notebook.wait(
        "() => document.querySelector('[data-testid=explain]').textContent.includes('gradient norm')"
    )
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


def test_only_a_rate_above_the_limit_is_drawn_in_red(shown: Shown) -> None:
    """On a parabola of curvature 1 the meter is the rate: 2 keeps to the limit, 2.05 is above it."""

    def reddish() -> int:
        red, green, _ = view.pixels("charts").transpose(2, 0, 1)
        return int((red - green > 30).sum())

    view = shown("tl.landscapes.parabola, [tl.gd(2.0)], steps=60")
    assert reddish() == 0
    assert view.find("readout-0").locator(".tl-over").count() == 0
    seq = view.seq
    view.type_number("lr", "2.05")
    view.shown(seq)
    assert reddish() > 200
    assert view.find("readout-0").locator(".tl-over").count() == 1


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
        assert view.faint() == []
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
