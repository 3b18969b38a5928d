"""Exercises that check themselves, with numbers of one's own.

    from toylands.classroom import check, me, task

    me("Ada")
    given = task("1.1")
    check("1.1", 0.2)

Answers are computed from the landscapes when asked; none is stored.
"""

from __future__ import annotations

from toylands.classroom.checks import Answered, Given, check, task
from toylands.classroom.exercises import Exercise, Task, Verdict, exercise
from toylands.classroom.identity import Personal, me

__all__ = [
    "Answered",
    "Exercise",
    "Given",
    "Personal",
    "Task",
    "Verdict",
    "check",
    "exercise",
    "me",
    "task",
]
