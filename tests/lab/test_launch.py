"""`toylands lab` starts a real server with our settings."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest

from toylands.cli import main
from toylands.lab import command, project_command
from toylands.lab.server import greeting

#: the module (the package's `launch` is the function in it)
STARTING = importlib.import_module("toylands.lab.launch")

ROOT = (
    "It runs as root, so it listens on this machine only and answers only who has the token in its "
    "address."
)
#: a user without any rights
NOBODY = 65534


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_command_opens_the_first_lesson(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(STARTING, "is_root", lambda: False)
    words = command(tmp_path, "00_start_here.ipynb", tmp_path / "s", browser=False, port=8123)
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in words
    assert "--no-browser" in words
    assert "--port=8123" in words
    assert f"--LabApp.app_settings_dir={tmp_path / 's'}" in words
    assert not {"--allow-root", "--ServerApp.log_level=WARN"} & set(
        command(tmp_path, None, tmp_path, browser=True, port=None, verbose=True)
    )
    monkeypatch.setattr(STARTING, "is_root", lambda: True)
    as_root = command(tmp_path, None, tmp_path, browser=True, port=None)
    assert {"--allow-root", "--ServerApp.ip=localhost"} <= set(as_root)


@pytest.mark.skipif(os.name != "posix", reason="looks at POSIX rights")
def test_the_settings_lie_in_a_fresh_folder_of_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can place the folder first, or a link or a page configuration in it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(STARTING, "need_lab", lambda: None)
    seen = []

    def looks(words: list[str], *, greets: bool) -> int:
        (word,) = [w for w in words if w.startswith("--LabApp.app_settings_dir=")]
        folder = Path(word.partition("=")[2])
        about = folder.lstat()
        assert (stat.S_IMODE(about.st_mode), about.st_uid) == (0o700, os.geteuid())
        overrides = json.loads((folder / "overrides.json").read_text("utf-8"))
        assert overrides["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
        assert [*json.loads((folder / "page_config.json").read_text("utf-8"))] == [
            "disabledExtensions"
        ]
        seen.append(folder)
        return 3

    monkeypatch.setattr(STARTING, "_run", looks)
    assert {STARTING.launch(tmp_path, None), STARTING.launch(tmp_path, None)} == {3}
    assert seen[0] != seen[1]
    assert not [*tmp_path.iterdir()]


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


def _hears_ctrl_c() -> None:
    """Undo what a shell does to processes in the background, such as a whole test run: ignore Ctrl+C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextlib.contextmanager
def running(
    folder: Path, *options: str, browser: bool = False, ordinary: bool = False
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """`toylands lab` as a process in a folder of its own; gives it and the file of what it writes.

    ordinary: as a user with no rights of the administrator, but that of reading this checkout.
    """
    pytest.importorskip("jupyterlab")
    words = [sys.executable, "-m", "toylands", "lab", "--port", str(free_port())]
    if not browser:
        words.append("--no-browser")
    surroundings = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "JUPYTER_CONFIG_DIR": str(folder / "c"),
        "JUPYTER_RUNTIME_DIR": str(folder / "r"),
        "TMPDIR": str(folder / "t"),
        "HOME": str(folder),
    }
    (folder / "t").mkdir()
    if ordinary and os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("needs setpriv to become an ordinary user")
        for place in (folder, folder / "t"):
            os.chown(place, NOBODY, -1)
        reads = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
        words = ["setpriv", f"--reuid={NOBODY}", "--clear-groups", *reads, *words]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*words, *options],
            cwd=folder,
            env=surroundings,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_hears_ctrl_c if os.name == "posix" else None,
        )
    try:
        yield server, folder / "log"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait(timeout=20)


@pytest.mark.skipif(sys.platform == "win32", reason="ends the server with a POSIX signal")
def test_a_real_server_copies_the_lessons_and_answers(tmp_path: Path) -> None:
    with running(tmp_path) as (server, log):
        said = _wait_for(log, server, r"(http://(?:127\.0\.0\.1|localhost):\d+)/\S*token=(\w+)\n")
        base, token = said.groups()
        assert (tmp_path / "toylands-lessons" / "00_start_here.ipynb").exists()
        contents = json.loads(_fetch(f"{base}/api/contents?token={token}"))
        assert "00_start_here.ipynb" in [item["name"] for item in contents["content"]]
        assert b"jupyter-config-data" in _fetch(f"{base}/lab?token={token}")
        # Neither the lesson, which nobody has signed, nor its kernel adds a line.
        book = _fetch(f"{base}/api/contents/00_start_here.ipynb?token={token}")
        assert b"nbformat" in book
        _fetch(f"{base}/api/kernels?token={token}", token)
        for _ in range(100):  # until the kernel has spoken
            (kernel,) = json.loads(_fetch(f"{base}/api/kernels?token={token}"))
            if kernel["execution_state"] != "starting":
                break
            time.sleep(0.1)
        # What a newcomer reads: where the lessons are, where to go, how to stop. No log.
        copied, *rest = log.read_text("utf-8").splitlines()
        place = re.escape(str(tmp_path.resolve() / "toylands-lessons"))
        assert re.fullmatch(rf"Lessons in {place}: \d+ new\.", copied)
        assert [line for line in rest if not re.search(r"Deprecat|^  return ", line)] == [
            "JupyterLab is running. To stop it, press Ctrl+C in this terminal.",
            *([ROOT] if os.geteuid() == 0 else []),
            "Open this address in a browser:",
            "",
            f"    {base}/lab/tree/00_start_here.ipynb?token={token}",
        ]
        os.killpg(server.pid, signal.SIGINT)  # as Ctrl+C in a terminal does; once is enough
        assert server.wait(timeout=60) == 0
        assert "Traceback" not in log.read_text("utf-8")
        assert not [*(tmp_path / "t").glob("toylands-*")]


