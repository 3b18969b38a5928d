"""Schedules against recorded torch and optax values, exact fractions and their own promises."""

from __future__ import annotations

import dataclasses
import math
import pickle
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from build_recipe import GOLDEN, build_schedule
from hypothesis import given
from hypothesis import strategies as st
from torch_optax import FACTORS

from toylands.optimizers import schedules
from toylands.optimizers.schedules import (
    FACTORIES,
    Schedule,
    as_schedule,
    chain,
    constant,
    cosine,
    cyclic,
    exponential,
    linear_warmup,
    one_cycle,
    step,
    warm_restarts,
)


def record_id(record: dict[str, Any]) -> str:
    return f"{record['library']}: {build_schedule(record['recipe']).label}"


# Published and recorded values


@pytest.mark.parametrize(
    ("schedule", "t", "expected"),
    [
        (step(20, 0.1), 45, 0.01),
        (exponential(0.9), 10, 0.3486784),
        (cosine(50, floor=0.1), 10, 0.9140576),
        (cosine(50, floor=0.1), 55, 0.1),  # optax stays at the floor
        (cosine(50, floor=0.1, after="climb"), 55, 0.1220246),  # torch climbs
        (warm_restarts(10, 2, floor=0.05), 15, 0.8608757),
        (cyclic(0.1, 10), 13, 0.73),
        (one_cycle(50), 0, 0.04),
        (one_cycle(50), 7, 0.52),
        (one_cycle(50), 14, 1.0),
        (one_cycle(50), 30, 0.5671184),
        (one_cycle(50), 49, 4e-6),
        (linear_warmup(5), 2, 0.6),
        (chain(linear_warmup(10, start=0), cosine(40, floor=0.1), at=[10]), 30, 0.55),
    ],
    ids=lambda value: getattr(value, "label", None),
)
def test_reference_values(schedule: Schedule, t: int, expected: float) -> None:
    assert schedule(t) == pytest.approx(expected, rel=5e-7)  # quoted to seven digits


@pytest.mark.parametrize("record", GOLDEN["schedules"], ids=record_id)
def test_recorded_library_values(record: dict[str, Any]) -> None:
    expected = np.array(record["factors"])
    values = build_schedule(record["recipe"]).values(len(expected))
    np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-15)
    if record["recipe"]["name"] != "constant":  # the comparison notices a shift by one step
        assert not np.allclose(values[1:], expected[:-1], rtol=1e-12, atol=1e-15)


def test_every_schedule_is_recorded() -> None:
    assert {record["recipe"]["name"] for record in GOLDEN["schedules"]} == set(FACTORIES)


LIVE = [
    ("torch", {"name": "step", "every": 3, "gamma": 0.83}),
    ("torch", {"name": "exponential", "gamma": 1.02}),
    ("torch", {"name": "cosine", "steps": 1, "floor": 0.2, "after": "climb"}),
    ("torch", {"name": "cosine", "steps": 64, "floor": 1.0, "after": "climb"}),
    ("optax", {"name": "cosine", "steps": 1, "floor": 0.2, "after": "stay"}),
    ("optax", {"name": "cosine", "steps": 77, "floor": 0.03, "after": "stay"}),
    ("torch", {"name": "warm_restarts", "first": 1, "mult": 2, "floor": 0.3}),
    ("optax", {"name": "warm_restarts", "first": 13, "mult": 2, "floor": 0.0}),
    ("torch", {"name": "cyclic", "low": 0.0, "half_period": 1, "mode": "triangular"}),
    ("torch", {"name": "cyclic", "low": 0.0, "half_period": 17, "mode": "triangular2"}),
    (
        "torch",
        {"name": "cyclic", "low": 0.3, "half_period": 9, "mode": "exp_range", "gamma": 1.001},
    ),
    ("torch", {"name": "one_cycle", "steps": 400, "pct_start": 0.0, "div": 2.0, "final_div": 7.0}),
    ("torch", {"name": "one_cycle", "steps": 400, "pct_start": 0.77, "div": 9.0, "final_div": 0.5}),
    ("torch", {"name": "linear_warmup", "steps": 1, "start": 0.4}),
    ("optax", {"name": "linear_warmup", "steps": 150, "start": 0.0}),
    (
        "torch",
        {
            "name": "chain",
            "schedules": [
                {"name": "exponential", "gamma": 0.9},
                {"name": "linear_warmup", "steps": 30, "start": 0.2},
                {"name": "step", "every": 20, "gamma": 0.5},
            ],
            "at": [1, 90],
        },
    ),
]


