"""Walkers that leave the map: at which step, from which point, and without disturbing the others."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import plain_walk
import pytest
from plain_walk import Walk
from twins import LINE, QUARTIC, ROSENBROCK, SADDLE, START

import toylands as tl
from toylands.dynamics import loop
from toylands.dynamics.checks import time_varying_columns
from toylands.dynamics.run import execute

pytestmark = pytest.mark.filterwarnings("error")


def leaving(opt: Any, land: Any, starts: Any, steps: int, **options: Any) -> tuple[Any, Any]:
    """The same swarm, recorded and with its ends only."""
    options["time_varying"] = time_varying_columns(land, options.get("time_varying"), steps)
    recorded = execute(land, opt, starts, steps, record=True, **options)
    ends = execute(land, opt, starts, steps, record=False, **options)
    return recorded, ends


RATES = np.geomspace(0.005, 3.0, 700)
EXITS = [
    ("gd", lambda lr: tl.gd(lr), QUARTIC, {}),
    ("momentum", lambda lr: tl.momentum(lr, beta=0.95), QUARTIC, {}),
    ("adam", lambda lr: tl.noise(tl.adam(lr), 30.0), QUARTIC, {"escape": 3.0}),
    ("swa", lambda lr: tl.swa(tl.momentum(lr), 3), QUARTIC, {}),
    ("ema", lambda lr: tl.ema(tl.momentum(lr), 0.9), QUARTIC, {}),
    ("noise", lambda lr: tl.noise(tl.momentum(lr), 3.0), QUARTIC, {"escape": 3.0}),
    ("langevin", lambda lr: tl.langevin(lr / 100, 5.0), SADDLE, {"escape": 2.0}),
    ("newton", lambda lr: tl.newton(lr), SADDLE, {"escape": 3.0}),
    ("reset", lambda lr: tl.reset_on_conflict(tl.polyak(lr), 2), QUARTIC, {}),
    ("drawn", lambda lr: tl.momentum(lr), LINE, {"batch": 2, "escape": 4.0}),
    ("epochs", lambda lr: tl.momentum(lr), LINE,
     {"batch": 2, "replacement": False, "escape": 4.0}),
    ("common", lambda lr: tl.momentum(lr), LINE,
     {"batch": 2, "replacement": False, "escape": 4.0, "seed": [7] * len(RATES)}),
    ("far", lambda lr: tl.momentum(lr), QUARTIC, {"escape": math.inf}),
    ("time_varying", lambda lr: tl.gd(lr / 50), ROSENBROCK(b=1.0),
     {"time_varying": {"b": lambda t: 1.0 + t % 40}, "escape": 10.0}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make", "land", "options"), EXITS, ids=[e[0] for e in EXITS])
def test_recording_changes_nothing(name: str, make: Any, land: Any, options: Any) -> None:
    """700 rates, walkers leaving at many different steps: the unrecorded walk is the same one."""
    starts = np.tile(START, (len(RATES), 1)) + np.linspace(-0.3, 0.3, len(RATES))[:, None]
    recorded, ends = leaving(make(RATES), land, starts, 100, **options)
    assert len(set(recorded.died.tolist())) > 8  # many different steps, and some that stay
    assert (recorded.died == -1).any()
    np.testing.assert_array_equal(recorded.died, ends.died)
    # Another kernel (without the loss) may round otherwise; the walks on the brink amplify that.
    np.testing.assert_allclose(recorded.end, ends.end, rtol=1e-5)


@pytest.mark.parametrize(("name", "make", "land", "options"), EXITS, ids=[e[0] for e in EXITS])
def test_walkers_leave_at_the_step_at_which_they_leave(
    name: str, make: Any, land: Any, options: Any
) -> None:
    """A sample of that swarm against plain walks, which look after every step."""
    starts = np.tile(START, (len(RATES), 1)) + np.linspace(-0.3, 0.3, len(RATES))[:, None]
    swarm = tl.descend(land, make(RATES), starts, 100, **options)
    rule = {"adam": "adam", "reset": "polyak"}.get(name, "momentum")
    walk: dict[str, Any] = {
        "gd": {"rule": "gd"},
        "momentum": {"hyper": {"beta": 0.95}},
        "swa": {"swa": 3},
        "ema": {"ema": 0.9},
        "adam": {"operations": [(plain_walk.noise, 30.0)]},
        "noise": {"operations": [(plain_walk.noise, 3.0)]},
        "langevin": {"rule": "gd", "heat": 5.0},
        "newton": {"rule": "gd", "operations": [(plain_walk.newton, 0.0)]},
        "reset": {"fights": 1, "patience": 2},
        "time_varying": {"rule": "gd", "parameters": {"b": 1.0}},
    }.get(name, {})
    walk = {"rule": rule, "escape": 2e6} | walk | options
    if "seed" in walk:
        walk.pop("seed")
    problem = {
        "langevin": plain_walk.SADDLE, "newton": plain_walk.SADDLE, "drawn": plain_walk.LINE,
        "epochs": plain_walk.LINE, "common": plain_walk.LINE, "time_varying": plain_walk.ROSENBROCK,
    }.get(name, plain_walk.QUARTIC)  # fmt: skip
    opt = make(RATES)
    gone = np.flatnonzero(swarm.diverged)
    for i in (*range(3, len(RATES), 29), *gone[:: len(gone) // 9].tolist()):
        key = plain_walk.splitmix(7, 0) if name == "common" else plain_walk.splitmix(0, i)
        expected = Walk(problem, starts[i], 100, float(opt.lr[i]), key=key, **walk).run()
        assert (swarm[i].diverged_at or None) == expected.died, i
        shown = swarm[i].path
        assert len(shown) == len(expected.path) or not np.isfinite(expected.loss[-1])
        # A walk on the brink amplifies rounding; what matters here is which step it is.
        np.testing.assert_allclose(shown[:8], expected.path[: len(shown)][:8], rtol=1e-9, atol=1e-9)


def test_a_walker_that_left_and_came_back_has_left() -> None:
    """A heavy ball on a parabola swings out of the window and back in between two looks."""
    land = tl.landscape("x**2/2", name="parabola")
    problem = plain_walk.Problem(lambda z, p, s: z[0] ** 2 / 2, lambda z, p, s: z)
    walk = Walk(problem, (1.0,), loop.STRIDE, 0.1, "momentum", {"beta": 0.99})
    path = np.abs(walk.run().path[1:, 0])
    escape = 0.9 * float(path.max())
    first = 1 + int(np.argmax(path > escape))
    assert first < loop.STRIDE
    assert path[-1] <= escape  # it is back inside at the end
    opt = tl.momentum(0.1, beta=0.99)
    recorded, ends = leaving(opt, land, np.array([[1.0]]), loop.STRIDE, escape=escape)
    assert recorded.died[0] == ends.died[0] == first


def test_a_kick_out_of_the_map_counts_even_if_the_next_step_leads_back() -> None:
    """On x^2/2 at rate 1 every step lands on 0 and is then kicked: only kicks can leave."""
    land = tl.landscape("x**2/2", name="parabola")
    opt, starts, escape = tl.langevin(1.0, temperature=0.5), np.zeros((300, 1)), 2.7
    expected = []
    for i in range(300):
        key = plain_walk.splitmix(0, i)
        kicks = [abs(plain_walk.normal(key, t, 0, plain_walk.THERMAL)) for t in range(50)]
        expected.append(next((t + 1 for t in range(50) if kicks[t] > escape), -1))
    assert 10 < sum(died > 0 for died in expected) < 290
    recorded, ends = leaving(opt, land, starts, 50, escape=escape)
    assert recorded.died.tolist() == ends.died.tolist() == expected
    assert (np.abs(ends.end[np.array(expected) > 0]) > escape).all()


def test_the_path_is_the_finite_part() -> None:
    """x <- -9 x leaves 1e6 at step 7 with a finite point, which is kept."""
    land = tl.landscape("x**2/2", name="parabola")
    run = tl.descend(land, tl.gd(10.0), (1.0,), 100, escape=1e6)
    np.testing.assert_allclose(run.path[:, 0], (-9.0) ** np.arange(8), rtol=1e-14)
    assert run.diverged_at == run.status.step == 7
    assert run.end[0] == run.path[-1, 0]
    assert run.evaluations == 7
    assert str(run.status) == "diverged at step 7"


def test_overflow_ends_at_the_last_finite_point() -> None:
    """With no window, x <- x - 10 x runs until 10 x is beyond the float64 range."""
    land = tl.landscape("x/2*x", name="parabola")
    run = tl.descend(land, tl.gd(10.0), (1.0,), 1000, escape=math.inf)
    last = math.ceil(math.log(np.finfo(float).max / 10, 9))
    assert run.diverged_at == last + 1
    swarm = tl.descend(land, tl.gd([10.0, 0.5]), (1.0,), 1000, escape=math.inf)
    assert swarm.diverged_at.tolist() == [last + 1, -1]
    np.testing.assert_allclose(swarm.end[0], (-9.0) ** last, rtol=1e-12)
    assert np.isfinite(run.path).all()
    assert np.isfinite(run.loss).all()


def test_a_step_to_where_there_is_no_loss_leaves_the_domain() -> None:
    """sqrt(x) has no value left of 0: the step that crosses is the one that left."""
    land = tl.landscape("sqrt(x)", name="root")
    run = tl.descend(land, tl.gd(0.5), (1.0,), 50)
    x, crossed = 1.0, 0
    while x >= 0:
        x, crossed = x - 0.5 * 0.5 / math.sqrt(x), crossed + 1
    assert str(run.status) == f"left the domain at step {crossed}"
    assert run.diverged_at == crossed
    np.testing.assert_allclose(run.end[0], run.path[-1, 0])
    assert np.isfinite(run.loss).all()


def test_a_walker_that_left_disturbs_nobody() -> None:
    """Its neighbours in the block walk as if it were not there, and it leaves only once."""
    rates = np.full(64, 0.01)
    rates[::3] = np.linspace(0.4, 1, len(rates[::3]))
    swarm = tl.descend(QUARTIC, tl.momentum(rates), START, 70, escape=2.5)
    assert swarm.diverged[::3].all()
    assert len(set(swarm.diverged_at[::3].tolist())) > 1
    calm = np.full(64, 0.01)
    alone = tl.descend(QUARTIC, tl.momentum(calm), START, 70, escape=2.5)
    for i in range(64):
        if i % 3:
            np.testing.assert_array_equal(swarm.path[i], alone.path[i])
        else:
            last = swarm.diverged_at[i]
            assert np.abs(swarm.path[i, :last]).max() <= 2.5 < np.abs(swarm.path[i, last]).max()
            assert np.isnan(swarm.path[i, last + 1 :]).all()
            np.testing.assert_array_equal(swarm.end[i], swarm.path[i, last])
