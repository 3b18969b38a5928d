"""Numbers, points and captions."""

from __future__ import annotations

from typing import Any

import pytest

import toylands as tl
from toylands.plots.words import heading, held_equal, parameters, point, rates_note, sig


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1, "1"),
        (-1.2, "−1.2"),
        (3.14159, "3.14"),
        (99.96, "100"),
        (1234.5, "1230"),
        (12345, "12300"),
        (123456, "1.23×10⁵"),
        (0.00123456, "0.00123"),
        (0.000123456, "1.23×10⁻⁴"),
        (0.0000123456, "1.23×10⁻⁵"),
        (1e-30, "1×10⁻³⁰"),
        (-2.5e12, "−2.5×10¹²"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
        (float("nan"), "undefined"),
    ],
)
def test_three_significant_digits(value: float, text: str) -> None:
    assert sig(value) == text


@pytest.mark.parametrize("value", [1.0, 17.2, 3.3e-7, -8.25e9, 0.5, 60000.0])
def test_a_number_can_be_read_back(value: float) -> None:
    text = sig(value, 6).replace("−", "-").replace("×10", "e")
    text = text.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    assert float(text) == pytest.approx(value, rel=1e-5)


def test_points() -> None:
    assert point((-1.2, 1)) == "(−1.2, 1)"
    assert point([0.5]) == "(0.5)"
    assert point(range(7)) == "(0, 1, 2, …)"


def test_parameters() -> None:
    assert parameters(tl.landscapes.rosenbrock) == "a = 1, b = 100"
    assert parameters(tl.landscape("x**2 + y**2")) == ""


BOWL = tl.landscape("x**2 + y**2")


def walk(opt: Any, start: Any = (1.0, 2.0), steps: int = 10) -> Any:
    return tl.descend(BOWL, opt, start=start, steps=steps)


def test_mini_batches_are_not_passed_off_as_all_samples() -> None:
    line = tl.landscapes.regression
    run = tl.descend(line, tl.gd(0.01), steps=5, batch=2)
    assert held_equal([run])[1] == "lr = 0.01, exact gradients (batches of 2 of 4 samples)"
    swarm = tl.descend(line, tl.gd(0.01), start=[(0, 0), (1, 1)], steps=5, batch=2)
    assert [run.batch for run in swarm] == [2, 2]


def test_one_run_says_what_ran() -> None:
    assert held_equal([walk(tl.gd(0.1))]) == [
        "10 steps, 1 gradient evaluation a step, start (1, 2)",
        "lr = 0.1, exact gradients",
    ]


def test_a_comparison_says_what_is_equal() -> None:
    assert held_equal([walk(tl.gd(0.1)), walk(tl.adam(0.1))]) == [
        "10 steps each, 1 gradient evaluation a step, start (1, 2)",
        "lr = 0.1 for all, exact gradients",
    ]


def test_a_comparison_says_what_is_not_equal() -> None:
    other = walk(tl.sam(tl.gd(0.2), rho=0.05), start=(3.0, 4.0), steps=20)
    assert held_equal([walk(tl.gd(0.1)), other], "gradients and Hessian") == [
        "10 to 20 steps, 1 or 2 gradient evaluations a step, 2 starts",
        "each with its own lr, exact gradients and Hessian",
    ]


def test_a_diverged_run_does_not_count_as_a_shorter_one() -> None:
    runs = [walk(tl.gd(0.1), steps=300), walk(tl.gd(30.0), steps=300)]
    assert runs[1].status.kind == "diverged"
    assert runs[1].steps < 300
    assert held_equal(runs)[0].startswith("300 steps each")


def test_a_schedule_is_mentioned() -> None:
    decayed = walk(tl.gd(0.1, schedule=tl.schedules.cosine(10)))
    assert rates_note([decayed]) == "lr = 0.1 before the schedule"


def test_a_landscape_that_moves_is_mentioned() -> None:
    land = tl.landscape("(x - c)**2 + y**2", c=0)
    run = tl.descend(land, tl.gd(0.1), start=(1, 1), steps=4, time_varying={"c": [0, 1, 2, 3, 4.5]})
    assert held_equal([run])[2] == "the landscape moves: c from 0 to 4.5"


def test_real_runs(race: Any) -> None:
    assert held_equal(list(race)) == [
        "60 steps each, 1 gradient evaluation a step, start (−1.2, 1)",
        "each with its own lr, exact gradients",
    ]


def test_titles_have_words_and_no_names() -> None:
    """Of networks, masked networks, slices and parts of a landscape; a typed formula stays as typed."""
    from toylands.geometry import masked, slice_line, slice_plane

    net = tl.networks.mlp((2, 2, 1), "tanh", "bce", data=tl.networks.two_moons(20))
    assert heading(net) == "A network of 2-2-1 units on two moons"
    assert "two moons" in heading(masked(net, [True] * 3 + [False] * 6))
    uvw = tl.landscapes.uvw_product
    assert heading(slice_line(uvw)) == "Uvw product along a line"
    assert heading(slice_plane(uvw)) == "Uvw product over a plane"
    assert heading(masked(uvw, [True, True, False])) == "Uvw product with 2 of its 3 coordinates"
    assert heading(tl.landscape("two_moons**2")) == "The formula two_moons**2"
