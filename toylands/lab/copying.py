"""Copying the lessons to where a student works, without ever losing what the student wrote."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass
class Copied:
    """What a copy did: names of new, unchanged, kept (the student's own) and renamed files."""

    new: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = [
            f"{len(names)} {word}"
            for names, word in (
                (self.new, "new"),
                (self.same, "as they were"),
                (self.kept, "of yours kept"),
                (list(self.renamed), "of yours renamed"),
            )
            if names
        ]
        return ", ".join(parts) or "no lessons found"


def lesson_folder() -> Path:
    """Where the lessons lie: inside an installed wheel, or beside the package in a checkout.

    Raises:
        FileNotFoundError: when the installation carries no lessons.
    """
    for folder in (_PACKAGE / "_lessons", _PACKAGE.parent / "lessons"):
        if any(folder.glob("[0-9]*.ipynb")):
            return folder
    raise FileNotFoundError("this installation of toylands carries no lessons; install it again.")


def copy_lessons(target: Path, *, fresh: bool = False, source: Path | None = None) -> Copied:
    """Copy the lessons into a folder; a file that is already there is never overwritten.

    Args:
        target: the student's folder; made when missing.
        fresh: put the original beside a changed file: the student's is renamed first (with the date
            and time in its name), never deleted.
        source: where the originals lie.
    """
    source = source or lesson_folder()
    done = Copied()
    target.mkdir(parents=True, exist_ok=True)
    for original in sorted(source.glob("[0-9]*.ipynb")):
        place = target / original.name
        if place.exists():
            if place.read_bytes() == original.read_bytes():
                done.same.append(original.name)
                continue
            if not fresh:
                done.kept.append(original.name)
                continue
            spare = _free_name(place)
            place.rename(spare)
            done.renamed[original.name] = spare.name
        shutil.copyfile(original, place)
        if original.name not in done.renamed:
            done.new.append(original.name)
    return done


def _free_name(place: Path) -> Path:
    stamp = time.strftime("%Y-%m-%d-%H%M%S")
    spare = place.with_name(f"{place.stem}-mine-{stamp}{place.suffix}")
    number = 2
    while spare.exists():
        spare = place.with_name(f"{place.stem}-mine-{stamp}-{number}{place.suffix}")
        number += 1
    return spare
