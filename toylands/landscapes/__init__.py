"""The catalogue of landscapes, one module per family.

    tl.landscapes.rosenbrock          # by name
    tl.landscapes.ravine(kappa=50)    # a variant
    tl.catalogue(tag="saddle")        # by search

Every module of this folder is read; every landscape defined in it appears here by itself.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from toylands._course import lesson_numbers, there
from toylands._door import door
from toylands._words import did_you_mean, missing
from toylands.formula import Landscape


def _collect() -> dict[str, Landscape]:
    found: dict[str, Landscape] = {}
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        for value in vars(loaded).values():
            if (
                isinstance(value, Landscape)
                and value.definition.function.__module__ == loaded.__name__
            ):
                if value.name in found:
                    raise ValueError(f"two landscapes are called {value.name!r}.")
                found[value.name] = value
    return found


_LANDSCAPES = _collect()

__all__ = ["Catalogue", "catalogue", "get"]


class Catalogue:
    """A list of landscapes that prints as a table; index it by position or by name."""

    def __init__(self, landscapes: list[Landscape]) -> None:
        self._landscapes = landscapes

    def __iter__(self) -> Iterator[Landscape]:
        return iter(self._landscapes)

    def __len__(self) -> int:
        return len(self._landscapes)

    def __contains__(self, name: object) -> bool:
        return any(name in (land, land.name) for land in self._landscapes)

    def __getitem__(self, key: int | str) -> Landscape:
        if isinstance(key, str):
            return get(key)
        return self._landscapes[key]

    @property
    def names(self) -> list[str]:
        """The names, in alphabetical order."""
        return [land.name for land in self._landscapes]

    def _rows(self) -> list[tuple[str, str, str, str, str]]:
        return [
            (
                land.name,
                f"{land.dim}-D",
                ", ".join(map(str, there(land.lessons))),
                ", ".join(land.tags),
                land.title,
            )
            for land in self._landscapes
        ]

    def __repr__(self) -> str:
        rows = [("name", "dim", "lesson", "tags", "what it is"), *self._rows()]
        widths = [max(len(row[c]) for row in rows) for c in range(4)]
        lines = [
            "  ".join(
                [*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]
            )
            for row in rows
        ]
        return "\n".join(line.rstrip() for line in lines)

    def _repr_html_(self) -> str:
        from html import escape

        columns = ("name", "dim", "lesson", "tags", "what it is", "its parameters")
        head = "".join(f"<th>{column}</th>" for column in columns)
        dials = [
            ", ".join(f"{name}: {dial.label}" for name, dial in land.dials.items())
            for land in self._landscapes
        ]
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in (*row, said)) + "</tr>"
            for row, said in zip(self._rows(), dials, strict=True)
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


@door
def get(name: str) -> Landscape:
    """The landscape of this name.

    Raises:
        ValueError: for an unknown name, with the nearest right one.
    """
    if name not in _LANDSCAPES:
        raise ValueError(
            f"no landscape is called {name!r}.{did_you_mean(name, _LANDSCAPES)} "
            "toylands.catalogue() lists them all."
        )
    return _LANDSCAPES[name]


@door
def catalogue(
    *, tag: str | None = None, lesson: int | None = None, dim: int | None = None
) -> Catalogue:
    """List the landscapes, by name, or only those with this tag, lesson or number of dimensions.

    Raises:
        ValueError: for a tag that no landscape has, with the nearest right one; for a lesson that is not
            there.
    """
    if lesson is not None and lesson not in lesson_numbers():
        raise ValueError(
            f"there is no lesson {lesson}; the lessons are {', '.join(map(str, lesson_numbers()))}."
        )
    tags = sorted({tag for land in _LANDSCAPES.values() for tag in land.tags})
    if tag is not None and tag not in tags:
        raise ValueError(
            f"no landscape has the tag {tag!r}; the tags are {', '.join(tags)}."
            + did_you_mean(tag, tags)
        )
    return Catalogue(
        [
            land
            for _, land in sorted(_LANDSCAPES.items())
            if (tag is None or tag in land.tags)
            and (lesson is None or lesson in land.lessons)
            and (dim is None or dim == land.dim)
        ]
    )


def __getattr__(name: str) -> Any:
    if name in _LANDSCAPES:
        return _LANDSCAPES[name]
    raise missing("toylands.landscapes", name, _LANDSCAPES, "landscape")


def __dir__() -> list[str]:
    return sorted([*__all__, *_LANDSCAPES])
