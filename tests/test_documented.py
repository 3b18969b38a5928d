"""Public means documented: every public name says in its own words what it is or does."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import pytest

import toylands


def packages() -> list[ModuleType]:
    """Return toylands and its public subpackages."""
    names = [m.name for m in pkgutil.iter_modules(toylands.__path__) if m.ispkg]
    found = [importlib.import_module(f"toylands.{name}") for name in names if name[0] != "_"]
    return [toylands, *found]


def members(cls: type) -> Iterator[tuple[str, str | None]]:
    """Yield the name and docstring of every public method and property of a class."""
    for owner in cls.__mro__:
        if owner.__module__.split(".")[0] not in ("toylands", __name__):
            continue
        for name, value in vars(owner).items():
            if name.startswith("_"):
                continue
            if isinstance(value, staticmethod | classmethod):
                value = value.__func__
            if isinstance(value, property):
                value = value.fget
            elif isinstance(value, functools.cached_property):
                value = value.func
            if isinstance(value, FunctionType):
                yield f"{owner.__qualname__}.{name}", value.__doc__


def own(value: Any) -> str | None:
    """Return the docstring that belongs to `value` itself, not to a base, a type or a generator."""
    if isinstance(value, type):
        text = vars(value).get("__doc__")
        written_by_dataclass = text and text.startswith(f"{value.__name__}(")
        return None if written_by_dataclass else text
    text = getattr(value, "__doc__", None)
    return None if text == type(value).__doc__ and not inspect.ismodule(value) else text


def constant(value: Any) -> bool:
    """Return whether a public name is plain data, which cannot carry a docstring."""
    return isinstance(value, int | float | str | tuple | frozenset | dict) or (
        type(value).__module__.split(".")[0] in ("sympy", "numpy", "typing", "types")
        and not isinstance(value, FunctionType | ModuleType)
    )


def fault(doc: str | None) -> str | None:
    """Return what is wrong with a docstring, or None."""
    if not doc or not doc.strip():
        return "has no docstring of its own"
    first = inspect.cleandoc(doc).split("\n\n")[0].strip()
    return (
        None if first.endswith(".") else f"opens with {first!r}, which does not end with a period"
    )


def documented(name: str, value: Any) -> list[str]:
    """Return what is wrong with the docstrings of a public name and of its members."""
    if constant(value):
        return []
    found = [(name, own(value))]
    if isinstance(value, type):
        found += members(value)
    return [f"{who} {wrong}" for who, doc in found if (wrong := fault(doc))]


PACKAGES = packages()
NAMES = [
    pytest.param(package, name, id=f"{package.__name__}.{name}")
    for package in PACKAGES
    for name in getattr(package, "__all__", [])
]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_every_package_says_what_it_is_for_and_what_is_public(package: ModuleType) -> None:
    assert fault(own(package)) is None, f"{package.__name__} {fault(own(package))}"
    exported = getattr(package, "__all__", None)
    assert exported is not None, f"{package.__name__} has no __all__"
    assert len(set(exported)) == len(exported)
    assert not [name for name in exported if name.startswith("_") and name != "__version__"]


@pytest.mark.parametrize(("package", "name"), NAMES)
def test_every_public_name_is_documented(package: ModuleType, name: str) -> None:
    assert not documented(name, getattr(package, name))


class _Documented:
    """A class."""

    @property
    def said(self) -> int:
        """Say it."""
        return 1

    @functools.cached_property
    def silent(self) -> int:
        return 1

    @classmethod
    def unended(cls) -> None:
        """Say it without an end"""


class _Inherits(_Documented):
    def said_again(self) -> None:
        """Say it again."""


class _Generated(NamedTuple):
    x: float


def test_planted_gaps_are_found() -> None:
    assert documented("documented", _Documented) == [
        "_Documented.silent has no docstring of its own",
        "_Documented.unended opens with 'Say it without an end', which does not end with a period",
    ]
    assert documented("inherits", _Inherits)[0] == "inherits has no docstring of its own"
    assert documented("generated", _Generated) == ["generated has no docstring of its own"]
    assert documented("instance", _Documented()) == ["instance has no docstring of its own"]
    assert documented("function", lambda: None) == ["function has no docstring of its own"]
    assert documented("constant", 3.14) == []