@pytest.mark.skipif(sys.platform == "win32", reason="ends the server with a POSIX signal")
def test_an_ordinary_user_without_a_browser_is_told_the_address_and_can_end_it_from_outside(
    tmp_path: Path,
) -> None:
    """Ended as a service manager does it."""
    with (
        running(tmp_path, browser=True, ordinary=True) as (server, log),
        socket.socket() as probe,
    ):
        said = _wait_for(log, server, r"http://(?:127\.0\.0\.1|localhost):(\d+)/\S*\n")
        written = log.read_text("utf-8")
        assert written.endswith(f"Open this address in a browser:\n\n    {said.group()}")
        assert "browser found" not in written
        assert ROOT not in written
        server.terminate()
        assert server.wait(timeout=60) == 128 + signal.SIGTERM
        assert probe.connect_ex(("127.0.0.1", int(said.group(1)))) != 0
        assert not [*(tmp_path / "t").glob("toylands-*")]


#: a server that is stuck: it hears neither Ctrl+C nor the request to end
DEAF = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="ends the server with a POSIX signal")
def test_a_server_that_is_stuck_is_ended_all_the_same() -> None:
    code = f"""
import sys
import importlib
launch = importlib.import_module("toylands.lab.launch")
launch.PATIENCE = 0.5
sys.exit(launch._run([sys.executable, "-c", {DEAF!r}]))
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, preexec_fn=_hears_ctrl_c
    ) as ours:
        assert ours.stdout is not None
        assert ours.stdout.readline() == b"up\n"
        ours.send_signal(signal.SIGINT)
        try:
            assert ours.wait(timeout=60) == 0
        finally:
            ours.kill()  # else a failure would wait for it


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="a terminal closes by a POSIX signal")
@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM"])
def test_a_terminal_that_closes_ends_the_server_as_the_request_to_end_does(name: str) -> None:
    """With an obedient process in the server's place, which tells when it runs."""
    number = getattr(signal, name)
    tells = f"import os, time; os.kill(os.getppid(), {number}); time.sleep(600)"
    before = signal.signal(number, signal.SIG_DFL)
    try:
        assert STARTING._run([sys.executable, "-c", tells]) == 128 + number
        assert signal.getsignal(number) == signal.SIG_DFL
    finally:
        signal.signal(number, before)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="a terminal closes by a POSIX signal")
def test_who_was_started_to_go_on_without_a_terminal_does() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with STARTING._told_to_end():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.skipif(sys.platform == "win32", reason="ends the server with a POSIX signal")
def test_verbose_shows_the_servers_log(tmp_path: Path) -> None:
    with running(tmp_path, "--verbose") as (server, log):
        _wait_for(log, server, r"http://127\.0\.0\.1:\d+/\S*token=(\w+)")
        assert "kernel messages are sent without delay" in log.read_text("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="ends the server with a POSIX signal")
def test_what_goes_wrong_is_said_and_is_the_exit_code(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with running(tmp_path, "--port", str(taken.getsockname()[1])) as (server, log):
            assert server.wait(timeout=60) not in (0, None)
            assert "could not be started" in log.read_text("utf-8")
            assert "is running at" not in log.read_text("utf-8")


@pytest.mark.parametrize("browser", [True, False])
@pytest.mark.parametrize("root", [True, False])
def test_the_greeting_fits_what_happens(browser: bool, root: bool) -> None:
    address = "http://127.0.0.1:8888/lab?token=0"
    words = greeting(address, browser=browser, root=root)
    assert words.splitlines()[-2:] == ["", f"    {address}"]  # alone, and last
    assert "Ctrl+C" in words
    assert ("It opens in your browser" in words) == browser
    assert (ROOT in words) == root
    assert (
        "token" not in greeting(address, browser=browser, root=root, token=False)[: -len(address)]
    )


def test_loops_are_compiled_in_the_background_by_a_process_that_gives_way_and_ends() -> None:
    with STARTING._compiling() as process:
        assert process.args[1:] == ["-m", "toylands", "warm"]
        if hasattr(os, "getpriority"):
            assert os.getpriority(os.PRIO_PROCESS, process.pid) >= STARTING.LOW
    assert process.returncode is not None


def test_what_compiles_ends_however_the_server_ends() -> None:
    with (
        contextlib.suppress(STARTING.Ended),
        STARTING._compiling() as process,
    ):
        raise STARTING.Ended(signal.SIGTERM)
    assert process.returncode is not None


def _wait_for(path: Path, server: subprocess.Popen[bytes], pattern: str) -> re.Match[str]:
    for _ in range(600):
        found = re.search(pattern, path.read_text("utf-8"))
        if found:
            return found
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(path.read_text("utf-8"))


def _fetch(address: str, post: str | None = None) -> bytes:
    """What a page answers; the server names its address a moment before it listens.

    With a token as `post`, an empty form is sent.
    """
    request = urllib.request.Request(address)
    if post is not None:
        request = urllib.request.Request(
            address, data=b"{}", headers={"Authorization": f"token {post}"}
        )
    for attempt in range(100):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
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
