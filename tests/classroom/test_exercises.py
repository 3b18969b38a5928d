"""The framework of exercises: who is working, how answers are judged, what a student sees."""

from __future__ import annotations

import decimal
import fractions
import hashlib
import inspect
import subprocess
import sys
import textwrap
import unicodedata
import warnings
from collections.abc import Iterator
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy

import toylands as tl
from toylands.classroom import (
    Personal,
    Task,
    Verdict,
    check,
    exercise,
    exercises,
    identity,
    me,
    task,
)
from toylands.classroom.exercises import all_exercises, find, judge, number_in, numbers_in
from toylands.classroom.identity import personal


@pytest.fixture(autouse=True)
def nobody() -> Iterator[None]:
    me(...)
    yield
    me(...)


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exercise my.1 that no lesson has: the answer is 3 times a personal number."""
    monkeypatch.setattr(exercises, "_EXERCISES", dict(all_exercises()))

    @exercise("my.1", "Three times")
    def three_times(mine: Personal) -> Task:
        n = mine.between(10, 90, 1)
        return Task(f"3 times {n:g}?", {"n": n}, answer=3 * n, wrong=[(n, "you forgot <the 3>")])


# --- who is working -------------------------------------------------------------------------------


def test_a_name_gives_the_same_numbers_however_it_is_typed() -> None:
    def numbers(name: str) -> list[float]:
        source = personal("1.1", name)
        return [source.between(0, 1, 0.001) for _ in range(5)]

    expected = numbers("José Ada")
    decomposed = unicodedata.normalize("NFD", "José Ada")
    assert decomposed != "José Ada"
    for same in ("josé ada", "  JOSÉ   ADA ", decomposed, "José\tAda"):
        assert numbers(same) == expected
    assert numbers("Jose Ada") != expected


def test_numbers_come_from_the_digest_of_exercise_and_name() -> None:
    """The same on every machine, for ever: graders rely on it."""

    def digest(n: int) -> int:
        return int.from_bytes(hashlib.sha256(f"1.1:ada:{n}".encode()).digest()[:8], "big")

    source = personal("1.1", "Ada")
    assert source.pick("abcdefg") == "abcdefg"[digest(1) % 7]
    assert source.between(2, 3, 0.1) == round(2 + 0.1 * (digest(2) % 11), 10)


def test_numbers_stay_within_bounds_and_use_all_of_them() -> None:
    drawn = {personal("1.1", f"pupil {n}").between(0.1, 0.5, 0.1) for n in range(200)}
    assert drawn == {0.1, 0.2, 0.3, 0.4, 0.5}
    uneven = {personal("1.1", f"pupil {n}").between(0, 1, 0.35) for n in range(200)}
    assert uneven == {0, 0.35, 0.7}
    assert {personal("1.1", f"pupil {n}").pick(["a", "b"]) for n in range(50)} == {"a", "b"}


def test_every_exercise_and_every_name_has_its_own_numbers() -> None:
    def first(number: str, name: str) -> float:
        return personal(number, name).between(0, 1, 1e-6)

    seen = {first(number, name) for number in ("1.1", "1.2", "1.11") for name in ("1", "Ada", "Bo")}
    assert len(seen) == 9


def test_me_answers_and_task_says_whose_numbers_these_are() -> None:
    assert "Ada L" in repr(me("  Ada   L "))
    assert "numbers of Ada L" in repr(task("1.1"))
    assert "numbers of Ada L" in task("1.1")._repr_markdown_()
    assert "(Ada L)" in repr(check("1.1", 0.0))
    for dots in ("...", ..., "…"):
        assert "dots" in repr(me(dots))
        assert "example numbers" in repr(task("1.1"))
        assert "()" not in repr(check("1.1", 0.0))


@pytest.mark.parametrize(
    ("wrong", "error"), [(7, TypeError), (None, TypeError), ("  ", ValueError)]
)
def test_me_refuses_what_is_no_name(wrong: Any, error: type[Exception]) -> None:
    me("Ada")
    with pytest.raises(error, match="Ada"):
        me(wrong)
    assert identity.who() == "Ada"


def test_a_name_cannot_break_what_is_shown() -> None:
    me("<b>*A_da*</b>")
    assert "<b>" not in check("1.1", 0.0)._repr_html_()
    assert "\\*A\\_da\\*" in task("1.1")._repr_markdown_()


# --- exercises ------------------------------------------------------------------------------------


def test_numbers_are_ordered_as_numbers(planted: None) -> None:
    @exercise("my.10", "Late")
    def late(mine: Personal) -> Task:
        return Task("?", answer=1)

    @exercise("my.2", "Early")
    def early(mine: Personal) -> Task:
        return Task("?", answer=1)

    assert list(all_exercises())[-3:] == ["my.1", "my.2", "my.10"]


def test_a_number_is_taken_once_but_a_module_can_be_read_again(planted: None) -> None:
    build = find("my.1").build
    assert exercise("my.1", "Three times")(build).build is build

    with pytest.raises(ValueError, match=r"numbered my\.1"):

        @exercise("my.1", "Another")
        def another(mine: Personal) -> Task:
            return Task("?", answer=1)


def test_a_number_of_digits_belongs_to_the_lessons_and_this_is_said_at_the_definition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The docstring's example, given a lesson's number, does not break the checks that follow."""
    monkeypatch.setattr(exercises, "_EXERCISES", dict(all_exercises()))
    with pytest.raises(ValueError, match=r"belong to the lessons.*'my\.1'"):

        @exercise("1.1", "The largest safe rate")
        def largest_rate(mine: Personal) -> Task:
            return Task("?", answer=1)

    example = inspect.getdoc(exercises) or ""
    space = {"__name__": "cell", "exercise": exercise, "Task": Task, "landscapes": tl.landscapes}
    exec(
        textwrap.dedent(example[example.index("    @exercise") : example.index("The answer")]),
        space,
    )
    assert find("my.1").make("Ada").answer > 0
    assert check("1.1", 1e9).right is False


