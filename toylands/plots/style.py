"""The one visual language: colours, marker shapes, ink and figures, all from `palette.json`.

    style_of("adam").color                  # '#D55E00', in every picture, in Python and JavaScript
    style_of(tl.sam(tl.gd(0.1))).marker     # 'P'
    [s.color for s in styles([tl.gd(0.1), tl.gd(0.2)])]      # two shades of gd's blue

Where a figure comes from. Every drawing function takes `ax=None` and returns the Axes. Without an
`ax` it makes a pyplot figure of its own, the current one: a notebook displays it at the end of the
cell and closes it, and `plt.savefig("picture.png")` writes it, as `ax.figure.savefig` does. Under a
file-writing backend (Agg, PDF, SVG), which never closes a figure, pyplot keeps only our last one, so a
script that draws a thousand pictures leaks none; the others live as long as their axes are held.
A notebook shows our figures with twice the dots, at the same size, for screens that have them. Their
paper is never transparent, so that the inks read on a dark page as well as on a light one.

Text sizes and line widths follow matplotlib's `font.size`: raise it for a projector. A dark
`figure.facecolor` selects the dark ink. No global setting is changed.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from toylands._door import door
from toylands._words import show

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

P = ParamSpec("P")
R = TypeVar("R")

_PALETTE = Path(__file__).resolve().parent.parent / "palette.json"


@functools.cache
def palette() -> dict[str, Any]:
    """Return the content of `palette.json`; treat it as read-only."""
    content: dict[str, Any] = json.loads(_PALETTE.read_text(encoding="utf-8"))
    return content


# ---------------------------------------------------------------------------------- optimizers


@dataclass(frozen=True)
class Style:
    """How one optimizer looks: `color`, its `outline`, `marker` (matplotlib's letter), `dash`.

    `dash` is a tuple of on and off lengths in units of the line width; () is a solid line.
    """

    name: str
    color: str
    outline: str
    marker: str
    dash: tuple[float, ...]

    @property
    def linestyle(self) -> str | tuple[float, tuple[float, ...]]:
        """The dash as matplotlib wants it."""
        return (0.0, self.dash) if self.dash else "-"


def style_of(optimizer: Any) -> Style:
    """Return the fixed style of an optimizer, given as the object or as its name.

    An optimizer is styled by its `family`: "sam" for whatever looks uphill, otherwise the rule
    inside all wrappers. A rule that `palette.json` does not list takes the hue and the marker that
    a hash of its name selects (the same in every session and in JavaScript) and a dotted line,
    which no listed optimizer has.
    """
    book = palette()
    name = optimizer if isinstance(optimizer, str) else getattr(optimizer, "family", None)
    if name is None:
        raise TypeError(f"expected an optimizer or its name, got {show(optimizer)}")
    if name not in book["optimizers"]:
        return _fallback(name)
    entry = book["optimizers"][name]
    outline = book["hues"][entry["color"]]["outline"]
    return Style(name, entry["color"], outline, entry["marker"], tuple(entry["dash"]))


def styles(optimizers: Iterable[Any]) -> list[Style]:
    """Return one style for each optimizer of a picture, all different (up to 15 runs of one rule).

    The first run of a rule has its fixed style; further runs keep its hue and marker and take the
    hue's darker and paler shade, then other dashes.
    """
    seen: dict[Style, int] = {}
    result = []
    for optimizer in optimizers:
        style = style_of(optimizer)
        seen[style] = seen.get(style, -1) + 1
        result.append(_repeat(style, seen[style]))
    return result


def _repeat(style: Style, number: int) -> Style:
    book = palette()
    colors = [style.color, *book["hues"][style.color]["shades"]]
    others = (tuple(dash) for dash in book["repeats"]["dashes"])
    dashes = [style.dash, *(dash for dash in others if dash != style.dash)]
    color = colors[number % len(colors)]
    dash = dashes[number // len(colors) % len(dashes)]
    outline = style.outline if color == style.color else ink_on(color)
    return replace(style, color=color, dash=dash, outline=outline)


def _fallback(name: str) -> Style:
    book = palette()
    hues, markers = list(book["hues"]), book["fallback"]["markers"]
    number = fnv1a(name)
    color = hues[number % len(hues)]
    marker = markers[number // len(hues) % len(markers)]
    outline = book["hues"][color]["outline"]
    return Style(name, color, outline, marker, tuple(book["fallback"]["dash"]))


def fnv1a(text: str) -> int:
    """Return the 32-bit FNV-1a hash of a text's UTF-8 bytes (Fowler, Noll and Vo)."""
    value = 0x811C9DC5
    for byte in text.encode("utf-8"):
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


# ------------------------------------------------------------------------------------- colours


def luminance(color: str) -> float:
    """Return the relative luminance of a '#RRGGBB' colour, 0 (black) to 1 (white), as in WCAG 2."""
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Return the WCAG 2 contrast ratio of two colours, 1 (equal) to 21 (black on white)."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def ink_on(color: str) -> str:
    """Return whichever of the two outline inks reads better on a colour."""
    inks = {entry["outline"] for entry in palette()["hues"].values()}
    return max(sorted(inks), key=lambda ink: contrast(ink, color))


@functools.cache
def terrain_colors() -> LinearSegmentedColormap:
    """Return the terrain colour map: low is dark, steps of equal size look equally large."""
    from matplotlib.colors import LinearSegmentedColormap

    book = palette()["terrain"]
    return LinearSegmentedColormap.from_list(book["name"], book["stops"])


# --------------------------------------------------------------------------- figures and themes


def theme(ax: Axes | None = None) -> dict[str, str]:
    """Return the inks {paper, ink, soft, grid} that suit the axes, or matplotlib's settings."""
    import matplotlib
    from matplotlib.colors import to_hex

    background = matplotlib.rcParams["figure.facecolor"] if ax is None else ax.get_facecolor()
    if background == "none":
        background = "white"
    themes: dict[str, dict[str, str]] = palette()["themes"]
    return themes["dark" if luminance(to_hex(background)) < 0.2 else "light"]


def picture(function: Callable[P, R]) -> Callable[P, R]:
    """Run a drawing function under the toylands settings; matplotlib's own are restored after.

    What it is given is checked first, by its annotations.
    """
    function = door(function)
    makes_axes = "ax" in inspect.signature(function).parameters

    @functools.wraps(function)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        import matplotlib

        given = next((a for a in (*args, kwargs.get("ax")) if hasattr(a, "get_facecolor")), None)
        if given is None and makes_axes:
            _shows_figures()  # before the settings change, see _load
        inks = theme(given)  # type: ignore[arg-type]
        with matplotlib.rc_context(
            {
                "figure.facecolor": inks["paper"],
                "axes.facecolor": inks["paper"],
                "savefig.facecolor": "auto",
                "text.color": inks["ink"],
                "axes.labelcolor": inks["ink"],
                "axes.edgecolor": inks["soft"],
                "xtick.color": inks["soft"],
                "ytick.color": inks["soft"],
                "xtick.labelcolor": inks["ink"],
                "ytick.labelcolor": inks["ink"],
                "grid.color": inks["grid"],
                "axes.titlesize": "large",
                "axes.titleweight": "bold",
                "axes.titlecolor": inks["ink"],
                "axes.axisbelow": True,
                "legend.fontsize": "medium",
                "legend.frameon": False,
                "legend.handlelength": 2.4,
                "hatch.linewidth": 0.8,
                "figure.constrained_layout.h_pad": 0.1,
                "figure.constrained_layout.w_pad": 0.08,
            }
        ):
            return function(*args, **kwargs)

    return drawn


def unit() -> float:
    """Return the scale of line widths and marker sizes: 1 at a font size of 10 points."""
    import matplotlib

    return float(matplotlib.rcParams["font.size"]) / 10.0


def new_figure(width: float, height: float) -> Figure:
    """Return a new figure that the running backend will show, and that cannot leak.

    Width and height in inches, before `headline` and `add_legend` make room for themselves. See the
    module's text for the rule.
    """
    shown = _shows_figures()
    import matplotlib.pyplot as plt

    from toylands.plots.figures import Picture, sharpen

    if shown:
        sharpen()
    else:
        for number in plt.get_fignums():
            if type(plt.figure(number)) is Picture:
                plt.close(number)
    return plt.figure(figsize=(width, height), layout="compressed", FigureClass=Picture)


def _shows_figures() -> bool:
    """Return whether the backend shows figures; if so, it is loaded."""
    import matplotlib
    from matplotlib.backends.registry import BackendFilter, backend_registry

    silent = backend_registry.list_builtin(BackendFilter.NON_INTERACTIVE)
    backend = matplotlib.get_backend()
    if backend.lower() in silent:
        return False
    _load(backend)
    return True


@functools.cache
def _load(backend: str) -> None:
    """Load a backend, which matplotlib otherwise does when the first figure is made.

    The backend of notebooks changes settings when it is loaded. Inside our settings these changes
    would be undone, and the notebook would show no further figure.
    """
    import matplotlib.pyplot as plt

    if not plt.get_fignums():  # with a figure open, it is loaded
        plt.switch_backend(backend)


def axes_for(
    ax: Axes | None, width: float = 7.0, height: float = 4.4, projection: str | None = None
) -> tuple[Any, bool]:
    """Return (axes to draw on, whether the figure is ours)."""
    if ax is None:
        return new_figure(width, height).add_subplot(projection=projection), True
    name = getattr(ax, "name", None)
    if name is None or not hasattr(ax, "plot"):
        raise TypeError(f"ax must be a matplotlib Axes, got {type(ax).__name__}")
    wanted = projection or "rectilinear"
    if name != wanted:
        call = f'fig.add_subplot(projection="{wanted}")'
        raise ValueError(
            f"this picture needs axes with projection {wanted!r}, got {name!r}: {call}"
        )
    return ax, False


def add_legend(ax: Axes, handles: Sequence[Any], own: bool) -> Legend:
    """Put a legend where it hides nothing, if that can be.

    Beside our own axes (the figure grows by its width); below given axes of a figure with a layout
    engine, which makes room for it; inside given axes of any other figure.
    """
    crowded = len(handles) > 9
    common: dict[str, Any] = {"handles": list(handles), "alignment": "left"}
    common |= {"fontsize": "small" if crowded or not own else "medium"}
    if own:
        figure = cast("Figure", ax.figure)
        spacing = 0.6 if crowded else 0.9
        legend = figure.legend(loc="outside right center", labelspacing=spacing, **common)
        wide, high = (length / figure.dpi + 0.1 for length in legend.get_window_extent().size)
        width, height = figure.get_size_inches()
        figure.set_size_inches(width + wide, max(height, high))
        return legend
    if ax.figure.get_layout_engine() is not None:
        from matplotlib.transforms import ScaledTranslation

        down = ScaledTranslation(0, -3.6 * 10 * unit() / 72, ax.figure.dpi_scale_trans)
        longest = max(len(line) for h in handles for line in str(h.get_label()).split("\n"))
        return ax.legend(
            loc="upper left",
            bbox_to_anchor=(0.0, 0.0),
            bbox_transform=ax.transAxes + down,
            borderaxespad=0.0,
            ncols=1 if longest > 34 else 2,
            **common,
        )
    inks = theme(ax)
    legend = ax.legend(
        loc="best",
        frameon=True,
        framealpha=0.9,
        facecolor=inks["paper"],
        edgecolor=inks["grid"],
        **common,
    )
    legend.set_zorder(20)
    return legend
