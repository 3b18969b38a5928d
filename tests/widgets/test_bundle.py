"""The browser's code is one module that works offline: everything is in it, nothing is fetched."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from toylands.widgets import bundle

HERE = Path(bundle.__file__).parent
MODULES = sorted(path.stem for path in (HERE / "js").glob("*.js"))


def test_every_module_is_pasted_once() -> None:
    assert sorted(bundle.ORDER) == MODULES
    text = bundle.script()
    for name in MODULES:
        assert text.count(f"// --- {name}.js\n") == 1


def test_nothing_is_imported_and_one_thing_is_exported() -> None:
    lines = bundle.script().splitlines()
    assert [line for line in lines if re.match(r"\s*import\b", line)] == []
    assert "import(" not in bundle.script()
    exported = [line for line in lines if re.match(r"export\b", line)]
    assert exported == ["export default { render };"]


def test_the_palette_is_pythons() -> None:
    line = bundle.script().split("const PALETTE = ", 1)[1]
    palette, _ = json.JSONDecoder().raw_decode(line)
    assert palette == json.loads((HERE.parent / "palette.json").read_text(encoding="utf-8"))


def test_nothing_is_fetched_from_elsewhere() -> None:
    """No address but the names of XML languages; no style sheet or font from outside."""
    for text in (bundle.script(), bundle.style()):
        addresses = set(re.findall(r"\w+://[^\s\"'`)]+", text))
        assert {a for a in addresses if not a.startswith("http://www.w3.org/")} == set()
        assert "@import" not in text
        assert not re.search(r"url\((?!\s*[\"']?data:)", text)


def test_nothing_makes_markup_or_code_out_of_data() -> None:
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
    ):
        assert word not in bundle.script(), word


def test_no_listener_is_left_on_the_page() -> None:
    """Listeners on the document, the body or the window outlive a view, unless a signal ends them."""
    found = re.findall(
        r"(?:document|body|window|globalThis)\.addEventListener\([^;]*?\);", bundle.script(), re.S
    )
    assert [call for call in found if "signal" not in call] == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("player", 'import x from "https://example.org/x.js";'),
        ("player", "export { Player };"),
        ("explorer", "export const y = 1, z = 2;\nexport default function () {}"),
    ],
)
def test_a_module_that_cannot_be_pasted_is_refused(
    name: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(HERE / "js", tmp_path / "widgets" / "js")
    shutil.copy(HERE.parent / "palette.json", tmp_path)
    changed = tmp_path / "widgets" / "js" / f"{name}.js"
    changed.write_text(f"{line}\n{changed.read_text(encoding='utf-8')}", encoding="utf-8")
    monkeypatch.setattr(bundle, "_HERE", tmp_path / "widgets")
    bundle.script.cache_clear()
    try:
        with pytest.raises(ValueError, match=rf"{name}\.js: cannot be pasted because of"):
            bundle.script()
    finally:
        bundle.script.cache_clear()


@pytest.mark.parametrize("text", [bundle.script(), bundle.starter()], ids=["script", "starter"])
def test_the_pasted_text_is_a_module(text: str) -> None:
    """It runs: no name is declared twice, none is used before the module that declares it."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    checked = subprocess.run(
        [node, "--input-type=module", "-"],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert checked.returncode == 0, checked.stderr


def test_the_starter_names_the_code_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an update of toylands, a page that is still open must load the new code."""
    first = bundle.starter()
    assert len(first) < 1000
    bundle.starter.cache_clear()
    monkeypatch.setattr(bundle, "script", lambda: "export default {};")
    try:
        assert bundle.starter() != first
    finally:
        bundle.starter.cache_clear()


def test_the_style_stays_inside_the_explorer() -> None:
    """Every rule names a class or id of ours, so the rest of the notebook keeps its looks."""
    text = re.sub(r"/\*.*?\*/", "", bundle.style(), flags=re.S)
    selectors = re.findall(r"(?:^|[{};])\s*([^{};@]+)\{", text)
    foreign = []
    for group in selectors:
        outside = re.sub(r"\([^()]*(?:\([^()]*\)[^()]*)*\)", "()", group)  # :is(a, b) is one thing
        for selector in outside.split(","):
            own = ".tl-" in selector or re.fullmatch(r"\s*(from|to|\d+%)\s*", selector)
            if not own:
                foreign.append(selector.strip())
    assert foreign == []
