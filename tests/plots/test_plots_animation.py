"""Films: frames, durations, colours, clocks, citation, progress, moving landscapes, ffmpeg."""

from __future__ import annotations

import os
import stat
import sys
import textwrap
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

import toylands as tl
from toylands.plots import animate, style
from toylands.plots.animation import _Film

L = tl.landscapes


def frames(path: Path) -> tuple[list[np.ndarray], list[int]]:
    """Return the pictures of a GIF and their durations in milliseconds."""
    with Image.open(path) as film:
        pictures, durations = [], []
        for n in range(film.n_frames):
            film.seek(n)
            pictures.append(np.asarray(film.convert("RGB")))
            durations.append(int(film.info["duration"]))
        assert film.info.get("loop") == 0
    return pictures, durations


@pytest.fixture(scope="module")
def short() -> Any:
    """Return a race of ten steps, one of whose runs diverges."""
    opts = [tl.gd(0.001), tl.adam(0.1), tl.gd(0.02)]
    runs = tl.race(L.rosenbrock, opts, steps=10)
    assert [run.status.kind for run in runs] == ["running", "running", "diverged"]
    return runs


def film_of(runs: Any, clock: str = "steps", view: Any = None) -> Any:
    """Return the film itself, to look at its artists."""
    return style.picture(_Film)(list(runs), clock, view, None, None, None, True, None, None, 60)


def test_one_frame_for_each_step(short: Any, tmp_path: Path) -> None:
    path = animate(short, tmp_path / "race.gif", dpi=50)
    assert path == tmp_path / "race.gif"
    pictures, durations = frames(path)
    assert len(pictures) == 11
    height, width, _ = pictures[0].shape
    assert width % 2 == height % 2 == 0
    assert 250 < width < 700
    assert not np.array_equal(pictures[0], pictures[-1])
    # 30 frames a second cannot be told in hundredths: the sum is right, and the last frame stays.
    assert set(durations[:-1]) <= {30, 40}
    assert sum(durations[:-1]) == pytest.approx(10 * 1000 / 30, abs=10)
    assert durations[-1] >= 1500


@pytest.mark.parametrize(("fps", "seconds", "count"), [(10, 1.0, 10), (20, 0.5, 10), (50, 0.2, 10)])
def test_speed_and_length(
    short: Any, tmp_path: Path, fps: float, seconds: float, count: int
) -> None:
    path = animate(short, tmp_path / "race.gif", dpi=40, fps=fps, seconds=seconds)
    pictures, durations = frames(path)
    assert sum(durations) == pytest.approx(1000 * seconds + 1500, abs=15)
    assert len(pictures) <= count  # equal neighbours are merged into one longer frame


def test_long_runs_are_sampled(tmp_path: Path) -> None:
    run = tl.descend(L.rosenbrock, tl.gd(0.001), steps=1000)
    seen: list[tuple[int, int]] = []
    animate(run, tmp_path / "a.gif", dpi=30, fps=5, progress=lambda n, of: seen.append((n, of)))
    assert seen[-1] == (40, 40)  # eight seconds
    assert seen == [(n, 40) for n in range(1, 41)]


def test_colors_of_trails_survive_the_file(short: Any, tmp_path: Path) -> None:
    pictures, _ = frames(animate(short, tmp_path / "race.gif", dpi=80))
    last = {tuple(pixel) for pixel in pictures[-1].reshape(-1, 3)}
    for color in (*(s.color for s in style.styles([r.optimizer for r in short])), "#FFFFFF"):
        assert tuple(int(color[i : i + 2], 16) for i in (1, 3, 5)) in last
    assert tuple(pictures[0][1, 1]) == (255, 255, 255)


def test_the_colors_of_the_terrain_survive_the_file(short: Any, tmp_path: Path) -> None:
    pictures, _ = frames(animate(short, tmp_path / "race.gif", dpi=60))
    film = film_of(short)
    for exact, kept in zip(film.images(np.linspace(0, film.length, 11)), pictures, strict=True):
        error = np.abs(exact.astype(int) - kept)
        assert error.mean() < 1.5
        assert (error.max(axis=2) > 24).mean() < 0.002


def test_nothing_flickers(short: Any, tmp_path: Path) -> None:
    """A pixel that never changes in the film must not change in the file."""
    pictures, _ = frames(animate(short, tmp_path / "race.gif", dpi=60))
    film = film_of(short)
    exact = list(film.images(np.linspace(0, film.length, 11)))
    still = (np.stack(exact) == exact[0]).all(axis=(0, 3))
    assert still.mean() > 0.5
    for picture in pictures[1:]:
        assert np.array_equal(picture[still], pictures[0][still])


def test_trails_grow_step_by_step(short: Any) -> None:
    film = film_of(short)
    walker = film.walkers[0]
    for step in (0, 3, 10):
        list(film.images(np.array([float(step)])))
        for line in walker.lines:
            assert np.column_stack(line.get_data()) == pytest.approx(short[0].path[: step + 1])
        assert np.ravel(walker.head.get_data()) == pytest.approx(short[0].path[step])
        assert walker.head.get_visible() is (step < 10)
        assert walker.end.get_visible() is (step == 10)
        assert film.counter.get_text() == f"step {step}"


