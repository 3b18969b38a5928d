"""Where figures come from: shown in notebooks, never leaked; settings stay, imports are quick."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from scenes import DRAWN

import toylands as tl
from toylands import plots

L = tl.landscapes


def test_every_public_function_is_tried() -> None:
    assert set(DRAWN) == set(plots.__all__) - {"animate"}


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_of_our_own_is_freed_with_its_axes(name: str) -> None:
    ax = DRAWN[name]()
    ax.figure.canvas.draw()
    figure = weakref.ref(ax.figure)
    del ax
    plots.lines([0, 1], [0, 1])  # until here pyplot keeps it, for plt.savefig
    gc.collect()
    assert figure() is None


@pytest.mark.parametrize("name", DRAWN)
def test_given_axes_are_used_and_returned(name: str) -> None:
    from matplotlib.figure import Figure

    figure = Figure(layout="constrained")
    projection = "3d" if name == "surface" else None
    ax = figure.add_subplot(projection=projection)
    size = figure.get_size_inches().tolist()
    assert DRAWN[name](ax=ax) is ax
    assert figure.axes == [ax]
    assert figure.get_size_inches().tolist() == size
    figure.canvas.draw()


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("size", [10, 18])
def test_no_text_is_cut_off_or_overlaps_the_title(name: str, size: int) -> None:
    with mpl.rc_context({"font.size": size}):
        ax = DRAWN[name]()
    figure = ax.figure
    figure.canvas.draw()
    frame = figure.bbox
    title = ax.title if ax.title.get_text() else ax._left_title
    written = [*ax.texts, title, ax.xaxis.label, ax.yaxis.label]
    written += [text for legend in figure.legends for text in legend.get_texts()]
    for text in written:
        if text.get_text() and text.get_visible():
            box = text.get_window_extent()
            assert box.x0 >= frame.x0 - 1, text
            assert box.x1 <= frame.x1 + 1, text
            assert box.y0 >= frame.y0 - 1, text
            assert box.y1 <= frame.y1 + 1, text
    notes = [text for text in ax.texts if text.get_gid() == "notes"]
    for note in notes:
        assert not note.get_window_extent().padded(-1).overlaps(title.get_window_extent())
    for legend in figure.legends:
        beside = legend.get_window_extent()
        assert not beside.padded(-1).overlaps(ax.get_window_extent()) or name == "surface"
        assert not any(beside.padded(-1).overlaps(n.get_window_extent()) for n in notes)


#: between them they use every way of drawing: fills, images, hatches, arrows, meshes, error bars, 3-D
KINDS = (
    "basin_map", "contour", "kick_histogram", "matching_map", "noise_curves", "slice_map", "surface",
    "ticket_board", "volume_chart", "worst_case_map",
)  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_pictures_can_be_saved_in_every_format(name: str, tmp_path: Any) -> None:
    ax = DRAWN[name]()
    for ending in ("png", "svg", "pdf"):
        ax.figure.savefig(tmp_path / f"a.{ending}")
        assert (tmp_path / f"a.{ending}").stat().st_size > 3000


@pytest.mark.parametrize("name", DRAWN)
def test_the_dark_theme_follows_the_settings(name: str) -> None:
    from matplotlib.colors import to_hex

    with mpl.rc_context({"figure.facecolor": "black"}):
        ax = DRAWN[name]()
    dark = plots.style.palette()["themes"]["dark"]
    assert to_hex(ax.figure.get_facecolor()).upper() == dark["paper"]
    assert to_hex(ax.xaxis.label.get_color()).upper() == dark["ink"]
    light = DRAWN[name]()
    assert to_hex(light.figure.get_facecolor()).upper() == "#FFFFFF"


def test_larger_type_gives_thicker_lines(race: Any) -> None:
    def width() -> float:
        ax = plots.paths(race)
        return float(next(x for x in ax.lines if x.get_gid() == "trail").get_linewidth())

    normal = width()
    with mpl.rc_context({"font.size": 20}):
        assert width() == pytest.approx(2 * normal)


def test_axes_of_another_kind_are_refused() -> None:
    from matplotlib.figure import Figure

    with pytest.raises(TypeError, match="ax must be a matplotlib Axes, got Figure"):
        plots.contour(L.himmelblau, ax=Figure())
    polar = Figure().add_subplot(projection="polar")
    with pytest.raises(ValueError, match=r"needs axes with projection 'rectilinear', got 'polar'"):
        plots.contour(L.himmelblau, ax=polar)


def test_settings_are_restored_after_an_error() -> None:
    before = dict(mpl.rcParams)
    with pytest.raises(ValueError, match="levels"):
        plots.contour(L.himmelblau, levels="wrong")
    assert dict(mpl.rcParams) == before


def test_importing_the_plots_does_not_import_matplotlib() -> None:
    code = "import sys, toylands.plots; print('matplotlib' in sys.modules, 'PIL' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["False", "False"]


def test_results_draw_themselves(race: Any, tmp_path: Any) -> None:
    assert race.plot().get_xlabel() == "x"
    assert race[0].plot().get_xlabel() == "x"
    assert tl.basins(L.himmelblau, tl.gd(0.01), grid=5, steps=5).plot().get_xlabel() == "x"
    assert tl.sweep(L.rosenbrock, tl.gd, lr=[1e-4, 1e-3]).plot().get_xlabel() == "lr"
    assert race[0].animate(tmp_path / "a.gif", dpi=30, seconds=0.1).exists()


NOTEBOOK = """
import matplotlib.pyplot as plt
import numpy as np
import toylands as tl
from toylands import plots
from toylands.geometry import kicks
assert plt.get_backend().lower() in ("inline", "module://matplotlib_inline.backend_inline")
""", "plots.contour(tl.landscapes.himmelblau)", """
assert plt.get_fignums() == []        # the notebook has shown and closed the figure
""", """
fig, ax = plt.subplots()
plots.contour(tl.landscapes.himmelblau, ax)
"""  # fmt: skip


@pytest.mark.slow
def test_a_notebook_shows_each_picture_once() -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in NOTEBOOK]
    quiet = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute(env=quiet)

    def images(n: int) -> int:
        return sum("image/png" in out.get("data", {}) for out in notebook.cells[n].outputs)

    assert [images(n) for n in range(4)] == [0, 1, 0, 1]


def test_a_thousand_points_of_data_stay_exact(by_gid: Any, data: Any) -> None:
    """Drawing may not thin or round what it is given."""
    run = tl.descend(L.rosenbrock, tl.gd(0.0005), steps=1000)
    (line,) = by_gid(plots.paths(run), "trail")
    assert np.array_equal(data(line), run.path)
