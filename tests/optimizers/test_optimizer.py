"""The `Optimizer` record: names, labels, numbers, and `replace`."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.optimizers import Optimizer, schedules
from toylands.optimizers.optimizer import check_count, check_number, check_optimizer

pytestmark = pytest.mark.filterwarnings("error")

LAND = tl.landscape("5*x**2 + y**2/2 + x*y/2 + y**4/4", name="quartic")
START = (1.0, -1.5)

# Names


@pytest.mark.parametrize(
    ("opt", "name", "base", "family", "label"),
    [
        (tl.gd(0.1), "gd", "gd", "gd", "gd(lr=0.1)"),
        (tl.adam(0.1), "adam", "adam", "adam", "adam(lr=0.1)"),
        (tl.adam(0.1, beta1=0.8), "adam", "adam", "adam", "adam(lr=0.1, beta1=0.8)"),
        (tl.newton(), "newton", "newton", "newton", "newton(lr=1)"),
        (tl.newton(0.5, 0.1), "newton", "newton", "newton", "newton(lr=0.5, damping=0.1)"),
        (tl.saddle_free_newton(), "saddle_free_newton", "saddle_free_newton",
         "saddle_free_newton", "saddle_free_newton(lr=1)"),
        (tl.extragradient(0.1), "extragradient", "extragradient", "extragradient",
         "extragradient(lr=0.1)"),
        (tl.langevin(0.1, 2), "langevin", "langevin", "langevin",
         "langevin(lr=0.1, temperature=2)"),
        (tl.sam(tl.gd(0.1)), "sam", "gd", "sam", "sam(gd(lr=0.1), rho=0.05)"),
        (tl.clip_norm(tl.adam(0.1), 1.0), "clip_norm", "adam", "adam",
         "clip_norm(adam(lr=0.1), max_norm=1)"),
        (tl.clip_value(tl.sam(tl.newton(0.5)), 2.0), "clip_value", "newton", "sam",
         "clip_value(sam(newton(lr=0.5), rho=0.05), limit=2)"),
        (tl.swa(tl.gd(0.1), start=10), "swa", "gd", "gd", "swa(gd(lr=0.1), start=10)"),
        (tl.reset_on_conflict(tl.polyak(0.1)), "reset_on_conflict", "polyak", "polyak",
         "reset_on_conflict(polyak(lr=0.1), patience=1)"),
        (tl.gd(0.12345678, schedule=schedules.cosine(50)), "gd", "gd", "gd",
         "gd(lr=0.123, schedule=cosine(50))"),
        (tl.adam(0.123456, beta2=0.99995), "adam", "adam", "adam", "adam(lr=0.123456, beta2=0.99995)"),
        (tl.gd(np.ones(9)), "gd", "gd", "gd", "gd(lr=an array of shape (9,))"),
        (tl.momentum(0.1, beta=[0.9, 0.9]), "momentum", "momentum", "momentum",
         "momentum(lr=0.1, beta=[0.9, 0.9])"),
    ],
)  # fmt: skip
def test_names(opt: Optimizer, name: str, base: str, family: str, label: str) -> None:
    assert opt.name == name
    assert opt.base_name == base
    assert opt.family == family
    assert opt.label == repr(opt) == label


@pytest.mark.parametrize(
    "opt",
    [
        tl.adam(0.1, beta1=0.8),
        tl.sam(tl.clip_norm(tl.weight_decay(tl.momentum(0.5), 0.01), 1.0), 0.25),
        tl.swa(tl.noise(tl.newton(0.5, 0.125), 3.0), 7),
        tl.ema(tl.langevin(0.5, 2.0), 0.5),
        tl.reset_on_conflict(tl.clip_value(tl.polyak(0.5), 2.0), 4),
        tl.momentum(0.1, schedule=schedules.step(20, gamma=0.5)),
    ],
    ids=lambda opt: opt.label,
)
def test_a_label_can_be_typed(opt: Optimizer) -> None:
    names = tl.optimizers.available() | {"step": schedules.step}
    again = eval(opt.label, dict(names))
    assert again.label == opt.label
    assert again.values == opt.values
    assert again.pieces == opt.pieces
    assert again.schedule == opt.schedule


# Numbers


def test_values_are_all_numbers_by_name() -> None:
    opt = tl.sam(tl.clip_norm(tl.adam(0.1), 2.0), 0.3)
    assert opt.values == {
        "lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "max_norm": 2.0, "rho": 0.3,
    }  # fmt: skip
    assert tl.langevin(0.1, 2.0).values == {"lr": 0.1, "temperature": 2.0}
    assert tl.newton().values == {"lr": 1.0, "damping": 0.0}
    assert tl.extragradient(0.1).values == {"lr": 0.1}


def test_evaluations_per_step() -> None:
    assert tl.adam(0.1).evaluations_per_step == 1
    assert tl.noise(tl.newton(), 1.0).evaluations_per_step == 1
    assert tl.swa(tl.sam(tl.adam(0.1))).evaluations_per_step == 2
    assert tl.extragradient(0.1).evaluations_per_step == 2


def test_pieces_lie_from_the_inside_out() -> None:
    opt = tl.swa(tl.sam(tl.clip_norm(tl.newton(), 1.0)), 3)
    assert [piece.kind for piece in opt.pieces] == ["newton", "clip_norm", "sam", "swa"]
    assert [piece.hidden for piece in opt.pieces] == [True, False, False, False]
    sam = opt.piece("sam")
    assert sam is not None
    assert sam.values == {"rho": 0.05}
    assert opt.piece("ema") is None


# Equations


def words(line: str) -> str:
    """A line without spaces and sized brackets."""
    return line.replace(" ", "").replace("\\left(", "(").replace("\\right)", ")")


def test_equations_say_what_happens_to_the_gradient() -> None:
    """Newton is not gradient descent: whatever acts on g or theta has its line, in order."""
    assert len(tl.gd(0.1).latex) == 1
    opt = tl.swa(tl.noise(tl.sam(tl.clip_norm(tl.weight_decay(tl.momentum(0.1), 0.1), 1.0)), 1.0))
    lines = [words(line) for line in opt.latex]
    starts = [
        r"g_t=\nablaL(\theta_t+\rho",  # first the look, then from the outside in
        r"g_t\leftarrowg_t+\sigmaz_t",
        r"g_t\leftarrowg_t\min(1,c/",
        r"g_t\leftarrowg_t+\lambda\theta_t",
        "b_{t}=",
        r"\theta_{t+1}=",
        r"\bar\theta_{t+1}=",
    ]
    assert len(lines) == len(starts)
    for line, start in zip(lines, starts, strict=True):
        assert line.startswith(start), (line, start)
    assert r"(H_t + \delta I)^{-1}" in tl.newton().latex[0]
    assert r"(|H_t| + \delta I)^{-1}" in tl.saddle_free_newton().latex[0]
    assert r"\eta_t \nabla L" in tl.extragradient(0.1).latex[0]
    assert r"\sqrt{2 \eta_t T}" in tl.langevin(0.1, 1.0).latex[-1]
    # The loop resets after all operations, wherever the wrapper stands.
    reset = tl.clip_norm(tl.reset_on_conflict(tl.noise(tl.momentum(0.1), 1.0)), 1.0)
    assert reset.latex[2].startswith(r"\text{memory}")


def test_every_piece_has_its_equation() -> None:
    for name, factory in tl.optimizers.available(wrappers=True).items():
        numbers = {"clip_norm": [1.0], "clip_value": [1.0], "weight_decay": [0.1], "noise": [0.1]}
        opt = factory(tl.momentum(0.1), *numbers.get(name, []))
        assert len(opt.latex) == 1 + len(tl.momentum(0.1).latex), name


# replace


def test_replace_reaches_every_number() -> None:
    opt = tl.reset_on_conflict(tl.swa(tl.sam(tl.adam(0.1), 0.3), 5), 2)
    made = opt.replace(lr=0.2, beta1=0.5, rho=0.1, start=7, patience=3)
    assert made.label == (
        "reset_on_conflict(swa(sam(adam(lr=0.2, beta1=0.5), rho=0.1), start=7), patience=3)"
    )
    assert opt.label == ("reset_on_conflict(swa(sam(adam(lr=0.1), rho=0.3), start=5), patience=2)")
    assert tl.newton().replace(damping=0.5).label == "newton(lr=1, damping=0.5)"
    assert tl.langevin(0.1, 1.0).replace(temperature=3).values["temperature"] == 3.0


def test_replace_is_what_the_factory_would_have_made() -> None:
    pairs: list[tuple[Optimizer, Optimizer]] = [
        (tl.adam(9.0).replace(lr=0.1, beta1=0.8), tl.adam(0.1, beta1=0.8)),
        (tl.sam(tl.gd(9.0)).replace(lr=0.05, rho=0.2), tl.sam(tl.gd(0.05), 0.2)),
        (tl.newton(9.0).replace(lr=0.5, damping=1.0), tl.newton(0.5, 1.0)),
        (tl.extragradient(9.0).replace(lr=0.05), tl.extragradient(0.05)),
        (tl.langevin(9.0, 9.0).replace(lr=0.01, temperature=0.1), tl.langevin(0.01, 0.1)),
        (tl.swa(tl.gd(0.05), 9).replace(start=2), tl.swa(tl.gd(0.05), 2)),
        (tl.gd(0.1).replace(schedule=schedules.cosine(30)),
         tl.gd(0.1, schedule=schedules.cosine(30))),
    ]  # fmt: skip
    for one, other in pairs:
        first, second = (tl.descend(LAND, opt, START, 20) for opt in (one, other))
        np.testing.assert_array_equal(first.path, second.path)
        assert one.label == other.label


def test_a_schedule_is_replaced_and_removed() -> None:
    opt = tl.gd(0.1, schedule=[1.0, 0.5])
    assert opt.replace(schedule=None).schedule is None
    made = opt.replace(schedule=schedules.exponential(0.5))
    assert made.schedule == schedules.exponential(0.5)
    assert tl.newton(schedule=[0.5]).schedule is not None
    assert tl.langevin(0.1, 1.0, schedule=[0.5]).schedule is not None
    assert tl.extragradient(0.1, schedule=[0.5]).schedule is not None


REPLACEMENTS: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "unknown": ({"betta1": 0.5}, ValueError, "sam has no 'betta1'; it has 'lr', 'beta1'"),
    "near": ({"betta1": 0.5}, ValueError, "Did you mean 'beta1'?"),
    "negative": ({"lr": -1}, ValueError, "adam: lr=-1 must be at least 0"),
    "in a piece": ({"rho": -1}, ValueError, "sam: rho=-1 must be at least 0"),
    "nan": ({"eps": math.nan}, ValueError, "adam: eps=nan is not finite"),
    "text": ({"beta2": "high"}, TypeError, "adam: beta2='high' is not a number"),
    "patience": ({"patience": 0}, ValueError, "patience=0 must be at least 1"),
    "start": ({"start": -1}, ValueError, "start=-1 must be at least 0"),
    "half a step": ({"start": 1.5}, TypeError, "start=1.5 must be a whole number"),
    "schedule": ({"schedule": "cosine"}, TypeError, "cosine"),
}


@pytest.mark.parametrize(("changes", "kind", "words"), REPLACEMENTS.values(), ids=REPLACEMENTS)
def test_bad_replacements(changes: dict[str, Any], kind: type[Exception], words: str) -> None:
    opt = tl.reset_on_conflict(tl.sam(tl.swa(tl.adam(0.1), 5)), 2)
    # The words name the outermost wrapper.
    words = words.replace("sam has no", "reset_on_conflict has no")
    with pytest.raises(kind, match=re.escape(words)):
        opt.replace(**changes)
    with pytest.raises(kind):  # also behind a good one: nothing is half done
        opt.replace(**{"beta1": 0.5} | changes)
    assert opt.values["beta1"] == 0.9


# Immutable


def test_an_optimizer_cannot_be_changed() -> None:
    opt = tl.sam(tl.adam(0.1))
    for name in ("lr", "hyper", "pieces", "schedule"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(opt, name, 1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        opt.pieces[0].kind = "swa"  # type: ignore[misc]
    opt.values["lr"] = 7  # a fresh dictionary every time
    assert opt.values["lr"] == 0.1


def test_arrays_are_copied_in() -> None:
    rates = np.array([0.1, 0.2])
    opt = tl.gd(rates)
    rates[0] = 99
    assert opt.lr.tolist() == [0.1, 0.2]
    whole = tl.gd(np.array([1, 2]))
    assert whole.lr.dtype == np.float64
    assert tl.gd(np.float32(0.5)).lr == 0.5
    assert isinstance(tl.gd(np.array(0.5)).lr, float)


def test_optimizers_can_be_keys() -> None:
    one, other = tl.gd(0.1), tl.gd(0.1)
    numbers = {one: 1, other: 2}
    numbers[one] = 3
    assert list(numbers.values()) == [3, 2]


# The checks themselves


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("lr", [0, 1e-300, 5, [0.0, 1.0]], [-1e-300, -1, math.inf, math.nan]),
        ("beta", [0, 0.5, 1 - 1e-16], [1, 1.5, -0.1]),
        ("decay", [0.0, 0.999], [1.0]),
        ("max_norm", [1e-9, 3], [0, -1, math.inf]),
        ("limit", [1e-9, 3], [0, -1]),
        ("temperature", [0, 3], [-1e-9]),
        ("something_else", [-5, 0, 5], [math.nan, math.inf]),
    ],
)
def test_ranges(name: str, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        np.testing.assert_array_equal(check_number("test", name, value), np.asarray(value, float))
    for value in bad:
        with pytest.raises(ValueError, match=re.escape(f"test: {name}=")):
            check_number("test", name, value)
        with pytest.raises(ValueError, match=re.escape(f"test: {name}=")):
            check_number("test", name, [0.5, value])


@pytest.mark.parametrize("value", [True, "1", None, 1.0, 2.5, [1], np.bool_(True), math.nan])
def test_counts_are_whole_numbers(value: Any) -> None:
    with pytest.raises(TypeError, match="must be a whole number"):
        check_count("test", "steps", value, least=0)
    assert check_count("test", "steps", np.int32(7), least=7) == 7
    with pytest.raises(ValueError, match="steps=6 must be at least 7"):
        check_count("test", "steps", 6, least=7)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (tl.adam, "test: adam makes optimizers; call it first, for example adam(lr=0.1)"),
        (tl.newton, "test: newton makes optimizers; call it first"),
        ("adam", "test needs an optimizer such as gd(0.1), got 'adam'"),
        (0.1, "got 0.1"),
        ([tl.gd(0.1)], "got [gd(lr=0.1)]"),
    ],
)
def test_what_is_no_optimizer(value: Any, words: str) -> None:
    with pytest.raises(TypeError, match=re.escape(words)):
        check_optimizer("test", value)


# Finding factories


def test_every_factory_is_found() -> None:
    rules = {"gd", "momentum", "polyak", "nesterov", "adagrad", "rmsprop", "adam", "amsgrad",
             "adamw", "lion", "newton", "saddle_free_newton", "extragradient", "optimistic_gd",
             "langevin"}  # fmt: skip
    wrappers = {"sam", "clip_norm", "clip_value", "weight_decay", "noise", "swa", "ema",
                "reset_on_conflict"}  # fmt: skip
    assert set(tl.optimizers.available(wrappers=False)) == rules
    assert set(tl.optimizers.available(wrappers=True)) == wrappers
    assert set(tl.optimizers.available()) == rules | wrappers
    for name, factory in tl.optimizers.available().items():
        assert getattr(tl.optimizers, name) is factory
        assert tl.optimizers.get(name) is factory


def test_unknown_factories() -> None:
    call: Callable[[], Any]
    for call, kind in (
        (lambda: tl.optimizers.get("adma"), ValueError),
        (lambda: tl.optimizers.adma, AttributeError),
    ):
        with pytest.raises(kind, match="Did you mean 'adam'"):
            call()
