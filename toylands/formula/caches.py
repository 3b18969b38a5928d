"""The disk cache of compiled loops: true to the source, whole or not used, and never in the way.

numba's own cache looks at the time of one source file, while a loop has functions of other files inside; it
believes whatever lies on the disk; and it gives up where it cannot write. So toylands keeps its own. A
folder belongs to one state of the whole package, one numba, one Python and one type of processor: its name
says so, and code of another state is never even looked at. Every file carries a checksum. One that is
damaged is deleted and compiled again; where nothing can be written, toylands works without.

The places, in this order: `NUMBA_CACHE_DIR`, and no other, where that is set; else the package's own folder
(`__pycache__`), which everybody reads who can read the package, so that whoever installs it can compile once
for all of its users (`toylands warm`); else the user's cache folder.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
import pickle
import shutil
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from llvmlite import binding
from numba.core import config
from numba.core.caching import FunctionCache
from numba.core.ccallback import CFunc
from numba.core.compiler import CompileResult
from numba.core.registry import cpu_target
from numba.core.serialize import dumps
from numba.core.sigutils import normalize_signature
from numba.misc.appdirs import AppDirs

from toylands.formula.waiting import LOOPS, Wait

PACKAGE = Path(__file__).parents[1]
#: what the names of our folders begin with
PREFIX = "toylands-compiled-"
#: folders of other states of the package that nobody has written to for so long are deleted
DAYS = 30

_log = logging.getLogger("toylands")


def digest(package: Path) -> str:
    """A short name for the content of all of a package's source files, and for what compiles them."""
    total = hashlib.sha256(f"{numba.__version__} {sys.version}".encode())
    for source in sorted(package.rglob("*.py")):
        content = source.read_bytes()
        total.update(f"\n{source.relative_to(package).as_posix()} {len(content)}\n".encode())
        total.update(content)
    return total.hexdigest()[:16]


def places() -> list[Path]:
    """Where compiled code may lie, best first (none of them need exist)."""
    if config.CACHE_DIR:
        return [Path(config.CACHE_DIR)]
    user = Path(AppDirs(appname="toylands", appauthor=False).user_cache_dir)
    # Without HOME and without an entry for the user there is no such folder.
    return [PACKAGE / "__pycache__", *([user] if user.is_absolute() else [])]


def trusted(folder: Path) -> bool:
    """Whether only somebody who may run code as us anyway could have put files there.

    That is the user, the administrator, or the owner of the package; whoever sets `NUMBA_CACHE_DIR` answers
    for it. (A cached file is code.)
    """
    if config.CACHE_DIR or not hasattr(os, "geteuid"):
        return True
    about = folder.stat()
    return about.st_uid in (os.geteuid(), 0, PACKAGE.stat().st_uid) and not about.st_mode & 0o002


class Shelf:
    """The folders with compiled code of one state of the package, for one type of processor."""

    def __init__(self, state: str, processor: str) -> None:
        self.name = f"{PREFIX}{state}-{processor}"
        self._state = state
        self._folders = [place / self.name for place in places()]
        self._full = False
        self._said_other = False

    def read(self, name: str) -> bytes | None:
        """The content of a file, if it is there and whole; one that is damaged is deleted."""
        for folder in self._folders:
            place = folder / name
            with contextlib.suppress(OSError):
                if not trusted(folder):
                    continue
                content = place.read_bytes()
                if hashlib.sha256(content[32:]).digest() == content[:32]:
                    return content[32:]
            _remove(place)
        return None

    def write(self, name: str, content: bytes) -> None:
        """Keep a file in the first folder that takes it; where none does, say so once and go on."""
        if self._full:
            return
        reason: OSError | None = None
        for folder in self._folders:
            try:
                if not folder.is_dir():
                    folder.mkdir(parents=True)
                    _like_the_package(folder, 0o755)
                    _forget(folder)
                if not trusted(folder):
                    raise PermissionError(13, "others can write to it", str(folder))
                self._replace(folder / name, hashlib.sha256(content).digest() + content)
            except OSError as error:
                if self.read(name) is not None:
                    return  # another process was faster; Windows replaces no file that somebody reads
                reason = error
            else:
                self._other_processor(folder)
                return
        self._full = True
        _log.warning(
            "toylands compiles its loops anew in every process (some seconds), since it cannot keep them on "
            "disk%s; set NUMBA_CACHE_DIR to a folder with room that you can write to.",
            f" ({reason.strerror}: {reason.filename or self._folders[-1]})" if reason else "",
        )

    @property
    def keeps(self) -> bool:
        """Whether what was to be kept so far could be."""
        return not self._full

    @property
    def folder(self) -> Path | None:
        """Where the compiled code lies; None when nowhere."""
        return next((folder for folder in self._folders if folder.is_dir()), None)

    @staticmethod
    def _replace(place: Path, content: bytes) -> None:
        draft = place.with_name(f"{place.name}.{uuid.uuid4().hex[:8]}")
        try:
            draft.write_bytes(content)
            _like_the_package(draft, 0o644)
            if place.is_dir():
                _remove(place)
            draft.replace(place)
        except BaseException:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            raise

    def _other_processor(self, folder: Path) -> None:
        """Say once that an installation's compiled code could not be used, and what happened instead."""
        if self._said_other or folder == self._folders[0]:
            return
        self._said_other = True
        with contextlib.suppress(OSError):
            others = self._folders[0].parent.glob(f"{PREFIX}{self._state}-*")
            if not self._folders[0].exists() and any(others):
                _log.warning(
                    "The compiled loops of this installation are for another type of processor than this "
                    "one (%s); toylands compiles its own and keeps them in %s.",
                    processor_name(),
                    folder,
                )


