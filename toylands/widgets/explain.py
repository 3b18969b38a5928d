"""What happened, exactly, in words: one live sentence per walk with its norms, rates and limits.

The page tells it plainly first (see `plainly`); these are one click away.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import numpy as np

from toylands.dynamics.status import LEFT
from toylands.formula import stationary
from toylands.optimizers import Optimizer
from toylands.widgets.compute import Walk


def number(value: float) -> str:
    """Three significant digits, as a person writes them: 0.0123, 1e-6."""
    return re.sub(r"e([-+])0*", lambda found: f"e{found[1]}".replace("+", ""), f"{value:.3g}")


def name_of(opt: Optimizer) -> str:
    """An optimizer with its wrappers, without numbers: sam(gd)."""
    visible = [piece.kind for piece in opt.pieces if not piece.hidden]
    return functools.reduce(lambda text, kind: f"{kind}({text})", visible, opt.base_name)


#: what is said of a walk that came to where the formula does not lead on
_NOWHERE = {
    "outside": "the loss is not a real number there",
    "no gradient": "the loss has no slope at that point",
}


def sentence(walk: Walk) -> str:
    """How one walk ended, and why where that is exactly known."""
    run = walk.trajectory
    name = name_of(run.optimizer)
    status = run.status
    if status.kind == "diverged":
        return f"{name} diverged at step {status.step}{_why_diverged(walk)}."
    if status.left:
        return f"{name}: {status}; {_NOWHERE[status.kind]}."
    if status.kind == "converged":
        reached = run.steps_to(run.tol)
        spent = run.evaluations if reached is None else reached * run.optimizer.evaluations_per_step
        return (
            f"{name} {status}: gradient norm {number(run.tol)} after {spent} gradient "
            f"evaluation{'s' * (spent != 1)}"
            f"{_rate(walk)}."
        )
    return (
        f"{name} is still running after {run.steps} steps: loss {number(run.loss[-1])}, "
        f"gradient norm {number(run.grad_norm[-1])}{_bouncing(walk)}."
    )


def _why_diverged(walk: Walk) -> str:
    rates = walk.rates
    if walk.limit is None or not len(rates):
        return ""
    sharpness = walk.sharpness[: len(rates)]
    meter = rates * sharpness
    over = np.flatnonzero(meter > walk.limit)
    if not len(over):
        return ""
    k = int(over[0])
    return f": at step {k * walk.trajectory.every} {_too_large(walk, rates[k], sharpness[k])}"


def _too_large(walk: Walk, rate: float, sharpness: float) -> str:
    assert walk.limit is not None
    limit, bound = number(walk.limit), number(walk.limit / sharpness)
    words = f"its learning rate {number(rate)} is above {limit}/lambda_max = {bound}"
    return words if is_bowl(walk) else f"{words}, a limit that is exact on bowls only"


def is_bowl(walk: Walk) -> bool:
    """Whether the curvature is the same everywhere and nowhere negative; a saddle is left at any rate."""
    run = walk.trajectory
    if not run.landscape.definition.quadratic:
        return False
    signs, finite = stationary.curvature(run.landscape, run.start[None])
    return bool(finite.all() and not signs.negative.any())


def _rate(walk: Walk) -> str:
    if walk.predicted is None or walk.measured is None:
        return ""
    return f" (rate near the minimum: predicted {number(walk.predicted)}, measured {number(walk.measured)})"


def _bouncing(walk: Walk) -> str:
    run = walk.trajectory
    if walk.limit is None or not len(run.rates):
        return ""
    meter = run.rates[-1] * walk.sharpness[-1]
    if not meter > 0.98 * walk.limit:
        return ""
    if meter > walk.limit and run.loss[-1] > run.loss[0]:
        return f", growing: {_too_large(walk, run.rates[-1], walk.sharpness[-1])}"
    if run.landscape.definition.quadratic:
        return ", bouncing from wall to wall close to the limit"
    return ", bouncing at the edge of stability"


def explain(walks: Sequence[Walk]) -> str:
    """All walks in one paragraph."""
    if not walks:
        return "No optimizer is switched on."
    return " ".join(sentence(walk) for walk in walks)


def fault(error: Exception) -> str:
    """What went wrong with a change, in words: also where Python itself has none for a reader."""
    if isinstance(error, OverflowError):
        return "a number became too large for a computer (beyond 1.8e308): take a smaller value."
    return str(error) or type(error).__name__


def score_prediction(walk: Walk, guess: dict[str, object]) -> dict[str, object]:
    """Score a class's guess about one walk.

    Args:
        walk: what really happened.
        guess: any of "outcome" ("converged", "diverged" or "running"), "end" (a point [x, y]) and
            "steps" (a number of steps to the tolerance, or to leaving).

    Returns:
        For each part "right" or "wrong", a point count and a sentence: outcome 1 point; end 1 point when it
        lies within a tenth of the view of the true end; steps 2 points within a factor of 1.5, 1 point
        within a factor of 3.
    """
    run = walk.trajectory
    status = run.status
    points, possible, words = 0, 0, []
    if guess.get("outcome") is not None:
        possible += 1
        right = guess["outcome"] == ("diverged" if status.left else status.kind)
        points += right
        words.append(f"outcome {'right' if right else 'wrong'}: it {_verb(status.kind)}")
    end = guess.get("end")
    if isinstance(end, list | tuple) and not status.left:
        possible += 1
        reach = np.array([high - low for low, high in run.landscape.view])
        close = bool((np.abs(np.asarray(end, dtype=float) - run.end) <= 0.1 * reach).all())
        points += close
        place = ", ".join(number(value) for value in run.end)
        words.append(f"end {'right' if close else 'wrong'}: it stopped at ({place})")
    steps = guess.get("steps")
    truth = status.step if status.left else run.steps_to(run.tol)
    if isinstance(steps, int | float) and steps > 0 and truth:
        possible += 2
        factor = max(steps / truth, truth / steps)
        points += 2 if factor <= 1.5 else 1 if factor <= 3 else 0
        words.append(f"steps off by a factor of {number(factor)}: it took {truth}")
    return {"points": int(points), "possible": possible, "sentence": "; ".join(words) + "."}


def _verb(kind: str) -> str:
    return {"running": "was still running", "converged": "converged"}.get(
        kind, LEFT.get(kind, kind)
    )
