"""The words of a picture: numbers, points, titles, and what is held equal.

sig(0.0000123456)            # '1.23×10⁻⁵'
held_equal(race)             # ['300 steps each, 1 gradient evaluation a step, ...']
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from toylands.plots.style import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: the size of the lines below a title: as large as the numbers of the axes, to be read on a wall
NOTES = "medium"
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


def apart(values: Iterable[float], digits: int = 3, most: int = 6) -> list[str] | None:
    """Return increasing numbers as `sig` writes them, rounded by at most a tenth of the smallest gap.

    All have the same number of significant digits; None where more than `most` would be needed.
    """
    values = [float(value) for value in values]
    slack = 0.1 * min((b - a for a, b in itertools.pairwise(values)), default=math.inf)
    for shown in range(digits, most + 1):
        if all(abs(float(f"{value:.{shown - 1}e}") - value) <= slack for value in values):
            return [sig(value, shown) for value in values]
    return None


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


def shared_parameters(lands: Sequence[Any], skip: Iterable[str] = ()) -> str:
    """Return the parameters that are the same on all landscapes, as `parameters` writes them."""
    differ = [
        name
        for name, value in lands[0].parameters.items()
        if any(np.any(land.parameters[name] != value) for land in lands)
    ]
    return parameters(lands[0], {*skip, *differ})


def headline(ax: Axes, title: str, notes: Sequence[str], own: bool) -> None:
    """Write the title and, below it in softer ink, one line for each note.

    Long lines are wrapped to the width of the axes. A figure of our own grows by the height of the
    text, so the axes keep their size; call this before anything is put beside the axes.
    """
    big, small = _points("large"), _points(NOTES)
    width = 72 * _width(ax)
    lines = [line for note in notes if note for line in _balanced(note, width, NOTES)]
    titles = _balanced(title, width, "large", "bold")
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
            fontsize=NOTES,
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


def _wrap(text: str, width: float, size: str, weight: str) -> list[str]:
    """Break a text into lines no wider than `width` points, between words."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size, weight=weight)
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        wide = text_to_path.get_text_width_height_descent(longer, font, False)[0]
        if lines and wide <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _balanced(text: str, width: float, size: str, weight: str = "normal") -> list[str]:
    """Wrap a text to a width in points, in as few lines as possible, all about equally long."""
    lines = _wrap(text, width, size, weight)
    while len(lines) > 1:
        width *= 0.95
        tighter = _wrap(text, width, size, weight)
        if len(tighter) > len(lines):
            break
        lines = tighter
    return lines


def _width(ax: Axes) -> float:
    """Return the width in inches that a title over these axes may take."""
    spec = ax.get_subplotspec()
    columns = 1 if spec is None else spec.get_gridspec().ncols
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size="medium")
    beside = [text.get_text() for text in ax.get_yticklabels() if "$" not in text.get_text()]
    widths = [text_to_path.get_text_width_height_descent(text, font, False)[0] for text in beside]
    left = max(0.8, max(widths, default=0.0) / 72 + 0.4)  # the axes begin right of their numbers
    return float(ax.figure.bbox.width / ax.figure.dpi) / columns - left


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
    ends = {repr({k: (v[0], v[-1]) for k, v in run.time_varying.items()}) for run in runs}
    if len(ends) > 1 and len({run.steps for run in runs}) == 1:
        return []  # the legend says how each of them moves
    moved = [
        f"{name} from {sig(values[0])} to {sig(values[-1])}"
        for name, values in longest.time_varying.items()
    ]
    return [f"the landscape moves: {', '.join(moved)}"] if moved else []


def is_average(run: Any) -> bool:
    """Return whether a run is the average of another's weights (see `trails.Average`)."""
    return hasattr(run, "first")


def rates_note(runs: Sequence[Any]) -> str:
    """Say which optimizer runs share that differ otherwise, or whether they share one learning rate."""
    optimizers = {run.optimizer.described(17) for run in runs}
    if len(runs) > 1 and len(optimizers) == 1:
        return f"{runs[0].optimizer.label} for all"
    rates = {float(run.optimizer.lr) for run in runs}
    if len(rates) > 1:
        return "each with its own lr"
    scheduled = any(run.optimizer.schedule is not None for run in runs)
    everyone = " for all" if len(runs) > 1 else ""
    return f"lr = {sig(rates.pop())}{everyone}{' before the schedule' if scheduled else ''}"


def _count(number: float, noun: str) -> str:
    return f"{sig(number, 6)} {noun}" + ("" if number == 1 else "s")
