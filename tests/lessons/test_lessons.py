"""Every lesson runs in a real kernel, as a student gets it and solved; what it says is true.

A lesson NN has its facts in `factsNN.py` beside this file: SAYS, functions that compute a fact by
another route and return the words with which the text says it, and SHOWS, the same for what the
cells print. A decimal number in the text is either a number of the code, or part of such words.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from toylands.classroom.exercises import all_exercises

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "lessons").glob("[0-9]*.ipynb"))
NAMES = [path.stem for path in LESSONS]
ANSWERS = ROOT / "tests" / "classroom"
BLANK = re.compile(r'check\("(\d+\.\d+)", \.\.\.\)')
DECIMAL = re.compile(r"(?<![\w.])\d+\.\d+(?!\w|\.\d)")


@dataclass
class Ran:
    """What came of running a lesson: per pass the outputs of every cell, and the widgets' state."""

    passes: dict[str, list[Any]] = field(default_factory=dict)
    widgets: dict[str, Any] = field(default_factory=dict)


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def cells(path: Path, kind: str) -> list[Any]:
    return [cell for cell in read(path).cells if cell.cell_type == kind]


def solved(source: str) -> str:
    """The cell with the student's name and the solutions put in."""
    named = source.replace('me("...")', 'me("Ada")')
    return BLANK.sub(r'check("\1", __import__("solutions").SOLUTIONS["\1"](given))', named)


def run(notebook: Any, folder: Path, changes: dict[str, Callable[[str], str]]) -> Ran:
    """Run a notebook in one kernel, once per change; from the second on only the changed parts.

    A student, too, types a name and answers and runs these cells again, not everything.
    """
    ran = Ran()
    surroundings = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"}
    surroundings |= {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ANSWERS)]),
        "JUPYTER_PREFER_ENV_PATH": "1",  # a stray kernel of the user's must not shadow ours
        "IPYTHONDIR": str(folder / "ipython"),
    }
    client = NotebookClient(
        notebook,
        timeout=120,  # per cell, on a busy machine
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=True,
        allow_errors=True,
    )
    originals = [cell.source for cell in notebook.cells]
    with client.setup_kernel(env=surroundings):
        for name, change in changes.items():
            for index, cell in enumerate(notebook.cells):
                cell.source = change(originals[index])
                again = not ran.passes or re.search(r"\b(me|task|check)\(|\bgiven\b", cell.source)
                if cell.cell_type == "code" and again:
                    client.execute_cell(cell, index)
            ran.passes[name] = [list(cell.get("outputs", [])) for cell in notebook.cells]
        client.set_widgets_metadata()
    for kind in notebook.metadata.get("widgets", {}).values():
        ran.widgets.update(kind["state"])
    return ran


def text_of(output: Any) -> str:
    return str(output.get("text", "") or output.get("data", {}).get("text/plain", ""))


def errors(outputs: Any) -> list[str]:
    """Every error anywhere inside, also in the state of a widget, where runners do not look."""
    found = []
    if isinstance(outputs, dict):
        if outputs.get("output_type") == "error":
            found.append(f"{outputs.get('ename')}: {outputs.get('evalue')}")
        said = outputs.get("error")
        if isinstance(said, str) and said:  # what the explorer could not do
            found.append(said)
        outputs = list(outputs.values())
    if isinstance(outputs, list | tuple):
        for part in outputs:
            found += errors(part)
    return found


# --- run in a kernel ------------------------------------------------------------------------------


# The whole run of every lesson takes minutes; those of the first two are part of every test run.
WHOLE_RUNS = [
    pytest.param(path, id=path.stem, marks=[] if path in LESSONS[:2] else [pytest.mark.course])
    for path in LESSONS
]


@pytest.mark.slow
@pytest.mark.parametrize("path", WHOLE_RUNS)
def test_a_lesson_in_a_kernel(path: Path, tmp_path: Path) -> None:
    """One test a lesson, so that it runs once, however the tests are spread over processes."""
    ran = run(read(path), tmp_path, {"blank": lambda source: source, "solved": solved})
    runs_without_an_error(ran)
    no_callback_of_a_widget_failed(path, ran)
    blanks_are_told_and_solutions_are_right(path, ran)
    the_numbers_on_the_screen_are_true(path, ran)


