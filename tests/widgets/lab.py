"""A real JupyterLab and a real browser for tests: start them, run cells, look at what a student sees.

    with Server(folder) as server, browser() as chromium:
        with Notebook.opened(server, chromium, ["import toylands as tl"]) as notebook:
            notebook.run_all()

Nothing is left behind: settings, runtime files and workspaces live in the folder that is given, the
server dies with the process that started it, and no request may leave the machine.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
#: how long a loaded machine may take for anything that is waited for
PATIENCE = 40.0
SETTINGS: dict[str, dict[str, Any]] = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}
FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever asks for another machine fails, whoever asks; the page's own requests are also listed.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def find_browser() -> str | None:
    """The path of an installed Chromium or Chrome, or None."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A JupyterLab of its own on a free port, with a secret token; a context manager."""

    def __init__(
        self, folder: Path, *options: str, environment: dict[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.notebooks = folder / "notebooks"
        self.token = secrets.token_hex(16)
        self.port = 0
        self.url = ""
        self.log = folder / "server.log"
        self._options = options
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        self.notebooks.mkdir(parents=True, exist_ok=True)
        for name, values in SETTINGS.items():
            file = self.folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values), encoding="utf-8")
        for _ in range(3):  # another program may take the free port first
            if self._started():
                return self
        raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text()[-3000:]}")

    def _started(self) -> bool:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
        places = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "JPY_"))},
            **{key: str(self.folder / name) for key, name in places.items()},
            "JUPYTER_PREFER_ENV_PATH": "1",
            "PYTHONPATH": path,
            **self._environment,
        }
        command = [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
            "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={self.notebooks}", "--LabApp.expose_app_in_browser=True",
            "--LabApp.extension_manager=readonly", *self._options,
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env=environment,
                cwd=self.notebooks,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                return False
            with contextlib.suppress(OSError):
                self.ask("/api/status")
                return True
            time.sleep(0.1)
        self._stop()
        return False

    def ask(self, path: str, method: str = "GET") -> Any:
        """Ask the server's REST interface."""
        request = urllib.request.Request(
            self.url + path, method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def _stop(self) -> None:
        assert self._process is not None
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def __exit__(self, *_: object) -> None:
        # Kernels have process groups of their own, so they are asked to leave first.
        with contextlib.suppress(OSError, urllib.error.URLError):
            for kernel in self.ask("/api/kernels"):
                self.ask(f"/api/kernels/{kernel['id']}", "DELETE")
        self._stop()


@contextlib.contextmanager
def toylands_lab(folder: Path) -> Iterator[str]:
    """Start `toylands lab` in the empty folder `folder/home`; gives the address it names.

    Raises:
        RuntimeError: with what it said, when it does not start.
    """
    home, config, log = folder / "home", folder / "config", folder / "log"
    home.mkdir(parents=True)
    config.mkdir()
    (config / "jupyter_server_config.json").write_text('{"ServerApp": {"allow_root": true}}')
    places = {"JUPYTER_CONFIG_DIR": config, "JUPYTER_DATA_DIR": folder / "data"}
    places |= {"JUPYTER_RUNTIME_DIR": folder / "runtime", "IPYTHONDIR": folder / "ipython"}
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "JPY_"))},
        **{name: str(place) for name, place in places.items()},
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
    }
    words = [sys.executable, "-m", "toylands", "lab", "--no-browser", "--port", str(free_port())]
    with log.open("wb") as said:
        server = subprocess.Popen(
            words, cwd=home, env=environment, stdout=said, stderr=said, start_new_session=True
        )
    try:
        deadline = time.monotonic() + PATIENCE
        named = None
        while named is None and time.monotonic() < deadline and server.poll() is None:
            time.sleep(0.05)
            text = log.read_text(encoding="utf-8")
            named = re.search(r"http://127\.0\.0\.1:\d+/\S*token=\w+(?=\s)", text)
        if named is None:
            raise RuntimeError(f"toylands lab did not start:\n{log.read_text()[-3000:]}")
        yield named.group(0)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=PATIENCE)


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """A headless Chromium, driven by Playwright.

    Raises:
        FileNotFoundError: when no Chromium or Chrome is installed.
        ModuleNotFoundError: when Playwright is not.
    """
    from playwright.sync_api import sync_playwright

    path = find_browser()
    if path is None:
        raise FileNotFoundError(f"none of {', '.join(BROWSERS)} is installed")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield chromium
        finally:
            chromium.close()


