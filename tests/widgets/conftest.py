"""Fixtures of the widget tests: one JupyterLab for the session, one browser for each file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab import Notebook, Server, browser, find_browser
from view import RACE, Shown, View, show


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A JupyterLab of its own, killed at the end."""
    pytest.importorskip("jupyterlab", reason="needs JupyterLab: pip install 'toylands[lab]'")
    pytest.importorskip("nbformat", reason="needs nbformat: pip install 'toylands[test]'")
    pytest.importorskip("playwright", reason="needs Playwright: pip install 'toylands[test]'")
    if find_browser() is None:
        pytest.skip("needs Chromium or Chrome (apt-get install chromium)")
    with Server(Path(tmp_path_factory.mktemp("lab"))) as server:
        yield server


# Playwright keeps an asyncio loop running in this thread; tests in other files may want their own.
@pytest.fixture(scope="module")
def chromium(lab_server: Server) -> Iterator[Any]:
    """A headless Chromium; the server comes first, because it knows when to skip."""
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def notebook(lab_server: Server, chromium: Any) -> Iterator[Notebook]:
    """A notebook with three cells, open in the browser."""
    with Notebook.opened(lab_server, chromium, ["1", "2", "3"]) as opened:
        yield opened


@pytest.fixture
def shown(notebook: Notebook) -> Iterator[Shown]:
    """Show an explorer; at the end nothing may have gone wrong unseen.

    A console error, a request to another machine, or an error still shown fails the test.
    """
    notebook.complaints.clear()
    notebook.strangers.clear()
    views: list[View] = []

    def run(arguments: str = RACE, **options: bool) -> View:
        views.append(show(notebook, arguments, **options))
        return views[-1]

    yield run
    assert notebook.faults() == []
    for view in views[-1:]:
        assert view.data("error") == ""
