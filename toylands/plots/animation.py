"""Runs as a film: a GIF (always possible) or an MP4 (where ffmpeg is installed).

    tl.plots.animate(race, "race.gif")
    tl.plots.animate(race, "race.mp4", fps=60, clock="evaluations")

The film shows what `paths` shows, step by step, with the same colours, levels and legend, and a
line at the bottom that says where it comes from. All runs share one clock: steps, or gradient
evaluations, by which sam and extragradient move half as fast as gradient descent.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands._words import did_you_mean, one_of, show
from toylands.plots.contour import draw_critical, draw_terrain, figure_size
from toylands.plots.curves import CLOCKS
from toylands.plots.exits import Labels, draw_exit
from toylands.plots.style import Style, add_legend, picture, theme
from toylands.plots.terrain import Array, Terrain, choose_levels, shown_index, terrain
from toylands.plots.trails import (
    as_runs,
    converged,
    delay,
    draw_end,
    draw_line,
    draw_start,
    groups,
    label_of,
    names_for,
    same_landscape,
    start_handle,
    trail,
    trail_handle,
    window_of,
)
from toylands.plots.words import batches, heading, headline, held_equal, is_average, sig

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".gif", ".mp4")
# Browsers slow a GIF down whose frames are shorter than this.
_SHORTEST = 0.02
# Seconds for which the last frame of a film stays.
_HOLD = 1.5
# A film that takes longer than this to draw reports its progress, in seconds.
_PATIENCE = 2.0


@picture
def animate(
    trajectories: Any,
    file: str | Path,
    *,
    fps: float = 30,
    seconds: float | None = None,
    clock: str = "steps",
    view: Sequence[Sequence[float]] | None = None,
    levels: str | Sequence[float] | None = None,
    coordinates: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    legend: bool = True,
    title: str | None = None,
    citation: str | None = None,
    dpi: float = 100,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write runs as a film and return the path of the file.

    trajectories: a Trajectory, a Race, a Swarm or a sequence of trajectories on one landscape.
    file: a name that ends in .gif or .mp4. fps: frames per second (a GIF: at most 50).
    seconds: how long the runs take in the film; by default one frame per step, at most 8 seconds.
    clock: 'steps' or 'evaluations' (gradient evaluations): what passes equally fast for all runs.
    citation: the line at the bottom; by default toylands, what is exact, the landscape's source.
    progress: called with (frames done, all frames); by default a line on stderr if it takes long.
    The other arguments are those of `paths`.

    Raises ValueError for a wrong ending or number, RuntimeError for .mp4 without ffmpeg.
    """
    target = Path(file)
    kind = _check(target, fps, clock, seconds)
    runs = as_runs(trajectories)
    film = _Film(runs, clock, view, levels, coordinates, labels, legend, title, citation, dpi)
    frames = _count(film.length, fps, seconds)
    times = np.linspace(0.0, film.length, frames)
    report = progress if progress is not None else _reporter(target)
    images = _reported(film.images(times), frames, report)
    if kind == ".gif":
        _write_gif(target, images, film.last(), film.colors(), fps)
    else:
        _write_mp4(target, images, fps)
    return target


def _check(target: Path, fps: float, clock: str, seconds: float | None) -> str:
    kind = target.suffix.lower()
    if kind not in FORMATS:
        raise ValueError(
            f"file={show(str(target))}: expected a name that ends in .gif or .mp4."
            f"{did_you_mean(kind, FORMATS) or f' Did you mean {target.stem + FORMATS[0]!r}?'}"
        )
    if not (np.isfinite(fps) and fps > 0):
        raise ValueError(f"fps={fps!r}: expected a number above zero")
    if kind == ".gif" and fps > 1 / _SHORTEST:
        raise ValueError(
            f"fps={fps!r}: players slow down a GIF with more than {1 / _SHORTEST:.0f} frames per "
            "second; use fps=50 or less, or write an .mp4"
        )
    if clock not in CLOCKS:
        raise ValueError(
            f"clock={clock!r}: expected {one_of(CLOCKS)}.{did_you_mean(clock, CLOCKS)}"
        )
    if seconds is not None and not (np.isfinite(seconds) and seconds > 0):
        raise ValueError(f"seconds={seconds!r}: expected a number above zero")
    if not target.parent.is_dir():
        raise ValueError(f"file={show(str(target))}: there is no folder {str(target.parent)!r}")
    if kind == ".mp4":
        _ffmpeg(target)
    return kind


