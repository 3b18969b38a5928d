"""Starting JupyterLab with the settings that suit a class."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from toylands.lab.server import GREETS, is_root

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
    settings: Path,
    *,
    browser: bool,
    port: int | None,
    verbose: bool = False,
) -> list[str]:
    """The command line that starts JupyterLab on a folder, opened on a notebook in it.

    Args:
        folder: where the notebooks lie.
        first: the notebook's name; None for the list of files.
        settings: a folder of our settings for the page, see `write_settings`.
        browser: whether a browser opens on it.
        port: the port, or the next free one from 8888 on.
        verbose: whether the server writes its whole log; otherwise its warnings and errors.
    """
    words = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    if not verbose:
        words += ["--ServerApp.log_level=WARN", "--LabApp.log_level=WARN"]
    if is_root():  # for this machine only, whatever the configuration says; the greeting tells
        words += ["--allow-root", "--ServerApp.ip=localhost"]
    # One Ctrl+C is enough: what is to be kept is in the notebooks, which JupyterLab saves.
    words.append("--ServerApp.answer_yes=True")
    words.append(f"--LabApp.app_settings_dir={settings}")
    if first is not None:
        words.append(f"--LabApp.default_url=/lab/tree/{first}")
    if not browser:
        words.append("--no-browser")
    if port is not None:
        words += [f"--port={port}", "--ServerApp.port_retries=0"]
    return words


def write_settings(folder: Path) -> None:
    """Write our settings for the page into a new folder that nobody else can write to."""
    for name, content in (("overrides.json", OVERRIDES), ("page_config.json", QUIET)):
        (folder / name).write_text(json.dumps(content, indent=2), encoding="utf-8")


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
) -> int:
    """Start JupyterLab and wait until it is closed; returns its exit code.

    The arguments are those of `command`. The settings lie in a folder that is made for this start, with no
    rights for others, and is gone at the end.

    Raises:
        ModuleNotFoundError: when the `lab` extra is not installed.
    """
    need_lab()
    with tempfile.TemporaryDirectory(prefix="toylands-", ignore_cleanup_errors=True) as made:
        settings = Path(made)
        write_settings(settings)
        words = command(
            folder.resolve(), first, settings, browser=browser, port=port, verbose=verbose
        )
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

#: the priority (the "nice" value) of what compiles in the background
LOW = 10


class Ended(BaseException):
    """This process was told to end by a signal, whose number this carries."""


@contextlib.contextmanager
def _told_to_end() -> Iterator[None]:
    """Raise `Ended` when somebody ends this process, or closes its terminal.

    A signal that the process was started to ignore (as `nohup` does) stays ignored.
    """

    def end(number: int, _frame: object) -> None:
        raise Ended(number)

    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # Windows closes what runs in a terminal by itself
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:
                before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _compiling() -> Iterator[subprocess.Popen[bytes]]:
    """Compile all loops while the server starts and the page loads, so that the first cell finds them.

    They are compiled by a process of its own, which gives way to the server and to the browser. On a machine
    where they are on disk already it ends soon.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "toylands", "warm"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),  # of Windows
    )
    try:
        if hasattr(os, "setpriority"):
            with contextlib.suppress(OSError):  # it may have a lower one
                os.setpriority(os.PRIO_PROCESS, process.pid, LOW)
        yield process
    finally:
        process.terminate()
        process.wait()


def _pass_on(lines: IO[bytes]) -> None:
    """Copy what a server and its kernels write to standard error, except the kernels' notice."""
    for line in lines:
        if NOTICE not in line:
            with contextlib.suppress(OSError):  # the terminal may have been closed
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
    with _told_to_end(), _compiling():
        server = subprocess.Popen(
            words, env=environment, stderr=subprocess.PIPE if greets else None
        )
        if server.stderr is not None:
            threading.Thread(target=_pass_on, args=(server.stderr,), daemon=True).start()
        try:
            return server.wait()
        except KeyboardInterrupt:  # the server, in the same terminal, has heard it too
            _end(server, server.terminate, server.kill)
            return 0
        except Ended as told:  # the server may have heard nothing
            server.terminate()
            _end(server, server.kill)
            return 128 + int(told.args[0])


def _end(server: subprocess.Popen[bytes], *ends: Callable[[], None]) -> None:
    """Wait for a server to stop, with ever more force; its kernels end when it is gone."""
    for end in ends:
        try:
            server.wait(timeout=PATIENCE)
            break
        except (KeyboardInterrupt, Ended, subprocess.TimeoutExpired):
            end()
    server.wait()