def processor_name() -> str:
    """What LLVM calls the type of processor for which is compiled."""
    return str(config.CPU_NAME or binding.get_host_cpu_name())


def _like_the_package(place: Path, most: int) -> None:
    """Let those read a place in the package's folder who can read the package, whatever the umask."""
    if PACKAGE in place.parents:
        place.chmod(PACKAGE.stat().st_mode & most)


def _remove(place: Path) -> None:
    """Delete a damaged file, or what else has its name, as far as that is allowed."""
    with contextlib.suppress(OSError):
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place, ignore_errors=True)
        else:
            place.unlink(missing_ok=True)


def _forget(folder: Path) -> None:
    """Delete the folders of other states beside a new one: in the package all, elsewhere the old ones.

    Another installation may still use what lies elsewhere.
    """
    own = folder.parent == PACKAGE / "__pycache__"
    state = folder.name.rpartition("-")[0]
    for other in folder.parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            old = time.time() - other.stat().st_mtime > DAYS * 86_400
            if (own or old) and not other.name.startswith(state):
                _remove(other)


@functools.cache
def shelf(processor: tuple[Any, ...]) -> Shelf:
    """The folders for the package as it is now and a type of processor."""
    return Shelf(digest(PACKAGE), hashlib.sha256(repr(processor).encode()).hexdigest()[:8])


def our_shelf() -> Shelf:
    """The folders for this processor."""
    return shelf(cpu_target.target_context.codegen().magic_tuple())


class Kept(FunctionCache):
    """What numba asks for compiled code of one function, before it compiles, and gives it to afterwards."""

    def __init__(self, function: Callable[..., Any], missed: Callable[[], None]) -> None:
        self._py_func = function
        self._missed = missed  # is told that there is none
        self._name = f"{function.__module__}.{function.__qualname__}".replace("<locals>", "")
        self._cache_path = str(places()[0])

    def _place(self, signature: Any, codegen: Any) -> tuple[Shelf, str]:
        key = self._index_key(signature, codegen)
        line = self._py_func.__code__.co_firstlineno
        name = hashlib.sha256(repr((str(key[0]), key[2], line)).encode()).hexdigest()[:16]
        return shelf(key[1]), f"{self._name}-{name}.bin"

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function, or None where it must be compiled."""
        target_context.refresh()
        where, name = self._place(sig, target_context.codegen())
        content = where.read(name)
        if content is not None:
            # One that is whole, but of no use, is written anew.
            with contextlib.suppress(Exception):
                return CompileResult._rebuild(target_context, *pickle.loads(content))
        self._missed()
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a function that was compiled."""
        where, name = self._place(sig, data.codegen)
        where.write(name, dumps(data._reduce()))


def kept(function: Callable[..., Any], signature: Any, **options: Any) -> Any:
    """Compile a function for one signature, as `numba.njit` does, or take it from the disk."""
    made: Any = numba.njit(**options)(function)
    with Wait(LOOPS) as wait:
        made._cache = Kept(function, wait.begin)
        made.compile(signature)
    made.disable_compile()
    return made


def kept_c(function: Callable[..., Any], signature: Any, **options: Any) -> Any:
    """Compile a function for C, as `numba.cfunc` does, or take it from the disk."""
    made: Any = CFunc(function, normalize_signature(signature), {}, options)
    with Wait(LOOPS) as wait:
        made._cache = Kept(function, wait.begin)
        made.compile()
    return made
