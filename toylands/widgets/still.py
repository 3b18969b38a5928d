"""The picture that a saved notebook keeps of a widget, for whoever opens it without a kernel.

    draw(picture)          # an SVG: the map as a small PNG in it, trails, marks and words as shapes

A cell that shows a widget has two outputs: the live widget, and an HTML with this picture and how to make it
live. The HTML's own style hides the picture while its widget is on the page, and hides the empty place of a
widget whose kernel is gone. JupyterLab, Notebook 7, Voila and the export to HTML all read it. Nothing of
matplotlib is needed, so showing an explorer is not slower for it.
"""

from __future__ import annotations

import base64
import functools
import html
import secrets
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands.plots.style import Style, palette, styles
from toylands.widgets import explain
from toylands.widgets.compute import Walk

#: size of the map in pixels; where one unit of both coordinates would fit, it is as long in both
WIDE, HIGH = 520, 360
_LEFT, _TOP, _RIGHT = 56, 34, 64
_MOST_VERTICES = 400
_FONT = "system-ui, sans-serif"


@dataclass(frozen=True)
class Trail:
    """One walk in a picture: its points (T, d), its look, and words for the legend."""

    path: np.ndarray
    style: Style
    words: str


@dataclass(frozen=True)
class Picture:
    """What a still shows: losses (rows, columns) over `view`, their levels, trails, start and marks.

    `marks` are kinds and points of stationary points.
    """

    title: str
    names: Sequence[str]
    view: Sequence[Sequence[float]]
    loss: np.ndarray
    edges: Sequence[float]
    start: Sequence[float]
    trails: Sequence[Trail]
    marks: Sequence[tuple[str, Sequence[float]]]
    words: str

    @property
    def window(self) -> np.ndarray:
        """The ranges of the two axes, shape (2, 2): of a curve's loss with some room around it."""
        if len(self.view) == 2:
            return np.asarray(self.view, dtype=float)
        known = self.loss[np.isfinite(self.loss)]
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
        room = (high - low) or 1.0
        return np.array([self.view[0], (low - 0.14 * room, high + 0.08 * room)], dtype=float)


# --- shapes --------------------------------------------------------------------------------------------


