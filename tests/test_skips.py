"""A test that CI must run cannot hide behind a skip: `conftest.py` does what it says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PLANTED = """
import pytest

@pytest.mark.oracle
def test_oracle():
    pytest.importorskip("a_library_that_is_not_there")

@pytest.mark.browser
def test_browser():
    pytest.skip("no browser")

def test_other():
    pytest.skip("not here")

@pytest.mark.oracle
@pytest.mark.xfail(strict=True)
def test_known():
    assert False
"""
WHOLE_FILE = "import pytest\npytest.importorskip('a_library_that_is_not_there')\n"


def run(folder: Path, source: str, required: str | None) -> str:
    shutil.copy(Path(__file__).with_name("conftest.py"), folder / "conftest.py")
    (folder / "test_planted.py").write_text(source, encoding="utf-8")
    markers = "[pytest]\nmarkers =\n    oracle: planted\n    browser: planted\n"
    (folder / "pytest.ini").write_text(markers, encoding="utf-8")
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith("TOYLANDS_REQUIRE")}
    if required:
        surroundings[required] = "1"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no"],
        cwd=folder,
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("required", "counts"),
    [
        (None, "3 skipped, 1 xfailed"),
        ("TOYLANDS_REQUIRE_ORACLE", "1 failed, 2 skipped, 1 xfailed"),
        ("TOYLANDS_REQUIRE_BROWSER", "1 failed, 2 skipped, 1 xfailed"),
    ],
)
def test_a_required_test_that_skips_fails(
    required: str | None, counts: str, tmp_path: Path
) -> None:
    assert run(tmp_path, PLANTED, required).startswith(counts)


@pytest.mark.parametrize(
    ("required", "counts"), [(None, "1 skipped"), ("TOYLANDS_REQUIRE_ORACLE", "1 error")]
)
def test_a_whole_file_that_skips_fails(required: str | None, counts: str, tmp_path: Path) -> None:
    assert run(tmp_path, WHOLE_FILE, required).startswith(counts)
