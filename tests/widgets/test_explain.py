"""The sentences are true, and a guess gets the points it earns."""

from __future__ import annotations

import re
from typing import Any

import pytest

import toylands as tl
from toylands.widgets import compute, explain
from toylands.widgets import scene as scenes


def walk_of(land: tl.Landscape, opt: tl.Optimizer, **options: Any) -> compute.Walk:
    return compute.walks(scenes.new_scene(land, [opt], **options), land)[0]


def numbers(text: str) -> list[float]:
    return [float(token) for token in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", text)]


BOWL = tl.landscapes.bowl  # curvatures 1 and 10


def test_a_divergence_is_explained_by_its_limit() -> None:
    """On a bowl of curvature 10 gd's bound is 2/10; the step at which it leaves follows by hand."""
    walk = walk_of(BOWL, tl.gd(0.25), start=(1, 1), steps=100)
    sentence = explain.sentence(walk)
    size, step = 1.0, 0
    while size <= 1.5e6:  # a million times the largest coordinate of the view
        size, step = size * 1.5, step + 1
    assert walk.trajectory.diverged_at == step
    assert sentence == (
        f"gd diverged at step {step}: at step 0 its learning rate 0.25 is above 2/lambda_max = 0.2."
    )


@pytest.mark.parametrize(
    ("land", "start"),
    [(tl.landscapes.quartic_wall, (4.48, 1)), (tl.landscapes.double_well, (1.8, 1))],
)
def test_off_a_bowl_the_limit_is_no_more_than_a_hint(land: Any, start: Any) -> None:
    """There a walk may arrive at a rate above the limit, so that cannot be why another leaves."""
    rate = {"quartic_wall": 0.1, "double_well": 0.9}[land.name]
    lost = walk_of(land, tl.gd(rate), start=start, steps=100)
    assert explain.sentence(lost).endswith(", a limit that is exact on bowls only.")
    arrives = {"quartic_wall": (0.1, (4.4, 1)), "double_well": (0.4, (1.8, 1))}[land.name]
    found = walk_of(land, tl.gd(arrives[0]), start=arrives[1], steps=5000).trajectory
    assert found.rates[0] * found.sharpness[0] > 2
    assert found.status.kind != "diverged"
    assert found.loss[-1] < found.loss[0] / 100


def test_on_a_saddle_the_limit_is_not_why_a_walk_leaves() -> None:
    """On x^2 - y^2 (halved) gradient descent leaves along y at any rate: y grows by 1 + lr, x by |1 - lr|."""
    hint = "a limit that is exact on bowls only."
    for rate in (0.5, 2.5):
        lost = walk_of(tl.landscapes.saddle, tl.gd(rate), start=(0, 0.5), steps=200)
        assert lost.trajectory.status.kind == "diverged"
        assert explain.sentence(lost).endswith(hint) == (rate == 2.5)
    trough = tl.landscape("u**2 / 2 + 0 * v")  # flat along v: no eigenvalue below zero
    assert "is above 2/lambda_max = 2." in explain.sentence(
        walk_of(trough, tl.gd(2.5), start=(1, 1), steps=200)
    )


def test_heavy_ball_is_judged_by_its_own_limit() -> None:
    fine = explain.sentence(walk_of(BOWL, tl.momentum(0.25, beta=0.5), steps=400))
    assert "converged" in fine  # 0.25 * 10 = 2.5 is below 2 (1 + 0.5) = 3
    lost = explain.sentence(walk_of(BOWL, tl.momentum(0.31, beta=0.5), steps=400))
    assert "is above 3/lambda_max = 0.3" in lost


def test_a_rule_without_a_limit_gets_no_reason() -> None:
    sentence = explain.sentence(walk_of(tl.landscapes.saddle, tl.adam(1e5), steps=500))
    assert re.fullmatch(r"adam diverged at step \d+\.", sentence)


def test_a_convergence_counts_evaluations() -> None:
    gd = walk_of(BOWL, tl.gd(0.1), start=(1, 1), steps=300)
    count = 0
    size = 1.0  # the steep direction is solved in one step; what is left is the flat coordinate
    while size > 1e-6:
        size, count = size * 0.9, count + 1
    assert f"gradient norm 1e-6 after {count} gradient evaluations" in explain.sentence(gd)
    sam = walk_of(BOWL, tl.extragradient(0.08), steps=600)
    steps = sam.trajectory.steps_to(1e-6)
    assert steps is not None
    assert f"after {2 * steps} gradient evaluations" in explain.sentence(sam)


def test_the_rates_in_the_sentence_are_the_theorem() -> None:
    sentence = explain.sentence(walk_of(BOWL, tl.gd(0.1), start=(1, 1), steps=300))
    assert "predicted 0.9, measured 0.9" in sentence


def test_bouncing_at_the_edge_is_said() -> None:
    sentence = explain.sentence(walk_of(BOWL, tl.gd(0.2), start=(0, 1), steps=50))
    assert sentence.endswith("bouncing from wall to wall close to the limit.")
    # On u^2 v^2 / 2 the floor u = 0 has the curvature v^2: at v^2 = 2/lr, u jumps from wall to wall, and no
    # bowl is above or below the limit for good.
    wall = walk_of(tl.landscape("u**2 * v**2 / 2"), tl.gd(0.1), start=(1e-4, 20**0.5), steps=50)
    assert explain.sentence(wall).endswith("bouncing at the edge of stability.")
    calm = explain.sentence(walk_of(BOWL, tl.gd(0.05), start=(1, 1), steps=50))
    assert "edge" not in calm
    assert numbers(calm)[0] == 50


def test_all_walks_make_one_paragraph() -> None:
    land = tl.landscapes.rosenbrock
    scene = scenes.new_scene(land, [tl.gd(1e-3), tl.adam(0.1)])
    text = explain.explain(compute.walks(scene, land))
    assert text.startswith("gd ")
    assert " adam " in text
    assert explain.explain([]) == "No optimizer is switched on."


# --- predictions ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def converged() -> compute.Walk:
    return walk_of(BOWL, tl.gd(0.1), start=(1, 1), steps=300)  # to (0, 0) in 132 steps


@pytest.fixture(scope="module")
def diverged() -> compute.Walk:
    return walk_of(BOWL, tl.gd(0.25), start=(1, 1), steps=100)  # at step 36


@pytest.mark.parametrize(
    ("guess", "points", "possible"),
    [
        ({"outcome": "converged"}, 1, 1),
        ({"outcome": "diverged"}, 0, 1),
        ({"outcome": "converged", "end": [0.2, -0.2]}, 2, 2),  # the view is 3 wide: a tenth is 0.3
        ({"outcome": "converged", "end": [0.31, 0]}, 1, 2),
        ({"steps": 132}, 2, 2),
        ({"steps": 132 * 1.5}, 2, 2),
        ({"steps": 132 / 1.49}, 2, 2),
        ({"steps": 132 * 1.6}, 1, 2),
        ({"steps": 132 / 3}, 1, 2),
        ({"steps": 132 * 3.1}, 0, 2),
        ({"steps": 0}, 0, 0),
        ({}, 0, 0),
        ({"outcome": "converged", "end": [0, 0], "steps": 130}, 4, 4),
    ],
)
def test_a_guess_about_a_walk_that_converges(
    converged: compute.Walk, guess: dict[str, Any], points: int, possible: int
) -> None:
    verdict = explain.score_prediction(converged, guess)
    assert (verdict["points"], verdict["possible"]) == (points, possible)


@pytest.mark.parametrize(
    ("guess", "points", "possible"),
    [
        ({"outcome": "diverged", "end": None, "steps": 36}, 3, 3),
        ({"outcome": "diverged", "end": [0, 0], "steps": 100}, 2, 3),  # no end to compare with
        ({"outcome": "running", "steps": 112}, 0, 3),
    ],
)
def test_a_guess_about_a_walk_that_diverges(
    diverged: compute.Walk, guess: dict[str, Any], points: int, possible: int
) -> None:
    verdict = explain.score_prediction(diverged, guess)
    assert (verdict["points"], verdict["possible"]) == (points, possible)
    assert "it took 36" in str(verdict["sentence"]) or "steps" not in guess


def test_the_verdict_tells_the_truth(converged: compute.Walk) -> None:
    guess = {"outcome": "diverged", "end": [1, 1], "steps": 66}
    sentence = str(explain.score_prediction(converged, guess)["sentence"])
    assert "outcome wrong: it converged" in sentence
    assert "end wrong: it stopped at" in sentence
    assert "steps off by a factor of 2: it took 132" in sentence


def test_a_fault_is_told_in_words() -> None:
    with pytest.raises(OverflowError) as caught:
        print(10.0**400)
    assert "Numerical" in str(caught.value)  # what Python says of it
    assert explain.fault(caught.value).startswith("a number became too large for a computer")
    assert explain.fault(ValueError("lr: must not be negative.")) == "lr: must not be negative."
    assert explain.fault(RuntimeError()) == "RuntimeError"
