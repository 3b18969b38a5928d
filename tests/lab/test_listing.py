"""What the lessons say of themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toylands.cli import main
from toylands.lab import choose_lesson, first_lesson, lessons


def write(folder: Path, name: str, first: str) -> None:
    cells = [{"cell_type": "markdown", "source": first.splitlines(keepends=True)}]
    (folder / name).write_text(json.dumps({"cells": cells}), encoding="utf-8")


def test_title_minutes_and_goals_are_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        "01_a.ipynb",
        "# 1. Bowls\n\n**About 25 to 35 minutes.** You can\n\n- walk,\n- stop.\n",
    )
    (lesson,) = lessons(tmp_path)
    assert (lesson.title, lesson.minutes, lesson.goals) == ("1. Bowls", 35, ("walk,", "stop."))


def test_every_lesson_says_its_minutes_and_goals() -> None:
    for lesson in lessons():
        assert 5 <= lesson.minutes <= 40, lesson.file
        assert len(lesson.goals) >= 2, lesson.file


def test_a_lesson_is_chosen_by_number_or_name(tmp_path: Path) -> None:
    for name in ("00_start-mine-2026.ipynb", "00_start.ipynb", "03_ravines.ipynb"):
        write(tmp_path, name, "# x")
    assert first_lesson(tmp_path) == "00_start.ipynb"
    assert choose_lesson(tmp_path, "0").name == "00_start.ipynb"
    assert choose_lesson(tmp_path, "3").name == "03_ravines.ipynb"
    assert choose_lesson(tmp_path, "00_st").name == "00_start.ipynb"
    with pytest.raises(ValueError, match="03_ravines"):
        choose_lesson(tmp_path, "7")


def test_the_command_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lessons"]) == 0
    assert "00_start_here.ipynb" in capsys.readouterr().out
