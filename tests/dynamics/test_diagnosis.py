"""The clinic: what curves tell is exact where it is said to be, and every patient is diagnosed."""

from __future__ import annotations

import numpy as np
import pytest

import toylands as tl
from toylands.dynamics import Case, alignment, cases, diagnose
from toylands.dynamics.diagnosis import REMEDIES
from toylands.landscapes import (
    bowl,
    double_well,
    four_wells,
    himmelblau,
    parabola,
    rosenbrock,
    saddle,
    summed_filters,
)


def test_alignment_is_the_mean_curvature_along_the_step() -> None:
    """q = 1 - lr u' (mean Hessian along the step) u, by Gauss-Legendre quadrature on a curved valley."""
    lr = 4e-4
    run = tl.descend(rosenbrock, tl.gd(lr), steps=30)
    nodes, weights = np.polynomial.legendre.leggauss(8)
    for t in (0, 7, 29):
        a, b = run.path[t], run.path[t + 1]
        between = a + (nodes[:, None] + 1) / 2 * (b - a)
        mean = np.tensordot(weights / 2, rosenbrock.hessian(between), axes=1)
        u = rosenbrock.grad(a) / np.linalg.norm(rosenbrock.grad(a))
        assert alignment(run)[t] == pytest.approx(1 - lr * u @ mean @ u, rel=1e-10)


@pytest.mark.parametrize("seed", range(20))
def test_every_patient_is_diagnosed(seed: int) -> None:
    found = cases(seed)
    assert sorted({case.answer for case in found}) == sorted(case.answer for case in found)
    for case in found:
        assert diagnose(case.run).finding == case.answer, case.reveal()
        assert case.check(case.answer)
        assert case.run.landscape.name in case.reveal()
        assert set(case.symptoms) == {"loss", "grad_norm", "q"}
        assert case.run.landscape.name not in repr(case)


def test_pupils_have_numbers_of_their_own() -> None:
    first, again, other = ([c.run.loss[-1] for c in cases(seed)] for seed in (1, 1, 2))
    assert first == again != other
    assert [c.answer for c in cases(1)] != [c.answer for c in cases(2)]


def test_every_finding_has_a_remedy_and_a_wrong_word_a_hint() -> None:
    case = cases()[0]
    assert all(isinstance(Case(0, case.run, word).check(word), bool) for word in REMEDIES)
    assert not case.check("settled")
    with pytest.raises(ValueError, match="Did you mean 'saddle'"):
        case.check("sadle")


def test_several_runs_are_compared_at_their_ends() -> None:
    def from_two(land: tl.Landscape, starts, lr: float = 0.05) -> str:
        return diagnose(tl.descend(land, tl.gd(lr), start=starts, steps=4000)).finding

    assert from_two(double_well, [(-1.5, 1), (1.5, 1)]) == "different minima"
    assert from_two(four_wells, [(-1.5, 1), (1.5, 1)]) == "equally good minima"
    assert from_two(himmelblau, [(-3, 3), (3, 2)], 0.01) == "equally good minima"
    assert from_two(summed_filters, [(0, 0), (1, -1)]) == "valley of minima"
    assert from_two(bowl, [(1, 1), (-1, 0.5)]) == "agreement"


def test_a_settled_run() -> None:
    found = diagnose(tl.descend(bowl, tl.gd(0.1), steps=500))
    assert found.finding == "settled"
    assert "cannot tell" in found.remedy
    assert "settled" in repr(found)


def test_who_leaves_is_told_apart() -> None:
    """Thrown out by the step, at once or after a while, or gone downhill where there is no bottom."""
    for lr in (0.25, 300.0):
        found = diagnose(tl.descend(bowl, tl.gd(lr), steps=300))
        assert found.finding == "too large a step"
        assert "diverged at step" in found.evidence
    downhill = diagnose(tl.descend(saddle, tl.gd(0.5), start=(1.0, 0.1), steps=300))
    assert downhill.finding == "saddle"
    assert downhill.curvature == pytest.approx(-1)
    assert np.isnan(
        diagnose(tl.descend(bowl, tl.gd(0.1, schedule=[1, 1, 1, 1, 0]), steps=5)).curvature
    )


@pytest.mark.parametrize(
    ("runs", "error", "words"),
    [
        ("loss", TypeError, "needs a run of descend"),
        (tl.descend(parabola, tl.gd(0.1), steps=2), ValueError, "too few"),
        (tl.descend(parabola, tl.gd(0.1), steps=8, every=2), ValueError, "every=1"),
        ([tl.descend(parabola, tl.gd(0.1), steps=8)], ValueError, "at least two"),
        ([tl.descend(parabola, tl.gd(0.1), steps=8)] * 2, ValueError, "run 0 is not settled"),
    ],
)
def test_bad_questions_are_refused(runs, error, words: str) -> None:
    with pytest.raises(error, match=words):
        diagnose(runs)


def test_alignment_takes_one_run() -> None:
    with pytest.raises(TypeError, match="must be one walk"):
        alignment(tl.descend(parabola, tl.gd(0.1), start=[[1.0], [2.0]], steps=3))
    with pytest.raises(ValueError, match="seed=-1"):
        cases(-1)
