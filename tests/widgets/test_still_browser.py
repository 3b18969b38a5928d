"""What a notebook with widgets shows when it is opened again: without a kernel, cleaned, exported."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab import Notebook, Server

pytestmark = pytest.mark.browser

CELLS = (
    "import toylands as tl\ntl.explore(tl.landscapes.rosenbrock, [tl.gd(1e-3), tl.adam(0.1)])",
    "tl.compare([tl.landscapes.bce_logits, tl.landscapes.dice_logits], tl.gd(0.5))",
    "tl.sharpness_view(tl.landscapes.gaussian_wells, [(-1.5, 0), (1.5, 0)])",
    "tl.explore_slice(tl.landscapes.uvw_product, tl.gd(0.05))",
)
#: by output: how many pictures stand there
PICTURES = [1, 2, 2, 1]
# The pictures of each still that can be seen and have been decoded, and the text of the page's outputs.
_SEEN = """() => {
    const seen = (e) => e.checkVisibility({ visibilityProperty: true }) && e.clientHeight > 150;
    const stills = [...document.querySelectorAll('[class^="tl-still-"]')];
    const places = [...document.querySelectorAll('.jp-OutputArea-child')];
    return {
        pictures: stills.map((s) => [...s.querySelectorAll('img')].filter(
            (i) => seen(i) && i.complete && i.naturalWidth > 300).length),
        hints: stills.filter((s) => s.checkVisibility() && s.innerText.includes('Shift+Enter')).length,
        text: places.filter((p) => p.checkVisibility()).map((p) => p.innerText).join(' '),
    };
}"""


@pytest.fixture(scope="module")
def saved(lab_server: Server, chromium: Any) -> Iterator[str]:
    """The text of a notebook with one widget of each kind, run and saved; live, no picture is seen."""
    with Notebook.opened(lab_server, chromium, CELLS) as notebook:
        cells = notebook.run_all()
        notebook.wait("() => document.querySelectorAll('[data-testid=explorer]').length === 4")
        notebook.wait("() => document.querySelectorAll('.noUi-handle').length > 0")
        notebook.page.wait_for_timeout(1_100)  # by then a picture would have come
        found = notebook.page.evaluate(_SEEN)
        assert (found["pictures"], found["hints"]) == ([0] * 4, 0)
        assert notebook.faults() == []
        # What said that a first compile takes a while has been emptied.
        shown = [[o for o in cell["outputs"] if o.get("data", True)] for cell in cells]
        assert [len(outputs) for outputs in shown] == [2] * 4
        notebook.command("docmanager:save")
        path = notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.path")
        yield (notebook.server.notebooks / path).read_text(encoding="utf-8")


def check_pictures(found: Any) -> None:
    assert found["pictures"] == PICTURES
    assert found["hints"] == 4
    for words in ("model not found", "object at 0x", "Loading widget"):
        assert words not in found["text"]


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "cleaned"])
def test_opened_again_it_shows_pictures_and_what_to_do(
    lab_server: Server, chromium: Any, saved: str, trusted: bool, tmp_path: Path
) -> None:
    if not trusted:  # another text than the one that was signed: JupyterLab cleans its HTML
        saved = saved.replace("import toylands", "import  toylands")
    with Notebook.open(lab_server, chromium, saved) as notebook:
        notebook.wait(
            f"() => {{ const f = ({_SEEN})(); return f.hints === 4 && f.pictures[0] > 0; }}"
        )
        notebook.page.screenshot(path=tmp_path / "opened.png")
        check_pictures(notebook.page.evaluate(_SEEN))
        if trusted:  # and running the cells makes all live again
            notebook.run_all()
            notebook.wait("() => document.querySelectorAll('[data-testid=explorer]').length === 4")
            notebook.wait(f"() => ({_SEEN})().hints === 0")


def test_exported_to_html_it_shows_pictures(chromium: Any, saved: str, tmp_path: Path) -> None:
    nbconvert = pytest.importorskip("nbconvert", reason="needs nbconvert, which JupyterLab brings")
    import nbformat

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbconvert's own
        text, _ = nbconvert.HTMLExporter().from_notebook_node(nbformat.reads(saved, as_version=4))
    file = tmp_path / "exported.html"
    file.write_text(text, encoding="utf-8")
    page = chromium.new_page(viewport={"width": 1200, "height": 900})
    try:
        page.route(lambda url: not url.startswith("file:"), lambda route: route.abort())
        page.goto(file.as_uri(), wait_until="domcontentloaded")
        page.wait_for_function(f"() => ({_SEEN})().pictures[0] > 0")
        page.screenshot(path=tmp_path / "exported.png")
        check_pictures(page.evaluate(_SEEN))
    finally:
        page.close()


def test_a_picture_is_small(saved: str) -> None:
    sizes = [
        len(output["data"]["text/html"])
        for cell in json.loads(saved)["cells"]
        for output in cell["outputs"]
        if "text/html" in output["data"]
    ]
    assert len(sizes) == 4
    assert max(sizes) < 60_000, sizes
