"""Compiled code on disk never outlives its sources, is whole or not used, and is never in the way."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numba
import pytest

from toylands.formula import caches
from toylands.formula.caches import DAYS, PREFIX, Kept, Shelf, digest

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of two files, whose code is kept in its own folder, else in the folder of a user."""
    folder = tmp_path / "package"
    (folder / "part").mkdir(parents=True)
    (folder / "one.py").write_text("x = 1\n", encoding="utf-8")
    (folder / "part" / "two.py").write_text("y = 1\n", encoding="utf-8")
    monkeypatch.setattr(caches, "PACKAGE", folder)
    monkeypatch.setattr(caches.config, "CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    return folder


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What the user was told."""
    caplog.set_level(logging.WARNING, "toylands")
    return lambda: [record.getMessage() for record in caplog.records]


def own(package: Path) -> Path:
    return package / "__pycache__"


# --- the state of the package ------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["content", "new file", "removed file", "renamed file"])
def test_any_change_is_another_state(package: Path, change: str) -> None:
    before, source = digest(package), package / "part" / "two.py"
    if change == "content":  # of the same size and time
        about = source.stat()
        source.write_text("y = 2\n", encoding="utf-8")
        os.utime(source, ns=(about.st_atime_ns, about.st_mtime_ns))
    elif change == "new file":
        (package / "three.py").write_text("", encoding="utf-8")
    elif change == "removed file":
        source.unlink()
    else:
        source.rename(source.with_name("other.py"))
    assert digest(package) != before


def test_the_same_content_is_the_same_state_wherever_it_lies(package: Path, tmp_path: Path) -> None:
    shutil.copytree(package, tmp_path / "copy")
    assert digest(tmp_path / "copy") == digest(package)


@pytest.mark.parametrize("chosen", [True, False])
def test_code_of_another_state_is_not_looked_at(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: bool
) -> None:
    """Wherever it lies: beside the package, in the user's folder, in NUMBA_CACHE_DIR."""
    if chosen:
        monkeypatch.setattr(caches.config, "CACHE_DIR", str(tmp_path / "chosen"))
    else:
        own(package).touch()  # it cannot be used
    Shelf("state1", "cpu").write("f", b"code")
    assert Shelf("state1", "cpu").read("f") == b"code"
    assert Shelf("state2", "cpu").read("f") is None
    assert Shelf("state1", "other").read("f") is None
    where = tmp_path / ("chosen" if chosen else "home/toylands") / f"{PREFIX}state1-cpu"
    assert [file.name for file in where.iterdir()] == ["f"]


def test_beside_the_package_only_its_present_state_is_kept(package: Path) -> None:
    for state in ("state1-cpu", "state2-cpu", "state2-other"):
        Shelf(*state.split("-")).write("f", b"code")
    assert sorted(f.name for f in own(package).iterdir()) == [
        f"{PREFIX}state2-cpu",
        f"{PREFIX}state2-other",
    ]


def test_elsewhere_other_states_are_kept_for_a_while(package: Path, tmp_path: Path) -> None:
    own(package).touch()
    Shelf("state1", "cpu").write("f", b"code")
    Shelf("state2", "cpu").write("f", b"code")
    first = tmp_path / "home" / "toylands" / f"{PREFIX}state1-cpu"
    assert first.exists()
    long_ago = time.time() - (DAYS + 1) * 86_400
    os.utime(first, (long_ago, long_ago))
    Shelf("state3", "cpu").write("f", b"code")
    assert not first.exists()


# --- damage -------------------------------------------------------------------------------------------


def _flip(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.mark.parametrize(
    "damage", [lambda c: b"", lambda c: c[:20], lambda c: c[:-1], _flip, lambda c: bytes(len(c))]
)
def test_a_damaged_file_is_deleted_and_written_again(
    package: Path, said: Callable[[], list[str]], damage: Callable[[bytes], bytes]
) -> None:
    shelf = Shelf("state", "cpu")
    shelf.write("f", b"code" * 100)
    (file,) = own(package).glob("*/f")
    file.write_bytes(damage(file.read_bytes()))
    assert shelf.read("f") is None
    assert not file.exists()
    shelf.write("f", b"new")
    assert shelf.read("f") == b"new"
    assert said() == []


def test_a_folder_in_a_files_place_is_removed(package: Path) -> None:
    shelf = Shelf("state", "cpu")
    shelf.write("f", b"code")
    (file,) = own(package).glob("*/f")
    file.unlink()
    (file / "inside").mkdir(parents=True)
    shelf.write("f", b"new")
    assert shelf.read("f") == b"new"


def test_a_function_is_taken_from_the_disk_or_compiled_again(package: Path) -> None:
    """With numba itself: compiled, loaded, and compiled again when its file is damaged or of no use."""

    def double(x: float) -> float:
        return 2.0 * x

    def made() -> Any:
        result = caches.kept(double, numba.float64(numba.float64))
        assert result(1.5) == 3.0
        return result

    caches.shelf.cache_clear()
    try:
        assert made()._cache_hits.total() == 0
        assert made()._cache_hits.total() == 1
        (file,) = own(package).glob("*/*.bin")
        whole = file.read_bytes()
        file.write_bytes(_flip(whole))
        assert made()._cache_hits.total() == 0
        assert made()._cache_hits.total() == 1
        caches.our_shelf().write(file.name, b"no pickle")
        assert made()._cache_hits.total() == 0
        assert made()._cache_hits.total() == 1
    finally:
        caches.shelf.cache_clear()


def test_functions_that_differ_in_what_they_enclose_are_two(package: Path) -> None:
    def times(factor: float) -> Callable[[float], float]:
        def product(x: float) -> float:
            return factor * x

        return product

    signature = numba.float64(numba.float64)
    context = numba.core.registry.cpu_target.target_context.codegen()
    two, three = (Kept(times(factor), print)._place(signature, context)[1] for factor in (2.0, 3.0))
    assert two != three


def test_two_processes_that_keep_the_same_do_not_harm_each_other(
    package: Path, said: Callable[[], list[str]]
) -> None:
    """Whoever reads meanwhile gets the whole of one of the two, or nothing yet."""
    contents = [bytes([letter]) * 100_000 for letter in b"ab"]
    seen: set[bytes | None] = set()

    def compiles(content: bytes) -> None:
        shelf = Shelf("state", "cpu")
        for _ in range(20):
            shelf.write("f", content)
            seen.add(shelf.read("f"))

    with ThreadPoolExecutor(2) as processes:
        [*processes.map(compiles, contents)]
    assert seen <= set(contents)
    assert [file.name for file in own(package).glob("*/*")] == ["f"]
    assert said() == []


def test_where_no_file_is_replaced_that_somebody_reads_the_first_one_stays(
    package: Path, monkeypatch: pytest.MonkeyPatch, said: Callable[[], list[str]]
) -> None:
    """As on Windows, while another process loads what this one has compiled as well."""
    Shelf("state", "cpu").write("f", b"code")

    def busy(*_: Any) -> None:
        raise PermissionError(errno.EACCES, "used by another process")

    monkeypatch.setattr(Path, "replace", busy)
    shelf = Shelf("state", "cpu")
    shelf.write("f", b"code")
    assert (shelf.read("f"), shelf.keeps, said()) == (b"code", True, [])
    assert [file.name for file in own(package).glob("*/*")] == ["f"]


# --- places that cannot be used -----------------------------------------------------------------------


def test_without_a_folder_of_its_own_the_users_is_taken(
    package: Path, tmp_path: Path, said: Callable[[], list[str]]
) -> None:
    own(package).touch()
    Shelf("state", "cpu").write("f", b"code")
    assert Shelf("state", "cpu").read("f") == b"code"
    assert [*(tmp_path / "home").rglob("f")]
    assert said() == []


@pytest.mark.parametrize("why", ["no folder", "full disk", "chosen"])
def test_where_nothing_can_be_written_it_is_said_once(
    package: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: Callable[[], list[str]],
    why: str,
) -> None:
    if why == "full disk":

        def full(*_: Any) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "the disk")

        monkeypatch.setattr(Path, "replace", full)
    elif why == "chosen":
        (tmp_path / "chosen").touch()
        monkeypatch.setattr(caches.config, "CACHE_DIR", str(tmp_path / "chosen"))
    else:
        own(package).touch()
        (tmp_path / "home").touch()
    shelf = Shelf("state", "cpu")
    for name in ("f", "g"):
        shelf.write(name, b"code")
        assert shelf.read(name) is None
    (sentence,) = said()
    assert "set NUMBA_CACHE_DIR" in sentence
    assert not shelf.keeps
    assert ("No space left" in sentence) == (why == "full disk")
    assert not [file for file in tmp_path.rglob("*") if file.name.startswith(("f", "g"))]


def test_nobody_without_a_home_gets_a_folder_called_tilde(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # no HOME, no entry for the user
    assert caches.places() == [own(package)]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="looks at POSIX owners and rights")
def test_code_that_others_could_have_put_there_is_not_run(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf("state", "cpu")
    shelf.write("f", b"code")
    (folder,) = own(package).iterdir()
    folder.chmod(0o777)
    assert shelf.read("f") is None
    folder.chmod(0o755)
    assert shelf.read("f") == b"code"
    assert caches.trusted(folder)
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert caches.trusted(folder)  # it belongs to the owner of the package


# --- one installation for a whole room ----------------------------------------------------------------


@pytest.mark.parametrize("same", [True, False])
def test_what_was_compiled_for_all_is_used_on_the_same_type_of_processor(
    package: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: Callable[[], list[str]],
    same: bool,
) -> None:
    before = os.umask(0o077)  # as careful administrators have it
    try:
        Shelf("state", "cpu").write("f", b"for all")
    finally:
        os.umask(before)
    (file,) = own(package).glob("*/f")
    if os.name == "posix":
        assert (file.stat().st_mode & 0o044, file.parent.stat().st_mode & 0o055) == (0o044, 0o055)
    plain = Path.mkdir

    def read_only(place: Path, *arguments: Any, **options: Any) -> None:
        if package in place.parents:
            raise PermissionError(errno.EACCES, "read-only")
        plain(place, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", read_only)
    student = Shelf("state", "cpu" if same else "other")
    assert student.read("f") == (b"for all" if same else None)
    if not same:
        student.write("f", b"own")
        student.write("g", b"own")
        assert (student.read("f"), file.read_bytes()[32:]) == (b"own", b"for all")
        (sentence,) = said()
        assert "another type of processor" in sentence
        assert str(tmp_path / "home") in sentence
