"""What beginners type first gets a word that leads on."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas
import pytest

import toylands as tl
from toylands.classroom import check


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("ln(x)", "Write log(x)."),
        ("pow(x, 2)", "Write x**2 for pow(x, 2)."),
        ("log10(x)", "Write log(x)/log(10)."),
        ("lambda*x", "lambda is a word of Python: call the parameter lam"),
        ("|x| + y", "Write abs(x) instead of |x|."),
        ("x₁**2 + x₂**2", "Write x1 instead of x₁."),
    ],
)
def test_a_formula_as_it_is_written_elsewhere(formula: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        tl.landscape(formula)


def test_a_schedule_by_its_name_and_an_answer_with_a_comma() -> None:
    with pytest.raises(TypeError, match=r"schedule=toylands.schedules.cosine\(300\)"):
        tl.gd(0.1, schedule="cosine")
    with pytest.raises(TypeError, match=r"has a point, as in 0\.14; several .*: \(0, 14\)"):
        check("0.1", 0, 14)


def test_a_formula_by_name_and_a_table_as_data() -> None:
    assert tl.landscape(formula="x**2").loss(3.0) == 9
    table = pandas.DataFrame({"x": [1.0, 2.0], "y": [2.0, 3.0], "unused": ["a", "b"]})
    made = tl.landscape("(w*x - y)**2", data=table)
    assert made.loss(1.0) == 1.0
    with pytest.raises(TypeError, match="data=3 must give each column by name"):
        tl.landscape("(w*x - y)**2", data=3)


def test_one_start_and_many_seeds_are_replicates() -> None:
    land, opt = tl.landscapes.double_well_1d, tl.langevin(0.01, temperature=0.3)
    swarm = tl.descend(land, opt, start=[0.0], seed=np.arange(20), steps=30)
    alone: Any = tl.descend(land, opt, start=[0.0], seed=7, steps=30)
    assert swarm.end.shape == (20, 1)
    assert swarm.end[7] == alone.end
    by_hand = tl.dynamics.populations(land, swarm.end)
    assert (tl.dynamics.populations(land, swarm).labels == by_hand.labels).all()


def test_a_path_given_by_hand_is_evaluated_as_it_is() -> None:
    land = tl.landscape("(x**2 + y**2 - 1)**2/2")
    path = tl.geometry.bezier_path(land, (1, 0), (-1, 0), control=(0, 2), iterations=0, count=3)
    assert path.points.tolist() == [[1, 0], [0, 1], [-1, 0]]  # (1-t)^2 a + 2 t (1-t) c + t^2 b
    assert path.loss.tolist() == [0, 0, 0]
    assert path.iterations == 0