def test_the_arrow_appears_when_the_run_leaves(short: Any) -> None:
    film = film_of(short)
    leaving = film.walkers[2]
    assert leaving.end is None
    list(film.images(np.array([0.0])))
    assert not any(artist.get_visible() for artist in leaving.exits)
    list(film.images(np.array([10.0])))
    assert all(artist.get_visible() for artist in leaving.exits)
    assert leaving.exits[1].get_text() == f"diverged, step {short[2].status.step}"


def test_by_evaluations_sam_moves_half_as_fast() -> None:
    runs = tl.race(L.rosenbrock, [tl.gd(0.001), tl.sam(tl.gd(0.001), rho=0.01)], steps=10)
    film = film_of(runs, clock="evaluations")
    assert film.length == 20
    list(film.images(np.array([10.0])))
    plain, sam = (len(walker.lines[1].get_xdata()) - 1 for walker in film.walkers)
    assert (plain, sam) == (10, 5)
    assert film.counter.get_text() == "evaluation 10"


def test_thinned_runs_keep_the_clock() -> None:
    run = tl.descend(L.rosenbrock, tl.gd(0.001), steps=20, every=5)
    film = film_of([run])
    assert film.length == 20
    list(film.images(np.array([14.0])))
    assert len(film.walkers[0].lines[1].get_xdata()) == 3  # points at steps 0, 5 and 10


def test_an_average_appears_when_it_begins() -> None:
    from toylands.plots.trails import as_runs

    run = tl.descend(L.rosenbrock, tl.swa(tl.gd(0.001), start=6), steps=10)
    first = int(np.argmax(np.isfinite(run.average).all(axis=1)))
    film = film_of(as_runs(run))
    average = film.walkers[1]
    list(film.images(np.array([first - 1.0])))
    assert not average.lines[1].get_visible()
    list(film.images(np.array([first + 2.0])))
    assert average.lines[1].get_visible()
    assert len(average.lines[1].get_xdata()) == 3


def test_a_moving_landscape_moves() -> None:
    land = tl.landscape("(x - c)**2 + y**2", c=0, view=((-1, 4), (-2, 2)))
    centers = np.linspace(0, 3, 11)
    run = tl.descend(land, tl.gd(0.1), start=(0, 1), steps=10, time_varying={"c": centers})
    film = film_of([run])
    before = film.scenery.ground.edges
    pictures = list(film.images(np.array([0.0, 10.0])))
    assert film.counter.get_text() == "step 10, c = 3"
    assert not np.array_equal(*pictures)
    list(film.images(np.array([5.0])))
    assert film.counter.get_text() == "step 5, c = 1.5"
    # The terrain is that of step 5, with the levels that all steps share.
    (shown,) = [c for c in film.axes.collections if c.get_gid() == "terrain"]
    assert shown.levels == pytest.approx(before)
    lowest = next(path for path in shown.get_paths() if len(path.vertices))
    assert lowest.vertices.mean(axis=0) == pytest.approx([1.5, 0.0], abs=0.1)
    assert before[0] == pytest.approx(0, abs=1e-3)
    assert before[-1] == pytest.approx(4**2 + 2**2)  # seen from c = 3 or c = 0: at most 4 away


def test_a_moving_curve_keeps_its_frame() -> None:
    land = tl.landscape("(x - c)**2", c=0, view=((-1, 4),))
    run = tl.descend(land, tl.gd(0.1), start=0, steps=4, time_varying={"c": [0, 1, 2, 3, 3]})
    film = film_of([run])
    list(film.images(np.array([0.0])))
    frame = film.axes.get_ylim()
    list(film.images(np.array([4.0])))
    assert film.axes.get_ylim() == frame
    (curve,) = [line for line in film.axes.lines if line.get_gid() == "terrain"]
    x, z = curve.get_data()
    assert z == pytest.approx((x - 3) ** 2)


def test_one_clock_cannot_show_different_costs_on_a_moving_landscape(tmp_path: Path) -> None:
    land = tl.landscape("(x - c)**2 + y**2", c=0)
    opts = [tl.gd(0.1), tl.sam(tl.gd(0.1), rho=0.01)]
    runs = tl.race(land, opts, start=(0, 1), steps=4, time_varying={"c": [0, 1, 2, 3]})
    with pytest.raises(ValueError, match=r"moves from step to step.*use clock='steps'"):
        animate(runs, tmp_path / "a.gif", clock="evaluations")


def test_runs_of_one_coordinate_are_filmed(tmp_path: Path) -> None:
    run = tl.descend(L.double_well_1d, tl.gd(0.01), steps=3)
    pictures, _ = frames(animate(run, tmp_path / "a.gif", dpi=40))
    assert len(pictures) == 4


