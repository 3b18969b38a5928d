"""Starting JupyterLab with the settings that suit a class."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO

from toylands.lab.server import GREETS

#: no news pop-up over the lesson, no update check, changes saved as usual
OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    }
}

#: What follows every change of the kernel between busy and idle, twice a slider move: the tab's icon and a
#: word in the status bar. They cost a third of the pictures a second; the toolbar's circle tells the same.
QUIET = {
    "disabledExtensions": {
        "@jupyterlab/application-extension:faviconbusy": True,
        "@jupyterlab/notebook-extension:kernel-status": True,
    }
}


def command(
    folder: Path,
    first: str | None,
    *,
    browser: bool,
    port: int | None,
    verbose: bool = False,
    root: bool = False,
) -> list[str]:
    """The command line that starts JupyterLab on a folder, opened on a notebook in it.

    Args:
        folder: where the notebooks lie.
        first: the notebook's name; None for the list of files.
        browser: whether a browser opens on it.
        port: the port, or the next free one from 8888 on.
        verbose: whether the server writes its whole log; otherwise its warnings and errors.
        root: whether it may run as the administrator, which Jupyter otherwise refuses.
    """
    words = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    if not verbose:
        words += ["--ServerApp.log_level=WARN", "--LabApp.log_level=WARN"]
    if root:
        words.append("--allow-root")
    # One Ctrl+C is enough: what is to be kept is in the notebooks, which JupyterLab saves.
    words.append("--ServerApp.answer_yes=True")
    words.append(f"--LabApp.app_settings_dir={_settings()}")
    if first is not None:
        words.append(f"--LabApp.default_url=/lab/tree/{first}")
    if not browser:
        words.append("--no-browser")
    if port is not None:
        words += [f"--port={port}", "--ServerApp.port_retries=0"]
    return words


def _settings() -> Path:
    """A folder with our settings for the page, kept in the temporary directory."""
    folder = Path(tempfile.gettempdir()) / f"toylands-lab-settings-{_user()}"
    for name, content in (
        ("overrides.json", OVERRIDES),
        ("page_config.json", QUIET),
    ):
        place, text = folder / name, json.dumps(content, indent=2)
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists() or place.read_text(encoding="utf-8") != text:
            place.write_text(text, encoding="utf-8")
    return folder


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"


def project_command(notebook: Path, *, browser: bool, port: int | None) -> list[str]:
    """The command line that shows one lesson with its code hidden, for projecting in class."""
    words = [sys.executable, "-m", "voila", str(notebook), "--strip_sources=True"]
    words.append("--template=toylands")
    if not browser:
        words.append("--no-browser")
    if port is not None:
        words.append(f"--port={port}")
    return words


def project(notebook: Path, *, browser: bool = True, port: int | None = None) -> int:
    """Show one lesson without its code (Voila) until it is closed; returns the exit code.

    Raises:
        ModuleNotFoundError: when the `project` extra is not installed.
    """
    need_project()
    return _run(project_command(notebook.resolve(), browser=browser, port=port))


def launch(
    folder: Path,
    first: str | None,
    *,
    browser: bool = True,
    port: int | None = None,
    verbose: bool = False,
    root: bool = False,
) -> int:
    """Start JupyterLab and wait until it is closed; returns its exit code.

    The arguments are those of `command`.

    Raises:
        ModuleNotFoundError: when the `lab` extra is not installed.
    """
    need_lab()
    words = command(folder.resolve(), first, browser=browser, port=port, verbose=verbose, root=root)
    return _run(words, greets=not verbose)


def need_lab() -> None:
    """Make sure that JupyterLab can be started.

    Raises:
        ModuleNotFoundError: when the `lab` extra is not installed.
    """
    _need("lab", ("jupyterlab", "ipywidgets", "anywidget"))


def need_project() -> None:
    """Make sure that a lesson can be projected.

    Raises:
        ModuleNotFoundError: when the `project` extra is not installed.
    """
    _need("project", ("voila", "ipywidgets", "anywidget"))


def _need(extra: str, modules: tuple[str, ...]) -> None:
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise ModuleNotFoundError(
                f"needs {module}, which the extra {extra!r} brings: "
                f"pip install 'toylands[{extra}]'.",
                name=module,
            )


#: what every kernel says when it starts: its sockets, of this machine only, are not encrypted
NOTICE = b"Kernel is running over TCP without encryption"

#: seconds that a server may take to stop its kernels after Ctrl+C, and again after it was told to end
PATIENCE = 20

#: what a first picture waits for on a new machine: the loops, compiled once and then kept on disk
WARM = """
from toylands.dynamics import random, solvers, stages
from toylands.formula import compile, elementary, evaluate
for part in compile.stages:
    part.compiled
"""


def _pass_on(lines: IO[bytes]) -> None:
    """Copy what a server and its kernels write to standard error, except the kernels' notice."""
    for line in lines:
        if NOTICE not in line:
            sys.stderr.buffer.write(line)
            sys.stderr.flush()


def _run(words: list[str], *, greets: bool = False) -> int:
    # A stray kernel specification of the user's must not shadow this environment's Python.
    share = Path(__file__).parent / "share"  # the template of a projected page
    known = os.environ.get("JUPYTER_PATH")
    environment = {
        **os.environ,
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_PATH": os.pathsep.join([str(share), *([known] if known else [])]),
        **({GREETS: "1"} if greets else {}),
    }
    # While the server starts and the page loads, so that the first cell finds it done.
    subprocess.Popen(
        [sys.executable, "-c", WARM], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    server = subprocess.Popen(words, env=environment, stderr=subprocess.PIPE if greets else None)
    if server.stderr is not None:
        threading.Thread(target=_pass_on, args=(server.stderr,), daemon=True).start()
    try:
        return server.wait()
    except KeyboardInterrupt:  # the server, in the same terminal, has heard it too
        for end in (server.terminate, server.kill):  # its kernels end by themselves when it is gone
            try:
                server.wait(timeout=PATIENCE)
                break
            except (KeyboardInterrupt, subprocess.TimeoutExpired):
                end()
        server.wait()
        return 0