def _ffmpeg(target: Path) -> str:
    """Return the path of ffmpeg (matplotlib's setting animation.ffmpeg_path says which)."""
    import matplotlib

    found = shutil.which(matplotlib.rcParams["animation.ffmpeg_path"])
    if found is None:
        raise RuntimeError(
            f"cannot write {target.name}: an .mp4 needs the program ffmpeg, which was not found. "
            f"Write {target.with_suffix('.gif').name!r} instead, which needs nothing, or install "
            "ffmpeg."
        )
    return found


def _count(length: float, fps: float, seconds: float | None) -> int:
    """Return the number of frames: one per unit of the clock, or as many as the seconds hold."""
    if seconds is None:
        return int(min(length + 1, max(2, round(8 * fps))))
    return max(2, round(seconds * fps))


class _Film:
    """One figure, drawn once; for each frame only what moves is drawn again over it."""

    def __init__(
        self,
        runs: Sequence[Any],
        clock: str,
        view: Any,
        levels: Any,
        coordinates: Any,
        labels: Any,
        legend: bool,
        title: str | None,
        citation: str | None,
        dpi: float,
    ) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        land = same_landscape(runs)
        costs = [
            run.optimizer.evaluations_per_step if clock == "evaluations" else 1 for run in runs
        ]
        self.runs, self.clock = list(runs), clock
        self.longest = max(self.runs, key=lambda run: run.steps)
        if self.longest.time_varying and len(set(costs)) > 1:
            raise ValueError(
                f"clock='evaluations': {land.name} moves from step to step, and these runs need "
                "different numbers of evaluations for a step: use clock='steps'"
            )
        at = runs[0].end if land.dim > 2 else None
        index = shown_index(land, coordinates)
        window = window_of(runs, land, index) if view is None else view
        options = {"view": window, "levels": levels, "coordinates": coordinates, "at": at}
        ground = terrain(land, **options)
        # The film never goes through pyplot: it is written, not shown.
        self.figure: Figure = Figure(figsize=figure_size(ground), dpi=dpi, layout="compressed")
        self.canvas = FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_subplot()
        self.scenery = _Scenery(self.axes, self.longest, ground, options)
        notes = [ground.note(self.longest.time_varying), *held_equal(runs)]
        if clock == "evaluations":
            notes.append("the clock counts gradient evaluations")
        headline(self.axes, heading(land) if title is None else title, notes, True)
        self.entries = groups(runs)
        names, short = names_for(runs, labels), len(self.entries) > 8
        trails = [
            trail_handle(style, label_of(members, names, short), converged(members))
            for style, members in self.entries
        ]
        if legend:
            add_legend(self.axes, [*trails, start_handle(), *self.scenery.handles], True)
        self._cite(land, citation)
        self._even_pixels()
        units = {id(run): cost * run.every for run, cost in zip(runs, costs, strict=True)}
        self.beat = units[id(self.longest)]
        self.length = max((len(run.path) - 1) * units[id(run)] for run in runs)
        self.figure.draw_without_rendering()
        self.figure.set_layout_engine("none")  # from here on nothing may shift
        placed = Labels(self.axes)
        self.walkers = [
            _Walker(self.axes, run, style, ground, units[id(run)], len(members) > 1, placed)
            for style, members in self.entries
            for run in members
        ]
        self.counter = _counter(self.axes)
        artists = [artist for walker in self.walkers for artist in walker.artists]
        self.artists = sorted([*artists, self.counter], key=lambda artist: artist.get_zorder())
        for artist in self.artists:
            artist.set_animated(True)

    def _cite(self, land: Any, citation: str | None) -> None:
        named = [land.name] if land.name != "landscape" else []  # a typed formula has no name
        about = ", ".join(part for part in [*named, land.source] if part)
        drawn = batches([run for _, members in self.entries for run in members])
        made = f"toylands, exact gradients{drawn}. Landscape: {about}"
        text = made if citation is None else citation
        self.figure.set_figheight(self.figure.get_figheight() + 0.25)
        self.figure.supxlabel(
            text, x=0.01, ha="left", fontsize="x-small", color=theme(self.axes)["soft"]
        )

    def _even_pixels(self) -> None:
        """Make width and height even numbers of pixels, as video formats want them."""
        dots = np.ceil(self.figure.get_size_inches() * self.figure.dpi / 2) * 2
        self.figure.set_size_inches(*((dots + 1e-6) / self.figure.dpi))

    def images(self, times: Array) -> Iterator[Any]:
        """Yield one RGB image (height, width, 3) of uint8 for each time on the clock."""
        still = None
        word = "step" if self.clock == "steps" else "evaluation"
        for now in times:
            row = min(int(now / self.beat + 1e-9), len(self.longest.path) - 1)
            if self.scenery.show(row) or still is None:
                self.canvas.draw()
                still = self.canvas.copy_from_bbox(self.figure.bbox)
            self.canvas.restore_region(still)
            for walker in self.walkers:
                walker.show(float(now))
            count = f"{word} {sig(np.floor(now + 1e-9), 9)}"
            self.counter.set_text(", ".join([count, *self.scenery.values(row)]))
            for artist in self.artists:
                self.axes.draw_artist(artist)
            yield np.asarray(self.canvas.buffer_rgba())[..., :3].copy()

    def last(self) -> Any:
        """Return the last image."""
        return next(self.images(np.array([self.length])))

    def colors(self) -> list[str]:
        """Return the colours that a file with few colours must keep exactly."""
        inks = theme(self.axes)
        hues = [color for style, _ in self.entries for color in (style.color, style.outline)]
        return list(dict.fromkeys([inks["paper"], inks["ink"], *hues]))[:60]


