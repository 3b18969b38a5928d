"""The explorer lives in a notebook, and everyone can use it: re-runs, restarts, keyboard, eyes, ears."""

from __future__ import annotations

import pytest
from lab import Notebook
from view import CELL, RACE, Shown, View

pytestmark = pytest.mark.browser


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


@pytest.mark.usefixtures("shown")
def test_running_the_cell_often_leaves_no_listeners_and_no_models(notebook: Notebook) -> None:
    """As a student does it: the cell neither closes nor names anything."""
    source = "tl.explore(tl.landscapes.bowl, [tl.gd(0.1)])"
    count = (
        "from ipywidgets.widgets.widget import _instances; "
        "print(sum(isinstance(model, tl.Explorer) for model in _instances.values()))"
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
    seen = [again(1), again(6), again(6)]
    session.detach()
    # A leak grows with every run, so in both stretches; JupyterLab opens a document of its own once.
    for what, each in (("jsEventListeners", 20), ("nodes", 100)):
        first, second, third = (counters[what] for counters, _ in seen)
        assert min(second - first, third - second) < 6 * each
    assert seen[-1][1] <= seen[0][1] + 1
    # A page never forgets a module, so all these explorers must have loaded one and the same.
    loaded = "Object.keys(globalThis).filter((name) => name.startsWith('toylands_')).length"
    assert notebook.page.evaluate(loaded) == 1


def test_a_restarted_kernel_is_noticed_and_the_cell_revives_it(
    notebook: Notebook, shown: Shown
) -> None:
    view = shown()
    notebook.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    notebook.wait(
        "() => document.querySelector('[data-testid=notice]').textContent.includes('all cells above it')"
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
    then("ArrowLeft", at="stage")
    view.shown(seq)
    notebook.settle()
    assert view.scene()["start"] != start
    seq = view.seq
    then("Control+z")
    view.shown(seq)
    notebook.settle()
    assert view.scene()["start"] == start
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
    marks = view.find("shortcuts").locator("canvas")
    assert marks.count() >= 14
    blank = """(all) => all.filter((c) => !c.getContext("2d")
        .getImageData(0, 0, c.width, c.height).data.some(Boolean)).length"""
    assert marks.evaluate_all(blank) == 0
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
    view.find("exact").click()
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


@pytest.mark.parametrize("mode", ["explore", "predict", "teacher"])
def test_text_can_be_read(shown: Shown, mode: str) -> None:
    view = shown(f"{RACE}, mode={mode!r}, show={{'basin': True, 'inside': True}}")
    assert view.faint() == []
