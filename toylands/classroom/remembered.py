"""The name that a folder of lessons remembers, so that a student types it once for the whole course.

    remember(Path("toylands-lessons"), "Ada")
    remembered(Path("toylands-lessons"))       # 'Ada'

It is kept in one small text file, `.toylands-name`, beside the notebooks, and nowhere else. Only a
notebook's kernel keeps and asks for names: a script or a test has no folder of lessons of its own.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

FILE = ".toylands-name"
_LONGEST = 1000  # bytes; a longer file is not ours


def lessons_folder() -> Path | None:
    """The folder of the notebook that is running, None outside a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return Path.cwd() if getattr(shell, "kernel", None) is not None else None


def remembered(folder: Path) -> str | None:
    """The name that is kept in a folder, None when there is none, or none that can be read."""
    path = folder / FILE
    try:
        if not path.is_file() or path.stat().st_size > _LONGEST:
            return None
        return path.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeError):
        return None


def remember(folder: Path, name: str) -> bool:
    """Keep a name in a folder in place of the one before; False when the folder takes no file."""
    part = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=folder, prefix=FILE, delete=False
        ) as file:
            part = file.name
            file.write(f"{name}\n")
        Path(part).replace(folder / FILE)  # whole or not at all; a link is replaced, not followed
    except (OSError, UnicodeError):
        if part is not None:
            Path(part).unlink(missing_ok=True)
        return False
    return True
