"""Curves along runs: data, scales, clocks, limits, divergence; spectra; schedules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.plots import (
    gradient_norms,
    loss_curves,
    schedule_curve,
    sharpness_curve,
    spectrum_along,
    style,
)
from toylands.plots.words import notes_of

L = tl.landscapes
S = tl.schedules
Find = Callable[[Any, str], list[Any]]
RAVINE = tl.landscape("(x**2 + 30*y**2)/2", start=(1, 1), view=((-2, 2), (-2, 2)))


def run(opt: Any, steps: int = 50, **options: Any) -> Any:
    return tl.descend(RAVINE, opt, start=(1.0, 1.0), steps=steps, **options)


# -------------------------------------------------------------------------------------- loss


def test_the_loss_is_drawn_at_every_step(by_gid: Find, data: Any) -> None:
    walk = run(tl.gd(0.03))
    (line,) = by_gid(loss_curves(walk), "trail")
    steps, losses = data(line).T
    assert steps.tolist() == list(range(51))
    assert losses == pytest.approx(walk.loss, rel=1e-12)


def test_the_clock_can_count_gradient_evaluations(by_gid: Find, data: Any) -> None:
    runs = [run(tl.gd(0.03)), run(tl.sam(tl.gd(0.03), rho=0.01))]
    ax = loss_curves(runs, x="evaluations")
    plain, sam = by_gid(ax, "trail")
    assert data(plain)[-1, 0] == 50
    assert data(sam)[-1, 0] == 100 == runs[1].evaluations
    assert ax.get_xlabel() == "gradient evaluations"
    assert "1 or 2 gradient evaluations a step" in notes_of(ax)


def test_no_step_is_numbered_by_a_fraction() -> None:
    short = run(tl.gd(0.01), 20)
    counted = [
        draw(short) for draw in (loss_curves, gradient_norms, sharpness_curve, spectrum_along)
    ]
    for ax in (*counted, loss_curves(short, x="evaluations"), schedule_curve(S.cosine(20))):
        ticks = ax.get_xticks()
        assert (ticks == np.round(ticks)).all()


def test_thinned_runs_keep_their_steps(by_gid: Find, data: Any) -> None:
    (line,) = by_gid(loss_curves(run(tl.gd(0.03), every=10)), "trail")
    assert data(line)[:, 0].tolist() == [0, 10, 20, 30, 40, 50]


def test_the_scale_follows_the_values() -> None:
    assert loss_curves(run(tl.gd(0.03))).get_yscale() == "log"
    assert loss_curves(run(tl.gd(0.0001))).get_yscale() == "linear"
    assert loss_curves(run(tl.gd(0.03)), scale="linear").get_yscale() == "linear"
    negative = tl.descend(tl.landscape("x**2 + y**2 - 5"), tl.gd(0.1), start=(1, 1), steps=20)
    assert loss_curves(negative).get_yscale() == "linear"


def test_a_loss_can_be_counted_from_the_minimum(by_gid: Find, data: Any) -> None:
    land = L.six_hump_camel
    walk = tl.descend(land, tl.gd(0.02), steps=40)
    ax = loss_curves(walk, above="minimum", scale="log")
    (line,) = by_gid(ax, "trail")
    published = -1.0316284535  # the global minimum of the six-hump camel function
    shown = data(line)
    expected = walk.loss - published
    assert shown[:, 1] == pytest.approx(expected[: len(shown)], abs=1e-9)
    assert ax.get_ylabel() == "loss + 1.0316"
    assert "above the lowest known minimum" in notes_of(ax)
    assert loss_curves(walk, above=-2.0).get_ylabel() == "loss + 2"


def test_a_log_scale_leaves_zeros_out(by_gid: Find, data: Any) -> None:
    walk = run(tl.newton(), steps=5)  # exactly zero after one step
    assert walk.loss[-1] == 0
    (line,) = by_gid(loss_curves(walk, scale="log"), "trail")
    assert data(line).tolist() == [[0, 15.5]]


def test_marks_end_and_legend(by_gid: Find, texts: Any, finished: Any) -> None:
    ax = loss_curves([finished, tl.descend(finished.landscape, tl.adam(0.01), start=(1, -0.5),
                                           steps=80)])  # fmt: skip
    assert texts(ax.figure) == [
        "gd(lr=0.2)\nconverged to a minimum",
        "adam(lr=0.01)\nrunning",
    ]
    ends = by_gid(ax, "end")
    assert [end.get_marker() for end in ends] == ["o", "D"]
    assert [float(end.get_xdata()[0]) for end in ends] == [80, 80]
    marks = by_gid(ax, "marks")
    assert all(5 <= len(m.get_xdata()) <= 12 for m in marks)


def test_a_diverging_loss_leaves_through_the_top(by_gid: Find, data: Any) -> None:
    runs = [run(tl.gd(0.03)), run(tl.gd(0.08), steps=300)]
    assert runs[1].status.kind == "diverged"
    ax = loss_curves(runs)
    top = ax.get_ylim()[1]
    assert top < 1e3 < runs[1].loss.max()
    stays, leaves = by_gid(ax, "trail")
    assert data(leaves)[-1, 1] == pytest.approx(top)
    (arrow,) = by_gid(ax, "exit arrow")
    assert arrow.xy[1] == pytest.approx(top)
    (label,) = by_gid(ax, "exit label")
    assert label.get_text() == f"diverged, step {runs[1].status.step}"
    assert len(data(stays)) == 51


def test_only_diverged_runs_still_show_their_rise(by_gid: Find, data: Any) -> None:
    walk = run(tl.gd(0.08), steps=300)
    ax = loss_curves(walk)
    assert len(data(by_gid(ax, "trail")[0])) > 3
    assert ax.get_ylim()[1] >= 9 * walk.loss[0]


def test_gradient_norms(by_gid: Find, data: Any) -> None:
    walk = run(tl.gd(0.03))
    ax = gradient_norms(walk)
    assert data(by_gid(ax, "trail")[0])[:, 1] == pytest.approx(walk.grad_norm, rel=1e-12)
    x, y = walk.path.T
    assert walk.grad_norm == pytest.approx(np.hypot(x, 30 * y))
    assert ax.get_ylabel() == "gradient norm"


def test_averages_begin_when_they_begin(by_gid: Find, data: Any) -> None:
    walk = run(tl.swa(tl.gd(0.03), start=20))
    _, average = by_gid(loss_curves(walk), "trail")
    known = np.isfinite(walk.average).all(axis=1)
    assert data(average)[:, 0].tolist() == np.flatnonzero(known).tolist()
    x, y = walk.average[known].T
    assert data(average)[:, 1] == pytest.approx((x**2 + 30 * y**2) / 2)


def test_curves_of_a_crowd_are_thin(by_gid: Find, texts: Any) -> None:
    starts = np.random.default_rng(0).uniform(-1, 1, (15, 2))
    swarm = tl.descend(RAVINE, tl.gd(0.03), start=starts, steps=20)
    ax = loss_curves(swarm)
    assert len(by_gid(ax, "trail")) == 15
    assert texts(ax.figure) == ["gd, 15 walkers\n15 running"]


def test_the_minimum_of_a_landscape_that_moves_is_no_zero() -> None:
    land = tl.landscape("(x - c)**2 + y**2", c=0)
    walk = tl.descend(land, tl.gd(0.1), start=(0, 1), steps=3, time_varying={"c": [0, 1, 2, 3]})
    with pytest.raises(ValueError, match=r"the minima of .* move; give a loss"):
        loss_curves(walk, above="minimum")
    note = notes_of(loss_curves(walk))
    assert "c from 0 to 3" in note
    assert "c = " not in note


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"x": "time"}, r"x='time': expected 'steps' or 'evaluations'"),
        ({"x": "evaluation"}, r"Did you mean 'evaluations'\?"),
        ({"scale": "logarithm"}, r"scale='logarithm': expected 'log' or 'linear'"),
        ({"above": "minimun"}, r"above='minimun': .* Did you mean 'minimum'\?"),
        ({"above": "minimum"}, r"no minimum of .* is known"),
    ],
)
def test_errors_of_loss_curves(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        loss_curves(run(tl.gd(0.03)), **options)


def test_a_log_of_negative_losses_is_an_error_that_helps() -> None:
    land = tl.landscape("x**2 + y**2 - 50")
    walk = tl.descend(land, tl.gd(0.1), start=(1, 1), steps=20)
    with pytest.raises(ValueError, match=r"gd\(lr=0.1\) has none .* −48.* above='minimum'"):
        loss_curves(walk, scale="log")


# --------------------------------------------------------------------------------- sharpness


def test_sharpness_is_the_rate_times_the_largest_eigenvalue(by_gid: Find, data: Any) -> None:
    walk = run(tl.gd(0.03))
    ax = sharpness_curve(walk)
    values = data(by_gid(ax, "trail")[0])[:, 1]
    assert values == pytest.approx(0.03 * 30)
    assert len(values) == 50  # one for each step that was taken
    (limit,) = by_gid(ax, "limit")
    assert np.unique(limit.get_ydata()) == pytest.approx([2])
    assert "exact gradients and Hessian" in notes_of(ax)


def test_sharpness_follows_the_schedule(by_gid: Find, data: Any) -> None:
    walk = run(tl.gd(0.03, schedule=S.cosine(50)))
    values = data(by_gid(sharpness_curve(walk), "trail")[0])[:, 1]
    t = np.arange(50)
    assert values == pytest.approx(30 * 0.03 * (1 + np.cos(np.pi * t / 50)) / 2)


@pytest.mark.parametrize(
    ("opt", "limit"),
    [  # on a parabola; heavy ball: Polyak 1964, Nesterov: Cohen et al. 2021
        (tl.gd(0.01), 2.0),
        (tl.momentum(0.01, beta=0.9), 3.8),
        (tl.polyak(0.01, beta=0.5), 3.0),
        (tl.nesterov(0.01, beta=0.9), 2 * 1.9 / 2.8),
        (tl.extragradient(0.01), 1.0),
        (tl.optimistic_gd(0.01), 2 / 3),
    ],
)
def test_the_limit_line_is_where_runs_begin_to_grow(opt: Any, limit: float, by_gid: Find) -> None:
    walk = run(opt, steps=3)
    (line,) = by_gid(sharpness_curve(walk), "limit")
    drawn = float(line.get_ydata()[0])
    assert drawn == pytest.approx(limit, rel=1e-6)
    # And the compiled optimizers agree: a parabola of curvature 1, just below and just above.
    parabola = tl.landscape("x**2/2")
    below, above = (
        tl.descend(parabola, opt.replace(lr=drawn * (1 + side)), start=1.0, steps=4000)
        for side in (-0.01, 0.01)
    )
    assert below.loss[-1] < below.loss[0]
    assert above.loss[-1] > above.loss[0]


def test_each_different_limit_is_drawn_once(by_gid: Find, texts: Any) -> None:
    ax = sharpness_curve([run(tl.gd(0.03)), run(tl.gd(0.02)), run(tl.momentum(0.01))])
    heights = sorted(float(line.get_ydata()[0]) for line in by_gid(ax, "limit"))
    assert heights == pytest.approx([2, 3.8])
    assert texts(ax.figure)[3:] == ["limit 2: gd", "limit 3.8: momentum"]
    assert ax.get_ylim()[1] > 3.8


def test_rules_without_a_limit_are_named(by_gid: Find) -> None:
    ax = sharpness_curve([run(tl.adam(0.1)), run(tl.lion(0.01))])
    assert by_gid(ax, "limit") == []
    assert "no limit of this form exists for adam, lion" in notes_of(ax)


def test_the_limit_can_be_given_or_left_out(by_gid: Find) -> None:
    (line,) = by_gid(sharpness_curve(run(tl.adam(0.1)), limit=38.0), "limit")
    assert line.get_ydata()[0] == 38
    plain = sharpness_curve(run(tl.gd(0.1)), limit=False)
    assert by_gid(plain, "limit") == []
    assert "no limit" not in notes_of(plain)


def test_a_diverged_run_of_constant_sharpness_stays_level(by_gid: Find, data: Any) -> None:
    """Divergence must not look like a jump of the sharpness that never happened."""
    ax = sharpness_curve(run(tl.gd(0.08), steps=300))
    assert data(by_gid(ax, "trail")[0])[:, 1] == pytest.approx(2.4)
    assert len(by_gid(ax, "exit arrow")) == 1


def test_games_have_no_sharpness() -> None:
    game = next((g for g in tl.catalogue() if g.players is not None), None)
    if game is None:
        from toylands.formula import landscape

        @landscape(view=((-1, 1), (-1, 1)), players=(1, -1))
        def game(x: Any, y: Any) -> Any:
            """Tug of war."""
            return x * y

    walk = tl.descend(game, tl.gd(0.1), start=np.full(game.dim, 0.5), steps=5)
    with pytest.raises(ValueError, match=r"is a game: its stability is decided by the Jacobian"):
        sharpness_curve(walk)


# ----------------------------------------------------------------------------------- spectra


def test_the_spectrum_is_drawn_with_the_largest_on_top(by_gid: Find, data: Any, texts: Any) -> None:
    walk = tl.descend(L.rosenbrock, tl.gd(0.001), steps=30)
    ax = spectrum_along(walk)
    x, y = walk.path.T
    # The Hessian of Rosenbrock's function, differentiated by hand.
    a, b, c = 2 - 400 * (y - 3 * x**2), -400 * x, 200.0
    middle, half = (a + c) / 2, np.sqrt(((a - c) / 2) ** 2 + b**2)
    (top,) = by_gid(ax, "trail")
    (low,) = by_gid(ax, "eigenvalue")
    assert data(top)[:, 1] == pytest.approx(middle + half)
    assert data(low)[:, 1] == pytest.approx(middle - half)
    assert top.get_color() == style.style_of("gd").color
    assert texts(ax.figure) == ["λ₁, the largest", "λ₂, the smallest", "limit 2 / lr"]


def test_the_limit_of_the_spectrum_follows_the_rate(by_gid: Find) -> None:
    walk = run(tl.gd(0.03, schedule=S.step(25, gamma=0.5)))
    (limit,) = by_gid(spectrum_along(walk), "limit")
    assert limit.get_ydata()[[0, 24, 25, 49]] == pytest.approx([2 / 0.03] * 2 + [4 / 0.03] * 2)


def test_negative_curvature_is_shaded_only_where_there_is_some(by_gid: Find) -> None:
    saddle = tl.descend(L.saddle, tl.gd(0.1), start=(1, 0.01), steps=10)
    assert len(by_gid(spectrum_along(saddle), "negative")) == 1
    assert by_gid(spectrum_along(run(tl.gd(0.03))), "negative") == []


def test_a_wide_spectrum_is_drawn_on_both_sides_of_zero() -> None:
    land = tl.landscape("(10**5*x**2 + y**2 - z**2/2)/2", start=(1, 1, 1))
    walk = tl.descend(land, tl.gd(1e-6), steps=5)
    assert spectrum_along(walk).get_yscale() == "symlog"
    assert spectrum_along(walk, scale="linear").get_yscale() == "linear"


def test_many_eigenvalues_are_named_at_both_ends_only(by_gid: Find, texts: Any) -> None:
    land = tl.landscape(" + ".join(f"{k}*x{k}**2" for k in range(1, 9)), start=(1,) * 8)
    walk = tl.descend(land, tl.gd(0.01), steps=4)
    ax = spectrum_along(walk, limit=False)
    assert len(by_gid(ax, "eigenvalue")) == 7
    assert texts(ax.figure) == ["λ₁, the largest", "λ₈, the smallest"]


def test_errors_of_the_spectrum(race: Any) -> None:
    with pytest.raises(ValueError, match="a spectrum is drawn along one run, got 4"):
        spectrum_along(race)
    with pytest.raises(ValueError, match=r"scale='log': expected 'linear' or 'symlog'"):
        spectrum_along(race[0], scale="log")


# --------------------------------------------------------------------------------- schedules


def test_a_schedule_is_drawn_step_by_step(by_gid: Find, data: Any) -> None:
    ax = schedule_curve(S.cosine(40))
    (line,) = by_gid(ax, "trail")
    t, factor = data(line).T
    assert t.tolist() == list(range(41))
    assert factor == pytest.approx((1 + np.cos(np.pi * t / 40)) / 2)
    assert ax.get_ylabel() == "factor on the learning rate"


def test_a_learning_rate_multiplies_the_factors(by_gid: Find, data: Any) -> None:
    ax = schedule_curve([S.cosine(40), S.step(10)], lr=0.2, steps=40)
    cosine, step = by_gid(ax, "trail")
    assert data(cosine)[0, 1] == pytest.approx(0.2)
    assert data(step)[:, 1] == pytest.approx(0.2 * 0.1 ** (np.arange(40) // 10))
    assert ax.get_ylabel() == "learning rate"
    assert "lr = 0.2 × schedule" in notes_of(ax)
    assert cosine.get_color() != step.get_color()


def test_optimizers_are_drawn_in_their_looks_with_their_rates(
    by_gid: Find, data: Any, texts: Any
) -> None:
    opts = [tl.adam(0.1, schedule=S.cosine(40)), tl.gd(0.05)]
    ax = schedule_curve(opts)
    adam, gd = by_gid(ax, "trail")
    assert adam.get_color() == style.style_of("adam").color
    assert gd.get_color() == style.style_of("gd").color
    assert data(adam)[0, 1] == pytest.approx(0.1)
    assert data(gd)[:, 1] == pytest.approx(0.05)
    assert texts(ax.figure) == [opt.label for opt in opts]


def test_a_short_schedule_ends_where_it_ends(by_gid: Find, data: Any) -> None:
    ax = schedule_curve([S.one_cycle(20), S.constant()], steps=50)
    short, whole = by_gid(ax, "trail")
    assert (len(data(short)), len(data(whole))) == (20, 50)


def test_sequences_and_mappings_are_schedules_too(by_gid: Find, data: Any, texts: Any) -> None:
    ax = schedule_curve({"mine": [1.0, 0.5, 0.25], "theirs": S.constant()})
    assert texts(ax.figure) == ["mine", "theirs"]
    assert data(by_gid(ax, "trail")[0])[:, 1].tolist() == [1.0, 0.5, 0.25]
    (line,) = by_gid(schedule_curve([1.0, 0.5]), "trail")
    assert data(line)[:, 1].tolist() == [1.0, 0.5]


def test_errors_of_schedules() -> None:
    with pytest.raises(ValueError, match="steps=0: expected at least 1"):
        schedule_curve(S.constant(), steps=0)
    with pytest.raises(ValueError, match="no schedule to draw"):
        schedule_curve({})
    with pytest.raises(TypeError, match="cosine must be called"):
        schedule_curve(S.cosine)


def test_curves_of_one_landscape_with_different_parameters(texts: Any) -> None:
    land = tl.landscape("k*x**2 + y**2/c", k=1.0, c=2.0)
    runs = [tl.descend(land(k=k), tl.gd(0.1), (1, 1), steps=5) for k in (1, 3)]
    ax = loss_curves(runs)
    assert [text.split("\n")[0] for text in texts(ax.figure)] == ["k = 1", "k = 3"]
    notes = notes_of(ax)
    assert notes.startswith("c = 2 ")
    assert "gd(lr=0.1) for all" in notes
    for draw in (loss_curves, gradient_norms, sharpness_curve):
        assert texts(draw(runs, labels=["mild", "steep"]).figure)[0].startswith("mild")
    other = tl.descend(tl.landscape("x**2 + y**4"), tl.gd(0.1), (1, 1), steps=5)
    with pytest.raises(ValueError, match="different landscapes"):
        loss_curves([runs[0], other])


def test_a_game_has_a_value() -> None:
    run = tl.descend(L.bilinear_game, tl.gd(0.1), steps=5)
    assert loss_curves(run).get_ylabel() == "value"
