"""`toylands lab` starts a real server with our settings."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import jinja2
import pytest

from toylands.cli import main
from toylands.lab import command, project_command

#: the module (the package's `launch` is the function in it)
STARTING = importlib.import_module("toylands.lab.launch")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_command_opens_the_first_lesson(tmp_path: Path) -> None:
    words = command(tmp_path, "00_start_here.ipynb", browser=False, port=8123)
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in words
    assert "--no-browser" in words
    assert "--port=8123" in words
    settings = next(w for w in words if w.startswith("--LabApp.app_settings_dir="))
    overrides = json.loads((Path(settings.split("=", 1)[1]) / "overrides.json").read_text("utf-8"))
    assert overrides["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_projecting_hides_the_code(tmp_path: Path) -> None:
    words = project_command(tmp_path / "01.ipynb", browser=False, port=None)
    assert "--strip_sources=True" in words
    (name,) = [word.partition("=")[2] for word in words if word.startswith("--template=")]
    template = Path(STARTING.__file__).parent / "share" / "voila" / "templates" / name
    assert (template / "index.html.j2").exists()
    page = (template / "index.html.j2").read_text(encoding="utf-8")
    styles = '<link rel="stylesheet" href="https://cdn.jsdelivr.net/npm/x.css" />'
    block = page[page.index("{%- block") :].replace("super()", "styles")
    shown = jinja2.Environment().from_string(block).render(styles=styles)
    assert "https:" not in shown


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(STARTING.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"toylands\[lab\]"):
        STARTING.launch(tmp_path, None, browser=False)
    with pytest.raises(ModuleNotFoundError, match=r"toylands\[project\]"):
        STARTING.project(tmp_path / "x.ipynb", browser=False)


@pytest.mark.skipif(sys.platform == "win32", reason="ends the server with a POSIX signal")
def test_a_real_server_copies_the_lessons_and_answers(tmp_path: Path) -> None:
    pytest.importorskip("jupyterlab")
    port = free_port()
    words = [sys.executable, "-m", "toylands", "lab", "--no-browser", "--port", str(port)]
    quiet = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "c"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "r"),
    }
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        (tmp_path / "c").mkdir()
        (tmp_path / "c" / "jupyter_server_config.json").write_text(
            json.dumps({"ServerApp": {"allow_root": True}}), encoding="utf-8"
        )
    log = (tmp_path / "log").open("w+", encoding="utf-8")
    server = subprocess.Popen(
        words, cwd=tmp_path, env=quiet, stdout=log, stderr=log, start_new_session=True
    )
    try:
        said = _wait_for(tmp_path / "log", server, r"http://127\.0\.0\.1:\d+/\S*token=(\w+)")
        base, token = f"http://127.0.0.1:{port}", said.group(1)
        assert (tmp_path / "toylands-lessons" / "00_start_here.ipynb").exists()
        contents = json.loads(_fetch(f"{base}/api/contents?token={token}"))
        assert "00_start_here.ipynb" in [item["name"] for item in contents["content"]]
        assert b"jupyter-config-data" in _fetch(f"{base}/lab?token={token}")
        text = (tmp_path / "log").read_text("utf-8")
        assert "kernel messages are sent without delay" in text
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=20)
        log.close()


def test_what_is_compiled_ahead_is_what_a_walk_needs() -> None:
    check = (
        "import sys, toylands as tl; before = set(sys.modules); tl.descend(tl.landscapes.ravine, "
    )
    check += "tl.gd(0.01)).sharpness; print(sorted(m for m in set(sys.modules) - before "
    check += "if m.startswith('toylands.dynamics') or m == 'toylands.formula.evaluate'))"
    words = [sys.executable, "-c", f"{STARTING.WARM}; {check}"]
    answer = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "loop" not in answer.stdout
    assert "evaluate" not in answer.stdout


def _wait_for(path: Path, server: subprocess.Popen[bytes], pattern: str) -> re.Match[str]:
    for _ in range(600):
        found = re.search(pattern, path.read_text("utf-8"))
        if found:
            return found
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(path.read_text("utf-8"))


def _fetch(address: str) -> bytes:
    """What a page answers; the server names its address a moment before it listens."""
    for attempt in range(100):
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return bytes(answer.read())
        except urllib.error.URLError:
            if attempt == 99:
                raise
            time.sleep(0.2)
    raise AssertionError(address)


def test_without_the_extra_nothing_is_copied(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(STARTING.importlib.util, "find_spec", lambda name: None)
    assert main(["lab", str(tmp_path / "lessons")]) == 2
    assert "pip install 'toylands[lab]'" in capsys.readouterr().err
    assert main(["lab", str(tmp_path / "lessons"), "--project", "1"]) == 2
    assert "pip install 'toylands[project]'" in capsys.readouterr().err
    assert not (tmp_path / "lessons").exists()