@pytest.mark.parametrize("number", ["1", "1.a", "one.two", "1.2.3", "", "_x.1", "my.1.2"])
def test_a_number_has_lesson_and_place(number: str) -> None:
    with pytest.raises(ValueError, match=r"such as 'my\.1'"):
        exercise(number, "?")


def test_a_task_has_an_answer_or_a_judge() -> None:
    with pytest.raises(ValueError, match="either"):
        Task("?")
    with pytest.raises(ValueError, match="either"):
        Task("?", answer=1, judge=lambda given: Verdict(True, ""))


def test_unknown_numbers_are_told(planted: None) -> None:
    with pytest.raises(ValueError, match=r"'my\.11'.*Did you mean"):
        check("my.11", 1)
    with pytest.raises(TypeError, match=r"in quotes.*1\.1"):
        check(1.1, 1)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        task(["1.1"])  # type: ignore[arg-type]
    assert task(" my.1 ").n == find("my.1").make().given["n"]


def test_given_tells_what_it_has(planted: None) -> None:
    given = task("my.1")
    assert 10 <= given.n <= 90
    with pytest.raises(AttributeError, match=r"my\.1 gives 'n', not 'm'"):
        given.m  # noqa: B018
    with pytest.raises(AttributeError, match="Did you mean 'land'"):
        task("1.1").landd  # noqa: B018
    assert not hasattr(given, "_ipython_display_")
    assert f"given.n = {given.n:g}" in repr(given)


def test_a_check_shows_a_sign_words_and_never_the_answer(planted: None) -> None:
    given = task("my.1")
    right, wrong = check("my.1", 3 * given.n), check("my.1", given.n)
    assert right
    assert not wrong
    assert repr(right) == "✓ Exercise my.1: right."
    assert repr(wrong) == "✗ Exercise my.1: not yet: you forgot <the 3>."
    assert "&lt;the 3&gt;" in wrong._repr_html_()
    for shown in (right, wrong, check("my.1", 2.9 * given.n)):
        assert 'role="status"' in shown._repr_html_()
        assert f"{3 * given.n:g}" not in repr(shown)


def test_a_check_uses_the_numbers_of_whoever_works(planted: None) -> None:
    me("Ada")
    ada = 3 * task("my.1").n
    assert check("my.1", ada)
    me("Bo")
    bo = 3 * task("my.1").n
    assert ada != bo
    assert not check("my.1", ada)
    assert check("my.1", bo)


# --- judging numbers ------------------------------------------------------------------------------

HALF = Task("?", answer=0.5, rtol=1e-2, wrong=[(0.25, "halved twice")])


