"""A folder of lessons remembers a name, replaces it whole, and reads nothing that is not its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from toylands.classroom import identity, me, remembered
from toylands.classroom.identity import personal


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As in a notebook whose folder this is."""
    monkeypatch.setattr(identity, "lessons_folder", lambda: tmp_path)
    monkeypatch.setattr(identity, "_current", "anybody")
    monkeypatch.setattr(identity, "_written", "anybody")
    return tmp_path


def test_a_name_is_kept_for_the_next_lesson(notebook: Path) -> None:
    assert "Put your name" in repr(me("..."))
    assert "in all lessons of this folder" in repr(me("  Ada   Lovelace "))
    own = personal("1.1").between(0, 1, 1e-6)
    assert (notebook / ".toylands-name").read_text(encoding="utf-8") == "Ada Lovelace\n"
    identity._work_as("anybody", "anybody")  # another kernel
    assert repr(me("...")).startswith("Hello Ada Lovelace. This folder remembers you;")
    assert personal("1.1").between(0, 1, 1e-6) == own


def test_a_name_is_changed(notebook: Path) -> None:
    me("Ada")
    me("Łukasz")
    assert "Hello Łukasz." in repr(me(...))
    assert [path.name for path in notebook.iterdir()] == [".toylands-name"]


def test_no_script_keeps_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    me("Ada")
    me(...)
    assert not list(tmp_path.iterdir())


def test_what_is_not_a_name_is_not_read(notebook: Path) -> None:
    file = notebook / ".toylands-name"
    for content in (b"", b" \n", b"\xff\xfe\x00", b"x" * 5000):
        file.write_bytes(content)
        assert remembered.remembered(notebook) is None
    file.unlink()
    file.mkdir()
    assert remembered.remembered(notebook) is None
    assert "takes no file" in repr(me("Ada"))
    assert [path.name for path in notebook.iterdir()] == [".toylands-name"]  # no remains
    file.rmdir()
    os.mkfifo(file)  # reading one would wait without end
    assert remembered.remembered(notebook) is None


def test_a_link_is_replaced_and_not_followed(notebook: Path, tmp_path: Path) -> None:
    other = tmp_path / "precious.txt"
    other.write_text("mine", encoding="utf-8")
    (notebook / ".toylands-name").symlink_to(other)
    me("Ada")
    assert other.read_text(encoding="utf-8") == "mine"
    assert remembered.remembered(notebook) == "Ada"
