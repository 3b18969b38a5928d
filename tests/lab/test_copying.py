"""Lessons are copied, and nothing a student wrote is ever lost."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from toylands.classroom.remembered import remember, remembered
from toylands.cli import main
from toylands.lab import check_owner, copy_lessons, copying, lesson_folder

NAMES = ["00_start.ipynb", "01_next.ipynb"]


def write(place: Path, text: str, **metadata: Any) -> None:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": [text]}
    book = {"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    place.write_text(json.dumps(book, indent=1) + "\n", encoding="utf-8")


def text(place: Path) -> str:
    return str(json.loads(place.read_text(encoding="utf-8"))["cells"][0]["source"][0])


def listed(folder: Path) -> list[str]:
    return sorted(place.name for place in folder.iterdir())


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    folder = tmp_path / "originals"
    folder.mkdir()
    for name in NAMES:
        write(folder / name, f"original {name}")
    (folder / "notes.txt").write_text("not a lesson", encoding="utf-8")
    return folder


@pytest.fixture
def mine(tmp_path: Path, originals: Path) -> Path:
    """A student's folder, just copied."""
    folder = tmp_path / "mine"
    done = copy_lessons(folder, source=originals)
    assert done.new == listed(folder) == NAMES
    assert str(done) == "2 new"
    return folder


def test_a_copy_that_nobody_changed_is_as_it_was(originals: Path, mine: Path) -> None:
    assert text(mine / NAMES[0]) == "original 00_start.ipynb"
    (mine / NAMES[1]).write_bytes((originals / NAMES[1]).read_bytes())  # by hand: without our stamp
    done = copy_lessons(mine, source=originals)
    assert (done.same, str(done)) == (NAMES, "2 as they were")


def test_a_students_file_is_kept(originals: Path, mine: Path) -> None:
    (mine / NAMES[1]).write_text("my work", encoding="utf-8")
    done = copy_lessons(mine, source=originals)
    assert (done.same, done.kept) == (NAMES[:1], NAMES[1:])
    assert (mine / NAMES[1]).read_text(encoding="utf-8") == "my work"
    assert str(done) == "1 as they were, 1 of yours kept"


def test_fresh_renames_the_students_file_first(originals: Path, mine: Path) -> None:
    for work in ("first", "second"):  # twice within a second: two names
        (mine / NAMES[1]).write_text(work, encoding="utf-8")
        done = copy_lessons(mine, fresh=True, source=originals)
        assert (mine / done.renamed[NAMES[1]]).read_text(encoding="utf-8") == work
        assert text(mine / NAMES[1]) == "original 01_next.ipynb"
    kept = [p.read_text(encoding="utf-8") for p in mine.glob("01_next-mine-*.ipynb")]
    assert sorted(kept) == ["first", "second"]


def test_the_name_that_a_folder_remembers_stays(originals: Path, mine: Path) -> None:
    assert remember(mine, "Ada")
    copy_lessons(mine, source=originals)
    (mine / NAMES[1]).write_text("work", encoding="utf-8")
    copy_lessons(mine, fresh=True, source=originals)
    assert remembered(mine) == "Ada"


def test_kept_lessons_of_another_edition_are_named(originals: Path, mine: Path) -> None:
    for name in NAMES:  # a student works in both; JupyterLab keeps what else a notebook says
        stamp = json.loads((mine / name).read_text(encoding="utf-8"))["metadata"]
        write(mine / name, "my work", **stamp)
    assert copy_lessons(mine, source=originals).older == []
    write(originals / NAMES[1], "the next edition")
    before = (mine / NAMES[1]).read_bytes()
    done = copy_lessons(mine, source=originals)
    assert (done.kept, done.older) == (NAMES, NAMES[1:])
    assert (mine / NAMES[1]).read_bytes() == before
    write(mine / NAMES[0], "my work")  # one that was copied before copies were stamped
    assert copy_lessons(mine, source=originals).older == NAMES
    done = copy_lessons(mine, fresh=True, source=originals)
    assert ([*done.renamed], done.older) == (NAMES, [])
    assert text(mine / NAMES[1]) == "the next edition"


def test_the_command_says_what_to_do_about_another_edition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from toylands import lab

    monkeypatch.setattr(lab, "need_lab", lambda: None)
    monkeypatch.setattr(lab, "launch", lambda *arguments, **options: 0)
    monkeypatch.chdir(tmp_path)
    assert main(["lab"]) == 0
    place = tmp_path / "toylands-lessons" / "01_bowls_and_steps.ipynb"
    assert place.exists()
    write(place, "work of another year", toylands={"edition": "old"})
    capsys.readouterr()
    assert main(["lab"]) == 0
    said = capsys.readouterr().out
    assert "of another edition than this toylands: 01_bowls_and_steps.ipynb\n" in said
    assert "--fresh" in said
    assert text(place) == "work of another year"


