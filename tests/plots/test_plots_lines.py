"""`plots.lines`: the curves that were given, told apart by colour and dash, on the scale asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from toylands.plots import lines
from toylands.plots.style import palette

X = np.linspace(1, 2, 5)


def test_it_draws_what_it_is_given() -> None:
    ax = lines(X, {"one": X, "two": X**2}, xlabel="x", ylabel="y", title="Both")
    assert [line.get_label() for line in ax.lines] == ["one", "two"]
    np.testing.assert_array_equal(ax.lines[1].get_xydata(), np.column_stack([X, X**2]))
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title("left")) == ("x", "y", "Both")
    assert [text.get_text() for text in ax.figure.legends[0].get_texts()] == ["one", "two"]
    colors = {line.get_color() for line in ax.lines}
    assert len(colors) == 2
    assert colors <= set(palette()["hues"])
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()


def test_curves_may_have_an_axis_each_and_a_single_one_has_no_legend() -> None:
    ax = lines([X, X[:2]], {"long": X, "short": X[:2]}, marks=True)
    assert [len(line.get_xdata()) for line in ax.lines] == [5, 2]
    assert ax.lines[0].get_marker() == "o"
    assert not lines(X, {"only": X}).figure.legends


@pytest.mark.parametrize(
    ("scale", "axes"),
    [("linear", ("linear", "linear")), ("log", ("linear", "log")), ("loglog", ("log", "log"))],
)
def test_scales(scale: str, axes: tuple[str, str]) -> None:
    ax = lines(X, {"one": X}, scale=scale)
    assert (ax.get_xscale(), ax.get_yscale()) == axes


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="scale='lok'"):
        lines(X, {"one": X}, scale="lok")
    with pytest.raises(ValueError, match="'one' has the shape"):
        lines(X, {"one": X[:3]})
    with pytest.raises(ValueError, match="at least one curve"):
        lines(X, {})
    with pytest.raises(ValueError, match="2 arrays x for 1 curves"):
        lines([X, X], {"one": X})


def test_curves_may_be_a_row_or_a_list_of_rows() -> None:
    assert [line.get_label() for line in lines(X, [X, X**2]).lines] == ["curve 1", "curve 2"]
    ax = lines(X, [X, X**2], labels=["one", "two"], ylim=(0, 3))
    assert [line.get_label() for line in ax.lines] == ["one", "two"]
    assert ax.get_ylim() == (0, 3)
    (line,) = lines(X.tolist(), (X**2).tolist(), ylim=(None, 9)).lines
    np.testing.assert_array_equal(line.get_ydata(), X**2)


@pytest.mark.parametrize(
    ("curves", "options", "error", "words"),
    [
        ("text", {}, TypeError, "expected {name: values}"),
        ({"one": "text"}, {}, TypeError, "curve 'one' = 'text': expected a list or an array"),
        ({"one": [[1, 2]]}, {}, ValueError, "curve 'one' has the shape"),
        ([X, X], {"labels": ["one"]}, ValueError, "expected one for each of 2 curves"),
        ([X, X], {"labels": ["one", "one"]}, ValueError, "expected different names"),
        ({"one": X}, {"labels": ["one"]}, ValueError, "have names already"),
        ([X], {"ylim": (1, 0)}, ValueError, r"ylim=\(1, 0\): expected \(lowest, highest\)"),
        ([X], {"ylim": 3}, TypeError, "ylim=3 must be 2 values"),
        ([X], {"ylim": (0, 1), "scale": "log"}, ValueError, "shows values above zero only"),
        (
            [-X],
            {"scale": "log"},
            ValueError,
            "a logarithm needs values above zero, curve 'curve 1'",
        ),
    ],
)
def test_more_mistakes_are_named(curves: Any, options: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        lines(X, curves, **options)
