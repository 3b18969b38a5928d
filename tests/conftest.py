"""What every test shares: a headless matplotlib, repeatable hypothesis, and skips that cannot hide.

A test marked `oracle` or `browser` skips where its library or browser is not installed. With
TOYLANDS_REQUIRE_ORACLE=1 or TOYLANDS_REQUIRE_BROWSER=1 (as in CI) such a skip is a failure.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import hypothesis
import pytest

os.environ.setdefault("MPLBACKEND", "Agg")
# Compilation happens inside the first example of a property, so no example has a deadline.
hypothesis.settings.register_profile("toylands", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("toylands")

_REQUIRED = {
    mark
    for mark, variable in {
        "browser": "TOYLANDS_REQUIRE_BROWSER",
        "oracle": "TOYLANDS_REQUIRE_ORACLE",
    }.items()
    if os.environ.get(variable, "") not in ("", "0")
}


def pytest_configure(config: pytest.Config) -> None:
    """Take mathematics libraries' own threads away from the workers: they share the cores."""
    if hasattr(config, "workerinput"):
        os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep browser tests in one process: one browser and one server at a time."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))


def _fail(report: Any, what: str) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"{what} was skipped, but must run here: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Turn the skip of a required kind of test into a failure."""
    report = yield
    marks = _REQUIRED & {mark.name for mark in item.iter_markers()}
    if report.skipped and marks and not hasattr(report, "wasxfail"):
        _fail(report, f"A test marked {' and '.join(sorted(marks))}")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    """Turn the skip of a whole file (which shows no marks) into a failure, when any is required."""
    report = yield
    if report.outcome == "skipped" and _REQUIRED:
        _fail(report, "A file of tests")
    return report