def _counter(ax: Any) -> Any:
    """Return the text in the corner that tells the time."""
    return ax.annotate(
        "",
        xy=(1, 0),
        xycoords="axes fraction",
        xytext=(-6, 6),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize="medium",
        color=theme(ax)["ink"],
        bbox={"boxstyle": "round,pad=0.3", "fc": theme(ax)["paper"], "ec": "none"},
        zorder=20,
        gid="counter",
    )


class _Scenery:
    """Terrain and stationary points; of a landscape that moves, those of the moment.

    All moments share one set of levels, chosen over nine of them, so a colour keeps its meaning.
    """

    def __init__(self, ax: Any, run: Any, ground: Terrain, options: dict[str, Any]) -> None:
        self.ax, self.run, self.ground, self.options = ax, run, ground, options
        self.row = len(run.path) - 1
        if run.time_varying:
            rows = np.unique(np.linspace(0, self.row, 9).astype(int))
            seen = np.concatenate([self._terrain(int(row)).z.ravel() for row in rows])
            edges, floor, spacing = choose_levels(
                ground.land, seen, options["levels"], stationary=ground.stationary
            )
            self.ground = replace(ground, edges=edges, floor=floor, spacing=spacing)
        self.artists: list[Any] = []
        self.handles = self._draw(self.ground)

    def _terrain(self, row: int) -> Terrain:
        moment = {name: values[row] for name, values in self.run.time_varying.items()}
        return terrain(self.run.landscape(**moment), **self.options)

    def _draw(self, ground: Terrain) -> list[Any]:
        for artist in self.artists:
            artist.remove()
        before = set(self.ax.get_children())
        draw_terrain(self.ax, ground, equal=True)
        handles = draw_critical(self.ax, ground)
        self.artists = [artist for artist in self.ax.get_children() if artist not in before]
        if self.run.time_varying and len(ground.index) == 1:
            low, high = float(ground.edges[0]), float(ground.edges[-1])
            self.ax.set_ylim(low - 0.08 * (high - low), high + 0.08 * (high - low))
        return handles

    def show(self, row: int) -> bool:
        """Draw the moment of a recorded row; return whether anything changed."""
        if not self.run.time_varying or row == self.row:
            return False
        self.row = row
        now = self._terrain(row)
        shared = self.ground
        self._draw(replace(now, edges=shared.edges, floor=shared.floor, spacing=shared.spacing))
        return True

    def values(self, row: int) -> list[str]:
        """Return the values of the parameters that move, as they are read beside the clock."""
        return [f"{name} = {sig(values[row])}" for name, values in self.run.time_varying.items()]