# What the page is asked; `panel` is the notebook in front.
_PANEL = "const panel = window.jupyterapp?.shell?.currentWidget;"
_READY = f"""() => {{
    {_PANEL}
    const session = panel?.sessionContext?.session;
    return Boolean(panel?.content?.widgets?.length) &&
        session?.kernel?.status === "idle" && session.kernel.connectionStatus === "connected";
}}"""
_CELLS = f"""() => {{
    {_PANEL}
    return panel.content.widgets.filter((cell) => cell.model.type === "code").map((cell) => ({{
        count: cell.model.executionCount,
        state: cell.model.executionState ?? null,
        outputs: cell.model.outputs.toJSON(),
    }}));
}}"""
_DONE = f"""() => {{
    {_PANEL}
    const cells = panel.content.widgets.filter((cell) => cell.model.type === "code");
    return panel.sessionContext.session?.kernel?.status === "idle" &&
        cells.every((cell) => cell.model.executionCount !== null) &&
        cells.every((cell) => !cell.promptNode || cell.promptNode.textContent !== "[*]:");
}}"""
_SET = f"""(sources) => {{
    {_PANEL}
    panel.content.widgets.forEach((cell, n) => {{
        if (sources[n] !== undefined) cell.model.sharedModel.setSource(sources[n]);
    }});
}}"""