def runs_without_an_error(ran: Ran) -> None:
    for outputs in ran.passes.values():
        assert not errors(outputs)
        noise = [o["text"] for cell in outputs for o in cell if o.get("name") == "stderr"]
        assert not noise


def no_callback_of_a_widget_failed(path: Path, ran: Ran) -> None:
    explorers = sum(cell.source.count("tl.explore(") for cell in cells(path, "code"))
    models = [state["model_name"] for state in ran.widgets.values()]
    assert models.count("AnyModel") >= explorers
    assert not errors(ran.widgets)


def checks(outputs: list[Any]) -> list[str]:
    said = [text_of(output) for cell in outputs for output in cell]
    return [text for text in said if re.match(r"[✓✗] Exercise", text)]


def blanks_are_told_and_solutions_are_right(path: Path, ran: Ran) -> None:
    numbers = BLANK.findall("\n".join(cell.source for cell in cells(path, "code")))
    blank, right = checks(ran.passes["blank"]), checks(ran.passes["solved"])
    assert len(blank) == len(right) == len(numbers)
    for number, before, after in zip(numbers, blank, right, strict=True):
        assert before.startswith(f"✗ Exercise {number}: not yet: there is no answer")
        assert after.startswith(f"✓ Exercise {number} (Ada): right")


def the_numbers_on_the_screen_are_true(path: Path, ran: Ran) -> None:
    screen = flat("\n".join(text_of(o) for cell in ran.passes["blank"] for o in cell))
    for words in told(path, "SHOWS"):
        assert flat(words) in screen


@pytest.mark.slow
def test_planted_errors_are_found(tmp_path: Path) -> None:
    planted = nbformat.v4.new_notebook()
    planted.cells = [
        nbformat.v4.new_code_cell("import ipywidgets\nout = ipywidgets.Output()\nout"),
        nbformat.v4.new_code_cell("with out:\n    1 / 0"),
        nbformat.v4.new_code_cell(
            "import toylands as tl\n"
            "explorer = tl.explore('parabola', tl.gd(0.1))\n"
            "explorer.error = \"no parameter 'q'\""  # as after a message of the page
        ),
    ]
    ran = run(planted, tmp_path, {"blank": lambda source: source})
    assert not errors(ran.passes["blank"]), "the runner sees nothing"
    found = " ".join(errors(ran.widgets))
    assert "ZeroDivisionError" in found
    assert "no parameter 'q'" in found


# --- what the text says ---------------------------------------------------------------------------


def flat(text: str) -> str:
    return " ".join(text.split())


def facts(path: Path) -> Any:
    name = f"facts{path.stem[:2]}.py"
    assert Path(__file__).with_name(name).exists(), f"{path.stem} needs its facts in {name}"
    return importlib.import_module(f"facts{path.stem[:2]}")


def told(path: Path, kind: str) -> Iterator[str]:
    """Compute the facts of a lesson and yield the words that tell them."""
    for fact in getattr(facts(path), kind):
        words = fact()
        yield from [words] if isinstance(words, str) else words


def untrue(prose: str, code: str, facts: list[str]) -> list[str]:
    """Words of facts that the text does not say, and decimals of the text that nothing accounts for."""
    missing = [words for words in facts if flat(words) not in flat(prose)]
    accounted = {number for text in (code, *facts) for number in DECIMAL.findall(text)}
    return missing + sorted(set(DECIMAL.findall(prose)) - accounted)


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_the_numbers_in_the_text_are_true(path: Path) -> None:
    prose = "\n".join(cell.source for cell in cells(path, "markdown"))
    code = "\n".join(cell.source for cell in cells(path, "code"))
    assert not untrue(prose, code, list(told(path, "SAYS")))


def test_planted_untruths_are_found() -> None:
    prose = "With the rate 0.1 the limit of $2/\\lambda$\nis 0.238."
    assert not untrue(prose, "gd(0.1)", ["is 0.238"])
    assert untrue(prose, "gd(0.1)", []) == ["0.238"]
    assert untrue(prose, "", ["is 0.238"]) == ["0.1"]
    assert untrue(prose, "gd(0.1)", ["is 0.239"]) == ["is 0.239", "0.238"]