@pytest.mark.oracle
@pytest.mark.parametrize(("library", "recipe"), LIVE)
def test_live_library_values(library: str, recipe: dict[str, Any]) -> None:
    pytest.importorskip(library)
    expected, call = FACTORS[library](recipe, 400)
    np.testing.assert_allclose(
        build_schedule(recipe).values(400), expected, rtol=1e-12, atol=1e-14, err_msg=call
    )


@pytest.mark.oracle
def test_one_cycle_ends_where_torch_ends() -> None:
    pytest.importorskip("torch")
    recipe = {"name": "one_cycle", "steps": 20, "pct_start": 0.3, "div": 25.0, "final_div": 1e4}
    # torch computes one rate more than there are steps, and never uses it.
    FACTORS["torch"](recipe, 21)
    with pytest.raises(ValueError, match="Tried to step 21 times"):
        FACTORS["torch"](recipe, 22)
    with pytest.raises(ValueError, match=r"one_cycle: with steps=20 and pct_start=0\.05"):
        build_schedule({**recipe, "pct_start": 0.05})
    with pytest.raises(ZeroDivisionError):
        FACTORS["torch"]({**recipe, "pct_start": 0.05}, 20)


@pytest.mark.oracle
def test_one_cycle_of_optax_peaks_and_ends_later() -> None:
    optax = pytest.importorskip("optax")
    theirs = np.array([float(optax.cosine_onecycle_schedule(50, 1.0)(t)) for t in range(60)])
    assert np.argmax(theirs) == 15
    np.testing.assert_allclose(theirs[[0, 15]], [0.04, 1], rtol=1e-6)
    np.testing.assert_allclose(theirs[50:], 4e-6, rtol=1e-2)  # optax computes in float32 here
    assert theirs[49] > 1e-4


def test_one_cycle_peak_step() -> None:
    values = one_cycle(50).values(50)
    assert np.argmax(values) == 14
    assert values[14] == 1


# Values worked out by hand, as exact fractions


def test_step_by_hand() -> None:
    expected = [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert step(3, gamma=0.5).values(8).tolist() == expected


def test_linear_warmup_by_hand() -> None:
    third = Fraction(1, 3)
    expected = [float(third + (1 - third) * min(t, 5) / 5) for t in range(9)]
    np.testing.assert_allclose(linear_warmup(5).values(9), expected, rtol=1e-15)
    np.testing.assert_allclose(
        linear_warmup(19, start=1 / 20).values(40),
        [float(min(Fraction(1), Fraction(t + 1, 20))) for t in range(40)],
        rtol=1e-15,
    )


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (cyclic(0.2, 2), "1/5 3/5 1 3/5 1/5 3/5 1 3/5 1/5"),
        (cyclic(0.2, 2, mode="triangular2"), "1/5 3/5 1 3/5 1/5 2/5 3/5 2/5 1/5"),
        # Heights 0 1/2 1 1/2 0 1/2 1 times 1/2**t.
        (cyclic(0.0, 2, mode="exp_range", gamma=0.5), "0 1/4 1/4 1/16 0 1/64 1/64"),
    ],
    ids=["triangular", "triangular2", "exp_range"],
)
def test_cyclic_by_hand(schedule: Schedule, expected: str) -> None:
    values = [float(Fraction(word)) for word in expected.split()]
    np.testing.assert_allclose(schedule.values(len(values)), values, rtol=1e-15, atol=1e-16)


