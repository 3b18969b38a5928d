"""Nothing leads to a lesson that is not there: no text, no table, no menu."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import toylands as tl
from toylands import _course
from toylands._course import lesson_folder, lesson_numbers, there
from toylands.widgets import presets

ROOT = Path(__file__).parents[1]
#: "lesson 3", "lessons 0 to 5", "lessons 2 and 4"; and a notebook's name, such as 03_ravines
NUMBERED = re.compile(r"(?i)\blessons? (\d+)(?:(?: to |, | and |-)(\d+))?\b")
NAMED = re.compile(r"\b\d\d_[a-z]\w+\b")


def texts() -> dict[str, str]:
    """What a reader reads, by where it stands: notebooks, the package's texts, the documents."""
    found = {}
    for path in sorted((ROOT / "lessons").glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        found[path.name] = "\n".join("".join(cell["source"]) for cell in cells)
    for path in (*(ROOT / "toylands").rglob("*.py"), *(ROOT / "toylands").rglob("*.js")):
        found[path.relative_to(ROOT).as_posix()] = path.read_text("utf-8")
    return found | {name: (ROOT / name).read_text("utf-8") for name in ("README.md",)}


def leads_nowhere(text: str, numbers: set[int], names: set[str]) -> list[str]:
    """The references in a text to lessons that are not among these."""
    wrong = [
        match.group()
        for match in NUMBERED.finditer(text)
        if any(int(number) not in numbers for number in match.groups() if number)
    ]
    return wrong + [name for name in NAMED.findall(text) if name not in names]


NOTEBOOKS = {path.stem for path in (ROOT / "lessons").glob("[0-9][0-9]_*.ipynb")}
NUMBERS = {int(name[:2]) for name in NOTEBOOKS}


def test_the_lessons_are_those_of_the_folder() -> None:
    assert lesson_folder() == ROOT / "lessons"
    assert lesson_numbers() == tuple(sorted(NUMBERS))
    assert 0 in NUMBERS


def test_no_text_leads_to_a_lesson_that_is_not_there() -> None:
    wrong = {place: leads_nowhere(text, NUMBERS, NOTEBOOKS) for place, text in texts().items()}
    assert {place: found for place, found in wrong.items() if found} == {}


def test_a_planted_reference_is_found() -> None:
    text = "See lesson 1, Lesson 77, lessons 0 to 78, **01_bowls** and 79_beyond; a lesson."
    assert leads_nowhere(text, {0, 1}, {"01_bowls"}) == [
        "Lesson 77",
        "lessons 0 to 78",
        "79_beyond",
    ]


def test_tables_and_menus_name_lessons_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A landscape may be meant for a lesson that is still to come: it is said when the lesson is there."""
    for some in ((0, 1, 4), lesson_numbers()):
        monkeypatch.setattr(_course, "lesson_numbers", lambda some=some: some)
        offered = presets.catalog({}, {})
        listed = tl.catalogue()
        assert {n for land in offered["landscapes"].values() for n in land["lessons"]} <= {*some}
        assert {n for row in listed._rows() for n in row[2].split(", ") if n} <= {*map(str, some)}
        assert any(row[2] == "4" for row in listed._rows())
    assert there((4, 77)) == [4]
    assert {preset["lesson"] for preset in offered["presets"]} <= NUMBERS


def test_a_lesson_that_is_not_there_is_refused_with_those_that_are() -> None:
    assert tl.catalogue(lesson=4).names
    with pytest.raises(ValueError, match=r"there is no lesson 77; the lessons are 0, 1, 2"):
        tl.catalogue(lesson=77)
