"""Lessons are copied, and nothing a student wrote is ever lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from toylands.lab import copy_lessons, lesson_folder


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    folder = tmp_path / "originals"
    folder.mkdir()
    for name in ("00_start.ipynb", "01_next.ipynb"):
        (folder / name).write_text(f"original {name}", encoding="utf-8")
    (folder / "notes.txt").write_text("not a lesson", encoding="utf-8")
    return folder


def test_the_first_copy_brings_all_lessons_and_nothing_else(
    originals: Path, tmp_path: Path
) -> None:
    done = copy_lessons(tmp_path / "mine", source=originals)
    assert done.new == ["00_start.ipynb", "01_next.ipynb"]
    assert sorted(p.name for p in (tmp_path / "mine").iterdir()) == done.new
    assert str(done) == "2 new"


def test_a_students_file_is_kept(originals: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    copy_lessons(mine, source=originals)
    (mine / "01_next.ipynb").write_text("my work", encoding="utf-8")
    done = copy_lessons(mine, source=originals)
    assert (done.same, done.kept) == (["00_start.ipynb"], ["01_next.ipynb"])
    assert (mine / "01_next.ipynb").read_text(encoding="utf-8") == "my work"
    assert str(done) == "1 as they were, 1 of yours kept"


def test_fresh_renames_the_students_file_first(originals: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    copy_lessons(mine, source=originals)
    for work in ("first", "second"):  # twice within a second: two names
        (mine / "01_next.ipynb").write_text(work, encoding="utf-8")
        done = copy_lessons(mine, fresh=True, source=originals)
        assert (mine / done.renamed["01_next.ipynb"]).read_text(encoding="utf-8") == work
        assert (mine / "01_next.ipynb").read_text(encoding="utf-8") == "original 01_next.ipynb"
    kept = [p.read_text(encoding="utf-8") for p in mine.glob("01_next-mine-*.ipynb")]
    assert sorted(kept) == ["first", "second"]


def test_the_lessons_of_this_installation_are_found() -> None:
    names = sorted(path.name for path in lesson_folder().glob("[0-9]*.ipynb"))
    assert names[0] == "00_start_here.ipynb"
