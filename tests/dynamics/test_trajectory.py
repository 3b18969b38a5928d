"""What a walk says of itself: how it ended, what it cost, the curvature along it, its tables."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pytest
from plain_walk import ROSENBROCK as PLAIN
from twins import GAME, LINE, QUARTIC, ROSENBROCK, SADDLE

import toylands as tl
from toylands.dynamics import Status, Swarm

pytestmark = pytest.mark.filterwarnings("error")

START = (-0.7, 0.9)
VALLEY = tl.landscape("(x*y - 1)**2", name="hyperbola")
DESERT = tl.landscape("1 - exp(-(x**2 + y**2))", name="desert", view=((-10, 10), (-10, 10)))


# How a walk ended


@pytest.mark.parametrize(
    ("land", "opt", "start", "expected"),
    [
        (QUARTIC, tl.momentum(0.03), START, "converged to a minimum"),
        (QUARTIC, tl.gd(0.001), START, "running"),
        (QUARTIC, tl.gd(0.5), START, "diverged"),
        (SADDLE, tl.gd(0.1), (0.8, 0.0), "converged to a saddle"),  # y = 0 is the stable line
        (SADDLE, tl.gd(0.1), (0.0, 0.0), "converged to a saddle"),  # exactly on it
        (SADDLE, tl.gd(0.1), (0.8, 1e-9), "converged to a minimum"),
        (SADDLE, tl.newton(), (0.1, 0.1), "converged to a saddle"),
        (tl.landscape("-x**2 - y**2"), tl.newton(), (0.3, 0.2), "converged to a maximum"),
        (tl.landscape("x**3 - 3*x*y**2"), tl.gd(0.1), (0.0, 0.0), "converged to a plateau"),
        (tl.landscape("-x**2 + 0*y"), tl.gd(0.1), (0.0, 0.3), "converged to a ridge"),
        (VALLEY, tl.gd(0.05), (1.5, 1.2), "converged to a valley of minima"),
        (VALLEY, tl.gd(0.05), (0.0, 0.0), "converged to a saddle"),
        (DESERT, tl.gd(0.3), (0.5, 0.4), "converged to a minimum"),
        (DESERT, tl.gd(0.3), (5.0, 0.0), "converged to a plateau"),
        (DESERT, tl.gd(0.3), (3.9, 3.0), "converged to a plateau"),
        (DESERT, tl.gd(0.3), (9.0, 9.0), "converged to a plateau"),  # the gradient underflows
        (GAME, tl.extragradient(0.5), (0.5, 0.5), "converged to an equilibrium"),
        (tl.landscapes.dirac_gan, tl.gd(0.1), (30.0, 40.0), "converged to a plateau"),
        (GAME, tl.gd(0.1), (0.5, 0.5), "running"),
    ],
)
def test_status(land: Any, opt: Any, start: Any, expected: str) -> None:
    run = tl.descend(land, opt, start, 400)
    assert str(run.status).startswith(expected)
    swarm = tl.descend(land, opt, [start, start], 400)
    assert [str(status) for status in swarm.status] == [str(run.status)] * 2
    assert swarm[1].status == run.status


def test_the_tolerance_is_the_callers() -> None:
    tight = tl.descend(QUARTIC, tl.gd(0.05), START, 60, tol=1e-12)
    loose = tl.descend(QUARTIC, tl.gd(0.05), START, 60, tol=1.0)
    assert tight.status.kind == "running"
    assert loose.status.kind == "converged"
    zero = tl.descend(SADDLE, tl.gd(0.05), (0.0, 0.0), 3, tol=0)
    assert zero.status == Status("converged", point="saddle")


def test_status_of_a_swarm_with_a_landscape_each() -> None:
    k = np.array([1.0, -1.0, 0.0, 30.0, 1e-4])
    land = tl.landscape("x**2 + k*y**2", k=1.0)
    swarm = tl.descend(land(k=k), tl.gd(0.3), (1.0, 0.0), 60)
    kinds = ["minimum", "saddle", "valley", "minimum", "minimum"]
    assert [status.point for status in swarm.status] == kinds
    assert [walk.status for walk in swarm] == swarm.status
    away = tl.descend(land(k=k), tl.gd(0.3), (1.0, 1.0), 60)
    assert [s.kind for s in away.status] == [
        "converged", "diverged", "converged", "diverged", "running",
    ]  # fmt: skip


# Moving landscapes are judged as they are at that step


def test_a_moving_landscape_is_judged_where_it_is() -> None:
    """The walker sits on the origin while it turns from a saddle into a minimum, and back."""
    land = tl.landscape("x**2 + k*y**2", k=1.0)
    turning = {"k": np.linspace(-2, 2, 21)}
    run = tl.descend(land, tl.gd(0.1), (0.0, 0.0), 20, time_varying=turning)
    assert str(run.status) == "converged to a minimum"
    np.testing.assert_allclose(run.spectrum.min(axis=1), np.minimum(2, 2 * turning["k"]))
    np.testing.assert_allclose(run.sharpness, np.maximum(2, 2 * turning["k"]))
    back = {"k": turning["k"][::-1]}
    alone = tl.descend(land, tl.gd(0.1), (0.0, 0.0), 20, time_varying=back)
    assert str(alone.status) == "converged to a saddle"
    swarm = tl.descend(land, tl.gd(0.1), [(0.0, 0.0)] * 2, 20, time_varying=back, every=5)
    assert [str(status) for status in swarm.status] == ["converged to a saddle"] * 2
    np.testing.assert_allclose(swarm[1].time_varying["k"], [2, 1, 0, -1, -2])
    np.testing.assert_allclose(swarm[1].sharpness, [4, 2, 2, 2, 2])


def test_a_moving_landscape_that_throws_the_walker_out() -> None:
    land = tl.landscape("k*x**2/2", k=1.0)
    run = tl.descend(
        land, tl.gd(1.0), (1.0,), 40, time_varying={"k": lambda t: 11.0 + t}, escape=1e6
    )
    assert run.diverged_at is not None
    assert len(run.time_varying["k"]) == len(run.path) == len(run.sharpness)
    np.testing.assert_allclose(run.sharpness, 11.0 + np.arange(len(run.path)))


# Curves


def test_curves_are_those_of_the_landscape() -> None:
    run = tl.descend(ROSENBROCK, tl.adam(0.05), START, 50)
    for k, point in enumerate(run.path):
        assert run.loss[k] == pytest.approx(PLAIN.loss(point, {}, None), rel=1e-13)
        gradient = PLAIN.grad(point, {}, None)
        assert run.grad_norm[k] == pytest.approx(np.linalg.norm(gradient), rel=1e-12)
        assert PLAIN.hessian is not None
        eigenvalues = np.linalg.eigvalsh(PLAIN.hessian(point, {}, None))
        np.testing.assert_allclose(run.spectrum[k], eigenvalues, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(run.sharpness, run.spectrum[:, -1])


def test_curves_of_a_mini_batch_run_are_over_all_samples() -> None:
    run = tl.descend(LINE, tl.gd(0.1), START, 30, batch=2)
    np.testing.assert_allclose(run.loss, LINE.loss(run.path), rtol=1e-13)
    np.testing.assert_allclose(
        run.grad_norm, np.linalg.norm(LINE.grad(run.path), axis=1), rtol=1e-12
    )


def test_the_spectrum_of_walkers_with_a_landscape_each() -> None:
    swarm = tl.descend(ROSENBROCK(b=[1.0, 50.0]), tl.gd(0.001), START, 5)
    for i, b in enumerate((1.0, 50.0)):
        expected = ROSENBROCK(b=b).spectrum(swarm[i].path).eigenvalues
        np.testing.assert_array_equal(swarm[i].spectrum, expected)


@pytest.mark.parametrize("every", [1, 4])
def test_steps_to(every: int) -> None:
    """On x^2/2 at rate 0.1, x = 0.9^t: loss, slope and coordinate fall below a bound for good."""
    land = tl.landscape("x**2/2", name="parabola")
    run = tl.descend(land, tl.gd(0.1), (1.0,), 200, every=every)

    def first(t: float) -> int:
        return every * math.ceil(math.ceil(t) / every)

    assert run.steps_to(1e-3) == first(math.log(1e-3) / math.log(0.9))
    assert run.steps_to(1e-3, of="theta") == first(math.log(1e-3) / math.log(0.9))
    assert run.steps_to(1e-3, of="loss") == first(math.log(2e-3) / 2 / math.log(0.9))
    assert run.steps_to(2.0) == 0
    assert run.steps_to(1e-30) is None


def test_steps_to_means_for_good() -> None:
    """A ringing heavy ball dips below the bound long before it stays there."""
    land = tl.landscape("x**2/2", name="parabola")
    run = tl.descend(land, tl.momentum(0.1), (1.0,), 200)
    curve, reached = np.abs(run.path[:, 0]), run.steps_to(0.05)
    assert reached is not None
    assert (curve[reached:] <= 0.05).all()
    assert curve[reached - 1] > 0.05
    assert int(np.argmax(curve <= 0.05)) < reached


def test_steps_to_of_a_diverged_run() -> None:
    run = tl.descend(QUARTIC, tl.gd(0.5), START, 100)
    assert run.diverged_at is not None
    assert run.steps_to(1e9, of="loss") is None
    with pytest.raises(ValueError, match="Did you mean 'loss'"):
        run.steps_to(1.0, of="los")


def test_rates() -> None:
    run = tl.descend(QUARTIC, tl.gd(0.05, schedule=np.linspace(1, 0, 10)), START, 10)
    np.testing.assert_allclose(run.rates, 0.05 * np.linspace(1, 0, 10))
    swarm = tl.descend(QUARTIC, tl.gd([0.05, 0.02]), START, 10)
    np.testing.assert_array_equal(swarm[1].rates, np.full(10, 0.02))
    one = tl.descend(QUARTIC, tl.gd([0.05]), [START] * 3, 10)  # one rate for three walkers
    np.testing.assert_array_equal(one[2].rates, np.full(10, 0.05))
    assert one[2].optimizer.lr == 0.05
    gone = tl.descend(QUARTIC, tl.gd(0.5), START, 100)
    assert len(gone.rates) == gone.steps == len(gone.path) - 1


# Tables and words


def test_to_dict_is_plain() -> None:
    run = tl.descend(QUARTIC, tl.sam(tl.gd(0.05)), START, 3)
    made = json.loads(json.dumps(run.to_dict()))
    assert made["landscape"] == "quartic()"
    assert made["optimizer"] == "sam(gd(lr=0.05), rho=0.05)"
    assert made["status"] == "running"
    assert (made["steps"], made["evaluations"]) == (3, 6)
    np.testing.assert_array_equal(made["path"], run.path)
    np.testing.assert_array_equal(made["loss"], run.loss)
    np.testing.assert_array_equal(made["grad_norm"], run.grad_norm)


def test_to_pandas() -> None:
    pytest.importorskip("pandas")
    run = tl.descend(QUARTIC, tl.gd(0.05), START, 12, every=4)
    frame = run.to_pandas()
    assert list(frame.columns) == ["x", "y", "loss", "grad_norm", "sharpness"]
    assert frame.index.tolist() == [0, 4, 8, 12]
    assert frame.index.name == "step"
    np.testing.assert_array_equal(frame[["x", "y"]], run.path)
    np.testing.assert_array_equal(frame["sharpness"], run.sharpness)
    gone = tl.descend(QUARTIC, tl.gd(0.5), START, 100)
    assert len(gone.to_pandas()) == len(gone.path)


def test_repr() -> None:
    run = tl.descend(ROSENBROCK(b=5), tl.gd(0.01), (1.0, 1.0), 3)
    assert repr(run) == (
        "<gd(lr=0.01) on valley_of_r(a=1, b=5): converged to a minimum after 3 steps, loss 0>"
    )
    swarm = tl.descend(QUARTIC, tl.gd([0.01, 0.5]), START, 100)
    assert repr(swarm) == "<2 walkers of gd on quartic, 100 steps, 1 diverged>"


# Swarms


def test_a_swarm_is_a_sequence() -> None:
    swarm = tl.descend(QUARTIC, tl.gd(np.linspace(0.01, 0.05, 5)), START, 6)
    assert isinstance(swarm, Swarm)
    assert len(list(swarm)) == 5
    np.testing.assert_array_equal(swarm[-1].path, swarm[4].path)
    np.testing.assert_array_equal(swarm[np.int64(2)].path, swarm.path[2])
    assert [walk.optimizer.lr for walk in swarm[1:4]] == [0.02, 0.03, 0.04]
    assert swarm[5:] == []
    for i in (5, -6):
        with pytest.raises(IndexError, match=re.escape(f"walker {i} of 5")):
            swarm[i]


def test_evaluations_of_a_swarm() -> None:
    swarm = tl.descend(QUARTIC, tl.sam(tl.gd([0.01, 0.5, 0.02])), START, 40)
    assert swarm.evaluations.tolist() == [80, 2 * swarm.diverged_at[1], 80]
    assert [walk.evaluations for walk in swarm] == swarm.evaluations.tolist()


def test_a_path_ends_where_the_loss_is_no_longer_a_number() -> None:
    """exp overflows inside the window: that point is left out, the divergence is dated later."""
    land = tl.landscape("exp(x**2)", name="cliff")
    run = tl.descend(land, tl.gd(1.0), (1.5,), 50)
    assert run.diverged_at is not None
    assert np.isfinite(run.path).all()
    assert np.isfinite(run.loss).all()
    assert len(run.path) == len(run.loss) == len(run.grad_norm)
    assert run.evaluations == run.diverged_at


def test_the_status_of_many_walkers_is_quick() -> None:
    import time

    starts = np.random.default_rng(0).uniform(-1, 1, (20_000, 2))
    swarm = tl.descend(QUARTIC, tl.momentum(0.02), starts, 400, every=400)
    began = time.perf_counter()
    assert {str(status) for status in swarm.status} == {"converged to a minimum"}
    assert time.perf_counter() - began < 5  # one by one it would take half a minute
