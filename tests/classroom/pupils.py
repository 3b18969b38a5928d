"""What the tests of exercises share: a few pupils, and what the library says to their answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from solutions import SOLUTIONS

from toylands.classroom.checks import Given
from toylands.classroom.exercises import Task, Verdict, find, judge

NAMES = (
    "Ada",
    "Bo",
    "Chen",
    "Dilek",
    "Emil",
    "Fatou",
    "Goran",
    "Hana",
    "Iker",
    "Jun",
    "Kim",
    "Lea",
)


def made(number: str, name: str) -> tuple[Task, Given]:
    """The exercise as this pupil gets it, and its `given`."""
    found = find(number)
    task = found.make(name)
    return task, Given(number, found.title, task)


def said(number: str, name: str, answer: Any) -> Verdict:
    """What this pupil hears."""
    return judge(find(number).make(name), answer)


def right(number: str, name: str) -> float:
    """This pupil's right answer, by the independent route."""
    return float(SOLUTIONS[number](made(number, name)[1]))


def accepts_the_right_number_only(number: str) -> None:
    """Assert that right answers count, near misses do not, and neighbours have other numbers."""
    answers = []
    for name in NAMES:
        task, _ = made(number, name)
        answer = right(number, name)
        answers.append(round(answer, 9))
        assert judge(task, answer).right, f"{name}: {answer} is right"
        np.testing.assert_allclose(task.answer, answer, rtol=1e-6)
        for factor in (1 + 0.5 * task.rtol, 1 - 0.5 * task.rtol):
            assert judge(task, answer * factor).right, f"{name}: rounding is no mistake"
        for factor in (1 + 2 * task.rtol, 1 - 2 * task.rtol, 2, 0.5, -1, 10):
            verdict = judge(task, answer * factor)
            assert not verdict.right, f"{name}: {answer} * {factor} is wrong"
            reveals_nothing(task, verdict)
        for rubbish in ("x", str(answer), True, None, ..., np.nan, np.inf, [answer, answer], {}):
            assert not judge(task, rubbish).right, f"{rubbish!r} is no answer"
    assert len(set(answers)) > len(NAMES) / 2, "too many pupils have the same answer"
    for name, answer in zip(NAMES, answers, strict=True):
        for own in answers:
            if abs(own - answer) > 0.02 * abs(answer):
                assert not said(number, name, own).right, "an answer copied from a neighbour"


def gives_its_hints(number: str, mistakes: Mapping[str, Callable[[Given], float]]) -> None:
    """Assert that every mistake is told by its hint, named by a part of it, and that none is left.

    Args:
        number: the exercise.
        mistakes: part of a hint -> the mistaken answer, computed from `given` and nothing else.
    """
    left = {hint for _, hint in made(number, NAMES[0])[0].wrong}
    for part, mistake in mistakes.items():
        heard = set()
        for name in NAMES:
            task, given = made(number, name)
            verdict = judge(task, mistake(given))
            if verdict.right:  # for these numbers the mistake happens to lead to the right answer
                np.testing.assert_allclose(mistake(given), right(number, name), rtol=task.rtol)
                continue
            heard.add(verdict.words)
            reveals_nothing(task, verdict)
        found = {words for words in heard if part in words}
        assert found, f"{part!r} was never said; {heard} was"
        # Two mistakes may coincide for one pupil's numbers, but not for most.
        left -= found
    assert not left, f"no mistake leads to {left}"


def reveals_nothing(task: Task, verdict: Verdict) -> None:
    """Assert that neither question nor words contain the answer."""
    if task.answer is not None and not isinstance(task.answer, str):
        digits = f"{float(task.answer):.3g}"
        assert len(digits) < 5 or digits not in verdict.words, verdict.words
        assert len(digits) < 5 or digits not in task.question, task.question