class Notebook:
    """A notebook open in the browser: its cells, its outputs, and what went wrong on the page.

    Attributes:
        page: the Playwright page.
        strangers: addresses outside the test server that were asked for.
        complaints: console errors and uncaught exceptions.
        sent, received: bytes that went over the kernel's socket to the kernel, and from it.
    """

    def __init__(self, server: Server, page: Any) -> None:
        self.server = server
        self.page = page
        self.strangers: list[str] = []
        self.complaints: list[str] = []
        self.sent = 0
        self.received = 0
        page.set_default_timeout(1e3 * PATIENCE)
        page.on("request", self._on_request)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("websocket", self._on_socket)

    @classmethod
    @contextlib.contextmanager
    def opened(
        cls, server: Server, chromium: Any, sources: Sequence[str], **options: Any
    ) -> Iterator[Notebook]:
        """Write a notebook with these cells and open it in a fresh workspace, kernel ready.

        Args:
            server: where.
            chromium: a Playwright browser.
            sources: one text per code cell.
            **options: for the browser context, for example `reduced_motion="reduce"`.
        """
        import nbformat

        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        with cls.open(server, chromium, nbformat.writes(book), **options) as notebook:
            yield notebook

    @classmethod
    @contextlib.contextmanager
    def open(
        cls, server: Server, chromium: Any, content: str, **options: Any
    ) -> Iterator[Notebook]:
        """Open a copy of a notebook, given as the text of its file; otherwise as `opened`."""
        name = f"{secrets.token_hex(6)}.ipynb"
        (server.notebooks / name).write_text(content, encoding="utf-8")
        size = {"width": 1500, "height": 1300}
        context = chromium.new_context(**{"viewport": size, **options})
        try:
            notebook = cls(server, context.new_page())
            workspace = secrets.token_hex(6)
            notebook.page.goto(
                f"{server.url}/lab/workspaces/{workspace}/tree/{name}?token={server.token}"
            )
            notebook.wait(_READY)
            assert notebook.page.locator(".jp-Notebook").count() == 1
            notebook.page.evaluate(
                "() => window.jupyterapp.commands.execute('application:toggle-left-area')"
            )
            yield notebook
        finally:
            context.close()
            with contextlib.suppress(OSError, urllib.error.URLError):
                for session in server.ask("/api/sessions"):
                    if session["path"] == name:
                        server.ask(f"/api/sessions/{session['id']}", "DELETE")

    def _on_request(self, request: Any) -> None:
        local = (f"{self.server.url}/", "data:", "blob:", "about:")
        if not request.url.startswith(local):
            self.strangers.append(request.url)

    def _on_console(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _on_socket(self, socket: Any) -> None:
        if not socket.url.startswith(self.server.url.replace("http", "ws", 1)):
            self.strangers.append(socket.url)

        def count(name: str) -> Callable[[Any], None]:
            def add(payload: Any) -> None:
                size = len(payload if isinstance(payload, bytes) else payload.encode())
                setattr(self, name, getattr(self, name) + size)

            return add

        if "/api/kernels/" in socket.url:
            socket.on("framesent", count("sent"))
            socket.on("framereceived", count("received"))

    # --- cells ------------------------------------------------------------------------------------

    def wait(self, condition: str, argument: Any = None) -> Any:
        """Wait until a JavaScript function of the page returns something true, and return it."""
        return self.page.wait_for_function(condition, arg=argument).json_value()

    def set_sources(self, *sources: str) -> None:
        """Replace the text of the first cells."""
        self.page.evaluate(_SET, list(sources))

    def retype(self, old: str, new: str) -> str:
        """Type over the cell that contains `old`, run it with Shift+Enter; return what it shows."""
        cell = self.page.locator(".jp-CodeCell").filter(has_text=old).first
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(new)
        self.page.keyboard.press("Shift+Enter")
        self.settle()
        shown = self.page.locator(".jp-CodeCell").filter(has_text=new).first
        return str(shown.locator(".jp-OutputArea").first.inner_text())

    def command(self, name: str) -> None:
        """Run a JupyterLab command and wait until it is done."""
        self.page.evaluate("(name) => window.jupyterapp.commands.execute(name)", name)

    def start_all(self) -> None:
        """Run all cells without waiting for them."""
        self.page.evaluate(
            "() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
        )

    def run_all(self, *, fails: bool = False) -> list[dict[str, Any]]:
        """Run all cells and return them; an error output fails the test unless `fails`."""
        self.command("notebook:run-all-cells")
        self.wait(_DONE)
        cells: list[dict[str, Any]] = self.page.evaluate(_CELLS)
        errors = [
            f"{output['ename']}: {output['evalue']}"
            for cell in cells
            for output in cell["outputs"]
            if output["output_type"] == "error"
        ]
        assert fails or not errors, errors
        return cells

    def execute(self, code: str) -> str:
        """Run code in the kernel, outside any cell; return what it printed.

        Raises:
            RuntimeError: with the kernel's error, when there was one.
        """
        answer = self.page.evaluate(
            f"""async (code) => {{
                {_PANEL}
                const kernel = panel.sessionContext.session.kernel;
                const future = kernel.requestExecute({{code, store_history: false}});
                let text = "", wrong = "";
                future.onIOPub = (message) => {{
                    if (message.header.msg_type === "stream") text += message.content.text;
                    if (message.header.msg_type === "error")
                        wrong = message.content.ename + ": " + message.content.evalue;
                }};
                await future.done;
                return [text, wrong];
            }}""",
            code,
        )
        if answer[1]:
            raise RuntimeError(answer[1])
        return str(answer[0])

    def start_code(self, code: str) -> None:
        """Run code in the kernel without waiting for it."""
        self.page.evaluate(
            f"""(code) => {{
                {_PANEL}
                panel.sessionContext.session.kernel.requestExecute({{code, store_history: false}});
            }}""",
            code,
        )

    def settle(self) -> None:
        """Wait until the kernel has dealt with everything it was sent."""
        self.wait(_READY)
        self.execute("pass")
        self.wait(_READY)

    def faults(self) -> list[str]:
        """Everything a test must not leave behind: console errors and requests to other machines."""
        return [*self.complaints, *(f"asked for {url}" for url in self.strangers)]
