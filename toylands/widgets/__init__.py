"""The explorer and its small relatives (needs the `lab` extra: ipywidgets and anywidget).

import toylands as tl

tl.explore(tl.landscapes.rosenbrock, optimizers=[tl.gd(1e-3), tl.adam(0.1)])
"""

from __future__ import annotations

try:
    import anywidget as _anywidget  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "the explorer needs anywidget and ipywidgets: pip install 'toylands[lab]'.",
        name=error.name,
    ) from None

from toylands.widgets.explorer import Explorer, explore
from toylands.widgets.small import Comparison, SharpnessView, compare, explore_slice, sharpness_view

__all__ = [
    "Comparison",
    "Explorer",
    "SharpnessView",
    "compare",
    "explore",
    "explore_slice",
    "sharpness_view",
]