def test_cosine_by_hand() -> None:
    # cos(pi k / 6) = 1, sqrt(3)/2, 1/2, 0, ...
    half = [1, (1 + math.sqrt(3) / 2) / 2, 0.75, 0.5, 0.25, (1 - math.sqrt(3) / 2) / 2, 0]
    np.testing.assert_allclose(cosine(6).values(9), [*half, 0, 0], rtol=1e-15, atol=1e-16)
    np.testing.assert_allclose(
        cosine(6, after="climb").values(13), [*half, *half[-2::-1]], rtol=1e-15, atol=1e-16
    )
    restarts = [*half[:-1], *half[:-1]]
    np.testing.assert_allclose(warm_restarts(6).values(12), restarts, rtol=1e-15)


def test_warm_restarts_restart_at_10_30_70() -> None:
    values = warm_restarts(10, 2, floor=0.05).values(150)
    assert np.flatnonzero(values == 1).tolist() == [0, 10, 30, 70]
    assert values.min() > 0.05


def test_one_cycle_by_hand() -> None:
    # Peak at 0.5*9 - 1 = 3.5: no step lies on it; the fall has 4.5 steps of width.
    values = one_cycle(9, pct_start=0.5, div=2, final_div=5).values(9)
    up = [1 - 0.25 * (1 + math.cos(math.pi * t / 3.5)) for t in range(4)]
    down = [0.1 + 0.45 * (1 + math.cos(math.pi * (t - 3.5) / 4.5)) for t in range(4, 9)]
    np.testing.assert_allclose(values, up + down, rtol=1e-15)
    assert values[0] == 0.5
    assert values[-1] == pytest.approx(0.1, rel=1e-15)


def test_one_cycle_with_its_peak_before_the_first_step() -> None:
    values = one_cycle(60, pct_start=0.01).values(60)
    assert (np.diff(values) < 0).all()
    assert values[0] < 1


# Properties

fractions = st.floats(0, 1)
counts = st.integers(1, 60)
gammas = st.floats(0.5, 1.05)
single_schedules = st.one_of(
    st.builds(constant),
    st.builds(step, counts, gammas),
    st.builds(exponential, gammas),
    st.builds(cosine, counts, fractions, st.sampled_from(["stay", "climb"])),
    st.builds(warm_restarts, counts, st.integers(1, 4), fractions),
    st.builds(cyclic, fractions, counts, st.sampled_from(["triangular", "triangular2"])),
    st.builds(cyclic, fractions, counts, st.just("exp_range"), gammas),
    st.builds(linear_warmup, counts, fractions),
    st.builds(
        one_cycle, st.integers(100, 200), st.floats(0.02, 1), st.floats(1, 50), st.floats(1, 1e5)
    ),
    st.lists(st.floats(0, 10), min_size=100, max_size=100).map(as_schedule),
)


@st.composite
def chains(draw: st.DrawFn) -> Schedule:
    parts = draw(st.lists(single_schedules, min_size=2, max_size=4))
    lengths = [draw(st.integers(1, 30)) for _ in parts[1:]]
    return chain(*parts, at=np.cumsum(lengths).tolist())


all_schedules = st.one_of(single_schedules, chains())


@given(all_schedules, st.integers(0, 100))
def test_values_agree_with_single_calls_and_with_shorter_runs(schedule: Schedule, t: int) -> None:
    values = schedule.values(100)
    assert values.dtype == np.float64
    assert values.shape == (100,)
    assert np.isfinite(values).all()
    assert (values >= 0).all()
    assert schedule.values(t).tolist() == values[:t].tolist()
    if t < 100:
        assert schedule(t) == values[t]


@given(all_schedules)
def test_equal_by_content_and_picklable(schedule: Schedule) -> None:
    copy = pickle.loads(pickle.dumps(schedule))
    assert copy == schedule
    assert hash(copy) == hash(schedule)
    assert copy.values(50).tolist() == schedule.values(50).tolist()


