"""The exercises of lesson 9: right answers by another route, mistakes and their hints."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from pupils import accepts_the_right_number_only, gives_its_hints


@pytest.mark.parametrize("number", ["9.1", "9.2", "9.3"])
def test_right_answers_only(number: str) -> None:
    accepts_the_right_number_only(number)


# --- against the new slope ------------------------------------------------------------------------


def waits(g: Any, ratio: float) -> float:
    return math.log(ratio) / math.log(1 / g.beta)


def exact(g: Any) -> float:
    return waits(g, (g.after - g.before) / g.after)


def home(g: Any) -> int:
    """When the walk is back, by the sum of the memories that come after the landslide."""
    k = np.arange(1, 2000)
    memory = (g.after + (g.before - g.after) * g.beta**k) / (1 - g.beta)
    return int(np.argmax(np.cumsum(memory) >= 0)) + 1


def test_slide_hints() -> None:
    gives_its_hints(
        "9.1",
        {
            "steps are whole": exact,
            "one too many": lambda g: math.floor(exact(g)) + 1,
            "one too few": lambda g: math.floor(exact(g)) - 1,
            "only changes its sign": lambda g: math.floor(waits(g, 2)),
            "exchanged": lambda g: math.floor(waits(g, (g.after - g.before) / -g.before)),
            "the sum of both sizes": lambda g: math.floor(waits(g, -g.before / g.after)),
            "how long the memory is": lambda g: round(1 / (1 - g.beta)),
            "the size of the memory": lambda g: round(-g.before / (1 - g.beta)),
            "base 10": lambda g: math.floor(
                math.log10((g.after - g.before) / g.after) / math.log(1 / g.beta)
            ),
            "ln(1/beta) is not": lambda g: -exact(g),
            "back where the slope turned": home,
            "with a reset": lambda g: 0,
        },
    )


# --- enough smoothing -----------------------------------------------------------------------------

TWO_PI_SQUARED = 2 * math.pi**2


def sigma(ratio: float, below: float = TWO_PI_SQUARED) -> float:
    return math.sqrt(math.log(ratio) / below)


def bends(g: Any) -> float:
    return float((2 * math.pi) ** 2 * g.a / g.k)


def test_smoothing_hints() -> None:
    gives_its_hints(
        "9.2",
        {
            "sigma squared": lambda g: sigma(bends(g)) ** 2,
            "over the whole quotient": lambda g: math.sqrt(math.log(bends(g))) / TWO_PI_SQUARED,
            "not exp(-4π² sigma²)": lambda g: sigma(bends(g), 2 * TWO_PI_SQUARED),
            "not exp(-π² sigma²/2)": lambda g: sigma(bends(g), math.pi**2 / 2),
            "not exp(-π² sigma²)": lambda g: sigma(bends(g), math.pi**2),
            "counts twice": lambda g: sigma(2 * math.pi * g.a / g.k),
            "curvature k is missing": lambda g: sigma(bends(g) * g.k),
            "exchanged k and a": lambda g: sigma((2 * math.pi) ** 2 * g.k / g.a),
            "not 10": lambda g: sigma(bends(g), TWO_PI_SQUARED * math.log(10)),
            "not k/2": lambda g: sigma(2 * bends(g)),
            "not 2k": lambda g: sigma(bends(g) / 2),
            "may be left": lambda g: 1 / bends(g),
            "so many times": bends,
            "π is missing": lambda g: sigma(bends(g), 2),
            "do not multiply": lambda g: math.sqrt(math.log(bends(g)) * TWO_PI_SQUARED),
            "only one minimum is left": lambda g: sigma(bends(g) / 4.603339),
        },
    )


# --- the mean of the clipped ----------------------------------------------------------------------


def cut(g: Any) -> np.ndarray:
    return np.clip(g.slopes, -g.limit, g.limit)


def test_clipping_hints() -> None:
    gives_its_hints(
        "9.3",
        {
            "without clipping": lambda g: float(np.mean(g.slopes)),
            "you clipped the mean": lambda g: min(float(np.mean(g.slopes)), g.limit),
            "stay as they are": lambda g: float(np.mean(np.sign(g.slopes)) * g.limit),
            "the sum of the 20": lambda g: float(cut(g).sum()),
            "look at the sign": lambda g: -float(cut(g).mean()),
            "not dropped": lambda g: float(cut(g)[cut(g) < 0].sum() / 20),
            "slope of most samples": lambda g: g.slopes[0],
            "not equally frequent": lambda g: float(np.unique(cut(g)).mean()),
            "how many there are of each kind": lambda g: float(
                np.mean([cut(g)[-1] if slope < 0 else g.slopes[0] for slope in g.slopes])
            ),
            "most slopes are negative": lambda g: float(np.abs(cut(g)).mean()),
            "in the lesson the limit": lambda g: float(np.clip(g.slopes, -1, 1).mean()),
            "not by the limit": lambda g: float(
                np.mean([s - g.limit if s > 0 else s for s in g.slopes])
            ),
            "changes the mean": lambda g: float(np.mean(g.slopes - cut(g))),
            "gentle pulls": lambda g: float(np.maximum(cut(g), 0).mean()),
            "not a unit": lambda g: float(cut(g).mean() / g.limit),
        },
    )
