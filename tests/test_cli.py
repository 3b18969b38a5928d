"""The command line as a user types it: what it prints, what it writes, and how it says no."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import toylands as tl
from toylands.cli import LOWEST_RATE, RATES, TOL, WITH_LOOPS, main
from toylands.formula import caches, scalars

RUN = "import sys; from toylands.cli import main; sys.exit(main())"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(words) == 0
    return capsys.readouterr().out


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """One run of the demo in a process of its own: what it printed and where it wrote."""
    there = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-c", RUN, "demo", "--steps", "120"]
    done = subprocess.run(command, cwd=there, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    return done.stdout, there


def test_the_version_is_that_of_the_installed_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"toylands {version('toylands')}\n"


def test_the_demo_writes_a_picture_and_a_film(demo: tuple[str, Path]) -> None:
    _, there = demo
    assert {path.name for path in there.iterdir()} == {"race.png", "race.gif"}
    with Image.open(there / "race.png") as picture:
        assert picture.width > 600
        assert len(np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0)) > 50
    with Image.open(there / "race.gif") as film:
        frames = getattr(film, "n_frames", 1)
        assert frames > 10
        film.seek(0)
        first = np.asarray(film.convert("RGB")).copy()
        film.seek(frames - 1)
        assert (first != np.asarray(film.convert("RGB"))).any()


def test_the_demo_tells_of_four_optimizers(demo: tuple[str, Path]) -> None:
    printed, _ = demo
    for name in ("gd", "momentum", "nesterov", "adam"):
        assert f"\n{name}(lr=" in printed
    assert "race.png" in printed
    assert "race.gif" in printed


def test_gradient_descent_has_the_best_rate_of_theory(demo: tuple[str, Path]) -> None:
    """On a quadratic with curvatures 1 and kappa the best rate is 2/(1 + kappa) [Nesterov 2004]."""
    printed, _ = demo
    line = next(line for line in printed.splitlines() if line.startswith("gd(lr="))
    rate = float(line.split("=")[1].split(")")[0])
    best = 2 / (1 + tl.landscapes.ravine.parameters["kappa"])
    spacing = (10.0 / LOWEST_RATE) ** (1 / (RATES - 1))
    assert best / spacing <= rate <= best * spacing
    assert rate < 2 / tl.landscapes.ravine.parameters["kappa"]


def test_the_demo_takes_another_landscape_and_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a" / "b"
    printed = said(capsys, "demo", "--landscape", "rosenbrock", "--steps", "40", "--out", str(out))
    assert printed.startswith("rosenbrock(")
    assert {path.name for path in out.iterdir()} == {"race.png", "race.gif"}
    assert str(out / "race.gif") in printed
    assert f"{TOL:g}" in printed


def test_the_catalogue_lists_every_landscape(capsys: pytest.CaptureFixture[str]) -> None:
    first_words = {line.split()[0] for line in said(capsys, "catalogue").splitlines()}
    assert {land.name for land in tl.catalogue()} <= first_words


def test_the_catalogue_is_filtered(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "catalogue", "--tag", "ravine", "--dim", "1").splitlines()[1:]
    assert lines
    for line in lines:
        land = tl.landscapes.get(line.split()[0])
        assert "ravine" in land.tags
        assert land.dim == 1


def test_one_landscape_in_detail(capsys: pytest.CaptureFixture[str]) -> None:
    printed = said(capsys, "catalogue", "rosenbrock")
    assert "Rosenbrock 1960" in printed
    assert "minimum      (1, 1), loss 0" in printed
    assert "b (steepness of the valley's walls) = 100, from 1 to 1000" in printed


def test_every_landscape_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    for land in tl.catalogue():
        assert land.title in " ".join(said(capsys, "catalogue", land.name).split())


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["demo", "--landscape", "rosenbrok"], "Did you mean 'rosenbrock'?"),
        (["catalogue", "rosenbrok"], "Did you mean 'rosenbrock'?"),
        (["catalogue", "--tag", "ravines"], "Did you mean 'ravine'?"),
        (["catalogue", "--dim", "77"], "no landscape is like that"),
        (["bench", "--only", "swarms"], "Did you mean"),
    ],
)
def test_a_slip_is_answered_with_help(
    words: list[str], answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"toylands {words[0]}: ")
    assert answer in printed.err


@pytest.mark.parametrize("steps", ["0", "-3", "many", "1.5", "²"])
def test_a_number_of_steps_is_a_whole_number(
    steps: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["demo", f"--steps={steps}"])
    assert left.value.code == 2
    assert "expected a whole number from 1 on" in capsys.readouterr().err


def test_everything_that_is_kept_on_disk_is_compiled_by_warm() -> None:
    package = Path(str(tl.__file__)).parent
    decorated = {
        source.relative_to(package).parts[0]
        for source in package.rglob("*.py")
        if re.search(r"^@(loop|inline|stage)\(", source.read_text("utf-8"), re.MULTILINE)
    }
    assert decorated == set(WITH_LOOPS)
    # In a process of its own: what this one has compiled already it would not keep again.
    done = subprocess.run(
        [sys.executable, "-m", "toylands", "warm"], capture_output=True, text=True, check=True
    )
    place = caches.our_shelf().folder
    assert f"kept in\n    {place}\n" in done.stdout
    assert place is not None
    kept = {file.name.partition("-")[0] for file in place.iterdir()}
    named = {
        f"toylands.{'.'.join(source.relative_to(package).with_suffix('').parts)}.{name}"
        for source in package.rglob("*.py")
        for name in re.findall(
            r"^@(?:loop|inline|stage)\([^\n]*\)\ndef (\w+)", source.read_text("utf-8"), re.MULTILINE
        )
    }
    named |= {f"toylands.formula.scalars.{name}" for name in scalars.__all__}
    assert len(named) > 30
    assert named <= kept


def test_warming_stops_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would compile for nobody; the background of `toylands lab` must not."""
    monkeypatch.setattr(caches.our_shelf(), "_full", True)
    monkeypatch.setattr("toylands.cli.WITH_LOOPS", ("formula", "nothing of this name"))
    assert main(["warm"]) == 2


def test_what_an_explorer_needs_is_compiled_first() -> None:
    assert WITH_LOOPS[:2] == ("formula", "dynamics")


def test_ctrl_c_ends_a_command_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tl, "catalogue", interrupted)
    assert main(["catalogue"]) == 130
    assert capsys.readouterr().err == "\n"
