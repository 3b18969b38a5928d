"""Fixtures of the widget tests: one JupyterLab for the session, one browser for each file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab import Server, browser, find_browser


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
