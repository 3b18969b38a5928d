"""A long compile is announced in the right place, and the announcement goes when it is done."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numba
import pytest

from toylands.formula import caches, compile, waiting
from toylands.formula.waiting import FORMULA, LOOPS, Wait


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has compiled yet, and there is no patience."""
    monkeypatch.setattr(waiting, "_notice", waiting._Notice())
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    made = Terminal()  # pytest puts its own in place of `sys.stderr` after this
    monkeypatch.setattr(waiting, "sys", SimpleNamespace(stderr=made, modules=sys.modules))
    return made


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[dict[str, Any]]]:
    """A notebook's kernel that answers a message of a kind; gives what is shown by it."""

    events = pytest.importorskip("IPython.core.events")

    def kernel(asked: str) -> list[dict[str, Any]]:
        outputs: list[dict[str, Any]] = []
        display = SimpleNamespace(
            parent_header={"msg_type": asked}, publish=lambda **output: outputs.append(output)
        )
        shell = SimpleNamespace(
            kernel="here",
            display_pub=display,
            events=events.EventManager(None, {"post_run_cell": print}),
        )
        monkeypatch.setitem(
            sys.modules,
            "IPython",
            SimpleNamespace(get_ipython=lambda: shell),  # type: ignore[arg-type]
        )
        monkeypatch.setattr(sys, "stderr", Terminal())
        return outputs

    return kernel


def wait(words: str = LOOPS) -> None:
    with Wait(words) as made:
        made.begin()


def test_a_terminal_shows_one_line_and_none_afterwards(terminal: Terminal) -> None:
    with Wait(LOOPS) as made:
        assert terminal.getvalue() == ""
        made.begin()
        assert terminal.getvalue() == f"\r{LOOPS}"
    shown, erased = terminal.getvalue().split(LOOPS)
    assert (shown, erased) == ("\r", f"\r{' ' * len(LOOPS)}\r")
    assert max(len(LOOPS), len(FORMULA)) < 85


def test_nothing_is_said_when_nothing_is_compiled(terminal: Terminal) -> None:
    with Wait(LOOPS):
        pass
    assert terminal.getvalue() == ""


def test_a_file_or_a_pipe_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (io.StringIO(), None):
        monkeypatch.setattr(sys, "stderr", stream)
        wait()
        assert stream is None or stream.getvalue() == ""


def test_a_short_compile_is_not_told(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PATIENCE", 1000.0)
    wait()
    assert terminal.getvalue() == ""
    assert all(t.finished.is_set() for t in threading.enumerate() if isinstance(t, threading.Timer))


def test_many_short_ones_add_up_until_there_is_a_pause(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(waiting, "PATIENCE", 100.0)
    for said in (False, False, True, True):
        with Wait(LOOPS) as made:
            made.begin()
            assert (LOOPS in terminal.getvalue()) == said
            now[0] += 60.0
    terminal.truncate(0)
    now[0] += 2 * waiting.PAUSE
    wait()
    assert LOOPS not in terminal.getvalue()


def test_a_notebook_shows_an_output_and_empties_it(
    published: Callable[[str], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = published("execute_request")
    monkeypatch.setattr(waiting._Output, "linger", 1000.0)
    wait()
    wait(FORMULA)  # follows at once: one announcement for both
    assert [output["data"]["text/plain"] for output in outputs] == [LOOPS]
    sys.modules["IPython"].get_ipython().events.trigger("post_run_cell", None)
    sys.modules["IPython"].get_ipython().events.trigger("post_run_cell", None)
    first, second = outputs[:2]
    assert len(outputs) == 2
    assert second == {"data": {}, "transient": first["transient"], "update": True}
    assert "update" not in first
    monkeypatch.setattr(waiting._Output, "linger", 0.0)  # no part follows while the cell runs
    wait()
    assert outputs[3]["transient"] == outputs[2]["transient"] != first["transient"]
    assert outputs[3]["data"] == {}
    assert sys.stderr.getvalue() == ""  # type: ignore[attr-defined]


def test_what_a_slider_asks_for_belongs_to_no_cell(
    published: Callable[[str], list[dict[str, Any]]],
) -> None:
    outputs = published("comm_msg")
    wait()
    assert outputs == []


def test_compiling_says_so_and_loading_does_not(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """With numba itself: a loop of ours, compiled, then loaded; and a formula, compiled once a process."""
    monkeypatch.setattr(caches.config, "CACHE_DIR", str(tmp_path))
    caches.shelf.cache_clear()

    def triple(x: float) -> float:
        return 3.0 * x

    try:
        for said in (True, False):
            terminal.truncate(0)
            assert caches.kept(triple, numba.float64(numba.float64))(1.5) == 4.5
            assert (LOOPS in terminal.getvalue()) == said
    finally:
        caches.shelf.cache_clear()
    source = "def waited_for(i):\n    return i + 12345\n"
    for said in (True, False):
        terminal.truncate(0)
        compile.compile_source(source, "waited_for", 0, compile.i8(compile.i8))
        assert (FORMULA in terminal.getvalue()) == said