@pytest.mark.parametrize(
    "answer",
    [
        0.5,
        np.float64(0.5),
        np.float32(0.5),
        np.array(0.5),
        np.array([0.5]),
        [[0.5]],
        fractions.Fraction(1, 2),
        decimal.Decimal("0.5"),
        sympy.Rational(1, 2),
        mpmath.mpf("0.5"),
        0.5049,
        0.4951,
    ],
)
def test_a_number_is_accepted_in_every_form(answer: Any) -> None:
    assert judge(HALF, answer).right


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (..., "no answer"),
        (None, "no answer"),
        ("...", "no answer"),
        ([..., 1], "no answer"),
        ("0.5", "without quotes"),
        ("half", "expected one number, got 'half'"),
        (True, "expected one number"),
        (np.True_, "expected one number"),
        (0.5 + 0j, "expected one number"),
        (np.nan, "expected one number, got nan"),
        (np.inf, "expected one number"),
        ([0.5, 0.5], "expected one number"),
        ([], "expected one number"),
        ({0.5}, "expected one number"),
        (len, "expected one number"),
        (sympy.Symbol("x"), "expected one number"),
        (0.25, "halved twice"),
        (-0.5, "sign"),
        (0.51, "within 1 %"),
        (0.49, "within 1 %"),
        ("0.5 ", "without quotes"),
        (0.6, "the order of magnitude is right, the number is not"),
        (0.26, "the order of magnitude is right, the number is not"),
        (1.0, "much too large"),
        (30, "much too large"),
        (0.1, "much too small"),
        (0, "much too small"),
        (1e308, "much too large"),
        (-3, "the sign is wrong"),
        ("1/2", "without quotes"),
        (" [0.5] ", "without quotes"),
        (["0.5"], "without quotes"),
        (decimal.Decimal("sNaN"), "expected one number"),
    ],
)
def test_what_is_said_of_a_wrong_number(answer: Any, words: str) -> None:
    verdict = judge(HALF, answer)
    assert not verdict.right
    assert words in verdict.words


def test_one_and_zero_are_numbers_and_true_and_false_are_not() -> None:
    assert judge(Task("?", answer=1), 1).right
    assert not judge(Task("?", answer=1), True).right
    assert judge(Task("?", answer=0), 0).right
    assert not judge(Task("?", answer=0), 1e-6).right
    assert not judge(Task("?", answer=0), False).right


def test_each_of_several_numbers_has_to_be_right() -> None:
    pair = Task("?", answer=(0.6, 8.4), rtol=1e-2)
    assert judge(pair, [0.601, 8.39]).right
    assert judge(pair, np.array([0.6, 8.4])).right
    assert not judge(pair, (0.65, 8.4)).right  # within 1 % of the larger one only
    assert (
        judge(pair, (0.65, 8.4)).words
        == "first number: the order of magnitude is right, the number is not; second number: right"
    )
    assert (
        judge(pair, (-1, 90)).words
        == "first number: the sign is wrong; second number: much too large"
    )
    assert "another order" in judge(pair, (8.4, 0.6)).words
    assert "sign" in judge(pair, (-0.6, -8.4)).words
    assert "expected 2 numbers" in judge(pair, 0.6).words
    assert "no answer" in judge(pair, (0.6, ...)).words
    point = Task("?", answer=(0.0, 1.0), rtol=1e-2)
    assert judge(point, (1e-5, 1.0)).right
    assert not judge(point, (1e-3, 1.0)).right
    assert judge(point, (1e-5, 3.0)).words == "first number: right; second number: much too large"


def test_a_zero_is_missed_upwards_and_an_exact_number_by_little() -> None:
    assert judge(Task("?", answer=0), 3).words == "too large"
    assert judge(Task("?", answer=0), -3).words == "too small"
    assert judge(Task("?", answer=1030, rtol=1e-6), 1030.03).words.endswith("wanted exactly")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (-1.0, "much too far below 0"),
        (-0.1, "much too close to 0"),
        (0, "it is not 0"),
        (0.1, "the sign is wrong"),
        (-0.6, "the order of magnitude is right, the number is not"),
    ],
)
def test_below_zero_large_and_small_are_said_without_doubt(answer: float, words: str) -> None:
    assert judge(Task("?", answer=-0.5), answer).words == words


def test_how_far_off_is_said_too_coarsely_to_find_the_number_by_halving() -> None:
    heard = {judge(HALF, x).words for x in np.linspace(0.27, 0.47, 41)}
    heard |= {judge(HALF, x).words for x in np.linspace(0.53, 0.98, 41)}
    assert len(heard) == 1


def test_no_wrong_number_is_left_without_a_word() -> None:
    one, some = [0.2, 0.3, -3, 0, 1, 40, 1e9], [(0, 0), (1, 1), (-2, 3), (50, -9)]
    for number, found in all_exercises().items():
        for name in ("Ada", "Bo", "Chen"):
            task = found.make(name)
            if task.judge is None:
                for answer in some if np.ndim(task.answer) else one:
                    verdict = judge(task, answer)
                    assert verdict.right or verdict.words, (number, name, answer)


