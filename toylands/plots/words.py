"""The words of a picture: numbers, points, titles, and what is held equal.

sig(0.0000123456)            # '1.23×10⁻⁵'
held_equal(race)             # ['300 steps each, 1 gradient evaluation a step, ...']
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from toylands.plots.style import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def sig(value: float, digits: int = 3) -> str:
    """Return a number with three significant digits, a true minus sign and no trailing zeros."""
    value = float(value)
    if not math.isfinite(value):
        return {True: "∞", False: "−∞"}[value > 0] if math.isinf(value) else "undefined"
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if -4 < power < 5:
        text = f"{float(f'{mantissa}e{power}'):.{max(digits - 1 - power, 0)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        text = f"{mantissa}×10{str(power).translate(_SUPERSCRIPT)}"
    return text.replace("-", "−")


def point(coordinates: Iterable[float], longest: int = 4) -> str:
    """Return a point such as '(−1.2, 1)'; beyond four coordinates the rest is counted."""
    values = [sig(value) for value in np.atleast_1d(np.asarray(coordinates, dtype=float))]
    shown = values if len(values) <= longest else [*values[: longest - 1], "…"]
    return f"({', '.join(shown)})"


def heading(land: Any) -> str:
    """Return the title of a landscape without its full stop, and without the underscores of a name."""
    title = getattr(land, "title", None)
    if not title:
        return str(land.name).replace("_", " ")
    data = getattr(getattr(land, "whole", land), "dataset", None)  # a network names its data
    title = str(title).strip().rstrip(".")
    return title if data is None else title.replace(data.name, data.name.replace("_", " "))


def parameters(land: Any, skip: Iterable[str] = ()) -> str:
    """Return 'a = 1, b = 100', or '' for a landscape without parameters; `skip` leaves some out."""
    left = {name: value for name, value in land.parameters.items() if name not in skip}
    return ", ".join(f"{name} = {sig(value)}" for name, value in left.items())


def headline(ax: Axes, title: str, notes: Sequence[str], own: bool) -> None:
    """Write the title and, below it in softer ink, one line for each note.

    Long lines are wrapped to the width of the axes. A figure of our own grows by the height of the
    text, so the axes keep their size; call this before anything is put beside the axes.
    """
    big, small = _points("large"), _points("small")
    width = 72 * _width(ax)
    lines = [line for note in notes if note for line in _balanced(note, _fits(width, small))]
    titles = _balanced(title, _fits(width, 1.12 * big))
    # 1.28: a line of text with its spacing, in font sizes; 0.3: what hangs below the title's line.
    pad = 7 + 1.28 * small * len(lines) + 0.3 * big
    ax.set_title("\n".join(titles), pad=pad, loc="left")
    if own:
        figure = cast("Figure", ax.figure)
        figure.set_figheight(figure.get_figheight() + (pad + 1.25 * big * len(titles)) / 72)
    if lines:
        text = ax.annotate(
            "\n".join(lines),
            xy=(0, 1),
            xycoords="axes fraction",
            xytext=(0, 5),
            textcoords="offset points",
            ha="left",
            va="bottom",
            fontsize="small",
            linespacing=1.2,
            color=theme(ax)["soft"],
            gid="notes",
        )
        text.set_in_layout(False)  # the title's pad keeps the room; a wide note moves nothing


def notes_of(ax: Axes) -> str:
    """Return the notes that `headline` wrote on the axes, joined to one line."""
    return " ".join(text.get_text() for text in ax.texts if text.get_gid() == "notes").replace(
        "\n", " "
    )


def _points(size: str) -> float:
    from matplotlib.font_manager import FontProperties

    return float(FontProperties(size=size).get_size_in_points())


def _fits(width: float, size: float) -> int:
    """Return how many characters of a font size fit into a width, both in points."""
    return max(20, int(width / (0.54 * size)))


def _balanced(text: str, room: int) -> list[str]:
    """Wrap a text to at most `room` characters a line, in lines of about equal length."""
    lines = textwrap.wrap(text, room)
    while room > 20 and len(lines) > 1:
        tighter = textwrap.wrap(text, room - 1)
        if len(tighter) > len(lines):
            break
        room, lines = room - 1, tighter
    return lines


def _width(ax: Axes) -> float:
    """Return the width in inches that a title over these axes may take."""
    spec = ax.get_subplotspec()
    columns = 1 if spec is None else spec.get_gridspec().ncols
    return float(ax.figure.bbox.width / ax.figure.dpi) / columns - 0.8


# ------------------------------------------------------------------------------ what is held equal


def held_equal(runs: Sequence[Any], exact: str = "gradients") -> list[str]:
    """Say what a comparison holds equal: steps, gradient evaluations, start, learning rate.

    `exact` names what was computed exactly. Returns two lines, and a third for a landscape that
    moves.
    """
    runs = [run for run in runs if not is_average(run)]
    many = len(runs) > 1
    stayed = [run.steps for run in runs if not run.status.left]
    steps = sorted(set(stayed or [run.steps for run in runs]))
    if len(steps) == 1:
        first = [_count(steps[0], "step") + (" each" if many else "")]
    else:
        first = [f"{steps[0]} to {steps[-1]} steps"]
    costs = sorted({run.optimizer.evaluations_per_step for run in runs})
    first.append(
        f"{_count(costs[0], 'gradient evaluation')} a step"
        if len(costs) == 1
        else f"{costs[0]} or {costs[-1]} gradient evaluations a step"
    )
    starts = {tuple(map(float, run.path[0])) for run in runs}
    first.append(f"start {point(starts.pop())}" if len(starts) == 1 else f"{len(starts)} starts")
    return [", ".join(first), f"{rates_note(runs)}, exact {exact}{batches(runs)}", *_motion(runs)]


def batches(runs: Sequence[Any]) -> str:
    """Say of which batches the gradients were, to be put behind them; nothing when of all samples."""
    sizes = sorted({run.batch for run in runs if run.batch is not None})
    if not sizes:
        return ""
    return f" (batches of {' or '.join(map(str, sizes))} of {runs[0].landscape.samples} samples)"


def _motion(runs: Sequence[Any]) -> list[str]:
    """Say which parameters of the landscape move during the runs, if any do."""
    longest = max(runs, key=lambda run: run.steps)
    moved = [
        f"{name} from {sig(values[0])} to {sig(values[-1])}"
        for name, values in longest.time_varying.items()
    ]
    return [f"the landscape moves: {', '.join(moved)}"] if moved else []


def is_average(run: Any) -> bool:
    """Return whether a run is the average of another's weights (see `trails.Average`)."""
    return hasattr(run, "first")


def rates_note(runs: Sequence[Any]) -> str:
    """Say whether the runs share one learning rate."""
    rates = {float(run.optimizer.lr) for run in runs}
    if len(rates) > 1:
        return "each with its own lr"
    scheduled = any(run.optimizer.schedule is not None for run in runs)
    everyone = " for all" if len(runs) > 1 else ""
    return f"lr = {sig(rates.pop())}{everyone}{' before the schedule' if scheduled else ''}"


def _count(number: float, noun: str) -> str:
    return f"{sig(number, 6)} {noun}" + ("" if number == 1 else "s")
