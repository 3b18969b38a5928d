"""Starting JupyterLab with the settings that suit a class."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

#: no news pop-up over the lesson, no update check, changes saved as usual
OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    }
}


def command(folder: Path, first: str | None, *, browser: bool, port: int | None) -> list[str]:
    """The command line that starts JupyterLab on a folder, opened on a notebook in it."""
    words = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    words.append('--ServerApp.jpserver_extensions={"toylands.lab.server": true}')
    words.append(f"--LabApp.app_settings_dir={_settings()}")
    if first is not None:
        words.append(f"--LabApp.default_url=/lab/tree/{first}")
    if not browser:
        words.append("--no-browser")
    if port is not None:
        words += [f"--port={port}", "--ServerApp.port_retries=0"]
    return words


def _settings() -> Path:
    """A folder with our settings, kept in the temporary directory."""
    folder = Path(tempfile.gettempdir()) / f"toylands-lab-settings-{_user()}"
    folder.mkdir(exist_ok=True)
    overrides = folder / "overrides.json"
    text = json.dumps(OVERRIDES, indent=2)
    if not overrides.exists() or overrides.read_text(encoding="utf-8") != text:
        overrides.write_text(text, encoding="utf-8")
    return folder


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"


def launch(folder: Path, first: str | None, *, browser: bool = True, port: int | None = None) -> int:
    """Start JupyterLab and wait until it is closed; returns its exit code.

    Raises:
        ModuleNotFoundError: when the `lab` extra is not installed.
    """
    for module in ("jupyterlab", "ipywidgets", "anywidget"):
        if importlib.util.find_spec(module) is None:
            raise ModuleNotFoundError(
                f"toylands lab needs {module}: pip install 'toylands[lab]'.", name=module
            )
    # A stray kernel specification of the user's must not shadow this environment's Python.
    environment = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"}
    try:
        return subprocess.call(
            command(folder.resolve(), first, browser=browser, port=port), env=environment
        )
    except KeyboardInterrupt:
        return 0