def test_no_mistake_with_a_hint_is_right_by_chance() -> None:
    """Whatever numbers a name has, the answers that hints are about are wrong."""
    for number, one in all_exercises().items():
        if number == "my.1":  # planted by a test
            continue
        for name in (f"name {n}" for n in range(150)):
            task = one.make(name)
            for mistake, hint in task.wrong:
                assert not judge(task, mistake).right, (number, name, hint)


def test_matrices() -> None:
    matrix = Task("?", answer=[[1, 2], [3, 4]])
    assert judge(matrix, np.array([[1, 2], [3, 4.0]])).right
    assert not judge(matrix, [[1, 3], [2, 4]]).right
    assert "2 x 2 numbers" in judge(matrix, [1, 2, 3, 4]).words
    assert judge(matrix, [[1, 3], [2, 4]]).words == "right so far: 2 of 4 numbers"


def test_number_in() -> None:
    assert number_in(np.int64(3)) == 3
    assert number_in([0.25]) == 0.25
    for none in ("3", True, None, [1, 2], [], 1j, np.inf, object()):
        assert number_in(none) is None
    assert numbers_in((1, np.float32(0.5)), 2) == [1, 0.5]
    for none in (("1", "2"), "12", (True, False), (1, 1j), (1, np.nan), [[1, 2]], 1, (1, 2, 3)):
        assert numbers_in(none, 2) is None


class Grumpy:
    """An object that cannot be written out, nor read as a number."""

    def __repr__(self) -> str:
        raise RuntimeError("no")

    def __float__(self) -> float:
        raise RuntimeError("no")


NO_ANSWERS = [
    *("three", "", None, ..., np.nan, -np.inf, (np.nan, 1), True, (True, False), 1j, (1j, 2)),
    *({}, {1: 2}, {1, 2}, [], [1, [2, 3]], [None, 1], ["1", "2"], b"1", object(), Grumpy()),
    *(10**400, -(10**400), (10**400, 1), np.longdouble(10) ** 400, decimal.Decimal("1e500")),
    *(decimal.Decimal("sNaN"), sympy.Symbol("x"), sympy.oo, np.zeros((0, 3)), np.zeros((2, 2, 2))),
    *(np.zeros(1000), np.array([None, 1], dtype=object), np.array(["a", "b"]), range(9)),
]


def test_whatever_is_answered_the_reply_is_calm() -> None:
    for number in all_exercises():
        for answer in (*NO_ANSWERS, len, lambda: 1, 1e308, -1e308, (1e308, 0.5), 5e-324):
            with warnings.catch_warnings(record=True) as warned:  # as errors they might be caught
                warnings.simplefilter("always")
                shown = repr(check(number, answer))
            assert not warned, (shown, str(warned[0].message))
            assert shown.startswith(f"✗ Exercise {number}: not yet: "), shown
            failed = "your answer fails with" in shown
            assert not failed or (callable(answer) and number == "3.3"), shown


# --- judging words and properties -----------------------------------------------------------------


def test_words() -> None:
    yes = Task("?", answer="yes", wrong=[("No", "look at the Hessian")], praise="indeed")
    assert judge(yes, " Yes ") == Verdict(True, "indeed")
    assert judge(yes, "no") == Verdict(False, "look at the Hessian")
    assert judge(yes, "perhaps") == Verdict(False, "")
    assert "in quotes" in judge(yes, True).words
    either = Task("?", answer={"valley", "plateau"})
    assert judge(either, "Plateau").right
    assert not judge(either, "minimum").right


def test_properties_and_functions_of_the_student() -> None:
    def squares(given: Any) -> Verdict:
        return Verdict(given(3) == 9, "tried with 3")

    own = Task("?", judge=squares)
    assert judge(own, lambda x: x * x).right
    assert not judge(own, lambda x: x + x).right
    assert "ZeroDivisionError: division by zero" in judge(own, lambda x: x / 0).words
    assert "TypeError" in judge(own, 9).words
    assert "no answer" in judge(own, ...).words


# --- what a student's copy contains ---------------------------------------------------------------


def test_importing_the_classroom_draws_nothing() -> None:
    """The exercises need neither matplotlib nor Jupyter, so grading runs anywhere."""
    code = (
        "import sys; from toylands.classroom import check, task; task('1.1'); check('1.1', 0.2); "
        "print(sorted({'matplotlib', 'IPython', 'anywidget'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
