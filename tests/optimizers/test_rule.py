"""`@rule`: what it reads in a formula, what it makes of it, and what it says of a wrong one."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.formula import absolute, exp, maximum_of, sign, sqrt, where
from toylands.optimizers import Factory, rule

pytestmark = pytest.mark.filterwarnings("error")

LAND = tl.landscape("5*x**2 + y**2/2 + x*y/2 + y**4/4", name="quartic")
START = (1.0, -1.5)
Array = np.ndarray


def grad(z: Array) -> Array:
    x, y = z
    return np.array([10 * x + y / 2, y + x / 2 + y**3])


def plain(step: Callable[..., Any], memory: int, steps: int, lr: float, **hyper: float) -> Array:
    """The same rule in NumPy: step(theta, g, lr, t, memory, **hyper) -> theta, *memory."""
    z, m = np.array(START), [np.zeros(2)] * memory
    path = [z]
    for t in range(1, steps + 1):
        z, *m = step(z, grad(z), lr, t, *m, **hyper)
        path.append(z)
    return np.array(path)


# A student's own optimizers, raced in the loop


@rule(lr=0.01, beta=0.9, floor=0.1)
def cautious(theta: Any, g: Any, lr: Any, b: Any, *, beta: Any, floor: Any) -> Any:
    """Momentum that moves only where it agrees with the gradient, and a little elsewhere."""
    b = beta * b + g
    return theta - lr * where(b * g > 0, b, floor * b), b


@rule(lr=0.05, decay=0.8, eps=1e-6)
def secants(
    g: Any, theta: Any, t: Any, lr: Any, last: Any, size: Any, *, decay: Any, eps: Any
) -> Any:
    """Arguments in another order, two memories, the step number, a power of it."""
    size = maximum_of(decay * size, absolute(g - last))
    return theta - lr * g / (sqrt(size) + eps) / (1 - decay**t) / sqrt(t), g, size


@rule(rate=0.3)
def unrated(theta: Any, g: Any, *, rate: Any) -> Any:
    """No learning rate in the formula at all, and a bounded step."""
    return theta - rate * (1 - exp(-absolute(g))) * sign(g)


@rule(lr=0.02, beta=0.5)
def later(theta: Any, g: Any, lr: Any, t: Any, *, beta: Any) -> Any:
    """Powers that are not plainly beta**t."""
    return theta - lr * g * (1 - beta ** (t + 1)) * beta ** (1 / t)


PLAIN: dict[str, tuple[Factory, int, Callable[..., Any]]] = {
    "cautious": (cautious, 1, lambda z, g, lr, t, b, beta=0.9, floor=0.1: (
        z - lr * np.where((beta * b + g) * g > 0, 1, floor) * (beta * b + g), beta * b + g)),
    "secants": (secants, 2, lambda z, g, lr, t, last, size, decay=0.8, eps=1e-6: (
        z - lr * g / (np.sqrt(np.maximum(decay * size, abs(g - last))) + eps)
        / (1 - decay**t) / math.sqrt(t),
        g, np.maximum(decay * size, abs(g - last)))),
    "unrated": (unrated, 0, lambda z, g, lr, t, rate=0.3: (
        z - rate * (1 - np.exp(-abs(g))) * np.sign(g),)),
    "later": (later, 0, lambda z, g, lr, t, beta=0.5: (
        z - lr * g * (1 - beta ** (t + 1)) * beta ** (1 / t),)),
}  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_a_students_rule_walks_as_written(name: str) -> None:
    factory, memory, step = PLAIN[name]
    run = tl.descend(LAND, factory(lr=0.02), START, 60)
    np.testing.assert_allclose(run.path, plain(step, memory, 60, 0.02), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", PLAIN)
def test_its_numbers_may_differ_between_walkers(name: str) -> None:
    factory, memory, step = PLAIN[name]
    hyper = next(iter(factory.rule.defaults))
    values, rates = np.array([0.2, 0.5, 0.7]), np.array([0.005, 0.01, 0.02])
    swarm = tl.descend(LAND, factory(lr=rates, **{hyper: values}), START, 40)
    for i in range(3):
        expected = plain(step, memory, 40, rates[i], **{hyper: values[i]})
        np.testing.assert_allclose(swarm[i].path, expected, rtol=1e-11, atol=1e-12)


def test_it_races_beside_the_others_and_inside_wrappers() -> None:
    race = tl.race(LAND, [tl.gd(0.02), cautious(0.02), tl.sam(cautious(0.02))], START, 30)
    assert race.names == ["gd", "cautious", "sam"]
    assert race["cautious"].optimizer.label == "cautious(lr=0.02)"
    assert race["sam"].optimizer.label == "sam(cautious(lr=0.02), rho=0.05)"
    assert race["sam"].evaluations == 60


def test_the_rate_is_scheduled_for_it() -> None:
    factors = np.linspace(1, 0.1, 20)
    run = tl.descend(LAND, cautious(0.02, schedule=factors), START, 20)
    z, b = np.array(START), np.zeros(2)
    for t in range(20):
        g = grad(z)
        b = 0.9 * b + g
        z = z - 0.02 * factors[t] * np.where(b * g > 0, 1, 0.1) * b
    np.testing.assert_allclose(run.end, z, rtol=1e-12)


def test_running_powers_stay_exact() -> None:
    """beta**t is kept as a running product; after 3,000 steps it is still beta**t."""

    @rule(lr=1.0, beta=0.9)
    def writer(theta: Any, g: Any, lr: Any, t: Any, *, beta: Any) -> Any:
        """Write the power into theta."""
        return beta**t + 0 * theta

    slope = tl.landscape("x")
    run = tl.descend(slope, writer(beta=0.999), (0.0,), 3_000)
    exact = 0.999 ** np.arange(1, 3_001, dtype=float)
    np.testing.assert_allclose(run.path[1:, 0], exact, rtol=3_000 * np.finfo(float).eps)
    swarm = tl.descend(slope, writer(beta=[0.9, 0.999]), (0.0,), 3_000, every=3_000)
    np.testing.assert_allclose(swarm.end[:, 0], [0.9**3_000, 0.999**3_000], rtol=1e-12)
    assert writer.rule.powers == ["beta"]
    assert later.rule.powers == []


# What is read in a formula


def test_roles_memory_and_defaults() -> None:
    made = secants.rule
    assert made.name == "secants"
    assert made.memory == ("last", "size")
    assert made.defaults == {"decay": 0.8, "eps": 1e-6}
    assert made.arguments == ["g", "theta", "t", "lr", "last", "size"]
    assert made.powers == ["decay"]
    assert made.rows == 3
    assert secants.defaults == {"lr": 0.05, "decay": 0.8, "eps": 1e-6}


def test_a_factory_introduces_itself() -> None:
    assert cautious.__name__ == cautious.name == "cautious"
    assert cautious.__doc__ is not None
    assert cautious.__doc__.startswith("Momentum that moves only")
    assert str(inspect.signature(cautious)) == "(lr=0.01, beta=0.9, floor=0.1, *, schedule=None)"
    assert repr(unrated) == "unrated(lr, rate=0.3, *, schedule=None)"


def test_factories_take_numbers_by_position_and_by_name() -> None:
    by_position = tl.adam(0.1, 0.8, 0.99, 1e-6)
    by_name = tl.adam(eps=1e-6, beta2=0.99, beta1=0.8, lr=0.1)
    assert by_position.values == by_name.values
    assert tl.adam().values == {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
    assert isinstance(tl.adam(1).lr, float)


CALLS: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "unknown": (lambda: tl.adam(0.1, betta1=0.8), ValueError, "Did you mean 'beta1'?"),
    "what there is": (lambda: tl.gd(0.1, momentum=0.9), ValueError, "it has 'lr' and 'schedule'"),
    "too many": (lambda: tl.gd(0.1, 0.9), TypeError, "at most 1 numbers (lr), got 2"),
    "twice": (lambda: tl.momentum(0.1, 0.9, beta=0.8), TypeError, "beta was given twice"),
    "no rate": (lambda: unrated(), TypeError, "unrated needs a learning rate: unrated(lr=0.1)"),
    "negative": (lambda: tl.gd(-0.1), ValueError, "gd: lr=-0.1 must be at least 0"),
    "nan": (lambda: tl.gd(math.nan), ValueError, "gd: lr=nan is not finite"),
    "infinite": (lambda: tl.gd(math.inf), ValueError, "gd: lr=inf is not finite"),
    "text": (lambda: tl.gd("fast"), TypeError, "gd: lr='fast' is not a number. A schedule goes"),
    "bool": (lambda: tl.gd(True), TypeError, "gd: lr=True is not a number"),
    "a schedule": (lambda: tl.gd(tl.schedules.cosine(9)), TypeError, "goes in schedule=..."),
    "beta 1": (lambda: tl.momentum(0.1, beta=1.0), ValueError, "beta=1 must be at least 0 and below 1"),
    "one of many": (lambda: tl.gd([0.1, -0.1]), ValueError, "lr=[0.1, -0.1]"),
    "ragged": (lambda: tl.gd([[0.1], [0.1, 0.2]]), TypeError, "is not a number"),
    "complex": (lambda: tl.gd(1j), TypeError, "lr=1j is not a number"),
    "schedule text": (lambda: tl.gd(0.1, schedule="cosine"), TypeError, "cosine"),
    "schedule number": (lambda: tl.gd(0.1, schedule=0.5), TypeError, "0.5"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "words"), CALLS.values(), ids=CALLS)
def test_bad_calls(call: Callable[[], Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=re.escape(words)):
        call()


# Formulas that cannot be read


def no_theta(g: Any, lr: Any) -> Any:
    return -lr * g


def no_gradient(theta: Any, lr: Any) -> Any:
    return theta - lr


def starred(theta: Any, g: Any, *memory: Any) -> Any:
    return theta - g


def doubly_starred(theta: Any, g: Any, **hyper: Any) -> Any:
    return theta - g


def tuned(theta: Any, g: Any, lr: Any, *, beta: Any) -> Any:
    return theta - lr * beta * g


def rated(theta: Any, g: Any, *, lr: Any) -> Any:
    return theta - lr * g


def scheduled(theta: Any, g: Any, lr: Any, *, schedule: Any) -> Any:
    return theta - lr * g


DEFINITIONS: dict[str, tuple[Callable[..., Any], dict[str, Any], type[Exception], str]] = {
    "no theta": (no_theta, {}, TypeError, "rule no_theta: the formula needs an argument 'theta'"),
    "no gradient": (no_gradient, {}, TypeError, "needs an argument 'g'"),
    "stars": (starred, {}, TypeError, "argument 'memory' may not be * or **"),
    "two stars": (doubly_starred, {}, TypeError, "argument 'hyper' may not be * or **"),
    "no default": (tuned, {}, ValueError, "give 'beta' a default: @rule(beta=...)"),
    "misspelt": (tuned, {"betta": 0.9}, ValueError, "Did you mean 'betta'?"),
    "one too many": (tuned, {"beta": 0.9, "eps": 1.0}, ValueError, "no keyword-only argument 'eps'"),
    "nan default": (tuned, {"beta": math.nan}, ValueError, "tuned: beta=nan is not finite"),
    "default outside": (tuned, {"beta": 1.5}, ValueError, "beta=1.5 must be at least 0 and below 1"),
    "text default": (tuned, {"beta": "0.9"}, TypeError, "beta='0.9' is not a number"),
    "lr after the star": (rated, {"lr": 0.1}, TypeError, "'lr' may not be a hyper-parameter"),
    "schedule": (scheduled, {"schedule": 1.0}, TypeError, "'schedule' may not be a hyper-parameter"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("function", "defaults", "kind", "words"), DEFINITIONS.values(), ids=DEFINITIONS
)
def test_bad_definitions(
    function: Callable[..., Any], defaults: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=re.escape(words)):
        rule(**defaults)(function)


def forgets_to_return(theta: Any, g: Any, lr: Any) -> Any:
    theta = theta - lr * g


def forgets_its_memory(theta: Any, g: Any, lr: Any, m: Any) -> Any:
    return theta - lr * (m + g)


def returns_too_much(theta: Any, g: Any, lr: Any) -> Any:
    return theta - lr * g, g


def asks_if(theta: Any, g: Any, lr: Any) -> Any:
    return theta - lr * g if g > 0 else theta


def uses_math(theta: Any, g: Any, lr: Any) -> Any:
    return theta - lr * math.tanh(g)


def uses_numpy(theta: Any, g: Any, lr: Any) -> Any:
    return theta - lr * np.sign(g)


def uses_max(theta: Any, g: Any, lr: Any) -> Any:
    return theta - lr * max(g, 1)


def returns_text(theta: Any, g: Any, lr: Any) -> Any:
    return "theta - lr*g"


def returns_a_condition(theta: Any, g: Any, lr: Any) -> Any:
    return theta > 0


def returns_truth(theta: Any, g: Any, lr: Any) -> Any:
    return True


FORMULAS: dict[Callable[..., Any], tuple[type[Exception], str]] = {
    forgets_to_return: (TypeError, "returned nothing; end it with return theta"),
    forgets_its_memory: (ValueError, "returned 1 value, expected 2: theta, m"),
    returns_too_much: (ValueError, "returned 2 values, expected 1: theta"),
    asks_if: (TypeError, "write where(condition, yes, no), which chooses at every point"),
    uses_math: (TypeError, "functions of toylands.formula"),
    uses_numpy: (TypeError, "write where(condition, yes, no), which chooses at every point"),
    uses_max: (TypeError, "write maximum_of(a, b)"),
    returns_text: (TypeError, "returned theta='theta - lr*g', which is not a formula"),
    returns_a_condition: (TypeError, "returned theta=theta > 0, which is not a formula"),
    returns_truth: (TypeError, "returned theta=True, which is not a formula"),
}


@pytest.mark.parametrize("function", FORMULAS, ids=lambda f: f.__name__)
def test_formulas_that_cannot_be_read(function: Callable[..., Any]) -> None:
    kind, words = FORMULAS[function]
    factory = rule(lr=0.1)(function)
    for _ in range(2):  # the same words on every try
        with pytest.raises(kind, match=re.escape(words)) as error:
            tl.descend(LAND, factory(), START, 3)
        assert f"rule {function.__name__}" in str(error.value)


def test_a_list_is_as_good_as_a_tuple() -> None:
    @rule(lr=0.02, beta=0.9)
    def listed(theta: Any, g: Any, lr: Any, b: Any, *, beta: Any) -> Any:
        """Momentum that returns a list."""
        return [theta - lr * (beta * b + g), beta * b + g]

    run = tl.descend(LAND, listed(), START, 20)
    expected = tl.descend(LAND, tl.momentum(0.02), START, 20)
    np.testing.assert_allclose(run.path, expected.path, rtol=1e-13)


# What else the formula gives: equations, and what the memory gathers


@pytest.mark.parametrize(
    ("factory", "gathers"),
    [
        (tl.gd, 0), (tl.momentum, 1), (tl.nesterov, 1), (tl.polyak, -1), (tl.adam, 1),
        (tl.adamw, 1), (tl.amsgrad, 1), (tl.lion, 1), (tl.adagrad, 0), (tl.rmsprop, 0),
        (tl.optimistic_gd, 0), (cautious, 1), (secants, 0),
    ],
    ids=lambda value: getattr(value, "name", ""),
)  # fmt: skip
def test_what_the_first_memory_gathers(factory: Factory, gathers: int) -> None:
    """Momenta gather gradients (+1) or steps against them (-1); squares and copies are neither."""
    assert factory.rule.gathers == gathers


@pytest.mark.parametrize("factory", [tl.gd, tl.momentum, tl.polyak, tl.nesterov, tl.adam, secants])
def test_the_equations_are_the_rule(factory: Factory) -> None:
    """Evaluated one after the other, with numbers, they give the step that the loop takes."""
    import sympy

    opt = factory(lr=0.03)
    run = tl.descend(LAND, opt, START, 2)
    z, memory = np.array(START), dict.fromkeys(factory.rule.memory, 0.0)
    for t in (1, 2):
        new = z.copy()
        after: dict[str, list[float]] = {name: [] for name in memory}
        for j in range(2):
            known = {"theta_t": z[j], "g_t": grad(z)[j], "eta_t": 0.03, "t": t}
            known |= {f"{name}_{{t-1}}": np.ravel(value)[j % np.size(value)]
                      for name, value in memory.items()}  # fmt: skip
            known |= {"varepsilon" if h == "eps" else h: v for h, v in opt.hyper.items()}
            for left, right in factory.rule.equations:
                value = right.subs({sympy.Symbol(k): v for k, v in known.items()})
                value = value.subs({s: known[s.name] for s in value.free_symbols})
                known[left.name] = float(value)
            new[j] = known["theta_{t+1}"]
            for name in memory:
                after[name].append(known[f"{name}_t"])
        z, memory = new, {name: np.array(values) for name, values in after.items()}
        np.testing.assert_allclose(run.path[t], z, rtol=1e-12)
    assert len(opt.latex) == 1 + len(factory.rule.memory)
    assert opt.latex[-1].startswith("\\theta_{t+1} = ")


def test_a_rule_decides_nothing_while_it_is_read() -> None:
    def rests(theta, g, lr):
        return theta if g == 0 else theta - lr * g

    def either(theta, g, lr, m):
        return theta - lr * (m or g), g

    for function, words in ((rests, "'g == 0' decides"), (either, "'m or g' decides")):
        with pytest.raises(TypeError, match=words):
            rule(lr=0.1)(function)(0.1).rule.equations  # noqa: B018


def test_the_default_rate_is_checked_when_the_rule_is_defined() -> None:
    with pytest.raises((TypeError, ValueError), match="lr='a'"):
        rule(lr="a")(lambda theta, g, lr: theta - lr * g)  # type: ignore[arg-type]
