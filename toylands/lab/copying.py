"""Copying the lessons to where a student works, without ever losing what the student wrote.

A lesson is written under a name of its own and then given its real name, in one step and only where that
name is free: whatever happens in between (a full disk, a power cut, a second `toylands lab`), a file that
has a lesson's name is whole, and nothing is written over.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toylands._course import lesson_folder

#: the key in a copied notebook's metadata: which edition of the lesson it is
STAMP = "toylands"
#: the number of the administrator, whose folders are nobody's
SYSTEM = 0


@dataclass
class Copied:
    """What a copy did, by file name.

    Attributes:
        new: copied now.
        same: there already, as copied.
        kept: the student's own, not touched.
        older: those of `kept` that another edition of toylands brought (or an edition that left no stamp).
        renamed: the student's own, and the name it has now.
        mended: half of a copy that was cut short, and the name it has now; the whole one is in its place.
        blocked: not copied, because something that is no file has the name; with what that is.
    """

    new: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    older: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    mended: dict[str, str] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = [
            f"{len(names)} {word}"
            for names, word in (
                (self.new, "new"),
                (self.same, "as they were"),
                (self.kept, "of yours kept"),
                (self.renamed, "of yours renamed"),
                (self.mended, "copied again"),
                (self.blocked, "not copied"),
            )
            if names
        ]
        return ", ".join(parts) or "no lessons found"


def copy_lessons(target: Path, *, fresh: bool = False, source: Path | None = None) -> Copied:
    """Copy the lessons into a folder; a file that is already there is never overwritten.

    Args:
        target: the student's folder; made when missing.
        fresh: put the original beside a changed file: the student's is renamed first (with the date
            and time in its name), never deleted.
        source: where the originals lie.

    Raises:
        OSError: when the folder cannot be made or written to, with the reason in plain words.
    """
    source = source or lesson_folder()
    done = Copied()
    with _explained(target):
        target.mkdir(parents=True, exist_ok=True)
        for original in sorted(source.glob("[0-9]*.ipynb")):
            _copy(original, target / original.name, done, fresh=fresh)
    return done


def _copy(original: Path, place: Path, done: Copied, *, fresh: bool) -> None:
    name, text = original.name, original.read_bytes()
    for _ in range(3):  # another `toylands lab` in the same folder may be faster
        if not os.path.lexists(place):
            if _put(_stamped(text), place):
                if name not in done.renamed and name not in done.mended:
                    done.new.append(name)
                return
            continue
        kind = _what_else(place)
        if kind is not None:
            done.blocked[name] = kind
            return
        there = _read(place)
        if there is not None and _without_stamp(there) == _without_stamp(text):
            if name not in done.renamed and name not in done.mended:
                done.same.append(name)
            return
        if there is not None and (_stamped(text).startswith(there) or text.startswith(there)):
            _put_aside(place, "unfinished", text, done.mended)
        elif fresh:
            _put_aside(place, "mine", text, done.renamed)
        else:
            done.kept.append(name)
            if there is not None and _edition(there) != _digest(text):
                done.older.append(name)
            return


def _what_else(place: Path) -> str | None:
    """What a path is that is no file: it is neither opened nor replaced. None for a file."""
    try:
        mode = place.stat().st_mode
    except OSError:
        return "a link that leads nowhere"
    if stat.S_ISREG(mode):
        return None
    return "a folder" if stat.S_ISDIR(mode) else "no ordinary file"


def _read(place: Path) -> bytes | None:
    with contextlib.suppress(OSError):
        return place.read_bytes()
    return None


def _put(text: bytes, place: Path) -> bool:
    """Write a file in one step; whether its name was free (else nothing has changed)."""
    draft = place.with_name(f".{place.name}-{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return _name(draft, place)
    finally:
        draft.unlink(missing_ok=True)


def _name(draft: Path, place: Path) -> bool:
    """Give a file its real name if that is free; whether it was."""
    try:
        os.link(draft, place)
        return True
    except FileExistsError:
        return False
    except OSError:  # a memory stick, say, knows no second name for a file
        pass
    if not _reserve(place):
        return False
    draft.replace(place)
    return True


def _reserve(place: Path) -> bool:
    """Take a name with an empty file; whether it was free."""
    try:
        os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        return True
    except FileExistsError:
        return False


def _put_aside(place: Path, why: str, original: bytes, names: dict[str, str]) -> None:
    """Rename a file to a free name with the date and time in it, and note that name."""
    stem = f"{place.stem}-{why}-{time.strftime('%Y-%m-%d-%H%M%S')}"
    spare, number = place.with_name(stem + place.suffix), 2
    while not _reserve(spare):
        spare, number = place.with_name(f"{stem}-{number}{place.suffix}"), number + 1
    try:
        place.replace(spare)
    except BaseException as error:
        spare.unlink()
        if isinstance(error, FileNotFoundError):  # another `toylands lab` has renamed it
            return
        raise
    there = _read(spare)
    if there is not None and _without_stamp(there) == _without_stamp(original):
        spare.unlink()  # another `toylands lab` had put the original there meanwhile
    else:
        names[place.name] = spare.name


# --- which edition a copy is of ---------------------------------------------------------------------


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:16]


def _stamped(text: bytes) -> bytes:
    """A notebook that says which edition of the lesson it is; anything else as it is."""
    book = _notebook(text)
    if book is None:
        return text
    book["metadata"][STAMP] = {"edition": _digest(text)}
    return (json.dumps(book, indent=1, ensure_ascii=False) + "\n").encode()


def _notebook(text: bytes) -> dict[str, Any] | None:
    try:
        book = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return book if isinstance(book, dict) and isinstance(book.get("metadata"), dict) else None


def _without_stamp(text: bytes) -> Any:
    """What a notebook says, whoever wrote it down; other text as it is."""
    book = _notebook(text)
    if book is None:
        return text
    book["metadata"].pop(STAMP, None)
    return book


def _edition(text: bytes) -> str | None:
    """The edition that a copy says it is; None when it says nothing, or is no notebook."""
    stamp = (_notebook(text) or {"metadata": {}})["metadata"].get(STAMP)
    return stamp.get("edition") if isinstance(stamp, dict) else None


# --- what can go wrong --------------------------------------------------------------------------------

_REASONS = {
    errno.ENOSPC: "there is no room left on the disk",
    getattr(errno, "EDQUOT", -1): "your share of the disk is used up",
    errno.EACCES: "you may not write there",
    errno.EPERM: "you may not write there",
    errno.EROFS: "it can only be read",
}


@contextlib.contextmanager
def _explained(target: Path) -> Iterator[None]:
    """Say in plain words why a folder cannot be filled; what was copied so far is whole."""
    try:
        yield
    except (FileExistsError, NotADirectoryError):
        what = "is a file, not a folder" if target.is_file() else "leads through a file"
        raise OSError(f"{target} {what}; name another folder: toylands lab FOLDER.") from None
    except OSError as error:
        reason = _REASONS.get(error.errno or 0)
        if reason is None:
            raise
        raise OSError(
            f"cannot write the lessons to {target.absolute()}: {reason}. Lessons that are there are "
            "whole; for another place: toylands lab FOLDER."
        ) from None


def check_owner(target: Path) -> None:
    """Make sure that a folder which the user has not named himself is nobody else's, nor a link of theirs.

    Whoever owns the folder could change the notebooks in it. The administrator may work in any folder, but
    follows no link of anybody's.

    Raises:
        PermissionError: when it is.
    """
    if not hasattr(os, "geteuid"):
        return
    me = os.geteuid()
    looks = [Path.lstat] if target.is_symlink() else []
    if me != SYSTEM:
        looks.append(Path.stat)
    for look in looks:
        with contextlib.suppress(FileNotFoundError):
            owner = look(target).st_uid
            if owner not in (me, SYSTEM):
                raise PermissionError(
                    f"{target.absolute()} belongs to another user (number {owner}); name a folder of your "
                    "own: toylands lab FOLDER."
                )
