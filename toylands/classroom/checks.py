"""What students call: `task("1.1")` asks with their numbers, `check("1.1", answer)` judges.

Neither ever shows an answer, and none is stored: each is computed from the landscape when asked.
"""

from __future__ import annotations

from typing import Any

from toylands._words import did_you_mean, one_of, show
from toylands.classroom.exercises import Task, Verdict, find, judge
from toylands.classroom.identity import known, who


class Given:
    """The things an exercise gives, as attributes: `given.land`, `given.start`, ..."""

    def __init__(self, number: str, title: str, made: Task) -> None:
        self._number, self._title, self._question = number, title, made.question
        self._things = dict(made.given)
        self._whose = f"numbers of {who()}" if known() else "example numbers"
        self.__dict__.update(made.given)

    def __getattr__(self, name: str) -> Any:
        # Asked only for what is not there. Names with an underscore are looked for by Jupyter.
        if name.startswith("_"):
            raise AttributeError(name)
        near = did_you_mean(name, self._things)
        raise AttributeError(
            f"exercise {self._number} gives {one_of(self._things, 'and')}, not {name!r}.{near}"
        )

    def __repr__(self) -> str:
        things = "".join(f"\n  given.{name} = {show(it)}" for name, it in self._things.items())
        return f"Exercise {self._number}, {self._title} ({self._whose})\n{self._question}{things}"

    def _repr_markdown_(self) -> str:
        things = " · ".join(f"`given.{name}` = `{show(it)}`" for name, it in self._things.items())
        return (
            f"**Exercise {self._number} · {self._title}** · {_literal(self._whose)}"
            f"\n\n{self._question}" + (f"\n\n{things}" if things else "")
        )


def _literal(name: str) -> str:
    """Return a name so that Markdown shows it as it was typed."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>()#+-.!|~$" else c for c in name)


class Answered:
    """The outcome of a check, shown with a cue for the eye; true when the answer is right."""

    def __init__(self, number: str, verdict: Verdict) -> None:
        self.number = number
        self.right = verdict.right
        self.words = verdict.words
        self._whose = f" ({who()})" if known() else ""

    def __bool__(self) -> bool:
        return self.right

    @property
    def _sentence(self) -> str:
        head = "right" if self.right else "not yet"
        tail = f": {self.words}" if self.words else ""
        return f"Exercise {self.number}{self._whose}: {head}{tail}."

    def __repr__(self) -> str:
        return f"{'✓' if self.right else '✗'} {self._sentence}"

    def _repr_html_(self) -> str:
        from html import escape

        color, mark = ("#009E73", "✓") if self.right else ("#D55E00", "✗")
        return (
            f'<div role="status" style="border-left: 6px solid {color}; padding: 6px 12px; '
            f'margin: 4px 0"><strong>{mark}</strong> {escape(self._sentence)}</div>'
        )


def task(number: str) -> Given:
    """Show an exercise with your own numbers, and give you what it is about.

    Raises:
        TypeError: when the number is not text. ValueError: for an unknown number, with the nearest
            right one.
    """
    found = find(number)
    return Given(found.number, found.title, found.make())


def check(number: str, answer: Any, *more: Any) -> Answered:
    """Say whether an answer is right; if not, with a hint that fits the mistake where there is one.

    Args:
        number: the exercise, for example "1.2".
        answer: a number, numbers, a word, or a function or optimizer of your own, as the question
            asks.
        more: nothing: two numbers, as in 0,14, are no decimal fraction, which is said.

    Raises:
        TypeError: when the number is not text. ValueError: for an unknown number, with the nearest
            right one.
    """
    if more:
        numbers = ", ".join(show(one) for one in (answer, *more))
        raise TypeError(
            f"check takes one answer, got {numbers}. A decimal fraction has a point, as in "
            f"{show(answer)}.{show(more[0])}; several numbers go into parentheses: ({numbers})."
        )
    found = find(number)
    return Answered(found.number, judge(found.make(), answer))
