"""What the lessons say of themselves: title, minutes and goals, read from their first cells."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from toylands._course import lesson_folder


@dataclass(frozen=True)
class Lesson:
    """One lesson notebook: its file name, title, minutes (0 when it does not say) and goals."""

    file: str
    title: str
    minutes: int
    goals: tuple[str, ...]


def read_lesson(path: Path) -> Lesson:
    """Read a lesson's first cell: the heading, the minutes, and the list that follows."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "".join(cells[0]["source"]) if cells else ""
    text = text.partition("<details>")[0]  # what follows is for teachers
    heading = re.search(r"^# (.+)$", text, re.MULTILINE)
    minutes = re.search(r"(\d+)(?: to (\d+))? minutes", text)
    goals = re.findall(r"^[-*] (.+)$", text, re.MULTILINE)
    return Lesson(
        path.name,
        heading.group(1).strip() if heading else path.stem,
        int(minutes.group(2) or minutes.group(1)) if minutes else 0,
        tuple(goal.strip() for goal in goals),
    )


def lessons(folder: Path | None = None) -> list[Lesson]:
    """The lessons in order."""
    return [read_lesson(path) for path in sorted((folder or lesson_folder()).glob("[0-9]*.ipynb"))]


def _names(folder: Path) -> list[str]:
    """The lessons' file names; an original comes before a student's renamed copy of it."""
    return [p.name for p in sorted(folder.glob("[0-9][0-9]_*.ipynb"), key=lambda p: p.stem)]


def first_lesson(folder: Path) -> str | None:
    """The first lesson of a folder; None when it has none."""
    names = _names(folder)
    return names[0] if names else None


def choose_lesson(folder: Path, wanted: str) -> Path:
    """The lesson of a folder by number ("3") or by the beginning of its name.

    Raises:
        ValueError: when there is none, with the lessons there are.
    """
    names = _names(folder)
    start = f"{int(wanted):02d}_" if wanted.isdigit() else wanted
    for name in names:
        if name.startswith(start):
            return folder / name
    raise ValueError(f"no lesson {wanted!r} in {folder}; there are {', '.join(names) or 'none'}.")
