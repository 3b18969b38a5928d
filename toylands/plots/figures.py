"""The figures that our drawing functions make, and how a notebook shows them: with twice the dots.

A page is drawn with one or with two dots to a pixel, which the kernel cannot know. A picture with two
is sharp on both. Only our own figures are shown so; other figures keep the settings of the notebook.
"""

from __future__ import annotations

import sys
from typing import Any

from matplotlib.figure import Figure


class Picture(Figure):
    """A figure that a drawing function made; a `matplotlib.figure.Figure` in all it does."""


def sharpen() -> None:
    """Let the running notebook, if there is one, show every `Picture` with twice the dots."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    formatters = getattr(getattr(shell, "display_formatter", None), "formatters", {})
    if "image/png" in formatters:
        register(formatters["image/png"])


def register(formatter: Any) -> None:
    """Teach IPython's formatter of PNG images how to show a `Picture`."""
    if Picture in formatter.type_printers:
        return

    def sharp(figure: Picture) -> Any:
        from IPython.core.pylabtools import retina_figure

        usual = formatter.type_printers.get(Figure)
        if usual is None:  # the notebook was told to show something else, such as SVG
            return None
        options = {k: v for k, v in getattr(usual, "keywords", {}).items() if k != "fmt"}
        return retina_figure(figure, **options)

    formatter.for_type(Picture, sharp)
