"""Sweeps: every combination is the single run with its numbers."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from plain_walk import LINE as PLAIN_LINE
from plain_walk import QUARTIC as PLAIN
from plain_walk import Walk, splitmix
from twins import GAME, LINE, QUARTIC, ROSENBROCK

import toylands as tl
from toylands.optimizers import rule

pytestmark = pytest.mark.filterwarnings("error")

START = (-0.7, 0.9)


def test_every_combination_is_its_single_run() -> None:
    """Three axes of different lengths, of the optimizer and of the landscape, in the order given."""
    axes = {"beta": [0.0, 0.5], "b": [1.0, 5.0, 20.0], "lr": [0.001, 0.005, 0.01, 0.02]}
    made = tl.sweep(ROSENBROCK, tl.momentum, START, 60, **axes)
    assert list(made.axes) == ["beta", "b", "lr"]
    for name in ("loss", "grad_norm", "diverged", "diverged_at"):
        assert getattr(made, name).shape == (2, 3, 4)
    assert made.end.shape == (2, 3, 4, 2)
    for i, beta in enumerate(axes["beta"]):
        for j, b in enumerate(axes["b"]):
            for k, lr in enumerate(axes["lr"]):
                run = tl.descend(ROSENBROCK(b=b), tl.momentum(lr, beta=beta), START, 60)
                np.testing.assert_allclose(made.end[i, j, k], run.end, rtol=1e-10, atol=1e-12)
                assert made.loss[i, j, k] == pytest.approx(run.loss[-1], rel=1e-8, abs=1e-18)
                assert made.grad_norm[i, j, k] == pytest.approx(
                    run.grad_norm[-1], rel=1e-8, abs=1e-12
                )
                assert made.diverged_at[i, j, k] == (run.diverged_at or -1)
    assert made.steps == 60
    assert made.landscape is ROSENBROCK


@pytest.mark.parametrize("of", ["grad_norm", "loss", "theta"])
def test_steps_to_are_those_of_the_single_runs(of: str) -> None:
    lr = np.geomspace(0.01, 2, 12)
    made = tl.sweep(QUARTIC, tl.momentum, START, 80, lr=lr, beta=[0.0, 0.9])
    steps = made.steps_to(1e-3, of=of)
    assert steps.shape == (12, 2)
    for i, rate in enumerate(lr):
        for j, beta in enumerate((0.0, 0.9)):
            run = tl.descend(QUARTIC, tl.momentum(rate, beta=beta), START, 80)
            alone = run.steps_to(1e-3, of=of)
            assert steps[i, j] == (-1 if alone is None else alone)
    assert (steps > 0).any()
    assert (steps == -1)[made.diverged].all()
    with pytest.raises(ValueError, match=r"'lss'.*Did you mean 'loss'"):
        made.steps_to(1e-3, of="lss")


def test_steps_to_on_a_parabola() -> None:
    """(1 - lr)^t <= 1e-3, that is t >= ln(1e-3) / ln|1 - lr|."""
    lr = np.array([0.01, 0.1, 1.0, 1.9, 2.1])
    steps = tl.sweep(tl.landscape("x**2/2"), tl.gd, [1.0], 700, lr=lr).steps_to(1e-3, of="theta")
    wanted = [math.ceil(math.log(1e-3) / math.log(abs(1 - r))) for r in (0.01, 0.1, 1.9)]
    assert steps.tolist() == [*wanted[:2], 1, wanted[2], -1]


def test_against_plain_walks() -> None:
    lr, beta = np.geomspace(0.01, 1, 9), np.array([0.0, 0.9])
    made = tl.sweep(QUARTIC, tl.momentum, START, 40, lr=lr, beta=beta)
    for i, rate in enumerate(lr):
        for j, b in enumerate(beta):
            walk = Walk(PLAIN, START, 40, rate, "momentum", {"beta": b}, escape=2e6).run()
            assert made.diverged_at[i, j] == (walk.died or -1)
            np.testing.assert_allclose(made.end[i, j], walk.path[-1], rtol=1e-8, atol=1e-10)
            assert made.loss[i, j] == pytest.approx(walk.loss[-1], rel=1e-7, abs=1e-15)
    assert made.diverged.any()
    assert not made.diverged.all()
    assert (made.diverged == (made.diverged_at >= 0)).all()


def test_fixed_numbers_beside_arrays() -> None:
    made = tl.sweep(ROSENBROCK, tl.momentum, START, 30, lr=[0.001, 0.01], beta=0.5, b=3)
    assert list(made.axes) == ["lr"]
    run = tl.descend(ROSENBROCK(b=3), tl.momentum(0.01, beta=0.5), START, 30)
    np.testing.assert_allclose(made.end[1], run.end, rtol=1e-12)
    assert made.optimizer.hyper["beta"] == 0.5


@pytest.mark.parametrize("values", [[0.01, 0.02], (0.01, 0.02), np.array([0.01, 0.02])])
def test_a_row_is_a_row(values: Any) -> None:
    made = tl.sweep(QUARTIC, tl.gd, START, 5, lr=values)
    np.testing.assert_array_equal(made.axes["lr"], [0.01, 0.02])
    whole = tl.sweep(ROSENBROCK, tl.gd(0.001), START, 5, b=range(1, 4))
    np.testing.assert_array_equal(whole.axes["b"], [1, 2, 3])


def test_optimizers_and_factories() -> None:
    """A factory, an optimizer with a number replaced, wrappers, a lambda: the same ends."""
    lr = np.array([0.01, 0.03])
    expected = [
        tl.descend(QUARTIC, tl.sam(tl.momentum(r, beta=0.8), rho=0.1), START, 20).end for r in lr
    ]
    for opt in (
        tl.sam(tl.momentum(99.0, beta=0.8), rho=0.1),
        lambda lr: tl.sam(tl.momentum(lr, beta=0.8), rho=0.1),
        lambda lr=1.0, rho=0.1: tl.sam(tl.momentum(lr, beta=0.8), rho),
    ):
        np.testing.assert_allclose(
            tl.sweep(QUARTIC, opt, START, 20, lr=lr).end, expected, rtol=1e-12
        )
    wide = tl.sweep(QUARTIC, tl.sam(tl.gd(0.01)), START, 20, rho=[0.0, 0.1, 0.5])
    plain = tl.descend(QUARTIC, tl.gd(0.01), START, 20)
    np.testing.assert_allclose(wide.end[0], plain.end, rtol=1e-9)
    hot = tl.sweep(QUARTIC, tl.langevin, START, 20, lr=0.01, temperature=[0.0, 1.0])
    np.testing.assert_allclose(hot.end[0], plain.end, rtol=1e-12)


def test_a_name_that_both_have_is_the_optimizers() -> None:
    land = tl.landscape("(x**2 + beta*y**2)/2", beta=2.0, name="shared")
    made = tl.sweep(land, tl.momentum(0.1), (1.0, 1.0), 10, beta=[0.0, 0.5])
    run = tl.descend(land, tl.momentum(0.1, beta=0.5), (1.0, 1.0), 10)
    np.testing.assert_allclose(made.end[1], run.end, rtol=1e-12)


def test_best() -> None:
    """On x^2/2, rate 1 arrives in one step; 1.5 is stable but slower, 3 leaves."""
    land = tl.landscape("x**2/2", name="parabola")
    made = tl.sweep(land, tl.momentum, (1.0,), 60, lr=[0.3, 1.0, 1.5, 3.0], beta=[0.0, 0.5])
    assert made.best == {"lr": 1.0, "beta": 0.0}
    assert made.diverged[3, 0]
    # A walk that left is never the best, even where the loss falls for ever.
    cliff = tl.sweep(tl.landscape("-x**2/2"), tl.gd, (1.0,), 30, lr=[1e-3, 1e-2, 5.0])
    assert cliff.diverged.tolist() == [False, False, True]
    assert cliff.loss[2] < cliff.loss[1] < cliff.loss[0]
    assert cliff.best == {"lr": 1e-2}
    with pytest.raises(ValueError, match="no walk of this sweep stayed"):
        _ = tl.sweep(land, tl.gd, (1.0,), 60, lr=[3.0, 4.0]).best


def test_a_loss_that_is_not_a_number_is_never_the_best() -> None:
    """log has no value left of 0; the third walk jumps there with its last step."""
    land = tl.landscape("log(x)*x", name="entropy")  # minimum at 1/e
    made = tl.sweep(land, tl.gd, (1.0,), 1, lr=[0.1, 0.5, 4.0])
    assert np.isnan(made.loss[2])
    assert made.diverged[2]
    assert made.best == {"lr": 0.5}


def test_overflow_makes_no_noise() -> None:
    land = tl.landscape("x**4", name="steep")
    made = tl.sweep(land, tl.gd, (1.0,), 100, lr=np.geomspace(0.01, 1e9, 30), escape=math.inf)
    assert made.loss.shape == made.grad_norm.shape == (30,)
    assert made.diverged.sum() > 10
    assert np.isfinite(made.end).all()


def test_a_game_is_swept_by_its_field() -> None:
    made = tl.sweep(GAME, tl.gd, (1.0, 0.0), 50, lr=[0.01, 0.1])
    radius = (1 + np.array([0.01, 0.1]) ** 2) ** 25  # simultaneous steps rotate outwards
    np.testing.assert_allclose(made.grad_norm, radius, rtol=1e-12)


def test_options_reach_the_walk() -> None:
    lr = [0.05, 0.1]
    drawn = tl.sweep(LINE, tl.gd, START, 20, lr=lr, batch=2, replacement=False, seed=3)
    for i, rate in enumerate(lr):
        walk = Walk(PLAIN_LINE, START, 20, rate, batch=2, replacement=False, key=splitmix(3, i))
        np.testing.assert_allclose(drawn.end[i], walk.run().path[-1], rtol=1e-11)
    near = tl.sweep(QUARTIC, tl.gd, START, 20, lr=lr, escape=1e-3)
    assert near.diverged_at.tolist() == [1, 1]
    equal = tl.sweep(LINE, tl.gd, START, 20, lr=[0.1, 0.1], batch=2, seed=[8, 8])
    np.testing.assert_array_equal(equal.end[0], equal.end[1])


def test_a_moving_landscape_is_measured_as_it_is_at_the_end() -> None:
    land = tl.landscape("(x - a)**2", a=0.0, name="wandering")
    made = tl.sweep(land, tl.gd, (0.0,), 10, lr=[0.0, 0.1], time_varying={"a": np.arange(11.0)})
    assert made.loss[0] == 100
    assert made.grad_norm[0] == 20
    x = 0.0
    for t in range(10):
        x -= 0.2 * (x - t)
    assert made.loss[1] == pytest.approx((x - 10) ** 2)
    with pytest.raises(ValueError, match="a varies in time, so it cannot also be an array"):
        tl.sweep(land, tl.gd, (0.0,), 10, a=[1.0, 2.0], time_varying={"a": np.arange(11.0)})


def test_table_and_words() -> None:
    made = tl.sweep(QUARTIC, tl.momentum, START, 40, lr=[0.01, 0.02, 3.0], beta=[0.0, 0.9])
    assert repr(made) == "<sweep of momentum on quartic: 3 lr x 2 beta, 40 steps, 33.3% diverged>"
    pytest.importorskip("pandas")
    frame = made.to_pandas()
    assert list(frame.columns) == ["lr", "beta", "loss", "grad_norm", "diverged", "diverged_at"]
    assert len(frame) == 6
    for _, row in frame.iterrows():
        at = (made.axes["lr"].tolist().index(row.lr), made.axes["beta"].tolist().index(row.beta))
        assert row.loss == made.loss[at]
        assert row.diverged == made.diverged[at]


def test_a_students_rule_is_swept() -> None:
    @rule(lr=0.1, power=0.5)
    def root_steps(theta: Any, g: Any, lr: Any, *, power: Any) -> Any:
        """Step by the gradient's size to a power."""
        from toylands.formula import absolute, sign

        return theta - lr * sign(g) * absolute(g) ** power

    land = tl.landscape("x**2/2", name="parabola")
    made = tl.sweep(land, root_steps, (1.0,), 5, power=[0.5, 1.0, 2.0])
    for i, power in enumerate((0.5, 1.0, 2.0)):
        x = 1.0
        for _ in range(5):
            x -= 0.1 * math.copysign(abs(x) ** power, x)
        assert made.end[i, 0] == pytest.approx(x, rel=1e-13)


