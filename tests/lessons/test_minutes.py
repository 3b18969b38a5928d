"""The minutes that a lesson states are those it takes: reading, playing, predicting, answering.

A student alone reads 200 words of prose a minute, plays two minutes with an explorer, answers an
exercise in four, and thinks twenty seconds before a picture. Code is run, not read. Folded answers
are read; the teacher's box and what is folded as "Further" are not.
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "lessons").glob("[0-9]*.ipynb"))
NAMES = [path.stem for path in LESSONS]

ASIDE = "For teachers|Further"
WORDS_A_MINUTE, AN_EXPLORER, AN_EXERCISE, A_PREDICTION = 200, 2, 4, 1 / 3


def minutes_needed(prose: str, code: str) -> float:
    """How long a student needs, by the model above; `prose` and `code` are all cells, joined."""
    read = re.sub(rf"(?s)<details>\s*<summary>(?:{ASIDE}).*?</details>", "", prose)
    read = re.sub(r"(?s)\$\$.*?\$\$|\$[^$]*\$", " formula ", read)
    words = re.findall(r"[^\W_][\w.'’-]*", read)
    # An explorer that is set to an exercise is part of answering it.
    explorers = len(re.findall(r"tl\.explore\((?!given\.)", code))
    return (
        len(words) / WORDS_A_MINUTE
        + AN_EXPLORER * explorers
        + AN_EXERCISE * len(re.findall(r'\bcheck\("\d', code))
        + A_PREDICTION * read.count("**Predict first.**")
    )


def texts(path: Path) -> tuple[str, str]:
    book = nbformat.read(path, as_version=4)
    prose = [cell.source for cell in book.cells if cell.cell_type == "markdown"]
    code = [cell.source for cell in book.cells if cell.cell_type == "code"]
    return "\n".join(prose), "\n".join(code)


def stated(prose: str) -> int:
    found = re.search(r"\*\*About (\d+) minutes\.\*\*", prose)
    assert found
    return int(found.group(1))


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_the_minutes_are_those_it_takes(path: Path) -> None:
    prose, code = texts(path)
    assert stated(prose) % 5 == 0
    assert abs(stated(prose) - minutes_needed(prose, code)) < 3
    longest = 50 if path.stem[:2] in ("13", "14") else 45
    assert stated(prose) in ((10,) if path is LESSONS[0] else range(15, longest + 1))


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_the_teachers_timing_adds_up(path: Path) -> None:
    prose, _ = texts(path)
    timing = re.search(r"(?s)\*\*Timing:\*\*(.*?)(?=To shorten|alone)", prose)
    assert timing
    parts = re.findall(r"(?:: |exercises )(\d+)|^ (\d+) minutes", timing.group(1))
    assert abs(sum(int(first or second) for first, second in parts) - stated(prose)) <= 1


def test_the_readme_states_the_same_minutes() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| (\d+)\. [^|]+\| (\d+) \|", readme)
    assert rows == [(str(int(path.stem[:2])), str(stated(texts(path)[0]))) for path in LESSONS]


def test_the_model_counts_what_there_is() -> None:
    aside = "<details>\n<summary>For teachers</summary>\n" + "two " * 400 + "</details> "
    prose = "one " * 400 + aside + "**Predict first.** $a + b$"
    code = 'tl.explore(land)\ntl.explore(given.land)\ncheck("1.1", ...)'
    assert minutes_needed(prose, code) == pytest.approx(403 / 200 + 2 + 4 + 1 / 3)
    assert minutes_needed("", "") == 0
