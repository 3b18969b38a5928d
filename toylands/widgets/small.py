"""Small relatives of the explorer for lessons: two landscapes side by side, and slices.

compare([tl.landscapes.bce_logits, tl.landscapes.dice_logits], [tl.gd(0.5)])
explore_slice(tl.landscapes.uvw_product, through=(1, 1, 1))
sharpness_view(tl.landscapes.gaussian_wells, [(-1.5, 0), (1.5, 0)])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets
import numpy as np

from toylands._door import door
from toylands.formula import Landscape
from toylands.geometry import kicks, slice_line, slice_plane
from toylands.widgets import still
from toylands.widgets.explorer import Explorer, explore


class Comparison(still.Kept, ipywidgets.HBox):
    """Explorers side by side that share optimizers, start, steps and cursor; `explorers` lists them."""

    def __init__(self, explorers: Sequence[Explorer]) -> None:
        self.explorers = list(explorers)
        for one in self.explorers:
            one.followers = [other for other in self.explorers if other is not one]
            one.add_class("tl-compared")
            one.layout.flex = "1 1 0"
            one.layout.min_width = "360px"
        super().__init__(
            children=self.explorers,
            layout=ipywidgets.Layout(width="100%", flex_flow="row wrap"),
            _dom_classes=(self.live(),),
        )
        first, *others = self.explorers
        self._links = [ipywidgets.jslink((first, "cursor"), (other, "cursor")) for other in others]

    @property
    def caption(self) -> str:
        """What is compared, in a line."""
        return f"Comparison of {' and '.join(one.landscape.name for one in self.explorers)}"

    def pictures(self) -> list[str]:
        """The pictures of the explorers."""
        return [picture for one in self.explorers for picture in one.pictures()]

    def close(self) -> None:
        """Close the comparison and its explorers."""
        for one in self.explorers:
            one.followers = []
            one.close()
        layout = self.layout
        super().close()
        layout.close()


@door
def compare(
    landscapes: Sequence[Landscape],
    optimizers: Any = None,
    **options: Any,
) -> Comparison:
    """Show landscapes side by side under the same controls.

    Args:
        landscapes: two or three landscapes of the same number of coordinates.
        optimizers: the optimizers to race on each, as for `explore`.
        **options: entries of the scene, as for `explore`.

    Raises:
        ValueError: when there are not two or three, or their dimensions differ.
    """
    lands = list(landscapes)
    if not 2 <= len(lands) <= 3:
        raise ValueError(f"compare shows two or three landscapes side by side, got {len(lands)}.")
    if len({land.dim for land in lands}) > 1:
        names = ", ".join(f"{land.name} ({land.dim}-D)" for land in lands)
        raise ValueError(
            f"compare needs landscapes of the same number of coordinates, got {names}."
        )
    options.setdefault("start", list(lands[0].start))
    return Comparison([explore(land, optimizers, **options) for land in lands])


@door
def explore_slice(
    land: Landscape,
    optimizers: Any = None,
    *,
    through: Any = None,
    along: Any = None,
    line: bool = False,
    **options: Any,
) -> Explorer:
    """Show a landscape, or a network, through a plane (or along a line).

    The optimizers walk inside the slice: it is a landscape of its own, with exact derivatives.

    Args:
        land: a landscape of two or more coordinates.
        optimizers: as for `explore`.
        through: a point of the slice, by default the landscape's start.
        along: two directions that span the plane (one, of a line), each a vector or a name, as in
            `toylands.geometry.slice_plane`; by default coordinate axes that sliders turn, and for a network
            filter-normalised random directions.
        line: cut along a line instead of a plane.
        **options: entries of the scene, as for `explore`. The start is the point itself, or beside it where
            it is stationary.
    """
    cut = (slice_line if line else slice_plane)(land, through, along=along)
    if "start" not in options and not np.linalg.norm(cut.grad(cut.start)) > 1e-6:
        # Through a stationary point: from there no optimizer would move.
        options["start"] = [low + 0.75 * (high - low) for low, high in cut.view]
    return explore(cut, optimizers, **options)


class SharpnessView(still.Kept, ipywidgets.VBox):
    """A slider for the size of a random kick, and what it costs at one or several points."""

    def __init__(self, land: Landscape, points: np.ndarray, low: float, high: float) -> None:
        self.landscape = land
        self.points = points
        self.slider = ipywidgets.FloatLogSlider(
            value=np.sqrt(low * high),
            base=10,
            min=np.log10(low),
            max=np.log10(high),
            description="kick σ",
            readout_format=".3g",
            layout=ipywidgets.Layout(width="420px"),
        )
        self.images = [ipywidgets.Image(format="png") for _ in points]
        row = ipywidgets.Layout(flex_flow="row wrap")
        super().__init__(
            children=[self.slider, ipywidgets.HBox(self.images, layout=row)],
            _dom_classes=(self.live(),),
        )
        self.slider.observe(self._changed, "value")
        self._draw()

    @property
    def caption(self) -> str:
        """What is shown, in a line."""
        return f"What a kick costs on {self.landscape.name}"

    def pictures(self) -> list[str]:
        """The histograms as they are."""
        size = f"a kick of size {self.slider.value:.3g}"
        return [
            still.image(shown.value, "png", f"{self.caption}: {size} at {point.tolist()}")
            for point, shown in zip(self.points, self.images, strict=True)
        ]

    def _changed(self, change: Any) -> None:
        self._draw()

    def _draw(self) -> None:
        import io

        from matplotlib.figure import Figure

        from toylands import plots

        for point, image in zip(self.points, self.images, strict=True):
            # A figure that pyplot never sees: it cannot pop up in another cell, and it is freed.
            figure = Figure(figsize=(6.4, 3.8))
            shaken = kicks(self.landscape, point, self.slider.value)
            plots.kick_histogram(shaken, ax=figure.add_subplot())
            written = io.BytesIO()
            figure.savefig(written, format="png", dpi=90, bbox_inches="tight")
            image.value = written.getvalue()


@door
def sharpness_view(
    land: Landscape, points: Any = None, *, low: float = 1e-3, high: float = 1.0
) -> SharpnessView:
    """Show how much a random kick raises the loss at one or several points, with a slider for its size.

    Args:
        land: the landscape.
        points: one point (d,) or several (k, d); by default its minima.
        low, high: the slider's range of standard deviations.

    Raises:
        ValueError: for a landscape without known minima when no point is given, or a bad range.
    """
    if points is None:
        points = [minimum.point for minimum in land.minima]
        if not points:
            raise ValueError(f"{land.name} has no known minimum: give the points to kick.")
    if not 0 < low < high:
        raise ValueError(f"sharpness_view: low={low!r} must be above 0 and below high={high!r}.")
    return SharpnessView(land, np.atleast_2d(land.points(points, "points")), low, high)
