"""One call, one good picture, on matplotlib (imported when the first picture is drawn).

    tl.plots.contour(land, ellipses=True)          # the map, critical points, sharpness to scale
    tl.plots.paths(race)                           # trails on the map
    tl.plots.loss_curves(race, x="evaluations")    # loss against work done

Every function takes `ax=None` and returns the Axes; save with `ax.figure.savefig("name.png")`.
Where the figure comes from is told in `toylands.plots.style`.
"""

from __future__ import annotations

from toylands.plots.contour import contour
from toylands.plots.paths import paths
from toylands.plots.surface import surface

__all__ = ["contour", "paths", "surface"]
