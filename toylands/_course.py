"""Which lessons this installation has, so that nothing leads to one that is not there."""

from __future__ import annotations

import functools
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def lesson_folder() -> Path:
    """Where the lessons lie: inside an installed wheel, or beside the package in a checkout.

    Raises:
        FileNotFoundError: when the installation carries no lessons.
    """
    for folder in (_PACKAGE / "_lessons", _PACKAGE.parent / "lessons"):
        if any(folder.glob("[0-9]*.ipynb")):
            return folder
    raise FileNotFoundError("this installation of toylands carries no lessons; install it again.")


@functools.cache
def lesson_numbers() -> tuple[int, ...]:
    """The numbers of the lessons that are there, in order."""
    try:
        names = [path.name for path in lesson_folder().glob("[0-9][0-9]_*.ipynb")]
    except FileNotFoundError:
        return ()
    return tuple(sorted(int(name[:2]) for name in names))


def there(lessons: tuple[int, ...]) -> list[int]:
    """Those of these lessons that are there."""
    return [number for number in lessons if number in lesson_numbers()]
