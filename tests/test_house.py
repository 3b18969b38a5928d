"""The house is tidy: what lies where, how long files are, what they never say; the README runs."""

from __future__ import annotations

import doctest
import re
import subprocess
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

ROOT = Path(__file__).parents[1]
TOP_LEVEL = {
    "pyproject.toml", "README.md", "LICENSE", "CONTRIBUTING.md",
    "toylands", "lessons", "tests", "assets",
}  # fmt: skip
LONGEST = 500
LONG_ON_PURPOSE: dict[str, str] = {}  # path: the reason why it may be longer

# Each pattern is written so that it does not match itself.
NEVER = {
    "a path of one machine": r"(?<![\w.~)\]}-])/(?:work|tmp|home|root|opt|mnt|srv|Users)/",
    "a package registry's address": (
        r"\b(?:pypi|pythonhosted|npmjs|anaconda|conda|crates|debian|ubuntu)\.(?:org|com|io|net)\b"
    ),
    "a setting of one machine's installer": r"(?i)index[-_]url\b|find[-_]links",
    "a working paper": r"\b(?:MODELS|DESIGN|STYLE|SPEC|WIDGETS|CLASSROOM)\.md\b|\.\./shared\b",
    "the tag of a working paper": r"\bM[0-7]\d\b(?![ ,.-]*\d)",  # a path in SVG may begin "M11 4"
    "who wrote it": r"(?i)\bsub[-_ ]?agents?\b",
    "an issue number": r"(?i)\b(?:issue|pull request|PR) *#\d",
    "unfinished work": r"\b(?:TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b",
    "a merge conflict": r"(?m)^(?:<{7}|>{7}) ",
}
BINARY = {".png", ".gif", ".ico", ".webp", ".mp4", ".npz", ".woff2"}


def files() -> list[Path]:
    """Return every file that git tracks or would track."""
    command = [
        "git",
        "-C",
        str(ROOT),
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs git and a checkout: the house rules are about what is committed")
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def offences(text: str) -> list[str]:
    """Return what a text says that is never to be written here, with the line."""
    return [
        f"line {text.count(chr(10), 0, match.start()) + 1}: {what}: {match.group()!r}"
        for what, pattern in NEVER.items()
        for match in re.finditer(pattern, text)
    ]


def test_only_these_lie_at_the_top() -> None:
    top = {path.relative_to(ROOT).parts[0] for path in files()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL
    assert {"pyproject.toml", "README.md", "LICENSE", "CONTRIBUTING.md", "toylands"} <= top


def test_no_file_is_too_long() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in files()
        if path.suffix in {".py", ".js", ".mjs", ".css", ".c"}
    }
    assert lengths
    long = {name: length for name, length in lengths.items() if length > LONGEST}
    assert set(long) == set(LONG_ON_PURPOSE), "find the natural joint, or give the reason"


def test_nothing_is_written_that_should_not_be() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): wrong
        for path in files()
        if path.suffix not in BINARY and (wrong := offences(path.read_text(encoding="utf-8")))
    }
    assert not found


@pytest.mark.parametrize(
    "text",
    [
        "see /" + "work/main for it",
        "open('/" + "tmp/x.png')",
        "curl https://files.python" + "hosted.org/simple",
        "pip install --index" + "-url there",
        "(M" + "05)",
        "as DESIGN" + ".md says",
        "written by a sub" + "agent",
        "see issue " + "#12",
        "# TO" + "DO later",
        "ours\n<<<<<<" + "< HEAD\n",
    ],
)
def test_planted_offences_are_found(text: str) -> None:
    assert len(offences(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "moving/play/tmp are words",
        "the colour #0072B2",
        '<path d="M11 4v16"/>',
        "https://www.python.org/ and tests/home/x",
        "/usr/bin/chromium",
        "tmp_path / 'race.png'",
    ],
)
def test_harmless_text_is_no_offence(text: str) -> None:
    assert not offences(text)


def blocks(text: str, language: str) -> list[tuple[int, str, str]]:
    """Return the fenced blocks of one language: line, the rest of the fence, code."""
    fence = re.compile(rf"^```{language}\b[ \t]*([^\n]*)\n(.*?)^```$", re.M | re.S)
    return [
        (text.count("\n", 0, match.start(2)), match.group(1), match.group(2))
        for match in fence.finditer(text)
    ]


DOCUMENTS = {
    name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")
}
PYTHON = [
    pytest.param(name, line, code, id=f"{name}:{line}")
    for name, text in DOCUMENTS.items()
    for line, rest, code in blocks(text, "python")
    if "no-run" not in rest
]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # the documents write pictures
    return tmp_path


@pytest.mark.parametrize(("name", "line", "code"), PYTHON)
@pytest.mark.usefixtures("elsewhere")
def test_the_code_in_the_documents_runs(name: str, line: int, code: str) -> None:
    try:
        exec(compile("\n" * line + code, name, "exec"), {"__name__": "__document__"})
    finally:
        plt.close("all")


@pytest.mark.usefixtures("elsewhere")
def test_the_session_in_the_readme_is_true() -> None:
    """What the README shows in a Python prompt is what the prompt shows."""
    sessions = blocks(DOCUMENTS["README.md"], "pycon")
    assert sessions
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner, parser, names = doctest.DocTestRunner(optionflags=options), doctest.DocTestParser(), {}
    for line, _, code in sessions:
        test = parser.get_doctest(code, names, "README.md", str(ROOT / "README.md"), line)
        runner.run(test, clear_globs=False)
        names = test.globs
    plt.close("all")
    result = runner.summarize(verbose=False)
    assert result.attempted > 5
    assert result.failed == 0


def test_what_the_readme_links_to_exists() -> None:
    for name, text in DOCUMENTS.items():
        targets = re.findall(r"\]\(([^)#\s]+)\)", text)
        missing = [t for t in targets if "://" not in t and not (ROOT / t).exists()]
        assert not missing, f"{name} links to {missing}"


def test_the_blocks_of_a_document_are_found() -> None:
    text = "a\n```python\nx = 1\n```\n```python no-run\ny\n```\n```bash\nz\n```\n"
    assert blocks(text, "python") == [(2, "", "x = 1\n"), (5, "no-run", "y\n")]