class _Walker:
    """The artists of one run: its trail up to now, the mark at its head, its arrow at the end."""

    def __init__(
        self,
        ax: Any,
        run: Any,
        style: Style,
        ground: Terrain,
        each: float,
        crowd: bool,
        placed: Labels,
    ) -> None:
        part = trail(run, ground)
        self.flat, self.each, self.first = part.flat, each, delay(run) // run.every
        if not is_average(run):
            draw_start(ax, part.flat[0], crowd)
        self.lines = draw_line(ax, part.flat[:1], style, crowd)
        self.head = draw_end(ax, part.flat[0], style, True, crowd)
        done = run.status.kind == "converged"
        self.exits = draw_exit(ax, part.flat, run, style, placed, crowd) if part.leaves else []
        self.end = None if part.leaves else draw_end(ax, part.flat[-1], style, done, crowd)
        self.artists = [*self.lines, self.head, *self.exits]
        if self.end is not None:
            self.artists.append(self.end)

    def show(self, now: float) -> None:
        """Draw the run up to the time `now`: whole steps, as the optimizer takes them."""
        shown = min(int(now / self.each + 1e-9) - self.first, len(self.flat) - 1)
        begun, shown = shown >= 0, max(shown, 0)
        for line in self.lines:
            line.set_data(*self.flat[: shown + 1].T)
            line.set_visible(begun)
        self.head.set_data(*self.flat[shown][:, None])
        over = shown == len(self.flat) - 1
        self.head.set_visible(begun and not over)
        for artist in self.exits:
            artist.set_visible(over)
        if self.end is not None:
            self.end.set_visible(over)


# ------------------------------------------------------------------------------------ the file


def _write_gif(
    target: Path, images: Iterator[Any], last: Any, exact: Sequence[str], fps: float
) -> None:
    """Write a GIF with one palette for all frames, so that nothing flickers.

    A GIF counts time in hundredths of a second: durations are rounded so that their sum is right.
    """
    from PIL import Image, ImageColor

    first = next(images)
    sample = Image.fromarray(np.concatenate([first, last]))
    kept = np.array([ImageColor.getrgb(color) for color in exact])
    room = 255 - len(kept)
    cut = sample.quantize(colors=room, method=Image.Quantize.MEDIANCUT).getpalette() or []
    found = np.array(cut[: 3 * room]).reshape(-1, 3)
    # An entry next to an exact colour would attract its pixels.
    far = np.abs(found[:, None] - kept[None]).max(axis=2).min(axis=1) > 8
    colors = Image.new("P", (1, 1))
    colors.putpalette(np.concatenate([kept, found[far]]).ravel().tolist())

    def flat(image: Any) -> Any:
        return Image.fromarray(image).quantize(palette=colors, dither=Image.Dither.NONE)

    pictures = [flat(first), *(flat(image) for image in images)]
    ticks = np.round(np.arange(len(pictures) + 1) * 100 / fps).astype(int)
    durations = [int(d) * 10 for d in np.diff(ticks)]
    durations[-1] += int(_HOLD * 1000)
    pictures[0].save(
        target,
        format="GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=durations,
        loop=0,
        optimize=True,  # unchanged pixels become transparent: a tenth of the size
    )


def _write_mp4(target: Path, images: Iterator[Any], fps: float) -> None:
    """Send the frames to ffmpeg as raw pixels; H.264 in the pixel format every player reads."""
    first = next(images)
    height, width = first.shape[:2]
    command = [
        _ffmpeg(target),
        *("-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"),
        *("-s", f"{width}x{height}", "-r", f"{fps:g}", "-i", "-", "-an"),
        *("-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "18", "-movflags", "+faststart"),
        str(target),
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        try:
            image = first
            process.stdin.write(image.tobytes())
            for image in images:
                process.stdin.write(image.tobytes())
            for _ in range(round(_HOLD * fps)):
                process.stdin.write(image.tobytes())
            process.stdin.close()
        except BrokenPipeError:
            pass  # ffmpeg gave up; it says why below
        complaint = process.stderr.read().decode(errors="replace").strip()
    if process.returncode:
        raise RuntimeError(
            f"ffmpeg could not write {target.name}: {complaint or process.returncode}. "
            f"Write {target.with_suffix('.gif').name!r} instead."
        )


def _reported(
    images: Iterator[Any], count: int, report: Callable[[int, int], None]
) -> Iterator[Any]:
    for n, image in enumerate(images, 1):
        yield image
        report(n, count)


def _reporter(target: Path) -> Callable[[int, int], None]:
    """Return a report on stderr that stays silent for films that are drawn quickly.

    In a terminal it is one line that counts; in a file, which keeps all that is written, its last state.
    """
    begun = time.monotonic()
    spoke = False

    def report(done: int, count: int) -> None:
        nonlocal spoke
        if time.monotonic() - begun < _PATIENCE and not spoke:
            return
        terminal = sys.stderr.isatty()
        if done == count or (terminal and (done % max(1, count // 50) == 0 or not spoke)):
            spoke = True
            begin, end = "\r" if terminal else "", "\n" if done == count else ""
            sys.stderr.write(f"{begin}{target.name}: frame {done} of {count}{end}")
            sys.stderr.flush()

    return report
