"""The disk cache of compiled loops, kept true to the source.

numba keeps what it compiled in `__pycache__`, next to the source, and looks at the time of that one file
only. A loop calls functions of other files, though; with their old code inside, it would read its memory
wrongly. So when any file of the package has changed since the cache was last used, the cache is emptied.
(Where the package's folder is read-only, numba keeps its cache elsewhere, and files change together.)
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

MARK = "compiled-from"


def forget_stale(package: Path) -> bool:
    """Empty the cache if the package's files are others than when it was filled; whether it was emptied."""
    digest = hashlib.sha256()
    for source in sorted(package.rglob("*.py")):
        about = source.stat()
        digest.update(
            f"{source.relative_to(package)} {about.st_mtime_ns} {about.st_size}\n".encode()
        )
    mark = package / "__pycache__" / MARK
    with contextlib.suppress(OSError):
        if mark.read_text(encoding="ascii") == digest.hexdigest():
            return False
    if not os.access(package, os.W_OK):
        return False
    for suffix in ("nbi", "nbc"):  # numba's index and code files
        for file in package.rglob(f"__pycache__/*.{suffix}"):
            file.unlink(missing_ok=True)
    mark.parent.mkdir(exist_ok=True)
    own = mark.with_name(f"{MARK}-{os.getpid()}")
    own.write_text(digest.hexdigest(), encoding="ascii")
    own.replace(mark)
    return True