@given(st.one_of(single_schedules.filter(lambda s: s.name != "values")))
def test_label_rebuilds_the_schedule(schedule: Schedule) -> None:
    assert eval(repr(schedule), dict(FACTORIES)) == schedule
    assert str(schedule) == repr(schedule)


@given(counts, fractions, st.integers(1, 200))
def test_cosine_keeps_between_floor_and_one_and_never_rises(
    steps: int, floor: float, run: int
) -> None:
    values = cosine(steps, floor=floor).values(run)
    assert (values >= floor - 1e-15).all()
    assert (np.diff(values) <= 1e-15).all()
    assert values[0] == pytest.approx(1, rel=1e-15)
    assert values[steps:] == pytest.approx(floor, abs=1e-15)
    climbing = cosine(steps, floor=floor, after="climb")
    assert (
        climbing.values(steps + 1).tolist() == cosine(steps, floor=floor).values(steps + 1).tolist()
    )
    assert climbing(2 * steps) == pytest.approx(1, rel=1e-12)


@given(fractions, counts, st.integers(0, 300))
def test_cyclic_repeats_with_its_period(low: float, half: int, t: int) -> None:
    schedule = cyclic(low, half)
    assert schedule(t) == schedule(t + 2 * half)
    assert schedule(half) == pytest.approx(1, rel=1e-15)
    second = cyclic(low, half, mode="triangular2")
    halved = (schedule(t) - low) / 2 ** (t // (2 * half)) + low
    assert second(t) == pytest.approx(halved, rel=1e-12)


@given(counts, st.integers(1, 4), st.integers(0, 3))
def test_each_restart_cycle_is_a_cosine(first: int, mult: int, cycle: int) -> None:
    begin = sum(first * mult**k for k in range(cycle))
    size = first * mult**cycle
    values = warm_restarts(first, mult, floor=0.1).values(begin + size)[begin:]
    np.testing.assert_allclose(values, cosine(size, floor=0.1).values(size), rtol=1e-14)


@given(st.lists(single_schedules, min_size=3, max_size=3), st.integers(1, 30), st.integers(1, 30))
def test_chain_restarts_each_part_at_its_switch(parts: list[Schedule], a: int, b: int) -> None:
    whole = chain(*parts, at=[a, a + b]).values(a + b + 25)
    pieces = [part.values(size) for part, size in zip(parts, (a, b, 25), strict=True)]
    assert whole.tolist() == np.concatenate(pieces).tolist()


def test_chain_in_a_chain_and_with_arrays() -> None:
    inner = chain(linear_warmup(2, start=0), constant(), at=[2])
    outer = chain(inner, [0.5, 0.25], at=[4])
    assert outer.values(6).tolist() == [0, 0.5, 1, 1, 0.5, 0.25]
    assert outer.length == 6
    assert outer.label == (
        "chain(chain(linear_warmup(2, start=0), constant(), at=[2]), [0.5, 0.25], at=[4])"
    )


# Plain sequences


@pytest.mark.parametrize(
    "given_as",
    [[1, 0.5, 0.25], (1, 0.5, 0.25), np.array([1, 0.5, 0.25]), np.array([1, 0.5, 0.25], "f4")],
    ids=["list", "tuple", "float64", "float32"],
)
def test_sequences_are_schedules(given_as: Any) -> None:
    schedule = as_schedule(given_as)
    assert schedule.values(3).tolist() == [1, 0.5, 0.25]
    assert schedule.length == 3
    assert schedule == as_schedule([1, 0.5, 0.25])


def test_none_and_schedules_pass() -> None:
    assert as_schedule(None) == constant()
    schedule = cosine(10)
    assert as_schedule(schedule) is schedule


def test_a_sequence_may_be_longer_than_the_run_but_not_shorter() -> None:
    schedule = as_schedule(1 / (1 + np.arange(100)))
    assert schedule.values(50).shape == (50,)
    with pytest.raises(ValueError, match=r"100 values but 300 steps were asked for\. Give 300"):
        schedule.values(300)


def test_the_source_array_and_the_result_are_copies() -> None:
    source = np.array([1.0, 0.5])
    schedule = as_schedule(source)
    source[:] = 7
    schedule.values(2)[:] = 9
    assert schedule.values(2).tolist() == [1, 0.5]


def test_schedules_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        cosine(50).name = "other"  # type: ignore[misc]
    schedule = cosine(50)
    schedule.hyper["steps"] = 3  # a copy: no effect
    assert schedule == cosine(50)


# Labels


@pytest.mark.parametrize(
    ("schedule", "label"),
    [
        (constant(), "constant()"),
        (cosine(50, floor=0.1), "cosine(50, floor=0.1)"),
        (cosine(50, after="climb"), "cosine(50, after='climb')"),
        (step(20), "step(20)"),
        (step(20, 0.5), "step(20, gamma=0.5)"),
        (
            chain(linear_warmup(10), cosine(40), at=[10]),
            "chain(linear_warmup(10), cosine(40), at=[10])",
        ),
        (as_schedule([1, 0.5]), "[1, 0.5]"),
        (as_schedule(np.linspace(1, 0, 5)), "[1, 0.75, ..., 0] (5 values)"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_labels(schedule: Schedule, label: str) -> None:
    assert schedule.label == label


# Errors


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        ("cosine(-5)", ValueError, "cosine: steps must be at least 1, not -5"),
        ("cosine(0)", ValueError, "cosine: steps must be at least 1, not 0"),
        ("cosine(50.0)", TypeError, "steps must be a whole number, not 50.0. Did you mean 50?"),
        ("cosine(nan)", TypeError, "steps must be a whole number, not nan"),
        ("cosine('50')", TypeError, "steps must be a whole number, not '50'"),
        ("cosine(True)", TypeError, "steps must be a whole number, not True"),
        ("cosine(50, floor=1.5)", ValueError, "floor must be a number between 0 and 1, not 1.5"),
        ("cosine(50, floor=-0.1)", ValueError, "not -0.1; the nearest is 0.0"),
        ("cosine(50, floor=nan)", ValueError, "floor must be a number between 0 and 1, not nan"),
        ("cosine(50, floor='0')", TypeError, "floor must be a number between 0 and 1, not '0'"),
        ("cosine(50, after='climbs')", ValueError, "'stay' or 'climb', not 'climbs'. Did you mean"),
        ("step(0)", ValueError, "step: every must be at least 1, not 0"),
        (
            "step(5, gamma=-0.1)",
            ValueError,
            "must be a positive number, not -0.1. Did you mean 0.1",
        ),
        ("step(5, gamma=0)", ValueError, "step: gamma must be a positive number, not 0.0"),
        ("step(5, gamma=True)", TypeError, "step: gamma must be a positive number, not True"),
        ("exponential(inf)", ValueError, "exponential: gamma must be a positive number, not inf"),
        ("exponential(1j)", TypeError, "exponential: gamma must be a positive number, not 1j"),
        ("warm_restarts(10, 0)", ValueError, "warm_restarts: mult must be at least 1, not 0"),
        ("warm_restarts(10, 1.5)", TypeError, "mult must be a whole number, not 1.5"),
        ("cyclic(0.1, 10, mode='triangular3')", ValueError, "Did you mean 'triangular'?"),
        ("cyclic(0.1, 10, gamma=0.9)", ValueError, "gamma=0.9 has no effect"),
        ("cyclic(0.1, 10, mode='exp_range')", ValueError, "needs gamma"),
        ("cyclic(2.0, 10)", ValueError, "low must be a number between 0 and 1, not 2.0"),
        ("one_cycle(50, pct_start=2)", ValueError, "pct_start must be a number between 0 and 1"),
        ("one_cycle(50, pct_start=0.02)", ValueError, "Use pct_start=0.04"),
        ("one_cycle(1, pct_start=1)", ValueError, "Use at least 2 steps"),
        ("one_cycle(50, div=0)", ValueError, "div must be a positive number, not 0.0"),
        ("linear_warmup(5, start=-1)", ValueError, "start must be a number between 0 and 1"),
        ("chain(cosine(5), at=[3])", ValueError, "two schedules or more were expected, not 1"),
        (
            "chain(cosine(5), constant(), at=[3, 6])",
            ValueError,
            "need 1 switch step, but at=[3, 6]",
        ),
        ("chain(cosine(5), constant(), at=3)", TypeError, "at must be a list of steps"),
        ("chain(cosine(5), constant(), at=[0])", ValueError, "at must be at least 1, not 0"),
        ("chain(cosine(5), constant(), at=[2.5])", TypeError, "must be a whole number, not 2.5"),
        (
            "chain(cosine(5), constant(), cosine(5), at=[9, 9])",
            ValueError,
            "must increase strictly, not [9, 9]",
        ),
        (
            "chain(one_cycle(20), constant(), at=[30])",
            ValueError,
            "one_cycle(20) is defined for 20 steps but would be used for 30, from step 0 to "
            "step 29. Switch at step 20",
        ),
        ("as_schedule('cosin')", TypeError, "text 'cosin'. Did you mean 'cosine'? Schedules are"),
        ("as_schedule('cosine')", TypeError, "not the text 'cosine'. Schedules are made"),
        (
            "as_schedule(cyclic)",
            TypeError,
            "cyclic must be called to make a schedule: cyclic(low, ",
        ),
        ("as_schedule(len)", TypeError, "Pass its values: [len(t) for t in range(steps)]"),
        ("as_schedule(0.5)", TypeError, "not the single number 0.5"),
        ("as_schedule([])", ValueError, "must have shape (steps,), not (0,)"),
        ("as_schedule([[1, 2]])", ValueError, "must have shape (steps,), not (1, 2)"),
        ("as_schedule([1, nan])", ValueError, "must be finite and >= 0, but number 1"),
        ("as_schedule([1, 0.5, -1])", ValueError, "but number 2 (counted from 0) is -1.0"),
        ("as_schedule([1j])", TypeError, "must be real numbers, not [1j]"),
        ("as_schedule([True, False])", TypeError, "must be real numbers, not [True, False]"),
        ("as_schedule([1, None])", TypeError, "must be real numbers, not [1, None]"),
        ("constant().values(-1)", ValueError, "steps must be at least 0, not -1"),
        ("constant()(-1)", ValueError, "t must be at least 0, not -1"),
        ("constant()(1.5)", TypeError, "t must be a whole number, not 1.5"),
        ("one_cycle(50).values(60)", ValueError, "one_cycle(50) is defined for 50 steps but 60"),
        ("one_cycle(50)(50)", ValueError, "one_cycle(50) is defined for 50 steps but 51"),
        ("as_schedule([1])(1)", ValueError, "has 1 values but 2 steps"),
        ("chain(constant(), one_cycle(9), at=[3]).values(13)", ValueError, "defined for 12 steps"),
        ("exponential(10).values(400)", ValueError, "exceeds the float64 range at step 309"),
        ("chain(constant(), exponential(10), at=[9])(400)", ValueError, "range at step 400"),
    ],
)
def test_errors(call: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        eval(call, {**vars(schedules), "nan": math.nan, "inf": math.inf})


def test_numpy_integers_and_floats_are_welcome() -> None:
    assert cosine(np.int64(50), floor=np.float64(0.1)) == cosine(50, floor=0.1)
    assert chain(cosine(5), constant(), at=np.array([3])) == chain(cosine(5), constant(), at=[3])


def test_empty_run_and_steps_far_out() -> None:
    for schedule in (constant(), cosine(5), warm_restarts(5, 2), cyclic(0.1, 5), one_cycle(5)):
        assert schedule.values(0).shape == (0,)
    assert exponential(0.5)(10_000) == 0  # underflow is the honest value
    assert warm_restarts(1, 2)(10**12) <= 1
    assert cosine(7, floor=0.3)(10**12) == pytest.approx(0.3)