def needs_position(lr: float, speed: float) -> Any:
    return tl.gd(lr)


BAD: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "unknown": ({"betta": [0.1, 0.2]}, ValueError, "Did you mean 'beta'?"),
    "nothing swept": ({"lr": 0.1}, ValueError, "give at least one array to sweep"),
    "empty": ({"lr": []}, ValueError, "lr must be one row of numbers, got shape (0,)"),
    "table": ({"lr": np.ones((2, 2))}, ValueError, "got shape (2, 2)"),
    "texts": ({"lr": ["a", "b"]}, TypeError, "lr=['a', 'b'] is not a row of numbers"),
    "text": ({"lr": [0.1], "beta": "high"}, TypeError, "beta='high' is not a number"),
    "ragged": ({"lr": [[0.1], [0.1, 0.2]]}, TypeError, "is not a row of numbers"),
    "bools": ({"lr": [True, False]}, TypeError, "is not a row of numbers"),
    "negative": ({"lr": [0.1, -0.2]}, ValueError, "lr=[0.1, -0.2] must be at least 0"),
    "nan": ({"lr": [0.1, math.nan]}, ValueError, "lr=[0.1, nan] is not finite"),
    "beta 1": ({"beta": [0.9, 1.0]}, ValueError, "must be at least 0 and below 1"),
    "starts": ({"lr": [0.1], "start": [START, START]}, ValueError, "one start, got shape (2, 2)"),
    "nan start": ({"lr": [0.1], "start": (math.nan, 0)}, ValueError, "start=[nan, 0]"),
    "rates twice": ({"opt": tl.gd([0.1, 0.2, 0.3]), "b": [1.0, 2.0], "land": ROSENBROCK},
                    ValueError, "match"),
    "an array inside": ({"opt": tl.gd([0.1, 0.2]), "b": [1.0], "land": ROSENBROCK},
                        ValueError, "has one in it already"),
    "text optimizer": ({"opt": "adam", "lr": [0.1]}, TypeError, "got 'adam'"),
    "no optimizer": ({"opt": None, "lr": [0.1]}, TypeError, "got None"),
    "wrapper": ({"opt": tl.sam, "rho": [0.1]}, TypeError, "sweep: sam needs 'base'"),
    "langevin": ({"opt": tl.langevin, "lr": [0.1]}, TypeError, "langevin needs 'temperature'"),
    "other": ({"opt": lambda lr: 3, "lr": [0.1]}, TypeError, "got 3"),
    "needs more": ({"opt": needs_position, "lr": [0.1]}, TypeError,
                   "needs_position needs 'speed'"),
    "text landscape": ({"land": "x**2", "lr": [0.1]}, TypeError, "toylands.landscape(...)"),
    "steps": ({"lr": [0.1], "steps": -3}, ValueError, "steps=-3"),
    "tol": ({"lr": [0.1], "tol": 1e-3}, ValueError, "has 'tol'"),
    "record": ({"lr": [0.1], "record": True}, ValueError, "has 'record'"),
    "parameter": ({"b": [1.0, math.inf], "land": ROSENBROCK}, ValueError, "b=[1, inf]"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "kind", "words"), BAD.values(), ids=BAD)
def test_bad_input(changes: dict[str, Any], kind: type[Exception], words: str) -> None:
    arguments = {"land": QUARTIC, "opt": tl.momentum, "start": START, "steps": 5} | changes
    with pytest.raises(kind, match=re.escape(words)):
        tl.sweep(**arguments)