def _ticks(low: float, high: float) -> list[float]:
    """About five round numbers of a range."""
    rough = (high - low) / 5
    power = 10.0 ** np.floor(np.log10(rough))
    step = power * next(m for m in (1, 2, 5, 10) if m * power >= rough)
    return [float(n * step) for n in range(int(np.ceil(low / step)), int(high // step) + 1)]


def band_colors(count: int) -> np.ndarray:
    """The colour of each of `count` bands as the page has it, shape (count, 3), 0 to 255."""
    stops = [[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in palette()["terrain"]["stops"]]
    places = (np.arange(count) + 0.5) / count * (len(stops) - 1)
    channels = [
        np.interp(places, np.arange(len(stops)), channel) for channel in zip(*stops, strict=True)
    ]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)


def png(indices: np.ndarray, colors: np.ndarray, clear: int) -> bytes:
    """An image of palette colours as a PNG; the colour number `clear` is transparent."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows, columns = indices.shape
    lines = np.zeros((rows, columns + 1), np.uint8)  # each begins with its filter: none
    lines[:, 1:] = indices
    alpha = bytes(0 if k == clear else 255 for k in range(len(colors)))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0))
        + chunk(b"PLTE", np.ascontiguousarray(colors, np.uint8).tobytes())
        + chunk(b"tRNS", alpha)
        + chunk(b"IDAT", zlib.compress(lines.tobytes(), 6))
        + chunk(b"IEND", b"")
    )


def _map(picture: Picture, width: int, height: int) -> bytes:
    """The bands of the terrain with their contour lines, highest row first."""
    grid = picture.loss
    v = np.linspace(0, grid.shape[0] - 1, height)[::-1]
    u = np.linspace(0, grid.shape[1] - 1, width)
    i, j = (
        np.minimum(v.astype(int), grid.shape[0] - 2),
        np.minimum(u.astype(int), grid.shape[1] - 2),
    )
    s, t = (v - i)[:, None], u - j
    with np.errstate(all="ignore"):
        left = grid[i] * (1 - s) + grid[i + 1] * s
        fine = left[:, j] * (1 - t) + left[:, j + 1] * t
    edges = np.asarray(picture.edges)
    count = min(len(edges) - 1, 120)
    band = np.clip(np.searchsorted(edges[1:-1], fine, side="right"), 0, count - 1)
    line = np.zeros(band.shape, bool)
    line[:, 1:] |= band[:, 1:] != band[:, :-1]
    line[1:] |= band[1:] != band[:-1]
    plain = band_colors(count).astype(float)
    look = palette()["terrain"]
    ink = np.array([int(look["line"][k : k + 2], 16) for k in (1, 3, 5)])
    dark = plain + look["line_alpha"] * (ink - plain)
    clear = 2 * count
    indices = np.where(np.isfinite(fine), band + count * line, clear).astype(np.uint8)
    colors = np.vstack([plain, dark, [[255, 255, 255]]]).round().astype(np.uint8)
    return png(indices, colors, clear)


class _Frame:
    """From coordinates to pixels of the picture."""

    def __init__(self, window: np.ndarray, equal: bool) -> None:
        spans = window[:, 1] - window[:, 0]
        self.width, self.height = WIDE, HIGH
        if equal:
            scale = min(WIDE / spans[0], HIGH / spans[1])
            self.width, self.height = round(scale * spans[0]), round(scale * spans[1])
        self._low = window[:, 0]
        self._scale = np.array([self.width, -self.height]) / spans
        self._at = np.array([_LEFT, _TOP + self.height])

    def __call__(self, points: Any) -> np.ndarray:
        with np.errstate(all="ignore"):
            spots = (np.asarray(points, dtype=float) - self._low) * self._scale + self._at
        return np.clip(spots, -1e4, 1e4)


def _polyline(spots: np.ndarray) -> str:
    """The vertices of a line, without those that nobody could tell from the one before."""
    last = spots[0]
    kept = [last]
    for spot in spots[:: max(1, len(spots) // (5 * _MOST_VERTICES))]:
        if abs(spot[0] - last[0]) + abs(spot[1] - last[1]) > 0.4:
            kept.append(spot)
            last = spot
    kept = kept[:: max(1, -(-len(kept) // _MOST_VERTICES))]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in [*kept, spots[-1]])


def _shape(kind: str, x: float, y: float, size: float) -> str:
    """The mark of a stationary point."""
    look = palette()["kinds"][kind]
    shape = palette()["shapes"][look["marker"]]
    fill, edge = look["color"], look["outline"]
    if "radius" in shape:
        return (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{shape["radius"] * size:.1f}" fill="{fill}" '
            f'stroke="{edge}" stroke-width="1.3"/>'
        )
    if "lines" in shape:
        way = "".join(
            "M" + "L".join(f"{x + size * a:.1f} {y - size * b:.1f}" for a, b in line)
            for line in shape["lines"]
        )
        return (
            f'<path d="{way}" stroke="{edge}" stroke-width="4"/>'
            f'<path d="{way}" stroke="{fill}" stroke-width="2"/>'
        )
    corners = " ".join(f"{x + size * a:.1f},{y - size * b:.1f}" for a, b in shape["polygon"])
    return f'<polygon points="{corners}" fill="{fill}" stroke="{edge}" stroke-width="1.3"/>'


def _text(x: float, y: float, words: str, *, size: int = 12, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" {more}>{html.escape(words)}</text>'


def _short(words: str, most: int = 80) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def _heights(picture: Picture, path: np.ndarray) -> np.ndarray:
    """Points (T, 1) of a curve with their losses, shape (T, 2)."""
    places = np.linspace(picture.view[0][0], picture.view[0][1], picture.loss.shape[-1])
    return np.column_stack([path[:, 0], np.interp(path[:, 0], places, picture.loss.ravel())])


def draw(picture: Picture) -> str:
    """The picture as the text of an SVG."""
    inks = palette()["themes"]["light"]
    window, flat = picture.window, len(picture.view) == 2
    spans = window[:, 1] - window[:, 0]
    frame = _Frame(window, flat and bool(0.2 < spans[0] / spans[1] < 5))
    w, h = frame.width, frame.height
    bottom = _TOP + h
    total = bottom + 42 + 18 * len(picture.trails)

    def place(points: Any) -> np.ndarray:
        array = np.asarray(points, dtype=float).reshape(-1, len(picture.view))
        return frame(array if flat else _heights(picture, array))

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE + _LEFT + _RIGHT}" height="{total}" '
        f'font-family="{_FONT}" fill="{inks["ink"]}">',
        f'<rect width="100%" height="100%" fill="{inks["paper"]}"/>',
        _text(_LEFT, 20, _short(picture.title, 64), size=15, more='font-weight="600"'),
        f'<clipPath id="m"><rect x="{_LEFT}" y="{_TOP}" width="{w}" height="{h}"/></clipPath>',
        '<g clip-path="url(#m)" fill="none" stroke-linejoin="round">',
    ]
    if flat:
        image = base64.b64encode(_map(picture, w, h)).decode()
        parts.append(
            f'<image x="{_LEFT}" y="{_TOP}" width="{w}" height="{h}" href="data:image/png;base64,{image}"/>'
        )
    else:
        curve = place(np.linspace(picture.view[0][0], picture.view[0][1], 161)[:, None])
        parts.append(
            f'<polyline points="{_polyline(curve)}" stroke="{inks["ink"]}" stroke-width="2"/>'
        )
    for trail in picture.trails:
        known = np.isfinite(trail.path).all(axis=1)
        count = len(known) if known.all() else int(np.argmin(known))
        spots = place(trail.path[: max(count, 1)])
        line = _polyline(spots)
        color, edge = trail.style.color, trail.style.outline
        dash = " ".join(f"{2.5 * part:g}" for part in trail.style.dash)
        parts += [
            f'<polyline points="{line}" stroke="{edge}" stroke-width="3.6" stroke-opacity="0.6"/>',
            f'<polyline points="{line}" stroke="{color}" stroke-width="2"'
            + (f' stroke-dasharray="{dash}"/>' if dash else "/>"),
            f'<circle cx="{spots[-1, 0]:.1f}" cy="{spots[-1, 1]:.1f}" r="5" fill="{color}" '
            f'stroke="{edge}" stroke-width="1.5"/>',
        ]
    for kind, point in picture.marks:
        x, y = place(point)[0]
        parts.append(_shape(kind, x, y, 9))
    x, y = place(picture.start)[0]
    for radius, color in ((6.5, "#11161C"), (5, "#FFFFFF"), (2.2, "#11161C")):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{color}"/>')
    parts.append("</g>")
    parts += _axes(picture, window, frame, inks)
    for n, trail in enumerate(picture.trails):
        y = bottom + 46 + 18 * n
        parts.append(
            f'<path d="M{_LEFT} {y - 4}h26" stroke="{trail.style.color}" stroke-width="3"/>'
        )
        parts.append(_text(_LEFT + 34, y, _short(trail.words)))
    return "".join([*parts, "</svg>"])


def _axes(picture: Picture, window: np.ndarray, frame: _Frame, inks: dict[str, str]) -> list[str]:
    bottom = _TOP + frame.height
    soft = f'fill="{inks["soft"]}"'
    parts = [
        f'<rect x="{_LEFT}" y="{_TOP}" width="{frame.width}" height="{frame.height}" fill="none" '
        f'stroke="{inks["soft"]}"/>'
    ]
    for value in _ticks(*window[0]):
        x = frame((value, window[1, 0]))[0]
        parts.append(
            _text(x, bottom + 15, f"{value:.4g}", size=11, more=f'text-anchor="middle" {soft}')
        )
    for value in _ticks(*window[1]):
        y = frame((window[0, 0], value))[1]
        parts.append(
            _text(_LEFT - 5, y + 4, f"{value:.4g}", size=11, more=f'text-anchor="end" {soft}')
        )
    across = picture.names[0]
    up = picture.names[1] if len(picture.view) == 2 else "loss"
    middle = (_LEFT + frame.width / 2, _TOP + frame.height / 2)
    return [
        *parts,
        _text(middle[0], bottom + 29, across, more='text-anchor="middle"'),
        _text(
            14,
            middle[1],
            up,
            more=f'text-anchor="middle" transform="rotate(-90 14 {middle[1]:.0f})"',
        ),
    ]


def of_explorer(
    scene: Mapping[str, Any],
    walks: Sequence[Walk],
    terrain: bytes,
    meta: Mapping[str, Any],
    hides: bool,
) -> Picture:
    """The picture of what an explorer shows; with `hides` the start alone, to predict from."""
    told = [] if hides else list(walks)
    looks = styles([walk.optimizer for walk in told])
    trails = [
        Trail(walk.trajectory.path, look, explain.sentence(walk))
        for walk, look in zip(told, looks, strict=True)
    ]
    window = np.asarray(meta["view"], dtype=float)
    known = palette()["kinds"]
    marks = [(p["kind"], p["point"]) for p in meta["critical"] if p["kind"] in known]
    inside = [
        (kind, at)
        for kind, at in marks
        if scene["show"]["critical"] and ((window[:, 0] <= at) & (at <= window[:, 1])).all()
    ]
    grid = np.frombuffer(terrain, "<f4").astype(float).reshape(meta["rows"], meta["columns"])
    return Picture(
        title=meta["title"].rstrip("."),
        names=meta["coordinates"],
        view=meta["view"],
        loss=grid,
        edges=[edge for edge in meta["edges"] if edge is not None],
        start=scene["start"],
        trails=trails,
        marks=inside,
        words=explain.explain(told) if told else "The start, before the run is played.",
    )


# --- the output ----------------------------------------------------------------------------------------


def image(data: bytes, kind: str, words: str) -> str:
    """An HTML image of an SVG's or PNG's bytes, with `words` for who cannot see it."""
    text = base64.b64encode(data).decode()
    return (
        f'<img src="data:image/{kind};base64,{text}" alt="{html.escape(words, quote=True)}" '
        'style="max-width: 100%">'
    )


def output(name: str, images: Sequence[str]) -> str:
    """The HTML that stands behind a live widget whose view has the class `tl-live-<name>`.

    Where nothing cleans the HTML of its style, the picture waits for a moment: a live widget that is on its
    way would push it aside. Where a page is cleaned (an untrusted notebook) there is no live widget.
    """
    live, still = f".tl-live-{name}", f".tl-still-{name}"
    child = ".jp-OutputArea-child"
    return f"""\
<div class="tl-still-{name}">
<style>
:root:has({live}) {still}, {child}:has({live}) + {child}:has({still}) {{ display: none; }}
{child}:has(+ {child} {still}):not(:has({live})) {{ display: none; }}
@keyframes tl-still {{ from {{ max-height: 0; visibility: hidden; }} }}
{still} {{ overflow: hidden; animation: tl-still 1s step-end; }}
</style>
{"".join(images)}
<p>This is a picture. To play with it, run the cell that made it: click on the cell and press Shift+Enter.</p>
</div>"""


class Kept:
    """A widget that leaves a picture of itself in the notebook, beside the live view.

    Whoever has it gives `pictures()`, as images of HTML, and `caption`, which says what it is; and has its
    widget's view carry the class that `live()` names.
    """

    @property
    def caption(self) -> str:
        """What is shown, in a line."""
        raise NotImplementedError

    @functools.cached_property
    def _name(self) -> str:
        return secrets.token_hex(6)

    def live(self) -> str:
        """The class of this widget's views."""
        return f"tl-live-{self._name}"

    def pictures(self) -> list[str]:
        """The images that stand for the widget; none once it is closed."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{self.caption}; it is live where Jupyter shows it>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        model: Any = self
        if model.comm is None:  # closed: there is nothing live
            display({"text/plain": repr(self)}, raw=True)
            return
        view = {"version_major": 2, "version_minor": 0, "model_id": model.model_id}
        live = {"text/plain": repr(self), "application/vnd.jupyter.widget-view+json": view}
        display(live, raw=True)
        images = self.pictures()
        if images:
            display({"text/html": output(self._name, images)}, raw=True)