def test_a_swarm_is_filmed(tmp_path: Path) -> None:
    starts = np.random.default_rng(0).uniform(-1, 1, (20, 2))
    swarm = tl.descend(L.himmelblau, tl.gd(0.01), start=starts, steps=3)
    pictures, _ = frames(animate(swarm, tmp_path / "a.gif", dpi=40))
    assert len(pictures) == 4


def test_the_citation(short: Any) -> None:
    film = film_of(short)
    text = film.figure._supxlabel.get_text()
    assert text == f"toylands, exact gradients. Landscape: rosenbrock, {L.rosenbrock.source}"
    own = style.picture(_Film)(list(short), "steps", None, None, None, None, True, None, "Mine", 60)
    assert own.figure._supxlabel.get_text() == "Mine"


def test_progress_is_reported_only_when_it_takes_long(
    short: Any, tmp_path: Path, capsys: Any, monkeypatch: Any
) -> None:
    animate(short, tmp_path / "a.gif", dpi=30)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("toylands.plots.animation._PATIENCE", 0.0)
    animate(short, tmp_path / "a.gif", dpi=30)
    assert capsys.readouterr().err == "a.gif: frame 11 of 11\n"  # a file keeps every line
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    animate(short, tmp_path / "a.gif", dpi=30)
    told = capsys.readouterr().err
    assert told.startswith("\ra.gif: frame 1 of 11\r")
    assert told.endswith("\ra.gif: frame 11 of 11\n")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("race.png", {}, r"expected a name that ends in \.gif or \.mp4"),
        ("race", {}, r"Did you mean 'race\.gif'\?"),
        ("race.giff", {}, r"Did you mean '\.gif'\?"),
        ("race.gif", {"fps": 0}, r"fps=0: expected a number above zero"),
        ("race.gif", {"fps": 60}, r"use fps=50 or less, or write an \.mp4"),
        ("race.gif", {"seconds": -1}, r"seconds=-1: expected a number above zero"),
        ("race.gif", {"clock": "step"}, r"Did you mean 'steps'\?"),
        ("missing/race.gif", {}, r"there is no folder"),
    ],
)
def test_errors(
    short: Any, tmp_path: Path, name: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        animate(short, tmp_path / name, **options)
    assert list(tmp_path.iterdir()) == []


# -------------------------------------------------------------------------------------- MP4


def test_without_ffmpeg_an_mp4_is_refused_and_the_gif_named(short: Any, tmp_path: Path) -> None:
    with (
        mpl.rc_context({"animation.ffmpeg_path": "no-such-program"}),
        pytest.raises(
            RuntimeError, match=r"ffmpeg, which was not found. Write 'race\.gif' instead"
        ),
    ):
        animate(short, tmp_path / "race.mp4")
    assert list(tmp_path.iterdir()) == []


def stand_in(folder: Path, body: str) -> str:
    """Write a program that takes the place of ffmpeg and return its path."""
    program = folder / "ffmpeg"
    program.write_text(f"#!{sys.executable}\n" + textwrap.dedent(body))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for ffmpeg is a script")
def test_ffmpeg_is_given_every_frame(short: Any, tmp_path: Path) -> None:
    program = stand_in(
        tmp_path,
        """
        import pathlib, sys
        pixels = sys.stdin.buffer.read()
        pathlib.Path(sys.argv[-1]).write_bytes(pixels)
        pathlib.Path(sys.argv[-1] + ".txt").write_text(" ".join(sys.argv[1:]))
        """,
    )
    target = tmp_path / "race.mp4"
    with mpl.rc_context({"animation.ffmpeg_path": program}):
        assert animate(short, target, fps=10, dpi=60) == target
    words = (tmp_path / "race.mp4.txt").read_text().split()
    width, height = map(int, words[words.index("-s") + 1].split("x"))
    assert width % 2 == height % 2 == 0
    assert words[words.index("-r") + 1] == "10"
    assert words[words.index("-pix_fmt") + 1] == "rgb24"
    assert "yuv420p" in words
    pixels = np.frombuffer(target.read_bytes(), dtype=np.uint8).reshape(-1, height, width, 3)
    assert len(pixels) == 11 + 15  # ten steps, then the last frame for one and a half seconds
    film = film_of(short)
    for n, image in enumerate(film.images(np.linspace(0, 10, 11))):
        assert np.array_equal(pixels[n], image)
    assert (pixels[10:] == pixels[10]).all()


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for ffmpeg is a script")
def test_a_failure_of_ffmpeg_is_told(short: Any, tmp_path: Path) -> None:
    program = stand_in(tmp_path, "import sys; sys.exit('unknown encoder libx264')")
    with (
        mpl.rc_context({"animation.ffmpeg_path": program}),
        pytest.raises(RuntimeError, match=r"unknown encoder libx264\. Write 'race\.gif' instead"),
    ):
        animate(short, tmp_path / "race.mp4", dpi=40)
