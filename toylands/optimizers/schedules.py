"""Learning-rate schedules: one factor per step, multiplied onto the learning rate.

    decay = cosine(300, floor=0.01)              # the rate used at step t is lr * decay(t)
    warm = chain(linear_warmup(10, start=0), cosine(40, floor=0.1), at=[10])
    warm.values(50)                              # the first 50 factors, a float64 array

Steps are counted from 0: `schedule(0)` multiplies the rate of the first step. A schedule is
shared by all walkers of a swarm; rates that differ between walkers are given as `lr`. Wherever a
schedule is expected, a plain sequence of factors will do: `schedule=1 / (1 + np.arange(300))`.

The formulas are those of `torch.optim.lr_scheduler` (PyTorch 2.13); each docstring says how optax differs.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toylands._door import numbers_in
from toylands._words import did_you_mean, missing, show, typed
from toylands.optimizers.schedule_numbers import choice, fraction, positive, whole

Steps = NDArray[np.int64]
Factors = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Schedule:
    """A named, immutable sequence of factors for the learning rate.

    Made by the functions of this module or by `as_schedule`. Two schedules are equal when their
    name and arguments are. `length` is the number of steps the schedule is defined for (steps
    0 to length - 1), or None when it goes on for ever.
    """

    name: str
    arguments: tuple[tuple[str, Any], ...]
    length: int | None
    formula: Callable[..., Factors] = field(compare=False)

    @property
    def hyper(self) -> dict[str, Any]:
        """The arguments by name, defaults included."""
        return dict(self.arguments)

    @property
    def label(self) -> str:
        """The schedule as it would be typed, such as `cosine(50, floor=0.1)`, with short numbers."""
        return _label(self, typed)

    def values(self, steps: int) -> Factors:
        """The factors of the first `steps` steps, a new float64 array of shape (steps,).

        Raises ValueError when the schedule ends earlier or a factor exceeds the float64 range.
        """
        steps = whole("values", "steps", steps, least=0)
        if self.length is not None and steps > self.length:
            raise ValueError(_too_short(self, steps))
        return self._factors(np.arange(steps, dtype=np.int64))

    def __call__(self, t: int) -> float:
        """The factor at step t = 0, 1, 2, ..."""
        t = whole("schedule", "t", t, least=0)
        if self.length is not None and t >= self.length:
            raise ValueError(_too_short(self, t + 1))
        return float(self._factors(np.array([t], dtype=np.int64))[0])

    def _factors(self, t: Steps) -> Factors:
        with np.errstate(over="ignore", under="ignore"):
            factors = self.formula(t, **self.hyper)
        if not np.isfinite(factors).all():
            first = int(t[~np.isfinite(factors)][0])
            raise ValueError(
                f"{self.label} exceeds the float64 range at step {first}. "
                "Use a gamma nearer to 1 or fewer steps."
            )
        return factors

    def __repr__(self) -> str:
        return _label(self, repr)


def constant() -> Schedule:
    """The factor 1 at every step: the learning rate stays as given.

    optax: `constant_schedule(1)`. Not torch's ConstantLR, which holds a reduced rate for a few
    steps and then jumps to the full one.
    """
    return _schedule("constant", _constant)


def step(every: int, gamma: float = 0.1) -> Schedule:
    """Multiply the rate by `gamma` after every `every` steps: gamma**floor(t / every).

    torch: `StepLR(every, gamma)`. optax: `exponential_decay(1, every, gamma, staircase=True)`.
    """
    every = whole("step", "every", every)
    gamma = positive("step", "gamma", gamma)
    return _schedule("step", _step, every=every, gamma=gamma)


def exponential(gamma: float) -> Schedule:
    """Multiply the rate by `gamma` at every step: gamma**t.

    A gamma above 1 gives the growing rate of a learning-rate range test. torch:
    `ExponentialLR(gamma)`. optax: `exponential_decay(1, 1, gamma)`.
    """
    gamma = positive("exponential", "gamma", gamma)
    return _schedule("exponential", _exponential, gamma=gamma)


def cosine(steps: int, floor: float = 0.0, after: str = "stay") -> Schedule:
    """Half a cosine from 1 at step 0 down to `floor` at step `steps`.

    floor + (1 - floor) (1 + cos(pi t / steps)) / 2. The libraries differ past step `steps`:
    optax's `cosine_decay_schedule(1, steps, floor)` stays at the floor, torch's
    `CosineAnnealingLR(steps, eta_min=floor)` climbs back to 1 at step 2*steps and swings on.
    `after="stay"` (the default) follows optax, `after="climb"` follows torch; up to step `steps`
    the two are the same. `floor` is a fraction of the learning rate, between 0 and 1.
    Source: Loshchilov & Hutter 2017.
    """
    steps = whole("cosine", "steps", steps)
    floor = fraction("cosine", "floor", floor)
    after = choice("cosine", "after", after, ("stay", "climb"))
    return _schedule("cosine", _cosine, steps=steps, floor=floor, after=after)


def warm_restarts(first: int, mult: int = 1, floor: float = 0.0) -> Schedule:
    """Cosine decay that jumps back to 1 at the end of each cycle (SGDR).

    The first cycle has `first` steps, each later one `mult` times as many as the one before. The
    floor itself is never reached: the step that would use it is the restart. torch:
    `CosineAnnealingWarmRestarts(first, mult, eta_min=floor)`. optax: `sgdr_schedule`, the same
    values for as many cycles as it is given. Source: Loshchilov & Hutter 2017.
    """
    first = whole("warm_restarts", "first", first)
    mult = whole("warm_restarts", "mult", mult)
    floor = fraction("warm_restarts", "floor", floor)
    return _schedule("warm_restarts", _warm_restarts, first=first, mult=mult, floor=floor)


def cyclic(
    low: float, half_period: int, mode: str = "triangular", gamma: float | None = None
) -> Schedule:
    """Straight up from `low` to 1 in `half_period` steps, straight down again, and so on.

    Modes: "triangular"; "triangular2" halves the height above `low` after each full cycle;
    "exp_range" multiplies that height by gamma**t. `low` is a fraction of the learning rate,
    between 0 and 1. torch: `CyclicLR(base_lr=low, max_lr=1, step_size_up=half_period, mode=mode,
    gamma=gamma, cycle_momentum=False)`; with torch's default cycle_momentum=True the momentum
    would swing as well, here it never does. optax has no counterpart. Source: Smith 2017.
    """
    low = fraction("cyclic", "low", low)
    half_period = whole("cyclic", "half_period", half_period)
    mode = choice("cyclic", "mode", mode, ("triangular", "triangular2", "exp_range"))
    if mode == "exp_range":
        if gamma is None:
            raise ValueError(
                'cyclic: mode="exp_range" needs gamma, a factor per step, for example gamma=0.99.'
            )
        gamma = positive("cyclic", "gamma", gamma)
    elif gamma is not None:
        raise ValueError(
            f'cyclic: gamma={gamma!r} has no effect with mode="{mode}". '
            'Leave gamma out or use mode="exp_range".'
        )
    return _schedule("cyclic", _cyclic, low=low, half_period=half_period, mode=mode, gamma=gamma)


def one_cycle(
    steps: int, pct_start: float = 0.3, div: float = 25.0, final_div: float = 1e4
) -> Schedule:
    """Half a cosine up from 1/div to 1, then half a cosine down to 1/(div*final_div).

    Defined for exactly `steps` steps; asking for more is an error, as in torch. The formula is
    torch's `OneCycleLR(max_lr=1, total_steps=steps, pct_start=pct_start, div_factor=div,
    final_div_factor=final_div, cycle_momentum=False)`: the peak lies at step pct_start*steps - 1
    and the last step, steps - 1, uses the lowest rate. When pct_start*steps is below 1 the peak
    would lie before step 0, and the schedule starts on its way down. optax's
    `cosine_onecycle_schedule(steps, 1, pct_start, div, final_div)` has the same three rates but
    peaks at step int(pct_start*steps), arrives at step `steps` and stays there for ever.
    torch's default cycle_momentum=True would move the momentum as well; here it never moves.
    Source: Smith & Topin 2018.
    """
    steps = whole("one_cycle", "steps", steps)
    pct_start = fraction("one_cycle", "pct_start", pct_start)
    if pct_start * steps == 1.0:
        raise ValueError(
            f"one_cycle: with steps={steps} and pct_start={pct_start!r} the rise from 1/div to 1 "
            "would start and end at step 0 (torch divides by zero here). "
            f"Use pct_start={2 / steps!r} for one step of rise or pct_start=0.0 for none."
            if steps > 1
            else f"one_cycle: steps=1 and pct_start={pct_start!r} leave no step to rise in. "
            "Use at least 2 steps."
        )
    div = positive("one_cycle", "div", div)
    final_div = positive("one_cycle", "final_div", final_div)
    return _schedule(
        "one_cycle",
        _one_cycle,
        length=steps,
        steps=steps,
        pct_start=pct_start,
        div=div,
        final_div=final_div,
    )


def linear_warmup(steps: int, start: float = 1 / 3) -> Schedule:
    """Straight up from `start` at step 0 to 1 at step `steps`, then 1.

    start + (1 - start) min(t, steps) / steps. torch: `LinearLR(start_factor=start,
    total_iters=steps)`, which refuses start=0; here it is allowed, as in optax's
    `warmup_constant_schedule(start, 1, steps)`, but then the first step does not move.
    `linear_warmup(n - 1, start=1 / n)` is the common min(1, (t + 1) / n).
    """
    steps = whole("linear_warmup", "steps", steps)
    start = fraction("linear_warmup", "start", start)
    return _schedule("linear_warmup", _linear_warmup, steps=steps, start=start)


def chain(*schedules: Schedule | ArrayLike | None, at: Sequence[int]) -> Schedule:
    """Follow one schedule after another, switching at the steps listed in `at`.

    At each switch the next schedule starts from its own step 0. `at` holds one step fewer than
    there are schedules, strictly increasing. torch: `SequentialLR(schedulers, milestones=at)`.
    optax: `join_schedules(schedules, boundaries=at)`.
    """
    parts = tuple(as_schedule(part) for part in schedules)
    if len(parts) < 2:
        raise ValueError(f"chain: two schedules or more were expected, not {len(parts)}.")
    if isinstance(at, (str, bytes)) or not hasattr(at, "__iter__"):
        raise TypeError(f"chain: at must be a list of steps, such as at=[10], not {at!r}.")
    switches = tuple(whole("chain", "each entry of at", t) for t in at)
    if len(switches) != len(parts) - 1:
        raise ValueError(
            f"chain: {len(parts)} schedules need {len(parts) - 1} switch "
            f"{'step' if len(parts) == 2 else 'steps'}, but at={list(switches)} "
            f"has {len(switches)}."
        )
    if any(b <= a for a, b in itertools.pairwise(switches)):
        raise ValueError(f"chain: the switch steps must increase strictly, not {list(switches)}.")
    for part, begin, end in zip(parts, (0, *switches), switches, strict=False):
        if part.length is not None and part.length < end - begin:
            raise ValueError(
                f"chain: {part.label} is defined for {part.length} steps but would be used for "
                f"{end - begin}, from step {begin} to step {end - 1}. "
                f"Switch at step {begin + part.length} or make it longer."
            )
    last = parts[-1].length
    length = None if last is None else switches[-1] + last
    return _schedule("chain", _chain, length=length, schedules=parts, at=switches)


def as_schedule(schedule: Schedule | ArrayLike | None) -> Schedule:
    """The given schedule; a sequence of factors becomes one, None becomes `constant()`.

    A sequence must be one-dimensional and hold finite factors >= 0. It may be longer than the
    run; a run longer than it is an error.
    """
    given: Any = schedule
    if given is None:
        return constant()
    if isinstance(given, Schedule):
        return given
    if isinstance(given, str):
        raise TypeError(
            f"a schedule or a sequence of factors was expected, not the text {given!r}."
            f"{'' if given in FACTORIES else did_you_mean(given, FACTORIES)} "
            "Schedules are made by calling a function: schedule=toylands.schedules.cosine(300)."
        )
    if callable(given):
        name = getattr(given, "__name__", type(given).__name__)
        if given in FACTORIES.values():
            raise TypeError(f"{name} must be called to make a schedule: {_call(given)}.")
        raise TypeError(
            f"a schedule or a sequence of factors was expected, not the function {name}. "
            f"Pass its values: [{name}(t) for t in range(steps)]."
        )
    factors, why = numbers_in(given)
    if why == "." or factors.dtype.kind == "b":
        raise TypeError(f"the factors of a schedule must be real numbers, not {show(given)}.")
    if why:
        raise ValueError(f"the factors of a schedule must be real numbers; {show(given)} {why}.")
    if factors.ndim == 0:
        raise TypeError(
            f"a schedule was expected, not the single number {factors.item()!r}. "
            "A constant factor belongs into lr; use constant() for a schedule that stays 1."
        )
    if factors.ndim != 1 or factors.size == 0:
        raise ValueError(
            f"the factors of a schedule must have shape (steps,), not {factors.shape}. "
            "Rates that differ between walkers are given as lr."
        )
    bad = np.flatnonzero(~(np.isfinite(factors) & (factors >= 0)))
    if bad.size:
        raise ValueError(
            f"the factors of a schedule must be finite and >= 0, but number {bad[0]} "
            f"(counted from 0) is {factors[bad[0]].item()!r}."
        )
    values = tuple(float(factor) for factor in factors)
    return _schedule("values", _values, length=len(values), values=values)


# The formulas. Each maps an int64 array of steps to the factors there, to the same digits on every machine.


def _cos(angle: NDArray[Any]) -> Factors:
    from toylands.formula.arrays import values  # numba comes with it

    return values("cos", angle)


def _power(base: float, exponent: Steps) -> Factors:
    from toylands.formula.arrays import values

    return values("pow", base, exponent)


def _constant(t: Steps) -> Factors:
    return np.ones(t.shape)


def _step(t: Steps, every: int, gamma: float) -> Factors:
    return _power(gamma, t // every)


def _exponential(t: Steps, gamma: float) -> Factors:
    return _power(gamma, t)


def _cosine(t: Steps, steps: int, floor: float, after: str) -> Factors:
    if after == "stay":
        t = np.minimum(t, steps)
    return floor + (1 - floor) * (1 + _cos(np.pi * t / steps)) / 2


def _warm_restarts(t: Steps, first: int, mult: int, floor: float) -> Factors:
    since = np.empty(t.shape)
    cycle = np.empty(t.shape)
    last = int(t.max(initial=0))
    begin, size = 0, first
    if mult == 1:
        since[:], cycle[:] = t % first, first
    else:
        while begin <= last:
            inside = t >= begin
            since[inside], cycle[inside] = t[inside] - begin, size
            begin, size = begin + size, size * mult
    return floor + (1 - floor) * (1 + _cos(np.pi * since / cycle)) / 2


def _cyclic(t: Steps, low: float, half_period: int, mode: str, gamma: float | None) -> Factors:
    cycle, phase = np.divmod(t, 2 * half_period)
    height = np.minimum(phase, 2 * half_period - phase) / half_period
    if mode == "triangular2":
        height = height * _power(0.5, cycle)
    elif gamma is not None:
        height = height * _power(gamma, t)
    return low + (1 - low) * height


def _one_cycle(t: Steps, steps: int, pct_start: float, div: float, final_div: float) -> Factors:
    # torch ends the phases at these steps; the first is a float and may be negative.
    peak = pct_start * steps - 1.0
    end = steps - 1
    low, lowest = 1 / div, 1 / div / final_div
    rising = t <= peak
    factors = np.empty(t.shape)
    up = t[rising] / peak if rising.any() else t[rising]
    down = (t[~rising] - peak) / (end - peak) if not rising.all() else t[~rising]
    factors[rising] = 1 + (low - 1) / 2 * (1 + _cos(np.pi * up))
    factors[~rising] = lowest + (1 - lowest) / 2 * (1 + _cos(np.pi * down))
    return factors


def _linear_warmup(t: Steps, steps: int, start: float) -> Factors:
    return start + (1 - start) * (np.minimum(t, steps) / steps)


def _chain(t: Steps, schedules: tuple[Schedule, ...], at: tuple[int, ...]) -> Factors:
    part = np.searchsorted(np.array(at), t, side="right")
    factors = np.empty(t.shape)
    for index, (schedule, begin) in enumerate(zip(schedules, (0, *at), strict=True)):
        here = part == index
        factors[here] = schedule.formula(t[here] - begin, **schedule.hyper)
    return factors


def _values(t: Steps, values: tuple[float, ...]) -> Factors:
    return np.array(values)[t]


FACTORIES: dict[str, Callable[..., Schedule]] = {
    factory.__name__: factory
    for factory in (
        *(constant, step, exponential, cosine, warm_restarts, cyclic, one_cycle, linear_warmup),
        chain,
    )
}


if not TYPE_CHECKING:

    def __getattr__(name: str) -> NoReturn:
        raise missing("toylands.schedules", name, FACTORIES, "schedule")


def _schedule(
    name: str, formula: Callable[..., Factors], *, length: int | None = None, **arguments: Any
) -> Schedule:
    return Schedule(name, tuple(arguments.items()), length, formula)


def _label(schedule: Schedule, number: Callable[[Any], str]) -> str:
    if schedule.name == "values":
        values = schedule.hyper["values"]
        if len(values) <= 4:
            return f"[{', '.join(map(number, values))}]"
        first, second, last = (number(values[n]) for n in (0, 1, -1))
        return f"[{first}, {second}, ..., {last}] ({len(values)} values)"
    if schedule.name == "chain":
        parts = [*(_label(part, number) for part in schedule.hyper["schedules"])]
        return f"chain({', '.join(parts)}, at={list(schedule.hyper['at'])})"
    known = inspect.signature(FACTORIES[schedule.name]).parameters
    words = [
        number(value) if known[name].default is known[name].empty else f"{name}={number(value)}"
        for name, value in schedule.arguments
        if value != known[name].default
    ]
    return f"{schedule.name}({', '.join(words)})"


def _call(factory: Callable[..., Schedule]) -> str:
    needed = [n for n, p in inspect.signature(factory).parameters.items() if p.default is p.empty]
    return f"{factory.__name__}({', '.join(needed)})"


def _too_short(schedule: Schedule, steps: int) -> str:
    has = "has" if schedule.name == "values" else "is defined for"
    subject = "the schedule" if schedule.name == "values" else schedule.label
    unit = "values" if schedule.name == "values" else "steps"
    return (
        f"{subject} {has} {schedule.length} {unit} but {steps} steps were asked for. "
        f"Give {steps} {unit} or run at most {schedule.length} steps."
    )
