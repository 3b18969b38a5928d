"""How pictures reach the reader: pyplot knows the last one; a notebook shows it sharp, on opaque paper."""

from __future__ import annotations

import base64
import functools
import io
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from color_science import contrast
from PIL import Image

from toylands import plots
from toylands.plots.figures import Picture, register
from toylands.plots.style import palette

X = np.linspace(0, 1, 3)


def draw() -> Any:
    return plots.lines(X, [X, 1 - X])


def test_pyplot_saves_the_picture_that_was_drawn_last(tmp_path: Any) -> None:
    import matplotlib.pyplot as plt

    mine = plt.figure()
    first = draw()
    second = draw()
    assert plt.gcf() is second.figure
    assert plt.gca() is second
    assert len(plt.get_fignums()) == 2  # the reader's own figure, and our last
    assert plt.fignum_exists(mine.number)
    plt.savefig(tmp_path / "a.png")
    second.figure.savefig(tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    first.figure.savefig(tmp_path / "first.png")  # still usable while its axes are held


def formatter(*usual: Any) -> Any:
    """Return IPython's formatter of PNG images as a notebook has it, with our figures registered."""
    formatters = pytest.importorskip("IPython.core.formatters")
    tools = pytest.importorskip("IPython.core.pylabtools")
    made = formatters.PNGFormatter()
    for figure in usual:
        options = {"base64": True, "bbox_inches": "tight"}
        made.for_type(figure, functools.partial(tools.print_figure, fmt="png", **options))
    register(made)
    register(made)  # once is enough
    return made


def test_a_notebook_shows_a_picture_with_twice_the_dots() -> None:
    ax = draw()
    shown = formatter(mpl.figure.Figure)
    encoded, size = shown(ax.figure)
    image = Image.open(io.BytesIO(base64.b64decode(encoded)))
    assert abs(image.width - 2 * size["width"]) <= 1
    assert abs(image.height - 2 * size["height"]) <= 1
    assert 0.8 * ax.figure.bbox.width < size["width"] < 1.2 * ax.figure.bbox.width
    again, _ = shown(ax.figure)
    assert again == encoded
    plain = mpl.figure.Figure()
    plain.add_subplot()
    assert isinstance(shown(plain), str)  # the reader's own figures stay as they were set


def test_a_notebook_that_shows_no_png_gets_none() -> None:
    assert formatter()(draw().figure) is None


@pytest.mark.parametrize("background", ["white", "none", "#111111"])
def test_the_paper_is_opaque_and_its_inks_read(background: str) -> None:
    with mpl.rc_context({"figure.facecolor": background}):
        ax = draw()
    assert type(ax.figure) is Picture
    stream = io.BytesIO()
    ax.figure.savefig(stream, format="png")
    pixels = np.asarray(Image.open(stream).convert("RGBA"))
    assert (pixels[..., 3] == 255).all()
    book = palette()["themes"]["dark" if background == "#111111" else "light"]
    assert "#{:02X}{:02X}{:02X}".format(*pixels[0, 0, :3]) == book["paper"]
    assert contrast(book["paper"], book["ink"]) >= 7
    assert contrast(book["paper"], book["soft"]) >= 4.5