# --- how a lesson is made -------------------------------------------------------------------------


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_a_notebook_is_clean(path: Path) -> None:
    notebook = read(path)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata == {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    assert [cell.id for cell in notebook.cells] == [
        f"cell-{n}" for n in range(1, len(notebook.cells) + 1)
    ]
    for cell in notebook.cells:
        assert not cell.metadata
        assert cell.cell_type in ("markdown", "code")
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_a_lesson_begins_and_ends_as_all_do(path: Path) -> None:
    text, code = cells(path, "markdown"), cells(path, "code")
    first = text[0].source
    assert re.match(r"# ", first)
    assert re.search(r"\*\*About \d+ minutes\.\*\*", first)
    assert 3 <= len(re.findall(r"(?m)^- ", first.split("<details>")[0])) <= 5
    assert "<summary>For teachers</summary>" in first
    assert "import toylands as tl" in code[0].source
    assert code[0].source.endswith('me("...")')
    for cell in code[1:]:
        assert not re.search(r"(?m)^(import|from) ", cell.source), "one import cell"
    prose = "\n".join(cell.source for cell in text)
    for part in ("**Predict first.**", "**Careful.**", "## Recap", "## What to try next"):
        assert part in prose


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_a_lesson_keeps_the_voice(path: Path) -> None:
    prose = "\n".join(cell.source for cell in cells(path, "markdown"))
    words = re.sub(r"\$[^$]*\$|`[^`]*`", "", prose)  # without formulas and code
    assert "!" not in words
    assert "—" not in words
    assert not re.search(r"(?i)\b(behavior|color|neighbor|optimiser|minimise|maximise)", words)


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_every_exercise_is_asked_and_checked_in_order(path: Path) -> None:
    chapter = str(int(path.stem[:2]))
    mine = [number for number in all_exercises() if number.split(".")[0] == chapter]
    code = "\n".join(cell.source for cell in cells(path, "code"))
    assert re.findall(r'task\("([\d.]+)"\)', code) == mine
    assert BLANK.findall(code) == mine
    assert 1 <= len(mine) <= 4


def test_there_are_lessons() -> None:
    assert [name[:2] for name in NAMES] == [f"{n:02d}" for n in range(len(NAMES))]
    assert len(NAMES) >= 3


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_no_cell_is_a_wall_of_code(path: Path) -> None:
    for cell in cells(path, "code")[1:]:  # the first one holds the imports
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) <= 11, cell.source


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_markdown_takes_no_number_for_a_list(path: Path) -> None:
    """A paragraph that begins with '50. ' would be shown as the fiftieth point of a list."""
    for cell in cells(path, "markdown"):
        numbers = [int(n) for n in re.findall(r"(?m)^(\d+)\. ", cell.source)]
        assert numbers == list(range(1, len(numbers) + 1)), cell.source


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_every_answer_is_folded(path: Path) -> None:
    """Below the picture that follows a question, its answer waits in a box that the student opens."""
    book = read(path).cells
    asked = False  # whether an answer is due
    for number, cell in enumerate(book):
        if cell.cell_type != "markdown":
            continue
        head = f"{path.stem}, {cell.id}"
        for part in re.split(r"(\*\*Predict first\.\*\*|<details>\n<summary>[^<]*)", cell.source):
            if part == "**Predict first.**":
                assert not asked, f"{head}: the question before this one has no folded answer"
                asked, code = True, number
            elif re.match(r"<details>\n<summary>(Compare|After you have played)", part):
                assert number > code, f"{head}: the answer stands in the cell of its question"
                played = any("tl.explore(" in c.source for c in book[code:number])
                assert played or "After" not in part, f"{head}: nothing was played"
                asked = False
    assert not asked, f"{path.stem}: the last question has no folded answer"


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_the_answer_to_a_question_is_not_on_the_screen(path: Path) -> None:
    """After 'predict first ... play', an explorer or a comparison shows only the start."""
    book = read(path).cells
    for before, cell in pairwise(book):
        played = re.search(r"tl\.(explore|explore_slice|compare)\(", cell.source)
        if played and re.search(r"(?i)\bplay\b", before.source):
            assert "wait=True" in cell.source
