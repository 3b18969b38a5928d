"""The picture behind a widget: an image that any reader decodes, of what the explorer shows."""

from __future__ import annotations

import base64
import io
import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import toylands as tl

pytest.importorskip("anywidget", reason="needs the extra 'lab'")

from toylands.widgets import still

SVG = "{http://www.w3.org/2000/svg}"


def svg_of(picture: str) -> ElementTree.Element:
    found = re.search(r"base64,([^\"]+)", picture)
    assert found
    return ElementTree.fromstring(base64.b64decode(found[1]))


def test_the_map_has_the_bands_of_the_terrain_and_the_trail_ends_where_the_walk_does() -> None:
    from PIL import Image

    made = tl.explore(tl.landscapes.bowl, [tl.gd(0.05)], start=(1.5, 1.0), steps=40)
    svg = svg_of(made.pictures()[0])
    image = svg.find(f".//{SVG}image")
    assert image is not None
    w, h = int(image.attrib["width"]), int(image.attrib["height"])
    data = base64.b64decode(image.attrib["href"].split(",")[1])
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))
    assert pixels.shape == (h, w, 4)
    edges = np.array(made.terrain_meta["edges"])
    colors = still.band_colors(len(edges) - 1)
    (x0, x1), (y0, y1) = made.scene["view"]
    checked = 0
    for i, j in np.random.default_rng(0).integers(8, min(w, h) - 8, (40, 2)):
        near = pixels[i - 2 : i + 3, j - 2 : j + 3, :3].reshape(-1, 3)
        if (near == near[0]).all():  # away from contour lines
            at = (x0 + (x1 - x0) * j / (w - 1), y1 - (y1 - y0) * i / (h - 1))
            band = np.searchsorted(edges[1:-1], tl.landscapes.bowl.loss(at))
            np.testing.assert_array_equal(near[0], colors[band])
            checked += 1
    assert checked > 10
    end = made.runs[0].end
    left, top = float(image.attrib["x"]), float(image.attrib["y"])
    spot = (left + w * (end[0] - x0) / (x1 - x0), top + h * (y1 - end[1]) / (y1 - y0))
    lines = svg.findall(f".//{SVG}polyline")
    assert lines[-1].attrib["stroke"] == "#0072B2"
    last = tuple(map(float, lines[-1].attrib["points"].split()[-1].split(",")))
    assert last == pytest.approx(spot, abs=0.06)


def test_colours_are_those_of_the_page() -> None:
    """Two bands: the middles of the two halves of the stops, a quarter and three quarters of the way."""
    np.testing.assert_array_equal(still.band_colors(2), [[0x46, 0x66, 0x6A], [0xB5, 0xC2, 0xAD]])


@pytest.mark.parametrize(
    ("name", "opt"),
    [("rosenbrock", tl.gd(1.0)), ("parabola", tl.gd(2.5)), ("a logarithm", None)],
)
def test_what_diverges_or_has_no_loss_is_drawn(name: str, opt: tl.Optimizer | None) -> None:
    land = tl.landscape("log(x) + y**2") if opt is None else tl.landscapes.get(name)
    svg = svg_of(tl.explore(land, [opt or tl.gd(0.1)]).pictures()[0])
    for line in svg.findall(f".//{SVG}polyline"):
        assert np.isfinite([float(v) for v in re.split("[ ,]", line.attrib["points"])]).all()


@pytest.mark.parametrize("options", [{"wait": True}, {"mode": "predict"}])
def test_what_is_to_be_predicted_is_not_shown(options: dict[str, object]) -> None:
    made = tl.explore(tl.landscapes.bowl, [tl.gd(0.1)], **options)
    svg = svg_of(made.pictures()[0])
    assert svg.findall(f".//{SVG}polyline") == []
    assert "converged" not in made.pictures()[0]


def test_a_widget_has_a_live_output_and_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: said.append(data))
    made = tl.explore(tl.landscapes.bowl, [tl.gd(0.1)])
    made._ipython_display_()
    live, kept = said
    assert live["application/vnd.jupyter.widget-view+json"]["model_id"] == made.model_id
    assert live["text/plain"].startswith("<Explorer of bowl with gd(lr=0.1);")
    assert set(kept) == {"text/html"}
    assert f".{made.live()}" in kept["text/html"]
    assert made.live() in made._dom_classes
    said.clear()
    made.close()
    made._ipython_display_()
    assert said == [{"text/plain": "<Explorer of bowl; it is live where Jupyter shows it>"}]
