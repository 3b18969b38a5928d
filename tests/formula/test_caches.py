"""Compiled code on disk never outlives any of the sources it was made from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import toylands
from toylands.formula.caches import MARK, forget_stale

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with a module, a folder, and compiled code of both."""
    for folder in (tmp_path, tmp_path / "part"):
        (folder / "__pycache__").mkdir(parents=True)
        (folder / "one.py").write_text("x = 1\n", encoding="utf-8")
        for suffix in ("nbi", "1.nbc"):
            (folder / "__pycache__" / f"one.f-3.py311.{suffix}").write_bytes(b"old")
    forget_stale(tmp_path)
    for folder in (tmp_path, tmp_path / "part"):
        (folder / "__pycache__" / "one.f-3.py311.nbi").write_bytes(b"new")
        (folder / "__pycache__" / "one.cpython-311.pyc").write_bytes(b"python's own")
    return tmp_path


def compiled(package: Path) -> list[Path]:
    return [*package.rglob("*.nbi"), *package.rglob("*.nbc")]


def test_what_was_there_before_the_mark_is_gone(package: Path) -> None:
    assert {file.read_bytes() for file in compiled(package)} == {b"new"}


def test_as_long_as_nothing_changes_the_cache_is_kept(package: Path) -> None:
    assert not forget_stale(package)
    assert len(compiled(package)) == 2


@pytest.mark.parametrize("change", ["content", "time", "new file", "removed file", "renamed file"])
def test_any_change_empties_it(package: Path, change: str) -> None:
    source = package / "part" / "one.py"
    if change == "content":
        about = source.stat()
        source.write_text("x = 10\n", encoding="utf-8")
        os.utime(source, ns=(about.st_atime_ns, about.st_mtime_ns))
    elif change == "time":
        about = source.stat()
        os.utime(source, ns=(about.st_atime_ns, about.st_mtime_ns - 10**9))
    elif change == "new file":
        (package / "two.py").write_text("", encoding="utf-8")
    elif change == "removed file":
        source.unlink()
    else:
        source.rename(source.with_name("other.py"))
    assert forget_stale(package)
    assert not compiled(package)
    assert len([*package.rglob("*.pyc")]) == 2
    assert not forget_stale(package)


def test_the_package_itself_is_marked() -> None:
    from toylands.formula import compile as _  # noqa: F401  # the first evaluation imports it

    folder = Path(toylands.__file__).parent
    if os.access(folder, os.W_OK):
        assert (folder / "__pycache__" / MARK).exists()
        assert not forget_stale(folder)