# --- nothing is lost, and nothing is half -----------------------------------------------------------


def test_two_copies_at_once_lose_nothing(
    originals: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second runs from beginning to end at every moment when the first has looked, but not yet acted."""
    plain = copying._put_aside, copying._put, copying._name
    for moment in ("_put_aside", "_put", "_name"):
        (mine / NAMES[1]).write_text(moment, encoding="utf-8")
        ran = []

        def first_the_other(*arguments: Any, moment: str = moment, ran: Any = ran) -> Any:
            for name, function in zip(("_put_aside", "_put", "_name"), plain, strict=True):
                monkeypatch.setattr(copying, name, function)
            ran.append(copy_lessons(mine, fresh=True, source=originals))
            return getattr(copying, moment)(*arguments)

        monkeypatch.setattr(copying, moment, first_the_other)
        copy_lessons(mine, fresh=True, source=originals)
        assert ran
        assert text(mine / NAMES[1]) == "original 01_next.ipynb"
        kept = [p.read_text(encoding="utf-8") for p in mine.glob("01_next-mine-*.ipynb")]
        assert kept.count(moment) == 1
        assert all(not work.startswith("{") for work in kept)  # no original is called the student's
    assert len(listed(mine)) == 2 + 3


@pytest.mark.parametrize("known", [True, False])
def test_a_name_that_is_taken_meanwhile_stays_the_others(
    known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: Any) -> None:
        raise PermissionError(errno.EPERM, "no second name on a memory stick")

    if not known:
        monkeypatch.setattr(os, "link", unknown)
    place = tmp_path / "x.ipynb"
    assert copying._put(b"one", place)
    assert not copying._put(b"two", place)
    assert place.read_bytes() == b"one"
    assert listed(tmp_path) == ["x.ipynb"]


def test_nothing_is_written_through_a_link(originals: Path, tmp_path: Path) -> None:
    folder, victim = tmp_path / "mine", tmp_path / "victim"
    folder.mkdir()
    (folder / NAMES[0]).symlink_to(victim)
    done = copy_lessons(folder, source=originals)
    assert done.blocked == {NAMES[0]: "a link that leads nowhere"}
    assert not victim.exists()
    victim.write_text("work", encoding="utf-8")
    assert copy_lessons(folder, source=originals).kept == NAMES[:1]
    done = copy_lessons(folder, fresh=True, source=originals)
    assert victim.read_text(encoding="utf-8") == "work"
    assert (folder / done.renamed[NAMES[0]]).readlink() == victim


def test_a_full_disk_leaves_no_half_lesson(
    originals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no room left on the disk"):
        copy_lessons(tmp_path / "mine", source=originals)
    assert listed(tmp_path / "mine") == []


@pytest.mark.parametrize("length", [0, 1, 100])
def test_half_a_copy_is_not_called_the_students(length: int, originals: Path, mine: Path) -> None:
    half = (mine / NAMES[1]).read_bytes()[:length]
    (mine / NAMES[1]).write_bytes(half)
    done = copy_lessons(mine, source=originals)
    assert (done.same, [*done.mended], done.kept) == (NAMES[:1], NAMES[1:], [])
    assert text(mine / NAMES[1]) == "original 01_next.ipynb"
    assert (mine / done.mended[NAMES[1]]).read_bytes() == half


@pytest.mark.parametrize("kind", ["a folder", "no ordinary file"])
def test_what_is_no_file_is_said_and_the_others_are_copied(
    kind: str, originals: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    if kind == "a folder":
        (folder / NAMES[0]).mkdir()
    elif hasattr(os, "mkfifo"):
        os.mkfifo(folder / NAMES[0])  # a read would wait for ever
    else:
        pytest.skip("no FIFO here")
    for fresh in (False, True):
        done = copy_lessons(folder, fresh=fresh, source=originals)
        assert done.blocked == {NAMES[0]: kind}
        assert listed(folder) == NAMES
    assert str(done) == "1 as they were, 1 not copied"


def test_a_folder_that_cannot_be_used_is_said(originals: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file is a file, not a folder; name another folder"):
        copy_lessons(tmp_path / "file", source=originals)
    with pytest.raises(OSError, match="leads through a file"):
        copy_lessons(tmp_path / "file" / "mine", source=originals)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="looks at POSIX owners")
def test_a_folder_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_owner(tmp_path / "none yet")
    check_owner(tmp_path)
    me = os.geteuid()
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    monkeypatch.setattr(copying, "SYSTEM", -1)
    for place in (tmp_path, link):
        with pytest.raises(PermissionError, match="another user"):
            check_owner(place)


def test_the_lessons_of_this_installation_are_found() -> None:
    names = sorted(path.name for path in lesson_folder().glob("[0-9]*.ipynb"))
    assert names[0] == "00_start_here.ipynb"
